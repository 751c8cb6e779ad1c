"""A random point: what the page leaves free."""
import random
import re

import mpmath
import numpy as np
from mpmath import mpf

from second.numbers import one
from second.reader import Unknown


class Point:
    """Draws what the page leaves free, in a fixed order from a seed; `calm` avoids 0 and equal values."""

    def __init__(self, page, seed, calm, small=False, pinned=None):
        self.pinned = pinned or {}
        self.page, self.random, self.calm, self.cache = page, random.Random(seed), calm, {}
        self.size, self.functions, self.samples = {}, {}, 2 + seed % 2
        self.seed, self.box, self.small = seed, seed % 5, small
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
        if name in self.page.fixed:
            return self.page.fixed[name]
        if name not in self.size:
            least = max([int(v) + (op == '>') for op, v in self.facts.get(name, []) if op in ('>=', '>', '≥')] + [1])
            place = 1 + sorted(n for n, kind in self.page.kind.items() if kind == 'size').index(name)
            small = 2 + (place >> self.seed % 3 & 1)  # at three points in a row no two sizes are always equal
            self.size[name] = max(least, small if self.calm else self.random.randint(1, 7))
        return self.size[name]

    def draw(self, name):
        boxes = ((12, 8), (24, 8), (8, 10), (30, 7), (180, 7))
        top, bottom = boxes[self.box]
        facts = self.facts.get(name, [])
        tests = {'>': lambda x, y: x > y, '<': lambda x, y: x < y, '>=': lambda x, y: x >= y, '<=': lambda x, y: x <= y, '≥': lambda x, y: x >= y, '≤': lambda x, y: x <= y}
        allowed = lambda v: all(tests[op](v, b) for op, b in facts if op in tests)
        if name in self.pinned and allowed(self.pinned[name]):
            return self.pinned[name]
        for _ in range(1000):
            v = mpf(self.random.randint(-top, top)) / bottom
            if self.small:
                v = mpf(self.random.randint(-9, 9)) / 11
            if not self.calm and self.random.random() < 0.4:
                v = mpf(self.random.choice([-1, 0, 0, 1, 2]))
            if self.calm and (v == 0 or self.random.random() < 0.5):
                v += mpf(self.random.randint(1, 999)) / (4036 if self.small else 1009)
            if any(op in ('>', '>=', '≥') and b >= 0 for op, b in facts):
                v = abs(v) + [b for op, b in facts if op in ('>', '>=', '≥')][0]
            if any(op in ('<', '<=', '≤') for op, b in facts) and not any(op in ('>', '>=') for op, b in facts):
                v = -abs(v) + [b for op, b in facts if op in ('<', '<=', '≤')][0]
            if self.box == 2 and not facts:
                v = abs(v) * mpf(self.random.choice([1, 1, 1, -1])) * mpf('0.8')
            if allowed(v):
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
