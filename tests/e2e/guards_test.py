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


if __name__ == "__main__":
    unittest.main()
