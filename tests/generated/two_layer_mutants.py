"""Each claim line of examples/two_layer.delta with one token replaced by another token of the page must end refuted, proved, or in an error with a place.
What is proved is confirmed by an evaluator of its own: total derivatives as differences of the page's graph in 50-digit decimal arithmetic."""
import json
import os
import re
import subprocess
import sys
import tempfile
from fractions import Fraction as F

page_path, deltac = sys.argv[1], os.environ['DELTAC']
lines = open(page_path, encoding='utf-8').read().split('\n')
claims = [i for i, l in enumerate(lines) if re.match(r'\s*(∂.*=|= )', l) and '←' not in l]
TOKEN = re.compile(r'∂|[A-Za-zα-ωσδηλ]+[0-9]*|[0-9]+|[½²′()=/+−←·]')
vocabulary = sorted({t for l in lines[1:] for t in TOKEN.findall(l.split('#')[0])} - {'input', 'target', 'param', 'hyper', 'function', 'minimize'})

# --- the page's graph, exactly: σ1, σ2 polynomials, so that every value is a rational and every derivative a limit of exact differences ---
S = {'σ1': [F(1, 3), F(2), F(-1, 5), F(1, 7), F(1, 11)], 'σ2': [F(-1, 2), F(3, 2), F(2, 7), F(-1, 3), F(1, 13)]}
LEAVES = {'x': F(7, 5), 'y': F(-3, 4), 'w1': F(5, 7), 'b1': F(2, 9), 'w2': F(-11, 8), 'b2': F(4, 7), 'η': F(3, 10), 'λ': F(6, 7)}
H = F(1, 10 ** 12)


def poly(c, u, k=0):
    for _ in range(k):
        c = [i * a for i, a in enumerate(c)][1:]
    r = F(0)
    for a in reversed(c):
        r = r * u + a
    return r


def values(free=None):
    v = dict(LEAVES)
    free = free or {}

    def put(name, f):
        v[name] = f()
        if name in free:
            v[name] += free[name]
    for n in LEAVES:
        v[n] += free.get(n, 0)
    put('z1', lambda: v['w1'] * v['x'] + v['b1'])
    put('a1', lambda: poly(S['σ1'], v['z1']))
    put('z2', lambda: v['w2'] * v['a1'] + v['b2'])
    put('a2', lambda: poly(S['σ2'], v['z2']))
    put('C', lambda: (v['a2'] - v['y']) ** 2 / 2 + v['λ'] * (v['w1'] ** 2 + v['w2'] ** 2))
    put('δ2', lambda: (v['a2'] - v['y']) * poly(S['σ2'], v['z2'], 1))
    put('δ1', lambda: v['δ2'] * v['w2'] * poly(S['σ1'], v['z1'], 1))
    return v


BASE = values()


def total(a, b):
    if a == '½' or a.isdigit():
        return F(0)
    return (values({b: H})[a] - values({b: -H})[a]) / (2 * H)


# --- sums of products of factors, read from tokens ---
class Reader:
    def __init__(self, text):
        self.t, self.i = TOKEN.findall(text), 0

    def peek(self):
        return self.t[self.i] if self.i < len(self.t) else None

    def take(self):
        self.i += 1
        return self.t[self.i - 1]

    def sum(self):
        r = self.product()
        while self.peek() in ('+', '−'):
            s = self.take()
            r = r + self.product() if s == '+' else r - self.product()
        return r

    def product(self):
        r = self.factor()
        while self.peek() not in (None, '+', '−', ')'):
            if self.peek() == '/':
                self.take()
                r = r / self.factor()
            else:
                if self.peek() == '·':
                    self.take()
                r = r * self.factor()
        return r

    def factor(self):
        r = self.atom()
        while self.peek() == '²':
            self.take()
            r = r * r
        return r

    def atom(self):
        t = self.take()
        if t == '∂':
            a = self.take()
            assert self.take() == '/' and self.take() == '∂'
            return total(a, self.take())
        if t == '−':
            return -self.product()
        if t == '(':
            r = self.sum()
            assert self.take() == ')'
            return r
        if t == '½':
            return F(1, 2)
        if t.isdigit():
            return F(int(t))
        if t in S:
            k = 0
            while self.peek() == '′':
                self.take()
                k += 1
            if self.peek() == '(':
                self.take()
                u = self.sum()
                assert self.take() == ')'
            else:
                u = self.product()
            return poly(S[t], u, k)
        return BASE[t]


def value(text):
    r = Reader(text)
    v = r.sum()
    assert r.i == len(r.t), text
    return v


def close(a, b):
    return abs(a - b) <= F(1, 10 ** 9) * max(abs(a), abs(b), 1)


def mutants():
    for i in claims:
        code = lines[i].split('#')[0].rstrip()
        for m in TOKEN.finditer(code):
            for t in vocabulary:
                if t != m.group():
                    yield i, code[:m.start()] + t + code[m.end():]


def main():
    work = tempfile.mkdtemp()
    batch, bad, confirmed, seen = [], [], [], {'proved': 0, 'refuted': 0, 'error': 0}
    for n, (i, text) in enumerate(mutants()):
        path = os.path.join(work, 'm%05d.delta' % n)
        with open(path, 'w', encoding='utf-8') as f:
            f.write('\n'.join(lines[:i] + [text] + lines[i + 1:]))
        batch.append((path, i, text))
    results = {}
    for k in range(0, len(batch), 200):
        run = subprocess.run([deltac, 'check', '--json'] + [p for p, _, _ in batch[k:k + 200]], capture_output=True, text=True)
        if run.returncode not in (0, 1, 2, 3):
            print('not ok mutants: deltac ended with', run.returncode, run.stderr[-2000:])
            return
        for f in json.loads(run.stdout)['files']:
            results[f['file']] = f
    for path, i, text in batch:
        f = results[path]
        if f['errors']:
            seen['error'] += 1
            if not all(e['line'] >= 1 and e['column'] >= 1 for e in f['errors']):
                bad.append((text, 'an error without a place'))
            continue
        chain = [c for c in f['claims'] if c['verdict'] != 'proved' or c['line'] in (i, i + 1, i + 2)]
        verdicts = {c['verdict'] for c in chain}
        if 'undecided' in verdicts or 'not understood' in verdicts:
            bad.append((text, 'undecided'))
        elif 'refuted' in verdicts:
            seen['refuted'] += 1
            for c in chain:
                if c['verdict'] == 'refuted' and c['method'] != 'shape':
                    left, right = c['claim'].split(' = ')
                    if close(value(left), value(right)):
                        bad.append((c['claim'], 'refuted, but true by differences'))
        else:
            seen['proved'] += 1
            for c in chain:
                if c['line'] in (i, i + 1, i + 2):
                    left, right = c['claim'].split(' = ')
                    if not close(value(left), value(right)):
                        bad.append((c['claim'], 'proved, but false by differences'))
            confirmed.append(text.strip())
    for text, why in bad[:20]:
        print('not ok mutant: %s: %s' % (why, text.strip()))
    if not bad:
        print('ok %d mutants of the lecture page: %d refuted, %d errors, %d proved and confirmed by differences' % (len(batch), seen['refuted'], seen['error'], seen['proved']))
    if os.environ.get('LIST'):
        print('\n'.join(confirmed))


main()
