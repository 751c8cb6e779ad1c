"""What is built around the notes: annotated documents, --with, logs for CI, long and broken documents, the Python file and the cell magic in a real kernel."""
import json
import os
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..'))
import pace  # noqa: E402

DELTAC = os.path.abspath(os.environ['DELTAC'])
ROOT = os.getcwd()
failed = False


def report(name, troubles):
    global failed
    print('%s %s' % ('not ok' if troubles else 'ok', name))
    for t in troubles if isinstance(troubles, list) else [troubles] if troubles else []:
        print('    ' + str(t)[:300])
    failed |= bool(troubles)


def check(path, *options):
    return subprocess.run([DELTAC, 'check', path, *options], capture_output=True, text=True)


def verdicts(path):
    return [(c['role'], c['step'], c['verdict']) for c in json.loads(check(path, '--json').stdout)['files'][0]['claims']]


def write(path, text):
    with open(path, 'w', encoding='utf-8') as f:
        f.write(text)
    return path


def read(path):
    with open(path, encoding='utf-8') as f:
        return f.read()


# --- annotated documents ---

TEX = r'''\documentclass{article}
\begin{document}
\[ z = wx + b \]
\begin{align} \frac{\partial z}{\partial w} &= x \\
\frac{\partial z}{\partial b} &= 2 \end{align} % two
\[ \frac{\partial z}{\partial b} = 1 \] and
so $\frac{\partial z}{\partial x} = w$ holds.
\end{document}
'''
TEX_MARKED = r'''\documentclass{article}
\providecommand{\textcolor}[2]{#2}% deltac mark
\providecommand{\deltacmark}[2]{{\marginpar{\footnotesize\textcolor{#1}{#2}}}}% deltac mark
\begin{document}
\[ z = wx + b \]
\begin{align} \frac{\partial z}{\partial w} &= x \\
\frac{\partial z}{\partial b} &= 2 \end{align}\deltacmark{red}{+!}% deltac mark % two
% deltac mark: ✓ ∂z/∂w = x: proved
% deltac mark: ✗ ∂z/∂b = 2: refuted; a number is wrong; did you mean ∂z/∂b = 1?
\[ \frac{\partial z}{\partial b} = 1 \]\deltacmark{green!50!black}{+}% deltac mark, and the line goes on
% deltac mark: ✓ ∂z/∂b = 1: proved
 and
so $\frac{\partial z}{\partial x} = w$\deltacmark{green!50!black}{+} holds.
\end{document}
'''


def annotate_all(folder):
    source, out = write(os.path.join(folder, 'a.tex'), TEX), os.path.join(folder, 'b.tex')
    ran = check(source, '--annotate', out)
    report('annotate tex', [] if read(out) == TEX_MARKED and ran.returncode == 1 else [ran.stderr, read(out)])
    troubles = []
    documents = sorted(os.path.join('tests/notes', n) for n in os.listdir('tests/notes') if n.endswith(('.md', '.tex', '.ipynb')))
    for path in documents:
        once, twice = os.path.join(folder, 'once' + os.path.splitext(path)[1]), os.path.join(folder, 'twice' + os.path.splitext(path)[1])
        check(path, '--annotate', once)
        check(once, '--annotate', twice)
        if read(once) != read(twice):
            troubles.append('%s: annotating twice is not annotating once' % path)
        if path.endswith('.tex') and read(once).count('\n\n') != read(path).count('\n\n'):
            troubles.append('%s: the marks make paragraphs' % path)
        if verdicts(path) != verdicts(once):
            troubles.append('%s: the marks change what is read' % path)
        if any(v for _, _, v in verdicts(path)) and 'deltac' not in read(once):
            troubles.append('%s: no mark' % path)
    report('annotate %d documents' % len(documents), troubles)
    ran = check('tests/notes/style-bold.md', '--annotate', os.path.join(folder, 'no/such/folder.md'))
    report('annotate nowhere', [] if ran.returncode == 4 and 'cannot write' in ran.stderr else [ran.returncode, ran.stderr])


# --- --with, logs ---

def with_page(folder):
    doc = write(os.path.join(folder, 'w.md'), '$$z = W x$$\n\n$$\\frac{\\partial z}{\\partial x} = W$$\n\n$$q = h (z)$$\n\n$$\\frac{\\partial q}{\\partial h} = z$$\n')
    page = write(os.path.join(folder, 'w.delta'), 'size m, n\nvariable W[m,n], x[n], h\n')
    plain, settled = check(doc, '--json').stdout, check(doc, '--json', '--with', page).stdout
    first = json.loads(plain)['files'][0]['claims'], json.loads(settled)['files'][0]['claims']
    troubles = []
    if [c['verdict'] for c in first[1]].count('proved') != 2:
        troubles.append([(c['claim'], c['verdict'], c.get('reason')) for c in first[1]])
    ran = check(doc, '--with', os.path.join(folder, 'missing.delta'))
    if ran.returncode != 3:
        troubles.append('a page that is missing: status %d' % ran.returncode)
    report('with a page', troubles)


def logs(folder):
    doc = write(os.path.join(folder, 'l.md'), '$$z = w x$$\n\n$$\\frac{\\partial z}{\\partial w} = w$$\n')
    sarif, junit = os.path.join(folder, 'l.sarif'), os.path.join(folder, 'l.xml')
    check(doc, '--sarif', sarif, '--junit', junit)
    results = json.loads(read(sarif))['runs'][0]['results']
    good = len(results) == 1 and results[0]['locations'][0]['physicalLocation']['region']['startLine'] == 3
    report('sarif and junit', [] if good and 'failure' in read(junit) else [read(sarif)[:200], read(junit)[:200]])


# --- from notes to programs ---

def last_loss(page, data, *options):
    ran = subprocess.run([DELTAC, 'train', page, '--data', data, '--seed', '1', *options], capture_output=True, text=True)
    losses = [float(l.split('loss ')[1].split()[0]) for l in ran.stdout.split('\n') if 'loss ' in l]
    return (losses[0], losses[-1]) if ran.returncode == 0 and losses else (0, ran.stderr[-300:])


def converted_pages(folder):
    page = os.path.join(folder, 'style-bold.md.delta')
    subprocess.run([DELTAC, 'convert', 'tests/notes/style-bold.md', '-o', page])
    random.seed(1)
    rows = [(random.uniform(-1, 1), random.uniform(-1, 1)) for _ in range(64)]
    data = write(os.path.join(folder, 'two.csv'), 'x[0],x[1],y\n' + ''.join('%g,%g,%g\n' % (a, b, a - 2 * b) for a, b in rows))
    line = write(os.path.join(folder, 'one.csv'), 'x,y\n' + ''.join('%g,%g\n' % (a, 2 * a + 1) for a, _ in rows))
    first, last = last_loss(os.path.join(folder, 'style-bold.md.delta'), data, '--set', 'm=4', '--epochs', '60')
    report('a converted page of vectors trains', [] if isinstance(last, float) and last < first / 5 else [first, last])
    page = os.path.join(folder, 'january.delta')
    subprocess.run([DELTAC, 'convert', 'examples/lecture/january-30.md', '-o', page])
    first, last = last_loss(page, line, '--epochs', '60', '--define', 'σ1(u) = u', '--define', 'σ2(u) = u')
    report('the lecture page trains', [] if isinstance(last, float) and last < first / 5 else [first, last])


# --- long documents ---

def book(folder, chapters):
    names = sorted(n for n in os.listdir('tests/notes') if n.startswith(('real-', 'style-')) and n.endswith('.md'))
    texts = [read(os.path.join('tests/notes', n)) for n in names]
    text = '\n\n'.join('# Chapter %d\n\n%s' % (i, texts[i % len(texts)]) for i in range(chapters))
    return write(os.path.join(folder, 'book%d.md' % chapters), text)


def long_document(folder):
    path = book(folder, 33)
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    ran = check(path)
    seconds = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before
    troubles = [] if '✗' not in ran.stdout else ['a true line is refuted: ' + next(l for l in ran.stdout.split('\n') if '✗' in l)]
    if seconds > 30:
        troubles.append('%.1f s for %d formulas' % (seconds, read(path).count('$$') // 2))
    report('a book of chapters', troubles)


def plain_blocks(folder):
    """20,000 blocks whose claims are trivial: what is left is reading."""
    text = '\n\n'.join('## Part %d\n\n$$z = w x + b$$\n\n$$\\frac{\\partial z}{\\partial w} = x$$\n\nwhere $x \\in \\mathbb{R}$.\n' % i for i in range(1000))
    path = write(os.path.join(folder, 'plain.md'), text)
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    ran = check(path)
    seconds = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before
    report('2,000 plain blocks', [] if seconds < 15 * pace.pace() and ran.returncode == 0 else ['%.1f s, status %d' % (seconds, ran.returncode), ran.stdout[-200:]])


# --- broken documents ---

def survives(folder, name, text, seconds=600):
    path = os.path.join(folder, name)
    with open(path, 'wb') as f:
        f.write(text if isinstance(text, bytes) else text.encode())
    start = time.time()
    try:
        ran = subprocess.run([DELTAC, 'check', path], capture_output=True, timeout=seconds)
    except subprocess.TimeoutExpired:
        return '%s: not done after %d s' % (name, seconds)
    if ran.returncode not in (0, 1, 2, 3):
        return '%s: status %d after %.1f s: %s' % (name, ran.returncode, time.time() - start, ran.stderr[-200:])
    return None


def broken_documents(folder):
    deep = 20000
    cases = {
        'open.md': '$$ a = \\frac{1}{2',
        'deep.md': '$$ a = ' + '{' * deep + 'x' + '}' * deep + '$$',
        'parens.tex': '\\[ a = ' + '(' * deep + ' \\]',
        'fracs.md': '$$ a = ' + '\\frac{1}{' * deep + 'x' + '}' * deep + '$$',
        'macro.tex': '\\newcommand{\\a}{\\a\\a}\\[ x = \\a \\]',
        'pair.tex': '\\newcommand{\\a}{\\b\\b}\\newcommand{\\b}{\\a\\a}\\[ x = \\a \\]',
        'arguments.tex': '\\def\\a#1#2#3{#1#2#3\\a{#3}{#2}{#1}}\\[ \\a{x}{y}{z} = 1 \\]',
        'utf.md': b'$$ \xff\xfe = \xc3( $$ $$a = b$$',
        'zero.md': b'$$ a \x00 = b $$\x00',
        'empty.md': '',
        'dollars.md': '$' * 100001,
        'begin.tex': '\\begin{align}' * 5000,
        'rows.md': '$$' + '\\\\' * 20000 + '$$',
        'sums.md': '$$ a = ' + '\\sum_{i}' * 3000 + 'x_i $$',
        'sub.md': '$$ x' + '_{x' * 5000 + '}' * 5000 + ' = 1 $$',
        'primes.md': "$$ f" + "'" * 5000 + '(x) = 1 $$',
        'chain.md': '$$ a ' + '= a ' * 3000 + '$$',
        'truncated.ipynb': '{"cells": [{"cell_type": "markdown", "source": ["$$a = b',
        'list.ipynb': '[1, 2, 3]',
        'nested.ipynb': '[' * 100000,
        'integrals.md': '$$ a = ' + '\\int ' * 3000 + 'x dx $$',
        'expectations.md': '$$ a = ' + '\\mathbb{E}[' * 3000 + 'x' + ']' * 3000 + ' $$',
        'bars.md': '$$ a = ' + 'p(x|' * 3000 + 'z' + ')' * 3000 + ' $$',
        'labels.md': '$$ L_i = ' + 's_{y_i} + ' * 3000 + '1 $$',
        'many.md': '$$' + ' + '.join('\\mathbb{E}[x_{%d}]' % k for k in range(3000)) + ' = 1$$',
    }
    report('broken documents', [t for t in (survives(folder, n, text) for n, text in cases.items()) if t])


def mutated_documents(folder):
    random.seed(7)
    names = sorted(n for n in os.listdir('tests/notes') if n.endswith(('.md', '.tex', '.ipynb', '.txt')) and n != 'slips.txt')
    troubles = []
    for k in range(60):
        name = names[k % len(names)]
        with open(os.path.join('tests/notes', name), 'rb') as f:
            data = bytearray(f.read())
        for _ in range(random.randrange(1, 8)):
            at = random.randrange(len(data))
            kind = random.randrange(4)
            if kind == 0:
                del data[at:at + random.randrange(1, 40)]
            elif kind == 1:
                data[at:at] = random.choice([b'{', b'}', b'$$', b'\\frac', b'_', b'^', b'\\\\', b'&', b'|', b'\\left(', b'\xff', b'\\sum', b'='])
            elif kind == 2:
                data[at] = random.randrange(256)
            else:
                data = data[:at]
            if not data:
                data = bytearray(b'$')
        trouble = survives(folder, 'mutant%d%s' % (k, os.path.splitext(name)[1]), bytes(data))
        troubles += [trouble + ' (from %s)' % name] if trouble else []
    report('60 mutated documents', troubles)


def large_file(folder):
    text = read('tests/notes/style-bold.md')
    prose = 'Nothing but words, without a formula, for a long while. ' * 200 + '\n\n'
    size = 50 << 20
    path = os.path.join(folder, 'large.md')
    with open(path, 'w', encoding='utf-8') as f:
        f.write(text)
        for _ in range(size // len(prose)):
            f.write(prose)
        f.write('$$ a = {' * 3)
    start = time.time()
    ran = subprocess.run([DELTAC, 'check', path], capture_output=True, text=True, timeout=600)
    good = ran.returncode == 2 and '5 proved' in ran.stdout
    report('a file of 50 MB', [] if good else [ran.returncode, '%.0f s' % (time.time() - start), ran.stdout[-300:], ran.stderr[-200:]])


# --- a claim that never ends ---

def limits(folder):
    """A definition that needs more work than there is time for costs one claim its verdict, not the document."""
    long = ' + '.join('\\sigma(%d z + %s)' % (k, ' + '.join('x_{%d}^{%d}' % (i, k % 7 + 2) for i in range(12))) for k in range(60))
    doc = write(os.path.join(folder, 'limit.md'), '$$C = (%s)^6$$\n\n$$C = (%s)^6 + 0 \\cdot C^{9}$$\n\n$$u = w v$$\n\n$$\\frac{\\partial u}{\\partial w} = v$$\n' % (long, long))
    start = time.time()
    ran = check(doc, '--limit', '0.05', '--json')
    claims = json.loads(ran.stdout)['files'][0]['claims']
    good = claims[-1]['verdict'] == 'proved' and ran.returncode in (0, 2)
    report('a time limit', [] if good else [ran.returncode, [(c['verdict'], c.get('reason')) for c in claims]])


# --- the pre-commit hook ---

def pre_commit(folder):
    tool = shutil.which('pre-commit')
    if not tool:
        print('SKIP pre-commit it is not installed')
        return
    hook = read('.pre-commit-hooks.yaml').replace('- id:', '      - id:', 1)
    hook = '\n'.join(l if l.lstrip().startswith('- id') else '      ' + l for l in hook.split('\n') if l.strip())
    top = os.path.join(folder, 'repository')
    os.makedirs(top)
    home = dict(os.environ, HOME=folder, PRE_COMMIT_HOME=os.path.join(folder, 'cache'), PATH=os.path.dirname(DELTAC) + ':' + os.environ['PATH'], GIT_CONFIG_NOSYSTEM='1',
                GIT_AUTHOR_NAME='a', GIT_AUTHOR_EMAIL='a@example.org', GIT_COMMITTER_NAME='a', GIT_COMMITTER_EMAIL='a@example.org')

    def run(*arguments):
        return subprocess.run(arguments, cwd=top, env=home, capture_output=True, text=True)

    def commit(name, text):
        write(os.path.join(top, name), text)
        run('git', 'add', '.')
        return run('git', 'commit', '-q', '-m', name)

    run('git', 'init', '-q')
    write(os.path.join(top, '.pre-commit-config.yaml'), 'repos:\n  - repo: local\n    hooks:\n' + hook + '\n')
    installed = run(tool, 'install')
    good = commit('good.md', '$$z = w x$$\n\n$$\\frac{\\partial z}{\\partial w} = x$$\n')
    bad = commit('bad.md', '$$z = w x$$\n\n$$\\frac{\\partial z}{\\partial w} = w$$\n')
    troubles = [] if installed.returncode == 0 and good.returncode == 0 else [installed.stderr, good.stdout + good.stderr]
    if bad.returncode == 0 or '✗' not in bad.stdout + bad.stderr:
        troubles.append('a refuted line was committed: ' + bad.stdout + bad.stderr)
    report('the hook in pre-commit', troubles)


# --- Python and the notebook ---

def python_file(folder):
    sys.path.insert(0, os.path.join(ROOT, 'python'))
    import deltac
    result = deltac.check('$$z = w x$$\n\n$$\\frac{\\partial z}{\\partial w} = w$$')
    troubles = [] if result['summary']['refuted'] == 1 and result['status'] == 1 else [result['summary']]
    if '✗' not in deltac.as_html(result):
        troubles.append('the table does not show the refuted line')
    if 'δ2' not in deltac.derive('examples/two_layer.delta'):
        troubles.append('derive does not name δ2')
    report('python file', troubles)


KERNEL = r'''
import sys
from jupyter_client.manager import start_new_kernel
manager, client = start_new_kernel(kernel_name='python3')
def run(code):
    out = []
    client.execute_interactive(code, timeout=600, output_hook=lambda m: out.append(m))
    return out
try:
    run('import sys; sys.path.insert(0, "python")')
    run('%load_ext deltac')
    out = run('%%deltac\n$$z = w x$$\n\n$$\\frac{\\partial z}{\\partial w} = w$$\n\n$$\\frac{\\partial z}{\\partial x} = w$$')
    html = [m['content']['data'].get('text/html', '') for m in out if m['header']['msg_type'] in ('execute_result', 'display_data')]
    errors = [m['content'] for m in out if m['header']['msg_type'] == 'error']
    print('PASS' if not errors and html and 'refuted' in html[0] and 'proved' in html[0] else 'FAIL %r %r' % (html, errors))
finally:
    client.stop_channels()
    manager.shutdown_kernel(now=True)
'''


def kernel():
    for python in (os.environ.get('PYTHON'), '/usr/bin/python3', sys.executable):
        if python and subprocess.run([python, '-c', 'import jupyter_client, ipykernel'], capture_output=True).returncode == 0:
            ran = subprocess.run([python, '-c', KERNEL], capture_output=True, text=True, timeout=600, env=dict(os.environ, DELTAC=DELTAC))
            report('cell magic in a kernel', [] if 'PASS' in ran.stdout else [ran.stdout[-300:], ran.stderr[-300:]])
            return
    print('SKIP cell-magic no jupyter_client and ipykernel')


def main():
    with tempfile.TemporaryDirectory() as folder:
        annotate_all(folder)
        with_page(folder)
        logs(folder)
        converted_pages(folder)
        long_document(folder)
        plain_blocks(folder)
        broken_documents(folder)
        mutated_documents(folder)
        large_file(folder)
        limits(folder)
        pre_commit(folder)
        python_file(folder)
    kernel()


main()
sys.exit(failed)
