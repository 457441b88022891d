"""Where tests must be able to mount, one that may not fails."""
import contextlib
import os
import pathlib
import tempfile
import unittest
from unittest import mock

from mounts import MUST_MOUNT, OWN_MOUNTS, enter_own_mounts


class OwnMounts(unittest.TestCase):
    @contextlib.contextmanager
    def without_mounts(self, uid, **more):
        """`unshare` says no."""
        with tempfile.TemporaryDirectory() as folder:
            program = pathlib.Path(folder) / "unshare"
            program.write_text("#!/bin/sh\necho 'unshare failed: no' >&2\nexit 1\n")
            program.chmod(0o755)
            given = {name: text for name, text in os.environ.items() if name not in (OWN_MOUNTS, MUST_MOUNT)}
            given["PATH"] = f"{folder}:{os.environ['PATH']}"
            with mock.patch.dict(os.environ, {**given, **more}, clear=True), mock.patch("os.geteuid", return_value=uid):
                yield

    def test_root_that_may_not_mount_skips_or_fails_as_asked(self):
        with self.without_mounts(0):
            self.assertFalse(enter_own_mounts(__file__))
        with self.without_mounts(0, **{MUST_MOUNT: "1"}), self.assertRaises(SystemExit) as refused:
            enter_own_mounts(__file__)
        self.assertIn("unshare failed: no", str(refused.exception))

    def test_who_is_not_root_is_not_asked_for_it(self):
        with self.without_mounts(1000, **{MUST_MOUNT: "1"}):
            self.assertFalse(enter_own_mounts(__file__))


unittest.main()
