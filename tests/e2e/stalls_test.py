"""The database locked by another process, the daemon stopped by a signal, under deliveries: what comes meanwhile is done
afterwards, each once.

ARIGHT_STALL=60 is for how many seconds a release has been through it.
"""
import signal
import sqlite3
import time
import unittest
import urllib.error
import urllib.request

from daemon import CONTROL, set_by, until
from under_load import Load, UnderLoad

CHECKED = """workflow: restore
owner: tests
answers: [a]
mode: auto
steps:
  - ensure: desired
"""


class Stalls(UnderLoad):
    seconds = set_by("ARIGHT_STALL", 4)

    def setUp(self):
        super().setUp()
        (self.play / "a").write_text("approved\n")
        (self.play / "a").chmod(0o644)
        control = CONTROL.format(name="a", path=self.play / "a").replace("watch: {", "check: { every: 1s, ")
        (self.config / "controls" / "a.yaml").write_text(control)
        (self.config / "workflows" / "restore.yaml").write_text(CHECKED)

    def ready(self):
        """The status of /readyz, and what it says."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/readyz", timeout=20) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()

    def each_once_and_the_file(self, names):
        until(self.fixed, "the file is put right", seconds=60)
        until(lambda: not [r for r in self.get("/v1/runs?open=1&limit=1000") if r["workflow"] == "restore"], "and its run is over")
        restored = [r["state"] for r in self.rows("run") if r["workflow"] == "restore"]
        self.assertEqual(restored, ["succeeded"])
        self.each_once(names)

    def test_a_locked_database_is_waited_for_and_told(self):
        self.start()
        load = Load(self, rate=50)
        try:
            self.live_for(load, 0.5)
            database = sqlite3.connect(self.state / "aright.db", isolation_level=None, timeout=20)
            self.addCleanup(database.close)
            database.execute("BEGIN EXCLUSIVE")
            begin = time.monotonic()
            self.break_file()
            code, said = until(lambda: (r := self.ready())[0] == 503 and r, "it says that it is not ready", seconds=10)
            self.assertIn("locked by another process", said)
            self.assertIn("locked by another process", self.get("/v1/status")["store_trouble"])
            sent = load.sent()
            until(lambda: load.sent() > sent + 50, "deliveries are kept and acknowledged all the while")
            time.sleep(max(0, begin + self.seconds - time.monotonic()))
            self.assertFalse(self.fixed(), "nothing is done that could not be announced")
            database.execute("ROLLBACK")
            until(lambda: self.ready()[0] == 200, "ready again", seconds=10)
            self.live_for(load, 0.5)
        finally:
            names = load.end()
        self.each_once_and_the_file(names)
        log = (self.top / "log").read_text()
        self.assertRegex(log, r"\[warning\] nothing can be recorded[^\n]*locked by another process")
        self.assertRegex(log, r"\[info\] what happens can be recorded again")
        self.assertEqual(log.count("nothing can be recorded"), 1, "told once")

    def test_a_stopped_process_catches_up_without_a_burst(self):
        self.start()
        load = Load(self, rate=50)
        try:
            self.live_for(load, 0.5)
            self.process.send_signal(signal.SIGSTOP)
            self.break_file()
            time.sleep(self.seconds)  # what the clock does meanwhile is the point
            self.process.send_signal(signal.SIGCONT)
            until(lambda: self.ready()[0] == 200, "ready again", seconds=10)
            self.live_for(load, 1)
        finally:
            names = load.end()
        self.each_once_and_the_file(names)


unittest.main()
