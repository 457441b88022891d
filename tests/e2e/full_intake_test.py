"""Webhooks on a full disk, a real one: a small file system of its own for the state folder."""
import threading
import unittest
import urllib.request

from daemon import until
from mounts import enter_own_mounts, fill, mount
from webhook import WebhookCase, deleted, github


@unittest.skipUnless(enter_own_mounts(__file__), "skipped: only root may mount here")
class FullIntake(WebhookCase):
    def setUp(self):
        super().setUp()
        self.write_source()
        mount(self, self.state, "48m")
        self.taken = []

    def send(self, n, more=""):
        """Posts delivery `n`; remembers it when it was acknowledged."""
        body = deleted(f"h{n}", more=more)
        status, said, headers = self.post(body, github(body, f"d{n}"))
        if status == 200:
            self.taken.append(n)
        else:
            self.assertEqual(status, 503, said)
            self.assertGreater(int(headers["Retry-After"]), 0)
            self.assertIn("no room", said["detail"])
        return status

    def metrics(self):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/metrics") as answer:
            return answer.read().decode()

    def log_text(self):
        return (self.top / "log").read_text()

    def done(self):
        wanted = {f"host=h{n}" for n in self.taken}
        until(lambda: not wanted - {f["subject"] for f in self.get("/v1/findings?all=1&limit=1000")}, lambda: f"lost: {self.get('/v1/status')}", seconds=60)
        until(lambda: self.calls() == sorted(f"h{n}" for n in self.taken), lambda: f"{self.calls()} {self.taken}", seconds=60)
        until(lambda: not self.get("/v1/runs?open=1"), "no run open")

    def test_it_is_said_and_nothing_acknowledged_is_lost(self):
        self.start()
        self.send(0)
        self.done()
        filler = fill(self.state)
        n = 1
        while self.send(n, "x" * 20_000) == 200:  # until the room that the files already have is used up
            n += 1
            self.assertLess(n, 500)
        refused = n
        until(lambda: "503" in self.source()["trouble"] or "reserve" in self.source()["trouble"], lambda: self.source())
        self.assertGreater(self.outcomes()["no_space"], 0)
        self.assertRegex(self.metrics(), r'aright_webhook_requests_total\{source="hook",outcome="no_space"\} [1-9]')
        self.assertIn("deliveries are answered 503: there is no room", self.log_text())
        self.assertIn("503", self.cli("sources", "list") + self.source()["trouble"])
        filler.unlink()
        until(lambda: self.send(refused) == 200, lambda: f"it takes deliveries again by itself: {self.source()}", seconds=10)
        self.done()
        until(lambda: not self.source()["trouble"], lambda: self.source())
        self.assertIn("deliveries are taken again", self.log_text())
        self.assertEqual(self.stop(), 0)
        self.assertIn("ok: ", self.cli("audit", "verify"))

    def test_what_was_acknowledged_before_a_death_on_a_full_disk_is_done_after_it(self):
        self.start()
        stop = threading.Event()

        def pour(first):
            n = first
            while not stop.is_set() and n < first + 1000:
                try:
                    if self.send(n, "x" * 20_000) != 200 and stop.wait(0.01):
                        return
                except (OSError, ValueError):
                    return
                n += 1

        threads = [threading.Thread(target=pour, args=(1000 * (i + 1),)) for i in range(3)]
        for thread in threads:
            thread.start()
        until(lambda: len(self.taken) > 20, "some are acknowledged")
        filler = fill(self.state)
        until(lambda: self.outcomes().get("no_space", 0) > 10, lambda: self.source(), seconds=60)
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()
        stop.set()
        for thread in threads:
            thread.join()
        filler.unlink()
        self.start()
        wanted = {f"host=h{n}" for n in self.taken}
        until(lambda: not wanted - {f["subject"] for f in self.get("/v1/findings?all=1&limit=1000")}, lambda: f"lost of {len(wanted)}", seconds=60)
        until(lambda: not [r for r in self.get("/v1/runs?open=1&limit=1000") if r["state"] not in ("unknown", "held")], "over", seconds=60)
        self.assertEqual(len(self.calls()), len(set(self.calls())), "no program ran twice")
        self.assertEqual(self.stop(), 0)
        self.assertIn("ok: ", self.cli("audit", "verify"))


unittest.main()
