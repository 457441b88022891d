"""A file that is mounted by itself, as containers mount /etc/hosts: its name cannot be given to another."""
import subprocess
import unittest

from daemon import BROKEN, DaemonCase, until
from mounts import enter_own_mounts


@unittest.skipUnless(enter_own_mounts(__file__), "skipped: only root may mount here")
class MountedFile(DaemonCase):
    def test_it_is_refused_when_it_is_planned(self):
        file = self.play / "a"
        file.write_text("approved\n")
        file.chmod(0o644)
        subprocess.run(["mount", "--bind", file, file], check=True)
        self.addCleanup(subprocess.run, ["umount", "-l", file], check=True)
        self.start()
        self.break_file()
        failed = until(lambda: self.runs("failed"), "its run fails")[0]
        self.assertIn("is mounted by itself", failed["reason"])
        self.assertEqual(failed["steps"], [])
        self.assertEqual(file.read_text(), BROKEN)
        self.assertNotIn("run.running", [e["kind"] for e in self.entries()])


unittest.main()
