"""Programs that hang, leave their session with children of their own and heed no TERM: nothing of them is left behind.

ARIGHT_PROGRAMS=1000 is what a release has been through.
"""
import pathlib
import sys
import unittest

from daemon import set_by, until
from log_case import LogCase

# Children in its group, in a session of their own, and of a parent that has ended.
STUBBORN = """#!/bin/sh
trap '' TERM HUP INT
echo "$1" >> {play}/started
sleep 600 &
setsid sh -c 'trap "" TERM; sleep 600 & (sleep 600 &) ; wait' &
sleep 600
"""
WORKFLOW = """workflow: react
owner: tests
answers: [failed-login]
mode: auto
guards: {{ threshold: [{{ runs: 1000000, within: 10m, per: workflow }}] }}
steps:
  - exec: [{program}, "${{ event.address }}"]
    environment: {{ MARK: "{mark}" }}
    time_limit: 1s
"""


class Orphans(LogCase):
    def workflow(self, mode="auto", answers=None):
        self.program.write_text(STUBBORN.format(play=self.play))
        (self.config / "workflows" / "react.yaml").write_text(WORKFLOW.format(program=self.program, mark=self.top))

    def started(self):
        path = self.play / "started"
        return sorted(path.read_text().split()) if path.exists() else []

    def alive(self):
        """Whoever has inherited the mark."""
        found = []
        for process in pathlib.Path("/proc").glob("[0-9]*"):
            try:
                if f"MARK={self.top}".encode() in (process / "environ").read_bytes():
                    found.append(int(process.name))
            except OSError:  # it has ended meanwhile, or is not ours
                pass
        return found

    def test_nothing_of_any_is_left(self):
        count = set_by("ARIGHT_PROGRAMS", 20)
        names = sorted(f"host{n}" for n in range(count))
        self.start()
        self.append(*names)
        until(lambda: len(self.alive()) >= 5, "they have children")
        until(lambda: len(self.get("/v1/findings?limit=1000")) >= min(count, 1000), "all are found")
        until(lambda: not [r for r in self.get("/v1/runs?open=1&limit=1000") if r["state"] not in ("unknown", "held")],
              lambda: f"every program was ended: {self.get('/v1/status')}", seconds=60 + 3 * count)
        self.assertEqual(self.started(), names, "each once")
        self.assertEqual(self.alive(), [])
        for run in self.ask("runs", "list", "--open")[:5]:
            self.assertIn("did not end within 1s", run["reason"])
        self.assertEqual(self.stop(), 0)
        self.assertIn("ok: ", self.cli("audit", "verify"))
        print(f"{count} programs of at least four processes each: 0 left", file=sys.stderr)

    def test_a_stop_leaves_nothing(self):
        self.start()
        self.append(*(f"host{n}" for n in range(8)))
        until(lambda: len(self.started()) == 8 and len(self.alive()) >= 32, "all run, and all they started")
        self.assertEqual(self.stop(), 0)
        self.assertEqual(self.alive(), [])


unittest.main()
