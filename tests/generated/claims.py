"""The corpora of tests/claims: every claim must get the verdict of its mark (`#= refuted`, `#= undecided`; proved without one), and one-token mutants of the
claims must be refuted, undecided or rejected with a place. A mutant that is proved must stand in tests/claims/mutants.txt, the list of those that were
derived by hand and are true. Usage: claims.py SAMPLE; a number of mutants per page with a fixed seed, or 0 for all of them and the figures."""
import glob
import json
import os
import random
import re
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

sample, deltac = int(sys.argv[1]), os.environ['DELTAC']
TOKEN = re.compile(r"∂|Σ|Π|[A-Za-zα-ωϕΑ-Ω]+[0-9]*|[0-9]+(?:\.[0-9]+)?(?:e-?[0-9]+)?|[½²³′√⊙ᵀ·()\[\],|=/+−<>^]")
PAIRS = [('+', '−'), ('²', '³'), ('½', '2'), ('sin', 'cos'), ('tanh', 'sigmoid'), ('log', 'exp'), ('sinh', 'cosh'), ('max', 'min'), ('atan', 'asin'),
         ('relu', 'softplus'), ('<', '>'), ('/', '+'), ('⊙', '+'), ('floor', 'ceil'), ('sqrt', 'cbrt'), ('sign', 'relu'), ('0', '1'), ('1', '2'), ('2', '3'),
         ('2', '4'), ('1', '0'), ('ᵀ', ''), ('′', ''), ('√', ''), ('Σ', 'Π'), ('−', ''), ('²', '')]
WORDS = {'in', 'if', 'then', 'else', 'd', 'claim', 'max', 'min'}
BATCH = 40


def check(lines, directory, name):
    path = os.path.join(directory, name + '.delta')
    with open(path, 'w', encoding='utf-8') as f:
        f.write('\n'.join(lines) + '\n')
    ran = subprocess.run([deltac, 'check', '--json', path], capture_output=True, timeout=600)
    if ran.returncode not in (0, 1, 2, 3):
        return None, 'status %d: %s' % (ran.returncode, ran.stderr.decode()[-400:])
    files = json.loads(ran.stdout or '{}').get('files', [])
    verdicts = {}
    for c in files[0]['claims'] if files else []:
        verdicts.setdefault(c['line'], []).append('vacuous' if c.get('condition') == 'vacuous' else c['verdict'])
    return verdicts, ''


def names_of(lines):
    """Names by kind of declaration and number of axes: a mutant takes another name of its kind where there is one."""
    kinds = {}
    for line in lines:
        if m := re.match(r'(variable|input|target|param|hyper|function|size)\s+(.*)', line):
            for name, axes in re.findall(r'([A-Za-zα-ω]+[0-9]*)(\[[^\]]*\])?', m[2]):
                kinds[name] = (m[1] in ('function', 'size') and m[1], axes.count(',') + 1 if axes else 0)
        elif m := re.match(r'([A-Za-zα-ω]+[0-9]*)(\[[^\]]*\])? =', line):
            kinds[m[1]] = ('name', 0)
    return kinds


def mutants_of(claim, kinds):
    found, tokens = [], list(TOKEN.finditer(claim))
    for m in tokens:
        t, other = m[0], []
        for a, b in PAIRS:
            other += [b] if t == a else [a] if t == b and b else []
        if t in kinds and t not in WORDS:
            same = [n for n in kinds if n != t and kinds[n] == kinds[t]]
            other += same[:2]
        elif re.fullmatch('[ijl]', t):
            other += [x for x in 'ijl' if x != t and x in claim][:1]
        for o in other:
            text = claim[:m.start()] + o + claim[m.end():]
            if text != claim and text not in found:
                found.append(text)
    return found


def verdict(good, name, said=''):
    if said:
        print(said)
    print('%sok %s' % ('' if good else 'not ', name))


def corpus(path, directory):
    area, lines = os.path.basename(path)[:-6], open(path, encoding='utf-8').read().rstrip('\n').split('\n')
    verdicts, error = check(lines, directory, area)
    claims, wrong = [], [error] if error else []
    for i, line in enumerate(lines):
        if not line.startswith('claim '):
            continue
        text, _, mark = line[6:].partition('#=')
        got, want = (verdicts or {}).get(i + 1, ['nothing']), mark.strip() or 'proved'
        claims.append((i, text.strip(), want))
        if any(g != want and not (g == 'vacuous' and want == 'proved') for g in got):
            wrong.append('line %d: %s is %s, not %s' % (i + 1, text.strip(), '/'.join(got), want))
    counts = ', '.join('%d %s' % (sum(c[2] == k for c in claims), k) for k in ('proved', 'refuted', 'undecided'))
    verdict(not wrong, '%s: %d claims, %s' % (area, len(claims), counts), '\n'.join(wrong))
    return area, lines, claims


def run_mutants(area, lines, claims, directory, pool):
    kinds = names_of(lines)
    marked = {c[1] for c in claims}
    todo = [(i, m) for i, text, _ in claims for m in mutants_of(text, kinds) if m not in marked]
    if sample:
        todo = random.Random(20260115).sample(todo, min(sample, len(todo)))
        todo.sort()
    blank = [l if not l.startswith('claim ') else '' for l in lines]

    def batch(k):
        # Each mutant stands where the claim it comes from stood, in order: what it may use is declared above.
        page, places = list(blank), {}
        for i, m in todo[k:k + BATCH]:
            while page[i]:
                i += 1
                if i == len(page):
                    page.append('')
            page[i] = 'claim ' + m
            places[i + 1] = m
        verdicts, error = check(page, directory, '%s_%d' % (area, k))
        return [(m, (verdicts or {}).get(line, ['rejected' if verdicts is not None else 'crash ' + error])) for line, m in places.items()]
    return [r for part in pool.map(batch, range(0, len(todo), BATCH)) for r in part]


def reviewed(path):
    if not os.path.exists(path):
        return set()
    lines = open(path, encoding='utf-8').read().split('\n')
    return {l for l in lines if l and not l.startswith('#')}


def main():
    allowed = reviewed('tests/claims/mutants.txt')
    with tempfile.TemporaryDirectory() as directory, ThreadPoolExecutor(os.cpu_count()) as pool:
        for path in sorted(glob.glob('tests/claims/*.delta')):
            area, lines, claims = corpus(path, directory)
            tally, bad, open_ones = {}, [], []
            for text, got in run_mutants(area, lines, claims, directory, pool):
                kind = 'proved' if 'proved' in got else got[0]
                tally[kind.split()[0]] = tally.get(kind.split()[0], 0) + 1
                if kind == 'proved' and area + ': ' + text not in allowed:
                    bad.append(area + ': ' + text)
                if kind.startswith('crash'):
                    bad.append('%s: %s: %s' % (area, text, kind))
                if kind == 'undecided':
                    open_ones.append(area + ': ' + text)
            counts = ', '.join('%d %s' % (n, k) for k, n in sorted(tally.items()))
            if os.environ.get('SHOW_UNDECIDED'):
                print('\n'.join('undecided ' + o for o in open_ones))
            verdict(not bad, '%s mutants: %s' % (area, counts), '\n'.join(bad))


main()
