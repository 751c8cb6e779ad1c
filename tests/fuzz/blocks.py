"""Random pages over sizes without a value, written twice: as a page and in numpy. The gradient of one and the same program is compared for many values of the sizes,
around the ends of blocks (gen/lower/block.c), with derivatives by complex steps: at single entries, and along a random direction. Recurrences over a free number of
steps make arrays whose steps lie in one place (drop.c), and sums over the steps that join a sweep (merge.c).
blocks.py DELTAC BUILD FOLDER COUNT SEED [ONE]"""
import ctypes
import os
import subprocess
import sys

import numpy as np

deltac, build, folder, count, seed = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]), int(sys.argv[5])
ROOT = os.environ.get('ROOT') or os.path.abspath(os.path.join(os.path.dirname(__file__), '..', '..'))
CC = os.environ.get('CC', 'cc').split()
H, K, TOLERANCE = 1e-30, 3, 1e-9
SEEDED = ['drop', 'drop order', 'block', 'jam', 'join', 'split', 'lend']  # errors that a program with seeded errors has, one at a time: some page must see each
LENGTHS, STEPS = [1, 2, 7, 31, 32, 33, 64, 511, 1023, 1024, 1025, 2049, 4097], [1, 2, 5, 13]
STUB = '''#include "suite.h"
const char *const model_sizes = "", *const model_output = 0;
double model_objective(void) { return 0; }
void model_gradient(void) { }
void model_prepare(const char *name, double *values, ptrdiff_t count) { (void)name, (void)values, (void)count; }
'''
ELEMENTWISE = [('tanh({u})', np.tanh), ('sin({u})', np.sin), ('exp(−{u}²)', lambda a: np.exp(-a * a)), ('atan({u})', np.arctan), ('{u}²/(1 + {u}²)', lambda a: a * a / (1 + a * a)),
               ('sigmoid({u})', lambda a: 1 / (1 + np.exp(-a))), ('relu({u})', lambda a: np.where(a.real > 0, a, 0)), ('√(1 + {u}²)', lambda a: np.sqrt(1 + a * a))]
PAIRS = [('{u} + {v}', lambda a, b: a + b), ('{u} − ½ {v}', lambda a, b: a - b / 2), ('({u}) ({v})', lambda a, b: a * b), ('{u}/(2 + ({v})²)', lambda a, b: a / (2 + b * b)),
         ('sin({u}) ({v})', lambda a, b: np.sin(a) * b), ('max({u}, {v})', lambda a, b: np.where(a.real > b.real, a, b))]


class Page:
    """names: of each its axes ('s': n long, 'k': 3, 't': steps); run: the same in numpy. Arrays have the axes k, t, s in this order."""

    def __init__(self, draw):
        self.draw, self.lines, self.run = draw, [], []
        self.axes, self.params, self.uses = {}, {'a': 's', 'b': 's', 'm': 'k', 'c': ''}, {}
        for name, axes in {**self.params, 'x': 's', 'z': 's'}.items():
            self.axes[name] = axes

    def pick(self, things):
        return things[self.draw.integers(len(things))]

    def add(self, name, axes, lines, function):
        self.axes[name] = axes
        self.lines += lines
        self.run.append((name, function))

    def name(self):
        return 'v%d' % len(self.axes)

    def entry(self, name):
        return name + ('[%s]' % ','.join(self.axes[name]) if self.axes[name] else '')

    def operand(self, axes):
        """A name whose axes are among these; new ones are preferred. The text, and numpy's value with axes of length 1 where it has none."""
        found = [n for n, a in self.axes.items() if set(a) <= set(axes)]
        fresh = [n for n in found if not self.uses.get(n)]
        name = self.pick(fresh if fresh and self.draw.random() < 0.6 else found)
        self.uses[name] = 1
        own = self.axes[name]
        index = tuple(slice(None) if a in own else None for a in axes)
        return self.entry(name), lambda e: e[name][index]

    def term(self, axes):
        text, value = self.operand(axes)
        if self.draw.random() < 0.6:
            shape, f = self.pick(ELEMENTWISE)
            text, value = shape.format(u=text), (lambda e, f=f, value=value: f(value(e)))
        return text, value

    def expression(self, axes):
        (u, p), (v, q) = self.term(axes), self.term(axes)
        shape, f = self.pick(PAIRS)
        return shape.format(u=u, v=v), lambda e: f(p(e), q(e))

    def ranges(self, axes):
        return {'k': 'k in 0..2', 's': 's in 0..n-1', 't': 't in 0..T-1'}[axes]

    def left(self, name, axes):
        return name + ('[%s]' % ', '.join(self.ranges(a) for a in axes) if axes else '')

    def elementwise(self):
        name, axes = self.name(), self.pick(['s', 's', 'ks', 'ks', 'k'])
        text, f = self.expression(axes)
        sizes = axes
        self.add(name, axes, ['%s = %s' % (self.left(name, axes), text)], lambda e: f(e) + np.zeros([len(e[':' + a]) for a in sizes]))

    def total(self):
        """Over the long range, or over the short one"""
        name, over = self.name(), self.pick(['s', 's', 'k'])
        axes = self.pick(['', 'k']) if over == 's' else self.pick(['s', ''])
        whole = ''.join(a for a in 'ks' if a in axes or a == over)
        text, f = self.expression(whole)
        at = whole.index(over)
        mean = '/n' if over == 's' else ''
        self.add(name, axes, ['%s = (Σ_{%s} (%s))%s' % (self.left(name, axes), self.ranges(over), text, mean)],
                 lambda e: (f(e) + np.zeros([len(e[':' + a]) for a in whole])).sum(at) / (len(e[':s']) if mean else 1))

    def extreme(self):
        name = self.name()
        text, f = self.expression('ks')
        self.add(name, 's', ['%s = logsumexp_{k in 0..2} (%s)' % (self.left(name, 's'), text)],
                 lambda e: np.log(np.exp(f(e) + np.zeros((K, len(e[':s'])))).sum(0)))

    def neighbours(self):
        name = self.name()
        (u, p), (v, q) = self.operand('s'), self.operand('s')
        back = v.replace('[s]', '[s-1]')

        def run(e):
            a, b = p(e) + np.zeros(len(e[':s'])), q(e) + np.zeros(len(e[':s']))
            return np.concatenate([a[:1], np.tanh(a[1:]) * b[:-1]])
        self.add(name, 's', ['%s[0] = %s' % (name, u.replace('[s]', '[0]')), '%s[s in 1..n-1] = tanh(%s) %s' % (name, u, back)], run)

    def recurrence(self):
        """y[t] of y[t−1], of its neighbour in the row or not; its steps are read as a sum, or its last one is."""
        name, stage = self.name(), 'k%d' % len(self.axes)
        (u, p), (v, q) = self.operand('s'), self.operand('s')
        (f_text, f), kind = self.pick(ELEMENTWISE[:4]), self.pick(['plain', 'neighbour', 'stage', 'shift'])
        reads = self.pick(['last', 'steps'])
        if kind == 'shift':  # a start nobody differentiates by: the adjoint's steps may lie in one place, but for the neighbour's entry
            u, p = 'x[s]', lambda e: e['x']
        lines = ['%s[0, s in 0..n-1] = %s' % (name, u)]
        if kind == 'plain':
            lines.append('%s[t in 1..T, s in 0..n-1] = %s + ½ %s' % (name, f_text.format(u='(%s[t-1, s] %s)' % (name, v)), u))
        elif kind == 'shift':
            lines += ['%s[t in 1..T, 0] = ½ %s[t-1, 0]' % (name, name),
                      '%s[t in 1..T, s in 1..n-1] = ½ %s[t-1, s] + %s' % (name, name, f_text.format(u='(%s %s[t-1, s-1])' % (v, name)))]
        else:
            lines += ['%s[t in 0..T-1, 0] = %s' % (stage, v.replace('[s]', '[0]')),
                      '%s[t in 0..T-1, s in 1..n-1] = %s' % (stage, f_text.format(u='(%s %s[t, s-1])' % (v, name))),
                      '%s[t in 1..T, s in 0..n-1] = ½ %s[t-1, s] + %s[t-1, s]/T' % (name, name, stage)]
            if kind == 'stage':
                second = stage + 'b'
                lines[-1:] = ['%s[t in 0..T-1, 0] = 0' % second, '%s[t in 0..T-1, s in 1..n-1] = %s (%s[t, s-1] + %s[t, s-1])' % (second, v, stage, name),
                              '%s[t in 1..T, s in 0..n-1] = ½ %s[t-1, s] + (%s[t-1, s] − %s[t-1, s])/T' % (name, name, stage, second)]

        def run(e):
            n, steps = len(e[':s']), len(e[':t'])
            a, b = p(e) + np.zeros(n, complex), q(e) + np.zeros(n, complex)
            y = [a]
            for _ in range(steps):
                if kind == 'plain':
                    y.append(f(y[-1] * b) + a / 2)
                    continue
                if kind == 'shift':
                    y.append(y[-1] / 2 + np.concatenate([[0], f(b[1:] * y[-1][:-1])]))
                    continue
                slope = np.concatenate([b[:1], f(b[1:] * y[-1][:-1])])
                second = np.concatenate([[0], b[1:] * (slope[:-1] + y[-1][:-1])]) if kind == 'stage' else 0
                y.append(y[-1] / 2 + (slope - second) / steps)
            e['_' + name] = np.array(y)
            return y[-1] if reads == 'last' else np.array(y[1:]).sum(0) / steps
        end = name + 'e'
        lines.append('%s[s in 0..n-1] = %s' % (end, '%s[T, s]' % name if reads == 'last' else '(Σ_{t in 1..T} %s[t, s])/T' % name))
        self.add(end, 's', lines, run)

    def text(self):
        for _ in range(self.draw.integers(6, 11)):
            self.pick([self.elementwise, self.elementwise, self.total, self.extreme, self.neighbours, self.recurrence])()
        parts, values = [], []
        for name, axes in self.axes.items():
            if (name.startswith('v') and not self.uses.get(name)) or name in 'abmc':
                parts.append({'': '({0})²', 's': '(Σ_{{s in 0..n-1}} sin({0}))/n', 'k': 'Σ_{{k in 0..2}} {0}²', 'ks': '(Σ_{{k in 0..2}} Σ_{{s in 0..n-1}} {0}²)/n'}[axes].format(self.entry(name)))
                values.append((name, axes))

        def cost(e):
            whole = 0
            for name, axes in values:
                v = e[name]
                whole = whole + (v * v if axes == '' else np.sin(v).sum() / len(e[':s']) if axes == 's' else (v * v).sum() / (len(e[':s']) if 's' in axes else 1))
            return whole
        self.run.append(('C', cost))
        head = ['size n, T', 'given x[n], z[n]', 'param a[n], b[n], m[3], c']
        return '\n'.join(head + self.lines + ['C = ' + ' + '.join(parts), 'minimize C', 'optimize with sgd(η = 0.1)']) + '\n'

    def value(self, values, n, steps):
        e = dict(values, **{':s': range(n), ':k': range(K), ':t': range(steps)})
        for name, function in self.run:
            e[name] = function(e)
        return e['C']


def compiled(page, number, seeded):
    path = '%s/b%d%s' % (folder, number, seeded)
    os.makedirs(path, exist_ok=True)
    with open(path + '/page.delta', 'w') as f:
        f.write(page)
    with open(path + '/stub.c', 'w') as f:
        f.write(STUB)
    with open(build + '/libdelta.link') as f:
        link = f.read().split()
    program = os.path.join(build, 'break', 'deltac') if seeded else deltac
    done = subprocess.run([program, 'emit', path + '/page.delta', '-o', path], env=dict(os.environ, DELTAC_BREAK=seeded), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode:
        return None, done.stdout
    done = subprocess.run([*CC, '-O2', '-std=gnu11', '-ffp-contract=off', '-fno-math-errno', '-fno-trapping-math', '-fPIC', '-shared', '-DMODEL=page_model', '-I' + build + '/include',
                           '-I' + ROOT + '/bench/derivatives', '-I' + path, ROOT + '/bench/derivatives/measure.c', path + '/stub.c', path + '/page.c', build + '/libdelta.a', '-o',
                           path + '/page.so', '-lz', '-lm', *link], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode:
        return None, done.stdout
    library = ctypes.CDLL(path + '/page.so')
    doubles = ctypes.POINTER(ctypes.c_double)
    for name, result in (('values', doubles), ('result', doubles), ('count', ctypes.c_ssize_t), ('cost', ctypes.c_double)):
        getattr(library, 'suite_' + name).restype = result
    return library, ''


def compare(library, page, n, steps, draw):
    """What is wrong; '' if nothing is."""
    words = [b'n=%d' % n, b'T=%d' % steps]
    if library.suite_begin(2, (ctypes.c_char_p * 2)(*words)) != 0:
        return 'the program cannot be started'
    values = {name: draw.uniform(-1, 1, {'s': (n,), 'k': (K,), '': ()}[page.axes[name]]) for name in ('a', 'b', 'm', 'c', 'x', 'z')}
    for name, v in values.items():
        if name in 'xz' and not any(name + '[' in line for line in page.lines):
            continue  # nobody reads it, and the program has no place for it
        at = library.suite_values(name.encode())
        ctypes.memmove(at, np.ascontiguousarray(v).ctypes.data, 8 * v.size)
    library.suite_run()
    for name in page.params:
        size = values[name].size
        got = np.array(library.suite_result(name.encode())[0:size])
        directions = [np.eye(1, size, k)[0] for k in sorted({0, 1, size // 2, 1023, 1024, size - 2, size - 1} & set(range(size)))] + [draw.uniform(-1, 1, size)]
        for v in directions:
            moved = dict(values)
            moved[name] = values[name] + 1j * H * v.reshape(values[name].shape)
            wanted, found = page.value(moved, n, steps).imag / H, got @ v
            if not abs(found - wanted) <= TOLERANCE * (abs(wanted) + 1e-3 * np.abs(got * v).sum() + 1e-9):
                return 'n = %d, T = %d: ∂C/∂%s %s is %.15g, by complex steps %.15g' % (n, steps, name, 'at %d' % np.argmax(v) if np.count_nonzero(v) == 1 else 'along a direction', found, wanted)
    cost = library.suite_cost()
    wanted = page.value(values, n, steps).real
    return '' if abs(cost - wanted) <= TOLERANCE * (abs(wanted) + 1) else 'n = %d: C is %.15g, in numpy %.15g' % (n, cost, wanted)


def check(number, seeded=''):
    """The page, what is wrong, and the program's text"""
    draw = np.random.default_rng([seed, number])
    page = Page(draw)
    text = page.text()
    library, problem = compiled(text, number, seeded)
    lengths = LENGTHS if len(sys.argv) > 6 else sorted({1, 2, *draw.choice(LENGTHS, 5, replace=False)})
    for n in lengths if library else []:
        problem = problem or compare(library, page, int(n), page.pick(STEPS), draw)
    with open('%s/b%d%s/page.c' % (folder, number, seeded)) as f:
        return text, problem, f.read()


failed = blocked = dropped = 0
for number in [int(sys.argv[6])] if len(sys.argv) > 6 else range(count):
    text, problem, c = check(number)
    blocked += 'take_block' in c
    dropped += 'apart * ' in c
    if problem:
        failed += 1
        print('# page %d of seed %d\n%s\n# %s' % (number, seed, text, problem.strip().replace('\n', '\n# ')))
print('# %d of %d pages in blocks, %d with steps in one place' % (blocked, count, dropped))
used = blocked and dropped or len(sys.argv) > 6
print(('ok ' if not failed and used else 'not ok ') + 'random pages over free sizes' + ('' if used else ': no page was in blocks, or none had steps in one place'))
if not os.access(os.path.join(build, 'break', 'deltac'), os.X_OK):
    print('SKIP seeded no program with seeded errors: make build/break/deltac')
else:
    for name in SEEDED:
        print(('ok ' if any(' by complex steps ' in check(number, name)[1] for number in range(12)) else 'not ok ') + 'seeded:' + name)
