"""Where a proved claim is said to hold, beside values: random claims whose sides are equal where both are defined (rewritten by identities of partly defined
functions), at points that are zeros and ends of domains as well as others. Of each proved claim:
 - both sides are equal wherever both are defined and the conditions hold;
 - the conditions hold wherever both sides are defined;
 - where they hold, both sides are defined or neither is;
 - none of them holds wherever the others do (a few may: that is beyond the prover's budget).
Values are numpy's, read from the texts by tests/second/reader.py; nothing is shared with deltac.

Usage: domains.py DELTAC [COUNT [SEED]]."""
import json
import os
import random
import re
import subprocess
import sys
import tempfile

import numpy as np

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..'))
from second.page import Page
from second.reader import Reader

NAMES = ('x', 'y', 'z')
VALUES = (-3, -2, -1.5, -1, -0.75, -0.5, 0, 0.25, 0.5, 1, 1.25, 2, 2.5, 3, 4, 5, 6)
BASES = ['x', 'x', 'y', 'x − 1', 'x + 1', '1 − x', 'y − 2', 'x y', 'x² − 1', '1 − x²', 'x + y', 'x − y', 'x²', '|x|', '|x − 1|', '2 x + 3', '−x', 'x² + 1', 'x² + y²',
         'x (y − 1)', 'x/y', 'x² y', 'x² (x − 1)', 'max(x, y)', 'relu(x)', 'x² + x + 1', 'exp(y)', '(x − 1) (x − 2)', 'x³', '½', '2', 'y z', 'z', '|x| − 1', 'x − x²', '1/x',
         'sign(x)', 'tanh(x)', '|x| + x', 'min(x, 1)', 'sin(x)', 'log(x)', '√x', '√(x − 1)']
# u and v stand for any expression; the two sides are equal where both are defined.
IDENTITIES = [('log(u v)', 'log(u) + log(v)'), ('log(u/v)', 'log(u) − log(v)'), ('log(u²)', '2 log(|u|)'), ('log(u²)', '2 log(u)'), ('√(u v)', '√(u) √(v)'),
              ('√(u² v)', '|u| √(v)'), ('√(u²)', '|u|'), ('√(u)²', 'u'), ('exp(log(u))', 'u'), ('u/u', '1'), ('u v/u', 'v'), ('(u² − v²)/(u − v)', 'u + v'),
              ('log(exp(u))', 'u'), ('|u|²', 'u²'), ('u sign(u)', '|u|'), ('max(u, v)', '½ (u + v + |u − v|)'), ('relu(u)', 'u [u > 0]'), ('sin(asin(u))', 'u'),
              ('cos(acos(u))', 'u'), ('tan(atan(u))', 'u'), ('asin(u) + acos(u)', 'π/2'), ('cosh(acosh(u))', 'u'), ('atanh(u)', '½ log((1 + u)/(1 − u))'),
              ('u^(3/2)', 'u √(u)'), ('u^(−1/2)', '1/√(u)'), ('cbrt(u)³', 'u'), ('tan(u)', 'sin(u)/cos(u)'), ('1/(1/u)', 'u'), ('log(1/u)', '−log(u)'),
              ('√(1/u)', '1/√(u)'), ('√(u/v)', '√(u)/√(v)'), ('√(u/v)', '√(u v)/|v|'), ('log1p(u)', 'log(1 + u)'), ('u − u', '0'), ('0 √(u)', '0'),
              ('sign(u)²', '|sign(u)|'), ('u/|u|', 'sign(u)'), ('√(u³)', '|u| √(u)'), ('log(√(u))', '½ log(u)'), ('1/u − 1/v', '(v − u)/(u v)'), ('√(|u|)²', '|u|'),
              ('√(u) + √(v) − √(u)', '√(v)'), ('log(u) − log(u)', '0'), ('1/(u v)', '(1/u) (1/v)'), ('tan(u) cos(u)', 'sin(u)'), ('cosh(acosh(u)) sign(u)', '|u|'),
              ('√(1 − u²) √(1 − u²)', '(1 − u) (1 + u)'), ('asin(u) − asin(u)', '0'), ('logit(u)', 'log(u) − log(1 − u)'), ('u²/u²', '1'), ('√(u)/√(u)', '1'),
              ('acoth(u)', '½ log((u + 1)/(u − 1))'), ('min(u, v)', 'u + v − max(u, v)'), ('(u v)^(1/3)', 'u^(1/3) v^(1/3)'), ('√(u) √(u − 1)', '√(u² − u)'),
              ('√(u^4)', 'u²'), ('acos(u)', '2 asin(√((1 − u)/2))'), ('asec(u)', 'acos(1/u)'), ('√(u − 2 √(u − 1))', '|√(u − 1) − 1|')]
FRAMES = ['{}', '{}', '{} + {}', '{} {}', '{} − {}', '({})²', '1/({})', '√({})', 'log({})', '|{}|', '{}/({})', 'x + {}', 'y ({})', 'sign({})', 'exp({})']


def put(pattern, u, v):
    return re.sub(r'(?<![a-zA-Z])[uv](?![a-zA-Z])', lambda m: '(%s)' % (u if m[0] == 'u' else v), pattern)


def plain(text):
    """Bars as abs(…)."""
    return re.sub(r'\|([^|]*)\|', r'abs(\1)', text)


def claim(r):
    def pair():
        a, b = r.choice(IDENTITIES)
        u, v = plain(r.choice(BASES)), plain(r.choice(BASES))
        if r.random() < 0.5:
            a, b = b, a
        return tuple(put(plain(t), u, v) for t in (a, b))
    frame = plain(r.choice(FRAMES))
    parts = [pair() if k == 0 or r.random() < 0.4 else (t := plain(r.choice(BASES)), t) for k in range(frame.count('{}'))]
    r.shuffle(parts)
    return tuple(frame.format(*('(%s)' % p[k] for p in parts)) for k in (0, 1))


# --- values; nan: undefined ---

def settle(v, scale=0.0):
    """Without what rounding leaves of a difference of values of this size."""
    v = np.where(np.isfinite(v), v, np.nan)
    return np.where(np.abs(v) < 1e-12 * scale, 0.0, v)


def inside(u, good):
    return np.where(good, u, np.nan)


def where_number(f, *args):
    out = f(*args)
    for a in args:
        out = np.where(np.isnan(a), np.nan, out)
    return out


CALLS = {
    'log': lambda u: np.log(inside(u, u > 0)), 'sqrt': lambda u: np.sqrt(inside(u, u >= 0)), 'abs': np.abs, 'exp': np.exp, 'sin': np.sin, 'cos': np.cos,
    'tan': lambda u: np.tan(inside(u, np.abs(np.cos(u)) > 1e-9)), 'asin': lambda u: np.arcsin(inside(u, np.abs(u) <= 1)),
    'acos': lambda u: np.arccos(inside(u, np.abs(u) <= 1)), 'atan': np.arctan, 'sinh': np.sinh, 'cosh': np.cosh, 'tanh': np.tanh,
    'acosh': lambda u: np.arccosh(inside(u, u >= 1)), 'atanh': lambda u: np.arctanh(inside(u, np.abs(u) < 1)), 'cbrt': np.cbrt, 'sign': np.sign,
    'relu': lambda u: where_number(lambda a: np.maximum(a, 0), u), 'log1p': lambda u: np.log(inside(1 + u, u > -1)),
    'logit': lambda u: np.log(inside(u, (u > 0) & (u < 1)) / (1 - u)), 'acoth': lambda u: np.arctanh(1 / inside(u, np.abs(u) > 1)),
    'asec': lambda u: np.arccos(1 / inside(u, np.abs(u) >= 1)), 'max': lambda u, v: np.maximum(u, v), 'min': lambda u, v: np.minimum(u, v),
}
TESTS = {'<': lambda a, b: a < b, '>': lambda a, b: a > b, '<=': lambda a, b: a <= b, '>=': lambda a, b: a >= b, '==': lambda a, b: a == b, '!=': lambda a, b: a != b}


def power(u, e, tree):
    while tree[0] == 'group':
        tree = tree[1]
    r = float(e.flat[0])
    if r == int(r):
        return inside(u, (u != 0) | (r >= 0)) ** int(r)
    return np.abs(inside(u, (u > 0) | ((u == 0) & (r > 0)))) ** r


def evaluate(e, at):
    kind = e[0]
    if kind == 'number':
        return np.full_like(at['x'], float(e[1]))
    if kind == 'fraction':
        return np.full_like(at['x'], e[1][0] / e[1][1])
    if kind in ('group', 'truth'):
        return evaluate(e[1], at)
    if kind == 'name':
        return np.full_like(at['x'], np.pi) if e[1] in ('π', 'pi') else at[e[1]]
    if kind == 'neg':
        return -evaluate(e[1], at)
    if kind == 'add':
        a, b = evaluate(e[1], at), evaluate(e[2], at)
        return settle(a + b, np.abs(a) + np.abs(b))
    if kind in ('·', 'juxtaposed', 'times', '*'):
        return settle(evaluate(e[1], at) * evaluate(e[2], at))
    if kind in ('/', 'over'):
        b = evaluate(e[2], at)
        return settle(evaluate(e[1], at) / inside(b, b != 0))
    if kind == 'power':
        return settle(power(evaluate(e[1], at), evaluate(e[2], at), e[2]))
    if kind == 'compare':
        return where_number(lambda a, b: TESTS[e[1]](a, b).astype(float), evaluate(e[2], at), evaluate(e[3], at))
    if kind == 'call':
        args = [evaluate(a, at) for a in e[3]]
        return settle(where_number(CALLS[e[1]], *args), 0.0 if e[1] == 'exp' else 1e-3)
    raise NotImplementedError(kind)


WORDS = {'≥': '>=', '≤': '<=', '≠': '!=', '>': '>', '<': '<', '=': '=='}


def conditions(text):
    """The items behind "where" as (left, word, right); places behind "away from"."""
    where, away, into = [], [], None
    if not text:
        return where, away
    for item in re.split(r', (?![^()]*\))', text):
        for word, list_ in (('where ', where), ('away from ', away)):
            if item.startswith(word):
                item, into = item[len(word):], list_
        if item.startswith('assuming') or into is None:
            raise NotImplementedError(text)
        m = re.match(r'(.*) ([≥≤≠><=]) (.*)$', item)
        if not m:
            raise NotImplementedError(text)
        into.append(m.groups())
    return where, away


def points(r):
    grid = np.array(np.meshgrid(VALUES, VALUES, (-1.0, 0.0, 0.5, 2.0), indexing='ij')).reshape(3, -1)
    more = np.array([[r.randint(-16, 16) / 4 for _ in range(400)] for _ in NAMES])
    return dict(zip(NAMES, np.concatenate([grid, more], axis=1)))


def holds(page, item, at):
    a, b = (evaluate(Reader(page, t).whole(), at) for t in (item[0], item[2]))
    return ~np.isnan(a) & ~np.isnan(b) & TESTS[WORDS[item[1]]](a, b)


def changes_sign(page, item, at, where):
    """Is the difference of the sides seen above and below 0 there?"""
    v = (evaluate(Reader(page, item[0]).whole(), at) - evaluate(Reader(page, item[2]).whole(), at))[where]
    return (v > 0).any() and (v < 0).any()


def complaint(page, left, right, text, at):
    where, away = conditions(text)
    a, b = (evaluate(Reader(page, t).whole(), at) for t in (left, right))
    on = [~np.isnan(a), ~np.isnan(b)]
    each = [holds(page, c, at) for c in where]
    kept = np.ones_like(at['x'], dtype=bool)
    for c in away:
        kept &= ~holds(page, c, at)
    told = np.ones_like(kept)
    for c in each:
        told &= c
    both = on[0] & on[1]
    with np.errstate(all='ignore'):
        differ = np.abs(a - b) > 1e-6 * (1 + np.abs(a))
    found = {'differs': both & told & kept & differ, 'leaves out': both & ~told, 'not defined together': told & kept & (on[0] != on[1])}
    for i, c in enumerate(each):
        rest = np.ones_like(kept)
        for k, other in enumerate(each):
            rest &= other if k != i else True
        if not (rest & ~c).any() and not (where[i][1] == '≠' and changes_sign(page, where[i], at, rest)):
            return 'not needed: %s' % ' '.join(where[i])
    for what, which in found.items():
        if which.any():
            k = int(np.argmax(which))
            return '%s at %s' % (what, ', '.join('%s = %g' % (n, at[n][k]) for n in NAMES))
    return None


def main():
    deltac, count, seed = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 200, int(sys.argv[3]) if len(sys.argv) > 3 else 1
    r = random.Random(seed)
    claims = []
    while len(claims) < count:
        c = claim(r)
        if c[0] != c[1] and c not in claims:
            claims.append(c)
    text = 'variable x, y, z\n' + ''.join('claim %s = %s\n' % c for c in claims)
    with tempfile.NamedTemporaryFile('w', suffix='.delta', delete=False) as f:
        f.write(text)
    out = subprocess.run([deltac, 'check', '--json', '--no-cache', f.name], capture_output=True, text=True)
    os.unlink(f.name)
    page, at = Page('variable x, y, z\n'), points(r)
    bad = proved = said = unread = longer = 0
    for c, v in zip(claims, json.loads(out.stdout)['files'][0]['claims']):
        if v['verdict'] == 'refuted':
            print('not ok refuted: %s = %s' % c)
            bad += 1
        if v['verdict'] != 'proved':
            continue
        proved += 1
        said += bool(v.get('condition'))
        try:
            with np.errstate(all='ignore'):
                why = complaint(page, *c, v.get('condition'), at)
        except NotImplementedError as e:
            unread += 1
            print('# not read:', e)
            continue
        if why and why.startswith('not needed'):
            longer += 1
            print('# %s = %s (%s): %s' % (*c, v.get('condition'), why))
        elif why:
            bad += 1
            print('not ok %s = %s (%s): %s' % (*c, v.get('condition'), why))
    good = proved >= 0.7 * count and said >= 0.25 * count and unread <= 0.02 * count and longer <= 0.02 * said + 1
    print('%s domains of random claims: %d of %d proved, %d with conditions, %d not read, %d longer than needed, %d wrong' % (
        'ok' if good and not bad else 'not ok', proved, count, said, unread, longer, bad))
    return bad > 0 or not good


if __name__ == '__main__':
    sys.exit(main())
