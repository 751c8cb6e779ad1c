"""Recurrences of many kinds, written twice: as a page and in numpy. One step of training must give the same weights, numpy with derivatives by complex steps."""
import json
import os
import re
import subprocess
import sys
import tempfile

import numpy as np

ROOT = os.environ.get('ROOT') or os.path.abspath(os.path.join(os.path.dirname(__file__), '..', '..'))
DELTAC = os.environ.get('DELTAC') or os.path.join(ROOT, 'build', 'deltac')
RATE, H = 0.02, 1e-30
STEPS, LEARNT = 4000, 0.7  # the loss after the steps is at most this part of the first
PAGES = []


def page(text, data, params, claims=0):
    """claims: how many the page has, all proved"""
    def add(loss):
        PAGES.append((loss.__name__, text, data, params, claims, loss))
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


# --- the kinds a course writes down, each with its hand derivation as claims ---
@page('''size T = 5, L = 3, n = 4
input x[T,n]
target y
param U[L,n,n], V[L,n,n], b[L,n], v[n]
h[t in 0..T-1, -1] = x[t]
h[-1, l in 0..L-1] = 0
h[t in 0..T-1, l in 0..L-1] = tanh(U[l] h[t,l-1] + V[l] h[t-1,l] + b[l])
C = ½ (v·h[T-1,L-1] − y)²
claim ∂C/∂h[T-1,L-1,i] = (v·h[T-1,L-1] − y) v[i]
claim ∂C/∂b[l,i] = Σ_{t in 0..T-1} (1 − h[t,l,i]²) ∂C/∂h[t,l,i]
claim ∂C/∂V[l,i,j] = Σ_{t in 0..T-1} (1 − h[t,l,i]²) ∂C/∂h[t,l,i] h[t-1,l,j]''', {'x': (6, 5, 4), 'y': (6,)}, {'U': (3, 4, 4), 'V': (3, 4, 4), 'b': (3, 4), 'v': (4,)}, 3)
def nested_over_layer_and_time(x, y, U, V, b, v):
    state = [np.zeros((6, 4)) for _ in range(3)]
    for t in range(5):
        below = x[:, t]
        for l in range(3):
            below = state[l] = np.tanh(below @ U[l].T + state[l] @ V[l].T + b[l])
    return (state[-1] @ v - y) ** 2 / 2


@page('''size T = 5, n = 4
input x[T]
target y[T]
param u[n], V[n,n], p[n], Q[n,n], a[n], b[n]
f[-1] = 0
f[t] = tanh(u x[t] + V f[t-1])
g[T] = 0
g[t] = tanh(p x[t] + Q g[t+1])
z[t] = a·f[t] + b·g[t]
C = ½ Σ (z − y)²
δf[T-1] = (z[T-1] − y[T-1]) a
δf[t in 0..T-2] = (z[t] − y[t]) a + Vᵀ (δf[t+1] ⊙ (1 − f[t+1]²))
claim ∂C/∂a = Σ_t (z[t] − y[t]) f[t]
claim ∂C/∂f[t] = δf[t]
claim ∂C/∂u = Σ_t δf[t] ⊙ (1 − f[t]²) x[t]
claim ∂C/∂g[0] = (z[0] − y[0]) b
claim ∂C/∂g[t in 1..T-1] = (z[t] − y[t]) b + Qᵀ (∂C/∂g[t-1] ⊙ (1 − g[t-1]²))''', {'x': (6, 5), 'y': (6, 5)},
      {'u': (4,), 'V': (4, 4), 'p': (4,), 'Q': (4, 4), 'a': (4,), 'b': (4,)}, 5)
def both_directions(x, y, u, V, p, Q, a, b):
    f, g, z = np.zeros((6, 4)), np.zeros((6, 4)), [0] * 5
    for t in range(5):
        f = np.tanh(np.outer(x[:, t], u) + f @ V.T)
        z[t] = z[t] + f @ a
    for t in range(5)[::-1]:
        g = np.tanh(np.outer(x[:, t], p) + g @ Q.T)
        z[t] = z[t] + g @ b
    return ((np.stack(z, 1) - y) ** 2).sum(1) / 2


@page('''size T = 9, n = 3, K = 3
input x[T]
target y
param u[n], V[n,n], a[n]
h[-1] = 0
h[t] = tanh(u x[t] + V (if t == T − K then stop(h[t-1]) else h[t-1]))
C = ½ (a·h[T-1] − y)²
claim ∂C/∂h[T-1] = (a·h[T-1] − y) a
claim ∂C/∂h[T-K-1] = 0''', {'x': (6, 9), 'y': (6,)}, {'u': (3,), 'V': (3, 3), 'a': (3,)}, 2)
def truncated(x, y, u, V, a):
    h = np.zeros((6, 3))
    for t in range(9):
        h = np.tanh(np.outer(x[:, t], u) + (h.real if t == 6 else h) @ V.T)
    return (h @ a - y) ** 2 / 2


@page('''size T = 12
input x[T]
target y
param w[3], k[3], c
s[i in 0..4] = Σ_{p in 0..2} w[p] x[2i+p]
d[i in 0..T-5] = Σ_{p in 0..2} k[p] x[i+2p]
h[-2] = 0
h[-1] = 0
h[t in 0..T-1] = tanh(c h[t-2] + x[t])
r = (Σ s² + Σ d²)/20 + h[T-1] − y
C = ½ r²
claim ∂C/∂s[i] = r s[i]/10
claim ∂C/∂w[p] = Σ_{i in 0..4} ∂C/∂s[i] x[2i+p]
claim ∂C/∂k[p] = Σ_{i in 0..T-5} ∂C/∂d[i] x[i+2p]
claim ∂C/∂h[t in 0..T-3] = ∂C/∂h[t+2] c (1 − h[t+2]²)
claim ∂C/∂c = Σ_{t in 0..T-1} ∂C/∂h[t] (1 − h[t]²) h[t-2]''', {'x': (6, 12), 'y': (6,)}, {'w': (3,), 'k': (3,), 'c': ()}, 5)
def strides_and_dilation(x, y, w, k, c):
    s = sum(w[p] * x[:, p:p + 9:2] for p in range(3))
    d = sum(k[p] * x[:, 2 * p:2 * p + 8] for p in range(3))
    h = [np.zeros(6), np.zeros(6)]
    for t in range(12):
        h.append(np.tanh(c * h[-2] + x[:, t]))
    return (((s ** 2).sum(1) + (d ** 2).sum(1)) / 20 + h[-1] - y) ** 2 / 2


@page('''size T = 6, n = 3
input x[T]
input m : int
target y
param u[n], V[n,n], a[n]
h[-1] = 0
h[t] = if t < m then tanh(u x[t] + V h[t-1]) else h[t-1]
q = Σ_t [t < m] (a·h[t])/m
C = ½ (a·h[T-1] + q − y)²
claim ∂C/∂q = a·h[T-1] + q − y
claim ∂q/∂a = Σ_t [t < m] h[t]/m''', {'x': (8, 6), 'm': (range(1, 7), 8), 'y': (8,)}, {'u': (3,), 'V': (3, 3), 'a': (3,)}, 2)
def different_lengths(x, m, y, u, V, a):
    h, q = np.zeros((8, 3)), 0
    for t in range(6):
        there = t < m
        h = np.where(there[:, None], np.tanh(np.outer(x[:, t], u) + h @ V.T), h)
        q = q + there * (h @ a) / m
    return (h @ a + q - y) ** 2 / 2


@page('''size T = 6
input x[T]
input m : int
param c, b[3]
h[-1] = 0
h[t] = if t < m then tanh(c h[t-1] + x[t]) else h[t-1]
z[i] = Σ_p b[p] h[i+p]
C = ½ Σ tanh(z)² + 0.1 Σ (z − 0.7)²
claim ∂C/∂b[p] = Σ_i ∂C/∂z[i] h[i+p]''', {'x': (8, 6), 'm': (range(1, 7), 8)}, {'c': (), 'b': (3,)}, 1)
def windows_over_a_recurrence(x, m, c, b):
    h, out = np.zeros(8), []
    for t in range(6):
        h = np.where(t < m, np.tanh(c * h + x[:, t]), h)
        out.append(h)
    z = sum(b[p] * np.stack(out[p:p + 4], 1) for p in range(3))
    return (np.tanh(z) ** 2).sum(1) / 2 + 0.1 * ((z - 0.7) ** 2).sum(1)


@page('''size V = 7, T = 5, n = 3
input w : int[T]
target y
param E[V,n], u[n], v[n]
h[j] = max_{t in 0..T-1} E[w[t], j]
s[j] = Σ_t E[w[t], j]
C = ½ (u·h + v·s − y)²
claim ∂C/∂u = (u·h + v·s − y) h''', {'w': (range(7), 9, 5), 'y': (9,)}, {'E': (7, 3), 'u': (3,), 'v': (3,)}, 1)
def gathers_and_their_maximum(w, y, E, u, v):
    rows = E[w]
    best = np.take_along_axis(rows, rows.real.argmax(1)[:, None], 1)[:, 0]
    return (best @ u + rows.sum(1) @ v - y) ** 2 / 2


@page('''size K = 6, n = 3
input x[n]
param c[K,n], r[K]
d[k] = Σ_i (x[i] − c[k,i])² + r[k]
C = min_{k in 0..K-1} d[k]
claim ∂C/∂d[k] = [k == argmin(d)]''', {'x': (20, 3)}, {'c': (6, 3), 'r': (6,)}, 1)
def nearest_of_several(x, c, r):
    d = ((x[:, None] - c) ** 2).sum(2) + r
    return np.take_along_axis(d, d.real.argmin(1)[:, None], 1)[:, 0]


# --- wide enough for products of matrices: arrays then lie step by step, data are copied so, and what does not wait for the recurrence is begun before it ---
LSTM = '''size T = 5, n = 8, m = 9, q = 4
input x[T,n]
target y[q]
for k in {i, f, o, g} {
  param W{k}[m,n], U{k}[m,m], b{k}[m]
}
param V[q,m], a[q]
h[-1] = 0
c[-1] = 0.1
for k in {i, f, o, g} {
  z{k}[t] = W{k} x[t] + U{k} h[t-1] + b{k}
}
c[t] = sigmoid(z_f[t]) ⊙ c[t-1] + sigmoid(z_i[t]) ⊙ tanh(z_g[t])
h[t] = sigmoid(z_o[t]) ⊙ tanh(c[t])
s[t] = V h[t] + a
'''
GATES = {w + '_' + k: {'W': (9, 8), 'U': (9, 9), 'b': (9,)}[w] for w in 'WUb' for k in 'ifog'}


def lstm(x, p):
    def sigma(u):
        return 1 / (1 + np.exp(-u))
    h, c, out = np.zeros((len(x), 9)), 0.1, []
    for t in range(5):
        z = {k: x[:, t] @ p['W_' + k].T + h @ p['U_' + k].T + p['b_' + k] for k in 'ifog'}
        c = sigma(z['f']) * c + sigma(z['i']) * np.tanh(z['g'])
        h = sigma(z['o']) * np.tanh(c)
        out.append(h @ p['V'].T + p['a'])
    return np.stack(out, 1)


@page(LSTM + 'C = ½ Σ_t Σ_j (s[t,j] − y[j])²', {'x': (40, 5, 8), 'y': (40, 4)}, {**GATES, 'V': (4, 9), 'a': (4,)})
def products_lstm_reads_every_step(x, y, **p):
    return ((lstm(x, p) - y[:, None]) ** 2).sum((1, 2)) / 2


@page(LSTM + 'output s\nC = ½ Σ_j (s[T-1,j] − y[j])² + 0.01 Σ h²', {'x': (40, 5, 8), 'y': (40, 4)}, {**GATES, 'V': (4, 9), 'a': (4,)})
def products_lstm_reads_the_last_step(x, y, **p):
    s, h = lstm(x, p), lstm(x, {**p, 'V': np.eye(9), 'a': np.zeros(9)})
    return ((s[:, 4] - y) ** 2).sum(1) / 2 + 0.01 * (h ** 2).sum((1, 2))


@page('''size T = 5, n = 8, m = 9
input x[T,n]
target y[T,m]
param W[m,n], U[m,m], B[m,m], b[m], R[n,n]
u[t] = tanh(R x[t])
h[-1] = 0
z[t] = W x[t] + U h[t-1] + b + 0.3 y[t]
h[t] = tanh(z[t])
g[T] = 0
g[t in 0..T-1] = tanh(B g[t+1] + W u[t] + h[t])
C = ½ Σ (g − y)²''', {'x': (40, 5, 8), 'y': (40, 5, 9)}, {'W': (9, 8), 'U': (9, 9), 'B': (9, 9), 'b': (9,), 'R': (8, 8)})
def products_in_both_directions(x, y, W, U, B, b, R):
    h, g, hidden, cost = np.zeros((40, 9)), np.zeros((40, 9)), [], 0
    for t in range(5):
        h = np.tanh(x[:, t] @ W.T + h @ U.T + b + 0.3 * y[:, t])
        hidden.append(h)
    for t in range(5)[::-1]:
        g = np.tanh(g @ B.T + np.tanh(x[:, t] @ R.T) @ W.T + hidden[t])
        cost = cost + ((g - y[:, t]) ** 2).sum(1) / 2
    return cost


def derivative(loss, data, params, name):
    """By at most 40 entries of the parameter, the same ones each time; not a number elsewhere."""
    out, value = np.full(params[name].shape, np.nan), params[name].astype(complex)
    every = list(np.ndindex(value.shape))
    for at in every[::max(1, len(every) // 40)]:
        moved = value.copy()
        moved[at] += 1j * H
        out[at] = np.mean(loss(**data, **{**params, name: moved})).imag / H
    return out


def examined(page, claims, text):
    """Claims proved; the generated code computes the derivatives"""
    checked, verified = (subprocess.run([DELTAC, word, page], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=600) for word in ('check', 'verify'))
    if claims and (checked.returncode or not re.search(r'%d claims?: %d proved' % (claims, claims), checked.stdout)):
        return checked.stdout
    return '' if verified.returncode == 0 else verified.stdout


def compare(folder, text, shapes, param_shapes, claims, loss):
    draw = np.random.default_rng(len(text))
    data = {n: draw.integers(s[0].start, s[0].stop, s[1:]) if isinstance(s[0], range) else draw.normal(size=s) for n, s in shapes.items()}
    params = {n: draw.normal(0, 0.5, s) for n, s in param_shapes.items()}
    names = {n: os.path.join(folder, n) for n in ('page.delta', 'data.npz', 'start.npz', 'end.npz')}
    with open(names['page.delta'], 'w', encoding='utf-8') as out:
        out.write('%s\nminimize C\noptimize with sgd(η = %g)\n' % (text, RATE))
    np.savez(names['data.npz'], **data)
    np.savez(names['start.npz'], **params)
    ran = subprocess.run([DELTAC, 'train', names['page.delta'], '--data', names['data.npz'], '--from', names['start.npz'], '--weights', names['end.npz'], '--steps', '1',
                          '--batch', str(len(next(iter(data.values())))), '--ordered', '--quiet'], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=600)
    if ran.returncode:
        return ran.stdout
    problem = examined(names['page.delta'], claims, text)
    if problem:
        return problem
    end = np.load(names['end.npz'])
    if 'products_' in loss.__name__ and (problem := uneven_batches(names, data)):
        return problem
    first, last = (trained_loss(names, steps, len(next(iter(data.values())))) for steps in (1, STEPS))
    if not last < LEARNT * first:
        return 'the loss is %g after %d steps, %g before' % (last, STEPS, first)
    for name, value in params.items():
        wanted = value - RATE * derivative(loss, data, params, name)
        worst = np.nanmax(abs(end[name] - wanted))
        if not worst < 1e-12 or np.isnan(wanted).all() or np.nanmax(abs(wanted - value)) < 1e-6:
            return '%s differs by %.3g: deltac %s, numpy %s' % (name, worst, end[name].ravel()[:6], wanted.ravel()[:6])
    return ''


def uneven_batches(names, data):
    """Two steps on batches of different sizes are those of two runs, each with memory for its own batch"""
    folder, rows = os.path.dirname(names['page.delta']), len(next(iter(data.values())))
    part, ends = rows - rows // 3, {n: os.path.join(folder, n + '.npz') for n in ('both', 'one', 'two')}

    def train(values, start, end, steps):
        path = os.path.join(folder, 'part.npz')
        np.savez(path, **values)
        subprocess.run([DELTAC, 'train', names['page.delta'], '--data', path, '--from', start, '--weights', end, '--steps', str(steps), '--batch', str(part), '--ordered', '--quiet'],
                       stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=600, check=True)
    train(data, names['start.npz'], ends['both'], 2)
    train({n: a[:part] for n, a in data.items()}, names['start.npz'], ends['one'], 1)
    train({n: a[part:] for n, a in data.items()}, ends['one'], ends['two'], 1)
    both, two = np.load(ends['both']), np.load(ends['two'])
    worst = max(abs(both[n] - two[n]).max() for n in both.files if both[n].dtype.kind == 'f')
    return '' if worst < 1e-12 else 'on batches of different sizes the weights differ by %.3g' % worst


def trained_loss(names, steps, batch):
    """Mean cost before the last of the steps, on the same rows each time"""
    log = os.path.join(os.path.dirname(names['page.delta']), 'log.jsonl')
    subprocess.run([DELTAC, 'train', names['page.delta'], '--data', names['data.npz'], '--from', names['start.npz'], '--steps', str(steps), '--batch', str(batch), '--ordered', '--quiet',
                    '--log', log, '--every', str(steps)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=600, check=True)
    with open(log, encoding='utf-8') as lines:
        return json.loads(lines.readlines()[-1])['loss']


def main():
    with tempfile.TemporaryDirectory() as folder:
        for name, text, data, params, claims, loss in PAGES:
            problem = compare(folder, text, data, params, claims, loss)
            print(('    %s\n' % problem if problem else '') + '%s %s' % ('not ok' if problem else 'ok', name), flush=True)


sys.exit(main())
