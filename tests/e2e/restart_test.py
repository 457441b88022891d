"""A restart with many runs that wait for their time and many that wait for a person: each is where it was, none is told of
twice, and what came due meanwhile is done once.

ARIGHT_OPEN=10000 is how many a release has been through.
"""
import collections
import signal
import sys
import time
import unittest

from daemon import set_by, until
from log_case import LogCase

RULE = """title: {name}
name: {name}
status: test
author: The tests
level: high
logsource: {{ product: app }}
detection:
  selection: {{ what: {name} }}
  condition: selection
"""
WORKFLOW = """workflow: {name}
owner: tests
answers: [{name}]
mode: {mode}
guards: {{ threshold: [{{ runs: 1000000, within: 10m, per: workflow }}] }}
steps:
{wait}  - exec: [{program}, "${{ event.address }}"]
"""
SHORT_S = 4


class Restart(LogCase):
    def rule(self):
        for name in ("long", "short", "asks"):
            (self.config / "controls" / f"{name}.yml").write_text(RULE.format(name=name))

    def workflow(self):
        for name, mode, wait in (("long", "auto", "1h"), ("short", "auto", f"{SHORT_S}s"), ("asks", "propose", None)):
            steps = f"  - wait: {wait}\n" if wait else ""
            text = WORKFLOW.format(name=name, mode=mode, wait=steps, program=self.program)
            (self.config / "workflows" / f"{name}.yaml").write_text(text)

    def tell(self, name, count):
        with open(self.log_file, "a") as log:
            log.write("".join(self.line(f"{name}{n}").replace("failed", name) for n in range(count)))

    def rows(self, table):
        """All of them, as stored; a list's page holds a thousand."""
        found = {}
        for row in self.stored(f"SELECT id, doc FROM {table}"):
            found[row[0]] = row[1]
        return found

    def open_runs(self):
        return {r[0]: r[1] for r in self.stored("SELECT id, doc FROM run WHERE open=1")}

    def states(self):
        return collections.Counter((r["workflow"], r["state"]) for r in self.rows("run").values())

    def test_each_is_where_it_was(self):
        count = set_by("ARIGHT_OPEN", 600)
        self.start()
        self.tell("long", count)
        self.tell("asks", count)
        expected = {("long", "waiting"): count, ("asks", "held"): count}
        until(lambda: self.states() == expected, lambda: f"{self.states()}", seconds=60 + count // 20)
        self.tell("short", 30)
        until(lambda: sum(n for (name, _), n in self.states().items() if name == "short") == 30, "they have begun", seconds=60)
        self.stop(signal.SIGKILL)
        stored = self.entries()
        before, reviews = self.open_runs(), self.rows("review")
        due = {id for id, run in before.items() if run["workflow"] == "short"}
        time.sleep(SHORT_S)  # that nobody is there when their time comes is the point

        begin = time.monotonic()
        self.start()
        ready = time.monotonic() - begin
        self.assertEqual(self.rows("review"), reviews)
        until(lambda: self.states() == {**expected, ("short", "succeeded"): 30}, lambda: f"{self.states()}", seconds=60)
        self.assertEqual(sorted(call[1] for call in self.calls()), sorted(f"short{n}" for n in range(30)), "each once, no other")
        self.assertEqual(self.stop(), 0)
        after = self.rows("run")
        self.assertEqual({id: run for id, run in after.items() if id not in due}, {id: run for id, run in before.items() if id not in due})
        self.assertEqual(self.rows("review"), reviews)
        new = self.entries()[len(stored):]
        told = {str(entry["run"]) for entry in new if entry.get("run")}
        self.assertLessEqual(len(told), len(due), "nothing is said about what goes on waiting")
        self.assertIn("ok: ", self.cli("audit", "verify"))
        print(f"{2 * count} open runs: ready after {ready * 1000:.0f} ms, none lost, none done early or twice", file=sys.stderr)


unittest.main()
