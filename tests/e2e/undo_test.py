"""Undo: what ended runs have done is taken back by runs of their own, and what others changed since is left alone."""
import http.client
import json
import re
import signal
import socket
import stat
import subprocess
import unittest

from api_server import ApiServer
from daemon import BINARY, BROKEN, CONTROL, DaemonCase, until

KEYS = """control: a
title: a has its key
watch: {{ resource: file, path: {path} }}
desired: {{ keys: {{ PermitRootLogin: "no" }}, format: "key value" }}
"""
GONE = """control: a
title: a is not there
watch: {{ resource: file, path: {path} }}
desired: {{ absent: true }}
"""


class Undo(DaemonCase):
    def mode_of(self, name):
        return stat.S_IMODE((self.play / name).stat().st_mode)

    def undo(self, run, *more, reason="it was right", expect=0):
        return self.cli("runs", "undo", str(run), "--reason", reason, *more, expect=expect)

    def verified(self):
        self.assertEqual(self.stop(), 0)
        self.assertIn("ok: ", self.cli("audit", "verify"))

    def test_content_comes_back_and_the_control_leaves_it_alone(self):
        self.start()
        self.break_file()
        self.ended(1)
        told = self.undo(1, "--waive", "2h")
        self.assertIn("run 1 on file:", told)
        self.assertIn("undone by run 2", told)
        self.assertEqual((self.play / "a").read_text(), BROKEN)
        self.cli("rescan")
        until(lambda: [e for e in self.entries() if e["kind"] == "rescan.asked"], "it was read again")
        waiver = self.ask("waivers", "list")[0]
        self.assertEqual((waiver["control"], waiver["reason"]), ("a", "run 1 was undone: it was right"))
        self.assertEqual(self.ask("findings", "list"), [])
        (first, second) = (self.ask("runs", "show", n) for n in "12")
        self.assertEqual(first["undone_by"], 2)
        self.assertEqual((second["undoes"], second["undo"]["reason"]), (1, "it was right"))
        granted = [e["seq"] for e in second["entries"] if e["kind"] == "waiver.granted"]
        intended = [e["seq"] for e in second["entries"] if e["kind"] == "step.intended"]
        self.assertLess(granted[0], intended[0])
        self.assertIn("undone by   run 2", self.cli("runs", "show", "1"))
        self.assertEqual((self.play / "a").read_text(), BROKEN)
        self.assertIn("run 2 has undone it already", self.undo(1, expect=1))
        self.verified()

    def test_an_undo_is_undone_and_its_waiver_with_it(self):
        self.start()
        self.break_file()
        self.ended(1)
        self.undo(1)
        self.undo(2, reason="the fix was right after all")
        self.assertTrue(self.fixed())
        self.assertEqual(self.ask("waivers", "list"), [])
        self.verified()

    def test_the_mode_of_a_file_comes_back(self):
        self.start()
        (self.play / "a").chmod(0o600)
        self.ended(1)
        self.assertEqual(self.mode_of("a"), 0o644)
        self.undo(1)
        self.assertEqual(self.mode_of("a"), 0o600)
        self.verified()

    def test_a_file_that_was_removed_is_there_again(self):
        (self.config / "controls" / "a.yaml").write_text(GONE.format(path=self.play / "a"))
        (self.play / "a").chmod(0o640)
        self.start()
        self.ended(1)
        self.assertFalse((self.play / "a").exists())
        self.undo(1)
        self.assertEqual((self.play / "a").read_text(), "approved\n")
        self.assertEqual(self.mode_of("a"), 0o640)
        self.verified()

    def test_a_file_that_was_made_is_gone_again(self):
        self.start()
        (self.play / "a").unlink()
        self.ended(1)
        self.assertTrue(self.fixed())
        self.undo(1)
        self.assertFalse((self.play / "a").exists())
        self.verified()

    def test_keys_come_back_and_the_other_lines_stay(self):
        (self.config / "controls" / "a.yaml").write_text(KEYS.format(path=self.play / "a"))
        (self.play / "a").write_text("# mine\nPermitRootLogin yes\nPort 22\n")
        self.start()
        self.ended(1)
        self.assertIn("PermitRootLogin no\n", (self.play / "a").read_text())
        self.undo(1)
        self.assertEqual((self.play / "a").read_text(), "# mine\nPermitRootLogin yes\nPort 22\n")
        self.verified()

    def test_what_somebody_changed_since_is_left_alone(self):
        self.start()
        self.break_file()
        self.ended(1)
        self.cli("workflows", "set-mode", "restore", "off", "--reason", "for the moment")
        self.break_file(text="theirs..\n")
        plan = self.ask_failing("runs", "undo", "1", "--plan")
        self.assertEqual(plan["would"], "be refused")
        self.undo(1, expect=1)
        self.assertEqual((self.play / "a").read_text(), "theirs..\n")
        run = self.ask("runs", "show", "2")
        self.assertEqual(run["state"], "failed")
        self.assertIn("changed since: content; nothing was touched", run["reason"])
        self.assertEqual(self.ask("waivers", "list"), [])
        self.verified()

    def ask_failing(self, *words):
        done = subprocess.run([self.binary, "--state", str(self.state), "-o", "json", *words], capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 1, done.stderr)
        return json.loads(done.stdout)

    def test_a_plan_shows_and_does_nothing(self):
        self.start()
        self.break_file()
        self.ended(1)
        entries = len(self.entries())
        text = self.cli("runs", "undo", "1", "--plan")
        self.assertIn("would undo", text)
        self.assertIn("broken..", text)
        self.assertTrue(self.fixed())
        self.assertEqual(len(self.ask("runs", "list")), 1)
        self.assertNotIn("run.created", [e["kind"] for e in self.entries()[entries:]])

    def test_a_plan_that_changes_who_may_read_it_shows_only_that(self):
        text = (self.config / "controls" / "a.yaml").read_text()
        for now, then in (("0600", 0o666), ("0644", 0o640)):
            (self.config / "controls" / "a.yaml").write_text(text.replace("0644", now))
            (self.play / "a").chmod(int(now, 8))
            self.start()
            run = len(self.ask("runs", "list")) + 1
            (self.play / "a").chmod(then)
            self.ended(run)
            shown = self.cli("runs", "undo", str(run), "--plan")
            self.assertRegex(shown, f"mode +{now} → 0{then:o}")
            self.assertNotIn("content", shown)
            whole = self.cli("-o", "json", "runs", "undo", str(run), "--plan")
            self.assertNotIn("approved", whole)
            self.assertEqual(self.stop(), 0)

    def test_all_of_a_workflow_newest_first(self):
        self.start()
        self.break_file()
        self.ended(1)
        self.break_file(text="worse...\n")
        self.ended(2)
        all_of_it = ("runs", "undo", "--workflow", "restore", "--since", "1h")
        why = f"content of file:{self.play / 'a'} changed between it and run 2, whose undo gives that back"
        plans = self.ask(*all_of_it, "--plan")
        self.assertEqual([(p["undoes"], p["would"], p.get("why")) for p in plans],
                         [(2, "undo", None), (1, "do nothing: nothing of it is left", why)])
        told = self.cli(*all_of_it, "--reason", "all wrong")
        self.assertIn(f"run 1 on file:{self.play / 'a'}: nothing of it is left: {why}\n", told)
        lines = self.ask("runs", "list")
        self.assertEqual(len(lines), 3)  # nothing was begun for the older one
        again = self.cli(*all_of_it, "--reason", "all wrong")  # asked once more it is the same
        self.assertIn(f"run 1 on file:{self.play / 'a'}: nothing of it is left: {why}\n", again)
        self.assertEqual(len(self.ask("runs", "list")), 3)
        self.assertEqual((self.play / "a").read_text(), "worse...\n")
        self.assertEqual([r.get("undone_by") is not None for r in lines if "undoes" not in r], [True, False])

    def test_of_an_older_one_a_part_is_left(self):
        keys = KEYS.format(path=self.play / "a").replace('"no" }', '"no", Port: "22" }')
        (self.config / "controls" / "a.yaml").write_text(keys)
        (self.play / "a").write_text("PermitRootLogin no\nPort 22\n")
        self.start()
        for number, text in enumerate(("PermitRootLogin yes\nPort 2222\n", "PermitRootLogin yes\nPort 22\n"), 1):
            self.break_file(text=text)
            self.ended(number)
        all_of_it = ("runs", "undo", "--workflow", "restore", "--since", "1h")
        plans = self.ask_failing(*all_of_it, "--plan")
        self.assertEqual([p["would"] for p in plans], ["undo", "be refused"])
        self.assertIn("between it and run 2, but not all that it had made", plans[1]["refused"])
        told = self.ask_failing(*all_of_it, "--reason", "all wrong")
        self.assertEqual([t["state"] for t in told], ["succeeded", "refused"])
        self.assertEqual((self.play / "a").read_text(), "PermitRootLogin yes\nPort 22\n")
        self.assertEqual(len(self.ask("runs", "list")), 3, "none was begun for the older one")

    def test_an_older_one_follows_where_nobody_was_between(self):
        self.start()
        self.break_file()
        self.ended(1)
        (self.config / "controls" / "a.yaml").write_text(CONTROL.format(name="a", path=self.play / "a").replace("approved", "renewed!"))
        self.process.send_signal(signal.SIGHUP)
        self.ended(2)
        self.assertEqual((self.play / "a").read_text(), "renewed!\n")
        all_of_it = ("runs", "undo", "--workflow", "restore", "--since", "1h")
        self.assertEqual([(p["undoes"], p["would"]) for p in self.ask(*all_of_it, "--plan")],
                         [(2, "undo"), (1, "undo, once run 2 is undone")])
        self.cli(*all_of_it, "--reason", "all wrong")
        self.assertEqual((self.play / "a").read_text(), BROKEN)
        self.verified()

    def test_where_the_newer_is_refused_so_is_the_older(self):
        self.start()
        for number in (1, 2):
            self.break_file()
            self.ended(number)
        self.cli("waivers", "add", "a", str(self.play / "a"), "--for", "1h", "--reason", "so that it stays")
        self.break_file("a", "theirs..\n")
        all_of_it = ("runs", "undo", "--workflow", "restore", "--since", "1h")
        plans = self.ask_failing(*all_of_it, "--plan")
        self.assertEqual([p["would"] for p in plans], ["be refused", "be refused"])
        self.assertIn("run 2 changed file:", plans[1]["refused"])
        told = self.ask_failing(*all_of_it, "--reason", "all wrong")
        self.assertEqual([t["state"] for t in told], ["refused", "refused"])
        self.assertEqual((self.play / "a").read_text(), "theirs..\n")
        self.assertEqual(len(self.ask("runs", "list")), 2, "none was begun")

    def test_a_file_that_was_broken_in_many_ways_and_put_right_each_time(self):
        self.write_workflow(more="guards: { threshold: [{ runs: 100, within: 10m, per: workflow }] }\n")
        self.start()
        for mode, text in ((0o644, "one.....\n"), (0o600, "two.....\n"), (0o600, "approved\n"), (0o644, "four....\n")):
            (self.play / "a").chmod(mode)
            self.break_file(text=text)
            until(lambda: self.fixed() and self.mode_of("a") == 0o644 and not self.get("/v1/runs?open=1"), "it is put right")
        fixes = {run["id"] for run in self.ask("runs", "list")}
        done = subprocess.run([self.binary, "--state", str(self.state), "runs", "undo", "--workflow", "restore", "--since", "1h", "--reason", "all wrong"],
                              capture_output=True, text=True, timeout=60)
        self.assertEqual(done.stderr, "")
        lines = done.stdout.splitlines()
        newest = max(fixes)
        self.assertRegex(lines[0], rf"^run {newest} on \S+/a: undone by run {newest + 1}$")
        self.assertEqual((self.play / "a").read_text(), "four....\n")
        told = "\n".join(lines[1:])
        for run in fixes - {newest}:  # each has its line: not undone and why, or nothing is left of it
            self.assertRegex(told, rf"(?m)^run {run} on \S+/a: (not undone: .*|nothing of it is left: .*|reads as before already)$")
        self.assertIn("changed since: content; that was before run", told)  # of what not everybody may read only the daemon can tell
        self.assertEqual((done.returncode, lines[-1]), (1, "what is not undone stays as it is; `aright runs show N` says what run N had changed"))
        self.assertEqual([run["state"] for run in self.ask("runs", "list") if run["id"] not in fixes], ["succeeded"], "nothing failed")
        self.verified()

    def test_all_of_a_workflow_is_planned_and_nothing_is_done(self):
        (self.play / "b").write_text("approved\n")
        (self.config / "controls" / "b.yaml").write_text(CONTROL.format(name="b", path=self.play / "b"))
        (self.config / "workflows" / "restore.yaml").write_text(
            (self.config / "workflows" / "restore.yaml").read_text().replace("[a]", "[a, b]"))
        self.start()
        for count, name in enumerate("aba", 1):
            self.break_file(name)
            self.ended(count)
        before = len(self.entries())
        all_of_it = ("runs", "undo", "--workflow", "restore", "--since", "1h", "--plan")
        text = self.cli(*all_of_it)
        self.assertEqual(re.findall(r"^undoing run (\d) on \S+ would (.*)$", text, re.M),
                         [("3", "undo"), ("2", "undo"), ("1", "do nothing: nothing of it is left")])
        self.assertEqual(text.count("+ broken.."), 2, text)
        self.cli("waivers", "add", "b", str(self.play / "b"), "--for", "1h", "--reason", "so that it stays")
        self.break_file("b", "theirs..\n")
        plans = self.ask_failing(*all_of_it)
        self.assertEqual([plan["undoes"] for plan in plans], [3, 2, 1])
        self.assertIn("changed since: content", plans[1]["refused"])
        self.assertEqual((plans[2]["after"], "refused" in plans[0]), (3, False))
        self.assertFalse([e for e in self.entries()[before:] if "undoes" in e or e["kind"] == "step.intended"])

    def test_a_restart_in_the_midst(self):
        self.start()
        self.break_file()
        self.ended(1)
        self.cli("pause", "--reason", "hold it")
        self.undo(1, expect=1)  # begun, and it waits
        self.assertEqual(self.ask("runs", "show", "2")["state"], "pending")
        self.assertTrue(self.fixed())
        self.stop(signal.SIGKILL)
        self.start()
        self.cli("resume", "--reason", "go on")
        self.ended(2)
        self.assertEqual((self.play / "a").read_text(), BROKEN)
        self.assertEqual(len(self.ask("waivers", "list")), 1)
        self.verified()

    def test_a_restart_between_intention_and_outcome(self):
        self.start()
        self.break_file()
        self.ended(1)
        begun = self.post("/v1/runs/1/undo", {"reason": "it was right", "waive": "1h"})
        self.assertEqual(begun["undoes"], 1)
        self.stop(signal.SIGKILL)  # wherever it is
        self.start()
        until(lambda: self.ask("runs", "show", "2")["state"] == "succeeded", "it is taken up")
        self.assertEqual((self.play / "a").read_text(), BROKEN)
        self.verified()

    def test_one_that_goes_on_after_its_daemon_is_not_called_not_undone(self):
        for (run, how) in ((1, signal.SIGKILL), (3, signal.SIGTERM)):
            with self.subTest(how=how.name):
                self.start()
                for waiver in self.ask("waivers", "list"):
                    self.cli("waivers", "remove", str(waiver["id"]), "--reason", "on")
                if run == 1:
                    self.break_file()
                self.ended(run)
                self.cli("pause", "--reason", "hold it")
                words = [BINARY, "--state", str(self.state), "-o", "json", "runs", "undo", str(run), "--reason", "it was right"]
                with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as asks:
                    until(lambda: [r for r in self.get("/v1/runs") if r["id"] == run + 1], "it is begun")
                    self.stop(how)
                    told = json.loads(asks.communicate(timeout=20)[0])[0]
                self.assertEqual((asks.returncode, told["run"], told["state"]), (1, run + 1, "begun"))
                self.assertRegex(told["reason"], rf"^what became of it is not known: .*; `aright runs show {run + 1}` says it$")
                self.start()
                self.cli("resume", "--reason", "go on")
                self.ended(run + 1)
                self.assertEqual(self.ask("runs", "show", str(run + 1))["state"], "succeeded")
                self.assertEqual((self.play / "a").read_text(), BROKEN)
                self.stop()
        self.start()
        self.verified()

    def post(self, target, body):
        connection = http.client.HTTPConnection("localhost", timeout=20)
        connection.sock = socket.socket(socket.AF_UNIX)
        connection.sock.connect(str(self.state / "aright.sock"))
        connection.request("POST", target, json.dumps(body))
        answer = json.loads(connection.getresponse().read())
        connection.close()
        return answer

    def test_what_is_asked_wrongly_is_said(self):
        self.start()
        self.assertIn("no run 7", self.undo(7, expect=1))
        self.cli("runs", "undo", "7", expect=2)
        self.cli("runs", "undo", "--reason", "which", expect=2)
        self.assertIn("no workflow `nope`; known workflows: restore", self.cli("runs", "undo", "--workflow", "nope", "--since", "1h", "--reason", "x", expect=1))
        self.assertIn("no run of restore", self.cli("runs", "undo", "--workflow", "restore", "--since", "1h", "--reason", "x", expect=1))
        self.break_file()
        self.ended(1)
        self.assertIn("waive: ", self.post("/v1/runs/1/undo", {"reason": "x", "waive": "long"})["detail"])
        self.assertIn("is for undo", self.post("/v1/runs/1/cancel", {"reason": "x", "partial": "yes"})["detail"])

    def test_a_denial_with_a_waiver(self):
        self.write_workflow(mode="propose")
        self.start()
        self.break_file()
        review = until(lambda: self.ask("reviews", "list"), "a review")[0]["id"]
        self.assertIn("waiver", self.cli("reviews", "deny", str(review), "--reason", "as it should be", "--waive", "1h"))
        self.assertEqual(self.ask("waivers", "list")[0]["subject"], f"file:{self.play}/a")
        self.assertEqual(self.ask("findings", "list"), [])


class UndoOfPrograms(DaemonCase):
    """A step `exec` says what takes it back."""

    def add_step(self, undo):
        self.marker = self.play / "marker"
        with open(self.config / "workflows" / "restore.yaml", "a") as workflow:
            workflow.write(f"  - exec: [/usr/bin/touch, {self.marker}]\n{undo}")

    def fix(self):
        self.start()
        self.break_file()
        self.ended(1)
        self.assertTrue(self.marker.exists())

    def test_is_done_in_reverse_order(self):
        self.add_step(f"    undo:\n      exec: [/usr/bin/rm, {self.play / 'marker'}]\n      confirm: {{ exec: [/usr/bin/test, \"!\", -e, {self.play / 'marker'}] }}\n")
        self.fix()
        shown = self.cli("runs", "undo", "1", "--plan")
        self.assertRegex(shown, r"undo of exec:/usr/bin/touch  undo\n    argv    /usr/bin/rm\n +\S+marker\n")
        self.cli("runs", "undo", "1", "--reason", "it was right")
        self.assertFalse(self.marker.exists())
        self.assertEqual((self.play / "a").read_text(), BROKEN)
        run = self.ask("runs", "show", "2")
        self.assertEqual([s["state"] for s in run["steps"]], ["verified", "verified"])
        self.assertEqual([e["step"] for e in run["entries"] if e["kind"] == "step.intended"], [1, 0])
        self.assertEqual(self.stop(), 0)
        self.assertIn("ok: ", self.cli("audit", "verify"))

    def test_without_an_undo_it_stays_or_is_refused(self):
        self.add_step("")
        self.fix()
        refused = self.cli("runs", "undo", "1", "--reason", "it was right", expect=1)
        self.assertIn("declares no `undo:`", refused)
        self.assertIn("--partial", refused)
        self.assertTrue(self.fixed())
        self.assertIn("undone by run 2; 1 of what was done stays", self.cli("runs", "undo", "1", "--reason", "it was right", "--partial"))
        self.assertEqual((self.play / "a").read_text(), BROKEN)
        self.assertTrue(self.marker.exists())
        self.assertIn("stays: ", self.ask("runs", "show", "2")["steps"][1]["outcome"])

    def test_none_says_that_nothing_has_to_be_taken_back(self):
        self.add_step("    undo: none\n")
        self.fix()
        self.cli("runs", "undo", "1", "--reason", "it was right")
        self.assertEqual((self.play / "a").read_text(), BROKEN)
        self.assertTrue(self.marker.exists())

    def test_one_program_for_two_subjects_makes_neither_wait_for_the_other(self):
        self.add_step("    undo: none\n")
        workflow = self.config / "workflows" / "restore.yaml"
        workflow.write_text(workflow.read_text().replace("[a]", "[a, b]"))
        (self.play / "b").write_text("approved\n")
        (self.config / "controls" / "b.yaml").write_text(CONTROL.format(name="b", path=self.play / "b"))
        self.fix()
        self.break_file("b")
        self.ended(2)
        plans = self.ask("runs", "undo", "--workflow", "restore", "--since", "1h", "--plan")
        self.assertEqual([(plan["undoes"], plan["would"]) for plan in plans], [(2, "undo"), (1, "undo")])

    def test_one_that_fails_leaves_all_as_it_was(self):
        self.add_step("    undo: { exec: [/usr/bin/false] }\n")
        self.fix()
        told = self.cli("runs", "undo", "1", "--reason", "it was right", expect=(1,))
        self.assertRegex(told, r"(?m)^run 1 on \S+/a: its undo, run 2, is failed: ")
        self.assertEqual(self.ask("runs", "show", "2")["state"], "failed")
        self.assertTrue(self.fixed())
        self.assertEqual(self.ask("waivers", "list"), [])

    def test_what_an_undo_that_failed_has_taken_back_is_not_taken_back_again(self):
        said = self.play / "said"
        for name, end in (("first", f"test -e {self.play / 'way'}"), ("last", "true")):  # one fails until it is there
            script = self.top / name
            script.write_text(f"#!/bin/sh\necho {name} >> {said}\n{end}\n")
            script.chmod(0o755)
            self.add_step(f"    undo: {{ exec: [{script}] }}\n")
        self.fix()
        told = self.cli("runs", "undo", "1", "--reason", "it was right", expect=(1,))
        self.assertRegex(told, r"(?m)^run 1 on \S+/a: its undo, run 2, is rollback_failed: ")
        self.assertEqual(said.read_text(), "last\nfirst\n")
        steps = {step["step"]: step for step in self.ask("runs", "undo", "1", "--plan")["steps"]}
        self.assertEqual((steps[2]["decision"], steps[2]["why"]), ("already", "run 2 has taken it back already"))
        self.assertEqual([steps[i]["decision"] for i in (1, 0)], ["undo", "undo"])
        self.assertNotIn("undone_by", self.ask("runs", "show", "1"))
        self.stop(signal.SIGKILL)
        self.start()
        (self.play / "way").touch()
        self.assertIn("undone by run 3", self.cli("runs", "undo", "1", "--reason", "it was right"))
        self.assertEqual(said.read_text(), "last\nfirst\nfirst\n")
        self.assertEqual(self.ask("runs", "show", "3")["steps"][2]["outcome"], "run 2 has taken it back already")
        self.assertEqual((self.play / "a").read_text(), BROKEN)
        self.assertEqual(self.ask("runs", "show", "1")["undone_by"], 3)
        self.assertEqual(self.stop(), 0)
        self.assertIn("ok: ", self.cli("audit", "verify"))


class UndoOfCalls(DaemonCase):
    """A step `call` says what takes it back: another call, with a key of its own."""

    def setUp(self):
        super().setUp()
        self.server = ApiServer()
        self.addCleanup(self.server.close)
        url = self.server.url()
        (self.config / "aright.yaml").write_text(f"tests: off\ndestinations: [{{ host: 127.0.0.1, ports: [{self.server.port}] }}]\n")
        with open(self.config / "workflows" / "restore.yaml", "a") as workflow:
            workflow.write(f"""  - call: {{ method: POST, url: "{url}/held", json: {{ run: "${{ run.id }}" }} }}
    undo:
      call: {{ method: POST, url: "{url}/released", json: {{ undoes: "${{ run.undoes }}" }} }}
""")

    def fix(self):
        self.start()
        self.break_file()
        self.ended(1)

    def test_is_made_once_with_a_key_of_its_own(self):
        self.fix()
        self.cli("runs", "undo", "1", "--reason", "it was right")
        self.assertEqual([(r["path"], json.loads(r["body"])) for r in self.server.asked("POST")], [("/held", {"run": 1}), ("/released", {"undoes": 1})])
        self.assertEqual(len(self.server.keys), 2)
        self.assertEqual((self.play / "a").read_text(), BROKEN)
        self.assertEqual(self.stop(), 0)
        self.assertIn("ok: ", self.cli("audit", "verify"))

    def test_one_that_is_refused_leaves_all_as_it_was(self):
        self.fix()
        self.server.behave = lambda request: (409, b"{}") if request["path"] == "/released" else None
        self.cli("runs", "undo", "1", "--reason", "it was right", expect=1)
        undo = self.ask("runs", "show", "2")
        self.assertEqual(undo["state"], "failed")
        self.assertIn("409", undo["reason"])
        self.assertTrue(self.fixed())


unittest.main()
