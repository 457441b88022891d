"""The README's commands as they stand there, one after the other, with the daemons that it starts."""
import json
import os
import pathlib
import re
import shutil
import signal
import stat
import subprocess
import unittest

from api_server import ApiServer
from daemon import BINARY, CONTROL, DaemonCase, until
from notify_test import KEY, Receiver

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
README = (REPOSITORY / "README.md").read_text()


ALIASES = "shopt -s expand_aliases\n" + "\n".join(re.findall(r"^alias .*$", README, re.M)) + "\n"
# What `./dev run` ends with; any free port, since tests run side by side.
DEV_RUN = re.search(r"^ +exec (build/aright serve .*) \"\$@\"$", (REPOSITORY / "dev").read_text(), re.M)[1].replace(":7480", ":0")


def commands_after(words):
    """The commands of the first block of shell after `words`, as they are typed; one that spans lines is one."""
    block = re.search(re.escape(words) + r".*?```sh\n(.*?)```", README, re.S)[1]
    found = re.findall(r"^[^\n]*<<END\n.*?^END$|^[^\n]+$", block, re.S | re.M)
    return [line for line in found if not line.startswith("alias ")]


def bare(line):
    """Without the comment behind it."""
    return line.split(" #")[0].strip()


class Readme(DaemonCase):
    """In a folder that looks like the repository after `./dev run`."""

    def setUp(self):
        super().setUp()
        self.here = self.top / "here"
        (self.here / "build").mkdir(parents=True)
        (self.here / "build" / "aright").symlink_to(os.path.abspath(BINARY))
        shutil.copytree(REPOSITORY / "packs", self.here / "packs")
        subprocess.run(["chmod", "-R", "o-w", self.here / "packs"], check=True)  # whatever mask they were checked out with
        make = re.search(r"^make_playground\(\) \{\n.*?^\}$", (REPOSITORY / "dev").read_text(), re.S | re.M)[0]
        subprocess.run(["sh", "-euc", make + "\nmake_playground"], cwd=self.here, check=True)
        self.config, self.state, self.play = self.here / "packs/first-hour", self.here / ".aright/state", self.here / "playground"

    def type(self, line, codes=(0,)):
        done = subprocess.run(["bash", "-c", ALIASES + line], cwd=self.here, capture_output=True, text=True, timeout=60)
        self.assertIn(done.returncode, codes, f"{line}: {done.stdout}{done.stderr}")
        return done.stdout

    def start(self, line=DEV_RUN):
        """A daemon as it is started by a line of the README, or by `./dev run`."""
        with open(self.top / "log", "a") as log:
            self.process = subprocess.Popen(["bash", "-c", ALIASES + line], cwd=self.here, stdout=subprocess.PIPE, stderr=log, text=True,
                                            start_new_session=True)
        self.addCleanup(self.end, self.process)
        said = self.process.stdout.readline()
        self.assertTrue(said.startswith("ready"), f"{line}: {said!r} {(self.top / 'log').read_text()}")

    def end(self, process):
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        process.stdout.close()

    def stop(self):
        """Ctrl-C."""
        os.killpg(self.process.pid, signal.SIGINT)
        code = self.process.wait(timeout=20)
        self.process = None
        return code

    def machine(self):
        """What the pack finds on the machine that the test runs on."""
        items = json.loads(self.type("aright scan packs/first-hour -o json", codes=(0, 1)))["items"]
        return [i for i in items if "machine" in i["tags"]]

    def test_what_was_done_is_undone(self):
        self.start()
        lines = commands_after("## Undo")
        before = (self.play / "greeting.txt").read_text()
        self.type(lines[0])
        fix = until(lambda: [r for r in self.get("/v1/runs") if r["state"] == "succeeded"], "it is put right")[0]["id"]
        self.assertIn("would undo", self.type(lines[1].replace("undo FIX", f"undo {fix}")))
        self.assertEqual((self.play / "greeting.txt").read_text(), before)
        self.assertIn("undone by run", self.type(lines[2].replace("undo FIX", f"undo {fix}")))
        self.assertEqual((self.play / "greeting.txt").read_text(), before + "oops\n")
        undo = self.get(f"/v1/runs/{fix}")["undone_by"]
        self.type(lines[3].replace("undo UNDO", f"undo {undo}"))
        self.assertEqual((self.play / "greeting.txt").read_text(), before)
        self.assertRegex(self.type(lines[4]), r"^undoing run \d+ on \S+greeting.txt would undo\n")
        self.assertEqual((self.play / "greeting.txt").read_text(), before)
        self.type(lines[5])
        self.assertEqual((self.play / "greeting.txt").read_text(), before + "oops\n")

    def test_the_first_five_minutes(self):
        wrong = [i for i in self.machine() if i["status"] == "violation"]
        self.start()
        self.assertEqual(self.get("/v1/status")["capped"], [], "the pack's own tests let it act")
        self.assertNotIn("propose", (self.top / "log").read_text())
        until(lambda: len([r for r in self.get("/v1/runs") if r["state"] == "planned"]) >= len(wrong), "the machine is looked at")
        said = {}
        fixes = 0
        for typed in commands_after("## A first fix in five minutes"):
            line = bare(typed)
            said[line] = self.type(typed)
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
        for typed in commands_after("## This machine, looked at"):
            said[bare(typed)] = self.type(typed, codes=(0, 1) if " scan " in typed else (0,))
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

    def test_a_backup_is_brought_back_as_it_stands_there(self):
        """Also with the alias that has named a state folder already."""
        self.start()
        copy, brought = self.top / "copy", self.top / "brought"
        typed = [" ".join(words.split()) for words in re.findall(r"`(aright (?:backup|restore) [^`]*)`", README)]
        self.assertEqual(len(typed), 2, typed)
        for line in typed:
            self.type(line.replace("DIR", str(copy)).replace("NEW", str(brought)).replace("TEXT", "'the disk died'"))
        self.assertTrue((brought / "aright.db").exists())
        self.assertIn("ok: ", self.type(f"aright audit verify --state {brought}"))
        self.assertIn("audit_entries", json.loads(self.type("aright -o yaml status -o json")))

    def runs_in(self, state):
        return [r for r in self.get("/v1/runs") if r["state"] == state]

    def mine(self):
        """Does all that stands before the way to auto, and leaves the daemon of it going."""
        said = {}
        for typed in commands_after("## Your own control and workflow"):
            if " serve " in typed:
                self.state = self.here / "mine" / "state"
                self.start(typed)
            else:
                said[bare(typed)] = self.type(typed, codes=(1,) if " scan " in typed else (0,))
        until(lambda: self.runs_in("planned"), "a plan")
        return said

    def test_your_own_control_and_workflow(self):
        self.start()  # the playground's goes on beside it
        said = self.mine()
        self.assertIn("ok: 1 control, 1 workflow", said["mine validate mine/config"])
        self.assertIn("+ Welcome.", said["mine scan mine/config --plan"])
        self.assertEqual([w["workflow"] for w in self.get("/v1/workflows")], ["restore-welcome"])

    def test_from_plan_to_auto(self):
        self.mine()
        welcome = self.here / "mine" / "welcome.txt"
        for typed in commands_after("## From plan to auto"):
            if "reviews list" in typed:
                until(lambda: self.runs_in("held"), "a proposal")
            said = self.type(typed)
            if "runs show" in typed:
                self.assertIn("+ Welcome.", said)
            if typed.startswith("mine test"):
                self.assertIn("1 test, 0 failed", said)
            if "reviews list" in typed:
                self.assertIn("a person approves", said)
                self.assertFalse(welcome.exists())
            if "approve" in typed or "oops" in typed:
                until(lambda: welcome.exists() and welcome.read_text() == "Welcome.\n" and not self.get("/v1/runs?open=1"), f"put right after {typed}")
        planned = len(self.runs_in("planned"))
        welcome.write_text("oops\n")
        until(lambda: len(self.runs_in("planned")) > planned, "only planned again")
        self.assertEqual(welcome.read_text(), "oops\n")
        self.assertIn("restore-welcome", self.type(commands_after("## Why, or why not")[0]))
        self.assertRegex(self.type(commands_after("## What it did, in figures")[0]), r"restore-welcome +[1-9]")
        for typed in commands_after("## What is known to be wrong"):
            said = self.type(typed)
            if "list" in typed:
                self.assertIn("holiday greeting", said)

    def test_as_a_service(self):
        """Below a folder instead of /, and without systemd, which only looks at the unit."""
        root = self.top / "root"
        (self.top / "root" / "var/lib").mkdir(parents=True)
        shutil.copytree(REPOSITORY / "packaging", self.here / "packaging")
        config = self.top / "CONFIG"
        (config / "controls").mkdir(parents=True)
        (root / "motd").write_text("other\n")
        (config / "controls" / "motd.yaml").write_text(CONTROL.format(name="motd", path=root / "motd"))

        def here(text):
            return re.sub(r"(?<![\w/.])/(usr/local|etc|var/lib)\b", rf"{root}/\1", text).replace("CONFIG/.", f"{config}/.")

        lines = [bare(line).replace("sudo ", "") for line in commands_after("## As a service")]
        self.assertEqual(lines[0], "./dev build")
        for line in lines[1:]:
            if line.startswith("install"):
                self.type(here(line))
        unit = root / "etc/systemd/system/aright.service"
        said = dict(re.findall(r"^(Exec\w+)=(.*)$", unit.read_text(), re.M))
        unit.write_text(here(unit.read_text()))
        if shutil.which("systemd-analyze"):
            seen = subprocess.run(["systemd-analyze", "verify", unit], capture_output=True, text=True, timeout=60)
            self.assertEqual((seen.returncode, seen.stderr), (0, ""))
        start = here(said["ExecStart"])
        self.type(start.replace("serve --config", "validate"))
        self.state = root / "var/lib/aright"
        self.start("exec " + start)
        self.type(here(said["ExecReload"]))
        self.assertEqual(json.loads(self.type(f"{root}/usr/local/bin/aright --state {self.state} findings list -o json"))[0]["subject"], f"file:{root}/motd")
        self.assertEqual(self.stop(), 0)

    def test_a_changed_byte_is_found(self):
        self.start()
        self.type("echo oops >> playground/greeting.txt")
        until(lambda: [r for r in self.get("/v1/runs") if r["state"] == "succeeded"], "put right")
        self.type("aright audit prove 3")
        self.assertEqual(self.stop(), 0)
        self.type("aright audit prove 3")
        database = (self.state / "aright.db").read_bytes()
        at = database.index(b'"kind":"run.succeeded"')
        (self.state / "aright.db").write_bytes(database[:at + 9] + b"R" + database[at + 10:])
        self.assertRegex(self.cli("audit", "verify", expect=1), r"entry \d+")
        self.type("aright audit prove 3")

    def test_a_log_driven_workflow(self):
        folder, log = self.top / "own", self.top / "shop.log"
        for kind, name in (("sources", "shop.yaml"), ("controls", "shop-guessing.yml"), ("workflows", "block-guesser.yaml")):
            (folder / kind).mkdir(parents=True)
            text = re.search(rf"# ({kind}/{name})\n(.*?)```", README, re.S)[2]
            (folder / kind / name).write_text(text.replace("/var/log/shop.log", str(log)).replace("/usr/local/bin/block", "/usr/bin/true"))
        self.assertIn("1 workflow", self.cli("validate", str(folder)))
        self.start(f"aright serve --config {folder}")
        with open(log, "a") as lines:
            for minute in range(5):
                lines.write(f'{{"at": "2026-11-26T10:0{minute}:00Z", "action": "login", "result": "failed", "address": "203.0.113.7"}}\n')
        planned = until(lambda: [r for r in self.get("/v1/runs") if r["state"] == "planned"], lambda: self.get("/v1/sources"))
        self.assertEqual(planned[0]["subject"], "address=203.0.113.7")
        self.assertIn("203.0.113.7", self.cli("runs", "show", str(planned[0]["id"])))

    def test_a_webhook_and_its_sender_by_hand(self):
        folder, secret = self.top / "own", self.top / "forge-secret"
        secret.write_text("a secret of tests\n")
        secret.chmod(0o600)
        for kind in ("sources", "controls"):
            (folder / kind).mkdir(parents=True)
        written = re.search(r"# sources/forge.yaml\n(.*?)```", README, re.S)[1].replace("/etc/aright/secrets/forge", str(secret))
        (folder / "sources" / "forge.yaml").write_text(written)
        (folder / "aright.yaml").write_text("listen: 127.0.0.1:0\n")
        (folder / "controls" / "a.yaml").write_text(CONTROL.format(name="a", path=self.top / "a"))
        self.start(f"aright serve --config {folder}")
        port = self.process.stdout.readline().split("port ")[1].split()[0]
        block = re.search(r"```sh\n(body=.*?)```", README, re.S)[1]
        line = block.replace("/etc/aright/secrets/forge", str(secret)).replace(":7480", f":{port}")
        self.assertFalse(json.loads(self.type(line))["duplicate"])
        self.assertTrue(json.loads(self.type(line))["duplicate"], "sent again")
        forge = until(lambda: next((s for s in self.get("/v1/sources") if s["events"] == 1), None), lambda: self.get("/v1/sources"))
        self.assertEqual((forge["source"], forge["outcomes"]["taken"], forge["outcomes"]["duplicate"]), ("forge", 1, 1))

    def test_an_api_as_a_step(self):
        api = ApiServer()
        self.addCleanup(api.close)
        folder, token, conf = self.top / "own", self.top / "token", self.top / "web.conf"
        token.write_text("a token of tests\n")
        token.chmod(0o600)
        conf.write_text("approved\n")
        for name in ("aright.yaml", "workflows/block-at-the-edge.yaml"):
            text = re.search(rf"# {name}\n((?:(?!```).)*?(?:destinations|call):.*?)```", README, re.S)[1]
            text = text.replace("{ host: api.example.org }", f"{{ host: 127.0.0.1, ports: [{api.port}] }}")
            text = text.replace("/etc/aright/secrets/firewall-token", str(token)).replace("https://api.example.org", api.url())
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text)
        with open(folder / "aright.yaml", "a") as node:
            node.write("tests: off\n")
        (folder / "controls").mkdir()
        (folder / "controls" / "web-config.yaml").write_text(CONTROL.format(name="web-config", path=conf))
        self.start(f"aright serve --config {folder}")
        conf.write_text("changed\n")
        run = until(lambda: [r for r in self.get("/v1/runs") if r["state"] == "succeeded"], lambda: self.get("/v1/runs"))[0]
        self.assertEqual([r["method"] for r in api.requests], ["POST", "GET"])
        self.assertEqual(api.requests[0]["headers"]["Authorization"], "Bearer a token of tests")
        shown = self.cli("runs", "show", str(run["id"]))
        self.assertIn("Authorization: Bearer ‹secret firewall-token›", shown)
        self.assertNotIn("a token of tests", shown)

    def test_who_is_told(self):
        """The two blocks are one configuration; the webhook's receiver is one of this test."""
        receiver, folder = Receiver(), self.top / "own"
        self.addCleanup(receiver.end)
        text = re.search(r"# in aright.yaml\n(secrets:.*?notify:.*?)```", README, re.S)[1]
        text += re.search(r"# in aright.yaml, with the notifiers above\n(teams:.*?)```", README, re.S)[1]
        for name in ("hook.key", "chat.url", "mail.password"):
            (self.top / name).write_text("whsec_" + KEY)
            (self.top / name).chmod(0o600)
        text = text.replace("/etc/aright/", f"{self.top}/").replace("host: hooks.example.org", f"host: 127.0.0.1, ports: [{receiver.port}]")
        text = text.replace("https://hooks.example.org/in", f"http://127.0.0.1:{receiver.port}/signed").replace("/usr/bin/logger, -t, page", "/usr/bin/cat")
        for kind in ("controls", "workflows"):
            (folder / kind).mkdir(parents=True)
        (folder / "aright.yaml").write_text(text + "tests: off\n")
        (folder / "controls" / "a.yaml").write_text(CONTROL.format(name="a", path=self.top / "a"))
        (self.top / "a").write_text("approved\n")
        step = '  - notify: hook\n    text: "put ${ finding.subject.id } right"\n'
        (folder / "workflows" / "a.yaml").write_text(f"workflow: w\nowner: web-team\nmode: auto\nanswers: [a]\nsteps:\n  - ensure: desired\n{step}")
        self.start(f"aright serve --config {folder}")
        (self.top / "a").write_text("changed\n")
        until(lambda: [body for _, body in receiver.taken if body["data"]["text"] == f"put {self.top / 'a'} right"], lambda: receiver.taken)
        self.assertEqual(receiver.wrong, [])
        for name in ("hook", "pager"):
            self.assertIn("sent", self.cli("notifications", "test", name))


unittest.main()
