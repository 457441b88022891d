"""What a person asks of one run: its end, another try, and what was found where nobody knew."""
import getpass
import os
import signal
import unittest

from daemon import DaemonCase, until

WORKFLOW = """workflow: react
owner: tests
answers: [a]
mode: auto
guards: {{ threshold: [{{ runs: 100, within: 10m, per: workflow }}] }}
steps:
{steps}
"""


class Runs(DaemonCase):
    def setUp(self):
        super().setUp()
        self.second = self.play / "second"
        self.second.write_text("not approved\n")

    def workflow(self, *steps):
        """A program that ends when the file `go` is there, then the steps."""
        (self.config / "workflows" / "restore.yaml").unlink()
        program = self.top / "program"
        program.write_text(f"#!{os.path.realpath('/usr/bin/python3')}\nimport os, time\n"
                           f"open('{self.play}/began', 'a').write('x')\n"
                           f"while not os.path.exists('{self.play}/go'):\n    time.sleep(0.01)\n")
        program.chmod(0o755)
        text = WORKFLOW.format(steps="\n".join([f"  - exec: [{program}]", *steps]))
        (self.config / "workflows" / "react.yaml").write_text(text)

    def held(self):
        self.write_workflow(mode="propose")
        self.start()
        self.break_file()
        return until(lambda: self.ask("reviews", "list"), "held")[0]

    def began(self):
        until(lambda: (self.play / "began").exists(), "the program runs")

    def unknown(self):
        """A program without `confirm:` was under way when the daemon died."""
        self.workflow()
        self.start()
        self.break_file()
        self.began()
        self.stop(signal.SIGKILL)
        (self.play / "go").touch()
        self.start()
        until(lambda: self.runs("unknown"), "nobody knows")

    def whole(self):
        self.assertEqual(self.stop(), 0)
        self.assertIn("ok: ", self.cli("audit", "verify"))

    def test_a_list_of_some(self):
        (self.config / "workflows" / "react.yaml").write_text(WORKFLOW.format(steps="  - exec: [/usr/bin/false]"))
        self.start()
        for number in range(1, 4):
            self.break_file(text=f"broken.{number}\n")
            self.ended(number)
        until(lambda: len(self.runs("failed", "rolled_back")) >= 1, lambda: self.ask("runs", "list"))
        until(lambda: not self.get("/v1/runs?open=1"), "all have ended")
        everything = self.runs()

        def some(*words):
            return [r["id"] for r in self.ask("runs", "list", *words)]

        def like(**fields):
            return [r["id"] for r in everything if all(r[k] in v for k, v in fields.items())]
        self.assertEqual(some("--workflow", "react"), like(workflow=["react"]))
        self.assertEqual(some("--state", "succeeded", "--limit", "2"), like(state=["succeeded"])[:2])
        self.assertEqual(some("--state", "failed,succeeded", "--workflow", "restore"), like(state=["succeeded"], workflow=["restore"]))
        self.assertEqual(some("--since", "1h"), like())
        newest = everything[0]["created_at"]
        self.assertEqual(some("--since", newest), [r["id"] for r in everything if r["created_at"] == newest])
        self.assertIn("no such runs", self.cli("runs", "list", "--state", "held"))
        self.assertIn("no workflow `restor`; did you mean `restore`?", self.cli("runs", "list", "--workflow", "restor", expect=1))
        self.assertIn("known states: pending", self.cli("runs", "list", "--state", "succeeded,fine", expect=2))
        (self.config / "workflows" / "react.yaml").unlink()
        self.cli("reload")
        self.assertEqual(some("--workflow", "react"), like(workflow=["react"]), "gone, and its runs are not")
        self.whole()

    def test_cancel_holds_until_a_person_wants_it_tried_again(self):
        self.held()
        self.assertIn("cancelled", self.cli("runs", "cancel", "1", "--reason", "known, leave it"))
        run = self.ask("runs", "show", "1")
        self.assertEqual(run["state"], "cancelled")
        self.assertEqual(run["reason"], f"cancelled by {getpass.getuser()}: known, leave it")
        asked = [e for e in run["entries"] if e["kind"] == "cancel.asked"][0]
        self.assertEqual((asked["by"], asked["reason"]), (getpass.getuser(), "known, leave it"))
        self.assertEqual(self.ask("reviews", "list"), [])
        self.cli("rescan")
        explained = self.cli("explain", str(self.play / "a"))
        self.assertIn("a person ended it, so nothing more is done while it reads so", explained)
        self.stop(signal.SIGKILL)
        self.start()
        until(lambda: "a person ended it" in self.cli("explain", str(self.play / "a")), "over a restart too")
        self.assertEqual(self.ask("reviews", "list"), [])
        self.assertEqual(self.ask("runs", "retry", "1", "--reason", "now")["run"], 2)
        review = until(lambda: self.ask("reviews", "list"), "asked again")[0]
        self.assertEqual(review["run"], 2)
        self.assertIn("retries     run 1", self.cli("runs", "show", "2"))
        self.cli("reviews", "approve", str(review["id"]), "--reason", "yes")
        self.ended(1)
        self.assertTrue(self.fixed())
        self.whole()

    def test_what_is_under_way_ends_first_and_nothing_follows(self):
        self.workflow(f"  - ensure: {{ resource: file, path: {self.second}, desired: {{ content: \"approved\\n\" }} }}")
        self.start()
        self.break_file()
        self.began()
        answer = self.ask("runs", "cancel", "1", "--reason", "stop")
        self.assertEqual(answer["state"], "running")
        self.assertIn("an effect is under way", answer["note"])
        self.stop(signal.SIGKILL)  # that somebody asked outlives this
        (self.play / "go").touch()
        self.start()
        until(lambda: self.runs("unknown"), "a program without confirm: a person looks")
        self.assertIn("runs resolve 1 --as done|not-done",
                      self.cli("runs", "cancel", "1", "--reason", "stop", expect=1))
        self.cli("runs", "resolve", "1", "--as", "done", "--reason", "it ran")
        self.assertEqual(self.second.read_text(), "not approved\n")
        self.whole()

    def test_a_program_that_ends_is_the_last_that_was_done(self):
        self.workflow(f"  - ensure: {{ resource: file, path: {self.second}, desired: {{ content: \"approved\\n\" }} }}")
        self.start()
        self.break_file()
        self.began()
        self.cli("runs", "cancel", "1", "--reason", "stop")
        (self.play / "go").touch()
        self.ended(1, "cancelled")
        run = self.ask("runs", "show", "1")
        self.assertIn("what was done stays: exec:", run["reason"])
        self.assertEqual(self.second.read_text(), "not approved\n")
        self.whole()

    def test_resolved_as_done(self):
        self.unknown()
        answer = self.ask("runs", "resolve", "1", "--as", "done", "--reason", "looked: it is there")
        self.assertEqual(answer["state"], "succeeded")
        self.assertEqual(self.ask("reviews", "list"), [])
        self.assertIn("looked: it is there", self.ask("runs", "show", "1")["reason"])
        self.assertIn("run 1 has ended: succeeded", self.cli("runs", "resolve", "1", "--as", "done", "--reason", "x", expect=1))
        self.whole()

    def test_resolved_as_not_done_is_tried_again_when_a_person_wants(self):
        self.unknown()
        answer = self.ask("runs", "resolve", "1", "--as", "not-done", "--reason", "nothing there")
        self.assertEqual(answer["state"], "failed")
        self.cli("runs", "retry", "1", "--reason", "now")
        self.ended(1)
        self.assertEqual((self.play / "began").read_text(), "xx")
        self.whole()

    def test_the_review_of_an_unknown_is_not_approved_and_denied_says_the_same(self):
        self.unknown()
        review = self.ask("reviews", "list")[0]
        refused = self.cli("reviews", "approve", str(review["id"]), "--reason", "fine", expect=1)
        self.assertIn("run 1 is unknown", refused)
        self.assertIn("`aright runs resolve 1 --as done|not-done`", refused)
        self.assertEqual(self.ask("runs", "show", "1")["state"], "unknown")
        denied = self.cli("reviews", "deny", str(review["id"]), "--reason", "nothing there")
        self.assertIn("it did not happen; the finding is answered again", denied)
        self.assertIn("found not done", self.ask("runs", "show", "1")["reason"])

    def test_refusals_say_what_to_do_instead(self):
        review = self.held()
        said = self.cli("runs", "resolve", "1", "--as", "done", "--reason", "x", expect=1)
        self.assertIn("run 1 is held: only a run that is unknown is resolved", said)
        said = self.cli("runs", "retry", "1", "--reason", "x", expect=1)
        self.assertIn(f"it has not ended; `reviews approve {review['id']}` or `reviews deny {review['id']}` decides it", said)
        for verb in (["cancel"], ["retry"], ["resolve", "--as", "done"]):
            self.assertIn("no run 7", self.cli("runs", verb[0], "7", *verb[1:], "--reason", "x", expect=1))
            self.cli("runs", verb[0], "x", *verb[1:], "--reason", "x", expect=2)
            self.cli("runs", verb[0], "1", *verb[1:], expect=2)
        self.cli("runs", "resolve", "1", "--as", "perhaps", "--reason", "x", expect=2)
        self.cli("reviews", "approve", str(review["id"]), "--reason", "yes")
        self.ended(1)
        self.assertIn("run 1 has ended: succeeded; nothing is left to cancel",
                      self.cli("runs", "cancel", "1", "--reason", "x", expect=1))
        self.assertIn("the finding of run 1 is closed", self.cli("runs", "retry", "1", "--reason", "x", expect=1))
        self.assertEqual(self.ask("runs", "list")[0]["id"], 1)
        self.whole()


unittest.main()
