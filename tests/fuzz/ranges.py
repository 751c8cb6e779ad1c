"""Sums and products whose range may be over nothing, with divisors that are 0 just there: random claims that hold for long ranges (a common factor moved, a count
beside, a divisor named), at sizes of 1 and more. A proved claim must be equal wherever both sides are defined; those whose conditions speak of more than one size
are only counted. Values are this file's own: a name has a value only where it is asked for.

Usage: ranges.py DELTAC [COUNT [SEED]]; DELTAC is built with DELTAC_BREAK, so that what a counterexample would refute has to be kept from the proof."""
import json
import math
import os
import random
import subprocess
import sys
import tempfile

VALUES = (-2, -1, -0.5, 0, 0.5, 1, 2, 3)
PAGE = 'size n, m\nvariable y, a, v[n], u[m]\n'


class Undefined(Exception):
    pass


class Expression:
    """Its text, and its value at a point (a dictionary)."""

    def __init__(self, text, value):
        self.text, self.value = text, value

    def __str__(self):
        return '(%s)' % self.text


def checked(good, value):
    if not good:
        raise Undefined
    return value


def operation(pattern, f):
    return lambda *args: Expression(pattern.format(*args), lambda at: f(*(a.value(at) for a in args)))


def quotient(a, b):
    return a / checked(abs(b) > 1e-9, b)


add, subtract, multiply = (operation(p, f) for p, f in (('{} + {}', lambda a, b: a + b), ('{} − {}', lambda a, b: a - b), ('{} {}', lambda a, b: a * b)))
divide, absolute = operation('{}/{}', quotient), operation('abs{}', abs)
FUNCTIONS = (operation('log{}', lambda a: math.log(checked(a > 1e-9, a))), operation('√{}', lambda a: math.sqrt(checked(a >= 0, a))), absolute,
             operation('tanh{}', math.tanh), operation('{}²', lambda a: a * a))
N, COUNT_LESS = Expression('n', lambda at: float(at['n'])), Expression('n − 1', lambda at: float(at['n'] - 1))
RANGES = (('1', 'n−1', lambda at: (1, at['n'] - 1)), ('0', 'n−1', lambda at: (0, at['n'] - 1)), ('0', 'm−2', lambda at: (0, at['m'] - 2)),
          ('1', 'n−1', lambda at: (1, at['n'] - 1)), ('2', 'n−1', lambda at: (2, at['n'] - 1)), ('0', 'n−2', lambda at: (0, at['n'] - 2)))


def name(text):
    return Expression(text, lambda at: at[text])


def number(k):
    return Expression(str(k), lambda at: float(k))


def entry(array, index):
    return Expression('%s[%s]' % (array, index), lambda at: at[array][at[index] if isinstance(index, str) else index])


def choice(c, a, b):
    return Expression('if %s > 0 then %s else %s' % (c, a, b), lambda at: a.value(at) if c.value(at) > 0 else b.value(at))


def reduction(sign, index, span, body):
    def value(at):
        lo, hi = span[2](at)
        total = 0.0 if sign == 'Σ' else 1.0
        for k in range(lo, hi + 1):
            term = body.value({**at, index: k})
            total = total + term if sign == 'Σ' else total * term
        return total
    return Expression('%s_{%s in %s..%s} %s' % (sign, index, span[0], span[1], body), value)


class Writer:
    def __init__(self, r):
        self.r, self.names, self.lines = r, [], []

    def leaf(self, bound):
        r = self.r
        kind = r.choice(['y', 'a', 'n', 'n − 1', 'number', 'v[0]'] + ['name'] * 3 * bool(self.names) + ['entry'] * 3 * bool(bound))
        if kind == 'entry':
            index = r.choice(bound)
            return entry('u' if index[0] == 'j' else 'v', index)
        return {'y': name('y'), 'a': name('a'), 'n': N, 'n − 1': COUNT_LESS, 'number': number(r.choice((1, 2, 3))), 'v[0]': entry('v', 0),
                'name': r.choice(self.names) if self.names else N}[kind]

    def expression(self, depth, bound):
        r = self.r
        if depth == 0 or r.random() < 0.2:
            return self.leaf(bound)
        kind, part = r.random(), lambda: self.expression(depth - 1, bound)
        if kind < 0.62:
            return r.choice((add, subtract, multiply, multiply, divide, divide))(part(), part())
        if kind < 0.7:
            return r.choice(FUNCTIONS)(part())
        if kind < 0.74:
            return choice(self.leaf(bound), part(), part())
        index, span = self.span(bound)
        return reduction('Σ' if r.random() < 0.85 else 'Π', index, span, self.expression(depth - 1, bound + [index]))

    def span(self, bound):
        span = self.r.choice(RANGES)
        return ('j' if span[1] == 'm−2' else 'i') + str(len(bound)), span

    def named(self, e):
        """A new name for it, mostly."""
        if self.r.random() < 0.35:
            return e
        text = 'z%d' % len(self.names)
        self.lines.append('%s = %s\n' % (text, e.text))
        self.names.append(Expression(text, e.value))
        return self.names[-1]

    def pair(self):
        """Two sides that are equal where no range is empty."""
        (index, span), r = self.span([]), self.r
        c, u, w, other = self.named(self.expression(2, [])), self.expression(2, [index]), self.expression(1, [index]), self.leaf([])
        count = Expression('%s − %s + 1' % (span[1], span[0]), lambda at: float(span[2](at)[1] - span[2](at)[0] + 1))

        def total(body):
            return reduction('Σ', index, span, body)

        def product(body):
            return reduction('Π', index, span, body)
        return r.choice((
            lambda: (total(add(u, w)), add(total(u), total(w))), lambda: (total(multiply(c, u)), multiply(c, total(u))),
            lambda: (total(c), multiply(count, c)), lambda: (total(divide(u, c)), divide(total(u), c)), lambda: (divide(c, c), number(1)),
            lambda: (divide(total(u), total(u)), number(1)), lambda: (total(divide(u, total(u))), number(1)),
            lambda: (product(absolute(u)), absolute(product(u))), lambda: (multiply(total(c), other), total(multiply(c, other))),
            lambda: (product(multiply(u, w)), multiply(product(u), product(w))), lambda: (total(subtract(u, u)), number(0)),
            lambda: (total(self.named(divide(c, count))), c), lambda: (total(self.named(divide(c, count))), c),
            lambda: (total(multiply(self.named(divide(c, total(u))), u)), c), lambda: (total(multiply(self.named(divide(c, total(u))), u)), c)))()

    def claim(self):
        a, b = self.pair()
        kind = self.r.random()
        if kind < 0.5:
            return a, b
        if kind < 0.8:
            c, f = self.expression(1, []), self.r.choice((add, multiply))
            return f(a, c), f(b, c)
        if kind < 0.9:
            c = self.leaf([])
            return choice(c, a, number(2)), choice(c, b, number(2))
        return subtract(b, a), number(0)


def points(r):
    for n in (1, 1, 1, 2, 3):
        for m in (1, 2, 3):
            for _ in range(10):
                yield {'n': n, 'm': m, 'y': r.choice(VALUES), 'a': r.choice(VALUES), 'v': [r.choice(VALUES) for _ in range(n)],
                       'u': [r.choice(VALUES) for _ in range(m)]}


def differs(a, b, at):
    try:
        x, y = a.value(at), b.value(at)
    except (Undefined, OverflowError):
        return False
    return abs(x - y) > 1e-6 * (1 + abs(x) + abs(y)) and abs(x) < 1e12


def check(deltac, lines, claims):
    text = PAGE + ''.join(lines) + ''.join('claim %s = %s\n' % (a.text, b.text) for a, b in claims)
    with tempfile.NamedTemporaryFile('w', suffix='.delta', delete=False) as f:
        f.write(text)
    ran = subprocess.run([deltac, 'check', '--json', '--no-cache', '--hints', 'none', f.name], capture_output=True, text=True,
                         env={**os.environ, 'DELTAC_BREAK': 'no refuter'})
    os.unlink(f.name)
    if not ran.stdout:
        raise SystemExit('not ok a page that is not read\n' + text + ran.stderr)
    return json.loads(ran.stdout)['files'][0]['claims']


def main():
    deltac, count, seed = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 300, int(sys.argv[3]) if len(sys.argv) > 3 else 1
    r = random.Random(seed)
    seen = proved = bare = bad = 0
    while seen < count:
        writer = Writer(r)
        for _ in range(r.randrange(4)):
            writer.named(writer.expression(2, []))
        claims = [writer.claim() for _ in range(12)]
        at = list(points(r))
        for (a, b), verdict in zip(claims, check(deltac, writer.lines, claims)):
            seen += 1
            condition = verdict.get('condition') or ''
            if verdict['verdict'] != 'proved':
                continue
            proved += 1
            bare += not condition
            for p in at:
                if (not condition or (condition == 'where n ≠ 1' and p['n'] > 1)) and differs(a, b, p):
                    bad += 1
                    print('not ok %s = %s (%s) at %s\n%s' % (a.text, b.text, condition, p, ''.join(writer.lines)))
                    break
    good = not bad and proved >= 0.6 * seen and bare >= 0.2 * seen
    print('%s ranges that may be empty: %d claims, %d proved, %d without a condition, %d wrong' % ('ok' if good else 'not ok', seen, proved, bare, bad))
    return not good


if __name__ == '__main__':
    sys.exit(main())
