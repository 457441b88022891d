"""A step `wait` through the real daemon: durable, told of, and what is left is read again when it is over."""
import signal
import time
import unittest
from datetime import datetime

from daemon import DaemonCase, until

STEPS = """  - wait: {length}
  - ensure: {{ resource: file, path: {second}, desired: {{ content: "approved\\n" }} }}
"""


class Wait(DaemonCase):
    def setUp(self):
        super().setUp()
        self.second = self.play / "second"
        self.second.write_text("not approved\n")

    def waits(self, length, mode="auto"):
        self.write_workflow(mode=mode)
        with open(self.config / "workflows" / "restore.yaml", "a") as workflow:
            workflow.write(STEPS.format(length=length, second=self.second))

    def done(self):
        return self.second.read_text() == "approved\n"

    def waiting(self):
        return until(lambda: self.runs("waiting"), lambda: f"waits: {self.ask('runs', 'list')}")[0]

    def test_what_is_left_is_done_when_its_time_is_over_whatever_is_killed(self):
        self.waits("6s")
        self.start()
        self.break_file()
        run = self.waiting()
        self.assertTrue(self.fixed())
        self.assertIn("waits 6s, until ", run["reason"])
        self.assertIn("wait 6s  waiting", self.cli("runs", "show", "1"))
        began = [e for e in self.entries() if e["kind"] == "run.waiting"][0]["at"]
        self.stop(signal.SIGKILL)
        self.start()
        self.assertFalse(self.done())
        self.ended(1)
        self.assertTrue(self.done())
        over = [e for e in self.entries() if e["kind"] == "run.planning" and e["input"] == "wait-over"][0]["at"]
        self.assertGreaterEqual((datetime.fromisoformat(over) - datetime.fromisoformat(began)).total_seconds(), 6)
        run = self.ask("runs", "show", "1")
        self.assertEqual([s["state"] for s in run["steps"]], ["verified", "passed", "verified"])
        self.assertEqual(len([e for e in run["entries"] if e.get("input") == "admit"]), 1, "it counts once")
        self.assertEqual(self.stop(), 0)
        self.assertIn("ok: ", self.cli("audit", "verify"))

    def test_over_while_nobody_was_there(self):
        self.waits("1s")
        self.start()
        self.break_file()
        self.waiting()
        self.assertEqual(self.stop(), 0)
        time.sleep(1.2)  # that nothing runs meanwhile is the point
        self.assertFalse(self.done())
        self.start()
        self.ended(1)
        self.assertTrue(self.done())

    def test_a_change_meanwhile_is_left_to_a_person(self):
        self.waits("2s")
        self.start()
        self.break_file()
        self.waiting()
        self.break_file(text="theirs\n")
        review = until(lambda: self.ask("reviews", "list"), "a review")[0]
        self.assertEqual(review["guard"], "foreign-change")
        self.assertEqual((self.play / "a").read_text(), "theirs\n")
        self.assertFalse(self.done())
        self.cli("reviews", "approve", str(review["id"]), "--reason", "as it should be")
        until(lambda: self.fixed() and self.done(), "a person let it go on", seconds=40)
        self.assertEqual(self.stop(), 0)
        self.assertIn("ok: ", self.cli("audit", "verify"))

    def test_it_is_ended_by_a_person(self):
        self.waits("30d")
        self.start()
        self.break_file()
        self.waiting()
        self.cli("runs", "cancel", "1", "--reason", "not any more")
        run = self.ask("runs", "show", "1")
        self.assertIn(f"what was done stays: file:{self.play / 'a'}", run["reason"])
        self.assertFalse(self.done())


unittest.main()
