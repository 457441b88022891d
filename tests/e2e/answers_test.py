"""What a person, or nobody, answered holds for what it was about: another state is never left alone in silence."""
import signal
import unittest

from daemon import DaemonCase, until


class Answers(DaemonCase):
    def open_reviews(self):
        return self.ask("reviews", "list")

    def finding(self):
        return self.ask("findings", "list")[0]

    def hold_the_fourth(self):
        for count in range(1, 4):
            self.break_file(text=f"broken {count}\n")
            self.ended(count)
        self.break_file(text="broken 4\n")
        return until(self.open_reviews, "the fourth is held")[0]

    def explained(self):
        return self.cli("explain", str(self.play / "a"))

    def test_denied(self):
        self.start()
        review = self.hold_the_fourth()
        self.assertIn("holds while it reads as it did", self.cli("reviews", "deny", str(review["id"]), "--reason", "no"))
        self.cli("rescan")
        self.assertIn("a person said no to exactly this", self.explained())
        self.assertEqual(self.open_reviews(), [])
        self.break_file(text="worse\n")
        again = until(self.open_reviews, "another state is a new question")[0]
        self.assertNotEqual(again["run"], review["run"])
        self.assertEqual(self.stop(), 0)
        self.assertIn("ok: ", self.cli("audit", "verify"))

    def test_denied_and_changed_while_it_was_dead(self):
        self.start()
        review = self.hold_the_fourth()
        self.cli("reviews", "deny", str(review["id"]), "--reason", "no")
        self.stop(signal.SIGKILL)
        self.start()
        until(lambda: "a person said no to exactly this" in self.explained(), "the no is still there")
        self.assertEqual(self.open_reviews(), [])
        self.stop(signal.SIGKILL)
        self.break_file(text="worse\n")
        self.start()
        until(self.open_reviews, "another state is a new question")
        self.assertEqual(self.stop(), 0)
        self.assertIn("ok: ", self.cli("audit", "verify"))

    def test_expired(self):
        self.write_workflow(mode="propose", more="review_within: 1s\n")
        self.start()
        self.break_file(text="v1\n")
        self.ended(1, "expired")
        self.assertIn("`rescan` asks again", self.explained())
        self.break_file(text="BACKDOOR\n")
        self.ended(2, "expired")
        self.cli("rescan")
        self.ended(3, "expired")
        self.assertEqual(self.stop(), 0)
        self.assertIn("ok: ", self.cli("audit", "verify"))

    def test_every_other_state_is_an_occurrence(self):
        self.write_workflow(mode="propose")
        self.start()
        self.break_file(text="one\n")
        until(self.open_reviews, "held")
        for number, text in enumerate(("two\n", "three\n"), 2):
            self.break_file(text=text)
            until(lambda: self.finding()["occurrences"] >= number, lambda: f"occurrence {number}: {self.finding()}")
        marks = [entry["about"] for entry in self.entries() if entry["kind"].startswith("finding.o") and "about" in entry]
        self.assertEqual(len(set(marks)), len(marks))

    def test_another_state_is_planned_too(self):
        self.write_workflow(mode="plan")
        self.start()
        self.break_file(text="one\n")
        self.ended(1, "planned")
        self.break_file(text="two\n")
        self.ended(2, "planned")


unittest.main()
