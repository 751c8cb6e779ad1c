"""Pages of matrices, means over the batch, noise, steps of optimizers and recurrences with branches, and claims about their names: of half of them the right side is
the left one, rewritten; of the others one thing more is changed, which mostly makes them false. The truth is that of tests/evaluator.py, which draws a batch, evaluates
in 150 digits, takes derivatives as differences and expectations by quadrature, and shares nothing with deltac. With every counterexample kept from the proof
(DELTAC_BREAK), no false claim may be proved; with them, no true one refuted.

Usage: batches.py DELTAC BROKEN [PAGES [SEED]]; BROKEN is built with DELTAC_BREAK."""
import json
import os
import random
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..'))
import evaluator
from second.page import Page
from second.reader import Unknown
from second.values import Values

CLAIMS = 16
Values.nodes = (8, 8, 8)  # what stands under E here is a polynomial, mostly
HEAD = ['size n', 'input x[n]', 'target y', 'param w[n], q[n], b, W[n,n], V[n,n]', 'hyper η, β', 'state m[n], a[n]', 'noise ε ~ normal(0, 1), ζ ~ uniform(−1, 2)',
        'z = w · x + b', 'r = W x + b w', 's = tanh(z)', 'e = z − y', 'C = ½ e² + b² ζ', 'o = mean_batch(e²)', 'μ = mean_batch(z)', 'd = mean_batch((z − μ)²)',
        'h[0] = b', 'h[i in 1..n-1] = if w[i] > b then h[i-1] w[i] else b − h[i-1]', 'g = ∂o/∂w', 'M = β m + (1 − β) g', 'A = β a + (1 − β) g²', 'U = w − η M ⊘ (1 + A²)',
        'p = exp(z)', 'k = relu(z)']
NAMES = {'S': ['y', 'b', 'η', 'β', 'ε', 'ζ', 'z', 's', 'e', 'C', 'o', 'μ', 'd', 'p', 'k', 'sum_batch(1)', '2', '3'], 'V': ['x', 'w', 'q', 'm', 'r', 'h', 'g', 'M', 'A', 'U'],
         'M': ['W', 'V']}
NOISY, SAMPLED = {'ε', 'ζ', 'C'}, {'x', 'y', 'ε', 'ζ', 'z', 'r', 's', 'e', 'C', 'p', 'k'}
# below which names a free one stands: what differentiates is told by these alone
BELOW = {'z': 'wxb', 'r': 'Wxbw', 's': 'wxb', 'e': 'wxby', 'C': 'wxbyζ', 'o': 'wxby', 'μ': 'wxb', 'd': 'wxb', 'p': 'wxb', 'k': 'wxb', 'h': 'bw', 'g': 'wxby', 'M': 'wxbymβ',
         'A': 'wxbyaβ', 'U': 'wxbymaβη'}

# --- trees: (kind, type, operands…); a name: ('name', type, text). Types: S, V, M ---
FORMS = {'add': '%s + %s', 'sub': '%s − %s', 'times': '%s %s', 'scale': '%s %s', 'over': '%s / %s', 'each': '%s ⊙ %s', 'inner': '%s · %s', 'apply': '%s %s', 'outer': '%s (%s)ᵀ',
         'product': '%s %s', 'square': '%s²', 'neg': '(−1) %s', 'turned': '(%s)ᵀ'}
SYMBOLS = {'mean': 'mean_batch', 'total': 'sum_batch', 'expected': 'E'}


def text(a):
    kind = a[0]
    if kind == 'name':
        return a[2]
    if kind in FORMS:
        return FORMS[kind] % tuple(inside(c) for c in a[2:])
    if kind == 'slope':
        return '∂(%s)/∂%s' % (text(a[2]), a[3])
    if kind == 'entry':
        return '(%s)[%s]' % (text(a[2]), a[3]) if a[2][0] != 'name' else '%s[%s]' % (text(a[2]), a[3])
    return '%s(%s)' % (SYMBOLS.get(kind, kind), ', '.join(text(c) for c in a[2:]))


def inside(a):
    return text(a) if a[0] == 'name' or a[0] in SYMBOLS or a[0] in ('trace', 'det', 'inv', 'diag', 'norm', 'sum', 'tanh', 'exp') else '(%s)' % text(a)


def names(a):
    if isinstance(a, str):
        return set(a) & set('wbWVqxy')
    return {a[2]} if a[0] == 'name' else set().union(*(names(c) for c in a[2:]))


def leaves(a):
    return set().union(*({n} | set(BELOW.get(n, '')) for n in names(a)))


def is_sampled(a):
    return a[0] not in ('mean', 'total') and (bool({a[2]} & SAMPLED) if a[0] == 'name' else any(is_sampled(c) for c in a[2:] if not isinstance(c, str)))


def is_noisy(a):
    return a[0] != 'expected' and (bool({a[2]} & NOISY) if a[0] == 'name' else any(is_noisy(c) for c in a[2:] if not isinstance(c, str)))


def has(a, kinds):
    return a[0] in kinds or (a[0] != 'name' and any(has(c, kinds) for c in a[2:] if not isinstance(c, str)))


def size(a):
    return 1 if a[0] == 'name' else 1 + sum(size(c) for c in a[2:] if not isinstance(c, str))


def number(k):
    return ('name', 'S', str(k))


class Writer:
    def __init__(self, r):
        self.r = r

    def leaf(self, kind):
        return ('name', kind, self.r.choice(NAMES[kind]))

    def by(self, scalar=False):
        return self.r.choice(['b', 'b', 'w[0]', 'W[0,0]'] if scalar else ['b', 'w', 'w', 'W'])

    def scalar(self, depth, plain=False):
        r, k = self.r, self.r.random()
        if depth <= 0 or k < 0.1:
            return self.leaf('S')

        def part():
            return self.scalar(depth - 1, plain)
        if k < 0.3:
            return (r.choice(['add', 'sub', 'times', 'times', 'over']), 'S', part(), part())
        if k < 0.48:
            return (r.choice(['mean', 'mean', 'total']), 'S', part())
        if k < 0.55:
            return (r.choice(['square', 'tanh', 'square']), 'S', part())
        if k < 0.68:
            return ('inner', 'S', self.vector(depth - 1, plain), self.vector(depth - 1, plain))
        if k < 0.72:
            return ('sum', 'S', self.vector(depth - 1, plain))
        if k < 0.75:
            return ('entry', 'S', self.vector(depth - 2, plain), r.choice(['0', 'n−1']))
        if k < 0.87 or plain:
            return (r.choice(['trace', 'trace', 'det', 'norm']), 'S', self.matrix(depth - 1, plain))
        if k < 0.93:
            return ('expected', 'S', self.polynomial(depth - 1))
        return ('slope', 'S', self.scalar(depth - 1, True), self.by(True))

    def polynomial(self, depth):
        """In the noise, which few of the functions let through."""
        r = self.r
        if depth <= 0:
            return self.r.choice([self.leaf('S'), ('name', 'S', 'ε'), ('name', 'S', 'ζ')])
        return (r.choice(['add', 'times', 'sub', 'times']), 'S', self.polynomial(depth - 1), self.polynomial(depth - 1)) if r.random() < 0.7 else ('square', 'S', self.polynomial(depth - 1))

    def vector(self, depth, plain=False):
        r, k = self.r, self.r.random()
        if depth <= 0 or k < 0.2:
            return self.leaf('V')
        if k < 0.4:
            return (r.choice(['add', 'sub', 'each']), 'V', self.vector(depth - 1, plain), self.vector(depth - 1, plain))
        if k < 0.5:
            return ('scale', 'V', self.scalar(depth - 1, plain), self.vector(depth - 1, plain))
        if k < 0.8 or plain:
            return ('apply', 'V', self.matrix(depth - 1, plain), self.vector(depth - 1, plain))
        if k < 0.9:
            return (r.choice(['mean', 'total']), 'V', self.vector(depth - 1, plain))
        return ('slope', 'V', self.scalar(depth - 1, True), r.choice(['w', 'q']))

    def matrix(self, depth, plain=False):
        r, k = self.r, self.r.random()
        if depth <= 0 or k < 0.15:
            return self.leaf('M')
        if k < 0.35:
            return (r.choice(['add', 'sub', 'each']), 'M', self.matrix(depth - 1, plain), self.matrix(depth - 1, plain))
        if k < 0.5:
            return ('product', 'M', self.matrix(depth - 1, plain), self.matrix(depth - 1, plain))
        if k < 0.58:
            return ('outer', 'M', self.vector(depth - 1, plain), self.vector(depth - 1, plain))
        if k < 0.68:
            return ('turned', 'M', self.matrix(depth - 1, plain))
        if k < 0.78:
            return ('inv', 'M', self.matrix(depth - 1, plain))
        if k < 0.85:
            return ('diag', 'M', self.vector(depth - 1, plain))
        if k < 0.92 or plain:
            return ('scale', 'M', self.scalar(depth - 1, plain), self.matrix(depth - 1, plain))
        return ('slope', 'M', self.scalar(depth - 1, True), r.choice('WV'))

    # --- rewriting: what is the same where both are defined ---
    def same(self, a):
        kind, t, p = a[:3]
        q = a[3] if len(a) > 3 else None
        if kind == 'name':
            yield from self.opened(a)
            return
        if kind in ('add', 'each', 'inner') or (kind == 'times'):
            yield (kind, t, q, p)
        if kind == 'sub':
            yield ('add', t, p, ('neg', t, q))
        if kind in ('scale', 'apply', 'product', 'times', 'each', 'inner', 'outer') and q[0] in ('add', 'sub'):
            yield (q[0], t, (kind, t, p, q[2]), (kind, t, p, q[3]))
        if kind in ('scale', 'apply', 'product', 'times', 'each', 'inner', 'outer', 'over') and p[0] in ('add', 'sub'):
            yield (p[0], t, (kind, t, p[2], q), (kind, t, p[3], q))
        if kind in ('mean', 'total', 'trace', 'sum', 'expected', 'turned', 'diag', 'slope') and p[0] in ('add', 'sub'):
            yield (p[0], t, (kind, t, p[2]) + a[3:], (kind, t, p[3]) + a[3:])
        if kind in ('trace', 'turned') and p[0] == 'scale':
            yield ('times' if t == 'S' else 'scale', t, p[2], (kind, t, p[3]))
        if kind == 'square':
            yield ('times', t, p, p)
        yield from getattr(self, 'same_' + kind, lambda *_: ())(t, p, q)

    def opened(self, a):
        right = {line.partition(' = ')[0]: line.partition(' = ')[2] for line in HEAD if '=' in line}.get(a[2])
        if right and '[' not in right:
            yield ('name', a[1], '(%s)' % right)

    def same_mean(self, t, p, q):
        if p[0] in ('times', 'scale'):
            for k in (2, 3):
                if not is_sampled(p[k]):
                    yield ('times' if p[5 - k][1] == 'S' and t == 'S' else 'scale', t, p[k], ('mean', t, p[5 - k])) if p[k][1] == 'S' else ('scale', t, ('mean', 'S', p[5 - k]), p[k])
        if p[0] == 'apply' and not is_sampled(p[2]):
            yield ('apply', t, p[2], ('mean', t, p[3]))
        if not is_sampled(p):
            yield p
        yield ('scale' if t != 'S' else 'over', t, *((('over', 'S', number(1), ('total', 'S', number(1))), ('total', t, p)) if t != 'S' else (('total', t, p), ('total', 'S', number(1)))))

    def same_total(self, t, p, q):
        yield ('scale' if t != 'S' else 'times', t, ('total', 'S', number(1)), ('mean', t, p))

    def same_inner(self, t, p, q):
        if q[0] == 'apply':
            yield ('inner', t, ('apply', 'V', ('turned', 'M', q[2]), p), q[3])
        yield ('trace', t, ('outer', 'M', p, q))
        yield ('sum', t, ('each', 'V', p, q))

    def same_sum(self, t, p, q):
        if p[0] == 'each':
            yield ('inner', t, p[2], p[3])

    def same_trace(self, t, p, q):
        yield ('trace', t, ('turned', 'M', p))
        if p[0] == 'product':
            yield ('trace', t, ('product', 'M', p[3], p[2]))
        if p[0] == 'outer':
            yield ('inner', t, p[2], p[3])
        if p[0] == 'diag':
            yield ('sum', t, p[2])

    def same_det(self, t, p, q):
        yield ('det', t, ('turned', 'M', p))
        if p[0] == 'product':
            yield ('times', t, ('det', 'S', p[2]), ('det', 'S', p[3]))
        if p[0] == 'inv':
            yield ('over', t, number(1), ('det', 'S', p[2]))

    def same_norm(self, t, p, q):
        yield ('norm', t, ('turned', 'M', p))
        yield ('norm', t, ('neg', 'M', p))

    def same_apply(self, t, p, q):
        if p[0] == 'product':
            yield ('apply', t, p[2], ('apply', t, p[3], q))
        if p[0] == 'outer':
            yield ('scale', t, ('inner', 'S', p[3], q), p[2])
        if p[0] == 'diag':
            yield ('each', t, p[2], q)
        if q[0] == 'apply':
            yield ('apply', t, ('product', 'M', p, q[2]), q[3])

    def same_product(self, t, p, q):
        yield ('turned', t, ('product', t, ('turned', t, q), ('turned', t, p)))
        if p[0] == q[0] == 'inv':
            yield ('inv', t, ('product', t, q[2], p[2]))
        if p[0] == q[0] == 'diag':
            yield ('diag', t, ('each', 'V', p[2], q[2]))

    def same_turned(self, t, p, q):
        if p[0] == 'product':
            yield ('product', t, ('turned', t, p[3]), ('turned', t, p[2]))
        if p[0] == 'outer':
            yield ('outer', t, p[3], p[2])
        if p[0] == 'inv':
            yield ('inv', t, ('turned', t, p[2]))
        if p[0] in ('turned', 'diag'):
            yield p[2] if p[0] == 'turned' else p

    def same_inv(self, t, p, q):
        yield ('turned', t, ('inv', t, ('turned', t, p)))
        if p[0] == 'product':
            yield ('product', t, ('inv', t, p[3]), ('inv', t, p[2]))
        if p[0] == 'inv':
            yield p[2]
        if p[0] == 'scale':
            yield ('scale', t, ('over', 'S', number(1), p[2]), ('inv', t, p[3]))

    def same_expected(self, t, p, q):
        if p[0] == 'times':
            for k in (2, 3):
                if not is_noisy(p[k]):
                    yield ('times', t, p[k], ('expected', t, p[5 - k]))
        if not is_noisy(p):
            yield p

    def same_slope(self, t, p, by):
        def slope(e):
            return ('slope', t, e, by)
        times = 'times' if t == 'S' else 'scale'
        name = by[0]
        if p[0] == 'times':
            yield ('add', t, (times, t, p[3], slope(p[2])), (times, t, p[2], slope(p[3])))
        if p[0] == 'square':
            yield (times, t, ('times', 'S', number(2), p[2]), slope(p[2]))
        if p[0] == 'tanh':
            yield (times, t, ('sub', 'S', number(1), ('square', 'S', p)), slope(p[2]))
        if p[0] == 'mean' and name in 'wbWVq':
            yield ('mean', t, slope(p[2]))
        if p[0] == 'total' and name in 'wbWVq':
            yield ('total', t, slope(p[2]))
        if p[0] == 'det':
            if p[2][:2] == ('name', 'M') and p[2][2] == by:
                yield ('scale', t, p, ('turned', t, ('inv', t, p[2])))
        if p[0] == 'trace' and p[2][0] == 'product' and p[2][2] == ('name', 'M', by) and name not in leaves(p[2][3]):
            yield ('turned', t, p[2][3])
        if p[0] == 'inner' and p[2] == ('name', 'V', by) and name not in leaves(p[3]):
            yield p[3]
        if p[0] == 'inner' and p[3][0] == 'apply' and p[2] == p[3][3] == ('name', 'V', by) and name not in leaves(p[3][2]):
            yield ('apply', t, ('add', 'M', p[3][2], ('turned', 'M', p[3][2])), p[2])

    # --- what mostly makes a claim false ---
    def other(self, a):
        kind, t, p = a[:3]
        if kind == 'name':
            yield self.leaf(t)
            if p in ('2', '3'):
                yield number(4)
            if t == 'M':
                yield ('turned', t, a)
            return
        if kind in ('sub', 'outer', 'product', 'over'):
            yield (kind, t, a[3], p)
        if kind in ('mean', 'expected', 'turned', 'inv'):
            yield p
        if kind in ('mean', 'total'):
            yield ({'mean': 'total', 'total': 'mean'}[kind], t, p)
        if kind in ('det', 'trace'):
            yield ({'det': 'trace', 'trace': 'det'}[kind], t, p)
        if kind in ('add', 'sub'):
            yield ({'add': 'sub', 'sub': 'add'}[kind],) + a[1:]
        if kind in ('times', 'scale', 'over'):
            yield p if p[1] == t else a[3]
        if kind == 'mean' and p[0] in ('times', 'square'):
            yield ('times', t, ('mean', t, p[2]), ('mean', t, p[3] if p[0] == 'times' else p[2])) if t == 'S' else ('neg', t, a)
        if kind == 'expected' and p[0] in ('times', 'square'):
            yield ('times', t, ('expected', t, p[2]), ('expected', t, p[3] if p[0] == 'times' else p[2]))
        if kind == 'inv' and p[0] == 'product':
            yield ('product', t, ('inv', t, p[2]), ('inv', t, p[3]))
        if kind == 'turned' and p[0] == 'product':
            yield ('product', t, ('turned', t, p[2]), ('turned', t, p[3]))
        yield ('neg', t, a)

    def changed(self, a, ways, tries=12):
        for _ in range(tries):
            left = [self.r.randrange(size(a))]

            def go(a):
                left[0] -= 1
                if left[0] == -1:
                    choice = list(ways(a))
                    return self.r.choice(choice) if choice else a
                return a if a[0] == 'name' else a[:2] + tuple(c if isinstance(c, str) else go(c) for c in a[2:])
            b = go(a)
            if b != a:
                return b
        return a

    def claim(self):
        r = self.r
        while True:
            a = {'S': self.scalar, 'V': self.vector, 'M': self.matrix}[r.choice('SSSVM')](r.choice([1, 2, 2, 3]))
            b = a
            for _ in range(r.choice([1, 1, 2, 3])):
                b = self.changed(b, self.same)
            if r.random() < 0.5:
                b = self.changed(b, self.other)
            left, right = text(a), text(b)
            if left != right and len(left + right) < 160 and not any(has(e, ('expected',)) and has(e, ('mean', 'total')) for e in (a, b)):
                return left, right


def check(program, page, environment):
    out = subprocess.run([program, 'check', '--json', '--no-cache', '--hints', 'none', '--limit', '2', page], capture_output=True, text=True, env={**os.environ, **environment})
    if not out.stdout or out.returncode not in (0, 1, 2, 3):
        raise SystemExit('not ok a page that is not read\n' + out.stderr)
    return {c['line']: c for c in json.loads(out.stdout)['files'][0].get('claims', [])}


def main():
    deltac, broken = sys.argv[1:3]
    pages, seed = int(sys.argv[3]) if len(sys.argv) > 3 else 4, int(sys.argv[4]) if len(sys.argv) > 4 else 1
    page = Page('\n'.join(HEAD))
    total = proved = refuted = unread = rejected = bad = 0
    for number_of in range(seed, seed + pages):
        w = Writer(random.Random(number_of))
        claims = [w.claim() for _ in range(CLAIMS)]
        with tempfile.NamedTemporaryFile('w', suffix='.delta', delete=False) as f:
            f.write('\n'.join(HEAD + ['claim %s = %s' % c for c in claims]) + '\n')
        alone, both = check(broken, f.name, {'DELTAC_BREAK': 'no refuter'}), check(deltac, f.name, {})
        os.unlink(f.name)
        for line, (left, right) in enumerate(claims, len(HEAD) + 1):
            total, page.fixed = total + 1, {}
            verdicts = [v[line]['verdict'] for v in (alone, both) if line in v]
            rejected += len(verdicts) < 2
            if 'proved' not in verdicts and 'refuted' not in verdicts:
                continue
            proved, refuted = proved + ('proved' in verdicts), refuted + ('refuted' in verdicts)
            try:
                truth = evaluator.judge(page, '%s = %s' % (left, right), points=1, most=8)
                for page.fixed in ({}, {'n': 1}):  # what is refuted may be false behind a relu or for n = 1 only
                    if truth == 'true' and 'refuted' in verdicts:
                        truth = evaluator.judge(page, '%s = %s' % (left, right), points=10, most=90)
            except (Unknown, AttributeError, TypeError, ValueError, IndexError):
                unread += 1
                continue
            if 'proved' in verdicts and truth in ('false', 'shapes') or 'refuted' in verdicts and truth == 'true':
                bad += 1
                print('not ok page %d: %s = %s: %s, but %s (%s)' % (number_of, left, right, verdicts, truth, both.get(line, {}).get('condition')))
    good = not bad and proved >= 0.3 * total and refuted >= 0.2 * total and unread <= 0.1 * total
    print('%s batches, noise and matrices: %d claims, %d proved, %d refuted, %d not read, %d rejected, %d wrong' % (
        'ok' if good else 'not ok', total, proved, refuted, unread, rejected, bad))
    return not good


if __name__ == '__main__':
    sys.exit(main())
