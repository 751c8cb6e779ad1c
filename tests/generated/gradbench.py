"""bench/derivatives/gradbench.py over its pipe: gradients against differences of the objective it answers, values against formulas written here."""
import copy
import json
import math
import os
import random
import subprocess
import sys

ROOT = os.environ.get('ROOT') or os.path.abspath(os.path.join(os.path.dirname(__file__), '..', '..'))
draw = random.Random(1)
tool = subprocess.Popen([sys.executable, os.path.join(ROOT, 'bench', 'derivatives', 'gradbench.py')], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
sent = 0


def ask(**message):
    global sent
    sent += 1
    tool.stdin.write(json.dumps({'id': sent, **message}) + '\n')
    tool.stdin.flush()
    reply = json.loads(tool.stdout.readline())
    assert reply['id'] == sent, reply
    return reply


def numbers(*shape):
    return [numbers(*shape[1:]) if shape[1:] else draw.uniform(-1, 1) for _ in range(shape[0])]


def flat(value):
    return [v for item in value for v in flat(item)] if isinstance(value, list) else [value]


def places(value, path=()):
    return [p for i, item in enumerate(value) for p in places(item, path + (i,))] if isinstance(value, list) else [path]


def moved(value, path, step):
    value = copy.deepcopy(value)
    at = value
    for i in path[:-1]:
        at = at[i]
    at[path[-1]] += step
    return value


def say(name, good, text=''):
    if not good:
        print('    ' + str(text))
    print(('ok ' if good else 'not ok ') + name, flush=True)


def lse(p):
    return math.log(sum(math.exp(v) for v in p['x']))


def llsq(p):
    t = [-1 + 2 * i / (p['n'] - 1) for i in range(p['n'])]
    return sum(((v > 0) - (v < 0) - sum(x * v ** j for j, x in enumerate(p['x']))) ** 2 for v in t) / 2


def gmm(p):
    d, k, n, total = p['d'], p['k'], p['n'], 0.0
    for x in p['x']:
        terms = []
        for part in range(k):
            away = [a - b for a, b in zip(x, p['mu'][part])]
            z, at = [math.exp(q) * a for q, a in zip(p['q'][part], away)], 0
            for i in range(d):
                for j in range(i + 1, d):
                    z[j] += p['l'][part][at] * away[i]
                    at += 1
            terms.append(p['alpha'][part] + sum(p['q'][part]) - sum(v * v for v in z) / 2)
        total += math.log(sum(map(math.exp, terms)))
    w = d + p['m'] + 1
    prior = sum(0.5 * p['gamma'] ** 2 * (sum(math.exp(2 * q) for q in p['q'][part]) + sum(v * v for v in p['l'][part])) - p['m'] * sum(p['q'][part]) for part in range(k))
    gamma = d * (d - 1) / 4 * math.log(math.pi) + sum(math.lgamma(0.5 * w + 0.5 * (1 - j)) for j in range(1, d + 1))
    return -n * d / 2 * math.log(2 * math.pi) + total - n * math.log(sum(map(math.exp, p['alpha']))) - prior + k * (w * d * (math.log(p['gamma']) - 0.5 * math.log(2)) - gamma)


WORK = [  # module, objective, gradient, input, what is differentiated in the order of the answer, formula
    ('lse', 'primal', 'gradient', {'x': numbers(7)}, ['x'], lse),
    ('llsq', 'primal', 'gradient', {'x': numbers(4), 'n': 9}, ['x'], llsq),
    ('gmm', 'objective', 'jacobian', {'d': 3, 'k': 2, 'n': 5, 'alpha': numbers(2), 'mu': numbers(2, 3), 'q': numbers(2, 3), 'l': numbers(2, 3), 'x': numbers(5, 3), 'gamma': 1.3, 'm': 2},
     ['alpha', 'mu', 'q', 'l'], gmm),
    ('lstm', 'objective', 'jacobian', {'main_params': numbers(4, 12), 'extra_params': numbers(3, 3), 'state': numbers(4, 3), 'sequence': [[1.0, 0.0, 1.0], [0.0, 1.0, 1.0], [1.0, 1.0, 0.0]]},
     ['main_params', 'extra_params'], None),
]

say('start', ask(kind='start').get('tool') == 'deltac')
say('unknown_module', ask(kind='define', module='hello') == {'id': sent, 'success': False})
for module, objective, gradient, given, names, formula in WORK:
    defined = ask(kind='define', module=module)['success']
    reply = ask(kind='evaluate', module=module, function=gradient, input={**given, 'min_runs': 3, 'min_seconds': 0})
    output = reply['output']
    got = flat([output[n] for n in names]) if isinstance(output, dict) else flat(output)
    worst, at = 0.0, 0
    for name in names:
        for path in places(given[name]):
            up, down = (ask(kind='evaluate', module=module, function=objective, input={**given, name: moved(given[name], path, s)})['output'] for s in (1e-5, -1e-5))
            worst, at = max(worst, abs((up - down) / 2e-5 - got[at])), at + 1
    say(module + '_gradient', defined and at == len(got) and max(map(abs, got)) > 1e-6 and worst < 1e-7 and len(reply['timings']) >= 3, 'off by %g' % worst)
    if formula:
        value = ask(kind='evaluate', module=module, function=objective, input=given)['output']
        say(module + '_value', abs(value - formula(given)) <= 1e-12 * max(1, abs(value)), (value, formula(given)))
points = numbers(9, 2)
centres = points[:2]
ask(kind='define', module='kmeans')
step = ask(kind='evaluate', module='kmeans', function='dir', input={'points': points, 'centroids': centres})['output']
nearest = [min(range(2), key=lambda c: math.dist(p, centres[c])) for p in points]
wanted = [[centres[c][i] - sum(p[i] for p, n in zip(points, nearest) if n == c) / nearest.count(c) for i in range(2)] for c in range(2)]
say('kmeans_step', max(abs(a - b) for a, b in zip(flat(step), flat(wanted))) < 1e-12, (step, wanted))


def runge_kutta(x, s):
    def f(y):
        return [x[0]] + [x[i] * y[i - 1] for i in range(1, len(x))]
    y, h = [0.0] * len(x), 2 / s
    for _ in range(s):
        k = f(y)
        l = f([a + h * b / 2 for a, b in zip(y, k)])
        p = f([a + h * b / 2 for a, b in zip(y, l)])
        q = f([a + h * b for a, b in zip(y, p)])
        y = [a + h * (b + 2 * c + 2 * d + e) / 6 for a, b, c, d, e in zip(y, k, l, p, q)]
    return y


x = [draw.uniform(0.5, 2) for _ in range(5)]
ask(kind='define', module='ode')
end = ask(kind='evaluate', module='ode', function='primal', input={'x': x, 's': 7})['output']
got = ask(kind='evaluate', module='ode', function='gradient', input={'x': x, 's': 7})['output']
wanted = [(runge_kutta(moved(x, (i,), 1e-5), 7)[-1] - runge_kutta(moved(x, (i,), -1e-5), 7)[-1]) / 2e-5 for i in range(5)]
say('ode_end', max(abs(a - b) for a, b in zip(end, runge_kutta(x, 7))) < 1e-12, end)
say('ode_gradient', max(abs(a - b) for a, b in zip(got, wanted)) < 1e-7, (got, wanted))


def reprojection(p):
    """Errors of one observation, with the rotation as a matrix exponential"""
    c, r = p['cam'], p['cam'][:3]
    wedge = [[0, -r[2], r[1]], [r[2], 0, -r[0]], [-r[1], r[0], 0]]
    away = [a - b for a, b in zip(p['x'], c[3:6])]
    term, at = away, away
    for k in range(1, 40):
        term = [sum(wedge[i][j] * term[j] for j in range(3)) / k for i in range(3)]
        at = [a + b for a, b in zip(at, term)]
    z = [at[0] / at[2], at[1] / at[2]]
    square = z[0] ** 2 + z[1] ** 2
    return [p['w'] * (z[i] * (1 + c[9] * square + c[10] * square ** 2) * c[6] + c[7 + i] - p['feat'][i]) for i in range(2)]


given = {'n': 2, 'm': 3, 'p': 5, 'cam': [0.3, -0.2, 0.4, 0.1, 0.2, -5.0, 1.7, 0.3, -0.1, 0.05, -0.02], 'x': [0.4, -0.6, 0.8], 'w': 0.7, 'feat': [0.2, -0.3]}
ask(kind='define', module='ba')
errors = ask(kind='evaluate', module='ba', function='objective', input=given)['output']
got = ask(kind='evaluate', module='ba', function='jacobian', input=given)['output']
wanted = []
for i in range(2):
    for name in ('cam', 'x', 'w'):
        for path in places(given[name]) if name != 'w' else [()]:
            up, down = ({**given, name: given[name] + s if name == 'w' else moved(given[name], path, s)} for s in (1e-5, -1e-5))
            wanted.append((reprojection(up)[i] - reprojection(down)[i]) / 2e-5)
wanted.append(-2 * given['w'])
say('ba_errors', max(abs(a - b) for a, b in zip(errors['reproj_error']['elements'], reprojection(given))) < 1e-12 and abs(errors['w_err']['element'] - 1 + given['w'] ** 2) < 1e-15, errors)
say('ba_rows', len(wanted) == 31 and max(abs(a - b) for a, b in zip(got['vals'], wanted)) < 1e-8 and got['cols'] == [*range(11), 22, 23, 24, 31, *range(11), 22, 23, 24, 31, 35] and
    len(got['rows']) == 31 and got['rows'][-1] == 15 * 10 + 5, got)
tool.stdin.close()
say('ends', tool.wait() == 0)
