"""`aright test`: exit codes, forms of output, `--watch`, the packs, and that nothing real is touched."""
import json
import pathlib
import re
import subprocess
import unittest
import xml.etree.ElementTree

from daemon import BINARY, DaemonCase, until

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
PASSES = """test: it is put right
happens: [{{ states: {{ {path}: {{ content: "broken\\n" }} }} }}]
expect: {{ runs: [{{ workflow: restore, state: {state} }}] }}
"""


class Tests(DaemonCase):
    def setUp(self):
        super().setUp()
        (self.config / "tests").mkdir()

    def write_test(self, state):
        (self.config / "tests" / "a.yaml").write_text(PASSES.format(path=self.play / "a", state=state))

    def test_what_passes_and_what_fails(self):
        self.write_test("succeeded")
        self.assertIn("1 test, 0 failed", self.cli("test", str(self.config)))
        self.write_test("denied")
        done = subprocess.run([BINARY, "test", self.config, "-o", "json"], capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 1)
        said = json.loads(done.stdout)
        self.assertFalse(said["passed"])
        self.assertEqual(said["tests"][0]["mismatches"],
                         [{"file": "tests/a.yaml", "line": 3, "message": 'runs: state: expected "denied", seen "succeeded"; its reason: every change read back as desired'}])
        junit = subprocess.run([BINARY, "test", self.config, "-o", "junit"], capture_output=True, text=True, timeout=60)
        self.assertEqual(junit.returncode, 1)
        suite = xml.etree.ElementTree.fromstring(junit.stdout).find("testsuite")
        self.assertEqual((suite.get("tests"), suite.get("failures"), suite.get("errors")), ("1", "1", "0"))
        self.assertIn("expected", suite.find("testcase/failure").get("message"))

    def test_what_cannot_be_played_has_another_code_than_what_fails(self):
        self.write_test("succeeded")
        (self.config / "tests" / "b.yaml").write_text("test: b\nexpect: { runs: [{ state: fine }] }\n")
        self.assertIn("unknown state `fine`", self.cli("test", str(self.config), expect=2))
        self.write_test("denied")
        self.cli("test", str(self.config), expect=1)
        (self.config / "controls" / "a.yaml").write_text("control: a\n")
        self.cli("test", str(self.config), expect=2)

    def test_nothing_real_is_touched(self):
        self.write_test("succeeded")
        before = (self.play / "a").stat()
        self.cli("test", str(self.config))
        self.assertEqual((self.play / "a").stat(), before)  # before we read it ourselves: its last access is in there
        self.assertEqual((self.play / "a").read_text(), "approved\n")
        self.assertFalse(self.state.exists())

    def test_no_test_is_no_success(self):
        self.assertIn("there is no test", self.cli("test", str(self.config), expect=1))
        self.write_test("succeeded")
        self.assertIn("there is no test `x`", self.cli("test", str(self.config), "--only", "x", expect=1))

    def test_a_name_that_is_wrong_is_told_beside_those_there_are(self):
        tests = self.config / "tests"
        tests.mkdir(exist_ok=True)
        for name in ("first", "second", "third", "fourth", "fifth", "sixth"):
            (tests / f"{name}.yaml").write_text(f"test: {name}\nexpect: {{ runs: [] }}\n")
        said = self.cli("test", str(self.config), "--only", "secnd", expect=1)
        self.assertIn("did you mean `second`? there are `fifth`, `first`, `fourth`, `second`, `sixth` and 1 more", said)
        self.assertNotIn("tests/motd.yaml", said)

    def test_watch_plays_again_when_a_file_changes(self):
        self.write_test("succeeded")
        with open(self.top / "said", "w") as said:
            watching = subprocess.Popen([BINARY, "test", self.config, "--watch"], stdout=said, stderr=said)
        self.addCleanup(watching.wait)
        self.addCleanup(watching.kill)
        text = lambda: (self.top / "said").read_text()
        until(lambda: "1 test, 0 failed" in text(), text)
        self.write_test("denied")
        until(lambda: "1 test, 1 failed" in text(), text)
        (self.config / "workflows" / "restore.yaml").write_text("workflow: [")
        until(lambda: "error: " in text(), text)

    def test_the_packs_pass(self):
        for pack in sorted((REPOSITORY / "packs").glob("*/tests")):
            with self.subTest(pack.parent.name):
                said = self.cli("test", str(pack.parent), "--root", str(self.play))
                self.assertRegex(said, r"[1-9][0-9]* tests?, 0 failed")

    def test_the_example_of_the_page_passes(self):
        page = (REPOSITORY / "docs" / "tests.md").read_text()
        (self.config / "tests" / "page.yaml").write_text(re.search(r"```yaml\n(.*?)```", page, re.S)[1])
        (self.config / "controls" / "a.yaml").write_text(
            'control: a\ntitle: A is as approved\nwatch: { resource: file, path: /etc/motd }\ndesired: { content: "hello\\n", mode: "0644" }\n')
        self.assertIn("1 test, 0 failed", self.cli("test", str(self.config)))


if __name__ == "__main__":
    unittest.main()
