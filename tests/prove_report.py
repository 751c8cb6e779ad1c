"""`make prove-report`: how the prover does, from a run over the corpora of tests/claims, some of their one-token mutants and a few large pages.

Prints a table and writes the same as JSON. Usage: prove_report.py OUT.json [MUTANTS]; so many mutants, chosen with a fixed seed (default 1000; 0: all).
Times of single claims are those that `deltac check --why` tells, on the clock; times of pages are from start to exit of the program, the best of five."""
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor

sys.path[:0] = ['tests', 'tests/generated']
import claims  # noqa: E402

GOALS = {'wrong': 0, 'true_proved': 0.98, 'false_refuted': 0.99, 'slip_named': 0.9, 'median_ms': 3, 'p99_ms': 50, 'refutation_median_ms': 1, 'network_12x12_s': 0.5,
         'chain_40_s': 0.5, 'page_30_claims_s': 0.2}


def quantile(values, q):
    values = sorted(values)
    return values[min(len(values) - 1, int(q * len(values)))] if values else 0.0


def seconds_of(claim):
    """The sum of the times of all steps, in ms; what follows the verdict (the search for a repair) apart."""
    decide = repair = 0.0
    for step in claim.get('why', []):
        if m := re.search(r'([0-9.]+) ms\)$', step['found']):
            if step['what'] == 'repair':
                repair += float(m[1])
            else:
                decide += float(m[1])
    return decide, repair


def run_area(corpora):
    out = {'claims': 0, 'true': 0, 'true_proved': 0, 'false': 0, 'false_refuted': 0, 'nowhere': 0, 'wrong': 0, 'open': []}
    times = []
    for c in corpora:
        ran = subprocess.run([claims.DELTAC, 'check', '--json', '--why', c.path], capture_output=True)
        found = {k['line']: k for k in json.loads(ran.stdout)['files'][0]['claims']}
        for i, claim, want in c.claims:
            k = found.get(i + 1, {'verdict': 'nothing'})
            got = k['verdict']
            out['claims'] += 1
            key = {'proved': 'true', 'refuted': 'false', 'undecided': 'nowhere'}[want]
            out[key] += 1
            out['true_proved'] += want == got == 'proved'
            out['false_refuted'] += want == got == 'refuted'
            out['wrong'] += got == 'nothing' or (got not in ('undecided', want))
            if got != want:
                out['open'].append('%s:%d: %s' % (c.path, i + 1, claim))
            times.append((got,) + seconds_of(k))
    return out, times


def mutant_figures(corpora, sample, directory, threads):
    todo = claims.mutants(corpora)
    whole = len(todo)
    if sample:
        todo = sorted(claims.random.Random(claims.SEED).sample(todo, min(sample, whole)), key=lambda t: (t[0].name, t[1], t[2]))
    results, one_slip = claims.run_mutants(todo, directory, threads), claims.slips(corpora)
    known = claims.recorded()
    slip = [v[1] for c, m, v in results if v[0] == 'refuted' and (c.name, m) in one_slip]
    counts = {}
    for _, _, (v, _, _) in results:
        counts[v.split()[0]] = counts.get(v.split()[0], 0) + 1
    wrong = sum(v[0] == 'proved' and known.get(c.name + ': ' + m, ('', ''))[1] != 'true' for c, m, v in results)
    return {'tried': len(results), 'of': whole, 'verdicts': counts, 'proved_without_record': wrong, 'refuted_one_slip': len(slip), 'slip_named': sum(slip)}


# --- pages ---
def network(layers, width):
    """Scalars only: every weight of its own, δ's by hand."""
    def w(l, i, j):
        return 'w%di%dj%d' % (l, i, j)
    page, units = [], range(1, width + 1)
    page.append('input ' + ', '.join('a0i%d' % i for i in units))
    page.append('target ' + ', '.join('y%d' % i for i in units))
    page += ['param ' + ', '.join([w(l, i, j) for i in units for j in units] + ['b%di%d' % (l, i) for i in units]) for l in range(1, layers + 1)]
    for l in range(1, layers + 1):
        page += ['z%di%d = %s + b%di%d' % (l, i, ' + '.join('%s a%di%d' % (w(l, i, j), l - 1, j) for j in units), l, i) for i in units]
        page += ['a%di%d = tanh(z%di%d)' % (l, i, l, i) for i in units]
    page.append('C = ½ (%s)' % ' + '.join('(a%di%d − y%d)²' % (layers, i, i) for i in units))
    page.append('minimize C')
    page += ['d%di%d = (a%di%d − y%d) (1 − a%di%d²)' % (layers, i, layers, i, i, layers, i) for i in units]
    for l in range(layers - 1, 0, -1):
        page += ['d%di%d = (%s) (1 − a%di%d²)' % (l, i, ' + '.join('d%di%d %s' % (l + 1, j, w(l + 1, j, i)) for j in units), l, i) for i in units]
    page += ['∂C/∂%s = d1i%d a0i%d' % (w(1, i, 1), i, 1) for i in units]
    return '\n'.join(page) + '\n'


def chain(layers):
    page = ['input a0', 'target y', 'param ' + ', '.join('w%d, b%d' % (l, l) for l in range(1, layers + 1)), 'function ' + ', '.join('s%d' % l for l in range(1, layers + 1))]
    for l in range(1, layers + 1):
        page += ['z%d = w%d a%d + b%d' % (l, l, l - 1, l), 'a%d = s%d(z%d)' % (l, l, l)]
    page += ['C = ½ (a%d − y)²' % layers, 'minimize C', 'd%d = (a%d − y) s%d′(z%d)' % (layers, layers, layers, layers)]
    page += ['d%d = d%d w%d s%d′(z%d)' % (l, l + 1, l + 1, l, l) for l in range(layers - 1, 0, -1)]
    return '\n'.join(page + ['∂C/∂w%d = d%d a%d' % (l, l, l - 1) for l in range(1, layers + 1)]) + '\n'


def thirty():
    lines, kept, count = open('tests/claims/networks/chain.delta', encoding='utf-8').read().split('\n'), [], 0
    for line in lines:
        count += line.startswith('claim ')
        if not line.startswith('claim ') or count <= 30:
            kept.append(line)
    return '\n'.join(kept)


def time_page(text, directory, claims_wanted):
    path = os.path.join(directory, 'timed.delta')
    with open(path, 'w', encoding='utf-8') as f:
        f.write(text)
    best = 1e9
    for _ in range(5):
        began = time.perf_counter()
        ran = subprocess.run([claims.DELTAC, 'check', '--no-cache', '--json', path], capture_output=True)
        best = min(best, time.perf_counter() - began)
    found = json.loads(ran.stdout)['files'][0]['claims']
    good = sum(c['verdict'] == c.get('expected', 'proved') for c in found)
    return {'seconds': round(best, 4), 'claims': len(found), 'as_expected': good, 'complete': len(found) == claims_wanted == good}


def main():
    out, sample = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 1000
    report, times = {'areas': {}}, []
    with tempfile.TemporaryDirectory() as directory, ThreadPoolExecutor(os.cpu_count()) as threads:
        os.environ['XDG_CACHE_HOME'] = directory
        corpora = [claims.Corpus(p, directory) for p in sorted(claims.glob.glob('tests/claims/*/*.delta'))]
        for area in sorted({c.area for c in corpora}):
            report['areas'][area], more = run_area([c for c in corpora if c.area == area])
            times += more
        report['mutants'] = mutant_figures(corpora, sample, directory, threads)
        report['pages'] = {'network_12x12': time_page(network(12, 12), directory, 12), 'chain_40': time_page(chain(40), directory, 40), 'page_30_claims': time_page(thirty(), directory, 30)}
    decide = [d for _, d, _ in times]
    report['times_ms'] = {'median': quantile(decide, 0.5), 'p99': quantile(decide, 0.99), 'largest': max(decide), 'refutation_median': quantile([d for v, d, _ in times if v == 'refuted'], 0.5),
                          'repair_median': quantile([r for v, _, r in times if v == 'refuted'], 0.5), 'repair_p99': quantile([r for v, _, r in times if v == 'refuted'], 0.99)}
    report['goals'] = GOALS
    show(report)
    with open(out + '.tmp', 'w', encoding='utf-8') as f:
        json.dump(report, f, ensure_ascii=False, indent=2)
        f.write('\n')
    os.replace(out + '.tmp', out)
    return 1 if any(a['wrong'] for a in report['areas'].values()) else 0


def show(r):
    print('%-14s %6s %6s %15s %6s %15s %6s' % ('area', 'claims', 'true', 'proved', 'false', 'refuted', 'wrong'))
    for name, a in r['areas'].items():
        print('%-14s %6d %6d %6d %7.1f %% %6d %6d %7.1f %% %5d' % (name, a['claims'], a['true'], a['true_proved'], 100 * a['true_proved'] / max(1, a['true']), a['false'], a['false_refuted'],
                                                                  100 * a['false_refuted'] / max(1, a['false']), a['wrong']))
    print('goal %32s %7.1f %% %22s %.1f %% %5d' % ('', 98, '', 99, 0))
    m, t, p = r['mutants'], r['times_ms'], r['pages']
    print('mutants        %d of %d: %s' % (m['tried'], m['of'], ', '.join('%d %s' % (n, k) for k, n in sorted(m['verdicts'].items()))))
    print('slip named     %d of %d refuted mutants of true claims, %.1f %% (goal 90 %%)' % (m['slip_named'], m['refuted_one_slip'], 100 * m['slip_named'] / max(1, m['refuted_one_slip'])))
    print('one claim      median %.2f ms (goal 3), 99 %% %.1f ms (goal 50), largest %.0f ms' % (t['median'], t['p99'], t['largest']))
    print('a refutation   median %.2f ms (goal 1); its repair median %.1f ms, 99 %% %.0f ms' % (t['refutation_median'], t['repair_median'], t['repair_p99']))
    for key, text, goal in (('network_12x12', '12 × 12 tanh network, scalars', 0.5), ('chain_40', 'chain of 40 layers', 0.5), ('page_30_claims', 'page of 30 claims', 0.2)):
        print('%-30s %.3f s (goal %.1f), %d of %d claims as expected' % (text, p[key]['seconds'], goal, p[key]['as_expected'], p[key]['claims']))
    for name, a in r['areas'].items():
        for line in a['open']:
            print('undecided      %s' % line)


if __name__ == '__main__':
    sys.exit(main())
