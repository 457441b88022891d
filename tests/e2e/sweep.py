"""One run of a daemon, again and again from the same state, with strace on its threads: a first pass says which calls it
makes, the others let something happen at one of them each."""
import collections
import os
import pathlib
import random
import re
import shutil
import signal
import subprocess
import sys
import unittest

from daemon import BINARY, BROKEN, remove, until

os.environ["ARIGHT_DUMPABLE"] = "1"  # a daemon's memory is closed to its own user: strace would see no names

# Programs in `folder`: one for each value of a list, one at the end; each can be asked whether its work is there.
FOR_EACH_AND_AT_THE_END = """  - exec: [{folder}/tell, "${{ each }}"]
    for_each: [one, two]
    confirm: {{ exec: [{folder}/there, "{folder}/told-${{ each }}"] }}
    undo: none
  - ensure: desired
finally:
  - exec: [{folder}/end]
    confirm: {{ exec: [{folder}/there, {folder}/ended] }}
"""


def can_trace():
    return subprocess.run(["strace", "-e", "inject=getpid:retval=1", "true"], capture_output=True).returncode == 0


class Tracer:
    """strace on some threads of the daemon."""

    def __init__(self, targets, *options):
        attach = [word for target in targets for word in ("-p", str(target))]
        self.process = subprocess.Popen(["strace", "-qq", *options, *attach], stderr=subprocess.DEVNULL)

    def attached(self, pid, threads):
        until(lambda: all("TracerPid:\t0" not in pathlib.Path(f"/proc/{pid}/task/{t}/status").read_text() for t in threads),
              "strace attached")

    def end(self):
        self.process.send_signal(signal.SIGINT)
        self.process.wait(timeout=20)


@unittest.skipUnless(can_trace(), "skipped: strace cannot trace here")
class Sweep:
    """What every shape of run shares; a shape says how it is provoked and how it must end."""
    arguments = ["--workers", "0"]
    traced = ()  # calls
    trace_options = ()
    roles = ("crew",)  # threads, by name

    def setUp(self):
        super().setUp()
        self.prepare()
        self.kept = {p: self.top / f"kept-{p.name}" for p in (self.state, self.play)}
        for folder, copy in self.kept.items():
            shutil.copytree(folder, copy, ignore=shutil.ignore_patterns("*.sock", "reserve"))

    def prepare(self):
        """Everything before the run in question, from a fresh state to a daemon that has stopped."""
        self.start()
        self.assertEqual(self.stop(), 0)

    def some_of(self, points):
        """One of every `share` points, from one drawn anew each time: elsewhere all are tried."""
        share = int(os.environ.get("ARIGHT_SWEEP_SHARE", "1"))
        first = random.randrange(min(share, len(points)))
        if share > 1:
            print(f"one in {share} points, from number {first} on", file=sys.stderr)
        return points[first::share]

    def script(self, name, text):
        """A program in the folder `sub`, where it works."""
        path = self.play / "sub" / name
        path.write_text(f"#!/bin/sh\ncd {path.parent}\n{text}\n")
        path.chmod(0o755)

    def say(self, *words):
        """A person's command, which may find nobody or be answered by nobody."""
        with open(self.top / "said", "w") as said:
            person = subprocess.Popen([BINARY, "--state", self.state, *words, "--reason", "looked"], stdout=said, stderr=said)
        self.addCleanup(person.wait)
        self.addCleanup(person.kill)
        return person

    def as_prepared(self):
        for folder, copy in self.kept.items():
            remove(folder)
            shutil.copytree(copy, folder)

    def threads(self):
        """Names, by thread."""
        def named():
            tasks = pathlib.Path(f"/proc/{self.process.pid}/task").iterdir()
            found = {int(task.name): (task / "comm").read_text().strip() for task in tasks}
            return found if set(found.values()) >= set(self.roles) else None
        return {tid: name for tid, name in until(named, "every thread has its name").items() if name in self.roles}

    def count(self):
        """How often a thread of each name makes each call in every run: a slow one signs one checkpoint more. On a busy
        machine two may have less in common than there is to try: then once more."""
        for _ in range(4):
            counted = self.count_once() & self.count_once()
            if counted.total() >= self.points_min:
                break
        return counted

    def signed(self):
        """The run is over, and so is its last call: the line about the checkpoint that signs its end."""
        over = self.over()
        if not over:
            return over
        status = self.get("/v1/status")
        return status["audit_signed"] == status["audit_entries"]

    def count_once(self):
        self.as_prepared()
        self.start()
        threads = self.threads()
        out = self.top / "trace"
        options = ("-f", *self.trace_options, "-o", str(out), "-e", "trace=" + ",".join(self.traced))
        tracer = Tracer(threads, *options)
        tracer.attached(self.process.pid, threads)
        self.provoke()
        until(self.signed, lambda: f"the run is over: {self.runs()} {self.cli('runs', 'show', '1')}")
        tracer.end()
        self.stop(signal.SIGKILL)
        lines = (re.match(r"(\d+) +(\w+)\((.*)", line) for line in out.read_text().splitlines())
        return self.tallied([(int(m[1]), m[2], m[3]) for m in lines if m and int(m[1]) in threads], threads)

    def tallied(self, calls, threads):
        """Of (thread, call, arguments): how often a thread of each name made each call."""
        by_thread = collections.Counter((tid, call) for tid, call, _ in calls)
        counts = collections.Counter()
        for (tid, call), count in by_thread.items():
            counts |= collections.Counter({(threads[tid], call): count})
        return counts

    def over_or_gone(self):
        """The run is over, or the process has ended."""
        if self.process.poll() is not None:
            return True
        try:
            return self.signed()
        except OSError:  # it ended while it was asked
            return None

    def once(self, run, step, state):
        """That step was announced once for each time it could have happened."""
        told = [e for e in run["entries"] if e["kind"] == "step.intended" and e["step"] == step and e["state"] == state]
        self.assertEqual(len(told), 1, run["entries"])

    def only_run(self):
        """The one run of this sweep, whole."""
        runs = self.runs()
        self.assertEqual(len(runs), self.runs_expected, runs)
        return self.ask("runs", "show", str(max(r["id"] for r in runs)))


class OneUndo:
    """What a run has done is taken back by another, which a person asks for."""

    def prepare(self):
        self.start()
        self.break_file()
        self.ended(1)
        self.assertEqual(self.stop(), 0)

    def provoke(self):
        self.person = self.say("runs", "undo", "1")

    def undoing(self, *states):
        return [r for r in self.get("/v1/runs") if r.get("undoes") and (not states or r["state"] in states)]

    def is_result(self, path):
        return path.read_text() == BROKEN
