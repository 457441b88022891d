"""The daemon's memory holds secrets: no other process reads it, and no core dump has it."""
import os
import subprocess
import unittest

from daemon import DaemonCase, until

OTHER = 65534



class ClosedMemory(DaemonCase):
    user = OTHER

    def read_by_its_own_user(self):
        become = {"user": OTHER, "group": OTHER, "extra_groups": []} if os.geteuid() == 0 else {}
        return subprocess.run(["/usr/bin/head", "-c", "10", f"/proc/{self.process.pid}/maps"], capture_output=True, text=True, cwd="/", **become)

    def as_usual(self):
        self.break_file()
        until(self.fixed, lambda: self.get("/v1/runs"))

    def test_not_even_its_own_user_reads_it(self):
        self.start()
        done = self.read_by_its_own_user()
        self.assertIn("Permission denied", done.stderr)
        self.assertEqual(done.stdout, "")
        self.as_usual()
        self.assertEqual(self.stop(), 0)

    def test_who_starts_it_may_leave_it_open_for_a_debugger(self):
        os.environ["ARIGHT_DUMPABLE"] = "1"
        self.addCleanup(os.environ.pop, "ARIGHT_DUMPABLE")
        self.start()
        done = self.read_by_its_own_user()
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertTrue(done.stdout)
        self.assertEqual(self.stop(), 0)


unittest.main()
