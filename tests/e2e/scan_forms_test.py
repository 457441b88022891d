"""The reports of `aright scan` for other tools have the form those demand, whatever is found, and say the same."""
import copy
import json
import os
import subprocess
import unittest
import xml.etree.ElementTree as ElementTree

import yaml

from daemon import BINARY, DaemonCase
from report_forms import WrongForm, check_junit, check_sarif

RULE = """title: A login
name: a-login
logsource: { product: shop }
detection: { login: { action: login }, condition: login }
"""


class ScanForms(DaemonCase):
    files = ["a", "b"]

    def scan(self, form, *more, code):
        done = subprocess.run([BINARY, "--state", str(self.state), "scan", str(self.config), "-o", form, *more], capture_output=True,
                              text=True, timeout=90)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done.stdout

    def both(self, *more, code):
        """(the run of SARIF, how JUnit's test cases ended by class)"""
        cases = check_junit(self.scan("junit", *more, code=code))
        return check_sarif(json.loads(self.scan("sarif", *more, code=code))), {name[0]: end for name, end in cases.items()}

    def test_all_is_well_and_what_needs_events_is_skipped(self):
        run, cases = self.both(code=0)
        self.assertEqual((run["results"], cases), ([], {"a": "passed", "b": "passed"}))
        (self.config / "controls" / "rules.yml").write_text(RULE)
        run, cases = self.both(code=0)
        self.assertEqual(cases["a-login"], "skipped")
        self.assertIn("a-login is skipped", run["invocations"][0]["toolExecutionNotifications"][0]["message"]["text"])
        for other in (self.config / "controls").glob("*.yaml"):
            other.unlink()
        for other in (self.config / "workflows").glob("*"):
            other.unlink()
        self.assertEqual(self.both(code=0)[1], {"a-login": "skipped"}, "nothing that a scan could look at is nothing wrong")

    def test_a_violation_with_and_without_its_difference(self):
        self.break_file()
        (self.config / "workflows" / "restore.yaml").write_text(
            "workflow: restore\nowner: tests\nanswers: [a, b]\nmode: auto\n"
            f"steps:\n  - ensure: desired\n  - exec: [/usr/bin/true, \"${{ finding.subject.id }} <&]]>\"]\n")
        for more in ((), ("--plan",)):
            run, cases = self.both(*more, code=1)
            self.assertEqual(cases, {"a": "failure", "b": "passed"})
            (result,) = run["results"]
            self.assertEqual((result["ruleId"], result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]),
                             ("a", f"file://{self.play}/a"))
        self.assertTrue(result["properties"]["difference"])
        self.assertTrue(result["properties"]["steps"])

    def test_names_that_need_escapes(self):
        for name in ("a:b%20 <&\"'é", "x\n\x1b[2J", os.fsdecode(b"\xff]]>")):
            with self.subTest(name=name):
                folder = self.play / "odd"
                folder.mkdir(exist_ok=True)
                (folder / name).write_text("x")
                (self.config / "controls" / "odd.yaml").write_text(
                    f"control: odd\ntitle: '<odd & \"title\">'\nseverity: low\ntags: [cis.1]\n"
                    f"watch: {{ resource: file, folder: {folder} }}\nviolation: resource.exists\n")
                run, cases = self.both(code=1)
                self.assertEqual(cases["odd"], "failure")
                self.assertEqual(run["results"][0]["message"]["text"].split(":")[0], '<odd & "title">')
                (folder / name).unlink()

    def test_characters_that_a_form_cannot_hold(self):
        """Whoever may write into a watched folder chooses them: they keep no report from being read, in no form, and every form tells the same."""
        folder = self.play / "odd"
        folder.mkdir()
        name = "a\ufffe\uffff\x7f\u0085\u2028\U0001fffe'\"z"
        (folder / name).write_text("\ufffe\x7f\n")
        (self.config / "controls" / "odd.yaml").write_text(
            f"control: odd\nwatch: {{ resource: file, folder: {folder} }}\ndesired: {{ content: \"\\uFFFE\" }}\n")
        (self.config / "workflows" / "restore.yaml").write_text(
            "workflow: restore\nowner: tests\nanswers: [odd]\nsteps:\n  - ensure: desired\n  - exec: [/usr/bin/true, \"${ finding.subject.id }\"]\n")
        for more in ((), ("--plan",)):
            self.both(*more, code=1)
            of_json = json.loads(self.scan("json", *more, code=1))
            self.assertEqual(yaml.safe_load(self.scan("yaml", *more, code=1)), of_json)
        self.assertTrue(any("\ufffe" in str(item["subject"]) for item in of_json["items"]))
        shown = "a\\u{fffe}\\u{ffff}"
        (xml,) = [case for case in ElementTree.fromstring(self.scan("junit", code=1)).iter("testcase") if case.get("classname") == "odd"]
        self.assertIn(shown, xml.get("name"))
        self.assertIn(shown, self.scan("table", code=1))

    def test_what_cannot_be_read(self):
        (self.play / "a").unlink()
        (self.play / "a").mkdir()
        run, cases = self.both(code=1)
        self.assertEqual(cases["a"], "error")
        self.assertFalse(run["invocations"][0]["executionSuccessful"])

    def test_what_is_waived_and_what_was_fixed(self):
        self.start()
        self.cli("waivers", "add", "a", str(self.play / "a"), "--reason", "known", "--for", "1h")
        self.stop()
        self.break_file("a")
        run, cases = self.both(code=0)
        self.assertEqual(cases["a"], "skipped")
        self.assertEqual(run["results"][0]["suppressions"][0]["status"], "accepted")
        self.break_file("b")
        self.assertEqual(check_sarif(json.loads(self.scan("sarif", "--fix", code=0)))["results"][1]["baselineState"], "absent")
        self.break_file("b")
        self.assertEqual(list(check_junit(self.scan("junit", "--fix", code=0)).values()), ["skipped", "passed"])

    def test_mistakes_in_the_configuration(self):
        (self.config / "controls" / "a:b.yaml").write_text("control: a\nwtch: {}\n")
        (self.config / "workflows" / "restore.yaml").write_text("workflow: [\n")
        run, cases = self.both(code=2)
        self.assertEqual(cases, {"configuration": "error"})
        self.assertIn("controls/a%3Ab.yaml", json.dumps(run))

    def test_the_check_finds_what_is_wrong(self):
        self.break_file()
        good = json.loads(self.scan("sarif", "--plan", code=1))
        wrong = (
            lambda log: log.pop("version"),
            lambda log: log.update(version="2.0.0"),
            lambda log: log.update(more=1),
            lambda log: log["runs"][0].pop("tool"),
            lambda log: log["runs"][0]["results"][0].update(level="high"),
            lambda log: log["runs"][0]["results"][0].pop("message"),
            lambda log: log["runs"][0]["results"][0].update(ruleId="other"),
            lambda log: log["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"].update(uri="a:b c"),
            lambda log: log["runs"][0]["results"][0]["locations"][0]["physicalLocation"].update(region={"startLine": 0}),
            lambda log: log["runs"][0]["tool"]["driver"]["rules"].append(log["runs"][0]["tool"]["driver"]["rules"][0]),
            lambda log: log["runs"][0]["tool"]["driver"]["rules"][0]["properties"].update(tags=["x", "x"]),
            lambda log: log["runs"][0]["invocations"][0].pop("executionSuccessful"),
        )
        for change in wrong:
            log = copy.deepcopy(good)
            change(log)
            with self.assertRaises(WrongForm):
                check_sarif(log)
        report = self.scan("junit", code=1)
        for old, new in (('failures="1"', 'failures="0"'), ("testsuites", "suites"), ('classname="a"', 'class="a"'), ("<failure", "<error")):
            self.assertIn(old, report)
            with self.assertRaises(WrongForm):
                check_junit(report.replace(old, new).replace("</failure", "</error" if new == "<error" else "</failure"))


unittest.main()
