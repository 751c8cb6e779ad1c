"""A second opinion on claims: reads a page of the language by itself and evaluates both sides of a claim at random points, in 150-digit arithmetic.

Derivatives are differences of the page's definitions with one entry moved (step 1e-30), so nothing here knows a rule of differentiation; nothing is shared with
deltac. What the reader (tests/second/) does not know raises Unknown; what has no value at a point, Undefined."""
import re
import sys

import mpmath
import numpy as np
from mpmath import mpf

from second.numbers import ZERO, Row, each, flat, is_array
from second.page import Page
from second.point import Point
from second.reader import Reader, Shapes, Undefined, Unknown, free_in, has_kind, names_in, split_claim
from second.values import Values, reach

DIGITS, POINTS = 150, 4
mpmath.mp.dps = DIGITS


def same(a, b, tolerance):
    if isinstance(a, Row) or isinstance(b, Row):
        if not (isinstance(a, Row) and isinstance(b, Row)):
            raise Shapes('row and column')
        a, b = a.a, b.a
    if is_array(a) != is_array(b):
        if not is_array(a) and a == 0:
            a = each(lambda u: mpf(0), b)
        elif not is_array(b) and b == 0:
            b = each(lambda u: mpf(0), a)
        else:
            raise Shapes('scalar and array')
    if is_array(a) and a.shape != b.shape:
        raise Shapes('shapes')
    return all(abs(x - y) <= tolerance * max(abs(x), abs(y)) + tolerance * mpf('1e-12') for x, y in zip(flat(a), flat(b)))


def at_point(page, left, right, seed, calm, tolerance, small=False, pinned=None):
    """Do the sides agree at this point, for all values of the free indices? None: not defined there. pinned: numbers that names have there."""
    values = Values(Point(page, seed, calm, small, pinned))
    free = sorted(n for n in free_in((left, right)) if n not in page.kind and n not in ('π', 'pi', 'e'))
    ranges = []
    for n in free:
        try:
            size = values.size_by_use(n, (left, right), {})
        except (Undefined, ZeroDivisionError, OverflowError):
            return None
        if size is None:
            raise Unknown('range of free index ' + n)
        ranges.append(size)
    defined = False
    for at in np.ndindex(*ranges) if ranges else [()]:
        scope = dict(zip(free, at))
        try:
            a, b = (mpf(0) if v is ZERO else v for v in (values.evaluate(left, scope), values.evaluate(right, scope)))
        except (Undefined, ZeroDivisionError, OverflowError):
            continue
        if any(isinstance(x, mpmath.mpc) or not mpmath.isfinite(x) for v in (a, b) for x in (flat(v.a) if isinstance(v, Row) else flat(v))):
            continue
        defined = True
        if not same(a, b, tolerance):
            return False
    return True if defined else None


def judge(page, text, points=POINTS, most=40):
    """'true', 'false', 'nowhere' (no point with both sides defined), or raises Unknown."""
    digits = max([DIGITS] + [int(d) * 3 for d in re.findall(r'e-(\d+)', text)])
    mpmath.mp.dps = digits
    try:
        left, right = (Reader(page, t).whole() for t in split_claim(text))
        moving = has_kind(left, 'derivative') or has_kind(right, 'derivative') or any(has_derivative_text(page, n) for n in reach(page, names_in((left, right))))
        expected = has_kind(left, 'expect') or has_kind(right, 'expect')
        pieces = re.search(r'[<>|]|max|min|clip|if |relu|hard', text)  # what differs may lie in one of the pieces
        tolerance = mpf('1e-9') if expected else mpf('1e-25') if moving else mpf(10) ** (30 - digits)
        pinned = {m[1]: mpf(m[2].replace('−', '-')) for m in re.finditer(r'\[(\w+) == ([-−]?\d+)\]', text)}  # [t == 1] differs nowhere else
        enough = points * (6 if not moving or pieces or pinned else 2)
        good = 0
        for seed in range(most):
            if moving and seed % 5 == 4:
                continue  # its values are too large for differences in so many digits
            calm = moving or expected or seed % 3 != 2
            answer = at_point(page, left, right, seed, calm, tolerance, small=expected, pinned=pinned if seed % 3 == 1 else None)
            if answer is False:
                return 'false'
            good += answer is True
            if good >= (2 if expected else enough):
                break
        return 'true' if good else 'nowhere'
    except Shapes:
        return 'shapes'
    except RecursionError:
        raise Unknown('depth')
    finally:
        mpmath.mp.dps = DIGITS


def has_derivative_text(page, name):
    return any('∂' in r or '′' in r for _, r in page.defined.get(name, []))


def main():
    bad = 0
    for path in sys.argv[1:]:
        page = Page(open(path, encoding='utf-8').read())
        for number, text, mark in page.claims:
            want = {'proved': 'true', 'refuted': 'false', 'undecided': 'nowhere'}[mark]
            try:
                got = judge(page, text)
            except Unknown as u:
                got = 'unknown: %s' % u
            if got != want and not (got == 'shapes' and want == 'false'):
                bad += 1
                print('%s:%d: %s, not %s: %s' % (path, number, got, want, text))
    return bad > 0


if __name__ == '__main__':
    sys.exit(main())
