"""A backup made beside a daemon that works, checked by the verifier, brought back, noticed at the start and recorded."""
import fcntl
import http.client
import json
import os
import re
import shutil
import socket
import subprocess
import threading
import unittest

from daemon import BINARY, DaemonCase, until
from notify_test import KEY, Receiver


class BackupCase(DaemonCase):
    files = ["a", "b"]
    witnesses = ""

    def setUp(self):
        super().setUp()
        self.copy = self.top / "backup"

    def back_up(self, expect=0):
        return self.cli("backup", str(self.copy), expect=expect)

    def bring_back(self, state=None, expect=0):
        return self.on(state or self.state, "restore", str(self.copy), "--reason", "the disk died", expect=expect)

    def on(self, state, *words, expect=0):
        done = subprocess.run([BINARY, "--state", str(state), *words], capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, expect, f"{words}: {done.stdout}{done.stderr}")
        return done.stdout if expect == 0 else done.stderr

    def rescan(self):
        """One more entry."""
        connection = http.client.HTTPConnection("localhost", timeout=20)
        connection.sock = socket.socket(socket.AF_UNIX)
        try:
            connection.sock.connect(str(self.state / "aright.sock"))
            connection.request("POST", "/v1/rescan", "{}", {"Content-Type": "application/json"})
            self.assertEqual(connection.getresponse().status, 200)
        finally:
            connection.close()

    def verify(self, folder):
        return self.cli("audit", "verify", "--database", str(folder / "aright.db"), "--key", str(folder / "signing.pub"))

    def fixed_once(self):
        self.start()
        self.break_file()
        self.ended(1)

    def restored(self):
        return [e for e in self.entries() if e["kind"] == "node.restored"]


class Backup(BackupCase):
    def test_beside_a_daemon_that_works_all_the_time(self):
        self.start()
        over = threading.Event()

        def work():
            while not over.is_set():
                self.break_file("a")
                self.rescan()

        worker = threading.Thread(target=work)
        worker.start()
        try:
            until(lambda: self.get("/v1/status")["audit_entries"] > 100, "a log to copy")
            for n in range(5):
                self.copy = self.top / f"backup-{n}"
                before = self.get("/v1/status")["audit_signed"]
                self.assertIn("ok: ", self.back_up())
                doc = json.loads((self.copy / "backup.json").read_text())
                self.assertGreaterEqual(doc["entries"], before)
                self.assertIn(f"ok: {doc['entries']} entries", self.verify(self.copy))
        finally:
            over.set()
            worker.join()
        self.assertEqual(self.stop(), 0)
        for path in [self.copy, *self.copy.rglob("*")]:
            self.assertEqual(path.stat().st_mode & 0o777, 0o700 if path.is_dir() else 0o600, path)
        self.assertEqual({p.name for p in self.copy.iterdir()},
                         {"aright.db", "backup.json", "plan.key", "signing.key", "signing.pub", "windows"})
        self.assertIn("ok: ", self.cli("audit", "verify"))

    def test_a_stopped_one_is_copied_and_left_as_it_is(self):
        self.fixed_once()
        self.stop(9)
        before = {p.name: p.read_bytes() for p in self.state.iterdir() if p.is_file()}
        self.back_up()
        self.assertEqual({p.name: p.read_bytes() for p in self.state.iterdir() if p.is_file()}, before)

    def test_where_it_may_not_lie(self):
        self.fixed_once()
        self.copy.mkdir()
        self.assertIn("is there already", self.back_up(expect=1))
        self.copy = self.state / "backup"
        self.assertIn("lies in the state folder", self.back_up(expect=1))
        self.copy = self.top / "no" / "backup"
        self.assertIn("backup", self.back_up(expect=1))
        self.copy = self.top / "nothing"
        self.assertIn("aright.db", self.on(self.top / "none", "backup", str(self.copy), expect=1))
        self.assertFalse(self.copy.exists())

    def test_what_does_not_verify_is_no_backup(self):
        self.fixed_once()
        self.assertEqual(self.stop(), 0)
        database = self.state / "aright.db"
        whole = database.read_bytes()
        at = whole.index(b'"kind":"run.created"')
        database.write_bytes(whole[:at] + b'"kind":"run.CREATED"' + whole[at + 20:])
        self.assertIn("its bytes are not what was recorded", self.back_up(expect=1))
        self.assertFalse(self.copy.exists())
        database.write_bytes(whole)
        (self.state / "signing.key").write_text("ab" * 32)
        self.assertIn("signing.key is not the key of this log", self.back_up(expect=1))
        self.assertFalse(self.copy.exists())


class Restore(BackupCase):
    def test_it_goes_on_where_the_backup_was_made_and_says_so(self):
        self.fixed_once()
        self.back_up()
        doc = json.loads((self.copy / "backup.json").read_text())
        self.break_file("b")
        self.ended(2)
        self.assertEqual(self.stop(), 0)
        shutil.rmtree(self.state)
        self.assertIn(f"with {doc['entries']} entries", self.bring_back())
        self.assertEqual(self.state.stat().st_mode & 0o777, 0o700)
        self.assertFalse((self.state / "backup.json").exists())
        self.start()
        self.assertEqual([r["id"] for r in self.runs("succeeded")], [1])
        self.break_file("b", "broken again\n")
        self.ended(2)
        said, = self.restored()
        self.assertEqual((said["held"], said["made_at"], said["reason"]), (doc["entries"], doc["made_at"], "the disk died"))
        self.assertEqual(self.entries()[said["seq"] - 1]["kind"], "node.started")
        self.assertIn("was restored from a backup", (self.top / "log").read_text())
        self.assertEqual(self.stop(), 0)
        self.start()
        self.assertEqual(self.stop(), 0)
        self.assertEqual(len(self.restored()), 1)
        self.assertIn("ok: ", self.cli("audit", "verify"))

    def test_a_witness_knows_that_it_is_older(self):
        witness = self.top / "witness"
        self.write_node(f"witness: [{{ file: {witness} }}]\n")
        self.fixed_once()
        until(lambda: self.get("/v1/status")["audit_signed"] == self.get("/v1/status")["audit_entries"], "all signed")
        self.back_up()
        self.break_file("b")
        self.ended(2)
        self.assertEqual(self.stop(), 0)
        shutil.rmtree(self.state)
        self.bring_back()
        self.assertIn("was cut back, or an older copy is in its place", self.refused())
        self.assertTrue((self.state / "restored.json").exists())
        self.arguments = ["--accept-older-than-witness", "--reason", "restored"]
        self.start()
        self.assertEqual(self.stop(), 0)
        kinds = [e["kind"] for e in self.entries()]
        self.assertEqual(kinds[kinds.index("node.restored") + 1], "node.set_back")
        self.assertIn("ok: ", self.cli("audit", "verify", "--witness", str(witness)))

    def tell_others(self):
        """Every run calls a server, runs a program and tells a notifier."""
        self.receiver = Receiver()
        self.addCleanup(self.receiver.end)
        (self.top / "hook").write_text("whsec_" + KEY)
        (self.top / "hook").chmod(0o600)
        base = f"http://127.0.0.1:{self.receiver.port}"
        self.write_node(f"""{self.witnesses}
secrets: {{ hook: {{ file: {self.top}/hook }} }}
destinations: [{{ host: 127.0.0.1, ports: [{self.receiver.port}], plain: true }}]
notify: {{ hook: {{ webhook: {{ url: "{base}/signed", secret: hook }} }} }}
""")
        path = self.config / "workflows" / "restore.yaml"
        path.write_text(path.read_text() + f"""  - exec: [/usr/bin/env]
  - call: {{ method: POST, url: "{base}/api" }}
  - notify: hook
    text: done
""")

    def keys(self, count):
        """What others were told apart by, from the beginning on: keys of calls, ids of notifications, keys and tokens of
        programs."""
        until(lambda: len(self.receiver.taken) == 2 * count, lambda: self.receiver.taken)
        until(lambda: self.get("/v1/notifications?queued=1") == [], "all told")
        told = [key for key, _ in self.receiver.taken]
        last = max(r["id"] for r in self.runs("succeeded"))
        text = json.dumps(self.ask("runs", "show", str(last)))
        return told, set(re.findall(r"ARIGHT_(?:KEY|CAUSE)=([-a-z0-9.:]+)", text))

    def once(self, path="a", text="broken\n"):
        before = len(self.runs("succeeded"))
        self.break_file(path, text)
        self.ended(before + 1)

    def check_new_names(self, begin, go_back):
        """`begin`: the first start; `go_back`: to what was before the second run."""
        begin()
        self.once()
        self.keys(1)
        go_back[0]()
        self.once("b")
        lost, lost_program = self.keys(2)
        self.assertEqual(self.stop(), 0)
        go_back[1]()
        self.start()
        self.once("b", "broken otherwise\n")
        told, program = self.keys(3)
        self.assertEqual(len(told), len(set(told)), told)
        self.assertEqual(len(program), 2, program)
        self.assertFalse(program & lost_program, (program, lost_program))
        node = self.node()
        self.assertTrue(all(re.fullmatch(node + r"-(r\d+-\d+|\d+)", key) for key in lost), lost)
        epoch, = {e["epoch"] for e in self.entries() if "epoch" in e}
        self.assertTrue(all(key.startswith(f"{node}-{epoch}-") for key in told[len(lost):]), told)
        self.assertEqual(self.stop(), 0)
        self.assertIn("ok: ", self.cli("audit", "verify"))

    def test_nothing_is_told_by_a_name_that_was_given_before(self):
        self.tell_others()

        def go_back():
            shutil.rmtree(self.state)
            self.bring_back()

        self.check_new_names(self.start, (self.back_up, go_back))

    def test_a_folder_copied_by_other_means_is_noticed_by_the_witness_and_told_apart_too(self):
        witness = self.top / "witness"
        self.witnesses = f"witness: [{{ file: {witness} }}]"
        self.tell_others()

        def copy():
            self.assertEqual(self.stop(), 0)
            shutil.copytree(self.state, self.copy, ignore=shutil.ignore_patterns("aright.sock"))
            self.start()

        def go_back():
            shutil.rmtree(self.state)
            shutil.copytree(self.copy, self.state)
            self.state.chmod(0o700)
            self.assertIn("an older copy is in its place", self.refused())
            self.arguments = ["--accept-older-than-witness", "--reason", "the disk died"]

        self.check_new_names(self.start, (copy, go_back))

    def test_nothing_is_taken_the_place_of(self):
        self.fixed_once()
        self.back_up()
        self.assertIn("a daemon works in it", self.bring_back(expect=1))
        self.assertEqual(self.stop(), 0)
        self.assertIn("is not empty", self.bring_back(expect=1))
        empty = self.top / "empty"
        empty.mkdir()
        self.assertIn(f"ok: {empty} is as it was", self.bring_back(empty), "and says where")
        self.assertIn("ok: ", self.verify(empty))
        database = (empty / "aright.db").read_bytes()
        self.assertIn("is not empty", self.bring_back(empty, expect=1))
        self.assertEqual((empty / "aright.db").read_bytes(), database)
        said = json.loads(self.on(self.top / "third", "restore", str(self.copy), "--reason", "the disk died", "-o", "json"))
        self.assertEqual(said["state"], str(self.top / "third"))
        file = self.top / "file"
        file.write_text("")
        self.assertIn("is no folder", self.bring_back(file, expect=1))

    def test_what_a_restore_left_that_did_not_come_to_its_end_is_in_nobodys_way(self):
        self.fixed_once()
        self.back_up()
        self.assertEqual(self.stop(), 0)
        left, other = self.top / "other.restoring", self.top / "other"
        left.mkdir()
        (left / "plan.key").write_text("half")
        lock = os.open(left, os.O_RDONLY)
        fcntl.flock(lock, fcntl.LOCK_EX)
        self.assertIn("is there already", self.bring_back(other, expect=1))
        os.close(lock)
        self.bring_back(other)
        self.assertFalse(left.exists())
        self.assertIn("ok: ", self.verify(other))

    def test_a_mark_that_comes_back_after_a_power_cut_is_recorded_once(self):
        self.fixed_once()
        self.back_up()
        self.assertEqual(self.stop(), 0)
        shutil.rmtree(self.state)
        self.bring_back()
        mark = (self.state / "restored.json").read_bytes()
        for _ in range(2):
            self.start()
            self.assertEqual(self.stop(), 0)
            self.assertFalse((self.state / "restored.json").exists())
            (self.state / "restored.json").write_bytes(mark)
        self.assertEqual(len(self.restored()), 1)

    def test_a_backup_that_was_changed_or_is_not_whole_is_refused(self):
        self.fixed_once()
        self.assertEqual(self.stop(), 0)
        self.back_up()
        other = self.top / "other"
        for name in ("signing.pub", "signing.key", "plan.key", "backup.json", "aright.db"):
            path = self.copy / name
            whole = path.read_bytes()
            path.unlink()
            self.bring_back(other, expect=1)
            path.write_bytes(whole.swapcase() if name != "aright.db" else whole[:-4096])
            self.bring_back(other, expect=1)
            path.write_bytes(whole)
            self.assertFalse(other.exists())
            self.assertEqual(list(self.top.glob("*.restoring")), [])
        self.bring_back(other)


class Deliveries(BackupCase):
    def setUp(self):
        super().setUp()
        (self.config / "sources").mkdir()
        secret = self.top / "secret"
        secret.write_text("0123456789abcdef0123456789abcdef")
        secret.chmod(0o600)
        (self.config / "sources" / "hook.yaml").write_text(
            f"source: hook\nwebhook: {{ auth: bearer, secret: {{ file: {secret} }} }}\n")
        self.token = secret.read_text()

    def post(self, number):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.request("POST", "/hooks/hook", json.dumps({"n": number}), {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"})
            return connection.getresponse().status
        finally:
            connection.close()

    def test_what_waits_in_a_spool_comes_along(self):
        self.start()
        over, posted = threading.Event(), []

        def work():
            while not over.is_set():
                posted.append(self.post(len(posted)))

        worker = threading.Thread(target=work)
        worker.start()
        try:
            until(lambda: len(posted) > 50, "deliveries")
            answered = len(posted)
            self.back_up()
        finally:
            over.set()
            worker.join()
        self.assertLess(max(posted), 300)
        self.assertEqual(self.stop(), 0)
        self.assertTrue(any((self.copy / "webhooks" / "hook" / "spool").iterdir()))
        shutil.rmtree(self.state)
        self.bring_back()
        self.start()
        until(lambda: self.get("/v1/sources")[0]["events"] >= answered, lambda: self.get("/v1/sources"))
        self.assertEqual(self.get("/v1/sources")[0]["trouble"], "")
        self.assertEqual(self.stop(), 0)


if __name__ == "__main__":
    unittest.main()
