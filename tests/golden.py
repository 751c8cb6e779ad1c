"""Golden tests: tests/golden/**/*.txt, each a command, its files and the exact output.

    # what this is about             comments; `# needs DELTAC_DATA` or `# needs long`: skipped without
    $ deltac check page.delta        one or more commands; words as in a shell with quotes, but no shell
    --- page.delta                   a file in the fresh working directory (examples/ is there too)
    …
    --- stdin                        what the first command reads
    --- status                       of the last command, those before it being 0; or one number for each. Absent: 0
    --- stdout                       exact; absent: nothing
    --- stderr
    --- absent                       files that must not exist afterwards

A line `~ REGEX` in stdout or stderr is a regular expression for one whole line. A text line that begins with `--- `, `~ ` or `\\` has a `\\` before it.
A text without a newline at its end is followed by the line `\\ no newline`."""
import difflib
import glob
import os
import re
import shlex

from harness import FAIL, NOT_STARTED, PASS, ROOT, SKIP, TIMED_OUT, Case, Outcome, read, relative, scratch, write

FOLDER = os.path.join(ROOT, 'tests', 'golden')
OUTPUTS = ('status', 'stdout', 'stderr')
SECONDS = 900


class Broken(Exception):
    pass


def lines_of(content):
    """Like splitlines(True), for \\n only."""
    return re.findall(r'[^\n]*\n|[^\n]+$', content)


def escape(line):
    return '\\' + line if line.startswith(('--- ', '~ ', '\\')) else line


def unescape(line):
    return line[1:] if line.startswith(('\\--- ', '\\~ ', '\\\\')) else line


def plain(section):
    """The text that a section stands for."""
    lines = lines_of(section)
    if lines and lines[-1].rstrip('\n') == '\\ no newline':
        lines.pop()
        if lines:
            lines[-1] = lines[-1].removesuffix('\n')
    return ''.join(map(unescape, lines))


def as_section(content, patterns):
    """The text as a section; a line that the next of the patterns in use matches becomes that pattern."""
    patterns = list(patterns)
    out = []
    for line in lines_of(content):
        if patterns and re.fullmatch(patterns[0][2:].rstrip('\n'), line.rstrip('\n')):
            out.append(patterns.pop(0))
        else:
            out.append(escape(line))
    if out and not out[-1].endswith('\n'):
        out += ['\n', '\\ no newline\n']
    return ''.join(out)


class Golden:
    def __init__(self, path):
        self.path = path
        self.name = relative(path)
        self.head, self.commands, self.needs, self.sections = [], [], [], {}
        current = None
        for line in lines_of(read(path)):
            if line.startswith('--- '):
                current = line[4:].strip()
                if current in self.sections:
                    raise Broken('two sections --- ' + current)
                self.sections[current] = ''
            elif current is not None:
                self.sections[current] += line
            else:
                self.head.append(line)
                if line.startswith('$ '):
                    self.commands.append(shlex.split(line[2:]))
                elif m := re.match(r'# needs (\w+)', line):
                    self.needs.append(m[1])
                elif line.strip() and not line.startswith('#'):
                    raise Broken('neither comment nor command: ' + line.rstrip())
        if not self.commands:
            raise Broken('no command')

    def missing(self, context):
        for need in self.needs:
            if need == 'long':
                if not context.long:
                    return 'only in make test-long'
            elif not os.environ.get(need):
                return need + ' is not set'
        return None

    def perform(self, context, directory):
        """Runs the commands; returns statuses, stdout, stderr, and how a command was killed, if one was."""
        os.symlink(os.path.join(ROOT, 'examples'), os.path.join(directory, 'examples'))
        for name, content in self.sections.items():
            if name not in OUTPUTS + ('stdin', 'absent'):
                write(os.path.join(directory, name), plain(content))
        statuses, out, err, killed = [], '', '', None
        stdin = plain(self.sections.get('stdin', ''))
        programs = {'deltac': [context.deltac], 'cc': context.cc.split()}
        for words in self.commands:
            ran = context.execute(programs.get(words[0], [words[0]]) + words[1:], directory, SECONDS, scratch=os.path.dirname(directory), stdin=stdin)
            stdin = ''
            statuses.append(ran.status)
            out += ran.stdout
            err += ran.stderr
            if ran.status < 0 or ran.status in (TIMED_OUT, NOT_STARTED):
                killed = ran.ending()
        return statuses, out, err, killed

    def expected_statuses(self):
        listed = [int(word) for word in self.sections.get('status', '0').split()]
        return [0] * (len(self.commands) - 1) + listed if len(listed) == 1 else listed

    def compare(self, name, actual):
        """None, or a diff."""
        section = self.sections.get(name, '')
        wanted, got = lines_of(section), lines_of(as_section(actual, ()))
        for n, (w, g) in enumerate(zip(wanted, got)):
            if w.startswith('~ ') and re.fullmatch(w[2:].rstrip('\n'), unescape(g).rstrip('\n')):
                wanted[n] = g
        if wanted == got:
            return None
        return ''.join(difflib.unified_diff(wanted, got, 'expected ' + name, 'actual ' + name))

    def patterns(self, name):
        return [line for line in lines_of(self.sections.get(name, '')) if line.startswith('~ ')]

    def update(self, statuses, out, err):
        new = {'status': '' if not any(statuses) else ' '.join(map(str, statuses if any(statuses[:-1]) else statuses[-1:])) + '\n',
               'stdout': as_section(out, self.patterns('stdout')), 'stderr': as_section(err, self.patterns('stderr'))}
        absent = self.sections.pop('absent', '')
        sections = {n: c for n, c in self.sections.items() if n not in OUTPUTS}
        sections.update({n: c for n, c in new.items() if c})
        if absent:
            sections['absent'] = absent
        write(self.path, ''.join(self.head) + ''.join('--- %s\n%s' % item for item in sections.items()))

    def run(self, context):
        with scratch() as above:
            directory = os.path.join(above, 'here')
            os.mkdir(directory)
            statuses, out, err, killed = self.perform(context, directory)
            left = [f for f in self.sections.get('absent', '').split('\n') if f and os.path.lexists(os.path.join(directory, f))]
        if killed:
            return Outcome(FAIL, self.name, '%s\n%s' % (killed, err))
        problems = ['exists: ' + f for f in left]
        if context.update:
            if problems:
                return Outcome(FAIL, self.name, '\n'.join(problems))
            self.update(statuses, out, err)
            return Outcome(PASS, self.name)
        if statuses != self.expected_statuses():
            problems.append('status %s, expected %s' % (statuses, self.expected_statuses()))
        problems += [d for d in (self.compare('stdout', out), self.compare('stderr', err)) if d]
        return Outcome(FAIL if problems else PASS, self.name, '\n'.join(problems))


def run_file(path, context):
    try:
        test = Golden(path)
        why = test.missing(context)
        return [Outcome(SKIP, test.name, why)] if why else [test.run(context)]
    except (Broken, ValueError, re.error) as problem:
        return [Outcome(FAIL, relative(path), 'this test cannot be read: %s' % problem)]


def cases(context):
    return [Case(relative(p), lambda c, p=p: run_file(p, c)) for p in sorted(glob.glob(FOLDER + '/**/*.txt', recursive=True))]
