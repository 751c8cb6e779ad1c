"""What all kinds of tests share: where things are, how a program is run, what an outcome is."""
import os
import signal
import subprocess
import tempfile
from dataclasses import dataclass, field

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

PASS, FAIL, SKIP = 'ok', 'not ok', 'SKIP'


@dataclass
class Outcome:
    state: str
    name: str
    text: str = ''  # why it failed or was skipped


@dataclass
class Case:
    """Something the pool runs on its own; it may hold several tests. run(context) returns a list of outcomes."""
    name: str
    run: object


@dataclass
class Ran:
    status: int
    stdout: str
    stderr: str

    def ending(self):
        if self.status == TIMED_OUT:
            return 'stopped after its time was up'
        if self.status == NOT_STARTED:
            return 'could not be started: ' + self.stderr.strip()
        if self.status < 0:
            return 'ended by ' + signal.Signals(-self.status).name
        return 'status %d' % self.status


TIMED_OUT, NOT_STARTED = 1000, 1001


@dataclass
class Context:
    build: str
    deltac: str
    cc: str
    long: bool = False
    update: bool = False
    valgrind: bool = False
    slower: int = 1  # factor on every time limit
    wrapper: list = field(default_factory=list)  # words before a unit program

    def environment(self, scratch):
        """No colour, one locale, no trace of the make around us; caches and temporary files are our own."""
        e = {k: v for k, v in os.environ.items() if k not in ('MAKEFLAGS', 'MFLAGS', 'MAKELEVEL', 'MAKEOVERRIDES', 'CLICOLOR_FORCE')}
        # PYTHON: the system's own, the one that has numpy.
        e.update(NO_COLOR='1', LC_ALL='C.UTF-8', TERM='dumb', COLUMNS='80', DELTAC=self.deltac, BUILD=self.build, CC=self.cc, ROOT=ROOT,
                 PYTHON='/usr/bin/python3', PYTHONDONTWRITEBYTECODE='1', TMPDIR=scratch, XDG_CACHE_HOME=os.path.join(self.build, 'cache'),
                 UBSAN_OPTIONS='print_stacktrace=1')
        if self.long:
            e['DELTAC_LONG'] = '1'
        return e

    def execute(self, words, directory, seconds, scratch=None, stdin='', merge=False, extra=None):
        """Runs words (no shell) and everything it starts; after `seconds` all of it is stopped."""
        e = self.environment(scratch or directory)
        e.update(extra or {})
        try:
            p = subprocess.Popen(words, cwd=directory, env=e, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                 stderr=subprocess.STDOUT if merge else subprocess.PIPE, start_new_session=True)
        except OSError as problem:
            return Ran(NOT_STARTED, '', '%s: %s\n' % (words[0], problem.strerror))
        try:
            out, err = p.communicate(stdin.encode('utf-8', 'surrogateescape'), timeout=seconds * self.slower)
            status = p.returncode
        except subprocess.TimeoutExpired:
            os.killpg(p.pid, signal.SIGKILL)
            out, err = p.communicate()
            status = TIMED_OUT
        return Ran(status, text(out), text(err or b''))


def text(octets):
    return octets.decode('utf-8', 'surrogateescape')


def read(path):
    with open(path, encoding='utf-8', errors='surrogateescape', newline='') as f:
        return f.read()


def write(path, content):
    os.makedirs(os.path.dirname(path) or '.', exist_ok=True)
    with open(path, 'w', encoding='utf-8', errors='surrogateescape', newline='') as f:
        f.write(content)


def scratch():
    return tempfile.TemporaryDirectory(prefix='deltac-test-')


def relative(path):
    return os.path.relpath(path, ROOT)
