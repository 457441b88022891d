"""What a daemon that is not root may not do: it says so, says what would help, and changes nothing."""
import os
import struct
import unittest

from daemon import BROKEN, DaemonCase, until

CONTROL = """control: a
watch: {{ resource: file, path: {path} }}
desired: {desired}
"""


@unittest.skipUnless(os.geteuid() == 0, "skipped: only root may make files of others")
class WithoutRoot(DaemonCase):
    user = 65534

    def desire(self, desired):
        (self.config / "controls" / "a.yaml").write_text(CONTROL.format(path=self.play / "a", desired=desired))

    def refused_run(self):
        """The first run that came to nothing; others may follow."""
        run = until(lambda: [r for r in self.get("/v1/runs") if r["state"] in ("failed", "rolled_back")],
                    lambda: self.get("/v1/runs"))[-1]
        self.assertEqual(len(self.get("/v1/findings?open=1")), 1, "it is still wrong, and said so")
        return self.cli("runs", "show", str(run["id"]))

    def test_its_own_file_in_its_own_folder_is_put_right(self):
        self.start()
        self.break_file()
        self.ended(1)
        self.assertTrue(self.fixed())
        self.assertEqual((self.play / "a").stat().st_uid, self.user)

    def test_attributes_of_its_own_file_are_kept_together_and_come_back(self):
        acl = struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *entry) for entry in (
            (1, 6, 2**32 - 1), (2, 4, 9), (4, 4, 2**32 - 1), (16, 6, 2**32 - 1), (32, 4, 2**32 - 1)))
        closed = struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *entry) for entry in (
            (1, 4, 2**32 - 1), (2, 4, 9), (4, 4, 2**32 - 1), (16, 4, 2**32 - 1), (32, 4, 2**32 - 1)))
        try:
            os.setxattr(self.play / "a", "user.note", b"kept")
            os.setxattr(self.play / "a", "system.posix_acl_access", acl)
            os.setxattr(self.play, "system.posix_acl_default", closed)  # which lets nobody write in what is made there
        except OSError as error:
            self.skipTest(f"skipped: no such attributes here ({error})")
        mode = (self.play / "a").stat().st_mode
        self.desire("{ content: \"approved\\n\" }")
        self.start()
        self.break_file()
        self.ended(1)
        def as_it_was():
            self.assertEqual(os.getxattr(self.play / "a", "user.note"), b"kept")
            self.assertEqual(os.getxattr(self.play / "a", "system.posix_acl_access"), acl)
            self.assertEqual((self.play / "a").stat().st_mode, mode)
        self.assertTrue(self.fixed())
        as_it_was()
        self.cli("runs", "undo", "1", "--reason", "to see it come back")
        until(lambda: (self.play / "a").read_text() == BROKEN, lambda: self.get("/v1/runs"))
        as_it_was()

    def test_it_can_give_no_file_away(self):
        self.desire("{ content: \"approved\\n\", owner: daemon }")
        self.start()
        said = self.refused_run()
        self.assertIn(f"{self.play}/a: its owner is to be daemon, and user 65534 may give no file away; leave `owner` "
                      "as it is, or run as root", said)
        self.assertEqual((self.play / "a").stat().st_uid, self.user)

    def test_it_can_give_no_file_to_a_group_that_it_is_not_in(self):
        self.desire("{ content: \"approved\\n\", group: daemon }")
        self.start()
        said = self.refused_run()
        self.assertIn("its group is to be daemon, of which user 65534 is no member; put this user into it, or run as root", said)
        self.assertEqual((self.play / "a").stat().st_gid, self.user)

    def test_a_bit_that_the_system_drops_in_silence_is_refused(self):
        os.chown(self.play, self.user, 1)
        self.play.chmod(0o2755)
        os.chown(self.play / "a", self.user, 1)
        self.desire("{ content: \"approved\\n\", mode: \"2755\" }")
        self.start()
        self.assertIn(f"its mode is to be 2755, of which the system lets user {self.user} set 0755 only", self.refused_run())
        self.assertEqual((self.play / "a").stat().st_mode & 0o7777, 0o644)

    def test_it_can_make_no_file_in_the_folder_of_another(self):
        self.start()
        os.chown(self.play, 0, 0)
        self.break_file()
        said = self.refused_run()
        self.assertIn(f"{self.play}/a: user 65534 may make no file in its folder (Permission denied); let this user write "
                      "there, or run as root", said)
        self.assertEqual((self.play / "a").read_text(), BROKEN)

    def test_a_file_that_it_cannot_read_is_told_and_looked_at_again(self):
        self.start()
        os.chown(self.play / "a", 0, 0)
        (self.play / "a").chmod(0o600)
        said = until(lambda: [line for line in self.cli("status").splitlines() if str(self.play / "a") in line],
                     lambda: self.cli("status"))
        self.assertIn("user 65534 may not read it (mode 0600, owner 0); let this user read it, or run as root", said[0])
        (self.play / "a").chmod(0o644)
        until(lambda: str(self.play / "a") not in self.cli("status"), lambda: self.cli("status"))


if __name__ == "__main__":
    unittest.main()
