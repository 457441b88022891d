"""The daemon killed at every write, sync, rename and unlink of one run: nothing lost, nothing doubled, the log whole.

A first pass counts the calls between `ready` and the checkpoint that signs the end of the run. Then one run for each of
them: strace ends the process before that call is executed, the daemon starts again, and what it left is checked. With
`--workers 0` one thread does everything in turn, so that its n-th call is the same call every time. With the threads a
daemon has by default (`SuccessByMany`), whose n-th call it is and what was done before differs from run to run: what must
hold afterwards does not.
"""
import os
import signal
import sys
import unittest

from api_server import ApiServer
from daemon import BROKEN, DaemonCase, until
from log_case import LogCase, OneLine
from sweep import FOR_EACH_AND_AT_THE_END, OneUndo, Sweep, Tracer
from webhook import OneDelivery

# A program is started by `clone3`, or what the C library has instead; its execve is made by the child, not by us.
CALLS = ("write", "pwrite64", "fsync", "fdatasync", "linkat", "rename", "renameat", "renameat2", "unlink", "unlinkat",
         "clone", "clone3", "vfork", "execve")


class KillSweep(Sweep):
    traced = CALLS
    missed_max = 0  # calls that depend on when something outside ends
    rounds = 1  # deaths at each point
    tries = 10  # how things at once fall together differs: two runs had made the call, the next may come without it

    def die_at(self, role, call, n):
        """True if the process died there: a thread of that name made its n-th such call."""
        self.as_prepared()
        self.start()
        threads = [tid for tid, name in self.threads().items() if name == role]
        tracer = Tracer(threads, "-o", "/dev/null", "-e", f"trace={call}", "-e", f"inject={call}:signal=KILL:when={n}")
        tracer.attached(self.process.pid, threads)
        self.provoke()
        until(self.over_or_gone, "killed, or over")
        died = self.process.poll() is not None
        if died:
            self.process.stdout.close()
        else:
            self.stop(signal.SIGKILL)
        tracer.process.wait(timeout=20)
        return died

    def survives(self, where):
        done = [self.play / name for name in self.files if (self.play / name).exists() and self.is_result(self.play / name)]
        right_inodes = {path.name: path.stat().st_ino for path in done}
        self.start()
        self.after_death()
        until(self.over, f"over after a kill at {where}")
        # Nothing doubled: what had been done when it died is not done again.
        for name, inode in right_inodes.items():
            self.assertEqual((self.play / name).stat().st_ino, inode, f"{name} was replaced twice, killed at {where}")
        self.check_end(where)
        self.assertEqual(sorted(p.name for p in self.play.iterdir() if p.is_file()), self.files, where)
        self.assertEqual(self.stop(), 0)
        self.assertIn("ok: ", self.cli("audit", "verify"))

    def after_death(self):
        """What others do when the daemon is there again."""

    def test_every_point(self):
        everything = [(role, call, n) for (role, call), count in sorted(self.count().items()) for n in range(1, count + 1)]
        everything *= self.rounds
        points = self.some_of(everything)
        died = 0
        for role, call, n in points:
            for _ in range(self.tries):
                there = self.die_at(role, call, n)
                self.survives(f"{call} {n} of {role}")
                if there:
                    died += 1
                    break
        print(f"{type(self).__name__}: {died} deaths, {len(points)} sought", file=sys.stderr)
        may_miss = -(-self.missed_max * len(points) // len(everything))  # as large a share, rounded up
        self.assertGreaterEqual(died, len(points) - may_miss)
        self.assertGreaterEqual(died, self.points_min * len(points) // len(everything))


class Success(KillSweep, DaemonCase):
    runs_expected = 1
    points_min = 14  # two commits of two calls, write, fsync, linkat, rename, unlink, fsync of the file; the checkpoint

    def provoke(self):
        self.break_file()

    def is_result(self, path):
        return path.read_text() == "approved\n"

    def over(self):
        return self.fixed() and self.get("/v1/runs") and not self.get("/v1/runs?open=1") and not self.get("/v1/findings")

    def check_end(self, where):
        run = self.only_run()
        self.assertEqual(run["state"], "succeeded", where)
        self.once(run, 0, "intended")
        self.assertEqual(len(self.ask("findings", "list", "--all")), 1, where)


class Call(Success):
    """A fix, then a request to a server, which another one confirms. Also at the calls by which it goes out: whatever the
    server has of it by then, its work is done once."""
    traced = (*CALLS, "connect", "sendto")
    points_min = 22  # those of Success, two commits more, and connect and send of both requests
    missed_max = 2  # how often it wakes itself depends on when the server answers

    def prepare(self):
        self.api = ApiServer()
        self.addCleanup(self.api.close)
        url = self.api.url() + "/blocks/${ finding.episode }"
        self.write_node(f"destinations: [{{ host: 127.0.0.1, ports: [{self.api.port}] }}]\n")
        with open(self.config / "workflows" / "restore.yaml", "a") as workflow:
            workflow.write(f"  - call: {{ method: POST, url: \"{url}\", input: true }}\n"
                           f"    confirm: {{ call: {{ url: \"{url}\" }} }}\n")
        super().prepare()

    def as_prepared(self):
        super().as_prepared()
        self.api.forget()

    def over(self):
        return super().over() and not self.get("/v1/runs?open=1")

    def check_end(self, where):
        run = self.only_run()
        self.assertEqual((run["state"], run["steps"][1]["state"]), ("succeeded", "verified"), where)
        self.once(run, 0, "intended")
        self.assertEqual((self.api.done, len(self.api.keys)), ({"/blocks/1": 1}, 1), where)
        self.assertLessEqual(len(self.api.asked("POST")), 2, where)
        self.assertEqual(len(self.ask("findings", "list", "--all")), 1, where)


class SuccessByMany(Success):
    """With the threads a daemon has by default: they take turns, so that a point is rather a place than a moment."""
    arguments = []
    rounds = 2
    points_min = 14  # the first of each of seven calls, twice
    missed_max = 10  # of some 28: a call that one run made may be another thread's, or none's, in the next
    tries = 2

    def count(self):
        """What a thread was seen to do, however seldom."""
        return self.count_once() | self.count_once() | self.count_once()


class Check(Success):
    """Nobody is told of the change: a check that looks each second finds it."""

    def prepare(self):
        control = self.config / "controls" / "a.yaml"
        text = control.read_text()
        control.write_text(text.replace("watch: {", "check: { every: 1s, "))
        self.assertNotEqual(control.read_text(), text)
        super().prepare()


class Held(KillSweep, DaemonCase):
    more = "guards: { threshold: [{ runs: 1, within: 10m, per: workflow }] }\n"
    runs_expected = 2
    points_min = 6  # the commit, its sync, the line that says so; the checkpoint likewise

    def prepare(self):
        self.start()
        self.break_file()
        self.ended(1)
        self.assertEqual(self.stop(), 0)

    def provoke(self):
        self.break_file(text="broken again\n")

    def is_result(self, path):
        return path.read_text() == "broken again\n"

    def over(self):
        return self.get("/v1/reviews")

    def check_end(self, where):
        run = self.only_run()
        self.assertEqual(run["state"], "held", where)
        self.assertEqual(len(self.ask("reviews", "list", "--all")), 1, where)
        self.assertEqual([e["kind"] for e in run["entries"] if e["kind"] == "step.intended"], [], where)
        self.assertEqual((self.play / "a").read_text(), "broken again\n", where)


class RolledBack(KillSweep, DaemonCase):
    """Its second step fails for real: the folder lets nothing be made in it. That binds everybody but root."""
    user = 65534
    runs_expected = 1
    points_min = 20
    more = "guards: { threshold: [{ runs: 1, within: 10m, per: workflow }] }\n"

    def prepare(self):
        locked = self.play / "locked"
        locked.mkdir()
        (locked / "b").write_text("not approved\n")
        self.own(locked, locked / "b")
        locked.chmod(0o555)
        with open(self.config / "workflows" / "restore.yaml", "a") as workflow:
            workflow.write(f"  - ensure: {{ resource: file, path: {locked / 'b'}, desired: {{ content: \"approved\\n\" }} }}\n")
        super().prepare()

    def as_prepared(self):
        super().as_prepared()
        if os.geteuid() == 0:
            for path in [self.state, *self.state.iterdir(), self.play, *self.play.rglob("*")]:
                os.chown(path, self.user, self.user)

    def provoke(self):
        self.break_file()

    def is_result(self, path):
        return False  # what is put right here is undone again

    def over(self):
        return [r for r in self.get("/v1/runs") if r["state"] == "rolled_back"]

    def check_end(self, where):
        runs = self.runs("rolled_back")
        self.assertEqual(len(runs), 1, where)
        run = self.ask("runs", "show", str(runs[0]["id"]))
        for state in ("intended", "undo_intended"):
            self.once(run, 0, state)
        self.once(run, 1, "intended")
        self.assertEqual((self.play / "a").read_text(), BROKEN, where)
        self.assertEqual((self.play / "locked" / "b").read_text(), "not approved\n", where)


class Undone(OneUndo, KillSweep, DaemonCase):
    """What a run has done is taken back by another: asked for again where nobody knows whether it was heard."""
    runs_expected = 2
    points_min = 15

    def after_death(self):
        if not self.undoing():
            self.provoke()

    def over(self):
        return self.undoing("succeeded")

    def check_end(self, where):
        run = self.only_run()
        self.assertEqual((run["undoes"], run["state"]), (1, "succeeded"), where)
        self.once(run, 0, "intended")
        self.assertEqual((self.play / "a").read_text(), BROKEN, where)
        granted = [e["seq"] for e in run["entries"] if e["kind"] == "waiver.granted"]
        self.assertEqual(len(granted), 1, where)
        self.assertLess(granted[0], [e["seq"] for e in run["entries"] if e["kind"] == "step.intended"][0], where)
        self.assertEqual(len(self.ask("waivers", "list")), 1, where)
        self.assertEqual(self.ask("runs", "show", "1")["undone_by"], run["id"], where)


class Steered(KillSweep, DaemonCase):
    """A program, the way that its output says, a wait, a file, and a program at the end; both say whether they are there."""
    runs_expected = 1
    points_min = 20
    missed_max = 4  # how often it wakes itself depends on when programs and waits end
    STEPS = """  - exec: [{folder}/look]
    name: look
    output: {{ count: integer }}
    confirm: {{ exec: [{folder}/there, {folder}/looked] }}
  - when: finding.episode == 1
    then: [{{ ensure: {{ resource: file, path: {folder}/b, desired: {{ content: "one\\n" }} }} }}]
    else: [{{ ensure: {{ resource: file, path: {folder}/b, desired: {{ content: "other\\n" }} }} }}]
  - wait: 1s
  - ensure: desired
finally:
  - exec: [{folder}/end]
    confirm: {{ exec: [{folder}/there, {folder}/ended] }}
"""

    def script(self, name, text):
        path = self.play / "sub" / name
        path.write_text(f"#!{os.path.realpath('/usr/bin/python3')}\nimport os, sys\n{text}\n")
        path.chmod(0o755)

    def programs(self, keep):
        self.script("look", keep % "looked" + "print('{\"count\": 7}')")
        self.script("end", keep % "ended")

    def prepare(self):
        sub = self.play / "sub"
        sub.mkdir()
        (sub / "b").write_text("none\n")
        self.programs(f"open('{sub}/calls', 'a').write(os.environ['ARIGHT_KEY'].split('-', 1)[1] + '\\n')\nopen('{sub}/%s', 'w').close()\n")
        self.script("there", "sys.exit(0 if os.path.exists(sys.argv[1]) else 1)")
        workflow = self.config / "workflows" / "restore.yaml"
        text = workflow.read_text().split("steps:")[0] + "steps:\n" + self.STEPS.format(folder=sub)
        workflow.write_text(text)
        super().prepare()

    def provoke(self):
        self.break_file()

    def is_result(self, path):
        return path.read_text() == "approved\n"

    def over(self):
        return self.fixed() and self.get("/v1/runs") and not self.get("/v1/runs?open=1") and not self.get("/v1/findings")

    def check_end(self, where):
        run = self.only_run()
        self.assertEqual(run["state"], "succeeded", where)
        self.assertEqual([s["state"] for s in run["steps"]],
                         ["verified", "passed", "verified", "skipped", "passed", "verified", "verified"], where)
        for step in (2, 5):
            self.once(run, step, "intended")
        self.assertEqual((self.play / "sub" / "b").read_text(), "one\n", where)
        calls = (self.play / "sub" / "calls").read_text().split()
        self.assertEqual(set(calls), {"r1-0", "r1-6"}, where)
        self.assertLessEqual(len(calls), 3, f"again only where it was not there, killed at {where}: {calls}")
        self.assertEqual(len([e for e in run["entries"] if e["kind"] == "run.waiting" and e["input"] == "wait"]), 1, where)


class Each(Steered):
    """A program for each value of a list, then a file, and a program at the end; each program says whether it is there."""
    STEPS = FOR_EACH_AND_AT_THE_END

    def programs(self, keep):
        self.script("tell", (keep % "told-%s").replace("/told-%s'", "/told-' + sys.argv[1]"))
        self.script("end", keep % "ended")

    def check_end(self, where):
        run = self.only_run()
        self.assertEqual((run["state"], [s["state"] for s in run["steps"]]),
                         ("succeeded", ["passed", "verified", "verified", "verified", "verified"]), where)
        self.once(run, 3, "intended")
        calls = (self.play / "sub" / "calls").read_text().split()
        self.assertEqual(set(calls), {"r1-1", "r1-2", "r1-4"}, where)
        self.assertLessEqual(len(calls), 4, f"again only where it was not there, killed at {where}: {calls}")


class Decided(KillSweep, DaemonCase):
    """A person has a part in it. Whoever was not told that he was heard says it again."""
    runs_expected = 1
    points_min = 10
    missed_max = 4  # how often it wakes itself depends on when others are done
    STEPS = ""
    nothing = ("nothing",)

    def prepare(self):
        sub = self.play / "sub"
        sub.mkdir()
        (sub / "b").write_text("none\n")
        self.write_node(f"notify: {{ pager: {{ program: [/usr/bin/tee, -a, {sub / 'told'}] }} }}\n")
        workflow = self.config / "workflows" / "restore.yaml"
        workflow.write_text(workflow.read_text().split("steps:")[0] + "steps:\n" + self.STEPS.format(folder=sub))
        self.before()

    def before(self):
        super().prepare()

    def provoke(self):
        self.break_file()
        self.say_it()

    def after_death(self):
        self.say_it()

    def say_it(self):
        words = until(self.what_to_say, "it asks, or is over")
        if words != self.nothing:
            self.say(*words)

    def what_to_say(self):
        """None: it does not ask yet."""
        if self.process.poll() is not None:
            return self.nothing
        try:
            return self.nothing if self.over() else self.words()
        except OSError:  # it ended while it was asked
            return self.nothing

    def in_state(self, *states):
        return [r for r in self.get("/v1/runs") if r["state"] in states]

    def is_result(self, path):
        return path.read_text() == "approved\n"


class Asked(Decided):
    """Half of it is done, somebody is told, a person is asked, and says yes to the rest."""
    STEPS = """  - ensure: {{ resource: file, path: {folder}/b, desired: {{ content: "one\\n" }} }}
  - notify: pager
    text: half is done
  - approve: {{ text: "go on?" }}
  - ensure: desired
"""
    points_min = 25

    def words(self):
        return next((("reviews", "approve", str(review["id"])) for review in self.get("/v1/reviews")), None)

    def over(self):
        return self.in_state("succeeded") and not self.get("/v1/findings")

    def check_end(self, where):
        run = self.only_run()
        self.assertEqual([s["state"] for s in run["steps"]], ["verified", "passed", "passed", "verified"], where)
        for step in (0, 3):
            self.once(run, step, "intended")
        self.assertEqual([e["kind"] for e in run["entries"] if e["kind"].startswith("review.")], ["review.decided"], where)
        self.assertEqual((self.play / "sub" / "b").read_text(), "one\n", where)
        told = until(lambda: (self.play / "sub" / "told").exists() and (self.play / "sub" / "told").read_text(), f"told, {where}")
        self.assertLessEqual(len(told.splitlines()), 2, f"a second time only where nobody knows of the first, {where}")


class Cancelled(Decided):
    """It is called off while it waits: nothing more is begun, and what it had done stays."""
    STEPS = """  - ensure: {{ resource: file, path: {folder}/b, desired: {{ content: "one\\n" }} }}
  - wait: 1h
  - ensure: desired
"""

    def words(self):
        return self.in_state("waiting") and ("runs", "cancel", "1")

    def over(self):
        return self.in_state("cancelled")

    def check_end(self, where):
        run = self.only_run()
        self.once(run, 0, "intended")
        self.assertEqual((self.play / "a").read_text(), BROKEN, where)
        self.assertEqual((self.play / "sub" / "b").read_text(), "one\n", where)
        self.assertEqual(len([e for e in run["entries"] if e["kind"] == "cancel.asked"]), 1, where)


class Resolved(Decided):
    """Nobody knows what a program had done when the daemon died. A person has looked: it is done."""
    points_min = 5
    STEPS = """  - exec: [{folder}/slow]
    time_limit: 10m
"""

    def before(self):
        slow = self.play / "sub" / "slow"
        slow.write_text(f"#!/bin/sh\necho approved > {self.play}/a\necho $$ > {self.play}/sub/pid\nexec sleep 500\n")
        slow.chmod(0o755)
        self.start()
        self.break_file()
        pid = int(until(lambda: (self.play / "sub" / "pid").exists() and (self.play / "sub" / "pid").read_text(), "it runs"))
        self.stop(signal.SIGKILL)
        os.kill(pid, signal.SIGKILL)
        self.start()
        until(lambda: self.in_state("unknown"), "nobody knows")
        self.assertEqual(self.stop(), 0)

    def provoke(self):
        self.say_it()

    def words(self):
        return self.in_state("unknown") and ("runs", "resolve", "1", "--as", "done")

    def over(self):
        return self.in_state("succeeded") and not self.get("/v1/findings")

    def check_end(self, where):
        run = self.only_run()
        self.once(run, 0, "intended")
        self.assertEqual([e["kind"] for e in run["entries"] if e["kind"].startswith("review.")], ["review.decided"], where)


class Retried(Decided):
    """A program failed and a person ended its run. What was wrong is mended, and a person wants it tried again."""
    runs_expected = 2
    points_min = 20
    STEPS = """  - exec: [{folder}/tell]
    confirm: {{ exec: [{folder}/there] }}
  - ensure: desired
"""

    def before(self):
        sub = self.play / "sub"
        self.script("tell", ": > begun\nuntil [ -e failing ]; do sleep 0.02; done\nexit 1")
        self.script("there", "test -e told")
        self.arguments = []  # a lone thread would hear nobody while the program runs
        self.start()
        self.break_file()
        until((sub / "begun").exists, "it runs")
        self.cli("runs", "cancel", "1", "--reason", "not by itself again")
        (sub / "failing").touch()
        self.ended(1, "failed")
        self.assertEqual(self.stop(), 0)
        del self.arguments
        self.script("tell", 'echo "${ARIGHT_KEY#*-}" >> calls\n: > told')

    def provoke(self):
        self.say_it()

    def words(self):
        return self.nothing if len(self.get("/v1/runs")) > 1 else ("runs", "retry", "1")

    def over(self):
        return self.in_state("succeeded") and not self.get("/v1/findings")

    def check_end(self, where):
        run = self.only_run()
        self.assertEqual((run["retries"], [s["state"] for s in run["steps"]]), (1, ["verified", "verified"]), where)
        self.once(run, 1, "intended")
        self.assertEqual((self.play / "sub" / "calls").read_text().split(), ["r2-0"], f"once, {where}")
        self.assertEqual(len([e for e in self.entries() if e["kind"] == "retry.asked"]), 1, where)
        self.assertEqual(len(self.ask("findings", "list", "--all")), 1, where)


class ExecByTail(OneLine, KillSweep, LogCase):
    """A line of a log starts a program. A death between its start and its recorded end is a person's question."""
    files = []
    runs_expected = 1
    points_min = 6  # three commits of two calls
    missed_max = 2  # how often it wakes itself depends on when the program ends

    def over(self):
        runs = self.get("/v1/runs")
        return runs and runs[0]["state"] in ("succeeded", "unknown")

    def check_end(self, where):
        run = self.only_run()
        started = [call[1] for call in self.calls()]
        self.assertLessEqual(len(started), 1, f"{where}: {started}")
        self.once(run, 0, "intended")
        if run["state"] == "succeeded":
            self.assertEqual(started, ["203.0.113.1"], where)
        self.assertEqual(self.shown()["events"], 1, where)
        findings = self.ask("findings", "list", "--all")
        self.assertEqual([f["occurrences"] for f in findings], [1], where)
        (self.play / "calls").unlink(missing_ok=True)


class ExecOutlives(ExecByTail):
    """The same, and the program is not done at once: it outlives the death, and another one says whether its work is there.
    It is found, waited for, and never done a second time."""
    points_min = 8  # two commits more

    def workflow(self, mode="auto", answers=None):
        look = self.programs / "look"
        look.write_text(f"#!{os.path.realpath('/usr/bin/python3')}\nimport os, sys\n"
                        f"sys.exit(0 if os.path.exists('{self.play}/calls') else 1)\n")
        look.chmod(0o755)
        text = self.program.read_text()
        self.program.write_text(text.replace("told = ", "import time\ntime.sleep(0.7)\ntold = "))
        super().workflow(mode, answers)
        with open(self.config / "workflows" / "react.yaml", "a") as file:
            file.write(f"    confirm: {{ exec: [{look}] }}\n")

    def check_end(self, where):
        run = self.only_run()
        self.assertEqual((run["state"], run["steps"][0]["state"]), ("succeeded", "verified"), where)
        self.assertEqual([call[1] for call in self.calls()], ["203.0.113.1"], where)
        self.assertEqual(self.shown()["events"], 1, where)
        (self.play / "calls").unlink()


class Webhook(KillSweep, OneDelivery):
    """A delivery starts a program. Who was not told that it is kept sends it again."""
    roles = ("crew", "http-tcp")
    runs_expected = 1
    points_min = 9  # three commits of two calls; the delivery's own write and sync, and the call that wakes the crew
    missed_max = 2  # how often it wakes itself depends on when the program ends

    def prepare(self):
        self.write_source()
        super().prepare()

    def as_prepared(self):
        super().as_prepared()
        self.acknowledged = False

    def provoke(self):
        self.deliver()

    def after_death(self):
        if not self.acknowledged:
            self.provoke()

    def is_result(self, path):
        return False

    def over(self):
        runs = self.get("/v1/runs")
        return runs and runs[0]["state"] in ("succeeded", "unknown")

    def check_end(self, where):
        run = self.only_run()
        self.assertLessEqual(len(self.calls()), 1, where)
        self.once(run, 0, "intended")
        if run["state"] == "succeeded":
            self.assertEqual(self.calls(), ["web1"], where)
        self.assertTrue(self.acknowledged, where)
        self.assertEqual(self.source()["events"], 1, where)
        self.assertEqual([f["occurrences"] for f in self.ask("findings", "list", "--all")], [1], where)
        (self.play / "calls").unlink(missing_ok=True)


unittest.main()
