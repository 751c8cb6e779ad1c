"""Pages of arrays, sums, recurrences, branches and derivatives in which much has no value somewhere, also for n = 1, and claims whose sides are equal where both are
defined: each right side is the left one, rewritten. Of each proved claim, at points that are zeros and ends of domains as well as others, for n = 1, 2, 3:
 - both sides are equal wherever both are defined and the conditions hold;
 - where they hold, both sides are defined or neither is.
And none that is refuted is true at all points. Values are Python's, read from the texts by tests/second/reader.py, derivatives are of dual numbers; nothing is
shared with deltac.

Usage: arrays.py DELTAC [PAGES [SEED]]."""
import itertools
import json
import os
import random
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..'))
from array_claims import HEAD, INDICES, SCALARS, Writer
from array_values import TESTS, Skipped, Values, value_or_none
from second.page import Page
from second.reader import Reader, Unknown, free_in

CLAIMS, POINTS = 50, 60


def points(r, n):
    special = [-2.0, -1.0, 0.0, 1.0, 2.0, 0.5, 3.0]
    draws = [lambda: r.randint(-64, 64) / 16 + r.choice([0, 1 / 3, 0.1]), lambda: abs(r.choice(special)), lambda: r.choice(special)]
    for k in range(POINTS):
        f = draws[(0, 1, 2, 0, 2, 2)[k % 6]]
        yield {**{s: f() for s in SCALARS}, 'u': [f() for _ in range(n)], 'v': [f() for _ in range(n)], 'A': [[f() for _ in range(n)] for _ in range(n)]}


# --- conditions ---

WORDS = {'≥': '>=', '≤': '<=', '≠': '!=', '>': '>', '<': '<', '=': '=='}


def read(page, line):
    return Reader(page, line.replace('−', '-')).whole()


def conditions(page, told):
    """What is told behind "where" and behind "away from"; each a list of comparisons of which one holds."""
    lists, into = {'where ': [], 'away from ': []}, None
    if told and 'both sides are defined' in told:
        raise Unknown(told)
    for item in re.split(r', (?![^()\[\]{}]*[)\]}])', told or ''):
        for word in lists:
            if item.startswith(word):
                item, into = item[len(word):], lists[word]
        if item and not item.startswith('ties'):
            parts_of = [re.match(r'(.*) ([≥≤≠><=]) (.*)$', t) for t in item.split(' or ')]
            if into is None or not all(parts_of):
                raise Unknown(told)
            into.append([(read(page, m[1]), WORDS[m[2]], read(page, m[3])) for m in parts_of])
    return lists['where '], lists['away from ']


def holds(values, alternatives, every):
    """For all values of its indices, or for any."""
    names = sorted({i for a, _, b in alternatives for i in free_in((a, b))} & set(INDICES + 'rst'))
    found = []
    for at in itertools.product(range(values.n), repeat=len(names)):
        found.append(False)
        for a, word, b in alternatives:
            sides = [value_or_none(values, e, dict(zip(names, at))) for e in (a, b)]
            if None not in sides and sides[0] != sides[1] and abs(sides[0] - sides[1]) < 1e-9:
                raise Skipped
            found[-1] = found[-1] or (None not in sides and TESTS[word](*sides))
    return all(found) if every else any(found)


def judge(page, definitions, claim, told, at):
    """What is wrong with a proof at these points, else None; and whether the sides differ anywhere."""
    left, right, free = claim
    sides, (where, away) = (read(page, left), read(page, right)), conditions(page, told)
    differ, met = False, 0
    for n, point in at:
        values = Values(definitions, point, n)
        for j in range(n) if free else [0]:
            try:
                if any(holds(values, c, False) for c in away):
                    break
                kept = all(holds(values, c, True) for c in where)
                p, q = (value_or_none(values, e, {'j': j} if free else {}) for e in sides)
            except (Skipped, OverflowError):
                continue
            both = p is not None and q is not None
            met += both
            unequal = both and abs(p - q) > 1e-6 * (1 + abs(p) + abs(q))
            differ = differ or unequal
            if kept and (unequal or (p is None) != (q is None)):
                return 'n = %d, %s, j = %d: %s and %s' % (n, point, j, p, q), True
    return None, differ or not met


def definitions_of(page, lines):
    found = {}
    for line in lines:
        name, _, right = line.partition(' = ')
        m = re.match(r'(\w+)\[(.*)\]$', name)
        if not m:
            found[name] = read(page, right)
        elif m[2] == '0':
            found[m[1]] = read(page, right)
        else:
            found[m[1]] = (found.get(m[1]), read(page, right))
    return found


def main():
    deltac, pages, seed = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 10, int(sys.argv[3]) if len(sys.argv) > 3 else 1
    total = proved = told = unread = bad = 0
    page = Page('\n'.join(HEAD))
    for number in range(seed, seed + pages):
        r = random.Random(number)
        w = Writer(r)
        claims = [w.claim() for _ in range(CLAIMS)]
        with tempfile.NamedTemporaryFile('w', suffix='.delta', delete=False) as f:
            f.write('\n'.join(w.lines + ['claim %s = %s' % c[:2] for c in claims]) + '\n')
        out = subprocess.run([deltac, 'check', '--json', '--no-cache', '--hints', 'none', f.name], capture_output=True, text=True)
        os.unlink(f.name)
        definitions = definitions_of(page, w.lines[len(HEAD):])
        at = [(n, p) for n in (1, 2, 3) for p in points(r, n)]
        for v in json.loads(out.stdout)['files'][0]['claims']:
            claim, condition, is_proved = claims[v['line'] - 1 - len(w.lines)], v.get('condition'), v['verdict'] == 'proved'
            total, proved, told = total + 1, proved + is_proved, told + bool(condition)
            if v['verdict'] == 'undecided' or condition == 'vacuous':
                continue
            try:
                wrong, differ = judge(page, definitions, claim, condition if is_proved else None, at)
            except (Unknown, KeyError, TypeError):
                unread += 1
                continue
            if is_proved and wrong or not is_proved and not wrong and not differ:
                bad += 1
                print('not ok page %d: %s = %s %s (%s)\n    %s' % (number, *claim[:2], v['verdict'], condition, wrong))
    good = proved >= 0.6 * total and told >= 0.15 * total and unread <= 0.08 * total
    print('%s arrays that are partly defined: %d of %d claims proved, %d with conditions, %d not read, %d wrong' % (
        'ok' if good and not bad else 'not ok', proved, total, told, unread, bad))
    return bad > 0 or not good


if __name__ == '__main__':
    sys.exit(main())
