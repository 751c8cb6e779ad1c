"""A training that is killed at some instant and resumed ends with the weights, to the bit, and the log, but for the clock, of one that was never disturbed.

COUNT instants (first argument), drawn from a fixed seed over the length of a run, on pages with adaptive steps, noise, shuffling, two populations, validation,
patience, averages, schedules, states of the page, and a sequence of optimizers that ends in lbfgs. SIGKILL may fall anywhere: before the first checkpoint, within
the writing of one, after the end. Prints a line for each page."""
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time

ROOT = os.environ.get('ROOT') or os.path.abspath(os.path.join(os.path.dirname(__file__), '..', '..'))
DELTAC = os.environ.get('DELTAC') or os.path.join(ROOT, 'build', 'deltac')

PAGES = {
    'adam with noise, averages and validation': ('''input x[2]
target y
noise ε[6] ~ normal(0, 1/10)
param W[6,2], b[6] = 0, v[6] ~ normal(0, 1), c = 0
state level = 0
a = tanh(W x + b + ε)
p = v·a + c
C = ½(p − y)²
minimize C
metric rmse = sqrt(mean((p − y)²))
level ← 9/10 level + 1/10 p
optimize with adam(η = 1e-2)
''', ['--data', 'data.csv', '--split', '0.25', '--batch', '5', '--epochs', '260', '--best', 'rmse:min', '--patience', '200', '--average', 'ema(0.98)',
      '--schedule', 'adam.η: warmup(2 epochs, cosine(0.02, 0.001))', '--checkpoint-every', '37', '--seed', '7']),
    'momentum in float, two populations': ('''input x[2]
target y
set edge: input q[2]
param W[6,2], b[6] = 0, v[6] ~ normal(0, 1)
function net(z[2]) { v·tanh(W z + b) }
C = (net(x) − y)² + mean_edge(net(q)²)
minimize C
optimize with momentum(η = 1e-3)
''', ['--data', 'data.csv', '--data', 'edge=edge.csv', '--batch', '4', '--batch', 'edge=3', '--epochs', '400', '--average', 'mean(30 epochs)', '--every', '61',
      '--plot', 'run.svg', '--checkpoint-every', '50']),
    'adam, then lbfgs': ('''input x[2]
target y
param W[6,2], b[6] = 0, v[6] ~ normal(0, 1), c = 0
p = v·tanh(W x + b) + c
C = ½(p − y)²
minimize C
optimize with adam(η = 1e-2) for 1500 steps then lbfgs(m = 5)
''', ['--data', 'data.csv', '--batch', '10', '--steps', '2100', '--valid', 'edge.csv', '--checkpoint-every', '23']),
}


def write_data(folder):
    numbers = random.Random(3)
    for name, x, rows in (('data.csv', 'x', 60), ('edge.csv', 'q', 20)):
        with open(os.path.join(folder, name), 'w', encoding='ascii') as out:
            out.write('%s[0],%s[1],y\n' % (x, x))
            for _ in range(rows):
                a, b = numbers.uniform(-2, 2), numbers.uniform(-2, 2)
                out.write('%.6f,%.6f,%.6f\n' % (a, b, a * b + numbers.gauss(0, 0.1)))
    with open(os.path.join(folder, 'edge.csv'), encoding='ascii') as table, open(os.path.join(folder, 'valid.csv'), 'w', encoding='ascii') as out:
        out.write(table.read().replace('q[', 'x['))


def read_log(path):
    with open(path, encoding='utf-8') as lines:
        log = [json.loads(line) for line in lines]
    for entry in log:
        del entry['seconds'], entry['samples_per_second']
    return log


def read(path):
    with open(path, 'rb') as data:
        return data.read()


class Page:
    def __init__(self, folder, programs, number, text, options):
        self.folder, self.options = folder, [o.replace('edge.csv', 'valid.csv') if options[i - 1] == '--valid' else o for i, o in enumerate(options)]
        page, self.program = os.path.join(programs, 'page%d.delta' % number), os.path.join(programs, 'page%d' % number)
        with open(page, 'w', encoding='utf-8') as out:
            out.write(text)
        subprocess.run([DELTAC, 'build', page, '-o', self.program, *(['--real', 'float'] if number == 1 else [])], check=True)
        self.clear()
        began = time.monotonic()
        ran = subprocess.run(self.command(), cwd=folder, stderr=subprocess.PIPE, text=True)
        self.seconds = time.monotonic() - began
        if ran.returncode:
            raise SystemExit('not ok undisturbed run\n' + ran.stderr)
        self.weights, self.log = read(self.path('w.npz')), read_log(self.path('run.jsonl'))

    def path(self, name):
        return os.path.join(self.folder, name)

    def command(self):
        return [self.program, *self.options, '--quiet', '--checkpoint', 'ck', '--resume', '--weights', 'w.npz', '--log', 'run.jsonl']

    def clear(self):
        for name in ('w.npz', 'run.jsonl', 'run.svg', *(os.path.join('ck', n) for n in (os.listdir(self.path('ck')) if os.path.isdir(self.path('ck')) else ()))):
            if os.path.exists(self.path(name)):
                os.unlink(self.path(name))

    def killed(self, instants):
        """Starts as often as there are instants, kills each, then runs to the end; '' or what differs."""
        self.clear()
        for instant in instants:
            process = subprocess.Popen(self.command(), cwd=self.folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            time.sleep(instant)
            process.send_signal(signal.SIGKILL)
            process.wait()
        ran = subprocess.run(self.command(), cwd=self.folder, stderr=subprocess.PIPE, text=True)
        if ran.returncode:
            return ran.stderr
        if read(self.path('w.npz')) != self.weights:
            return 'other weights'
        log = read_log(self.path('run.jsonl'))
        if log != self.log:
            other = next((i for i in range(min(len(log), len(self.log))) if log[i] != self.log[i]), min(len(log), len(self.log)))
            return 'other log from line %d on, %d lines instead of %d' % (other + 1, len(log), len(self.log))
        left = [n for n in os.listdir(self.folder) + os.listdir(self.path('ck')) if n.endswith('.tmp')]
        return 'left behind: %s' % left if left else ''


def main():
    count, numbers = int(sys.argv[1]), random.Random(11)
    memory = '/dev/shm' if os.access('/dev/shm', os.W_OK) else None  # where fsync does not wait; programs may be forbidden there
    with tempfile.TemporaryDirectory() as programs, tempfile.TemporaryDirectory(dir=memory) as folder:
        write_data(folder)
        pages = [Page(folder, programs, i, *page) for i, page in enumerate(PAGES.values())]
        failures = {name: [] for name in PAGES}
        for i in range(count):
            number = i % len(pages)
            page = pages[number]
            instants = [numbers.uniform(0, 1.1) * page.seconds for _ in range(1 if i % 4 else 3)]
            said = page.killed(instants)
            if said:
                failures[list(PAGES)[number]].append('killed after %s s: %s' % (', '.join('%.4f' % t for t in instants), said))
        for name, said in failures.items():
            print(''.join('    %s\n' % line for line in said) + '%s killed and resumed, %s' % ('not ok' if said else 'ok', name))


main()
