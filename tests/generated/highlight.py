"""Does the TextMate grammar agree with the lexer? highlight.py DELTAC GRAMMAR PAGE…: prints ok or not ok per page."""
import json
import os
import re
import subprocess
import sys

# What a token of the lexer may be called in an editor.
ALLOWED = {'number': ('constant.numeric',), 'text': ('string',), 'name': ('variable', 'support.function'), 'reduction': ('keyword.operator', 'support.function'),
           'word': ('keyword.control', 'storage.type'), 'sign': ('keyword.operator', 'punctuation'), 'derivative': ('keyword.operator', 'variable'),
           'power': ('keyword.operator', 'constant.numeric', 'variable'), 'index': ('punctuation',), 'subscript': ('punctuation',), 'block': ('punctuation',)}


def scopes(grammar, line):
    """A scope per character, as an editor gives it: the earliest match, the first pattern at equal places."""
    found, at = [''] * len(line), 0
    while at < len(line):
        best = None
        for regex, name in grammar:
            m = regex.search(line, at)
            if m and m.end() > m.start() and (best is None or m.start() < best[0].start()):
                best = (m, name)
        if not best:
            break
        m, name = best
        found[m.start():m.end()] = [name] * (m.end() - m.start())
        at = m.end()
    return found


def problems(deltac, grammar, path):
    lines = open(path, encoding='utf-8').read().split('\n')
    named = [scopes(grammar, line) for line in lines]
    tokens = subprocess.run([deltac, 'dump', '--stage', 'tokens', path], capture_output=True, text=True).stdout.splitlines()
    wrong, count = [], 0
    for token in tokens:
        m = re.fullmatch(r'(\d+):(\d+) (\S+) ?(.*)', token)
        if not m or m[3] not in ALLOWED:
            continue
        line, column, kind = int(m[1]) - 1, int(m[2]) - 1, m[3]
        if kind == 'sign' and re.fullmatch(r'[a-z]+', m[4]):
            kind = 'word'
        if line >= len(lines) or column >= len(lines[line]):
            continue
        count += 1
        if not named[line][column].startswith(ALLOWED[kind]):
            wrong.append('%d:%d %s %s is %s' % (line + 1, column + 1, m[3], m[4], named[line][column] or 'nothing'))
    return wrong if count else ['no tokens']


def main():
    deltac, grammar, pages = sys.argv[1], sys.argv[2], sys.argv[3:]
    rules = [(re.compile(p['match']), p['name']) for p in json.load(open(grammar, encoding='utf-8'))['patterns']]
    for page in pages:
        wrong = problems(deltac, rules, page)
        print(('not ok' if wrong else 'ok') + ' highlight:' + os.path.basename(page), '; '.join(wrong[:8]))


main()
