"""Guards that a workflow's file states, as a user meets them."""
import datetime
import signal
import unittest

from daemon import DaemonCase, until


def clock(hours):
    """The time of day so many hours from now, in UTC."""
    return (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=hours)).strftime("%H:%M")


class GuardsCase(DaemonCase):
    def entries_of(self, kind):
        return [entry for entry in self.entries() if entry["kind"] == kind]


class Windows(GuardsCase):
    def closed(self, outside="wait"):
        return f"guards: {{ window: {{ forbid: [{{ from: '{clock(-2)}', to: '{clock(2)}' }}], outside: {outside} }} }}\n"

    def test_outside_it_waits_and_says_so_until_the_window_is_another(self):
        self.write_workflow(more=self.closed())
        self.start()
        self.break_file()
        waits = until(lambda: self.entries_of("verdict.suppressed"), "it is suppressed")
        self.assertEqual(waits[0]["guard"], "window")
        self.assertIn("in UTC is forbidden: daily", waits[0]["reason"])
        self.assertIn("; it opens 20", waits[0]["reason"])
        self.assertIn("window: ", self.cli("explain", str(self.play / "a")))
        self.stop(signal.SIGKILL)
        self.start()
        self.assertEqual(self.runs(), [])
        self.write_workflow(more="guards: { window: { zone: Europe/Berlin, allow: [{ from: 00:00 }] } }\n")
        self.cli("reload")
        self.ended(1)
        self.assertTrue(self.fixed())
        self.assertEqual(len(self.entries_of("verdict.suppressed")), 1)

    def test_outside_it_may_be_held(self):
        self.write_workflow(more=self.closed("hold"))
        self.start()
        self.break_file()
        held = until(lambda: self.runs("held"), "it is held")[0]
        self.assertIn("window: ", held["reason"])
        self.cli("reviews", "approve", str(self.ask("reviews", "list")[0]["id"]), "--reason", "now")
        self.ended(1)
        self.assertTrue(self.fixed())
        self.assertEqual(self.stop(), 0)
        self.assertIn("ok: ", self.cli("audit", "verify"))


class Thresholds(GuardsCase):
    def test_fixes_that_do_not_last_are_held_with_that_reason_also_after_a_kill(self):
        self.start()
        for count in range(1, 4):
            self.break_file(text=f"broken {count}\n")
            self.ended(count)
            if count == 2:
                self.stop(signal.SIGKILL)
                self.start()
        self.break_file(text="broken 4\n")
        held = until(lambda: self.runs("held"), "the fourth run held")[0]
        self.assertIn("admitted 3 times within 10m per workflow, 3 allowed; its fixes do not last", held["reason"])

    def test_per_an_expression(self):
        self.write_workflow(more="guards: { threshold: [{ runs: 9, within: 10m, per: workflow }, "
                                 "{ runs: 1, within: 10m, per: '${ finding.severity }' }] }\n")
        self.start()
        self.break_file()
        self.ended(1)
        self.break_file(text="broken again\n")
        held = until(lambda: self.runs("held"), "the second run held")[0]
        self.assertIn("per ${ finding.severity } (medium), 1 allowed", held["reason"])


class Episodes(GuardsCase):
    def test_a_finding_that_does_not_last_is_not_answered(self):
        self.write_workflow(more="guards: { for: 1h }\n")
        self.start()
        self.break_file()
        waits = until(lambda: self.entries_of("verdict.suppressed"), "it is suppressed")[0]
        self.assertEqual(waits["guard"], "for")
        self.assertIn("open for less than 1h; 3600s left, if it lasts", waits["reason"])
        (self.play / "a").write_text("approved\n")
        until(lambda: self.entries_of("finding.resolved"), "it ends by itself")
        self.assertEqual(self.runs(), [])

    def test_what_opens_and_closes_is_held_by_name(self):
        self.write_workflow(more="guards: { threshold: [{ runs: 9, within: 10m, per: workflow }], "
                                 "flapping: { openings: 3, within: 1h } }\n")
        self.start()
        for count in range(1, 3):
            self.break_file(text=f"broken {count}\n")
            self.ended(count)
        self.stop(signal.SIGKILL)
        self.start()
        self.break_file(text="broken 3\n")
        held = until(lambda: self.runs("held"), "the third held")[0]
        self.assertIn(f"flapping: a on file:{self.play}/a opened at least 3 times within 1h", held["reason"])
        self.assertIn("flapping: ", self.cli("explain", str(self.play / "a")))


class Budgets(GuardsCase):
    files = ["a", "b", "c"]

    def test_a_shared_one_over_a_kill_and_in_words(self):
        self.write_node(
            "budgets:\n  web: { percent: 70%, population: { control: all }, within: 1h }\n")
        paths = ", ".join(str(self.play / name) for name in self.files)
        (self.config / "controls" / "all.yaml").write_text(
            f"control: all\nwatch: {{ resource: file, paths: [{paths}] }}\nviolation: '!resource.exists'\n")
        self.write_workflow(more="guards: { budget: web, threshold: [{ runs: 9, within: 10m, per: workflow }] }\n")
        self.start()
        for count, name in enumerate(["a", "b"], 1):
            self.break_file(name)
            self.ended(count)
        self.stop(signal.SIGKILL)
        self.start()
        self.break_file("c")
        held = until(lambda: self.runs("held"), "the third subject held")[0]
        self.assertIn("budget: web: 2 subjects within 1h, 2 allowed (70 % of 3)", held["reason"])
        self.assertIn("budget: web: 2 of 2 subjects within 1h", self.cli("explain", str(self.play / "c")))
        self.break_file("a", "broken once more\n")
        self.ended(3)
        self.assertEqual(self.stop(), 0)
        self.assertIn("ok: ", self.cli("audit", "verify"))


class Breakers(GuardsCase):
    files = ["a", "b", "c"]

    def program(self, name, code):
        path = self.top / name
        path.write_text(f"#!/bin/sh\nexit {code}\n")
        path.chmod(0o755)
        return path

    def write(self, program):
        (self.config / "workflows" / "restore.yaml").write_text(
            "workflow: restore\nowner: tests\nanswers: [a, b, c]\nmode: auto\n"
            "guards: { threshold: [{ runs: 9, within: 10m, per: workflow }], breaker: { failed: 50%, runs: 2, within: 1h } }\n"
            f"steps: [{{ exec: [{program}] }}, {{ ensure: desired }}]\n")

    def test_opens_over_a_kill_and_is_closed_by_a_run_that_a_person_lets_go(self):
        self.write(self.program("bad", 1))
        self.start()
        for count, name in enumerate(["a", "b"], 1):
            self.break_file(name)
            until(lambda: len(self.runs("failed", "rolled_back")) >= count, f"{count} runs that failed")
        opened = until(lambda: self.entries_of("breaker.opened"), "the breaker opens")[0]
        self.assertIn("2 of 2 runs within 1h failed or were rolled back", opened["reason"])
        until(lambda: self.metrics()['aright_breaker_open{workflow="restore"}'] == 1, "and is seen from outside")
        self.stop(signal.SIGKILL)
        self.write(self.program("good", 0))
        self.start()
        self.break_file("c")
        held = until(lambda: [r for r in self.runs("held") if r["subject"].endswith("/c")], "it is held")[0]
        self.assertIn("breaker: open since ", held["reason"])
        review = [r for r in self.ask("reviews", "list") if r["run"] == held["id"]][0]
        self.cli("reviews", "approve", str(review["id"]), "--reason", "the program is mended")
        until(lambda: self.entries_of("breaker.closed"), "the breaker is closed")
        until(lambda: self.metrics()['aright_breaker_open{workflow="restore"}'] == 0, "and is seen from outside")
        self.assertTrue(self.fixed("c"))


class Logs(GuardsCase):
    def write_source(self):
        log = self.top / "app.log"
        log.touch()
        (self.config / "sources").mkdir()
        (self.config / "sources" / "app.yaml").write_text(
            f"source: app\ntail: {{ files: [{log}] }}\nlog_source: {{ product: app }}\n"
            "decode: { json: { trusted: [action, address] } }\n")
        (self.config / "controls" / "guess.yml").write_text(
            "title: A failed login\nname: guess\nlogsource: { product: app }\n"
            "detection:\n  failed: { action: login }\n  condition: failed\n")
        return log

    def test_a_published_rule_waits_as_the_words_about_it_say(self):
        log = self.write_source()
        (self.config / "controls" / "words.yaml").write_text("control: guessing\nsigma: guess\nfor: 1h\n")
        (self.config / "workflows" / "block.yaml").write_text(
            "workflow: block\nowner: tests\nmode: auto\nanswers: [guessing]\nsteps: [{ exec: [/usr/bin/true] }]\n")
        self.start()
        log.write_text('{"action": "login", "address": "203.0.113.7"}\n')
        waits = until(lambda: self.entries_of("verdict.suppressed"), "it waits")[0]
        self.assertIn("open for less than 1h", waits["reason"])
        self.assertEqual(self.runs(), [])

    def test_no_program_is_given_an_address_of_this_machine(self):
        log = self.write_source()
        block = self.top / "block"
        block.write_text(f"#!/bin/sh\necho \"$1\" >> {self.top}/blocked\n")
        block.chmod(0o755)
        (self.config / "workflows" / "block.yaml").write_text(
            "workflow: block\nowner: tests\nmode: auto\n"
            "answers: [{ control: guess, subject: 'address=${ event.address }', type: address }]\n"
            f"steps: [{{ exec: [{block}, '--from=${{ finding.subject.id }}'] }}]\n")
        self.start()
        with log.open("a") as lines:
            for address in ["203.0.113.7", "127.0.0.1"]:
                lines.write(f'{{"action": "login", "address": "{address}"}}\n')
        held = until(lambda: self.runs("held"), "the one that names loopback is held")[0]
        self.assertIn("protected: 127.0.0.1 is loopback; no approval lets it go", held["reason"])
        self.ended(1)
        review = self.ask("reviews", "list")[0]["id"]
        self.assertIn(f"review      {review} (aright reviews deny {review} --reason …; no approval lets it go)",
                      self.cli("runs", "show", str(held["id"])))
        self.assertIn(f"nothing of workflow block waits for an approval\nnot among them: review {review}, which no approval lets go",
                      self.cli("reviews", "approve", "--workflow", "block", "--plan"))
        self.assertEqual(self.ask("reviews", "approve", "--workflow", "block", "--plan")["not_among_them"], [str(review)])
        said = self.cli("reviews", "approve", str(review), "--reason", "try", expect=1)
        self.assertIn("127.0.0.1 is loopback; no approval lets it go while that is so: deny it or mend the configuration", said)
        self.assertIn(f"After a denial `aright runs retry {held['id']} --reason WHY` begins anew", said)
        self.assertEqual([r["id"] for r in self.ask("reviews", "list")], [review], "it stays as it was")
        self.cli("reviews", "deny", str(review), "--reason", "ours")
        self.cli("runs", "retry", str(held["id"]), "--reason", "once more")
        again = until(lambda: self.runs("held"), "it is held again")[0]
        self.assertNotEqual(again["id"], held["id"])
        self.assertEqual((self.top / "blocked").read_text(), "--from=203.0.113.7\n")

    def test_no_file_is_written_with_what_a_program_would_not_be_given(self):
        """An address of this machine, or what an outsider wrote as he liked: least of all a mode."""
        log = self.write_source()
        for name, answers, desired in (
                ("deny", "{ control: guess, subject: 'address=${ event.address }', type: address }", "content: 'ALL: ${ finding.subject.id }'"),
                ("open", "{ control: guess, subject: 'evil=${ event.evil }' }", "content: x, mode: '${ finding.subject.id }'")):
            (self.play / name).write_text("")
            (self.play / name).chmod(0o644)
            (self.config / "workflows" / f"{name}.yaml").write_text(
                f"workflow: {name}\nowner: tests\nmode: auto\nanswers: [{answers}]\n"
                f"steps: [{{ ensure: {{ resource: file, path: {self.play / name}, desired: {{ {desired} }} }} }}]\n")
        self.start()
        with log.open("a") as lines:
            lines.write('{"action": "login", "address": "127.0.0.1", "evil": "4777"}\n')
        held = until(lambda: len(self.runs("held")) == 2 and {r["workflow"]: r["reason"] for r in self.runs("held")}, lambda: f"both are held: {self.runs()} {self.ask('findings', 'list')}")
        self.assertIn("protected: 127.0.0.1 is loopback; no approval lets it go", held["deny"])
        self.assertIn("an outsider wrote the subject of this finding: name its field in `trusted:`", held["open"])
        with log.open("a") as lines:
            lines.write('{"action": "login", "address": "203.0.113.7", "evil": "0644"}\n')
        until(lambda: (self.play / "deny").read_text() == "ALL: 203.0.113.7", "another address is written")
        self.assertEqual((self.play / "open").stat().st_mode & 0o7777, 0o644)
        self.assertEqual((self.play / "open").read_text(), "")

    def test_loopback_by_another_name_is_given_to_no_program_but_may_be_where_it_happened(self):
        log = self.write_source()
        source = self.config / "sources" / "app.yaml"
        source.write_text(source.read_text().replace("[action, address]", "[action, address, host]"))
        for name, argument in (("tell", "seen"), ("block", "${ event.address }")):
            (self.config / "workflows" / f"{name}.yaml").write_text(
                f"workflow: {name}\nowner: tests\nmode: auto\nanswers: [{{ control: guess, subject: 'host=${{ event.host }}' }}]\n"
                f"steps: [{{ exec: [/usr/bin/true, '{argument}'] }}]\n")
        self.start()
        with log.open("a") as lines:
            lines.write('{"action": "login", "address": "203.0.113.7", "host": "localhost"}\n')
            lines.write('{"action": "login", "address": "127.1", "host": "web"}\n')
        self.ended(2)
        self.assertEqual(sorted((r["workflow"], r["subject"]) for r in self.runs("succeeded")),
                         [("block", "host=localhost"), ("tell", "host=localhost")])
        held = until(lambda: len(self.runs("held")) == 2 and self.runs("held"), "those that get 127.1 are held, on standard input too")
        self.assertEqual({r["subject"] for r in held}, {"host=web"})
        for run in held:
            self.assertIn("protected: 127.0.0.1 is loopback", run["reason"])


if __name__ == "__main__":
    unittest.main()
