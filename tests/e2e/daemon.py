"""Starts the real daemon over a folder of its own and asks it through the command line."""
import http.client
import json
import os
import pathlib
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.request

BINARY = sys.argv.pop(1) if len(sys.argv) > 1 else "build-dev/aright"

BROKEN = "broken..\n"  # as long as "approved\n": a change in one step
AT_ONCE = 14  # programs of findings that are not critical: two of sixteen turns are kept
CONTROL = """control: {name}
title: {name} is as approved
watch: {{ resource: file, path: {path} }}
desired: {{ content: "approved\\n", mode: "0644" }}
"""
WORKFLOW = """workflow: restore
owner: tests
answers: [{controls}]
mode: {mode}
{more}steps:
  - ensure: desired
"""


def until(condition, what, seconds=20):
    """Waits for a condition; never sleeps for luck."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds} s: {what() if callable(what) else what}")
        time.sleep(0.01)


def remove(folder):
    """Also folders that were closed for a test."""
    for below in folder.rglob("*/"):
        if not below.is_symlink():
            below.chmod(0o700)
    shutil.rmtree(folder)


class DaemonCase(unittest.TestCase):
    files = ["a"]
    mode = "auto"
    more = ""
    arguments = []
    place = None  # a folder for it all, which stays; otherwise one is made and removed
    user = None  # run as this uid when we are root: for what root may do and others may not

    def setUp(self):
        self.top = pathlib.Path(os.path.realpath(self.place or tempfile.mkdtemp(prefix="aright-e2e-")))
        if self.place is None:
            self.addCleanup(remove, self.top)
        self.config, self.state, self.play = self.top / "config", self.top / "state", self.top / "play"
        for folder in (self.config / "controls", self.config / "workflows", self.play):
            folder.mkdir(parents=True)
        for name in self.files:
            (self.play / name).write_text("approved\n")
            (self.play / name).chmod(0o644)
            (self.config / "controls" / f"{name}.yaml").write_text(CONTROL.format(name=name, path=self.play / name))
        self.write_node()
        self.write_workflow()
        self.process = None
        self.binary = BINARY
        if self.user is not None and os.geteuid() == 0:
            self.binary = shutil.copy(BINARY, self.top / "aright")  # the build folder may be closed to others
            self.own(self.top, *self.top.rglob("*"))

    def own(self, *paths):
        """To the user the daemon runs as."""
        if self.user is not None and os.geteuid() == 0:
            for path in paths:
                os.chown(path, self.user, self.user)

    def write_node(self, text=""):
        """`aright.yaml`. What is tried here acts without tests of its own, but where these are what is tried."""
        (self.config / "aright.yaml").write_text(text + "tests: off\n")

    def write_workflow(self, mode=None, more=None):
        text = WORKFLOW.format(controls=", ".join(self.files), mode=mode or self.mode, more=self.more if more is None else more)
        (self.config / "workflows" / "restore.yaml").write_text(text)

    def tearDown(self):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
            self.process.stdout.close()

    def start(self, *prefix):
        self.log = open(self.top / "log", "a")
        become = {} if self.user is None or os.geteuid() else {"user": self.user, "group": self.user, "extra_groups": []}
        self.process = subprocess.Popen(
            [*prefix, self.binary, "serve", "--config", self.config, "--state", self.state, "--listen", "127.0.0.1:0", *self.arguments],
            stdout=subprocess.PIPE, stderr=self.log, text=True, **become)
        self.log.close()
        line = self.process.stdout.readline()
        self.assertTrue(line.startswith("ready"), f"{line!r} {(self.top / 'log').read_text()}")
        self.port = int(self.process.stdout.readline().split("port ")[1].split()[0])

    def stop(self, how=signal.SIGTERM):
        self.process.send_signal(how)
        code = self.process.wait(timeout=20)
        self.process.stdout.close()
        self.process = None
        if how == signal.SIGTERM and code != 0:
            print((self.top / "log").read_text()[-20_000:], file=sys.stderr)  # the folder goes with the test
        return code

    def cli(self, *words, expect=0):
        done = subprocess.run([BINARY, "--state", str(self.state), *words], capture_output=True, text=True, timeout=60)
        self.assertIn(done.returncode, expect if isinstance(expect, tuple) else (expect,), f"{words}: {done.stdout}{done.stderr}")
        return done.stderr if expect == 1 or expect == 2 else done.stdout

    def refused(self):
        done = subprocess.run([self.binary, "serve", "--config", self.config, "--state", self.state], capture_output=True, text=True, timeout=30)
        self.assertEqual(done.returncode, 1)
        return done.stderr

    def get(self, target):
        """The same answers as `ask` without starting a program: for conditions that are asked often."""
        connection = http.client.HTTPConnection("localhost", timeout=20)
        connection.sock = socket.socket(socket.AF_UNIX)
        try:
            connection.sock.connect(str(self.state / "aright.sock"))
            connection.request("GET", target)
            answer = json.loads(connection.getresponse().read())
            return answer["items"] if "items" in answer else answer  # a list's page
        except http.client.HTTPException as error:
            raise OSError(error) from error
        finally:
            connection.close()

    def node(self):
        """What tells its keys from those of other nodes."""
        return (self.state / "signing.pub").read_text().split("+")[0].split("/")[1]

    def metrics(self):
        """Values of /metrics, by name and labels as they stand there."""
        text = urllib.request.urlopen(f"http://127.0.0.1:{self.port}/metrics", timeout=20).read().decode()
        return {line.rsplit(" ", 1)[0]: float(line.rsplit(" ", 1)[1]) for line in text.splitlines() if not line.startswith("#")}

    def ask(self, *words):
        return json.loads(self.cli("-o", "json", *words))

    def runs(self, *states):
        return [r for r in self.ask("runs", "list") if not states or r["state"] in states]

    def break_file(self, name="a", text=BROKEN):
        """In one step where the text is as long as what is there: else two changes may be seen."""
        with open(os.open(self.play / name, os.O_WRONLY | os.O_CREAT, 0o666), "wb", buffering=0) as file:
            file.write(text.encode())
            if os.fstat(file.fileno()).st_size > len(text.encode()):
                file.truncate()

    def fixed(self, name="a"):
        return (self.play / name).read_text() == "approved\n"

    def ended(self, count, state="succeeded"):
        until(lambda: len(self.runs(state)) >= count, lambda: f"{count} runs {state}; {self.ask('runs', 'list')}")

    def stored(self, query, *values):
        """Rows of the database; what is JSON in them is read."""
        database = sqlite3.connect(f"file:{self.state / 'aright.db'}?mode=ro", uri=True)
        try:
            rows = database.execute(query, values).fetchall()
        finally:
            database.close()
        return [tuple(json.loads(v) if isinstance(v, (str, bytes)) and v[:1] in ("{", b"{") else v for v in row) for row in rows]

    def entries(self):
        """The audit log as stored."""
        return [row[0] for row in self.stored("SELECT bytes FROM entry ORDER BY seq")]


def set_by(variable, otherwise):
    """How often, or how many: as the environment says, else what every test run has time for."""
    return int(os.environ.get(variable, otherwise))
