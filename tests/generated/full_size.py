"""Examples at the sizes people use: the pages of examples/ with other sizes, on images of 28 × 28 and sequences of 24, trained to the figures below."""
import json
import os
import random
import subprocess
import tempfile

ROOT = os.environ.get('ROOT') or os.path.abspath(os.path.join(os.path.dirname(__file__), '..', '..'))
DELTAC = os.environ.get('DELTAC') or os.path.join(ROOT, 'build', 'deltac')
IMAGES = os.path.join(os.environ.get('DELTAC_DATA', ''), 'mnist', 't10k-images-idx3-ubyte.gz')
LABELS = IMAGES.replace('images-idx3', 'labels-idx1')
DIGITS = ['--data', 'x=' + IMAGES, '--scale', 'x=1/255', '--split', '0.2', '--batch', '64']
WORK = [  # page, what is changed, options, key of the last line of the log, holds; 10,000 images, or 4,000 sequences
    ('lenet', [('8 pad 1, 8 pad 1', '28 pad 1, 28 pad 1'), ('i in 0..3, j in 0..3', 'i in 0..13, j in 0..13'), ('W[k,d,2,2] ~ normal(0, 0.15)', 'W[k,d,12,12] ~ normal(0, 0.03)'), ('1e-2', '2e-3')],
     [*DIGITS, '--data', 'y=' + LABELS, '--epochs', '2'], ('valid_metrics', 'accuracy'), lambda v: v >= 0.92),
    ('vae', [('h = 12, m = 2', 'h = 200, m = 8'), ('1e-2', '1e-3')], [*DIGITS, '--epochs', '6'], ('valid_metrics', 'rmse'), lambda v: v < 5.55),
    ('transformer', [('L = 5, T = 10, V = 8, d = 24, m = 32', 'L = 12, T = 24, V = 16, d = 48, m = 96')], ['--data', 'copy.csv', '--split', '0.2', '--batch', '32', '--epochs', '8'],
     ('valid_metrics', 'accuracy'), lambda v: v >= 0.999),
]


def write_copies(path):
    draw = random.Random(5)
    with open(path, 'w', encoding='utf-8') as out:
        out.write(','.join('tok[%d]' % t for t in range(24)) + '\n')
        for _ in range(4000):
            half = [draw.randrange(16) for _ in range(12)]
            out.write(','.join(map(str, half + half)) + '\n')


def run(folder, page, changes, options):
    with open(os.path.join(ROOT, 'examples', page + '.delta'), encoding='utf-8') as given:
        text = given.read()
    for old, new in changes:
        if old not in text:
            return 'the page has no `%s`' % old
        text = text.replace(old, new)
    with open(os.path.join(folder, page + '.delta'), 'w', encoding='utf-8') as out:
        out.write(text)
    ran = subprocess.run([DELTAC, 'train', page + '.delta', *options, '--quiet', '--log', page + '.jsonl'], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=900)
    if ran.returncode:
        return ran.stdout
    with open(os.path.join(folder, page + '.jsonl'), encoding='utf-8') as log:
        return json.loads(log.readlines()[-1])


def main():
    with tempfile.TemporaryDirectory() as folder:
        write_copies(os.path.join(folder, 'copy.csv'))
        for page, changes, options, (part, key), holds in WORK:
            if IMAGES in ' '.join(options) and not os.path.exists(IMAGES):
                print('SKIP full_size_%s needs the images in DELTAC_DATA' % page)
                continue
            last = run(folder, page, changes, options)
            good = isinstance(last, dict) and holds(last[part][key])
            print(('' if good else '    %s\n' % last) + '%s full_size_%s' % ('ok' if good else 'not ok', page), flush=True)


main()
