"""A real change is noticed, put right, read back, recorded, and can be proved."""
import json
import os
import sqlite3
import stat
import subprocess
import unittest
import urllib.error
import urllib.request

from daemon import DaemonCase, until


class Fix(DaemonCase):
    def test_content_mode_and_deletion_are_put_right(self):
        self.start()
        self.break_file()
        self.ended(1)
        self.assertTrue(self.fixed())
        (self.play / "a").chmod(0o777)
        self.ended(2)
        self.assertEqual(stat.S_IMODE(os.stat(self.play / "a").st_mode), 0o644)
        (self.play / "a").unlink()
        self.ended(3)
        self.assertTrue(self.fixed())
        self.assertEqual([p.name for p in self.play.iterdir()], ["a"])

    def test_the_record_tells_before_after_difference_and_proof(self):
        self.start()
        self.break_file()
        self.ended(1)
        run = self.ask("runs", "show", "1")
        step = run["steps"][0]
        self.assertEqual(step["state"], "verified")
        self.assertIn({"op": "replace", "path": "/content/0", "value": "approved"}, step["difference"])
        self.assertNotEqual(step["before"]["id"], step["after"]["id"])
        self.assertEqual(run["decided_by"], "guards")
        kinds = [e["kind"] for e in run["entries"]]
        self.assertLess(kinds.index("step.intended"), kinds.index("step.done"))
        shown = self.cli("runs", "show", "1")
        for state in ("applied", "verified"):
            self.assertRegex(shown, rf"step\.done  {state} of step 1\n")
        last = run["entries"][-1]["seq"]
        until(lambda: self.ask("status")["audit_signed"] > last, "a checkpoint")
        proof = self.ask("audit", "prove", str(last))
        self.assertGreater(proof["tree_size"], last)
        self.assertIn("ok: ", self.cli("audit", "verify"))

    def test_what_changed_while_it_was_down_is_put_right_at_start(self):
        self.break_file()
        self.start()
        self.ended(1)
        self.assertTrue(self.fixed())
        self.assertEqual(self.stop(), 0)

    def test_a_changed_byte_of_the_log_is_found(self):
        self.start()
        self.break_file()
        self.ended(1)
        self.assertEqual(self.stop(), 0)
        self.assertIn("ok: ", self.cli("audit", "verify"))
        database = sqlite3.connect(self.state / "aright.db")
        (data,) = database.execute("SELECT bytes FROM entry WHERE seq=3").fetchone()
        database.execute("UPDATE entry SET bytes=? WHERE seq=3", (data.replace(b"1", b"2", 1),))
        database.commit()
        self.assertIn("entry 3", self.cli("audit", "verify", expect=1))
        database.execute("UPDATE entry SET bytes=? WHERE seq=3", (data,))
        database.execute("UPDATE run SET doc=replace(doc,'succeeded','failed')")
        database.commit()
        database.close()
        self.assertIn("table run, row 000000000001", self.cli("audit", "verify", expect=1))

    def test_tcp_serves_health_and_metrics_to_loopback_names_only(self):
        self.start()
        base = f"http://127.0.0.1:{self.port}"
        self.assertEqual(urllib.request.urlopen(base + "/healthz").read(), b"ok\n")
        self.assertIn(b"aright_findings_open 0", urllib.request.urlopen(base + "/metrics").read())
        for path, headers, code in (("/v1/runs", {}, 404), ("/healthz", {"Host": "evil.example"}, 421)):
            with self.assertRaises(urllib.error.HTTPError) as caught:
                urllib.request.urlopen(urllib.request.Request(base + path, headers=headers))
            self.assertEqual(caught.exception.code, code)
            caught.exception.close()

    def test_output_is_json_and_yaml_too(self):
        self.start()
        json.loads(self.cli("-o", "json", "workflows", "list"))
        self.assertIn("workflow: \"restore\"", self.cli("-o", "yaml", "workflows", "list"))


class Lists(DaemonCase):
    files = ["a", "b", "c", "d", "e"]
    mode = "plan"

    def page(self, *words):
        done = subprocess.run([self.binary, "--state", self.state, *words], capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout, done.stderr

    def test_a_list_that_is_cut_says_so_and_goes_on_where_it_was(self):
        for name in self.files:
            self.break_file(name)
        self.start()
        self.ended(5, "planned")
        first, said = self.page("runs", "list", "--limit", "2")
        self.assertEqual([line.split()[0] for line in first.splitlines()], ["ID", "5", "4"])
        self.assertIn("3 more not shown", said)
        self.assertIn("--before 4", said)
        rest, said = self.page("runs", "list", "--before", "4")
        self.assertEqual([line.split()[0] for line in rest.splitlines()], ["ID", "3", "2", "1"])
        self.assertEqual(said, "")
        listed, said = self.page("-o", "json", "runs", "list", "--limit", "2")
        self.assertEqual([run["id"] for run in json.loads(listed)], [5, 4])
        self.assertIn("3 more not shown", said)
        findings = self.ask("findings", "list", "--limit", "3")
        older = self.ask("findings", "list", "--before", findings[-1]["id"])
        self.assertEqual({f["subject"] for f in findings + older}, {f"file:{self.play / name}" for name in self.files})
        self.assertEqual(len(older), 2)
        self.assertIn("no run", self.cli("runs", "list", "--before", "99", expect=1))
        for wrong in (["--limit", "0"], ["--limit", "1001"], ["--before", "a&b"]):
            self.cli("runs", "list", *wrong, expect=2)


unittest.main()
