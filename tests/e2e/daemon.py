"""Starts the real daemon over a folder of its own and asks it through the command line."""
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

BINARY = sys.argv.pop(1) if len(sys.argv) > 1 else "build-dev/aright"

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
            raise AssertionError(f"not within {seconds} s: {what}")
        time.sleep(0.01)


class DaemonCase(unittest.TestCase):
    files = ["a"]
    mode = "auto"
    more = ""

    def setUp(self):
        self.top = pathlib.Path(os.path.realpath(tempfile.mkdtemp(prefix="aright-e2e-")))
        self.config, self.state, self.play = self.top / "config", self.top / "state", self.top / "play"
        for folder in (self.config / "controls", self.config / "workflows", self.play):
            folder.mkdir(parents=True)
        for name in self.files:
            (self.play / name).write_text("approved\n")
            (self.play / name).chmod(0o644)
            (self.config / "controls" / f"{name}.yaml").write_text(CONTROL.format(name=name, path=self.play / name))
        self.write_workflow()
        self.process = None

    def write_workflow(self, mode=None, more=None):
        text = WORKFLOW.format(controls=", ".join(self.files), mode=mode or self.mode, more=self.more if more is None else more)
        (self.config / "workflows" / "restore.yaml").write_text(text)

    def tearDown(self):
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process.stdout.close()
        shutil.rmtree(self.top)

    def start(self, *prefix):
        self.log = open(self.top / "log", "a")
        self.process = subprocess.Popen([*prefix, BINARY, "serve", "--config", self.config, "--state", self.state, "--listen", "127.0.0.1:0"],
                                        stdout=subprocess.PIPE, stderr=self.log, text=True)
        self.log.close()
        line = self.process.stdout.readline()
        self.assertTrue(line.startswith("ready"), f"{line!r} {(self.top / 'log').read_text()}")
        self.port = int(self.process.stdout.readline().split("port ")[1].split()[0])

    def stop(self, how=signal.SIGTERM):
        self.process.send_signal(how)
        code = self.process.wait(timeout=20)
        self.process.stdout.close()
        self.process = None
        return code

    def cli(self, *words, expect=0):
        done = subprocess.run([BINARY, "--state", str(self.state), *words], capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, expect, f"{words}: {done.stdout}{done.stderr}")
        return done.stdout if expect == 0 else done.stderr

    def ask(self, *words):
        return json.loads(self.cli("-o", "json", *words))

    def runs(self, *states):
        return [r for r in self.ask("runs", "list") if not states or r["state"] in states]

    def break_file(self, name="a", text="broken\n"):
        (self.play / name).write_text(text)

    def fixed(self, name="a"):
        return (self.play / name).read_text() == "approved\n"

    def ended(self, count, state="succeeded"):
        until(lambda: len(self.runs(state)) >= count, f"{count} runs {state}; {self.ask('runs', 'list')}")
