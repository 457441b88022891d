"""`aright replay`: what a real daemon did, beside what another configuration would have done; nothing is touched."""
import json
import os
import pathlib
import re
import shutil
import subprocess
import unittest

from daemon import BINARY, DaemonCase, until
from log_case import LogCase

REPOSITORY = pathlib.Path(__file__).parents[2]
THRESHOLD = "guards: {{ threshold: [{{ runs: {}, within: 10m, per: workflow }}] }}\n"


class Replaying:
    def changed(self):
        """A copy of the configuration, to be changed."""
        self.other = self.top / "other"
        if self.other.exists():
            shutil.rmtree(self.other)
        shutil.copytree(self.config, self.other)
        return self.other

    def replay(self, folder, *words):
        done = subprocess.run([BINARY, "--state", str(self.state), "replay", "--workflows", str(folder), "-o", "json", *words],
                              capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return json.loads(done.stdout)

    def lines(self, folder, *words):
        return [(line["did"].split(":")[0], line["would"].split(":")[0]) for line in self.replay(folder, *words)["lines"]]

    def nothing_differs(self):
        said = self.replay(self.config)
        self.assertEqual(said["lines"], [], said)
        self.assertGreater(said["findings"], 0)

    def over(self, count, *states):
        until(lambda: len(self.runs(*states)) >= count, lambda: f"{count} {states}: {self.ask('runs', 'list')}")


class ReplayFiles(Replaying, DaemonCase):
    files = ["a", "b", "c"]

    def three_are_fixed(self):
        self.start()
        for count, name in enumerate(self.files, 1):
            self.break_file(name)
            self.over(count, "succeeded")

    def rewrite(self, more="", controls="a, b, c", mode="auto"):
        (self.changed() / "workflows" / "restore.yaml").write_text(
            f"workflow: restore\nowner: tests\nanswers: [{controls}]\nmode: {mode}\n{more}steps:\n  - ensure: desired\n")
        return self.other

    def test_a_lower_threshold_would_have_held_two(self):
        self.three_are_fixed()
        self.nothing_differs()
        said = self.replay(self.rewrite(THRESHOLD.format(1)))
        self.assertEqual([(line["subject"], line["would"].split(":")[0]) for line in said["lines"]],
                         [(f"file:{self.play / name}", "held by threshold") for name in ("b", "c")])
        self.assertEqual(said["workflows"], [{"workflow": "restore", "did": {"ran": 3, "held": 0, "suppressed": 0},
                                              "would": {"ran": 1, "held": 2, "suppressed": 0}}])
        self.assertEqual(len(self.replay(self.other, "--all")["lines"]), 3)
        self.assertEqual(self.stop(), 0)
        self.assertEqual(self.replay(self.other) | {"since": said["since"]}, said, "the same without the daemon")

    def test_the_example_of_the_page(self):
        page = re.search(r"```text\n(.*?)```", (REPOSITORY / "docs" / "tests.md").read_text(), re.S)[1]
        self.three_are_fixed()
        text = self.cli("replay", "--since", "30d", "--workflows", str(self.rewrite(THRESHOLD.format(1))))
        text = text.replace(f"file:{self.play}/", "file:/srv/")

        def said(of):  # but for times, and the width that a folder's name takes
            return [re.split(r" {2,}", re.sub(r"\d{4}-\d\d-\d\dT[\d:.]+Z", "TIME", line)) for line in of.splitlines()]
        self.assertEqual(said(text), said(page))

    def test_what_was_held_would_have_run(self):
        self.write_workflow(more=THRESHOLD.format(2))
        self.start()
        for count, name in enumerate("ab", 1):
            self.break_file(name)
            self.over(count, "succeeded")
        self.break_file("c")
        self.over(1, "held")
        self.nothing_differs()
        self.assertEqual(self.lines(self.rewrite(THRESHOLD.format(3))), [("held by threshold", "ran")])
        self.cli("reviews", "approve", str(self.ask("reviews", "list")[0]["id"]), "--reason", "seen")
        self.over(3, "succeeded")
        self.nothing_differs()

    def test_a_cool_down_a_narrower_when_and_nobody(self):
        self.three_are_fixed()
        self.assertEqual(self.lines(self.rewrite("guards: { cool_down: { wait: 1h, per: workflow } }\n")),
                         [("ran", "suppressed by cool-down")] * 2)
        self.assertEqual(self.lines(self.rewrite('when: control.name == "a"\n')), [("ran", "suppressed by when")] * 2)
        self.assertEqual(self.lines(self.rewrite(mode="plan")), [("ran", "planned")] * 3)
        (self.changed() / "workflows" / "restore.yaml").unlink()
        self.assertEqual(self.lines(self.other), [("ran", "nothing")] * 3)

    def test_what_would_be_open_still(self):
        self.start()
        for count in (1, 2):
            self.break_file("a")
            self.over(count, "succeeded")
        first, second = self.replay(self.rewrite(mode="propose"))["lines"]
        self.assertTrue(first["would"].startswith("held by mode"), first)
        self.assertEqual(second["would"], f"nothing: {first['finding']} would be open still")

    def test_shares_of_a_folder_are_of_its_members_now(self):
        self.three_are_fixed()
        for percent, held in ((34, 2), (67, 1), (100, 0)):
            budget = f"{{ percent: {percent}%, population: {{ control: all }}, within: 1h }}"
            self.rewrite(f"guards: {{ budget: {budget} }}\n")
            (self.other / "controls" / "all.yaml").write_text(
                f"control: all\ntitle: All\nwatch: {{ resource: file, folder: {self.play} }}\ndesired: {{ mode: \"0644\" }}\n")
            self.assertEqual(self.lines(self.other), [("ran", "held by budget")] * held)
        self.assertIn("shares of control all are of the 3 members", self.cli("replay", "--workflows", str(self.other)))

    def test_guards_know_what_was_before(self):
        self.three_are_fixed()
        third = [e for e in self.entries() if e["kind"] == "finding.opened"][2]["at"]
        self.assertEqual(self.lines(self.rewrite(THRESHOLD.format(2)), "--since", third), [("ran", "held by threshold")])
        self.assertEqual(self.lines(self.rewrite(THRESHOLD.format(3)), "--since", third), [])

    def test_what_failed_fails(self):
        (self.config / "workflows" / "restore.yaml").write_text(
            "workflow: restore\nowner: tests\nanswers: [a]\nmode: auto\nsteps:\n  - ensure: desired\n  - exec: [/usr/bin/false]\n")
        self.start()
        self.break_file()
        self.over(1, "rolled_back")
        self.nothing_differs()
        self.assertTrue(self.replay(self.config, "--all")["lines"][0]["would"].startswith("ran: rolled_back"))

    def test_people_decide_again(self):
        self.write_workflow(mode="auto")
        self.start()
        self.cli("workflows", "set-mode", "restore", "propose", "--reason", "for the test")
        self.break_file("a")
        self.over(1, "held")
        self.cli("reviews", "approve", str(self.ask("reviews", "list")[0]["id"]), "--reason", "seen")
        self.over(1, "succeeded")
        self.break_file("b")
        self.over(1, "held")
        self.cli("reviews", "deny", str(self.ask("reviews", "list")[0]["id"]), "--reason", "let it be")
        self.over(1, "denied")
        self.cli("workflows", "set-mode", "restore", "auto", "--reason", "for the test")
        self.cli("pause", "--reason", "for the test")
        self.break_file("c")
        self.over(1, "pending")
        self.cli("resume", "--reason", "for the test")
        self.over(2, "succeeded")
        self.cli("waivers", "add", "a", str(self.play / "a"), "--reason", "for the test", "--for", "1d")
        self.break_file("a")
        self.cli("waivers", "remove", "1", "--reason", "for the test")
        self.over(3, "succeeded")
        self.nothing_differs()
        since = next(e["at"] for e in self.entries() if e["kind"] == "run.held")
        self.assertEqual(self.replay(self.config, "--since", since)["lines"], [], "also from within a run on")

    def test_what_grew_old_holds_until_it_was_reviewed(self):
        def grow_old(folder):
            file = folder / "workflows" / "restore.yaml"
            os.utime(file, (os.stat(file).st_mtime - 271 * 86400,) * 2)
        grow_old(self.config)
        self.start()
        self.break_file("a")
        self.over(1, "held")
        self.cli("workflows", "reviewed", "restore", "--reason", "as it should be")
        self.break_file("b")
        self.over(1, "succeeded")
        self.nothing_differs()
        of = {line["subject"]: line for line in self.replay(self.config, "--all")["lines"]}
        self.assertTrue(of[f"file:{self.play / 'a'}"]["would"].startswith("held by mode"), of)
        self.assertTrue(of[f"file:{self.play / 'b'}"]["would"].startswith("ran"), of)
        second = [e for e in self.entries() if e["kind"] == "finding.opened"][1]["at"]
        grow_old(self.rewrite(THRESHOLD.format(9)))
        self.assertEqual(self.lines(self.other, "--since", second), [], "it was reviewed before that, whatever its file says")

    def test_a_table_for_people_and_mistakes(self):
        self.three_are_fixed()
        self.rewrite(THRESHOLD.format(1))
        text = self.cli("replay", "--workflows", str(self.other), "--since", "1d")
        self.assertRegex(text, r"restore +3 → 1 +0 → 2 +0 → 0")
        self.assertRegex(text, r"^3 findings since \S+; 2 answers would have been otherwise\n")
        self.assertIn("held by threshold: admitted 1 time", text)
        self.assertIn("nothing would have been otherwise", self.cli("replay", "--workflows", str(self.config)))
        self.assertRegex(self.cli("replay", "--workflows", str(self.other), "--since", "1ms"), "^no findings since 20")
        self.assertIn("is in the future", self.cli("replay", "--workflows", str(self.other), "--since", "2126-01-01", expect=2))
        (self.other / "aright.yaml").unlink()
        self.assertIn("a daemon keeps in mode propose: restore", self.cli("replay", "--workflows", str(self.other)))
        self.assertIn("nothing would have been otherwise", self.cli("replay"), "the daemon's own folder")
        shutil.copy(self.other / "workflows" / "restore.yaml", self.config / "workflows" / "restore.yaml")
        self.assertIn("2 answers would have been otherwise", self.cli("replay"), "as it is now, before a reload")
        self.assertEqual(self.stop(), 0)
        self.assertIn("--workflows DIR", self.cli("replay", expect=1))
        self.cli("replay", "--workflows", str(self.other), "--since", "yesterday", expect=2)
        self.assertIn("no such file", self.cli("replay", "--workflows", str(self.top / "nowhere"), expect=2))
        (self.other / "workflows" / "restore.yaml").write_text("workflow: [")
        self.assertIn("error", self.cli("replay", "--workflows", str(self.other), expect=2))
        self.assertTrue(self.fixed("a") and self.fixed("b"))


class ReplayLogs(Replaying, LogCase):
    def test_events_of_a_log(self):
        self.start()
        self.append("203.0.113.1", "203.0.113.2")
        self.called("203.0.113.1", "203.0.113.2")
        self.nothing_differs()
        workflow = self.changed() / "workflows" / "react.yaml"
        workflow.write_text(workflow.read_text().replace("mode: auto", 'mode: auto\nwhen: event.address == "203.0.113.1"'))
        self.assertEqual(self.lines(self.other), [("ran", "suppressed by when")])
        workflow.write_text(workflow.read_text().replace("runs: 1000", "runs: 1").replace('when: event.address == "203.0.113.1"\n', ""))
        self.assertEqual(self.lines(self.other), [("ran", "held by threshold")])
        self.assertEqual(len(self.calls()), 2, "nothing was started")


if __name__ == "__main__":
    unittest.main()
