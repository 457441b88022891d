"""How far the word of a source goes, with the real daemon: what anybody may send reaches no program in mode auto."""
import signal
import unittest

from daemon import until
from webhook import WebhookCase, deleted, github

WORKFLOW = """workflow: react
owner: tests
answers: [{control}]
mode: auto
guards: {{ threshold: [{{ runs: 1000, within: 10m, per: workflow }}] }}
steps:
  - exec: [{program}, "${{ event.target }}"]
"""
COUNTED = """---
title: Many deleted
name: many-deleted
level: high
correlation: {{ type: event_count, rules: [{rule}], group-by: [host], timespan: 10m, condition: {{ gte: 3 }} }}
"""


class Ceiling(WebhookCase):
    def setUp(self):
        super().setUp()
        self.answer("something-was-deleted")
        for name, auth in (("anybody", "none"), ("signed", "github")):
            self.write_source(name, auth)
            source = self.config / "sources" / f"{name}.yaml"
            source.write_text(source.read_text().replace("[host, action]", "[host, target]"))
        self.sent = 0

    def answer(self, control):
        (self.config / "workflows" / "react.yaml").write_text(WORKFLOW.format(control=control, program=self.program))

    def say(self, source, host, target):
        self.sent += 1
        body = deleted(host, target=target, n=self.sent)  # no two alike: GitHub signs no id
        headers = github(body, f"d{self.sent}") if source == "signed" else {}
        self.assertEqual(self.post(body, headers, source)[0], 200)

    def occurred(self, times):
        until(lambda: [f["occurrences"] for f in self.get("/v1/findings")] == [times], lambda: self.get("/v1/findings"))

    def explained(self, event, text):
        said = lambda: self.cli("explain", event, expect=(0, 1))  # 1: not stored yet
        until(lambda: text in said(), said)

    def over(self):
        until(lambda: not self.get("/v1/runs?open=1"), lambda: self.get("/v1/runs"))

    def test_a_program_is_told_by_whoever_may_say_so(self):
        self.start()
        self.say("anybody", "web1", "attacker")
        self.occurred(1)
        self.stop(signal.SIGKILL)
        self.start()
        self.say("signed", "web1", "ours")
        until(lambda: self.calls(), lambda: self.get("/v1/runs"))
        self.over()
        self.say("anybody", "web1", "attacker")
        self.occurred(3)
        self.assertEqual(self.calls(), ["ours"])

    def test_what_anybody_sends_fills_no_window_for_others(self):
        rules = self.config / "controls" / "deleted.yml"
        rules.write_text(rules.read_text() + COUNTED.format(rule="6d2c1b34-6b1c-4f0e-9a38-0f5c1d1f7a10"))
        self.answer("many-deleted")
        self.start()
        self.say("anybody", "web1", "attacker")
        self.explained("anybody:0", "1 of at least 3 within 10m")
        self.say("signed", "web1", "ours")
        self.explained("signed:0", "up to this event, 1 of them of sources that go as far as mode auto")
        self.say("anybody", "web1", "attacker")
        until(lambda: self.get("/v1/findings"), "all together are enough to be observed")
        self.assertEqual(self.get("/v1/runs"), [])
        self.stop(signal.SIGKILL)
        self.start()
        for _ in range(2):
            self.say("signed", "web1", "ours")
        until(lambda: self.calls(), lambda: self.get("/v1/findings"))
        self.over()
        self.assertEqual(self.calls(), ["ours"])


if __name__ == "__main__":
    unittest.main()
