"""Functions of scalars, and arrays of numbers: mpmath numbers, object arrays, rows."""
import mpmath
import numpy as np
from mpmath import mpf

from second.reader import Shapes, Undefined, Unknown

ARRAYS = {'mean', 'sum', 'prod', 'norm', 'trace', 'diag', 'softmax', 'log_softmax', 'logsumexp', 'max', 'min', 'argmax', 'argmin', 'mean_batch', 'sum_batch', 'max_batch', 'det', 'inv', 'clip', 'hypot', 'elu', 'leaky_relu', 'abs', 'pow', 'dot', 'outer'}


def real(x):
    if isinstance(x, mpmath.mpc) or not mpmath.isfinite(x):
        raise Undefined()
    return x


def guarded(f, test=lambda u: True):
    def g(u):
        if not test(u):
            raise Undefined()
        return real(f(u))
    return g


def root(u, q):
    return mpmath.root(u, q) if u >= 0 else -mpmath.root(-u, q)


def erfi_like(u):
    return mpmath.erfi(u)


one = mpf(1)
SCALAR = {
    'exp': guarded(mpmath.exp, lambda u: u < 10 ** 6), 'log': guarded(mpmath.log, lambda u: u > 0), 'ln': guarded(mpmath.log, lambda u: u > 0),
    'log2': guarded(lambda u: mpmath.log(u) / mpmath.log(2), lambda u: u > 0), 'log10': guarded(lambda u: mpmath.log(u) / mpmath.log(10), lambda u: u > 0),
    'log1p': guarded(lambda u: mpmath.log(1 + u), lambda u: u > -1), 'expm1': guarded(lambda u: mpmath.exp(u) - 1),
    'sqrt': guarded(mpmath.sqrt, lambda u: u >= 0), 'cbrt': guarded(lambda u: root(u, 3)), 'sin': mpmath.sin, 'cos': mpmath.cos,
    'tan': guarded(mpmath.tan), 'sec': guarded(mpmath.sec), 'csc': guarded(mpmath.csc, lambda u: u != 0), 'cot': guarded(mpmath.cot, lambda u: u != 0),
    'asin': guarded(mpmath.asin, lambda u: abs(u) <= 1), 'acos': guarded(mpmath.acos, lambda u: abs(u) <= 1), 'atan': mpmath.atan,
    'sinh': mpmath.sinh, 'cosh': mpmath.cosh, 'tanh': mpmath.tanh, 'sech': mpmath.sech, 'csch': guarded(mpmath.csch, lambda u: u != 0),
    'coth': guarded(mpmath.coth, lambda u: u != 0), 'asinh': mpmath.asinh, 'acosh': guarded(mpmath.acosh, lambda u: u >= 1), 'atanh': guarded(mpmath.atanh, lambda u: abs(u) < 1),
    'acot': guarded(lambda u: mpmath.atan(1 / u), lambda u: u != 0), 'asec': guarded(lambda u: mpmath.acos(1 / u), lambda u: abs(u) >= 1),
    'acsc': guarded(lambda u: mpmath.asin(1 / u), lambda u: abs(u) >= 1), 'acoth': guarded(lambda u: mpmath.atanh(1 / u), lambda u: abs(u) > 1),
    'asech': guarded(lambda u: mpmath.acosh(1 / u), lambda u: 0 < u <= 1), 'acsch': guarded(lambda u: mpmath.asinh(1 / u), lambda u: u != 0),
    'erf': mpmath.erf, 'erfc': mpmath.erfc, 'erfi': erfi_like, 'lgamma': guarded(lambda u: mpmath.log(abs(mpmath.gamma(u))), lambda u: u > 0 or u != mpmath.floor(u)),
    'digamma': guarded(mpmath.digamma, lambda u: u > 0 or u != mpmath.floor(u)), 'abs': abs, 'sign': lambda u: mpf(mpmath.sign(u)), 'floor': mpmath.floor, 'ceil': mpmath.ceil,
    'sigmoid': lambda u: 1 / (1 + mpmath.exp(-u)), 'logit': guarded(lambda u: mpmath.log(u / (1 - u)), lambda u: 0 < u < 1),
    'softplus': lambda u: mpmath.log(1 + mpmath.exp(u)), 'relu': lambda u: u if u > 0 else mpf(0), 'selu': lambda u: mpf('1.0507009873554804934193349852946') * (u if u > 0 else mpf('1.6732632423543772848170429916717') * (mpmath.exp(u) - 1)),
    'gelu': lambda u: u * (1 + mpmath.erf(u / mpmath.sqrt(2))) / 2, 'silu': lambda u: u / (1 + mpmath.exp(-u)), 'mish': lambda u: u * mpmath.tanh(mpmath.log(1 + mpmath.exp(u))),
    'softsign': lambda u: u / (1 + abs(u)), 'hardtanh': lambda u: max(-one, min(one, u)), 'hardsigmoid': lambda u: max(mpf(0), min(one, u / 6 + one / 2)), 'stop': lambda u: u,
    'logsigmoid': lambda u: -mpmath.log(1 + mpmath.exp(-u)),
}


class Row:
    """A transposed vector."""

    def __init__(self, a):
        self.a = a


class Zero:
    """`h[-1] = 0`: the zero array of whatever shape is wanted."""


ZERO = Zero()


def is_array(x):
    return isinstance(x, np.ndarray)


def each(f, *xs):
    xs = [mpf(0) if x is ZERO else x for x in xs]
    arrays = [x for x in xs if is_array(x)]
    if any(isinstance(x, Row) for x in xs):
        if len(xs) == 1:
            return Row(each(f, xs[0].a))
        if all(isinstance(x, Row) or not is_array(x) for x in xs):
            return Row(each(f, *[x.a if isinstance(x, Row) else x for x in xs]))
        raise Shapes('row and column')
    if not arrays:
        return f(*xs)
    if any(a.shape != arrays[0].shape for a in arrays):
        raise Shapes('shapes')
    out = np.empty(arrays[0].shape, dtype=object)
    for at in np.ndindex(out.shape):
        out[at] = f(*[x[at] if is_array(x) else x for x in xs])
    return out


def divide(a, b):
    if b == 0:
        raise Undefined()
    return a / b


def flat(x):
    return list(x.flat) if is_array(x) else [x]


def total(kind, values):
    if kind in ('sum', 'mean'):
        out = values[0] if values else mpf(0)
        for v in values[1:]:
            out = add(out, v)
        return each(lambda u: u / len(values), out) if kind == 'mean' else out
    out = values[0] if values else one
    for v in values[1:]:
        out = each({'prod': lambda a, b: a * b, 'max': max, 'min': min}[kind], out, v)
    return out


def add(a, b):
    if a is ZERO or b is ZERO:
        return b if a is ZERO else a
    return each(lambda x, y: x + y, a, b)


def times(a, b):
    """Scalars scale; else the last axis of a is contracted with the first of b; column times row is the outer product."""
    if a is ZERO or b is ZERO:
        return ZERO
    if not isinstance(a, (Row, np.ndarray)) or not isinstance(b, (Row, np.ndarray)):
        return each(lambda x, y: x * y, a, b)
    if isinstance(a, Row):
        if isinstance(b, Row):
            raise Unknown('two rows')
        r = np.dot(a.a, b)
        return r if b.ndim == 1 else Row(r)
    if isinstance(b, Row):
        if a.ndim != 1:
            raise Unknown('matrix times row')
        return np.outer(a, b.a)
    if a.ndim == 1 and b.ndim > 1:
        raise Unknown('column times matrix')
    if a.shape[-1] != b.shape[0]:
        raise Shapes('shapes')
    return np.dot(a, b)
