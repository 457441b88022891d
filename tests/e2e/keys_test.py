"""Single keys of text files are put right on the real file; everything else in it stays, byte for byte."""
import os
import shutil
import subprocess
import unittest

from daemon import DaemonCase

SSHD = os.environ.get("ARIGHT_SSHD", "") or shutil.which("sshd", path=os.environ.get("PATH", "") + ":/usr/sbin")

CONTROL = """control: {name}
watch: {{ resource: file, path: {path} }}
desired: {{ keys: {keys}, format: {format} }}
"""

# As a distribution ships it and an administrator has changed it.
SSHD_CONFIG = """# This is the sshd server system-wide configuration file.
Include /etc/ssh/sshd_config.d/*.conf

#Port 22
LoginGraceTime 2m
permitrootlogin\tno   # never, see the policy
#MaxAuthTries 6
PasswordAuthentication no

# only for copies
Match User backup
\tPermitRootLogin yes
\tMaxAuthTries 9
"""


class Keys(DaemonCase):
    files = ["sshd-config"]
    keys = '{ PermitRootLogin: "no" }'
    format = "sshd"
    text = SSHD_CONFIG

    def setUp(self):
        super().setUp()
        for name in self.files:
            (self.config / "controls" / f"{name}.yaml").write_text(
                CONTROL.format(name=name, path=self.play / name, keys=self.keys, format=self.format))
            (self.play / name).write_text(self.text)

    def break_file(self, name, text):
        """At once: a file that is half written has other keys."""
        fresh, there = self.top / "fresh", self.play / name
        fresh.write_bytes(text.encode())
        fresh.chmod(there.stat().st_mode & 0o7777)
        fresh.replace(there)

    def differed(self):
        (opened,) = [e for e in self.entries() if e["kind"] == "finding.opened"]
        return opened["differs"]

    def content(self, name="sshd-config"):
        return (self.play / name).read_bytes().decode()


class PutRight(Keys):
    def test_the_value_is_put_right_and_the_difference_is_that_line(self):
        self.start()
        self.assertEqual(self.ask("findings", "list"), [])
        self.break_file("sshd-config", SSHD_CONFIG.replace("\tno   #", "\tyes   #"))
        self.ended(1)
        self.assertEqual(self.content(), SSHD_CONFIG)
        step = self.ask("runs", "show", "1")["steps"][0]
        self.assertEqual(step["difference"], [
            {"op": "replace", "path": "/content/5", "value": "permitrootlogin\tno   # never, see the policy"}])
        self.assertEqual(self.differed(), ["keys.PermitRootLogin"])
        self.assertIn("ok: ", self.cli("audit", "verify"))

    def test_what_others_change_elsewhere_in_the_file_is_no_finding_and_stays(self):
        self.start()
        other = SSHD_CONFIG.replace("LoginGraceTime 2m", "LoginGraceTime 1m").replace("backup", "copier")
        self.break_file("sshd-config", other)
        self.break_file("sshd-config", other.replace("permitrootlogin\tno", "permitrootlogin\tyes"))
        self.ended(1)
        self.assertEqual(self.content(), other)

    def test_a_line_that_was_taken_out_comes_back_before_the_blocks(self):
        self.start()
        gone = SSHD_CONFIG.replace("permitrootlogin\tno   # never, see the policy\n", "")
        self.break_file("sshd-config", gone)
        self.ended(1)
        self.assertEqual(self.content(),
                         gone.replace("PasswordAuthentication no\n", "PasswordAuthentication no\nPermitRootLogin no\n"))
        self.assertEqual(self.ask("runs", "show", "1")["steps"][0]["difference"],
                         [{"op": "add", "path": "/content/7", "value": "PermitRootLogin no"}])

    def test_a_file_that_is_not_there_is_not_made_up(self):
        self.start()
        (self.play / "sshd-config").unlink()
        self.ended(1, "failed")
        self.assertIn("keys can only be set in a file", self.ask("runs", "show", "1")["reason"])
        self.assertEqual(list(self.play.iterdir()), [])


class Secret(Keys):
    files = ["app"]
    keys = '{ password: "wanted-secret", debug: null }'
    format = "key=value"
    text = "# app\npassword = wanted-secret\n"

    def test_records_of_a_sensitive_file_name_keys_and_never_values(self):
        (self.play / "app").chmod(0o600)
        self.start()
        self.break_file("app", "# app\npassword = seen-secret\ndebug=seen-secret-too\n")
        self.ended(1)
        self.assertEqual(self.content("app"), self.text)
        self.assertEqual(self.differed(), ["keys.debug", "keys.password"])
        shown = self.cli("runs", "show", "1")
        self.assertIn("differs in  keys.debug, keys.password\n", shown)
        self.assertIn("content, line 2 (kept back)\n", shown)
        self.assertIn("not everybody may read this file", shown)
        log = str(self.entries()) + shown + (self.top / "log").read_text()
        self.assertNotIn("secret", log)


class SshdAgrees(Keys):
    """Whatever the file, sshd itself says afterwards that the wanted value is in effect."""
    ways = ["PermitRootLogin yes\n", "PermitRootLogin yes\nPermitRootLogin no\n", "=PermitRootLogin yes\n",
            'Permit"RootLogin" yes\nPermitRootLogin no\n', ' = "permitROOTlogin" yes # no\nPermitRootLogin no\n',
            "PermitRootLogin = 'yes'", "#PermitRootLogin no\nMatch User x\n  PermitRootLogin no\n",
            "ChallengeResponseAuthentication yes\r\nMaxStartups 7\r\nMaxStartups 9\r\nPort 22\r\nPort 2222\r\n", ""]
    files = [f"c{i}" for i in range(len(ways))]
    keys = '{ PermitRootLogin: "no", KbdInteractiveAuthentication: "no", Port: "22", MaxStartups: "7" }'
    more = "guards: { threshold: [{ runs: 100, within: 10m, per: workflow }] }\n"

    @unittest.skipUnless(SSHD and shutil.which("ssh-keygen"), "skipped: no sshd here")
    def test_that_the_wanted_values_are_in_effect(self):
        host_key = self.top / "host_key"
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", host_key], check=True)
        for name, text in zip(self.files, self.ways):
            (self.play / name).write_bytes(text.encode())
        self.start()
        self.ended(len(self.ways))
        for name, text in zip(self.files, self.ways):
            said = subprocess.run([SSHD, "-T", "-f", self.play / name, "-h", host_key], capture_output=True, text=True, timeout=60)
            if "Privilege separation user" in said.stderr:
                self.skipTest("skipped: this sshd is not set up")
            self.assertEqual(said.returncode, 0, f"{text!r} -> {self.content(name)!r}: {said.stderr}")
            lines = said.stdout.splitlines()
            for line in ("permitrootlogin no", "kbdinteractiveauthentication no", "port 22", "maxstartups 7:30:7"):
                self.assertTrue(line in lines, f"{line}: {text!r} -> {self.content(name)!r}")
            self.assertFalse("port 2222" in lines)


unittest.main()
