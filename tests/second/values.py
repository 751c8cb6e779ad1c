"""The page's values at a point. Derivatives are differences with one entry moved; nothing here knows a rule of differentiation."""
import itertools
import re

import mpmath
import numpy as np
from mpmath import mpf

from second.numbers import SCALAR, ZERO, Row, add, divide, each, flat, is_array, one, real, times, total
from second.reader import Undefined, Unknown, mentions, names_in, split_top

STEP = mpf('1e-30')


class Values:
    """The page's values at a point, with entries moved and names held."""

    def __init__(self, point, moved=(), held=None, sample=0, drawn=None):
        self.point, self.page, self.moved, self.held, self.sample, self.drawn, self.memo = point, point.page, moved, held or {}, sample, drawn or {}, {}

    def changed(self, moved=None, held=None, sample=None, drawn=None):
        return Values(self.point, self.moved if moved is None else moved, self.held if held is None else held, self.sample if sample is None else sample,
                      self.drawn if drawn is None else drawn)

    def with_move(self, move):
        return self.changed(moved=self.moved + (move,))

    nodes = (40, 24, 12)  # of a quadrature over one, two, three entries of noise

    SAMPLED = ('input', 'target', 'noise')

    def shape(self, name):
        return tuple(int(self.evaluate(self.page.read(a), {})) for a in self.page.axes[name])

    def add_moves(self, name, value, at=()):
        for n, where, h, sample in self.moved:
            if n != name or where[:len(at)] != at or (sample is not None and sample != self.sample and self.depends_on_sample(name)):
                continue
            rest = where[len(at):]
            if rest:
                value = value.copy()
                value[rest] = value[rest] + h
            else:
                value = value + h
        return value

    def depends_on_sample(self, name):
        if self.page.kind.get(name) in self.SAMPLED:
            return True
        return self.page.kind.get(name) == 'defined'

    def name(self, name, scope):
        if name in scope:
            return scope[name]
        if name in self.held:
            return self.held[name]
        kind = self.page.kind.get(name)
        if kind == 'size':
            return mpf(self.point.size_of(name))
        if name in ('π', 'pi') and kind is None:
            return +mpmath.pi
        if name == 'e' and kind is None:
            return +mpmath.e
        if kind is None:
            raise Unknown('name ' + name)
        if name not in self.memo:
            self.memo[name] = None
            if kind == 'defined':
                value = self.definition(name)
            else:
                sample = self.sample if kind in self.SAMPLED else None
                drawn = self.drawn[name] if name in self.drawn else self.point.leaf(name, self.shape(name), sample)
                value = self.add_moves(name, drawn)
            self.memo[name] = value
        if self.memo[name] is None:
            raise Unknown('circle at ' + name)
        return self.memo[name]

    def equations(self, name):
        return self.page.defined[name]

    def definition(self, name):
        equations = self.equations(name)
        if len(equations) == 1 and equations[0][0] is None:
            return self.add_moves(name, self.evaluate(self.page.read(equations[0][1]), {}))
        shape = self.defined_shape(name)
        out = np.empty(shape, dtype=object)
        for at in np.ndindex(shape):
            out[at] = self.entry(name, at)
        return out

    def index_items(self, at):
        """The left side's index list: name, or name in lo..hi, or an expression."""
        items = []
        for part in split_top(at):
            m = re.match(r'(\w+) in (.+?)\.\.(.+)$', part)
            if m:
                items.append(('range', m[1], m[2], m[3]))
            elif re.fullmatch(r'[A-Za-z]\w*', part) and part not in self.page.kind:
                items.append(('free', part))
            else:
                items.append(('at', part))
        return items

    def integer(self, text, scope=None):
        return int(self.evaluate(self.page.read(text, scope or ()), scope or {}))

    def defined_shape(self, name):
        """By the axes in which the left side's indices stand alone on the right."""
        best = None
        for at, right in self.equations(name):
            items, shape = self.index_items(at), []
            if any(i[0] == 'at' for i in items):
                continue
            for item in items:
                if item[0] == 'range':
                    shape.append(None)
                    continue
                shape.append(self.axis_of(item[1], right, name))
            best = shape
        if best is None or None in best:
            tops = [[] for _ in range(len(self.index_items(self.equations(name)[0][0])))]
            for at, right in self.equations(name):
                for k, item in enumerate(self.index_items(at)):
                    tops[k].append(self.integer(item[3]) if item[0] == 'range' else self.integer(item[1]) if item[0] == 'at' else (self.axis_of(item[1], right, name) or self.cannot('axis of %s in %s' % (item[1], right))) - 1)
            best = [max(t) + 1 for t in tops]
        tail = self.tail_shape(name)
        return tuple(best) + tail

    def tail_shape(self, name):
        for at, right in self.equations(name):
            items = self.index_items(at)
            if any(i[0] == 'free' for i in items) or any(i[0] == 'range' for i in items):
                scope = {}
                for i in items:
                    if i[0] == 'range':
                        scope[i[1]] = self.integer(i[2])
                    elif i[0] == 'free':
                        scope[i[1]] = 0
                value = self.evaluate(self.page.read(right, scope), scope)
                return value.shape if is_array(value) else ()
        raise Unknown('shape of ' + name)

    def axis_of(self, index, text, name):
        """The size of the axis in which `index` stands alone, or with an offset: the largest range that stays inside."""
        best = None
        for m in re.finditer(r'([A-Za-zα-ωℓ]+[0-9]*)\[', text):
            depth, k = 1, m.end()
            while k < len(text) and depth:
                depth += {'[': 1, ']': -1}.get(text[k], 0)
                k += 1
            parts = split_top(text[m.end():k - 1])
            if m[1] == name or m[1] not in self.page.kind:
                continue
            for axis, part in enumerate(parts):
                if not re.search(r'(?<![A-Za-z_])%s\b' % index, part):
                    continue
                shape = self.shape(m[1]) if m[1] in self.page.axes else self.known_shape(m[1])
                if part.strip() == index:
                    return shape[axis]
                a = re.fullmatch(r'(\d*)%s(?:\+(\d+))?' % index, part.strip().replace(' ', ''))
                if a and best is None:
                    best = (shape[axis] - 1 - int(a[2] or 0)) // int(a[1] or 1) + 1
                b = re.fullmatch(r'%s\+(\w+)' % index, part.strip().replace(' ', ''))
                if b and not b[1].isdigit():
                    other = self.axis_of(b[1], text, name)
                    if other:
                        best = shape[axis] - other + 1
        return best

    def known_shape(self, name):
        if name in self.page.defined and self.equations(name)[0][0] is not None:
            return self.defined_shape(name)
        v = self.name(name, {})
        return v.shape if is_array(v) else ()

    def entry(self, name, at):
        key = (name, at)
        if key in self.memo:
            if self.memo[key] is None:
                raise Unknown('circle at ' + name)
            return self.memo[key]
        self.memo[key] = None
        for left, right in self.equations(name):
            if left is None:
                continue
            items, scope, fits = self.index_items(left), {}, True
            if len(items) > len(at):
                raise Unknown('too few indices')
            for item, k in zip(items, at):
                if item[0] == 'at':
                    fits = fits and self.integer(item[1]) == k
                elif item[0] == 'range':
                    fits = fits and self.integer(item[2]) <= k <= self.integer(item[3])
                    scope[item[1]] = k
                else:
                    fits = fits and (k >= 0 or len(self.equations(name)) == 1)
                    exact = [e for e in self.equations(name) if e[0] is not None and e[0] != left]
                    for other, _ in exact:
                        o = self.index_items(other)
                        if all((i[0] == 'at' and self.integer(i[1]) == j) or (i[0] == 'range' and self.integer(i[2]) <= j <= self.integer(i[3])) for i, j in zip(o, at)):
                            fits = False
                    scope[item[1]] = k
            if fits:
                value = self.evaluate(self.page.read(right, scope), scope)
                if items[0][0] == 'at' and right.strip() == '0' and len(self.equations(name)) > 1 and any(k < 0 for k in at):
                    value = ZERO if len(at) == len(items) else mpf(0)
                    self.memo[key] = value
                    return value
                value = self.add_moves(name, value, tuple(at[:len(items)]))
                rest = tuple(at[len(items):])
                if rest and not is_array(value):
                    value = np.full((64,) * len(rest), value, dtype=object)
                self.memo[key] = value[rest] if rest else value
                return self.memo[key]
        raise Unknown('no equation for %s%s' % (name, list(at)))

    # --- expressions ---
    def evaluate(self, e, scope):
        return getattr(self, 'do_' + NAMES.get(e[0], e[0]))(e, scope)

    def do_number(self, e, scope):
        return mpf(e[1])

    def do_fraction(self, e, scope):
        return mpf(e[1][0]) / e[1][1]

    def do_group(self, e, scope):
        return self.evaluate(e[1], scope)

    def do_name(self, e, scope):
        return self.name(e[1], scope)

    def do_neg(self, e, scope):
        return each(lambda u: -u, self.evaluate(e[1], scope))

    def do_add(self, e, scope):
        return add(self.evaluate(e[1], scope), self.evaluate(e[2], scope))

    def do_times(self, e, scope):
        return times(self.evaluate(e[1], scope), self.evaluate(e[2], scope))

    def do_entrywise(self, e, scope):
        return each(lambda a, b: a * b, self.evaluate(e[1], scope), self.evaluate(e[2], scope))

    def do_over(self, e, scope):
        a, b = self.evaluate(e[1], scope), self.evaluate(e[2], scope)
        if is_array(b) and e[0] == '/' and not (is_array(a) and a.shape == b.shape):
            raise Unknown('division by an array')
        return each(divide, a, b)

    def do_transpose(self, e, scope):
        v = self.evaluate(e[1], scope)
        if isinstance(v, Row):
            return v.a
        if v is ZERO or not is_array(v):
            return v
        return Row(v) if v.ndim == 1 else v.T.copy() if v.ndim == 2 else self.cannot('transpose')

    def cannot(self, why):
        raise Unknown(why)

    full = 0

    def do_power(self, e, scope):
        u = self.evaluate(e[1], scope)
        r = e[2]
        while r[0] == 'group':
            r = r[1]
        v = self.evaluate(r, scope)
        if is_array(u) and u.ndim > 1 and not self.full:
            raise Unknown('power of a matrix')
        whole = all(n in scope or self.page.kind.get(n) == 'size' for n in names_in(r))
        return each(lambda a, b: self.power(a, b, whole), u, v)

    def power(self, u, r, whole):
        """An exponent with real names in it needs a positive base, whatever its value is here."""
        if whole and r == mpmath.floor(r) and abs(r) < 100000:
            if u == 0 and r < 0:
                raise Undefined()
            return u ** int(r)
        if u <= 0:
            raise Undefined()
        return real(mpmath.power(u, r))

    def do_compare(self, e, scope):
        a, b = self.evaluate(e[2], scope), self.evaluate(e[3], scope)
        tests = {'<': lambda x, y: x < y, '>': lambda x, y: x > y, '<=': lambda x, y: x <= y, '>=': lambda x, y: x >= y, '==': lambda x, y: x == y, '!=': lambda x, y: x != y}
        return each(lambda x, y: one if tests[e[1]](x, y) else mpf(0), a, b)

    def do_truth(self, e, scope):
        return self.evaluate(e[1], scope)

    def do_and(self, e, scope):
        return each(min, self.evaluate(e[1], scope), self.evaluate(e[2], scope))

    def do_or(self, e, scope):
        return each(max, self.evaluate(e[1], scope), self.evaluate(e[2], scope))

    def do_if(self, e, scope):
        c = self.evaluate(e[1], scope)
        if is_array(c):
            return each(lambda k, a, b: a if k else b, c, self.evaluate(e[2], scope), self.evaluate(e[3], scope))
        return self.evaluate(e[2] if c else e[3], scope)

    def do_list(self, e, scope):
        out = np.empty(len(e[1]), dtype=object)
        for i, x in enumerate(e[1]):
            out[i] = self.evaluate(x, scope)
            if is_array(out[i]):
                raise Unknown('list of arrays')
        return out

    def do_stack(self, e, scope):
        return np.concatenate([np.atleast_1d(np.array(self.evaluate(x, scope), dtype=object)) for x in e[1]])

    def do_entry(self, e, scope):
        at = tuple(int(self.evaluate(i, scope)) for i in e[2])
        if e[1][0] == 'name' and e[1][1] not in scope and e[1][1] not in self.held:
            name = e[1][1]
            equations = self.page.defined.get(name)
            if equations and equations[0][0] is not None:
                items = self.index_items(equations[0][0])
                if len(at) >= len(items):
                    v = self.entry(name, at[:len(items)])
                    rest = at[len(items):]
                    return v[rest] if rest and is_array(v) else v
        v = self.evaluate(e[1], scope)
        if not is_array(v) or len(at) > v.ndim:
            raise Unknown('index of a scalar')
        if any(k < 0 or k >= n for k, n in zip(at, v.shape)):
            if e[1][0] == 'name' and self.page.pad.get(e[1][1]):
                return mpf(0)
            raise Unknown('index outside')
        return v[at]

    def do_all(self, e, scope):
        self.full += 1
        try:
            v = self.evaluate(e[2], scope)
        finally:
            self.full -= 1
        return total(e[1], flat(v))

    def range_of(self, e, scope):
        if e[3] is not None:
            return range(int(self.evaluate(e[3], scope)), int(self.evaluate(e[4], scope)) + 1)
        n = self.size_by_use(e[2], e[5], scope)
        if n is None:
            raise Unknown('range of ' + e[2])
        return range(n)

    def size_by_use(self, index, e, scope):
        """The axis in which an index stands alone, anywhere in a tree."""
        found, loose = [], []

        def walk(x):
            if isinstance(x, tuple):
                if x and x[0] == 'entry':
                    for k, i in enumerate(x[2]):
                        if i == ('name', index):
                            found.append((x[1], k))
                        elif mentions(i, index):
                            loose.append((x[1], k, i))
                for y in x:
                    walk(y)
            elif isinstance(x, list):
                for y in x:
                    walk(y)
        walk(e)
        for base, k in found:
            shape = self.shape_of(base, scope)
            if shape and k < len(shape):
                return shape[k]
        for base, k, i in loose:
            shape = self.shape_of(base, scope)
            n = shape[k] if shape and k < len(shape) else None
            while n:
                try:
                    if max(int(self.evaluate(i, {**dict.fromkeys(names_in(i) - set(self.page.kind), 0), **scope, index: j})) for j in range(n)) < shape[k]:
                        break
                except Unknown:
                    break
                n -= 1
            if n:
                return n
        return None

    def shape_of(self, base, scope):
        if base[0] == 'name':
            name = base[1]
            if name in self.page.axes:
                return self.shape(name)
            return self.known_shape(name) if name in self.page.defined else None
        names = {n: 0 for n in names_in(base) if n not in self.page.kind and n not in scope}
        try:
            v = self.evaluate(base, {**names, **scope})
        except Unknown:
            return None
        return v.shape if is_array(v) else None

    def do_reduce(self, e, scope):
        values = [self.evaluate(e[5], {**scope, e[2]: k}) for k in self.range_of(e, scope)]
        return total(e[1], values)

    def do_call(self, e, scope):
        name, primes = e[1], e[2]
        if name in self.page.body:
            parameters, text = self.page.body[name]
            body = self.page.read(text, set(parameters))
            values = [self.evaluate(a, scope) for a in e[3]]

            def at(*v):
                return self.evaluate(body, dict(zip(parameters, v)))
            return each(lambda u: differences(at, u, primes), values[0]) if primes else each(at, *values)
        if self.page.kind.get(name) == 'function':
            f = self.point.function(name)
            return each(lambda u: f(u, primes), self.evaluate(e[3][0], scope))
        if name in ('mean_batch', 'sum_batch', 'max_batch'):
            values = [self.changed(sample=s).evaluate(e[3][0], scope) for s in range(self.point.samples)]
            return total(name.partition('_')[0], values)
        self.full += name in ('sum', 'mean', 'prod') and len(e[3]) == 1
        try:
            values = [self.evaluate(a, scope) for a in e[3]]
        finally:
            self.full -= name in ('sum', 'mean', 'prod') and len(e[3]) == 1
        if primes:
            return each(lambda u: differences(lambda v: self.builtin(name, [v]), u, primes), values[0])
        return self.builtin(name, values)

    def builtin(self, name, v):
        u = v[0]
        if len(v) == 1 and name in ('mean', 'sum', 'prod', 'max', 'min'):
            return total(name, flat(u))
        if name in ('argmax', 'argmin'):
            if not is_array(u) or u.ndim != 1 or self.moved:
                raise Unknown(name)
            return mpf(flat(u).index((max if name == 'argmax' else min)(flat(u))))  # the first of equals
        if name == 'norm':
            return mpmath.sqrt(sum((x * x for x in flat(u)), mpf(0)))
        if name == 'trace':
            return sum((u[i, i] for i in range(min(u.shape))), mpf(0)) if is_array(u) and u.ndim == 2 and u.shape[0] == u.shape[1] else self.cannot('trace')
        if name in ('det', 'inv'):
            return self.square(name, u)
        if name == 'diag':
            out = np.empty((len(u), len(u)), dtype=object)
            for at in np.ndindex(out.shape):
                out[at] = u[at[0]] if at[0] == at[1] else mpf(0)
            return out
        if name in ('softmax', 'log_softmax', 'logsumexp'):
            if not is_array(u) or u.ndim != 1:
                raise Unknown('softmax of a matrix')
            whole = sum((mpmath.exp(x) for x in flat(u)), mpf(0))
            if name == 'logsumexp':
                return mpmath.log(whole)
            return each(lambda x: mpmath.exp(x) / whole if name == 'softmax' else x - mpmath.log(whole), u)
        if name in ('max', 'min'):
            return each(max if name == 'max' else min, *v)
        if name == 'clip':
            return each(lambda x, lo, hi: max(lo, min(hi, x)), *v)
        if name == 'hypot':
            return each(lambda a, b: mpmath.sqrt(a * a + b * b), *v)
        if name == 'elu':
            return each(lambda x, a: x if x > 0 else a * (mpmath.exp(x) - 1), u, v[1] if len(v) > 1 else one)
        if name == 'leaky_relu':
            return each(lambda x, a: x if x > 0 else a * x, u, v[1] if len(v) > 1 else mpf('0.01'))
        if name == 'pow':
            return each(lambda a, b: self.power(a, b, False), *v)
        if name in SCALAR and len(v) == 1:
            return each(SCALAR[name], u)
        raise Unknown('function ' + name)

    def square(self, name, u):
        if not is_array(u) or u.ndim != 2 or u.shape[0] != u.shape[1]:
            self.cannot(name)
        m = mpmath.matrix(u.tolist())
        size = mpmath.det(m)
        if name == 'det':
            return size
        if abs(size) < mpf(10) ** (-mpmath.mp.dps // 2):
            raise Undefined()
        return np.array((m ** -1).tolist(), dtype=object)

    def do_hold(self, e, scope):
        held = dict(self.held)
        inner = e[1]
        puts = [(n, x) for n, x in e[2] if x is not None]
        if puts:
            raise Unknown('a value put in')
        if inner[0] == 'derivative' and any(n in names_in(inner[1]) for n, _ in e[2]):
            raise Unknown('what is differentiated is held')  # only its other entries would be
        for n, _ in e[2]:
            held[n] = self.name(n, scope)
        return self.changed(held=held).evaluate(inner, scope)

    def do_expect(self, e, scope):
        """The mean over the declared noise below the expression: by quadrature, exact for polynomials, to ten digits for exponentials of small arguments."""
        names = sorted(n for n in reach(self.page, names_in(e[1])) if self.page.kind.get(n) == 'noise' and n not in self.drawn)
        shapes = [self.shape(n) for n in names]
        counts = [int(np.prod(s, dtype=int)) for s in shapes]
        dimensions = sum(counts)
        points = self.nodes[max(dimensions - 1, 0)] if dimensions <= 3 else self.cannot('noise of %d entries' % dimensions)
        rules = [quadrature(self.page.noise[n], points) for n, count in zip(names, counts) for _ in range(count)]
        out = None
        for nodes in itertools.product(*rules):
            weight, at, drawn = one, iter(x for x, _ in nodes), {}
            for _, w in nodes:
                weight *= w
            for n, s in zip(names, shapes):
                if s:
                    drawn[n] = np.empty(s, dtype=object)
                    for k in np.ndindex(s):
                        drawn[n][k] = next(at)
                else:
                    drawn[n] = next(at)
            value = each(lambda u: u * weight, self.changed(drawn={**self.drawn, **drawn}).evaluate(e[1], scope))
            out = value if out is None else add(out, value)
        return out

    def do_derivative(self, e, scope):
        """Differences with one entry of the variable moved both ways."""
        body, v = e[1], e[2]
        name = v[1] if v[0] == 'name' else v[1][1]
        if name in scope or self.page.kind.get(name) in (None, 'size', 'function') or self.page.integer.get(name):
            raise Unknown('derivative by ' + name)
        if v[0] == 'entry':
            at = tuple(int(self.evaluate(i, scope)) for i in v[2])
            shape = self.shape_by(name)
            if any(k < 0 or k >= n for k, n in zip(at, shape)):
                raise Unknown('derivative outside')
            places, out_shape = [at + r for r in np.ndindex(shape[len(at):])], shape[len(at):]
        else:
            shape = self.shape_by(name)
            places, out_shape = list(np.ndindex(shape)), shape
        values = [self.difference(body, name, at, scope) for at in places]
        first = values[0]
        if isinstance(first, Row):
            raise Unknown('derivative of a row')
        inner = first.shape if is_array(first) else ()
        if not out_shape:
            return first
        out = np.empty(inner + tuple(out_shape), dtype=object)
        for at, value in zip(np.ndindex(tuple(out_shape)), values):
            out[(Ellipsis,) + at if inner else at] = value
        return out

    def shape_by(self, name):
        if name in self.page.axes and self.page.kind[name] != 'defined':
            return self.shape(name)
        return tuple(self.known_shape(name))

    def difference(self, body, name, at, scope):
        sample = self.sample if self.depends_on_sample(name) else None
        up = self.with_move((name, at, STEP, sample)).evaluate(body, scope)
        down = self.with_move((name, at, -STEP, sample)).evaluate(body, scope)
        return each(lambda a, b: (a - b) / (2 * STEP), up, down)


def quadrature(law, points):
    """Nodes and weights for the law of one entry of noise."""
    m = re.fullmatch(r'(\w+)\(([^,]+)(?:,([^,]+))?\)', law)
    a, b = (mpf(t) if t else None for t in m.groups()[1:]) if m else (None, None)
    if m and m[1] == 'normal':
        x, w = np.polynomial.hermite_e.hermegauss(points)
        return [(a + b * mpf(u), mpf(v) / mpf(sum(w))) for u, v in zip(x, w)]
    if m and m[1] == 'uniform':
        x, w = np.polynomial.legendre.leggauss(points)
        return [(a + (b - a) * (1 + mpf(u)) / 2, mpf(v) / 2) for u, v in zip(x, w)]
    if m and m[1] == 'bernoulli':
        return [(mpf(0), 1 - a), (one, a)]
    raise Unknown('law ' + law)


def differences(f, u, k):
    return f(u) if k == 0 else (differences(f, u + STEP, k - 1) - differences(f, u - STEP, k - 1)) / (2 * STEP)


def reach(page, names):
    seen, todo = set(), list(names)
    while todo:
        n = todo.pop()
        if n in seen:
            continue
        seen.add(n)
        for _, right in page.defined.get(n, []):
            todo += re.findall(r'[A-Za-zα-ωℓ]+[0-9]*', right)
    return seen


NAMES = {'·': 'times', '⊙': 'entrywise', '/': 'over', '⊘': 'over'}
