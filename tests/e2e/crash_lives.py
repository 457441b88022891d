"""Lives of a daemon whose calls are recorded, to cut the power at any moment of them: `crash_lives.py BINARY SHAPE FOLDER`
lives one. What a user has been told on the way is marked, in its order among the calls."""
import os
import pathlib
import subprocess
import sys
import time

from daemon import BINARY, BROKEN, DaemonCase, until
from disk_trace import OPTIONS
from webhook import WebhookCase, deleted, github

UNDONE = """workflow: undone
owner: tests
answers: [b]
mode: auto
steps:
  - ensure: desired
  - exec: [{folder}/no]
"""
ASKED = """workflow: asked
owner: tests
answers: [c]
mode: propose
steps:
  - ensure: desired
"""
TAIL = """source: app
tail: {{ files: [{log}], from: start }}
log_source: {{ product: tests }}
decode: {{ json: {{ trusted: [host, action] }} }}
"""
MANY = """---
title: Many were deleted
name: many-deleted
status: test
author: A. Author
level: low
correlation:
  { type: event_count, rules: [6d2c1b34-6b1c-4f0e-9a38-0f5c1d1f7a10], group-by: [action], timespan: 10m, condition: { gte: 100 },
    generate: true }
"""


class Life:
    """A shape of it says what is set up before, what happens, and what must be true of it afterwards."""

    def set_up(self):
        self.setUp()
        (self.top / "elsewhere").mkdir()
        (self.top / "world").mkdir()  # what programs have done: whoever cuts our power does not undo it
        (self.top / "world" / "calls").touch()
        self.write_node(f"witness: [{{ file: {self.top}/elsewhere/witness }}]\n")
        for name in ("marks", "log"):
            (self.top / name).touch()

    def take_up(self):
        """In a folder that has been set up, by who starts it again there."""
        self.config, self.state, self.play = (self.top / name for name in ("config", "state", "play"))
        self.binary, self.process = BINARY, None
        self.program, self.log_file, self.secret = self.top / "react", self.top / "world" / "app.log", self.top / "secret"

    def mark(self, text):
        with open(self.top / "marks", "ab", buffering=0) as marks:
            marks.write(text.encode() + b"\n")

    def begin(self):
        self.start()
        self.mark("ready")

    def begin_again(self):
        self.begin()
        if self.get("/v1/status")["paused"]:
            self.cli("resume", "--reason", "after a power cut")

    def end(self):
        self.assertEqual(self.stop(), 0)
        self.mark("stopped")

    def break_one(self, name):
        """As an administrator would, who syncs."""
        file = os.open(self.play / name, os.O_WRONLY)
        os.pwrite(file, BROKEN.encode(), 0)
        os.close(file)

    def run_is(self, number, state):
        until(lambda: [r for r in self.get("/v1/runs") if r["id"] == number and r["state"] == state],
              lambda: f"run {number} {state}: {self.get('/v1/runs')}")
        self.mark(f"run {number} {state}")

    def under_way(self, runs=None):
        """Runs that go on by themselves."""
        runs = self.get("/v1/runs?open=1") if runs is None else runs
        return [run for run in runs if not run["finished_at"] and run["state"] not in ("held", "unknown")]

    def witnessed(self):
        def all_there():
            status = self.get("/v1/status")
            signed = status["witnesses"][0]["signed"]
            return signed if signed == status["audit_signed"] == status["audit_entries"] else None
        self.mark(f"witnessed {until(all_there, 'the witness has all')}")

    def say(self, *words):
        """A command that is answered when what it did is durable, known again by its reason."""
        self.cli(*words)
        self.mark(f"said {words[words.index('--reason') + 1]}")


class Fixes(Life, DaemonCase):
    """From no state folder at all: fixes that succeed, one that is undone, one that a person approves; a pause, a reload,
    a stop, another start."""
    files = ["a", "b", "c", "d"]

    def set_up(self):
        super().set_up()
        (self.config / "controls" / "d.yaml").rename(self.config / "controls" / ".d")  # which is not read
        workflows = self.config / "workflows"
        workflows.joinpath("restore.yaml").write_text((workflows / "restore.yaml").read_text().replace("a, b, c, d", "a"))
        (workflows / "undone.yaml").write_text(UNDONE.format(folder=self.top))
        (workflows / "asked.yaml").write_text(ASKED)
        program = self.top / "no"
        program.write_text(f"#!/bin/sh\necho \"${{ARIGHT_KEY#*-}}\" >> {self.top}/world/calls\nexit 1\n")
        program.chmod(0o755)

    def live(self):
        self.begin()
        self.break_one("a")
        self.run_is(1, "succeeded")
        self.break_one("b")
        self.run_is(2, "rolled_back")
        self.break_one("c")
        self.run_is(3, "held")
        review = until(lambda: self.get("/v1/reviews"), "a review")[0]
        self.say("reviews", "approve", str(review["id"]), "--reason", "this is right")
        self.run_is(3, "succeeded")
        self.say("pause", "--reason", "a moment")
        self.say("resume", "--reason", "go on")
        self.witnessed()
        (self.config / "controls" / ".d").rename(self.config / "controls" / "d.yaml")  # there whole, or not at all
        self.cli("reload")
        self.mark("reloaded")
        self.end()
        self.begin()
        self.break_one("a")
        self.run_is(4, "succeeded")
        self.witnessed()
        self.end()

    def live_on(self):
        """After a power cut."""
        self.begin_again()
        before = len(self.get("/v1/runs"))
        self.say("pause", "--reason", "after a cut")
        self.say("resume", "--reason", "after a cut too")
        if before < 5:  # else it is held by its threshold
            self.break_one("a")
            until(lambda: self.fixed() and not self.under_way(), "settled")
        self.witnessed()
        self.end()
        self.begin()
        self.end()


class Events(Life, WebhookCase):
    """Deliveries and lines of a log, each answered by a program; windows of a correlation where there is time for them."""

    def set_up(self):
        super().set_up()
        self.take_up()
        self.program.write_text(f"#!/bin/sh\necho \"$1\" >> {self.top}/world/calls\n")
        self.write_source()
        self.log_file.touch()
        (self.config / "sources" / "app.yaml").write_text(TAIL.format(log=self.log_file))
        with open(self.config / "controls" / "deleted.yml", "a") as rules:
            rules.write(MANY)

    def deliver(self, host, number):
        body = deleted(host, at=time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()))
        status, _, _ = self.post(body, github(body, f"id-{host}-{number}"))
        self.assertEqual(status, 200)
        self.mark(f"delivered {host}")

    def append(self, host):
        with open(self.log_file, "ab", buffering=0) as log:
            log.write(deleted(host) + b"\n")

    def handled(self, runs):
        until(lambda: len(self.get("/v1/runs")) >= runs and not self.under_way(), lambda: self.get("/v1/runs"))
        self.mark(f"runs {runs}")

    def live(self):
        self.begin()
        self.deliver("w1", 1)
        self.append("t1")
        self.handled(2)
        for n in range(2, 6):
            self.deliver(f"w{n}", 1)
        self.append("t2")
        self.handled(7)
        self.witnessed()
        if "windows" in sys.argv[3:]:
            until(lambda: list((self.state / "windows").iterdir()), "windows are put aside", seconds=60)
        self.end()
        self.begin()
        self.deliver("w6", 1)
        self.append("t3")
        self.handled(9)
        self.witnessed()
        self.end()

    def live_on(self):
        self.begin_again()
        until(lambda: all(s["behind"] == 0 for s in self.get("/v1/sources")) and not self.under_way(), "settled")
        runs = len(self.get("/v1/runs"))
        self.deliver("w8", 1)
        self.deliver("w9", 1)
        self.append("t9")
        self.handled(runs + 3)
        self.witnessed()
        self.end()
        self.begin()
        self.end()


class Copies(Life, DaemonCase):
    """A backup beside the daemon, the loss of all, the backup brought back."""
    files = ["a", "b"]

    def set_up(self):
        super().set_up()
        self.write_node()

    def live(self):
        self.begin()
        self.break_one("a")
        self.run_is(1, "succeeded")
        self.say("pause", "--reason", "before the backup")
        self.cli("backup", str(self.top / "backup"))
        self.mark("backed up")
        self.say("resume", "--reason", "after the backup")
        self.end()
        self.mark("lost")  # before: a cut in between finds it gone
        self.state.rename(self.top / "lost")
        self.cli("restore", str(self.top / "backup"), "--reason", "the disk died")
        self.mark("restored")
        self.begin()
        self.say("resume", "--reason", "again")
        self.break_one("b")
        self.run_is(2, "succeeded")
        self.end()

    def live_on(self):
        if not self.state.exists() and (self.top / "lost").exists():
            self.cli("restore", str(self.top / "backup"), "--reason", "once more")
        self.begin_again()
        self.say("pause", "--reason", "after a cut")
        self.end()


SHAPES = {shape.__name__: shape for shape in (Fixes, Events, Copies)}


def shape(name, top):
    made = SHAPES[name]()
    made.place = str(top)
    return made


def record(top, name, trace, *how):
    """One life, in a folder that has been set up (or laid out), as the calls of its trace."""
    here = pathlib.Path(__file__).resolve()
    done = subprocess.run(["strace", *OPTIONS, "-o", str(trace), sys.executable, "-B", str(here), BINARY, name, str(top), *how],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=120)
    if done.returncode != 0:
        log = top / "log"
        raise AssertionError(f"{name} in {top}: {done.stdout}\n{log.read_text() if log.exists() else ''}")


if __name__ == "__main__":
    one = shape(sys.argv[1], sys.argv[2])
    one.top = pathlib.Path(sys.argv[2])
    one.take_up()
    try:
        one.live_on() if "on" in sys.argv[3:] else one.live()
    finally:
        one.tearDown()  # nobody waits for strace while a daemon lives
