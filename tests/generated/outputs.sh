#!/bin/bash
# Where commands write: links and permissions stay, what is no file is written into and never replaced, nothing is left behind.
. "$(dirname "$0")/common.bash"
cd "$SCRATCH" || exit 1
printf 'input  x\nparam w\nu = w x\n∂u/∂w = x\n' >page.delta
chmod 640 page.delta
ln -s page.delta link.delta
"$DELTAC" fmt link.delta && [ -L link.delta ] && [ "$(head -1 page.delta)" = 'input x' ] && [ "$(stat -c %a page.delta)" = 640 ]
verdict 'fmt through a link, with the permissions of before' $?

printf 'input x\ntarget y\nparam w\nC = (w x − y)²\nminimize C\noptimize with sgd(η = 0.1)\n' >trains.delta
printf 'x,y\n1,2\n' >data.csv
XDG_CACHE_HOME=$SCRATCH/page.delta "$DELTAC" train trains.delta --data data.csv 2>said
[ $? = 4 ] && grep -q 'hint: name another place for it' said
verdict 'no room for the cache' $?

mkfifo pipe
cat pipe >got &
"$DELTAC" check page.delta --junit pipe >said
wait $!
[ -p pipe ] && grep -q '</testsuites>' got
verdict 'a pipe is written into' $?
"$DELTAC" check page.delta --junit /dev/stdout >both && grep -q '</testsuites>' both && grep -q '1 proved' both
verdict 'verdicts and /dev/stdout in one file' $?
"$DELTAC" build page.delta -o pipe 2>said
[ $? = 4 ] && [ -p pipe ] && grep -q 'it is no file' said
verdict 'a program does not replace a pipe' $?
"$DELTAC" report page.delta -o . 2>said
[ $? = 4 ] && grep -q 'cannot write' said
verdict 'a directory' $?
printf '$$z = w x$$\n' >notes.md
if [ -e /dev/full ]; then
    "$DELTAC" convert notes.md -o /dev/full 2>said
    [ $? = 4 ] && grep -q 'cannot write' said && [ -c /dev/full ]
    verdict 'a full device' $?
fi
# A C compiler that takes its time, so that the signal comes while it runs.
printf '#!/bin/sh\n: >"$STARTED"\nexec sleep 60\n' >slow
chmod +x slow
mkdir temporary
for signal in INT TERM HUP; do
    rm -f started
    "${PYTHON:-/usr/bin/python3}" - "$DELTAC" "$signal" <<'END'
import os, signal, subprocess, sys, time
number = getattr(signal, 'SIG' + sys.argv[2])
signal.signal(number, signal.SIG_DFL)  # who started the tests may ignore it, as nohup does, and a shell for what it starts behind itself
program = subprocess.Popen([sys.argv[1], 'build', 'page.delta', '-o', 'program'], env=dict(os.environ, CC=os.path.abspath('slow'), TMPDIR=os.path.abspath('temporary'), STARTED=os.path.abspath('started')))
while not os.path.exists('started') and program.poll() is None:
    time.sleep(0.01)
program.send_signal(number)
sys.exit(program.wait() != -number or os.listdir('temporary') != [] or os.path.exists('program'))
END
    verdict "$signal while the C compiler runs leaves nothing" $?
done
! ls -a | grep '[.]tmp'
verdict 'nothing is left behind' $?
