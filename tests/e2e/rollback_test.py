"""A step that fails undoes what was made before it, and nothing else."""
import unittest
from datetime import datetime

from daemon import BROKEN, DaemonCase, until


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

    def replace(self, name, text, mode):
        """Text and mode in one step: what is put right between two would be changed once more."""
        other = self.top / "other"
        other.write_text(text)
        other.chmod(mode)
        self.own(other)
        other.rename(self.play / name)

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
        self.replace("a", BROKEN, 0o666)
        self.ended(1, "rolled_back")
        run = self.ask("runs", "show", str(self.runs("rolled_back")[0]["id"]))
        self.assertEqual([s["state"] for s in run["steps"]], ["undone", "failed"])
        self.assertIn("ermission denied", run["reason"])
        self.assertEqual((self.play / "a").read_text(), BROKEN)
        self.assertEqual((self.play / "a").stat().st_mode & 0o777, 0o666)
        self.assertEqual(self.second.read_text(), "not approved\n")
        self.assertEqual(len(self.ask("findings", "list")), 1, "it is still wrong, and said so")
        kinds = [(e["kind"], e.get("state")) for e in run["entries"] if e["kind"].startswith("step.")]
        self.assertLess(kinds.index(("step.intended", "undo_intended")), kinds.index(("step.done", "undone")))
        self.assertEqual(self.stop(), 0)
        self.assertIn("ok: ", self.cli("audit", "verify"))

    def test_our_own_undo_does_not_start_the_next_run(self):
        self.two_steps()
        self.locked.chmod(0o555)
        self.start()
        self.break_file()
        self.ended(1, "rolled_back")
        again = until(lambda: self.runs()[:-1], "tried again by itself, later", seconds=40)[0]
        first = self.runs()[-1]
        wait = datetime.fromisoformat(again["created_at"]) - datetime.fromisoformat(first["finished_at"])
        self.assertGreaterEqual(wait.total_seconds(), 9, "what we put back ourselves is no new evidence")
        self.ended(2, "rolled_back")  # a rescan during a run would only be answered with that run's own effects
        self.locked.chmod(0o755)
        self.cli("rescan")  # a person need not wait
        self.ended(1)
        self.assertTrue(self.fixed())

    def test_what_contains_is_never_undone_by_itself(self):
        self.two_steps(more="on_failure: review\n")
        self.locked.chmod(0o555)
        self.start()
        self.break_file()
        review = until(lambda: self.ask("reviews", "list"), "a review")[0]
        self.assertEqual(review["guard"], "on-failure")
        self.assertTrue(self.fixed())
        self.assertEqual(self.second.read_text(), "not approved\n")
        self.locked.chmod(0o755)
        self.cli("reviews", "approve", str(review["id"]), "--reason", "the folder is open again")
        # What is done is done: the yes was for the rest, and one is enough.
        until(lambda: self.second.read_text() == "approved\n", "the rest is done")
        self.ended(1)
        steps = self.ask("runs", "show", str(review["run"]))["steps"]
        self.assertEqual([(s["changes"], s["state"]) for s in steps], [(True, "verified"), (True, "verified")])
        self.assertEqual(self.stop(), 0)
        self.assertIn("ok: ", self.cli("audit", "verify"))

    def test_an_approval_lapses_where_what_was_done_is_not_there_any_more(self):
        self.two_steps(more="on_failure: review\n")
        self.locked.chmod(0o555)
        self.start()
        self.break_file()
        review = until(lambda: self.ask("reviews", "list"), "a review")[0]
        self.locked.chmod(0o755)
        self.break_file(text="broken otherwise\n")  # as at first, the difference would be the one approved
        self.stop()  # what was made is known over a restart too
        self.start()
        self.cli("reviews", "approve", str(review["id"]), "--reason", "the folder is open again", expect=3)
        again = until(lambda: [r for r in self.ask("reviews", "list") if r["id"] != review["id"]], "another review")[0]
        self.assertEqual(again["guard"], "approval")
        self.cli("reviews", "approve", str(again["id"]), "--reason", "that too")
        until(lambda: self.second.read_text() == "approved\n" and self.fixed(), "all is done")


unittest.main()
