"""What Prometheus' own checker says of /metrics."""
import os
import subprocess
import unittest
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
        until(lambda: 'aright_runs_total{state="succeeded"} 1' in self.accepted(), "the run is counted")

    def accepted(self):
        text = urllib.request.urlopen(f"http://127.0.0.1:{self.port}/metrics").read()
        check = subprocess.run([PROMTOOL, "check", "metrics"], input=text, capture_output=True)
        self.assertEqual(check.returncode, 0, check.stderr)
        self.assertEqual(check.stderr, b"")
        return text.decode()


unittest.main()
