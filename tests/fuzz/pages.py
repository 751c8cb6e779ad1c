"""Pages with tokens swapped, doubled, dropped and taken from other pages: deltac answers with a verdict or a message, never with a crash or a hang.
pages.py DELTAC ROOT FOLDER COUNT SEED"""
import glob
import os
import random
import re
import subprocess
import sys

deltac, root, folder, count, seed = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]), int(sys.argv[5])
TOKEN = re.compile(r'\w+|\s+|[^\w\s]')
draw = random.Random(seed)


def pages():
    for name in sorted(glob.glob(os.path.join(root, 'examples', '*.delta'))):
        with open(name, encoding='utf-8') as page:
            yield page.read()
    for name in sorted(glob.glob(os.path.join(root, 'tests', 'golden', 'model', '*.txt'))):
        with open(name, encoding='utf-8') as case:
            yield re.search(r'--- page\.delta\n(.*?)(?=^--- |\Z)', case.read(), re.S | re.M).group(1)


def mutant(texts, pool):
    tokens = TOKEN.findall(draw.choice(texts))
    for _ in range(draw.randint(1, 4)):
        i, way = draw.randrange(len(tokens)), draw.random()
        if way < 0.3:
            tokens[i] = draw.choice(pool)
        elif way < 0.5:
            del tokens[i]
        elif way < 0.7:
            tokens.insert(i, draw.choice(pool))
        elif way < 0.85:
            j = draw.randrange(len(tokens))
            tokens[i], tokens[j] = tokens[j], tokens[i]
        else:
            tokens[i:i] = tokens[i:i + draw.randint(1, 12)]
        tokens = tokens or ['x']
    return ''.join(tokens)


def run(text):
    path = os.path.join(folder, 'page.delta')
    with open(path, 'w', encoding='utf-8') as page:
        page.write(text)
    try:
        done = subprocess.run([deltac, 'check', path], capture_output=True, timeout=600)
    except subprocess.TimeoutExpired:
        return 'does not end'
    if done.returncode not in (0, 1, 2, 3):
        return f'status {done.returncode}: {done.stderr.decode(errors="replace")[:400]}'
    if done.returncode == 3 and b': error: ' not in done.stderr:
        return 'status 3 without an error that has a place'
    return None


def main():
    texts = [t for t in pages() if t.strip()]
    pool = [t for text in texts for t in TOKEN.findall(text) if not t.isspace()]
    for number in range(count):
        text = mutant(texts, pool)
        wrong = run(text)
        if wrong:
            print(f'not ok pages\n# mutant {number}: {wrong}\n' + ''.join(f'# | {line}\n' for line in text.split('\n')))
            return
    print('ok pages')


main()
