"""Teams: several Unix users and groups answer through the command line. Needs root, to be several of them."""
import json
import os
import pathlib
import pty
import re
import shutil
import signal
import subprocess
import time
import unittest

from daemon import BINARY, BROKEN, CONTROL, DaemonCase, until

ALICE, BOB, MALLORY, OPS, REACH = 61001, 61002, 61003, 61010, 61020  # numbers without a name stand for themselves

NODE = f"""socket: {{ group: "{REACH}" }}
notify: {{ mail: {{ program: [/usr/bin/true] }}, phone: {{ program: [/usr/bin/true] }} }}
teams:
  tests:
    members: [user:{ALICE}, group:{OPS}]
    quorum: 2
    ladder: [{{ after: 0s, notify: [mail] }}, {{ after: 30m, notify: [phone] }}]
"""


@unittest.skipIf(os.geteuid() != 0, "only root can be several users")
class Teams(DaemonCase):
    mode = "propose"

    def setUp(self):
        super().setUp()
        self.copy = shutil.copy(BINARY, self.top / "aright")
        self.write_node(NODE)
        self.top.chmod(0o755)

    def done_as(self, user, *words, groups=(), reaches=True):
        groups = [*groups, REACH] if reaches else groups
        return subprocess.run([self.copy, "--state", str(self.state), *words], capture_output=True, text=True, timeout=60,
                              user=user, group=user, extra_groups=list(groups))

    def as_user(self, user, *words, groups=(), reaches=True, expect=0):
        done = self.done_as(user, *words, groups=groups, reaches=reaches)
        self.assertEqual(done.returncode, expect, f"{words}: {done.stdout}{done.stderr}")
        return done.stdout if expect == 0 else done.stderr

    def test_the_socket_is_for_its_group_and_nothing_else_of_the_folder_is(self):
        self.start()
        self.assertIn("runs_open", self.as_user(ALICE, "status"))
        said = self.as_user(ALICE, "status", reaches=False, expect=1)
        self.assertIn("you may not ask this daemon", said)
        self.assertIn("socket: { group: NAME }", said)
        self.assertEqual((self.state.stat().st_mode & 0o7777, self.state.stat().st_gid), (0o710, REACH))
        for path in self.state.iterdir():
            mode, ours = path.stat().st_mode & 0o777, path.name == "aright.sock"
            self.assertEqual(path.stat().st_gid, REACH if ours else os.getegid(), path)
            self.assertFalse(not ours and path.name != "signing.pub" and mode & 0o077, f"{path}: {mode:o}")
        (self.state / "aright.sock").unlink()
        until(lambda: "it is made again" in (self.top / "log").read_text(), "the socket is there again")
        self.assertEqual((self.state / "aright.sock").stat().st_gid, REACH)
        self.assertIn("runs_open", self.as_user(ALICE, "status"))
        self.write_node(NODE.replace(f'"{REACH}"', f'"{OPS}"'))
        answer = json.loads(self.cli("-o", "json", "reload"))
        self.assertIn(f"`socket` is for group {OPS}, but the daemon's is for group {REACH}", json.dumps(answer["diagnostics"]))
        self.assertEqual(self.stop(), 0)
        self.start()
        self.as_user(ALICE, "status", expect=1)
        self.as_user(ALICE, "status", groups=[OPS])
        self.assertEqual(self.stop(), 0)
        self.write_node(NODE.replace(f'socket: {{ group: "{REACH}" }}\n', ""))
        self.start()
        self.as_user(ALICE, "status", groups=[OPS], expect=1)
        self.assertEqual(self.stop(), 0)
        self.write_node(NODE.replace(f'"{REACH}"', "no-such-group-here"))
        done = subprocess.run([BINARY, "serve", "--config", str(self.config), "--state", str(self.state)], capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 1)
        self.assertIn("there is no group no-such-group-here on this machine", done.stderr)

    def test_a_daemon_gives_the_socket_only_to_a_group_of_its_user(self):
        (self.top / "of-alice").mkdir()
        os.chown(self.top / "of-alice", ALICE, ALICE)
        serve = [self.copy, "serve", "--config", str(self.config), "--state", str(self.top / "of-alice" / "state")]
        done = subprocess.run(serve, capture_output=True, text=True, timeout=60, user=ALICE, group=ALICE, extra_groups=[])
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn(f"group {REACH} is not one of this daemon's user", done.stderr)
        self.assertEqual((self.top / "of-alice" / "state").stat().st_mode & 0o777, 0o700)

    def held(self):
        self.start()
        self.break_file()
        return until(lambda: self.ask("reviews", "list"), "held")[0]

    def test_a_team_is_shown_with_who_is_told_and_when(self):
        self.write_node(NODE + """  others: { members: [user:root], notifiers: [mail, phone], ladder: [{ after: 1h, notify: [mail], team: tests }] }\n""")
        self.start()
        shown = self.ask("teams", "show", "tests")
        self.assertEqual((shown["notifiers"], shown["ladder"]), ([], [{"after": "0s", "notify": ["mail"]}, {"after": "30m", "notify": ["phone"]}]))
        shown = self.ask("teams", "show", "others")
        self.assertEqual((shown["notifiers"], shown["ladder"]), (["mail", "phone"], [{"after": "1h", "notify": ["mail"], "team": "tests"}]))
        self.assertNotIn("null", self.cli("workflows", "show", "restore"))
        self.assertEqual(self.ask("workflows", "show", "restore")["steps"][0]["ensure"], "desired")

    def test_two_members_decide_and_nobody_else(self):
        review = self.held()
        number = str(review["id"])
        self.assertEqual((review["team"], review["quorum"], review["climbed"]), ("tests", 2, 1))
        told = until(lambda: [n for n in self.ask("notifications", "list", "--all") if n["state"] == "sent"], "somebody is told")
        self.assertEqual({n["notifier"] for n in told}, {"mail"})
        said = self.as_user(MALLORY, "reviews", "approve", number, "--reason", "me", expect=1)
        self.assertIn(f"{MALLORY} is no member of those who decide this: team tests (user {ALICE}, group {OPS})", said)
        self.assertIn("--break-glass", self.cli("reviews", "approve", number, "--reason", "me", expect=1))
        answer = json.loads(self.as_user(ALICE, "-o", "json", "reviews", "approve", number, "--reason", "looks right"))
        self.assertEqual((answer["state"], answer["approvals"], answer["needed"]), ("held", 1, 2))
        self.assertRegex(self.cli("reviews", "list"), r"TEAM +YES[^\n]*\n[^\n]* tests +1/2 ")
        shown = self.cli("reviews", "show", number)
        self.assertIn(f"asked         team tests (user {ALICE}, group {OPS})", shown)
        self.assertIn(f"yes           1 of 2; {ALICE} at ", shown)
        self.as_user(ALICE, "reviews", "acknowledge", number)
        self.assertIn(f" open, seen by {ALICE} ", self.cli("reviews", "list"))
        self.assertRegex(self.cli("reviews", "show", number), rf"acknowledged +{ALICE} at 2\d{{3}}-\d\d-\d\dT")
        self.stop(9)
        self.start()
        self.assertIn("already", self.as_user(ALICE, "reviews", "approve", number, "--reason", "again", expect=1))
        wrong = self.as_user(BOB, "reviews", "approve", number, "--reason", "yes", "--hash", "0" * 64, groups=[OPS], expect=1)
        self.assertIn("another plan than the one you saw", wrong)
        shown = self.as_user(BOB, "reviews", "approve", "--workflow", "restore", "--plan", groups=[OPS])
        self.assertIn(review["plan_hash"], shown)
        self.assertIn("approved", shown)
        self.assertNotIn("proof", shown)
        digest = re.search("--shown ([0-9a-f]{64}) ", shown)[1]
        said = self.as_user(BOB, "reviews", "approve", "--workflow", "restore", "--reason", "unseen", groups=[OPS], expect=1)
        self.assertIn("nothing is approved unseen", said)
        said = self.as_user(BOB, "reviews", "approve", "--workflow", "restore", "--shown", digest, "--reason", "me too", groups=[OPS])
        self.assertIn("1 review approved", said)
        self.ended(1)
        self.assertTrue(self.fixed())
        decided = [e for e in self.entries() if e["kind"] == "review.decided"][0]
        self.assertEqual(decided["approvers"], [str(ALICE), str(BOB)])
        self.assertEqual(self.stop(), 0)
        self.assertIn("ok: ", self.cli("audit", "verify"))

    def test_a_yes_to_what_reads_otherwise_by_now_is_not_counted(self):
        number = str(self.held()["id"])
        self.as_user(ALICE, "reviews", "approve", number, "--reason", "looks right")
        self.break_file(text="worse....\n")
        done = self.done_as(BOB, "reviews", "approve", number, "--reason", "me too", groups=[OPS])
        self.assertEqual(done.returncode, 3, done.stderr)  # the last of them: it is planned anew in any case
        self.assertIn("asked anew as review 2", done.stdout)
        self.break_file(text="again....\n")
        said = self.as_user(ALICE, "reviews", "approve", "2", "--reason", "looks right", expect=1)
        self.assertIn("review 2 has lapsed: it reads otherwise than it was shown, so this yes is not counted", said)
        again = until(lambda: self.ask("reviews", "list"), "asked anew")[0]
        self.assertRegex(self.cli("reviews", "list"), r" tests +0/2 ")
        said = self.as_user(ALICE, "reviews", "approve", str(again["id"]), "--reason", "looks right")
        self.assertIn("it takes more people to say yes; it reads as it was shown", said)
        self.as_user(BOB, "reviews", "approve", str(again["id"]), "--reason", "me too", groups=[OPS])
        self.ended(1)
        self.assertTrue(self.fixed())
        self.assertEqual(self.stop(), 0)
        self.assertIn("ok: ", self.cli("audit", "verify"))

    def test_together_each_is_told_and_so_is_what_was_not_approved(self):
        (self.play / "b").write_text("approved\n")
        (self.config / "controls" / "b.yaml").write_text(CONTROL.format(name="b", path=self.play / "b"))
        workflow = self.config / "workflows" / "restore.yaml"
        workflow.write_text(workflow.read_text().replace("[a]", "[a, b]"))
        self.start()
        self.break_file("b")
        until(lambda: self.ask("reviews", "list"), "b is held")
        self.changed()  # by ALICE, who says no yes to it
        until(lambda: len(self.ask("reviews", "list")) == 2, "so is a")
        mine, others = sorted(self.ask("reviews", "list"), key=lambda review: review["subject"])
        digest = self.ask("reviews", "approve", "--workflow", "restore", "--plan")["digest"]
        together = ["reviews", "approve", "--workflow", "restore", "--shown", digest, "--reason", "looks right"]
        done = self.done_as(ALICE, *together)
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        self.assertRegex(done.stdout, rf"review {mine['id']}  not approved: {ALICE} has changed control a")
        self.assertRegex(done.stdout, rf"review {others['id']}  run {others['run']}  held: .*it takes more people to say yes")
        self.assertIn("\n0 reviews approved; 1 takes more people to say yes; 1 not approved, as told above\n", done.stdout)
        told = json.loads(self.as_user(BOB, "-o", "json", *together, groups=[OPS]))
        self.assertEqual((told["approved"], told["more_people"], told["not_approved"], len(told["answers"])), (1, 1, [], 2))
        self.ended(1)
        self.assertEqual((self.play / "b").read_text(), "approved\n")
        self.assertTrue(self.fixed())
        self.assertEqual([review["id"] for review in self.ask("reviews", "list")], [mine["id"]])

    def test_a_denial_asks_for_a_mark_and_root_breaks_the_glass(self):
        number = str(self.held()["id"])
        said = self.as_user(ALICE, "reviews", "deny", number, "--reason", "it is fine so")
        finding = self.ask("findings", "list")[0]["id"]
        self.assertIn(f"aright findings mark {finding} --as true|false-positive", said)
        self.cli("findings", "mark", finding, "--as", "false-positive", "--reason", "a known change")
        self.cli("findings", "mark", finding, "--as", "true", "--reason", "on second thought")
        self.assertEqual(self.ask("findings", "show", finding)["mark"]["as"], "true")
        self.assertIn("marked      true by root: on second thought", self.cli("findings", "show", finding))
        self.break_file(text="worse....\n")
        again = until(lambda: self.ask("reviews", "list"), "another state is asked about")[0]
        self.cli("reviews", "approve", str(again["id"]), "--reason", "the site is down", "--break-glass")
        self.ended(1)
        self.assertTrue([e for e in self.entries() if e["kind"] == "review.decided"][-1]["break_glass"])
        told = {n["notifier"]: n for n in self.ask("notifications", "list", "--all") if n["notice"] == "break-glass"}
        self.assertEqual(sorted(told), ["mail", "phone"])  # every rung of those who were passed over
        self.assertEqual(told["mail"]["title"], f"root approves review {again['id']} (restore on file:{self.play / 'a'}) alone, by break-glass")
        self.assertIn("the site is down", told["mail"]["text"])
        run = self.ask("runs", "list")[0]["id"]
        for words in (("runs", "show", str(run)), ("reviews", "show", str(again["id"]))):
            self.assertIn("by break-glass", self.cli(*words))
        self.cli("audit", "evidence", "--run", str(run), "--out", str(self.top / "evidence"))
        self.assertIn(f"root (review {again['id']}), alone, by break-glass; team tests, quorum 2", (self.top / "evidence" / "index.html").read_text())
        self.assertEqual(self.stop(), 0)
        self.assertIn("ok: ", self.cli("audit", "verify"))

    def test_without_its_team_it_is_asked_anew_and_not_anybodys(self):
        first = self.held()
        node = (self.config / "aright.yaml").read_text()
        self.assertIn(f"user:{ALICE}", node)
        self.write_node(node.replace(f"user:{ALICE}", f"user:{BOB}").replace("tests: off\n", ""))
        self.cli("reload")
        review = until(lambda: [r for r in self.ask("reviews", "list") if r["id"] != first["id"]], "asked anew", 5)[0]
        self.assertEqual(len(self.ask("reviews", "list")), 1)
        self.as_user(ALICE, "reviews", "approve", str(first["id"]), "--reason", "mine", expect=1)
        self.as_user(ALICE, "reviews", "approve", str(review["id"]), "--reason", "mine", expect=1)
        self.assertFalse(self.fixed())
        lapsed = [e for e in self.entries() if e["kind"] == "review.decided"][0]
        self.assertEqual((lapsed["decision"], lapsed["reason"]), ("lapsed", "team tests has changed since"))
        self.assertEqual(self.stop(), 0)
        self.assertIn("ok: ", self.cli("audit", "verify"))

    def test_an_old_workflow_only_proposes_until_somebody_has_looked(self):
        self.write_workflow(mode="auto")
        old = self.config / "workflows" / "restore.yaml"
        os.utime(old, (os.stat(old).st_mtime - 271 * 86400,) * 2)
        said = subprocess.run([BINARY, "validate", self.config], capture_output=True, text=True).stderr
        self.assertIn("was changed or reviewed last on", said)
        self.assertIn("until then it goes no further than propose", said)
        self.start()
        listed = self.ask("workflows", "list")[0]
        self.assertEqual((listed["mode"], listed["ceiling"], listed["overdue"]), ("propose", "auto", True))
        self.assertIn("nobody has changed or reviewed it since", listed["capped"])
        self.assertEqual(self.ask("status")["capped"], [{"workflow": "restore", "why": listed["capped"]}])
        self.as_user(MALLORY, "workflows", "reviewed", "restore", "--reason", "fine", expect=1)
        self.as_user(ALICE, "workflows", "reviewed", "restore", "--reason", "fine")
        listed = self.ask("workflows", "list")[0]
        self.assertEqual((listed["mode"], listed.get("capped")), ("auto", None))
        os.utime(old, (os.stat(old).st_mtime + 61 * 86400,) * 2)  # 210 days ago
        said = subprocess.run([BINARY, "validate", self.config], capture_output=True, text=True).stderr
        self.assertRegex(said, r"from 2\d{3}-\d\d-\d\d on it only proposes")
        self.write_workflow(mode="auto", more=self.more + "review_by: 200d\n")
        os.utime(old, (os.stat(old).st_mtime - 210 * 86400,) * 2)
        self.cli("reload")
        listed = until(lambda: [w for w in self.ask("workflows", "list") if w.get("due")], "it has to be looked at")[0]
        self.assertIn("on it only proposes; `aright workflows reviewed restore --reason …`", listed["due"])
        self.assertEqual(self.ask("status")["due"], [{"definition": "workflow restore", "why": listed["due"]}])
        self.assertRegex(self.cli("status"), "due +workflow restore: nobody has changed or reviewed it since")
        self.assertIn("nobody has changed or reviewed it since", self.cli("workflows", "list"))
        self.break_file()
        self.ended(1)
        self.assertEqual(self.stop(), 0)
        self.assertIn("ok: ", self.cli("audit", "verify"))

    def changed(self):
        """What the control demands, by a reload of ALICE's."""
        control = self.config / "controls" / "a.yaml"
        control.write_text(control.read_text().replace("approved\\n", "hers\\n"))
        self.as_user(ALICE, "reload")
        return str(until(lambda: self.ask("reviews", "list"), "held")[0]["id"])

    def test_who_changed_the_control_or_the_team_waits_for_another(self):
        self.write_node(NODE.replace("quorum: 2", "quorum: 1"))
        self.start()
        number = self.changed()
        said = self.as_user(ALICE, "reviews", "approve", number, "--reason", "mine", expect=1)
        self.assertIn(f"{ALICE} has changed control a: somebody else says yes to it, team tests (", said)
        self.assertIn("`aright controls reviewed a --reason …`", said)
        self.assertRegex(self.cli("controls", "list"), rf"CHANGED BY[^\n]*\n *a [^\n]* {ALICE} ")
        self.assertIn("hers", self.cli("controls", "show", "a"))
        hint = self.as_user(ALICE, "controls", "reviewed", "a", "--reason", "it is as I wrote it")
        self.assertIn(f"{ALICE} changed it: to say yes to what it decides takes another's word, too", hint)
        self.as_user(ALICE, "reviews", "approve", number, "--reason", "mine", expect=1)
        self.as_user(BOB, "controls", "reviewed", "a", "--reason", "agreed", groups=[OPS])
        self.as_user(ALICE, "reviews", "approve", number, "--reason", "mine")
        self.ended(1)
        self.assertEqual((self.play / "a").read_text(), "hers\n")
        self.write_node(NODE.replace("quorum: 2", "quorum: 1\n    separate: false"))
        self.as_user(ALICE, "reload")
        self.break_file()
        number = str(until(lambda: self.ask("reviews", "list"), "held")[0]["id"])
        said = self.as_user(ALICE, "reviews", "approve", number, "--reason", "mine", expect=1)
        self.assertIn(f"{ALICE} has changed team tests", said)
        self.stop(9)
        self.start()
        self.as_user(ALICE, "reviews", "approve", number, "--reason", "mine", expect=1)
        self.assertRegex(self.cli("teams", "list"), rf"tests +user {ALICE}, group {OPS} +1 +{ALICE} ")
        self.as_user(MALLORY, "teams", "reviewed", "tests", "--reason", "fine", expect=1)
        self.as_user(BOB, "teams", "reviewed", "tests", "--reason", "fine", groups=[OPS])
        self.as_user(ALICE, "reviews", "approve", number, "--reason", "mine")
        self.ended(2)
        self.assertEqual(self.stop(), 0)
        self.assertIn("ok: ", self.cli("audit", "verify"))

    def test_root_does_not_approve_what_root_has_changed(self):
        self.root_does_not_approve(lambda: self.cli("reload"))

    def test_nor_where_a_signal_had_it_read_again(self):
        self.root_does_not_approve(lambda: self.process.send_signal(signal.SIGHUP))

    def root_does_not_approve(self, reload):
        self.write_node(NODE.replace("quorum: 2", "quorum: 1").replace("members: [", "members: [user:root, "))
        self.start()
        control = self.config / "controls" / "a.yaml"
        self.assertEqual(control.stat().st_uid, 0)
        control.write_text(control.read_text().replace("approved\\n", "roots\\n"))
        reload()
        number = str(until(lambda: self.ask("reviews", "list"), "held")[0]["id"])
        self.assertRegex(self.cli("controls", "list"), r"CHANGED BY[^\n]*\n *a [^\n]* root ")
        said = self.cli("reviews", "approve", number, "--reason", "root himself", expect=1)
        self.assertIn("root has changed control a: somebody else says yes to it", said)
        self.as_user(ALICE, "reviews", "approve", number, "--reason", "looks right")
        until(lambda: (self.play / "a").read_text() == "roots\n", "it is done")
        self.assertEqual(self.stop(), 0)
        self.assertIn("ok: ", self.cli("audit", "verify"))

    def test_what_somebody_has_looked_at_is_not_called_old(self):
        old = self.config / "controls" / "a.yaml"
        os.utime(old, (os.stat(old).st_mtime - 200 * 86400,) * 2)
        told = "control `a` was changed or reviewed last on"
        self.start()
        self.assertIn(told, (self.top / "log").read_text())
        self.assertIn("`aright controls reviewed a --reason …`", self.told_of("reload"))
        self.assertIn(told, self.told_of("validate", self.config))
        os.utime(old)
        self.assertIn(told, self.told_of("reload"), "what a deployment wrote anew")
        self.assertIn(told, self.told_of("validate", self.config))
        self.as_user(ALICE, "controls", "reviewed", "a", "--reason", "as it should be")
        self.assertNotIn(told, self.told_of("reload"))
        self.assertNotIn(told, self.told_of("validate", self.config))
        self.assertEqual(self.stop(), 0)
        self.assertNotIn(told, self.told_of("validate", self.config), "of a daemon that is not there")
        (self.top / "log").write_text("")
        self.start()
        self.assertNotIn(told, (self.top / "log").read_text())
        self.assertEqual(self.stop(), 0)

    def told_of(self, *words):
        done = subprocess.run([BINARY, "--state", self.state, *words], capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stderr

    def test_a_step_asks_in_the_middle(self):
        second = self.play / "second"
        second.write_text("not approved\n")
        (self.config / "workflows" / "restore.yaml").write_text(
            "workflow: restore\nowner: tests\nanswers: [a]\nmode: auto\nsteps:\n"
            "  - ensure: desired\n  - approve: { text: \"is it quiet?\", expires: 4h, quorum: 1 }\n"
            f"  - ensure: {{ resource: file, path: {second}, desired: {{ content: \"approved\\n\" }} }}\n")
        review = self.held()
        self.assertTrue(self.fixed(), "what stands before it is done")
        self.assertEqual((review["guard"], review["text"]), ("approve", "is it quiet?"))
        self.assertEqual(second.read_text(), "not approved\n")
        self.as_user(ALICE, "reviews", "approve", str(review["id"]), "--reason", "it is")
        self.ended(1)
        self.assertEqual(second.read_text(), "approved\n")
        self.assertEqual(self.stop(), 0)
        self.assertIn("ok: ", self.cli("audit", "verify"))


    def test_whoever_may_only_ask_does_and_suppresses_nothing(self):
        self.write_workflow(mode="auto")
        self.start()
        self.break_file()
        self.ended(1)
        subject = f"file:{self.play / 'a'}"
        for words in (["runs", "undo", "1", "--reason", "me"], ["runs", "retry", "1", "--reason", "me"],
                      ["waivers", "add", "a", str(self.play / "a"), "--for", "300d", "--owner", "mallory", "--reason", "me"],
                      ["contents", "erase", subject, "--reason", "me"]):
            with self.subTest(words):
                said = self.as_user(MALLORY, *words, expect=1)
                self.assertIn(f"{MALLORY} is no member of those who decide this: team tests (user {ALICE}, group {OPS})", said)
                self.assertIn("--break-glass", self.cli(*words, expect=1))
        self.assertTrue(self.fixed())
        self.assertEqual(self.ask("waivers", "list"), [])
        self.as_user(MALLORY, "runs", "undo", "1", "--plan")
        self.as_user(ALICE, "waivers", "add", "a", str(self.play / "a"), "--for", "1h", "--reason", "known")
        self.as_user(MALLORY, "waivers", "remove", "1", "--reason", "me", expect=1)
        self.as_user(BOB, "waivers", "remove", "1", "--reason", "over", groups=[OPS])
        self.as_user(BOB, "runs", "undo", "1", "--reason", "it was right", groups=[OPS])
        self.assertEqual((self.play / "a").read_text(), BROKEN)
        self.cli("contents", "erase", subject, "--reason", "a wish", "--break-glass")
        self.assertTrue([e for e in self.entries() if e["kind"] == "contents.erased"][0]["break_glass"])
        self.as_user(MALLORY, "workflows", "set-mode", "restore", "plan", "--reason", "stopping is anybody's")
        self.as_user(MALLORY, "pause", "--reason", "stopping is anybody's")
        self.assertEqual(self.stop(), 0)
        self.assertIn("ok: ", self.cli("audit", "verify"))


class Together(DaemonCase):
    """All that waits in one workflow, approved as it was shown."""
    mode = "propose"
    files = ["a", "b", "c"]

    def hold(self, name):
        self.break_file(name)
        until(lambda: [r for r in self.ask("reviews", "list") if r["subject"].endswith(f"/{name}")], f"{name} waits")

    def shown(self):
        return self.ask("reviews", "approve", "--workflow", "restore", "--plan")

    def approve(self, digest, expect=0):
        return self.cli("reviews", "approve", "--workflow", "restore", "--shown", digest, "--reason", "looks right", expect=expect)

    def test_what_came_later_stays_open_and_is_counted(self):
        self.start()
        self.hold("a")
        self.hold("b")
        shown = self.shown()
        self.assertEqual([one["review"] for one in shown["reviews"]], [1, 2])
        self.assertNotIn("entries", shown["reviews"][0]["run"], "no proofs")
        self.hold("c")
        self.assertIn("2 reviews approved; 1 came later and stays open", self.approve(shown["digest"]))
        until(lambda: len(self.runs("succeeded")) == 2, "both are put right")
        self.assertEqual([r["subject"] for r in self.ask("reviews", "list")], [f"file:{self.play / 'c'}"])
        self.assertFalse(self.fixed("c"))

    def test_a_changed_set_is_refused_whole(self):
        self.start()
        self.hold("a")
        self.hold("b")
        digest = self.shown()["digest"]
        self.cli("reviews", "deny", "1", "--reason", "not this")
        self.assertIn("is not what was shown under that digest", self.approve(digest, expect=1))
        self.assertFalse(self.fixed("b"))
        self.assertEqual([r["id"] for r in self.ask("reviews", "list")], [2])

    def at_a_terminal(self, answer):
        main, other = pty.openpty()
        words = [BINARY, "--state", str(self.state), "reviews", "approve", "--workflow", "restore", "--reason", "looks right"]
        with subprocess.Popen(words, stdin=other, stdout=other, stderr=other) as asking:
            os.close(other)
            said = b""
            deadline = time.monotonic() + 30
            while b"[y/N]" not in said and time.monotonic() < deadline:
                said += os.read(main, 4096)
            os.write(main, answer)
            while True:
                try:
                    more = os.read(main, 4096)
                except OSError:  # the other side is closed
                    break
                if not more:
                    break
                said += more
        os.close(main)
        return asking.returncode, said.decode().replace("\r\n", "\n")

    def test_a_terminal_shows_the_differences_and_asks(self):
        self.start()
        self.hold("a")
        self.hold("b")
        code, said = self.at_a_terminal(b"\n")
        self.assertIn(f"review 1  run 1  file:{self.play / 'a'}  file:{self.play / 'a'} (content)", said)
        self.assertIn("approve 2 reviews? [y/N]", said)
        for number, name in enumerate("ab", 1):
            shown = said[said.index(f"review {number}, plan "):]
            self.assertIn(f"file:{self.play / name}", shown[:400])
        self.assertEqual((said.count("- broken.."), said.count("+ approved")), (2, 2), f"what goes, and what comes: {said}")
        self.assertIn("nothing is approved", said)
        self.assertEqual(code, 1)
        self.assertEqual(self.runs("succeeded"), [])
        code, said = self.at_a_terminal(b"y\n")
        self.assertEqual(code, 0, said)
        self.assertIn("2 reviews approved", said)
        until(lambda: len(self.runs("succeeded")) == 2, "both are put right")


class Readme(DaemonCase):
    def test_its_teams_are_right(self):
        readme = (pathlib.Path(__file__).resolve().parents[2] / "README.md").read_text()
        notifiers = "notify: { mail: { program: [/usr/bin/cat] }, chat: { program: [/usr/bin/cat] }, pager: { program: [/usr/bin/cat] } }\n"
        teams = re.search(r"## Teams: who says yes\n\n```yaml\n(.*?)```", readme, re.S)[1]
        socket = re.search(r"`(socket: {.*?})` in `aright.yaml`", readme)[1] + "\n"
        self.write_node(notifiers + socket + teams)
        workflow = self.config / "workflows" / "restore.yaml"
        step = re.search(r"A step `(- approve: .*?)` asks", readme)[1]
        workflow.write_text(workflow.read_text().replace("owner: tests", "owner: web-team") + f"  {step}\n")
        done = subprocess.run([BINARY, "validate", self.config], capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        said = re.findall("^(?:error|warning): (.*)$", done.stderr, re.M)
        self.assertEqual([line for line in said if "is not known on this machine now" not in line], [])


class Mistakes(DaemonCase):
    def said(self, node, expect=1):
        self.write_node(node)
        done = subprocess.run([BINARY, "validate", self.config], capture_output=True, text=True)
        self.assertEqual(done.returncode, expect, done.stderr)
        return done.stderr

    def test_are_told_with_what_to_try(self):
        self.assertIn("there is no team `tests`", self.said("teams: { test: { members: [user:alice] } }\n"))
        self.assertIn("`alice` is no member", self.said("teams: { tests: { members: [alice] } }\n"))
        self.assertIn("the quorum is 3, but the team has 1 member", self.said("teams: { tests: { members: [user:a], quorum: 3 } }\n"))
        self.assertIn("there is no team `boss`",
                      self.said("teams: { tests: { members: [user:a], ladder: [{ after: 1m, team: boss }] } }\n"))
        self.said("teams: { tests: { members: [user:a] } }\n", expect=0)


unittest.main()
