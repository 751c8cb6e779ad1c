"""Each printed suggestion is written over its false line; the page is read again, and that line must be proved.

Usage: repairs.py SAMPLE: the refuted claims of the corpora and of the examples, and so many one-token mutants of the claims, chosen with a fixed seed; 0: all."""
import glob
import json
import os
import random
import re
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

sys.path.insert(0, 'tests/generated')
import claims  # noqa: E402


def claims_of(lines, directory, name):
    """What is said of the page: its claims, and the errors by line."""
    path = os.path.join(directory, name + '.delta')
    with open(path, 'w', encoding='utf-8') as f:
        f.write('\n'.join(lines) + '\n')
    ran = subprocess.run([claims.DELTAC, 'check', '--no-cache', '--json', path], capture_output=True, text=True, timeout=900)
    errors = {int(n): text for n, text in re.findall(r':(\d+):\d+: error: (.*)', ran.stderr)}
    if ran.returncode not in (0, 1, 2, 3) or not (ran.stdout or errors):
        raise RuntimeError('%s: status %d: %s' % (name, ran.returncode, ran.stderr[-400:]))
    files = json.loads(ran.stdout or '{}').get('files', [])
    return files[0]['claims'] if files else [], errors


def mended(lines, said):
    """The page with its suggestions: (lines, {line: (what stood there, suggestion)}). A step of a chain gets a line of its own, at the end."""
    page, put = [re.sub(r'#=.*', '', line) for line in lines], {}
    for c in said:
        text = c['suggestion']
        if c['verdict'] != 'refuted' or not text:
            continue
        i = c['line'] - 1
        if not lines[i].startswith('claim ') or c['step'] > 1:
            i = len(page)
            page.append('')
        page[i] = 'claim ' + text
        put[i + 1] = (c['claim'], text)
    return page, put


def reread(job):
    """How many suggestions were read again, and what is wrong with them."""
    name, lines, directory = job
    page, put = mended(lines, claims_of(lines, directory, name)[0])
    if not put:
        return 0, []
    again, errors = claims_of(page, directory, name + '_mended')
    verdicts, bad = {c['line']: c['verdict'] for c in again}, []
    for line, (claim, text) in put.items():
        if re.sub(r'\s', '', claim) == re.sub(r'\s', '', text):
            bad.append('%s:%d: the suggestion is the false line itself: %s' % (name, line, claim))
        elif verdicts.get(line) != 'proved':
            bad.append('%s:%d: %s\n    suggestion: %s\n    read again: %s' % (name, line, claim, text, verdicts.get(line) or errors.get(line, 'no verdict')))
    return len(put), bad


def page_jobs(directory):
    """The corpora, and pages of the examples that do not use others."""
    for path in sorted(glob.glob('tests/claims/*/*.delta') + glob.glob('examples/*.delta')):
        text = open(path, encoding='utf-8').read()
        if not re.search(r'^use ', text, re.M):
            yield '_'.join(path.split('/')[-2:])[:-6], text.rstrip('\n').split('\n'), directory


def mutant_jobs(sample, directory):
    """Pages on which mutants stand where the claims stood that they come from."""
    corpora = [claims.Corpus(p) for p in sorted(glob.glob('tests/claims/*/*.delta'))]
    todo, groups = claims.mutants(corpora), {}
    if sample:
        todo = random.Random(claims.SEED).sample(todo, sample)
    for c, i, m in todo:
        groups.setdefault(c.name, (c, []))[1].append((i, m))
    for c, part in groups.values():
        for k in range(0, len(part), claims.BATCH):
            yield '%s_%d' % (c.name.replace('/', '_'), k), claims.placed(c, part[k:k + claims.BATCH])[0], directory


def judge(what, jobs, threads):
    results = list(threads.map(reread, jobs))
    count, bad = sum(n for n, _ in results), [b for _, list_ in results for b in list_]
    claims.say(count and not bad, '%s: each of %d printed suggestions can be read and is proved' % (what, count), '\n'.join(bad))


def main():
    sample = int(sys.argv[1])
    with tempfile.TemporaryDirectory() as directory, ThreadPoolExecutor(os.cpu_count()) as threads:
        judge('corpora and examples', page_jobs(directory), threads)
        judge('mutants', mutant_jobs(sample, directory), threads)


if __name__ == '__main__':
    main()
