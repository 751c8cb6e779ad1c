"""Looks at reports in headless Chromium, over its pipe (no network, no other package).

    browser.py formulas PAGE…                 the same, fewer questions
    browser.py check PAGE…                    prints `ok NAME` or `not ok NAME why` per page and question
    browser.py shot PAGE OUT.png WIDTH light|dark|print [FROM HEIGHT]"""
import base64
import json
import os
import shutil
import subprocess
import sys
import tempfile


class Browser:
    def __init__(self, program):
        self.profile = tempfile.mkdtemp()
        to_child, self.write = os.pipe()
        self.read, from_child = os.pipe()

        def connect():
            os.dup2(to_child, 200)
            os.dup2(from_child, 201)
            os.dup2(200, 3)
            os.dup2(201, 4)
        self.process = subprocess.Popen([program, '--headless', '--no-sandbox', '--disable-gpu', '--hide-scrollbars', '--remote-debugging-pipe',
                                         '--user-data-dir=' + self.profile, 'about:blank'], close_fds=False, preexec_fn=connect,
                                        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(to_child)
        os.close(from_child)
        self.number, self.rest, self.events = 0, b'', []
        targets = self.call('Target.getTargets')['targetInfos']
        page = next(t for t in targets if t['type'] == 'page')
        self.session = None
        self.session = self.call('Target.attachToTarget', targetId=page['targetId'], flatten=True)['sessionId']
        self.call('Page.enable')

    def message(self):
        while b'\0' not in self.rest:
            block = os.read(self.read, 1 << 16)
            if not block:
                raise RuntimeError('the browser went away')
            self.rest += block
        text, self.rest = self.rest.split(b'\0', 1)
        return json.loads(text)

    def call(self, method, **params):
        self.number += 1
        command = {'id': self.number, 'method': method, 'params': params}
        if getattr(self, 'session', None):
            command['sessionId'] = self.session
        os.write(self.write, json.dumps(command).encode() + b'\0')
        while True:
            m = self.message()
            if m.get('id') == self.number:
                if 'error' in m:
                    raise RuntimeError(method + ': ' + m['error']['message'])
                return m['result']
            self.events.append(m)

    def open(self, path, width, scheme, height=900):
        media = 'print' if scheme == 'print' else ''
        self.call('Emulation.setEmulatedMedia', media=media, features=[{'name': 'prefers-color-scheme', 'value': 'dark' if scheme == 'dark' else 'light'}])
        self.call('Emulation.setDeviceMetricsOverride', width=width, height=height, deviceScaleFactor=1, mobile=False)
        self.events.clear()
        self.call('Page.navigate', url='file://' + os.path.abspath(path))
        while not any(e.get('method') == 'Page.loadEventFired' for e in self.events):
            self.events.append(self.message())

    def ask(self, expression):
        answer = self.call('Runtime.evaluate', expression=expression, returnByValue=True)
        if 'exceptionDetails' in answer:
            raise RuntimeError(answer['exceptionDetails']['exception'].get('description', 'exception'))
        return answer['result'].get('value')

    def key(self, name, code, text=None):
        for kind in ('keyDown', 'keyUp'):
            extra = {'text': text} if text and kind == 'keyDown' else {}
            self.call('Input.dispatchKeyEvent', type=kind, key=name, code=name, windowsVirtualKeyCode=code, **extra)

    def shot(self, path, start, height):
        full = self.ask('document.documentElement.scrollHeight')
        width = self.ask('innerWidth')
        clip = {'x': 0, 'y': start, 'width': width, 'height': min(height, full - start) if height else full - start, 'scale': 1}
        data = self.call('Page.captureScreenshot', clip=clip, captureBeyondViewport=True)['data']
        with open(path, 'wb') as f:
            f.write(base64.b64decode(data))

    def close(self):
        self.process.terminate()
        self.process.wait()
        shutil.rmtree(self.profile, ignore_errors=True)


# What is too wide for the window, unless something around it can be scrolled.
OVERFLOW = '''[...document.querySelectorAll('body *')].filter(e => {
    const r = e.getBoundingClientRect();
    if (r.width === 0 || r.right <= innerWidth + 1 || e.closest('.skip')) return false;
    for (let p = e.parentElement; p; p = p.parentElement)
        if (['auto', 'scroll', 'hidden'].includes(getComputedStyle(p).overflowX)) return false;
    return true;
}).slice(0, 3).map(e => e.tagName + '.' + e.className + ' ' + (e.textContent || '').slice(0, 40))'''
# Every formula has a size and knows all its elements.
FORMULAS = '''[...document.querySelectorAll('math')].filter(e => {
    if (e.closest('details:not([open])')) return false;
    const r = e.getBoundingClientRect();
    return r.width < 2 || r.height < 4 || e.querySelector('merror') || [...e.querySelectorAll('*')].some(x => !(x instanceof MathMLElement));
}).slice(0, 3).map(e => e.outerHTML.slice(0, 120))'''
CONTRAST = '''(() => {
    const lum = c => { const v = c.map(x => { x /= 255; return x <= .03928 ? x / 12.92 : ((x + .055) / 1.055) ** 2.4; }); return .2126 * v[0] + .7152 * v[1] + .0722 * v[2]; };
    const parse = s => { const m = s.match(/[\\d.]+/g).map(Number); return m.length > 3 && m[3] === 0 ? null : m.slice(0, 3); };
    const ground = e => { for (; e; e = e.parentElement) { const c = parse(getComputedStyle(e).backgroundColor); if (c) return c; } return [255, 255, 255]; };
    const bad = [];
    for (const e of document.querySelectorAll('body *')) {
        if (!e.checkVisibility() || e.closest('svg')) continue;
        if (![...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim())) continue;
        const a = lum(parse(getComputedStyle(e).color)), b = lum(ground(e));
        const ratio = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
        if (ratio < 4.5) bad.push(e.className + ' ' + e.textContent.slice(0, 20) + ' ' + ratio.toFixed(2));
    }
    for (const e of document.querySelectorAll('svg text')) {
        const a = lum(parse(getComputedStyle(e).fill)), b = lum(ground(e.closest('svg')));
        const ratio = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
        if (ratio < 4.5) bad.push('svg ' + e.textContent.slice(0, 20) + ' ' + ratio.toFixed(2));
    }
    return bad.slice(0, 3);
})()'''
LINKS = '''[...document.querySelectorAll('a[href^="#"]')].map(a => a.getAttribute('href').slice(1)).filter(id => !document.getElementById(id)).slice(0, 3)'''
TWICE = '''(() => { const seen = new Set(), twice = []; for (const e of document.querySelectorAll('[id]')) { if (seen.has(e.id)) twice.push(e.id); seen.add(e.id); } return twice; })()'''
LEVELS = '''(() => { let last = 0; for (const h of document.querySelectorAll('h1,h2,h3,h4')) { const n = +h.tagName[1]; if (n > last + 1) return h.textContent; last = n; } return ''; })()'''
FETCHED = '''performance.getEntriesByType('resource').map(e => e.name).slice(0, 3)'''


def say(name, problem):
    print(('not ok %s %s' % (name, problem)) if problem else 'ok ' + name)


def opens_by_keyboard(b):
    if not b.ask("!!document.querySelector('summary')"):
        return None
    b.ask("document.querySelectorAll('details').forEach(d => d.open = false); document.querySelector('summary').focus()")
    b.key('Enter', 13, '\r')
    return None if b.ask("document.querySelector('summary').parentElement.open") else 'Enter does not open the details'


def check(b, path):
    name = os.path.basename(path)
    for width in (1200, 360):
        for scheme in ('light', 'dark'):
            b.open(path, width, scheme)
            say('%s:%d:%s:formulas' % (name, width, scheme), b.ask(FORMULAS))
            say('%s:%d:%s:overflow' % (name, width, scheme), b.ask(OVERFLOW))
            say('%s:%d:%s:contrast' % (name, width, scheme), b.ask(CONTRAST))
    b.ask("document.querySelectorAll('details').forEach(d => d.open = true)")
    say(name + ':open:formulas', b.ask(FORMULAS))
    say(name + ':open:overflow', b.ask(OVERFLOW))
    say(name + ':links', b.ask(LINKS))
    say(name + ':ids', b.ask(TWICE))
    say(name + ':headings', b.ask(LEVELS))
    say(name + ':network', b.ask(FETCHED))
    say(name + ':scripts', b.ask("document.scripts.length || document.querySelectorAll('[onclick],[onload],iframe,object,embed').length || window.reached || ''"))
    say(name + ':keyboard', opens_by_keyboard(b))


def formulas(b, path):
    """Only what every page must have: each formula drawn, each link with its end, nothing too wide on a phone."""
    name = os.path.basename(path)
    b.open(path, 360, 'light')
    b.ask("document.querySelectorAll('details').forEach(d => d.open = true)")
    say(name + ':formulas', b.ask(FORMULAS) or not b.ask("document.querySelectorAll('math').length") and 'none')
    say(name + ':links', b.ask(LINKS))
    say(name + ':overflow', b.ask(OVERFLOW))


def main():
    program = shutil.which('chromium') or shutil.which('chromium-browser')
    if not program:
        print('SKIP browser chromium is not installed')
        return
    b = Browser(program)
    try:
        if sys.argv[1] in ('check', 'formulas'):
            for path in sys.argv[2:]:
                (check if sys.argv[1] == 'check' else formulas)(b, path)
        else:
            path, out, width, scheme = sys.argv[2:6]
            b.open(path, int(width), scheme)
            if os.environ.get('OPEN'):
                b.ask("document.querySelectorAll('details').forEach(d => d.open = true)")
            start, height = (int(x) for x in sys.argv[6:8]) if len(sys.argv) > 6 else (0, 0)
            b.shot(out, start, height)
    finally:
        b.close()


main()
