"""What people are asked, how they see it, what their yes comes to, and what an edit makes of it, through the real daemon."""
import json
import unittest

from daemon import CONTROL, DaemonCase, until

THREE_STEPS = """workflow: restore
owner: tests
answers: [a]
mode: auto
steps:
{before}  - approve: {{ text: "go on?" }}
  - exec: [/usr/bin/touch, {touched}]
"""


class Asked(DaemonCase):
    mode = "propose"

    def setUp(self):
        super().setUp()
        self.flow = self.config / "workflows" / "restore.yaml"

    def asked(self):
        return until(lambda: self.ask("reviews", "list"), "a review", 10)[0]

    def decided(self):
        return [e for e in self.entries() if e["kind"] == "review.decided"]

    def stopped_and_verified(self):
        self.assertEqual(self.stop(), 0)
        self.assertIn("ok: ", self.cli("audit", "verify"))

    def test_a_question_goes_with_its_workflow_at_a_reload_and_at_a_start(self):
        text = self.flow.read_text()
        for by_start in (False, True):
            self.flow.write_text(text)
            self.start()
            self.break_file()
            review = self.asked()
            self.flow.unlink()
            if by_start:
                self.stop()
                self.start()
            else:
                self.cli("reload")
            self.assertEqual(self.ask("reviews", "list"), [])
            self.assertIn(f"no open review {review['id']}",
                          self.cli("reviews", "approve", str(review["id"]), "--reason", "fine", expect=1))
            self.assertFalse(self.fixed())
            self.assertEqual(self.decided()[-1]["reason"], "workflow restore has been removed since; no workflow answers its finding now")
            self.stopped_and_verified()

    def test_after_a_renaming_the_new_name_asks(self):
        self.start()
        self.break_file()
        self.asked()
        self.flow.write_text(self.flow.read_text().replace("workflow: restore", "workflow: mend"))
        self.cli("reload")
        until(lambda: [r["workflow"] for r in self.ask("reviews", "list")] == ["mend"], "one question, under the new name", 5)
        number = str(self.asked()["id"])
        self.cli("reviews", "approve", number, "--reason", "fine")
        self.ended(1)
        self.assertRegex(self.cli("reviews", "show", number), r"yes +1 of 1; \S+ at 20\S+: fine")
        self.stopped_and_verified()

    def test_half_done_it_is_asked_again_and_one_yes_is_enough(self):
        old, new = self.play / "old", self.play / "new"
        before = "  - exec: [/usr/bin/true]\n"
        self.flow.write_text(THREE_STEPS.format(before=before, touched=old))
        self.start()
        self.break_file()
        first = self.asked()
        self.flow.write_text(THREE_STEPS.format(before=before, touched=new))
        self.cli("reload")
        again = self.asked()
        self.assertGreater(again["id"], first["id"])
        self.assertIn("a yes goes on with what is left of its old definition", again["reason"])
        self.cli("reviews", "approve", str(first["id"]), "--reason", "as seen", expect=1)
        self.cli("reviews", "approve", str(again["id"]), "--reason", "as seen", "--hash", first["plan_hash"], expect=1)
        self.assertFalse(old.exists())
        self.cli("reviews", "approve", str(again["id"]), "--reason", "go on", "--hash", again["plan_hash"])
        until(old.exists, "the old rest")
        self.assertFalse(new.exists())
        self.stopped_and_verified()

    def test_a_program_behind_the_question_takes_one_yes(self):
        touched = self.play / "touched"
        self.flow.write_text(THREE_STEPS.format(before="  - ensure: desired\n", touched=touched))
        self.start()
        self.break_file()
        review = self.asked()
        until(lambda: self.ask("findings", "list") == [], "the finding is over before the answer")
        self.stop()
        self.start()
        self.cli("reviews", "approve", str(review["id"]), "--reason", "go on")
        self.ended(1)
        self.assertTrue(touched.exists())
        self.assertEqual(len(self.decided()), 1)
        self.stopped_and_verified()

    def test_what_was_asked_about_just_now_is_not_outdated(self):
        self.start()
        self.break_file()
        review = self.asked()
        for count in range(3):  # quick ones are recorded later than they are planned
            self.cli("reviews", "deny", str(review["id"]), "--reason", "no")
            self.break_file(text=f"bad{count}....\n")
            review = self.asked()
            self.assertNotIn("outdated", review)

    def test_a_yes_says_what_came_of_it(self):
        self.start()
        self.break_file()
        first = self.asked()
        self.assertNotIn("outdated", first)
        asked_of = (self.play / "a").read_text()
        self.break_file(text="other....\n")
        until(lambda: self.asked().get("outdated"), "its difference is not what is there")
        self.assertIn("reads otherwise now", self.cli("reviews", "list"))
        self.assertRegex(self.cli("reviews", "show", str(first["id"])), "now +its subject reads otherwise")
        self.assertRegex(self.cli("reviews", "approve", "--workflow", "restore", "--plan"), "now +its subject reads otherwise")
        self.assertRegex(self.cli("runs", "show", "1"), "now +its subject reads otherwise")
        self.break_file(text=asked_of)
        until(lambda: not self.asked().get("outdated"), "it is as it was asked about")
        self.assertNotIn("reads otherwise", self.cli("reviews", "list"))
        self.break_file(text="other....\n")
        said = self.cli("reviews", "approve", str(first["id"]), "--reason", "fine", expect=3)
        again = self.asked()
        self.assertIn(f"asked anew as review {again['id']}: approval: the resource reads otherwise than what was approved", said)
        self.assertEqual(self.ask("reviews", "show", str(first["id"]))["in_vain"], f"asked anew as review {again['id']}")
        self.assertIn(f"in vain (asked anew as review {again['id']}): ", self.cli("reviews", "list", "--all"))
        self.assertRegex(self.cli("reviews", "show", str(first["id"])), f"in vain +asked anew as review {again['id']}")
        self.assertEqual(self.ask("report")["reviews"], {"in_vain": 1, "open": 1})
        self.assertFalse(self.fixed())
        self.cli("workflows", "set-mode", "restore", "plan", "--reason", "careful")
        said = self.cli("reviews", "approve", str(again["id"]), "--reason", "fine", expect=1)
        self.assertIn("restore is in mode plan: nothing of it is done; deny it, or set its mode first", said)
        self.assertFalse(self.fixed())
        self.cli("workflows", "set-mode", "restore", "propose", "--reason", "go")
        answer = json.loads(self.cli("-o", "json", "reviews", "approve", str(again["id"]), "--reason", "fine"))
        self.assertNotIn(answer["state"], ("planning", "held"))
        self.ended(1)
        self.stopped_and_verified()

    def test_a_yes_that_leads_to_the_next_question_has_gone_on(self):
        (self.config / "workflows" / "restore.yaml").write_text(
            "workflow: restore\nowner: tests\nanswers: [a]\nmode: propose\nsteps:\n  - ensure: desired\n  - approve: { text: quiet }\n"
            f"  - ensure: {{ resource: file, path: {self.play}/second, desired: {{ content: \"new\\n\", mode: \"0644\" }} }}\n")
        self.start()
        for count in range(1, 4):  # the question comes while it is looked at, or just after that
            (self.play / "second").write_text("old\n")
            self.break_file()
            first = self.asked()
            said = json.loads(self.cli("-o", "json", "reviews", "approve", str(first["id"]), "--reason", "fine"))
            until(self.fixed, "it has gone on")
            second = until(lambda: [r for r in self.ask("reviews", "list") if r["guard"] == "approve"], "the step asks")[0]
            if said["state"] == "held":
                self.assertEqual(said["asks"], second["id"])
                self.assertIn(f"it has gone on, and now asks as review {second['id']}: approve: quiet", said["note"])
            self.cli("reviews", "approve", str(second["id"]), "--reason", "fine")
            self.ended(count)
        self.break_file(text="other....\n")
        self.cli("reviews", "approve", str(self.asked()["id"]), "--reason", "fine")
        second = until(lambda: [r for r in self.ask("reviews", "list") if r["guard"] == "approve"], "the step asks")[0]
        (self.play / "second").write_text("changed meanwhile\n")
        said = self.cli("reviews", "approve", str(second["id"]), "--reason", "fine", expect=3)
        self.assertIn("asked anew as review", said, "nothing more has been done by this yes")

    def test_a_yes_after_which_nothing_goes_on_is_called_that(self):
        (self.config / "workflows" / "restore.yaml").write_text(
            "workflow: restore\nowner: tests\nanswers: [a]\nmode: auto\nsteps:\n  - { exec: [/usr/bin/true], name: look }\n"
            "  - approve: { text: quiet }\n  - when: 1 / steps.look.exit_code == 1\n    then: [{ exec: [/usr/bin/true] }]\n")
        self.start()
        self.break_file()
        first = until(lambda: self.ask("reviews", "list"), "the step asks")[0]
        said = self.cli("reviews", "approve", str(first["id"]), "--reason", "fine", expect=3)
        self.assertIn("asked anew as review", said)
        self.assertIn("cannot be told", said)
        self.assertNotIn("it has gone on", said)

    def test_a_yes_while_all_is_paused_says_what_it_waits_for(self):
        self.start()
        self.break_file()
        review = self.asked()
        self.cli("pause", "--reason", "deploy")
        said = json.loads(self.cli("-o", "json", "reviews", "approve", str(review["id"]), "--reason", "fine"))
        self.assertEqual(said["state"], "waiting")
        self.assertRegex(said["note"], r"paused .*deploy")
        self.assertFalse(self.fixed())
        self.cli("resume", "--reason", "deployed")
        self.ended(1)

    def test_what_is_asked_is_shown(self):
        self.write_workflow(mode="auto")
        self.start()
        self.cli("workflows", "set-mode", "restore", "propose", "--reason", "ask me")
        self.break_file()
        review = self.asked()
        shown = self.cli("runs", "show", str(review["run"]))
        self.assertIn(f"review      {review['id']} (aright reviews approve {review['id']} --reason", shown)
        self.assertIn(f"plan hash   {review['plan_hash']}", shown)
        shown = self.cli("reviews", "show", str(review["id"]))
        for text in ("guard         mode", "severity      medium", "asked         whoever may use the socket", "yes           0 of 1",
                     review["plan_hash"], review["expires_at"], "approved"):
            self.assertIn(text, shown)
        self.assertIn("SEVERITY", self.cli("reviews", "list"))
        self.assertNotIn("TEAM", self.cli("reviews", "list"))
        self.assertIn("no workflow `nope`; known workflows: restore", self.cli("reviews", "approve", "--workflow", "nope", "--plan", expect=1))
        told = self.ask("workflows", "set-mode", "restore", "auto", "--reason", "by itself")
        self.assertEqual(told["reviews"], 1)
        self.assertIn("`aright reviews approve --workflow restore`", told["note"])
        digest = self.ask("reviews", "approve", "--workflow", "restore", "--plan")["digest"]
        self.cli("reviews", "approve", "--workflow", "restore", "--shown", digest, "--reason", "all that wait")
        self.ended(1)
        self.assertIn("nothing of workflow restore waits", self.cli("reviews", "approve", "--workflow", "restore", "--plan"))
        self.assertIn("decided", self.cli("reviews", "show", str(review["id"])))
        self.stopped_and_verified()


unittest.main()
