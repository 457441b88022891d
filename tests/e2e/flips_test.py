"""One changed byte anywhere in the database: named by `serve` or `audit verify`, or nobody can see a difference."""
import random
import shutil
import sqlite3
import subprocess
import unittest

from daemon import BINARY, DaemonCase, until

TABLES = ("entry", "tree", "checkpoint", "context", "definition", "blob", "finding", "run", "review", "admission", "subject")


class Flips(DaemonCase):
    def content(self):
        """What a reader sees of every table, or None where SQLite itself refuses."""
        try:
            with sqlite3.connect(f"file:{self.state / 'aright.db'}?mode=ro&immutable=1", uri=True) as db:
                db.text_factory = bytes
                return [db.execute(f"SELECT * FROM {table} ORDER BY 1").fetchall() for table in TABLES]
        except sqlite3.DatabaseError:
            return None

    def verified(self):
        done = subprocess.run([BINARY, "--state", str(self.state), "audit", "verify"], capture_output=True, text=True, timeout=60)
        self.assertIn(done.returncode, (0, 1), f"died: {done.returncode} {done.stderr}")
        return done.returncode == 0, done.stdout + done.stderr

    def test_no_changed_byte_is_silent(self):
        self.start()
        for n in (1, 2):
            self.break_file(text=f"broken {n} " * 60)
            self.ended(n)
        self.cli("pause", "--reason", "a word to find")
        until(lambda: self.ask("status")["audit_signed"] == self.ask("status")["audit_entries"], "all signed")
        self.assertEqual(self.stop(), 0)
        database = self.state / "aright.db"
        whole = database.read_bytes()
        truth = self.content()
        self.assertTrue(self.verified()[0])
        chance = random.Random(11)
        places = [chance.randrange(len(whole)) for _ in range(150)] + list(range(16, 28)) + [chance.randrange(100) for _ in range(20)]
        places += [whole.index(b"a word to find"), whole.index(b"sensitive"), whole.index(b"CREATE TABLE") + 14]
        found = 0
        for at in places:
            changed = bytearray(whole)
            changed[at] ^= 1 << chance.randrange(8)
            for extra in self.state.glob("aright.db-*"):
                extra.unlink()
            database.write_bytes(changed)
            good, said = self.verified()
            found += not good
            if good:
                self.assertEqual(self.content(), truth, f"byte {at}: {whole[at]:02x} became {changed[at]:02x}, and nobody said so")
            else:
                self.assertRegex(said, r"(entry|table|checkpoint|aright\.db|damaged|row|[Pp]age|Tree)", f"byte {at}")
        self.assertGreater(found, 40)

    def test_a_changed_entry_is_named_and_refused_at_start(self):
        self.start()
        self.cli("pause", "--reason", "a word to find")
        self.assertEqual(self.stop(), 0)
        database = self.state / "aright.db"
        whole = database.read_bytes()
        database.write_bytes(whole.replace(b"a word to find", b"a sword t find", 1))
        good, said = self.verified()
        self.assertFalse(good)
        self.assertRegex(said, r"entry \d+: its bytes are not what was recorded")
        done = subprocess.run([BINARY, "serve", "--config", self.config, "--state", self.state], capture_output=True, text=True, timeout=30)
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr, r"aright\.db: entry \d+: .*put back a whole copy")

    def test_files_of_another_log_are_not_mixed_in(self):
        self.start()
        self.break_file()
        self.ended(1)
        self.assertEqual(self.stop(), 0)
        other = self.top / "other"
        shutil.move(self.state, other)
        self.start()
        self.cli("pause", "--reason", "another log")
        until(lambda: self.ask("status")["audit_signed"] == self.ask("status")["audit_entries"], "all signed")
        self.process.kill()
        self.process.wait()
        wal = (self.state / "aright.db-wal").read_bytes()
        self.assertGreater(len(wal), 0)
        for name in ("aright.db", "signing.key", "signing.pub", "plan.key"):
            shutil.copy(other / name, self.state / name)
        done = subprocess.run([BINARY, "serve", "--config", self.config, "--state", self.state], capture_output=True, text=True, timeout=30)
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr, r"aright\.db: (checkpoint|entry|table)")


unittest.main()
