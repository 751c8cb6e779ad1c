"""Every optimizer, with its defaults and with other settings, and every schedule: 50 steps on a small network, and on one whose products of matrices the library makes,
where gradient descent adds the product to the weights in place; batches in order, double. The loss before each step equals that of the update rules below to 1e-5; they
are written from the papers, Nesterov's in the form with a look ahead."""
import json
import math
import os
import subprocess
import tempfile

import numpy as np

ROOT = os.environ.get('ROOT') or os.path.abspath(os.path.join(os.path.dirname(__file__), '..', '..'))
DELTAC = os.environ.get('DELTAC') or os.path.join(ROOT, 'build', 'deltac')
STEPS, BATCH = 50, 4
START = {'w': [0.4, -0.9, 1.3], 'b': [0.2, 0.1, -0.3], 'v': [0.5, -0.7, 0.9], 'c': [0.25]}
PAGE = '''input x
target y
param w[3] = [0.4, -0.9, 1.3], b[3] = [0.2, 0.1, -0.3], v[3] = [0.5, -0.7, 0.9], c = 0.25
p = v·tanh(w x + b) + c
C = ½(p − y)²
minimize C
optimize with %s
'''
DATA = [((i * 7 % 11 - 5) / 3, math.sin((i * 7 % 11 - 5) / 2) + 0.5 * (i % 3)) for i in range(10)]  # 10 rows: batches of 4, 4, 2


def loss_and_gradient(flat, step):
    """Mean over the batch of this step, and its derivative by w, b, v, c in this order"""
    w, b, v, c = flat[0:3], flat[3:6], flat[6:9], flat[9]
    begin = step % 3 * BATCH
    rows = DATA[begin:begin + BATCH]
    loss, g = 0.0, [0.0] * 10
    for x, y in rows:
        a = [math.tanh(w[i] * x + b[i]) for i in range(3)]
        error = sum(v[i] * a[i] for i in range(3)) + c - y
        loss += error ** 2 / 2
        for i in range(3):
            local = error * v[i] * (1 - a[i] ** 2)
            g[i] += local * x
            g[3 + i] += local
            g[6 + i] += error * a[i]
        g[9] += error
    return loss / len(rows), [value / len(rows) for value in g]


# --- the network of matrices ---
MATRIX_PAGE = '''size n = 8, h = 9, k = 8
input x[n]
target y[k]
param W[h,n], b[h], V[k,h], c[k]
a = tanh(W x + b)
C = ½ Σ (V a + c − y)²
minimize C
optimize with %s
'''
MATRIX_BATCH, MATRIX_ROWS = 16, 40  # batches of 16, 16, 8
draw = np.random.default_rng(5)
MATRIX_DATA = {'x': draw.normal(size=(MATRIX_ROWS, 8)), 'y': draw.normal(size=(MATRIX_ROWS, 8))}
MATRIX_START = {'W': draw.normal(0, 0.3, (9, 8)), 'b': draw.normal(0, 0.3, 9), 'V': draw.normal(0, 0.3, (8, 9)), 'c': draw.normal(0, 0.3, 8)}


def matrix_loss_and_gradient(flat, step):
    flat, p, at = np.array(flat), {}, 0
    for name, value in MATRIX_START.items():
        p[name], at = flat[at:at + value.size].reshape(value.shape), at + value.size
    begin = step % 3 * MATRIX_BATCH
    x, y = (MATRIX_DATA[name][begin:begin + MATRIX_BATCH] for name in 'xy')
    a = np.tanh(x @ p['W'].T + p['b'])
    e = a @ p['V'].T + p['c'] - y
    local = e @ p['V'] * (1 - a ** 2)
    return (e ** 2).sum() / 2 / len(x), np.concatenate([(local.T @ x).ravel(), local.sum(0), (e.T @ a).ravel(), e.sum(0)]) / len(x)


def sgd(p, g, t, s, eta=0.01):
    return [x - eta * d for x, d in zip(p, g)]


def momentum(p, g, t, s, eta=0.01, mu=0.9):
    s['v'] = [mu * v + d for v, d in zip(s.get('v', [0] * len(p)), g)]
    return [x - eta * v for x, v in zip(p, s['v'])]


def nesterov(p, g, t, s, eta=0.01, mu=0.9):
    """p is the point looked ahead to, θ + μ v, where the gradient was taken; s keeps θ and v."""
    theta, v = s.get('theta', p), s.get('v', [0.0] * len(p))
    v = [mu * a - eta * d for a, d in zip(v, g)]
    theta = [a + b for a, b in zip(theta, v)]
    s['theta'], s['v'] = theta, v
    return [a + mu * b for a, b in zip(theta, v)]


def adagrad(p, g, t, s, eta=0.01, eps=1e-8):
    s['n'] = [n + d * d for n, d in zip(s.get('n', [0] * len(p)), g)]
    return [x - eta * d / (math.sqrt(n) + eps) for x, d, n in zip(p, g, s['n'])]


def rmsprop(p, g, t, s, eta=0.001, beta=0.9, eps=1e-8):
    s['n'] = [beta * n + (1 - beta) * d * d for n, d in zip(s.get('n', [0] * len(p)), g)]
    return [x - eta * d / (math.sqrt(n) + eps) for x, d, n in zip(p, g, s['n'])]


def adam(p, g, t, s, eta=0.001, beta1=0.9, beta2=0.999, eps=1e-8):
    m = s['m'] = [beta1 * a + (1 - beta1) * d for a, d in zip(s.get('m', [0] * len(p)), g)]
    n = s['n'] = [beta2 * a + (1 - beta2) * d * d for a, d in zip(s.get('n', [0] * len(p)), g)]
    return [x - eta * (a / (1 - beta1 ** t)) / (math.sqrt(b / (1 - beta2 ** t)) + eps) for x, a, b in zip(p, m, n)]


def adamw(p, g, t, s, eta=0.001, beta1=0.9, beta2=0.999, eps=1e-8, decay=0.01):
    return [after - eta * decay * before for after, before in zip(adam(p, g, t, s, eta, beta1, beta2, eps), p)]


def reference(rule, settings, schedule=None, start=None, gradient=loss_and_gradient):
    p, memory, losses = sum(START.values(), []) if start is None else start, {}, []
    for t in range(STEPS):
        loss, g = gradient(p, t)
        losses.append(loss)
        p = rule(p, g, t + 1, memory, **settings, **({'eta': schedule(t)} if schedule else {}))
    return losses


def turns(eta, mu):
    """Two objectives on the same batch: momentum down C for all parameters, then, with new values and a memory of its own, down (v·v + c²)/2 for v and c."""
    p, first, second, losses = sum(START.values(), []), {}, {}, []
    for t in range(STEPS):
        loss, g = loss_and_gradient(p, t)
        losses.append(loss)
        p = momentum(p, g, t, first, eta, mu)
        p = p[:6] + momentum(p[6:], p[6:], t, second, eta, mu)
    return losses


def matrix_reference(rule, settings, schedule=None):
    return reference(rule, settings, schedule, np.concatenate([value.ravel() for value in MATRIX_START.values()]), matrix_loss_and_gradient)


def write_data(folder):
    np.savez(os.path.join(folder, 'data.npz'), **MATRIX_DATA)
    np.savez(os.path.join(folder, 'start.npz'), **MATRIX_START)
    with open(os.path.join(folder, 'data.csv'), 'w', encoding='ascii') as out:
        out.write('x,y\n' + ''.join('%r,%r\n' % row for row in DATA))


def updates_in_place(folder):
    """The page's updates are products that add to the weights: what this test is about"""
    page = os.path.join(folder, 'page.delta')
    with open(page, 'w', encoding='utf-8') as out:
        out.write(MATRIX_PAGE % 'sgd')
    loops = subprocess.run([DELTAC, 'dump', '--stage', 'loops', page], stdout=subprocess.PIPE, text=True, timeout=600, check=True).stdout
    good = all('matrix %s[0, 0] += (-1*sgd.eta' % name in loops for name in 'WV')
    print('%s matrices: updates in place' % ('ok' if good else 'not ok'), flush=True)


def trained(folder, optimizer, options, key='loss', matrices=False):
    page, log = os.path.join(folder, 'page.delta'), os.path.join(folder, 'run.jsonl')
    with open(page, 'w', encoding='utf-8') as out:
        out.write((MATRIX_PAGE if matrices else PAGE) % optimizer)
    data = ['--data', os.path.join(folder, 'data.npz'), '--from', os.path.join(folder, 'start.npz')] if matrices else ['--data', os.path.join(folder, 'data.csv')]
    ran = subprocess.run([DELTAC, 'train', page, *data, '--steps', str(STEPS), '--batch', str(MATRIX_BATCH if matrices else BATCH), '--every', '1', '--ordered',
                          '--quiet', '--log', log, *options], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=600)
    if ran.returncode:
        return None, ran.stdout
    with open(log, encoding='utf-8') as lines:
        return [json.loads(line)[key] for line in lines], ''


def compare(folder, name, optimizer, options, wanted, matrices=False):
    got, text = trained(folder, optimizer, options, matrices=matrices)
    if got is not None and len(got) == STEPS:
        worst = max(range(STEPS), key=lambda i: abs(got[i] - wanted[i]))
        good = abs(got[worst] - wanted[worst]) < 1e-5 and abs(wanted[-2] - wanted[1]) > 1e-4  # both of the same batch
        text = 'step %d: loss %.12g, reference %.12g' % (worst + 1, got[worst], wanted[worst])
    else:
        good = False
    print(('' if good else '    ' + text.replace('\n', '\n    ') + '\n') + '%s %s' % ('ok' if good else 'not ok', name), flush=True)


OPTIMIZERS = [
    ('sgd', sgd, {}), ('sgd(η = 0.2)', sgd, {'eta': 0.2}),
    ('momentum', momentum, {}), ('momentum(η = 0.05, μ = 0.7)', momentum, {'eta': 0.05, 'mu': 0.7}),
    ('nesterov', nesterov, {}), ('nesterov(η = 0.05, μ = 0.7)', nesterov, {'eta': 0.05, 'mu': 0.7}),
    ('adagrad', adagrad, {}), ('adagrad(η = 0.3, ε = 0.1)', adagrad, {'eta': 0.3, 'eps': 0.1}),
    ('rmsprop', rmsprop, {}), ('rmsprop(η = 0.02, β = 0.6, ε = 0.01)', rmsprop, {'eta': 0.02, 'beta': 0.6, 'eps': 0.01}),
    ('adam', adam, {}), ('adam(η = 0.05, β1 = 0.8, β2 = 0.95, ε = 0.001)', adam, {'eta': 0.05, 'beta1': 0.8, 'beta2': 0.95, 'eps': 0.001}),
    ('adamw', adamw, {}), ('adamw(η = 0.05, β1 = 0.8, β2 = 0.95, λ = 0.3)', adamw, {'eta': 0.05, 'beta1': 0.8, 'beta2': 0.95, 'decay': 0.3}),
]


def cosine(a, b, n):
    return lambda t: b if t >= n else b + (a - b) * math.cos(math.pi * t / n / 2) ** 2


SCHEDULES = [
    ('constant(0.05)', lambda t: 0.05),
    ('step(0.2, 0.5, 12)', lambda t: 0.2 / 2 ** (t // 12)),
    ('step(0.2, 0.5, 4 epochs)', lambda t: 0.2 / 2 ** (t // 12)),
    ('exponential(0.2, 0.93)', lambda t: 0.2 * math.exp(t * math.log(0.93))),
    ('linear(0.2, 0.01)', lambda t: 0.2 - 0.19 * t / STEPS),
    ('linear(0.2, 0.05, 5 epochs)', lambda t: max(0.05, 0.2 - 0.01 * t)),
    ('cosine(0.2, 0.01)', cosine(0.2, 0.01, STEPS)),
    ('cosine(0.2, 0.01, 30)', cosine(0.2, 0.01, 30)),
    ('warmup(10, constant(0.2))', lambda t: min(1, (t + 1) / 10) * 0.2),
    ('warmup(10, cosine(0.2, 0))', lambda t: (t + 1) / 10 * 0.2 if t < 10 else cosine(0.2, 0, STEPS - 10)(t - 10)),
]


def main():
    with tempfile.TemporaryDirectory() as folder:
        write_data(folder)
        for text, rule, settings in OPTIMIZERS:
            compare(folder, 'optimizer ' + text, text, [], reference(rule, settings))
        for text, schedule in SCHEDULES:
            compare(folder, 'schedule ' + text, 'sgd', ['--schedule', 'sgd.η: ' + text], reference(sgd, {}, schedule))
        compare(folder, 'schedule of adam', 'adam', ['--schedule', 'adam.η: ' + SCHEDULES[6][0]], reference(adam, {}, SCHEDULES[6][1]))
        compare(folder, 'setting of momentum', 'momentum', ['--set', 'momentum.μ=0.5', '--set', 'momentum.eta=0.1'], reference(momentum, {'mu': 0.5, 'eta': 0.1}))
        updates_in_place(folder)
        for text, rule, settings in OPTIMIZERS:
            compare(folder, 'matrices: optimizer ' + text, text, [], matrix_reference(rule, settings), True)
        for text, schedule in SCHEDULES:
            compare(folder, 'matrices: schedule ' + text, 'sgd', ['--schedule', 'sgd.η: ' + text], matrix_reference(sgd, {}, schedule), True)
        compare(folder, 'objectives take turns', 'momentum(η = 0.02, μ = 0.7)\nD = ½(v·v + c²)\nminimize D over v, c', [], turns(0.02, 0.7))
        compare(folder, 'optimizer on the command line', 'sgd', ['--optimizer', 'adam(η = 0.01)'], reference(adam, {'eta': 0.01}))


if __name__ == '__main__':
    main()
