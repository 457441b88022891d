"""A workflow acts by itself only in a version whose tests have passed on this node, or that a person lets without."""
import unittest

from daemon import DaemonCase, until

PASSES = """test: it is put right
happens: [{{ states: {{ {path}: {{ content: "broken\\n" }} }} }}]
expect: {{ runs: [{{ workflow: restore, state: {state} }}] }}
"""


class Versions(DaemonCase):
    def setUp(self):
        super().setUp()
        (self.config / "aright.yaml").write_text("tests: required\n")

    def write_test(self, state="succeeded"):
        (self.config / "tests").mkdir(exist_ok=True)
        (self.config / "tests" / "a.yaml").write_text(PASSES.format(path=self.play / "a", state=state))

    def mode_now(self):
        return self.ask("workflows", "show", "restore")["mode"]

    def results(self):
        return [(e["passed"], e["cases"]) for e in self.entries() if e["kind"] == "workflow.tested"]

    def test_from_untested_to_tested_and_back(self):
        self.start()
        self.assertEqual(self.mode_now(), "propose")
        self.assertEqual(self.ask("status")["capped"], [{"workflow": "restore", "why": "no test of this version has passed on this node"}])
        self.assertIn("stays in mode propose", (self.top / "log").read_text())
        self.break_file()
        until(lambda: self.runs("held"), "it is asked about")
        self.assertFalse(self.fixed())
        self.assertIn("no test of this version", self.cli("explain", str(self.play / "a")))
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
        self.assertEqual(self.stop(), 0)
        self.assertIn("ok: ", self.cli("audit", "verify"))

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
        self.assertEqual(self.stop(), 0)
        self.assertIn("ok: ", self.cli("audit", "verify"))

    def test_a_rule_that_only_warns(self):
        (self.config / "aright.yaml").unlink()
        self.start()
        self.assertEqual(self.mode_now(), "auto")
        self.assertIn("acts by itself: no test", (self.top / "log").read_text())
        self.assertIn("no test", self.ask("workflows", "set-mode", "restore", "auto", "--reason", "x")["warning"])


if __name__ == "__main__":
    unittest.main()
