"""What the command line prints has arrived, or it fails: an empty file with exit code 0 would be taken for an answer."""
import os
import signal
import subprocess
import unittest

from daemon import BINARY, DaemonCase, until

FULL = "error: standard output: no space left on device\n"


@unittest.skipUnless(os.path.exists("/dev/full"), "skipped: there is no /dev/full")
class Output(DaemonCase):
    def to_full(self, *words, state=None):
        with open("/dev/full", "w") as full:
            done = subprocess.run([BINARY, "--state", str(state or self.state), *map(str, words)], stdout=full, stderr=subprocess.PIPE, text=True, timeout=60)
        return done.returncode, done.stderr

    def test_what_a_disk_does_not_take_is_told(self):
        self.start()
        self.break_file()
        self.ended(1)
        for words in (["status"], ["-o", "json", "runs", "list"], ["audit", "prove", "0"], ["audit", "verify"], ["audit", "export"],
                      ["schema"], ["validate", self.config], ["--help"], ["--version"], ["explain", "1"]):
            with self.subTest(words=words):
                self.assertEqual(self.to_full(*words), (2, FULL))
        code, told = self.to_full("pause", "--reason", "r")
        self.assertEqual((code, told), (2, FULL))
        self.assertTrue(self.ask("status")["paused"], "it is done all the same")
        self.assertEqual(self.stop(), 0)

    def test_more_than_a_buffer(self):
        (self.top / "events").write_text('{"action": "login"}\n' * 2000)
        (self.top / "rules").mkdir()
        (self.top / "rules" / "r.yml").write_text(
            "title: A login\nname: a-login\nlogsource: { product: shop }\ndetection: { login: { action: login }, condition: login }\n")
        detect = ["detect", "--controls", self.top / "rules", self.top / "events", "--log-source", "product=shop"]
        self.assertEqual(self.to_full(*detect), (2, FULL))

    def test_what_was_found_is_kept_in_the_code(self):
        self.break_file()
        code, told = self.to_full("scan", self.config)
        self.assertEqual(code, 1)
        self.assertTrue(told.endswith(FULL), told)

    def test_mistakes_that_nobody_can_read(self):
        (self.config / "controls" / "a.yaml").write_text("- a\n")
        with open("/dev/full", "w") as full:
            done = subprocess.run([BINARY, "validate", self.config], stdout=subprocess.PIPE, stderr=full, timeout=60)
        self.assertEqual((done.returncode, done.stdout), (2, b""))

    def test_a_reader_that_has_gone_is_not_told_of_it(self):
        for ignored in (False, True):
            ours, theirs = os.pipe()
            os.close(ours)
            done = subprocess.run([BINARY, "schema"], stdout=theirs, stderr=subprocess.PIPE, timeout=60, restore_signals=not ignored)
            os.close(theirs)
            self.assertEqual(done.stderr, b"")
            self.assertEqual(done.returncode, 2 if ignored else -signal.SIGPIPE)

    def test_a_daemon_runs_on(self):
        with open("/dev/full", "w") as full, open(self.top / "log", "w") as log:
            self.process = subprocess.Popen([BINARY, "serve", "--config", self.config, "--state", self.state], stdout=full, stderr=log)
        until(lambda: "standard output: no space left on device" in (self.top / "log").read_text(), "it says so")
        self.break_file()
        until(self.fixed, "it works all the same")
        self.process.terminate()
        self.assertEqual(self.process.wait(timeout=20), 0)


unittest.main()
