"""Undo where a person has found a step done, and of undos that came half way: nothing is taken back twice, and nothing is left out."""
import signal
import subprocess
import unittest

from daemon import BROKEN, DaemonCase, until


class UndoAgain(DaemonCase):
    def setUp(self):
        super().setUp()
        self.wrote, self.go, self.way = (self.play / name for name in ("wrote", "go", "way"))
        self.until_go = f"until test -e {self.go}; do sleep 0.02; done"

    def program(self, name, body="true"):
        """It writes its name, then does as told."""
        path = self.top / name
        path.write_text(f"#!/bin/sh\necho {name} >> {self.wrote}\n{body}\n")
        path.chmod(0o755)
        return path

    def steps(self, *steps, fix_last=False):
        """(name, what it does, what its inverse does) of each program, after the fix or before it."""
        path = self.config / "workflows" / "restore.yaml"
        fix = "  - ensure: desired\n"
        text = "".join(f"  - exec: [{self.program(name, does)}]\n    undo: {{ exec: [{self.program('un-' + name, undoes)}] }}\n"
                       for name, does, undoes in steps)
        path.write_text(path.read_text().replace(fix, text + fix if fix_last else fix + text))

    def written(self):
        return self.wrote.read_text().split() if self.wrote.exists() else []

    def begins(self, name):
        until(lambda: name in self.written(), lambda: f"{name} begins: {self.written()}")

    def undo(self, run, *more, expect=0):
        return self.cli("runs", "undo", str(run), "--reason", "it was right", *more, expect=expect)

    def undoing(self, run):
        words = [self.binary, "--state", str(self.state), "runs", "undo", str(run), "--reason", "it was right"]
        return subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def planned(self, run, *more):
        """The decision about each step, by its number."""
        return {s["step"]: (s["decision"], s.get("why")) for s in self.ask("runs", "undo", str(run), "--plan", *more)["steps"]}

    def killed_in(self, name):
        """The daemon dies while this program is under way, and is started again: nobody knows."""
        self.begins(name)
        self.stop(signal.SIGKILL)
        self.go.touch()
        self.start()
        return until(lambda: self.runs("unknown"), lambda: f"nobody knows: {self.ask('runs', 'list')}")[0]["id"]

    def found_done(self, run):
        return self.ask("runs", "resolve", str(run), "--as", "done", "--reason", "I looked there")

    def undone(self, by, wrote):
        """The end of each test: run 1 is undone, each program has run as often as written here."""
        self.assertEqual(self.written(), wrote)
        self.assertEqual((self.play / "a").read_text(), BROKEN)
        self.assertEqual(self.ask("runs", "show", "1")["undone_by"], by)
        self.assertIn(f"run {by} has undone it already", self.undo(1, expect=1))
        self.assertEqual(self.stop(), 0)
        self.assertIn("ok: ", self.cli("audit", "verify"))

    def test_a_step_that_a_person_found_done_is_taken_back_as_one_that_ended(self):
        self.steps(("first", "true", "true"), ("last", self.until_go, "true"))
        self.start()
        self.break_file()
        self.assertEqual(self.killed_in("last"), 1)
        self.assertIn("run 1 is not undone: it is unknown and has not ended", self.undo(1, expect=1))
        self.assertEqual(self.found_done(1)["state"], "succeeded")
        self.assertEqual({n: decision for n, (decision, _) in self.planned(1).items()}, {0: "undo", 1: "undo", 2: "undo"})
        self.assertIn("undone by run 2", self.undo(1))
        self.undone(2, ["first", "last", "un-last", "un-first"])

    def test_a_step_that_a_person_found_not_done_is_not_taken_back(self):
        self.steps(("first", "true", "true"), ("last", self.until_go, "true"))
        self.start()
        self.break_file()
        self.assertEqual(self.killed_in("last"), 1)
        told = self.ask("runs", "resolve", "1", "--as", "not-done", "--reason", "nothing there")
        self.assertEqual(told["state"], "failed")
        self.assertTrue(self.fixed())
        self.assertEqual(self.planned(1), {1: ("undo", None), 0: ("undo", None)})
        self.assertIn("undone by run 2", self.undo(1))
        self.undone(2, ["first", "last", "un-first"])

    def test_an_inverse_that_a_person_found_done_is_not_done_again(self):
        self.steps(("first", "true", "true"), ("last", "true", self.until_go))
        self.start()
        self.break_file()
        self.ended(1)
        with self.undoing(1) as asks:
            self.assertEqual(self.killed_in("un-last"), 2)
            asks.communicate(timeout=20)
        self.assertIn("run 2 of restore on", self.undo(1, expect=1))  # that ends first
        told = self.found_done(2)
        self.assertEqual(told["state"], "failed")
        self.assertIn("`aright runs undo 1` takes back the rest", told["note"])
        self.assertTrue(self.fixed())
        self.assertEqual(self.planned(1)[2], ("already", "run 2 has taken it back already"))
        self.stop(signal.SIGKILL)
        self.start()
        self.assertIn("undone by run 3", self.undo(1))
        self.undone(3, ["first", "last", "un-last", "un-first"])

    def test_an_undo_that_was_cancelled_half_way_is_undone_and_the_run_after_all(self):
        self.steps(("first", "true", "true"), ("last", "true", self.until_go), fix_last=True)
        self.start()
        self.break_file()
        self.ended(1)
        with self.undoing(1) as asks:
            self.begins("un-last")
            self.assertEqual((self.play / "a").read_text(), BROKEN)
            self.cli("runs", "cancel", "2", "--reason", "it does harm")
            self.go.touch()
            self.assertIn("its undo, run 2, is cancelled: ", asks.communicate(timeout=20)[0])
        self.assertEqual(self.planned(1), {2: ("already", None), 1: ("already", "run 2 has taken it back already"), 0: ("undo", None)})
        refused = self.undo(2, expect=1)
        self.assertRegex(refused, r"step 2: \S+/un-last has taken something back, and is not taken back itself; `--partial` undoes the rest")
        self.assertEqual({n: decision for n, (decision, _) in self.planned(2, "--partial").items()}, {2: "undo", 1: "stays"})
        self.assertIn("undone by run 3; 1 of what was done stays", self.undo(2, "--partial"))
        self.assertTrue(self.fixed())
        self.assertEqual(self.ask("waivers", "list"), [])
        self.assertEqual(self.planned(1), {2: ("undo", None), 1: ("already", "run 2 has taken it back already"), 0: ("undo", None)})
        self.stop(signal.SIGKILL)
        self.start()
        self.assertIn("undone by run 4", self.undo(1))
        self.undone(4, ["first", "last", "un-last", "un-first"])

    def test_of_an_undo_that_failed_before_any_resource_nothing_can_be_taken_back(self):
        self.steps(("first", "true", f"test -e {self.way}"), ("last", "true", "true"))
        self.start()
        self.break_file()
        self.ended(1)
        self.assertIn("its undo, run 2, is rollback_failed: ", self.undo(1, expect=(1,)))
        for more in ((), ("--partial",)):
            refused = self.undo(2, *more, expect=1)
            self.assertRegex(refused, r"run 2 is not undone: step 2: \S+/un-first failed, and may have done .*; step 3: \S+/un-last has taken something back")
        self.assertEqual(len(self.runs()), 2)
        self.way.touch()
        self.assertIn("undone by run 3", self.undo(1))
        self.undone(3, ["first", "last", "un-last", "un-first", "un-first"])


unittest.main()
