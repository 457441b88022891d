"""The configuration is taken anew while the daemon runs: whole, or not at all."""
import json
import os
import pwd
import signal
import threading
import unittest
import urllib.request

from daemon import CONTROL, DaemonCase, until


class Reload(DaemonCase):
    files = ["a", "b"]

    def hup(self):
        self.process.send_signal(signal.SIGHUP)

    def reloads(self):
        return self.get("/v1/status")["reloads"]

    def control(self, name, content, path=None):
        text = CONTROL.format(name=name, path=path or self.play / name).replace('"approved\\n"', json.dumps(content))
        (self.config / "controls" / f"{name}.yaml").write_text(text)

    def kinds(self, kind):
        return [e for e in self.entries() if e["kind"] == kind]

    def test_an_edit_is_in_force_after_the_signal(self):
        self.start()
        self.control("a", "better\n")
        self.hup()
        until(lambda: (self.play / "a").read_text() == "better\n", "the new content")
        until(lambda: self.kinds("config.reloaded"), "the entry")
        loaded = self.kinds("definition.loaded")
        before = next(e for e in loaded if e["name"] == "a")
        self.assertEqual((loaded[-1]["name"], loaded[-1]["old"]), ("a", before["hash"]))
        self.assertEqual(self.kinds("config.reloaded")[0]["by"], pwd.getpwuid(os.geteuid()).pw_name, "whose signal it was")
        self.ended(1)  # a change during a run would be a person's question
        self.break_file("a")
        until(lambda: (self.play / "a").read_text() == "better\n", "it is still watched")
        (self.play / "new").write_text("other\n")
        self.control("new", "wanted\n")
        self.files = ["a", "b", "new"]
        self.write_workflow()
        self.assertIn("control new added", self.cli("reload"))
        until(lambda: (self.play / "new").read_text() == "wanted\n", "a new control acts at once")
        self.assertEqual([c["control"] for c in self.ask("workflows", "show", "restore")["answers"]], self.files)
        self.assertEqual(self.stop(), 0)
        self.assertIn("ok: ", self.cli("audit", "verify"))
        self.start()
        self.assertEqual(self.reloads(), 0)

    def test_a_broken_edit_changes_nothing_and_says_why(self):
        self.start()
        good = (self.config / "controls" / "a.yaml").read_text()
        self.control("b", "must not be taken\n")
        (self.config / "controls" / "a.yaml").write_text(good + "severty: low\n")
        said = self.cli("reload", expect=1)
        self.assertIn("unknown field `severty`", said)
        self.assertIn("--> controls/a.yaml:5:1", said)
        self.assertIn("the configuration in force stays", said)
        self.hup()
        until(lambda: len(self.kinds("config.refused")) == 2, "both refusals on record")
        self.assertIn("controls/a.yaml:5:1: unknown field", self.kinds("config.refused")[1]["first"])
        until(lambda: "severty" in (self.top / "log").read_text(), "the log tells it")
        self.assertIn("severty", self.ask("status")["reload_refusal"])
        self.assertIn("aright_reload_failed 1", self.metrics())
        self.break_file("b")
        until(lambda: self.fixed("b"), "the old set is in force")
        (self.config / "controls" / "a.yaml").write_text(good)
        self.cli("reload")
        until(lambda: (self.play / "b").read_text() == "must not be taken\n", "and is replaced when all is well")
        self.assertEqual(self.ask("status")["reload_refusal"], "")
        self.assertIn("aright_reload_failed 0", self.metrics())
        self.assertEqual(len(self.kinds("config.refused")), 2)

    def metrics(self):
        return urllib.request.urlopen(f"http://127.0.0.1:{self.port}/metrics").read().decode()

    def test_an_approval_of_the_old_version_lapses_and_set_modes_stay(self):
        self.write_workflow(mode="propose")
        self.start()
        self.break_file("a")
        until(lambda: self.runs("held"), "a proposal")
        version = self.runs("held")[0]["version"]
        self.cli("workflows", "set-mode", "restore", "propose", "--reason", "stay")
        self.write_workflow(mode="auto", more="on_failure: review\n")
        self.cli("reload")
        self.assertEqual(self.ask("workflows", "list")[0]["mode"], "propose")
        self.assertEqual(self.ask("workflows", "list")[0]["ceiling"], "auto")
        self.assertNotEqual(self.ask("workflows", "list")[0]["version"], version)
        again = until(lambda: self.runs("held"), "asked about anew", 5)[0]
        said = self.cli("reviews", "approve", "1", "--reason", "fine", expect=1)
        self.assertRegex(said, r"no open review 1: it is lapsed \(workflow restore has changed since")
        lapsed = self.kinds("review.decided")[0]
        self.assertEqual((lapsed["decision"], lapsed["reason"]),
                         ("lapsed", "workflow restore has changed since; its finding is answered anew"))
        self.assertNotEqual(again["version"], version)
        self.cli("reviews", "approve", str(again["review"]), "--reason", "fine")
        self.ended(1)
        self.assertTrue(self.fixed("a"))
        self.assertEqual(self.stop(), 0)
        self.assertIn("ok: ", self.cli("audit", "verify"))

    def test_findings_of_a_removed_control_are_dismissed(self):
        self.write_workflow(mode="propose")
        self.start()
        self.break_file("a")
        until(lambda: self.runs("held"), "a proposal")
        (self.config / "controls" / "a.yaml").unlink()
        self.files = ["b"]
        self.write_workflow(mode="propose")
        self.assertIn("control a removed", self.cli("reload"))
        finding = self.ask("findings", "list", "--all")[0]
        self.assertEqual((finding["state"], finding["resolved_by"]), ("dismissed", "control removed"))
        self.assertEqual(self.ask("reviews", "list"), [])
        self.assertEqual(len(self.runs("cancelled")), 1)
        self.assertEqual(self.stop(), 0)
        self.assertIn("ok: ", self.cli("audit", "verify"))
        self.start()
        self.assertEqual(self.ask("findings", "list"), [])

    def test_fifty_reloads_lose_no_change(self):
        self.more = "guards: { threshold: [{ runs: 100000, within: 1m, per: workflow }] }\n"
        self.write_workflow()
        self.start()
        over = threading.Event()

        def disturb():
            while not over.is_set():
                over.wait(0.005)
                right = [name for name in self.files if self.fixed(name)]
                if self.get("/v1/runs?open=1"):  # asked after: a change during a run would be a person's question
                    continue
                for name in right:
                    (self.play / ".new").write_text(f"broken {os.urandom(4).hex()}\n")
                    os.replace(self.play / ".new", self.play / name)  # never half of it

        noise = threading.Thread(target=disturb)
        noise.start()
        self.addCleanup(noise.join)
        self.addCleanup(over.set)
        for count in range(50):
            self.control("b", "approved\n", self.play / "b")
            with open(self.config / "controls" / "b.yaml", "a") as file:
                file.write(f"severity: {'low' if count % 2 else 'high'}\n")
            self.hup()
            until(lambda: self.reloads() == count + 1, f"reload {count + 1}")
        over.set()
        noise.join()
        until(lambda: self.fixed("a") and self.fixed("b"), "what was broken last is put right", 60)
        until(lambda: not self.get("/v1/runs?open=1"), "and read back", 60)
        self.break_file("b")
        until(lambda: self.fixed("b"), "and is still watched", 60)
        until(lambda: not self.ask("runs", "list", "--open"), "no run is left open", 60)
        self.assertEqual(len(self.kinds("config.reloaded")), 50)
        self.assertEqual(self.stop(), 0)
        self.assertIn("ok: ", self.cli("audit", "verify"))

    def test_a_pause_file_is_seen_after_a_reload_too(self):
        self.start()
        self.cli("reload")
        (self.state / "pause").touch()
        until(lambda: self.ask("status")["pauses"], "the pause")
        self.cli("reload")
        (self.state / "pause").unlink()
        until(lambda: not self.ask("status")["paused"], "its end")

    def test_another_address_needs_a_restart(self):
        self.write_node("listen: 127.0.0.1:0\n")
        self.start()
        self.write_node("listen: 127.0.0.1:9\n")
        done = self.ask("reload")
        self.assertTrue(done["reloaded"])
        self.assertIn("restart the daemon", done["diagnostics"][0]["hint"])


unittest.main()
