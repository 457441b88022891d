"""What no event of a watched folder tells: writes under a second name, into memory, and when there is no room to watch."""
import http.client
import mmap
import os
import re
import subprocess
import unittest

from daemon import DaemonCase, until
from log_case import LogCase

FOLDER = """control: {name}
watch: {{ resource: file, folder: {folder} }}
desired: {{ content: "approved\\n", mode: "0644" }}
"""
OFTEN = """control: {name}
watch: {{ resource: file, path: {path}, every: 1s }}
desired: {{ content: "approved\\n", mode: "0644" }}
"""


class SecondName(DaemonCase):
    def link(self):
        os.link(self.play / "a", self.top / "second")
        until(lambda: self.get("/v1/status")["inconclusive"] == 1, "the second name is noticed")

    def test_is_noticed_and_what_was_written_under_it_is_put_right(self):
        self.start()
        self.link()
        shown = self.get("/v1/status")["unreadable"]
        self.assertEqual([item["subject"] for item in shown], [f"file:{self.play / 'a'}"])
        reads = self.get("/v1/status")["reads"]
        (self.top / "second").write_text("evil\n")
        until(lambda: self.get("/v1/status")["reads"] > reads, "the write is noticed")
        (self.top / "second").unlink()
        until(self.fixed, "the file is as approved")
        until(lambda: self.get("/v1/status")["inconclusive"] == 0, "it can be read again")

    def test_is_noticed_of_a_file_that_was_put_right_before(self):
        self.start()
        self.break_file()
        self.ended(1)
        self.link()
        (self.top / "second").write_text("evil\n")
        (self.top / "second").unlink()
        until(self.fixed, "the file is as approved")


class SecondNameInAFolder(SecondName):
    def setUp(self):
        super().setUp()
        (self.config / "controls" / "a.yaml").write_text(FOLDER.format(name="a", folder=self.play))


class Memory(DaemonCase):
    def test_what_is_written_into_a_mapped_file_is_found_by_reading_again(self):
        (self.config / "controls" / "a.yaml").write_text(OFTEN.format(name="a", path=self.play / "a"))
        self.start()
        with open(self.play / "a", "r+b") as file:
            mapped = mmap.mmap(file.fileno(), 0)
        with mapped:
            reads = self.get("/v1/status")["reads"]
            until(lambda: self.get("/v1/status")["reads"] > reads, "the closing is read")
            mapped[:4] = b"evil"
            until(self.fixed, "the file is as approved")
        self.ended(1)

    def test_a_watched_file_is_read_again_though_nothing_asks_for_it(self):
        self.start()
        self.assertEqual(self.get("/v1/controls/a")["every_ms"], 300_000)


@unittest.skipUnless(os.geteuid() == 0 and subprocess.run(["unshare", "-Ur", "true"], capture_output=True).returncode == 0,
                     "needs root and user namespaces")
class Limited:
    """The limit of watches is the daemon's own: it lives in a user namespace."""

    def start(self):
        super().start("unshare", "-Ur")

    def limit(self, watches):
        subprocess.run(["nsenter", "-t", str(self.process.pid), "-U", "--preserve-credentials", "tee",
                        "/proc/sys/user/max_inotify_watches"], input=str(watches), text=True, check=True, capture_output=True)


class NoRoom(Limited, DaemonCase):
    def open_port(self, target):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        connection.request("GET", target)
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        return answer.status, text

    def gauge(self, name):
        return int(re.search(rf"^{name} (\d+)$", self.open_port("/metrics")[1], re.M)[1])

    def log_says(self, text):
        until(lambda: text in (self.top / "log").read_text(), f"the log says: {text}")

    def test_a_folder_that_is_not_watched_is_told_and_watched_when_it_can_be(self):
        self.start()
        self.assertEqual(self.open_port("/readyz")[0], 200)
        self.limit(3)
        self.play.rename(self.top / "gone")
        self.play.mkdir(mode=0o700)
        until(lambda: self.get("/v1/status")["unwatched"], "the folder is not watched")
        status, text = self.open_port("/readyz")
        self.assertEqual(status, 503)
        self.assertIn(f"{self.play}: cannot be watched, fs.inotify.max_user_watches is used up", text)
        self.assertIn("max_user_watches", self.cli("status"))
        self.assertGreater(self.gauge("aright_unwatched_folders"), 0)
        self.assertEqual(self.gauge("aright_unwatched_files"), 1)
        self.log_says("not watched, changes there are not noticed")
        self.limit(10_000)
        until(lambda: self.open_port("/readyz")[0] == 200, "the folder is watched again")
        self.assertEqual(self.gauge("aright_unwatched_folders"), 0)
        self.log_says("every managed folder is watched again")
        until(lambda: (self.play / "a").exists() and self.fixed(), "the file is there again")
        self.ended(1)
        self.break_file()
        self.ended(2)
        until(self.fixed, "what changed afterwards is noticed")


class NoRoomForALog(Limited, LogCase):
    def test_is_told_and_what_is_written_meanwhile_is_read(self):
        self.start()
        self.append("203.0.113.1")
        self.called("203.0.113.1")
        self.limit(3)
        self.logs.rename(self.top / "gone")
        self.logs.mkdir(mode=0o755)
        trouble = until(lambda: self.shown()["troubles"].get(str(self.logs)), "the folder is not watched")
        self.assertIn("cannot be watched, fs.inotify.max_user_watches is used up", trouble)
        self.append("203.0.113.2")
        self.called("203.0.113.1", "203.0.113.2")
        self.limit(10_000)
        until(lambda: not self.shown()["troubles"], "it is watched again", seconds=40)
        self.append("203.0.113.3")
        self.called("203.0.113.1", "203.0.113.2", "203.0.113.3")


if __name__ == "__main__":
    unittest.main(verbosity=2)
