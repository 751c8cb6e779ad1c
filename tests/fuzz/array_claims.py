"""Pages for arrays.py, and claims whose sides are equal where both are defined: each right side is the left one, rewritten."""
import re

HEAD = ['size n', 'variable x, y, a, u[n], v[n], A[n,n]']
SCALARS, INDICES = ['x', 'y', 'a'], 'ijkpq'
OPPOSITE = {'>': '<=', '<': '>=', '>=': '<', '<=': '>', '==': '!=', '!=': '=='}
REDUCED = {'sum': 'Σ_{%s in %s..%s} %s', 'prod': 'Π_{%s in %s..%s} %s', 'max': 'max_{%s in %s..%s} %s', 'min': 'min_{%s in %s..%s} %s'}

# --- trees: ('atom', text), ('entry', name, [subscripts]), ('+' '-' '*' '/', a, b), ('call', name, a, …), ('power', a, exponent), ('if', (word, a, b), c, d),
# ('truth', (word, a, b)), (reduction, index, from, to, body), ('slope', body, name), ('put', body, name, value) ---
ZERO, ONE = ('atom', '0'), ('atom', '1')


def inner(a):
    t = text(a)
    return t if a[0] in ('atom', 'entry') and not t.startswith('-') else '(%s)' % t


def text(a):
    kind = a[0]
    if kind == 'atom':
        return a[1] if not a[1].startswith('-') else '(%s)' % a[1]
    if kind == 'entry':
        return '%s[%s]' % (a[1], ', '.join(a[2]))
    if kind in '+-*/':
        return '%s %s %s' % (inner(a[1]), {'-': '−', '*': '·'}.get(kind, kind), inner(a[2]))
    if kind == 'call':
        return '%s(%s)' % (a[1], ', '.join(map(text, a[2:])))
    if kind == 'power':
        return '%s^%s' % (inner(a[1]), a[2])
    if kind == 'if':
        return 'if %s %s %s then %s else %s' % (inner(a[1][1]), a[1][0], inner(a[1][2]), inner(a[2]), inner(a[3]))
    if kind == 'truth':
        return '[%s %s %s]' % (inner(a[1][1]), a[1][0], inner(a[1][2]))
    if kind in REDUCED:
        return REDUCED[kind] % (a[1], a[2], a[3], inner(a[4]))
    if kind == 'slope':
        return '∂(%s)/∂%s' % (text(a[1]), a[2])
    return '(%s |_{%s = %s})' % (text(a[1]) if a[1][0] == 'slope' else inner(a[1]), a[2], text(a[3]))


def children(a):
    """The places of the operands that may be rewritten."""
    kind = a[0]
    if kind in ('atom', 'entry', 'truth'):
        return []
    if kind in '+-*/':
        return [1, 2]
    if kind == 'call':
        return range(2, len(a))
    if kind in REDUCED:
        return [4]
    return {'power': [1], 'if': [2, 3], 'slope': [1], 'put': [1, 3]}[kind]


def nodes(a):
    return 1 + sum(nodes(a[k]) for k in children(a))


def uses(a, index):
    return re.search(r'\b%s\b' % index, text(a) if isinstance(a, tuple) else a) is not None


def put_index(a, index, value):
    def into(t):
        return re.sub(r'\b%s\b' % index, value if re.fullmatch(r'\w+', value) else '(%s)' % value, t)
    kind = a[0]
    if kind == 'atom':
        return ('atom', into(a[1]))
    if kind == 'entry':
        return ('entry', a[1], [into(t) for t in a[2]])
    b = list(a)
    for k in children(a):
        b[k] = put_index(a[k], index, value) if not (kind in REDUCED and a[1] == index) else a[k]
    if kind in ('truth', 'if'):
        b[1] = (a[1][0], put_index(a[1][1], index, value), put_index(a[1][2], index, value))
    if kind in REDUCED:
        b[2], b[3] = into(a[2]), into(a[3])
    if kind == 'slope':
        b[2] = into(a[2])
    return tuple(b)


class Writer:
    """A page, and claims about its names. `scope` lists the indices at hand with their ranges."""

    def __init__(self, r):
        self.random, self.scalar, self.vector, self.lines = r, {}, {}, list(HEAD)
        for k in range(r.choice([2, 3, 4])):
            self.define(k)

    def define(self, k):
        r, kind = self.random, self.random.random()
        if kind < 0.5:
            e = self.expression(r.choice([1, 2]), [], r.random() < 0.3)
            self.lines.append('s%d = %s' % (k, text(e)))
            self.scalar['s%d' % k] = e
        elif kind < 0.8:
            e = self.expression(r.choice([1, 2]), [('i', '0', 'n-1')], False)
            self.lines.append('p%d[i in 0..n-1] = %s' % (k, text(e)))
            self.vector['p%d' % k] = (None, e)
        else:
            name, first, e = 'r%d' % k, self.expression(1, [], False), self.expression(1, [('i', '1', 'n-1')], False)
            step = (r.choice('+*+'), ('entry', name, ['i-1']), e)
            self.lines += ['%s[0] = %s' % (name, text(first)), '%s[i in 1..n-1] = %s' % (name, text(step))]
            self.vector[name] = (first, step)

    def subscript(self, scope):
        choice = ['0', 'n-1']
        for i, lo, hi in scope:
            choice += [i] * 4 + [i + '-1'] * 2 * (lo == '1') + [i + '+1'] * 2 * (hi == 'n-2') + ['n-1-' + i]
        return self.random.choice(choice)

    def leaf(self, scope):
        r, k = self.random, self.random.random()
        if k < 0.3:
            return ('atom', r.choice(SCALARS))
        if k < 0.42:
            return ('atom', r.choice(['0', '1', '2', '-1', 'n']))
        if k < 0.5 and scope:
            return ('atom', r.choice(scope)[0])
        if k < 0.62 and self.scalar:
            return ('atom', r.choice(list(self.scalar)))
        if k < 0.76 and self.vector:
            return ('entry', r.choice(list(self.vector)), [self.subscript(scope)])
        if k < 0.82:
            return ('entry', 'A', [self.subscript(scope), self.subscript(scope)])
        return ('entry', r.choice('uv'), [self.subscript(scope)])

    def range(self, scope):
        choice = [('0', 'n-1')] * 4 + [('1', 'n-1')] * 4 + [('0', 'n-2')] * 2 + [('2', 'n-1')]
        for i, _, _ in scope:
            choice += [('0', i), (i + '+1', 'n-1'), ('0', i + '-1')]
        return self.random.choice(choice)

    def compared(self, scope):
        r = self.random
        if scope and r.random() < 0.6:
            return (r.choice(list(OPPOSITE)), ('atom', r.choice(scope)[0]), ('atom', r.choice(['0', '1', 'n-1'] + [s[0] for s in scope])))
        return (r.choice(list(OPPOSITE)), self.leaf(scope), r.choice([ZERO, ONE, ('atom', 'n'), self.leaf(scope)]))

    def slope(self, body, scope):
        by = SCALARS + ['u[0]', 'a'] + list(self.scalar)[:1] + ['u[%s]' % s[0] for s in scope[:1]]
        return ('slope', body, self.random.choice(by))

    def expression(self, depth, scope, slopes=True):
        r, k = self.random, self.random.random()

        def part():
            return self.expression(depth - 1, scope, slopes)
        if depth <= 0 or k < 0.14:
            return self.leaf(scope)
        for bound, kind in ((0.26, '+'), (0.34, '-'), (0.5, '*'), (0.6, '/')):
            if k < bound:
                return (kind, part(), part())
        if k < 0.69:
            return ('call', r.choice(['log', 'sqrt', 'abs', 'exp', 'relu', 'sign', 'log', 'sqrt']), part())
        if k < 0.71:
            return ('power', part(), r.choice(['0', '2', '3', '(-1)', '2']))
        if k < 0.74:
            return ('call', r.choice(['max', 'min']), part(), part())
        if k < 0.8:
            return ('if', self.compared(scope), part(), part())
        if k < 0.84:
            return ('truth', self.compared(scope))
        if k < 0.96 and len(scope) < 2:
            i = next(c for c in INDICES if c not in [s[0] for s in scope])
            lo, hi = self.range(scope)
            return (r.choice(['sum'] * 6 + ['prod', 'max']), i, lo, hi, self.expression(depth - 1, scope + [(i, lo, hi)], slopes))
        if not slopes:
            return self.leaf(scope)
        slopes, body = False, self.expression(depth - 1, scope, False)
        if r.random() < 0.4:
            name = r.choice(SCALARS)
            return ('put', ('slope', body, r.choice([name, 'x'])) if r.random() < 0.7 else body, name, part())
        return self.slope(body, scope)

    # --- rewriting: (how often, tree) of what is the same where both are defined ---

    def anywhere(self, a, scope):
        t = self.expression(1, scope, False)
        yield from ((1, ('-', ('+', a, t), t)), (1, ('/', ('*', a, t), t)), (1, ('*', a, ('power', t, '0'))), (1, ('+', a, ('*', ZERO, t))),
                    (1, ('if', self.compared(scope), a, a)), (1, ('/', ('power', a, '2'), a)), (1, ('/', ONE, ('/', ONE, a))),
                    (1, ('power', ('call', 'sqrt', a), '2')), (1, ('call', 'exp', ('call', 'log', a))), (1, ('call', 'log', ('call', 'exp', a))),
                    (1, ('call', 'max', a, a)), (1, ('+', ('call', 'relu', a), ('call', 'min', a, ZERO))), (1, ('*', ('call', 'sign', a), ('call', 'abs', a))))
        if len(scope) < 2:
            i = next(c for c in INDICES if c not in [s[0] for s in scope])
            yield from ((1, ('/', ('sum', i, '0', 'n-1', a), ('atom', 'n'))), (1, ('sum', i, '0', '0', a)), (1, ('max', i, '0', 'n-1', a)),
                        (1, ('-', ('sum', i, '0', 'n-1', a), ('sum', i, '1', 'n-1', a))),
                        (1, ('sum', i, '0', 'n-1', ('*', ('truth', ('==', ('atom', i), ZERO)), a))))

    def of_name(self, a, scope):
        if a[0] == 'atom' and a[1] in self.scalar:
            yield 6, self.scalar[a[1]]
        if a[0] == 'entry' and a[1] in self.vector:
            first, step = self.vector[a[1]]
            at = a[2][0]
            if first is None:
                yield 6, put_index(step, 'i', at)
            elif at == '0':
                yield 6, first
            elif any(s[0] == at and s[1] == '1' for s in scope):
                yield 6, put_index(step, 'i', at)

    def of_arithmetic(self, a, scope):
        kind, p, q = a[0], *a[1:3]
        if kind in '+*':
            yield 2, (kind, q, p)
        if kind in '*/' and p[0] in '+-':
            yield 4, (p[0], (kind, p[1], q), (kind, p[2], q))
        if kind in '*/' and p[0] == 'sum' and not uses(q, p[1]):
            yield 6, p[:4] + ((kind, p[4], q),)
        if kind == '*' and q[0] == 'truth':
            yield 3, ('if', q[1], p, ZERO)
        if kind == '/':
            yield 1, ('*', p, ('power', q, '(-1)'))

    def of_call(self, a, scope):
        name, b = a[1], a[2]
        by_form = {('log', '*'): '+', ('sqrt', '*'): '*', ('sqrt', '/'): '/'}
        if (name, b[0]) in by_form:
            yield 5, (by_form[name, b[0]], ('call', name, b[1]), ('call', name, b[2]))
        if name == 'log' and b[0] == 'power' and b[2] == '2':
            yield 5, ('*', ('atom', '2'), ('call', 'log', ('call', 'abs', b[1])))
        if name in ('log', 'sqrt', 'exp') and b[0] == 'if':
            yield 4, ('if', b[1], ('call', name, b[2]), ('call', name, b[3]))
        if (name, b[0]) in (('log', 'prod'), ('exp', 'sum')):
            yield 5, ({'prod': 'sum', 'sum': 'prod'}[b[0]],) + b[1:4] + (('call', name, b[4]),)
        above, below = ('truth', ('>', b, ZERO)), ('truth', ('<', b, ZERO))
        yield from {'abs': ((3, ('call', 'max', b, ('*', ('atom', '-1'), b))), (2, ('call', 'sqrt', ('power', b, '2')))),
                    'relu': ((3, ('if', ('>', b, ZERO), b, ZERO)), (2, ('*', b, above))),
                    'sign': ((2, ('/', b, ('call', 'abs', b))), (2, ('-', above, below)))}.get(name, ())
        if name in ('max', 'min'):
            yield 3, ('if', ('>' if name == 'max' else '<', b, a[3]), b, a[3])

    def of_branch(self, a, scope):
        turned = (OPPOSITE[a[1][0]],) + a[1][1:]
        if a[0] == 'truth':
            yield 2, ('-', ONE, ('truth', turned))
            return
        yield 3, ('if', turned, a[3], a[2])
        yield 1, ('+', ('*', ('truth', a[1]), a[2]), ('*', ('truth', turned), a[3]))
        yield 1, a[2]  # it may be false
        if a[1][0] == '==' and a[1][1][0] == a[1][2][0] == 'atom' and a[1][1][1] in INDICES:
            yield 4, ('if', a[1], put_index(a[2], a[1][1][1], a[1][2][1]), a[3])

    def of_reduction(self, a, scope):
        kind, i, lo, hi, b = a
        if kind in ('max', 'min'):
            if not uses(b, i):
                yield 5, b  # not where the range is empty
            if b[0] == '+' and not uses(b[1], i):
                yield 5, ('+', b[1], (kind, i, lo, hi, b[2]))
            if (lo, hi) == ('0', 'n-1'):
                yield 3, ('call', kind, put_index(b, i, '0'), (kind, i, '1', 'n-1', b))
            return
        join, split = ('+', '-') if kind == 'sum' else ('*', '/')
        if (lo, hi) == ('0', 'n-1'):
            yield from ((3, (join, put_index(b, i, '0'), (kind, i, '1', 'n-1', b))), (3, (join, put_index(b, i, 'n-1'), (kind, i, '0', 'n-2', b))),
                        (2, (kind, i, lo, hi, put_index(b, i, 'n-1-' + i))))
        if (lo, hi) == ('1', 'n-1'):
            yield from ((3, (kind, i, '0', 'n-2', put_index(b, i, i + '+1'))), (3, (split, (kind, i, '0', 'n-1', b), put_index(b, i, '0'))))
        if b[0] in join + split:
            yield 4, (b[0], (kind, i, lo, hi, b[1]), (kind, i, lo, hi, b[2]))
        if b[0] == 'if' and not uses(b[1][1], i) and not uses(b[1][2], i):
            yield 5, ('if', b[1], (kind, i, lo, hi, b[2]), (kind, i, lo, hi, b[3]))
        if b[0] == kind and not uses(b[2] + ' ' + b[3], i) and not uses(lo + ' ' + hi, b[1]):
            yield 4, b[:4] + ((kind, i, lo, hi, b[4]),)
        if kind == 'sum':
            yield from self.of_sum(i, lo, hi, b)

    def of_sum(self, i, lo, hi, b):
        for k in (1, 2):
            if b[0] == '*' and not uses(b[k], i):
                yield 6, ('*', b[k], ('sum', i, lo, hi, b[3 - k]))
        if b[0] == '/' and not uses(b[2], i):
            yield 6, ('/', ('sum', i, lo, hi, b[1]), b[2])
        if not uses(b, i) and lo in '012' and hi in ('n-1', 'n-2'):
            yield 6, ('*', ('-', ('atom', 'n'), ('atom', str(int(lo) + (hi == 'n-2')))), b)
        if hi == 'n-1' and lo in '12':
            yield 2, ('sum', i, '0', 'n-1', ('*', ('truth', ('>=', ('atom', i), ('atom', lo))), b))

    def of_slope(self, a, scope):
        b, by = a[1], a[2]

        def slope(e):
            return ('slope', e, by)
        if b[0] in '+-':
            yield 5, (b[0], slope(b[1]), slope(b[2]))
        if b[0] == '*':
            yield 5, ('+', ('*', slope(b[1]), b[2]), ('*', b[1], slope(b[2])))
        if b[0] == '/':
            yield 5, ('/', ('-', ('*', slope(b[1]), b[2]), ('*', b[1], slope(b[2]))), ('power', b[2], '2'))
        if b[0] == 'power':
            yield 5, ('*', ('*', ('atom', b[2].strip('()')), ('power', b[1], {'0': '(-1)', '2': '1', '3': '2', '(-1)': '(-2)'}[b[2]])), slope(b[1]))
        if b[0] == 'sum' and not uses(by, b[1]):
            yield 6, b[:4] + (slope(b[4]),)
        if b[0] == 'if':
            yield 5, ('if', b[1], slope(b[2]), slope(b[3]))
        if b[0] == 'call' and len(b) == 4:
            yield 5, ('if', ('>' if b[1] == 'max' else '<', b[2], b[3]), slope(b[2]), slope(b[3]))
        elif b[0] == 'call':
            c = b[2]
            yield 6, ('*', {'log': ('/', ONE, c), 'sqrt': ('/', ONE, ('*', ('atom', '2'), b)), 'abs': ('call', 'sign', c), 'exp': b, 'relu': ('truth', ('>', c, ZERO)),
                            'sign': ZERO}[b[1]], slope(c))

    def rewritten(self, a, scope):
        kind = a[0]
        special = {'if': self.of_branch, 'truth': self.of_branch, 'call': self.of_call, 'slope': self.of_slope}.get(kind)
        special = special or (self.of_reduction if kind in REDUCED else self.of_arithmetic if kind in '+-*/' else self.of_name)
        choice = list(self.anywhere(a, scope)) + list(special(a, scope))
        return self.random.choices([e for _, e in choice], [k for k, _ in choice])[0]

    def changed(self, a, scope):
        """With one node rewritten."""
        left = [self.random.randrange(nodes(a))]

        def go(a, scope):
            left[0] -= 1
            if left[0] < 0 and left[0] == -1:
                return self.rewritten(a, scope)
            b = list(a)
            for k in children(a):
                b[k] = go(a[k], scope + [a[1:4]] if a[0] in REDUCED else scope)
            return tuple(b)
        return go(a, scope)

    def claim(self):
        """Both sides, and whether j is a free index."""
        r = self.random
        while True:
            scope = [('j', '0', 'n-1')] * (r.random() < 0.15)
            a = b = self.expression(r.choice([1, 2, 2, 3]), scope)
            for _ in range(r.choice([1, 1, 2, 3])):
                b = self.changed(b, scope)
            left, right = text(a), text(b)
            if left != right and len(left + right) < 300:
                return left, right, bool(scope)
