"""What must be true of the folder of a life after a power cut, given what a user had been told before it."""
import dataclasses
import json
import re

from crash_lives import Copies, Events, Fixes
from daemon import BROKEN, until
from webhook import deleted, github

STATE_FILES = {"aright.db", "signing.key", "signing.pub", "plan.key", "pid", "reserve", "windows", "webhooks", "running"}
FINAL = ("succeeded", "rolled_back")


@dataclasses.dataclass
class Told:
    """What a user knows at some moment."""
    ready: bool = False
    witnessed: int = 0
    backup: "Told | None" = None
    lost: bool = False  # the state folder was taken away, and none is back yet
    runs: dict = dataclasses.field(default_factory=dict)
    said: list = dataclasses.field(default_factory=list)
    delivered: list = dataclasses.field(default_factory=list)
    checkpoints: list = dataclasses.field(default_factory=list)

    def copy(self):
        return dataclasses.replace(self, runs=dict(self.runs), said=list(self.said), delivered=list(self.delivered),
                                   checkpoints=list(self.checkpoints))

    def hear(self, text):
        for line in text.splitlines():
            word, _, rest = line.partition(" ")
            checkpoint = re.search(r"checkpoint aright/\S+\|.*\|$", line)
            if checkpoint:
                self.checkpoints.append(checkpoint[0])
            elif word == "ready":
                self.ready = True
            elif word == "run":
                number, state = rest.split()
                self.runs[int(number)] = state
            elif word == "said":
                self.said.append(rest)
            elif word == "delivered":
                self.delivered.append(rest)
            elif word == "witnessed":
                self.witnessed = int(rest)
            elif line == "backed up":
                self.backup = self.copy()
            elif line == "lost":
                self.__dict__.update(Told(backup=self.backup, lost=True).__dict__)
            elif line == "restored":
                self.__dict__.update({**self.backup.copy().__dict__, "backup": self.backup})


class Check:
    """Of one life whose power was cut."""

    def __init__(self, life, told):
        self.life, self.told = life, told
        self.top = life.top

    def calls(self):
        return (self.top / "world" / "calls").read_text().split()

    def all(self, twice):
        life = self.life
        self.as_found()
        self.bring_back()
        calls_before = self.calls()
        temporary = [p.name for p in life.play.iterdir() if p.name not in life.files]
        life.start()
        try:
            self.as_users_go_on()
            runs = self.settle()
        finally:
            code = life.stop()
        life.assertEqual(code, 0, "it stopped")
        self.no_leftovers()
        entries = life.entries()
        begun = max(i for i, entry in enumerate(entries) if entry["kind"] == "node.started")
        self.nothing_lost(entries[:begun], runs)
        self.record_before_act(entries[:begun], calls_before, temporary)
        self.nothing_doubled(entries, runs)
        self.verified()
        if twice:
            life.start()
            life.assertEqual(life.stop(), 0)
            self.verified()

    def as_found(self):
        """Before anybody mends anything."""
        life = self.life
        for name in life.files:
            life.assertIn((life.play / name).read_text(), ("approved\n", BROKEN), f"{name} is torn")
        if self.told.witnessed:
            witness = self.top / "elsewhere" / "witness"
            text = witness.read_text() if witness.exists() else ""
            life.assertIn(f"|{self.told.witnessed}|", text, "the witness has what it was said to have")

    def bring_back(self):
        life = self.life
        if life.state.exists() or self.told.backup is None:
            life.assertFalse(self.told.ready and not life.state.exists(), "the state folder is gone")
            return
        life.assertTrue(self.told.lost, "the state folder is gone")
        life.cli("restore", str(self.top / "backup"), "--reason", "after a power cut")
        self.told = self.told.backup

    def as_users_go_on(self):
        """Who paused resumes; who sent what was taken sends it again."""
        life = self.life
        if life.get("/v1/status")["paused"]:
            life.cli("resume", "--reason", "after a power cut")
        for host in self.told.delivered:
            body = deleted(host)
            life.assertEqual(life.post(body, github(body, f"id-{host}-1"))[:2], (200, {"duplicate": True}), host)

    def expected_hosts(self):
        log = self.top / "world" / "app.log"
        lines = [json.loads(line)["host"] for line in log.read_text().splitlines()] if log.exists() else []
        return {"host=" + host for host in self.told.delivered + lines} if isinstance(self.life, Events) else set()

    def settle(self):
        """What each run has come to then: what could not be put right is tried again later, in another one."""
        life, runs = self.life, {}

        def settled():
            subjects = " ".join(json.dumps(finding) for finding in life.get("/v1/findings"))
            if any(source["behind"] for source in life.get("/v1/sources")):
                return False
            managed = [name for name in life.files if (life.config / "controls" / f"{name}.yaml").exists()]
            unexplained = [n for n in managed if (life.play / n).read_text() != "approved\n" and f"/play/{n}\"" not in subjects]
            if unexplained or not all(host in subjects for host in self.expected_hosts()):
                return False
            all_runs = life.get("/v1/runs")  # after findings: with a finding there is its run
            if life.under_way(all_runs):
                return False
            runs.update({run["id"]: run["state"] for run in all_runs})
            status = life.get("/v1/status")
            return status["audit_signed"] == status["audit_entries"]

        until(settled, lambda: f"it settles; runs {life.get('/v1/runs')} findings {life.get('/v1/findings')} status "
                               f"{life.get('/v1/status')} hosts {self.expected_hosts()}")
        return runs

    def nothing_lost(self, entries, runs):
        """`entries`: those of the life before the cut."""
        life = self.life
        texts = [json.dumps(entry) for entry in entries]
        for reason in self.told.said:
            life.assertTrue(any(f'"{reason}"' in text for text in texts), f"what was done because \"{reason}\" is lost")
        for number, state in self.told.runs.items():
            life.assertIn(number, runs, "a run is lost")
            if state in FINAL:
                life.assertEqual(runs[number], state)
        if self.told.ready:
            life.assertTrue(entries, "the log was begun")
        if isinstance(life, (Fixes, Copies)):
            life.assertTrue(life.fixed(), runs)
            life.assertLessEqual(set(runs.values()), {"succeeded", "rolled_back", "held", "unknown"})

    def record_before_act(self, entries, calls, temporary):
        life = self.life
        intended = [entry for entry in entries if entry["kind"] == "step.intended"]
        for name in temporary:
            key = name.removeprefix(".aright-")
            life.assertTrue(any(entry["key"] == key for entry in intended), f"{name} is there, its intention is not")
        for call in calls:
            there = any(entry["key"] == call or entry.get("arguments", [])[1:] == [call] for entry in intended)
            life.assertTrue(there, f"a program was started for {call} whose intention is not there")

    def nothing_doubled(self, entries, runs):
        life = self.life
        told = [(e["run"], e["step"], e["state"]) for e in entries if e["kind"] == "step.intended"]
        life.assertEqual(len(told), len(set(told)), "an intention is there twice")
        calls = self.calls()
        life.assertEqual(len(calls), len(set(calls)), calls)
        for entry in entries:
            if entry["kind"] == "step.intended" and len(entry.get("arguments", [])) > 1 and runs.get(entry["run"]) == "succeeded":
                life.assertIn(entry["arguments"][1], calls)
        for kind in ("node.restored",):
            said = [e["restored_at"] for e in entries if e["kind"] == kind]
            life.assertEqual(len(said), len(set(said)), "one restore is on record twice")

    def no_leftovers(self):
        life = self.life
        life.assertLessEqual({p.name for p in life.state.iterdir()}, STATE_FILES)
        life.assertEqual([p.name for p in life.state.rglob("*") if p.name == "new" or p.name.endswith((".new", "-journal"))], [])
        life.assertEqual({p.name for p in life.play.iterdir()}, set(life.files))
        life.assertEqual([p.name for p in self.top.glob("*.restoring")], [])

    def verified(self):
        """Every checkpoint that was shown is one of this log."""
        life = self.life
        words = ["audit", "verify"]
        if self.told.checkpoints:
            shown = self.top / "shown"
            shown.write_text("\n".join(self.told.checkpoints) + "\n")
            words += ["--witness", str(shown)]
        life.assertIn("ok: ", life.cli(*words))
