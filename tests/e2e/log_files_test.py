"""Several files of one source through the real daemon: in whatever order they are read, each event counts, and counts once."""
import datetime
import json
import os
import shutil
import signal
import unittest
import urllib.request

from daemon import until
from log_case import MANY, RULE, LogCase


class LogFiles(LogCase):
    answers = "many-failed"

    def setUp(self):
        super().setUp()
        self.rule(RULE, MANY)
        self.other = self.logs / "x.log"
        self.follow(f"files: [{self.log_file}, {self.other}]")

    def follow(self, what):
        (self.config / "sources" / "app.yaml").write_text(
            f"source: app\ntail: {{ {what}, from: start }}\nlog_source: {{ product: app }}\n"
            "decode: { json: { time: t, trusted: [address, host] } }\n")

    def write(self, file, *ago, address="203.0.113.1"):
        now = datetime.datetime.now(datetime.timezone.utc)
        with file.open("a") as log:
            for seconds in ago:
                log.write(self.line(address, t=(now - datetime.timedelta(seconds=seconds)).isoformat()))

    def findings(self):
        return [(f["subject"], f["occurrences"]) for f in self.ask("findings", "list")]

    def test_what_a_restart_reads_again_completes_a_window_once(self):
        for n, end in enumerate((signal.SIGTERM, signal.SIGKILL), 1):
            address = f"203.0.113.{n}"
            self.start()
            done = self.shown()["events"]
            self.write(self.log_file, 1, address=address)
            self.write(self.other, 1, address=address)
            self.taken(done + 2)
            self.stop(end)
            self.write(self.log_file, 0, address=address)  # read before the other file's, which then completes it
            self.start()
            self.called(*(f"203.0.113.{i}" for i in range(1, n + 1)))
            self.taken(done + 3)
            self.stop(end)
            self.start()
            self.write(self.other, 0, address=address)
            self.taken(done + 4)
            self.assertEqual([of for of in self.findings() if address in of[0]], [(f"address={address}", 1)], "the log knows that it fired")
            self.assertEqual((len(self.findings()), len(self.calls())), (n, n))
            self.stop()

    def test_what_fires_with_sources_that_only_observe_fires_with_the_others_after_a_restart_still(self):
        low = self.logs / "low.txt"
        (self.config / "sources" / "low.yaml").write_text(
            f"source: low\ntail: {{ files: [{low}], from: start, mode: observe }}\nlog_source: {{ product: app }}\n"
            "decode: { json: { time: t, trusted: [address, host] } }\n")
        self.start()
        self.write(low, 2, 2)
        self.taken(2, "low")
        self.write(self.log_file, 1)
        self.taken(1)
        until(lambda: self.findings() == [("address=203.0.113.1", 1)], lambda: f"{self.findings()}")
        self.stop(signal.SIGKILL)
        self.write(self.other, 0)
        self.start()
        self.taken(2)
        self.assertEqual((self.findings(), self.calls()), ([("address=203.0.113.1", 1)], []), "the log knows that it fired")
        self.write(self.other, 0)
        self.called("203.0.113.1")
        self.taken(3)
        self.stop(signal.SIGKILL)
        self.start()
        self.write(low, 0)
        self.taken(3, "low")
        self.assertEqual((self.findings(), len(self.calls())), ([("address=203.0.113.1", 2)], 1), "of both")

    def test_what_counted_before_a_restart_counts_after_it(self):
        self.start()
        self.write(self.other, 60)
        self.taken(1)
        self.write(self.log_file, 5)
        self.taken(2)
        self.stop()
        self.start()
        until(lambda: "2 of at least 3" in self.cli("explain", "address=203.0.113.1"), "both are counted again")
        self.write(self.log_file, 0)
        self.called("203.0.113.1")

    def test_what_a_downtime_left_in_several_files_is_counted_in_the_order_of_time(self):
        self.log_file.touch()
        self.other.touch()
        self.start()
        self.stop()
        self.write(self.other, 7200, 7100, 7000)  # hours before what the first file ends with
        self.write(self.log_file, 1)
        self.write(self.log_file, *[7000] * 2000, address="198.51.100.1")  # more than is read at once
        self.start()
        self.called("203.0.113.1", "198.51.100.1")
        self.taken(2004)
        self.assertEqual(self.shown()["late"], 0)

    def test_what_comes_too_late_is_told(self):
        self.start()
        self.write(self.log_file, 0)
        self.taken(1)
        self.write(self.other, 7200)
        self.assertEqual(self.taken(2)["late"], 1)
        self.assertRegex(self.cli("sources", "list"), r"LATE")
        self.assertIn("late: 1", self.cli("sources", "show", "app"))
        self.assertIn("1 event came too late for a correlation", (self.top / "log").read_text())
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/metrics", timeout=30) as answer:
            self.assertIn('aright_source_late_total{source="app"} 1', answer.read().decode())

    def test_a_copy_within_the_pattern_is_not_read_a_second_time(self):
        self.rule(RULE, MANY.replace("gte: 3", "gte: 5"))
        self.follow(f"patterns: ['{self.logs}/*.log']")
        self.start()
        self.write(self.log_file, 0, 0, 0)
        self.taken(3)
        shutil.copyfile(self.log_file, self.logs / "app-20261130.log")
        os.truncate(self.log_file, 0)
        self.write(self.log_file, 0)
        self.taken(4)
        self.assertEqual((self.findings(), self.calls()), ([], []), "four of five")
        self.write(self.log_file, 0)
        self.called("203.0.113.1")
        self.assertEqual((self.taken(5)["gaps"], self.shown()["trouble"]), (0, ""))
        self.stop(signal.SIGKILL)
        shutil.copyfile(self.log_file, self.logs / "app-20261201.log")
        os.truncate(self.log_file, 0)
        self.start()
        self.write(self.log_file, 0, address="203.0.113.9")
        self.taken(6)
        self.called("203.0.113.1")
        self.assertNotIn("begun anew", self.shown()["last_gap"])


unittest.main()
