"""What answers where the daemon should, and what lies where its files should: said by name, without waiting for ever."""
import datetime
import hashlib
import json
import os
import pathlib
import signal
import socket
import sqlite3
import subprocess
import threading
import unittest

from daemon import BINARY, DaemonCase, until

ASKS = (["status"], ["runs", "list"], ["runs", "show"], ["runs", "list", "-o", "json"], ["findings", "list"], ["findings", "show", "f-1"],
        ["reviews", "list"], ["workflows", "list"], ["controls", "list"], ["teams", "list"], ["sources", "list"], ["waivers", "list"],
        ["notifications", "list"], ["report"], ["explain", "/etc/motd"], ["replay", "--since", "1h"], ["reload"], ["pause", "--reason", "r"],
        ["resume", "--reason", "r"], ["reviews", "approve", "1", "--reason", "r"], ["reviews", "approve", "--workflow", "w", "--plan"])


class Answering:
    """Listens on a socket and answers every request with one body, or what a function of it says, or not at all."""

    def __init__(self, path, body, head, status):
        self.body, self.head, self.status = body, head, status
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.bind(str(path))
        self.socket.listen(16)
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                peer, _ = self.socket.accept()
            except OSError:
                return
            with peer:
                request = peer.recv(65536).decode()
                body = self.body(request) if callable(self.body) else self.body
                if body is not None:
                    text = body.encode()
                    peer.sendall(f"HTTP/1.1 {self.status}\r\n{self.head}Content-Length: {len(text)}\r\n\r\n".encode() + text)

    def close(self):
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()


class StrangePeers(DaemonCase):
    def ask_strangers(self, body, says, asks=ASKS, head="", status="200 OK"):
        self.state.mkdir(mode=0o700, exist_ok=True)
        path = self.state / "aright.sock"
        path.unlink(missing_ok=True)
        stranger = Answering(path, body, head, status)
        self.addCleanup(stranger.close)
        for words in asks:
            with self.subTest(body=body, words=words, status=status):
                done = subprocess.run([BINARY, "--state", str(self.state), *words], capture_output=True, text=True, timeout=60)
                self.assertEqual(done.returncode, 1, f"{done.stdout}{done.stderr}")
                self.assertIn(says, done.stderr)
                self.assertEqual(done.stderr.count("\n"), 1, done.stderr)

    def test_an_answer_of_another_form_is_called_that(self):
        for body in ("{}", "null", '{"unknown": 1}', '{"detail": "no such run"}', '{"items": [{}]}'):
            self.ask_strangers(body, "what answers there is no daemon that this version knows")
        of_ours = [words for words in ASKS if words[1:2] == ["list"]] + [["explain", "/etc/motd"], ["report"]]
        self.ask_strangers('{"items": [{}], "unknown": 1}', "is not of the form that this version writes", of_ours[:-2], "Aright-Version: 0\r\n")
        self.ask_strangers('{"unknown": 1}', "is not of the form that this version writes", of_ours, "Aright-Version: 0\r\n")

    def test_what_a_stranger_refuses_is_no_word_of_a_daemon(self):
        for status in ("302 Found", "404 Not Found", "503 Service Unavailable"):
            for body in ('{"detail": "no such run"}', "<html>not here</html>"):
                self.ask_strangers(body, "what answers there is no daemon that this version knows", ASKS[::3], status=status)
        self.ask_strangers('{"detail": "no such run"}', "error: no such run", ASKS[::3], "Aright-Version: 0\r\n", "404 Not Found")

    def test_who_closes_without_an_answer_was_not_slow(self):
        self.ask_strangers(None, "the daemon closed the connection before it answered")

    def test_an_undo_that_was_asked_for_and_not_answered_is_neither_done_nor_refused(self):
        now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
        run = {"id": 1, "workflow": "w", "subject": "file:/x", "state": "succeeded", "finished_at": now,
               "steps": [{"resource": "file:/x", "changes": True, "state": "applied"}]}

        def answer(request):
            if request.startswith("GET"):
                return json.dumps({"items": [run], "more": 0} if "workflow=w" in request else run)
            return '{"undoes": 1, "would": "undo"}' if '"plan"' in request else None
        says = "whether it was begun is not known: "
        reason = ["--reason", "r"]
        self.ask_strangers(answer, f"error: {says}", [["runs", "undo", "1", *reason]], "Aright-Version: 0\r\n")
        words = ["runs", "undo", "--workflow", "w", "--since", "1h", *reason]

        def asked(*more):
            return subprocess.run([BINARY, "--state", str(self.state), *more, *words], capture_output=True, text=True, timeout=60)
        done = asked()
        self.assertEqual((done.returncode, done.stderr), (1, ""))
        self.assertRegex(done.stdout, rf"^run 1 on file:/x: asked: {says}.* closed the connection before it answered; `aright runs list` shows it\n$")
        self.assertEqual([one["state"] for one in json.loads(asked("-o", "json").stdout)], ["asked"])

    def test_a_daemon_that_dies_meanwhile_was_not_slow(self):
        self.start()
        self.process.send_signal(signal.SIGSTOP)
        asking = subprocess.Popen([BINARY, "--state", str(self.state), "pause", "--reason", "r"], stdin=subprocess.DEVNULL,
                                  stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        of_it = pathlib.Path(f"/proc/{asking.pid}")

        def waits():
            try:
                connected = any(os.readlink(fd).startswith("socket:") for fd in (of_it / "fd").iterdir())
            except OSError:  # closed meanwhile
                return False
            return connected and (of_it / "stat").read_text().rsplit(")", 1)[1].split()[0] == "S"
        until(waits, "it has asked, and waits")
        self.stop(signal.SIGKILL)
        self.assertIn("the daemon closed the connection before it answered", asking.communicate(timeout=20)[1])
        self.assertEqual(asking.returncode, 1)

    def test_what_the_server_refuses_by_itself_is_told_in_its_words(self):
        self.start()
        said = self.cli("runs", "list", "--before", "9" * 70_000, expect=1)
        self.assertNotIn("what answers there", said)
        self.assertIn("header", said)


class StrangeFiles(DaemonCase):
    def make(self, name, kind):
        path = self.state / name
        path.unlink(missing_ok=True)
        path.mkdir() if kind == "folder" else os.mkfifo(path)

    def test_none_is_opened_in_place_of_the_database_or_what_lies_beside_it(self):
        self.start()
        self.stop()
        kept = self.top / "kept"
        for name in ("aright.db", "aright.db-wal", "aright.db-shm", "aright.db-journal"):
            for kind in ("fifo", "folder"):
                with self.subTest(name=name, kind=kind):
                    path = self.state / name
                    if path.exists():
                        path.rename(kept)
                    self.make(name, kind)
                    for said in (self.refused(), self.cli("audit", "verify", expect=2), self.cli("backup", str(self.top / "b"), expect=1)):
                        self.assertIn(f"{path}: is no regular file", said)
                    path.rmdir() if kind == "folder" else path.unlink()
                    if kept.exists():
                        kept.rename(path)
        self.start()

    def told(self, witness):
        """What it says, having kept little of it."""
        asked = subprocess.Popen([BINARY, "--state", str(self.state), "audit", "verify", "--witness", str(witness)], stderr=subprocess.PIPE, text=True)
        last = threading.Timer(60, asked.kill)
        last.start()
        with asked.stderr:
            said = asked.stderr.read()
        last.cancel()
        _, status, used = os.wait4(asked.pid, 0)
        asked.returncode = os.waitstatus_to_exitcode(status)
        self.assertNotEqual(asked.returncode, 0)
        self.assertLess(used.ru_maxrss, 700 << 10)
        return said

    def test_a_witness_is_a_file_of_lines(self):
        self.start()
        self.stop()
        fifo = self.top / "fifo"
        os.mkfifo(fifo)
        for other in ("/dev/zero", str(fifo)):
            self.assertIn(f"{other}: is no regular file", self.told(other))
        endless = self.top / "endless"
        with open(endless, "wb") as file:
            file.truncate(1 << 30)  # not a line end in it
        self.assertIn("endless: holds no checkpoint of the log", self.told(endless))

    def test_a_forged_entry_of_another_form_is_named(self):
        self.start()
        self.stop()
        database = sqlite3.connect(self.state / "aright.db")
        for text in ("[]", '{"at":5,"kind":5,"seq":1}'):
            leaf = hashlib.sha256(b"\0" + text.encode()).digest()
            database.execute("UPDATE entry SET bytes=?, leaf=? WHERE seq=1", (text.encode(), leaf))
            database.commit()
            self.assertIn("entry 1: ", self.cli("audit", "verify", expect=1))
        database.close()

    def test_no_backup_is_made_without_a_key(self):
        self.start()
        self.stop()
        backup = self.top / "backup"
        self.cli("backup", str(backup))
        for name in ("plan.key", "signing.key"):
            for of, make in ((self.state, lambda path: path.symlink_to(self.top / "elsewhere")), (self.state, os.mkfifo),
                             (self.state, os.mkdir), (backup, os.mkfifo), (backup, lambda path: path.symlink_to(self.top / "elsewhere"))):
                with self.subTest(name=name, of=of.name):
                    path, kept = of / name, self.top / "kept"
                    path.rename(kept)
                    make(path)
                    words = ("backup", str(self.top / "b")) if of == self.state else ("restore", str(backup), "--reason", "r")
                    said = subprocess.run([BINARY, "--state", str(self.state if of == self.state else self.top / "new"), *words],
                                          capture_output=True, text=True, timeout=60)
                    self.assertEqual(said.returncode, 1, said.stdout)
                    self.assertIn(f"{path}: is no regular file", said.stderr)
                    path.rmdir() if path.is_dir() and not path.is_symlink() else path.unlink()
                    kept.rename(path)

    def test_no_state_is_restored_into_its_backup(self):
        self.start()
        self.stop()
        backup = self.top / "backup"
        self.cli("backup", str(backup))
        said = subprocess.run([BINARY, "--state", str(backup / "in"), "restore", str(backup), "--reason", "r"], capture_output=True, text=True, timeout=60)
        self.assertEqual(said.returncode, 1)
        self.assertIn("lies in the backup; a state folder belongs elsewhere", said.stderr)
        self.assertFalse((backup / "in").exists())


if __name__ == "__main__":
    unittest.main()
