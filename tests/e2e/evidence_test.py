"""What `audit evidence` hands over is checked by its own verifier, with python3 alone; whatever is changed in it is found."""
import base64
import datetime
import getpass
import hashlib
import hmac
import json
import pathlib
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
import unittest

from daemon import BINARY, DaemonCase, until
from log_case import LogCase


class Evidence(DaemonCase):
    files = ["a", "b"]

    def setUp(self):
        super().setUp()
        self.folder = self.top / "evidence"

    def hand_over(self, *words):
        said = self.cli("audit", "evidence", *words, "--out", str(self.folder))
        self.agree()
        return said

    def agree(self):
        """On every pack of these tests, and on what is wrong in a copy of it, both verifiers say the same."""
        self.assertEqual(self.verify().returncode, 0)
        lines = (self.folder / "entries.jsonl").read_bytes().splitlines()
        proofs = json.loads((self.folder / "proofs.json").read_text())["entries"]
        self.assertEqual(self.ours(lines, proofs), [True] * len(lines))
        chance = random.Random(len(lines))
        at = chance.randrange(len(lines))
        changed, moved = bytearray(lines[at]), json.loads(json.dumps(proofs))
        changed[chance.randrange(len(changed))] ^= 1
        moved[at]["proof"] = moved[at]["proof"][1:]
        with tempfile.TemporaryDirectory() as other:
            copy = pathlib.Path(other) / "pack"
            for some, its in (([*lines[:at], bytes(changed), *lines[at + 1:]], proofs), (lines, moved)):
                shutil.copytree(self.folder, copy)
                (copy / "entries.jsonl").write_bytes(b"".join(line + b"\n" for line in some))
                (copy / "proofs.json").write_text(json.dumps({"entries": its}))
                self.refused(copy)
                self.assertEqual(self.ours(some, its), [n != at for n in range(len(lines))])
                shutil.rmtree(copy)

    def ours(self, lines, proofs):
        """What `audit verify-proof` says of each entry of a pack."""
        note = (self.folder / "checkpoint.txt").read_text()
        _, size, root = note.split("\n")[:3]
        files = []
        for line, proof in zip(lines, proofs):
            doc = {"seq": proof["seq"], "entry": base64.b64encode(line).decode(), "proof": proof["proof"], "tree_size": int(size),
                   "root": root, "leaf": base64.b64encode(hashlib.sha256(b"\0" + line).digest()).decode(), "checkpoint": note}
            files.append(self.top / f"proof-{len(files)}.json")
            files[-1].write_text(json.dumps(doc))
        done = subprocess.run([BINARY, "audit", "verify-proof", *files, "--key", self.folder / "signing.pub"], capture_output=True, text=True)
        holds = [f"{file}: ok: " in done.stdout or (len(files) == 1 and done.stdout.startswith("ok: ")) for file in files]
        wrong = [f"error: {file}: " in done.stderr for file in files]
        self.assertEqual([not said for said in holds], wrong)
        self.assertEqual(done.returncode, int(any(wrong)))
        return holds

    def verify(self, *words, folder=None):
        return subprocess.run([sys.executable, "-I", (folder or self.folder) / "verify.py", *words], capture_output=True, text=True)

    def refused(self, folder=None):
        done = self.verify(folder=folder)
        self.assertEqual(done.returncode, 1, done.stdout)
        self.assertTrue(done.stderr.startswith("WRONG: "), done.stderr)
        self.assertNotIn("ok: ", done.stdout)
        return done.stderr

    def fixed_once(self):
        self.start()
        self.break_file(text="<b>broken & bad</b>\n")
        self.ended(1)

    def test_a_run_is_handed_over_and_checked_without_us(self):
        self.fixed_once()
        said = self.hand_over("--run", "1")
        self.assertIn("index.html", said)
        done = self.verify()
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(done.stdout, r"ok: \d+ entries of the \d+ that aright/\w+ has signed, 2 contents, 2 definitions")
        for kind in ("definition.loaded", "finding.opened", "run.created", "step.intended", "run.succeeded", "finding.resolved"):
            self.assertIn(kind, done.stdout)
        self.assertIn('"difference": [{"op": "replace", "path": "/content/0", "value": "approved"}]', done.stdout, "what was changed")
        self.assertTrue((self.folder / "verify.py").read_text().startswith("#!/usr/bin/env python3\n"))
        for name, left in (("contents", "0 contents (2 more are named, but not here"), ("definitions", "0 definitions (2 more")):
            copy = self.top / f"without-{name}"
            shutil.copytree(self.folder, copy)
            shutil.rmtree(copy / name)
            self.assertIn(left, self.verify(folder=copy).stdout)
        key = self.top / "known.pub"
        key.write_text((self.state / "signing.pub").read_text())
        self.assertNotIn("compare signing.pub", self.verify("--key", str(key)).stdout)
        self.assertLess(len((self.folder / "verify.py").read_text().splitlines()), 200)
        states = [json.loads(p.read_text()) for p in (self.folder / "contents").iterdir() if p.suffix != ".salt"]
        self.assertEqual(sorted(s["content"][0] for s in states), ["<b>broken & bad</b>", "approved"])

    def test_the_page_says_what_was_wrong_and_no_text_becomes_markup(self):
        self.fixed_once()
        self.hand_over("--run", "1")
        page = (self.folder / "index.html").read_text()
        for said in ("Run 1: succeeded", "a on file:", "&lt;b&gt;broken &amp; bad&lt;/b&gt;", "guards in force", "threshold", "verify.py", "default-src 'none'"):
            self.assertIn(said, page)
        self.assertRegex(page, r"guards in force</th><td>[^{}]*threshold: [^{}]*runs 3")
        self.assertNotIn("<b>", page)
        for entry in (self.folder / "entries.jsonl").read_text().splitlines():
            self.assertIn(json.loads(entry)["at"], page)

    def test_of_a_program_the_page_says_how_it_was_started_and_what_it_wrote(self):
        workflow = self.config / "workflows" / "restore.yaml"
        workflow.write_text(workflow.read_text().replace("ensure: desired", "exec: [/usr/bin/printf, 'was %s', '${ finding.subject.id }']"))
        self.start()
        self.break_file()
        self.ended(1)
        self.hand_over("--run", "1")
        self.assertEqual(self.verify().returncode, 0)
        page = (self.folder / "index.html").read_text()
        for said in ("argv    /usr/bin/printf", "exit code 0", f"| was {self.play / 'a'}"):
            self.assertIn(said, page)

    def test_what_a_person_decided_is_in_it(self):
        self.mode = "propose"
        self.write_workflow(mode="propose")
        self.start()
        self.break_file()
        review = until(lambda: self.ask("reviews", "list"), "a review")[0]["id"]
        self.cli("reviews", "approve", str(review), "--reason", "looks right to me")
        self.ended(1)
        self.hand_over("--run", "1")
        self.assertIn("looks right to me", self.verify().stdout)
        self.assertIn("looks right to me", (self.folder / "index.html").read_text())

    def test_what_began_before_and_was_decided_since_is_in_it(self):
        self.write_workflow(mode="propose")
        self.start()
        self.break_file()
        review = until(lambda: self.ask("reviews", "list"), "a review")[0]["id"]
        at = datetime.datetime.now(datetime.timezone.utc).isoformat().replace("+00:00", "Z")
        self.cli("reviews", "approve", str(review), "--reason", "decided later")
        self.ended(1)
        self.assertGreater(at, self.runs()[0]["created_at"])
        self.hand_over("--control", self.runs()[0]["control"], "--since", at)
        self.assertIn("decided later", (self.folder / "index.html").read_text())

    def test_of_what_a_person_decided_since_both_the_question_and_the_answer_are_in_it_and_nothing_that_ended_before(self):
        self.write_workflow(mode="propose")
        self.start()
        for number, reason in ((1, "decided before"), (2, "decided since")):
            self.break_file("b", text=f"broken{number}.\n")
            review = until(lambda: self.ask("reviews", "list"), "a review")[0]["id"]
            at = datetime.datetime.now(datetime.timezone.utc).isoformat().replace("+00:00", "Z")
            self.cli("reviews", "approve", str(review), "--reason", reason)
            self.ended(number)
            until(lambda: self.ask("findings", "list") == [], "its finding is over")
        self.break_file("a")  # of another control, and still asked about
        until(lambda: self.ask("reviews", "list"), "a review of a")
        self.stop(signal.SIGKILL)
        self.start()
        self.hand_over("--control", "b", "--since", at)
        done = self.verify("--key", str(self.state / "signing.pub"))
        self.assertEqual(done.returncode, 0, done.stderr)
        entries = [json.loads(line) for line in (self.folder / "entries.jsonl").read_text().splitlines()]
        self.assertEqual({e["run"] for e in entries if "run" in e}, {2})
        kinds = [e["kind"] for e in entries]
        for kind in ("finding.opened", "run.created", "run.held", "review.decided", "step.intended", "run.succeeded"):
            self.assertIn(kind, kinds)
        decided = [e for e in entries if e["kind"] == "review.decided"]
        self.assertEqual([(e["reason"], e["at"] > at) for e in decided], [("decided since", True)])
        self.assertLess([e["at"] for e in entries if e["kind"] == "run.created"][0], at)
        page = (self.folder / "index.html").read_text()
        for text in (done.stdout, page):
            self.assertIn("decided since", text)
            self.assertNotIn("decided before", text)
        lines = (self.folder / "entries.jsonl").read_text()
        (self.folder / "entries.jsonl").write_text(lines.replace("decided since", "decided SINCE"))
        self.refused()

    def test_that_it_was_undone_is_in_it_from_either_side(self):
        self.fixed_once()
        self.cli("runs", "undo", "1", "--reason", "it was right")
        pages = {}
        for run in ("1", "2"):
            self.hand_over("--run", run)
            entries = [json.loads(line) for line in (self.folder / "entries.jsonl").read_text().splitlines()]
            self.assertEqual([e["run"] for e in entries if e["kind"] == "step.intended"], [1, 2])
            self.assertIn("waiver.granted", [e["kind"] for e in entries])
            pages[run] = (self.folder / "index.html").read_text()
            shutil.rmtree(self.folder)
        for page in pages.values():
            for said in ("Run 1: succeeded", "Run 2: succeeded", "<th>undone by</th><td>run 2</td>", ": it was right"):
                self.assertIn(said, page)
            self.assertRegex(page, r"<th>undoes</th><td>run 1, as \S+ asked: it was right")

    def test_who_was_asked_and_who_took_it_on_is_in_it(self):
        (self.config / "aright.yaml").write_text(
            f"notify: {{ pager: {{ program: [/usr/bin/tee, {self.top}/told] }} }}\n"
            f"teams: {{ tests: {{ members: ['user:{getpass.getuser()}'], ladder: [ {{ after: 0s, notify: [pager] }} ] }} }}\n")
        self.write_workflow(mode="propose")
        self.start()
        self.break_file()
        until(lambda: (self.top / "told").exists(), "the ladder told somebody")
        review = str(self.ask("reviews", "list")[0]["id"])
        self.cli("reviews", "acknowledge", review, "--reason", "I am on it")
        self.cli("reviews", "approve", review, "--reason", "seen")
        self.ended(1)
        self.hand_over("--run", "1")
        page = (self.folder / "index.html").read_text()
        for said in ("review.escalated", "to: pager", "review.acknowledged", "reason: I am on it", "review.approved"):
            self.assertIn(said, page)

    def test_of_a_control_since_when(self):
        self.start()
        for name in ("a", "b"):
            self.break_file(name)
        self.ended(2)
        self.hand_over("--control", "b", "--since", "1h")
        done = self.verify()
        self.assertEqual(done.returncode, 0, done.stderr)
        runs = {json.loads(line).get("run") for line in (self.folder / "entries.jsonl").read_text().splitlines()}
        of_b = {r["id"] for r in self.runs() if r["control"] == "b"}
        self.assertEqual(runs - {None}, of_b)
        for words, why in ((["--control", "c"], "nothing is recorded about control c"), (["--run", "77"], "no run 77"),
                           (["--control", "b", "--since", "1ms"], "nothing is recorded about control b")):
            self.assertIn(why, self.cli("audit", "evidence", *words, "--out", str(self.top / "none"), expect=1))
        self.assertIn("write how long ago", self.cli("audit", "evidence", "--control", "b", "--since", "yesterday",
                                                     "--out", str(self.top / "none"), expect=2))
        self.assertIn("is in the future", self.cli("audit", "evidence", "--control", "b", "--since", "2099-01-01",
                                                   "--out", str(self.top / "none"), expect=2))
        self.assertIn("excludes", self.cli("audit", "evidence", "--run", "1", "--since", "1h", "--out", str(self.top / "none"), expect=2))
        self.assertFalse((self.top / "none").exists())
        for out in ("--out", "--to"):
            self.assertIn("is there already", self.cli("audit", "evidence", "--run", "1", out, str(self.folder), expect=1))

    def test_of_a_control_at_work_it_is_made_at_once(self):
        """Its newest entries are not signed yet whenever it is asked for."""
        self.write_workflow(more="guards: { threshold: [{ runs: 10000, within: 10m, per: workflow }] }\n")
        self.start()
        over = threading.Event()

        def keep_breaking():
            while not over.is_set():
                (self.play / "b").chmod(0o600)
                over.wait(0.05)

        at_work = threading.Thread(target=keep_breaking)
        at_work.start()
        try:
            until(lambda: self.runs(), "it is at work")
            for n in range(6):
                self.folder = self.top / f"pack-{n}"
                before = self.get("/v1/status")["audit_entries"]
                self.cli("audit", "evidence", "--control", "b", "--out", str(self.folder))
                proofs = json.loads((self.folder / "proofs.json").read_text())
                self.assertGreaterEqual(int((self.folder / "checkpoint.txt").read_text().split("\n")[1]), before)
                self.assertEqual(self.verify().returncode, 0)
                self.assertTrue(proofs["entries"])
        finally:
            over.set()
            at_work.join()

    def test_what_no_daemon_signs_is_told_without_a_wrong_hint(self):
        self.fixed_once()
        self.stop()
        database = sqlite3.connect(self.state / "aright.db")
        database.execute("DELETE FROM checkpoint")
        database.commit()
        database.close()
        told = self.cli("audit", "evidence", "--run", "1", "--out", str(self.folder), expect=1)
        self.assertIn("is not yet under a signed checkpoint", told)
        self.assertNotIn("--state", told)
        self.assertFalse(self.folder.exists())

    def test_of_a_control_that_no_run_has_answered_its_waiver_is_handed_over(self):
        self.start()
        self.cli("waivers", "add", "b", f"file:{self.play / 'b'}", "--reason", "moved next week", "--for", "7d")
        self.break_file("b")
        until(lambda: self.ask("waivers", "list")[0].get("seen", 0) >= 1, "it is seen and left")
        self.assertEqual(self.runs(), [])
        self.hand_over("--control", "b")
        self.assertIn("waiver.granted", self.verify().stdout)
        page = (self.folder / "index.html").read_text()
        for said in ("Evidence of 1 waiver", "moved next week", "Waiver 1: in-force"):
            self.assertIn(said, page)

    def test_a_waived_finding_is_not_called_resolved(self):
        self.write_workflow(mode="propose")
        self.start()
        self.break_file("b")
        until(lambda: self.ask("reviews", "list"), "a person is asked")
        self.cli("waivers", "add", "b", f"file:{self.play / 'b'}", "--reason", "moved next week", "--for", "7d")
        self.hand_over("--control", "b")
        page = (self.folder / "index.html").read_text()
        self.assertRegex(page, "<th>waived</th><td>[^<]*: waiver 1</td>")
        self.assertNotIn("<th>resolved</th>", page)
        self.assertIn("moved next week", page)

    def test_the_page_is_made_of_the_entries_not_of_rows_that_somebody_changed(self):
        self.fixed_once()
        self.stop()
        database = sqlite3.connect(self.state / "aright.db")
        database.execute("UPDATE run SET doc=json_set(doc,'$.decided_by','alice','$.reason','nobody did anything')")
        database.commit()
        database.close()
        self.cli("audit", "evidence", "--run", "1", "--out", str(self.folder))
        page = (self.folder / "index.html").read_text()
        self.assertNotIn("alice", page)
        self.assertNotIn("nobody did anything", page)

    def test_no_module_in_the_folder_stands_for_one_of_pythons(self):
        self.fixed_once()
        self.hand_over("--run", "1")
        entries = self.folder / "entries.jsonl"
        entries.write_text(entries.read_text().replace("succeeded", "failed"))
        for module in ("hmac", "json", "pathlib", "hashlib", "re"):
            (self.folder / f"{module}.py").write_text("raise SystemExit('of the folder')\n")
        copy = self.top / "trusted.py"
        copy.write_text((self.folder / "verify.py").read_text())
        for words in ([self.folder / "verify.py"], [copy, self.folder]):
            done = subprocess.run([sys.executable, *words], capture_output=True, text=True)
            self.assertIn("is not what was signed", done.stderr)
            self.assertEqual(done.returncode, 1)

    def test_a_reason_is_no_commitment(self):
        self.write_workflow(mode="propose")
        self.start()
        self.break_file()
        until(lambda: self.ask("reviews", "list"), "a person is asked")
        salt, made_up = bytes(16), b'{"content":["made up"]}'
        name = f"{salt[:6].hex()}-{hmac.new(salt, made_up, hashlib.sha256).hexdigest()}"
        self.cli("reviews", "approve", "1", "--reason", name)
        self.ended(1)
        self.hand_over("--run", "1")
        (self.folder / "contents" / name).write_bytes(made_up)
        (self.folder / "contents" / f"{name}.salt").write_bytes(salt)
        self.assertIn("is not what the entries name", self.refused())

    def test_sensitive_contents_are_kept_back(self):
        (self.play / "a").chmod(0o600)
        text = (self.config / "controls" / "a.yaml").read_text()
        text = text.replace("content: \"approved", "content: \"the approved secret")
        (self.play / "a").write_text("the approved secret\n")
        runs = 0
        for how, changed in (("by its mode", text.replace("0644", "0600")),
                             ("as stated", text.replace('mode: "0644"', "sensitive: true")),
                             ("as the file is", text.replace(', mode: "0644"', ""))):
            (self.config / "controls" / "a.yaml").write_text(changed)
            self.folder = self.top / how
            self.start()
            self.break_file(text="a secret of the broken file\n")
            runs += 1
            self.ended(runs)
            self.assertIn("2 contents and 1 definition kept back", self.hand_over("--run", str(runs)))
            done = self.verify()
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn("1 definitions (1 more are named, but not here", done.stdout)
            told = [path.read_bytes() for path in self.folder.rglob("*") if path.is_file()]
            if how != "as the file is":  # a definition knows nothing of that
                told += [self.cli("-o", "json", "controls", "show", "a").encode(), self.cli("controls", "list").encode()]
            for secret in (b"a secret of the broken file", b"the approved secret"):
                self.assertFalse([text for text in told if secret in text], how)
            page = (self.folder / "index.html").read_text()
            self.assertIn("1 definition is sensitive and kept back", page)
            self.assertIn("runs 3", page)
            self.assertEqual(self.stop(), 0)

    def test_what_a_sensitive_step_is_told_is_not_shown(self):
        (self.config / "workflows" / "quiet.yaml").write_text(json.dumps({
            "workflow": "quiet", "owner": "tests", "answers": ["a"], "mode": "observe",
            "steps": [{"exec": ["/usr/bin/true", "a hidden word"], "sensitive": True}, {"exec": ["/usr/bin/true", "an open word"]}]}))
        self.start()
        for words in (["workflows", "show", "quiet"], ["-o", "json", "workflows", "list"]):
            shown = self.cli(*words)
            self.assertIn("an open word", shown)
            self.assertNotIn("a hidden word", shown)

    def test_contents_are_named_by_their_time_and_erased_ones_leave_the_proofs_whole(self):
        before = int(time.time() * 1000)
        self.fixed_once()
        self.assertEqual(self.stop(), 0)
        ids = [row[0] for row in self.stored("SELECT id FROM blob ORDER BY id")]
        self.assertEqual(len(ids), 2)
        for name in ids:
            self.assertRegex(name, "^[0-9a-f]{12}-[0-9a-f]{64}$")
            self.assertTrue(before <= int(name[:12], 16) <= time.time() * 1000, name)
        database = sqlite3.connect(self.state / "aright.db")
        database.execute("UPDATE blob SET bytes=NULL, salt=NULL WHERE id=?", ids[:1])
        database.commit()
        database.close()
        self.cli("audit", "evidence", "--run", "1", "--out", str(self.folder))
        done = self.verify()
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn(", 1 contents (1 more are named, but not here", done.stdout)
        self.assertIn("not kept any more; the entries commit to it", (self.folder / "index.html").read_text())
        self.assertEqual(self.folder.stat().st_mode & 0o777, 0o700)

    def test_whatever_is_changed_is_found(self):
        self.fixed_once()
        self.hand_over("--run", "1")
        self.assertEqual(self.verify().returncode, 0)
        chance = random.Random(7)
        others = ("entries.jsonl", "checkpoint.txt", "signing.pub", "contents/*", "definitions/*")
        for path in [p for pattern in others for p in sorted(self.folder.glob(pattern))]:
            whole = path.read_bytes()
            for _ in range(12):
                at = chance.randrange(len(whole))
                changed = bytearray(whole)
                changed[at] ^= 1 << chance.randrange(7)
                if path.name in ("checkpoint.txt", "signing.pub") and bytes(changed).strip() == whole.strip():
                    continue  # white space around it says nothing
                path.write_bytes(changed)
                self.refused()
            path.write_bytes(whole)
        self.assertEqual(self.verify().returncode, 0)

    def test_left_out_moved_or_made_up_is_found(self):
        self.fixed_once()
        self.hand_over("--run", "1")
        entries, proofs = self.folder / "entries.jsonl", self.folder / "proofs.json"
        lines, paths = entries.read_text().splitlines(), json.loads(proofs.read_text())

        def write(some, of):
            entries.write_text("".join(line + "\n" for line in some))
            proofs.write_text(json.dumps({**paths, "entries": of}))

        of = paths["entries"]
        for some, its in ((lines[1:], of), (lines[::-1], of), (lines[::-1], of[::-1]), (lines + lines[:1], of + of[:1]), ([], [])):
            write(some, its)
            self.refused()
        shifted = json.loads(json.dumps(of))
        shifted[0]["proof"] = shifted[1]["proof"]
        write(lines, shifted)
        self.assertIn("is not what was signed", self.refused())
        longer = json.loads(json.dumps(of))
        longer[0]["proof"].append(base64.b64encode(bytes(32)).decode())
        write(lines, longer)
        self.refused()
        write(lines, of)
        (self.folder / "contents" / "extra").write_text("made up")
        self.assertIn("nothing speaks for", self.refused())
        (self.folder / "contents" / "extra").unlink()
        made_up = b"made up"
        name = hashlib.sha256(made_up).hexdigest()
        (self.folder / "definitions" / f"{name}.json").write_bytes(made_up)
        self.assertIn("is not what the entries name", self.refused())

    def test_the_key_of_another_log_signs_nothing_here(self):
        self.fixed_once()
        self.hand_over("--run", "1")
        self.stop()
        shutil.rmtree(self.state)
        self.start()
        until(lambda: self.ask("status")["audit_signed"] > 0, "signed")
        other = self.verify("--key", str(self.state / "signing.pub"))
        self.assertEqual(other.returncode, 1)
        self.assertIn("not signed by this key", other.stderr)


class Proofs(DaemonCase):
    def test_proofs_are_checked_and_kept_checkpoints_are_beginnings(self):
        self.start()
        until(lambda: self.ask("status")["audit_signed"] > 0, "signed")
        self.break_file()
        self.ended(1)
        until(lambda: self.ask("status")["audit_signed"] == self.ask("status")["audit_entries"], "all signed")
        proof, older = self.top / "proof.json", self.top / "older"
        notes = [row[0] for row in self.stored("SELECT note FROM checkpoint ORDER BY size")]
        older.write_text(notes[0])
        proof.write_text(json.dumps(self.ask("audit", "prove", "3")))
        self.assertIn("ok: entry 3 is in the log", self.cli("audit", "verify-proof", str(proof)))
        self.assertIn("begins with the signed one", self.cli("audit", "consistency", str(older)))
        whole = self.ask("audit", "consistency", str(older))
        proof.write_text(json.dumps(whole))
        self.assertIn("begins with the signed one", self.cli("audit", "verify-proof", str(proof)))
        for key, value in (("older", notes[0].replace("\n", "\n9", 1)), ("newer", notes[0]), ("consistency", whole["consistency"][:-1]),
                           ("consistency", ["x"])):
            proof.write_text(json.dumps({**whole, key: value}))
            self.assertIn(f"error: {proof}: ", self.cli("audit", "verify-proof", str(proof), expect=1))
        inclusion = self.ask("audit", "prove", "3")
        for key, value in (("entry", base64.b64encode(b"{}").decode()), ("seq", 4), ("tree_size", 2), ("proof", []), ("leaf", inclusion["root"])):
            proof.write_text(json.dumps({**inclusion, key: value}))
            self.assertIn(f"error: {proof}: ", self.cli("audit", "verify-proof", str(proof), expect=1))
        for text in ("", "{}", "[]", "nonsense"):
            proof.write_text(text)
            self.assertIn(f"error: {proof}", self.cli("audit", "verify-proof", str(proof), expect=1))

    def test_an_export_leads_to_the_signed_root(self):
        self.start()
        self.break_file()
        self.ended(1)
        until(lambda: self.ask("status")["audit_signed"] == self.ask("status")["audit_entries"], "all signed")
        self.assertEqual(self.stop(), 0)
        lines = self.cli("audit", "export").encode().split(b"\n")
        self.assertEqual(lines.pop(), b"")

        def root(leaves):
            if len(leaves) == 1:
                return leaves[0]
            half = 1 << (len(leaves) - 1).bit_length() - 1
            return hashlib.sha256(b"\1" + root(leaves[:half]) + root(leaves[half:])).digest()

        size, note = self.stored("SELECT size, note FROM checkpoint ORDER BY size DESC LIMIT 1")[0]
        made = root([hashlib.sha256(b"\0" + line).digest() for line in lines[:size]])
        self.assertEqual(note.split("\n")[2], base64.b64encode(made).decode())
        self.assertEqual(self.cli("audit", "export", "--from", "2", "--to", "4").encode().split(b"\n")[:-1], lines[2:5])
        for none in (("--from", "100000"), ("--from", "4", "--to", "2")):
            done = subprocess.run([BINARY, "--state", str(self.state), "audit", "export", *none], capture_output=True, text=True, timeout=60)
            self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", "no entry has a number in that range\n"))


class MuchEvidence(LogCase):
    def test_what_is_too_much_for_one_page_is_refused_and_not_cut(self):
        (self.config / "workflows" / "react.yaml").unlink()
        self.start()
        self.append(*(f"203.0.113.{n % 250}-{n}" for n in range(1001)))
        self.taken(1001)
        folder = self.top / "evidence"

        def refused():  # or: not all of it is signed yet
            said = self.cli("audit", "evidence", "--control", "failed-login", "--out", str(folder), expect=1)
            return "1001 findings" in said and said
        said = until(refused, "it says how many there are")
        self.assertIn("0 runs and 1001 findings, at most 1000 of each are put together; name a later --since", said)
        self.assertFalse(folder.exists())


if __name__ == "__main__":
    unittest.main()
