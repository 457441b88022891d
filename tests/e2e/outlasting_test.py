"""A run that goes on long after its finding is over: "ban, wait, unban", also over a restart."""
import signal
import unittest

from daemon import until
from log_case import LogCase


class Outlasting(LogCase):
    def test_a_step_after_a_wait_still_knows_the_event(self):
        (self.config / "controls" / "short.yaml").write_text("control: short\nsigma: failed-login\nresolve_after: 1s\n")
        (self.config / "workflows" / "react.yaml").write_text(f"""workflow: react
owner: tests
answers: [short]
mode: auto
steps:
  - exec: [{self.program}, "${{{{ event.address }}}}"]
  - wait: 3s
  - exec: [{self.program}, "${{{{ event.address }}}}"]
""".replace("{{", "{").replace("}}", "}"))
        self.start()
        self.append("203.0.113.1")
        until(lambda: self.calls() and not self.get("/v1/findings"), lambda: f"{self.calls()} {self.get('/v1/findings?all=1')}")
        self.assertEqual([r["state"] for r in self.get("/v1/runs")], ["waiting"])
        self.stop(signal.SIGKILL)
        self.start()
        self.called("203.0.113.1", "203.0.113.1")
        self.assertEqual([r["state"] for r in self.get("/v1/runs")], ["succeeded"])


if __name__ == "__main__":
    unittest.main()
