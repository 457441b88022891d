"""Deliveries at a steady rate to a daemon that is killed meanwhile: each is sent until it is acknowledged, and starts a
program whose work another one confirms. At the end each has been done once."""
import collections
import http.client
import os
import pathlib
import random
import signal
import subprocess
import threading
import time

from daemon import until
from webhook import WebhookCase, deleted, github

WORKFLOW = """workflow: react
owner: tests
answers: [something-was-deleted]
mode: auto
guards: {{ threshold: [{{ runs: 1000000, within: 10m, per: workflow }}] }}
steps:
  - exec: [{program}, "${{ finding.subject.id }}"]
    confirm: {{ exec: [{grep}, -qxF, "${{ finding.subject.id }}", {calls}] }}
"""



class Load:
    """Senders that each deliver one after the other, as fast as `rate` a second all together, until each is kept; `each`
    as many, where that is given."""

    def __init__(self, case, rate, senders=4, each=None):
        self.case, self.pause, self.each = case, senders / rate, each
        self.acknowledged = [0] * senders  # deliveries, by sender
        self.over = threading.Event()
        self.threads = [threading.Thread(target=self.send, args=(number,)) for number in range(senders)]
        for thread in self.threads:
            thread.start()

    def send(self, number):
        connection = http.client.HTTPConnection("127.0.0.1", self.case.port, timeout=10)
        begin, n = time.monotonic(), 0
        while not self.over.is_set() and n != self.each:
            if self.is_kept(connection, number, n):
                n += 1
                self.acknowledged[number] = n
                self.over.wait(max(0, begin + n * self.pause - time.monotonic()))
            else:
                connection.close()  # it opens itself again
                connection.port = self.case.port
                self.over.wait(0.02)
                begin = time.monotonic() - n * self.pause  # what could not be sent is not caught up with
        connection.close()

    def is_kept(self, connection, number, n):
        body = deleted(f"h{number}-{n}")
        try:
            connection.request("POST", "/hooks/hook", body, github(body, f"d{number}-{n}"))
            answer = connection.getresponse()
            answer.read()
            return answer.status == 200
        except (OSError, http.client.HTTPException):
            return False

    def sent(self):
        return sum(self.acknowledged)

    def end(self):
        """The names of what was acknowledged."""
        self.over.set()
        for thread in self.threads:
            thread.join()
        return sorted(f"h{number}-{n}" for number, count in enumerate(self.acknowledged) for n in range(count))


class UnderLoad(WebhookCase):
    def setUp(self):
        super().setUp()
        # Some take long enough to outlive a kill, a few also the next start of a slow machine; each says what it did as
        # often as it does it.
        self.program.write_text("#!/bin/sh\ncase \"$1\" in *25) sleep 4 ;; *5) sleep 0.3 ;; esac\n"
                                f"echo \"$1\" >> {self.play}/calls\n")
        self.write_source()
        (self.play / "calls").touch()
        self.chance = random.Random(int(os.environ.get("ARIGHT_SEED", "1")))

    def write_answer(self, mode=None):
        grep = os.path.realpath("/usr/bin/grep")
        text = WORKFLOW.format(program=self.program, grep=grep, calls=self.play / "calls")
        (self.config / "workflows" / "react.yaml").write_text(text)

    def kill(self):
        """What it had started goes on without it: half of the time the next start finds it at work."""
        self.stop(signal.SIGKILL)
        if self.chance.random() < 0.5:
            return
        until(lambda: not self.at_work(), "its programs have ended")

    def at_work(self):
        """The commands of its programs that have not ended."""
        mine, found = str(self.top).encode(), []
        for process in pathlib.Path("/proc").glob("[0-9]*"):
            try:
                words = (process / "cmdline").read_bytes()
            except OSError:  # it has ended meanwhile
                continue
            if mine in words:
                found.append(words.rstrip(b"\0").split(b"\0"))
        return found

    def live_for(self, load, seconds):
        """From the first delivery that it takes."""
        before = load.sent()
        until(lambda: load.sent() > before, "it takes deliveries")
        time.sleep(seconds)  # that it comes at any moment is the point

    def rows(self, table):
        return [row[0] for row in self.stored(f"SELECT doc FROM {table}")]

    def each_once(self, names, seconds=300):
        """Each of these has a finding and one run, which succeeded; its program did its work once."""
        def over():
            return self.stored("SELECT (SELECT count(*) FROM run WHERE open=0) >= ? AND NOT EXISTS "
                               "(SELECT 1 FROM run WHERE open=1)", len(names))[0][0]

        until(over, lambda: f"everything is answered: {self.get('/v1/status')}", seconds=seconds)
        found = collections.Counter(f["subject"].removeprefix("host=") for f in self.rows("finding") if f["subject"].startswith("host="))
        self.assertEqual(sorted(found), names, "lost, or never sent")
        self.assertEqual(set(found.values()), {1})
        states = collections.Counter(r["state"] for r in self.rows("run") if r["workflow"] == "react")
        self.assertEqual(states, {"succeeded": len(names)})
        self.assertEqual(self.calls(), names, "done once each")
        self.assertEqual(self.stop(), 0)
        self.assertIn("ok: ", subprocess.run([self.binary, "--state", self.state, "audit", "verify"], capture_output=True,
                                             text=True, timeout=600).stdout)
