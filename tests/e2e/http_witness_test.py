"""A witness over HTTP (C2SP tlog-witness): it cosigns what goes on from what it has seen, and a start is refused with what does not."""
import shutil
import signal
import subprocess
import sys
import unittest

from daemon import until
from witness_server import Signer, Witness
from witness_test import WitnessCase


class HttpWitness(WitnessCase):
    def setUp(self):
        super().setUp()
        self.server = Witness()
        self.addCleanup(self.server.close)
        self.ask_server()

    def ask_server(self, key=None):
        (self.config / "aright.yaml").write_text(
            "tests: off\n"
            f"destinations: [{{ host: 127.0.0.1, ports: [{self.server.port}], plain: true }}]\n"
            f"witness: [{{ http: 'http://127.0.0.1:{self.server.port}/w/', key: {key or self.server.key()} }}]\n")

    def know(self):
        """As the owner of a witness adds a log."""
        key = (self.state / "signing.pub").read_text().strip()
        self.origin = key.split("+")[0]
        self.server.known[self.origin] = key

    def begin(self):
        self.start()
        self.know()

    def seen(self):
        return self.server.last.get(self.origin, (0,))[0]

    def all_cosigned(self):
        until(lambda: self.signed() == self.get("/v1/status")["audit_entries"] and self.seen() == self.signed(), "all cosigned", 90)

    def shown(self):
        return self.get("/v1/status")["witnesses"][0]

    def evidence(self, *words):
        folder = self.top / "evidence"
        self.cli("audit", "evidence", "--run", "1", "--out", str(folder))
        done = subprocess.run([sys.executable, "-I", folder / "verify.py", *words], capture_output=True, text=True)
        note = (folder / "checkpoint.txt").read_text()
        shutil.rmtree(folder)
        return done, note

    def test_it_cosigns_each_step_with_a_proof_and_evidence_carries_it(self):
        self.begin()
        self.break_file()
        self.ended(1)
        self.all_cosigned()
        self.more_entries("a", 3)
        self.all_cosigned()
        until(lambda: self.shown()["signed"] == self.seen(), "it is told")
        self.assertEqual(self.shown() | {"signed": 0}, {"witness": f"http://127.0.0.1:{self.server.port}/w", "signed": 0, "waiting": 0, "trouble": ""})
        proved = [a for a in self.server.asked if a[0] not in (0, a[1]) and a[2] == 200]
        self.assertTrue(proved, self.server.asked)
        key = self.top / "witness.pub"
        key.write_text(self.server.key())
        done, note = self.evidence("--witness", str(key))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("cosigned by witness.test/w1 at 20", done.stdout)
        self.assertIn(self.server.lines[self.seen()], note)
        self.assertNotIn("somebody.else", note)
        other = Signer(b"o" * 32)
        self.server.signer, mine = other, self.server.signer
        key.write_text(self.server.key())
        self.server.signer = mine
        done, _ = self.evidence("--witness", str(key))
        self.assertEqual((done.returncode, done.stderr), (1, "WRONG: the checkpoint is not cosigned by witness.test/w1\n"))
        self.assertEqual(self.stop(), 0)
        self.assertEqual(self.seen(), self.stored("SELECT max(size) FROM checkpoint")[0][0])
        self.start()
        self.all_cosigned()
        self.assertEqual(self.stop(), 0)
        self.assertIn("ok: ", self.cli("audit", "verify"))

    def test_an_older_copy_is_refused_and_taken_up_only_on_record(self):
        self.begin()
        self.all_cosigned()
        self.assertEqual(self.stop(), 0)
        older, agreed = self.copy(), self.seen()
        self.start()
        self.more_entries("lost")
        self.all_cosigned()
        self.assertEqual(self.stop(), 0)
        newest = self.seen()
        self.put_back(older)
        refused = self.refused()
        self.assertIn(f"it has cosigned a checkpoint for {newest} entries, but this log has signed {agreed}: it was set back", refused)
        self.assertIn("--accept-older-than-witness --reason TEXT", refused)
        self.arguments = ["--accept-older-than-witness", "--reason", "the disk died"]
        self.start()
        until(lambda: self.shown()["trouble"], "it cosigns no other history")
        kept = self.server.last.pop(self.origin)
        self.all_cosigned()  # its owner has made it forget this log, and takes that back
        self.server.last[self.origin] = kept
        self.assertEqual(self.stop(), 0)
        back, = self.set_backs()
        self.assertEqual((back["held"], back["reason"]), (newest, "the disk died"))
        self.assertIn("it was set back 1 time", self.cli("audit", "verify"))
        self.arguments = []
        self.start()  # it goes on saying so, and that is on record
        self.assertIn("as was accepted before", (self.top / "log").read_text())
        self.more_entries("longer than before", 12)
        until(lambda: "no beginning of this log" in self.shown()["trouble"], self.shown, 90)
        self.assertEqual(self.seen(), newest)
        self.assertEqual(self.stop(), 0)
        self.assertEqual(len(self.set_backs()), 1)
        del self.server.last[self.origin]  # its owner forgets the log
        self.start()
        self.all_cosigned()
        self.assertEqual(self.stop(), 0)

    def test_another_history_that_is_longer_is_refused(self):
        self.begin()
        self.all_cosigned()
        self.assertEqual(self.stop(), 0)
        older = self.copy()
        self.start()
        self.more_entries("one history")
        self.all_cosigned()
        self.assertEqual(self.stop(), 0)
        self.put_back(older)
        self.write_node()
        self.start()
        self.more_entries("another history", 8)
        self.assertEqual(self.stop(), 0)
        self.ask_server()
        self.assertIn(f"a checkpoint for {self.seen()} entries that is no beginning of this log", self.refused())
        signed = self.stored("SELECT max(size) FROM checkpoint")[0][0]
        self.server.last[self.origin] = (signed, bytes(32))  # also one of the same length
        self.assertIn(f"a checkpoint for {signed} entries that is no beginning of this log", self.refused())

    def test_one_that_does_not_know_this_log_or_answers_badly_holds_nobody_up(self):
        self.server.always = (200, b"\xe2\x80\x94 witness.test/w1 AAAA\n", "text/plain")
        self.start()
        self.break_file()
        self.ended(1)
        self.assertRegex(until(lambda: self.shown()["trouble"], "trouble"), "^cosignature: ")
        self.server.always = None
        self.assertRegex(until(lambda: "does not know this log" in self.shown()["trouble"] and self.shown()["trouble"], "another trouble", 90), "its owner adds our public key")
        self.server.always = (409, b"some\n", "text/x.tlog.size")
        until(lambda: "answers 409 without the size" in self.shown()["trouble"], self.shown, 90)
        self.server.always = (403, b"no\n", "text/plain")
        until(lambda: "knows another key for this log than ours" in self.shown()["trouble"], self.shown, 90)
        self.know()
        self.server.always = None
        self.all_cosigned()
        until(lambda: self.shown()["trouble"] == "", self.shown)
        self.assertEqual(self.stop(), 0)

    def test_one_that_hangs_or_is_dead_holds_nobody_up(self):
        self.begin()
        self.all_cosigned()
        self.server.held.clear()
        self.break_file()
        self.ended(1)
        self.more_entries("a")
        self.assertEqual(self.stop(), 0)
        self.server.held.set()
        self.start()
        self.all_cosigned()
        self.stop(signal.SIGKILL)
        self.server.close()
        self.start()
        self.assertIn("nothing to compare the log with", (self.top / "log").read_text())
        self.break_file()
        self.ended(2)
        until(lambda: self.shown()["trouble"], "trouble")
        self.assertEqual(self.stop(), 0)
        self.assertIn("ok: ", self.cli("audit", "verify"))

    def test_mistakes_are_named(self):
        url = f"http://127.0.0.1:{self.server.port}/w"
        listed = f"destinations: [{{ host: 127.0.0.1, ports: [{self.server.port}], plain: true }}]\n"
        for text, said in (
                (f"witness: [{{ http: '{url}', key: {self.server.key()} }}]", "is not among the destinations of this node"),
                (listed + f"witness: [{{ http: '{url}' }}]", "needs its public `key`"),
                (listed + f"witness: [{{ http: '{url}', key: nonsense }}]", "not a verifier key"),
                (listed + f"witness: [{{ http: '{url}?a=b', key: {self.server.key()} }}]", "without a query"),
                (listed + f"witness: [{{ file: /a, http: '{url}', key: {self.server.key()} }}]", "not two of them"),
                (f"witness: [{{ file: /a, key: {self.server.key()} }}]", "`key` has a meaning only beside `http`")):
            (self.config / "aright.yaml").write_text(text + "\n")
            self.assertIn(said, self.refused())


if __name__ == "__main__":
    unittest.main()
