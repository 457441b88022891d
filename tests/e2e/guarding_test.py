"""It stops itself: threshold, reviews, modes, pause."""
import os
import pwd
import signal
import unittest

from daemon import DaemonCase, until


class Guarding(DaemonCase):
    def three_fixes_then_held(self):
        for count in range(1, 4):
            self.break_file(text=f"broken {count}\n")
            self.ended(count)
        self.break_file(text="broken 4\n")
        until(lambda: self.runs("held"), "the fourth run held")

    def test_the_fourth_in_ten_minutes_waits_for_a_person(self):
        self.start()
        self.three_fixes_then_held()
        self.assertFalse(self.fixed())
        review = self.ask("reviews", "list")[0]
        self.assertEqual(review["guard"], "threshold")
        self.assertIn("admitted 3 times within 10m", review["reason"])
        self.cli("reviews", "approve", str(review["id"]), "--reason", "it was me")
        self.ended(4)
        self.assertTrue(self.fixed())
        self.assertIn("review", self.ask("runs", "show", str(review["run"]))["decided_by"])
        self.break_file(text="broken 5\n")
        until(lambda: self.runs("held"), "held again while the window is full")

    def test_a_held_run_and_the_window_survive_a_kill(self):
        self.start()
        self.three_fixes_then_held()
        self.stop(signal.SIGKILL)
        self.start()
        self.assertEqual(len(self.ask("reviews", "list")), 1)
        self.assertFalse(self.fixed())
        self.cli("reviews", "deny", str(self.ask("reviews", "list")[0]["id"]), "--reason", "no")
        self.assertEqual(len(self.runs("denied")), 1)
        self.assertFalse(self.fixed())
        self.assertEqual(self.stop(), 0)
        self.assertIn("ok: ", self.cli("audit", "verify"))

    def test_a_difference_that_changed_lapses_the_approval(self):
        self.start()
        self.three_fixes_then_held()
        review = self.ask("reviews", "list")[0]
        self.break_file(text="something else\n")
        self.cli("reviews", "approve", str(review["id"]), "--reason", "seen", expect=3)
        again = until(lambda: [r for r in self.ask("reviews", "list") if r["id"] != review["id"]], "a new review")[0]
        self.assertEqual(again["guard"], "approval")
        self.assertEqual((self.play / "a").read_text(), "something else\n")
        self.cli("reviews", "approve", str(again["id"]), "--reason", "seen that too")
        self.ended(4)
        self.assertTrue(self.fixed())

    def test_pause_stops_effects_and_resume_lets_them_go_on(self):
        self.start()
        self.cli("pause", "--reason", "maintenance")
        self.break_file()
        until(lambda: self.runs("pending"), "a run that waits")
        self.assertFalse(self.fixed())
        self.cli("resume", "--reason", "done")
        self.ended(1)
        self.assertTrue(self.fixed())
        (self.state / "pause").touch()
        until(lambda: self.ask("status")["pauses"], "the pause file is seen")
        self.cli("pause", "--reason", "also by hand")
        self.assertEqual(len(self.ask("status")["pauses"]), 2)
        self.cli("resume", "--reason", "mine is over")
        self.assertTrue(self.ask("status")["paused"], "the file still holds")
        self.assertIn("nothing was resumed", self.cli("resume", "--reason", "not mine", expect=1))
        self.cli("pause", "--reason", "once more by hand")
        (self.state / "pause").unlink()
        until(lambda: len(self.ask("status")["pauses"]) == 1, "the pause by hand still holds")
        self.cli("resume", "--reason", "done")
        until(lambda: not self.ask("status")["paused"], "its going is seen")
        self.process.send_signal(signal.SIGUSR1)
        until(lambda: self.ask("status")["pauses"], "the signal is seen")
        self.assertIn("a reason is needed", self.cli("pause", "--reason", " ", expect=1))

    def test_modes(self):
        self.write_workflow(mode="propose")
        self.start()
        self.break_file()
        until(lambda: self.runs("held"), "a proposal")
        self.assertFalse(self.fixed())
        self.assertIn("ceiling", self.cli("workflows", "set-mode", "restore", "auto", "--reason", "x", expect=1))
        self.cli("reviews", "approve", "1", "--reason", "fine")
        self.ended(1)
        self.cli("workflows", "set-mode", "restore", "plan", "--reason", "careful")
        self.break_file()
        self.ended(1, "planned")
        self.assertFalse(self.fixed())
        self.assertEqual(self.ask("workflows", "list")[0]["mode"], "plan")
        self.stop()
        self.start()
        listed = self.ask("workflows", "list")[0]
        me = pwd.getpwuid(os.geteuid()).pw_name
        self.assertEqual([listed[key] for key in ("mode", "set_mode", "set_by", "set_reason")], ["plan", "plan", me, "careful"])
        self.assertRegex(self.cli("workflows", "list"), rf"SET BY +SET AT[^\n]*\nrestore [^\n]* {me} +20[0-9-]+T")


unittest.main()
