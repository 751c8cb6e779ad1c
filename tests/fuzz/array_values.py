"""Values at one point for arrays.py, from the trees of tests/second/reader.py: what is undefined there, and derivatives of dual numbers. A name has a value where all
its entries have."""
import math

from second.reader import Unknown


class Undefined(Exception):
    pass


class Skipped(Exception):
    """A point that says nothing: a kink, numbers too large or too small for doubles."""


class Dual:
    def __init__(self, value, slope, tag):
        self.value, self.slope, self.tag = value, slope, tag


def plain(a):
    while isinstance(a, Dual):
        a = a.value
    return a


def tag_of(*values):
    return max(v.tag if isinstance(v, Dual) else 0 for v in values)


def parts(a, tag):
    return (a.value, a.slope) if isinstance(a, Dual) and a.tag == tag else (a, 0.0)


def settled(v, scale):
    if abs(v) < 1e-11 * scale:
        return 0.0
    if not abs(v) < 1e8 or 0 < abs(v) < 1e-9:
        raise Skipped
    return v


def add(a, b, sign=1):
    tag = tag_of(a, b)
    if tag:
        (p, dp), (q, dq) = parts(a, tag), parts(b, tag)
        return Dual(add(p, q, sign), add(dp, dq, sign), tag)
    return settled(a + sign * b, abs(a) + abs(b))


def multiply(a, b):
    tag = tag_of(a, b)
    if tag:
        (p, dp), (q, dq) = parts(a, tag), parts(b, tag)
        return Dual(multiply(p, q), add(multiply(dp, q), multiply(p, dq)), tag)
    return settled(a * b, 0)


def divide(a, b):
    if plain(b) == 0:
        raise Undefined
    tag = tag_of(a, b)
    if tag:
        (p, dp), (q, dq) = parts(a, tag), parts(b, tag)
        v = divide(p, q)
        return Dual(v, divide(add(dp, multiply(v, dq), -1), q), tag)
    return settled(a / b, 0)


VALUE = {'log': lambda u: settled(math.log(u), 1e-3), 'sqrt': math.sqrt, 'abs': abs, 'exp': math.exp, 'relu': lambda u: max(u, 0.0),
         'sign': lambda u: float((u > 0) - (u < 0))}
SLOPE = {'log': lambda u, f: divide(1.0, u), 'sqrt': lambda u, f: divide(0.5, f), 'exp': lambda u, f: f, 'abs': lambda u, f: math.copysign(1.0, plain(u)),
         'relu': lambda u, f: float(plain(u) > 0), 'sign': lambda u, f: 0.0}


def call(name, a):
    u, tag = plain(a), tag_of(a)
    if (name == 'log' and u <= 0) or (name == 'sqrt' and u < 0):
        raise Undefined
    if (name == 'exp' and abs(u) > 18) or (tag and u == 0 and name in ('sqrt', 'abs', 'relu', 'sign')):
        raise Skipped
    if not tag:
        return VALUE[name](u)
    p, dp = parts(a, tag)
    f = call(name, p)
    return Dual(f, multiply(SLOPE[name](p, f), dp), tag)


def power(a, k):
    if k < 0:
        return divide(1.0, power(a, -k))
    out = 1.0
    for _ in range(k):
        out = multiply(out, a)
    return out


def extreme(word, values):
    if not values:
        raise Undefined
    best = (max if word == 'max' else min)(map(plain, values))
    near = [v for v in values if abs(plain(v) - best) < 1e-12 * (1 + abs(best))]
    if len(near) > 1 and any(isinstance(v, Dual) for v in values):
        raise Skipped
    return near[0]


TESTS = {'<': lambda a, b: a < b, '>': lambda a, b: a > b, '<=': lambda a, b: a <= b, '>=': lambda a, b: a >= b, '==': lambda a, b: a == b, '!=': lambda a, b: a != b}


class Values:
    """At one point: `definitions` has the trees of scalars by name, of vectors as pairs (of the first entry or None, of the others in i)."""

    def __init__(self, definitions, at, n):
        self.definitions, self.at, self.n, self.over, self.tag, self.whole = definitions, at, n, {}, 0, []

    def evaluate(self, e, scope):
        do = getattr(self, 'do_' + {'·': 'times', '/': 'over'}.get(e[0], e[0]), None)
        if not do:
            raise Unknown(e[0])
        return do(e, scope)

    def integer(self, e, scope):
        return int(plain(self.evaluate(e, scope)))

    def do_number(self, e, scope):
        return float(e[1])

    def do_group(self, e, scope):
        return self.evaluate(e[1], scope)

    do_truth = do_group

    def do_name(self, e, scope):
        for known in (scope, self.over, {'n': self.n}, self.at):
            if e[1] in known:
                v = known[e[1]]
                return v if isinstance(v, Dual) else float(v)
        return self.evaluate(self.definitions[e[1]], {})

    def do_neg(self, e, scope):
        return multiply(-1.0, self.evaluate(e[1], scope))

    def do_add(self, e, scope):
        return add(self.evaluate(e[1], scope), self.evaluate(e[2], scope))

    def do_times(self, e, scope):
        return multiply(self.evaluate(e[1], scope), self.evaluate(e[2], scope))

    def do_over(self, e, scope):
        return divide(self.evaluate(e[1], scope), self.evaluate(e[2], scope))

    def do_power(self, e, scope):
        return power(self.evaluate(e[1], scope), self.integer(e[2], scope))

    def do_compare(self, e, scope):
        p, q = self.evaluate(e[2], scope), self.evaluate(e[3], scope)
        a, b = plain(p), plain(q)
        if (a != b and abs(a - b) < 1e-9 * (abs(a) + abs(b))) or (a == b and tag_of(p, q)):
            raise Skipped
        return float(TESTS[e[1]](a, b))

    def do_if(self, e, scope):
        return self.evaluate(e[2] if plain(self.evaluate(e[1], scope)) else e[3], scope)

    def do_entry(self, e, scope):
        name, at = e[1][1], tuple(self.integer(i, scope) for i in e[2])
        if not all(0 <= k < self.n for k in at):
            raise Skipped
        if (name,) + at in self.over:
            return self.over[(name,) + at]
        if name in self.at:
            v = self.at[name]
            for k in at:
                v = v[k]
            return v
        first, step = self.definitions[name]

        def entry(k):
            return self.evaluate(first, {}) if first and k == 0 else self.evaluate(step, {'i': k})
        if name not in self.whole:
            self.whole.append(name)
            try:
                for k in range(self.n):
                    entry(k)
            finally:
                self.whole.remove(name)
        return entry(at[0])

    def do_reduce(self, e, scope):
        ends = (0, self.n - 1) if e[3] is None else (self.integer(e[3], scope), self.integer(e[4], scope))
        values = [self.evaluate(e[5], {**scope, e[2]: k}) for k in range(ends[0], ends[1] + 1)]
        if e[1] in ('max', 'min'):
            return extreme(e[1], values)
        out = 0.0 if e[1] == 'sum' else 1.0
        for v in values:
            out = add(out, v) if e[1] == 'sum' else multiply(out, v)
        return out

    def do_call(self, e, scope):
        values = [self.evaluate(a, scope) for a in e[3]]
        return extreme(e[1], values) if e[1] in ('max', 'min') else call(e[1], values[0])

    def do_hold(self, e, scope):
        before, self.over = self.over, {**self.over, **{name: self.evaluate(value, scope) for name, value in e[2]}}
        try:
            return self.evaluate(e[1], scope)
        finally:
            self.over = before

    def do_derivative(self, e, scope):
        by = e[2]
        key = by[1] if by[0] == 'name' else (by[1][1],) + tuple(self.integer(i, scope) for i in by[2])
        before, self.tag = self.over, self.tag + 1
        tag = self.tag
        try:
            self.over = {**before, key: Dual(self.evaluate(by, scope), 1.0, tag)}
            v = self.evaluate(e[1], scope)
        finally:
            self.over, self.tag = before, tag - 1
        return parts(v, tag)[1]


def value_or_none(values, e, scope):
    try:
        return plain(values.evaluate(e, scope))
    except Undefined:
        return None
