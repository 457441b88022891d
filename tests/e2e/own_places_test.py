"""What is Aright's own: no program is handed it, and nothing that a workflow starts decides about workflows."""
import json
import os
import shutil
import subprocess
import unittest

from daemon import DaemonCase, until
from log_case import LogCase
from mounts import enter_own_mounts

MAY_MOUNT = enter_own_mounts(__file__)

TOUCH = """workflow: react
owner: tests
answers: [{{ control: failed-login, subject: "address=${{ event.address }}", type: address }}]
mode: auto
guards: {{ threshold: [{{ runs: 1000, within: 10m, per: workflow }}] }}
steps:
  - exec: [/usr/bin/touch, "{argument}"]
"""
PROPOSED = """workflow: proposed
owner: tests
answers: [a]
mode: propose
steps: [{ ensure: desired }]
"""
STEP = """workflow: decides
owner: tests
answers: [b]
mode: auto
steps:
  - exec: [{program}]
"""
# Asks the API in its own way, so that no name of ours stands in any argument. It writes down what it was told.
ASKS = """#!{python}
import http.client, json, os, socket, sys, time
def ask(path, body):
    connection = http.client.HTTPConnection("localhost", timeout=20)
    connection.sock = socket.socket(socket.AF_UNIX)
    connection.sock.connect("{socket}")
    connection.request("POST", path, json.dumps(body))
    answer = connection.getresponse()
    return answer.status, json.loads(answer.read())
def all_of_it():
    told = [ask(path, dict(body, reason="I say so")) for path, body in [
        ("/v1/reviews/1/approve", {{}}), ("/v1/reviews/1/deny", {{}}), ("/v1/resume", {{}}), ("/v1/pauses/1/resume", {{}}),
        ("/v1/workflows/proposed/mode", {{"mode": "off"}}), ("/v1/runs/1/cancel", {{}}), ("/v1/runs/1/retry", {{}}),
        ("/v1/runs/1/resolve", {{"as": "done"}}), ("/v1/waivers", {{"control": "a", "owner": "me", "for": "1h"}}),
        ("/v1/waivers/1/remove", {{}}), ("/v1/reload", {{}}), ("/v1/rescan", {{}})]]
    told.append(ask("/v1/pause", {{"reason": "stop, please"}}))
    with open("{told}.new", "w") as file:
        json.dump(told, file)
    os.rename("{told}.new", "{told}")
{how}
"""
AT_ONCE = "all_of_it()"
# Another session, no parent of ours, nothing of ours in the environment.
ESCAPED = """
if os.environ.get("ARIGHT_KEY"):
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            os.execve(sys.executable, [sys.executable, __file__], {"NOT_OF": "a step"})
        os._exit(0)
    os.wait()
    while not os.path.exists("{told}"):
        time.sleep(0.01)
else:
    all_of_it()
"""


class Named(LogCase):
    def workflow(self, **more):
        (self.config / "workflows" / "react.yaml").write_text(TOUCH.format(argument="${ event.host }"))

    def event_names(self, path, number):
        with open(self.log_file, "a") as log:
            log.write(self.line(f"203.0.113.{number}", host=str(path)))

    def held(self, count=1):
        until(lambda: len(self.runs("held")) >= count, lambda: f"{count} held: {self.ask('runs', 'list')}")
        return self.ask("reviews", "list")[0]

    def test_what_an_event_names_is_held_and_no_approval_lets_it_go(self):
        link = self.play / "link"
        link.symlink_to(self.state / "pause-soon")
        self.start()
        paths = [self.state / "pause", self.config / "workflows" / "evil.yaml", link, f"/proc/self/root{self.state}/pause"]
        for count, path in enumerate(paths, 1):
            self.event_names(path, count)
            review = self.held(count)
            self.assertEqual(review["guard"], "protected")
            self.assertIn("argument 1 of /usr/bin/touch leads to ", review["reason"])
        said = self.cli("reviews", "approve", str(review["id"]), "--reason", "please", expect=1)
        self.assertIn("no approval lets it go while that is so", said)
        self.assertEqual(len(self.ask("reviews", "list")), len(paths), "and all are asked about still")
        self.assertFalse((self.state / "pause").exists())
        self.assertFalse((self.state / "pause-soon").exists())
        self.event_names(self.play / "fine", 99)
        until((self.play / "fine").exists, "what is not ours is done")

    def test_an_event_names_neither_our_unit_nor_our_process(self):
        self.start()
        names = ["aright", "aright.service", "/usr/local/bin/aright", str(self.process.pid), f"/proc/{self.process.pid}"]
        for count, name in enumerate(names, 1):
            self.event_names(name, count)
            review = self.held(count)
            self.assertEqual(review["guard"], "protected")
            self.assertRegex(review["reason"], "argument 1 of /usr/bin/touch names .*, which is Aright itself")
        self.event_names(self.play / "aright-notes", 99)
        until((self.play / "aright-notes").exists, "a word that has it in it is another")

    @unittest.skipUnless(MAY_MOUNT, "skipped: only root may mount here")
    def test_through_bind_mounts_of_all_or_a_part_of_it(self):
        self.start()
        mounted = []
        for name, what in [("s", self.state), ("w", self.config / "workflows"), ("t", self.top)]:
            folder = self.play / name
            folder.mkdir()
            subprocess.run(["mount", "--bind", what, folder], check=True)
            self.addCleanup(subprocess.run, ["umount", "-l", folder], check=True)
            mounted.append(folder)
        paths = [mounted[0] / "pause", mounted[1] / "evil.yaml", mounted[2] / "state" / "pause", mounted[2]]
        for count, path in enumerate(paths, 1):
            self.event_names(path, count)
            self.held(count)
        self.assertEqual(self.runs("succeeded"), [])
        self.assertFalse((self.state / "pause").exists())


class Written(DaemonCase):
    def refused_for(self, *exec_list):
        text = "workflow: w\nowner: tests\nanswers: [a]\nmode: auto\nsteps:\n  - exec: " + json.dumps([str(a) for a in exec_list]) + "\n"
        (self.config / "workflows" / "restore.yaml").write_text(text)
        done = subprocess.run([self.binary, "--state", str(self.state), "validate", str(self.config)], capture_output=True, text=True, timeout=60)
        return done.stdout + done.stderr if done.returncode else ""

    def test_the_own_program_under_any_name(self):
        own = self.top / "bin" / "aright"
        own.parent.mkdir()
        self.binary = shutil.copy(self.binary, own)
        os.link(own, self.play / "innocent")
        (self.play / "link").symlink_to(own)
        for name in (own, self.play / "innocent"):
            self.assertIn("the program of `exec` is Aright's own program", self.refused_for(name, "reviews", "approve", "1"))
        for name in (own, self.play / "innocent", self.play / "link"):
            self.assertIn("argument 2 of `exec` leads to ", self.refused_for("/usr/bin/timeout", "5", name, "pause"))
        self.assertEqual(self.refused_for("/usr/bin/timeout", "5", "/usr/bin/true"), "")

    @unittest.skipUnless(MAY_MOUNT, "skipped: only root may mount here")
    def test_resources_through_bind_mounts(self):
        own = self.top / "bin" / "aright"
        own.parent.mkdir()
        self.binary = shutil.copy(self.binary, own)
        self.state.mkdir()
        for what in (self.state, self.config, own.parent):
            folder = self.play / what.name
            folder.mkdir()
            subprocess.run(["mount", "--bind", what, folder], check=True)
            self.addCleanup(subprocess.run, ["umount", "-l", folder], check=True)
        for path in ("state/pause", "config/workflows/evil.yaml", "bin/aright"):
            control = f'control: a\nwatch: {{ resource: file, path: "{self.play / path}" }}\ndesired: {{ mode: "0600" }}\n'
            (self.config / "controls" / "a.yaml").write_text(control)
            done = subprocess.run([self.binary, "--state", str(self.state), "validate", str(self.config)], capture_output=True, text=True, timeout=60)
            self.assertEqual(done.returncode, 1, path)
            self.assertIn("is answered, and no workflow may change", done.stdout + done.stderr)

    @unittest.skipUnless(MAY_MOUNT, "skipped: only root may mount here")
    def test_a_mount_that_came_after_the_start(self):
        path = self.play / "later" / "evil.yaml"
        path.parent.mkdir()
        path.write_text("approved\n")
        control = f'control: a\nwatch: {{ resource: file, path: "{path}" }}\ndesired: {{ content: "approved\\n" }}\n'
        (self.config / "controls" / "a.yaml").write_text(control)
        self.start()
        subprocess.run(["mount", "--bind", self.config / "workflows", path.parent], check=True)
        self.addCleanup(subprocess.run, ["umount", "-l", path.parent], check=True)
        self.cli("rescan")  # there it is gone
        until(lambda: self.ask("reviews", "list"), lambda: f"held: {self.ask('runs', 'list')}")
        self.assertIn("Aright's own", self.ask("reviews", "list")[0]["reason"])
        self.assertFalse((self.config / "workflows" / "evil.yaml").exists())


class Decides(DaemonCase):
    files = ["a", "b"]

    def asked_by_a_step(self, how):
        told, program = self.top / "told", self.top / "asks"
        text = ASKS.replace("{how}", how.replace("{", "{{").replace("}", "}}").replace("{{told}}", "{told}"))
        program.write_text(text.format(python=os.path.realpath("/usr/bin/python3"), socket=self.state / "aright.sock", told=told))
        program.chmod(0o755)
        (self.config / "workflows" / "restore.yaml").write_text(PROPOSED)
        (self.config / "workflows" / "decides.yaml").write_text(STEP.format(program=program))
        self.start()
        self.break_file("a")
        until(lambda: self.ask("reviews", "list"), "a review")
        self.break_file("b")
        until(told.exists, lambda: f"the step asked: {self.ask('runs', 'list')}")
        return json.loads(told.read_text())

    def nothing_but_the_pause(self, told):
        *decisions, pause = told
        for status, answer in decisions:
            self.assertEqual(status, 403, answer)
            self.assertIn("was started by a step of a workflow", answer["detail"])
        self.assertIn(pause[0], (200, 202), "whoever runs may stop it")
        self.assertEqual(len(self.ask("reviews", "list")), 1)
        self.assertFalse(self.fixed("a"))
        self.cli("resume", "--reason", "a person decides")
        self.cli("reviews", "approve", "1", "--reason", "a person decides")
        until(lambda: self.fixed("a"), "a person decided")

    def test_a_step_decides_nothing(self):
        self.nothing_but_the_pause(self.asked_by_a_step(AT_ONCE))

    def test_nor_what_has_left_its_family_and_its_environment(self):
        self.nothing_but_the_pause(self.asked_by_a_step(ESCAPED))


unittest.main()
