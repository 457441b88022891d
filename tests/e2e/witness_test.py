"""Who else holds the signed checkpoints: what a log alone cannot show (an older copy, another history signed with the
key) is refused at the start and named by `audit verify --witness`."""
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import unittest
import urllib.request
from unittest import mock

from daemon import BINARY, DaemonCase, until
from sweep import Tracer, can_trace


def name_of(process, thread):
    try:
        return pathlib.Path(f"/proc/{process}/task/{thread}/comm").read_text().strip()
    except OSError:
        return ""  # it has ended: a connection's


class WitnessCase(DaemonCase):
    def setUp(self):
        super().setUp()
        self.elsewhere = self.top / "elsewhere"
        self.elsewhere.mkdir()
        self.witness = self.elsewhere / "witness"
        self.be_witnessed(f"- file: {self.witness}")

    def be_witnessed(self, *items):
        self.write_node("witness:\n" + "".join(f"  {item}\n" for item in items) if items else "")

    def held(self):
        """Sizes, as the witness has them."""
        text = self.witness.read_text() if self.witness.exists() else ""
        return [int(line.split("|")[1]) for line in text.splitlines() if line.endswith("|")]

    def signed(self):
        return self.get("/v1/status")["audit_signed"]

    def all_witnessed(self):
        until(lambda: self.signed() == self.get("/v1/status")["audit_entries"] and self.held()[-1:] == [self.signed()], self.held)

    def more_entries(self, word, count=1):
        for n in range(count):
            self.cli("pause", "--reason", f"{word} {n}")
            self.cli("resume", "--reason", f"{word} {n}")

    def copy(self):
        """What somebody may have put aside."""
        older = self.top / "older"
        shutil.copytree(self.state, older, ignore=shutil.ignore_patterns("*.sock"))
        return older

    def put_back(self, older):
        shutil.rmtree(self.state)
        shutil.copytree(older, self.state)

    def verify(self, *more, expect=0):
        return self.cli("audit", "verify", "--witness", str(self.witness), *more, expect=expect)

    def set_backs(self):
        return [e for e in self.entries() if e["kind"] == "node.set_back"]


class FileWitness(WitnessCase):
    def test_every_checkpoint_of_a_life_and_its_last_are_there(self):
        self.start()
        self.break_file()
        self.ended(1)
        self.all_witnessed()
        shown = self.ask("status")["witnesses"]
        self.assertEqual(shown, [{"witness": f"file {self.witness}", "signed": self.held()[-1], "waiting": 0, "trouble": ""}])
        self.assertEqual(self.stop(), 0)
        stored = [size for size, in self.stored("SELECT size FROM checkpoint ORDER BY size")]
        self.assertEqual(self.held(), stored)
        self.assertEqual(self.witness.stat().st_mode & 0o777, 0o600)
        self.assertIn(f"the witness holds {len(stored)} checkpoints of it, the newest that agrees for {stored[-1]} entries", self.verify())
        self.start()
        self.assertEqual(self.stop(), 0)

    def test_an_older_copy_is_refused_named_and_taken_up_only_on_record(self):
        self.start()
        self.assertEqual(self.stop(), 0)
        older, agreed = self.copy(), self.held()[-1]
        self.start()
        self.more_entries("lost")
        self.assertEqual(self.stop(), 0)
        newest = self.held()[-1]
        self.put_back(older)
        self.assertIn("ok: ", self.cli("audit", "verify"))  # alone, it cannot show it
        first = self.held().index(agreed) + 2
        where = rf"witness, line {first}: a checkpoint for \d+ entries, but the log ends at {agreed}: .*; entries {agreed}\.\.\d+ are not"
        self.assertRegex(self.verify(expect=1), where)
        refused = self.refused()
        self.assertRegex(refused, where)
        self.assertIn("--accept-older-than-witness --reason TEXT", refused)
        self.assertEqual(self.held()[-1], newest)
        alone = subprocess.run([BINARY, "--state", self.state, "serve", "--config", self.config, "--accept-older-than-witness"], capture_output=True, text=True)
        self.assertEqual(alone.returncode, 2, alone.stderr)
        self.arguments = ["--accept-older-than-witness", "--reason", "the disk died"]
        self.start()
        self.all_witnessed()
        self.assertEqual(self.stop(), 0)
        back, = self.set_backs()
        self.assertEqual((back["held"], back["agreed"], back["reason"], back["witness"]), (newest, agreed, "the disk died", str(self.witness)))
        said = self.verify()
        self.assertIn("note: it was set back 1 time, as entries of kind node.set_back say", said)
        self.arguments = []
        self.start()
        self.assertEqual(self.stop(), 0)
        self.assertEqual(len(self.set_backs()), 1)

    def test_another_history_of_the_same_key_is_refused_also_when_it_is_longer(self):
        self.start()
        self.assertEqual(self.stop(), 0)
        older, agreed = self.copy(), self.held()[-1]
        self.start()
        self.more_entries("one history")
        self.assertEqual(self.stop(), 0)
        newest = self.held()[-1]
        self.put_back(older)
        self.be_witnessed()
        self.start()
        self.more_entries("another history", 8)
        self.assertEqual(self.stop(), 0)
        self.assertIn("ok: ", self.cli("audit", "verify"))
        self.be_witnessed(f"- file: {self.witness}")
        where = r"a checkpoint for \d+ entries, but the entries lead to another root: they were changed and signed anew; entries " + str(agreed)
        self.assertRegex(self.verify(expect=1), where)
        self.assertRegex(self.refused(), where)
        # What was not given up stays an alarm: a fork later than the one that a person took up.
        self.arguments = ["--accept-older-than-witness", "--reason", "we know"]
        self.start()
        self.arguments = []
        self.all_witnessed()
        self.assertEqual(self.stop(), 0)
        self.assertEqual([(b["held"], b["agreed"]) for b in self.set_backs()], [(newest, agreed)])
        self.assertIn("ok: ", self.verify())
        again = self.top / "again"
        shutil.copytree(self.state, again, ignore=shutil.ignore_patterns("*.sock"))
        self.start()
        self.more_entries("lost again")
        self.assertEqual(self.stop(), 0)
        self.put_back(again)
        self.assertIn("was cut back", self.verify(expect=1))
        self.assertIn("was cut back", self.refused())

    def test_a_drill_with_the_same_witness_is_taken_up_and_told_by_where_it_began(self):
        self.start()
        self.assertEqual(self.stop(), 0)
        copy, agreed = self.copy(), self.held()[-1]
        self.start()
        self.more_entries("real", 12)  # one checkpoint, longer than the drill will be
        self.assertEqual(self.stop(), 0)
        real, own = self.state, self.held()
        self.state, self.arguments = copy, ["--accept-older-than-witness", "--reason", "drill"]
        self.start()
        self.all_witnessed()
        self.assertEqual(self.stop(), 0)
        drill = self.held()[len(own):]
        self.assertLess(drill[-1], own[-1])
        self.state = real
        self.assertIn("the entries lead to another root", self.verify(expect=1))
        self.arguments = ["--accept-older-than-witness", "--reason", "drill over"]
        self.start()
        self.assertEqual(self.stop(), 0)
        below = max(size for size in own if size < min(drill))
        self.assertEqual([(b["held"], b["agreed"], b["from"]) for b in self.set_backs()], [(drill[-1], below, drill[0])])
        self.assertGreaterEqual(below, agreed)
        self.assertIn("ok: ", self.verify())
        self.arguments = []
        self.start()
        self.assertEqual(self.stop(), 0)
        self.assertIn("ok: ", self.verify())

    def test_a_changed_witness_is_named_and_a_torn_line_is_not(self):
        self.start()
        self.more_entries("a")
        self.all_witnessed()
        self.stop(signal.SIGKILL)
        whole = self.witness.read_text()
        self.witness.write_text("nothing of ours\n" + whole + whole.splitlines()[0][:-20])
        self.assertIn("ok: ", self.verify())
        self.start()  # goes on in a line of its own
        self.all_witnessed()
        self.assertEqual(self.stop(), 0)
        self.assertIn("ok: ", self.verify())
        lines = self.witness.read_text().splitlines()
        lines[-1] = re.sub(r"\|(\d+)\|", lambda m: f"|{int(m[1]) - 1}|", lines[-1], count=1)
        self.witness.write_text("\n".join(lines) + "\n")
        self.assertRegex(self.verify(expect=1), rf"witness, line {len(lines)}: checkpoint: the signature of .* is wrong")
        self.assertIn("the signature of", self.refused())
        self.witness.write_text("")
        self.assertIn("holds no checkpoint of the log", self.verify(expect=1))

    def test_the_log_of_the_daemon_is_what_a_witness_holds(self):
        self.start()
        self.more_entries("a")
        self.assertEqual(self.stop(), 0)
        self.assertIn("ok: ", self.cli("audit", "verify", "--witness", str(self.top / "log")))

    def test_a_witness_that_is_not_there_holds_nobody_up(self):
        shutil.rmtree(self.elsewhere)
        self.start()
        self.break_file()
        self.ended(1)
        shown = until(lambda: [w for w in self.get("/v1/status")["witnesses"] if w["trouble"]], "trouble")
        self.assertIn("no such file", shown[0]["trouble"].lower())
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/metrics") as answer:
            self.assertRegex(answer.read().decode(), r'aright_witness_trouble\{witness="file .*"\} 1')
        self.elsewhere.mkdir()
        self.all_witnessed()
        self.assertEqual(self.get("/v1/status")["witnesses"][0]["trouble"], "")
        self.assertEqual(self.stop(), 0)
        self.assertIn("ok: ", self.verify())

    @unittest.skipUnless(can_trace(), "skipped: strace cannot trace here")
    def test_a_witness_that_hangs_holds_nobody_up(self):
        # A traced process cannot be looked through for leaks at its end.
        with mock.patch.dict(os.environ, ASAN_OPTIONS=os.environ.get("ASAN_OPTIONS", "") + ":detect_leaks=0"):
            self.start()
        self.all_witnessed()
        threads = [t for t in map(int, os.listdir(f"/proc/{self.process.pid}/task")) if name_of(self.process.pid, t) == "witness"]
        self.assertEqual(len(threads), 1)
        # As long as a server's disk that does not answer: a sync that takes ten minutes.
        tracer = Tracer(threads, "-e", "trace=fdatasync", "-e", "inject=fdatasync:delay_enter=600000000")
        self.addCleanup(tracer.process.wait)
        self.addCleanup(tracer.process.kill)
        tracer.attached(self.process.pid, threads)
        self.break_file()
        self.ended(1)
        self.break_file()
        self.ended(2)
        until(lambda: self.get("/v1/status")["witnesses"][0]["waiting"] > 0, "what it does not take waits")
        # It ends although that thread does not; its end is seen by others only when strace lets the thread go.
        self.process.send_signal(signal.SIGTERM)
        until(lambda: pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(") ")[1][0] == "Z", "the end")
        tracer.process.kill()
        self.assertEqual(self.process.wait(timeout=20), 0)
        self.process.stdout.close()
        self.process = None
        self.assertEqual(self.stored("SELECT max(size) FROM checkpoint"), self.stored("SELECT count(*) FROM entry"))
        self.assertIn("ok: ", self.verify())

    def test_a_log_begun_anew_beside_a_witness_that_knows_another_is_told(self):
        self.start()
        self.all_witnessed()
        self.assertEqual(self.stop(), 0)
        shutil.rmtree(self.state)
        self.start()
        self.assertIn("holds nothing of this log", (self.top / "log").read_text())
        self.all_witnessed()
        self.assertEqual(self.stop(), 0)
        self.assertIn("ok: ", self.verify())

    def test_in_the_state_folder_it_is_none(self):
        self.be_witnessed(f"- file: {self.state}/witness")
        self.assertIn("lies in the state folder", self.refused())

    def test_a_reload_takes_another_witness(self):
        self.start()
        other = self.elsewhere / "other"
        self.be_witnessed(f"- file: {other}")
        self.cli("reload")
        self.more_entries("a")
        until(other.exists, "the other one")
        self.assertEqual([w["witness"] for w in self.get("/v1/status")["witnesses"]], [f"file {other}"])


class SystemLog(WitnessCase):
    def test_the_system_log_gets_lines_that_verify_reads(self):
        path = self.elsewhere / "log"
        log = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.addCleanup(log.close)
        log.bind(str(path))
        log.settimeout(20)
        self.be_witnessed(f"- {{ syslog: true, socket: {path} }}")
        self.start()
        self.more_entries("a")
        self.assertEqual(self.stop(), 0)
        lines = []
        newest = self.stored("SELECT max(size) FROM checkpoint")[0][0]
        while not lines or f"|{newest}|" not in lines[-1]:
            lines.append(log.recv(65536).decode())
        for line in lines:
            self.assertRegex(line, r"^<29>\w{3} [ \d]\d \d\d:\d\d:\d\d aright\[\d+\]: checkpoint aright/\w+\|")
        self.witness.write_text("".join(line + "\n" for line in lines))
        self.assertIn(f"the newest that agrees for {newest} entries", self.verify())


if __name__ == "__main__":
    unittest.main()
