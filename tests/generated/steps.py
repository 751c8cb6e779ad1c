"""Derivatives of one step of a recurrence (its last, its first, one in between) by what stands before it, written twice: as `deltac eval` computes them, and in numpy
with derivatives by complex steps. And what they cost: work memory grows with the number of steps, not with its square."""
import os
import re
import subprocess
import tempfile

import numpy as np

ROOT = os.environ.get('ROOT') or os.path.abspath(os.path.join(os.path.dirname(__file__), '..', '..'))
DELTAC = os.environ.get('DELTAC') or os.path.join(ROOT, 'build', 'deltac')
H, T, N, M, ROWS = 1e-30, 7, 3, 2, 2


def vector(p, x):
    v = [p['a'] + 0j]
    for t in range(1, T):
        v.append(np.tanh(p['W'] @ v[-1]) + p['b'] * v[-1] ** 2 + p['a'])
    return {'v': np.array(v)}


def matrix(p, x):
    v = [np.multiply.outer(p['a'], 1 + np.arange(M)) + 0j]
    for t in range(1, T):
        v.append(np.sin(p['W'] @ v[-1]) + p['b'] * v[-1] + x[t])
    return {'v': np.array(v)}


def coupled(p, x):
    u, v = [p['a'] + 0j], [p['W'][:, 0] + 0j]
    for t in range(1, T):
        u.append(np.tanh(p['W'] @ v[t - 1]) + x[t] * u[t - 1])
        v.append(np.cos(u[t]) * v[t - 1] + p['b'] * u[t - 1])
    return {'u': np.array(u), 'v': np.array(v)}


def backwards(p, x):
    v = [p['a'] + 0j]
    for t in range(1, T):
        v.append(np.tanh(p['W'] @ v[-1]) + p['b'] * v[-1] + x[T - 1 - t])
    return {'v': np.array(v[::-1])}


def scalar(p, x):
    v, w = [p['b'] + 0j], [p['a'][0] * p['b'] + 0j]
    for t in range(1, T):
        v.append(np.sin(p['b'] * v[-1]) + x[t])
        w.append(w[-1] * v[t] + p['a'][t % 2])
    return {'v': np.array(v), 'w': np.array(w)}


def grid(p, x):
    g = np.zeros((T, N), complex)
    for t in range(T):
        for i in range(N):
            g[t, i] = p['b'] + x[t] if t == 0 or i == 0 else np.tanh(p['b'] * g[t - 1, i] + p['a'][i] * g[t, i - 1]) + g[t - 1, i - 1] * x[t]
    return {'g': g}


PARAMS = 'param a[n], W[n,n], b\n'
CASES = [  # page, numpy, derivatives: text, name and index of the value, parameter
    ('v[0, i in 0..n-1] = a[i]\nv[t in 1..T-1, i in 0..n-1] = tanh(Σ_j W[i,j] v[t-1,j]) + b v[t-1,i]² + a[i]\nC = Σ_i v[T-1,i]² + x[0]²', vector,
     [('∂v[T-1]/∂a', 'v', -1, 'a'), ('∂v[T-1]/∂W', 'v', -1, 'W'), ('∂v[T-1]/∂b', 'v', -1, 'b'), ('∂v[T-1,1]/∂W', 'v', (-1, 1), 'W'), ('∂v[2]/∂a', 'v', 2, 'a'), ('∂v[0]/∂a', 'v', 0, 'a'),
      ('∂v[T-2,0]/∂b', 'v', (-2, 0), 'b')]),
    ('v[0, i in 0..n-1, j in 0..m-1] = a[i] (1 + j)\nv[t in 1..T-1, i in 0..n-1, j in 0..m-1] = sin(Σ_k W[i,k] v[t-1,k,j]) + b v[t-1,i,j] + x[t]\nC = Σ_i Σ_j v[T-1,i,j]²', matrix,
     [('∂v[T-1]/∂a', 'v', -1, 'a'), ('∂v[T-1]/∂W', 'v', -1, 'W'), ('∂v[T-1]/∂b', 'v', -1, 'b'), ('∂v[3]/∂a', 'v', 3, 'a'), ('∂v[T-1,2,1]/∂W', 'v', (-1, 2, 1), 'W')]),
    ('u[0, i in 0..n-1] = a[i]\nv[0, i in 0..n-1] = W[i,0]\nu[t in 1..T-1, i in 0..n-1] = tanh(Σ_j W[i,j] v[t-1,j]) + x[t] u[t-1,i]\n'
     'v[t in 1..T-1, i in 0..n-1] = cos(u[t,i]) v[t-1,i] + b u[t-1,i]\nC = Σ_i v[T-1,i]²', coupled,
     [('∂v[T-1]/∂a', 'v', -1, 'a'), ('∂u[T-1]/∂W', 'u', -1, 'W'), ('∂v[T-1]/∂W', 'v', -1, 'W'), ('∂u[T-2]/∂b', 'u', -2, 'b'), ('∂v[1]/∂a', 'v', 1, 'a')]),
    ('v[T-1, i in 0..n-1] = a[i]\nv[t in 0..T-2, i in 0..n-1] = tanh(Σ_j W[i,j] v[t+1,j]) + b v[t+1,i] + x[t]\nC = Σ_i v[0,i]²', backwards,
     [('∂v[0]/∂a', 'v', 0, 'a'), ('∂v[0]/∂W', 'v', 0, 'W'), ('∂v[2,1]/∂b', 'v', (2, 1), 'b'), ('∂v[T-1]/∂a', 'v', -1, 'a')]),
    ('v[0] = b\nv[t in 1..T-1] = sin(b v[t-1]) + x[t]\nw[0] = a[0] b\nw[t in 1..T-1] = w[t-1] v[t] + (if t == 1 or t == 3 or t == 5 then a[1] else a[0])\nC = w[T-1]²', scalar,
     [('∂v[T-1]/∂b', 'v', -1, 'b'), ('∂w[T-1]/∂a', 'w', -1, 'a'), ('∂w[T-1]/∂b', 'w', -1, 'b'), ('∂w[4]/∂b', 'w', 4, 'b')]),
    ('g[0, i in 0..n-1] = b + x[0]\ng[t in 1..T-1, 0] = b + x[t]\ng[t in 1..T-1, i in 1..n-1] = tanh(b g[t-1,i] + a[i] g[t,i-1]) + g[t-1,i-1] x[t]\nC = g[T-1,n-1]²', grid,
     [('∂g[T-1,n-1]/∂a', 'g', (-1, -1), 'a'), ('∂g[T-1,n-1]/∂b', 'g', (-1, -1), 'b'), ('∂g[T-1]/∂a', 'g', -1, 'a'), ('∂g[3,1]/∂b', 'g', (3, 1), 'b')]),
]
COST = 'minimize C\noptimize with sgd(η = 0.01)\n'
failures = 0


def page(body, steps):
    return 'size T = %d, n = %d, m = %d\ninput x[T]\n' % (steps, N, M) + PARAMS + body + '\n' + COST


def verdict(name, good, why=''):
    print(('ok ' if good else 'not ok ') + name + ('' if good else '\n# ' + why))


def by_complex_steps(function, params, x, name, at, by):
    """The derivative of the value by each entry of the parameter, along further axes."""
    entries = []
    for k in np.ndindex(params[by].shape):
        moved = {n: v.astype(complex) for n, v in params.items()}
        moved[by][k] += 1j * H
        entries.append(function(moved, x)[name][at].imag / H)
    shape = np.shape(entries[0])
    return np.moveaxis(np.array(entries), 0, -1).reshape(shape + params[by].shape)


def values(folder, number, body, function, derivatives):
    draw = np.random.default_rng(5 + number)
    params = {'a': draw.uniform(-1, 1, N), 'W': draw.uniform(-1, 1, (N, N)), 'b': np.array(draw.uniform(0.3, 0.9))}
    x = draw.uniform(-1, 1, (ROWS, T))
    with open(folder + '/page.delta', 'w') as f:
        f.write(page(body, T))
    np.savez(folder + '/w.npz', **params)
    np.savez(folder + '/x.npz', x=x)
    done = subprocess.run([DELTAC, 'eval', folder + '/page.delta', *(d[0] for d in derivatives), '--weights', folder + '/w.npz', '--data', folder + '/x.npz', '-o',
                           folder + '/out.npz', '--quiet'], capture_output=True, text=True)
    found = list(np.load(folder + '/out.npz').values()) if done.returncode == 0 else []
    if len(found) != len(derivatives):
        verdict(function.__name__, False, done.stderr.strip().replace('\n', '\n# '))
        return
    for (text, name, at, by), ours in zip(derivatives, found):
        wanted = np.array([by_complex_steps(function, params, row, name, at, by) for row in x])
        if ours.shape == wanted.shape[1:] and np.array_equal(wanted[0], wanted[1]):  # the same for every sample: once
            wanted = wanted[0]
        good = ours.shape == wanted.shape and np.all(np.abs(ours - wanted) <= 1e-11 * (1 + np.abs(wanted)))
        verdict('%s of %s' % (text, function.__name__), good, 'shapes %s and %s' % (ours.shape, wanted.shape) if ours.shape != wanted.shape else 'error %g' % np.abs(ours - wanted).max())


def work_of(folder, body, steps, text):
    with open(folder + '/page.delta', 'w') as f:
        f.write(page(body, steps))
    done = subprocess.run([DELTAC, 'emit', folder + '/page.delta', '-o', folder + '/c', '--target', 'freestanding', '--derivatives', text], capture_output=True, text=True)
    found = re.search(r'^work +(\d+) bytes', done.stdout + done.stderr, re.M)
    return int(found.group(1)) if found else None


def growth(folder, body, function, text):
    few, many = (work_of(folder, body, steps, text) for steps in (100, 800))
    verdict('%s of %s grows with the steps' % (text, function.__name__), bool(few and many and many <= 9 * few), '%s bytes for 100 steps, %s for 800' % (few, many))


with tempfile.TemporaryDirectory() as scratch:
    for number, (body, function, derivatives) in enumerate(CASES):
        values(scratch, number, body, function, derivatives)
        growth(scratch, body, function, derivatives[0][0])
