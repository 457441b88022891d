"""Kills, second daemons, broken configurations and databases: nothing lost, nothing doubled, a clear word."""
import os
import random
import signal
import subprocess
import unittest

from daemon import BINARY, DaemonCase, until


class Faults(DaemonCase):
    more = "guards: { threshold: [{ runs: 1000, within: 10m, per: workflow }] }\n"
    files = ["a", "b", "c"]

    def in_review(self, name):
        return any(r["subject"] == f"file:{self.play / name}" for r in self.ask("reviews", "list"))

    def decided_and_right(self):
        """A doubt is denied, which looks again; what somebody changed during a run is let go on."""
        for review in self.ask("reviews", "list"):
            self.assertIn(review["guard"], ("unknown", "foreign-change", "approval"))
            self.cli("reviews", "deny" if review["guard"] == "unknown" else "approve", str(review["id"]), "--reason", "look again")
        self.cli("rescan")
        return all(self.fixed(name) for name in self.files) and not self.ask("reviews", "list")

    def test_random_kills_lose_and_double_nothing(self):
        chance = random.Random(7)
        for _ in range(12):
            self.start()
            for name in self.files:
                self.break_file(name, f"broken {chance.random()}\n")
            for _ in range(chance.randrange(3)):  # the kill comes anywhere between the first read and the last commit
                self.runs()
            self.stop(signal.SIGKILL)
        self.start()
        # A file that changed again right after a kill is neither as before nor as intended: in review, not lost.
        until(lambda: all(self.fixed(n) or self.in_review(n) for n in self.files), "every file right or in review")
        until(self.decided_and_right, "all files right")
        until(lambda: not self.ask("runs", "list", "--open"), "no run open")
        self.assertEqual(sorted(p.name for p in self.play.iterdir()), self.files)
        self.assertEqual(self.stop(), 0)
        self.assertIn("ok: ", self.cli("audit", "verify"))

    def test_a_second_daemon_is_refused(self):
        self.start()
        self.assertIn(f"in use by process {self.process.pid}", self.refused())

    def test_a_broken_configuration_says_where(self):
        with open(self.config / "controls" / "a.yaml", "a") as control:
            control.write("severty: high\n")
        text = self.refused()
        self.assertIn("unknown field `severty` in control", text)
        self.assertIn("controls/a.yaml:5:1", text)
        self.assertIn("did you mean `severity`?", text)

    def test_a_foreign_database_is_refused_by_name_and_left(self):
        self.state.mkdir(mode=0o700)
        (self.state / "aright.db").write_text("not a database, but somebody's text, long enough to look at")
        before = (self.state / "aright.db").read_bytes()
        self.assertIn("aright.db", self.refused())
        self.assertEqual((self.state / "aright.db").read_bytes(), before)

    def test_a_log_without_its_key_is_refused(self):
        self.start()
        self.stop()
        os.unlink(self.state / "signing.key")
        self.assertIn("key of this log is missing", self.refused())

    def test_an_unreadable_resource_is_reported(self):
        (self.play / "a").unlink()
        (self.play / "a").symlink_to(self.play / "b")
        self.start()
        until(lambda: self.ask("status")["ready"], "ready")
        self.assertEqual(self.runs(), [])

    def test_misuse_is_two_and_names_the_word(self):
        for words, said in ((["no-such-verb"], "unknown command `no-such-verb`"),
                            (["wrokflows", "list"], "did you mean `workflows`?"),
                            (["--state", "x", "runs", "lst"], "did you mean `list`?"),
                            (["-o", "xml", "runs", "list"], "must be table, json or yaml, not \"xml\""),
                            (["runs", "show", "1/x"], "must be a number, not \"1/x\""),
                            (["reviews", "approve", "2/deny?", "--reason", "x"], "must be a number"),
                            (["workflows", "set-mode", "a b", "off", "--reason", "x"], "must be a name"),
                            (["pause"], "--reason is required")):
            done = subprocess.run([BINARY, *words], capture_output=True, text=True)
            self.assertEqual(done.returncode, 2, words)
            self.assertIn(said, done.stderr, words)


unittest.main()
