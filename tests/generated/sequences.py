"""Clipping, averaged weights, sequences of optimizers and lbfgs: loss curves and final weights equal references written here in plain Python, on the network and data
of optimizers.py. The direction of lbfgs is taken from the matrix that its pairs make of a multiple of the identity (Nocedal and Wright, 7.16), not from the two loops."""
import math
import os
import struct
import subprocess
import tempfile
import zipfile

import optimizers as base

STEPS = 50
worst_allowed = 1e-5


def norm(g):
    return math.sqrt(sum(d * d for d in g))


def clipped(rule, most):
    def step(p, g, t, s, **settings):
        scale = min(1, most / norm(g))
        s['clipped'] = s.get('clipped', 0) + (scale < 1)
        return rule(p, [scale * d for d in g], t, s, **settings)
    return step


def curve(rules, steps=STEPS):
    """Losses before each step and all weights; rules: (rule, settings, steps or None), each with memory of its own."""
    p, losses, path, t = sum(base.START.values(), []), [], [], 0
    for rule, settings, count in rules:
        memory = {}
        for k in range(count or steps - t):
            loss, g = base.loss_and_gradient(p, t)
            losses.append(loss)
            p = rule(p, g, k + 1, memory, **settings)
            path.append(p)
            t += 1
    return losses, path, memory


def full(p):
    """Mean loss and gradient over all rows"""
    total, g = 0.0, [0.0] * len(p)
    for begin in range(3):
        loss, part = base.loss_and_gradient(p, begin)
        rows = len(base.DATA[begin * base.BATCH:(begin + 1) * base.BATCH])
        total += rows * loss
        g = [a + rows * b for a, b in zip(g, part)]
    return total / len(base.DATA), [a / len(base.DATA) for a in g]


def dot(a, b):
    return sum(x * y for x, y in zip(a, b))


def direction(pairs, g):
    n = len(g)
    scale = dot(*pairs[-1]) / dot(pairs[-1][1], pairs[-1][1]) if pairs else 1.0
    h = [[scale if i == j else 0.0 for j in range(n)] for i in range(n)]
    for s, y in pairs:
        rho = 1 / dot(s, y)
        v = [[(i == j) - rho * y[i] * s[j] for j in range(n)] for i in range(n)]
        hv = [[dot(h[i], [v[k][j] for k in range(n)]) for j in range(n)] for i in range(n)]
        h = [[dot([v[k][i] for k in range(n)], [hv[k][j] for k in range(n)]) + rho * s[i] * s[j] for j in range(n)] for i in range(n)]
    return [-dot(row, g) for row in h]


class Line:
    """Strong Wolfe conditions: algorithms 3.5 and 3.6 with the cubic (3.59), the middle when that is not within 5 % to 95 %."""

    def __init__(self, p, d, f, g):
        self.p, self.d, self.f, self.slope = p, d, f, dot(g, d)

    def at(self, t):
        f, g = full([a + t * b for a, b in zip(self.p, self.d)])
        return t, f, dot(g, self.d), g

    def low(self, x):
        return x[1] <= self.f + 1e-4 * x[0] * self.slope

    def flat(self, x):
        return abs(x[2]) <= -0.9 * self.slope

    @staticmethod
    def cubic(a, b):
        d1 = a[2] + b[2] - 3 * (a[1] - b[1]) / (a[0] - b[0])
        square = d1 * d1 - a[2] * b[2]
        if square < 0:
            return (a[0] + b[0]) / 2
        d2 = math.copysign(math.sqrt(square), b[0] - a[0])
        t = b[0] - (b[0] - a[0]) * (b[2] + d2 - d1) / (b[2] - a[2] + 2 * d2)
        return t if 0.05 < (t - a[0]) / (b[0] - a[0]) < 0.95 else (a[0] + b[0]) / 2

    def zoom(self, low, high):
        while True:
            x = self.at(self.cubic(low, high))
            if not self.low(x) or x[1] >= low[1]:
                high = x
                continue
            if self.flat(x):
                return x
            if x[2] * (high[0] - low[0]) >= 0:
                high = low
            low = x

    def search(self, t):
        before, first = (0.0, self.f, self.slope), True
        while True:
            x = self.at(t)
            if not self.low(x) or (not first and x[1] >= before[1]):
                return self.zoom(before, x)
            if self.flat(x):
                return x
            if x[2] >= 0:
                return self.zoom(x, before)
            before, first, t = x, False, 2 * t


def lbfgs(p, count, m):
    losses, pairs = [], []
    for _ in range(count):
        f, g = full(p)
        losses.append(f)
        d = direction(pairs, g)
        t, _, _, after = Line(p, d, f, g).search(1.0 if pairs else min(1.0, 1 / sum(abs(x) for x in g)))
        step = [t * x for x in d]
        pairs = (pairs + [(step, [a - b for a, b in zip(after, g)])])[-m:]
        p = [a + b for a, b in zip(p, step)]
    return losses, p


def weights(folder):
    """Parameters w, b, v, c in this order, from an npz of doubles"""
    values = []
    with zipfile.ZipFile(os.path.join(folder, 'w.npz')) as archive:
        for name in 'wbvc':
            data = archive.read(name + '.npy')
            values += [x[0] for x in struct.iter_unpack('<d', data[10 + struct.unpack('<H', data[8:10])[0]:])]
    return values


def report(name, problem):
    print(('    %s\n' % problem if problem else '') + '%s %s' % ('not ok' if problem else 'ok', name), flush=True)


def differs(got, wanted, what):
    if got is None or len(got) != len(wanted):
        return '%s: %s instead of %d numbers' % (what, got and len(got), len(wanted))
    worst = max(range(len(wanted)), key=lambda i: abs(got[i] - wanted[i]))
    if abs(got[worst] - wanted[worst]) < worst_allowed:
        return ''
    return '%s, number %d: %.12g, reference %.12g' % (what, worst + 1, got[worst], wanted[worst])


def compare(folder, name, optimizer, losses, final=None, options=(), key='loss'):
    got, said = base.trained(folder, optimizer, ['--weights', os.path.join(folder, 'w.npz'), *options], key)
    problem = said or differs(got, losses, key)
    if not problem and final:
        problem = differs(weights(folder), final, 'weights')
    report(name, problem)


def clip(folder):
    for text, rule, most in (('sgd(η = 0.2, clip = 0.4)', base.sgd, 0.4), ('momentum(η = 0.05, clip = 0.3)', base.momentum, 0.3), ('adam(η = 0.05, clip = 0.2)', base.adam, 0.2)):
        losses, path, memory = curve([(clipped(rule, most), {'eta': 0.2 if rule is base.sgd else 0.05}, None)])
        if not 0 < memory['clipped'] < STEPS:
            report('clip ' + text, 'the reference clips %d of %d steps: too easy' % (memory['clipped'], STEPS))
            continue
        compare(folder, 'clip ' + text, text, losses, path[-1])
    losses, path, _ = curve([(clipped(base.sgd, 0.3), {'eta': 0.2}, None)])
    compare(folder, 'clip changed by --set', 'sgd(η = 0.2, clip = 0.4)', losses, path[-1], ['--set', 'sgd.clip=0.3'])


def averages(folder):
    _, path, _ = curve([(base.sgd, {'eta': 0.2}, None)])
    mean, shown = None, []
    for p in path:
        mean = p if mean is None else [0.9 * a + 0.1 * b for a, b in zip(mean, p)]
        shown.append(full(mean)[0])
    data = os.path.join(folder, 'data.csv')
    compare(folder, 'average ema(0.9)', 'sgd(η = 0.2)', shown, mean, ['--average', 'ema(0.9)', '--valid', data], 'valid_loss')
    tail = [[sum(column) / len(column) for column in zip(*path[12:t])] if t > 12 else path[t - 1] for t in range(1, STEPS + 1)]
    compare(folder, 'average mean(4 epochs)', 'sgd(η = 0.2)', [full(p)[0] for p in tail], tail[-1], ['--average', 'mean(4 epochs)', '--valid', data], 'valid_loss')


def sequences(folder):
    losses, path, _ = curve([(base.momentum, {}, 20), (base.adam, {'eta': 0.01}, None)])
    compare(folder, 'sequence of momentum and adam', 'momentum for 20 steps then adam(η = 0.01)', losses, path[-1])
    losses, path, _ = curve([(base.adam, {'eta': 0.02}, 15), (base.sgd, {'eta': 0.1}, 10), (base.adam, {}, None)])
    compare(folder, 'sequence of three, adam twice', 'adam(η = 0.02) for 15 steps then sgd(η = 0.1) for 10 steps then adam', losses, path[-1])


def quasi_newton(folder):
    losses, p = lbfgs(sum(base.START.values(), []), STEPS, 10)
    compare(folder, 'lbfgs', 'lbfgs', losses, None)
    losses, p = lbfgs(sum(base.START.values(), []), 15, 3)
    compare(folder, 'lbfgs, three pairs', 'lbfgs(m = 3)', losses, p, ['--steps', '15'])
    losses, path, _ = curve([(base.adam, {'eta': 0.02}, 30)])
    compare(folder, 'adam, then lbfgs', 'adam(η = 0.02) for 30 steps then lbfgs', losses + lbfgs(path[-1], 20, 10)[0])


def exact(folder):
    """A quadratic's minimum in closed form, and Rosenbrock's valley."""
    page = os.path.join(folder, 'valley.delta')
    with open(page, 'w', encoding='utf-8') as out:
        out.write('param x = -1.2, y = 1\nC = (1 − x)² + 100(y − x²)²\nminimize C\noptimize with lbfgs\n')
    ran = subprocess.run([base.DELTAC, 'train', page], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=600)
    report('lbfgs in the valley of Rosenbrock', '' if ran.stdout.rstrip().endswith('x = 1, y = 1') and len(ran.stdout.splitlines()) < 60 else ran.stdout)
    page = os.path.join(folder, 'line.delta')
    with open(page, 'w', encoding='utf-8') as out:
        out.write('input x\ntarget y\nparam w, b\nC = ½(w x + b − y)²\nminimize C\noptimize with lbfgs(ε = 1e-12)\n')
    ran = subprocess.run([base.DELTAC, 'train', page, '--data', os.path.join(folder, 'data.csv'), '-q', '--weights', os.path.join(folder, 'w.npz')], timeout=600)
    mean_x, mean_y = (sum(row[i] for row in base.DATA) / len(base.DATA) for i in (0, 1))
    w = sum((x - mean_x) * (y - mean_y) for x, y in base.DATA) / sum((x - mean_x) ** 2 for x, y in base.DATA)
    with zipfile.ZipFile(os.path.join(folder, 'w.npz')) as archive:
        got = [struct.unpack('<d', archive.read(name + '.npy')[-8:])[0] for name in 'wb']
    good = ran.returncode == 0 and max(abs(got[0] - w), abs(got[1] - mean_y + w * mean_x)) < 1e-9
    report('lbfgs finds the line of least squares', '' if good else '%r, closed form %r' % (got, (w, mean_y - w * mean_x)))


def main():
    with tempfile.TemporaryDirectory() as folder:
        base.write_data(folder)
        for part in (clip, averages, sequences, quasi_newton, exact):
            part(folder)


main()
