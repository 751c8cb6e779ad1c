"""Random expressions in two normal and one uniform noise: the exact expectation that deltac finds beside Gauss quadrature in numpy (60 Hermite and 40 Legendre
nodes, good to about 1e-12 for these entire functions). The value is read from the witness of a claim that is false.
expectations.py DELTAC FOLDER COUNT SEED"""
import json
import os
import random
import subprocess
import sys

import numpy as np

deltac, folder, count, draw = sys.argv[1], sys.argv[2], int(sys.argv[3]), random.Random(int(sys.argv[4]))
hermite, weight = np.polynomial.hermite_e.hermegauss(60)
legendre, even = np.polynomial.legendre.leggauss(40)
EPS, XI, U = np.meshgrid(hermite, 0.5 + 1.5 * hermite, 0.5 + 1.5 * legendre, indexing='ij')  # ε, ξ ~ normal(0.5, 1.5), u ~ uniform(−1, 2)
WEIGHT = (weight / weight.sum())[:, None, None] * (weight / weight.sum())[None, :, None] * (even / 2)[None, None, :]
FUNCTIONS = [('(%s)²', np.square), ('exp((%s)/2)', lambda v: np.exp(v / 2)), ('sin(%s)', np.sin), ('cos(%s)', np.cos),
             ('cosh((%s)/2)', lambda v: np.cosh(v / 2)), ('sinh((%s)/2)', lambda v: np.sinh(v / 2))]


def number():
    return draw.choice([0.5, -0.5, 1, 0.25, -1, 0.75])


def linear(with_uniform):
    names = [('ε', EPS, 0.7), ('ξ', XI, 0.7)] + ([('u', U, 0.6)] if with_uniform else [])
    drawn = [(number(), n, v) for n, v, share in names if draw.random() < share]
    shift = number() if draw.random() < 0.5 or not drawn else 0
    return ' + '.join(['(%s) %s' % (c, n) for c, n, _ in drawn] + ['(%s)' % shift]), sum(c * v for c, _, v in drawn) + shift


def factor(with_uniform):
    kind = draw.randrange(8)
    if kind < 2:
        return [('ε', EPS), ('ξ', XI)][kind]
    text, value = linear(with_uniform and kind in (3, 4, 5))
    form, function = FUNCTIONS[kind - 2]
    return form % text, function(value)


def expression():
    text, value = factor(True)
    for _ in range(draw.randrange(3)):
        more, times = factor(draw.random() < 0.5)
        text, value = text + ' ' + more, value * times
    if draw.random() < 0.3:
        more, plus = factor(False)
        text, value = '%s + %s' % (text, more), value + plus
    return text, float((WEIGHT * value).sum())


rows = [expression() for _ in range(count)]
page = os.path.join(folder, 'expectations.delta')
with open(page, 'w') as out:
    out.write('noise ε ~ normal(0, 1), ξ ~ normal(0.5, 1.5), u ~ uniform(−1, 2)\n' + ''.join('claim E(%s) = 1234567\n' % text for text, _ in rows))
claims = json.loads(subprocess.run([deltac, 'check', page, '--json'], capture_output=True, text=True).stdout)['files'][0]['claims']
bad = unknown = 0
for claim, (text, value) in zip(claims, rows):
    if claim['verdict'] != 'refuted':
        unknown += 1
        continue
    middle = claim['witness']['left'].strip('[]').split()[0]
    ours = 0 if middle == '+/-' else float(middle)
    if abs(ours - value) > 1e-9 * max(1, abs(value)):
        bad += 1
        print('E(%s): quadrature %.12g, deltac %.12g' % (text, value, ours))
print('%sok 1 - %d expectations, %d not known exactly, %d wrong' % ('not ' if bad or unknown > count // 5 or len(claims) != count else '', len(rows), unknown, bad))
sys.exit(bad > 0)
