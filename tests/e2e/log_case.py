"""A daemon that follows a log of ours: rules, a source, a workflow that starts a program for each finding."""
import json
import os

from daemon import DaemonCase, until

RULE = """title: Failed login
name: failed-login
status: test
author: The tests
level: high
tags: [attack.t1110]
logsource: { product: app }
detection:
  selection: { what: failed }
  condition: selection
"""
MANY = """title: Many failed logins
name: many-failed
level: high
correlation:
  type: event_count
  rules: [failed-login]
  group-by: [address]
  timespan: 10m
  condition: { gte: 3 }
"""
SOURCE = """source: app
tail: {{ files: [{log}], from: start{more} }}
log_source: {{ product: app }}
decode: {{ json: {{ trusted: [address, host] }} }}
"""
WORKFLOW = """workflow: react
owner: tests
answers: [{answers}]
mode: {mode}
guards: {{ threshold: [{{ runs: 1000, within: 10m, per: workflow }}] }}
steps:
  - exec: [{program}, "${{ event.address }}"]
"""
PROGRAM = """#!{python}
import json, os, sys
told = json.load(sys.stdin)
with open("{play}/calls", "a") as calls:
    calls.write(json.dumps([os.environ["ARIGHT_KEY"], sys.argv[1], told["event"]["data"].get("n")]) + "\\n")
"""


class OneLine:
    """Of a sweep over a LogCase: one line of the log, from the same empty log each time; no file is its result."""

    def as_prepared(self):
        super().as_prepared()
        self.log_file.unlink(missing_ok=True)

    def provoke(self):
        self.append("203.0.113.1")

    def is_result(self, path):
        return False


class LogCase(DaemonCase):
    files = []
    answers = "failed-login"

    def setUp(self):
        super().setUp()
        (self.config / "workflows" / "restore.yaml").unlink()
        self.logs, self.programs, sources = self.top / "logs", self.top / "programs", self.config / "sources"
        for folder in (self.logs, self.programs, sources):
            folder.mkdir(mode=0o755)
        self.log_file = self.logs / "app.log"
        program = self.programs / "react"
        program.write_text(PROGRAM.format(python=os.path.realpath("/usr/bin/python3"), play=self.play))
        program.chmod(0o755)
        self.program = program
        self.rule()
        self.source()
        self.workflow()

    def rule(self, *texts):
        (self.config / "controls" / "rules.yml").write_text("---\n".join(texts or (RULE,)))

    def source(self, more=""):
        (self.config / "sources" / "app.yaml").write_text(SOURCE.format(log=self.log_file, more=more))

    def workflow(self, mode="auto", answers=None):
        text = WORKFLOW.format(program=self.program, mode=mode, answers=answers or self.answers)
        (self.config / "workflows" / "react.yaml").write_text(text)

    def line(self, address, **more):
        return json.dumps({"what": "failed", "address": address, "host": address, **more}) + "\n"

    def append(self, *addresses, file=None):
        with open(file or self.log_file, "a") as log:
            log.write("".join(self.line(address) for address in addresses))

    def calls(self):
        """(key, address, n) of each start of the program, in order; a line that is being written is none yet."""
        path = self.play / "calls"
        return [tuple(json.loads(line)) for line in path.read_text().split("\n")[:-1]] if path.exists() else []

    def called(self, *addresses):
        """It was started once for each of these, and for nothing else; nothing is open."""
        until(lambda: len(self.calls()) >= len(addresses) and not self.get("/v1/runs?open=1"),
              lambda: f"{addresses}: {self.calls()} {self.get('/v1/runs')} {self.get('/v1/sources')}", seconds=40)
        self.assertEqual(sorted(call[1] for call in self.calls()), sorted(addresses))

    def shown(self, name="app"):
        return next(s for s in self.get("/v1/sources") if s["source"] == name)

    def taken(self, events, name="app"):
        """So many records have been handled, durably."""
        return until(lambda: (s := self.shown(name))["events"] == events and s, lambda: f"{events}: {self.get('/v1/sources')}")
