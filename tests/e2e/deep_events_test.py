"""What the intake takes as an event can be answered, shown, kept and proven, however deep or large an outsider made it; what
no program can be given is held before anything is started."""
import json
import signal
import subprocess
import threading
import unittest

from api_server import ApiServer
from daemon import BINARY, until
from log_case import LogCase
from webhook import WebhookCase, github

DEEPEST = 64  # levels that are taken; the event's own map is one
LIMIT = 1 << 20  # bytes of a body


def nested(levels):
    """The value of a field of an event that has so many levels."""
    value = 1
    for _ in range(levels - 1):
        value = [value]
    return value


class DeepLog(LogCase):
    def deep(self, levels, address):
        place = self.log_file.stat().st_size if self.log_file.exists() else 0
        with open(self.log_file, "a") as log:
            log.write(self.line(address, n=levels, x=nested(levels)))
        return f"app:{self.log_file}:{place}"

    def alone(self, *words):
        done = subprocess.run([BINARY, "--state", str(self.state), *words], capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout

    def tap(self):
        """The lines that it prints, from the first on."""
        process = subprocess.Popen([BINARY, "--state", str(self.state), "sources", "tap", "app"], stdout=subprocess.PIPE, text=True)
        lines = []
        reader = threading.Thread(target=lambda: [lines.append(line) for line in process.stdout])
        reader.start()
        self.addCleanup(lambda: (process.kill(), process.wait(), reader.join(), process.stdout.close()))
        until(lambda: self.append("203.0.113.250") or lines, "an event in the tap")
        return lines

    def test_each_that_is_taken_is_answered_and_shown(self):
        self.start()
        lines = self.tap()
        levels = (58, 60, 62, 63, DEEPEST)
        places = {n: self.deep(n, f"203.0.113.{n}") for n in levels}
        self.deep(DEEPEST + 1, "203.0.113.65")  # no event
        until(lambda: {n for _, _, n in self.calls()} >= set(levels), lambda: f"{self.calls()} {self.get('/v1/runs')}", seconds=40)
        until(lambda: "malformed-event" in str(self.get("/v1/findings")), lambda: self.get("/v1/findings"))
        self.assertNotIn("203.0.113.65", [address for _, address, _ in self.calls()])
        until(lambda: f'"n":{DEEPEST}' in "".join(lines), lambda: lines[-3:])
        findings = {f["subject"]: f["id"] for f in self.ask("findings", "list", "--all")}
        for n, place in places.items():
            finding, = (i for subject, i in findings.items() if subject.endswith(f"203.0.113.{n}"))
            self.assertEqual(self.ask("findings", "show", finding)["event"]["data"]["x"], nested(n))
            self.assertIn("203.0.113", self.cli("findings", "show", finding))
            self.assertIn(json.dumps(nested(n)), json.dumps(self.ask("explain", place)))
            self.assertIn("203.0.113", self.cli("explain", place))

    def test_the_deepest_outlives_a_kill_and_becomes_a_test_a_replay_and_evidence(self):
        self.workflow(mode="propose")
        self.start()
        self.deep(DEEPEST, "203.0.113.64")
        until(lambda: self.get("/v1/reviews"), lambda: self.get("/v1/runs"))
        self.stop(signal.SIGKILL)
        self.start()
        self.cli("reviews", "approve", "1", "--reason", "a test")
        self.called("203.0.113.64")
        self.assertEqual(self.stop(), 0)
        self.alone("test", "--record", "1", str(self.config))
        self.assertIn("1 test, 0 failed", self.alone("test", str(self.config)))
        replayed = json.loads(self.alone("replay", "--workflows", str(self.config), "-o", "json"))
        self.assertEqual((replayed["lines"], replayed["findings"]), ([], 1), replayed)
        folder = self.top / "evidence"
        self.alone("audit", "evidence", "--run", "1", "--out", str(folder))
        checked = subprocess.run(["python3", str(folder / "verify.py")], capture_output=True, text=True, timeout=60)
        self.assertEqual(checked.returncode, 0, checked.stdout + checked.stderr)
        self.assertIn("ok: ", self.alone("audit", "verify"))


class DeepDelivery(WebhookCase):
    PROGRAM = ("#!/usr/bin/python3\nimport json, sys\ntold = json.load(sys.stdin)\n"
               "open({calls!r}, 'a').write(str(len(json.dumps(told['event']['data']))) + ' ' + str(len(told.get('secrets', {{}}))) + '\\n')\n")

    def setUp(self):
        super().setUp()
        self.api = ApiServer()
        self.addCleanup(self.api.close)
        token = self.top / "word"
        token.touch(0o600)
        token.write_text("a-secret-word\n")
        self.write_node(f"destinations:\n  - {{ host: 127.0.0.1, ports: [{self.api.port}] }}\nsecrets: {{ word: {{ file: {token} }} }}\n")
        self.program.write_text(self.PROGRAM.format(calls=str(self.play / "calls")))

    def steps(self, *steps, mode="auto"):
        (self.config / "workflows" / "react.yaml").write_text(
            f"workflow: react\nowner: tests\nanswers: [something-was-deleted]\nmode: {mode}\nsteps:\n" + "".join(f"  - {s}\n" for s in steps))

    def source_that_trusts(self, *fields):
        self.write_source()
        path = self.config / "sources" / "hook.yaml"
        path.write_text(path.read_text().replace("[host, action]", "[host, action, " + ", ".join(fields) + "]"))

    def ended(self, *states):
        return until(lambda: self.runs(*states), lambda: self.ask("runs", "list"), seconds=40)

    def test_the_deepest_reaches_programs_and_servers_with_their_secrets(self):
        self.source_that_trusts("x")
        url = self.api.url()
        self.steps(f"exec: [{self.program}]\n    secrets: [word]",
                   f"call: {{ method: POST, url: '{url}/all', input: true }}",
                   f"call: {{ method: POST, url: '{url}/part', json: {{ a: [{{ b: '${{ event.x }}' }}], word: {{ secret: word }} }} }}")
        self.start()
        body = json.dumps({"action": "deleted", "host": "web1", "x": nested(DEEPEST)}).encode()
        self.assertEqual(self.post(body, github(body, "d1"))[0], 200)
        self.ended("succeeded")
        self.assertEqual(len(self.calls()), 2, "its length, and one secret")
        whole, part = self.api.asked("POST")
        self.assertEqual(json.loads(whole["body"])["event"]["data"]["x"], nested(DEEPEST))
        self.assertEqual(json.loads(part["body"]), {"a": [{"b": nested(DEEPEST)}], "word": "a-secret-word"})

    def test_the_largest_body_reaches_a_program_and_a_server(self):
        self.write_source(headers="{ from: User-Agent }")
        self.steps(f"exec: [{self.program}]", f"call: {{ method: POST, url: '{self.api.url()}/all', input: true }}")
        self.start()
        body = json.dumps({"action": "deleted", "host": "web1", "x": ""}).encode()
        body = body.replace(b'"x": ""', b'"x": "' + b"x" * (LIMIT - len(body)) + b'"')
        self.assertEqual(len(body), LIMIT)
        self.assertEqual(self.post(body, {**github(body, "d1"), "User-Agent": "a" * 4000})[0], 200)
        self.ended("succeeded")
        self.assertGreater(len(self.api.asked("POST")[0]["body"]), LIMIT)

    def held_for(self, words, *steps):
        """Nothing is started; mode plan says it, and so does the review."""
        self.source_that_trusts("v")
        self.steps(*steps, mode="plan")
        self.start()
        body = json.dumps({"action": "deleted", "host": "web1", "v": "v" * 140_000}).encode()
        self.assertEqual(self.post(body, github(body, "d1"))[0], 200)
        until(lambda: words in json.dumps(self.ask("runs", "list")), lambda: self.ask("runs", "list"))
        self.assertNotIn("would run", json.dumps(self.runs()))
        self.assertEqual(self.stop(), 0)
        self.steps(*steps)
        self.start()
        body = body.replace(b"web1", b"web2")
        self.assertEqual(self.post(body, github(body, "d2"))[0], 200)
        until(lambda: [r for r in self.runs("held") if r["subject"].endswith("web2")], lambda: self.ask("runs", "list"))
        self.assertIn(words, json.dumps(self.ask("reviews", "list")))
        self.assertEqual(self.calls(), [])

    def test_an_argument_beyond_its_limit_is_held(self):
        self.held_for("argument 1 of", f"exec: [{self.program}, '${{ event.v }}']")

    def test_so_is_a_variable(self):
        self.held_for("environment variable V of", f"exec: [{self.program}]\n    environment: {{ V: '${{ event.v }}' }}")

    def test_and_what_the_program_that_confirms_is_given(self):
        self.held_for("argument 1 of", f"exec: [{self.program}]\n    confirm: {{ exec: [{self.program}, '${{ event.v }}'], absent: {{ exit: [1] }} }}")


unittest.main()
