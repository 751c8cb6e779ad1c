"""`deltac verify` must see every error. BUILD/break/deltac has seeded ones, of which DELTAC_BREAK chooses one: derivatives of ops.def that are twice too large or
have the wrong sign (seen by differences of the cost, not by enclosures, which use the same derivatives), and errors in lowering and C (seen by the enclosures).
Without DELTAC_LONG a sample of the derivatives, always the same."""
import os
import random
import re
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

DELTAC = os.path.join(os.environ.get('BUILD', 'build'), 'break', 'deltac')
LONG = bool(os.environ.get('DELTAC_LONG'))
MANY = 'tests/generated/verify/many.delta'
SEEDED = ['loop-end', 'minus', 'sum-forgets', 'maximum', 'digits', 'stride', 'zero', 'branches', 'direction', 'stale']

# An argument inside the domain, made from an entry that takes any value.
INSIDE = {'ALL': 'w[i]', 'POSITIVE': '(½ sigmoid(w[i]) + ¼)', 'NONZERO': '(exp(w[i]) + ¼)', 'NONNEGATIVE': '(exp(w[i]) + ¼)', 'UNIT': '(0.9 tanh(w[i]))',
          'OPEN_UNIT': '(0.9 tanh(w[i]))', 'ABOVE_MINUS_ONE': '(exp(w[i]) − ½)', 'FROM_ONE': '(exp(w[i]) + 1.1)', 'OUTSIDE_UNIT': '(exp(w[i]) + 1.1)',
          'BEYOND_UNIT': '(exp(w[i]) + 1.1)', 'COS_NONZERO': 'w[i]', 'SIN_NONZERO': 'w[i]', 'TO_ONE': '(0.9 sigmoid(w[i]) + 0.05)',
          'OPEN_01': '(0.9 sigmoid(w[i]) + 0.05)', 'NOT_POLE_GAMMA': '(exp(w[i]) + ½)'}
# Rows with two or three arguments, rows that only derivatives make, rows whose branches need arguments of both kinds.
CALLS = {'polygamma': 'd′(exp(w[i]) + ½)', 'min': 'min(w[i], v[i])', 'max': 'max(w[i], v[i])', 'clip': 'clip(w[i], 0.3 v[i] − 0.5, 0.2 + 0.1 v[i])',
         'hypot': 'hypot(w[i] + 1.5, v[i])', 'leaky_relu': 'leaky_relu(w[i], ¼ + v[i])', 'elu': 'elu(w[i], ¼ + v[i])', 'logsigmoid': 'log(sigmoid(w[i]))'}
# Functions that the page's language has no word for, or whose derivative is 0.
NO_WORD = {'logsigmoid'}


def rows():
    """(name, arity, domain, derivatives) of every row of ops.def, derivatives split at the commas outside brackets."""
    for line in open('gen/dag/ops.def', encoding='utf-8'):
        m = re.match(r'OP\((\w+), "(\w+)", (\d), DERIVATIVE\((.*)\), (\w+), (NULL|"[^"]*"), "', line)
        if not m:
            continue
        parts, depth = [''], 0
        for c in m[4]:
            depth += (c == '(') - (c == ')')
            if c == ',' and depth == 0:
                parts.append('')
            else:
                parts[-1] += c
        yield m[2], int(m[3]), m[5], [p.strip() for p in parts]


def breakable():
    for name, arity, domain, derivatives in rows():
        for k, d in enumerate(derivatives):
            if arity and d not in ('NONE', 'ZERO') and name not in NO_WORD:
                yield name, domain, k
    yield from ((name, 'ALL', 0) for name in MATRIX)


MATRIX = {'det': 'det(W) v[i]', 'inv': 'inv(W)[i,1] v[i]'}


def matrix_page(name):
    return ('# %s\nsize n = 3\ninput x\nparam W[i in 0..n-1, j in 0..n-1] = [i == j] + 0.2 i − 0.1 j, v[n] = 0.5\nC = Σ_i (1 + i/10) (%s)·(1.5 + tanh(x))\nminimize C\n'
            'W ← W − 0.01 ∂C/∂W\nv ← v − 0.01 ∂C/∂v\n' % (name, MATRIX[name]))


def page_of(name, domain):
    if name in MATRIX:
        return matrix_page(name)
    call = CALLS.get(name, '%s(%s)' % (name, INSIDE[domain]))
    second = 'function d(u) = digamma(u)\n' if name == 'polygamma' else ''
    return ('# %s\nsize n = 12\ninput x\nparam w[n], v[n]\n%sC = Σ_i (1 + i/10) (%s)·(1.5 + tanh(x))\nminimize C\nw ← w − 0.01 ∂C/∂w\nv ← v − 0.01 ∂C/∂v\n'
            % (name, second, call))


def verify(page, mutant):
    e = dict(os.environ, DELTAC_BREAK=mutant)
    ran = subprocess.run([DELTAC, 'verify', page], env=e, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=600)
    return ran.returncode, ran.stdout.decode('utf-8', 'replace')


def case(job):
    """(name, good, said). A page without a seeded error must verify, or the rest says nothing."""
    name, page, mutant, seen = job
    status, said = verify(page, mutant)
    if not mutant:
        return name, status == 0, said
    return name, status == 1 and seen in said, said


def jobs(folder):
    chosen = [(n, d, k, how) for n, d, k in breakable() for how in ('double', 'sign')]
    if not LONG:
        chosen = random.Random(3).sample(chosen, 14) + [c for c in chosen if c[0] in MATRIX]
    for name in sorted({n for n, _, _, _ in chosen}):
        domain = next(d for n, d, _, _ in chosen if n == name)
        with open(os.path.join(folder, name + '.delta'), 'w', encoding='utf-8') as f:
            f.write(page_of(name, domain))
        yield 'plain:' + name, f.name, '', ''
    for name, _, k, how in chosen:
        yield 'derivative:%s:%d:%s' % (name, k, how), os.path.join(folder, name + '.delta'), 'derivative %s %d %s' % (name, k, how), '✗ differences'
    yield 'plain:many', MANY, '', ''
    for name in SEEDED:
        yield 'seeded:' + name, MANY, name, '✗ enclosures'


def main():
    if not os.access(DELTAC, os.X_OK):
        print('SKIP verify_mutants no program with seeded errors: make %s' % DELTAC)
        return 0
    bad = 0
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(os.cpu_count()) as pool:
        for name, good, said in pool.map(case, jobs(folder)):
            if not good:
                print(said)
                bad += 1
            print(('ok ' if good else 'not ok ') + name)
    return 1 if bad else 0


sys.exit(main())
