"""Recurrences of many kinds, written twice: as a page and in numpy. One step of training must give the same weights, numpy with derivatives by complex steps."""
import os
import subprocess
import sys
import tempfile

import numpy as np

ROOT = os.environ.get('ROOT') or os.path.abspath(os.path.join(os.path.dirname(__file__), '..', '..'))
DELTAC = os.environ.get('DELTAC') or os.path.join(ROOT, 'build', 'deltac')
RATE, H = 0.05, 1e-30
PAGES = []


def page(text, data, params):
    def add(loss):
        PAGES.append((loss.__name__, text, data, params, loss))
        return loss
    return add


# --- products of matrices beside a recurrence along one of their axes: the product is made once, not at each step ---
@page('''size T = 9
input x[T]
param c, W[T,T], b[T]
v[0] = x[0]²
v[t] = tanh(c v[t-1] + x[t])
z = W v + b
C = 0.1 Σ (z − 0.2)²''', {'x': (40, 9)}, {'c': (), 'W': (9, 9), 'b': (9,)})
def product_reads_a_scalar_recurrence(x, c, W, b):
    v = [x[:, 0] ** 2]
    for t in range(1, 9):
        v.append(np.tanh(c * v[-1] + x[:, t]))
    return 0.1 * ((np.stack(v, 1) @ W.T + b - 0.2) ** 2).sum(1)


@page('''size T = 9, n = 70
input x[n]
param c, W[T,n], V[T,T]
v[0] = 0.3
u[t] = Σ_j W[t,j] x[j] + v[t]
v[t in 1..T-1] = tanh(c u[t-1])
z = V u
C = 0.1 Σ (z − 0.2)²''', {'x': (40, 70)}, {'c': (), 'W': (9, 70), 'V': (9, 9)})
def product_inside_two_recurrences(x, c, W, V):
    p, u, v = x @ W.T, [], 0.3
    for t in range(9):
        u.append(p[:, t] + v)
        v = np.tanh(c * u[-1])
    return 0.1 * ((np.stack(u, 1) @ V.T - 0.2) ** 2).sum(1)


def derivative(loss, data, params, name):
    """By at most 40 entries of the parameter, the same ones each time; not a number elsewhere."""
    out, value = np.full(params[name].shape, np.nan), params[name].astype(complex)
    every = list(np.ndindex(value.shape))
    for at in every[::max(1, len(every) // 40)]:
        moved = value.copy()
        moved[at] += 1j * H
        out[at] = np.mean(loss(**data, **{**params, name: moved})).imag / H
    return out


def compare(folder, text, shapes, param_shapes, loss):
    draw = np.random.default_rng(len(text))
    data = {n: draw.integers(0, s[0], s[1:]) if isinstance(s[0], range) else draw.normal(size=s) for n, s in shapes.items()}
    params = {n: draw.normal(0, 0.5, s) for n, s in param_shapes.items()}
    names = {n: os.path.join(folder, n) for n in ('page.delta', 'data.npz', 'start.npz', 'end.npz')}
    with open(names['page.delta'], 'w', encoding='utf-8') as out:
        out.write('%s\nminimize C\noptimize with sgd(η = %g)\n' % (text, RATE))
    np.savez(names['data.npz'], **data)
    np.savez(names['start.npz'], **params)
    ran = subprocess.run([DELTAC, 'train', names['page.delta'], '--data', names['data.npz'], '--from', names['start.npz'], '--weights', names['end.npz'], '--steps', '1',
                          '--batch', str(len(next(iter(data.values())))), '--ordered', '--quiet'], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=120)
    if ran.returncode:
        return ran.stdout
    end = np.load(names['end.npz'])
    for name, value in params.items():
        wanted = value - RATE * derivative(loss, data, params, name)
        worst = np.nanmax(abs(end[name] - wanted))
        if not worst < 1e-12 or np.isnan(wanted).all() or np.nanmax(abs(wanted - value)) < 1e-6:
            return '%s differs by %.3g: deltac %s, numpy %s' % (name, worst, end[name].ravel()[:6], wanted.ravel()[:6])
    return ''


def main():
    with tempfile.TemporaryDirectory() as folder:
        for name, text, data, params, loss in PAGES:
            problem = compare(folder, text, data, params, loss)
            print(('    %s\n' % problem if problem else '') + '%s %s' % ('not ok' if problem else 'ok', name), flush=True)


sys.exit(main())
