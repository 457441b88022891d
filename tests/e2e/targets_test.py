"""Targets that cannot be written: a file system that is read-only, and a limit on the size of files (RLIMIT_FSIZE)."""
import resource
import subprocess
import unittest

from daemon import DaemonCase, until
from mounts import enter_own_mounts

MAY_MOUNT = enter_own_mounts(__file__)


@unittest.skipUnless(MAY_MOUNT, "skipped: only root may mount here")
class ReadOnly(DaemonCase):
    def remount(self, how):
        subprocess.run(["mount", "-o", f"remount,{how}", self.play], check=True)

    def test_a_read_only_file_system_is_named_and_tried_again(self):
        subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=0700", "none", self.play], check=True)
        self.addCleanup(subprocess.run, ["umount", "-l", self.play], check=True)
        (self.play / "a").write_text("broken\n")
        (self.play / "a").chmod(0o644)
        self.remount("ro")
        self.start()
        self.ended(1, "failed")
        self.assertIn("read-only file system", self.runs("failed")[0]["reason"].lower())
        self.assertEqual((self.play / "a").read_text(), "broken\n")
        self.assertEqual([p.name for p in self.play.iterdir()], ["a"])
        self.assertEqual(len(self.ask("findings", "list")), 1, "what could not be put right stays open")
        self.remount("rw")
        until(self.fixed, "tried again by itself", seconds=60)
        until(lambda: not self.get("/v1/runs?open=1"), "no run open")
        self.assertEqual(self.stop(), 0)
        self.assertIn("ok: ", self.cli("audit", "verify"))


class SizeLimit(DaemonCase):
    """Only the file is larger than the limit: what the daemon writes for itself stays below it."""

    def bits(self):
        return (self.play / "a").stat().st_mode & 0o777

    def limit(self, bytes_max):
        resource.prlimit(self.process.pid, resource.RLIMIT_FSIZE, (bytes_max, resource.RLIM_INFINITY))

    def start_limited(self, bytes_max):
        (self.state / "reserve").unlink()
        self.start("prlimit", f"--fsize={bytes_max}:unlimited")

    def test_a_file_that_may_not_grow_so_large_is_left_as_it_is(self):
        control = (self.config / "controls" / "a.yaml").read_text()
        (self.config / "controls" / "a.yaml").write_text(control.replace('content: "approved\\n", ', ""))
        large = "x" * 900_000
        (self.play / "a").write_text(large)
        self.start()
        self.limit(700_000)
        (self.play / "a").chmod(0o666)
        self.ended(1, "failed")
        self.assertIn("file too large", self.runs("failed")[0]["reason"].lower())
        self.assertEqual(((self.play / "a").read_text(), self.bits()), (large, 0o666))
        self.assertEqual([p.name for p in self.play.iterdir()], ["a"])
        self.assertIsNone(self.process.poll(), "SIGXFSZ is no death")
        self.limit(resource.RLIM_INFINITY)
        until(lambda: self.bits() == 0o644, "tried again by itself", seconds=60)
        until(lambda: not self.get("/v1/runs?open=1"), "no run open")
        self.assertEqual((self.play / "a").read_text(), large)
        self.assertEqual(self.stop(), 0)
        self.assertIn("ok: ", self.cli("audit", "verify"))

    def test_one_below_what_the_daemon_writes_for_itself_is_a_full_disk(self):
        self.start()
        self.break_file()
        self.ended(1)
        self.limit(1000)
        self.break_file()
        status = until(lambda: self.get("/v1/status")["no_space"] and self.get("/v1/status"), "it says that there is no room")
        self.assertIn("aright.db: file too large for the limit on files of this process; raise it", status["store_trouble"].lower())
        self.assertIsNone(self.process.poll(), "it waits, and does not end")
        self.limit(resource.RLIM_INFINITY)
        until(lambda: not self.get("/v1/status")["no_space"], "it notices that there is room again")
        until(lambda: self.fixed() or self.get("/v1/runs?open=1"), "and goes on by itself", seconds=60)
        until(lambda: self.fixed() and not self.get("/v1/runs?open=1"), "put right, no run open", seconds=60)
        self.assertEqual(self.stop(), 0)
        self.assertIn("ok: ", self.cli("audit", "verify"))

    def test_a_start_below_it_stands_until_the_limit_is_raised(self):
        self.start()
        self.break_file()
        self.ended(1)
        self.assertEqual(self.stop(), 0)
        self.break_file()
        self.start_limited(40_000)
        until(lambda: self.get("/v1/status")["no_space"], "it says that there is no room")
        told = lambda: self.get("/v1/status")["store_trouble"]
        until(lambda: "for the limit on files of this process; raise it" in told(), told)
        self.limit(resource.RLIM_INFINITY)
        until(lambda: self.fixed() and not self.get("/v1/runs?open=1"), "goes on by itself", seconds=60)
        until(lambda: not self.get("/v1/status")["no_space"], "it notices that there is room again")
        self.assertEqual(self.stop(), 0)
        self.assertIn("ok: ", self.cli("audit", "verify"))

    def test_a_start_that_can_set_nothing_aside_says_so_though_nothing_happens(self):
        """The limit leaves room for all that is written, but not for the reserve."""
        self.start()
        self.break_file()
        self.ended(1)
        self.assertEqual(self.stop(), 0)
        self.start_limited(10_000_000)
        told = lambda: self.get("/v1/status")["store_trouble"]
        until(lambda: "no room for the reserve of 16 mib: file too large for the limit" in told().lower(), told)
        self.assertTrue(self.get("/v1/status")["no_space"])
        self.limit(resource.RLIM_INFINITY)
        until(lambda: not self.get("/v1/status")["no_space"], "it notices that there is room again")
        self.assertEqual(told(), "")
        self.assertEqual(self.stop(), 0)
        self.assertIn("ok: ", self.cli("audit", "verify"))


unittest.main()
