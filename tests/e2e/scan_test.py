"""`aright scan`: once, without a daemon; `--fix` through guards and audit."""
import json
import pathlib
import subprocess
import unittest

from daemon import BINARY, BROKEN, DaemonCase


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
        self.assertEqual((self.play / "a").read_text(), BROKEN)
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
        self.assertEqual((self.play / "a").read_text(), BROKEN)

    def test_what_a_fix_leaves_says_why_of_each_workflow(self):
        self.write_workflow(more="when: finding.severity == 'critical'\n")
        second = (self.config / "workflows" / "restore.yaml").read_text().replace("workflow: restore", "workflow: later").replace("when: finding.severity == 'critical'\n", "guards: { for: 1h }\n")
        (self.config / "workflows" / "later.yaml").write_text(second)
        self.break_file()
        note = self.items("--fix", code=1)["a"]["note"]
        self.assertIn("restore: its `when` is false: finding.severity == 'critical'", note)
        self.assertRegex(note, "later: for: open for less than 1h")
        self.assertEqual((self.play / "a").read_text(), BROKEN)

    def test_a_run_held_for_want_of_a_test_only_waits_for_a_yes_once_there_is_one(self):
        (self.config / "aright.yaml").write_text("tests: required\n")
        self.break_file()
        self.assertIn("no test of this version has passed", self.items("--fix", code=1)["a"]["note"])
        self.write_node()
        note = self.items("--fix", code=1)["a"]["note"]
        self.assertIn("run 1 held: workflow restore could not act by itself when it was asked about, and could now", note)

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
        self.assertEqual(done.returncode, 2, "nothing was looked at, so nothing is wrong or right")
        self.assertIn("wtch", done.stderr)
        self.assertIn("controls/a.yaml:2", done.stderr)
        invocation = json.loads(self.scan("-o", "sarif", code=2))["runs"][0]["invocations"][0]
        self.assertFalse(invocation["executionSuccessful"])
        self.assertTrue(invocation["toolConfigurationNotifications"])
        self.assertIn("wtch", self.scan("-o", "junit", code=2))
        self.assertFalse(json.loads(self.scan("-o", "json", code=2))["clean"])
        for words in (["validate", str(self.config), "-o", "json"], ["-o", "json", "validate", str(self.config)]):
            done = subprocess.run([BINARY, *words], capture_output=True, text=True, timeout=90)
            said = json.loads(done.stdout)
            self.assertEqual((done.returncode, done.stderr, said["valid"]), (1, "", False))
            self.assertIn(("controls/a.yaml", 2, 1), [(d["file"], d["line"], d["column"]) for d in said["diagnostics"]])

    def test_sarif_says_where_a_mistake_is_from_where_one_stands(self):
        (self.config / "controls" / "a.yaml").unlink()
        (self.config / "controls" / "a b%.yaml").write_text("control: a\nwtch: {}\n")
        below = f"{self.config.name}/controls/a%20b%25.yaml"

        def uris(folder, cwd):
            done = subprocess.run([BINARY, "scan", str(folder), "-o", "sarif"], cwd=cwd, capture_output=True, text=True, timeout=90)
            self.assertEqual(done.returncode, 2, done.stderr)
            notifications = json.loads(done.stdout)["runs"][0]["invocations"][0]["toolConfigurationNotifications"]
            return {n["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for n in notifications}
        for folder, cwd in ((self.config, self.top), (self.config.name, self.top), (f"./{self.config.name}/", self.top)):
            self.assertEqual(uris(folder, cwd), {below}, folder)
        self.assertEqual(uris(".", self.config), {"controls/a%20b%25.yaml"})
        self.assertEqual(uris(self.config, self.play), {f"file://{self.config}/controls/a%20b%25.yaml"})
        self.assertEqual(uris(f"../{self.config.name}", self.play), {f"file://{self.config}/controls/a%20b%25.yaml"})
        absent = self.config / "absent"
        self.assertEqual(uris(absent, self.play), {f"file://{absent}"})

    def test_a_good_folder_and_a_root_that_is_not_there(self):
        said = self.validate("-o", "json", code=0)
        self.assertEqual((said["valid"], said["controls"], said["workflows"]), (True, 2, 1))
        done = subprocess.run([BINARY, "validate", str(self.config), "--root", "/nonexistent"], capture_output=True,
                              text=True, timeout=90)
        self.assertEqual(done.returncode, 2, done.stdout)
        self.assertIn("/nonexistent", done.stderr)

    def test_a_folder_that_is_not_there_is_no_violation(self):
        absent = str(self.top / "absent")
        for words in (["scan", absent], ["scan", absent, "-o", "junit"], ["scan", absent, "--fix"], ["validate", absent], ["validate", absent, "-o", "json"],
                      ["test", absent], ["test", absent, "-o", "junit"], ["replay", "--workflows", absent]):
            done = subprocess.run([BINARY, "--state", str(self.state), *words], capture_output=True, text=True, timeout=90)
            self.assertEqual(done.returncode, 2, (words, done.stdout, done.stderr))
            self.assertIn("no such file", done.stderr + done.stdout)

    def test_a_fix_says_where_it_is_recorded(self):
        self.break_file()
        done = subprocess.run([pathlib.Path(BINARY).resolve(), "--state", "state", "scan", str(self.config), "--fix", "-o", "json"], cwd=self.top, capture_output=True, text=True, timeout=90)
        self.assertEqual(json.loads(done.stdout)["items"][0]["status"], "fixed", "and standard output is only the report")
        self.assertIn(f"--fix records in {self.state}; `--state DIR` names another folder\n", done.stderr)
        again = subprocess.run([BINARY, "--state", self.state, "scan", str(self.config), "--fix"], capture_output=True, text=True, timeout=90)
        self.assertNotIn("records in", again.stderr, "where nothing is wrong nothing is recorded")

    def validate(self, *more, code):
        done = subprocess.run([BINARY, "validate", str(self.config), *more], capture_output=True, text=True, timeout=90)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return json.loads(done.stdout)

    def add(self, violation):
        """A control `c` of a file of that name."""
        (self.play / "c").write_text("")
        (self.config / "controls" / "c.yaml").write_text(
            f"control: c\ntitle: c\nseverity: low\nwatch: {{ resource: file, path: {self.play}/c }}\nviolation: {violation}\n")

    def test_an_owner_by_number_is_as_desired_whatever_its_name(self):
        info = (self.play / "a").stat()
        control = self.config / "controls" / "a.yaml"
        control.write_text(control.read_text().replace('mode: "0644"', f'owner: "{info.st_uid}", group: "{info.st_gid}"'))
        self.assertIn("2 compliant", self.scan(code=0))
        control.write_text(control.read_text().replace(f'owner: "{info.st_uid}"', f'owner: "{info.st_uid + 77}"'))
        self.assertIn("differs in owner", self.scan(code=1))

    def test_what_sshd_includes_first_is_a_violation_that_no_fix_of_the_file_changes(self):
        included = self.play / "x.conf"
        included.write_text("PermitRootLogin yes\n")
        control = self.config / "controls" / "a.yaml"
        control.write_text(control.read_text().replace('{ content: "approved\\n", mode: "0644" }', '{ keys: { PermitRootLogin: "no" }, format: sshd }'))
        text = f"Include {self.play}/*.conf\nPermitRootLogin no\n"
        (self.play / "a").write_text(text)
        said = f"line 1 of {included}, which is included, sets PermitRootLogin to something else; no fix of this file changes that"
        self.assertIn(said, self.items(code=1)["a"]["note"])
        after = self.items("--fix", code=1)["a"]
        self.assertEqual((after["status"], (self.play / "a").read_text()), ("violation", text))
        self.assertIn(said, after["note"])
        warned = subprocess.run([BINARY, "--state", str(self.state), "validate", str(self.config)], capture_output=True, text=True, timeout=90)
        self.assertEqual(warned.returncode, 0, warned.stderr)
        self.assertIn("controls\nhint: a daemon looks at that file only", warned.stdout + warned.stderr)
        self.start()
        self.assertIn("control `a` cannot tell by", (self.top / "log").read_text())

    def test_time_zones_by_name(self):
        self.add("timestamp('2026-01-01T00:00:00Z').getHours('Europe/Berlin') == 1")
        self.assertTrue(self.validate("-o", "json", code=0)["valid"])
        self.assertEqual(self.items(code=1)["c"]["status"], "violation")

    def test_a_plan_shows_each_step_and_the_subject_is_one_word(self):
        self.add("resource.exists && subject.id.endsWith('/c')")
        (self.config / "workflows" / "note.yaml").write_text(
            "workflow: note\nowner: you\nanswers: [c]\nmode: auto\n"
            "when: finding.subject.id.endsWith('/c')\n"
            f"steps:\n  - ensure:\n      resource: file\n      path: {self.play}/note\n"
            "      desired: { content: \"for ${ finding.subject.id }\\n\" }\n"
            "  - exec: [/usr/bin/true, \"${ finding.subject.id }\"]\n")
        subject = str(self.play / "c")
        steps = self.items("--plan", code=1)["c"]["steps"]
        self.assertEqual(steps[0]["resource"], f"file:{self.play}/note")
        self.assertIn("for " + subject, json.dumps(steps[0]["difference"]))
        self.assertEqual(steps[1], {"exec": ["/usr/bin/true", subject]})
        self.assertRegex(self.items("--fix", code=1)["c"]["note"], "run 1 succeeded")
        self.assertEqual((self.play / "note").read_text(), f"for {subject}\n")

    def test_a_plan_names_each_kind_of_step(self):
        self.write_node("notify: { pager: { program: [/usr/bin/true] } }\ndestinations: [{ host: 127.0.0.1, ports: [9] }]\n")
        (self.config / "workflows" / "restore.yaml").write_text(
            "workflow: restore\nowner: you\nanswers: [a, b]\nmode: auto\nsteps:\n"
            "  - { notify: pager, text: look }\n"
            '  - { exec: [/usr/bin/true, "${ each }"], for_each: finding.differs, at_most: 3 }\n'
            "  - { call: { method: POST, url: 'http://127.0.0.1:9/' } }\n"
            "  - wait: 1h\n  - approve: {}\n  - ensure: desired\n"
            "  - when: finding.recurrence\n    then: [{ notify: pager, text: again }]\n    else: [{ exec: [/usr/bin/true] }]\n")
        self.break_file("a")
        item = self.items("--plan", code=1)["a"]
        for word in ("tells pager", "does a step for each of `finding.differs`", "waits 1h", "asks you", "decides by `finding.recurrence`"):
            self.assertIn(word, item["note"])
        self.assertEqual([list(step)[0] for step in item["steps"]], ["call", "exec"])
        for form in ("table", "sarif", "junit", "yaml"):
            self.scan("--plan", "-o", form, code=1)

    def test_what_another_run_cured_is_not_called_fixed(self):
        for name in ("first", "second"):
            (self.config / "controls" / f"{name}.yaml").write_text(
                f"control: {name}\ntitle: {name}\nseverity: low\nwatch: {{ resource: file, path: {self.play}/c }}\n"
                "violation: resource.exists\n")
        (self.play / "c").write_text("")
        (self.config / "workflows" / "away.yaml").write_text(
            "workflow: away\nowner: you\nanswers: [first]\nmode: auto\n"
            f"steps:\n  - ensure: {{ resource: file, path: {self.play}/c, desired: {{ absent: true }} }}\n")
        (self.config / "workflows" / "fails.yaml").write_text(
            "workflow: fails\nowner: you\nanswers: [second]\nmode: auto\nsteps:\n  - exec: [/usr/bin/false]\n")
        items = {i["control"]: i for i in json.loads(self.scan("-o", "json", "--fix", code=0))["items"]}
        self.assertEqual((items["first"]["status"], items["second"]["status"]), ("fixed", "ended"))
        self.assertRegex(items["second"]["note"], "^compliant since")


unittest.main()
