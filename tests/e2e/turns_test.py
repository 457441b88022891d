"""Programs that take long: who waits for them and who does not, only so many are announced at once, and a death shows it."""
import os
import pathlib
import signal
import unittest

from daemon import AT_ONCE, until
from log_case import LogCase

SLOW = """#!{python}
import os, pathlib, time
with open("{play}/slow", "a") as calls:
    calls.write(os.environ["ARIGHT_KEY"] + "\\n")
while not pathlib.Path("{play}/go").exists():
    time.sleep(0.01)
"""
WORKFLOW = """workflow: a-slow-one
owner: tests
answers: [failed-login]
mode: auto
guards: {{ threshold: [{{ runs: 1000, within: 10m, per: workflow }}] }}
steps:
  - exec: [{program}]
"""


def read_or_nothing(path):
    try:
        return path.read_bytes()
    except OSError:  # it has ended meanwhile
        return b""


class Turns(LogCase):
    def setUp(self):
        super().setUp()
        slow = self.programs / "slow"
        slow.write_text(SLOW.format(python=os.path.realpath("/usr/bin/python3"), play=self.play))
        slow.chmod(0o755)
        (self.config / "workflows" / "a-slow-one.yaml").write_text(WORKFLOW.format(program=slow))

    def slow_calls(self):
        path = self.play / "slow"
        return path.read_text().split() if path.exists() else []

    def at_work(self):
        slow = os.fsencode(self.programs / "slow")
        lines = (pathlib.Path(f"/proc/{pid}/cmdline") for pid in os.listdir("/proc") if pid.isdigit())
        return [line for line in lines if slow in read_or_nothing(line)]

    def go(self):
        (self.play / "go").touch()

    def test_another_workflow_on_the_same_subject_waits_and_says_for_which_run(self):
        self.start()
        self.append("203.0.113.1")
        until(lambda: len(self.slow_calls()) == 1 and len(self.runs("pending")) == 1, lambda: f"{self.runs()}")
        slow, react = self.runs("running")[0], self.runs("pending")[0]
        self.assertEqual((slow["workflow"], react["workflow"]), ("a-slow-one", "react"))
        reason = f"waits for run {slow['id']}, which is at work on host=203.0.113.1"
        until(lambda: self.runs("pending")[0]["reason"] == reason, lambda: f"{self.runs()}")
        self.assertIn(reason, self.cli("runs", "show", str(react["id"])))
        self.assertIn(reason, self.cli("explain", "host=203.0.113.1"))
        self.append("203.0.113.2")
        until(lambda: len(self.slow_calls()) == 2, "another subject waits for nobody")
        self.assertEqual(self.calls(), [])
        self.go()
        until(lambda: len(self.runs("succeeded")) == 4, lambda: f"{self.runs()}")
        self.assertEqual(self.stop(), 0)
        self.assertIn("ok: ", self.cli("audit", "verify"))

    def test_where_two_may_be_at_work_on_a_subject_a_slow_program_holds_up_no_other_workflow(self):
        with open(self.config / "aright.yaml", "a") as node:
            node.write("limits: { subject: 2 }\n")
        self.start()
        self.append("203.0.113.1")
        until(lambda: len(self.calls()) == 1 and len(self.slow_calls()) == 1, lambda: f"both start: {self.runs()}")
        until(lambda: [r["workflow"] for r in self.runs("succeeded")] == ["react"], lambda: f"{self.runs()}")
        self.assertEqual([(r["workflow"], r["subject"]) for r in self.runs("running")], [("a-slow-one", "host=203.0.113.1")])
        self.go()
        until(lambda: len(self.runs("succeeded")) == 2, lambda: f"{self.runs()}")

    def test_a_death_leaves_unknown_only_what_was_started(self):
        (self.config / "workflows" / "react.yaml").unlink()
        self.start()
        addresses = [f"203.0.113.{n}" for n in range(1, AT_ONCE + 5)]
        self.append(*addresses)
        until(lambda: len(self.slow_calls()) == AT_ONCE and len(self.runs("running")) == len(addresses), lambda: f"{self.runs()}")
        waiting = [r for r in self.runs("running") if r["reason"]]
        self.assertEqual({r["reason"] for r in waiting}, {f"waits for a turn: {AT_ONCE} programs and calls run at once"})
        self.assertEqual(len(waiting), 4)
        self.assertIn("waits for a turn", self.cli("runs", "list"))
        self.assertIn("waits for a turn", self.cli("runs", "show", str(waiting[0]["id"])))
        self.assertIn("waits for a turn", self.cli("explain", waiting[0]["subject"]))
        self.assertEqual(len([e for e in self.entries() if e["kind"] == "step.intended"]), AT_ONCE)
        self.stop(signal.SIGKILL)
        self.go()
        until(lambda: not self.at_work(), "all that it had started have ended: a start that finds one says so instead")
        self.start()
        until(lambda: len(self.runs("succeeded")) == 4, lambda: f"{self.runs()}")
        unknown = self.runs("unknown")
        self.assertEqual(len(unknown), AT_ONCE)
        self.assertIn("whether it was started", unknown[0]["reason"])
        self.assertEqual(len(set(self.slow_calls())), len(addresses))
        self.assertEqual(len(self.slow_calls()), len(addresses), "none was started twice")
        self.assertEqual(self.stop(), 0)
        self.assertIn("ok: ", self.cli("audit", "verify"))


if __name__ == "__main__":
    unittest.main()
