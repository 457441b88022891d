"""Programs that outlive the daemon's death: while one is at work nobody looks for what it does or starts it again, whatever
it has become; and it does not get more time than it had."""
import os
import pathlib
import signal
import unittest

from daemon import until
from log_case import LogCase

WORKFLOW = """workflow: react
owner: tests
answers: [failed-login]
mode: auto
guards: {{ threshold: [{{ runs: 1000, within: 10m, per: workflow }}] }}
steps:
  - exec: [{program}]
    time_limit: {limit}
{confirm}"""
# What each of them may say and wait for; `key` is known to it.
BEGIN = """#!{python}
import os, pathlib, signal, sys, time
play = pathlib.Path("{play}")
key_here = os.environ.get("ARIGHT_KEY", "-").split("-", 1)[1]  # without the node
def log(name, key):
    with open(play / name, "a") as file:
        file.write(key + "\\n")
def pay(key):
    while not (play / "go").exists():
        time.sleep(0.01)
    log("paid", key)
"""
PAYS = """
log("started", key_here)
pay(key_here)
"""
# Another session, no environment; its parent ends with the daemon.
MOVES_AWAY = """
log("started", key_here)
parent = os.getppid()
if os.fork() == 0:
    os.setsid()
    os.execve(sys.executable, [sys.executable, str(pathlib.Path(__file__).with_name("away"))], {})
while os.getppid() == parent:
    time.sleep(0.01)
(play / "left").touch()
"""
AWAY = """
(play / "moved").touch()
pay("r1-0")
"""
HEEDS_NO_TERM = """
signal.signal(signal.SIGTERM, signal.SIG_IGN)
first = play / "first"
if first.exists():
    stat = pathlib.Path("/proc/" + first.read_text() + "/stat")
    if stat.exists() and stat.read_text().rsplit(")", 1)[1].split()[0] != "Z":
        log("doubled", first.read_text())
first.write_text(str(os.getpid()))
log("started", key_here)
pay(key_here)
"""
LOOKS = """
log("looked", key_here)
sys.exit(0 if (play / "paid").exists() else 1)
"""


class Outlives(LogCase):
    def workflow(self, mode="auto", answers=None, limit="60s", confirmed=True):
        look = self.script("look", LOOKS)
        confirm = f"    confirm: {{ exec: [{look}] }}\n" if confirmed else ""
        text = WORKFLOW.format(program=self.script("react", PAYS), limit=limit, confirm=confirm)
        (self.config / "workflows" / "react.yaml").write_text(text)

    def script(self, name, text):
        path = self.programs / name
        path.write_text(BEGIN.format(python=os.path.realpath("/usr/bin/python3"), play=self.play) + text)
        path.chmod(0o755)
        return path

    def lines(self, name):
        path = self.play / name
        return path.read_text().split() if path.exists() else []

    def dies_at_work(self, at_work="started"):
        self.start()
        self.append("203.0.113.1")
        until(lambda: (self.play / at_work).exists(), "it is at work")
        self.stop(signal.SIGKILL)
        self.start()

    def shown(self, name="1"):
        return self.ask("runs", "show", name)

    def waits(self):
        """The run says what it waits for."""
        said = lambda: "), which is at work still; it has" in self.cli("runs", "show", "1")
        until(said, lambda: self.cli("runs", "show", "1"))

    def ended(self, state):
        return until(lambda: (run := self.shown())["state"] == state and run, lambda: f"{state}: {self.shown()}")

    def found(self):
        return [entry["found"] for entry in self.entries() if entry["kind"] == "step.outlived"]

    def paid_once(self):
        self.assertEqual((self.lines("started"), self.lines("paid")), (["r1-0"], ["r1-0"]))
        self.assertEqual(self.stop(), 0)
        self.assertIn("ok: ", self.cli("audit", "verify"))

    def test_it_is_waited_for_and_then_looked_for(self):
        self.dies_at_work()
        self.waits()
        self.assertEqual(self.lines("looked"), [], "nobody looks before it has ended")
        self.assertIn("is at work still, for ", (self.top / "log").read_text())
        (self.play / "go").touch()
        self.ended("succeeded")
        self.assertEqual((len(self.found()), self.found()[-1]), (2, "what was at work of it has ended"))
        self.paid_once()

    def test_others_go_on_meanwhile(self):
        self.dies_at_work()
        self.waits()
        self.append("203.0.113.2")
        until(lambda: self.lines("started") == ["r1-0", "r2-0"], "another run starts its own")
        (self.play / "go").touch()
        until(lambda: not self.get("/v1/runs?open=1"), "both end")
        self.assertEqual(sorted(self.lines("paid")), ["r1-0", "r2-0"])

    def test_one_that_has_moved_away_and_dropped_its_name_is_found(self):
        self.script("react", MOVES_AWAY)
        self.script("away", AWAY)
        self.dies_at_work("moved")
        until(lambda: (self.play / "left").exists(), "its parent has ended")
        self.waits()
        (self.play / "go").touch()
        self.ended("succeeded")
        self.paid_once()

    def test_without_confirm_a_person_is_asked_when_it_has_ended(self):
        self.workflow(confirmed=False)
        self.dies_at_work()
        self.waits()
        (self.play / "go").touch()
        self.assertIn("interrupted while", self.ended("unknown")["reason"])
        self.paid_once()

    def test_another_death_does_not_lose_it(self):
        self.dies_at_work()
        self.waits()
        self.stop(signal.SIGKILL)
        self.start()
        self.waits()
        self.assertEqual(self.stop(), 0)  # nor does a stop
        self.start()
        self.waits()
        (self.play / "go").touch()
        self.ended("succeeded")
        self.paid_once()

    def test_its_time_limit_holds(self):
        self.workflow(limit="3s")
        self.script("react", HEEDS_NO_TERM)
        self.dies_at_work()
        until(lambda: len(self.lines("started")) == 2, "it is ended, certainly not there, and done again under its key")
        (self.play / "go").touch()
        self.ended("succeeded")
        self.assertIn("has been ended", self.found()[-1])
        self.assertEqual(self.lines("doubled"), [], "the first had ended")
        self.assertEqual((self.lines("started"), self.lines("paid")), (["r1-0", "r1-0"], ["r1-0"]))


unittest.main()
