"""Replays a session with `deltac lsp`: open, break, repair, hover, format, complete. Prints ok or not ok per question.

    lsp.py DELTAC PAGE SECONDS [PAGE…]     the first page is the one with the slip; the others are compared with `check`; SECONDS of the processor for an edit"""
import json
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..'))
import pace  # noqa: E402


class Editor:
    def __init__(self, program):
        self.process = subprocess.Popen([program, 'lsp'], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.number = 0

    def send(self, **message):
        body = json.dumps(dict(message, jsonrpc='2.0')).encode()
        self.process.stdin.write(b'Content-Length: %d\r\n\r\n' % len(body) + body)
        self.process.stdin.flush()

    def receive(self):
        length = 0
        while True:
            line = self.process.stdout.readline()
            if not line:
                raise EOFError('deltac lsp ended')
            if line == b'\r\n':
                return json.loads(self.process.stdout.read(length))
            length = int(line.split(b':')[1]) if line.lower().startswith(b'content-length') else length

    def seconds(self):
        """Time of the processor so far."""
        with open('/proc/%d/stat' % self.process.pid) as f:
            fields = f.read().rsplit(')', 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf('SC_CLK_TCK')

    def request(self, method, **params):
        self.number += 1
        self.send(id=self.number, method=method, params=params)
        answer = self.receive()
        assert answer['id'] == self.number, answer
        return answer.get('result', answer.get('error'))

    def notify(self, method, **params):
        self.send(method=method, params=params)


def say(name, good, problem=''):
    print('%s %s %s' % ('ok' if good else 'not ok', name, '' if good else json.dumps(problem, ensure_ascii=False)[:600]))


def units(text):
    return len(text.encode('utf-16-le')) // 2


class Page:
    def __init__(self, editor, uri, text):
        self.editor, self.uri, self.text, self.version = editor, uri, text, 1
        editor.notify('textDocument/didOpen', textDocument={'uri': uri, 'languageId': 'delta', 'version': 1, 'text': text})
        self.diagnostics = editor.receive()['params']['diagnostics']

    def change(self, text):
        self.version += 1
        self.text = text
        self.editor.notify('textDocument/didChange', textDocument={'uri': self.uri, 'version': self.version}, contentChanges=[{'text': text}])
        self.diagnostics = self.editor.receive()['params']['diagnostics']

    def at(self, line, word):
        """The place where the word begins, in line (from 1)."""
        content = self.text.split('\n')[line - 1]
        return {'line': line - 1, 'character': units(content[:content.index(word)])}

    def ask(self, what, place=None, **more):
        params = dict(more, textDocument={'uri': self.uri})
        if place:
            params['position'] = place
        return self.editor.request('textDocument/' + what, **params)

    def apply(self, edits):
        lines = self.text.split('\n')
        for e in reversed(edits):
            start, end = e['range']['start'], e['range']['end']
            cut = lambda p: (p['line'], len(lines[p['line']].encode('utf-16-le')[:2 * p['character']].decode('utf-16-le')) if p['line'] < len(lines) else 0)
            (a, i), (b, k) = cut(start), cut(end)
            tail = lines[b][k:] if b < len(lines) else ''
            lines[a:b + 1] = (lines[a][:i] + e['newText'] + tail).split('\n')
        self.change('\n'.join(lines))


def session(program, path):
    editor = Editor(program)
    start = editor.request('initialize', capabilities={})
    say('initialize', start['capabilities']['hoverProvider'] is True, start)
    editor.notify('initialized')
    text = open(path, encoding='utf-8').read().replace('#= refuted', '')
    page = Page(editor, 'file:///pages/two%20layers.delta', text)
    refuted = [d for d in page.diagnostics if d['code'] == 'refuted']
    say('open', len(refuted) == 1 and refuted[0]['range']['start']['line'] == 21 and '2λ w1' in refuted[0]['message'], page.diagnostics)
    actions = page.ask('codeAction', range=refuted[0]['range'], context={'diagnostics': refuted})
    say('repair-offered', len(actions) == 1 and '2λ w1' in actions[0]['title'], actions)
    page.apply(actions[0]['edit']['changes'][page.uri])
    say('repaired', page.diagnostics == [], page.diagnostics)
    page.change(page.text.replace('δ2 a1 + 2λ w2', 'δ2 a1 + 2λ w2 +'))
    say('broken', any(d['severity'] == 1 for d in page.diagnostics), page.diagnostics)
    page.change(page.text.replace('2λ w2 +', '2λ w2'))
    say('mended', page.diagnostics == [], page.diagnostics)
    hover = page.ask('hover', page.at(10, 'w2'))['contents']['value']
    say('hover', 'parameter' in hover and '2λ w2' in hover and 'param  w1' in hover, hover)
    found = page.ask('definition', page.at(12, 'a2'))
    say('definition', found['range']['start']['line'] == 10, found)
    hints = page.ask('inlayHint', range={})
    say('hints', len(hints) == 7 and all('proved' in h['label'] for h in hints), hints)
    edits = page.ask('formatting', options={})
    page.apply(edits)
    say('format', page.diagnostics == [] and page.ask('formatting', options={}) == [], edits)
    page.change(page.text + '\n# \\sig')
    items = page.ask('completion', {'line': page.text.count('\n'), 'character': 6})
    say('complete', [i['insertText'] for i in items] == ['σ'], items)
    unknown = page.ask('nonsense')
    say('unknown-method', unknown.get('code') == -32601, unknown)
    editor.request('shutdown')
    editor.notify('exit')
    say('exit', editor.process.wait() == 0)


def speed(program, limit):
    """An answer to an edit on a page of 30 claims."""
    head = 'input x\ntarget y\nparam ' + ', '.join('w%d' % i for i in range(1, 16)) + '\nz1 = w1 x\n'
    head += ''.join('z%d = w%d tanh(z%d)\n' % (i, i, i - 1) for i in range(2, 16)) + 'C = ½(z15 − y)²\nminimize C\n'
    claims = ''.join('∂C/∂w%d = ∂C/∂z%d tanh(z%d)\n∂C/∂z%d = ∂C/∂z%d w%d (1 − tanh(z%d)²)\n' % (i, i, i - 1, i - 1, i, i, i - 1) for i in range(2, 16))
    claims += '∂C/∂w1 = ∂C/∂z1 x\n∂C/∂z15 = z15 − y\n'
    editor = Editor(program)
    editor.request('initialize', capabilities={})
    page = Page(editor, 'file:///thirty.delta', head + claims)
    say('thirty-claims', len(page.ask('inlayHint', range={})) == 30 and page.diagnostics == [], page.diagnostics)
    slowest = 0
    for text in (page.text.replace('∂C/∂z15 = z15 − y', '∂C/∂z15 = z15 − 2y'), page.text, page.text.replace('∂C/∂w7 = ', '∂C/∂w7 = 2·')):
        start = editor.seconds()
        page.change(text)
        slowest = max(slowest, editor.seconds() - start)
    say('edit-within-the-limit', slowest <= limit, slowest)
    editor.request('shutdown')
    editor.notify('exit')
    editor.process.wait()


def steps_and_deltas(program, path):
    """Warnings about δ's and updates, which come and go with what they depend on; a mark that expects the verdict."""
    editor = Editor(program)
    editor.request('initialize', capabilities={})
    good = open(path.replace('_slip', ''), encoding='utf-8').read()
    page = Page(editor, 'file:///steps.delta', good)
    step = 'w1 ← w1 − η (δ1 x + 2λ w1)'
    page.change(good.replace(step, 'w1 ← w1 − η δ1 x'))
    say('update-warned', len(page.diagnostics) == 1 and 'not along the gradient' in page.diagnostics[0]['message'] and page.diagnostics[0]['severity'] == 2, page.diagnostics)
    page.change(good)
    say('update-mended', page.diagnostics == [], page.diagnostics)
    page.change(good.replace('δ1 = δ2 w2 σ1′(z1)', 'δ1 = δ2 w2 σ1(z1)'))
    say('delta-warned', any('no adjoint' in d['message'] for d in page.diagnostics), page.diagnostics)
    page.change(good.replace('C = ½(a2 − y)²', 'C  = (a2 − y)²'))
    say('delta-warned-by-the-cost', sum('no adjoint' in d['message'] for d in page.diagnostics) == 2, page.diagnostics)
    page.change(good.replace(step, 'w1 ← w1 − η (δ1 x + 2λ w1)   # the same').replace('∂C/∂b1 = δ1', '∂C/∂b1 = δ2 #= refuted'))
    say('as-expected', [d['severity'] for d in page.diagnostics] == [3], page.diagnostics)
    page.change(good.replace('∂C/∂b1 = δ1', '∂C/∂b1 = δ1 #= refuted'))
    say('not-as-expected', [d['severity'] for d in page.diagnostics] == [1] and 'expected: refuted' in page.diagnostics[0]['message'], page.diagnostics)
    editor.request('shutdown')
    editor.notify('exit')
    editor.process.wait()


def says_what_check_says(program, pages):
    """Every message and every verdict that is not good stands in the diagnostics, at its line."""
    editor = Editor(program)
    editor.request('initialize', capabilities={})
    for path in pages:
        run = subprocess.run([program, 'check', '--json', path], capture_output=True, text=True)
        if not run.stdout.strip():
            say('as-check:' + path, False, run.stderr)
            continue
        report = json.loads(run.stdout)['files'][0]
        page = Page(editor, 'file://' + os.path.abspath(path), open(path, encoding='utf-8').read())
        got = {(d['range']['start']['line'] + 1, d['message'].split('\n')[0]) for d in page.diagnostics}
        want = {(w['line'], w['message']) for w in report['warnings'] + report['errors'] if 'this says nothing' not in w['message']}
        bad = {c['line'] for c in report['claims'] if c['verdict'] != 'proved'}
        missing = [str(w) for w in want - got] + ['verdict at line %d' % line for line in bad if line not in {line for line, _ in got}]
        say('as-check:' + os.path.basename(path), not missing, missing)
    editor.request('shutdown')
    editor.notify('exit')
    editor.process.wait()


session(sys.argv[1], sys.argv[2])
steps_and_deltas(sys.argv[1], sys.argv[2])
says_what_check_says(sys.argv[1], sys.argv[4:])
speed(sys.argv[1], float(sys.argv[3]) * pace.pace())
