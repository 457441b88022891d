"""A source that becomes a log, a webhook, other files, or is away for a while: each goes on where it was."""
import json
import shutil
import signal
import unittest

from daemon import until
from webhook import WebhookCase, deleted, github

LOG = """source: hook
tail: {{ files: [{files}], from: start }}
log_source: {{ product: tests }}
decode: {{ json: {{ trusted: [host, action] }} }}
"""
COUNTED = """title: One of many
name: one-of-many
logsource: { product: tests }
detection:
  selection: { action: counted }
  condition: selection
---
title: Three of one host
name: three-of-one
level: high
correlation: { type: event_count, rules: [one-of-many], group-by: [host], timespan: 1h, condition: { gte: 3 } }
"""


class SourceKinds(WebhookCase):
    def setUp(self):
        super().setUp()
        self.log_file = self.top / "app.log"
        self.log_file.touch()
        self.sent = 0
        self.expected = []

    def write_log(self, *files):
        (self.config / "sources" / "hook.yaml").write_text(LOG.format(files=", ".join(map(str, files or (self.log_file,)))))

    def changed(self, how):
        if how == "reload":
            self.cli("reload")
        else:
            self.stop(how)
            self.start()

    def line(self, host, action="deleted", file=None, read=True):
        with open(file or self.log_file, "a") as log:
            log.write(json.dumps({"action": action, "host": host}) + "\n")
        if action == "deleted" and read:
            self.expected.append(host)

    def deliver(self, host, action="deleted"):
        self.sent += 1
        body = json.dumps({"action": action, "host": host, "number": self.sent}).encode()
        status, said, _ = self.post(body, github(body, f"d{self.sent}"))
        self.assertEqual((status, said), (200, {"duplicate": False, "number": self.sent - 1}))
        if action == "deleted":
            self.expected.append(host)

    def done_once(self):
        """What was said so far, and each once. As what is doubled would come first, more is not waited for."""
        until(lambda: len(self.calls()) >= len(self.expected) and not self.get("/v1/runs?open=1"),
              lambda: f"{self.expected}: {self.calls()} {self.get('/v1/sources')}")
        self.assertEqual(self.calls(), sorted(self.expected))
        findings = self.ask("findings", "list", "--all")
        self.assertEqual({f["occurrences"] for f in findings} | {1}, {1}, findings)
        shown = self.source()
        self.assertEqual((shown["gaps"], shown["trouble"]), (0, ""), shown)

    def over(self):
        self.assertEqual(self.stop(), 0)
        self.assertIn("ok: ", self.cli("audit", "verify"))

    def changes_its_kind(self, how):
        self.write_source()
        self.start()
        for host in ("p1", "p2"):
            self.deliver(host)
        self.done_once()
        for turn in range(3):
            self.line(f"l{turn}a")  # more bytes than there are deliveries
            self.write_log()
            self.changed(how)
            self.line(f"l{turn}b")
            self.done_once()
            self.assertEqual([p["path"] for p in self.source()["places"]], [str(self.log_file)])
            self.write_source()
            self.changed(how)
            self.deliver(f"p{turn}c")
            self.done_once()
            self.assertEqual(self.source()["kind"], "webhook")
            again = deleted("p1")
            self.assertEqual(self.post(again, github(again, "d1"))[1], {"duplicate": True})
        self.over()

    def test_by_reloads_each_kind_goes_on_where_it_was(self):
        self.changes_its_kind("reload")

    def test_over_starts_each_kind_goes_on_where_it_was(self):
        self.changes_its_kind(signal.SIGTERM)

    def test_killed_each_kind_goes_on_where_it_was(self):
        self.changes_its_kind(signal.SIGKILL)

    def test_a_reload_and_a_kill_with_the_old_file_again(self):
        """Killed right after an answer: what was acknowledged is found when it is a webhook again, at the latest."""
        self.write_answer("observe")
        self.line("l1")
        self.write_log()
        self.start()
        subjects = lambda: {f["subject"]: f["occurrences"] for f in self.get("/v1/findings")}
        found = lambda: until(lambda: subjects() == {f"host={host}": 1 for host in self.expected}, subjects)
        found()
        for turn in range(3):
            self.write_source()
            self.cli("reload")
            self.deliver(f"p{turn}")
            self.stop(signal.SIGKILL)
            self.write_log()
            self.line(f"m{turn}")
            self.start()
            until(lambda: f"host=m{turn}" in subjects(), subjects)
            self.write_source()
            self.cli("reload")
            found()
            self.assertEqual(self.source()["gaps"], 0)
            self.write_log()
            self.cli("reload")
        self.over()

    def test_an_event_is_looked_at_again_where_it_came_from(self):
        self.write_source()
        self.start()
        self.deliver("p0", "seen")
        until(lambda: self.source()["events"] == 1, "taken")
        self.write_log()
        self.cli("reload")
        self.line("l0", "seen")
        until(lambda: self.source()["events"] == 2, "taken")
        said = self.cli("explain", "hook:0", expect=1)
        self.assertIn("not configured as a webhook any more", said)
        self.assertIn("`selection` is not", self.cli("explain", f"hook:{self.log_file}:0"))

    def test_files_that_are_left_and_taken_up_again(self):
        for tag, how in (("r", "reload"), ("k", signal.SIGKILL)):
            with self.subTest(how=how):
                a, b = self.top / f"a-{tag}.log", self.top / f"b-{tag}.log"
                self.line(f"{tag}a1", file=a)
                self.line(f"{tag}b1", file=b)
                self.write_log(a, b)
                if self.process:
                    self.cli("reload")
                else:
                    self.start()
                self.done_once()
                self.write_log(b)
                self.changed(how)
                self.line(f"{tag}a2", file=a)
                self.line(f"{tag}b2", file=b)
                until(lambda: len(self.calls()) == len(self.expected) - 1, self.calls)
                self.assertEqual([p["path"] for p in self.source()["places"]], [str(b)])
                self.write_log(a, b)
                self.changed(how)
                self.done_once()
        self.over()

    def test_away_for_a_while(self):
        for tag, how in (("r", "reload"), ("k", signal.SIGKILL)):
            with self.subTest(how=how):
                for write, say in ((self.write_log, self.line), (self.write_source, self.deliver)):
                    write()
                    if self.process:
                        self.changed(how)
                    else:
                        self.start()
                    say(f"{say.__name__}-{tag}-1")
                    self.done_once()
                    (self.config / "sources" / "hook.yaml").unlink()
                    self.changed(how)
                    self.assertEqual(self.source()["configured"], False)
                    write()
                    self.changed(how)
                    say(f"{say.__name__}-{tag}-2")
                    self.done_once()
        self.over()

    def test_two_that_exchange_their_names(self):
        def write(hook, log):
            for old in (self.config / "sources").iterdir():
                old.unlink()
            self.write_source(hook)
            text = LOG.format(files=self.log_file).replace("source: hook", f"source: {log}")
            (self.config / "sources" / f"{log}.yaml").write_text(text)

        write("hook", "log")
        self.start()
        self.deliver("p1")
        self.line("l1")
        until(lambda: self.calls() == ["l1", "p1"], self.calls)
        write("log", "hook")
        self.cli("reload")
        body = deleted("p2")
        self.assertEqual(self.post(body, github(body, "x1"), "log")[1], {"duplicate": False, "number": 0})
        until(lambda: "p2" in self.calls(), self.calls)
        write("hook", "log")
        self.stop(signal.SIGKILL)
        self.start()
        self.deliver("p3")
        self.line("l2")
        until(lambda: {"p3", "l2"} <= set(self.calls()), self.calls)
        self.assertEqual([c for c in self.calls() if c[0] == "p"], ["p1", "p2", "p3"])
        self.assertEqual([s["gaps"] for s in self.get("/v1/sources")], [0, 0])
        self.over()

    def counts(self, how):
        """Two before, and the third when it is there again: neither forgotten nor counted twice."""
        (self.config / "controls" / "counted.yml").write_text(COUNTED)
        self.write_log()
        self.start()
        for host in ("x", "x", "y"):
            self.line(host, "counted")
        until(lambda: self.source()["events"] == 3, "taken")
        self.write_source()
        self.changed(how)
        for host in ("x2", "x2", "y"):
            self.deliver(host, "counted")
        until(lambda: self.source()["events"] == 6, "taken")
        self.write_log()
        self.changed(how)
        self.line("x", "counted")
        until(lambda: self.source()["events"] == 7, "taken")
        self.write_source()
        self.changed(how)
        self.deliver("x2", "counted")
        until(lambda: self.source()["events"] == 8, "taken")
        subjects = lambda: sorted(f["subject"] for f in self.get("/v1/findings"))
        until(lambda: len(subjects()) >= 2, subjects)
        self.assertEqual(subjects(), ["host=x", "host=x2"])
        self.over()

    def test_windows_go_on_by_reloads(self):
        self.counts("reload")

    def test_windows_go_on_over_kills(self):
        self.counts(signal.SIGKILL)

    def test_what_is_gone_of_a_webhook_is_told(self):
        self.write_source()
        self.start()
        self.deliver("p1")
        self.done_once()
        kept = self.state / "webhooks" / "hook"
        for gone, tells in ((kept / "spool", "spool is gone or empty, though 1 "), (kept.parent, "hook is gone or empty, though 2 ")):
            self.assertEqual(self.stop(), 0)
            shutil.rmtree(gone)
            self.start()
            said = (self.top / "log").read_text()
            self.assertIn(tells, said)
            shown = until(lambda: (s := self.source()) and tells in s["last_gap"] and s, self.source)
            self.deliver(f"after-{gone.name}")
            until(lambda: self.calls() == sorted(self.expected), self.calls)
        self.assertEqual(shown["gaps"], 2)
        self.assertEqual(len([e for e in self.entries() if e["kind"] == "source.gap"]), 2)
        self.over()

    def test_a_damaged_spool_names_what_is_to_be_moved(self):
        self.write_source()
        self.start()
        for host in ("p1", "p2", "p3"):
            self.deliver(host)
        self.done_once()
        self.stop(signal.SIGKILL)
        folder = self.state / "webhooks" / "hook" / "spool"
        segment = next(folder.iterdir())
        damaged = bytearray(segment.read_bytes())
        damaged[100] ^= 1
        segment.write_bytes(damaged)
        said = self.refused()
        self.assertIn(f"{segment}: damaged at byte", said)
        self.assertIn(f"or move {folder} away: what was acknowledged there and not worked up yet is lost then", said)
        self.assertNotIn("state folder", said)
        folder.rename(self.top / "aside")
        self.start()
        self.deliver("p4")
        until(lambda: self.calls() == sorted(self.expected), self.calls)
        self.over()


unittest.main()
