"""A workflow acts by itself only in a version whose tests have passed on this node, or that a person lets without."""
import json
import os
import subprocess
import unittest

from daemon import BINARY, DaemonCase, until

PASSES = """test: it is put right
happens: [{{ states: {{ {path}: {{ content: "broken\\n" }} }} }}]
expect: {{ runs: [{{ workflow: restore, state: {state} }}] }}
"""
WHY = "no test of this version has passed on this node"
TO_DO = "mend or write a test in tests/ (`aright test DIR` says what fails) and reload, or say `aright workflows set-mode restore auto --untested --reason TEXT`"


class VersionsCase(DaemonCase):
    """Without a word of the rule in aright.yaml."""

    def setUp(self):
        super().setUp()
        (self.config / "aright.yaml").unlink()

    def rule(self, word):
        (self.config / "aright.yaml").write_text(f"tests: {word}\n")

    def write_test(self, state="succeeded"):
        (self.config / "tests").mkdir(exist_ok=True)
        (self.config / "tests" / "a.yaml").write_text(PASSES.format(path=self.play / "a", state=state))

    def mode_now(self):
        return self.ask("workflows", "show", "restore")["mode"]

    def results(self):
        return [(e["passed"], e["cases"]) for e in self.entries() if e["kind"] == "workflow.tested"]

    def stopped_and_verified(self):
        self.assertEqual(self.stop(), 0)
        self.assertIn("ok: ", self.cli("audit", "verify"))


class Versions(VersionsCase):
    def test_from_untested_to_tested_and_back(self):
        self.start()
        self.assertEqual(self.mode_now(), "propose")
        self.break_file()
        until(lambda: self.runs("held"), "it is asked about")
        self.assertFalse(self.fixed())
        self.assertIn("--untested", self.cli("workflows", "set-mode", "restore", "auto", "--reason", "go", expect=1))
        self.cli("reviews", "approve", "1", "--reason", "yes")
        until(self.fixed, "approved")
        self.write_test()
        self.cli("reload")
        self.assertEqual(self.mode_now(), "auto")
        self.assertEqual(self.ask("status")["capped"], [])
        self.break_file()
        self.ended(2)
        self.assertEqual(self.results(), [(True, 1)])
        (self.config / "tests" / "a.yaml").unlink()
        self.write_workflow(more="review_within: 2h\n")
        self.cli("reload")
        self.assertEqual(self.mode_now(), "propose", "another version")
        self.assertEqual(self.ask("workflows", "set-mode", "restore", "auto", "--untested", "--reason", "I have looked")["mode"], "auto")
        self.assertEqual(self.mode_now(), "auto")
        self.assertEqual(self.stop(), 0)
        self.start()
        self.assertEqual(self.mode_now(), "auto", "what a person let stays")
        self.break_file()
        self.ended(3)
        self.stopped_and_verified()

    def test_what_has_passed_stays_so_over_a_restart(self):
        self.write_test()
        self.start()
        self.assertEqual(self.stop(), 0)
        (self.config / "tests" / "a.yaml").unlink()
        self.start()
        self.assertEqual(self.mode_now(), "auto")
        self.assertEqual(self.results(), [(True, 1)])
        self.break_file()
        self.ended(1)
        self.stopped_and_verified()

    def test_what_is_old_and_was_reviewed_passes_its_tests(self):
        self.write_test()
        for kind, name in (("controls", "a"), ("workflows", "restore")):
            os.utime(self.config / kind / f"{name}.yaml", (1_600_000_000, 1_600_000_000))
        self.start()
        self.assertEqual(self.results(), [(True, 1)])
        self.break_file()
        until(lambda: self.runs("held"), "nobody has looked at them for years")
        for kind, name in (("controls", "a"), ("workflows", "restore")):
            self.cli(kind, "reviewed", name, "--reason", "as it should be")
        self.assertEqual(self.mode_now(), "auto")
        self.stopped_and_verified()

    def test_what_its_control_demands_is_a_part_of_what_passed(self):
        self.write_test()
        self.start()
        self.assertEqual(self.mode_now(), "auto")
        tests, control = self.config / "tests" / "a.yaml", self.config / "controls" / "a.yaml"
        kept, fine = tests.read_text(), control.read_text()
        tests.unlink()
        control.write_text(fine.replace("approved\\n", "other\\n"))
        said = self.ask("reload")["untested"]
        self.assertIn("the controls it answers demand something else now", said[0])
        self.assertEqual(self.mode_now(), "propose")
        until(lambda: self.runs("held"), "what is in the file is wrong now, and a person is asked")
        self.assertEqual(self.stop(), 0)
        self.start()
        self.assertEqual(self.mode_now(), "propose")
        self.assertTrue(self.fixed(), "as it was before")
        self.cli("workflows", "set-mode", "restore", "auto", "--reason", "go", expect=1)
        tests.write_text(kept)
        self.cli("reload")
        self.assertEqual(self.mode_now(), "auto")
        self.cli("reviews", "approve", str(self.ask("reviews", "list")[0]["id"]), "--reason", "what was asked stays asked")
        self.ended(1)
        self.break_file()
        self.ended(2)
        self.assertEqual((self.play / "a").read_text(), "other\n", "tested with that, it acts")
        self.assertEqual(self.results(), [(True, 1), (True, 1)])
        self.stopped_and_verified()

    def test_a_broken_folder_of_tests_is_none_that_passed(self):
        self.write_test()
        (self.config / "tests" / "b.yaml").write_text("test: [")
        self.start()
        self.assertEqual(self.mode_now(), "propose")
        self.assertEqual(self.results(), [(False, 1)])
        self.assertIn("tests/b.yaml", (self.top / "log").read_text())
        (self.config / "tests" / "b.yaml").unlink()
        self.cli("reload")
        self.assertEqual(self.mode_now(), "auto")
        self.write_test("denied")
        self.assertIn("fails", self.ask("reload")["diagnostics"][0]["message"])
        self.assertEqual(self.mode_now(), "propose")
        self.stopped_and_verified()

    def test_a_rule_that_only_warns(self):
        self.rule("warn")
        self.start()
        self.assertEqual(self.mode_now(), "auto")
        self.assertIn("acts by itself: no test", (self.top / "log").read_text())
        self.assertIn("no test", self.ask("workflows", "set-mode", "restore", "auto", "--reason", "x")["warning"])


    def test_a_test_that_expects_nothing_of_it_is_none(self):
        self.write_test()
        test = self.config / "tests" / "a.yaml"
        passes = test.read_text()
        test.write_text(passes.splitlines()[0] + "\n" + passes.splitlines()[1] + "\nexpect: { reviews: [], findings: [{ state: resolved }] }\n")
        nothing = "the tests it takes part in expect nothing of its runs, plans or effects"
        done = subprocess.run([BINARY, "validate", self.config], capture_output=True, text=True, timeout=60)
        self.assertIn(f"workflow `restore` stays in mode propose: {nothing}", done.stderr)
        self.start()
        self.assertEqual(self.mode_now(), "propose")
        self.assertIn(nothing, (self.top / "log").read_text())
        for says_nothing in ("runs: [{ workflow: restore }]", "runs: [{ workflow: restore, state: null }]", "verdicts: []",
                             "runs: [{ workflow: restore, mode: auto }]", "runs: [{ workflow: restore, decided_by: guards }]",
                             'runs: [{ workflow: restore, reason: "" }]'):
            test.write_text(passes.replace("runs: [{ workflow: restore, state: succeeded }]", says_nothing))
            self.cli("reload")
            self.assertEqual(self.mode_now(), "propose", says_nothing)
        test.write_text(passes.replace("runs: [{ workflow: restore, state: succeeded }]", "effects: [{ after: { mode: \"0644\" } }]"))
        self.cli("reload")
        self.assertEqual(self.mode_now(), "auto")
        self.assertEqual(self.results(), [(False, 0), (True, 1)])
        self.stopped_and_verified()

    def test_what_never_planned_is_told_once_of_each_version(self):
        def told():
            return (self.top / "log").read_text().count("workflow restore acts by itself, and this version has never run in mode plan")

        def validated():
            return subprocess.run([BINARY, "--state", self.state, "validate", self.config], capture_output=True, text=True, timeout=60).stderr
        self.write_test()
        self.assertNotIn("never run in mode plan", validated(), "there is no node to know")
        self.start()
        self.assertEqual(told(), 1)
        self.assertIn("workflow `restore` acts by itself, and this version has never run in mode plan", validated())
        self.assertEqual(self.stop(), 0)
        self.start()
        self.assertEqual(self.ask("reload")["unplanned"], [])
        self.assertEqual(told(), 1, "not again for a version it has told of")
        self.write_workflow(more="review_within: 2h\n")
        done = subprocess.run([BINARY, "--state", self.state, "reload"], capture_output=True, text=True, timeout=60)
        self.assertIn("warning: workflow restore acts by itself, and this version has never run in mode plan on this node", done.stderr)
        self.assertEqual(told(), 2)
        self.cli("workflows", "set-mode", "restore", "plan", "--reason", "look first")
        self.break_file()
        until(lambda: self.runs("planned"), "it has run in mode plan")
        self.assertNotIn("never run in mode plan", validated())
        self.stopped_and_verified()


class Told(VersionsCase):
    """Whoever meets the rule reads in one line what to do."""

    def test_wherever_one_looks(self):
        self.start()
        self.break_file()
        until(lambda: self.runs("held"), "it is asked about")
        for words in (["workflows", "list"], ["workflows", "show", "restore"], ["reviews", "list"], ["runs", "show", "1"],
                      ["explain", str(self.play / "a")]):
            with self.subTest(words):
                # A table says why, and where the rest of the sentence is.
                self.assertIn(WHY if "list" in words else f"{WHY}; {TO_DO}", self.cli(*words))
        self.assertEqual(self.ask("status")["capped"], [{"workflow": "restore", "why": f"{WHY}; {TO_DO}"}])
        line = next(line for line in self.cli("status").splitlines() if line.startswith("capped"))
        self.assertIn(f"restore: {WHY}; {TO_DO}", line)
        self.assertEqual(self.metrics()["aright_workflows_capped"], 1)
        self.assertIn(f"workflow restore stays in mode propose: {WHY}; {TO_DO}", (self.top / "log").read_text())

    def test_by_the_answer_of_a_reload(self):
        self.write_test()
        self.start()
        self.assertEqual(self.metrics()["aright_workflows_capped"], 0)
        self.write_test("denied")
        done = subprocess.run([BINARY, "--state", self.state, "reload"], capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 0)
        self.assertIn(f"warning: workflow restore stays in mode propose: the tests of this version did not pass on this node; {TO_DO}", done.stderr)
        self.write_test()
        self.assertEqual(self.ask("reload")["untested"], [])

    def validated(self, code=0):
        done = subprocess.run([BINARY, "--state", self.state, "validate", self.config, "-o", "json"], capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, code, done.stderr)
        return [(d["severity"], d["file"], d["message"], d["hint"]) for d in json.loads(done.stdout)["diagnostics"]]

    def test_before_it_is_in_force(self):
        place = "workflows/restore.yaml"
        self.assertEqual(self.validated(), [("warning", place, "workflow `restore` stays in mode propose: no test exercises it", TO_DO)])
        self.rule("warn")
        self.assertEqual(self.validated(), [("warning", place, "workflow `restore` acts by itself: no test exercises it", TO_DO)])
        self.rule("off")
        self.assertEqual(self.validated(), [])
        self.rule("required")
        self.write_test("denied")
        said = self.validated()
        self.assertIn("test `it is put right` fails", said[0][2])
        self.assertEqual(said[1], ("warning", place, "workflow `restore` stays in mode propose: its tests do not pass", TO_DO))
        self.write_test()
        self.assertEqual(self.validated(), [])
        (self.config / "tests" / "a.yaml").unlink()
        self.write_workflow(mode="propose")
        self.assertEqual(self.validated(), [], "it is meant to go no further")
        self.assertFalse(self.state.exists())


    def test_what_a_person_let_is_not_said_to_stay_in_mode_propose(self):
        self.start()
        untested = "no test exercises it"
        self.assertEqual([said[2] for said in self.validated()], [f"workflow `restore` stays in mode propose: {untested}"])
        self.cli("workflows", "set-mode", "restore", "auto", "--untested", "--reason", "I have looked")
        said = [one[2] for one in self.validated()]
        self.assertEqual(said, [f"workflow `restore` acts by itself on this node, where that was let or tested before; on another it stays in mode propose: {untested}",
                                "workflow `restore` acts by itself, and this version has never run in mode plan on this node"])
        self.write_test("denied")
        self.assertTrue(any("acts by itself on this node" in one[2] for one in self.validated()), "the person's word stands")
        (self.config / "tests" / "a.yaml").unlink()
        self.cli("workflows", "set-mode", "restore", "propose", "--reason", "not today")
        self.assertEqual([one[2] for one in self.validated()], [f"workflow `restore` stays in mode propose: {untested}"])

    def test_what_has_passed_there_before_acts_there(self):
        self.write_test()
        self.start()
        (self.config / "tests" / "a.yaml").unlink()
        self.assertRegex(self.validated()[0][2], "^workflow `restore` acts by itself on this node")
        self.write_test("denied")
        messages = [one[2] for one in self.validated()]
        self.assertIn("workflow `restore` stays in mode propose: its tests do not pass", messages, "that is what a reload would record")
        self.assertFalse([one for one in messages if "acts by itself" in one])


class Updated(VersionsCase):
    def test_a_node_that_acted_without_tests_is_told_that_it_does_not_now(self):
        self.rule("off")  # as before there was such a rule: nothing of tests is on record
        self.start()
        self.break_file()
        self.ended(1)
        self.assertEqual(self.results(), [])
        self.assertEqual(self.stop(), 0)
        (self.config / "aright.yaml").unlink()
        self.break_file()
        self.start()
        told = [line for line in (self.top / "log").read_text().splitlines() if "stays in mode propose" in line]
        self.assertEqual(len(told), 1, told)
        self.assertIn("warning", told[0])
        self.assertIn(f"workflow restore stays in mode propose: {WHY}; {TO_DO}", told[0])
        held = until(lambda: self.runs("held"), "nothing is lost: it is asked about")
        self.assertIn(WHY, held[0]["reason"])
        self.assertFalse(self.fixed())
        self.write_test()
        self.cli("reload")
        self.cli("reviews", "approve", "1", "--reason", "as before")
        self.ended(2)
        self.break_file()
        self.ended(3)
        self.stopped_and_verified()

    def test_a_run_under_way_is_not_gone_on_with(self):
        """Its first step is done; the second would be an effect of a version that may not act by itself now."""
        self.rule("off")
        path = self.config / "workflows" / "restore.yaml"
        path.write_text(path.read_text() + f"  - wait: 1s\n  - exec: [/usr/bin/touch, {self.play}/second]\n")
        self.start()
        self.break_file()
        until(lambda: self.runs("waiting"), lambda: self.ask("runs", "list"))
        self.assertEqual(self.stop(), 0)
        (self.config / "aright.yaml").unlink()
        self.start()
        run = until(lambda: self.runs("held"), lambda: self.ask("runs", "list"))[0]
        self.assertIn("propose", run["reason"])
        self.assertFalse((self.play / "second").exists())
        self.cli("reviews", "approve", "1", "--reason", "go on")
        self.ended(1)
        self.assertTrue((self.play / "second").exists())
        self.stopped_and_verified()


class Scanned(VersionsCase):
    """`aright scan --fix` is under the rule like the daemon, and records like it."""

    def fix(self, code):
        done = subprocess.run([BINARY, "--state", self.state, "scan", self.config, "--fix", "-o", "json"], capture_output=True, text=True, timeout=90)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return json.loads(done.stdout)["items"][0]

    def test_what_has_no_test_is_held(self):
        self.break_file()
        item = self.fix(1)
        self.assertEqual(item["status"], "violation")
        self.assertRegex(item["note"], "^run 1 held: ")
        self.assertIn(f"{WHY}; {TO_DO}", item["note"])
        self.assertFalse(self.fixed())
        self.assertIn("ok: ", self.cli("audit", "verify"))

    def test_what_has_one_is_put_right(self):
        self.write_test()
        self.break_file()
        self.assertEqual(self.fix(0)["status"], "fixed")
        self.assertTrue(self.fixed())
        self.assertEqual(self.results(), [(True, 1)])
        self.assertIn("ok: ", self.cli("audit", "verify"))


if __name__ == "__main__":
    unittest.main()
