"""State folders that older versions wrote: what they recorded is still what their rows say, and a daemon goes on with them.

tests/older/README.md says how to add one.
"""
import os
import pathlib
import shutil
import tarfile
import unittest

from daemon import DaemonCase

FOLDERS = sorted((pathlib.Path(__file__).resolve().parent.parent / "older").glob("*.tar.xz"))


class Older(DaemonCase):
    def unpack(self, packed):
        shutil.rmtree(self.state, ignore_errors=True)
        self.state.mkdir(mode=0o700)
        with tarfile.open(packed) as files:
            for file in files:
                self.assertTrue(file.isfile() and pathlib.PurePath(file.name).name == file.name, file.name)
                (self.state / file.name).write_bytes(files.extractfile(file).read())
                os.chmod(self.state / file.name, file.mode)

    def test_their_rows_are_what_their_entries_imply_before_and_after_a_start(self):
        self.assertGreaterEqual(len(FOLDERS), 3)
        for packed in FOLDERS:
            with self.subTest(packed.name):
                self.unpack(packed)
                before = len(self.cli("audit", "export").splitlines())
                self.assertIn("ok", self.cli("audit", "verify"))
                self.start()
                self.assertEqual(self.stop(), 0)
                self.assertIn("ok", self.cli("audit", "verify"))
                self.assertGreater(len(self.cli("audit", "export").splitlines()), before)


unittest.main()
