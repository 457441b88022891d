"""`aright detect`: events of files through published Sigma rules, offline."""
import json
import os
import pathlib
import subprocess
import tempfile
import unittest

from daemon import BINARY, remove

CORPORA = pathlib.Path(os.environ.get("ARIGHT_CORPORA", pathlib.Path(__file__).resolve().parents[3] / "shared" / "corpora"))

RULES = """title: Failed login over SSH
id: 5013edd4-9f4b-4d8b-a3a6-4c1b6ae1a001
author: A. Example, B. Example
logsource: { product: linux, service: sshd }
detection:
  failed: { action: failed }
  condition: failed
---
title: Many failed logins from one address
id: 5013edd4-9f4b-4d8b-a3a6-4c1b6ae1a002
author: A. Example
level: high
correlation:
  type: event_count
  rules: [5013edd4-9f4b-4d8b-a3a6-4c1b6ae1a001]
  group-by: [address]
  timespan: 5m
  condition: { gte: 3 }
"""
PLAIN = """title: A shell was opened
id: 5013edd4-9f4b-4d8b-a3a6-4c1b6ae1a003
author: C. Example
level: medium
logsource: { product: linux }
detection:
  shell: { program: bash }
  condition: shell
"""
SHOP = """title: A login
name: shop-login
logsource: { product: linux }
detection: { login: { action: login }, condition: login }
---
title: Many logins
name: shop-many
correlation: { type: event_count, rules: [shop-login], group-by: [address], timespan: 10m, condition: { gte: 3 } }
"""
LINE = "Nov 25 04:0{minute}:00 web1 sshd[12]: Failed password for root from {address} port 4022 ssh2\n"


class Detect(unittest.TestCase):
    def setUp(self):
        self.top = pathlib.Path(os.path.realpath(tempfile.mkdtemp(prefix="aright-detect-")))
        self.addCleanup(remove, self.top)
        (self.top / "rules" / "below").mkdir(parents=True)
        (self.top / "rules" / "ssh.yml").write_text(RULES)
        (self.top / "rules" / "below" / "shell.yaml").write_text(PLAIN)

    def detect(self, *words, code, stdin=None):
        done = subprocess.run([BINARY, "detect", "--controls", str(self.top / "rules"), *map(str, words)],
                              input=stdin, capture_output=True, timeout=120)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done.stdout.decode(), done.stderr.decode()

    def events(self, text, name="events"):
        (self.top / name).write_bytes(text if isinstance(text, bytes) else text.encode())
        return self.top / name

    def test_a_correlation_counts_by_the_events_own_times(self):
        lines = [LINE.format(minute=m, address="203.0.113.7") for m in range(3)]
        log = self.events(lines[0] + LINE.format(minute=1, address="203.0.113.8") + lines[1] + lines[2])
        out, told = self.detect(log, "--decoder", "sshd", "-o", "json", code=1)
        (one,) = map(json.loads, out.splitlines())
        self.assertEqual(one["control"], "many-failed-logins-from-one-address")
        self.assertEqual((one["level"], one["group"], one["authors"]), ("high", {"address": "203.0.113.7"}, ["A. Example", "B. Example"]))
        self.assertEqual((one["subject"], one["source"], one["line"]), ("address=203.0.113.7", str(log), 4))
        self.assertEqual(one["offset"], len(lines[0]) * 3)
        self.assertRegex(one["time"], "-11-25T..:02:00")
        self.assertIn("4 events, 1 finding; 0 lines quarantined", told)
        self.assertIn("3 rules loaded, 0 files with mistakes", told)
        spread = "".join(LINE.format(minute=m, address="203.0.113.7") for m in (0, 3, 6))
        self.assertEqual(self.detect(self.events(spread), "--decoder", "sshd", code=0)[0], "")

    def test_events_without_a_time_are_counted_by_no_correlation(self):
        (self.top / "rules" / "shop.yml").write_text(SHOP)
        log = self.events("".join(json.dumps({"action": "login", "address": "203.0.113.7", "at": f"2026-11-{day:02}T10:00:00Z"}) + "\n"
                                  for day in range(1, 7)) + '{"program":"bash"}\n')
        shop = ("--log-source", "product=linux", "-o", "json")
        out, told = self.detect(log, *shop, code=1)
        self.assertEqual([json.loads(line)["title"] for line in out.splitlines()], ["A shell was opened"], "they are days apart")
        self.assertIn("not counted by correlations: 6 events without a time of their own", told)
        self.assertIn("name its key with --time, or give the file of the source with --decoder", told)
        only = self.events(log.read_text().splitlines(keepends=True)[0], "only")
        self.assertIn("1 event without", self.detect(only, *shop, code=2)[1], "what was not looked at is no clean bill")
        self.assertEqual(self.detect(only, *shop, "--time", "at", code=0)[0], "")
        close = self.events("".join(json.dumps({"action": "login", "address": "203.0.113.7", "at": f"2026-11-01T10:0{n}:00Z"}) + "\n" for n in range(3)))
        out, told = self.detect(close, *shop, "--time", "at", code=1)
        self.assertEqual([json.loads(line)["title"] for line in out.splitlines()], ["Many logins"])
        self.assertNotIn("not counted", told)
        _, told = self.detect(close, *shop, "--time", "nokey", code=2)
        self.assertIn("3 events without a time", told)
        self.assertIn("no event has a key `nokey` with a time, so no correlation counted any", told)

    def test_what_to_do_about_events_without_a_time_fits_what_was_given(self):
        (self.top / "rules" / "shop.yml").write_text(SHOP)
        log = self.events('{"action":"login","address":"203.0.113.7","when":"2026-11-01T10:00:00Z"}\n')
        source = "source: shop\ntail: {{ files: [/var/log/shop.log] }}\nlog_source: {{ product: linux }}\ndecode: {}\n"
        for name, decode, advice in (("silent.yaml", "json", "{} does not say where it stands; `time: …` in its `decode`"),
                                     ("other.yaml", "{ json: { time: at } }", "they have no `at`, where {} says that it stands")):
            file = self.events(source.format(decode), name)
            told = self.detect(log, "--decoder", file, code=2)[1]
            self.assertIn("1 event without a time of their own; " + advice.format(file), told)
            self.assertNotIn("with --decoder", told)
        told = self.detect(log, "--log-source", "product=linux", "--time", "at", code=2)[1]
        self.assertIn("they have no `at`, where --time says that it stands", told)

    def test_several_files_are_one_log_in_whatever_order_they_are_named(self):
        def lines(*minutes):
            return "".join(f"Nov 25 0{4 + m // 60}:{m % 60:02}:00 web1 sshd[12]: Failed password for root from 203.0.113.7 port 4022 ssh2\n"
                           for m in minutes)
        older, newer = self.events(lines(0, 100, 101), "auth.log.1"), self.events(lines(102, 150), "auth.log")
        beside = self.events("nonsense\n" + lines(40, 151, 152), "beside.log")
        said = set()
        for files in ((newer, older, beside), (older, newer, beside), (beside, newer, older)):
            out, told = self.detect(*files, "--decoder", "sshd", "-o", "json", code=1)
            found = [json.loads(line) for line in out.splitlines()]
            self.assertEqual([(one["source"], one["line"]) for one in found], [(str(newer), 1), (str(beside), 4)])
            self.assertIn("8 events, 2 findings; 1 line quarantined", told)
            self.assertNotIn("not counted", told)
            said.add(out)
        self.assertEqual(len(said), 1)
        many = [self.events(lines(n), f"many.{n}") for n in range(100, 103)] + [self.events(lines(0), f"other.{n}") for n in range(1200)]
        self.detect(*reversed(many), "--decoder", "sshd", code=1)  # more files than may be open at once
        self.assertIn("no such file", self.detect(newer, self.top / "nowhere", "--decoder", "sshd", code=2)[1].lower())
        with subprocess.Popen(["cat", older], stdout=subprocess.PIPE) as piped:
            done = subprocess.run([BINARY, "detect", "--controls", self.top / "rules", "--decoder", "sshd", newer, f"/dev/fd/{piped.stdout.fileno()}"],
                                  pass_fds=[piped.stdout.fileno()], capture_output=True, text=True, timeout=60)
        self.assertIn("5 events, 1 finding", done.stderr)

    def test_bad_lines_are_told_with_their_number_and_lose_nothing(self):
        log = self.events(b'{"program":"bash","product":"linux"}\n{"a":1,"a":2}\n{"a":\n{"a":"\xff"}\n{"b":"\x00"}\n\n' + b"x" * 70_000 +
                          b'\n{"program":"bash","host":"web1"}')
        out, told = self.detect(log, "--log-source", "product=linux", code=1)
        self.assertRegex(out, r"medium +A shell was opened on source=\S+  \S+:1  \S+  by shell; rule by C. Example\n")
        self.assertRegex(out, r"on host=web1  \S+:8 ")
        for number, reason in ((2, "twice"), (3, "JSON"), (4, "UTF-8"), (5, "JSON"), (7, "a line of more than 65536 bytes")):
            self.assertRegex(told, rf"(?m)^{log}:{number}: .*{reason}")
        self.assertIn("2 events, 2 findings; 5 lines quarantined", told)

    def test_standard_input_and_patterns_of_ones_own(self):
        source = self.events('source: app\ntail: { files: [/var/log/app.log] }\nlog_source: { product: linux }\n'
                             "decode: { text: '(?P<when>\\S+) (?P<program>\\S+)', time: when }\n", "app.yaml")
        out, told = self.detect("-", "--decoder", source, "-o", "json", code=1,
                                stdin=b"2026-11-25T04:00:00+01:00 bash\n2026-11-25T04:00:00Z sh\nother words here\n")
        one = json.loads(out)
        self.assertEqual((one["source"], one["line"], one["time"]), ("stdin", 1, "2026-11-25T03:00:00.000000Z"))
        self.assertEqual(one["searches"], ["shell"])
        self.assertIn("2 events, 1 finding; 0 lines quarantined, 1 not for this decoder", told)

    def test_what_cannot_be_used_is_refused_by_name(self):
        (self.top / "rules" / "near.yml").write_text(
            "title: n\nlogsource: { product: linux }\ndetection:\n  s: { a|expand: '%x%' }\n  condition: s\n")
        log = self.events('{"program":"sh"}\n')
        _, told = self.detect(log, "--log-source", "product=Linux", code=2)
        self.assertRegex(told, r"error: .*expand.*\n  --> near.yml:4:")
        self.assertIn("3 rules loaded, 1 file with mistakes", told)
        self.assertIn("decoder", self.detect(log, "--decoder", "nonsense", code=2)[1])
        self.assertIn("product=", self.detect(log, "--log-source", "linux", code=2)[1])
        self.assertIn("`product=` names none", self.detect(log, "--log-source", "product=", code=2)[1])
        self.assertIn("no event has a key `nokey`", self.detect(log, "--log-source", "product=linux", "--time", "nokey", code=2)[1])
        self.assertIn("a key of JSON lines", self.detect(log, "--decoder", "sshd", "--time", "at", code=2)[1])
        self.detect(code=2)
        self.assertIn("no such file", self.detect(self.top / "absent", code=2)[1], "nothing matched, for nothing was read")
        self.assertIn("no such file", self.detect(self.events('{"program":"bash"}\n', "m"), self.top / "absent", "--log-source", "product=linux", code=2)[1])
        (self.top / "folder").mkdir()
        self.assertIn("error: ", self.detect(self.top / "folder", code=2)[1])
        for file in (self.top / "rules").rglob("*.y*ml"):
            file.unlink()
        self.assertIn("no rule to look with", self.detect(log, code=2)[1])

    def test_nothing_found_is_nothing_wrong_only_where_something_looked(self):
        log = self.events('{"program":"sh"}\n')
        self.detect(log, "--log-source", "product=linux", code=0)
        _, told = self.detect(log, code=2)
        self.assertIn("no event is of a log source that a rule is for", told)
        self.assertIn("the rules are for product=linux; product=linux,service=sshd, the events of none; say", told)
        self.assertIn("the events of product=zeek,category=dns; say", self.detect(log, "--log-source", "category=dns,product=zeek", code=2)[1])
        self.assertIn("1 line quarantined", self.detect(self.events("{\n"), "--log-source", "product=linux", code=2)[1])

    def test_words_about_a_rule_count_and_controls_of_other_kinds_are_passed_over(self):
        (self.top / "rules" / "motd.yaml").write_text("control: motd\nwatch: { resource: file, path: /etc/motd }\ndesired: { mode: '0644' }\n")
        (self.top / "rules" / "words.yaml").write_text("control: shells\nsigma: a-shell-was-opened\nseverity: critical\n")
        log = self.events('{"program":"bash"}\n')
        out, told = self.detect(log, "--log-source", "product=linux", code=1)
        self.assertRegex(out, r"^critical +A shell was opened on ")
        self.assertNotIn("error", told)
        self.assertIn("skipped, since they see no events: 1 file with controls of other kinds", told)
        self.assertIn("0 files with mistakes", told)
        (one,) = map(json.loads, self.detect(log, "--log-source", "product=linux", "-o", "json", code=1)[0].splitlines())
        self.assertEqual(one["control"], "shells")
        (self.top / "rules" / "words.yaml").write_text("control: shells\nsigma: failed-login-over-ssh\n")
        told = self.detect(log, "--log-source", "product=linux", code=1)[1]
        self.assertIn("rule `failed-login-over-ssh` is no control", told)
        self.assertIn("counted by the correlation `many-failed-logins-from-one-address`", told)

    def test_published_rules_find_published_events(self):
        events = CORPORA / "events" / "sigmahq-regression" / "gold_flat.jsonl"
        if not events.exists():
            self.skipTest("no corpus")
        done = subprocess.run([BINARY, "detect", "--controls", str(CORPORA / "sigma" / "rules"), str(events), "-o", "json"],
                              capture_output=True, text=True, timeout=300)
        self.assertEqual(done.returncode, 1, done.stderr)
        found = [json.loads(line) for line in done.stdout.splitlines()]
        lines = [json.loads(line) for line in events.read_text().splitlines()]
        loaded = {one["id"] for one in found}
        wanted = {line["_rule_id"] for line in lines}
        self.assertGreater(len(wanted & loaded), 60)
        self.assertTrue(all(one["authors"] for one in found))


if __name__ == "__main__":
    unittest.main()
