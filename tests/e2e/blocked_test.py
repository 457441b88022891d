"""A pause holds while the database cannot be written: what was announced before it, and waits for its turn, is not done."""
import signal
import sqlite3
import unittest

from daemon import DaemonCase, until


class Blocked(DaemonCase):
    files = [f"f{number:02}" for number in range(24)]
    more = "guards: { threshold: [{ runs: 1000, within: 10m, per: workflow }] }\n"
    arguments = ["--workers", "1"]

    def block(self):
        """Nobody else can write to the database until the transaction ends."""
        database = sqlite3.connect(self.state / "aright.db", isolation_level=None, timeout=20)
        database.execute("BEGIN IMMEDIATE")
        self.addCleanup(database.close)
        return database

    def all_fixed(self):
        return [name for name in self.files if self.fixed(name)]

    def intended(self):
        return [entry["run"] for entry in self.entries() if entry["kind"] == "step.intended"]

    def break_all(self):
        """Files that somebody has open for writing: each fix waits a fifth of a second for him, one after the other."""
        for name in self.files:
            writer = open(self.play / name, "r+")
            self.addCleanup(writer.close)
            writer.write("broken\n")
            writer.truncate()
            writer.flush()

    def pause_holds(self, pause, resume):
        self.start()
        self.break_all()
        until(lambda: self.all_fixed() and len(self.intended()) - len(self.all_fixed()) > 5, "a queue of announced effects")
        database = self.block()
        announced = len(self.intended())
        pause()
        fixed = len(self.all_fixed())
        self.assertLess(fixed, announced - 3, "too late: the queue is done")
        self.assertTrue(self.get("/v1/status")["held_back"], "it is told while it cannot be recorded")
        until(lambda: self.get("/v1/status")["store_trouble"], "and so is the trouble")
        self.assertNotIn("pause.set", [entry["kind"] for entry in self.entries()])
        database.execute("ROLLBACK")
        settled = ("succeeded", "pending", "waiting")
        until(lambda: all(run["state"] in settled for run in self.get("/v1/runs")) and len(self.get("/v1/runs")) == len(self.files),
              lambda: f"every effect is answered: {[run['state'] for run in self.get('/v1/runs')]}")
        # The one that had begun may end; it was past the gate.
        self.assertLessEqual(len(self.all_fixed()), fixed + 1)
        entries = self.entries()
        kinds = [entry["kind"] for entry in entries]
        self.assertNotIn("step.intended", kinds[kinds.index("pause.set"):])
        begun = {entry["run"] for entry in entries if entry["kind"] == "step.done" and entry["state"] != "planned"}
        taken_back = {entry["run"] for entry in entries if entry["kind"] == "step.done" and entry["outcome"].startswith("not begun")}
        self.assertGreater(len(taken_back - begun), 2, "announced, and not done")
        for run in self.get("/v1/runs"):
            name = run["subject"].rpartition("/")[2]
            self.assertEqual(run["state"] == "succeeded", self.fixed(name), run)
        resume()
        until(lambda: len(self.all_fixed()) == len(self.files), "and goes on afterwards", seconds=60)
        until(lambda: not self.get("/v1/runs?open=1"), "no run open")
        self.assertEqual(self.stop(), 0)
        self.assertIn("ok: ", self.cli("audit", "verify"))

    def seen(self):
        until(lambda: self.get("/v1/status")["paused"], "the pause is seen")

    def test_by_the_command(self):
        def pause():
            self.assertIn("effects are stopped now; it will be recorded when the database can be written again", self.cli("pause", "--reason", "wait"))
        self.pause_holds(pause, lambda: self.cli("resume", "--reason", "done"))

    def test_of_a_workflow_and_of_a_driver(self):
        for scope in ("workflow restore", "driver file"):
            with self.subTest(scope):
                def pause():
                    told = self.cli("pause", "--" + scope.split()[0], scope.split()[1], "--reason", "wait")
                    self.assertIn(f"effects of {scope} are stopped now", told)
                    self.assertEqual(self.get("/v1/status")["held_back"], [scope])
                    self.assertFalse(self.get("/v1/status")["paused"], "not everything")
                self.pause_holds(pause, lambda: self.cli("resume", "--reason", "done"))
                self.doCleanups()
                self.setUp()

    def test_by_the_file(self):
        def pause():
            (self.state / "pause").touch()
            self.seen()
        self.pause_holds(pause, lambda: (self.state / "pause").unlink())

    def test_by_the_signal(self):
        def pause():
            self.process.send_signal(signal.SIGUSR1)
            self.seen()
        self.pause_holds(pause, lambda: self.cli("resume", "--reason", "done"))

    def test_what_breaks_while_it_is_blocked_and_paused_stays(self):
        self.start()
        database = self.block()
        self.cli("pause", "--reason", "wait")
        self.break_file("f00")
        until(lambda: self.get("/v1/status")["store_trouble"], "it wants to record what it found")
        database.execute("ROLLBACK")
        until(lambda: self.get("/v1/runs") and self.get("/v1/status")["pauses"], "recorded after the release")
        until(lambda: self.get("/v1/runs")[0]["state"] in ("pending", "waiting"), "it waits")
        self.assertFalse(self.fixed("f00"))
        self.assertEqual(self.intended(), [])


unittest.main()
