"""What `audit prove` gives is checked as a third party would: public key, hashlib, the openssl command."""
import base64
import grp
import hashlib
import json
import os
import pathlib
import pwd
import re
import shutil
import subprocess
import unittest

from daemon import DaemonCase, until

NOBODY = 65534


def climb(index, size, leaf, proof):
    """RFC 9162 §2.1.3.2, written from the text."""
    fn, sn, r = index, size - 1, leaf
    for p in proof:
        assert sn != 0
        if fn & 1 or fn == sn:
            r = hashlib.sha256(b"\1" + p + r).digest()
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            r = hashlib.sha256(b"\1" + r + p).digest()
        fn, sn = fn >> 1, sn >> 1
    assert sn == 0
    return r


class Prove(DaemonCase):
    def signature_is_good(self, note, key_text):
        name, _, key = key_text.strip().split("+", 2)
        public = base64.b64decode(key)[1:]
        text, _, signatures = note.partition("\n\n")
        mark, signer, signature = signatures.splitlines()[0].split(" ")
        self.assertEqual((mark, signer), ("\u2014", name))
        raw = base64.b64decode(signature)
        self.assertEqual(raw[:4], hashlib.sha256(name.encode() + b"\n\x01" + public).digest()[:4])
        (self.top / "key.der").write_bytes(bytes.fromhex("302a300506032b6570032100") + public)
        (self.top / "text").write_bytes(text.encode() + b"\n")
        (self.top / "sig").write_bytes(raw[4:])
        done = subprocess.run(["openssl", "pkeyutl", "-verify", "-pubin", "-inkey", self.top / "key.der", "-keyform", "DER", "-rawin", "-in",
                               self.top / "text", "-sigfile", self.top / "sig"], capture_output=True, text=True)
        return done.returncode == 0, text.split("\n")

    def test_a_third_party_can_check_every_entry(self):
        self.start()
        self.break_file()
        self.ended(1)
        until(lambda: self.ask("status")["audit_signed"] == self.ask("status")["audit_entries"], "all signed")
        key = (self.state / "signing.pub").read_text()
        for seq in range(self.ask("status")["audit_signed"]):
            given = self.ask("audit", "prove", str(seq))
            leaf = hashlib.sha256(b"\0" + base64.b64decode(given["entry"])).digest()
            root = climb(given["seq"], given["tree_size"], leaf, [base64.b64decode(p) for p in given["proof"]])
            good, body = self.signature_is_good(given["checkpoint"], key)
            self.assertTrue(good)
            self.assertEqual(body[:3], [key.split("+")[0], str(given["tree_size"]), base64.b64encode(root).decode()])
            self.assertIn(b'"seq":%d' % seq, base64.b64decode(given["entry"]))
            self.assertFalse(self.signature_is_good(given["checkpoint"].replace("\n", "\n1", 1), key)[0])

    def test_the_page_for_people_leads_to_the_signed_root(self):
        self.start()
        for count in range(1, 4):
            self.break_file(text=f"broken {count}\n")
            self.ended(count)
        until(lambda: self.ask("status")["audit_signed"] == self.ask("status")["audit_entries"], "all signed")
        for seq in range(self.ask("status")["audit_signed"]):
            page = self.cli("audit", "prove", str(seq))
            given = self.ask("audit", "prove", str(seq))
            entry = base64.b64decode(given["entry"]).decode()
            self.assertIn(f"\n    {entry}\n", page)
            value = hashlib.sha256(b"\0" + entry.encode()).digest()
            self.assertEqual(re.search(r"leaf hash +(\S+)", page)[1], base64.b64encode(value).decode())
            for side, text in re.findall(r"^ +\d+  (left|right) +(\S+)$", page, re.M):
                other = base64.b64decode(text)
                value = hashlib.sha256(b"\1" + (other + value if side == "left" else value + other)).digest()
            root = base64.b64encode(value).decode()
            self.assertEqual(re.search(r"  root +(\S+)", page)[1], root)
            self.assertIn(f"\n    {given['tree_size']}\n    {root}\n", page[page.index("  checkpoint\n"):])

    def test_who_asked_is_recorded_with_groups(self):
        self.start()
        self.cli("pause", "--reason", "look")
        until(lambda: self.ask("status")["audit_signed"] == self.ask("status")["audit_entries"], "signed")
        entries = [json.loads(base64.b64decode(self.ask("audit", "prove", str(n))["entry"])) for n in range(self.ask("status")["audit_signed"])]
        asked = [e for e in entries if e["kind"] == "pause.set"][-1]
        self.assertEqual(asked["by"], pwd.getpwuid(os.geteuid()).pw_name)
        self.assertEqual(asked["groups"][0], grp.getgrgid(os.getegid()).gr_name)

    def test_without_the_daemon_it_is_the_same_proof(self):
        self.start()
        self.break_file()
        self.ended(1)
        self.assertEqual(self.stop(), 0)
        self.assertEqual(sorted(p.name for p in self.state.glob("aright*")), ["aright.db"])
        offline = self.ask("audit", "prove", "3")
        self.ask("audit", "verify")
        self.assertEqual(sorted(p.name for p in self.state.glob("aright*")), ["aright.db"], "nothing is left behind")
        self.assertIn("no entry 999", self.cli("audit", "prove", "999", expect=1))
        self.start()
        online = self.ask("audit", "prove", "3")
        self.assertEqual((online["entry"], online["leaf"]), (offline["entry"], offline["leaf"]))
        beside = self.ask("audit", "prove", "3", "--database", str(self.state / "aright.db"))
        self.assertEqual((beside["entry"], beside["leaf"]), (offline["entry"], offline["leaf"]), "read beside the daemon")
        self.assertEqual(self.stop(), 0)
        database = (self.state / "aright.db").read_bytes()
        (self.state / "aright.db").write_bytes(database.replace(b'"kind":"run.succeeded"', b'"kind":"run.Succeeded"', 1))
        seq = next(e["seq"] for e in self.entries() if e["kind"] == "run.Succeeded")
        self.assertRegex(self.cli("audit", "prove", str(seq), expect=1), f"entry {seq}: its bytes are not what was recorded")

    def test_what_people_read_is_no_proof_and_says_what_is(self):
        self.start()
        until(lambda: self.ask("status")["audit_signed"] == self.ask("status")["audit_entries"], "all signed")
        page, proof = self.top / "page", self.top / "proof"
        page.write_text(self.cli("audit", "prove", "0"))
        self.assertIn("`audit prove` and `audit consistency` give with `-o json`", self.cli("audit", "verify-proof", str(page), expect=1))
        proof.write_text(self.cli("-o", "json", "audit", "prove", "0"))
        self.assertIn("ok: entry 0 is in the log", self.cli("audit", "verify-proof", str(proof)))

    def test_of_several_proofs_the_one_that_was_changed_is_named(self):
        self.start()
        self.break_file()
        self.ended(1)
        until(lambda: self.ask("status")["audit_signed"] == self.ask("status")["audit_entries"], "all signed")
        first, changed, last, missing = (self.top / name for name in ("first", "changed", "last", "missing"))
        for seq, proof in enumerate((first, changed, last), 3):
            proof.write_text(self.cli("-o", "json", "audit", "prove", str(seq)))

        def check(*files, form="table"):
            done = subprocess.run([self.binary, "--state", self.state, "-o", form, "audit", "verify-proof", *files],
                                  capture_output=True, text=True, timeout=60)
            return done.returncode, done.stdout, done.stderr

        code, told, errors = check(first, changed, last)
        self.assertEqual((code, errors), (0, ""))
        self.assertEqual(re.findall(r"^(\S+): ok: entry (\d+) is in the log", told, re.M),
                         [(str(first), "3"), (str(changed), "4"), (str(last), "5")])
        good = json.loads(changed.read_text())
        entry = base64.b64decode(good["entry"])
        for field, value, why in (
                ("entry", base64.b64encode(entry[:-1] + b" }").decode(), "entry 4: the leaf is not its hash"),
                ("seq", 3, ""), ("proof", good["proof"][1:], ""), ("checkpoint", good["checkpoint"].replace("\n", "\n1", 1), "")):
            with self.subTest(changed=field):
                changed.write_text(json.dumps({**good, field: value}))
                for form in ("table", "json"):
                    code, told, errors = check(first, changed, last, form=form)
                    self.assertEqual(code, 1)
                    self.assertRegex(errors, rf"\Aerror: {changed}: {why}[^\n]*\n\Z")
                    self.assertEqual(str(changed) in told, form == "json", "a table says what holds; who reads JSON reads all of it there")
                    for proof in (first, last):
                        self.assertNotIn(str(proof), errors)
                        self.assertIn(str(proof), told)
        decoder, shown, at = json.JSONDecoder(), [], 0
        _, told, errors = check(first, changed, last, form="json")
        refusal = errors.removeprefix(f"error: {changed}: ").removesuffix("\n")
        while at < len(told):
            doc, at = decoder.raw_decode(told, at)
            at += len(told[at:]) - len(told[at:].lstrip())
            shown.append((doc["file"], doc["holds"], doc["says"][:14]))
        self.assertEqual(shown, [(str(first), True, "ok: entry 3 is"), (str(changed), False, refusal[:14]), (str(last), True, "ok: entry 5 is")])
        code, told, errors = check(changed, form="json")
        self.assertEqual((code, json.loads(told)), (1, {"holds": False, "says": refusal}))
        self.assertEqual(errors, f"error: {changed}: {refusal}\n")
        code, told, errors = check(first, missing)
        self.assertEqual((code, errors), (2, f"error: {missing}: no such file or directory\n"))
        self.assertIn(f"{first}: ok: ", told)
        code, _, errors = check(missing, changed)
        self.assertEqual(code, 2, "as with grep: not all was looked at")
        self.assertIn(f"error: {changed}: ", errors)

    def test_a_line_of_the_daemons_log_is_a_checkpoint_itself(self):
        self.start()
        self.break_file()
        self.ended(1)
        until(lambda: self.ask("status")["audit_signed"] == self.ask("status")["audit_entries"], "all signed")
        line = [text for text in (self.top / "log").read_text().splitlines() if "checkpoint" in text][0]
        for text in (line, line[line.index("aright/"):]):
            self.assertIn("begins with the signed one of", self.cli("audit", "consistency", text))
            self.assertIn("ok: ", self.cli("audit", "verify", "--checkpoint", text))
        self.assertIn("older: ", self.cli("audit", "consistency", line.replace("|", "|1", 1), expect=1))
        self.assertIn("no such file", self.cli("audit", "consistency", str(self.top / "nowhere"), expect=2))

    def test_no_daemon_and_no_log(self):
        self.assertRegex(self.cli("audit", "prove", "0", expect=2), r"aright\.db: no such file.*--state.*--database")

    def test_what_is_no_file_is_no_changed_log(self):
        self.start()
        self.assertEqual(self.stop(), 0)
        (self.top / "folder" / "aright.db").mkdir(parents=True)
        (self.top / "folder" / "signing.pub").write_bytes((self.state / "signing.pub").read_bytes())
        self.assertRegex(self.cli("--state", str(self.top / "folder"), "audit", "verify", expect=2), r"aright\.db: is no regular file; name the state")
        for words in (("--key", str(self.top)), ("--checkpoint", "/dev/null"), ("--witness", str(self.top))):
            with self.subTest(words=words):
                self.assertRegex(self.cli("audit", "verify", *words, expect=2), "is not a regular file|is a folder")


class Auditor(DaemonCase):
    """Somebody who may read a copy of a log and its public key, and write nothing."""
    user = NOBODY

    def audit(self, folder, *words):
        become = {} if os.geteuid() else {"user": NOBODY, "group": NOBODY, "extra_groups": []}
        return subprocess.run([self.binary, "--state", folder, "audit", *words], capture_output=True, text=True, timeout=60, **become)

    def copied(self, name):
        folder = self.top / name
        folder.mkdir()
        for file in (*self.state.glob("aright.db*"), self.state / "signing.pub"):
            if not file.name.endswith("-shm"):
                pathlib.Path(shutil.copy(file, folder)).chmod(0o444)
        folder.chmod(0o555)
        return folder

    def test_reads_only(self):
        self.start()
        self.break_file()
        self.ended(1)
        until(lambda: self.get("/v1/status")["audit_signed"] > 3, "entry 3 is under a signature")
        self.stop(9)
        crashed = self.copied("crashed")
        self.start()
        self.assertEqual(self.stop(), 0)
        clean = self.copied("clean")
        self.assertTrue((crashed / "aright.db-wal").exists() and not (clean / "aright.db-wal").exists())
        for folder in (crashed, clean):
            before = sorted(folder.iterdir())
            for words in (("verify",), ("prove", "3")):
                done = self.audit(folder, *words)
                self.assertEqual(done.returncode, 0, f"{folder} {words}: {done.stderr}")
            self.assertEqual(sorted(folder.iterdir()), before)
        (crashed / "aright.db-wal").chmod(0)
        if os.geteuid() == 0:
            os.chown(crashed / "aright.db-wal", 0, 0)
        self.assertRegex(self.audit(crashed, "verify").stderr, r"aright\.db-wal: permission denied")


unittest.main()
