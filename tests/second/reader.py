"""Expressions of the language as nested tuples."""
import re


class Unknown(Exception):
    pass


class Shapes(Unknown):
    """The two sides, or two operands, have different shapes."""


class Undefined(Exception):
    pass


TOKEN = re.compile(r"\s*(→|←|\.\.|<=|>=|==|!=|[0-9]+(?:\.[0-9]+)?(?:e-?[0-9]+)?|Σ|Π|∂|√|π|log1p|expm1|[A-Za-zα-ωϕℓΑ-ΩĀ-ž]+(?:[0-9]+|_(?=[A-Za-z])[A-Za-z]+)*|[½⅓¼¾⅔]|[²³⁴⁵⁶⁷⁸⁹]+|[″‴′]|\|_|\S)")
HIGH = {c: i for i, c in enumerate('⁰¹²³⁴⁵⁶⁷⁸⁹')}
FRACTIONS = {'½': (1, 2), '⅓': (1, 3), '¼': (1, 4), '¾': (3, 4), '⅔': (2, 3)}
WORDS = {'if', 'then', 'else', 'in', 'pad', 'for', 'and', 'or', 'not'}
REDUCE = {'Σ': 'sum', 'Π': 'prod', '∑': 'sum', '∏': 'prod', 'sum': 'sum', 'prod': 'prod', 'max': 'max', 'min': 'min', 'mean': 'mean'}


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
                lo = self.expression()
                self.take('}')
                self.take('^')
                return names + [(name, lo, self.upper_end())]
            names.append((name, lo, hi))
            if not self.maybe(','):
                break
        self.take('}')
        return names

    def upper_end(self):
        if not self.maybe('{'):
            return self.atom()
        hi = self.expression()
        self.take('}')
        return hi

    def factor(self):
        t = self.peek()
        if t in ('Σ', 'Π') or (t in REDUCE and self.peek(1) == '_' and self.peek(2) == '{'):
            self.take()
            kind = REDUCE[t]
            names = self.binders() if self.maybe('_') else None
            kept = self.local
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
        if t == 'E' and 'E' not in self.page.kind and self.peek() == '(':
            return ('expect', self.atom())
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


def has_kind(e, kind):
    """Is there such a node? A function with primes counts as a derivative."""
    todo = [e]
    while todo:
        x = todo.pop()
        if isinstance(x, tuple) and x and (x[0] == kind or (kind == 'derivative' and x[0] == 'call' and x[2] > 0)):
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


def free_in(e):
    """Names that no reduction binds."""
    if isinstance(e, tuple) and e and e[0] == 'name':
        return {e[1]}
    if isinstance(e, tuple) and e and e[0] == 'reduce':
        return (free_in(e[5]) - {e[2]}) | free_in(e[3] or ()) | free_in(e[4] or ())
    if isinstance(e, (tuple, list)):
        return set().union(*[free_in(x) for x in e if isinstance(x, (tuple, list))])
    return set()
