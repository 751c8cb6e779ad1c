"""Checks every page of examples/ and trains those that the table in examples/README.md names, to the figure it states. Also: the tables of data are what
make_data.py writes; and what can be known without the page is compared: normal equations, exact solutions of differential equations, eigenvalues, couplings."""
import csv
import glob
import json
import math
import operator
import os
import re
import shlex
import struct
import subprocess
import sys
import tempfile
import zipfile

ROOT = os.environ.get('ROOT') or os.path.abspath(os.path.join(os.path.dirname(__file__), '..', '..'))
DELTAC = os.environ.get('DELTAC') or os.path.join(ROOT, 'build', 'deltac')
EXAMPLES = os.path.join(ROOT, 'examples')
COMPARE = {'<': operator.lt, '>': operator.gt, '≤': operator.le, '≥': operator.ge, '=': operator.eq}


def say(name, good, text=''):
    if not good and text:
        print(''.join('    %s\n' % line for line in str(text).rstrip().split('\n')), end='', flush=True)
    print(('ok ' if good else 'not ok ') + name, flush=True)
    return good


def run(*words):
    return subprocess.run([DELTAC, *words], cwd=EXAMPLES, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=600)


def rows():
    """(page, options, figure) of the table"""
    with open(os.path.join(EXAMPLES, 'README.md'), encoding='utf-8') as readme:
        for line in readme:
            m = re.match(r'\| (\S+\.delta) \| `(.*)` \| (.*) \|$', line.strip())
            if m:
                yield m.groups()


def fulfils(figure, last):
    name, sign, bound = figure.rsplit(' ', 2)
    values = {'loss': last['loss'], 'valid loss': last.get('valid_loss'), **last.get('metrics', {}), **{'valid ' + k: v for k, v in last.get('valid_metrics', {}).items()}}
    return COMPARE[sign](values[name], float(bound)), '%s is %r' % (name, values[name])


def train(page, options, figure, folder):
    name = 'example %s %s' % (page, figure) + (' (MNIST)' if 'DELTAC_DATA' in options else '')
    if 'DELTAC_DATA' in options:
        data = os.path.abspath(os.environ.get('DELTAC_DATA') or '/nowhere')
        options = options.replace('$DELTAC_DATA', shlex.quote(data))
        missing = [w for w in shlex.split(options) if '=' + data in w and not os.path.exists(w.split('=', 1)[1])]
        if missing:
            print('SKIP digits_on_MNIST the folder DELTAC_DATA has no mnist/', flush=True)
            return
    log, weights = os.path.join(folder, 'run.jsonl'), os.path.join(folder, page + '.npz')
    ran = run('train', page, *shlex.split(options), '--quiet', '--log', log, '--weights', weights)
    if ran.returncode:
        say(name, False, 'exit status %d\n%s' % (ran.returncode, ran.stdout))
        return
    with open(log, encoding='utf-8') as lines:
        say(name, *fulfils(figure, json.loads(list(lines)[-1])))


def table(name):
    with open(os.path.join(EXAMPLES, name), encoding='ascii') as lines:
        return [[float(cell) for cell in row] for row in list(csv.reader(lines))[1:]]


def array(path, name):
    content = zipfile.ZipFile(path).read(name + '.npy')
    begin = 10 + struct.unpack('<H', content[8:10])[0]
    return [v for v, in struct.iter_unpack('<d', content[begin:])]


def solve(a, b):
    """Gaussian elimination with pivots"""
    n, m = len(b), [row + [v] for row, v in zip(a, b)]
    for i in range(n):
        p = max(range(i, n), key=lambda r: abs(m[r][i]))
        m[i], m[p] = m[p], m[i]
        for r in range(n):
            if r != i:
                f = m[r][i] / m[i][i]
                m[r] = [x - f * y for x, y in zip(m[r], m[i])]
    return [m[i][n] / m[i][i] for i in range(n)]


def ridge(folder):
    data = [row[:-1] + [1, row[-1]] for row in table('ridge.csv')]
    n, count = 9, len(data)
    a = [[sum(row[i] * row[j] for row in data) / count + (0.05 if i == j < 8 else 0) for j in range(n)] for i in range(n)]
    b = [sum(row[i] * row[n] for row in data) / count for i in range(n)]
    path = os.path.join(folder, 'ridge.delta.npz')
    got = array(path, 'w') + array(path, 'b')
    worst = max(abs(g - w) for g, w in zip(got, solve(a, b)))
    say('ridge: the weights solve the normal equations', worst < 1e-5, 'off by %g' % worst)


def anomalies(folder):
    ran = run('predict', 'anomaly.delta', '--weights', os.path.join(folder, 'anomaly.delta.npz'), '--data', 'anomaly_test.csv', '--quiet')
    alarms = [line.split(',')[1] == '1' for line in ran.stdout.split()[1:]]
    broken = [row[-1] == 1 for row in table('anomaly_test.csv')]
    say('anomaly: every fault raises an alarm, nothing else does', alarms == broken, ran.stdout[:500])


def exponential(rate):
    return lambda row: math.exp(rate * row['t']) * math.sin(math.pi * row['x'])


# Pages that solve an equation: the tables (points first), the exact solution, the largest root-mean-square difference
SOLUTIONS = [
    ('decay', 'decay.csv', lambda row: math.exp(-row['t']), 0.01),
    ('oscillator', 'oscillator.csv', lambda row: math.cos(2 * row['t']), 0.002),
    ('logistic_growth', 'decay.csv', lambda row: 1.2 / (1.2 - 0.2 * math.exp(-2 * row['t'])), 0.002),
    ('poisson', 'poisson.csv', lambda row: row['x'] * (1 - row['x']) * math.exp(row['x']), 0.001),
    ('heat', 'rectangle.csv heat_edge.csv start.csv', exponential(-math.pi ** 2), 0.005),
    ('wave', 'wave.csv wave_edge.csv start.csv', lambda row: math.sin(math.pi * row['x']) * math.cos(math.pi * row['t']), 0.02),
    ('inverse', 'wave.csv probe.csv', exponential(-0.2 * math.pi ** 2), 0.02),
]


def solutions(folder):
    for page, data, exact, bound in SOLUTIONS:
        out = os.path.join(folder, page + '.out.csv')
        tables = [word for name in data.split() for word in ('--data', name)]
        ran = run('predict', page + '.delta', '--weights', os.path.join(folder, page + '.delta.npz'), *tables, '-o', out, '--quiet')
        name = '%s: within %g of the exact solution' % (page, bound)
        if ran.returncode:
            say(name, False, ran.stdout)
            continue
        with open(out, encoding='ascii') as got, open(os.path.join(EXAMPLES, tables[1]), encoding='ascii') as rows_in:
            gaps = [float(g['u' if 'u' in g else 'g']) - exact({k: float(v) for k, v in row.items()}) for g, row in zip(csv.DictReader(got), csv.DictReader(rows_in))]
        error = math.sqrt(sum(g * g for g in gaps) / len(gaps))
        say(name, len(gaps) > 20 and 0 < error < bound, 'off by %g at %d points' % (error, len(gaps)))


def components(folder):
    """What two principal components leave over: the smaller eigenvalues of the second moments, by numpy"""
    import numpy
    x = numpy.array(table('pca.csv'))
    values = numpy.linalg.eigvalsh(x.T @ x / len(x))
    u = numpy.array(array(os.path.join(folder, 'pca.delta.npz'), 'U')).reshape(2, 5)
    left = numpy.mean(numpy.sum((x - x @ u.T @ u) ** 2, axis=1))
    least = values[:3].sum()
    say('pca: leaves what the smaller eigenvalues say', least <= left * (1 + 1e-9) and left < 1.02 * least, '%g, at least %g' % (left, least))


def couplings(folder):
    j = array(os.path.join(folder, 'ising.delta.npz'), 'J')
    worst = max(abs(j[10 * a + b] + j[10 * b + a] - float((a - b) % 10 in (1, 9))) for a in range(10) for b in range(10) if a != b)
    say('ising: neighbours couple, others do not', worst < 0.01, 'off by %g' % worst)


def main():
    for path in sorted(glob.glob(os.path.join(EXAMPLES, '*.delta'))):
        ran = run('check', path)
        say('check examples/' + os.path.basename(path), ran.returncode == 0, ran.stdout)
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, os.path.join(EXAMPLES, 'make_data.py'), folder], check=True)
        different = [n for n in os.listdir(folder) if open(os.path.join(folder, n), 'rb').read() != open(os.path.join(EXAMPLES, n), 'rb').read()]
        say('make_data.py writes the tables of examples/', not different, different)
        for page, options, figure in rows():
            train(page, options, figure, folder)
        ridge(folder)
        anomalies(folder)
        solutions(folder)
        components(folder)
        couplings(folder)


main()
