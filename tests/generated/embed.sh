#!/bin/bash
# examples/embed and examples/python: a program in C built with pkg-config against an installed deltac, and one in Python on the shared object, learn the same curve
# to the same bits; what they predict is near, and valgrind finds nothing.
. "$(dirname "$0")/common.bash"
cd "$SCRATCH" || exit 1
cp -r "$ROOT/examples/embed" "$ROOT/examples/python" .
make -s -C "$ROOT" install-files BUILD="$BUILD" PREFIX=/usr DESTDIR="$SCRATCH/root" >log 2>&1 || cat log
if ! command -v pkg-config >/dev/null; then
    echo 'SKIP embed pkg-config is not installed'
    exit 0
fi
export PKG_CONFIG_PATH=$SCRATCH/root/usr/lib/pkgconfig PKG_CONFIG="pkg-config --define-variable=prefix=$SCRATCH/root/usr"

# near FILE: every line "p(x) = a   sin 3x = b" has a within 0.02 of b, there are five, and the cost fell a thousandfold.
near() {
    awk '/^cost before/ { before = $3 } /^cost after/ { after = $3 }
         /^p\(/ { line = $0; gsub(/[^-0-9.]+/, " ", line); split(line, f, " "); d = f[2] - f[4]; if (d < 0.02 && d > -0.02) good++ }
         END { exit !(good == 5 && after > 0 && after * 1000 < before) }' "$1" || { cat "$1"; false; }
}

"$DELTAC" check embed/wave.delta >log || cat log
grep -q '4 claims: 4 proved' log
verdict 'the claims of wave.delta are proved' $?
make -s -C embed run DELTAC="$SCRATCH/root/usr/bin/deltac" CC="$CC" CFLAGS="-O2 -ffp-contract=off -Wall -Wextra -Wpedantic -Werror" >c.txt 2>&1
near c.txt
verdict 'examples/embed learns the curve' $?
"$DELTAC" inspect embed/wave.npz | grep -q '^  w  *f8  (24,)'
verdict 'its weights are an npz file' $?
if command -v valgrind >/dev/null && ! grep -q fsanitize "$BUILD/flags"; then
    sed -i 's/STEPS = 4000/STEPS = 20/' embed/wave.c
    rm embed/wave
    make -s -C embed wave CC="$CC" CFLAGS='-O1 -g' DELTAC="$DELTAC" >log 2>&1 || cat log
    (cd embed && valgrind -q --error-exitcode=9 --leak-check=full --show-leak-kinds=definite,indirect ./wave) >log 2>&1 || { cat log; false; }
    verdict 'valgrind finds nothing in it' $?
fi
if "${PYTHON:-/usr/bin/python3}" -c 'import numpy' 2>/dev/null && ! grep -q fsanitize "$BUILD/flags"; then
    "$DELTAC" build --shared embed/wave.delta -o libwave.so && "${PYTHON:-/usr/bin/python3}" python/wave.py ./libwave.so >python.txt 2>&1
    near python.txt
    verdict 'examples/python learns the curve' $?
    grep -q 'w is seen where it is: (24,)' python.txt
    verdict 'numpy sees parameters where they are' $?
else
    echo 'SKIP python numpy is not installed, or the library is built for a sanitizer'
fi
