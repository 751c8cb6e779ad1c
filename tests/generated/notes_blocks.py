"""Many mixed blocks: chapters drawn from the true documents. No line is called false, memory stays flat, and N blocks take no longer than N / 20,000 · 120 s
of processor time, claims included (60 s are meant for all but the claims; a loaded machine counts more)."""
import os
import random
import re
import resource
import subprocess
import sys
import tempfile

BLOCKS = int(sys.argv[1]) if len(sys.argv) > 1 else 1500


def mixed(path):
    random.seed(3)
    names = sorted(n for n in os.listdir('tests/notes') if n.startswith(('real-', 'style-')) and n.endswith('.md'))
    texts = []
    for name in names:
        with open(os.path.join('tests/notes', name), encoding='utf-8') as f:
            texts.append(re.sub(r'^# ', '## ', f.read(), flags=re.M))
    blocks = chapters = 0
    with open(path, 'w', encoding='utf-8') as f:
        while blocks < BLOCKS:
            text = random.choice(texts)
            blocks += len(re.findall(r'\$\$.*?\$\$|\$[^$\n]+\$', text, flags=re.S))
            chapters += 1
            f.write('# Chapter %d\n\n%s\n\n' % (chapters, text))
    return blocks


def main():
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, 'mixed.md')
        blocks = mixed(path)
        ran = subprocess.run([os.environ['DELTAC'], 'check', path], capture_output=True, text=True)
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds, megabytes = used.ru_utime + used.ru_stime, used.ru_maxrss / 1024
    claims = int(re.search(r'(\d+) claims? and lines? to judge', ran.stdout).group(1))
    proved = int(re.search(r': (\d+) proved', ran.stdout).group(1))
    troubles = ['a true line is called false: ' + l for l in ran.stdout.split('\n') if '✗' in l][:3]
    if seconds > 120 * blocks / 20000 + 5:
        troubles.append('%.1f s' % seconds)
    if megabytes > 64:
        troubles.append('%.0f MB' % megabytes)
    if proved < 0.95 * claims:
        troubles.append('%d of %d claims are proved' % (proved, claims))
    print('%sok %d blocks' % ('not ' if troubles else '', blocks))
    print('\n'.join('    ' + t for t in troubles + ['%.1f s of processor time, %.0f MB, %d of %d claims proved' % (seconds, megabytes, proved, claims)]))
    return bool(troubles)


sys.exit(main())
