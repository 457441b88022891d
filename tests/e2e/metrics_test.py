"""What Prometheus' own checker says of /metrics."""
import os
import re
import subprocess
import unittest
import urllib.error
import urllib.request

from daemon import DaemonCase, until

PROMTOOL = os.environ.get("ARIGHT_PROMTOOL", "")


class Metrics(DaemonCase):
    @unittest.skipUnless(PROMTOOL, "skipped: no promtool; `./dev test` fetches it")
    def test_promtool_accepts_them_before_and_after_work(self):
        self.start()
        self.accepted()
        self.break_file()
        self.ended(1)
        with self.assertRaises(urllib.error.HTTPError) as caught:
            urllib.request.urlopen(urllib.request.Request(f"http://127.0.0.1:{self.port}/metrics", headers={"Host": "evil.example"}))
        caught.exception.close()
        text = self.accepted()
        self.assertIn('aright_http_refused_total{server="tcp",reason="foreign_host"} 1', text)
        requests = re.search(r'^aright_http_requests_total\{server="unix"\} (\d+)$', text, re.M)
        self.assertGreater(int(requests[1]), 0)
        took = float(re.search(r"^aright_last_commit_seconds (\S+)$", text, re.M)[1])
        self.assertTrue(0 < took < 60, took)
        until(lambda: 'aright_runs_total{state="succeeded"} 1' in self.accepted(), "the run is counted")

    @unittest.skipUnless(PROMTOOL, "skipped: no promtool; `./dev test` fetches it")
    def test_breakers_by_workflow(self):
        self.write_workflow(more="guards: { breaker: { failed: 50%, runs: 1, within: 1h } }\n")
        self.start()
        self.assertIn('aright_breaker_open{workflow="restore"} 0', self.accepted())

    @unittest.skipUnless(PROMTOOL, "skipped: no promtool; `./dev test` fetches it")
    def test_what_nothing_confirms(self):
        with open(self.config / "workflows" / "restore.yaml", "a") as file:
            file.write("  - exec: [/usr/bin/true]\n")
        self.start()
        self.break_file()
        self.ended(1)
        until(lambda: 'aright_workflow_runs_unverified_total{workflow="restore"} 1' in self.accepted(), "it is counted")
        self.cli("runs", "undo", "1", "--partial", "--reason", "it was meant so")
        self.assertIn('aright_fixes_undone_total{workflow="restore",decided="guards",verified="no"} 1', self.accepted())

    def accepted(self):
        text = urllib.request.urlopen(f"http://127.0.0.1:{self.port}/metrics").read()
        check = subprocess.run([PROMTOOL, "check", "metrics"], input=text, capture_output=True)
        self.assertEqual(check.returncode, 0, check.stderr)
        self.assertEqual(check.stderr, b"")
        return text.decode()


unittest.main()
