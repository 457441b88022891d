"""`aright scan`: once, without a daemon; `--fix` through guards and audit."""
import json
import pathlib
import subprocess
import unittest

from daemon import BINARY, DaemonCase


class Scan(DaemonCase):
    files = ["a", "b"]

    def scan(self, *more, code):
        done = subprocess.run([BINARY, "--state", str(self.state), "scan", str(self.config), *more],
                              capture_output=True, text=True, timeout=90)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done.stdout

    def items(self, *more, code):
        return {pathlib.Path(i["subject"]).name: i for i in json.loads(self.scan("-o", "json", *more, code=code))["items"]}

    def test_looks_and_changes_nothing(self):
        self.assertIn("2 looked at by 2 controls: 2 compliant", self.scan(code=0))
        self.break_file()
        self.assertEqual(self.items(code=1)["a"]["status"], "violation")
        item = self.items("--plan", code=1)["a"]
        self.assertEqual(item["difference"][0]["value"], "approved")
        self.assertEqual((self.play / "a").read_text(), "broken\n")
        self.assertFalse(self.state.exists())

    def test_what_is_fixed_is_recorded_and_guarded(self):
        for n in range(3):
            self.break_file(text=f"broken {n}\n")
            items = self.items("--fix", code=0)
            self.assertEqual((items["a"]["status"], items["b"]["status"]), ("fixed", "compliant"))
            self.assertRegex(items["a"]["note"], f"^run {n + 1} succeeded")
            self.assertEqual((self.play / "a").read_text(), "approved\n")
        self.break_file(text="once more\n")
        for _ in range(2):  # the second time it says so too, and starts no second run
            items = self.items("--fix", code=1)
            self.assertRegex(items["a"]["note"], "^run 4 held: threshold.*review 1")
            self.assertEqual((self.play / "a").read_text(), "once more\n")
        self.assertIn("ok: ", self.cli("audit", "verify"))
        self.start()
        self.assertEqual([r["state"] for r in self.runs()], ["held", "succeeded", "succeeded", "succeeded"])

    def test_no_workflow_goes_beyond_its_ceiling(self):
        self.write_workflow(mode="plan")
        self.break_file()
        note = self.items("--fix", code=1)["a"]["note"]
        self.assertRegex(note, "^run 1 planned")
        self.write_workflow(mode="observe")
        self.assertIn("mode observe", self.items("--fix", code=1)["a"]["note"])
        self.assertEqual((self.play / "a").read_text(), "broken\n")

    def test_a_state_folder_in_use_is_refused(self):
        self.start()
        self.cli("pause", "--reason", "so that it stays broken")
        self.break_file()
        done = subprocess.run([BINARY, "--state", str(self.state), "scan", str(self.config), "--fix"],
                              capture_output=True, text=True, timeout=90)
        self.assertEqual(done.returncode, 1)
        self.assertIn("in use", done.stderr)

    def test_mistakes_are_named(self):
        (self.config / "controls" / "a.yaml").write_text("control: a\nwtch: {}\n")
        done = subprocess.run([BINARY, "scan", str(self.config)], capture_output=True, text=True, timeout=90)
        self.assertEqual(done.returncode, 1)
        self.assertIn("wtch", done.stderr)
        self.assertIn("controls/a.yaml:2", done.stderr)


unittest.main()
