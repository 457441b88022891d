"""Pauses of everything, of a workflow, of a driver: each holds back its own effects, and ends for itself."""
import itertools
import signal
import threading
import time
import unittest

from daemon import DaemonCase, until

PROGRAM = """workflow: by-program
owner: tests
answers: [c]
mode: auto
steps:
  - exec: [/usr/bin/cp, "{approved}", "{path}"]
"""


class Pauses(DaemonCase):
    files = ["a", "b", "c"]

    def setUp(self):
        super().setUp()
        (self.top / "approved").write_text("approved\n")
        for name in ("a", "b"):
            text = f"workflow: fix-{name}\nowner: tests\nanswers: [{name}]\nmode: auto\nsteps:\n  - ensure: desired\n"
            (self.config / "workflows" / f"fix-{name}.yaml").write_text(text)
        (self.config / "workflows" / "restore.yaml").unlink()
        program = PROGRAM.format(approved=self.top / "approved", path=self.play / "c")
        (self.config / "workflows" / "by-program.yaml").write_text(program)

    def pause(self, *scope, reason="look"):
        return self.ask("pause", *scope, "--reason", reason)["pause"]

    def resume(self, *which):
        return self.ask("resume", *which, "--reason", "done")

    def run_on(self, name):
        return next((r for r in self.get("/v1/runs?open=1") if r["subject"].endswith("/" + name)), None)

    def waits(self, name, why):
        until(lambda: self.run_on(name) and why in self.run_on(name)["reason"], lambda: f"{why}: {self.run_on(name)}")
        self.assertFalse(self.fixed(name))

    def test_two_pausers_of_a_workflow_do_not_undo_each_other(self):
        self.start()
        first = self.pause("--workflow", "fix-a", reason="deploy")
        second = self.pause("--workflow", "fix-a", reason="incident")
        self.break_file("a")
        self.break_file("b")
        until(lambda: self.fixed("b"), "the other workflow goes on")
        self.waits("a", f"waits: workflow fix-a is paused (pause {first} by ")
        self.assertIn("nothing was resumed: several are: pause 1 of workflow fix-a", self.cli("resume", "--reason", "which", expect=1))
        told = self.resume(str(first))
        self.assertEqual(len(told["still"]), 1)
        self.assertIn("incident", told["still"][0])
        self.waits("a", f"waits: workflow fix-a is paused (pause {second} by ")
        status = self.ask("status")
        self.assertFalse(status["paused"])
        self.assertEqual(status["held_back"], ["workflow fix-a"])
        self.assertEqual([(p["pause"], p["scope"], p["reason"]) for p in status["pauses"]], [(second, "workflow fix-a", "incident")])
        self.assertIn("fix-a is paused", self.cli("explain", str(self.play / "a")))
        self.resume("--workflow", "fix-a")
        until(lambda: self.fixed("a"), "it goes on")
        self.assertEqual(self.stop(), 0)
        self.assertIn("ok: ", self.cli("audit", "verify"))

    def test_of_a_driver(self):
        self.start()
        self.pause("--driver", "exec")
        self.break_file("a")
        self.break_file("c")
        until(lambda: self.fixed("a"), "another driver's effects go on")
        self.waits("c", "driver exec is paused")
        self.resume()
        until(lambda: self.fixed("c"), "and so does it afterwards")

    def test_they_hold_over_a_kill(self):
        self.start()
        self.pause("--workflow", "fix-a")
        number = self.pause("--driver", "exec", reason="later")
        self.break_file("a")
        self.break_file("c")
        self.waits("a", "workflow fix-a is paused")
        self.waits("c", "driver exec is paused")
        self.stop(signal.SIGKILL)
        self.start()
        self.break_file("b")
        until(lambda: self.fixed("b"), "the other workflow goes on")
        self.waits("a", "workflow fix-a is paused")
        self.waits("c", f"driver exec is paused (pause {number} by ")
        told = [line for line in (self.top / "log").read_text().splitlines() if "in force since" in line]
        self.assertEqual(len(told), 2, told)
        for (scope, pause), line in zip((("workflow fix-a", number - 1), ("driver exec", number)), told):
            self.assertRegex(line, rf"\[warning\] pause {pause} of {scope} by .*: no effect of {scope} begins until `aright resume {pause}` ends it")
        self.assertEqual(sorted(self.ask("status")["held_back"]), ["driver exec", "workflow fix-a"])
        self.resume("--workflow", "fix-a")
        until(lambda: self.fixed("a"), "one goes on")
        self.assertFalse(self.fixed("c"))
        self.resume(str(number))
        until(lambda: self.fixed("c"), "and the other")
        self.assertEqual(self.stop(), 0)
        self.assertIn("ok: ", self.cli("audit", "verify"))

    def test_a_workflow_that_leaves_and_comes_back_is_still_paused(self):
        self.start()
        self.pause("--workflow", "fix-a")
        path = self.config / "workflows" / "fix-a.yaml"
        text = path.read_text()
        path.unlink()
        self.cli("reload")
        self.assertEqual([p["scope"] for p in self.ask("status")["pauses"]], ["workflow fix-a"])
        path.write_text(text)
        self.cli("reload")
        self.break_file("a")
        self.waits("a", "workflow fix-a is paused")

    def test_a_start_into_a_pause_says_so(self):
        self.start()
        number = self.pause(reason="maintenance")
        (self.state / "pause").touch()
        until(lambda: len(self.ask("status")["pauses"]) == 2, "the file is seen")
        self.assertNotIn("in force since", (self.top / "log").read_text())
        self.stop()
        self.start()
        log = (self.top / "log").read_text()
        self.assertRegex(log, rf"pause {number} of everything by .*: maintenance; in force since 2.*Z: no effect begins until `aright resume {number}` ends it")
        self.assertRegex(log, "of everything by file: .*: no effect begins until the file `pause` in the state folder is removed")
        self.assertTrue(self.resume()["paused"])
        for words in ((), (str(number + 1),)):
            self.assertIn("remove the file `pause` in the state folder and it ends", self.cli("resume", *words, "--reason", "r", expect=1))
        (self.state / "pause").unlink()
        until(lambda: not self.ask("status")["paused"], "it ends with its file")

    def test_a_reason_in_another_encoding(self):
        self.start()
        self.pause(reason="Wartung f\udcfcr heute")
        self.assertEqual(self.ask("status")["pauses"][0]["reason"], "Wartung f\\xfcr heute")
        self.ask("resume", "--reason=f\udcfcrs erste")
        self.assertFalse(self.ask("status")["paused"])
        self.assertEqual(self.stop(), 0)
        self.assertIn("ok: ", self.cli("audit", "verify"))

    def test_what_is_meant_must_be_clear(self):
        self.start()
        self.assertIn("did you mean `fix-a`?", self.cli("pause", "--workflow", "fix-aa", "--reason", "r", expect=1))
        self.assertIn("known drivers: file, exec, call", self.cli("pause", "--driver", "ssh", "--reason", "r", expect=2))
        self.assertEqual(self.ask("status")["held_back"], [])
        self.assertIn("--workflow", self.cli("pause", "--driver", "exec", "--workflow", "fix-a", "--reason", "r", expect=2))
        self.assertIn("number", self.cli("resume", "1", "--workflow", "fix-a", "--reason", "r", expect=2))
        self.assertIn("no pause 7 is in force", self.cli("resume", "7", "--reason", "r", expect=1))
        self.assertIn("nothing is paused", self.cli("resume", "--reason", "r"))


class PausedInTheMiddle(DaemonCase):
    """While one file after the other is broken and put right."""
    files = [f"f{n:02}" for n in range(40)]
    more = "guards: { threshold: [{ runs: 10000, within: 10m, per: workflow }] }\n"

    def test_no_effect_begins_after_it(self):
        self.start()
        for how in ("command", "file"):
            self.go_on = True
            breaking = threading.Thread(target=self.break_all)
            breaking.start()
            try:
                ended = self.ended_runs()
                until(lambda: self.ended_runs() >= ended + 5, "some have been put right")
                if how == "command":
                    self.cli("pause", "--reason", "look")
                else:
                    (self.state / "pause").touch()
                until(lambda: len(self.waiting()) >= 4, lambda: f"others wait: {self.runs()}")
            finally:
                self.go_on = False
                breaking.join()
            kinds = [e["kind"] for e in self.entries()]
            begun = len(kinds) - kinds[::-1].index("pause.set")
            self.assertIn("run.created", kinds[begun:], "what is found meanwhile is answered later")
            self.assertNotIn("step.intended", kinds[begun:])
            broken = [name for name in self.files if not self.fixed(name)]
            self.assertGreaterEqual(len(broken), 4, "and nothing that was announced before is done now")
            if how == "command":
                self.cli("resume", "--reason", "done")
            else:
                (self.state / "pause").unlink()
            until(lambda: not self.get("/v1/runs?open=1") and all(self.fixed(name) for name in self.files), "all goes on")

    def break_all(self):
        for name in itertools.cycle(self.files):
            until(lambda: not self.go_on or self.fixed(name), "it is as approved")
            if not self.go_on:
                return
            self.break_file(name)
            time.sleep(0.02)  # one after the other, so that it comes in their middle

    def ended_runs(self):
        return self.stored("SELECT count(*) FROM run WHERE open=0")[0][0]

    def waiting(self):
        return [r for r in self.get("/v1/runs?open=1") if "paused" in r["reason"]]


unittest.main()
