"""A program that may not be run now, as in the middle of a package's upgrade, keeps no daemon from starting; one that others
could change does."""
import signal
import subprocess
import unittest

from daemon import BINARY, until
from log_case import LogCase
from mounts import enter_own_mounts

may_mount = enter_own_mounts(__file__)


class ProgramFiles(LogCase):
    def restarted(self):
        """What the start said."""
        self.stop(signal.SIGKILL)
        (self.top / "log").write_text("")
        self.start()
        return (self.top / "log").read_text()

    def test_one_that_lost_its_mode_is_a_warning_and_the_step_fails_until_it_has_it_again(self):
        self.start()
        self.program.chmod(0o644)
        said = self.restarted()
        self.assertIn(f"program {self.program}: is not executable by us (mode 0644)", said)
        self.assertIn("until it may be run, the step fails", said)
        reloaded = subprocess.run([BINARY, "--state", str(self.state), "reload"], capture_output=True, text=True, timeout=60)
        self.assertEqual(reloaded.returncode, 0)
        self.assertIn("is not executable by us", reloaded.stderr)
        self.append("203.0.113.1")
        failed = until(lambda: self.runs("failed"), lambda: self.ask("runs", "list"))[0]
        self.assertIn("is not executable by us (mode 0644)", failed["reason"])
        self.program.chmod(0o755)
        self.append("203.0.113.2")
        until(lambda: "203.0.113.2" in [call[1] for call in self.calls()], lambda: self.ask("runs", "list"))

    def test_nothing_begins_whose_confirmation_could_not_be_run(self):
        look = self.programs / "look"
        look.write_text("#!/bin/sh\nexit 0\n")
        look.chmod(0o755)
        workflow = self.config / "workflows" / "react.yaml"
        workflow.write_text(workflow.read_text() + f"    confirm: {{ exec: [{look}] }}\n")
        self.start()
        look.chmod(0o600)
        self.append("203.0.113.1")
        failed = until(lambda: self.runs("failed"), lambda: self.ask("runs", "list"))[0]
        self.assertIn(f"of `confirm`: program {look}: is not executable by us (mode 0600)", failed["reason"])
        self.assertEqual(self.calls(), [])
        look.rename(look.with_suffix(".away"))
        self.append("203.0.113.3")
        failed = until(lambda: [run for run in self.runs("failed") if "203.0.113.3" in run["subject"]], lambda: self.ask("runs", "list"))[0]
        self.assertIn(f"of `confirm`: program {look}: ", failed["reason"])
        self.assertIn("no such file or directory", failed["reason"].lower())
        self.assertEqual(self.calls(), [])
        look.with_suffix(".away").rename(look)
        look.chmod(0o755)
        self.append("203.0.113.2")
        until(lambda: "203.0.113.2" in [call[1] for call in self.calls()], lambda: self.ask("runs", "list"))

    def test_one_that_others_can_change_is_refused(self):
        for mode in (0o775, 0o666):
            self.program.chmod(mode)
            said = self.refused()
            self.assertIn(f"error: program {self.program}: can be changed by others", said)

    @unittest.skipUnless(may_mount, "skipped: only root may mount here")
    def test_one_on_a_file_system_without_programs_is_told_as_that(self):
        subprocess.run(["mount", "-t", "tmpfs", "-o", "noexec,mode=0755", "none", self.programs], check=True)
        self.addCleanup(subprocess.run, ["umount", "-l", self.programs], check=True)
        self.program.write_text("#!/bin/true\n")
        self.program.chmod(0o755)
        self.start()
        self.assertIn(f"program {self.program}: its file system is mounted noexec", (self.top / "log").read_text())
        self.append("203.0.113.1")
        failed = until(lambda: self.runs("failed"), lambda: self.ask("runs", "list"))[0]
        self.assertIn("is mounted noexec", failed["reason"])
        self.assertNotIn("mode 0755", failed["reason"])


unittest.main()
