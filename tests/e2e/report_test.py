"""`aright report`: figures of what really happened, and the same as series that the dashboard file asks for."""
import json
import pathlib
import re
import unittest
import urllib.request

from daemon import DaemonCase, until

ROOT = pathlib.Path(__file__).parents[2]


class Report(DaemonCase):
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
        self.assertEqual(self.ask("report", "--since", "2199-01-01T00:00:00Z")["workflows"], [])
        text = self.cli("report")
        self.assertRegex(text, r"restore +4 +3 +1 +3 +[0-9.]+ m?s /")
        page = self.cli("report", "-o", "html")
        self.assertIn("<td>restore</td>", page)
        self.assertNotIn("<script", page)
        wrong = self.cli("report", "--since", "yesterday", expect=2)
        self.assertIn("30d", wrong)

    def test_the_dashboard_asks_for_series_that_are_there(self):
        self.start()
        self.work()
        wanted = set(re.findall(r"\baright_[a-z_]+", (ROOT / "packaging/dashboards/aright.json").read_text()))
        self.assertGreater(len(wanted), 12)
        json.loads((ROOT / "packaging/dashboards/aright.json").read_text())
        text = urllib.request.urlopen(f"http://127.0.0.1:{self.port}/metrics").read().decode()
        self.assertIn('aright_workflow_runs_total{workflow="restore",state="succeeded"} 4', text)
        self.assertIn('aright_fix_seconds_count{workflow="restore"} 3', text)
        self.assertIn('aright_recurrences_total{control="a"} 3', text)
        self.assertIn('aright_interventions_total{kind="approve"} 1', text)
        self.assertIn('aright_reviews_total{decision="approved"} 1', text)
        there = set(re.findall(r"^(aright_[a-z_]+)", text, re.M))
        optional = {"aright_source_lost_total", "aright_source_behind_bytes", "aright_breaker_open"}
        self.assertEqual(wanted - there - optional, set())


unittest.main()
