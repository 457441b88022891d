"""What is kept long enough goes by itself; what one wants gone is erased; the log stays verifiable, and every proof valid."""
import json
import sqlite3
import subprocess
import unittest

from daemon import BINARY, DaemonCase, until
from webhook import WebhookCase, bearer


class Retention(DaemonCase):
    def node(self, retention):
        self.write_node(f"retention: {retention}\n")

    def one_fix(self, number=1):
        self.break_file()
        self.ended(number)

    def verified(self):
        return subprocess.run([BINARY, "--state", str(self.state), "audit", "verify"], capture_output=True, text=True)

    def contents(self):
        return self.stored("SELECT count(*) FROM blob")[0][0]

    def holding(self, word):
        """Files of the state folder, also of the log that is written ahead."""
        return [f.name for f in self.state.rglob("*") if f.is_file() and word.encode() in f.read_bytes()]

    def kinds(self, kind):
        return [e for e in (row[0] for row in self.stored("SELECT bytes FROM entry")) if e["kind"] == kind]

    def test_what_is_over_goes_and_the_log_stays_whole(self):
        self.start()
        self.one_fix()
        self.assertGreater(self.contents(), 0)
        before = len(self.kinds("run.succeeded"))
        self.stop()
        self.node("{ records: 1ms, contents: 1ms, sensitive: 1ms }")
        self.start()
        until(lambda: self.contents() == 0 and not self.runs(), "contents and rows have gone")
        until(lambda: self.kinds("retention.applied"), "it is recorded")
        gone = {}
        for entry in self.kinds("retention.applied"):
            for table, count in entry["rows"].items():
                gone[table] = gone.get(table, 0) + count
        self.assertEqual((gone["run"], gone["finding"]), (1, 1))
        self.assertEqual(len(self.kinds("run.succeeded")), before, "the log tells of it for ever")
        for words, code in ((("runs", "show", "1"), 1), (("explain", "1"), 1), (("runs", "undo", "1", "--plan"), 1),
                            (("test", "--record", "1", str(self.config)), 2)):
            said = self.cli(*words, expect=code)
            self.assertIn("no run 1 any more: retention has taken its row; `aright audit evidence --run 1` still tells of it", said)
            self.assertNotIn("any more", self.cli(*("7" if word == "1" else word for word in words), expect=code))
        self.assertEqual((self.ask("report")["all"]["runs"], self.ask("report")["runs_gone"]), (0, 1))
        self.assertRegex(self.cli("report"), r"(?m)^not kept +1 run more: retention has taken their rows")
        self.assertIn("<th>not kept</th>", self.cli("report", "-o", "html"))
        self.assertEqual(self.ask("report", "--since", "2026-01-01", "--until", "2026-01-02")["runs_gone"], 0, "it began later")
        until(lambda: self.ask("status")["audit_signed"] == self.ask("status")["audit_entries"], "all signed")
        for words in (["--run", "1"], ["--control", "a", "--since", "1h"]):
            pack = self.top / f"pack-{len(words)}"
            self.cli("audit", "evidence", *words, "--out", str(pack))
            page = (pack / "index.html").read_text()
            self.assertIn("Run 1: succeeded", page, "made of the entries")
            self.assertRegex(page, r"<th>resolved</th><td>2\d\d\d-")
            done = subprocess.run(["python3", pack / "verify.py"], capture_output=True, text=True)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn("0 contents (2 more are named, but not here", done.stdout)
        refused = self.cli("audit", "evidence", "--run", "7", "--out", str(self.top / "none"), expect=1)
        self.assertIn("no run 7: the log has no entry of it", refused)
        self.assertNotIn("--state", refused)
        until(lambda: self.verified().returncode == 0, lambda: self.verified().stderr)
        self.one_fix()
        self.stop()
        self.assertEqual(self.verified().returncode, 0, self.verified().stderr)

    def test_a_row_that_may_not_be_gone_is_missed(self):
        self.start()
        self.one_fix()
        self.stop()
        self.assertEqual(self.verified().returncode, 0)
        database = sqlite3.connect(self.state / "aright.db")
        database.execute("DELETE FROM run")
        database.commit()
        database.close()
        missed = self.verified()
        self.assertEqual(missed.returncode, 1)
        self.assertIn("table run, row 000000000001: is missing", missed.stderr)

    def test_a_content_that_nobody_took_away_is_missed(self):
        self.start()
        self.one_fix()
        self.stop()
        self.assertEqual(self.verified().returncode, 0)
        database = sqlite3.connect(self.state / "aright.db")
        database.execute("DELETE FROM blob WHERE id=(SELECT min(id) FROM blob)")
        database.commit()
        database.close()
        (planned,) = self.kinds("step.planned")
        self.assertIn("table blob: 1 contents that entries name are missing, but retention and erasure have taken away 0; the "
                      f"newest of them is named by entry {planned['seq']}", self.verified().stderr)

    def test_a_content_that_goes_beside_those_that_may_is_missed(self):
        self.start()
        self.one_fix()
        self.cli("contents", "erase", str(self.play / "a"), "--reason", "somebody's right")
        self.break_file(text="broken again\n")
        self.ended(2)
        self.stop()
        self.assertEqual(self.verified().returncode, 0, self.verified().stderr)
        database = sqlite3.connect(self.state / "aright.db")
        database.execute("DELETE FROM blob WHERE id=(SELECT max(id) FROM blob)")
        database.commit()
        database.close()
        self.assertIn("table blob: 3 contents that entries name are missing, but retention and erasure have taken away 2",
                      self.verified().stderr)

    def test_contents_of_one_subject_are_erased_for_good(self):
        word = "a word nobody else says: rhubarb\n"
        self.start()
        self.break_file(text=word)
        self.ended(1)
        self.assertTrue(self.stored("SELECT id FROM blob"))
        prove = lambda: self.ask("audit", "prove", str(self.kinds("run.succeeded")[0]["seq"]))
        until(lambda: subprocess.run([BINARY, "--state", str(self.state), "audit", "prove", "3"], capture_output=True).returncode == 0, "signed")
        self.assertRegex(self.cli("runs", "show", "1"), "(?s)rhubarb.*[+] approved")
        self.assertIn('"approved"', self.cli("-o", "json", "runs", "list"))
        answer = self.ask("contents", "erase", str(self.play / "a"), "--reason", "somebody's right")
        self.assertGreater(answer["erased"], 0)
        self.assertEqual(answer["entries_that_tell"], 1, "the plan's difference")
        self.assertIn("an entry cannot be changed", answer["note"])
        for shown in (self.cli("runs", "show", "1"), self.cli("-o", "json", "runs", "show", "1"), self.cli("-o", "json", "runs", "list")):
            self.assertNotRegex(shown, r'"approved"|[+] approved', "what it became")
            self.assertNotIn("rhubarb", shown)
        self.assertIn("what it was and became has been erased", self.cli("runs", "show", "1"))
        self.assertEqual(self.contents(), 0)
        (entry,) = self.kinds("contents.erased")
        self.assertEqual((entry["subject"], entry["reason"]), (f"file:{self.play / 'a'}", "somebody's right"))
        again = self.cli("contents", "erase", str(self.play / "a"), "--reason", "once more", expect=1)
        self.assertIn("no contents of", again)
        until(lambda: subprocess.run([BINARY, "--state", str(self.state), "-o", "json", "audit", "prove", str(entry["seq"])], capture_output=True).returncode == 0, "the erasure is signed")
        prove()
        self.cli("audit", "evidence", "--run", "1", "--out", str(self.top / "pack"))
        page = (self.top / "pack" / "index.html").read_text()
        self.assertIn("What it was and became has been erased.", page)
        self.assertNotRegex(page, r"&quot;approved|[+] approved|rhubarb")
        done = subprocess.run(["python3", self.top / "pack" / "verify.py"], capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.verified().returncode, 0, self.verified().stderr)
        self.stop()
        self.assertEqual(self.verified().returncode, 0, self.verified().stderr)

    def test_a_message_tells_no_more_of_what_was_erased(self):
        self.write_node("notify: { default: [chat], chat: { program: [/usr/bin/cat] } }\n")
        self.write_workflow(mode="propose")
        self.start()
        self.break_file(text="a word nobody else says: rhubarb\n")
        until(lambda: self.ask("reviews", "list"), "a review")
        told = until(lambda: [n for n in self.ask("notifications", "list", "--all") if n["notice"] == "review"], "a message")
        self.assertIn("approved", told[0]["text"])
        self.assertIn(str(self.play / "a"), told[0]["text"])
        self.cli("reviews", "deny", "1", "--reason", "not this one")
        until(lambda: not self.get("/v1/runs?open=1"), "it has ended")
        self.cli("contents", "erase", str(self.play / "a"), "--reason", "somebody's right")
        (told,) = [n for n in self.ask("notifications", "list", "--all") if n["notice"] == "review"]
        self.assertEqual((told["title"], told["text"], told["data"]), ("erased", "erased", {}))
        self.assertEqual(self.get(f"/v1/notifications/{told['id']}")["text"], told["text"])

    def test_nothing_may_outlast_what_tells_of_it(self):
        self.node("{ records: 7d }")
        said = self.cli("validate", str(self.config), expect=1)
        self.assertIn("`contents` (30d) would outlast `records` (7d)", said)

    def test_mistakes_in_it(self):
        self.node("{ records: long, size_mib: 0, for: 3d }")
        said = self.cli("validate", str(self.config), expect=1)
        for words in ("records", "size_mib", "`for`"):
            self.assertIn(words, said)

    def test_plans_made_anew_are_erased_too(self):
        self.write_workflow(mode="propose")
        with open(self.config / "workflows" / "restore.yaml", "a") as file:
            file.write("  - exec: [/usr/bin/true]\n")
        self.break_file(text="a word nobody else says: rhubarb\n")
        (self.play / "a").chmod(0o600)  # not everybody may read it: entries do not tell of it
        self.start()
        until(lambda: self.ask("reviews", "list"), "a review")
        self.cli("reviews", "approve", "1", "--reason", "seen")
        self.ended(1)
        self.assertEqual(len(self.kinds("step.planned")), 4, "approved, both steps were planned anew")
        self.assertEqual(self.contents(), 9, "before and after of each, and what the program wrote")
        answer = self.ask("contents", "erase", str(self.play / "a"), "--reason", "somebody's right")
        self.assertEqual((answer["erased"], answer["kept"], self.contents()), (9, 0, 0))
        until(lambda: not self.holding("rhubarb"), lambda: self.holding("rhubarb"))
        self.assertIn("no contents of", self.cli("contents", "erase", str(self.play / "a"), "--reason", "once more", expect=1))
        until(lambda: self.ask("status")["audit_signed"] == self.ask("status")["audit_entries"], "all signed")
        self.cli("audit", "evidence", "--control", "a", "--out", str(self.top / "pack"))
        self.assertFalse([f for f in (self.top / "pack").rglob("*") if f.is_file() and "rhubarb" in f.read_text()])
        self.assertEqual(self.verified().returncode, 0, self.verified().stderr)
        self.stop()
        self.assertEqual(self.verified().returncode, 0, self.verified().stderr)
        self.assertFalse(self.holding("rhubarb"))

    def test_plans_made_anew_go_at_their_time_while_the_run_is_open(self):
        self.write_workflow(mode="propose")
        self.break_file(text="broken once\n")
        self.start()
        until(lambda: self.ask("reviews", "list"), "a review")
        self.break_file(text="broken otherwise\n")
        self.cli("reviews", "approve", "1", "--reason", "seen", expect=(0, 3))
        until(lambda: [r["id"] for r in self.ask("reviews", "list")] == [2], "asked anew: the file has changed since")
        self.assertEqual(self.contents(), 4)
        self.stop()
        self.write_node("retention: { contents: 1ms, sensitive: 1ms }\n")
        self.start()
        until(lambda: self.contents() == 2, "the plan that is no more has gone, the one that is asked about stays")
        self.assertEqual(self.verified().returncode, 0, self.verified().stderr)
        self.cli("reviews", "approve", "2", "--reason", "seen", expect=(0, 3))
        self.ended(1)
        self.assertTrue(self.fixed())
        self.stop()
        self.start()
        until(lambda: self.contents() == 0, "nothing needs them any more")
        self.assertEqual(sum(e["contents"] for e in self.kinds("retention.applied")), len({id for e in self.kinds("step.planned") for id in (e["plan"]["before"]["id"], e["plan"]["after"]["id"])}))
        self.stop()
        self.assertEqual(self.verified().returncode, 0, self.verified().stderr)

WORD = "rhubarb"


class ErasedAlerts(WebhookCase):
    """An alert whose labels hold a word that nobody else says, told on by title, text, argument and address."""

    def setUp(self):
        super().setUp()
        (self.config / "controls" / "deleted.yml").unlink()
        (self.config / "workflows" / "react.yaml").unlink()
        (self.config / "controls" / "down.yaml").write_text(
            'control: down\nseverity: high\nalert:\n  source: hook\n  each: event.alerts\n'
            '  subject: instance=${ alert.instance }\n  title: ${ alert.summary }\n  resolved: alert.status == "resolved"\n')
        (self.config / "workflows" / "answer.yaml").write_text(
            "workflow: answer\nowner: tests\nanswers: [down]\nmode: auto\nguards: { threshold: [{ runs: 1000, within: 10m, per: workflow }] }\n"
            "steps:\n  - notify: chat\n    title: about ${ event.summary }\n    text: told of ${ event.summary }\n"
            "  - exec: [/usr/bin/echo, \"${ event.summary }\"]\n"
            "  - call: { method: POST, url: \"http://127.0.0.1:9/${ event.summary }\" }\n")
        self.write_source("hook", "bearer")
        source = self.config / "sources" / "hook.yaml"
        source.write_text(source.read_text().replace("[host, action]", "[alerts]"))
        self.flag, self.got = self.top / "mended", self.top / "got"
        chat = self.top / "chat"
        chat.write_text(f"#!/bin/sh\ncat > {self.top}/last\ntest -e {self.flag} || {{ cat {self.top}/last; exit 1; }}\ncat {self.top}/last >> {self.got}\n")
        chat.chmod(0o755)
        self.write_node(f"notify: {{ default: [chat], chat: {{ program: [{chat}], retry: {{ give_up: 1s }} }} }}\n"
                        'destinations: [{ host: "127.0.0.1", ports: [9] }]\n')

    def tell(self, *alerts):
        body = json.dumps({"alerts": [dict(zip(("instance", "summary", "status"), alert)) for alert in alerts]}).encode()
        self.assertEqual(self.post(body, bearer())[0], 200)

    def everything(self):
        """All that the API has to say of it, and the commands' own words."""
        told = {}
        for path in ("/v1/runs?limit=100", "/v1/runs/1", "/v1/findings?all=1", "/v1/notifications?all=1", "/v1/notifications/1", "/v1/reviews?all=1",
                     "/v1/report", "/v1/status", "/v1/sources", "/v1/explain/instance=web1"):
            told[path] = json.dumps(self.get(path))
        finding = self.get("/v1/findings?all=1")[0]["id"]
        for words in (["runs", "show", "1"], ["-o", "json", "runs", "show", "1"], ["findings", "list", "--all"], ["findings", "show", finding],
                      ["explain", "1"], ["explain", finding], ["notifications", "list", "--all"]):
            told[" ".join(words)] = self.cli(*words)
        return told

    def test_nothing_tells_of_it_and_nobody_is_told_of_it_any_more(self):
        self.start()
        self.tell(("web1", WORD, "firing"))
        until(lambda: self.ask("reviews", "list"), "a bearer's word is proposed")
        self.cli("reviews", "approve", "1", "--reason", "seen")
        until(lambda: self.get("/v1/runs?all=1") and not self.get("/v1/runs?open=1"), lambda: self.get("/v1/runs"))
        until(lambda: {n["state"] for n in self.ask("notifications", "list", "--all")} == {"dead"}, lambda: self.ask("notifications", "list", "--all"))
        before = self.everything()
        for place in ("/v1/runs/1", "/v1/findings?all=1", "/v1/notifications?all=1"):
            self.assertIn(WORD, before[place])
        answer = self.ask("contents", "erase", "instance=web1", "--reason", "gdpr")
        self.assertEqual((answer["entries_that_tell"], answer["messages_emptied"]), (10, 3), answer)
        self.assertEqual({place: said for place, said in self.everything().items() if WORD in said}, {})
        self.flag.touch()
        self.cli("notifications", "retry", "--all")
        until(lambda: {n["state"] for n in self.ask("notifications", "list", "--all")} == {"sent"}, "all are delivered")
        told = self.got.read_text()
        self.assertNotIn(WORD, told)
        self.assertEqual(told.count("A message whose content has been erased"), 3)
        until(lambda: self.ask("status")["audit_signed"] == self.ask("status")["audit_entries"], "all signed")
        self.cli("audit", "evidence", "--run", "1", "--out", str(self.top / "pack"))
        self.assertFalse(WORD in (self.top / "pack" / "index.html").read_text())
        self.assertEqual(self.stop(), 0)
        self.assertIn("ok: ", self.cli("audit", "verify"))


unittest.main()
