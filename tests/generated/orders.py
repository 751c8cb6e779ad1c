"""Derivatives of orders 1 to 5 by an input inside the cost. One step of training must give the weights of numpy, which computes with truncated Taylor series in the input,
and differentiates by complex steps; the C text must not grow by a factor with each order."""
import math
import os
import subprocess
import sys
import tempfile

import numpy as np

ROOT = os.environ.get('ROOT') or os.path.abspath(os.path.join(os.path.dirname(__file__), '..', '..'))
DELTAC = os.environ.get('DELTAC') or os.path.join(ROOT, 'build', 'deltac')
RATE, H = 1e-3, 1e-30
LAYERS = '''size h = 4
input x, t
param W1[h], V1[h], b1[h], W2[h,h], b2[h], W3[h], b3
a[j] = tanh(W1[j] x + V1[j] t + b1[j])
c[i] = sin(Σ_j W2[i,j] a[j] + b2[i])
u = Σ_i W3[i] c[i]/(1 + c[i]²) + b3
'''
SHAPES = {'W1': 4, 'V1': 4, 'b1': 4, 'W2': (4, 4), 'b2': 4, 'W3': 4, 'b3': ()}
FUNCTION = LAYERS[:LAYERS.index('a[j]')] + 'f(s) = Σ_i W3[i] sin(Σ_j W2[i,j] tanh(W1[j] s + V1[j] t + b1[j]) + b2[i])/(1 + sin(Σ_j W2[i,j] tanh(W1[j] s + V1[j] t + b1[j]) + b2[i])²) + b3\nu = f(x)\n'
POWER = '¹²³⁴⁵⁶'


# --- series: a list of coefficients of (x − x0)^k, each an array ---
def times(p, q):
    return [sum(p[i] * q[k - i] for i in range(k + 1)) for k in range(len(p))]


def over(p, q):
    out = []
    for k in range(len(p)):
        out.append((p[k] - sum(out[i] * q[k - i] for i in range(k))) / q[0])
    return out


def tanh(p):
    """y′ = (1 − y²) p′"""
    y = [np.tanh(p[0])]
    for k in range(1, len(p)):
        slope = [(1 if i == 0 else 0) - sum(y[m] * y[i - m] for m in range(i + 1)) for i in range(k)]
        y.append(sum(slope[i] * (k - i) * p[k - i] for i in range(k)) / k)
    return y


def sine(p):
    s, c = [np.sin(p[0])], [np.cos(p[0])]
    for k in range(1, len(p)):
        s.append(sum(c[i] * (k - i) * p[k - i] for i in range(k)) / k)
        c.append(-sum(s[i] * (k - i) * p[k - i] for i in range(k)) / k)
    return s


def derivatives(order, x, t, W1, V1, b1, W2, b2, W3, b3):
    """u, ∂u/∂x, … of each sample"""
    zero = np.zeros((len(x), 4))
    a = tanh([np.outer(x, W1) + np.outer(t, V1) + b1, zero + W1] + [zero] * (order - 1))
    c = sine([(a[0] @ W2.T) + b2] + [v @ W2.T for v in a[1:]])
    square = times(c, c)
    f = over(c, [1 + square[0]] + square[1:])
    return [math.factorial(k) * (f[k] @ W3) + (b3 if k == 0 else 0) for k in range(order + 1)]


def by_steps(loss, params):
    out = {}
    for name, value in params.items():
        out[name] = np.zeros(np.shape(value))
        for at in np.ndindex(np.shape(value)):
            moved = np.array(value, complex)
            moved[at] += 1j * H
            out[name][at] = np.mean(loss(**{**params, name: moved})).imag / H
    return out


def one_step(folder, text, data, params):
    path = {n: os.path.join(folder, n) for n in ('page.delta', 'data.npz', 'start.npz', 'end.npz')}
    with open(path['page.delta'], 'w', encoding='utf-8') as out:
        out.write('%sminimize C\noptimize with sgd(η = %g)\n' % (text, RATE))
    np.savez(path['data.npz'], **data)
    np.savez(path['start.npz'], **params)
    subprocess.run([DELTAC, 'train', path['page.delta'], '--data', path['data.npz'], '--from', path['start.npz'], '--weights', path['end.npz'], '--steps', '1', '--batch', '7',
                    '--ordered', '--quiet'], check=True, timeout=120)
    return np.load(path['end.npz'])


def compare(folder, order, named, layers=LAYERS):
    """The cost has ∂u/∂x, ∂²u/∂x² and the highest one, at once or name by name."""
    draw = np.random.default_rng(order)
    data = {'x': draw.normal(size=7), 't': draw.normal(size=7)}
    params = {n: draw.normal(0, 0.6, s) for n, s in SHAPES.items()}
    if named:
        lines = ['u%d = ∂%s/∂x\n' % (k, 'u%d' % (k - 1) if k > 1 else 'u') for k in range(1, order + 1)]
        cost = 'C = (u%d + u u1 − ½ u2)²\n' % order
    else:
        lines, cost = [], 'C = (∂%su/∂x%s + u ∂u/∂x − ½ ∂²u/∂x²)²\n' % (POWER[order - 1], POWER[order - 1])
    end = one_step(folder, layers + ''.join(lines) + cost, data, params)

    def loss(**p):
        u = derivatives(order, data['x'], data['t'], **p)
        return (u[order] + u[0] * u[1] - u[2] / 2) ** 2
    for name, slope in by_steps(loss, params).items():
        got, most = (params[name] - end[name]) / RATE, abs(slope).max()
        if not np.abs(got - slope).max() < 1e-9 * (most + 1) or most == 0:
            return 'order %d: ∂C/∂%s is %s, in numpy %s' % (order, name, got.ravel()[:4], slope.ravel()[:4])
    return ''


def bytes_of(folder, order, layers):
    path = os.path.join(folder, 'grows.delta')
    with open(path, 'w', encoding='utf-8') as out:
        out.write('%sC = (∂%su/∂x%s)²\nminimize C\noptimize with sgd(η = 0.1)\n' % (layers, POWER[order - 1], POWER[order - 1]))
    subprocess.run([DELTAC, 'emit', path, '-o', folder], check=True, stdout=subprocess.DEVNULL, timeout=120)
    return os.path.getsize(os.path.join(folder, 'grows.c'))


def main():
    with tempfile.TemporaryDirectory() as folder:
        for name, named, layers, orders in (('at-once', False, LAYERS, (3, 5)), ('named', True, LAYERS, (2, 4)), ('one-function', False, FUNCTION, (4,))):
            problem = next(filter(None, (compare(folder, order, named, layers) for order in orders)), '')
            print(('    %s\n' % problem if problem else '') + '%s %s' % ('not ok' if problem else 'ok', name), flush=True)
        for name, layers in (('growth', LAYERS), ('growth-of-one-function', FUNCTION)):
            sizes = [bytes_of(folder, order, layers) for order in (3, 4, 5, 6)]
            good = sizes[3] < 2 * sizes[0]
            print(('' if good else '    bytes of orders 3 to 6: %s\n' % sizes) + '%s %s' % ('ok' if good else 'not ok', name), flush=True)


sys.exit(main())
