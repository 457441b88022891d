"""The README's first five minutes, the machine and the way to auto, line by line, and its own control and workflow."""
import json
import os
import pathlib
import re
import shutil
import stat
import subprocess
import unittest

from daemon import BINARY, DaemonCase, until

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
README = (REPOSITORY / "README.md").read_text()


def block_after(words, language):
    return re.search(re.escape(words) + r".*?```" + language + r"\n(.*?)```", README, re.S)[1]


class Readme(DaemonCase):
    """In a folder that looks like the repository after `./dev run`."""

    def setUp(self):
        super().setUp()
        self.here = self.top / "here"
        (self.here / "build").mkdir(parents=True)
        (self.here / "build" / "aright").symlink_to(os.path.abspath(BINARY))
        shutil.copytree(REPOSITORY / "packs", self.here / "packs")
        make = re.search(r"^make_playground\(\) \{\n.*?^\}$", (REPOSITORY / "dev").read_text(), re.S | re.M)[0]
        subprocess.run(["sh", "-euc", make + "\nmake_playground"], cwd=self.here, check=True)
        self.config, self.state, self.play = self.here / "packs/first-hour", self.here / ".aright/state", self.here / "playground"

    def type(self, line, codes=(0,)):
        done = subprocess.run(["bash", "-c", 'aright() { "$PWD/build/aright" --state "$PWD/.aright/state" "$@"; }\n' + line], cwd=self.here,
                              capture_output=True, text=True, timeout=60)
        self.assertIn(done.returncode, codes, f"{line}: {done.stdout}{done.stderr}")
        return done.stdout

    def machine(self):
        """What the pack finds on the machine that the test runs on."""
        items = json.loads(self.type("aright scan packs/first-hour -o json", codes=(0, 1)))["items"]
        return [i for i in items if "machine" in i["tags"]]

    def test_the_first_five_minutes(self):
        wrong = [i for i in self.machine() if i["status"] == "violation"]
        self.start()
        until(lambda: len([r for r in self.get("/v1/runs") if r["state"] == "planned"]) >= len(wrong), "the machine is looked at")
        said = {}
        fixes = 0
        for line in block_after("## A first fix in five minutes", "sh").splitlines():
            line = line.split(" #")[0].strip()
            if not line or line.startswith("alias"):
                continue
            said[line] = self.type(line)
            if line.split()[0] in ("echo", "chmod", "rm", "touch"):
                fixes += 1
                state, count = ("succeeded", fixes) if fixes <= 3 else ("held", 1)
                until(lambda: len([r for r in self.get("/v1/runs") if r["state"] == state]) >= count, f"{count} {state} after {line}")
            if "reviews approve" in line:
                until(lambda: not self.get("/v1/runs?open=1"), "the approved run is over")
        self.assertIn("Change me: Aright puts me right.", said["cat playground/greeting.txt"])
        self.assertNotIn("oops", said["cat playground/greeting.txt"])
        self.assertIn("- oops", said["aright runs show"])
        self.assertIn("decided by  guards", said["aright runs show"])
        self.assertIn("admitted 3 times within 10m", said["aright reviews list"])
        self.assertIn("ok: ", said["aright audit verify"])
        self.assertFalse((self.play / "id_rsa").exists())
        self.assertEqual(stat.S_IMODE((self.play / "settings.conf").stat().st_mode), 0o640)
        self.assertEqual(fixes, 4, "edited, mode changed, deleted, and once too often")

    def test_this_machine_is_looked_at_and_left_alone(self):
        before = {path: (os.stat(path), pathlib.Path(path).read_bytes()) for path in ("/etc/passwd", "/etc/group")}
        seen = {i["subject"]: i for i in self.machine()}
        self.assertIn(seen["file:/etc/passwd"]["status"], ("compliant", "violation"))
        for path in ("/etc/ssh/sshd_config", "/etc/passwd-", "/etc/sysctl.conf"):
            if not os.path.exists(path):
                self.assertEqual(seen[f"file:{path}"]["status"], "compliant", "what may be absent is no violation")
        self.start()
        wrong = sorted(subject for subject, item in seen.items() if item["status"] == "violation")

        def planned():
            return sorted(r["subject"] for r in self.get("/v1/runs") if r["workflow"] == "mend-this-machine" and r["state"] == "planned")
        until(lambda: planned() == wrong, lambda: f"{planned()} is not {wrong}")
        said = {}
        for line in block_after("## This machine, looked at", "sh").splitlines():
            line = line.split(" #")[0].strip()
            if line:
                said[line] = self.type(line, codes=(0, 1) if " scan " in line else (0,))
        for subject in wrong:
            self.assertIn(subject, said["aright scan packs/first-hour"])
            self.assertIn(subject, said["aright findings list"])
        if wrong:
            run = next(r for r in self.get("/v1/runs") if r["subject"] == wrong[0])
            self.assertIn("would ", self.type(f"aright runs show {run['id']}"))
        self.assertEqual(json.loads(said["aright scan packs/first-hour -o sarif"])["version"], "2.1.0")
        self.assertFalse([e for e in self.entries() if e["kind"] == "step.intended"], "no effect was announced")
        for path, (info, content) in before.items():
            now = os.stat(path)
            self.assertEqual((now.st_ino, now.st_mtime_ns, now.st_mode), (info.st_ino, info.st_mtime_ns, info.st_mode))
            self.assertEqual(pathlib.Path(path).read_bytes(), content)

    def test_failed_logins_of_this_machine(self):
        """The pack's own rule and answer, with a log of ours in the place of the machine's."""
        log = self.top / "auth.log"
        source = self.config / "sources" / "auth.yaml"
        source.write_text(source.read_text().replace("/var/log/auth.log", str(log)))
        self.start()
        self.assertIn("is not there yet", self.type("aright sources list"), "a missing log is told, and is no mistake")
        with open(log, "a") as lines:
            for n in range(5):
                lines.write(f"2026-11-26T10:00:0{n}.000000+00:00 here sshd[12]: Failed password for root from 203.0.113.7 port 4242 ssh2\n")
                lines.write(f"2026-11-26T10:00:0{n}.100000+00:00 here sshd[13]: Accepted password for you from 203.0.113.8 port 4243 ssh2\n")
        planned = until(lambda: [r for r in self.get("/v1/runs") if r["workflow"] == "answer-guessers"], "an answer")
        until(lambda: [r for r in self.get("/v1/runs") if r["workflow"] == "answer-guessers" and r["state"] == "planned"], "a plan")
        self.assertEqual([r["subject"] for r in planned], ["address=203.0.113.7"])
        self.assertIn("guesses passwords: 203.0.113.7", self.type(f"aright runs show {planned[0]['id']}"))
        self.assertFalse([e for e in self.entries() if e["kind"] == "step.intended"], "no program was announced")

    def test_from_plan_to_auto(self):
        folder = self.own_folder()
        self.config, self.arguments = folder, []
        self.start()
        until(lambda: [r for r in self.get("/v1/runs") if r["state"] == "planned"], "a plan")
        for line in block_after("## From plan to auto", "sh").splitlines():
            line = line.split(" #")[0].strip().replace("DIR", str(folder))
            said = self.type(line)
            if "propose" in line:
                until(lambda: [r for r in self.get("/v1/runs") if r["state"] == "held"], "a proposal")
            if "reviews list" in line:
                self.assertIn("a person approves", said)
                self.assertFalse((self.play / "motd").exists())
                self.type("aright reviews approve 1 --reason 'as it should be'")
                until(lambda: (self.play / "motd").exists(), "put right")
                until(lambda: not self.get("/v1/runs?open=1"), "it is over")
            if "mode: auto" in line:
                (self.play / "motd").write_text("changed\n")
                until(lambda: (self.play / "motd").read_text() == "Welcome.\n", "put right without asking")
                until(lambda: not self.get("/v1/runs?open=1"), "it is over")
        (self.play / "motd").write_text("changed\n")
        until(lambda: len([r for r in self.get("/v1/runs") if r["state"] == "planned"]) == 2, "only planned again")
        self.assertEqual((self.play / "motd").read_text(), "changed\n")

    def test_a_changed_byte_is_found(self):
        self.start()
        self.type("echo oops >> playground/greeting.txt")
        until(lambda: [r for r in self.get("/v1/runs") if r["state"] == "succeeded"], "put right")
        self.assertEqual(self.stop(), 0)
        database = (self.state / "aright.db").read_bytes()
        at = database.index(b'"kind":"run.succeeded"')
        (self.state / "aright.db").write_bytes(database[:at + 9] + b"R" + database[at + 10:])
        self.assertRegex(self.cli("audit", "verify", expect=1), r"entry \d+")

    def own_folder(self):
        """The control and the workflow of the README, for a file in the playground."""
        folder = self.top / "own"
        for kind, name in (("controls", "motd"), ("workflows", "restore-motd")):
            (folder / kind).mkdir(parents=True)
            text = re.search(rf"# ({kind}/{name}\.yaml)\n(.*?)```", README, re.S)[2]
            (folder / kind / f"{name}.yaml").write_text(text.replace("/etc/motd", str(self.play / "motd")).replace("owner: root", f'owner: "{os.geteuid()}"'))
        return folder

    def test_your_own_control_and_workflow(self):
        folder = self.own_folder()
        self.config, self.arguments = folder, []
        self.assertIn("ok: 1 controls, 1 workflows", self.cli("validate", str(folder)))
        self.start()
        planned = until(lambda: [r for r in self.get("/v1/runs") if r["state"] == "planned"], "a plan")
        self.assertIn("+ Welcome.", self.cli("runs", "show", str(planned[0]["id"])))
        self.assertFalse((self.play / "motd").exists())

    def test_a_log_driven_workflow(self):
        folder, log = self.top / "own", self.top / "shop.log"
        for kind, name in (("sources", "shop.yaml"), ("controls", "shop-guessing.yml"), ("workflows", "block-guesser.yaml")):
            (folder / kind).mkdir(parents=True)
            text = re.search(rf"# ({kind}/{name})\n(.*?)```", README, re.S)[2]
            (folder / kind / name).write_text(text.replace("/var/log/shop.log", str(log)).replace("/usr/local/bin/block", "/usr/bin/true"))
        self.config, self.arguments = folder, []
        self.assertIn("1 workflows", self.cli("validate", str(folder)))
        self.start()
        with open(log, "a") as lines:
            for minute in range(5):
                lines.write(f'{{"at": "2026-11-26T10:0{minute}:00Z", "action": "login", "result": "failed", "address": "203.0.113.7"}}\n')
        planned = until(lambda: [r for r in self.get("/v1/runs") if r["state"] == "planned"], lambda: self.get("/v1/sources"))
        self.assertEqual(planned[0]["subject"], "address=203.0.113.7")
        self.assertIn("203.0.113.7", self.cli("runs", "show", str(planned[0]["id"])))


unittest.main()
