"""SIGKILL at random moments under 200 deliveries a second: none lost, none done twice.

ARIGHT_KILLS=200 and ARIGHT_POSTS=2000 are what a release has been through; ARIGHT_SEED draws other moments.
"""
import signal
import sys
import time
import unittest

from daemon import set_by, until
from under_load import Load, UnderLoad


class Kills(UnderLoad):
    def test_random_kills_under_load(self):
        kills = set_by("ARIGHT_KILLS", 10)
        begin = time.monotonic()
        self.start()
        load = Load(self, rate=200)
        try:
            for _ in range(kills):
                self.live_for(load, self.chance.uniform(0, 0.8))
                self.kill()
                self.start()
            kills += self.until_one_is_met()
            self.live_for(load, 0.5)
        finally:
            names = load.end()
        self.each_once(names)
        print(f"{kills} kills, {len(names)} deliveries in {time.monotonic() - begin:.0f} s: 0 lost, 0 doubled", file=sys.stderr)

    def until_one_is_met(self):
        """Where the machine is slow, none of the starts may have met a program of before: more kills, each when a long
        one has begun."""
        for kills in range(10):
            if "is at work still" in (self.top / "log").read_text():
                return kills
            until(lambda: any(words[-1].endswith(b"25") for words in self.at_work()), "a long one is at work", seconds=120)
            self.stop(signal.SIGKILL)
            self.start()
        self.fail("no start met programs of before")

    def test_a_burst_with_a_kill_in_the_middle(self):
        posts = set_by("ARIGHT_POSTS", 400)
        self.start()
        load = Load(self, rate=1_000_000, senders=16, each=posts // 16)
        try:
            until(lambda: load.sent() > posts / 3, "in the middle", seconds=60)
            self.kill()
            self.start()
            until(lambda: load.sent() == posts // 16 * 16, lambda: f"all are acknowledged: {load.sent()}", seconds=60)
        finally:
            names = load.end()
        self.each_once(names)


unittest.main()
