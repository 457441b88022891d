"""What `audit prove` gives is checked as a third party would: public key, hashlib, the openssl command."""
import base64
import grp
import hashlib
import json
import os
import pwd
import re
import subprocess
import unittest

from daemon import DaemonCase, until


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


unittest.main()
