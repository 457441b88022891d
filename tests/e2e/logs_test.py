"""A log of ours through the real daemon: each finding starts its program once, whatever happens to the file and to us."""
import datetime
import json
import os
import pathlib
import shutil
import signal
import subprocess
import unittest
import urllib.request

from daemon import until
from log_case import MANY, RULE, SOURCE, LogCase
from mounts import enter_own_mounts, fill, mount


class Logs(LogCase):
    def test_what_is_no_file_is_told_with_what_to_try_and_holds_nothing_up(self):
        os.mkfifo(self.logs / "pipe")
        (self.logs / "folder").mkdir()
        (self.config / "sources" / "other.yaml").write_text(
            f"source: other\ntail: {{ files: [{self.logs}/pipe] }}\nlog_source: {{ product: app }}\ndecode: {{ json: {{}} }}\n")
        self.start()
        self.append("203.0.113.1")
        self.called("203.0.113.1")
        pipe = f"{self.logs}/pipe: is a pipe, which cannot be read a second time after a restart; let its writer append to a file"
        self.assertEqual(self.shown("other")["trouble"], pipe)
        self.assertIn(f"source other:{self.logs}/pipe: {pipe}", (self.top / "log").read_text())
        with self.assertRaises(OSError):  # nobody reads it: we have not opened it
            os.open(self.logs / "pipe", os.O_WRONLY | os.O_NONBLOCK)
        status = self.ask("status")
        self.assertEqual(status["troubled_sources"], 1)
        self.assertEqual(status["source_troubles"], [{"source": "other", "trouble": pipe}])
        for kind, says in (("folder", f'is a folder, not a file; to follow the files in it: patterns: ["{self.logs}/folder/*.log"]'),
                           ("null", "is a device, not a file; name a file that a log is appended to")):
            path = "/dev/null" if kind == "null" else f"{self.logs}/{kind}"
            other = self.config / "sources" / "other.yaml"
            other.write_text(other.read_text().replace(other.read_text().split("[")[1].split("]")[0], path))
            self.cli("reload")
            until(lambda: self.shown("other")["trouble"] == f"{path}: {says}", lambda: self.shown("other"))
            self.assertIn(says, self.cli("sources", "list"))
            self.assertIn(says, self.cli("status"))

    def test_a_line_starts_the_program_once_for_each_finding(self):
        self.start()
        self.append("203.0.113.1", "203.0.113.2", "203.0.113.1")
        self.called("203.0.113.1", "203.0.113.2")
        finding = next(f for f in self.ask("findings", "list") if f["subject"] == "host=203.0.113.1")
        self.assertEqual((finding["control"], finding["severity"], finding["occurrences"]), ("failed-login", "high", 2))
        self.append("203.0.113.1")
        until(lambda: self.get(f"/v1/findings/{finding['id']}")["occurrences"] == 3, "one more occurrence")
        self.called("203.0.113.1", "203.0.113.2")
        told = self.cli("explain", "host=203.0.113.1")
        for words in ("3 occurrences since", "its last run ended succeeded, which is an answer"):
            self.assertIn(words, told)
        self.assertEqual(self.stop(), 0)
        self.assertIn("ok: ", self.cli("audit", "verify"))

    def test_when_the_last_line_came_is_known_over_restarts(self):
        self.rule(RULE, MANY)  # reads again after each start, to fill its window
        self.workflow(answers="many-failed")
        self.start()
        self.append("203.0.113.1")
        last = self.taken(1)["last_at"]
        for _ in range(2):
            self.assertEqual(self.stop(), 0)  # what it has read by then is stored
            self.start()
            self.assertEqual(self.shown()["last_at"], last)
        self.append("203.0.113.2")
        self.assertGreater(self.taken(2)["last_at"], last)

    def test_an_event_without_a_finding_is_read_again_to_explain_it(self):
        self.rule(RULE, MANY)
        self.workflow(answers="many-failed")
        self.start()
        fine = json.dumps({"what": "fine", "address": "203.0.113.1", "host": "web1"}) + "\n"
        self.log_file.write_text(fine + self.line("203.0.113.1"))
        self.taken(2)
        place = f"app:{self.log_file}"
        said = self.cli("explain", f"{place}:0")
        self.assertIn(f"event {place}:0 was read, and no finding names it", said)
        self.assertIn("many-failed: rule failed-login: its condition does not hold: `selection` is not, for `what`\n", said)
        said = self.cli("explain", f"{place}:{len(fine)}")
        self.assertIn("many-failed: rule failed-login matches: 1 of at least 3 within 10m for each `address`, up to this event\n", said)
        self.assertIn("many-failed: on address=203.0.113.1: no event has led to a finding\n", said)
        data = self.ask("explain", f"{place}:0")
        self.assertEqual(data["event"]["data"]["host"], "web1")
        self.assertEqual([(c["control"], c["looked"], c["matched"]) for c in data["controls"]],
                         [("many-failed", True, False)])
        self.assertIn("no line begins at byte 3", self.cli("explain", f"{place}:3", expect=1))
        self.log_file.rename(self.logs / "app.log.1")
        self.log_file.write_text(fine)
        self.taken(3)
        self.assertRegex(self.cli("explain", f"{place}:0", expect=1), "not to be had again: .*(rotated away|begun anew)")
        self.assertEqual(len(self.ask("findings", "list")), 0)

    def test_nothing_is_lost_or_doubled_by_a_death(self):
        self.start()
        self.append("203.0.113.1")
        self.called("203.0.113.1")
        self.stop(signal.SIGKILL)
        self.append("203.0.113.1", "203.0.113.2")
        self.start()
        self.called("203.0.113.1", "203.0.113.2")
        self.taken(3)
        for _ in range(3):
            self.stop(signal.SIGKILL)
            self.start()
        self.append("203.0.113.3")
        self.called("203.0.113.1", "203.0.113.2", "203.0.113.3")
        self.taken(4)
        self.assertEqual(self.stop(), 0)
        self.assertIn("ok: ", self.cli("audit", "verify"))

    def test_rotation_and_cutting_while_it_runs_and_while_it_does_not(self):
        self.start()
        self.append("203.0.113.1")
        self.called("203.0.113.1")
        self.log_file.rename(self.logs / "app.log.1")
        self.append("203.0.113.2", file=self.logs / "app.log.1")  # by a program that has not heard of it yet
        self.append("203.0.113.3")
        self.called("203.0.113.1", "203.0.113.2", "203.0.113.3")
        self.stop(signal.SIGKILL)
        self.append("203.0.113.4")
        (self.logs / "app.log.1").rename(self.logs / "app.log.2")
        self.log_file.rename(self.logs / "app.log.1")
        self.append("203.0.113.5")
        self.start()
        self.called(*(f"203.0.113.{n}" for n in range(1, 6)))
        os.truncate(self.log_file, 0)
        until(lambda: self.shown()["gaps"] == 1, "a cut is told as a gap")
        self.append("203.0.113.6")
        self.called(*(f"203.0.113.{n}" for n in range(1, 7)))

    def test_a_copy_before_a_cut_is_read_to_its_end_and_is_no_gap(self):
        self.start()
        self.append("203.0.113.1")
        self.called("203.0.113.1")
        shutil.copyfile(self.log_file, self.logs / "app.log.1")
        os.truncate(self.log_file, 0)
        self.append("203.0.113.2")
        self.called("203.0.113.1", "203.0.113.2")
        os.rename(self.logs / "app.log.1", self.logs / "app.log.2")
        self.process.send_signal(signal.SIGSTOP)  # what comes now is there only in the copy when we look
        self.append("203.0.113.3")
        shutil.copyfile(self.log_file, self.logs / "app.log.1")
        os.truncate(self.log_file, 0)
        self.append("203.0.113.4")
        self.process.send_signal(signal.SIGCONT)
        self.called(*(f"203.0.113.{n}" for n in range(1, 5)))
        self.assertEqual(self.shown()["gaps"], 0)
        self.stop(signal.SIGKILL)
        self.start()
        self.append("203.0.113.5")
        self.called(*(f"203.0.113.{n}" for n in range(1, 6)))
        self.assertEqual(self.shown()["gaps"], 0)

    def test_copies_over_the_same_file_bring_each_line_once(self):
        self.start()
        for n in range(0, 12, 2):
            self.append(f"203.0.113.{n}")
            self.taken(n + 1)
            self.append(f"203.0.113.{n + 1}")
            shutil.copyfile(self.log_file, self.logs / "app.log.1")  # no longer than 5 s after the last time
            os.truncate(self.log_file, 0)
            self.taken(n + 2)
        self.append("203.0.113.12")
        self.called(*(f"203.0.113.{n}" for n in range(13)))
        self.taken(13)
        self.assertEqual(self.shown()["gaps"], 0)

    def test_malformed_records_are_kept_and_stop_nothing(self):
        self.source(more=", line_max: 1000")
        self.start()
        bad = [b'{"what": "failed", "what": "fine"}', b'{"what": "\xff"}', b'{"what": "fai', b"x" * 2000, b'{"a": "\x00"}']
        with open(self.log_file, "ab") as log:
            log.write(b"\n".join(bad) + b"\n" + self.line("203.0.113.1").encode())
        self.called("203.0.113.1")
        shown = self.ask("sources", "show", "app")
        self.assertEqual((shown["malformed"], shown["events"]), (5, 1))
        self.assertEqual([k["beginning"] for k in shown["kept"]][0], ['{"what": "failed", "what": "fine"}'])
        self.assertEqual(shown["kept"][3]["bytes"], 2000)
        finding = next(f for f in self.ask("findings", "list") if f["control"] == "malformed-event")
        self.assertEqual((finding["subject"], finding["occurrences"]), (f"source=app:{self.log_file}", 5))
        metrics = urllib.request.urlopen(f"http://127.0.0.1:{self.port}/metrics").read().decode()
        self.assertIn('aright_source_malformed_total{source="app"} 5', metrics)

    def test_a_pattern_that_fits_no_line_is_told(self):
        (self.config / "sources" / "app.yaml").write_text(
            f"source: app\ntail: {{ files: [{self.log_file}], from: start }}\nlog_source: {{ product: app }}\n"
            "decode: { text: '(?P<what>[a-z]+) from' }\n")
        self.log_file.write_text("failed from here\n" * 6)
        self.start()
        until(lambda: self.shown()["skipped"] == 6, "they are read")
        listed = self.cli("sources", "list")
        self.assertRegex(listed, r"EVENTS +SKIPPED +MALFORMED")
        self.assertIn("none of 6 lines fits a pattern of `decode`; a pattern is for the whole line", listed)

    def test_events_without_their_time_are_told_and_counted_by_no_correlation(self):
        source = self.config / "sources" / "app.yaml"
        right = source.read_text().replace("json: { trusted", "json: { time: ts, trusted")
        self.rule(RULE, MANY)
        source.write_text(right.replace("time: ts", "time: at"))
        self.workflow(answers="many-failed")
        self.start()
        self.log_file.write_text("".join(self.line("203.0.113.1", ts=f"2026-01-01T0{hour}:00:00Z") for hour in range(4)))
        self.taken(4)
        until(lambda: "no time: there is no field \"at\", in 4 events" in self.shown()["trouble"], self.shown)
        self.assertEqual((self.shown()["timeless"], self.shown()["malformed"], self.calls()), (4, 0, []))
        self.assertIn("there is no field", self.ask("status")["source_troubles"][0]["trouble"])
        self.assertEqual((self.top / "log").read_text().count(" had no time: there is no field"), 1)
        source.write_text(right)
        self.assertIn("source app changed", self.cli("reload"))
        with self.log_file.open("a") as log:
            log.write("".join(self.line("203.0.113.1", ts=f"2026-01-01T05:00:0{second}Z") for second in range(3)))
        self.called("203.0.113.1")
        self.assertEqual(self.shown()["trouble"], "")

    def test_a_correlation_counts_through_a_death(self):
        self.rule(RULE, MANY)
        self.workflow(answers="many-failed")
        self.start()
        self.append("203.0.113.1", "203.0.113.1")
        self.taken(2)
        self.stop(signal.SIGKILL)
        self.start()
        self.append("203.0.113.1")
        self.called("203.0.113.1")
        self.assertEqual([f["subject"] for f in self.ask("findings", "list")], ["address=203.0.113.1"])

    def test_a_correlation_counts_anew_when_a_rule_that_it_counts_is_another(self):
        self.rule(MANY)
        counted = self.config / "controls" / "counted.yml"
        counted.write_text(RULE)
        self.workflow(answers="many-failed")
        self.start()
        self.append("203.0.113.1", "203.0.113.1")
        self.taken(2)
        counted.write_text(RULE.replace("what: failed", "what: refused"))
        self.assertIn("control many-failed changed", self.cli("reload"))
        with self.log_file.open("a") as log:
            log.write(self.line("203.0.113.1", what="refused") + self.line("203.0.113.1"))
        self.taken(4)
        self.assertEqual((self.calls(), self.ask("findings", "list")), ([], []), "one is counted now")
        with self.log_file.open("a") as log:
            log.write(self.line("203.0.113.1", what="refused") * 2)
        self.called("203.0.113.1")

    def test_an_edit_of_one_rule_leaves_the_others_of_its_file_as_they_are(self):
        other = RULE.replace("failed-login", "refused-login").replace("Failed", "Refused").replace("what: failed", "what: refused")
        self.rule(RULE, other)
        self.start()
        self.rule(RULE, other.replace("what: refused", "what: denied"))
        told = self.cli("reload")
        self.assertIn("control refused-login changed", told)
        self.assertNotIn("failed-login", told)

    def test_a_cut_while_it_was_away_loses_nothing_though_a_correlation_counts(self):
        self.rule(RULE, MANY)
        self.workflow(answers="many-failed")
        self.start()
        self.append(*["203.0.113.1"] * 50)
        self.taken(50)
        self.stop()
        os.truncate(self.log_file, 0)  # as copytruncate does, at the worst time
        self.append("203.0.113.2", "203.0.113.2", "203.0.113.2")
        self.start()
        self.called("203.0.113.1", "203.0.113.2")
        self.assertEqual(self.shown()["gaps"], 1)

    def test_an_event_from_the_future_makes_no_group_deaf_here_or_offline(self):
        self.rule(RULE, MANY)
        self.workflow(answers="many-failed")
        source = self.config / "sources" / "app.yaml"
        source.write_text(source.read_text().replace("json: {", "json: { time: t,"))
        now = datetime.datetime.now(datetime.timezone.utc)
        times = ["2099-01-01T00:00:00Z", *((now + datetime.timedelta(minutes=n)).isoformat() for n in (10, 11))]
        self.log_file.write_text("".join(self.line("203.0.113.1", t=t) for t in times))
        self.start()
        until(lambda: any(f["control"] == "many-failed" for f in self.ask("findings", "list")), lambda: self.shown())
        done = subprocess.run([self.binary, "detect", "--controls", self.config / "controls", "--decoder", source,
                               "-o", "json", self.log_file], capture_output=True, text=True, timeout=60)
        found = [json.loads(line) for line in done.stdout.splitlines()]
        self.assertIn("many-failed", [f["control"] for f in found], done.stderr)

    def test_a_plan_runs_when_the_mode_is_raised(self):
        self.start()
        self.cli("workflows", "set-mode", "react", "plan", "--reason", "first look")
        self.append("203.0.113.1")
        until(lambda: self.runs("planned"), "a plan")
        self.assertEqual(self.calls(), [])
        self.cli("workflows", "set-mode", "react", "auto", "--reason", "looks right")
        self.called("203.0.113.1")

    def test_a_log_may_have_a_lower_mode_than_its_workflow(self):
        self.source(more=", mode: propose")
        self.start()
        self.append("203.0.113.1")
        held = until(lambda: self.runs("held"), "it is held")[0]
        self.assertIn("its source goes no further than mode propose", self.cli("explain", "host=203.0.113.1"))
        self.assertEqual(self.calls(), [])
        self.cli("reviews", "approve", str(held["review"]), "--reason", "looked at")
        self.called("203.0.113.1")

    def test_a_file_that_is_not_there_or_not_readable_is_shown_and_read_later(self):
        self.start()
        until(lambda: "is not there" in self.shown()["trouble"], "it says that there is no file")
        self.append("203.0.113.1")
        self.called("203.0.113.1")
        self.assertEqual(self.shown()["trouble"], "")
        self.log_file.rename(self.logs / "elsewhere")
        self.log_file.mkdir()
        until(lambda: "is a folder, not a file" in self.shown()["trouble"], self.shown)
        self.log_file.rmdir()
        self.append("203.0.113.2")
        self.called("203.0.113.1", "203.0.113.2")
        until(lambda: self.shown()["trouble"] == "", self.shown)

    def test_a_reload_takes_rules_and_sources_or_nothing(self):
        self.start()
        self.append("203.0.113.1")
        self.called("203.0.113.1")
        self.rule(RULE.replace("what: failed", "what: other").replace("condition: selection", "condition: nothing"))
        self.assertIn("rules.yml", self.cli("reload", expect=1))
        self.append("203.0.113.2")
        self.called("203.0.113.1", "203.0.113.2")
        self.rule(RULE.replace("what: failed", "what: other"))
        other = self.logs / "other.log"
        (self.config / "sources" / "other.yaml").write_text(
            (self.config / "sources" / "app.yaml").read_text().replace("source: app", "source: other").replace("app.log", "other.log"))
        self.assertIn("source other added", self.cli("reload"))
        self.append("203.0.113.3")
        self.taken(3)
        other.write_text(self.line("203.0.113.4").replace("failed", "other"))
        self.called("203.0.113.1", "203.0.113.2", "203.0.113.4")
        (self.config / "sources" / "app.yaml").unlink()
        self.cli("reload")
        until(lambda: not self.shown()["configured"], "it is read no more")
        self.append("203.0.113.5")
        self.source()
        self.rule()
        self.cli("reload")
        self.called("203.0.113.1", "203.0.113.2", "203.0.113.4", "203.0.113.5")
        self.assertEqual(self.shown()["events"], 4)
        self.assertEqual(self.stop(), 0)
        self.assertIn("ok: ", self.cli("audit", "verify"))

    def test_the_workflow_says_what_the_finding_is_about(self):
        self.workflow(answers='{ control: failed-login, subject: "address=${ event.address }", type: address }')
        self.start()
        self.log_file.write_text("".join(self.line(address, host="web1") for address in ("203.0.113.1", "2001:DB8::0:1", "web1")))
        self.called("203.0.113.1", "2001:DB8::0:1")
        subjects = {f["subject"]: f["control"] for f in self.ask("findings", "list")}
        self.assertEqual(subjects, {"address=203.0.113.1": "failed-login", "address=2001:db8::1": "failed-login",
                                    "host=web1": "failed-login", f"source=app:{self.log_file}": "malformed-event"})
        self.assertIn("react: it answers findings about `address=${ event.address }`, and this one is about what the control "
                      "says", self.cli("explain", "host=web1"))
        self.assertIn('"web1" is no address', self.ask("sources", "show", "app")["kept"][0]["reason"])
        self.assertEqual(self.stop(), 0)
        self.assertIn("ok: ", self.cli("audit", "verify"))

    def test_a_waiver_keeps_it_quiet(self):
        self.start()
        self.cli("waivers", "add", "failed-login", "host=203.0.113.1", "--for", "1h", "--reason", "a drill")
        self.append("203.0.113.1", "203.0.113.2")
        self.called("203.0.113.2")
        self.assertIn("lets no finding open", self.cli("explain", "host=203.0.113.1"))

    def test_a_flood_is_bounded_and_whole(self):
        self.start()
        with open(self.log_file, "a") as log:
            log.write("".join(json.dumps({"what": "fine", "n": n}) + "\n" for n in range(20_000)))
        self.append("203.0.113.1")
        self.called("203.0.113.1")
        self.taken(20_001)

    def test_a_flood_waits_in_its_log_and_another_source_does_not(self):
        self.write_node("limits: { waiting: 100 }\n")
        workflow = self.config / "workflows" / "react.yaml"
        workflow.write_text(workflow.read_text().replace("runs: 1000", "runs: 100000"))
        quiet = self.logs / "quiet.log"
        (self.config / "sources" / "quiet.yaml").write_text(SOURCE.format(log=quiet, more="").replace("source: app", "source: quiet"))
        self.start()
        self.cli("pause", "--reason", "a look")
        hosts = [f"198.51.100.{n}" for n in range(400)]  # a Python each: some 25 ms of a processor
        with open(self.log_file, "a") as log:  # a batch of a log is 64 KiB
            log.write("".join(self.line(host, pad="x" * 5000) for host in hosts))
        until(lambda: self.get("/v1/status")["crowding"] == ["app"], "the brake")
        self.append("203.0.113.1", file=quiet)
        self.taken(1, "quiet")
        self.assertLess(self.shown()["events"], len(hosts), "not all of it was taken in")
        self.assertIn("too many of its runs wait", self.shown()["trouble"])
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/metrics") as metrics:
            self.assertIn("aright_sources_held 1", metrics.read().decode())
        self.stop(signal.SIGKILL)
        self.start()
        self.assertEqual(self.get("/v1/status")["crowding"], ["app"])
        self.cli("resume", "--reason", "seen")
        until(lambda: len(self.calls()) > len(hosts) and not self.get("/v1/runs?open=1"), "each was answered", seconds=120)
        self.assertEqual(sorted(call[1] for call in self.calls()), sorted([*hosts, "203.0.113.1"]))
        self.assertEqual(self.get("/v1/status")["crowding"], [])


@unittest.skipUnless(enter_own_mounts(__file__), "skipped: only root may mount here")
class FullDisk(LogCase):
    def test_a_full_disk_stops_the_intake_which_goes_on_by_itself(self):
        mount(self, self.state, "40m")
        self.start()
        self.append("203.0.113.1")
        self.called("203.0.113.1")
        filler = fill(self.state)
        for count in range(400):
            if self.get("/v1/status")["no_space"]:
                break
            self.append(*(f"198.51.100.{count}-{n}" for n in range(200)))
            until(lambda: self.get("/v1/status")["no_space"] or self.shown()["events"] > 200 * (count + 1), "handled, or no room")
        else:
            self.fail("there is always room")
        self.append("203.0.113.2")
        until(lambda: "intake has stopped" in self.shown()["trouble"], self.shown)
        self.assertNotIn("203.0.113.2", [call[1] for call in self.calls()])
        filler.unlink()
        until(lambda: "203.0.113.2" in [call[1] for call in self.calls()], self.shown, seconds=90)
        until(lambda: self.shown()["trouble"] == "", self.shown)


unittest.main()
