"""`deltac check` for continuous integration: --junit and --sarif obey the main constraints of their schemas and say what --json says; the cache of verdicts."""
import json
import os
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree

DELTAC = os.path.abspath(os.environ['DELTAC'])
BROKEN = os.path.join(os.path.abspath(os.environ.get('BUILD', 'build')), 'break/deltac')
PAGE = """input x
target y
param w, b
function σ < & "quoted"
z = w x + b
"""
GOOD = """input x
param w, b
function σ
z = w x + b
a = σ(z)
claim ∂a/∂w = σ′(z) x
claim ∂a/∂b = σ′(z)
claim ∂a/∂w = σ′(z)
claim ∂a/∂b = 2 σ′(z)  #= refuted
claim log(−1 − x²) = a
"""


def say(good, name, said=''):
    if said and not good:
        print(said)
    print('%sok %s' % ('' if good else 'not ', name), flush=True)


def check(directory, *arguments, program=DELTAC, broken=None):
    environment = dict(os.environ, XDG_CACHE_HOME=os.path.join(directory, 'cache'))
    if broken:
        environment['DELTAC_BREAK'] = broken
    return subprocess.run([program, 'check', *arguments], capture_output=True, cwd=directory, env=environment)


def write(directory, name, text):
    with open(os.path.join(directory, name), 'w', encoding='utf-8') as f:
        f.write(text)


def junit_faults(path, files):
    """The constraints of the common JUnit schema that readers rely on, and agreement with the verdicts."""
    root, faults = ElementTree.parse(path).getroot(), []
    if root.tag != 'testsuites' or [s.tag for s in root] != ['testsuite'] * len(root):
        faults.append('root and suites')
    for suite, file in zip(root, files):
        cases = list(suite)
        bad = [c for c in cases if len(c)]
        expected = [c for c in file['claims'] if c['verdict'] != c.get('expected', 'proved')]
        for key in ('tests', 'failures', 'errors', 'skipped'):
            if not suite.get(key, '').isdigit():
                faults.append('%s of %s' % (key, suite.get('name')))
        if suite.get('name') != file['file'] or int(suite.get('tests')) != len(cases) or len(bad) != int(suite.get('failures')) + int(suite.get('errors')):
            faults.append('counts of ' + suite.get('name', '?'))
        if int(suite.get('failures')) != len(expected) or int(suite.get('errors')) != len(file['errors']):
            faults.append('failures of ' + suite.get('name'))
        for c in cases:
            if c.tag != 'testcase' or not c.get('name') or not c.get('classname') or len(c) > 1 or any(k.tag not in ('failure', 'error') or not k.get('type') or k.get('message') is None for k in c):
                faults.append('case ' + ElementTree.tostring(c, 'unicode'))
    return faults + ([] if len(root) == len(files) else ['number of suites'])


def sarif_faults(path, files):
    """Required properties of SARIF 2.1.0 for what is used of it, and agreement with the verdicts."""
    log, faults = json.load(open(path, encoding='utf-8')), []
    if log.get('version') != '2.1.0' or not log.get('$schema', '').endswith('sarif-2.1.0.json') or len(log.get('runs', [])) != 1:
        faults.append('log')
    run = log['runs'][0]
    driver = run['tool']['driver']
    rules = driver.get('rules', [])
    if not driver.get('name') or len({r['id'] for r in rules}) != len(rules) or any(not r['shortDescription']['text'] for r in rules):
        faults.append('driver')
    for r in run['results']:
        place = r['locations'][0]['physicalLocation']
        region, uri = place['region'], place['artifactLocation']['uri']
        if r['level'] not in ('none', 'note', 'warning', 'error') or not r['message']['text'] or rules[r['ruleIndex']]['id'] != r['ruleId']:
            faults.append('result ' + json.dumps(r))
        if region['startLine'] < 1 or region['startColumn'] < 1 or not uri or not uri.isascii() or ' ' in uri:
            faults.append('place ' + json.dumps(place))
    wanted = sum(c['verdict'] != c.get('expected', 'proved') for f in files for c in f['claims']) + sum(len(f['errors']) + len(f['warnings']) for f in files)
    if len(run['results']) != wanted:
        faults.append('%d results, not %d' % (len(run['results']), wanted))
    return faults


def formats(directory):
    write(directory, 'good.delta', GOOD)
    write(directory, 'bad <&> ü.delta', PAGE + 'claim z = w x + b\n')
    write(directory, 'notes.md', 'Let $z = w x + b$.\n\n$$\\frac{\\partial z}{\\partial w} = x$$\n\n$$\\frac{\\partial z}{\\partial w} = b$$\n')
    files = ['good.delta', 'bad <&> ü.delta', 'notes.md']
    ran = check(directory, '--json', '--junit', 'out.xml', '--sarif', 'out.sarif', *files)
    found = json.loads(ran.stdout)['files']
    for f in found:
        f['claims'] = [c for c in f['claims'] if c['verdict']]
    faults = junit_faults(os.path.join(directory, 'out.xml'), found)
    say(not faults, 'JUnit', '\n'.join(faults))
    faults = sarif_faults(os.path.join(directory, 'out.sarif'), found)
    say(not faults, 'SARIF', '\n'.join(faults))
    text = open(os.path.join(directory, 'out.sarif'), encoding='utf-8').read() + open(os.path.join(directory, 'out.xml'), encoding='utf-8').read()
    check(directory, '--hints', 'line', '--junit', 'out.xml', '--sarif', 'out.sarif', 'good.delta')
    hidden = open(os.path.join(directory, 'out.sarif'), encoding='utf-8').read() + open(os.path.join(directory, 'out.xml'), encoding='utf-8').read()
    say('is missing' in text and 'is missing' not in hidden and 'true is' not in hidden, 'they reveal no more than --hints allows', hidden)
    ran = check(directory, '--junit', 'no/such/folder/out.xml', 'good.delta')
    say(ran.returncode == 4 and b'no/such/folder' in ran.stderr, 'a log that cannot be written is status 4', ran.stderr.decode())


def cache(directory):
    folder = os.path.join(directory, 'cache/deltac/claims')
    write(directory, 'page.delta', GOOD)
    first = check(directory, '--no-cache', 'page.delta')
    say(not os.path.exists(folder), '--no-cache writes none')
    second, third = check(directory, 'page.delta'), check(directory, 'page.delta')
    kept = sorted(os.listdir(folder))
    say(first.stdout == second.stdout == third.stdout and len(kept) == 5, 'the same output without a cache, with an empty and with a full one', str(kept))
    check(directory, 'page.delta', program=BROKEN)  # another program: its own files
    names = len(os.listdir(folder))
    again = check(directory, 'page.delta', program=BROKEN, broken='crash 0')
    say(again.stdout == first.stdout and names == 10, 'what is in the cache is not decided again: a claim that would crash is not asked', again.stdout.decode())
    write(directory, 'page.delta', GOOD.replace('claim ∂a/∂w = σ′(z) x', '# a comment\nclaim ∂a/∂w = σ′(z) x'))
    moved = check(directory, 'page.delta', program=BROKEN, broken='crash 0')
    say(b'ended early' not in moved.stdout, 'a comment changes nothing', moved.stdout.decode())
    write(directory, 'page.delta', GOOD.replace('z = w x + b', 'z = w x² + b'))
    changed, plain = check(directory, 'page.delta'), check(directory, '--no-cache', 'page.delta')
    say(changed.stdout == plain.stdout and b'refuted' in changed.stdout.split(b'\n')[1], 'another definition: decided anew', changed.stdout.decode())
    write(directory, 'page.delta', GOOD)
    for name in os.listdir(folder):
        path = os.path.join(folder, name)
        data = open(path, 'rb').read()
        open(path, 'wb').write(data[:-9] if len(name) % 2 else data[:len(data) // 2])
    damaged = check(directory, 'page.delta')
    say(damaged.stdout == first.stdout, 'damaged files are not believed', damaged.stdout.decode())
    os.chmod(folder, 0o777)
    before = sorted(os.listdir(folder))
    write(directory, 'other.delta', 'variable x\nclaim x + x = 2 x\n')
    open_to_all = check(directory, 'other.delta')
    say(b'proved' in open_to_all.stdout and sorted(os.listdir(folder)) == before, 'a cache that others can write to is not used')
    os.chmod(folder, 0o755)
    family = 'size L = 3\nparam u1, u2, u3\nv1 = u1²\nv2 = u2²\nv3 = u3\nfor l in 1..L {\n    claim v{l} = u{l}²\n}\n'
    write(directory, 'family.delta', family)
    whole = [check(directory, 'family.delta').stdout for _ in range(2)]
    say(whole[0] == whole[1] and b'refuted' in whole[0], 'members of a family are told apart', whole[1].decode())


def main():
    if not os.access(BROKEN, os.X_OK):   # never made here: other tests run the programs that a build would replace
        return say(False, 'a build with seeded errors', 'no %s: make tests' % BROKEN)
    for part in (formats, cache):
        with tempfile.TemporaryDirectory() as directory:
            part(directory)
    return None


sys.exit(main())
