"""Every #include "…" names a file of the own folder or of a folder above it in tests/layers.txt."""
import glob
import os
import re

from harness import FAIL, PASS, ROOT, Case, Outcome, read, relative


def order():
    """folder -> set of the folders it may include"""
    allowed, above = {}, set()
    for line in read(os.path.join(ROOT, 'tests', 'layers.txt')).splitlines():
        words = line.split('#')[0].split()
        if words[1:2] == ['+']:  # FOLDER + HEADER…: these may be included as well
            allowed[words[0]] |= set(words[2:])
            continue
        alone = words[1:] == ['alone']
        folders = words[:1] if alone else words
        for folder in folders:
            allowed[folder] = {folder} if alone else above | {folder}
        if not alone:
            above |= set(folders)
    return allowed


def home(name, folder):
    """Folder of the file that the compiler would take; None if there is no such file."""
    for base in (folder, ''):
        path = os.path.normpath(os.path.join(base, name))
        if os.path.exists(os.path.join(ROOT, path)):
            return os.path.dirname(path)
    language = re.fullmatch(r'(\w+)\.(tab|lex)\.[ch]', name)  # made by flex and bison
    return 'grammar' if language and os.path.exists(os.path.join(ROOT, 'grammar', language[1] + '.y')) else None


def within(folder, allowed):
    """The listed folder that this one is or is part of (runtime/readers belongs to runtime)."""
    parts = folder.split('/')
    names = ['/'.join(parts[:n]) for n in range(len(parts), 0, -1)]
    return next((n for n in names if n in allowed), None)


def check(folder, files, allowed):
    problems = []
    for path in files:
        for number, line in enumerate(read(path).split('\n'), 1):
            m = re.match(r'\s*#\s*include\s+"([^"]+)"', line)
            if not m:
                continue
            target = home(m[1], os.path.dirname(relative(path)))
            if target is None:
                problems.append('%s:%d: no such file: %s' % (relative(path), number, m[1]))
            elif within(target, allowed) not in allowed[folder] and m[1] not in allowed[folder]:
                problems.append('%s:%d: %s may not include %s' % (relative(path), number, folder, m[1]))
    return [Outcome(FAIL if problems else PASS, 'layers of ' + folder, '\n'.join(problems))]


def cases(context):
    allowed, files = order(), {}
    for top in ('grammar', 'gen', 'runtime'):
        for path in sorted(glob.glob('%s/%s/**/*.*' % (ROOT, top), recursive=True)):
            if re.search(r'\.(c|h|l|y|def|inc)$', path):
                files.setdefault(os.path.dirname(relative(path)), []).append(path)
    found = []
    for folder, paths in files.items():
        listed = within(folder, allowed)
        if listed is None:
            found.append(Case(folder, lambda c, f=folder: [Outcome(FAIL, 'layers of ' + f, 'tests/layers.txt does not list this folder')]))
        else:
            found.append(Case(folder, lambda c, f=listed, p=paths: check(f, p, allowed)))
    return found
