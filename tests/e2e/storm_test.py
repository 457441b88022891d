"""A flood of findings whose programs take long, and one critical finding in its midst: it does not wait for them. Limits
of workflows and of the node, in the words that are shown. And runs of ours that bring each other about."""
import datetime
import http.server
import json
import os
import threading
import unittest

from daemon import AT_ONCE, DaemonCase, until
from log_case import RULE, LogCase

FLOOD = 300
TAKEOVER = """title: Takeover
name: takeover
status: test
author: The tests
level: critical
logsource: { product: app }
detection:
  selection: { what: takeover }
  condition: selection
"""
SLOW = """#!{python}
import pathlib, time
with open("{play}/slow", "a") as calls:
    calls.write("x")
while not pathlib.Path("{play}/go").exists():
    time.sleep(0.05)
"""
CONTAIN = """workflow: contain
owner: tests
answers: [takeover]
mode: auto
steps:
  - exec: [{program}, "${{ event.address }}"]
"""


class Receiver(http.server.BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def do_POST(self):
        told = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.told.append(told)
        self.send_response(204)
        self.end_headers()


class Storm(LogCase):
    def setUp(self):
        super().setUp()
        slow = self.programs / "slow"
        slow.write_text(SLOW.format(python=os.path.realpath("/usr/bin/python3"), play=self.play))
        slow.chmod(0o755)
        contain = CONTAIN.format(program=self.program)
        (self.config / "workflows" / "contain.yaml").write_text(contain)
        self.rule(RULE, TAKEOVER)
        self.program, self.quick = slow, self.program
        self.workflow()

    def started(self):
        path = self.play / "slow"
        return len(path.read_text()) if path.exists() else 0

    def limit(self, more):
        workflow = self.config / "workflows" / "react.yaml"
        workflow.write_text(workflow.read_text().replace("guards: {", "guards: { " + more + ","))

    def test_a_critical_finding_does_not_wait_for_a_flood(self):
        self.start()
        self.append(*(f"203.0.113.{n % 250}-{n}" for n in range(FLOOD)))
        until(lambda: self.started() == AT_ONCE and len(self.get("/v1/runs?open=1&limit=1000")) == FLOOD, "the flood is there")
        with open(self.log_file, "a") as log:
            log.write(self.line("198.51.100.9", what="takeover"))
        until(lambda: len(self.calls()) == 1, lambda: f"{self.ask('status')}")
        self.assertEqual(self.calls()[0][1], "198.51.100.9")
        self.assertEqual(self.started(), AT_ONCE, "none of the others has ended")
        self.began_at_once(self.of_takeover("run.created")[0]["run"])
        pending = [r for r in self.get("/v1/runs?open=1&limit=1000") if r["state"] == "pending"]
        self.assertGreater(len(pending), FLOOD - 130)
        self.assertIn("waits for a turn", pending[0]["reason"])
        (self.play / "go").touch()
        until(lambda: not self.get("/v1/runs?open=1"), "all end", seconds=120)
        self.assertEqual(self.started(), FLOOD)
        self.assertEqual(len(self.calls()), 1)

    def of_takeover(self, kind):
        """Entries of that kind about runs of the critical control, in order."""
        entries = self.entries()
        runs = {e["run"] for e in entries if e["kind"] == "run.created" and e["workflow"] == "contain"}
        return [e for e in entries if e["kind"] == kind and e["run"] in runs]

    def began_at_once(self, run):
        """By its own record, whatever the machine had to do: it left the queue in the commit that made it, and its program
        was announced in the commit that admitted it. A wait of 5 s would be an entry and a figure."""
        at = {e["kind"]: e["at"] for e in self.entries() if e.get("run") == run}
        self.assertEqual(at["run.planning"], at["run.created"])
        self.assertEqual(at["step.intended"], at["run.running"])
        self.assertEqual(self.of_takeover("run.delayed"), [])
        self.assertEqual(self.metrics()["aright_runs_delayed_total"], 0)
        created = next(e for e in self.entries() if e["kind"] == "run.created" and e["run"] == run)
        opened = next(e for e in self.entries() if e["kind"] == "finding.opened" and e["finding"] == created["finding"])
        waited = datetime.datetime.fromisoformat(at["step.intended"]) - datetime.datetime.fromisoformat(opened["at"])
        self.assertLessEqual(waited.total_seconds(), 5, "it acts within that, or says that it does not")

    def receiver(self):
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
        server.told = []
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        return server

    def test_a_flood_of_reviews_does_not_keep_back_the_word_of_a_critical_one(self):
        receiver = self.receiver()
        key = self.top / "key"
        key.write_text("whsec_" + "QUFB" * 8)
        key.chmod(0o600)
        self.write_node(f"""
secrets: {{ hook: {{ file: {key} }} }}
destinations: [{{ host: 127.0.0.1, ports: [{receiver.server_address[1]}] }}]
notify:
  default: [hook]
  hook:
    webhook: {{ url: "http://127.0.0.1:{receiver.server_address[1]}/in", secret: hook }}
    rate: {{ messages: 5, within: 1h }}
""")
        for name in ("react", "contain"):
            path = self.config / "workflows" / f"{name}.yaml"
            path.write_text(path.read_text().replace("mode: auto", "mode: propose"))
        self.start()
        self.append(*(f"203.0.113.{n % 250}-{n}" for n in range(FLOOD)))
        until(lambda: len(self.get("/v1/runs?open=1&limit=1000")) == FLOOD, "the flood is there")
        until(lambda: len(receiver.told) == 5, lambda: f"as many as may be: {receiver.told}")
        with open(self.log_file, "a") as log:
            log.write(self.line("198.51.100.9", what="takeover"))
        until(lambda: len(receiver.told) == 6, lambda: f"{receiver.told[5:]}")
        self.assertEqual(receiver.told[5]["data"]["severity"], "critical", receiver.told[5])
        self.assertIn("contain", receiver.told[5]["data"]["title"])
        review = self.of_takeover("run.held")[0]
        queued = next(e for e in self.entries() if e["kind"] == "notification.queued" and e.get("run") == review["run"])
        self.assertEqual(queued["at"], review["at"], "in the commit that held it")

    def test_a_critical_finding_that_has_to_wait_is_told(self):
        workflow = self.config / "workflows" / "contain.yaml"
        text = CONTAIN.format(program=self.program).replace("steps:", "guards: { concurrency: 1 }\nsteps:")
        workflow.write_text(text)
        self.start()
        for address in ("198.51.100.8", "198.51.100.9"):
            with open(self.log_file, "a") as log:
                log.write(self.line(address, what="takeover"))
        delayed = until(lambda: self.of_takeover("run.delayed"), lambda: f"{self.get('/v1/runs')}", seconds=60)[0]
        self.assertEqual(delayed["reason"], "waits for a turn: workflow contain: 1 of 1 runs are at work")
        first, second = self.of_takeover("run.created")
        self.assertEqual(delayed["run"], second["run"])
        waited = datetime.datetime.fromisoformat(delayed["at"]) - datetime.datetime.fromisoformat(second["at"])
        self.assertGreaterEqual(waited.total_seconds(), 5, "not before its time")
        until(lambda: self.metrics()["aright_runs_delayed_total"] == 1, "and is seen from outside")
        (self.play / "go").touch()
        until(lambda: len(self.runs("succeeded")) == 2, lambda: f"{self.runs()}")

    def test_limits_of_a_workflow_and_a_driver_say_who_waits(self):
        self.limit("concurrency: 2")
        with open(self.config / "aright.yaml", "a") as node:
            node.write("limits: { drivers: { exec: 4 } }\n")
        self.start()
        self.append("203.0.113.1", "203.0.113.2", "203.0.113.3")
        until(lambda: self.started() == 2 and len(self.runs("pending")) == 1, lambda: f"{self.runs()}")
        reason = "waits for a turn: workflow react: 2 of 2 runs are at work"
        until(lambda: self.runs("pending")[0]["reason"] == reason, lambda: f"{self.runs('pending')}")
        self.assertIn("2 of 2 runs are at work", self.cli("explain", "host=203.0.113.1"))
        (self.play / "go").touch()
        until(lambda: len(self.runs("succeeded")) == 3, lambda: f"{self.runs()}")
        self.assertEqual(self.stop(), 0)
        self.assertIn("ok: ", self.cli("audit", "verify"), "limits are a definition of their own")


WISH = """control: {name}
title: {name}
severity: medium
watch: {{ resource: file, path: {path} }}
desired: {{ content: "{content}" }}
"""
FIX = """workflow: {name}
owner: tests
answers: [{control}]
mode: auto
steps: [{{ ensure: desired }}]
"""


class Circle(DaemonCase):
    files = []

    def test_two_workflows_that_undo_each_other_are_held_with_the_circle_drawn(self):
        (self.config / "workflows" / "restore.yaml").unlink()
        path = self.play / "both"
        path.write_text("one")
        for name in ("one", "two"):
            (self.config / "controls" / f"{name}.yaml").write_text(WISH.format(name=name, path=path, content=name))
            fix = FIX.format(name=f"make-{name}", control=name)
            (self.config / "workflows" / f"make-{name}.yaml").write_text(fix)
        self.start()
        until(lambda: self.ask("reviews", "list"), lambda: f"{self.ask('runs', 'list')}")
        review = self.ask("reviews", "list")[0]
        self.assertEqual(review["guard"], "loop")
        self.assertIn(" → ", review["reason"])
        self.assertIn("make-one", review["reason"])
        self.assertIn("make-two", review["reason"])
        self.assertLessEqual(len([r for r in self.ask("runs", "list") if r["state"] == "succeeded"]), 3)
        self.assertIn("loop: ", self.cli("explain", str(path)))
        finding = self.ask("findings", "list")[0]["id"]
        self.assertRegex(self.cli("findings", "show", finding), r"led to by +run 1 of make-\w+, which changed file:")
        self.assertEqual(self.stop(), 0)
        self.assertIn("ok: ", self.cli("audit", "verify"))


if __name__ == "__main__":
    unittest.main()
