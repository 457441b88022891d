"""A step that fails undoes what was made before it, and nothing else."""
import os
import unittest

from daemon import DaemonCase, until


class Rollback(DaemonCase):
    """The second step fails for real: its folder lets nothing be made in it. That binds everybody but root."""
    user = 65534

    def setUp(self):
        super().setUp()
        self.locked = self.play / "locked"
        self.locked.mkdir()
        self.second = self.locked / "b"
        self.second.write_text("not approved\n")
        self.own(self.locked, self.second)

    def two_steps(self, **more):
        self.write_workflow(**more)
        with open(self.config / "workflows" / "restore.yaml", "a") as workflow:
            workflow.write(f"  - ensure: {{ resource: file, path: {self.second}, desired: {{ content: \"approved\\n\" }} }}\n")

    def test_both_steps_are_done_when_both_can_be(self):
        self.two_steps()
        self.start()
        self.break_file()
        self.ended(1)
        self.assertTrue(self.fixed())
        self.assertEqual(self.second.read_text(), "approved\n")

    def test_the_first_is_undone_when_the_second_fails(self):
        self.two_steps()
        self.locked.chmod(0o555)
        self.start()
        (self.play / "a").chmod(0o666)
        self.break_file()
        self.ended(1, "rolled_back")
        run = self.ask("runs", "show", str(self.runs("rolled_back")[0]["id"]))
        self.assertEqual([s["state"] for s in run["steps"]], ["undone", "failed"])
        self.assertIn("ermission denied", run["reason"])
        self.assertEqual((self.play / "a").read_text(), "broken\n")
        self.assertEqual((self.play / "a").stat().st_mode & 0o777, 0o666)
        self.assertEqual(self.second.read_text(), "not approved\n")
        self.assertEqual(len(self.ask("findings", "list")), 1, "it is still wrong, and said so")
        kinds = [(e["kind"], e.get("state")) for e in run["entries"] if e["kind"].startswith("step.")]
        self.assertLess(kinds.index(("step.intended", "undo_intended")), kinds.index(("step.done", "undone")))
        self.assertEqual(self.stop(), 0)
        self.assertIn("ok: ", self.cli("audit", "verify"))


unittest.main()
