"""A control of a folder is about what is in it, also where the queue of the kernel runs over."""
import os
import pathlib
import signal
import subprocess
import unittest

from daemon import DaemonCase, until

CONTROL = """control: folder
title: files of the folder have mode 0644
watch: {{ resource: file, folder: {folder} }}
desired: {desired}
"""


class Folder(DaemonCase):
    files = []

    def setUp(self):
        super().setUp()
        self.files = ["folder"]
        self.write_workflow()
        self.put("f1")
        self.put("f2")

    def put(self, name, mode=0o644, text="approved\n"):
        (self.play / name).write_text(text)
        (self.play / name).chmod(mode)

    def begin(self, desired='{ mode: "0644" }', mode="auto"):
        (self.config / "controls" / "folder.yaml").write_text(CONTROL.format(folder=self.play, desired=desired))
        self.write_workflow(mode=mode)
        self.start()

    def open_findings(self):
        return [f for f in self.ask("findings", "list") if f["state"] == "open"]

    def mode_of(self, name):
        return (self.play / name).stat().st_mode & 0o777

    def test_what_is_deleted_is_no_violation_and_uses_up_no_threshold(self):
        self.begin()
        (self.play / "f2").unlink()
        for number in range(8):
            self.put(f".swap{number}", mode=0o600)
            (self.play / f".swap{number}").unlink()
        self.put("f1", mode=0o600)
        until(lambda: self.mode_of("f1") == 0o644 or self.ask("reviews", "list"), "f1 is mended")
        until(lambda: not self.open_findings(), lambda: f"no finding on what is gone: {self.open_findings()}")
        self.assertEqual(sorted(p.name for p in self.play.iterdir()), ["f1"])
        self.assertEqual(self.stop(), 0)
        self.assertIn("ok: ", self.cli("audit", "verify"))

    def test_what_is_no_file_is_told_live_at_the_start_and_by_scan(self):
        self.begin()
        (self.play / "f2").unlink()
        (self.play / "f2").symlink_to("/etc/passwd")
        os.mkfifo(self.play / "pipe")
        (self.play / "sub").mkdir()
        until(lambda: self.get("/v1/status")["inconclusive"] == 2, lambda: self.get("/v1/status"))
        self.stop()
        self.start()
        until(lambda: self.get("/v1/status")["inconclusive"] == 2, lambda: self.get("/v1/status"))
        said = subprocess.run([self.binary, "--state", self.state, "scan", self.config], capture_output=True, text=True).stdout
        self.assertIn("f2: is a link", said)
        self.assertIn("pipe: is a pipe", said)
        self.assertNotIn("sub", said)

    def test_where_content_is_stated_what_is_deleted_stays_deleted(self):
        self.begin('{ content: "approved\\n" }')
        self.put("f1", text="broken\n")
        until(lambda: (self.play / "f1").read_text() == "approved\n", "a member is restored")
        self.ended(1)  # what comes before it has been read back is somebody else's doing in the middle of a run
        (self.play / "f2").unlink()
        self.put("f1", text="broken again\n")
        until(lambda: (self.play / "f1").read_text() == "approved\n", lambda: f"again: {self.runs()}")
        until(lambda: not self.open_findings(), "no finding")
        self.assertFalse((self.play / "f2").exists())

    def test_after_the_queue_ran_over_open_findings_are_read_again(self):
        self.begin(mode="plan")
        self.put("f1", mode=0o600)
        until(self.open_findings, "a finding")
        self.process.send_signal(signal.SIGSTOP)
        os.waitid(os.P_PID, self.process.pid, os.WSTOPPED | os.WNOWAIT)
        limit = int(pathlib.Path("/proc/sys/fs/inotify/max_queued_events").read_text())
        for number in range(limit // 2 + 1000):
            (self.play / "f2").chmod(0o644)
            (self.play / "f3").touch(mode=0o644)
            (self.play / "f3").unlink()
        (self.play / "f1").unlink()
        self.process.send_signal(signal.SIGCONT)
        until(lambda: "lost track, everything is read again" in (self.top / "log").read_text(), "it is told", seconds=60)
        until(lambda: not self.open_findings(), "and the finding is over", seconds=60)


unittest.main()
