"""A second opinion on claims: reads a page of the language by itself and evaluates both sides of a claim at random points, in 150-digit arithmetic.

Derivatives are differences of the page's definitions with one entry moved (step 1e-30), so nothing here knows a rule of differentiation; nothing is shared with
deltac. Values are mpmath numbers or object arrays; a row is marked. What this reader does not know raises Unknown; what has no value at a point, Undefined."""
import random
import re
import sys

import mpmath
import numpy as np
from mpmath import mpf

DIGITS, STEP, POINTS = 150, mpf('1e-30'), 4
mpmath.mp.dps = DIGITS


class Unknown(Exception):
    pass


class Shapes(Unknown):
    """The two sides, or two operands, have different shapes."""


class Undefined(Exception):
    pass


# --- reading ---
TOKEN = re.compile(r"\s*(→|←|\.\.|<=|>=|==|!=|[0-9]+(?:\.[0-9]+)?(?:e-?[0-9]+)?|Σ|Π|∂|√|π|log1p|expm1|[A-Za-zα-ωϕℓΑ-ΩĀ-ž]+(?:[0-9]+|_(?=[A-Za-z])[A-Za-z]+)*|[½⅓¼¾⅔]|[²³⁴⁵⁶⁷⁸⁹]+|[″‴′]|\|_|\S)")
HIGH = {c: i for i, c in enumerate('⁰¹²³⁴⁵⁶⁷⁸⁹')}
FRACTIONS = {'½': (1, 2), '⅓': (1, 3), '¼': (1, 4), '¾': (3, 4), '⅔': (2, 3)}
WORDS = {'if', 'then', 'else', 'in', 'pad', 'for', 'and', 'or', 'not'}
REDUCE = {'Σ': 'sum', 'Π': 'prod', '∑': 'sum', '∏': 'prod', 'sum': 'sum', 'prod': 'prod', 'max': 'max', 'min': 'min', 'mean': 'mean'}
ARRAYS = {'mean', 'sum', 'prod', 'norm', 'trace', 'diag', 'softmax', 'log_softmax', 'logsumexp', 'max', 'min', 'mean_batch', 'clip', 'hypot', 'elu', 'leaky_relu', 'abs', 'pow', 'dot', 'outer'}
SIZE_WORDS = ('size',)


def tokens(text):
    found, at = [], 0
    while at < len(text):
        m = TOKEN.match(text, at)
        if not m:
            break
        found.append(m[1])
        at = m.end()
    return found


class Reader:
    """An expression as nested tuples, from tokens; `page` tells functions from values."""

    def __init__(self, page, text, names=()):
        self.page, self.t, self.i, self.bars, self.local = page, tokens(text), 0, 0, set(names)

    def peek(self, k=0):
        return self.t[self.i + k] if self.i + k < len(self.t) else None

    def take(self, want=None):
        t = self.peek()
        if t is None or (want and t != want):
            raise Unknown('expected %s at %s' % (want, ' '.join(self.t[self.i:self.i + 4])))
        self.i += 1
        return t

    def maybe(self, t):
        if self.peek() == t:
            self.i += 1
            return True
        return False

    def whole(self):
        e = self.expression()
        if self.peek() is not None:
            raise Unknown('left over: ' + ' '.join(self.t[self.i:]))
        return e

    def condition(self):
        e = self.comparison()
        while self.peek() in ('and', 'or'):
            e = (self.take(), e, self.comparison())
        return e

    def comparison(self):
        e = self.expression()
        if self.peek() in ('<', '>', '<=', '>=', '==', '!=', '≤', '≥', '≠', '='):
            op = {'≤': '<=', '≥': '>=', '≠': '!=', '=': '=='}.get(self.peek(), self.peek())
            self.take()
            return ('compare', op, e, self.expression())
        return e

    def expression(self):
        if self.peek() == 'if':
            self.take()
            c = self.condition()
            self.take('then')
            a = self.expression()
            self.take('else')
            return ('if', c, a, self.expression())
        if self.peek() in ('-', '−', '+'):
            s = self.take()
            e = self.product()
            e = e if s == '+' else ('neg', e)
        else:
            e = self.product()
        while self.peek() in ('+', '-', '−'):
            s = self.take()
            r = self.product()
            e = ('add', e, r if s == '+' else ('neg', r))
        return e

    def ends(self):
        t = self.peek()
        if t in (None, '+', '-', '−', ')', ']', ',', ';', '=', '<', '>', '<=', '>=', '==', '!=', '≤', '≥', '≠', 'then', 'else', 'and', 'or', '}', '..'):
            return True
        return t == '|' and self.bars > 0

    def product(self):
        e = self.factor()
        while not self.ends():
            op = '·'
            if self.peek() in ('/', '⊘') and self.in_sum and self.next_reduces():
                break
            if self.peek() in ('·', '*', '/', '⊙', '⊘'):
                op = self.take()
            e = (op if op != '*' else '·', e, self.factor())
        return e

    in_sum = 0

    def next_reduces(self):
        return self.peek(1) in ('Σ', 'Π')

    def binders(self):
        """_i  _{i,j}  _{i in a..b}  after a reduction sign"""
        names = []
        if not self.maybe('{'):
            return [(self.take(), None, None)]
        while True:
            name, lo, hi = self.take(), None, None
            if self.maybe('in'):
                lo = self.expression()
                self.take('..')
                hi = self.expression()
            elif self.maybe('='):
                raise Unknown('range by =')
            names.append((name, lo, hi))
            if not self.maybe(','):
                break
        self.take('}')
        return names

    def factor(self):
        t = self.peek()
        if t in ('Σ', 'Π') or (t in REDUCE and self.peek(1) == '_' and self.peek(2) == '{'):
            self.take()
            kind = REDUCE[t]
            names = self.binders() if self.maybe('_') else None
            kept, bars = self.local, self.bars
            if names:
                self.local = kept | {n for n, _, _ in names}
            self.in_sum += 1
            if self.peek() in ('-', '−'):
                self.take()
                body = ('neg', self.product())
            else:
                body = self.product()
            self.in_sum -= 1
            self.local = kept
            if names is None:
                return ('all', kind, body)
            for n, lo, hi in reversed(names):
                body = ('reduce', kind, n, lo, hi, body)
            return body
        if t == '∂':
            return self.derivative()
        return self.postfix(self.atom())

    def power_of(self):
        t = self.peek()
        if t and t[0] in HIGH:
            self.take()
            return ('number', str(sum(HIGH[c] * 10 ** k for k, c in enumerate(reversed(t)))))
        if t == '^':
            self.take()
            if self.maybe('('):
                e = self.expression()
                self.take(')')
            elif self.peek() in ('-', '−'):
                self.take()
                e = ('neg', self.atom())
            else:
                if self.peek() == 'T' and 'T' not in self.page.kind:
                    self.take()
                    return 'T'
                e = self.atom()
            inner = self.power_of()
            return ('power', e, inner) if inner else e
        return None

    def postfix(self, e, function=False):
        while True:
            t = self.peek()
            if t == 'ᵀ':
                self.take()
                e = ('transpose', e)
            elif t == '[' and not self.is_condition() and e[0] in ('name', 'call', 'transpose', 'group', 'entry'):
                self.take()
                at = [self.expression()]
                while self.maybe(','):
                    at.append(self.expression())
                self.take(']')
                e = ('entry', e, at)
            elif t and (t[0] in HIGH or t == '^'):
                p = self.power_of()
                e = ('transpose', e) if p == 'T' else ('power', e, p)
            elif t == '|_':
                self.take()
                self.take('{')
                held = []
                while not self.maybe('}'):
                    name = self.take()
                    if self.maybe('='):
                        held.append((name, self.expression()))
                    else:
                        held.append((name, None))
                    self.maybe(',')
                e = ('hold', e, held)
            else:
                return e

    def is_condition(self):
        depth = 0
        for k in range(self.i, len(self.t)):
            depth += {'[': 1, '(': 1, ']': -1, ')': -1}.get(self.t[k], 0)
            if depth == 0:
                return False
            if depth == 1 and self.t[k] in ('<', '>', '<=', '>=', '==', '!='):
                return True
        return False

    def atom(self):
        t = self.take()
        if t == '(':
            kept, self.bars, inside, self.in_sum = self.bars, 0, self.in_sum, 0
            e = self.condition()
            self.take(')')
            self.bars, self.in_sum = kept, inside
            return ('group', e)
        if t == '[':
            self.i -= 1
            if self.is_condition():
                self.take()
                e = self.condition()
                self.take(']')
                return ('truth', e)
            self.take()
            items, stack = [self.expression()], False
            while self.peek() in (',', ';'):
                stack = self.take() == ';'
                items.append(self.expression())
            self.take(']')
            return ('stack' if stack else 'list', items)
        if t == '|':
            self.bars += 1
            inside, self.in_sum = self.in_sum, 0
            e = self.expression()
            self.take('|')
            self.bars -= 1
            self.in_sum = inside
            return ('call', 'abs', 0, [e])
        if t == '√':
            return ('call', 'sqrt', 0, [self.atom_of_root()])
        if t in FRACTIONS:
            return ('fraction', FRACTIONS[t])
        if t[0].isdigit():
            return ('number', t)
        if t in WORDS or not (t[0].isalpha() or t == 'π'):
            raise Unknown('unexpected ' + t)
        if self.page.is_function(t) and t not in self.local:
            return self.call(t)
        return ('name', t)

    def atom_of_root(self):
        e = self.atom()
        return self.postfix(e) if self.peek() == '[' else e

    def call(self, name):
        primes = 0
        while self.peek() in ('′', '″', '‴', "'"):
            primes += {'″': 2, '‴': 3}.get(self.take(), 1)
        if self.maybe('('):
            kept, self.bars, inside, self.in_sum = self.bars, 0, self.in_sum, 0
            arguments = [self.expression()]
            while self.maybe(','):
                arguments.append(self.expression())
            self.take(')')
            self.bars, self.in_sum = kept, inside
            return ('call', name, primes, arguments)
        e = self.factor()
        if not self.ends():
            raise Unknown('a function without parenthesis in the middle of a product')
        return ('call', name, primes, [e])

    def derivative(self):
        self.take('∂')
        order = self.order_of()
        body = None
        if self.peek() != '/':
            body = self.atom()
            while self.peek() in ('[', 'ᵀ') and (self.peek() == 'ᵀ' or not self.is_condition()):
                body = self.postfix_once(body)
        self.take('/')
        variables, count = [], 0
        while count < order:
            self.take('∂')
            v = ('name', self.take())
            if self.peek() == '[':
                v = self.postfix_once(v)
            n = self.order_of()
            variables += [v] * n
            count += n
        if count != order:
            raise Unknown('orders of a derivative')
        if body is None:
            body = self.factor()
        e = body
        for v in reversed(variables):
            e = ('derivative', e, v)
        return self.postfix(e) if self.peek() in ('|_', 'ᵀ', '[', '^') or (self.peek() and self.peek()[0] in HIGH) else e

    def order_of(self):
        t = self.peek()
        if t and t[0] in HIGH and t[0] not in '⁰¹':
            self.take()
            return HIGH[t[0]]
        return 1

    def postfix_once(self, e):
        if self.maybe('ᵀ'):
            return ('transpose', e)
        self.take('[')
        at = [self.expression()]
        while self.maybe(','):
            at.append(self.expression())
        self.take(']')
        return ('entry', e, at)


# --- a page ---
class Page:
    def __init__(self, text):
        self.kind, self.axes, self.pad, self.defined, self.body, self.assumed, self.claims, self.given = {}, {}, {}, {}, {}, [], [], {}
        self.integer, self.size_value, self.noise = {}, {}, {}
        lines = self.families(text.split('\n'))
        for number, line in lines:
            code, _, mark = line.partition('#')
            mark = mark[1:].strip() if mark.startswith('=') else ''
            for part in code.split(';') if '[' not in code else [code]:
                if part.strip():
                    self.statement(part.strip(), number, mark)

    def families(self, lines):
        """Blocks `for l in a..b { … }` written out."""
        out, sizes, i = [], {}, 0
        for line in lines:
            if line.strip().startswith('size '):
                sizes.update((a, int(b)) for a, b in re.findall(r'(\w+) = (\d+)', line))
        numbered = list(enumerate(lines, 1))

        def value(text):
            return eval(re.sub(r'[A-Za-z]\w*', lambda m: str(sizes[m[0]]), text.strip().replace('−', '-')), {'__builtins__': {}})

        def spelled(line):
            return re.sub(r'(\w)\{([^{}]*)\}', lambda m: m[1] + str(value(m[2])), line)
        while i < len(numbered):
            m = re.match(r'\s*for (\w+) in (.+?)\.\.(.+?) \{', numbered[i][1])
            if not m:
                n, line = numbered[i]
                out.append((n, line if line.lstrip().startswith('claim') and '_{' in line or '|_{' in line or '_{' in line else spelled(line) if '{' in line and ' in {' not in line and '∈ {' not in line else line))
                i += 1
                continue
            j = i + 1
            while numbered[j][1].strip() != '}':
                j += 1
            a, b = value(m[2]), value(m[3])
            for k in range(a, b + (1 if b >= a else -1), 1 if b >= a else -1):
                sizes[m[1]] = k
                out += [(n, spelled(line)) for n, line in numbered[i + 1:j]]
            del sizes[m[1]]
            i = j + 1
        return out

    def is_function(self, name):
        return name in self.body or self.kind.get(name) == 'function' or (name not in self.kind and (name in ARRAYS or name in SCALAR))

    def declare(self, word, rest):
        rest = re.sub(r'~.*', '', rest) if word in ('noise', 'param') else rest
        depth, item, items = 0, '', []
        for c in rest + ',':
            depth += {'[': 1, '(': 1, ']': -1, ')': -1}.get(c, 0)
            if c == ',' and depth == 0:
                items.append(item.strip())
                item = ''
            else:
                item += c
        for item in items:
            m = re.match(r'([^\s\[:=(]+)\s*(\([^=]*\))?\s*(?::\s*(int)?)?\s*(\[[^\]]*\])?\s*(?:=\s*(.*))?$', item)
            if not m:
                raise Unknown('declaration ' + item)
            name, arguments, integer, axes, given = m.groups()
            if word == 'function' and given:
                self.body[name] = ([a.strip() for a in arguments[1:-1].split(',')], given)
                continue
            self.kind[name] = word
            if integer:
                self.integer[name] = True
            self.axes[name] = [re.sub(r' pad .*', '', a).strip() for a in axes[1:-1].split(',')] if axes else []
            self.pad[name] = bool(axes and ' pad ' in axes)

    def statement(self, s, number, mark):
        m = re.match(r'(size|variable|input|target|param|hyper|given|function|noise|state)\s+(.*)', s)
        if m:
            return self.declare(m[1], m[2])
        if s.startswith('assume '):
            return self.assumed.append(s[7:])
        if s.startswith('claim '):
            return self.claims.append((number, s[6:], mark or 'proved'))
        if s.startswith(('minimize', 'output', 'metric', 'layout', 'use ', 'optimize')) or '←' in s:
            return None
        m = re.match(r'([^\s\[(=]+)\(([A-Za-z]\w*)\)\s*=\s*(.*)', s)
        if m and m[1] not in SCALAR:
            self.body[m[1]] = ([m[2]], m[3])
            return None
        m = re.match(r'([^\s\[(=]+)\s*(\[[^=]*?\])?\s*:?=\s*(.*)', s)
        if not m:
            raise Unknown('statement ' + s)
        name, at, right = m.groups()
        self.kind.setdefault(name, 'defined')
        self.defined.setdefault(name, []).append((at[1:-1] if at else None, right))
        return None


# --- functions of one scalar ---
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


# --- values at one point ---
class Point:
    """Draws what the page leaves free, in a fixed order from a seed; `calm` avoids 0 and equal values."""

    def __init__(self, page, seed, calm):
        self.page, self.random, self.calm, self.cache = page, random.Random(seed), calm, {}
        self.size, self.functions, self.samples = {}, {}, 2 + seed % 2
        self.box = seed % 5
        self.facts = self.read_facts()

    def read_facts(self):
        facts = {}
        for a in self.page.assumed:
            m = re.match(r'(\S+)\s*(>=|<=|>|<|≥|≤)\s*(-?−?[0-9.]+)$', a)
            if m:
                facts.setdefault(m[1], []).append((m[2], mpf(m[3].replace('−', '-'))))
            elif m := re.match(r'(\S+)\s*=\s*\1ᵀ$', a):
                facts.setdefault(m[1], []).append(('symmetric', 0))
            elif m := re.match(r'Σ_(\w+)\s+(\w+)\[\1\]\s*=\s*1$', a):
                facts.setdefault(m[2], []).append(('sum', 1))
            else:
                raise Unknown('assumption ' + a)
        return facts

    def size_of(self, name):
        if name not in self.size:
            least = max([int(v) + (op == '>') for op, v in self.facts.get(name, []) if op in ('>=', '>', '≥')] + [1])
            self.size[name] = max(least, self.random.randint(1, 7)) if not self.calm else max(least, 2 + (hash_of(name) + self.box) % 2)
        return self.size[name]

    def draw(self, name):
        boxes = ((12, 8), (24, 8), (8, 10), (30, 7), (180, 7))
        top, bottom = boxes[self.box]
        facts = self.facts.get(name, [])
        for _ in range(1000):
            v = mpf(self.random.randint(-top, top)) / bottom
            if not self.calm and self.random.random() < 0.4:
                v = mpf(self.random.choice([-1, 0, 0, 1, 2]))
            if self.calm and (v == 0 or self.random.random() < 0.5):
                v += mpf(self.random.randint(1, 999)) / 1009
            if any(op in ('>', '>=', '≥') and b >= 0 for op, b in facts):
                v = abs(v) + [b for op, b in facts if op in ('>', '>=', '≥')][0]
            if any(op in ('<', '<=', '≤') for op, b in facts) and not any(op in ('>', '>=') for op, b in facts):
                v = -abs(v) + [b for op, b in facts if op in ('<', '<=', '≤')][0]
            if self.box == 2 and not facts:
                v = abs(v) * mpf(self.random.choice([1, 1, 1, -1])) * mpf('0.8')
            tests = {'>': lambda x, y: x > y, '<': lambda x, y: x < y, '>=': lambda x, y: x >= y, '<=': lambda x, y: x <= y, '≥': lambda x, y: x >= y, '≤': lambda x, y: x <= y}
            if all(tests[op](v, b) for op, b in facts if op in tests):
                return v
        raise Unknown('no value for ' + name)

    def leaf(self, name, shape, sample):
        key = (name, sample)
        if key not in self.cache:
            if self.page.integer.get(name):
                bound = 2
                draw = lambda: self.random.randint(0, bound - 1)
            else:
                draw = lambda: self.draw(name)
            if shape:
                a = np.empty(shape, dtype=object)
                for at in np.ndindex(shape):
                    a[at] = draw()
                if any(f[0] == 'symmetric' for f in self.facts.get(name, [])):
                    for at in np.ndindex(shape):
                        a[at[::-1]] = a[at]
                if any(f[0] == 'sum' for f in self.facts.get(name, [])):
                    a[-1] = 1 - sum(list(a[:-1]), mpf(0))
            else:
                a = draw()
            self.cache[key] = a
        return self.cache[key]

    def function(self, name):
        """An abstract function: a random polynomial with a sine, and its derivatives."""
        if name not in self.functions:
            r = random.Random(hash_of(name) * 31 + self.box)
            self.functions[name] = [mpf(r.randint(-9, 9)) / 7 for _ in range(7)], mpf(r.randint(3, 9)) / 5, mpf(r.randint(1, 9)) / 4
        c, w, s = self.functions[name]

        def f(u, k):
            v = mpf(0)
            for i in range(len(c) - 1, k - 1, -1):
                q = one
                for j in range(k):
                    q *= i - j
                v += c[i] * q / 8 ** i * u ** (i - k) if u != 0 or i == k else 0
            return v + s * w ** k * mpmath.sin(w * u + mpmath.pi * k / 2)
        return f


def hash_of(text):
    h = 7
    for c in text:
        h = (h * 131 + ord(c)) % 1000003
    return h


class Values:
    """The page's values at a point, with entries moved and names held."""

    def __init__(self, point, moved=(), held=None, sample=0):
        self.point, self.page, self.moved, self.held, self.sample, self.memo = point, point.page, moved, held or {}, sample, {}

    def with_move(self, move):
        return Values(self.point, self.moved + (move,), self.held, self.sample)

    SAMPLED = ('input', 'target', 'noise')

    def shape(self, name):
        return tuple(int(self.evaluate(Reader(self.page, a).whole(), {})) for a in self.page.axes[name])

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
                value = self.add_moves(name, self.point.leaf(name, self.shape(name), sample))
            self.memo[name] = value
        if self.memo[name] is None:
            raise Unknown('circle at ' + name)
        return self.memo[name]

    def equations(self, name):
        return self.page.defined[name]

    def definition(self, name):
        equations = self.equations(name)
        if len(equations) == 1 and equations[0][0] is None:
            return self.add_moves(name, self.evaluate(Reader(self.page, equations[0][1]).whole(), {}))
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
        return int(self.evaluate(Reader(self.page, text, scope or ()).whole(), scope or {}))

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
                value = self.evaluate(Reader(self.page, right, scope).whole(), scope)
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
                value = self.evaluate(Reader(self.page, right, scope).whole(), scope)
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
            body = Reader(self.page, text, set(parameters)).whole()
            values = [self.evaluate(a, scope) for a in e[3]]

            def at(*v):
                return self.evaluate(body, dict(zip(parameters, v)))
            return each(lambda u: differences(at, u, primes), values[0]) if primes else each(at, *values)
        if self.page.kind.get(name) == 'function':
            f = self.point.function(name)
            return each(lambda u: f(u, primes), self.evaluate(e[3][0], scope))
        if name == 'mean_batch':
            values = []
            for s in range(self.point.samples):
                values.append(Values(self.point, self.moved, self.held, s).evaluate(e[3][0], scope))
            return total('mean', values)
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
        if name == 'norm':
            return mpmath.sqrt(sum((x * x for x in flat(u)), mpf(0)))
        if name == 'trace':
            return sum((u[i, i] for i in range(min(u.shape))), mpf(0)) if is_array(u) and u.ndim == 2 and u.shape[0] == u.shape[1] else self.cannot('trace')
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
        if self.moved:
            self.refuse_kinks(name, v)
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

    def refuse_kinks(self, name, v):
        """Within a derivative a tie has no value: claims hold away from the kinks."""
        if name in ('max', 'min') and len(v) == 2:
            ties = each(lambda a, b: a == b, *v)
        elif name in ('abs', 'relu', 'sign'):
            ties = each(lambda a: a == 0, v[0])
        else:
            return
        if any(flat(ties.a if isinstance(ties, Row) else ties)):
            raise Undefined()

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
        return Values(self.point, self.moved, held, self.sample).evaluate(inner, scope)

    def do_derivative(self, e, scope):
        """Differences with one entry of the variable moved both ways."""
        body, v = e[1], e[2]
        name = v[1] if v[0] == 'name' else v[1][1]
        if name in scope or self.page.kind.get(name) in (None, 'size', 'function') or self.page.integer.get(name):
            raise Unknown('derivative by ' + name)
        if v[0] == 'entry':
            at = tuple(int(self.evaluate(i, scope)) for i in v[2])
            whole = self.page.defined.get(name) and self.equations(name)[0][0] is not None and None
            shape = self.shape_by(name)
            if any(k < 0 or k >= n for k, n in zip(at, shape)):
                raise Unknown('derivative outside')
            places, out_shape = [at + r for r in np.ndindex(shape[len(at):])], shape[len(at):]
            del whole
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


def differences(f, u, k):
    return f(u) if k == 0 else (differences(f, u + STEP, k - 1) - differences(f, u - STEP, k - 1)) / (2 * STEP)


NAMES = {'·': 'times', '⊙': 'entrywise', '/': 'over', '⊘': 'over'}


def mentions(e, name):
    return name in names_in(e)


def names_in(e):
    out, todo = set(), [e]
    while todo:
        x = todo.pop()
        if isinstance(x, tuple) and x and x[0] == 'name':
            out.add(x[1])
        elif isinstance(x, (tuple, list)):
            todo += list(x)
    return out


def split_top(text):
    parts, depth, part = [], 0, ''
    for c in text:
        depth += {'(': 1, '[': 1, ')': -1, ']': -1}.get(c, 0)
        if c == ',' and depth == 0:
            parts.append(part.strip())
            part = ''
        else:
            part += c
    return parts + [part.strip()]


def has_derivative(e):
    todo = [e]
    while todo:
        x = todo.pop()
        if isinstance(x, tuple) and x and (x[0] == 'derivative' or (x[0] == 'call' and x[2] > 0)):
            return True
        if isinstance(x, (tuple, list)):
            todo += [y for y in x if isinstance(y, (tuple, list))]
    return False


def split_claim(text):
    """At the one `=` outside brackets."""
    depth, places, bars = 0, [], text
    for i, c in enumerate(bars):
        depth += {'(': 1, '[': 1, '{': 1, ')': -1, ']': -1, '}': -1}.get(c, 0)
        if c == '=' and depth == 0 and bars[i - 1] not in '<>=!' and bars[i + 1:i + 2] != '=':
            places.append(i)
    if len(places) != 1:
        raise Unknown('not one =')
    return text[:places[0]], text[places[0] + 1:]


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


def at_point(page, left, right, seed, calm, tolerance):
    """Do the sides agree at this point, for all values of the free indices? None: not defined there."""
    values = Values(Point(page, seed, calm))
    free = sorted(n for n in free_in((left, right)) if n not in page.kind and n not in ('π', 'pi', 'e'))
    ranges = []
    for n in free:
        size = values.size_by_use(n, (left, right), {})
        if size is None:
            raise Unknown('range of free index ' + n)
        ranges.append(size)
    defined = False
    for at in np.ndindex(*ranges) if ranges else [()]:
        scope = dict(zip(free, at))
        try:
            a, b = values.evaluate(left, scope), values.evaluate(right, scope)
        except (Undefined, ZeroDivisionError, OverflowError):
            continue
        if any(isinstance(x, mpmath.mpc) or not mpmath.isfinite(x) for v in (a, b) for x in (flat(v.a) if isinstance(v, Row) else flat(v))):
            continue
        defined = True
        if not same(a, b, tolerance):
            return False
    return True if defined else None


def free_in(e):
    """Names that no reduction binds."""
    if isinstance(e, tuple) and e and e[0] == 'name':
        return {e[1]}
    if isinstance(e, tuple) and e and e[0] == 'reduce':
        return (free_in(e[5]) - {e[2]}) | free_in(e[3] or ()) | free_in(e[4] or ())
    if isinstance(e, (tuple, list)):
        return set().union(*[free_in(x) for x in e if isinstance(x, (tuple, list))])
    return set()


def judge(page, text, points=POINTS, most=40):
    """'true', 'false', 'nowhere' (no point with both sides defined), or raises Unknown."""
    digits = max([DIGITS] + [int(d) * 3 for d in re.findall(r'e-(\d+)', text)])
    mpmath.mp.dps = digits
    try:
        left, right = (Reader(page, t).whole() for t in split_claim(text))
        moving = has_derivative(left) or has_derivative(right) or any(has_derivative_text(page, n) for n in reach(page, names_in((left, right))))
        tolerance = mpf('1e-25') if moving else mpf(10) ** (30 - digits)
        good = 0
        for seed in range(most):
            calm = moving or seed % 3 != 2
            answer = at_point(page, left, right, seed, calm, tolerance)
            if answer is False:
                return 'false'
            good += answer is True
            if good >= points * (1 if moving else 6):
                break
        return 'true' if good else 'nowhere'
    except Shapes:
        return 'shapes'
    except RecursionError:
        raise Unknown('depth')
    finally:
        mpmath.mp.dps = DIGITS


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
