"""Values put in by `|_{a = 0}` into recurrences that need each other, and derivatives through them: the step of a trained page equals one written here in plain
Python, derivatives by a by a recurrence of tangents, by the parameters by complex steps."""
import cmath
import os
import struct
import subprocess
import sys
import tempfile
import zipfile

ROOT = os.environ.get('ROOT') or os.path.abspath(os.path.join(os.path.dirname(__file__), '..', '..'))
DELTAC = os.environ.get('DELTAC') or os.path.join(ROOT, 'build', 'deltac')
RATE, T, H = 0.1, 5, 1e-30
ROWS = [(0.3, -0.8, 0.5), (-0.6, 0.4, -0.2), (0.9, 0.7, 0.1)]  # x, a, y

RECURRENCE = '''u[-1] = a²
v[-1] = x
u[t in 0..T-1] = u[t-1] + 0.3 tanh(p v[t-1] + a)
v[t in 0..T-1] = v[t-1] − 0.2 q u[t] + 0.1 a x
'''
PAGES = {
    'value': (RECURRENCE + 'r = u[T-1] |_{a = 0.5} + v[T-2] |_{a = x}\nC = ½ (r − y)²', lambda p, q, x, a, y, mean: (u_of(p, q, x, 0.5)[T][0] + v_of(p, q, x, x)[T - 1][0] - y) ** 2 / 2),
    'derivative': (RECURRENCE + 'r = ∂v[T-1]/∂a |_{a = 0.25}\ns = u[T-1] + r\nC = ½ (s − y)² + r²',
                   lambda p, q, x, a, y, mean: (u_of(p, q, x, a)[T][0] + v_of(p, q, x, 0.25)[T][1] - y) ** 2 / 2 + v_of(p, q, x, 0.25)[T][1] ** 2),
    'batch': (RECURRENCE + 'm = mean_batch(v[T-1] + p a²)\nr = m |_{a = x} + q m\nC = ½ (r − y)²',
              lambda p, q, x, a, y, mean: (mean(lambda x, a: v_of(p, q, x, x)[T][0] + p * x * x) + q * mean(lambda x, a: v_of(p, q, x, a)[T][0] + p * a * a) - y) ** 2 / 2),
}


def run(p, q, x, a):
    """u and v with their derivatives by a, from time −1 on"""
    u, du, v, dv = a * a, 2 * a, x, 0
    out = [((u, du), (v, dv))]
    for _ in range(T):
        z, dz = cmath.tanh(p * v + a), p * dv + 1
        u, du = u + 0.3 * z, du + 0.3 * (1 - z * z) * dz
        v, dv = v - 0.2 * q * u + 0.1 * a * x, dv - 0.2 * q * du + 0.1 * x
        out.append(((u, du), (v, dv)))
    return out


def u_of(*arguments):
    return [row[0] for row in run(*arguments)]


def v_of(*arguments):
    return [row[1] for row in run(*arguments)]


def cost(p, q, function):
    def mean(f):
        return sum(f(x, a) for x, a, _ in ROWS) / len(ROWS)
    return sum(function(p, q, x, a, y, mean) for x, a, y in ROWS) / len(ROWS)


def wanted(function):
    p, q = 0.7, -0.4
    return [p - RATE * cost(p + 1j * H, q, function).imag / H, q - RATE * cost(p, q + 1j * H, function).imag / H]


def trained(folder, text):
    page, data, weights = (os.path.join(folder, name) for name in ('page.delta', 'data.csv', 'w.npz'))
    with open(page, 'w', encoding='utf-8') as out:
        out.write('size T = %d\ninput x, a\ntarget y\nparam p = 0.7, q = -0.4\n%s\nminimize C\noptimize with sgd(η = %g)\n' % (T, text, RATE))
    with open(data, 'w', encoding='utf-8') as out:
        out.write('x,a,y\n' + ''.join('%r,%r,%r\n' % row for row in ROWS))
    ran = subprocess.run([DELTAC, 'train', page, '--data', data, '--steps', '1', '--batch', '3', '-q', '--weights', weights], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=600)
    if ran.returncode:
        return ran.stdout
    with zipfile.ZipFile(weights) as archive:
        return [struct.unpack('<d', archive.read(name + '.npy')[-8:])[0] for name in 'pq']


def main():
    with tempfile.TemporaryDirectory() as folder:
        for name, (text, function) in PAGES.items():
            got, right = trained(folder, text), wanted(function)
            good = isinstance(got, list) and max(abs(a - b) for a, b in zip(got, right)) < 1e-12
            print(('' if good else '    deltac %s, reference %s\n' % (got, right)) + '%s placed_%s' % ('ok' if good else 'not ok', name), flush=True)


sys.exit(main())
