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
        self.cli("reviews", "approve", str(review["id"]), "--reason", "please")
        until(lambda: len(self.ask("reviews", "list", "--all")) == len(paths) + 1, "held again")
        self.assertFalse((self.state / "pause").exists())
        self.assertFalse((self.state / "pause-soon").exists())
        self.event_names(self.play / "fine", 99)
        until((self.play / "fine").exists, "what is not ours is done")

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


unittest.main()
