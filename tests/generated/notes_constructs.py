"""What each construct of notes is read as: tests/notes/constructs.txt. `== name`, a small document, then what `check` says of its lines:

    > VERDICT OR ROLE | claim | reason, messages
    > assumed: …

With --record the expectations are written anew: read the difference."""
import json
import os
import re
import subprocess
import sys
import tempfile

PATH = 'tests/notes/constructs.txt'


def read_cases():
    cases = []
    with open(PATH, encoding='utf-8') as f:
        head = f.readline()
        for line in f:
            line = line.rstrip('\n')
            if line.startswith('== '):
                cases.append((line[3:], [], []))
            else:
                cases[-1][2 if line.startswith('> ') else 1].append(line)
    return head, cases


def said(document):
    lines = []
    for c in document['claims']:
        # conditions are the prover's, and change with it, but for what the notes added
        condition = '; '.join(x for x in (c.get('condition') or '').split('; ') if x.startswith(('with ', 'for ')))
        more = [condition, c.get('reason')] + c['messages']
        lines.append('> ' + ' | '.join([c['verdict'] or c['role'], c['claim']] + [m for m in more if m]))
    lines = [re.sub(r'\d+ digits at \d+ points', 'N digits at N points', l) for l in lines]
    return lines + ['> assumed: ' + a for a in document['assumptions']]


def main():
    head, cases = read_cases()
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        paths = []
        for i, (_, body, _) in enumerate(cases):
            paths.append(os.path.join(folder, '%03d.md' % i))
            with open(paths[-1], 'w', encoding='utf-8') as f:
                f.write('\n'.join(body) + '\n')
        ran = subprocess.run([os.environ['DELTAC'], 'check', '--json', *paths], capture_output=True, text=True)
        documents = json.loads(ran.stdout)['files']
    found = [said(d) for d in documents]
    if '--record' in sys.argv:
        with open(PATH, 'w', encoding='utf-8') as f:
            f.write(head)
            for (name, body, _), lines in zip(cases, found):
                f.write('\n'.join(['== ' + name, *[b for b in body if b or body], *lines]) + '\n')
        return 0
    for (name, _, expected), lines in zip(cases, found):
        print('%sok %s' % ('' if expected == lines else 'not ', name))
        if expected != lines:
            print('\n'.join('    expected: ' + l for l in expected) + '\n' + '\n'.join('    found:    ' + l for l in lines))
            failed += 1
    return failed > 0


sys.exit(main())
