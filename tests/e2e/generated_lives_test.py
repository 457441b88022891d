"""Lives drawn by a seed: a configuration in which everything stands beside everything, and people, files, logs, kills and
reloads that do what they like. Nothing may fall, hang, be refused at a start or leave a log that is not whole; runs become
tests that pass."""
import json
import os
import pathlib
import random
import shutil
import signal
import subprocess
import time
import unittest

from api_server import ApiServer
from daemon import BINARY, DaemonCase, set_by, until
from generated_config import ADDRESSES, HOSTS, Drawn

FORMS = ["table", "json", "yaml"]
REASON = ("--reason", "drawn")


class Lives(DaemonCase):
    files = []

    def setUp(self):
        super().setUp()
        self.api = ApiServer(behave=self.behave)
        self.addCleanup(self.api.close)
        key = self.top / "key"
        key.touch(0o600)
        key.write_text("a secret of ours\n")
        self.places = {"play": str(self.play), "log": str(self.top / "app.log"), "url": self.api.url(), "port": self.api.port, "secret": str(key)}

    def behave(self, request):
        if self.draw.random() < 0.1:
            return self.draw.choice([(500, b"no"), (200, b"<html>"), "cut after"])
        return 200, json.dumps({"count": 7, "hosts": ["203.0.113.8", "203.0.113.9"]}).encode()

    def write_config(self, config):
        """Only whole configurations that are right: false where `validate` says that this one is not."""
        fresh = self.top / "fresh"
        shutil.rmtree(fresh, ignore_errors=True)
        for name, text in config.files.items():
            (fresh / name).parent.mkdir(parents=True, exist_ok=True)
            (fresh / name).write_text(text)
        for paths in config.resources.values():
            for path in map(pathlib.Path, paths):
                path.parent.mkdir(exist_ok=True)
                if not path.exists():
                    path.write_text("as it was\n")
        said = self.say("validate", str(fresh))
        if said.returncode == 0:
            for folder in ("controls", "workflows", "sources", "tests"):
                shutil.rmtree(self.config / folder, ignore_errors=True)
            shutil.copytree(fresh, self.config, dirs_exist_ok=True)
            self.drawn = config
            self.versions += 1
        return said.returncode == 0

    def say(self, *words):
        """Any command: it may say no, but it ends by itself and never by a signal."""
        done = subprocess.run([BINARY, "--state", str(self.state), *words], capture_output=True, text=True, timeout=100)
        self.did.append(" ".join(words) + f" -> {done.returncode}")
        self.assertIn(done.returncode, range(0, 8), f"{words}: {done.stdout[-500:]}{done.stderr[-3000:]}")
        self.assertNotIn("internal", done.stderr)
        return done

    def some(self, target):
        rows = self.get(target)
        return self.draw.choice(rows) if rows else None

    def do_lines(self):
        with open(self.places["log"], "a") as log:
            for _ in range(self.draw.choice([1, 1, 2, 5])):
                event = {"what": self.draw.choice(["failed", "failed", "denied", "fine"]), "address": self.draw.choice(ADDRESSES),
                         "host": self.draw.choice(HOSTS), "n": self.draw.randrange(9), "list": self.draw.choice([[], ["a"], ["a", "b", "c d"], ["a", "a"]])}
                if self.draw.random() < 0.4:
                    event["alerts"] = [{"name": self.draw.choice(["x", "y z"]), "status": self.draw.choice(["page", "over", "low"])} for _ in range(self.draw.randrange(3))]
                if self.draw.random() < 0.1:
                    event["gone"] = "here"
                log.write(self.draw.choice([json.dumps(event, ensure_ascii=False)] * 12 + ["{", "[]", '{"a":1,"a":2}']) + "\n")

    def do_break(self):
        paths = [p for paths in self.drawn.resources.values() for p in paths] + [str(p) for p in self.play.rglob("made*")]
        if not paths:
            return
        path = pathlib.Path(self.draw.choice(paths))
        how = self.draw.choice(["write", "write", "write", "mode", "remove", "link"])
        if how == "mode" and path.exists():
            path.chmod(self.draw.choice([0o600, 0o666, 0o755]))
        elif how == "remove":
            path.unlink(missing_ok=True)
        elif how == "link" and not path.exists():
            path.symlink_to("/etc/hostname")
        elif not path.is_symlink():
            path.write_text(self.draw.choice(["bad\n", "bad", "", "Port 1\nPort 2\nName x\n", "Port=3\n# left\n", "\x00\xff"]))

    def do_review(self):
        review = self.some("/v1/reviews?limit=100")
        if review is None:
            return
        number = str(review["id"])
        words = self.draw.choice([("approve", number), ("approve", number), ("deny", number), ("deny", number, "--waive", "10m"), ("acknowledge", number)])
        self.say("reviews", *words, *(() if words[0] == "acknowledge" else REASON))

    def do_many(self):
        review = self.some("/v1/reviews?limit=100")
        if review is not None:
            self.say("reviews", "approve", "--workflow", review["workflow"], *self.draw.choice([("--plan",), REASON]))

    def do_run(self):
        run = self.some("/v1/runs?limit=100")
        if run is None:
            return
        number = str(run["id"])
        words = self.draw.choice([("cancel", number, *REASON), ("retry", number, *REASON), ("undo", number, "--plan"), ("undo", number, *REASON, "--no-waiver"),
                                  ("undo", number, *REASON), ("undo", number, *REASON, "--partial"), ("undo", "--workflow", run["workflow"], "--since", "1h", "--plan"),
                                  ("resolve", number, "--as", self.draw.choice(["done", "not-done"]), *REASON)])
        self.say("runs", *words)

    def do_finding(self):
        finding = self.some("/v1/findings?all=1&limit=100")
        if finding is None:
            return
        self.say(*self.draw.choice([
            ("findings", "mark", finding["id"], "--as", self.draw.choice(["true", "false-positive"]), *REASON),
            ("waivers", "add", finding["control"], finding["subject"], "--for", self.draw.choice(["2s", "1h"]), *REASON),
            ("waivers", "remove", "1", *REASON),
            ("contents", "erase", finding["subject"], *REASON)]))

    def do_definition(self):
        flow = self.some("/v1/workflows")
        control = self.some("/v1/controls")
        self.say(*self.draw.choice([
            ("workflows", "set-mode", flow["workflow"], self.draw.choice(["off", "observe", "plan", "propose", "auto", "auto"]), *REASON),
            ("workflows", "reviewed", flow["workflow"], *REASON), ("controls", "reviewed", control["control"], *REASON),
            ("pause", "--workflow", flow["workflow"], *REASON), ("pause", "--driver", "exec", *REASON), ("pause", *REASON),
            ("notifications", "retry"), ("notifications", "test", "pager"), ("rescan",)]))

    def do_resume(self):
        self.say("resume", *REASON)

    def do_look(self):
        form = ("-o", self.draw.choice(FORMS))
        lists = [(noun, "list", *more) for noun, more in (
            ("runs", ()), ("runs", ("--open",)), ("reviews", ("--all",)), ("findings", ("--all",)), ("workflows", ()), ("controls", ()), ("teams", ()),
            ("sources", ()), ("waivers", ("--all",)), ("notifications", ("--all",)))]
        shows = [("status",), ("report",), ("sources", "show", "app"), ("replay", "--since", "1h"), ("replay", "--since", "1h", "--all"), ("audit", "verify")]
        for noun, key in (("runs", "id"), ("reviews", "id"), ("findings", "id"), ("workflows", "workflow"), ("controls", "control")):
            one = self.some(f"/v1/{noun}?all=1&limit=100" if key == "id" else f"/v1/{noun}")
            if one is not None:
                shows += [(noun, "show", str(one[key]))]
                shows += [("explain", str(one.get("subject", one["id"])) if noun != "runs" else str(one["id"]))] if key == "id" and noun != "reviews" else []
        for words in self.draw.sample(lists + shows, 3):
            self.say(*form, *words)

    def do_reload(self):
        if self.changes and self.write_config(Drawn(random.Random(self.draw.choice([self.draw.random(), self.seed])), **self.places)):
            self.assertEqual((said := self.say("reload")).returncode, 0, said.stderr)

    def do_again(self):
        how = self.draw.choice([signal.SIGKILL, signal.SIGTERM])
        self.did.append(str(how))
        if how == signal.SIGKILL:
            self.stop(how)
        else:
            self.assertEqual(self.stop(), 0)
        if self.changes and self.draw.random() < 0.4:
            self.write_config(Drawn(random.Random(self.draw.random()), **self.places))
        self.start()

    def do_wait(self):
        time.sleep(self.draw.choice([0.05, 0.3, 1.2]))

    def alive(self):
        if self.process.poll() is not None:
            raise AssertionError(f"the daemon ended with {self.process.returncode}")
        self.get("/v1/status")

    def life(self, seed):
        self.seed, self.draw, self.did = seed, random.Random(seed), []
        self.versions, self.changes = 0, self.draw.random() < 0.5
        if not self.write_config(Drawn(random.Random(seed), **self.places)):
            return False
        self.start()
        acts = [self.do_lines] * 6 + [self.do_break] * 4 + [self.do_review] * 4 + [self.do_many, self.do_run, self.do_run, self.do_finding, self.do_definition,
                self.do_resume, self.do_look, self.do_look, self.do_reload, self.do_again, self.do_wait, self.do_wait, self.do_wait]
        for _ in range(set_by("ARIGHT_LIFE", 40)):
            act = self.draw.choice(acts)
            self.did.append(act.__name__)
            act()
            self.alive()
        self.say("resume", *REASON)
        self.afterwards()
        return True

    def afterwards(self):
        """What is left of it is whole: a test of each run passes, the evidence and the log verify."""
        ended = [r for r in self.get("/v1/runs?limit=200") if r["state"] in ("succeeded", "failed", "rolled_back", "denied")]
        recorded = 0
        for run in self.draw.sample(ended, min(6, len(ended))) if self.versions == 1 else []:
            number = str(run["id"])
            recorded += self.say("test", "--record", number, str(self.config)).returncode == 0
            self.say("audit", "evidence", "--run", number, "--out", str(self.top / f"evidence-{number}"))
        if recorded:
            said = self.say("test", str(self.config))
            self.assertEqual(said.returncode, 0, said.stdout + said.stderr)
        self.say("replay", "--since", "1h")
        self.assertEqual(self.stop(), 0)
        said = self.say("audit", "verify")
        self.assertEqual(said.returncode, 0, said.stdout + said.stderr)
        for words in (("scan", str(self.config)), ("scan", str(self.config), "--plan"), ("-o", "json", "scan", str(self.config)), ("scan", str(self.config), "-o", "sarif"),
                      ("scan", str(self.config), "--fix")):
            self.say(*words)
        self.start()
        self.assertEqual(self.stop(), 0)

    def test_lives(self):
        first = set_by("ARIGHT_SEED", 1)
        lived = 0
        for seed in range(first, first + set_by("ARIGHT_LIVES", 4)):
            with self.subTest(seed=seed):
                try:
                    lived += self.life(seed)
                except Exception as error:
                    words = "\n".join([*self.did, (self.top / "log").read_text()[-6000:]])
                    raise AssertionError(f"seed {seed}: {error!r}\n{words}") from error
                finally:
                    self.tearDown()
                    for folder in (self.state, self.play, *self.top.glob("evidence-*")):
                        shutil.rmtree(folder, ignore_errors=True)
                    self.play.mkdir()
                    (self.top / "log").unlink(missing_ok=True)
                    pathlib.Path(self.places["log"]).unlink(missing_ok=True)
        self.assertGreater(lived, 0)


if __name__ == "__main__":
    unittest.main()
