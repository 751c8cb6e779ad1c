"""The corpora of tests/claims. Each claim carries its mark: `#= refuted` (false), `#= undecided` (no point where both sides are defined), else true.

1. No claim gets a wrong verdict; of the true ones nearly all are proved, of the false ones nearly all refuted with a witness.
2. A second evaluator, which knows no rule of differentiation (tests/evaluator.py), finds the same: the marks do not repeat what deltac said.
3. No one-token mutant gets a wrong verdict: what is proved or refuted, the second evaluator confirms. Each mutant that is not refuted stands with its reason in
   tests/claims/mutants.txt.

Usage: claims.py SAMPLE [--record]: so many claims for the second evaluator and mutants, chosen with a fixed seed; 0: all. --record writes mutants.txt anew."""
import glob
import hashlib
import json
import os
import random
import re
import subprocess
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

sys.path.insert(0, 'tests')
import evaluator  # noqa: E402

DELTAC = os.environ['DELTAC']
TOKEN = re.compile(r"∂|Σ|Π|[A-Za-zα-ωϕℓΑ-Ω]+[0-9]*|[0-9]+(?:\.[0-9]+)?(?:e-?[0-9]+)?|[½²³′√⊙ᵀ·()\[\],|=/+−<>^]")
PAIRS = [('+', '−'), ('²', '³'), ('½', '2'), ('sin', 'cos'), ('tanh', 'sigmoid'), ('log', 'exp'), ('sinh', 'cosh'), ('max', 'min'), ('atan', 'asin'),
         ('relu', 'softplus'), ('<', '>'), ('/', '+'), ('⊙', '+'), ('floor', 'ceil'), ('sqrt', 'cbrt'), ('sign', 'relu'), ('0', '1'), ('1', '2'), ('2', '3'),
         ('2', '4'), ('1', '0'), ('ᵀ', ''), ('′', ''), ('√', ''), ('Σ', 'Π'), ('−', ''), ('²', '')]
WORDS = {'in', 'if', 'then', 'else', 'd', 'claim', 'max', 'min'}
BATCH, SEED = 40, 20260115
RECORD = 'tests/claims/mutants.txt'
KEPT = os.path.join(os.environ.get('BUILD', 'build'), 'second_evaluator.txt')  # what it found before: a whole run can be taken up again
SECOND = ''.join(open(p, encoding='utf-8').read() for p in ['tests/evaluator.py'] + sorted(glob.glob('tests/second/*.py')))  # its own text
REFUTED_CONFIRMED = 3000  # refuted mutants that the second evaluator looks at in a whole run
PROVED, REFUTED = 0.98, 0.99  # shares of each area's true and false claims that must be reached
TRUTH = {'proved': 'true', 'refuted': 'false', 'undecided': 'nowhere'}


def say(good, name, said=''):
    if said:
        print(said)
    print('%sok %s' % ('' if good else 'not ', name), flush=True)


def check(lines, directory, name, hints='full'):
    """The page's claims by line: {line: (verdict, diagnosed, why undecided)}, or what went wrong."""
    path = os.path.join(directory, name + '.delta')
    with open(path, 'w', encoding='utf-8') as f:
        f.write('\n'.join(lines) + '\n')
    ran = subprocess.run([DELTAC, 'check', '--no-cache', '--hints', hints, '--json', path], capture_output=True, timeout=900)
    if ran.returncode not in (0, 1, 2, 3):
        return {}, 'status %d: %s' % (ran.returncode, ran.stderr.decode()[-400:])
    files = json.loads(ran.stdout or '{}').get('files', [])
    return {c['line']: (c['verdict'], bool(c['diagnosis'] or c['suggestion'] or c['method'] == 'shape'), why(c)) for c in (files[0]['claims'] if files else [])}, ''


def why(claim):
    """Why it is undecided, in few words, the same for the same kind."""
    reason = claim.get('reason') or ''
    for part, words in (('no point', 'no point'), ('points ran out', 'points out of budget'), ('out of budget', 'out of budget'), ('limit', 'limit'), ('sides agree', 'not proved')):
        if part in reason:
            return words
    return reason[:60]


# --- the claims as they stand ---
class Corpus:
    def __init__(self, path, directory=None):  # without one no verdicts
        self.path = path
        self.area, self.name = path.split('/')[-2], '/'.join(path.split('/')[-2:])[:-6]
        self.text = open(path, encoding='utf-8').read()
        self.lines = self.text.rstrip('\n').split('\n')
        self.verdicts, self.error = check(self.lines, directory, self.name.replace('/', '_')) if directory else ({}, '')
        self.claims, self.kinds = [], names_of(self.lines)
        for i, line in enumerate(self.lines):
            if line.startswith('claim '):
                claim, _, mark = line[6:].partition('#=')
                self.claims.append((i, claim.strip(), mark.strip() or 'proved'))


def judge_corpus(area, corpora):
    wrong, open_, count = [], [], {'proved': [0, 0], 'refuted': [0, 0], 'undecided': [0, 0]}
    for c in corpora:
        if c.error:
            wrong.append(c.name + ': ' + c.error)
        for i, claim, want in c.claims:
            got = c.verdicts.get(i + 1, ('nothing', False, ''))[0]
            count[want][0] += 1
            count[want][1] += got == want
            if got == 'nothing' or (got != want and got != 'undecided'):
                wrong.append('%s:%d: %s is %s, not %s' % (c.path, i + 1, claim, got, want))
            elif got != want:
                open_.append('undecided, %s: %s:%d: %s' % (TRUTH[want], c.path, i + 1, claim))
    text = ', '.join('%d of %d %s' % (n[1], n[0], k) for k, n in count.items() if n[0])
    enough = count['proved'][1] >= PROVED * count['proved'][0] and count['refuted'][1] >= REFUTED * count['refuted'][0]
    say(not wrong, '%s: no wrong verdict among %d claims' % (area, sum(n[0] for n in count.values())), '\n'.join(wrong))
    say(enough, '%s: %s' % (area, text), '\n'.join(open_))


# --- the second evaluator ---
def second(task):
    """What the second evaluator finds; kept from run to run, as the truth of a claim depends on its page alone."""
    key = hashlib.sha256('\n'.join((SECOND,) + task).encode()).hexdigest()[:24]
    if not second.known and os.path.exists(KEPT):
        second.known.update(line.rstrip('\n').split(' ', 1) for line in open(KEPT, encoding='utf-8') if line.endswith('\n'))
    if key not in second.known:
        second.known[key] = judged(*task)
        with open(KEPT, 'a', encoding='utf-8') as f:
            f.write('%s %s\n' % (key, second.known[key].replace('\n', ' ')))
    return second.known[key]


def judged(text, claim):
    if text not in second.pages:
        second.pages[text] = evaluator.Page(text)
    try:
        return evaluator.judge(second.pages[text], claim)
    except evaluator.Unknown as e:
        return 'unknown (%s)' % e
    except Exception as e:  # a fault of the second evaluator confirms nothing
        return 'unknown (%s: %s)' % (type(e).__name__, e)


second.pages, second.known = {}, {}


def confirms(verdict, truth):
    return truth == TRUTH[verdict] or (verdict == 'refuted' and truth == 'shapes')


def confirm_corpus(corpora, sample, pool):
    todo = [(c, i, claim, want) for c in corpora for i, claim, want in c.claims]
    if sample:
        todo = random.Random(SEED).sample(todo, min(sample, len(todo)))
    found = pool.map(second, [(c.text, claim) for c, _, claim, _ in todo], chunksize=4)
    bad = ['%s:%d: %s: marked %s, found %s' % (c.path, i + 1, claim, want, truth) for (c, i, claim, want), truth in zip(todo, found) if not confirms(want, truth)]
    say(not bad, 'a second evaluator agrees with the marks of %d claims' % len(todo), '\n'.join(bad))


# --- mutants ---
def names_of(lines):
    """Names by kind of declaration and number of axes: a mutant takes another name of its kind where there is one."""
    kinds = {}
    for line in lines:
        if m := re.match(r'\s*(variable|input|target|param|hyper|function|size)\s+(.*)', line):
            for name, axes in re.findall(r'([A-Za-zα-ωℓ]+[0-9]*)(\[[^\]]*\])?', m[2]):
                kinds[name] = (m[1] in ('function', 'size') and m[1], axes.count(',') + 1 if axes else 0)
        elif m := re.match(r'([A-Za-zα-ωℓ]+[0-9]*)(\[[^\]]*\])? =', line):
            kinds[m[1]] = ('name', 0)
    return kinds


def mutants_of(claim, kinds):
    found = []
    for m in TOKEN.finditer(claim):
        t, other = m[0], []
        for a, b in PAIRS:
            other += [b] if t == a else [a] if t == b and b else []
        if t in kinds and t not in WORDS:
            other += [n for n in kinds if n != t and kinds[n] == kinds[t]][:2]
        elif re.fullmatch('[ijl]', t):
            other += [x for x in 'ijl' if x != t and x in claim][:1]
        for o in other:
            text = claim[:m.start()] + o + claim[m.end():]
            if text != claim and text not in found:
                found.append(text)
    return found


def mutants(corpora):
    out = []
    for c in corpora:
        kinds, marked = names_of(c.lines), {claim for _, claim, _ in c.claims}
        out += [(c, i, m) for i, claim, _ in c.claims for m in mutants_of(claim, kinds) if m not in marked]
    return out


def slips(corpora):
    """Mutants of true claims: one slip away from the truth, which a diagnosis can name."""
    return {(c.name, m) for c in corpora for i, claim, mark in c.claims if mark == 'proved' for m in mutants_of(claim, names_of(c.lines))}


def placed(corpus, part):
    """A page with these mutants in place of all claims, each where the claim it comes from stood, in order (what it may use is declared above); their lines."""
    page, places = [l if not l.startswith('claim ') else '' for l in corpus.lines], {}
    for i, m in part:
        while page[i]:
            i += 1
            if i == len(page):
                page.append('')
        page[i] = 'claim ' + m
        places[i + 1] = m
    return page, places


def run_mutants(todo, directory, pool, hints='full'):
    groups = {}
    for c, i, m in todo:
        groups.setdefault(c.name, (c, []))[1].append((i, m))

    def batch(job):
        c, part, k = job
        page, places = placed(c, part)
        verdicts, error = check(page, directory, '%s_%d' % (c.name.replace('/', '_'), k), hints)
        return [(c, m, verdicts.get(line, ('crash ' + error if error else 'rejected', False, ''))) for line, m in places.items()]
    jobs = [(c, part[k:k + BATCH], k) for c, part in groups.values() for k in range(0, len(part), BATCH)]
    return [r for part in pool.map(batch, jobs) for r in part]


def recorded():
    if not os.path.exists(RECORD):
        return {}
    lines = [l.rstrip('\n') for l in open(RECORD, encoding='utf-8') if l.strip() and not l.startswith('#')]
    return {l.split(' | ', 2)[2]: l.split(' | ', 2)[:2] for l in lines}


def judge_mutants(corpora, sample, record, directory, threads, processes):
    todo = mutants(corpora)
    whole = len(todo)
    if sample:
        todo = sorted(random.Random(SEED).sample(todo, min(sample, whole)), key=lambda t: (t[0].name, t[1], t[2]))
    results, known, bad, lines = run_mutants(todo, directory, threads, 'full' if sample else 'line'), recorded(), [], []
    decided = [(c, m, v[0], v[2]) for c, m, v in results if v[0] in ('proved', 'refuted', 'undecided')]
    refuted = [d for d in decided if d[2] == 'refuted']
    checked = [d for d in decided if d[2] != 'refuted'] + random.Random(SEED).sample(refuted, min(sample or REFUTED_CONFIRMED, len(refuted)))
    confirmed, unread, unrecorded = 0, 0, 0
    for (c, m, v, reason), truth in zip(checked, processes.map(second, [(c.text, m) for c, m, _, _ in checked], chunksize=8)):
        key = c.name + ': ' + m
        # Where two thresholds differ, or two names are equal, is a small piece, which random points may all miss; indices take all their values.
        piece = re.search(r'[<>]|sign\(|argm', m) or any(side in c.kinds for pair in re.findall(r'([^\s\[(]+) == ([^\s\])]+)', m) for side in pair)
        if truth.startswith('unknown') or (v, truth) == ('refuted', 'nowhere') or (piece and (v, truth) == ('refuted', 'true')):  # at the points that it tries
            unread += 1
        elif v in ('proved', 'refuted') and not confirms(v, truth):
            bad.append('%s, but %s by the second evaluator: %s' % (v, truth, key))
        else:
            confirmed += 1
        if v != 'refuted':
            lines.append('%s%s | %s | %s' % (v, ' (%s)' % reason if reason else '', truth, key))
            plain = (v, truth) in (('proved', 'true'), ('undecided', 'nowhere'))  # the reason is the finding itself
            unrecorded += key not in known
            if not record and key not in known and not plain:
                bad.append('%s, %s, and not in %s: %s' % (v, truth, RECORD, key))
            elif not record and v == 'proved' and truth != 'true' and not known[key][0].startswith('proved'):
                bad.append('was %s, now proved: %s' % (known[key][0], key))
    bad += ['%s: %s: %s' % (c.name, m, v[0]) for c, m, v in results if v[0].startswith('crash')]
    counts = {}
    for _, _, (v, _, _) in results:
        counts[v.split()[0]] = counts.get(v.split()[0], 0) + 1
    one_slip = slips(corpora)
    slip = [v[1] for c, m, v in results if v[0] == 'refuted' and (c.name, m) in one_slip]
    if record:
        comment = [l for l in open(RECORD, encoding='utf-8') if l.startswith('#')] if os.path.exists(RECORD) else []
        with open(RECORD, 'w', encoding='utf-8') as f:
            f.writelines(comment)
            f.write('\n'.join(sorted(lines)) + '\n')
    if unrecorded and not record:
        print('%d mutants that are true or nowhere defined are not in %s yet' % (unrecorded, RECORD))
    named = '; of %d refuted ones of true claims the slip is named in %d' % (len(slip), sum(slip)) if sample else ''  # a whole run asks for no diagnosis
    say(not bad, '%d of %d mutants: %s; %d confirmed by a second evaluator (%d it does not read)%s' % (
        len(results), whole, ', '.join('%d %s' % (n, k) for k, n in sorted(counts.items())), confirmed, unread, named), '\n'.join(bad))


def main():
    sample, record = int(sys.argv[1]), '--record' in sys.argv
    with tempfile.TemporaryDirectory() as directory, ThreadPoolExecutor(os.cpu_count()) as threads, ProcessPoolExecutor(os.cpu_count()) as processes:
        corpora = list(threads.map(lambda p: Corpus(p, directory), sorted(glob.glob('tests/claims/*/*.delta'))))
        for area in sorted({c.area for c in corpora}):
            judge_corpus(area, [c for c in corpora if c.area == area])
        confirm_corpus(corpora, sample, processes)
        judge_mutants(corpora, sample, record, directory, threads, processes)


if __name__ == '__main__':
    main()
