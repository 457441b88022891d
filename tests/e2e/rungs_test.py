"""A question asked anew of the same run goes to whom a rung of its ladder had woken. Needs root, to be several users."""
import os
import shutil
import signal
import subprocess
import unittest

from daemon import BINARY, DaemonCase, until

ALICE, BOB, REACH = 61001, 61002, 61020  # numbers without a name stand for themselves

NODE = f"""socket: {{ group: "{REACH}" }}
notify: {{ mail: {{ program: [/usr/bin/true] }}, phone: {{ program: [/usr/bin/true] }} }}
teams:
  tests:
    members: [user:{ALICE}]
    ladder: [{{ after: 1s, notify: [mail], team: managers }}, {{ after: 1h, notify: [phone] }}]
  managers: {{ members: [user:{BOB}] }}
"""
NOT_NAMED = NODE.replace(", team: managers", "").replace("after: 1s", "after: 1h")
ASKS = """workflow: restore
owner: tests
answers: [a]
mode: auto
steps:
  - ensure: desired
  - approve: {{ text: "go on?" }}
  - exec: [/usr/bin/touch, {touched}]
"""


@unittest.skipIf(os.geteuid() != 0, "only root can be several users")
class Rungs(DaemonCase):
    mode = "propose"

    def setUp(self):
        super().setUp()
        self.copy = shutil.copy(BINARY, self.top / "aright")
        self.top.chmod(0o755)
        self.write_node(NODE)

    def answer(self, user, review, expect=0, verb="approve"):
        done = subprocess.run([self.copy, "--state", str(self.state), "reviews", verb, str(review), "--reason", "looks right"],
                              capture_output=True, text=True, timeout=60, user=user, group=user, extra_groups=[REACH])
        self.assertEqual(done.returncode, expect, done.stdout + done.stderr)
        return done.stderr if expect == 1 else done.stdout

    def woken(self):
        """Review 1, whose first rung has let the managers decide."""
        self.start()
        self.break_file()
        until(lambda: self.ask("reviews", "list"), "somebody is asked")
        until(lambda: self.ask("reviews", "show", "1").get("climbed") == 1, "the first rung")

    def open_review(self, number):
        return until(lambda: [r for r in self.ask("reviews", "list") if r["id"] == number], lambda: self.ask("reviews", "list", "--all"))[0]

    def kept(self, number):
        """The review has the rung of the one before it from the moment it was opened, and the next rung counts from there."""
        review = self.open_review(number)
        self.assertEqual((review["climbed"], review["also"], review["run"]), (1, ["managers"], 1))
        self.assertEqual(review["climbed_at"]["at"], review["opened_at"])
        held = [e for e in self.entries() if e["kind"] == "run.held" and e["review"] == number][0]
        self.assertEqual((held["climbed"], held["also"]), (1, ["managers"]))
        self.assertIn(f"asked         team managers (user {BOB}), team tests (user {ALICE})", self.cli("reviews", "show", str(number)))
        self.assertEqual([e["review"] for e in self.entries() if e["kind"] == "review.escalated"], [1], "no rung is climbed twice")
        return review

    def verified(self):
        self.assertEqual(self.stop(), 0)
        self.assertIn("ok: ", self.cli("audit", "verify"))

    def test_whose_own_yes_found_another_state_decides_the_next_question_at_once(self):
        self.woken()
        self.answer(ALICE, 1, verb="acknowledge")
        self.break_file(text="worse...\n")
        self.assertIn("asked anew as review 2", self.answer(BOB, 1, expect=3))
        self.assertFalse(self.kept(2).get("acknowledged_by"), "that was the other question")
        told = until(lambda: [n for n in self.ask("notifications", "list", "--all") if n["title"].startswith("Review 2:")], "all who were told")
        self.assertEqual([n["notifier"] for n in told], ["mail"])
        self.stop(signal.SIGKILL)
        self.start()
        self.kept(2)
        self.assertEqual(len([n for n in self.ask("notifications", "list", "--all") if n["title"].startswith("Review 2:")]), 1)
        self.answer(BOB, 2)
        self.ended(1)
        self.assertTrue(self.fixed())
        self.verified()

    def asks_in_the_midst(self, touched):
        (self.config / "workflows" / "restore.yaml").write_text(ASKS.format(touched=self.play / touched))

    def test_what_is_half_done_and_defined_otherwise_is_asked_again_of_whom_the_ladder_in_force_names(self):
        self.asks_in_the_midst("old")
        self.woken()
        self.assertTrue(self.fixed())
        self.asks_in_the_midst("new")
        self.cli("reload")
        self.assertIn("no open review 1", self.answer(BOB, 1, expect=1))
        self.kept(2)
        self.write_node(NOT_NAMED.replace(f"user:{ALICE}", f"user:{ALICE}, user:{ALICE + 100}"))
        self.cli("reload")
        self.assertFalse(self.open_review(3).get("also"))
        self.assertIn(f"{BOB} is no member of those who decide this: team tests", self.answer(BOB, 3, expect=1))
        self.answer(ALICE, 3)
        until((self.play / "old").exists, "what is left of the old definition")
        self.ended(1)
        self.verified()

    def test_a_question_of_another_run_begins_at_the_first_rung(self):
        self.write_node(NODE.replace("after: 1s", "after: 3s"))
        self.woken()
        self.answer(BOB, 1)
        self.ended(1)
        self.break_file()
        review = self.open_review(2)
        held = [e for e in self.entries() if e["kind"] == "run.held" and e["review"] == 2][0]
        self.assertEqual((review["run"], held.get("climbed"), held.get("also")), (2, None, None))
        until(lambda: self.ask("reviews", "show", "2").get("climbed") == 1, "its own first rung")
        self.answer(BOB, 2)
        self.ended(2)
        self.verified()


unittest.main()
