"""What `deltac check` promises about its processes, tried with a build in which errors are seeded (DELTAC_BREAK, see gen/dag/break.h):

1. a claim that hangs, takes all memory or brings its process down ends undecided, the others get their verdicts; so do they when the page's preparation hangs;
2. the output does not depend on --jobs, nor on how fast the machine is;
3. with the refuter switched off no false claim of the corpora is proved;
4. with each row of rules.def broken in turn, 3 fails: a false claim is proved, or a true one is no longer proved by the rules.

With an argument: 3 over all pages."""
import glob
import json
import os
import re
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

DELTAC, BUILD = os.environ['DELTAC'], os.environ.get('BUILD', 'build')


def run(program, arguments, broken=None, **more):
    environment = dict(os.environ)
    environment.pop('DELTAC_BREAK', None)
    if broken:
        environment['DELTAC_BREAK'] = broken
    return subprocess.run([program, 'check', '--no-cache'] + arguments, capture_output=True, env=environment, timeout=600, **more)


def claims(program, path, broken=None, *arguments):
    ran = run(program, ['--json', *arguments, path], broken)
    if ran.returncode not in (0, 1, 2, 3):
        return ran.stderr.decode() or 'status %d' % ran.returncode
    return json.loads(ran.stdout)['files'][0]['claims']


def say(good, name, said=''):
    if said and not good:
        print(said)
    print('%sok %s' % ('' if good else 'not ', name), flush=True)


# The language has no name for what these two rows make, so both sides of a claim meet them or none does: only tests/unit/test_rules.c sees them break.
UNIT_ONLY = {'LOG_SIGMOID', 'LOG_ONE_MINUS_SIGMOID'}
QUICK = ('scalar/activations', 'scalar/rules', 'matrices/indices', 'networks/chain', 'tempting/domains', 'tempting/layouts')  # pages without the refuter in `make test`

PAGE = """variable x, y
function f
claim x + y = y + x
claim f(x) + y = y + f(x)
claim (x + y)² = x² + 2 x y + y²
claim f(x) = f(y)
"""


def misbehaviour(broken, directory):
    path = os.path.join(directory, 'page.delta')
    with open(path, 'w', encoding='utf-8') as f:
        f.write(PAGE)
    for way, reason in (('hang', 'the time limit was reached'), ('exhaust', 'the memory limit was reached'), ('crash', 'the process that decided it ended early')):
        for jobs in ('1', '3'):
            found = claims(broken, path, '%s 1' % way, '--limit', '0.3', '--memory', '64', '--jobs', jobs)
            want = [('proved', None), ('undecided', reason), ('proved', None), ('refuted', None)]
            got = found if isinstance(found, str) else [(c['verdict'], c.get('reason')) for c in found]
            say(got == want, 'claims that do %s leave the others unaffected, --jobs %s' % (way, jobs), str(got))
    for jobs in ('1', '3'):  # no limit of time: it is the calls of the library that are counted
        found = claims(broken, path, 'toil 1', '--jobs', jobs)
        got = found if isinstance(found, str) else [(c['verdict'], c.get('reason')) for c in found]
        say(got == [('proved', None), ('undecided', 'out of budget'), ('proved', None), ('refuted', None)], 'a library that works without end is stopped by counting, --jobs %s' % jobs, str(got))
    found = claims(broken, path, 'hang preparation', '--limit', '0.3')
    got = found if isinstance(found, str) else [c['verdict'] for c in found]
    say(got == ['proved', 'proved', 'proved', 'refuted'], 'a preparation that hangs is left out', str(got))
    heavy = os.path.join(directory, 'heavy.delta')
    with open(heavy, 'w', encoding='utf-8') as f:
        f.write('variable a, b, c, d, x\nclaim x = x\nclaim (a + b + c + d + 1)^40 (a − b + 2 c)^40 = (a + b + c + d + 1)^40 (a − b + 2 c)^40 + 0 (x − a)^50 (a + b)^40\nclaim x + 1 = 1 + x\n')
    found = claims(DELTAC, heavy, None, '--limit', '0.5', '--memory', '8')
    got = found if isinstance(found, str) else [c['verdict'] for c in found]
    say(not isinstance(found, str) and got[0] == got[2] == 'proved' and got[1] in ('proved', 'undecided'), 'a heavy claim within small limits', str(got))


def notes_misbehaviour(broken, directory):
    path = os.path.join(directory, 'notes.md')
    with open(path, 'w', encoding='utf-8') as f:
        f.write('\n\n'.join(['$$z = w x + b$$'] + ['$$\\frac{\\partial z}{\\partial %s} = %s$$' % pair for pair in (('w', 'x'), ('x', 'w'), ('b', '1'))]))
    for way, reason in (('hang', 'the time limit was reached'), ('exhaust', 'the memory limit was reached'), ('crash', 'the process that decided it ended early')):
        for jobs in ('1', '3'):
            found = claims(broken, path, '%s item 2' % way, '--limit', '0.3', '--memory', '64', '--jobs', jobs)
            got = found if isinstance(found, str) else [(c['verdict'], c.get('reason')) for c in found if c['verdict']]
            say(got == [('proved', None), ('undecided', reason), ('proved', None)], 'claims of notes that do %s leave the others unaffected, --jobs %s' % (way, jobs), str(got))


def helpers(broken, directory):
    """With the seed the program stops when it has to decide a page itself: with helpers it has not"""
    path = os.path.join(directory, 'notes.md')
    for jobs, works in (('3', True), ('1', False)):
        found = claims(broken, path, 'only ahead', '--jobs', jobs)
        say(isinstance(found, list) == works, 'helpers decide the pages of notes%s' % ('' if works else ': without them the seed is seen'), str(found))


def independence(pages, pool):
    def outputs(path):
        return [(ran.returncode, ran.stdout) for ran in (run(DELTAC, ['--jobs', jobs, path]) for jobs in ('1', '4'))]
    different = [p for p, (one, four) in zip(pages, pool.map(outputs, pages)) if one != four or one[0] not in (0, 1, 2, 3) or not one[1]]
    say(not different, 'the output does not depend on --jobs: %d pages and notes' % len(pages), ' '.join(different))


# Each of these uses up the budget of a rung, or of the search for a repair; the last ones are decided.
EXHAUSTING = """variable x, y, z, w
claim (x + y + z + w + 1)^12 (x − y + 2 z + 3 w)^12 + x = ((x + y + z + w + 1) (x − y + 2 z + 3 w))^11 ((x + z + 1) (x − y + 2 z + 3 w) + (y + w) (x − y + 2 z + 3 w)) + x
claim |x² + y² z − w³ + x y z w| + |x³ − y z w² + 1| + |x − y + z − w| + |x y − z w| + atan(x) + atan(1/x) = √((x² + y² z − w³ + x y z w)²) + √((x³ − y z w² + 1)²) + √((x − y + z − w)²) + √((x y − z w)²) + sign(x) π/2
claim atan((x + y)/(1 − x y)) + atan((z + w)/(1 − z w)) = atan(x) + atan(y) + atan(z) + atan(w) + π (sign(x) [x y > 1] + sign(z) [z w > 1])
claim sin(π/257) = cos(255π/514)
claim atan(x) + atan(1/x) = sign(x) π/2
claim √(x²) = |x|
"""


def slowness(broken, directory):
    """A machine many times as slow says the same; how long it takes shows that it was slow."""
    path, took, said = os.path.join(directory, 'exhausting.delta'), [], []
    with open(path, 'w', encoding='utf-8') as f:
        f.write(EXHAUSTING)
    for seeded in ('', 'slow'):
        before = os.times()
        said.append(run(broken, [path], seeded).stdout.decode())
        took.append(os.times().children_user - before.children_user)
    say(said[0] == said[1] and 'time limit' not in said[0], 'a slow machine decides the same', '\n'.join(said))
    say(took[0] < 10 and took[1] > 4 * took[0], 'budgets end claims in seconds, and slow is slow', '%.2f s, slow %.2f s' % tuple(took))
    for rung in ('normal form', 'derivative', 'exact constants'):
        say(re.search(r'out of budget \([a-z, ]*%s' % rung, said[0]), 'the rung whose budget is used up is named: %s' % rung, said[0])


def false_proved(broken, path, seeded):
    """False claims of a page that are proved without the refuter, and true ones that the rules prove."""
    found = claims(broken, path, seeded)
    if isinstance(found, str):
        return [found], set()
    lines = open(path, encoding='utf-8').read().split('\n')
    marks = {i + 1: l.partition('#=')[2].strip() or 'proved' for i, l in enumerate(lines)}
    return (['%s:%d: %s' % (path, c['line'], c['claim']) for c in found if c['verdict'] == 'proved' and marks[c['line']] != 'proved'],
            {c['line'] for c in found if c['method'] == 'rules'})


def soundness(broken, pages, pool):
    if len(sys.argv) < 2:
        pages = [p for p in pages if p[len('tests/claims/'):-len('.delta')] in QUICK]
    wrong = [w for found, _ in pool.map(lambda p: false_proved(broken, p, 'no refuter'), pages) for w in found]
    say(not wrong, 'without the refuter no false claim of %d pages is proved' % len(pages), '\n'.join(wrong))
    components = 'tests/claims/scalar/components.delta'
    found = {seed: false_proved(broken, components, 'no refuter' + seed)[0] for seed in ('', ',no cuts', ',one component', ',no borders')}
    say(not found.pop('') and all(found.values()), 'a derivative of 0 with components taken together, left out, or with their ends left out, is noticed', str(found))
    path = 'tests/claims/scalar/rules.delta'
    rows = re.findall(r'^RULE\((\w+),', open('gen/calculus/rules.def', encoding='utf-8').read(), re.M)
    whole = false_proved(broken, path, 'no refuter')[1]
    unseen = []
    for row, (found, by_rules) in zip(rows, pool.map(lambda r: false_proved(broken, path, 'no refuter,rule ' + r), rows)):
        if not found and by_rules == whole:
            unseen.append(row)
    unseen = [r for r in unseen if r not in UNIT_ONLY]
    say(not unseen and len(rows) > len(UNIT_ONLY), 'each of %d rows of rules.def, broken, is noticed' % (len(rows) - len(UNIT_ONLY)), 'not noticed: ' + ' '.join(unseen))


def main():
    broken = os.path.join(BUILD, 'break/deltac')
    if not os.access(broken, os.X_OK):   # never made here: other tests run the programs that a build would replace
        return say(False, 'a build with seeded errors', 'no %s: make tests' % broken)
    pages = sorted(glob.glob('tests/claims/*/*.delta'))
    with tempfile.TemporaryDirectory() as directory, ThreadPoolExecutor(os.cpu_count()) as pool:
        misbehaviour(broken, directory)
        notes_misbehaviour(broken, directory)
        helpers(broken, directory)
        independence(pages + sorted(glob.glob('tests/notes/*.md') + glob.glob('tests/notes/*.tex') + glob.glob('tests/notes/*.txt')), pool)
        slowness(broken, directory)
        soundness(broken, pages, pool)
    return None


sys.exit(main())
