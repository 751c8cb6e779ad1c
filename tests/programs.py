"""Tests that are programs: cmocka programs of tests/unit, scripts of the other folders, and builds of other kinds."""
import glob
import os
import re
import shutil

from harness import FAIL, PASS, ROOT, SKIP, Case, Outcome, relative, scratch

SCRIPT_SECONDS, LONG_SECONDS, UNIT_SECONDS = 1800, 7200, 1200  # backstops: a loaded machine must not fail a test


def tap(output):
    """(outcomes, how many the plans announce) of cmocka's TAP output; the text of a failure follows its line."""
    outcomes, planned = [], 0
    for line in output.split('\n'):
        if m := re.fullmatch(r'\s*1\.\.(\d+)( .*)?', line):
            planned += int(m[1])
        elif m := re.fullmatch(r'(not )?ok \d+( - |\s+)?(# SKIP)?\s*(.*)', line):
            outcomes.append(Outcome(SKIP if m[3] else FAIL if m[1] else PASS, m[4], 'skipped by the test' if m[3] else ''))
        elif outcomes and outcomes[-1].state == FAIL and line.strip():
            outcomes[-1].text += line.removeprefix('# ') + '\n'
    return outcomes, planned


def run_unit(name, context):
    program = os.path.join(context.build, 'tests', name)
    with scratch() as directory:
        ran = context.execute(context.wrapper + [program], ROOT, UNIT_SECONDS, scratch=directory, merge=True, extra={'CMOCKA_MESSAGE_OUTPUT': 'TAP'})
    outcomes, planned = tap(ran.stdout)
    for o in outcomes:
        o.name = name + ': ' + o.name
    failed = any(o.state == FAIL for o in outcomes)
    if context.valgrind and re.search(r'^==\d+==', ran.stdout, re.M):  # perhaps of a child, whose status nobody need look at
        outcomes.append(Outcome(FAIL, name, 'valgrind reports\n' + '\n'.join(re.findall(r'^==\d+==.*', ran.stdout, re.M)[:60])))
    if planned != len(outcomes) or not planned or (ran.status != 0 and not failed):
        outcomes.append(Outcome(FAIL, name, '%s, %d of %d tests reported\n%s' % (ran.ending(), len(outcomes), planned, ran.stdout[-4000:])))
    return outcomes


def unit(context):
    names = [os.path.basename(p)[:-2] for p in sorted(glob.glob(ROOT + '/tests/unit/test_*.c'))]
    return [Case('tests/unit/' + n, lambda c, n=n: run_unit(n, c)) for n in names]


def run_script(path, context):
    """A script prints `ok NAME`, `not ok NAME`, `SKIP NAME REASON`; what it prints between is shown when it fails."""
    name, outcomes, said = relative(path), [], ''
    with scratch() as directory:
        ran = context.execute([path], ROOT, LONG_SECONDS if context.long else SCRIPT_SECONDS, scratch=directory, merge=True)
    for line in ran.stdout.split('\n'):
        m = re.fullmatch(r'(ok|not ok|SKIP) (\S+)\s*(.*)', line)
        if not m:
            said += line + '\n'
        elif m[1] == SKIP:
            outcomes.append(Outcome(SKIP, name + ': ' + m[2], m[3] or 'no reason given'))
            said = ''
        else:
            outcomes.append(Outcome(m[1], name + ': ' + (m[2] + ' ' + m[3]).strip(), said if m[1] == FAIL else ''))
            said = ''
    if not outcomes or (ran.status != 0 and not any(o.state == FAIL for o in outcomes)):
        outcomes.append(Outcome(FAIL, name, '%s, %d results\n%s' % (ran.ending(), len(outcomes), said[-4000:])))
    return outcomes


def scripts(folder):
    """Executable tests/FOLDER/*.sh; NAME.long.sh only in make test-long."""
    def cases(context):
        found = []
        for p in sorted(glob.glob('%s/tests/%s/*.sh' % (ROOT, folder))):
            if not os.access(p, os.X_OK):
                found.append(Case(relative(p), lambda c, p=p: [Outcome(FAIL, relative(p), 'not executable (chmod +x)')]))
            elif p.endswith('.long.sh') and not context.long:
                found.append(Case(relative(p), lambda c, p=p: [Outcome(SKIP, relative(p), 'only in make test-long')]))
            else:
                found.append(Case(relative(p), lambda c, p=p: run_script(p, c)))
        return found
    return cases


def run_make(context, name, words):
    ran = context.execute(['make', '-s'] + words, ROOT, LONG_SECONDS, scratch=context.build, merge=True)
    return [Outcome(PASS if ran.status == 0 else FAIL, name, ran.ending() + '\n' + ran.stdout[-4000:])]


def builds(context):
    """gcc and clang both build without a warning: the one that did not build what we test builds it here. So does the runtime without threads and without OpenBLAS. Long: the
    sanitizers and valgrind."""
    used = os.path.basename(context.cc.split()[0])
    other = 'gcc' if 'clang' in used else 'clang'
    found = []
    if shutil.which(other):
        words = ['BUILD=' + os.path.join(context.build, 'with-' + other), 'CFLAGS=-O0', 'CC=' + other, 'all']
        found.append(Case('build with ' + other, lambda c: run_make(c, 'the build with ' + other, words)))
    else:
        found.append(Case('build with ' + other, lambda c: [Outcome(SKIP, 'the build with ' + other, 'not installed')]))
    for name, setting in (('threads', 'OPENMP_FLAGS='), ('OpenBLAS', 'CBLAS=no')):
        folder = os.path.join(context.build, 'without-' + name)
        words = ['BUILD=' + folder, 'CFLAGS=-O0', 'RUNTIME_FLAGS=-fPIC -fopenmp-simd -DDELTA_SIMD -Wno-pass-failed', setting, 'CC=' + context.cc, folder + '/libdelta.a']
        found.append(Case('build without ' + name, lambda c, name=name, words=words: run_make(c, 'the runtime without ' + name, words)))
    if context.long:
        found.append(Case('asan', lambda c: run_make(c, 'unit and golden tests with sanitizers', ['asan', 'CC=' + c.cc])))
        found.append(Case('valgrind', lambda c: run_make(c, 'unit and golden tests with valgrind', ['valgrind', 'BUILD=' + c.build, 'CC=' + c.cc])))
    return found
