"""Expressions over real files: what is no text is not judged and not written over, and programs get real names."""
import json
import os
import stat
import subprocess
import unittest

from daemon import BINARY, DaemonCase, until

LATIN = b"name = J\xfcrgen\nbad\ngood\n"


class Expressions(DaemonCase):
    files = []
    more = "guards: { threshold: [{ runs: 100, within: 10m, per: workflow }] }\n"

    def setUp(self):
        super().setUp()
        (self.config / "workflows" / "restore.yaml").unlink()
        self.content = self.play / "content"

    def control(self, what, name="odd"):
        (self.config / "controls" / f"{name}.yaml").write_text(
            f"control: {name}\nwatch: {{ resource: file, path: {self.content} }}\n{what}\n")

    def workflow(self, steps="[{ ensure: desired }]", answers="odd"):
        (self.config / "workflows" / "w.yaml").write_text(
            f"workflow: w\nowner: tests\nanswers: {answers}\nmode: auto\n{self.more}steps: {steps}\n")

    def scan(self, *more):
        """Its only item."""
        done = subprocess.run([BINARY, "--state", str(self.state), "scan", str(self.config), "-o", "json", *more],
                              capture_output=True, text=True, timeout=90)
        self.assertIn(done.returncode, (0, 1, 2), done.stdout + done.stderr)
        (item,) = json.loads(done.stdout)["items"]
        return item

    def test_a_file_that_is_no_text_is_neither_judged_nor_written_over(self):
        self.content.write_bytes(LATIN)
        self.workflow()
        self.control("desired: { content: '${ resource.content.filter(l, l != \"bad\") }' }")
        item = self.scan("--fix")
        self.assertEqual(item["status"], "unreadable", item)
        self.assertIn(f"the content is no text ({len(LATIN)} bytes)", item["note"])
        self.start()
        trouble = until(lambda: self.ask("status").get("unreadable"), lambda: self.ask("status"))
        self.assertIn("the content is no text", json.dumps(trouble))
        self.assertEqual(self.content.read_bytes(), LATIN)
        self.content.write_bytes(LATIN.replace(b"\xfc", b"ue"))
        until(lambda: self.content.read_bytes() == b"name = Juergen\ngood\n", self.content.read_bytes)
        self.assertEqual(self.stop(), 0)

    def test_a_condition_on_what_is_no_text_is_not_clean(self):
        self.content.write_bytes(LATIN)
        for violation in ('resource.content.exists(l, l == "bad")', '!("good" in resource.content)',
                          'has(resource.content) && resource.content == []'):
            self.control(f"violation: '{violation}'")
            item = self.scan()
            self.assertEqual(item["status"], "unreadable", item)
            self.assertIn("the content is no text", item["note"])
        self.control("violation: resource.mode == \"0000\"")
        self.assertEqual(self.scan()["status"], "compliant")

    def test_lines_with_breaks_in_them_are_as_desired_once_written(self):
        for text, wanted in (('["a\\nb", ""]', b"a\nb\n"), ('["a\\u0000b", ""]', b"a\0b\n")):
            self.content.write_bytes(b"x\n")
            self.control(f"desired: {{ content: '${{ {text} }}' }}")
            self.workflow()
            self.assertEqual(self.scan("--fix")["status"], "fixed")
            self.assertEqual(self.content.read_bytes(), wanted)
            self.assertEqual(self.scan()["status"], "compliant")

    def test_an_owner_is_filled_in_by_name(self):
        self.content.write_bytes(b"x\n")
        self.control("desired: { owner: '${ resource.exists ? \"0\" : \"1\" }' }")
        item = self.scan()
        self.assertEqual(item["status"], "unreadable", item)
        self.assertIn("write the name", item["note"])

    def test_a_program_gets_the_path_and_never_the_name_of_another_file(self):
        folder = self.play / "folder"
        folder.mkdir()
        good = [b"plain", b"a\\b", b"new\nline x", "\u202ex".encode(), b"-n x"]
        other, unsaid = b"a\\\\b", b"\xff\xfe"
        for name in [*good, other, unsaid]:
            path = os.path.join(os.fsencode(folder), name)
            with open(path, "wb"):
                os.chmod(path, 0o640 if name == other else 0o644)
        (self.config / "controls" / "odd.yaml").write_text(
            f"control: odd\nwatch: {{ resource: file, folder: {folder} }}\nviolation: resource.exists && resource.mode == '0644'\n")
        self.workflow("[{ exec: [/usr/bin/chmod, \"0600\", \"${ finding.subject.id }\"] }]")

        def mode(name):
            return stat.S_IMODE(os.stat(os.path.join(os.fsencode(folder), name)).st_mode)

        self.start()
        until(lambda: all(mode(name) == 0o600 for name in good), lambda: {name: oct(mode(name)) for name in good})
        (held,) = until(lambda: self.runs("held"), lambda: self.ask("runs", "list"))
        self.assertIn("\\xff\\xfe\" is not UTF-8", held["reason"])
        self.assertEqual((mode(other), mode(unsaid)), (0o640, 0o644))
        self.assertEqual(self.stop(), 0)
        self.assertIn("ok: ", self.cli("audit", "verify"))


unittest.main()
