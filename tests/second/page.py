"""What a page declares, defines, assumes and claims, as texts by name."""
import re

from second.numbers import ARRAYS, SCALAR
from second.reader import Reader, Unknown


class Page:
    def __init__(self, text):
        self.kind, self.axes, self.pad, self.defined, self.body, self.assumed, self.claims, self.given = {}, {}, {}, {}, {}, [], [], {}
        self.integer, self.noise, self.trees = {}, {}, {}
        self.fixed = {}  # sizes that are not drawn
        lines = self.families(text.split('\n'))
        for number, line in lines:
            code, _, mark = line.partition('#')
            mark = mark[1:].strip() if mark.startswith('=') else ''
            for part in code.split(';') if '[' not in code else [code]:
                if part.strip():
                    self.statement(part.strip(), number, mark)

    def families(self, lines):
        """Blocks `for l in a..b { … }` written out."""
        out, sizes, i = [], {}, 0
        for line in lines:
            if line.strip().startswith('size '):
                sizes.update((a, int(b)) for a, b in re.findall(r'(\w+) = (\d+)', line))
        numbered = list(enumerate(lines, 1))

        def value(text):
            return eval(re.sub(r'[A-Za-z]\w*', lambda m: str(sizes[m[0]]), text.strip().replace('−', '-')), {'__builtins__': {}})

        def spelled(line):
            return re.sub(r'(\w)\{([^{}]*)\}', lambda m: m[1] + str(value(m[2])), line)
        while i < len(numbered):
            m = re.match(r'\s*for (\w+) in (.+?)\.\.(.+?) \{', numbered[i][1])
            if not m:
                n, line = numbered[i]
                out.append((n, line if line.lstrip().startswith('claim') and '_{' in line or '|_{' in line or '_{' in line else spelled(line) if '{' in line and ' in {' not in line and '∈ {' not in line else line))
                i += 1
                continue
            j = i + 1
            while numbered[j][1].strip() != '}':
                j += 1
            a, b = value(m[2]), value(m[3])
            for k in range(a, b + (1 if b >= a else -1), 1 if b >= a else -1):
                sizes[m[1]] = k
                out += [(n, spelled(line)) for n, line in numbered[i + 1:j]]
            del sizes[m[1]]
            i = j + 1
        return out

    def read(self, text, local=()):
        """The tree of a text in which `local` are values whatever else they are."""
        key = (text, frozenset(local))
        if key not in self.trees:
            self.trees[key] = Reader(self, text, local).whole()
        return self.trees[key]

    def is_function(self, name):
        return name in self.body or self.kind.get(name) == 'function' or (name not in self.kind and (name in ARRAYS or name in SCALAR))

    def declare(self, word, rest):
        depth, item, items = 0, '', []
        for c in rest + ',':
            depth += {'[': 1, '(': 1, ']': -1, ')': -1}.get(c, 0)
            if c == ',' and depth == 0:
                items.append(item.strip())
                item = ''
            else:
                item += c
        for item in items:
            item, _, drawn = item.partition('~') if word in ('noise', 'param', 'state') else (item, '', '')
            item = item.strip()
            m = re.match(r'([^\s\[:=(]+)\s*(\([^=]*\))?\s*(?::\s*(int)?)?\s*(\[[^\]]*\])?\s*(?:=\s*(.*))?$', item)
            if not m:
                raise Unknown('declaration ' + item)
            name, arguments, integer, axes, given = m.groups()
            if word == 'function' and given:
                self.body[name] = ([a.strip() for a in arguments[1:-1].split(',')], given)
                continue
            self.kind[name] = word
            self.noise[name] = drawn.strip()
            if integer:
                self.integer[name] = True
            self.axes[name] = [re.sub(r' pad .*', '', a).strip() for a in axes[1:-1].split(',')] if axes else []
            self.pad[name] = bool(axes and ' pad ' in axes)

    def statement(self, s, number, mark):
        m = re.match(r'(size|variable|input|target|param|hyper|given|function|noise|state)\s+(.*)', s)
        if m:
            return self.declare(m[1], m[2])
        if s.startswith('assume '):
            return self.assumed.append(s[7:])
        if s.startswith('claim '):
            return self.claims.append((number, s[6:], mark or 'proved'))
        if s.startswith(('minimize', 'output', 'metric', 'layout', 'use ', 'optimize')) or '←' in s:
            return None
        m = re.match(r'([^\s\[(=]+)\(([A-Za-z]\w*)\)\s*=\s*(.*)', s)
        if m and m[1] not in SCALAR:
            self.body[m[1]] = ([m[2]], m[3])
            return None
        m = re.match(r'([^\s\[(=]+)\s*(\[[^=]*?\])?\s*:?=\s*(.*)', s)
        if not m:
            raise Unknown('statement ' + s)
        name, at, right = m.groups()
        self.kind.setdefault(name, 'defined')
        self.defined.setdefault(name, []).append((at[1:-1] if at else None, right))
        return None
