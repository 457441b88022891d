"""What people write after a command: a wrong word is exit code 2 with what to try, before anybody is asked."""
import json
import os
import pathlib
import subprocess
import tempfile
import unittest

from daemon import BINARY, remove


class Words(unittest.TestCase):
    def setUp(self):
        self.top = pathlib.Path(os.path.realpath(tempfile.mkdtemp(prefix="aright-words-")))
        self.addCleanup(remove, self.top)

    def run_cli(self, *words, code, cwd=None):
        done = subprocess.run([os.path.abspath(BINARY), "--state", str(self.top / "none"), *map(str, words)], capture_output=True, text=True, timeout=60,
                              cwd=cwd or self.top)
        self.assertEqual(done.returncode, code, f"{words}: {done.stdout}{done.stderr}")
        return done.stdout, done.stderr

    def test_a_wrong_word_is_told_with_what_to_try(self):
        for words, says in (
            (["workflows", "set-mode", "w", "auto2", "--reason", "r"], "did you mean `auto`? known modes: off, observe, plan, propose, auto"),
            (["waivers", "add", "c", "/a", "--reason", "r", "--for", "1x"], "such as 30m, 12h or 7d"),
            (["waivers", "add", "c", "/a", "--reason", "r", "--for", "0m"], "such as 30m, 12h or 7d"),
            (["waivers", "add", "c", "/a", "--reason", "r", "--until", "2026-13-01"], "write 2026-12-01"),
            (["waivers", "add", "c", "/a", "--reason", "r", "--until", "tomorrow"], "write 2026-12-01"),
            (["pause", "--reason", "r", "--driver", "exce"], "did you mean `exec`? known drivers: file, exec, call"),
            (["runs", "resolve", "1", "--reason", "r", "--as", "perhaps"], "not-done"),
            (["audit", "evidence", "--control", "c", "--since", "30x"], "such as 30d"),
            (["scan", ".", "-o", "xml"], "sarif"),
            (["-o", "sarif", "scan", "."], "aright scan DIR -o sarif"),
            (["-o", "yml", "status"], "must be table, json or yaml"),
            (["-o", "yaml", "audit", "export"], "lines of JSON"),
            (["audit", "evidence"], "--run or --control is required"),
            (["audit", "evidence", "--run", "1", "--control", "c"], "excludes"),
        ):
            with self.subTest(words=words):
                out, told = self.run_cli(*words, code=2)
                self.assertEqual(out, "")
                self.assertIn(says, told)

    def test_an_empty_word_is_none(self):
        """Mostly a variable that is not set: nothing may be done, or left out, because of it."""
        (self.top / "c").mkdir()
        for words in (["serve", "--config", "c", "--state", ""], ["serve", "--config", ""], ["serve", "--config", "c", "--listen", ""],
                      ["scan", "c", "--plan", "--state", ""], ["scan", ""], ["scan", "c", "--root", ""], ["validate", ""],
                      ["test", "--record", "3", "--state", "", "c"], ["test", "c", "--only", ""], ["audit", "verify", "--witness", ""],
                      ["audit", "verify", "--checkpoint", ""], ["audit", "verify", "--database", ""], ["audit", "export", "--key", ""],
                      ["audit", "evidence", "--run", "1", "--out", ""], ["backup", ""], ["runs", "list", "--workflow", ""],
                      ["waivers", "add", "", "/a", "--reason", "r", "--for", "1h"], ["pause", "--reason", ""], ["explain", ""]):
            with self.subTest(words=words):
                out, told = self.run_cli(*words, code=2)
                self.assertEqual(out, "")
                if "--key" not in words:
                    self.assertIn("is empty, a variable that is not set perhaps; say something there, or leave it out", told)
        for words in (["serve", "--config=c", "--state=", "--listen=127.0.0.1:0"], ["audit", "evidence", "--run", "1", "--out=", "--since=1h"], ["--state=", "status"]):
            with self.subTest(words=words):
                self.assertRegex(self.run_cli(*words, code=2)[1], "^error: --(state|out) is empty, a variable that is not set perhaps")
        self.assertNotIn("is empty", self.run_cli("--state", str(self.top / "none"), "pause", "--reason=a=", code=1)[1])
        self.assertEqual(sorted(p.name for p in self.top.iterdir()), ["c"], "nothing is made")

    def test_words_in_another_encoding_are_words(self):
        """No word of the command line may end the program: each is taken, with the bytes masked, or told to be wrong."""
        for words in (["pause"], ["resume"], ["reviews", "approve", "1"], ["reviews", "deny", "1"], ["runs", "cancel", "1"],
                      ["runs", "retry", "1"], ["runs", "undo", "1"], ["runs", "resolve", "1", "--as", "done"],
                      ["findings", "mark", "f-1", "--as", "true"], ["workflows", "set-mode", "w", "off"], ["contents", "erase", "s\udcfc"],
                      ["waivers", "add", "c", "/a\udcfc", "--owner", "J\udcf6rg", "--for", "1h"], ["controls", "reviewed", "c"]):
            with self.subTest(words=words):
                self.assertIn("no daemon answers", self.run_cli(*words, "--reason", "f\udcfcr", code=1)[1])
        self.assertIn("no daemon answers", self.run_cli("explain", "/a\udcfc", code=1)[1])
        for words in (["findings", "show", "f\udcfc"], ["runs", "show", "1\udcfc"], ["workflows", "set-mode", "w\udcfc", "off", "--reason", "r"],
                      ["runs", "list", "--since", "\udcfc"], ["nonse\udcfc"], ["pause", "--reason", "r", "--driver", "exe\udcfc"]):
            with self.subTest(words=words):
                self.assertIn("\\xfc", self.run_cli(*words, code=2)[1])
        (self.top / "rules").mkdir()
        (self.top / "rules" / "r.yml").write_text(
            "title: A login\nname: a-login\nlogsource: { product: shop }\ndetection: { login: { action: login }, condition: login }\n")
        (self.top / "e\udcfc").write_text('{"action": "login"}\n')
        out = self.run_cli("detect", "--controls", "rules", "e\udcfc", "--log-source", "product=shop", "-o", "json", code=1)[0]
        self.assertEqual(json.loads(out)["source"], "e\\xfc")

    def test_what_a_definition_says_is_masked(self):
        """Whoever sends a definition to be looked at must not write to the terminal of who looks, nor other messages."""
        (self.top / "c" / "controls").mkdir(parents=True)
        (self.top / "c" / "workflows").mkdir()
        (self.top / "c" / "controls" / "a.yaml").write_text('control: "a\\nerror: b"\n"z\\e]0;owned\\a\\e[2J": 1\n')
        (self.top / "c" / "controls" / "b\udcfc\x1b[2J.yaml").write_text("- b\n")
        (self.top / "c" / "controls" / "r.yml").write_text(
            'title: x\nlogsource: { product: "linux" }\nlevel: "hi\\e[2Jgh"\n'
            'detection: { "s": { "a|x\\e[2J": 1 }, condition: "s and \\e[31mt" }\n')
        for words in (["validate", "c"], ["scan", "c"], ["test", "c"], ["serve", "--config", "c"], ["detect", "--controls", "c/controls", "/dev/null"],
                      ["serve", "--config", "c\x1b[2J"], ["serve", "--config", "c", "--listen", "\x1b[2J:1"], ["validate", "c\x1b[2J\udcfc"]):
            with self.subTest(words=words):
                done = subprocess.run([os.path.abspath(BINARY), "--state", "none", *words], capture_output=True, timeout=60, cwd=self.top)
                self.assertIn(done.returncode, (1, 2))
                self.assertIn(b"error: ", done.stderr)
                self.assertIn(b"\\x1b", done.stderr)
                for raw in (b"\x1b", b"\xfc", b"\nerror: b"):
                    self.assertNotIn(raw, done.stdout + done.stderr)

    def test_help_is_a_word_too(self):
        self.assertEqual(self.run_cli("help", "runs", "undo", code=0), self.run_cli("runs", "undo", "--help", code=0))
        self.assertIn("reviews", self.run_cli("help", code=0)[0])
        self.assertIn("unknown command `undo`", self.run_cli("help", "undo", code=2)[1])

    def test_of_two_addresses_the_last_counts(self):
        serve = ("serve", "--config", self.top / "nowhere", "--listen", "127.0.0.1:1")
        self.assertIn("nowhere", self.run_cli(*serve, "--listen", "127.0.0.1:2", code=1)[1])

    def test_what_is_right_goes_on_to_ask(self):
        for words in (["workflows", "set-mode", "w", "auto", "--reason", "r"], ["waivers", "add", "c", "/a", "--reason", "r", "--for", "1h"],
                      ["waivers", "add", "c", "/a", "--reason", "r", "--until", "2026-12-01"], ["pause", "--reason", "r", "--driver", "exec"]):
            with self.subTest(words=words):
                told = self.run_cli(*words, code=1)[1]
                self.assertIn(str(self.top / "none"), told)
                self.assertIn("name another's folder with --state", told)

    def test_how_to_print_may_stand_before_the_verb(self):
        (self.top / "rules").mkdir()
        (self.top / "rules" / "r.yml").write_text(
            "title: A login\nname: a-login\nlogsource: { product: shop }\ndetection: { login: { action: login }, condition: login }\n")
        (self.top / "events").write_text(
            '{"t": "2026-11-25T04:00:00Z", "action": "login", "host": "a"}\n'
            '{"t": "2026-11-25T04:00:01Z", "action": "login", "host": "b: \\u001b[2J"}\n')
        detect = ["detect", "--controls", "rules", "events", "--log-source", "product=shop", "--time", "t"]
        before, after = ["-o", "yaml", *detect], [*detect, "-o", "yaml"]
        documents = self.run_cli(*before, code=1)[0]
        self.assertEqual(documents, self.run_cli(*after, code=1)[0])
        self.assertEqual(documents.count("---\n"), 2)
        self.assertIn('subject: "host=a"\n', documents)
        self.assertNotIn("\x1b", documents)
        for words in (["-o", "json", *detect], [*detect, "-o", "json"], ["-o", "table", *detect, "-o", "json"]):
            self.assertEqual([json.loads(line)["control"] for line in self.run_cli(*words, code=1)[0].splitlines()], ["a-login"] * 2)
        self.assertIn("on host=a", self.run_cli("-o", "json", *detect, "-o", "table", code=1)[0], "what stands with the verb counts")
        self.assertEqual(json.loads(self.run_cli("-o", "json", "schema", code=0)[0]), json.loads(self.run_cli("schema", code=0)[0]))
        self.assertFalse(self.run_cli("-o", "yaml", "schema", code=0)[0].startswith("{"))

    def test_a_relative_path_that_leads_nowhere(self):
        self.assertIn("nowhere/motd", self.run_cli("explain", "nowhere/motd", code=1)[1])


unittest.main()
