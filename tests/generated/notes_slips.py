"""Slips put into correct documents: each is found, says what was meant, and no other line is called false."""
import json
import os
import subprocess
import sys
import tempfile
import unicodedata


def read_cases(path):
    cases, pending = [], {}
    with open(path, encoding='utf-8') as f:
        for line in f:
            line = line.rstrip('\n')
            if line.startswith('== '):
                cases.append((line[3:], []))
            elif line.startswith('- '):
                pending = {'old': line[2:]}
            elif line.startswith('+ '):
                pending['new'] = line[2:]
            elif line.startswith('? ') and pending:
                cases[-1][1].append((pending['old'], pending['new'], line[2:]))
    return cases


def spoil(text, notebook, slips):
    for old, new, _ in slips:
        if notebook:
            old, new = json.dumps(old, ensure_ascii=False)[1:-1], json.dumps(new, ensure_ascii=False)[1:-1]
        if old not in text:
            sys.exit('the document does not have: ' + old)
        text = text.replace(old, new, 1)
    return text


def check(path):
    ran = subprocess.run([os.environ['DELTAC'], 'check', '--json', path], capture_output=True, text=True)
    return [c for c in json.loads(ran.stdout)['files'][0]['claims']]


def verdicts(claims):
    return [(c['line'], c.get('cell'), c['step'], c['label'], c['verdict']) for c in claims]


def said(claim):
    words = [claim.get('suggestion'), claim.get('diagnosis'), claim.get('reason')] + claim['messages']
    return '\n'.join(w for w in words if w)


def is_wrong(claim):
    return claim['verdict'] == 'refuted' or (claim['verdict'] == 'not understood' and claim.get('suggestion') is not None) or claim.get('step_is') == 'not the gradient step'


def squeeze(text):
    return ''.join(unicodedata.normalize('NFD', text).split())


def run(name, slips, folder):
    source = os.path.join('tests/notes', name)
    with open(source, encoding='utf-8') as f:
        text = f.read()
    path = os.path.join(folder, name)
    with open(path, 'w', encoding='utf-8') as f:
        f.write(spoil(text, name.endswith('.ipynb'), slips))
    good, bad = check(source), check(path)
    troubles = ['a correct line is called false: %s' % c['claim'] for c in good if is_wrong(c)]
    before = {squeeze(c['source']) for c in good}
    fresh = [c for c in bad if squeeze(c['source']) not in before]
    for old, new, wanted in slips:
        hits = [c for c in bad if is_wrong(c) and (squeeze(c['source']) in squeeze(new) or squeeze(new) in squeeze(c['source']) or
                                                   any(squeeze(c['source']).endswith(squeeze(part)) for part in new.split('=')[-1:] if part.strip()))]
        hits = hits or [c for c in fresh if is_wrong(c)]
        if not hits:
            troubles.append('not found: %s' % new)
        elif not any(squeeze(wanted) in squeeze(said(c)) for c in hits):
            troubles.append('found, but nothing says `%s`: %s | %s' % (wanted, new, ' / '.join(said(c).replace('\n', '; ') for c in hits)))
    wrong = [c for c in bad if is_wrong(c)]
    spoilt = len(slips)
    if len(wrong) > spoilt + 2:
        troubles.append('%d lines are called false, %d were spoilt: %s' % (len(wrong), spoilt, '; '.join(str(c['line']) for c in wrong)))
    return troubles


def main():
    only = sys.argv[1:]
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        for name, slips in read_cases('tests/notes/slips.txt'):
            if only and name not in only:
                continue
            troubles = run(name, slips, folder)
            print('%s %s' % ('not ok' if troubles else 'ok', name))
            for t in troubles:
                print('    ' + t)
            failed += bool(troubles)
    return failed


sys.exit(main() > 0)
