"""`aright explain`: for a subject, a finding or a run, in words and as data, without changing anything."""
import os
import subprocess
import unittest

from daemon import BINARY, CONTROL, DaemonCase, until
from log_case import MANY, RULE, LogCase


class Explain(DaemonCase):
    def test_the_fourth_run_with_the_numbers_it_was_held_for(self):
        self.start()
        path = self.play / "a"
        self.assertIn("reads as desired", self.cli("explain", str(path)))
        for count in range(1, 4):
            self.break_file(text=f"broken {count}\n")
            self.ended(count)
        self.break_file(text="broken 4\n")
        (held,) = until(lambda: self.runs("held"), "the fourth run held")
        entries = len(self.entries())
        words = self.cli("explain", f"file:{path}")
        self.assertIn("a: restore: run 4 is held: threshold: admitted 3 times within 10m per workflow", words)
        self.assertIn("review 1 waits for a person", words)
        self.assertIn("threshold: 3 of 3 admitted within 10m per workflow, oldest leaves in ", words)
        data = self.ask("explain", str(path))
        self.assertEqual(self.ask("explain", str(held["id"]))["subject"], data["subject"])
        self.assertEqual(self.ask("explain", held["finding"])["subject"], data["subject"])
        (control,) = data["controls"]
        self.assertEqual((control["matched"], control["differs"]), (True, ["content"]))
        self.assertEqual(control["finding"]["id"], held["finding"])
        (guard,) = control["workflows"][0]["guards"]
        self.assertEqual((guard["admitted"], guard["allowed"], guard["per"]), (3, 3, "workflow"))
        self.assertEqual(len(self.entries()), entries)
        self.cli("waivers", "add", "a", str(path), "--reason", "known", "--for", "1h")
        self.assertIn("waiver 1 (known, owner ", self.cli("explain", str(path)))

    def test_a_path_from_where_one_stands(self):
        self.start()
        (self.top / "way").symlink_to(self.play)
        (self.play / "final").symlink_to("a")
        elsewise = (f"{self.play}/./a", f"{self.play}//a", f"{self.play}/../{self.play.name}/a", f"file:{self.top}/way/a")
        for words in ("./a", "a", "../way/a", *elsewise):
            done = subprocess.run([os.path.abspath(BINARY), "--state", str(self.state), "explain", words], capture_output=True, text=True, timeout=60, cwd=self.play)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn(f"\nfile:{self.play}/a, read ", done.stdout)
            self.assertIn("reads as desired", done.stdout)
        done = subprocess.run([os.path.abspath(BINARY), "--state", str(self.state), "explain", "final"], capture_output=True, text=True, timeout=60, cwd=self.play)
        self.assertIn(f"no control looks at file:{self.play}/final", done.stdout)

    def test_a_path_that_is_not_utf8(self):
        for name in ("b\udcfc", "c\udcfc"):
            (self.play / name).write_text("approved\n")
        path = f"{self.play}/b\\xfc"
        (self.config / "controls" / "b.yaml").write_text(CONTROL.format(name="b", path=path))
        self.start()
        for words in (f"{self.play}/b\udcfc", f"file:{self.play}/b\udcfc", path):
            self.assertIn(f"\nfile:{path}, read ", self.cli("explain", words))
        self.assertIn(f"no control looks at file:{self.play}/c\\xfc", self.cli("explain", f"{self.play}/c\udcfc"))
        self.cli("waivers", "add", "b", f"{self.play}/b\udcfc", "--reason", "f\udcfcr", "--for", "1h")
        self.assertIn("waiver 1 (f\\xfcr, owner ", self.cli("explain", f"{self.play}/b\udcfc"))

    def test_a_file_that_only_a_step_changes(self):
        self.write_workflow()
        with open(self.config / "workflows" / "restore.yaml", "a") as workflow:
            workflow.write(f"  - ensure: {{ resource: file, path: {self.play}/own, desired: {{ content: own }} }}\n")
        self.start()
        words = self.cli("explain", f"{self.play}/own")
        self.assertIn(f"no control looks at file:{self.play}/own, so it is read by nobody; a step of restore changes it", words)
        self.assertNotIn("nothing happens to it", words)

    def test_a_path_as_a_shell_gives_it(self):
        names = ["line\nbreak", "back\\slash"]
        written = ["line\\x0abreak", "back\\\\slash"]
        for name in names:
            (self.play / name).write_text("approved\n")
        (self.config / "controls" / "a.yaml").write_text(
            f"control: a\nwatch: {{ resource: file, folder: {self.play} }}\ndesired: {{ mode: '0644' }}\n")
        self.start()
        for name, text in zip(names, written):
            self.assertIn(f"\nfile:{self.play}/{text}, read ", self.cli("explain", f"{self.play}/{name}"))
            self.cli("waivers", "add", "a", f"{self.play}/{name}", "--reason", "known", "--for", "1h")
        self.assertEqual({w["subject"] for w in self.ask("waivers", "list")}, {f"file:{self.play}/{text}" for text in written})

    def test_a_mode_that_is_off_waits_for_nobody(self):
        self.start()
        for count in range(1, 4):
            self.break_file(text=f"broken {count}\n")
            self.ended(count)
        self.break_file(text="broken 4\n")
        until(lambda: self.runs("held"), "the fourth run held")
        self.assertIn("review 1 waits for a person", self.cli("explain", str(self.play / "a")))
        self.cli("workflows", "set-mode", "restore", "off", "--reason", "stop")
        words = self.cli("explain", str(self.play / "a"))
        self.assertNotIn("waits for a person", words)
        self.assertIn("the mode is now off, so nothing of it goes on, and approving review 1 would change nothing", words)

    def test_what_it_knows_nothing_of(self):
        self.start()
        self.assertIn("no control looks at file:/etc/motd", self.cli("explain", "/etc/motd"))
        self.assertIn("no run 99", self.cli("explain", "99", expect=1))
        self.assertIn("no finding f-0", self.cli("explain", "f-0", expect=1))
        self.assertIn("names no subject", self.cli("explain", "nonsense", expect=1))


class ExplainLogs(LogCase):
    """Of what was found in a log: each event by its own words, and why a correlation says nothing more."""

    def say(self, **more):
        """A line of its own in the log, handled; its place."""
        offset = self.log_file.stat().st_size if self.log_file.exists() else 0
        with open(self.log_file, "a") as log:
            log.write(self.line("203.0.113.9", **more))
        self.said = getattr(self, "said", 0) + 1
        self.taken(self.said)
        return f"app:{self.log_file}:{offset}"

    def test_what_each_event_matched_is_of_that_event(self):
        self.rule(RULE.replace("  selection: { what: failed }\n  condition: selection", "  one: { n: 1 }\n  two: { n: 2 }\n  condition: 1 of them"))
        self.start()
        first, second = self.say(n=1), self.say(n=2)
        until(lambda: [f["occurrences"] for f in self.get("/v1/findings")] == [2], lambda: self.get("/v1/findings"))
        self.assertIn("matched by one; ", self.cli("explain", first))
        self.assertIn("matched by two; ", self.cli("explain", second))
        self.assertEqual([f["differs"] for f in self.ask("explain", first)["event"]["findings"]], [["one"]])
        self.assertIn("  matched     two  (one of them)\n", self.cli("findings", "show", self.get("/v1/findings")[0]["id"]))

    def test_a_correlation_that_fired_is_silent_and_says_so(self):
        self.rule(RULE, MANY)
        self.workflow(answers="many-failed")
        self.start()
        places = [self.say() for _ in range(4)]
        until(lambda: self.get("/v1/findings"), "the third completes it")
        words = self.cli("explain", places[3])
        self.assertIn("4 of at least 3 within 10m for each `address`, up to this event; it fired at ", words)
        self.assertNotIn("no finding names the event", words)
        self.assertIn("many-failed: it fired at ", self.cli("explain", "address=203.0.113.9"))

    def test_what_a_removed_control_had_found_is_told(self):
        self.start()
        self.say()
        self.called("203.0.113.9")
        (self.config / "controls" / "rules.yml").unlink()
        (self.config / "workflows" / "react.yaml").unlink()
        self.cli("reload")
        words = self.cli("explain", "host=203.0.113.9")
        self.assertRegex(words, "finding f-[0-9a-f]{16} of control failed-login is dismissed: ")
        self.assertIn("of workflow react on host=203.0.113.9: succeeded", words)
        self.assertIn("no control in force has a finding on host=203.0.113.9", words)


unittest.main()
