"""Every line of a derivation is a true claim: what `derive` prints is put behind the page and given to `check`.

    derived_lines.py PAGE…      prints `ok PAGE`, `not ok PAGE why`, and SKIP for lines that the language cannot say
"""
import glob
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

DELTAC = os.environ.get('DELTAC', 'build/deltac')
LONGEST = 300   # characters: nobody reads further


def lines_of(page):
    """Definitions that the derivation adds (C̄ = mean_batch(C)), and what stands in the backward pass and under the gradients; without reasons."""
    text = subprocess.run([DELTAC, 'derive', page], capture_output=True, text=True).stdout
    section, added, found = '', [], []
    for line in text.splitlines():
        if line and not line.startswith(' '):
            section = line
            continue
        parts = [p for p in re.split(' {3,}', re.sub(' {2,}([=←]) ', r' \1 ', line.strip())) if p]
        if not parts or ' … ' in line:
            continue
        if section == 'forward pass' and re.match('(.̄.*|mean_.*|B.*) = (mean|sum)_', parts[0]):
            added.append(parts[0])
        elif section.startswith(('backward pass', 'gradients')):
            if parts[0][0] in '=+−⊙⊘' and found:   # the line before goes on
                found[-1] += ' ' + parts[0]
            else:
                found.append(parts[0])
    return added, found


def check(page):
    """Problems; lines that are left out; lines that the prover leaves open; how many lines it was asked."""
    added, claims = lines_of(page)
    skipped = [c for c in claims if 'argmax' in c or 'softmax_{' in c or '∂C[' in c or re.search(r'B_\w', c) or re.search(r'\[\w == \w\].*sum_batch|sum_batch.*\[\w == \w\]', c) or len(c) > LONGEST]
    claims = [c for c in claims if c not in skipped]
    with open(page, encoding='utf-8') as f:
        text = f.read().rstrip('\n')
    if not claims:
        return ['no line is derived'] if 'minimize' in text and not skipped else [], skipped, [], 0
    text += ''.join('\n' + line for line in added)
    first = text.count('\n') + 2
    with tempfile.TemporaryDirectory() as folder:
        for other in glob.glob(os.path.join(os.path.dirname(page), '*.delta')):   # that it may use
            shutil.copy(other, folder)
        name = os.path.join(folder, os.path.basename(page))
        with open(name, 'w', encoding='utf-8') as f:
            f.write(text + '\n' + ''.join('claim ' + c + '\n' for c in claims))
        run = subprocess.run([DELTAC, 'check', '--json', '--jobs', '2', '--limit', '1', name], capture_output=True, text=True)
    decided = [c for c in json.loads(run.stdout)['files'][0]['claims'] if c['line'] >= first] if run.stdout else []
    lines = {c['line'] for c in decided}
    bad = ['%s: %s' % (c['claim'], c['verdict']) for c in decided if c['verdict'] not in ('proved', 'undecided')]
    bad += ['%s: no verdict: %s' % (c, run.stderr) for i, c in enumerate(claims) if first + i not in lines]
    return bad, skipped, ['%s' % c['claim'] for c in decided if c['verdict'] == 'undecided'], len(decided)


for page in sys.argv[1:]:
    bad, skipped, undecided, count = check(page)
    name = os.path.relpath(page)
    print('not ok %s %s' % (name, ' | '.join(bad).replace('\n', ' ')) if bad else 'ok %s' % name)
    if skipped:
        print('SKIP %s:lines %d of a maximum over a window or a softmax along one axis, or longer than %d characters' % (name, len(skipped), LONGEST))
    if count and len(undecided) == count and not skipped:
        print('not ok %s:undecided %s' % (name, ' | '.join(undecided)))
