"""The waits between the tries of a step, through the real daemon: they outlive it, are never cut short, and no try is lost or won."""
import signal
import time
import unittest
from datetime import datetime

from daemon import DaemonCase, until

STEP = """  - exec: [{program}]
    confirm: {{ exec: [/usr/bin/test, -e, {work}] }}
    retry: {{ times: {times}, wait: {wait} }}
"""


def moment(entry):
    return datetime.fromisoformat(entry["at"]).timestamp()


class Retries(DaemonCase):
    def setUp(self):
        super().setUp()
        self.tries, self.way, self.work = (self.play / name for name in ("tries", "way", "work"))
        self.program = self.top / "program"
        self.program.write_text(f"#!/bin/sh\necho x >> {self.tries}\ntest -e {self.way} || exit 1\ntouch {self.work}\n")
        self.program.chmod(0o755)

    def step(self, times, wait):
        with open(self.config / "workflows" / "restore.yaml", "a") as workflow:
            workflow.write(STEP.format(program=self.program, work=self.work, times=times, wait=wait))

    def made(self):
        return len(self.tries.read_text().split()) if self.tries.exists() else 0

    def waits(self, number, of):
        """The run says that it waits, after this try."""
        run = until(lambda: [r for r in self.runs() if f"try {number} of {of} failed" in r.get("reason", "")],
                    lambda: f"it waits after try {number}: {self.ask('runs', 'list')}")[0]
        self.assertEqual(run["state"], "running")
        self.assertRegex(run["reason"], r"^waits until \S+ for the next try of step 2 of 2 ")
        self.assertEqual(self.made(), number)

    def entries_of_tries(self):
        """(the wait that was declared, that which was kept) in seconds, of each try that another one followed."""
        of_step = [e for e in self.entries() if e.get("step") == 1 and e["kind"] in ("step.intended", "step.done")]
        began = [moment(e) for e in of_step if e["kind"] == "step.intended"]
        failed = [e for e in of_step if "again_in_ms" in e]
        return [(e["again_in_ms"] / 1000, began[n + 1] - moment(e)) for n, e in enumerate(failed)]

    def verified(self):
        self.assertEqual(self.stop(), 0)
        self.assertIn("ok: ", self.cli("audit", "verify"))

    def test_a_kill_in_each_wait_cuts_none_short_and_begins_no_count_anew(self):
        self.step(2, "10s")
        self.start()
        self.break_file()
        for number in (1, 2):
            self.waits(number, 3)
            self.stop(signal.SIGKILL)
            self.start()
            self.waits(number, 3)
        until(lambda: self.runs("rolled_back"), lambda: f"its tries are used up: {self.ask('runs', 'list')}", 80)
        self.assertEqual(self.made(), 3)
        self.assertEqual([declared for declared, _ in self.entries_of_tries()], [10, 20])
        for declared, kept in self.entries_of_tries():
            self.assertGreaterEqual(kept, declared - 0.01)  # what is written down is cut to milliseconds
        self.verified()

    def test_what_fell_due_while_nobody_was_there_is_tried_at_the_start_and_no_other_with_it(self):
        self.step(3, "5s")
        self.start()
        self.break_file()
        self.waits(1, 4)
        self.stop(signal.SIGKILL)
        due = [moment(e) + e["again_in_ms"] / 1000 for e in self.entries() if "again_in_ms" in e][0]
        until(lambda: time.time() > due + 0.5, "its time is over, and that nothing runs meanwhile is the point")
        self.assertEqual(self.made(), 1)
        self.start()
        self.waits(2, 4)
        self.way.touch()
        self.ended(1)
        self.assertEqual(self.made(), 3)
        (first, second) = self.entries_of_tries()
        self.assertGreaterEqual(first[1], first[0])
        self.assertEqual(second[0], 10)
        self.assertGreaterEqual(second[1], 10 - 0.01)
        self.verified()

    def test_cancelled_after_a_restart_it_waits_no_longer(self):
        self.step(3, "60s")
        self.start()
        self.break_file()
        self.waits(1, 4)
        self.stop(signal.SIGKILL)
        self.start()
        self.waits(1, 4)
        self.cli("runs", "cancel", "1", "--reason", "no more of it")
        self.ended(1, "cancelled")
        self.assertEqual(self.made(), 1)
        self.assertTrue(self.fixed())
        self.verified()


unittest.main()
