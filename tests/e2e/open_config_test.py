"""What anybody may change is not run by a daemon, whoever it belongs to; those who only look are told."""
import subprocess
import unittest

from daemon import BINARY, DaemonCase


class OpenConfig(DaemonCase):
    def looked(self, *words):
        done = subprocess.run([BINARY, "--state", self.state, *words], capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stderr

    def test_a_file_that_anybody_may_change_starts_nothing(self):
        workflow = self.config / "workflows" / "restore.yaml"
        workflow.chmod(0o666)
        said = self.refused()
        self.assertIn("error: anybody may change workflows/restore.yaml (mode 0666)", said)
        self.assertIn(f"chmod o-w {workflow}", said)
        self.assertNotIn("more in the folder", said)
        self.break_file()
        said = self.cli("scan", str(self.config), "--fix", expect=2)
        self.assertIn("anybody may change workflows/restore.yaml (mode 0666)", said)
        self.assertFalse(self.fixed())
        self.assertEqual(self.looked("validate", self.config).count("warning: anybody may change"), 1)
        workflow.chmod(0o664)  # teams edit by a group
        self.assertNotIn("anybody may", self.looked("validate", self.config))
        self.start()
        self.ended(1)

    def test_a_folder_and_one_above_it_are_named_with_what_to_do(self):
        self.config.chmod(0o1777)  # the sticky bit keeps nobody from putting a workflow there
        (self.config / "controls").chmod(0o777)
        said = self.refused()
        self.assertIn(f"anybody may change {self.config} (mode 1777), as 1 more in the folder", said)
        self.assertIn(f"chmod -R o-w {self.config}", said)
        self.config.chmod(0o755)
        (self.config / "controls").chmod(0o755)
        self.top.chmod(0o777)
        said = self.refused()
        self.assertIn(f"error: it lies below {self.top}, in which anybody may exchange it (mode 0777)", said)
        self.assertIn(f"chmod o-w {self.top}", said)
        said = self.looked("validate", self.config)
        self.assertIn(f"warning: it lies below {self.top}", said)
        self.top.chmod(0o1777)  # as shared folders for temporary files are
        self.start()

    def test_a_folder_behind_a_link_is_looked_at_too(self):
        real = self.top / "elsewhere"
        (self.config / "controls").rename(real)
        (self.config / "controls").symlink_to(real)
        (real / "a.yaml").chmod(0o666)
        said = self.refused()
        self.assertIn("anybody may change controls/a.yaml (mode 0666)", said)
        self.assertIn(f"chmod o-w {real / 'a.yaml'}", said)

    def test_a_reload_is_refused_and_what_is_in_force_stays(self):
        self.start()
        (self.config / "controls" / "a.yaml").chmod(0o666)
        said = self.cli("reload", expect=1)
        self.assertIn("error: anybody may change controls/a.yaml (mode 0666)", said)
        self.assertIn("the configuration in force stays", said)
        (self.config / "controls" / "a.yaml").chmod(0o644)
        self.assertIn("reloaded", self.cli("reload"))


unittest.main()
