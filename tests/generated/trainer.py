"""A built trainer as people and their scripts meet it: signals, --time, a full disk, memory that cannot be had, values that are not finite, weights from numpy,
the redrawn line on a terminal, curves."""
import errno
import fcntl
import json
import os
import pty
import resource
import signal
import subprocess
import tempfile
import time
import xml.etree.ElementTree as tree
import zipfile

ROOT = os.environ.get('ROOT') or os.path.abspath(os.path.join(os.path.dirname(__file__), '..', '..'))
DELTAC = os.environ.get('DELTAC') or os.path.join(ROOT, 'build', 'deltac')
PAGE = '''input x[2]
target y
param W[4,2] ~ normal(0, 1), b[4], v[4] ~ normal(0, 1)
hyper η = 0.05
a = tanh(W x + b)
z = v·a
C = ½(z − y)²
minimize C
metric rmse = sqrt(mean((z − y)²))
W ← W − η ∂C/∂W
b ← b − η ∂C/∂b
v ← v − η ∂C/∂v
'''
ENDLESS = ['--data', 'data.csv', '--epochs', '1000000000', '--quiet']


def verdict(name, good, said=''):
    print(('' if good else '    %s\n' % str(said).strip().replace('\n', '\n    ')) + '%s %s' % ('ok' if good else 'not ok', name), flush=True)


def run(*options, limit=None, environment=None, merge=True):
    def limits():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        if limit is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    ran = subprocess.run(['./page', *options], stdout=subprocess.PIPE, stderr=subprocess.STDOUT if merge else subprocess.PIPE, text=True, errors='replace',
                         preexec_fn=limits, env={**os.environ, **(environment or {})})
    return ran.returncode, ran.stdout


def read(path):
    with open(path, 'rb') as data:
        return data.read()


def leftovers():
    return [n for n in os.listdir('.') if '.tmp' in n]


def handles(process, number):
    """Waits until the program has said what it does at this signal; False: it ended before."""
    while process.poll() is None:
        with open('/proc/%d/status' % process.pid, encoding='ascii') as lines:
            caught = next(line for line in lines if line.startswith('SigCgt'))
        if int(caught.split()[1], 16) >> (number - 1) & 1:
            return True
        time.sleep(0.01)
    return False


def signals():
    for number, options, status, word in ((signal.SIGTERM, ['--checkpoint', 'ck'], 75, 'SIGTERM'), (signal.SIGUSR1, ['--checkpoint', 'ck'], 75, 'SIGUSR1'),
                                          (signal.SIGINT, ['--checkpoint', 'ck'], 130, 'Ctrl-C'), (signal.SIGINT, ['--weights', 'int.npz'], 130, 'Ctrl-C'),
                                          (signal.SIGTERM, ['--weights', 'int.npz'], 143, 'SIGTERM'), (signal.SIGTERM, [], -15, '')):
        for path in ('ck/page.checkpoint', 'int.npz'):
            if os.path.exists(path):
                os.unlink(path)
        process = subprocess.Popen(['./page', *[o for o in ENDLESS if o != '--quiet'], '--every', '1000000000', *options], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        if options:
            handles(process, number)
        time.sleep(0.1)  # it may have come into the training by then or not
        process.send_signal(number)
        said = process.communicate()[1]
        written = os.path.exists('ck/page.checkpoint' if '--checkpoint' in options else 'int.npz') if options else True
        verdict('signal %s %s' % (word or 'SIGTERM alone', ' '.join(options)), process.returncode == status and word in said and written, '%d\n%s' % (process.returncode, said))


def limited_time():
    began = time.monotonic()
    status, said = run('--data', 'data.csv', '--time', '0.5', '--weights', 'timed.npz', '--checkpoint', 'ck-time', '--quiet')
    took = time.monotonic() - began
    verdict('--time 0.5', status == 0 and 0.4 < took < 60 and os.path.exists('timed.npz'), '%d, %.2f s\n%s' % (status, took, said))
    status, said = run('--data', 'data.csv', '--time', '1', '--schedule', 'η: cosine(0.1, 0)', '--quiet')
    verdict('a cosine to the end of a run of unknown length is refused', status == 64 and 'the length of the run is not known' in said, said)


def full_disk():
    """A limit on the size of files stands for a full disk, so that nobody has to be root."""
    run('--data', 'data.csv', '--steps', '50', '--weights', 'kept.npz', '--checkpoint', 'ck-full', '--quiet')
    before, point = read('kept.npz'), read('ck-full/page.checkpoint')
    status, said = run('--data', 'data.csv', '--steps', '100', '--weights', 'kept.npz', '--quiet', limit=600)
    verdict('full disk: weights', status == 4 and 'kept.npz: error: cannot be written' in said and read('kept.npz') == before, '%d\n%s' % (status, said))
    status, said = run('--data', 'data.csv', '--steps', '100', '--checkpoint', 'ck-full', '--resume', '--quiet', limit=600)
    verdict('full disk: checkpoint', status == 4 and 'page.checkpoint: error: cannot be written' in said and read('ck-full/page.checkpoint') == point, '%d\n%s' % (status, said))
    status, said = run('--data', 'data.csv', '--epochs', '400', '--log', 'full.jsonl', '--weights', 'after.npz', '--quiet', limit=4096)
    verdict('full disk: log, the weights are written', status == 4 and 'full.jsonl: error: cannot be written' in said and os.path.exists('after.npz'), '%d\n%s' % (status, said))
    status, said = run('predict', '--data', 'data.csv', '--weights', 'kept.npz', '-o', 'out.csv', limit=600)
    verdict('full disk: predictions', status == 4 and not os.path.exists('out.csv'), '%d\n%s' % (status, said))
    if os.path.exists('/dev/full'):
        for option in ('--weights', '--log', '--plot'):
            status, said = run('--data', 'data.csv', '--epochs', '3', option, '/dev/full', '--quiet')
            verdict('/dev/full for %s' % option, status == 4 and os.strerror(errno.ENOSPC) in said, '%d\n%s' % (status, said))
    verdict('full disk: nothing is left behind', not leftovers(), leftovers())


def memory():
    """Every request for memory refused once: status 4, a message, files as they were."""
    everything = ['--data', 'data.csv', '--split', '0.2', '--steps', '20', '--weights', 'alloc.npz', '--checkpoint', 'ck-alloc', '--resume', '--log', 'alloc.jsonl', '--plot', 'alloc.svg',
                  '--average', 'ema(0.9)', '--best', 'rmse:min', '--normalize', 'x', '--from', 'kept.npz', '--quiet']
    run(*everything)
    before = read('alloc.npz'), os.path.getsize('ck-alloc/page.checkpoint')  # which holds the time
    good, number, wrong = 0, 0, ''
    while number < 400 and not wrong:
        number += 1
        status, said = run(*everything, environment={'DELTA_FAIL_ALLOCATION': str(number)})
        if status == 0:
            break
        good += status == 4 and 'out of memory' in said
        if status != 4 or 'out of memory' not in said or (read('alloc.npz'), os.path.getsize('ck-alloc/page.checkpoint')) != before:
            wrong = 'request %d: status %d\n%s' % (number, status, said)
    verdict('memory refused at each of %d requests' % good, not wrong and good > 40, wrong)
    status, said = run(*everything)
    verdict('memory refused: the checkpoint is good', status == 0, said)
    verdict('memory refused: nothing is left behind', not leftovers(), leftovers())


def best():
    """Without validation data --best and --patience measure the training data with the weights they may keep: as if the same file were validation data."""
    options = ['--data', 'data.csv', '--batch', '4', '--epochs', '40', '--every', '5', '--set', 'η=1', '--quiet']
    for measure in ('loss:min', 'rmse:min'):
        alone = run(*options, '--best', measure, '--weights', 'alone.npz')
        beside = run(*options, '--best', measure, '--weights', 'beside.npz', '--valid', 'data.csv')
        last = run(*options, '--weights', 'last.npz')
        good = alone[0] == beside[0] == last[0] == 0 and read('alone.npz') == read('beside.npz') != read('last.npz')
        verdict('--best %s without validation data' % measure, good, alone[1] + beside[1] + last[1])


def not_finite():
    with open('wild.csv', 'w', encoding='ascii') as out:
        out.write('x[0],x[1],y\n' + ''.join('%d,%d,1\n' % (i % 3, i % 2) for i in range(40)) + '1,1,1e200\n' + '0,0,1\n')
    status, said = run('--data', 'wild.csv', '--batch', '6', '--epochs', '3', '--set', 'η=0.25', '--weights', 'never.npz', '--quiet')
    good = status == 3 and 'page.delta: error: training diverged in epoch 1, step ' in said and 'line 7: C[sample=' in said and 'that sample is row 41 of wild.csv (line 42)' in said
    verdict('the first equation, entry and sample that is not finite', good and 'η = 0.25' in said and not os.path.exists('never.npz'), said)
    # Every value is finite, and the derivative of a root at 0 is not: the sum over samples does not tell whose.
    with open('root.delta', 'w', encoding='utf-8') as out:
        out.write('input x[2]\ntarget y\nparam w[2] = 1\nz = √(Σ_i x[i]² w[i]²)\nC = ½(z − y)²\nminimize C\noptimize with sgd(η = 1e-3)\n')
    with open('root.csv', 'w', encoding='ascii') as out:
        out.write('x[0],x[1],y\n' + ''.join('%d,%d,1\n' % (i != 21 and i % 3, i % 2 + (i % 3 == 0) - 2 * (i == 21)) for i in range(42)))
    ran = subprocess.run([DELTAC, 'train', 'root.delta', '--data', 'root.csv', '--batch', '5', '--epochs', '1', '--quiet'], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    verdict('the sample whose gradient is not finite', ran.returncode == 3 and '∂C̄/∂w' in ran.stdout and 'the gradient of row 22 of root.csv (line 23) alone is not finite' in ran.stdout, ran.stdout)
    with open('tame.csv', 'w', encoding='ascii') as out:
        out.write('x[0],x[1],y\n' + ''.join('%d,%d,1\n' % (i % 3, i % 2) for i in range(42)))
    status, said = run('--data', 'tame.csv', '--batch', '1', '--ordered', '--epochs', '30', '--every', '10', '--best', 'loss:min', '--weights', 'best.npz', '--quiet',
                       '--schedule', 'η: linear(0.01, 1e9)')
    verdict('the best weights before it are kept', status == 3 and 'the best weights so far, of epoch' in said and os.path.exists('best.npz'), said)
    with open('gap.csv', 'w', encoding='ascii') as out:
        out.write('x[0],x[1],y\n0,1,1\n\n0,,1\n')
    status, said = run('--data', 'gap.csv')
    verdict('a gap in a table', status == 3 and 'gap.csv:4: error: row 2: x[1] is empty' in said, said)


def whole(weights, plot):
    try:
        with zipfile.ZipFile(weights) as arrays:
            return arrays.testzip() is None and len(arrays.namelist()) == 3 and tree.parse(plot) is not None
    except (OSError, zipfile.BadZipFile, tree.ParseError):
        return False


def same_output():
    """What a killed process left is taken over; processes that write one file at once wait for each other."""
    options = ['--data', 'data.csv', '--epochs', '20', '--weights', 'shared.npz', '--plot', 'shared.svg', '--quiet']
    for name in ('shared.npz.tmp', 'shared.svg.tmp'):
        with open(name, 'wb') as out:
            out.write(b'what a killed process left' * 10000)
    status, said = run(*options)
    verdict('a stale temporary file is taken over', status == 0 and whole('shared.npz', 'shared.svg') and not leftovers(), '%d %s\n%s' % (status, leftovers(), said))
    os.mkdir('readonly')
    with open('readonly/page.npz.tmp', 'wb') as out:
        out.write(b'of somebody else')
    os.chmod('readonly/page.npz.tmp', 0o400)
    status, said = run(*options[:4], '--weights', 'readonly/page.npz', '--quiet')
    verdict('one that may not be written too', status == 0 and os.listdir('readonly') == ['page.npz'], '%d %s\n%s' % (status, os.listdir('readonly'), said))
    with open('shared.npz.tmp', 'wb') as held:  # a process that is writing it
        fcntl.flock(held, fcntl.LOCK_EX)
        process = subprocess.Popen(['./page', *options], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        time.sleep(0.5)
        waits = process.poll() is None
        held.write(b'as good as weights')
        os.rename('shared.npz.tmp', 'shared.npz')
    said = process.communicate()[1]
    verdict('one that is being written is waited for', waits and process.returncode == 0 and whole('shared.npz', 'shared.svg') and not leftovers(), said)
    many = [subprocess.Popen(['./page', *options, '--every', '5', '--seed', str(seed)], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) for seed in range(8)]
    said = [process.communicate()[1] for process in many]
    verdict('eight processes with the same outputs', not any(process.returncode for process in many) and whole('shared.npz', 'shared.svg') and not leftovers(), '\n'.join(said))


def numpy_weights():
    try:
        import numpy as np
    except ImportError:
        print('SKIP numpy it is not installed')
        return
    values = {'W': np.arange(8.0).reshape(4, 2) / 10, 'b': np.zeros(4), 'v': np.ones(4)}
    np.savez('plain.npz', **values)
    np.savez_compressed('packed.npz', **{k: v.astype('f4') if k == 'b' else np.asfortranarray(v) for k, v in values.items()})
    outputs = []
    for name in ('plain', 'packed'):
        status, said = run('predict', '--data', 'data.csv', '--weights', name + '.npz', '-o', name + '.npy')
        outputs.append(np.load(name + '.npy') if status == 0 else said)
    x = np.loadtxt('data.csv', delimiter=',', skiprows=1)
    wanted = np.tanh(x[:, :2] @ values['W'].T) @ values['v']
    verdict('weights of numpy, also compressed and in Fortran order', all(isinstance(o, np.ndarray) and np.abs(o - wanted).max() < 1e-14 for o in outputs), outputs)
    listed = subprocess.run([DELTAC, 'inspect', '--json', 'packed.npz', 'plain.npy'], stdout=subprocess.PIPE, text=True).stdout
    first, second = json.loads(listed)
    good = {a['name']: a['shape'] for a in first['arrays']} == {'W': [4, 2], 'b': [4], 'v': [4]} and abs(first['arrays'][0]['mean'] - 0.35) < 1e-15
    verdict('deltac inspect', good and abs(second['arrays'][0]['deviation'] - wanted.std()) < 1e-12, listed)


def terminal():
    """On a terminal one line that redraws."""
    pid, descriptor = pty.fork()
    if pid == 0:
        os.execv('./page', ['./page', '--data', 'data.csv', '--split', '0.25', '--time', '2', '--batch', '2', '--plot', '-'])
    text = b''
    while True:
        try:
            part = os.read(descriptor, 65536)
        except OSError:
            break
        if not part:
            break
        text += part
    status = os.waitpid(pid, 0)[1]
    lines = text.decode().replace('\r\n', '\n').split('\n')
    drawn = [p for p in lines[0].split('\r\x1b[K') if p]
    shown = drawn[-1].startswith('epoch ') and 'valid rmse' in drawn[-1]
    good = status == 0 and len(drawn) > 3 and all(p.startswith('epoch ') for p in drawn) and any('samples/s' in p and 'left' in p and 'batch' in p for p in drawn)
    verdict('one line that redraws on a terminal', good and shown and len(text) < 9000, text[:2000])
    verdict('curves in the terminal', any('loss' in l for l in lines[1:]) and any(0x2800 < ord(c) < 0x2900 for l in lines for c in l), lines[1:])


def curves():
    run('--data', 'data.csv', '--split', '0.25', '--epochs', '700', '--plot', 'run.svg', '--log', 'curve.jsonl', '--quiet')
    svg = tree.parse('run.svg').getroot()
    space = '{http://www.w3.org/2000/svg}'
    paths = [p for p in svg.iter(space + 'path') if p.get('class') in ('train', 'valid') and 'L' in p.get('d')]
    texts = [t.text for t in svg.iter(space + 'text')]
    with open('curve.jsonl', encoding='ascii') as lines:
        last = json.loads(lines.readlines()[-1])
    good = len(paths) == 4 and all(300 < p.get('d').count('L') <= 512 for p in paths) and 'loss' in texts and 'rmse' in texts and 'training %.4g' % last['loss'] in texts
    verdict('curves as SVG: two panels, training and validation', good and 'validation %.4g' % last['valid_metrics']['rmse'] in texts, texts)


def wrong_options():
    for options, status, word in ((['--best', 'acuracy:max'], 64, 'it has loss, rmse'), (['--best', 'rmse'], 64, 'METRIC:max or METRIC:min'), (['--best', 'valid_rmse:min'], 64, 'needs validation data'),
                                  (['--average', 'ema(1)'], 64, '0 < d < 1'), (['--average', 'exp(0.9)'], 64, 'ema(d)'), (['--split', '0.2', '--valid', 'data.csv'], 64, 'exclude each other'),
                                  (['--resume'], 64, 'needs --checkpoint'), (['--plot', 'nowhere/run.svg'], 3, 'does its directory exist?'), (['--set', 'eta=x'], 64, 'NAME=VALUE'),
                                  (['--log', 'nowhere/log'], 3, 'cannot be written'), (['--plot', './run.png'], 64, 'such as ./run.svg'), (['--weights', '--quiet'], 64, 'needs FILE.npz'),
                                  (['-w', '--quiet'], 64, '--weights=--quiet'), (['--weights', 'nowhere/w.npz'], 3, 'does its directory exist?')):
        got, said = run('--data', 'data.csv', '--epochs', '1', *options)
        verdict('refused: %s' % ' '.join(options), got == status and word in said, '%d\n%s' % (got, said))
    ran = subprocess.run([DELTAC, 'train', '--data', 'data.csv', '--epochs', '1', '--quiet', 'page.delta'], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    verdict('the page behind the options', ran.returncode == 0, ran.stdout)


def other_checkpoints():
    run('--data', 'data.csv', '--steps', '50', '--checkpoint', 'ck-other', '--quiet')
    for change, options, word in ((('v·a', 'v·a + 1'), [], 'other equations'), (('W[4,2]', 'W[5,2]'), [], 'shape (4, 2) there, (5, 2) here'), (('b[4], v[4]', 'c[4], v[4]'), [], 'it has b where'),
                                  (None, ['--seed', '2'], 'with seed 1, this run has 2'), (None, ['--batch', '7'], 'a batch of 32, this run has 7'), (None, ['--average', 'ema(0.9)'], 'no --average')):
        text = PAGE
        if change:
            text = PAGE.replace(*change)
            if 'W[5' in change[1]:
                text = text.replace('[4]', '[5]')
            if 'c[4]' in change[1]:
                text = text.replace('+ b)', '+ c)').replace('b ← b − η ∂C/∂b', 'c ← c − η ∂C/∂c')
        with open('other/page.delta', 'w', encoding='utf-8') as out:
            out.write(text)
        ran = subprocess.run([DELTAC, 'train', 'other/page.delta', '--data', 'data.csv', '--steps', '60', '--checkpoint', 'ck-other', '--resume', '--quiet', *options], stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT, text=True)
        verdict('checkpoint of another model or run: %s' % word, ran.returncode == 3 and word in ran.stdout and 'hint: remove' in ran.stdout, ran.stdout)
    data = bytearray(read('ck-other/page.checkpoint'))
    data[len(data) // 2] ^= 1
    with open('ck-other/page.checkpoint', 'wb') as out:
        out.write(data)
    status, said = run('--data', 'data.csv', '--steps', '60', '--checkpoint', 'ck-other', '--resume')
    verdict('a damaged checkpoint', status == 3 and 'its checksum is wrong' in said, said)


def main():
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        os.mkdir('other')
        with open('page.delta', 'w', encoding='utf-8') as out:
            out.write(PAGE)
        with open('data.csv', 'w', encoding='ascii') as out:
            out.write('x[0],x[1],y\n' + ''.join('%r,%r,%r\n' % (i % 7 / 3 - 1, i % 5 / 2 - 1, (i % 7 / 3 - 1) * (i % 5 / 2 - 1)) for i in range(80)))
        subprocess.run([DELTAC, 'build', 'page.delta', '-o', 'page'], check=True)
        for part in (signals, limited_time, full_disk, memory, best, not_finite, same_output, numpy_weights, terminal, curves, wrong_options, other_checkpoints):
            part()


main()
