"""Recurrences in segments (--memory-limit) against the same pages without a limit: the same weights but for the last digits, because sums along the axis are added segment by
segment; what is asked of the memory; and what is said when the limit is too small. That the pages without a limit are right is for recurrences.py and fuzz/training.py."""
import os
import re
import subprocess
import sys
import tempfile

import numpy as np

ROOT = os.environ.get('ROOT') or os.path.abspath(os.path.join(os.path.dirname(__file__), '..', '..'))
DELTAC = os.environ.get('DELTAC') or os.path.join(ROOT, 'build', 'deltac')
CC = os.environ.get('CC') or 'cc'
LENGTHS = 1, 2, 5, 12, 31

# name: (page with T open, shapes of the data, what is only there in segments, what stays whole)
PAGES = {
    'one_state': ('''size T, n = 3, h = 4
input x[T,n]
target y
param U[h,n], V[h,h], b[h], w[h], s0[h] ~ normal(0, 1)
s[-1] = s0
s[t] = tanh(U x[t] + V s[t-1] + b)
C = (w·s[T-1] − y)²
output C''', {'x': ('T', 3), 'y': ()}, ['s'], []),
    'downward_with_losses': ('''size T, n = 3, h = 4
input x[T,n]
target y[T]
param U[h,n], V[h,h], b[h], w[h]
s[T] = 0
s[t] = tanh(U x[t] + V s[t+1] + b)
o[t] = w·s[t]
C = Σ_t (o[t] − y[t])²/T + Σ_{t=0}^{T-2} (o[t+1] − o[t])²
output C''', {'x': ('T', 3), 'y': ('T',)}, ['s', 'o'], []),
    'two_layers_and_an_output': ('''size T, n = 3, h = 4
input x[T,n]
target y[T]
param U[h,n], V[h,h], P[h,h], Q[h,h], w[h]
r[-1] = 0
r[t] = tanh(U x[t] + V r[t-1])
s[-1] = 0
s[t] = tanh(P r[t] + Q s[t-1])
o[t] = w·s[t]
C = Σ_t (o[t] − y[t])²
output o
metric worst = max_{t in 0..T-1} |o[t] − y[t]|''', {'x': ('T', 3), 'y': ('T',)}, ['r', 's'], ['o']),
    'lags_and_a_start_inside': ('''size T, n = 3
input x[T,n]
target y[n]
param a, b[n], c[n]
s[-2] = 0
s[-1] = b
s[t] = tanh(a s[t-1] − c ⊙ s[t-2] + x[t])
m[0] = s[0]
m[t in 1..T-1] = 0.5 m[t-1] + s[t] ⊙ s[t-1]
C = ‖m[T-1] − y‖²
output C''', {'x': ('T', 3), 'y': (3,)}, ['s', 'm'], []),
    'both_directions': ('''size T, n = 3, h = 4
input x[T,n]
target y[T]
param U[h,n], V[h,h], P[h,n], Q[h,h], v[h], w[h]
f[-1] = 0
f[t] = tanh(U x[t] + V f[t-1])
g[T] = 0
g[t] = tanh(P x[t] + Q g[t+1])
C = Σ_t (v·f[t] + w·g[t] − y[t])²
output C''', {'x': ('T', 3), 'y': ('T',)}, ['f'], []),
    'words_and_masks': ('''size T, n = 3, h = 4
input k : int[T]
input m : int
param E[5,n], U[h,n], V[h,h], w[h]
s[-1] = 0
s[t] = if t < m then tanh(U E[k[t]] + V s[t-1]) else s[t-1]
C = (w·s[T-1] − 1)²
output C''', {'k': ('T', range(5)), 'm': (range(7),)}, ['s'], []),
    'two_objectives': ('''size T, n = 3, h = 4
input x[T,n]
target y
param U[h,n], V[h,h], w[h], v[h], P[h,h]
s[-1] = 0
s[t] = tanh(U x[t] + V s[t-1])
q[-1] = 0
q[t] = tanh(P s[t] + 0.3 q[t-1])
C = (w·s[T-1] − y)²
D = Σ_t (v·q[t])² − v·q[0]
minimize C over U, V, w
minimize D over v, P
output C''', {'x': ('T', 3), 'y': ()}, ['s', 'q'], []),
    'attention_over_states': ('''size T, n = 3, h = 4
input x[T,n]
target y[T]
param U[h,n], V[h,h], A[h,h], w[h]
s[-1] = 0
s[t] = tanh(U x[t] + V s[t-1])
p[t] = softmax(s A s[t]) 
C = Σ_t (p[t,t] + w·s[t] − y[t])²
output C''', {'x': ('T', 3), 'y': ('T',)}, [], ['s']),
}

# A product inside the segments whose rows are two indices in one, the segment's own and another.
ROWS = '''size T = 12, a = 70, k = 24, m = 20
given x[T, a, k]
param W[m,k], w
z[t,i,j] = Σ_q x[t,i,q] W[j,q]
h[-1] = 0
h[t in 0..T-1] = tanh(w h[t-1] + 0.00001 Σ_i Σ_j z[t,i,j]²)
C = h[T-1]²
minimize C
optimize with sgd(η = 0.1)
'''

ODE = '''size T, n = 8, h = 16
input x[n]
target y[n]
param A[h,n], a[h], B[n,h] ~ normal(0, 0.1)
hyper s = 0.0001
u[-1] = x
u[t in 0..T-1] = u[t-1] + s B tanh(A u[t-1] + a)
C = ‖u[T-1] − y‖²
minimize C
optimize with sgd(η = 0.01)
output C
'''


def run(*arguments):
    return subprocess.run([DELTAC, *map(str, arguments)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=600)


def write(path, text):
    with open(path, 'w', encoding='utf-8') as out:
        out.write(text)
    return path


def whole_page(text):
    return text + ('' if 'minimize' in text else '\nminimize C') + '\noptimize with sgd(η = 0.05)\n'


def drawn(shapes, length, draw):
    data = {}
    for name, shape in shapes.items():
        integers = [s for s in shape if isinstance(s, range)]
        dims = [7] + [length if s == 'T' else s for s in shape if not isinstance(s, range)]
        data[name] = draw.integers(integers[0].start, integers[0].stop, dims) if integers else draw.normal(size=dims)
    return data


def trains_alike(folder, page, shapes):
    data, ends = os.path.join(folder, 'data.npz'), [os.path.join(folder, name) for name in ('whole.npz', 'segments.npz')]
    for length in LENGTHS:
        np.savez(data, **drawn(shapes, length, np.random.default_rng(length)))
        for end, limit in zip(ends, ([], ['--memory-limit', '1G'])):
            ran = run('train', page, *limit, '--data', data, '--set', 'T=%d' % length, '--steps', 3, '--batch', 4, '--weights', end, '--quiet')
            if ran.returncode:
                return 'T = %d: %s' % (length, ran.stdout)
        whole, segments = map(np.load, ends)
        for name in whole.files:
            if whole[name].dtype.kind == 'f' and whole[name].size:
                worst = np.max(abs(whole[name] - segments[name])) / max(1, np.max(abs(whole[name])))
                if not worst < 1e-13:
                    return 'T = %d: %s differs by %.3g' % (length, name, worst)
    return ''


def plan_says(page, windows, whole):
    text = run('dump', '--stage', 'memory', '--memory-limit', '1G', page).stdout.split('\n')[0]
    there = re.search(r'Only a segment is there of ([^;]*)', text)
    for name in windows:
        if not there or name not in there.group(1).split(', '):
            return '%s is no window: %s' % (name, text)
    for name in whole:
        if '; %s stays whole' % name not in text:
            return '%s does not stay whole: %s' % (name, text)
    return ''


def freestanding(folder, text, length):
    """The same page twice in one program of C, once under a limit that makes it run in segments"""
    fixed = whole_page(text).replace('size T', 'size T = %d' % length)
    bytes_of, limit = {}, []
    for name in ('plain', 'slim'):
        page = write(os.path.join(folder, name + '.delta'), fixed)
        ran = run('emit', page, '-o', folder, '--target', 'freestanding', '--batch', 2, *limit)
        if ran.returncode:
            return ran.stdout
        bytes_of[name] = int(re.search(r'work +(\d+)', ran.stdout).group(1))
        limit = ['--memory-limit', bytes_of['plain'] * 2 // 3]
    write(os.path.join(folder, 'both.c'), '''#include <stdio.h>
#include <string.h>
#include <math.h>
#include "plain.h"
#include "slim.h"
static plain_params a, da; static plain_state as; static plain_in ai; static plain_work aw;
static slim_params b, db; static slim_state bs; static slim_in bi; static slim_work bw;
int main(void)
{
    double worst = 0, largest = 0, cost[2];
    double *x = (double *)&ai, *g = (double *)&da, *h = (double *)&db;
    plain_init(&a, &as, 1), slim_init(&b, &bs, 1);
    for (size_t i = 0; i < sizeof ai / sizeof *x; i++)
        x[i] = sin((double)(i * i) + 1.);
    memcpy(&bi, &ai, sizeof ai);
    for (int step = 0; step < 3; step++) {
        if (plain_gradient(&a, &as, &ai, &da, &cost[0], &aw) || slim_gradient(&b, &bs, &bi, &db, &cost[1], &bw))
            return 2;
        for (size_t i = 0; i < sizeof da / sizeof *g; i++) {
            worst = fmax(worst, fabs(g[i] - h[i]));
            largest = fmax(largest, fabs(g[i]));
        }
        worst = fmax(worst, fabs(cost[0] - cost[1]));
        if (plain_step(&a, &as, &ai, &aw) || slim_step(&b, &bs, &bi, &bw))
            return 3;
    }
    printf("%g %g\\n", worst, largest);
    return !(worst <= 1e-13 * fmax(largest, 1) && largest > 1e-3);
}
''')
    program = os.path.join(folder, 'both')
    built = subprocess.run([CC, '-std=c99', '-O1', '-Wall', '-Wextra', '-Wpedantic', '-Wconversion', '-Wdouble-promotion', '-Werror', '-I', folder, '-o', program]
                           + [os.path.join(folder, f) for f in ('both.c', 'plain.c', 'slim.c')] + ['-lm'], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if built.returncode:
        return built.stdout
    ran = subprocess.run([program], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    return '' if ran.returncode == 0 else 'status %d: %s' % (ran.returncode, ran.stdout)


def peak(program, folder, length):
    """Work memory and largest resident size in MB, as the trainer prints them"""
    ran = subprocess.run([program, '--data', os.path.join(folder, 'ode.npz'), '--set', 'T=%d' % length, '--steps', '1', '--memory', '--quiet'], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=600)
    found = re.search(r'work ([\d.]+) MB.* at most ([\d.]+) MB were', ran.stdout)
    return tuple(map(float, found.groups())) if found else ran.stdout


def grows_as_the_root(folder):
    page, program = write(os.path.join(folder, 'ode.delta'), ODE), os.path.join(folder, 'ode')
    np.savez(os.path.join(folder, 'ode.npz'), x=np.ones((16, 8)), y=np.zeros((16, 8)))
    ran = run('build', page, '-o', program, '--memory-limit', '50M')
    if ran.returncode:
        return ran.stdout
    short, long = (peak(program, folder, length) for length in (1000, 100000))
    if isinstance(short, str) or isinstance(long, str):
        return str((short, long))
    if not 8 < long[0] / short[0] < 11:
        return 'work memory %g MB for T = 1000, %g MB for T = 100000' % (short[0], long[0])
    if not long[1] - short[1] < 2 * long[0] + 2:  # without segments 300 MB
        return 'resident %g MB for T = 1000, %g MB for T = 100000' % (short[1], long[1])
    return ''


def says_what_is_too_small(folder):
    text = PAGES['one_state'][0]
    fixed = write(os.path.join(folder, 'fixed.delta'), whole_page(text).replace('size T', 'size T = 40'))
    free, hosted = run('emit', fixed, '-o', folder, '--target', 'freestanding', '--memory-limit', '1k'), run('emit', fixed, '-o', folder, '--memory-limit', 'much')
    if free.returncode != 3 or 'more than the 1000 bytes of --memory-limit' not in free.stdout or 'segments of' not in free.stdout:
        return 'status %d: %s' % (free.returncode, free.stdout)
    if hosted.returncode != 64:
        return 'status %d: %s' % (hosted.returncode, hosted.stdout)
    data = os.path.join(folder, 'data.npz')
    np.savez(data, **drawn(PAGES['one_state'][1], 40, np.random.default_rng(1)))
    ran = run('train', fixed, '--memory-limit', '2k', '--data', data, '--steps', 1)
    if ran.returncode != 3 or 'a smaller --batch needs less' not in ran.stdout:
        return 'status %d: %s' % (ran.returncode, ran.stdout)
    plain = write(os.path.join(folder, 'plain.delta'), 'size n = 300\ninput x[n]\nparam W[n,n]\nC = ‖W x‖²\nminimize C\noptimize with sgd(η = 0.1)\n')
    none = run('emit', plain, '-o', folder, '--target', 'freestanding', '--memory-limit', '1k')
    return '' if none.returncode == 3 and 'no recurrence can run in segments' in none.stdout else 'status %d: %s' % (none.returncode, none.stdout)


def verified(page):
    ran = run('verify', page, '--memory-limit', '1')
    return '' if ran.returncode == 0 and 'recurrences run in segments' in ran.stdout else ran.stdout


def counts_the_batch(folder):
    """The limit counts the samples of --batch, of which this example needs 32 times as much memory as of one"""
    data, problem = os.path.join(folder, 'pendulum.npz'), ''
    for batch, wanted, words in ((1, 0, ''), (32, 3, 'a smaller --batch needs less')):
        ran = run('train', os.path.join(ROOT, 'examples', 'pendulum.delta'), '--memory-limit', '40k', '--data', os.path.join(ROOT, 'examples', 'pendulum.csv'), '--batch', batch,
                  '--steps', 1, '--weights', data, '--quiet')
        if ran.returncode != wanted or words not in ran.stdout:
            problem += '--batch %d: status %d, %s' % (batch, ran.returncode, ran.stdout)
    return problem


def main():
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        tests = {}
        for name, (text, shapes, windows, whole) in PAGES.items():
            page = write(os.path.join(folder, name + '.delta'), whole_page(text))
            tests[name + ': plan'] = lambda page=page, windows=windows, whole=whole: plan_says(page, windows, whole)
            tests[name + ': weights'] = lambda page=page, shapes=shapes: trains_alike(folder, page, shapes)
        for name in ('one_state', 'downward_with_losses', 'two_objectives'):
            tests[name + ': freestanding'] = lambda name=name: freestanding(folder, PAGES[name][0], 230)
        for name in ('lstm', 'gru'):
            tests[name + ': verified'] = lambda name=name: verified(os.path.join(ROOT, 'examples', name + '.delta'))
        rows = write(os.path.join(folder, 'rows.delta'), ROWS)
        tests['rows of two indices: verified'] = lambda: verified(rows)
        tests['--batch'] = lambda: counts_the_batch(folder)
        tests['memory grows as the root of T'] = lambda: grows_as_the_root(folder)
        tests['limits that are too small'] = lambda: says_what_is_too_small(folder)
        for name, test in tests.items():
            problem = test()
            failed += bool(problem)
            print(('    %s\n' % problem if problem else '') + '%s %s' % ('not ok' if problem else 'ok', name), flush=True)
    sys.exit(failed > 0)


main()
