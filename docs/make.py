#!/usr/bin/python3
"""Writes what follows from the program: docs/make.py [--check] DELTAC

  docs/language.md    the table of functions, from gen/dag/ops.def
  docs/commands.md    the text of every command's --help
  docs/deltac.1       the man page, from docs/commands.md
  share/completions/  for bash, zsh and fish, from the options in docs/commands.md

--check writes nothing and exits 1 when a file is not what would be written."""
import difflib
import os
import re
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
CHECK = '--check' in sys.argv
DELTAC = os.path.abspath(next((a for a in sys.argv[1:] if a != '--check'), os.path.join(ROOT, 'build', 'deltac')))
different = []


def read(name):
    with open(os.path.join(ROOT, name), encoding='utf-8') as file:
        return file.read()


def write(name, text):
    path = os.path.join(ROOT, name)
    old = read(name) if os.path.exists(path) else ''
    if old == text:
        return
    different.append(name)
    if CHECK:
        sys.stdout.writelines(difflib.unified_diff(old.splitlines(True), text.splitlines(True), name, name + ' as it should be', n=1))
        return
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, 'w', encoding='utf-8') as file:
        file.write(text)


# ---------------------------------------------------------------- functions
DOMAINS = {'ALL': 'all', 'POSITIVE': 'u > 0', 'NONZERO': 'u ≠ 0', 'NONNEGATIVE': 'u ≥ 0', 'UNIT': '−1 ≤ u ≤ 1', 'OPEN_UNIT': '−1 < u < 1', 'ABOVE_MINUS_ONE': 'u > −1',
           'FROM_ONE': 'u ≥ 1', 'OUTSIDE_UNIT': '\\|u\\| ≥ 1', 'BEYOND_UNIT': '\\|u\\| > 1', 'TO_ONE': '0 < u ≤ 1',
           'OPEN_01': '0 < u < 1', 'COS_NONZERO': 'cos u ≠ 0', 'SIN_NONZERO': 'sin u ≠ 0', 'NOT_POLE_GAMMA': 'not 0, −1, −2, …'}
ARGUMENTS = {1: 'u', 2: 'u, v', 3: 'u, v, w'}
SUPERSCRIPTS = str.maketrans('0123456789-', '⁰¹²³⁴⁵⁶⁷⁸⁹⁻')
LEVEL = {'sum': 1, 'product': 2, 'minus': 2, 'power': 4, 'atom': 5}


class Text:
    """An expression as text, with how tightly it binds."""

    def __init__(self, text, level='atom'):
        self.text, self.level = text, LEVEL[level]

    def inside(self, level):
        return self.text if self.level >= LEVEL[level] else '(%s)' % self.text


def power(base, exponent):
    if exponent.text == '1/2':
        return Text('√' + base.inside('atom'), 'power')
    if exponent.text == '−1/2':
        return Text('1/√' + base.inside('atom'), 'product')
    if re.fullmatch('−[0-9]+', exponent.text):
        return Text('1/' + power(base, Text(exponent.text[1:])).inside('power'), 'product')
    raised = exponent.text.translate(SUPERSCRIPTS) if exponent.text.isdigit() else '^' + exponent.inside('atom')
    return Text(base.inside('atom') + (raised if raised != '¹' else ''), 'power')


def times(a, b):
    if a.text == '−1':
        return Text('−' + b.inside('product'), 'minus')
    if a.text.startswith('1/') and a.level == LEVEL['product'] and '/' not in a.text[2:]:
        return Text(b.inside('product') + a.text[1:], 'product')
    return Text(a.inside('product') + ' ' + (b.inside('power') if b.level != LEVEL['product'] or '/' in b.text else b.text), 'product')


def derivatives(column, names):
    def call(op, *arguments):
        if op == 'ABS':
            return Text('\\|%s\\|' % arguments[0].text)
        return Text('%s(%s)' % (names[op], ', '.join(a.text for a in arguments)))
    scope = {name: name for name in names}
    scope.update({
        'u': Text('u'), 'v': Text('v'), 'w': Text('w'), 'y': Text('y'), 'PI': Text('π'), 'NONE': Text('none'), 'ZERO': Text('0'),
        'N': lambda p: Text(str(p).replace('-', '−')), 'Q': lambda p, q: Text('%s/%d' % (str(p).replace('-', '−'), q), 'product'),
        'F0': lambda op: Text(names[op]), 'F': call, 'F2': call, 'POW': power, 'MUL': times, 'NEG': lambda a: Text('−' + a.inside('product'), 'minus'),
        'ADD': lambda a, b: Text(a.text + ' + ' + b.text, 'sum'), 'SUB': lambda a, b: Text(a.text + ' − ' + b.inside('product'), 'sum'),
        'DIV': lambda a, b: Text(a.inside('product') + '/' + b.inside('power'), 'product'), 'LESS': lambda a, b: Text(a.text + ' < ' + b.text),
        'LEQ': lambda a, b: Text(a.text + ' ≤ ' + b.text), 'IF': lambda c, a, b: Text('if %s then %s else %s' % (c.text, a.text, b.text), 'sum'),
        'DERIVATIVE': lambda *each: ' ; '.join(e.text for e in each)})
    return eval(column, {'__builtins__': {}}, scope)  # the columns of our own table


def function_table():
    rows = re.findall(r'^OP\((\w+), "(\w+)", (\d), (DERIVATIVE\(.*\)), ([A-Z_0-9]+), (NULL|"[^"]*"), "\w+", "[^"]*", \w+\)$', read('gen/dag/ops.def'), re.M)
    names = {row[0]: row[1] for row in rows}
    names['PI_CONST'], names['GAMMA_CONST'] = 'π', 'γ'
    lines = ['| function y | derivative | domain | kinks |', '| --- | --- | --- | --- |']
    for op, name, arity, derivative, domain, kinks in rows:
        if arity == '0' or op in ('AND', 'OR', 'NOT'):
            continue
        lines.append('| `%s(%s)` | %s | %s | %s |' % (name, ARGUMENTS[int(arity)], derivatives(derivative, names), DOMAINS[domain],
                                                     '' if kinks == 'NULL' else kinks.strip('"')))
    return '\n'.join(lines) + '\n'


def between(text, mark, content):
    begin, end = '<!-- %s: written by docs/make.py -->\n' % mark, '<!-- end -->\n'
    at = text.index(begin) + len(begin)
    return text[:at] + content + text[text.index(end, at):]


# ---------------------------------------------------------------- commands
def help_of(*words):
    ran = subprocess.run([DELTAC, *words, '--help'], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    return ran.stdout


def commands_text():
    text = read('docs/commands.md')
    for mark in re.findall(r'<!-- (help.*?): written by docs/make\.py -->', text):
        text = between(text, mark, '```\n%s```\n' % help_of(*mark.split()[1:]))
    return text


# ---------------------------------------------------------------- the man page
def roff(line):
    line = line.replace('\\', '\\e').replace('-', '\\-')
    line = re.sub(r'\*\*(.*?)\*\*', r'\\fB\1\\fP', line)
    line = re.sub(r'`([^`]*)`', r'\\fB\1\\fP', line)
    line = re.sub(r'\[([^]]*)\]\([^)]*\)', r'\1', line)
    return '\\&' + line if line.startswith(('.', "'")) else line


def man_page(text):
    out = ['.\\" Written by docs/make.py from docs/commands.md.', '.TH DELTAC 1 "" "deltac" "User Commands"', '.SH NAME', 'deltac \\- checks, derives, generates and trains '
           'from pages of mathematics', '.SH SYNOPSIS', '.B deltac', '\\fICOMMAND\\fP \\fIFILE\\fP… [\\fIoptions\\fP]', '.SH DESCRIPTION']
    inside, lines = False, text.split('\n')
    for line, following in zip(lines[1:], lines[2:] + ['']):
        if line.startswith('```'):
            inside = not inside
            out += ['.PP', '.RS 2', '.nf'] if inside else ['.fi', '.RE']
        elif inside:
            out.append(roff(line).replace('\\fB', '').replace('\\fP', '') if line else '.sp')
        elif line.startswith('<!--'):
            pass
        elif line.startswith('## '):
            out.append('.SH ' + roff(line[3:].replace('`', '')).upper())
        elif line.startswith('### '):
            out.append('.SS ' + roff(line[4:].replace('`', '')))
        elif line.startswith('| ---') or following.startswith('| ---'):
            pass
        elif line.startswith('| '):
            cells = [cell.strip() for cell in re.split(r'(?<!\\)\|', line.strip('|'))]
            cells = [cell.replace('\\|', '|') for cell in cells if cell]
            out += ['.TP', roff(cells[0]), roff(' · '.join(cells[1:]))]
        elif line.startswith('- '):
            out += ['.IP \\(bu 2', roff(line[2:])]
        elif line:
            out.append(roff(line))
        else:
            out.append('.PP')
    page = re.sub(r'(\.PP\n)+(?=\.(PP|SH|SS|TP|IP)|$)', '', '\n'.join(out) + '\n')
    return page.rstrip('\n') + '\n'


# ---------------------------------------------------------------- completions
FILES = {'FILE', 'FILE.npz', '[NAME=]FILE', 'FILE.jsonl', 'DIR', 'PROGRAM', 'OUT', 'W.npz', 'PAGE', 'RUN.jsonl'}
WORDS = {'stage': 'tokens syntax model dag gradient simplified loops memory c', 'to': 'text latex markdown html', 'hints': 'none line kind full', 'real': 'double float',
         'color': 'always never auto', 'steps': 'terse full', 'target': 'hosted freestanding'}


def options_of(text):
    """(letter, name, argument, help) of the options in a text of --help"""
    found = []
    for line in text.split('\n'):
        m = re.match(r'  +(?:-(\w), )?--([\w-]+)(?:[ =](\'[^\']*\'|\S+))?(?:(?:(?<=\') +|  +)(.*))?$', line)
        if m:
            found.append([m[1] or '', m[2], m[3] or '', (m[4] or '').strip()])
        elif found and not found[-1][3] and re.match(r' {20,}\S', line):
            found[-1][3] = line.strip()
    if 'dump' in text.split('\n')[0]:
        found.append(['', 'stage', 'STAGE', 'which one'])
    return [tuple(o) for o in found]


def commands():
    """{command: (what it does, options)}"""
    table = {}
    for name, does in re.findall(r'^  deltac (\w+) +(.*)$', help_of(), re.M):
        options = options_of(help_of(name))
        if name in ('train', 'predict'):
            options += [o for o in options_of(help_of(name, 'examples/one_layer.delta')) if o[1] != 'help']
        options += [('h', 'help', '', 'tells the options')]
        table[name] = (does, options)
    return table


def words_of(command, name, argument):
    return '' if command in ('train', 'predict') and name in ('steps', 'to') or not argument else WORDS.get(name, '')


def bash(table):
    lines = ['# Completions of deltac for bash. Written by docs/make.py.', '_deltac()', '{',
             '    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} command=${COMP_WORDS[1]} options=', '    COMPREPLY=()',
             '    if [ "$COMP_CWORD" = 1 ]; then', '        mapfile -t COMPREPLY < <(compgen -W "%s --help --version" -- "$word")' % ' '.join(table), '        return', '    fi',
             '    case $command$before in']
    for command, (_, options) in table.items():
        for letter, name, argument, _ in options:
            if words_of(command, name, argument):
                lines.append('    %s--%s) mapfile -t COMPREPLY < <(compgen -W "%s" -- "$word"); return ;;' % (command, name, words_of(command, name, argument)))
    lines += ['    esac', '    case $command in']
    for command, (_, options) in table.items():
        lines.append('    %s) options="%s" ;;' % (command, ' '.join('--' + o[1] for o in options)))
    lines += ['    esac', '    case $word in', '    -*) mapfile -t COMPREPLY < <(compgen -W "$options" -- "$word") ;;',
              '    *) mapfile -t COMPREPLY < <(compgen -f -- "$word") ;;', '    esac', '}', 'complete -o filenames -F _deltac deltac', '']
    return '\n'.join(lines)


def quoted(text):
    return text.replace("'", "'\\''")


def zsh(table):
    lines = ['#compdef deltac', '# Completions of deltac for zsh. Written by docs/make.py.', 'local -a commands', 'commands=(']
    lines += ["    '%s:%s'" % (command, quoted(does).replace(':', '\\:')) for command, (does, _) in table.items()]
    lines += [')', 'if (( CURRENT == 2 )); then', "    _describe 'command' commands", '    return', 'fi', 'local command=$words[2]', 'shift words', '(( CURRENT-- ))', 'case $command in']
    for command, (_, options) in table.items():
        lines.append('%s)' % command)
        lines.append('    _arguments \\')
        for letter, name, argument, text in options:
            short = quoted(re.sub(r'([][:])', r'\\\1', text))
            value = ''
            if argument:
                words = words_of(command, name, argument)
                value = ':value:(%s)' % words if words else ':file:_files' if argument in FILES else ':value:'
            lines.append("        '*--%s[%s]%s' \\" % (name, short, value))
        lines += ["        '*:file:_files'", '    ;;']
    return '\n'.join(lines + ['esac', ''])


def fish(table):
    lines = ['# Completions of deltac for fish. Written by docs/make.py.']
    for command, (does, _) in table.items():
        lines.append("complete -c deltac -n __fish_use_subcommand -f -a %s -d '%s'" % (command, does.replace("'", "\\'")))
    for command, (_, options) in table.items():
        for letter, name, argument, text in options:
            words = words_of(command, name, argument)
            value = " -x -a '%s'" % words if words else ' -r -F' if argument in FILES else ' -x' if argument else ''
            lines.append("complete -c deltac -n '__fish_seen_subcommand_from %s' -l %s%s%s -d '%s'" % (command, name, ' -s ' + letter if letter else '', value,
                                                                                                   text.replace("'", "\\'")))
    return '\n'.join(lines + [''])


def main():
    write('docs/language.md', between(read('docs/language.md'), 'functions', function_table()))
    text = commands_text()
    write('docs/commands.md', text)
    write('docs/deltac.1', man_page(text))
    table = commands()
    write('share/completions/deltac.bash', bash(table))
    write('share/completions/_deltac', zsh(table))
    write('share/completions/deltac.fish', fish(table))
    if different and CHECK:
        print('docs/make.py would write: ' + ' '.join(different))
    return 1 if different and CHECK else 0


sys.exit(main())
