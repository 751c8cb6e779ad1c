"""Random claims in one or two variables that are nearly identities of inverse functions, decided with the refuter switched off: what is proved holds at every point of a
grid, ends of components included. Rational parts are computed exactly, the rest with 60 digits; nothing is shared with deltac.

Usage: components.py DELTAC-WITH-SEEDED-ERRORS [COUNT [SEED]]."""
import json
import os
import random
import subprocess
import sys
import tempfile
from fractions import Fraction

import mpmath
from mpmath import mpf

mpmath.mp.dps = 60
EPS = mpf(10) ** -40


class Undefined(Exception):
    pass


def real(v):
    return mpf(v.numerator) / v.denominator if isinstance(v, Fraction) else v


def sign(v):
    if isinstance(v, Fraction):
        return (v > 0) - (v < 0)
    if abs(v) < EPS:
        raise Undefined  # not known: the point says nothing
    return 1 if v > 0 else -1


def need(good):
    if not good:
        raise Undefined


def unit(f):
    def g(v):
        if isinstance(v, Fraction):
            need(abs(v) <= 1)
            return f(real(v))
        if abs(abs(v) - 1) < EPS:  # on the border: rounding must not decide
            raise Undefined
        need(abs(v) < 1)
        return f(v)
    return g


def from_one(f):
    def g(v):
        if not isinstance(v, Fraction) and abs(v - 1) < EPS:
            raise Undefined
        need(v >= 1)
        return f(real(v))
    return g


def outside(f):
    def g(v):
        if not isinstance(v, Fraction) and abs(abs(v) - 1) < EPS:
            raise Undefined
        need(abs(v) >= 1)
        return f(1 / real(v))
    return g


def open_unit(f):
    def g(v):
        if not isinstance(v, Fraction) and abs(abs(v) - 1) < EPS:
            raise Undefined
        need(abs(v) < 1)
        return f(real(v))
    return g


def root(v):
    if isinstance(v, Fraction):
        need(v >= 0)
        a, b = mpmath.sqrt(v.numerator), mpmath.sqrt(v.denominator)
        if int(a) ** 2 == v.numerator and int(b) ** 2 == v.denominator:
            return Fraction(int(a), int(b))
        return mpmath.sqrt(real(v))
    if abs(v) < EPS:
        raise Undefined
    need(v > 0)
    return mpmath.sqrt(v)


def logarithm(v):
    need(sign(v) > 0)
    return mpmath.log(real(v))


def plain(f):
    return lambda v: f(real(v))


FUNCTIONS = {
    'atan': plain(mpmath.atan), 'asin': unit(mpmath.asin), 'acos': unit(mpmath.acos), 'sqrt': root, 'log': logarithm, 'exp': plain(mpmath.exp),
    'tanh': plain(mpmath.tanh), 'sinh': plain(mpmath.sinh), 'cosh': plain(mpmath.cosh), 'asinh': plain(mpmath.asinh), 'acosh': from_one(mpmath.acosh),
    'atanh': open_unit(mpmath.atanh), 'asec': outside(mpmath.acos), 'acsc': outside(mpmath.asin), 'sign': lambda v: Fraction(sign(v)),
    'abs': abs, 'relu': lambda v: v if sign(v) > 0 else Fraction(0),
}


def value(e, at):
    kind = e[0]
    if kind == 'x':
        return at[e[1]]
    if kind == 'number':
        return e[1]
    if kind == 'pi':
        return mpmath.pi
    if kind == 'add':
        return total([value(t, at) for t in e[1:]])
    if kind == 'mul':
        p = Fraction(1)
        for t in e[1:]:
            v = value(t, at)
            p = p * v if isinstance(p, Fraction) == isinstance(v, Fraction) else real(p) * real(v)
        return p
    if kind == 'div':
        a, b = value(e[1], at), value(e[2], at)
        need(sign(b) != 0)
        return a / b if isinstance(a, Fraction) == isinstance(b, Fraction) else real(a) / real(b)
    if kind == 'test':
        s = sign(total([value(e[2], at), value(('mul', ('number', Fraction(-1)), e[3]), at)]))
        return Fraction({'>': s > 0, '<': s < 0, '==': s == 0, '>=': s >= 0, '<=': s <= 0}[e[1]])
    return FUNCTIONS[kind](value(e[1], at))


def total(values):
    s = Fraction(0)
    for v in values:
        s = s + v if isinstance(s, Fraction) == isinstance(v, Fraction) else real(s) + real(v)
    return s


def text(e):
    kind = e[0]
    if kind == 'x':
        return e[1]
    if kind == 'number':
        v = e[1]
        return '(%d/%d)' % (v.numerator, v.denominator) if v.denominator != 1 else '%d' % v if v >= 0 else '(%d)' % v
    if kind == 'pi':
        return 'π'
    if kind == 'add':
        return '(' + ' + '.join(text(t) for t in e[1:]) + ')'
    if kind == 'mul':
        return '(' + ' * '.join(text(t) for t in e[1:]) + ')'
    if kind == 'div':
        return '(%s) / (%s)' % (text(e[1]), text(e[2]))
    if kind == 'test':
        return '[%s %s %s]' % (text(e[2]), e[1], text(e[3]))
    return '%s(%s)' % (kind, text(e[1]))


def number(a, b=1):
    return ('number', Fraction(a, b))


def minus(e):
    return ('mul', number(-1), e)


def square(e):
    return ('mul', e, e)


HALF = ('mul', number(1, 2), ('pi',))


def one_minus(e):
    return ('add', number(1), minus(e))


def identities(u, v):
    """(left, right) pairs that hold on all, some or none of the components."""
    return [
        (('add', ('atan', u), ('atan', ('div', number(1), u))), ('mul', ('sign', u), HALF)),
        (('add', ('atan', u), ('atan', ('div', number(1), u))), HALF),
        (('add', ('asin', u), ('acos', u)), HALF),
        (('mul', number(2), ('atan', ('sqrt', ('div', one_minus(u), ('add', number(1), u))))), ('acos', u)),
        (('asin', u), ('atan', ('div', u, ('sqrt', one_minus(square(u)))))),
        (('acos', u), ('mul', number(2), ('asin', ('sqrt', ('mul', number(1, 2), one_minus(u)))))),
        (('acos', ('add', ('mul', number(2), square(u)), number(-1))), ('mul', number(2), ('acos', u))),
        (('acos', ('add', ('mul', number(2), square(u)), number(-1))), ('mul', number(2), ('acos', ('abs', u)))),
        (('atan', ('div', ('mul', number(2), u), one_minus(square(u)))), ('mul', number(2), ('atan', u))),
        (('asin', ('div', ('mul', number(2), u), ('add', number(1), square(u)))), ('mul', number(2), ('atan', u))),
        (('atan', ('div', ('add', number(1), u), one_minus(u))), ('add', ('atan', u), ('mul', number(1, 4), ('pi',)))),
        (('atan', ('div', ('add', u, v), one_minus(('mul', u, v)))), ('add', ('atan', u), ('atan', v))),
        (('atan', ('div', ('add', u, minus(v)), ('add', number(1), ('mul', u, v)))), ('add', ('atan', u), minus(('atan', v)))),
        (('add', ('atan', ('div', u, v)), ('atan', ('div', v, u))), ('mul', ('sign', ('mul', u, v)), HALF)),
        (('abs', u), ('mul', u, ('sign', u))),
        (('sqrt', square(u)), u),
        (('sqrt', square(u)), ('abs', u)),
        (('log', square(u)), ('mul', number(2), ('log', u))),
        (('log', ('div', u, v)), ('add', ('log', u), minus(('log', v)))),
        (('acosh', ('add', ('mul', number(2), square(u)), number(-1))), ('mul', number(2), ('acosh', ('abs', u)))),
        (('asec', u), ('atan', ('sqrt', ('add', square(u), number(-1))))),
        (('asinh', u), ('acosh', ('sqrt', ('add', square(u), number(1))))),
        (('mul', number(2), ('atan', ('exp', u))), ('add', ('atan', ('sinh', u)), HALF)),
        (('acos', ('div', number(1), ('cosh', u))), ('abs', ('atan', ('sinh', u)))),
        (('asin', ('sign', u)), ('mul', ('sign', u), HALF)),
        (('add', ('relu', u), minus(('relu', minus(u)))), u),
        (('atanh', ('div', ('mul', number(2), u), ('add', number(1), square(u)))), ('mul', number(2), ('atanh', u))),
    ]


def argument(r, names):
    x = ('x', r.choice(names))
    y = ('x', r.choice(names))
    a, b = number(r.choice([1, 1, 1, 2, -1, 3]), r.choice([1, 1, 1, 2, 3])), number(r.choice([0, 0, 1, -1, 2, 1]), r.choice([1, 1, 2, 3]))
    return r.choice([x, x, x, ('add', ('mul', a, x), b), ('add', square(x), b), ('div', number(1), x), ('abs', x), ('mul', x, y), ('add', x, minus(y)), ('div', x, y),
                     ('add', ('abs', x), b), ('sqrt', ('add', x, b)), ('div', ('add', x, b), ('add', y, number(3)))])


def spoil(r, left, right, names):
    x = ('x', r.choice(names))
    point = number(r.choice([0, 1, -1, 2, 1]), r.choice([1, 1, 2, 3]))
    extra = r.choice([('test', '==', x, point), ('mul', ('pi',), ('test', '>', x, point)), ('mul', number(2), ('pi',)), ('mul', ('pi',), ('sign', x)),
                      ('test', '<=', x, point), ('mul', ('test', '>', square(x), number(1)), ('mul', ('pi',), ('sign', x)))])
    return left, ('add', right, extra if r.random() < 0.5 else minus(extra))


def claim(r, names):
    u, v = argument(r, names), argument(r, names)
    left, right = r.choice(identities(u, v))
    if r.random() < 0.55:
        left, right = spoil(r, left, right, names)
    if r.random() < 0.15:
        x = ('x', r.choice(names))
        guard = ('sqrt', r.choice([x, minus(x), one_minus(x), one_minus(square(x)), ('add', square(x), number(-1)), ('mul', square(x), ('add', x, number(-1)))]))
        left, right = ('add', left, guard), ('add', right, guard)
    return left, right


GRID = sorted({Fraction(k, d) for d in (1, 2, 3, 4) for k in range(-4 * d, 4 * d + 1)} | {Fraction(s * k, 7) for s in (1, -1) for k in (1, 2, 5, 64, 700)} | {Fraction(1, 50)})
COARSE = [Fraction(k, d) for k, d in ((-4, 1), (-2, 1), (-1, 1), (-1, 2), (-1, 3), (0, 1), (1, 5), (1, 3), (1, 2), (1, 1), (3, 2), (2, 1), (3, 1), (9, 1))]


def counterexample(left, right, names):
    points = [{'x': a} for a in GRID] if len(names) == 1 else [{'x': a, 'y': b} for a in COARSE for b in COARSE]
    for at in points:
        try:
            a, b = real(value(left, at)), real(value(right, at))
        except (Undefined, ZeroDivisionError, OverflowError):
            continue
        if abs(a - b) > mpf(10) ** -35 * (1 + abs(a)):
            return at, a, b
    return None


def main():
    deltac, count, seed = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 200, int(sys.argv[3]) if len(sys.argv) > 3 else 1
    r = random.Random(seed)
    made = []
    while len(made) < count:
        names = ['x'] if r.random() < 0.6 else ['x', 'y']
        made.append(claim(r, names) + (names,))
    wrong = proved = false = 0
    with tempfile.TemporaryDirectory() as directory:
        for first in range(0, count, 50):
            page = os.path.join(directory, 'page.delta')
            part = made[first:first + 50]
            with open(page, 'w', encoding='utf-8') as f:
                f.write('variable x, y\n' + ''.join('claim %s = %s\n' % (text(a), text(b)) for a, b, _ in part))
            ran = subprocess.run([deltac, 'check', '--no-cache', '--hints', 'none', '--json', page], capture_output=True, env=dict(os.environ, DELTAC_BREAK='no refuter'))
            found = {c['line']: c for c in json.loads(ran.stdout)['files'][0]['claims']}
            for i, (a, b, names) in enumerate(part):
                bad = counterexample(a, b, names)
                false += bad is not None
                verdict = found.get(i + 2, {}).get('verdict')
                proved += verdict == 'proved'
                if verdict == 'proved' and bad:
                    wrong += 1
                    print('proved, but false at %s: %s = %s' % (bad[0], text(a), text(b)))
    print('%sok %d claims near identities, %d false: %d proved, %d of them wrongly' % ('not ' if wrong or not proved else '', count, false, proved, wrong))
    return wrong > 0


if __name__ == '__main__':
    sys.exit(main())
