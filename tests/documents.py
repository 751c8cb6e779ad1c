"""Every fenced block of README.md and docs/*.md that shows the program is a test.

```delta    is checked, status 0
```console  its lines `$ command` are run in order, in one directory for the document that has examples/, with deltac on the PATH. The lines after a
            command are what it prints (both streams); a line that is only … stands for any lines. A command that ends with \\ goes on.

<!-- status: 1 --> before a block: the status of the check, or of the last command.  <!-- not run: WHY --> before a block: it is no test."""
import difflib
import glob
import os
import re
import shutil

from harness import FAIL, PASS, ROOT, Case, Outcome, read, relative, scratch, write

SECONDS = 600


def blocks(content):
    """(line number, language, text, comment before it) of each fenced block."""
    found, inside, comment = [], None, ''
    for number, line in enumerate(content.split('\n'), 1):
        fence = re.match(r'( *)(```+|~~~+) *([^`\s]*)', line)
        if inside:
            mark, indent, language, first, kept, before = inside
            if fence and fence[2].startswith(mark) and not fence[3]:
                found.append((first, language, ''.join(kept), before))
                inside, comment = None, ''
            else:
                kept.append((line[indent:] if not line[:indent].strip() else line) + '\n')
        elif fence:
            inside = (fence[2], len(fence[1]), fence[3], number, [], comment)
        elif line.strip():
            comment = line.strip() if line.strip().startswith('<!--') else ''
    return found


def commands(block):
    """(offset of its line, command, lines it should print)"""
    found, going_on = [], False
    for offset, line in enumerate(block.splitlines(), 1):
        if going_on:
            found[-1][1] += '\n' + line
        elif line.startswith('$ '):
            found.append([offset, line[2:], []])
        elif found:
            found[-1][2].append(line)
            continue
        else:
            raise ValueError('a console block begins with `$ command`')
        going_on = line.endswith('\\')
    return found


def matches(wanted, got):
    """Do the lines agree, where a wanted line … stands for any number of lines?"""
    if not wanted:
        return not got
    if wanted[0].strip() == '…':
        return any(matches(wanted[1:], got[n:]) for n in range(len(got) + 1))
    return bool(got) and wanted[0].rstrip() == got[0].rstrip() and matches(wanted[1:], got[1:])


def trimmed(lines):
    while lines and not lines[-1].strip():
        lines = lines[:-1]
    return lines


def check_page(context, directory, name, block, status):
    write(os.path.join(directory, 'page.delta'), block)
    ran = context.execute([context.deltac, 'check', 'page.delta'], directory, SECONDS, merge=True)
    return Outcome(PASS if ran.status == status else FAIL, name, '%s, expected status %d\n%s' % (ran.ending(), status, ran.stdout))


def run_console(context, directory, path, first, block, status):
    outcomes = []
    shown = commands(block)
    extra = {'PATH': os.path.dirname(context.deltac) + ':' + os.environ['PATH']}
    for number, (offset, command, wanted) in enumerate(shown, 1):
        ran = context.execute(['/bin/sh', '-c', command], directory, SECONDS, scratch=os.path.dirname(directory), merge=True, extra=extra)
        got, wanted = trimmed(ran.stdout.split('\n')), trimmed(wanted)
        problem = ''
        should = status if number == len(shown) else ran.status if status and ran.status <= status else 0
        if ran.status != should:
            problem = '%s, expected status %d\n' % (ran.ending(), should)
        if not matches(wanted, got):
            problem += '\n'.join(difflib.unified_diff(wanted, got, 'shown', 'printed', lineterm=''))
        outcomes.append(Outcome(FAIL if problem else PASS, '%s:%d %s' % (relative(path), first + offset, command.split('\n')[0]), problem))
    return outcomes


def run_document(path, context):
    outcomes = []
    with scratch() as above:
        directory = os.path.join(above, 'here')
        os.mkdir(directory)
        shutil.copytree(os.path.join(ROOT, 'examples'), os.path.join(directory, 'examples'))
        for first, language, block, comment in blocks(read(path)):
            name = '%s:%d' % (relative(path), first)
            m = re.match(r'<!-- status: (\d+) -->', comment)
            status = int(m[1]) if m else 0
            if language not in ('delta', 'console') or comment.startswith('<!-- not run:'):
                continue
            try:
                if language == 'delta':
                    outcomes.append(check_page(context, directory, name, block, status))
                else:
                    outcomes += run_console(context, directory, path, first, block, status)
            except ValueError as problem:
                outcomes.append(Outcome(FAIL, name, str(problem)))
    return outcomes


def cases(context):
    paths = glob.glob(ROOT + '/README.md') + sorted(glob.glob(ROOT + '/docs/*.md'))
    return [Case(relative(p), lambda c, p=p: run_document(p, c)) for p in paths]
