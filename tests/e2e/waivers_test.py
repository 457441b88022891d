"""Waivers: what is known to be wrong stays as it is until a stated time, through kills, and is answered afterwards."""
import datetime
import json
import signal
import subprocess
import unittest

from daemon import BROKEN, DaemonCase, until


class Waivers(DaemonCase):
    files = ["a", "b"]

    def waive(self, *more, subject=None):
        return self.ask("waivers", "add", "a", subject or f"file:{self.play / 'a'}", "--reason", "known", *more)

    def seen(self):
        """Whatever was written to `a` before this has been read by now: `b` was broken after it, and is right again."""
        count = len(self.runs("succeeded"))
        self.break_file("b")
        self.ended(count + 1)

    def test_what_is_waived_stays_and_what_is_removed_is_put_right(self):
        self.start()
        granted = self.waive("--for", "1h", "--owner", "platform", subject=str(self.play / "a"))
        self.assertEqual((granted["id"], granted["owner"], granted["subject"]), (1, "platform", f"file:{self.play / 'a'}"))
        self.break_file("a")
        self.seen()
        self.cli("rescan")
        self.seen()
        self.assertEqual((self.play / "a").read_text(), BROKEN)
        self.assertEqual(self.ask("findings", "list"), [])
        self.assertEqual(self.ask("status")["waivers"], 1)
        self.stop(signal.SIGKILL)
        self.start()
        hidden = [e for e in self.entries() if e["kind"] == "verdict.waived"]
        self.assertEqual((hidden[0]["subject"], hidden[0]["reason"], hidden[0]["source"]), (f"file:{self.play / 'a'}", "known", "watch"))
        self.assertIn("from being found", self.cli("explain", str(self.play / "a")))
        (waiver,) = self.ask("waivers", "list")
        self.assertGreaterEqual(waiver["seen"], len(hidden))
        self.assertEqual((waiver["control"], waiver["state"]), ("a", "in-force"))
        self.assertIn("known", self.cli("waivers", "list"))
        self.assertEqual((self.play / "a").read_text(), BROKEN)
        self.cli("waivers", "remove", "1", "--reason", "no longer")
        until(self.fixed, "put right")
        self.assertEqual(self.ask("waivers", "list"), [])
        self.assertEqual(self.ask("waivers", "list", "--all")[0]["state"], "removed")
        self.assertIn("no waiver 1", self.cli("waivers", "remove", "1", "--reason", "again", expect=1))
        self.assertEqual(self.stop(), 0)
        self.assertIn("ok: ", self.cli("audit", "verify"))

    def test_it_expires_by_itself_also_while_nobody_runs(self):
        self.start()
        self.waive("--for", "1s")
        self.break_file("a")
        until(self.fixed, "put right after the end")
        self.assertIn("expired", [e["how"] for e in self.entries() if e["kind"] == "waiver.ended"])
        self.waive("--for", "1s")
        self.stop(signal.SIGKILL)
        self.break_file("a")
        self.start()
        until(self.fixed, "put right after the end")
        self.assertEqual(len([e for e in self.entries() if e["kind"] == "waiver.ended"]), 2)
        self.stop()
        self.assertIn("ok: ", self.cli("audit", "verify"))

    def scan(self, *more, expect):
        done = subprocess.run([self.binary, "--state", str(self.state), "scan", str(self.config), "-o", "json", *more],
                              capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, expect, done.stdout + done.stderr)
        return json.loads(done.stdout)

    def test_a_scan_says_so_with_and_without_a_daemon(self):
        self.start()
        self.waive("--for", "1h")
        short = self.ask("waivers", "add", "b", str(self.play / "b"), "--reason", "for a moment", "--for", "2s")
        self.break_file("a")
        for how in ((), ("--plan",)):
            seen = self.scan(*how, expect=0)
            self.assertEqual((seen["clean"], seen["waived"], seen["violations"]), (True, 1, 0))
        (item,) = [i for i in seen["items"] if i["control"] == "a"]
        self.assertEqual(item["status"], "waived")
        self.assertTrue(item["note"].startswith("waiver 1 by "), item)
        self.assertNotIn("difference", item)
        self.stop(signal.SIGKILL)
        self.break_file("b")
        ends = datetime.datetime.fromisoformat(short["expires_at"])
        until(lambda: datetime.datetime.now(datetime.timezone.utc) > ends, "the end of the second one")
        seen = self.scan(expect=1)
        self.assertEqual((seen["waived"], seen["violations"]), (1, 1), "one is over, although nobody has ended it")
        fixed = self.scan("--fix", expect=0)
        self.assertEqual((fixed["waived"], fixed["fixed"], fixed["violations"]), (1, 1, 0))
        self.assertEqual((self.play / "a").read_text(), BROKEN)
        elsewhere = self.top / "elsewhere"
        done = subprocess.run([self.binary, "--state", str(elsewhere), "scan", str(self.config)], capture_output=True, text=True, timeout=60)
        self.assertEqual((done.returncode, elsewhere.exists()), (1, False), "another folder has none")

    def test_an_open_finding_becomes_waived_and_its_review_closes(self):
        self.write_workflow(mode="propose")
        self.start()
        self.break_file("a")
        until(lambda: self.runs("held"), "a proposal")
        granted = self.waive("--for", "7d")
        (finding,) = self.ask("findings", "list", "--all")
        self.assertEqual((finding["id"], finding["state"], finding["resolved_by"]), (granted["waived"], "waived", "waiver 1"))
        self.assertEqual(self.ask("reviews", "list"), [])
        (run,) = self.ask("runs", "list")
        self.assertEqual((run["state"], run["reason"]), ("cancelled", "waiver 1: known"))

    def test_wrong_ones_are_refused_with_what_to_try(self):
        self.start()
        subject = f"file:{self.play / 'a'}"

        def refused(*words, code=1):
            return self.cli("waivers", "add", *words, expect=code)

        self.assertIn("did you mean `a`", refused("aa", subject, "--reason", "x", "--for", "1h"))
        self.assertIn("does not look at", refused("a", "file:/etc/motd", "--reason", "x", "--for", "1h"))
        self.assertIn("in the future", refused("a", subject, "--reason", "x", "--until", "2020-01-01"))
        self.assertIn("write 2026-12-01", refused("a", subject, "--reason", "x", "--until", "tomorrow", code=2))
        self.assertIn("is no length of time", refused("a", subject, "--reason", "x", "--for", "long", code=2))
        self.assertIn("at most 366d", refused("a", subject, "--reason", "x", "--until", "2100-01-01"))
        self.assertIn("a reason is needed", refused("a", subject, "--reason", " ", "--for", "1h"))
        for words, said in (((), "--until or --for"), (("--for", "1h", "--until", "2030-01-01"), "excludes")):
            self.assertIn(said, refused("a", subject, "--reason", "x", *words, code=2))
        self.assertEqual(self.ask("waivers", "list", "--all"), [])


unittest.main()
