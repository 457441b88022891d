"""Kills, second daemons, broken configurations and databases: nothing lost, nothing doubled, a clear word."""
import os
import pwd
import random
import signal
import subprocess
import unittest
import urllib.request
from datetime import datetime

from daemon import BINARY, CONTROL, DaemonCase, until


class Faults(DaemonCase):
    more = "guards: { threshold: [{ runs: 1000, within: 10m, per: workflow }] }\n"
    files = ["a", "b", "c"]

    def in_review(self, name):
        return any(r["subject"] == f"file:{self.play / name}" for r in self.ask("reviews", "list"))

    def decided_and_right(self):
        """A doubt is denied, which looks again; what somebody changed during a run is let go on."""
        for review in self.ask("reviews", "list"):
            self.assertIn(review["guard"], ("unknown", "foreign-change", "approval"))
            self.cli("reviews", "deny" if review["guard"] == "unknown" else "approve", str(review["id"]), "--reason", "look again", expect=(0, 3))
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
        for name in ("plan.key", "signing.key"):
            os.unlink(self.state / name)
            self.assertIn(f"{name}: is missing, but the log here was begun with it", self.refused())

    def test_an_unreadable_resource_is_reported(self):
        (self.play / "a").unlink()
        (self.play / "a").symlink_to(self.play / "b")
        self.start()
        self.unreadable("a", "link")
        self.assertEqual(self.runs(), [])
        metrics = urllib.request.urlopen(f"http://127.0.0.1:{self.port}/metrics").read()
        self.assertIn(b"aright_inconclusive 1", metrics)
        listed = subprocess.run([BINARY, "--state", self.state, "findings", "list"], capture_output=True, text=True)
        self.assertEqual(listed.stdout, "no open findings\n")
        self.assertIn("1 managed resource cannot be read", listed.stderr)

    def unreadable(self, name, word):
        """Seen in the status and by whoever watches the terminal."""
        subject = f"file:{self.play / name}"
        seen = until(lambda: self.ask("status")["unreadable"], "what cannot be read is in the status")
        self.assertEqual([trouble["subject"] for trouble in seen], [subject])
        self.assertIn(word, seen[0]["error"])
        until(lambda: f"{subject} cannot be read" in (self.top / "log").read_text(), "a warning in the log")

    def test_a_second_name_hides_a_change_only_as_long_as_it_is_there(self):
        self.start()
        os.link(self.play / "a", self.top / "second")
        self.break_file()
        self.unreadable("a", "link")
        self.assertFalse(self.fixed())
        (self.top / "second").unlink()  # in another folder: the file itself tells of it
        until(self.fixed, "read again and put right")
        until(lambda: not self.ask("status")["unreadable"], "nothing is unreadable any more")

    def test_a_mended_folder_has_its_files_put_right(self):
        sub = self.play / "sub"
        sub.mkdir()
        (sub / "a").write_text("approved\n")
        (self.config / "controls" / "a.yaml").write_text(CONTROL.format(name="a", path=sub / "a"))
        self.start()
        sub.chmod(0o777)
        (sub / "a").write_text("broken\n")
        self.unreadable("sub/a", "")
        sub.chmod(0o755)
        until(lambda: (sub / "a").read_text() == "approved\n", "put right")

    def test_a_folder_that_comes_back_ends_the_wait(self):
        sub = self.play / "sub"
        sub.mkdir()
        (sub / "a").write_text("approved\n")
        (self.config / "controls" / "a.yaml").write_text(CONTROL.format(name="a", path=sub / "a"))
        self.start()
        sub.rename(self.top / "away")  # at once: between two steps the file would be put right
        self.ended(1, "failed")
        until(lambda: not self.ask("runs", "list", "--open"), "no run open")
        sub.mkdir()
        until(lambda: (sub / "a").exists(), "put right")
        runs = [datetime.fromisoformat(run["created_at"]) for run in self.runs()]
        self.assertLess((runs[0] - runs[1]).total_seconds(), 9, "not waited out")

    def test_a_watching_person_sees_findings_ends_and_questions(self):
        self.start()
        for count in range(1, 4):
            self.break_file(text=f"broken {count}\n")
            self.ended(count)
        log = (self.top / "log").read_text()
        self.assertIn("opened: a on file:", log)
        self.assertIn("run 3 succeeded: ", log)

    def test_nobody_manages_the_state_of_a_daemon(self):
        other = self.top / "other"
        other.mkdir()
        for name in ("signing.key", "aright.db"):
            (other / name).touch()
        for path, word in ((self.state / "pause", "is protected"), (self.config / "controls" / "a.yaml", "is protected"),
                           (other / "pause", "the state folder of a daemon")):
            (self.config / "controls" / "a.yaml").write_text(CONTROL.format(name="a", path=path))
            text = self.refused()
            self.assertIn(word, text)
            self.assertIn("controls/a.yaml:3:32", text)
            self.assertIn(word, self.cli("validate", str(self.config), expect=1))

    def test_who_asked_for_a_rescan_is_on_record(self):
        self.start()
        self.cli("rescan")
        asked = [e for e in self.entries() if e["kind"] == "rescan.asked"]
        self.assertEqual([e["by"] for e in asked], [pwd.getpwuid(os.geteuid()).pw_name])

    def test_misuse_is_two_and_names_the_word(self):
        for words, said in ((["no-such-verb"], "unknown command `no-such-verb`"),
                            (["wrokflows", "list"], "did you mean `workflows`?"),
                            (["--state", "x", "runs", "lst"], "did you mean `list`?"),
                            (["-o", "xml", "runs", "list"], "must be table, json or yaml, not \"xml\""),
                            (["runs", "show", "1/x"], "must be a number, not \"1/x\""),
                            (["reviews", "approve", "2/deny?", "--reason", "x"], "must be a number"),
                            (["workflows", "set-mode", "a b", "off", "--reason", "x"], "must be a name"),
                            (["waivers", "add", "motd", "/x", "--reason", "t"], "error: --until or --for is required"),
                            (["waivers", "add", "motd", "/x", "--reason", "t", "--until", "2030-01-01", "--for", "1h"], "excludes --for"),
                            (["pause"], "--reason is required")):
            done = subprocess.run([BINARY, *words], capture_output=True, text=True)
            self.assertEqual(done.returncode, 2, words)
            self.assertIn(said, done.stderr, words)


class NormalUser(DaemonCase):
    user = 65534

    def test_a_file_whose_mode_hides_it_is_shown_with_what_to_do(self):
        self.start()
        (self.play / "a").chmod(0)
        until(lambda: self.get("/v1/status")["unreadable"], "seen")
        said = "may not read it (mode 0000, owner "
        self.assertIn(said, self.cli("status"))
        self.assertIn("let its owner read it again: chmod u+r", self.cli("status"))
        listed = subprocess.run([BINARY, "--state", self.state, "findings", "list"], capture_output=True, text=True, timeout=30)
        self.assertIn("1 managed resource cannot be read", listed.stderr)
        until(lambda: said in (self.top / "log").read_text(), "a warning in the log")
        self.assertEqual((self.play / "a").stat().st_mode & 0o777, 0)
        (self.play / "a").chmod(0o400)
        until(lambda: (self.play / "a").stat().st_mode & 0o777 == 0o644, "put right once it can be read")
        until(lambda: not self.get("/v1/status")["unreadable"], "and forgotten")


unittest.main()
