"""Full disks, real ones: a small file system of its own for the state folder, or for the managed file."""
import signal
import unittest
import urllib.error
import urllib.request

from daemon import DaemonCase, until
from mounts import enter_own_mounts, fill, mount


@unittest.skipUnless(enter_own_mounts(__file__), "skipped: only root may mount here")
class FullDisk(DaemonCase):
    more = "guards: { threshold: [{ runs: 1000, within: 10m, per: workflow }] }\n"

    def readyz(self):
        try:
            return urllib.request.urlopen(f"http://127.0.0.1:{self.port}/readyz").status
        except urllib.error.HTTPError as error:
            error.close()
            return error.code

    def in_effect(self):
        return [step for run in self.get("/v1/runs?open=1") for step in run["steps"] if step["state"] in ("intended", "applied")]

    def test_a_full_state_folder_stops_effects_says_so_and_goes_on_by_itself(self):
        self.fills_up_and_goes_on("160m")

    def test_so_does_one_on_a_small_file_system(self):
        self.fills_up_and_goes_on("24m")

    def use_up_what_the_database_has(self):
        for count in range(200):
            self.break_file(text=f"broken {count} {'x' * 50_000}\n")
            # a change made while the run still reads back would rightly be somebody else's, and held
            until(lambda: not self.get("/v1/runs?open=1") if self.fixed() else self.get("/v1/status")["no_space"], "fixed and read back, or no room")
            if self.get("/v1/status")["no_space"]:
                break

    def fills_up_and_goes_on(self, size):
        mount(self, self.state, size)
        self.start()
        self.break_file()
        self.ended(1)
        filler = fill(self.state)
        self.use_up_what_the_database_has()
        until(lambda: self.get("/v1/status")["no_space"], "it says that there is no room")
        self.assertEqual(self.readyz(), 503)
        self.assertIn("aright_no_space 1", urllib.request.urlopen(f"http://127.0.0.1:{self.port}/metrics").read().decode())
        until(lambda: "space.low" in [e["kind"] for e in self.entries()], "the stop itself is in the log, in the room kept for it")
        until(lambda: not self.in_effect(), seconds=60, what="what was on the way has been read back: a change meanwhile is somebody else's")
        self.break_file(text="broken while there is no room\n")
        self.cli("status")
        self.assertFalse(self.fixed(), "no effect without room for its outcome")
        filler.unlink()
        until(lambda: self.readyz() == 200, "it notices that there is room again", seconds=10)
        self.assertFalse(self.get("/v1/status")["no_space"])
        until(self.fixed, lambda: f"and goes on by itself: {self.get('/v1/status')} {self.get('/v1/runs')[:3]}", seconds=60)
        until(lambda: not self.get("/v1/runs?open=1"), "no run open")
        self.assertEqual(self.readyz(), 200)
        self.assertEqual(self.stop(), 0)
        self.assertIn("ok: ", self.cli("audit", "verify"))

    def test_a_daemon_that_dies_on_a_full_disk_starts_there_and_goes_on_by_itself(self):
        mount(self, self.state, "64m")
        self.start()
        self.break_file()
        self.ended(1)
        fillers = [fill(self.state)]
        self.use_up_what_the_database_has()
        until(lambda: not self.in_effect(), seconds=60, what="what was on the way has been read back")
        fillers.append(fill(self.state, "more"))  # whoever fills it has no mercy with what was kept for us
        self.break_file(text="broken while there is no room\n")
        self.stop(signal.SIGKILL)
        log = self.top / "log"
        for _ in range(3):
            told = log.stat().st_size
            self.start()
            self.assertIn("no room for the reserve", log.read_bytes()[told:].decode())
            self.assertTrue(self.get("/v1/status")["no_space"])
            self.assertEqual(self.readyz(), 503)
            self.stop(signal.SIGKILL)
        self.start()
        self.assertFalse(self.fixed(), "no effect without room for its outcome")
        for filler in fillers:
            filler.unlink()
        until(lambda: not self.get("/v1/status")["no_space"], "it notices that there is room again", seconds=10)
        until(self.fixed, lambda: f"and goes on by itself: {self.get('/v1/status')} {self.get('/v1/runs')[:3]}", seconds=60)
        self.assertEqual(self.stop(), 0)
        self.assertIn("ok: ", self.cli("audit", "verify"))

    def test_a_start_without_room_for_the_reserve_is_refused(self):
        mount(self, self.state, "12m")
        self.assertIn("no room for the reserve", self.refused())

    def start_on_a_full_target(self, size="64k"):
        """A broken file where no byte more has room. What can be removed to make some."""
        mount(self, self.play, size)
        (self.play / "a").write_text("broken\n")
        (self.play / "a").chmod(0o644)
        filler = fill(self.play)
        self.start()
        return filler

    def test_a_full_target_keeps_the_file_and_is_tried_again(self):
        filler = self.start_on_a_full_target()
        self.ended(1, "failed")
        self.assertIn("no space left", self.runs("failed")[0]["reason"])
        self.assertEqual((self.play / "a").read_text(), "broken\n")
        self.assertEqual(sorted(p.name for p in self.play.iterdir()), ["a", "filler"])
        filler.unlink()
        until(self.fixed, "tried again by itself", seconds=40)

    def test_one_that_has_room_for_no_file_either_is_told_by_its_bytes(self):
        self.start_on_a_full_target("64k,nr_inodes=3")  # the folder, the file and what fills it
        self.ended(1, "failed")
        self.assertIn("0 of the new file's 9 bytes are free", self.runs("failed")[0]["reason"])

    def test_what_a_full_target_kept_from_beginning_counts_for_no_threshold(self):
        self.write_workflow(more="")  # the thresholds that everybody has
        filler = self.start_on_a_full_target()
        for count in range(1, 6):
            self.ended(count, "failed")
            self.cli("rescan")
        filler.unlink()
        until(lambda: self.cli("rescan") is not None and self.fixed(), "and goes on")
        self.assertEqual(self.get("/v1/reviews"), [])


unittest.main()
