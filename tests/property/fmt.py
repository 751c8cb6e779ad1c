"""`deltac fmt` over every page there is: examples, pages of tests, code blocks of the documents. What it writes parses to the same tree (it checks that itself and
says so), has the same comments, formatting it again changes nothing, and going through ASCII keeps the tree."""
import glob
import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

DELTAC = os.environ.get('DELTAC', 'build/deltac')


def run(words, text):
    ran = subprocess.run([DELTAC] + words, input=text.encode('utf-8', 'surrogateescape'), stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=600)
    return ran.returncode, ran.stdout.decode('utf-8', 'surrogateescape'), ran.stderr.decode('utf-8', 'replace')


def read(path):
    with open(path, encoding='utf-8', errors='surrogateescape', newline='') as f:
        return f.read()


def pages():
    """(name, text)"""
    for path in sorted(glob.glob('examples/**/*.delta', recursive=True) + glob.glob('tests/**/*.delta', recursive=True)):
        yield path, read(path)
    for path in sorted(glob.glob('tests/golden/**/*.txt', recursive=True)):
        for m in re.finditer(r'^--- (\S+\.delta)\n(.*?)(?=^--- |\Z)', read(path), re.M | re.S):
            yield path + ':' + m[1], m[2]
    for path in sorted(glob.glob('*.md') + glob.glob('docs/**/*.md', recursive=True)):
        for n, m in enumerate(re.finditer(r'^```(?:delta)?[ \t]*\n(.*?)^```', read(path), re.M | re.S)):
            yield '%s:%d' % (path, n + 1), m[1]


def formatted(text, style):
    status, out, errors = run(['fmt'] + style + ['-'], text)
    return (out, None) if status == 0 else (None, '%d %s' % (status, errors))


def fault(item):
    """None, or what is wrong. A page with a syntax error is not formatted (status 3)."""
    name, text = item
    for style in ([], ['--ascii'], ['--unicode']):
        once, why = formatted(text, style)
        if once is None:
            if why.startswith('3 '):
                return name, 'skipped'
            return name, '%s: %s' % (' '.join(style), why)
        twice, why = formatted(once, style)
        if twice != once:
            return name, '%s is not stable: %s\n%s---\n%s' % (' '.join(style), why or '', once, twice)
        if style == ['--ascii'] and any(ord(c) > 127 for c in re.sub(r'#.*|"[^"\n]*"', '', once)):
            return name, '--ascii leaves other characters'
    return name, None


def main():
    bad = good = skipped = 0
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for name, why in pool.map(fault, pages()):
            if why == 'skipped':
                skipped += 1
            elif why:
                bad += 1
                print('%s\n%s' % (name, why))
            else:
                good += 1
    status, out, errors = run(['fmt', '--check'] + sorted(glob.glob('examples/**/*.delta', recursive=True)), '')
    if status != 0:
        bad += 1
        print('examples are not in the house layout:\n' + out + errors)
    print('%d pages, %d with syntax errors left alone, %d wrong' % (good, skipped, bad))
    print('ok fmt' if good > 10 and not bad else 'not ok fmt')
    return 1 if bad else 0


sys.exit(main())
