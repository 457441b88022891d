"""`aright test --record`: what a real daemon has done becomes a fixture that passes, and fails once the workflow would do otherwise."""
import json
import os
import re
import signal
import subprocess
import unittest

from daemon import BINARY, BROKEN, CONTROL, DaemonCase, until
from log_case import MANY, RULE, LogCase
from webhook import WebhookCase, deleted, github
from api_server import ApiServer


class Recording:
    """Of any daemon: records a run and plays what came of it."""

    def record(self, run=1, expect=0):
        done = subprocess.run([BINARY, "--state", str(self.state), "test", "--record", str(run), str(self.config)],
                              capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, expect, done.stdout + done.stderr)
        return (self.config / "tests" / f"recorded-{run}.yaml").read_text() if expect == 0 else done.stderr

    def played(self, expect=0):
        done = subprocess.run([BINARY, "--state", str(self.state), "test", str(self.config)], capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, expect, done.stdout + done.stderr)
        return done.stdout + done.stderr

    def recorded(self, run=1):
        """It passes, once the daemon has nothing left to write."""
        text = self.record(run)
        self.assertIn("1 test, 0 failed", self.played())
        return text

    def over(self, count, *states):
        until(lambda: len(self.runs(*states)) >= count, lambda: f"{count} {states}: {self.ask('runs', 'list')}")


class RecordFiles(Recording, DaemonCase):
    files = ["a", "b"]

    def steps(self, *steps, answers="a", more=""):
        text = f"workflow: restore\nowner: tests\nanswers: [{answers}]\nmode: auto\n{more}steps:\n" + "".join(f"  - {s}\n" for s in steps)
        (self.config / "workflows" / "restore.yaml").write_text(text)

    def test_content_and_mode_that_were_put_right(self):
        self.start()
        self.break_file()
        self.over(1, "succeeded")
        text = self.recorded()
        self.assertIn("broken..", text)
        self.assertIn("changes: [content]", text)
        self.steps("ensure: { resource: file, path: %s, desired: { content: \"other\\n\" } }" % (self.play / "b"))
        self.assertIn("1 failed", self.played(expect=1))

    def test_a_mode_in_the_running_daemon_and_without_one(self):
        self.start()
        (self.play / "a").chmod(0o666)
        self.over(1, "succeeded")
        running = self.recorded()
        self.assertEqual(self.stop(), 0)
        (self.config / "tests" / "recorded-1.yaml").unlink()
        self.assertEqual(self.recorded(), running)
        self.assertIn("changes: [mode]", running)
        self.write_workflow(mode="plan")
        self.assertIn("1 failed", self.played(expect=1))
        self.write_workflow()
        self.assertIn("file exists", self.record(expect=1))

    def test_a_step_that_had_nothing_to_change(self):
        (self.config / "controls" / "b.yaml").unlink()
        self.steps("ensure: desired", f'ensure: {{ resource: file, path: {self.play / "b"}, desired: {{ content: "approved\\n" }} }}')
        self.start()
        self.break_file()
        self.over(1, "succeeded")
        text = self.recorded()
        self.assertEqual(text.count("ensure: "), 1, text)  # the other is no effect

    def test_what_was_only_planned_before_it_was_let_act(self):
        self.write_workflow(mode="plan")
        self.start()
        self.break_file()
        self.over(1, "planned")
        self.write_workflow()
        self.process.send_signal(signal.SIGHUP)
        self.over(1, "succeeded")
        self.assertTrue(self.fixed())
        fixed = self.runs("succeeded")[0]["id"]
        self.assertNotIn("planned", self.recorded(fixed))

    def test_a_file_that_is_not_to_be_there(self):
        (self.config / "controls" / "a.yaml").write_text(
            f"control: a\ntitle: a is not there\nwatch: {{ resource: file, path: {self.play / 'a'} }}\ndesired: {{ absent: true }}\n")
        (self.play / "a").unlink()
        self.start()
        self.break_file()
        self.over(1, "succeeded")
        self.assertIn("absent: true", self.recorded())
        self.write_workflow(mode="plan")
        self.assertIn("1 failed", self.played(expect=1))

    def test_a_file_that_was_gone(self):
        self.start()
        (self.play / "a").unlink()
        self.over(1, "succeeded")
        self.assertIn("absent: true", self.recorded())
        self.write_workflow(mode="plan")
        self.assertIn("1 failed", self.played(expect=1))

    def test_what_not_everybody_may_read_is_left_out(self):
        (self.config / "controls" / "a.yaml").write_text(CONTROL.format(name="a", path=self.play / "a").replace("0644", "0600"))
        (self.play / "a").chmod(0o600)
        self.start()
        self.break_file(text="secrets.\n")
        self.over(1, "succeeded")
        text = self.recorded()
        self.assertNotIn("secrets", text)
        self.assertIn("not everybody may read it", text)
        self.assertIn("changes: [content]", text)
        self.write_workflow(mode="plan")
        self.assertIn("1 failed", self.played(expect=1))

    def test_what_a_person_let_go_with_the_runs_before_it(self):
        self.write_workflow(more="guards: { threshold: [{ runs: 2, within: 10m, per: workflow }] }\n")
        self.start()
        for count in (1, 2):
            self.break_file("a")
            self.over(count, "succeeded")
        self.break_file("b")
        self.over(1, "held")
        held = self.recorded(3)
        self.assertEqual(held.count("- { states:") + held.count(", states:"), 3, "each run is led to by a change of its own")
        self.assertIn("guard: threshold", held)
        (self.config / "tests" / "recorded-3.yaml").unlink()
        review = self.ask("reviews", "list")[0]["id"]
        self.cli("reviews", "approve", str(review), "--reason", "seen by me")
        self.over(3, "succeeded")
        self.assertIn("seen by me", self.recorded(3))
        self.write_workflow(more="guards: { threshold: [{ runs: 9, within: 10m, per: workflow }] }\n")
        self.assertIn("no review of workflow restore is open", self.played(expect=1))

    def decided(self, verb, reason, state):
        """A run in mode propose, and what a person says to it."""
        self.write_workflow(mode="propose")
        self.start()
        self.break_file()
        self.over(1, "held")
        self.cli("reviews", verb, str(self.ask("reviews", "list")[0]["id"]), "--reason", reason)
        self.over(1, state)
        return self.recorded()

    def test_an_approval_that_only_the_mode_asked_for_is_left_out_where_it_may_act_by_now(self):
        self.assertIn("approve: restore", self.decided("approve", "it is right", "succeeded"))
        (self.config / "tests" / "recorded-1.yaml").unlink()
        self.write_workflow(mode="auto")
        self.assertNotIn("approve:", self.recorded())

    def test_a_yes_that_lapsed_with_a_definition_is_not_told(self):
        self.write_workflow(mode="propose")
        self.start()
        self.break_file()
        self.over(1, "held")
        self.cli("pause", "--reason", "for the test")
        self.cli("reviews", "approve", "1", "--reason", "the first yes")
        self.write_workflow(mode="propose", more="review_within: 2h\n")
        self.cli("reload")
        self.over(1, "cancelled")
        self.cli("resume", "--reason", "for the test")
        self.over(1, "held")
        self.cli("reviews", "approve", str(self.ask("reviews", "list")[0]["id"]), "--reason", "the second yes")
        self.over(1, "succeeded")
        self.assertIn("the yes to it lapsed with a definition", self.record(1, expect=1))
        text = self.recorded(2)
        self.assertIn("the second yes", text)
        self.assertNotIn("the first yes", text)
        self.assertNotIn("cancelled", text)

    def test_what_was_asked_anew_since_the_file_had_changed(self):
        self.write_workflow(mode="propose")
        self.start()
        self.break_file()
        self.over(1, "held")
        self.break_file(text="other...\n")
        until(lambda: self.ask("reviews", "list")[0].get("outdated"), "it reads otherwise")
        self.cli("reviews", "approve", "1", "--reason", "to the first", expect=3)
        self.cli("reviews", "approve", "2", "--reason", "to the second")
        self.over(1, "succeeded")
        text = self.recorded()
        order = [text.index(what) for what in ("broken..", "other...", "to the first", "to the second")]
        self.assertEqual(order, sorted(order))
        self.write_workflow(mode="auto")
        self.assertIn("no review of workflow restore is open", self.played(expect=1))

    def test_what_a_person_denied(self):
        text = self.decided("deny", "let it be", "denied")
        self.assertIn("deny: restore", text)
        self.assertIn("effects: []", text)
        self.write_workflow(mode="auto")
        self.assertIn("no review of workflow restore is open", self.played(expect=1))

    def test_what_was_taken_back_since_nobody_wanted_it_to_stay(self):
        """By a no, and since nobody answered: the finding was over, and is found anew."""
        for answered in (True, False):
            self.steps("ensure: desired", f"approve: {{ text: to stay, expires: {'10m' if answered else '3s'} }}")
            (self.play / "a").write_text("approved\n")
            self.start()
            until(lambda: not self.ask("findings", "list"), "nothing is wrong")
            self.break_file()
            review = until(lambda: self.ask("reviews", "list"), "the question")[0]["id"]
            until(lambda: not self.ask("findings", "list"), "it reads as desired")
            if answered:
                self.cli("reviews", "deny", str(review), "--reason", "not so")
            self.over(1 if answered else 2, "rolled_back")
            self.stop()
            run = 1 if answered else 2
            self.assertIn("state: rolled_back", self.recorded(run))
            (self.config / "tests" / f"recorded-{run}.yaml").unlink()

    def test_what_failed_was_rolled_back_and_tried_again(self):
        self.steps("ensure: desired", "exec: [/usr/bin/false, \"${ run.id }\"]")
        self.start()
        self.break_file()
        self.over(1, "rolled_back")
        text = self.recorded()
        self.assertIn("state: rolled_back", text)
        self.assertIn("exec: [/usr/bin/false, null]", text)
        self.assertIn("exit: 1", text)
        self.steps("ensure: desired")
        self.assertIn("1 failed", self.played(expect=1))

    def test_what_differs_is_told_and_nothing_is_written(self):
        self.start()
        self.break_file()
        self.over(1, "succeeded")
        self.write_workflow(mode="plan")
        said = self.record(expect=1)
        self.assertIn("comes out otherwise", said)
        self.assertIn("workflow: restore", said)
        self.assertIn('state: expected "succeeded", seen "planned"', said)
        self.assertFalse((self.config / "tests" / "recorded-1.yaml").exists())

    def test_what_cannot_be_recorded_is_said(self):
        self.start()
        self.break_file()
        self.over(1, "succeeded")
        self.assertIn("no run 99", self.record(99, expect=2))
        self.cli("runs", "undo", "1", "--reason", "for the test", "--waive", "1h")
        self.over(2, "succeeded")
        self.assertIn("it takes back what run 1 did", self.record(2, expect=1))
        self.cli("contents", "erase", f"file:{self.play / 'a'}", "--reason", "for the test")
        until(lambda: "has been erased" in self.record(1, expect=1), "its content is erased")


class RecordLogs(Recording, LogCase):
    def test_a_program_that_a_line_of_a_log_started(self):
        self.start()
        self.append("203.0.113.1")
        self.called("203.0.113.1")
        text = self.recorded()
        self.assertIn("event: {", text)
        self.assertIn('"203.0.113.1"]', text)
        self.workflow(mode="plan")
        self.assertIn("1 failed", self.played(expect=1))

    def test_a_line_that_is_no_json(self):
        (self.config / "sources" / "app.yaml").write_text(
            f"source: app\ntail: {{ files: [{self.log_file}], from: start }}\nlog_source: {{ product: app }}\n"
            "decode: { text: { pattern: '(?P<what>\\w+) from (?P<address>\\S+)', types: { address: address } } }\n")
        self.start()
        self.log_file.write_text("failed from 203.0.113.9\n")
        self.called("203.0.113.9")
        self.assertIn("read: {", self.recorded())
        self.workflow(mode="plan")
        self.assertIn("1 failed", self.played(expect=1))


    def test_what_another_rule_had_found_before_is_told_with_it(self):
        self.rule(RULE, RULE.replace("name: failed-login", "name: third").replace("what: failed }", "what: failed, n: 3 }"))
        self.workflow(answers="failed-login, third")
        self.start()
        for n in (1, 3):
            with open(self.log_file, "a") as log:
                log.write(self.line("203.0.113.1", n=n))
            self.called(*["203.0.113.1"] * (1 if n == 1 else 2))
        text = self.recorded(2)  # of the third, which both rules find in
        self.assertEqual((text.count("control: third"), text.count("control: failed-login")), (2, 2), text)


class RecordCorrelations(Recording, LogCase):
    answers = "many-failed"

    def test_another_rule_that_found_in_the_first_of_them(self):
        self.rule(RULE, MANY, RULE.replace("name: failed-login", "name: direct"))
        self.start()
        for number in (1, 2, 3):
            self.append("203.0.113.1")
            self.taken(number)
        self.called("203.0.113.1")
        self.assertIn("control: direct", self.recorded())

    def test_another_correlation_that_finds_in_what_stands_for_all_of_them(self):
        self.rule(RULE, MANY, MANY.replace("many-failed", "many-hosts").replace("[address]", "[host]"))
        self.start()
        with open(self.log_file, "a") as log:
            log.write("".join(json.dumps({"what": "failed", "address": "203.0.113.1", "host": f"203.0.113.{n}"}) + "\n" for n in (7, 8, 9)))
        self.called("203.0.113.1")
        said = self.record(expect=1)
        self.assertIn("run 1 is not recorded: ", said)
        self.assertIn("control many-hosts finds in it too, on host=203.0.113.9, which it did not then: of the events that were counted only the last", said)
        self.assertIn(f"Put the text above into a new file in {self.config}/tests, and there, in place of the event with `times`", said)
        fixture = said[said.index("# Recorded"):said.index("recording:")]
        events = "".join(f"  - {{ source: app, event: {{ what: failed, address: 203.0.113.1, host: 203.0.113.{n} }} }}\n" for n in (7, 8, 9))
        (self.config / "tests").mkdir()
        (self.config / "tests" / "by-hand.yaml").write_text(re.sub(r"happens:\n.*\n", "happens:\n" + events, fixture))
        self.assertIn("1 test, 0 failed", self.played())

    def test_many_lines_that_count_together(self):
        self.rule(RULE, MANY)
        self.start()
        self.append("203.0.113.1", "203.0.113.2", "203.0.113.1", "203.0.113.1")
        self.called("203.0.113.1")
        text = self.recorded()
        self.assertIn("times: 3", text)
        self.assertIn("# Of 3 events that were counted only the last is on record; it stands for all.", text)
        self.workflow(mode="plan")
        self.assertIn("1 failed", self.played(expect=1))

    def test_another_rule_that_finds_in_the_last_of_them(self):
        """Whichever of the two findings is told first: their ids are hashes."""
        for name in ("direct1", "direct2", "direct3", "direct4"):
            with self.subTest(name):
                self.tearDown()
                self.setUp()
                self.rule(RULE, MANY, RULE.replace("name: failed-login", f"name: {name}").replace("what: failed }", "what: failed, n: 3 }"))
                self.start()
                with open(self.log_file, "a") as log:
                    log.write("".join(self.line("203.0.113.1", n=n) for n in (1, 2, 3)))
                self.called("203.0.113.1")
                self.assertIn("times: 3", self.record())

    def test_rules_that_find_by_themselves_as_well(self):
        self.rule(RULE, MANY.replace("correlation:\n", "correlation:\n  generate: true\n"))
        self.start()
        self.append("203.0.113.1", "203.0.113.1", "203.0.113.1")
        self.called("203.0.113.1")
        self.assertIn("many-failed counts events of rules that also find by themselves", self.record(expect=1))


class RecordCalls(Recording, WebhookCase):
    def test_a_call_on_a_delivery(self):
        api = ApiServer()
        self.addCleanup(api.close)
        (self.config / "aright.yaml").write_text(f"tests: off\ndestinations:\n  - {{ host: 127.0.0.1, ports: [{api.port}] }}\n")
        self.write_source()
        workflow = self.config / "workflows" / "react.yaml"
        workflow.write_text(
            "workflow: react\nowner: tests\nanswers: [something-was-deleted]\nmode: auto\nsteps:\n"
            f"  - call:\n      method: POST\n      url: {api.url()}/blocks/${{ finding.subject.id }}\n"
            "      json: { who: \"${ control.name }\" }\n")
        self.start()
        body = deleted("web1")
        self.assertEqual(self.post(body, github(body, "d1"))[0], 200)
        self.over(1, "succeeded")
        text = self.recorded()
        self.assertIn("call: \"POST http", text)
        self.assertIn("who: something-was-deleted", text)
        workflow.write_text(workflow.read_text().replace("/blocks/", "/others/"))
        self.assertIn("1 failed", self.played(expect=1))


if __name__ == "__main__":
    unittest.main()
