"""Branches and `finally` through the real daemon: decided by what a program says, over a death, told in every view."""
import os
import signal
import unittest

from daemon import DaemonCase, until

WORKFLOW = """workflow: react
owner: tests
answers: [a]
mode: {mode}
guards: {{ threshold: [{{ runs: 100, within: 10m, per: workflow }}] }}
steps:
  - exec: [{look}]
    name: look
    output: {{ count: integer }}
  - when: steps.look.output.count > 5
    then:
      - ensure: {{ resource: file, path: {second}, desired: {{ content: "many\\n" }} }}
    else:
      - wait: {wait}
      - ensure: {{ resource: file, path: {second}, desired: {{ content: "few\\n" }} }}
  - ensure: desired
finally:
  - exec: [{end}]
"""


class Branch(DaemonCase):
    def setUp(self):
        super().setUp()
        (self.config / "workflows" / "restore.yaml").unlink()
        self.python = os.path.realpath("/usr/bin/python3")
        self.second = self.play / "second"
        self.second.write_text("none\n")

    def script(self, name, text):
        path = self.top / name
        path.write_text(f"#!{self.python}\n{text}\n")
        path.chmod(0o755)
        return path

    def workflow(self, count, mode="auto", wait="2s", end_code=0):
        look = self.script("look", f"print('{{\"count\": {count}, \"more\": [1]}}')")
        end = self.script("end", f"open('{self.play}/ended', 'a').write('x')\nraise SystemExit({end_code})")
        text = WORKFLOW.format(mode=mode, look=look, end=end, second=self.second, wait=wait)
        (self.config / "workflows" / "react.yaml").write_text(text)

    def times_ended(self):
        return len((self.play / "ended").read_text()) if (self.play / "ended").exists() else 0

    def states(self):
        return [s["state"] for s in self.ask("runs", "show", "1")["steps"]]

    def test_one_way(self):
        self.workflow(7)
        self.start()
        self.break_file()
        self.ended(1)
        self.assertEqual(self.second.read_text(), "many\n")
        self.assertTrue(self.fixed())
        self.assertEqual(self.states(), ["applied", "passed", "verified", "skipped", "skipped", "verified", "applied"])
        self.assertEqual(self.times_ended(), 1)
        shown = self.cli("runs", "show", "1")
        self.assertIn("when steps.look.output.count > 5  passed", shown)
        self.assertIn("outcome then", shown)
        self.assertEqual(self.stop(), 0)
        self.assertIn("ok: ", self.cli("audit", "verify"))

    def test_the_other_way_over_a_death(self):
        self.workflow(3, wait="3s")
        self.start()
        self.break_file()
        until(lambda: self.runs("waiting"), "waits in its arm")
        self.assertEqual(self.second.read_text(), "none\n")
        self.stop(signal.SIGKILL)
        self.start()
        self.ended(1)
        self.assertEqual(self.second.read_text(), "few\n")
        self.assertEqual(self.states(), ["applied", "passed", "skipped", "passed", "verified", "verified", "applied"])
        self.assertEqual(self.times_ended(), 1)
        self.assertEqual(self.stop(), 0)
        self.assertIn("ok: ", self.cli("audit", "verify"))

    def test_both_ways_are_planned_and_approved(self):
        self.workflow(3, mode="propose", wait="1s")
        self.start()
        self.break_file()
        review = until(lambda: self.ask("reviews", "list"), "held")[0]
        steps = self.ask("runs", "show", "1")["steps"]
        self.assertEqual([s["after"]["state"]["content"] for s in steps if s["resource"] == f"file:{self.second}"],
                         [["many", ""], ["few", ""]])
        self.cli("reviews", "approve", str(review["id"]), "--reason", "either")
        self.ended(1)
        self.assertEqual(self.second.read_text(), "few\n")
        self.assertEqual(self.ask("reviews", "list"), [], "one yes was for all of it")

    def test_output_that_is_otherwise_fails_and_the_end_is_done(self):
        self.workflow('"many"')
        self.start()
        self.break_file()
        self.ended(1, "failed")
        self.assertIn("`count` is no integer", self.ask("runs", "show", "1")["reason"])
        self.assertEqual(self.times_ended(), 1)
        self.assertEqual(self.second.read_text(), "none\n")

    def test_an_end_that_fails_is_told_and_undoes_nothing(self):
        self.workflow(7, end_code=4)
        self.start()
        self.break_file()
        self.ended(1)
        self.assertIn("finally: exec:", self.ask("runs", "show", "1")["reason"])
        self.assertIn("exit code 4", self.ask("runs", "show", "1")["reason"])
        self.assertTrue(self.fixed())


unittest.main()
