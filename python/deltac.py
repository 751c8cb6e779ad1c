"""Calls the program `deltac` from Python and from notebooks. One file, standard library only.

    import deltac
    deltac.check(r"$$a = w x$$ $$\\frac{\\partial a}{\\partial w} = x$$")     # what `deltac check --json` says of it
    deltac.derive("examples/two_layer.delta")
    deltac.train("examples/two_layer.delta", data="train.csv", epochs=100)

In a notebook, `%load_ext deltac`, then cells that begin with `%%deltac` show their verdicts:

    %%deltac
    $$z = w x + b$$
    $$\\frac{\\partial z}{\\partial w} = x$$
"""
import html
import json
import os
import shutil
import subprocess
import tempfile

__all__ = ['DeltacError', 'check', 'derive', 'train', 'eval', 'program', 'load_ipython_extension']


class DeltacError(Exception):
    """The input is unusable, or the machine failed; `status` is the program's exit status."""

    def __init__(self, status, message):
        super().__init__(message)
        self.status = status


def program():
    """The program: $DELTAC, else the one beside this file's checkout, else the one on the path."""
    beside = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'build', 'deltac')
    for candidate in (os.environ.get('DELTAC'), beside if os.path.exists(beside) else None, shutil.which('deltac')):
        if candidate:
            return candidate
    raise DeltacError(4, 'deltac is not found: set DELTAC to its path')


def _run(arguments, stdin=None, good=(0, 1, 2)):
    ran = subprocess.run([program()] + [str(a) for a in arguments], input=stdin, capture_output=True, text=True)
    if ran.returncode not in good:
        raise DeltacError(ran.returncode, ran.stderr.strip() or 'deltac ended with status %d' % ran.returncode)
    return ran


def _looks_like_a_path(text):
    return '\n' not in text and os.path.exists(text)


def _language(text):
    return 'md' if '$' in text or '\\[' in text or '\\begin{' in text else 'delta'


class _File:
    """A text as a file; a path stays what it is."""

    def __init__(self, text, lang=None):
        self.path, self.directory = text, None
        if not _looks_like_a_path(text):
            self.directory = tempfile.mkdtemp()
            self.path = os.path.join(self.directory, 'cell.' + (lang or _language(text)))
            with open(self.path, 'w', encoding='utf-8') as f:
                f.write(text)

    def __enter__(self):
        return self.path

    def __exit__(self, *_):
        if self.directory:
            shutil.rmtree(self.directory, ignore_errors=True)


def check(text, lang=None):
    """Verdicts for a file's or a text's claims: the object of `deltac check --json`, with the exit status added."""
    with _File(text, lang) as path:
        ran = _run(['check', '--json', path] + (['--lang', lang] if lang else []), good=(0, 1, 2, 3))
    if not ran.stdout.strip():
        raise DeltacError(ran.returncode, ran.stderr.strip())
    result = json.loads(ran.stdout)
    result['status'] = ran.returncode
    return result


def derive(text, *derivatives, to='text'):
    """The derivation as text (or 'latex', 'markdown', 'html')."""
    with _File(text) as path:
        return _run(['derive', path, *derivatives, '--to', to], good=(0,)).stdout


def _options(settings):
    words = []
    for name, value in settings.items():
        name = '--' + name.replace('_', '-')
        for one in value if isinstance(value, (list, tuple)) else [value]:
            words += [name] if one is True else [] if one is None or one is False else [name, one]
    return words


def train(text, **settings):
    """Trains a page; settings are the options of `deltac train` (data=…, epochs=…, define=[…]). Returns the log, one object an epoch."""
    with _File(text) as path, tempfile.TemporaryDirectory() as directory:
        log = settings.pop('log', None) or os.path.join(directory, 'run.jsonl')
        _run(['train', path, '--log', log] + _options(settings), good=(0,))
        with open(log, encoding='utf-8') as f:
            return [json.loads(line) for line in f if line.strip()]


def eval(text, *expressions, output, **settings):  # the program's word for it
    """Values and derivatives of a page over data, written to `output` (.npz)."""
    with _File(text) as path:
        _run(['eval', path, *expressions, '-o', output] + _options(settings), good=(0,))
    return output


_MARKS = {'proved': ('✓', '#1a7f37'), 'refuted': ('✗', '#cf222e'), 'undecided': ('?', '#9a6700'), 'not understood': ('?', '#9a6700')}


def _row(claim):
    mark, colour = _MARKS.get(claim.get('verdict'), ('·', '#57606a'))
    notes = [n for n in (claim.get('reason'), claim.get('diagnosis')) if n]
    if claim.get('suggestion'):
        notes.append('did you mean: ' + claim['suggestion'])
    notes += claim.get('messages', [])
    said = ''.join('<div style="color:#57606a">%s</div>' % html.escape(n) for n in notes)
    what = claim.get('verdict') or claim.get('role', '')
    return '<tr><td>%s</td><td style="color:%s">%s</td><td style="text-align:left"><code>%s</code>%s</td><td style="color:%s">%s</td></tr>' % (
        claim['line'], colour, mark, html.escape(claim.get('claim') or ''), said, colour, html.escape(what))


def as_html(result):
    """The verdicts of `check` as a table."""
    rows, assumed = [], []
    for file in result['files']:
        rows += [_row(c) for c in file['claims']]
        assumed += file.get('assumptions', [])
    summary = ', '.join('%d %s' % (n, word) for word, n in result['summary'].items() if n)
    return '<table>%s</table>%s<p>%s</p>' % (''.join(rows), ''.join('<div>assumed: %s</div>' % html.escape(a) for a in assumed), html.escape(summary))


class _Shown:
    """What the cell magic returns: HTML in a notebook, the object in `.result`."""

    def __init__(self, result):
        self.result = result

    def _repr_html_(self):
        return as_html(self.result)

    def __repr__(self):
        return '\n'.join('%4d  %-14s %s' % (c['line'], c.get('verdict') or c.get('role', ''), c['claim']) for f in self.result['files'] for c in f['claims'])


def _cell(line, cell):
    return _Shown(check(cell, line.strip() or None))


def load_ipython_extension(ipython):
    ipython.register_magic_function(_cell, 'cell', 'deltac')
