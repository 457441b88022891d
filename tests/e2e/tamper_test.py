"""What somebody with write access to the state folder, and without the key, may try on a stopped daemon: named by
`audit verify`, and where the start can tell, refused by `serve`."""
import hashlib
import json
import shutil
import sqlite3
import subprocess
import unittest

from daemon import BINARY, DaemonCase, until

UNSIGNED = r"entries \d+\.\.\d+ are not under a signature though a checkpoint was due"


def edge_of(leaves):
    """Roots of the perfect subtrees of the Merkle tree, largest first."""
    edge = []
    for n, leaf in enumerate(leaves):
        while n & 1:
            leaf = hashlib.sha256(b"\1" + edge.pop() + leaf).digest()
            n >>= 1
        edge.append(leaf)
    return b"".join(edge)


class Tamper(DaemonCase):
    def change(self, *statements):
        with sqlite3.connect(self.state / "aright.db") as database:
            for sql in statements:
                database.execute(sql)
        database.close()

    def forge(self, first, old, new):
        """Other words in the entries from `first` on, with leaves and tree to match."""
        with sqlite3.connect(self.state / "aright.db") as database:
            leaves, changed = [], 0
            for seq, text, leaf in database.execute("SELECT seq,bytes,leaf FROM entry ORDER BY seq").fetchall():
                if seq >= first and old in text:
                    text, changed = text.replace(old, new), changed + 1
                    leaf = hashlib.sha256(b"\0" + text).digest()
                    database.execute("UPDATE entry SET bytes=?,leaf=? WHERE seq=?", (text, leaf, seq))
                leaves.append(leaf)
            database.execute("UPDATE tree SET edge=?", (edge_of(leaves),))
            for table in ("finding", "run", "review", "admission", "subject", "context"):
                key = "one" if table == "context" else "id"
                for name, doc in database.execute(f"SELECT {key},doc FROM {table}").fetchall():
                    database.execute(f"UPDATE {table} SET doc=? WHERE {key}=?", (doc.replace(old.decode(), new.decode()), name))
        database.close()
        self.assertGreater(changed, 0)

    def verify(self, *more):
        done = subprocess.run([BINARY, "--state", str(self.state), "audit", "verify", *more], capture_output=True, text=True, timeout=60)
        self.assertIn(done.returncode, (0, 1))
        return done.stdout + done.stderr

    def broken_once(self, count=1):
        self.start()
        for n in range(count):
            self.break_file(text=f"broken {n}\n")
            self.ended(n + 1)

    def newest_note(self):
        database = sqlite3.connect(f"file:{self.state / 'aright.db'}?mode=ro", uri=True)
        try:
            return database.execute("SELECT note FROM checkpoint ORDER BY size DESC LIMIT 1").fetchone()[0]
        finally:
            database.close()

    def test_kinds_and_numbers_of_rows_are_compared_too(self):
        self.broken_once(2)
        self.assertEqual(self.stop(), 0)
        self.assertIn("ok: ", self.verify())
        self.change("UPDATE definition SET kind='control' WHERE kind='workflow'")
        self.assertRegex(self.verify(), r"table definition, row \w+: is kept as control, entry \d+ names a workflow")
        self.change("UPDATE definition SET kind='workflow' WHERE json_extract(doc,'$.answers') IS NOT NULL")
        self.assertIn("ok: ", self.verify())
        self.change("UPDATE run SET number=99 WHERE id='000000000001'")
        self.assertIn("table run, row 000000000001: its number is 99, where it ought to be 1", self.verify())

    def numbers_changed(self):
        """Each is found, with the row and what its number ought to be."""
        self.assertIn("ok: ", self.verify())
        whole = (self.state / "aright.db").read_bytes()
        opened = {e["finding"]: e["seq"] for e in self.entries() if e["kind"] == "finding.opened"}
        for table in ("finding", "run", "notification"):
            rows = self.stored(f"SELECT id,number FROM {table} ORDER BY id")
            self.assertTrue(rows, table)
            right = {row: opened[row] if table == "finding" else int(row) for row, _ in rows}
            self.assertEqual(dict(rows), right)
            first = rows[0][0]
            for change in ("number=number+100", "number=-number", f"number=number+1 WHERE id='{rows[-1][0]}'"):
                self.change(f"UPDATE {table} SET {change}")
                wrong = rows[-1][0] if "WHERE" in change else first
                self.assertRegex(self.verify(), rf"table {table}, row {wrong}: its number is -?\d+, where it ought to be {right[wrong]}\b")
                (self.state / "aright.db").write_bytes(whole)
            if len(rows) > 1:  # two exchanged
                (one, first_number), (two, second_number) = rows[:2]
                self.change(f"UPDATE {table} SET number=-1 WHERE id='{one}'", f"UPDATE {table} SET number={first_number} WHERE id='{two}'",
                            f"UPDATE {table} SET number={second_number} WHERE id='{one}'")
                self.assertIn(f"table {table}, row {one}: its number is {second_number}, where it ought to be {first_number}", self.verify())
                (self.state / "aright.db").write_bytes(whole)
        self.assertIn("ok: ", self.verify())

    def test_every_changed_number_is_named_with_what_it_ought_to_be(self):
        self.write_node("notify: { default: [chat], chat: { program: [/usr/bin/cat] } }\n")
        self.write_workflow(more="guards: { threshold: [{ runs: 1, within: 1h, per: workflow }] }\n")
        self.start()
        self.break_file(text="broken 0\n")
        self.ended(1)
        for n in range(1, 3):  # what is held, and denied, is told
            self.break_file(text=f"broken {n}\n")
            review = until(lambda: self.ask("reviews", "list"), "a review")[0]["id"]
            self.cli("reviews", "deny", str(review), "--reason", "no")
            (self.play / "a").write_text("approved\n")
            until(lambda: not self.get("/v1/findings?open=1"), "all is well")
        self.assertEqual(self.stop(), 0)
        self.numbers_changed()
        # Where everything that is over has gone, what comes has the numbers it would have had.
        self.write_node("notify: { default: [chat], chat: { program: [/usr/bin/cat] } }\nretention: { records: 1ms, contents: 1ms, sensitive: 1ms }\n")
        told = max(int(row) for (row,) in self.stored("SELECT id FROM notification"))
        self.start()  # which is told too, before or after the look at what is over
        until(lambda: not self.runs() and not self.ask("findings", "list", "--all")
              and all(n["id"] > told for n in self.ask("notifications", "list", "--all")), "it has gone")
        self.break_file(text="broken 3\n")
        until(lambda: self.ask("reviews", "list"), "a review")
        self.assertEqual(self.stop(), 0)
        self.numbers_changed()

    def test_every_entry_of_a_clean_stop_is_signed(self):
        self.broken_once()
        self.assertEqual(self.stop(), 0)
        said = json.loads(self.cli("-o", "json", "audit", "verify"))
        self.assertEqual(said["signed_entries"], said["entries"])
        self.assertEqual(self.entries()[-1]["kind"], "node.stopped")

    def test_the_first_commit_of_every_life_is_signed(self):
        for _ in range(2):
            self.start()
            self.stop(9)
            said = json.loads(self.cli("-o", "json", "audit", "verify"))
            started = max(e["seq"] for e in self.entries() if e["kind"] == "node.started")
            self.assertGreater(said["signed_entries"], started)

    def test_a_whole_forged_log(self):
        self.broken_once()
        self.assertEqual(self.stop(), 0)
        self.forge(0, str(self.play).encode(), b"/" + b"f" * (len(str(self.play)) - 1))
        self.change("DELETE FROM checkpoint")
        self.assertRegex(self.verify(), UNSIGNED)
        self.assertIn(f"entries 0..{len(self.entries()) - 1} are not under a signature", self.verify())
        self.assertRegex(self.refused(), UNSIGNED)

    def test_a_forged_end(self):
        self.broken_once()
        kept = until(lambda: self.ask("status")["audit_signed"], "a signature")
        self.cli("pause", "--reason", "the true words")
        until(lambda: self.ask("status")["audit_signed"] > kept, "signed")
        self.cli("resume", "--reason", "later")
        self.assertEqual(self.stop(), 0)
        self.forge(kept, b"the true words", b"the best words")
        self.change(f"DELETE FROM checkpoint WHERE size>{kept}")
        self.assertRegex(self.verify(), UNSIGNED)
        self.assertRegex(self.refused(), UNSIGNED)

    def test_a_kept_checkpoint_finds_what_the_log_cannot_show(self):
        self.start()
        self.assertEqual(self.stop(), 0)
        earlier = self.top / "earlier"
        shutil.copytree(self.state, earlier, ignore=shutil.ignore_patterns("*.sock"))
        self.broken_once()
        self.assertEqual(self.stop(), 0)
        note, line = self.top / "note", self.top / "line"
        note.write_text(self.newest_note())
        line.write_text([text for text in (self.top / "log").read_text().splitlines() if "checkpoint" in text][-1] + "\n")
        for kept in (note, line):
            self.assertIn("ok: ", self.verify("--checkpoint", str(kept)))
        shutil.rmtree(self.state)
        shutil.move(earlier, self.state)
        self.assertIn("ok: ", self.verify())
        for kept in (note, line):
            self.assertRegex(self.verify("--checkpoint", str(kept)), r"the log ends at \d+, but the kept checkpoint is for \d+ entries")
        # Another history of the same log and key, longer than the kept one.
        self.start()
        self.cli("pause", "--reason", "another history")
        for n in range(12):
            self.cli("resume", "--reason", str(n))
            self.cli("pause", "--reason", str(n))
        self.assertEqual(self.stop(), 0)
        self.assertIn("ok: ", self.verify())
        self.assertRegex(self.verify("--checkpoint", str(note)), r"the kept checkpoint at \d+: the entries lead to another root")
        note.write_text(note.read_text().replace("\n", "\n1", 1))
        self.assertRegex(self.verify("--checkpoint", str(note)), r"error: .*note: ")

    def test_an_emptied_database_is_no_new_log(self):
        self.broken_once()
        self.assertEqual(self.stop(), 0)
        tables = ("entry", "tree", "checkpoint", "context", "definition", "blob", "finding", "run", "review", "admission", "subject")
        self.change(*(f"DELETE FROM {table}" for table in tables))
        self.assertRegex(self.refused(), r"aright\.db: has no entries, but .*signing\.pub")
        self.assertRegex(self.verify(), r"aright\.db: has no entries, but .*signing\.pub, the key of its log, is here")

    def test_an_empty_file_is_named_as_such(self):
        self.broken_once()
        self.assertEqual(self.stop(), 0)
        (self.state / "aright.db").write_bytes(b"")
        self.assertRegex(self.verify(), r"aright\.db: is empty, no log was begun in it")
        self.assertRegex(self.refused(), r"aright\.db: is missing or empty, but .*signing\.key")

    def test_an_entry_outside_of_the_log(self):
        """One that no tree and no signature holds is shown to nobody, and named by whoever looks."""
        self.broken_once()
        self.assertEqual(self.stop(), 0)
        whole = (self.state / "aright.db").read_bytes()
        size = len(self.entries())
        forged = json.dumps({"kind": "review.decided", "by": "mallory", "run": 1, "seq": 3})
        for seq, says in ((-7, r"entry -7: is none of the log's, which begins at 0"), (-1, r"entry -1: is none"), (size, ""), (size + 5, "")):
            with self.subTest(seq=seq):
                self.change(f"INSERT INTO entry VALUES({seq},1,CAST('{forged}' AS BLOB),zeroblob(32))")
                self.assertRegex(self.verify(), "error: .*" + says)
                self.assertRegex(self.refused(), says or r"table entry.*, but the tree has \d+ leaves")
                (self.state / "aright.db").write_bytes(whole)

    def test_a_value_of_another_class_than_its_column(self):
        """SQLite keeps any value in any column. An id as a blob is another one to it, and was the same to us."""
        self.write_workflow(more="guards: { threshold: [{ runs: 1, within: 1h, per: workflow }] }\n")
        self.broken_once()
        self.break_file(text="held\n")
        until(lambda: self.ask("reviews", "list"), "run 2 is held")
        self.assertEqual(self.stop(), 0)
        whole = (self.state / "aright.db").read_bytes()
        for table, what, named in (
            ("run", "id=CAST(id AS BLOB) WHERE number=2", "row 000000000002: its id is kept as blob"),
            ("run", "id=CAST(id AS BLOB) WHERE number=1", "row 000000000001: its id is kept as blob"),
            ("review", "id=CAST(id AS BLOB)", "row 000000000001: its id is kept as blob"),
            ("admission", "id=CAST(id AS BLOB)", "its id is kept as blob"),
            ("definition", "hash=CAST(hash AS BLOB)", "its hash is kept as blob"),
            ("run", "doc=CAST(doc AS BLOB) WHERE open=1", "row 000000000002: its doc is kept as blob"),
        ):
            with self.subTest(table=table, what=what):
                self.change(f"UPDATE {table} SET {what}")
                self.assertIn(f"table {table}, row ", self.verify())
                self.assertIn(named, self.verify())
                self.assertIn(named, self.refused())
                (self.state / "aright.db").write_bytes(whole)
        for table, what in (("entry", "run='x' WHERE run IS NULL"), ("blob", "packed='x'"), ("run", "open=0.5 WHERE open=0")):
            with self.subTest(table=table, what=what):  # what the start does not read
                self.change(f"UPDATE {table} SET {what}")
                self.assertRegex(self.verify(), rf"table {table}, row \S+: its \w+ is kept as (text|real), where it ought to be integer")
                (self.state / "aright.db").write_bytes(whole)
        self.assertIn("ok: ", self.verify())

    def test_an_open_finding_that_its_row_hides(self):
        self.write_workflow(more="guards: { threshold: [{ runs: 1, within: 1h, per: workflow }] }\n")
        self.broken_once()
        self.break_file(text="held\n")
        until(lambda: self.ask("reviews", "list"), "run 2 is held")
        self.assertEqual(self.stop(), 0)
        self.change("UPDATE finding SET open=2 WHERE open=1")
        self.assertRegex(self.verify(), "error: ")
        self.assertRegex(self.refused(), r"table subject, row .*: its finding f-\w+ is not among the open ones")

    def test_deleted_admissions(self):
        self.broken_once(3)
        self.assertEqual(self.stop(), 0)
        self.change("DELETE FROM admission")
        self.assertRegex(self.verify(), r"table admission, row \d+: is missing")
        self.assertRegex(self.refused(), r"table admission: has 0 rows, but \d+ were stored")

    def test_deleted_rows(self):
        self.broken_once()
        self.assertEqual(self.stop(), 0)
        whole = (self.state / "aright.db").read_bytes()
        for table in ("finding", "run", "admission", "subject", "definition", "entry", "context", "tree", "checkpoint"):
            self.change(f"DELETE FROM {table}")
            self.assertIn("error: ", self.verify(), table)
            (self.state / "aright.db").write_bytes(whole)
        self.change("DELETE FROM definition WHERE kind='workflow'")
        self.assertRegex(self.verify(), r"table definition, row \w+.*: is missing, entry \d+ names it")


unittest.main()
