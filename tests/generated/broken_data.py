"""Data files that cannot be used: each case is trained on, must end with status 3 (64 if the command line is at fault) within seconds and little memory, say exactly what broken_data.txt holds for it, and
leave no weights, log or checkpoint behind. `broken_data.sh --update` writes the messages as they are now; then read the difference."""
import gzip
import io
import os
import re
import resource
import struct
import subprocess
import sys
import tempfile
import zipfile
import zlib

ROOT = os.environ.get('ROOT') or os.path.abspath(os.path.join(os.path.dirname(__file__), '..', '..'))
DELTAC = os.environ.get('DELTAC') or os.path.join(ROOT, 'build', 'deltac')
EXPECTED = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'broken_data.txt')

PAGES = {
    'line': 'size n = 2\ninput x[n]\ntarget y\nparam w[n], b\nassume y >= 0\np = w·x + b\nC = ½(p − y)²\nminimize C\noptimize with sgd(η = 0.01)\n',
    'classes': 'size n, k = 3\ninput x[n]\ntarget y[k]\nparam W[k, n], b[k]\nassume Σ_j y[j] = 1\nz = W x + b\nC = −Σ_j y[j] log_softmax(z)[j]\nminimize C\n'
               'optimize with sgd(η = 0.01)\n',
    'stated': 'input x\ntarget y\ngiven g[2] = 3\nparam w\np = w x + sum(g)\nC = (p − y)²\nminimize C\noptimize with sgd\n',
    'words': 'size v = 5, d = 2\ninput tok : int[3]\ntarget y\ngiven A[d, d]\nassume A = Aᵀ\nparam E[v, d] ~ normal(0, 1), u[d]\nc[j] = Σ_t E[tok[t], j]\n'
             'p = u·(A c)\nC = ½(p − y)²\nminimize C\noptimize with sgd(η = 0.01)\n',
}


def npy(shape, values=None, kind='<f8', header=None):
    text = header or "{'descr': '%s', 'fortran_order': False, 'shape': %s, }" % (kind, shape)
    text += ' ' * (63 - (10 + len(text)) % 64) + '\n'
    body = b''.join(struct.pack({'<f8': '<d', '<f4': '<f', '<i8': '<q', '|u1': 'B'}.get(kind, '<d'), v) for v in values or [])
    return b'\x93NUMPY\x01\x00' + struct.pack('<H', len(text)) + text.encode() + body


def npz(**arrays):
    out = io.BytesIO()
    with zipfile.ZipFile(out, 'w') as z:
        for name, content in arrays.items():
            z.writestr(zipfile.ZipInfo(name + '.npy'), content)
    return out.getvalue()


def idx(kind, shape, values):
    return bytes([0, 0, kind, len(shape)]) + b''.join(struct.pack('>I', n) for n in shape) + bytes(values)


def gz(content):
    return gzip.compress(content, mtime=0)


def without_crc(content):
    return content[:-8] + bytes(8)


GOOD = b'x[0],x[1],y\n' + b''.join(b'%d,%d,%d\n' % (i, i * i % 7, i % 3) for i in range(12))
XY = {'x': npy('(4, 2)', range(8)), 'y': npy('(4,)', range(4))}
IMAGES = idx(8, (6, 2, 2), range(24))
LABELS = idx(8, (6,), [0, 1, 2, 0, 1, 2])
TOK = npy('(4, 3)', [0, 1, 2, 3, 4, 0, 1, 2, 3, 4, 0, 1], '<i8')
SYMMETRIC = npy('(2, 2)', [1, 2, 2, 1])


def replaced(row, text):
    lines = GOOD.split(b'\n')
    lines[row] = text
    return b'\n'.join(lines)


def csv(name, content, *more):
    return ('line', name, {'d.csv': content}, ['--data', 'd.csv', *more])


def x_and_y(name, x, y=XY['y']):
    return ('line', name, {'x.npy': x, 'y.npy': y}, ['--data', 'x=x.npy', '--data', 'y=y.npy'])


def images(name, x, y=LABELS, end=''):
    return ('classes', name, {'x.idx' + end: x, 'y.idx': y}, ['--data', 'x=x.idx' + end, '--data', 'y=y.idx'])


def words(name, tok, a=SYMMETRIC):
    return ('words', name, {'t.npy': tok, 'y.npy': XY['y'], 'a.npy': a}, ['--data', 'tok=t.npy', '--data', 'y=y.npy', '--data', 'A=a.npy'])


CASES = [
    ('stated', 'a fixed array with a value', {'d.csv': b'x,y\n1,2\n3,4\n', 'g.npy': npy('(2,)', [1, 2])}, ['--data', 'd.csv', '--data', 'g=g.npy']),
    csv('csv: empty file', b''),
    csv('csv: only a header', b'x[0],x[1],y\n'),
    csv('csv: a column is missing', b'x[0],x[1]\n1,2\n'),
    csv('csv: an entry of x has no column', b'x[0],y\n1,2\n'),
    csv('csv: a column twice', b'x[0],x[1],x[1],y\n1,2,3,4\n'),
    csv('csv: an entry that x does not have', b'x[0],x[1],x[2],y\n1,2,3,4\n'),
    csv('csv: no header', b'1,2,3\n4,5,6\n'),
    csv('csv: NaN', replaced(5, b'1,nan,2')),
    csv('csv: infinite', replaced(5, b'1,inf,2')),
    csv('csv: too large for a double', replaced(5, b'1,1e999,2')),
    csv('csv: an empty cell', replaced(5, b'1,,2')),
    csv('csv: a word', replaced(5, b'1,two,2')),
    csv('csv: number with something behind it', replaced(5, b'1,2.5kg,2')),
    csv('csv: decimal comma', replaced(5, b'1;2,5;2')),
    csv('csv: a row too short', replaced(5, b'1,2')),
    csv('csv: a row too long', replaced(5, b'1,2,3,4')),
    csv('csv: cut off within a row', GOOD[:-4]),
    csv('csv: a quote that is not closed', replaced(5, b'1,"2,3')),
    csv('csv: binary junk', bytes((i * 73 + i // 7) % 256 for i in range(4000))),
    csv('csv: zero bytes', GOOD[:40] + bytes(100) + GOOD[40:]),
    csv('csv: two bytes a character', GOOD.decode().encode('utf-16')),
    csv('csv: an assumption is broken on row 7', replaced(7, b'1,2,-1')),
    csv('csv: column of --columns is not there', GOOD, '--columns', 'x=1..2,y=9'),
    csv('csv: --columns has too few', GOOD, '--columns', 'x=1,y=3'),
    csv('csv: name that the page has not', GOOD, '--data', 'q=d.csv'),
    csv('csv: the validation data are broken', GOOD, '--valid', 'missing.csv'),
    ('line', 'no data', {}, []),
    ('line', 'no such file', {}, ['--data', 'none.csv']),
    ('line', 'a folder', {'folder.csv/file': b''}, ['--data', 'folder.csv']),
    ('line', 'an ending that is unknown', {'d.parquet': b'PAR1\x15\x04\x15\x08' + bytes(40) + b'PAR1'}, ['--data', 'd.parquet']),
    ('line', 'gzip: cut off', {'d.csv.gz': gz(GOOD)[:-20]}, ['--data', 'd.csv.gz']),
    ('line', 'gzip: wrong check sum', {'d.csv.gz': without_crc(gz(GOOD))}, ['--data', 'd.csv.gz']),
    ('line', 'gzip: damaged in the middle', {'d.csv.gz': gz(GOOD * 1)[:30] + b'\xff\xff\xff\xff' + gz(GOOD)[34:]}, ['--data', 'd.csv.gz']),
    ('line', 'gzip: empty', {'d.csv.gz': b''}, ['--data', 'd.csv.gz']),
    x_and_y('npy: empty', b''),
    x_and_y('npy: wrong magic', b'\x93NUMPX' + XY['x'][6:]),
    x_and_y('npy: unknown version', XY['x'][:6] + b'\x09\x00' + XY['x'][8:]),
    x_and_y('npy: cut off in the header', XY['x'][:40]),
    x_and_y('npy: cut off in the data', XY['x'][:-3]),
    x_and_y('npy: bytes behind the data', XY['x'] + b'extra'),
    x_and_y('npy: header of 3 GB', npy('(200000000, 2)', range(8))),
    x_and_y('npy: more entries than can be counted', npy('(4611686018427387904, 4)', range(8))),
    x_and_y('npy: negative axis', npy('(-4, 2)', range(8))),
    x_and_y('npy: objects', npy('(4, 2)', range(8), '|O')),
    x_and_y('npy: complex numbers', npy('(4, 2)', list(range(16)), '<c16')),
    x_and_y('npy: header is no dictionary', npy('', range(8), header="['descr', 3]")),
    x_and_y('npy: wrong number of columns', npy('(4, 3)', range(12))),
    x_and_y('npy: no axis', npy('()', [1])),
    x_and_y('npy: no rows', npy('(0, 2)', [])),
    x_and_y('npy: NaN', npy('(4, 2)', [0, 1, 2, 3, 4, float('nan'), 6, 7])),
    x_and_y('npy: different numbers of rows', XY['x'], npy('(5,)', range(5))),
    ('line', 'npz: an array is missing', {'d.npz': npz(x=XY['x'])}, ['--data', 'd.npz']),
    ('line', 'npz: names that the page has not', {'d.npz': npz(u=XY['x'], v=XY['y'])}, ['--data', 'd.npz']),
    ('line', 'npz: no zip', {'d.npz': b'PK\x03\x04' + bytes(60)}, ['--data', 'd.npz']),
    ('line', 'npz: cut off', {'d.npz': npz(**XY)[:300]}, ['--data', 'd.npz']),
    ('line', 'npz: damaged array', {'d.npz': npz(**XY).replace(struct.pack('<d', 3), struct.pack('<d', 9))}, ['--data', 'd.npz']),
    images('idx: wrong magic', b'\x01' + IMAGES[1:]),
    images('idx: unknown kind of number', IMAGES[:2] + b'\x07' + IMAGES[3:]),
    images('idx: cut off', IMAGES[:-5]),
    images('idx: 3 GB claimed', idx(8, (3000000, 32, 32), range(24))),
    images('idx: bytes behind the data', IMAGES + b'xyz'),
    images('idx: header cut off', IMAGES[:9]),
    images('idx: gzip cut off', gz(IMAGES)[:-9], LABELS, '.gz'),
    images('idx: a label that is no class', IMAGES, idx(8, (6,), [0, 1, 2, 3, 1, 2])),
    images('idx: more images than labels', IMAGES, idx(8, (5,), [0, 1, 2, 0, 1])),
    ('classes', 'csv: no class on row 4', {'d.csv': b'x[0],y[0],y[1],y[2]\n' + b'1,1,0,0\n' * 3 + b'1,0,0,0\n' + b'1,0,1,0\n'}, ['--data', 'd.csv']),
    words('int data: index outside its axis', npy('(4, 3)', [0, 1, 2, 3, 4, 0, 5, 2, 3, 4, 0, 1], '<i8')),
    words('int data: negative index', npy('(4, 3)', [0, 1, 2, 3, 4, 0, -1, 2, 3, 4, 0, 1], '<i8')),
    words('int data: not whole', npy('(4, 3)', [0, 1, 2, 3, 4.5, 0, 1, 2, 3, 4, 0, 1])),
    words('given array: wrong shape', TOK, npy('(2, 3)', range(6))),
    words('given array: an assumption is broken', TOK, npy('(2, 2)', [1, 2, 3, 1])),
    csv('weights: cut off', GOOD, '--from', 'w.npz'),
    csv('weights: wrong shape', GOOD, '--from', 'w.npz'),
    csv('weights: no file', GOOD, '--from', 'w.npz'),
]
CASES[-3][2]['w.npz'] = npz(w=npy('(2,)', [1, 2]), b=npy('()', [1]))[:-30]
CASES[-2][2]['w.npz'] = npz(w=npy('(3,)', [1, 2, 3]), b=npy('()', [1]))


def limit():
    """A claimed 3 GB must not be allocated: the whole program gets 1.5 GB of addresses. Sanitizers need more."""
    if 'sanitize' not in os.environ.get('CC', ''):
        resource.setrlimit(resource.RLIMIT_AS, (3 << 29, 3 << 29))


# Faults of the command line, not of the data.
USAGE = {'csv: column of --columns is not there', 'csv: name that the page has not'}
# Found in the first step, when the log has been opened.
STARTED = {'int data: index outside its axis', 'int data: negative index'}


def run(page, files, options):
    with tempfile.TemporaryDirectory() as folder:
        for name, content in {page + '.delta': PAGES[page].encode(), **files}.items():
            path = os.path.join(folder, name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, 'wb') as out:
                out.write(content)
        before = sorted(os.listdir(folder))
        ran = subprocess.run([DELTAC, 'train', page + '.delta', *options, '--epochs', '2', '--quiet', '--weights', 'out.npz', '--log', 'out.jsonl', '--checkpoint', 'out'],
                             cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=600, preexec_fn=limit)
        return ran, sorted(set(os.listdir(folder)) - set(before))


def expected():
    parts = re.split(r'(?m)^== (.*)\n', open(EXPECTED, encoding='utf-8').read()) if os.path.exists(EXPECTED) else ['']
    return dict(zip(parts[1::2], parts[2::2]))


def good_data():
    """The pages themselves are fine: the same with whole files trains."""
    for case in (csv('csv', GOOD), x_and_y('npy', XY['x']), images('idx', gz(IMAGES), LABELS, '.gz'), words('words', TOK), ('line', 'npz', {'d.npz': npz(**XY)}, ['--data', 'd.npz'])):
        page, name, files, options = case
        ran, left = run(page, files, options)
        good = ran.returncode == 0 and left == ['out', 'out.jsonl', 'out.npz']
        print(('' if good else '    %s\n    %s\n' % (left, ran.stderr.decode())) + '%s good data: %s' % ('ok' if good else 'not ok', name), flush=True)


def main():
    wanted, got = expected(), {}
    good_data()
    for page, name, files, options in CASES:
        ran, left = run(page, files, options)
        got[name] = ran.stderr.decode('utf-8', 'backslashreplace')
        status = 64 if name in USAGE else 3
        left = [file for file in left if name not in STARTED or file == 'out.npz']
        problems = ['status %d, expected %d' % (ran.returncode, status)] * (ran.returncode != status) + ['left behind: ' + ' '.join(left)] * bool(left)
        problems += ['printed on standard output'] * bool(ran.stdout)
        if wanted.get(name) != got[name] and '--update' not in sys.argv:
            problems.append('expected:\n%sgot:\n%s' % (wanted.get(name, ''), got[name]))
        for problem in problems:
            print('    ' + problem.rstrip().replace('\n', '\n    '), flush=True)
        print('%s %s' % ('not ok' if problems else 'ok', name), flush=True)
    if '--update' in sys.argv:
        with open(EXPECTED, 'w', encoding='utf-8') as out:
            out.write(''.join('== %s\n%s' % item for item in got.items()))


main()
