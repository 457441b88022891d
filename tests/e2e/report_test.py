"""`aright report`: figures of what really happened, and the same as series that the dashboard file asks for."""
import json
import pathlib
import re
import unittest
import urllib.request

from daemon import DaemonCase, until

ROOT = pathlib.Path(__file__).parents[2]


class Report(DaemonCase):
    files = ["a", "b"]

    def work(self):
        """Three fixes, then one that is held and let go on."""
        for number in range(1, 4):
            self.break_file()
            self.ended(number)
        self.break_file()
        review = until(lambda: self.ask("reviews", "list"), "the fourth is held")[0]
        self.cli("reviews", "approve", str(review["id"]), "--reason", "seen")
        self.ended(4)

    def test_it_tells_what_became_of_everything(self):
        self.start()
        self.work()
        report = self.ask("report", "--by-hand", "1h")
        (of,) = report["workflows"]
        self.assertEqual((of["workflow"], of["runs"], of["outcomes"]), ("restore", 4, {"succeeded": 4}))
        self.assertEqual((of["fixed_alone"], of["held"], of["recurred"], of["hours_saved"]), (3, 1, 3, 3.0))
        self.assertEqual(of["alone"]["count"], 3)
        self.assertTrue(0 < of["alone"]["p50_ms"] <= of["alone"]["p95_ms"] < 60_000, of)
        self.assertEqual(report["interventions"], {"all": 1, "kinds": {"approved": 1}})
        self.assertEqual(report["findings"]["recurrences"], 3)
        of_before = self.ask("report", "--since", "2026-01-01", "--until", "2026-01-02")
        self.assertEqual((of_before["workflows"], of_before["until"]), ([], "2026-01-02T00:00:00.000000Z"))
        self.assertEqual(self.ask("report", "--since", "1d", "--until", "2199-01-01")["all"]["runs"], self.ask("report")["all"]["runs"])
        self.assertIn("2199-01-01 is in the future: it is ", self.cli("report", "--since", "2199-01-01", expect=2))
        self.assertIn("is not after since", self.cli("report", "--since", "2026-01-02", "--until", "2026-01-02", expect=1))
        text = self.cli("report")
        self.assertRegex(text, r"restore +4 +3 +0 +1 +3 +[0-9.]+ m?s /")
        page = self.cli("report", "-o", "html")
        self.assertIn("<td>restore</td>", page)
        self.assertNotIn("<script", page)
        wrong = self.cli("report", "--since", "yesterday", expect=2)
        self.assertIn("30d", wrong)

    def test_the_dashboard_asks_for_series_that_are_there(self):
        self.write_node("notify: { ops: { program: [/usr/bin/true] } }\n")
        self.start()
        self.work()
        wanted = set(re.findall(r"\baright_[a-z_]+", (ROOT / "packaging/dashboards/aright.json").read_text()))
        self.assertGreater(len(wanted), 12)
        json.loads((ROOT / "packaging/dashboards/aright.json").read_text())
        text = urllib.request.urlopen(f"http://127.0.0.1:{self.port}/metrics").read().decode()
        self.assertIn('aright_workflow_runs_total{workflow="restore",state="succeeded"} 4', text)
        self.assertIn('aright_fix_seconds_count{workflow="restore"} 3', text)
        self.assertIn('aright_recurrences_total{control="a"} 3', text)
        self.assertIn('aright_interventions_total{kind="approved"} 1', text)
        self.assertIn('aright_reviews_total{decision="approved"} 1', text)
        there = set(re.findall(r"^(aright_[a-z_]+)", text, re.M))
        for line in ('aright_fixes_undone_total{workflow="restore",decided="guards",verified="yes"} 0', 'aright_operator_acts_total{kind="pause"} 0'):
            self.assertIn(line, text, "a series that is born at 1 has not grown")
        optional = {"aright_source_lost_total", "aright_source_behind_bytes", "aright_breaker_open"}
        self.assertEqual(wanted - there - optional, set())

    def test_what_only_tells_is_no_fix(self):
        self.write_node("notify: { ops: { program: [/usr/bin/true] } }\n")
        (self.config / "workflows" / "tell.yaml").write_text(
            "workflow: tell\nowner: tests\nanswers: [a]\nmode: auto\nsteps: [{ notify: ops, text: look }]\n")
        (self.config / "workflows" / "restore.yaml").unlink()
        self.start()
        self.break_file("a")
        self.ended(1)
        of = self.ask("report")["workflows"][0]
        self.assertEqual((of["changed_nothing"], of["fixed_alone"], of["alone"]["count"], of["hours_saved"]), (1, 0, 0, 0.0))
        self.assertEqual(self.counted("aright_workflow_runs_changed_nothing_total", "workflow"), {"tell": 1})
        self.assertEqual(self.counted("aright_saved_seconds", "workflow"), {})
        self.assertIn("1 succeeded and only told, asked or waited", self.cli("report"))

    def test_what_nothing_confirms_is_no_fix(self):
        """The program ends as expected, and the file is as broken as before."""
        steps = "  - exec: [/usr/bin/true]\n"
        for name, confirm in (("b", "    confirm: { exec: [/usr/bin/true] }\n"), ("a", "")):
            (self.config / "workflows" / f"{name}.yaml").write_text(  # what is still broken is not tried again meanwhile
                f"workflow: of-{name}\nowner: tests\nanswers: [{name}]\nmode: auto\n"
                f"guards: {{ cool_down: {{ wait: 1h, per: workflow }} }}\nsteps:\n{steps}{confirm}")
        (self.config / "workflows" / "restore.yaml").unlink()
        self.start()
        for name in self.files:
            self.break_file(name)
        self.ended(2)
        self.assertFalse(self.fixed())
        report = self.ask("report")
        figures = {of["workflow"]: (of["unverified"], of["fixed_alone"], of["alone"]["count"], of["hours_saved"]) for of in report["workflows"]}
        self.assertEqual(figures, {"of-a": (1, 0, 0, 0.0), "of-b": (0, 1, 1, 0.25)})
        self.assertEqual((report["all"]["unverified"], report["all"]["fixed_alone"]), (1, 1))
        self.assertEqual(self.counted("aright_workflow_runs_unverified_total", "workflow"), {"of-a": 1})
        self.assertEqual(self.counted("aright_fix_seconds_count", "workflow"), {"of-b": 1})
        self.assertEqual(self.counted("aright_saved_seconds", "workflow"), {"of-b": 900})
        self.assertRegex(self.cli("report"), r"UNVERIFIED(?s:.*)of-a +1 +0 +1 +0 +0 +- ")
        self.assertRegex(self.cli("report", "-o", "html"), r"<td>of-a</td><td[^>]*>1</td><td[^>]*>0</td><td[^>]*>1</td>")

    def mixed(self):
        """What may become of a run, and whatever people may say."""
        self.break_file("b")
        self.ended(1)
        self.break_file()
        self.ended(2)
        self.break_file()
        self.ended(3)
        self.break_file()
        held = until(lambda: self.ask("reviews", "list"), "the fourth is held")[0]["id"]
        self.cli("reviews", "approve", str(held), "--reason", "seen")
        self.ended(4)
        for number, text, end in ((5, "broken too\n", "denied"), (6, "broken as well\n", "cancelled")):
            self.break_file("a", text)
            review = until(lambda: self.ask("reviews", "list"), f"number {number} is held")[0]
            if end == "denied":
                self.cli("reviews", "deny", str(review["id"]), "--reason", "leave it")
            else:
                self.cli("runs", "cancel", str(review["run"]), "--reason", "leave it")
            self.ended(1, end)
        self.cli("runs", "undo", "1", "--waive", "1h", "--reason", "it was meant so")
        self.ended(5)
        self.cli("runs", "undo", "2", "--reason", "it is otherwise by now, so nothing is taken back", expect=1)
        refused = [r for r in self.runs() if r.get("undoes") == 2]
        self.assertEqual([r["state"] for r in refused if r["state"] == "succeeded"], [])
        self.cli("waivers", "add", "a", str(self.play / "a"), "--for", "1h", "--reason", "it stays", "--owner", "ops")
        for number, word in ((1, "false-positive"), (2, "true"), (3, "true")):
            finding = next(r for r in self.runs() if r["id"] == number)["finding"]
            self.cli("findings", "mark", finding, "--as", word, "--reason", "looked at")

    def counted(self, name, label):
        """Of a series: its values by that label, added up, where there are any."""
        values = {}
        for line, value in self.metrics().items():
            found = re.fullmatch(name + r"\{(.*)\}", line)
            if found:
                word = dict(re.findall(r'(\w+)="([^"]*)"', found.group(1)))[label]
                values[word] = values.get(word, 0) + value
        return {word: value for word, value in values.items() if value}

    def test_the_report_and_the_series_say_the_same(self):
        self.start()
        self.mixed()
        report = self.ask("report")
        (of,) = report["workflows"]
        self.assertEqual(of["outcomes"], {"succeeded": 4, "denied": 1, "cancelled": 1})
        self.assertEqual(self.counted("aright_workflow_runs_total", "state"), of["outcomes"])
        self.assertEqual((of["undone"], of["fixed_alone"], of["hours_saved"]), (1, 2, 0.5))
        self.assertEqual(self.counted("aright_fixes_undone_total", "decided"), {"guards": 1})
        self.assertEqual(self.counted("aright_fixes_undone_total", "verified"), {"yes": 1})
        self.assertEqual(self.counted("aright_fix_seconds_count", "workflow"), {"restore": of["alone"]["count"]})
        self.assertEqual(of["alone"]["count"] - 1, of["fixed_alone"])
        self.assertEqual(self.counted("aright_fix_with_people_seconds_count", "workflow"), {"restore": of["with_people"]["count"]})
        self.assertEqual(self.counted("aright_saved_seconds", "workflow"), {"restore": of["hours_saved"] * 3600})
        self.assertEqual(self.counted("aright_workflow_runs_held_total", "workflow"), {"restore": of["held"]})
        self.assertEqual(report["interventions"]["kinds"],
                         {"approved": 1, "denied": 1, "cancelled": 1, "undone": 1, "waived": 1})
        self.assertEqual(self.counted("aright_interventions_total", "kind"), report["interventions"]["kinds"])
        self.assertEqual(self.counted("aright_reviews_total", "decision"), report["reviews"])
        findings = report["findings"]
        self.assertEqual(self.counted("aright_findings_marked_total", "as"),
                         {"true": findings["marked_true"], "false-positive": findings["marked_false_positive"]})
        self.assertEqual(self.counted("aright_recurrences_total", "control"), findings["recurrences_of"])
        self.assertEqual(sum(self.counted("aright_findings_opened_total", "control").values()), findings["opened"])
        taken = sum(self.counted("aright_fix_seconds_sum", "workflow").values()) * 1000
        self.assertLessEqual(of["alone"]["p50_ms"], taken, "from the finding's opening too")

    def test_a_denial_with_its_waiver_is_one_act(self):
        self.write_workflow(mode="propose")
        self.start()
        self.break_file()
        (review,) = until(lambda: self.ask("reviews", "list"), "a review")
        answer = self.ask("reviews", "deny", str(review["id"]), "--waive", "1h", "--reason", "leave it")
        self.assertEqual((answer["waiver"], self.ask("waivers", "list")[0]["review"]), (1, review["id"]))
        self.assertEqual(self.ask("report")["interventions"], {"all": 1, "kinds": {"denied": 1}})
        self.assertEqual(self.counted("aright_interventions_total", "kind"), {"denied": 1})
        self.assertEqual(self.stop(), 0)
        self.assertIn("ok: ", self.cli("audit", "verify"))


unittest.main()
