"""Steps `exec` through the real daemon: what the program gets, how its end is judged, who confirms it, what a death does."""
import json
import os
import pathlib
import signal
import subprocess
import time
import unittest

from daemon import AT_ONCE, BINARY, BROKEN, CONTROL, DaemonCase, until

PROGRAM = """#!{python}
import json, os, pathlib, sys
told = json.load(sys.stdin)
out = pathlib.Path("{play}/told")
with open("{play}/calls", "a") as calls:
    calls.write(os.environ["ARIGHT_KEY"].split("-", 1)[1] + "\\n")
out.write_text(json.dumps({{"argv": sys.argv[1:], "environ": dict(os.environ), "input": told, "cwd": os.getcwd()}}))
{then}
"""
WORKFLOW = """workflow: react
owner: tests
answers: [a]
mode: {mode}
{more}steps:
{steps}
"""


class Exec(DaemonCase):
    mode = "auto"
    more = "guards: { threshold: [{ runs: 100, within: 10m, per: workflow }] }\n"

    def setUp(self):
        super().setUp()
        (self.config / "workflows" / "restore.yaml").unlink()
        self.python = os.path.realpath("/usr/bin/python3")
        self.programs = self.top / "programs"
        self.programs.mkdir(mode=0o755)

    def program(self, name, then="print('done')"):
        path = self.programs / name
        path.write_text(PROGRAM.format(python=self.python, play=self.play, then=then))
        path.chmod(0o755)
        return path

    def script(self, name, text):
        path = self.programs / name
        path.write_text(f"#!{self.python}\n{text}\n")
        path.chmod(0o755)
        return path

    def workflow(self, *steps, mode=None, more=None):
        text = WORKFLOW.format(mode=mode or self.mode, more=self.more if more is None else more, steps="\n".join(steps))
        (self.config / "workflows" / "react.yaml").write_text(text)

    def told(self):
        return json.loads((self.play / "told").read_text())

    def calls(self):
        path = self.play / "calls"
        return path.read_text().split() if path.exists() else []

    def ended_run(self, state):
        run = until(lambda: self.runs(state), lambda: f"a run {state}: {self.ask('runs', 'list')}")[0]
        return self.ask("runs", "show", str(run["id"]))

    def of_kind(self, *kinds):
        return [e for e in self.entries() if e["kind"] in kinds]

    def test_a_program_follows_a_fix_and_is_unverified_without_confirm(self):
        program = self.program("react", "print('made it', sys.argv[1]); print('a word', file=sys.stderr)")
        self.workflow("  - ensure: desired",
                      f"  - exec: [{program}, \"${{ finding.subject.id }}\", \"a b; $(x) *\", \"n=${{ finding.episode }}\", \"\"]\n"
                      "    environment: { ZONE: \"${ control.name }-zone\" }\n"
                      "    expect: { output_contains: made it }")
        self.start()
        self.break_file()
        run = self.ended_run("succeeded")
        self.assertTrue(self.fixed())
        path = str(self.play / "a")
        told = self.told()
        self.assertEqual(told["argv"], [path, "a b; $(x) *", "n=1", ""])
        self.assertEqual(told["environ"]["ZONE"], "a-zone")
        self.assertEqual(set(told["environ"]) - {"LC_CTYPE"}, {"ARIGHT_CAUSE", "ARIGHT_KEY", "LANG", "PATH", "ZONE"})
        self.assertEqual(told["environ"]["ARIGHT_KEY"], f"{self.node()}-r1-1")
        self.assertEqual(told["cwd"], "/")
        self.assertEqual(told["input"]["subject"], {"driver": "file", "id": path})
        self.assertEqual(told["input"]["run"], {"id": 1, "workflow": "react", "key": "r1-1"})
        self.assertEqual(run["unverified"], 1)
        self.assertIn("unverified", run["reason"])
        self.assertEqual([s["state"] for s in run["steps"]], ["verified", "applied"])
        self.assertEqual(run["steps"][1]["ran"]["exit"], 0)
        intended = [e for e in self.of_kind("step.intended") if e["key"] == "r1-1"][0]
        self.assertEqual(intended["arguments"], [str(program), path, "a b; $(x) *", "n=1", ""])
        shown = self.cli("runs", "show", "1")
        for word in (str(program), "a b; $(x) *", "exit code 0", f"made it {path}", "a word", "unverified"):
            self.assertIn(word, shown)
        self.assertRegex(shown, r"n=1\n +\"\"\n")
        self.assertEqual(self.ask("status")["unverified"], 1)
        self.assertEqual(self.stop(), 0)
        self.assertIn("ok: ", self.cli("audit", "verify"))

    def test_confirm_says_that_it_is_there(self):
        program = self.program("react", f"pathlib.Path('{self.play}/there').touch()")
        look = self.script("look", f"import os, sys\nsys.exit(0 if os.path.exists('{self.play}/there') else 1)")
        self.workflow(f"  - exec: [{program}]\n    confirm: {{ exec: [{look}] }}")
        self.start()
        self.break_file()
        run = self.ended_run("succeeded")
        self.assertEqual(run["steps"][0]["state"], "verified")
        self.assertNotIn("unverified", run)
        kinds = [e["kind"] for e in self.entries() if e["kind"].startswith("step.")]
        self.assertEqual(kinds[:5], ["step.planned", "step.intended", "step.done", "step.confirming", "step.done"])

    def test_the_program_that_looks_has_the_key_of_the_one_it_looks_for(self):
        program = self.program("react", f"import os; pathlib.Path('{self.play}/' + os.environ['ARIGHT_KEY']).touch()")
        look = self.script("look", f"import os, sys\nsys.exit(0 if os.path.exists('{self.play}/' + os.environ['ARIGHT_KEY']) else 1)")
        self.workflow(f"  - exec: [{program}]\n    confirm: {{ exec: [{look}] }}")
        self.start()
        self.break_file()
        self.ended_run("succeeded")

    def test_confirm_finds_nothing_and_earlier_steps_are_undone(self):
        program = self.program("react")
        look = self.script("look", "import sys\nsys.exit(1)")
        self.workflow("  - ensure: desired", f"  - exec: [{program}]\n    confirm: {{ exec: [{look}] }}")
        self.start()
        self.break_file()
        run = self.ended_run("rolled_back")
        self.assertIn("not there", run["reason"])
        self.assertEqual((self.play / "a").read_text(), BROKEN)

    def test_another_exit_code_fails_and_says_why(self):
        program = self.program("react", "print('no such zone', file=sys.stderr); sys.exit(3)")
        self.workflow(f"  - exec: [{program}]")
        self.start()
        self.break_file()
        run = self.ended_run("failed")
        for word in ("exit code 3, expected 0", "no such zone"):
            self.assertIn(word, run["reason"])

    def test_what_does_not_end_is_ended_with_all_it_started_and_goes_to_review(self):
        stubborn = self.script("stubborn", f"""
import os, signal, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        open("{self.play}/child", "w").write(str(os.getpid()))
        time.sleep(600)
    os._exit(0)
time.sleep(600)""")
        self.workflow(f"  - exec: [{stubborn}]\n    time_limit: 1s")
        self.start()
        self.break_file()
        run = self.ended_run("unknown")
        self.assertIn("did not end within 1s", run["reason"])
        self.assertEqual(run["steps"][0]["ran"]["cut"], "time_limit")
        child = int((self.play / "child").read_text())
        until(lambda: not os.path.exists(f"/proc/{child}"), "nothing of it is left")
        self.assertEqual(self.ask("reviews", "list")[0]["guard"], "unknown")

    def test_propose_binds_the_approval_to_the_very_arguments(self):
        program = self.program("react")
        self.workflow(f"  - exec: [{program}, \"${{ resource.content[0] }}\"]", mode="propose")
        self.start()
        self.break_file(text="first\n")
        review = until(lambda: self.ask("reviews", "list"), "a review")[0]
        run = self.ask("runs", "show", str(review["run"]))
        self.assertEqual(run["steps"][0]["after"]["state"]["arguments"], [str(program), "first"])
        self.assertIn("first", self.cli("runs", "show", str(review["run"])))
        self.break_file(text="second\n")
        until(lambda: len(self.of_kind("finding.occurred")) + len(self.of_kind("finding.opened")) >= 1, "seen")
        self.assertIn("asked anew as review", self.cli("reviews", "approve", str(review["id"]), "--reason", "ok", expect=3))
        again = until(lambda: [r for r in self.ask("reviews", "list") if r["id"] != review["id"]], "asked again")[0]
        self.assertEqual(again["guard"], "approval")
        self.assertEqual(self.calls(), [], "an approval of something else starts nothing")
        self.cli("reviews", "approve", str(again["id"]), "--reason", "this one")
        until(lambda: self.runs("succeeded"), "done")
        self.assertEqual(self.told()["argv"], ["second"])

    def test_plan_records_and_runs_nothing(self):
        program = self.program("react")
        self.workflow(f"  - exec: [{program}, x]", mode="plan")
        self.start()
        self.break_file()
        run = self.ended_run("planned")
        self.assertEqual(run["steps"][0]["difference"][0]["value"], [str(program), "x"])
        self.assertEqual(self.calls(), [])

    def test_a_kill_between_start_and_end_asks_a_person(self):
        program = self.program("react", f"""
import time
while not os.path.exists("{self.play}/go"):
    time.sleep(0.01)""")
        self.workflow(f"  - exec: [{program}]")
        self.start()
        self.break_file()
        until(self.calls, "it runs")
        self.stop(signal.SIGKILL)
        (self.play / "go").touch()
        self.start()
        run = self.ended_run("unknown")
        self.assertIn("interrupted", run["reason"])
        self.assertEqual(self.calls(), ["r1-0"], "never started again unseen")
        self.assertEqual(self.stop(), 0)
        self.assertIn("ok: ", self.cli("audit", "verify"))

    def killed_before_its_end(self, there):
        """Killed while the program runs; `there`: whether it has done its work by then."""
        program = self.program("react", f"""
import time
if not os.path.exists("{self.play}/again") and not {there}:
    time.sleep(600)
pathlib.Path("{self.play}/there").touch()
if not os.path.exists("{self.play}/again"):
    time.sleep(600)""")
        look = self.script("look", f"import os, sys\nsys.exit(0 if os.path.exists('{self.play}/there') else 1)")
        self.workflow(f"  - exec: [{program}]\n    confirm: {{ exec: [{look}] }}")
        self.start()
        self.break_file()
        until(self.calls, "it runs")
        if there:
            until(lambda: (self.play / "there").exists(), "it has done it")
        children = pathlib.Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        left = [int(pid) for task in children.parent.parent.iterdir() for pid in (task / "children").read_text().split()]
        self.stop(signal.SIGKILL)
        for pid in left:
            os.kill(pid, signal.SIGKILL)  # our own program: it outlived its daemon
        (self.play / "again").touch()
        self.start()
        run = self.ended_run("succeeded")
        self.assertEqual(run["steps"][0]["state"], "verified")

    def test_a_kill_after_the_work_is_confirmed_and_not_repeated(self):
        self.killed_before_its_end(True)
        self.assertEqual(self.calls(), ["r1-0"])

    def test_a_kill_before_the_work_runs_it_again_with_the_same_key(self):
        self.killed_before_its_end(False)
        self.assertEqual(self.calls(), ["r1-0", "r1-0"])

    def test_two_nodes_give_no_two_works_one_key_and_a_restart_changes_none(self):
        program = self.program("react")
        self.workflow(f"  - exec: [{program}]", "  - ensure: desired")
        keys = []
        for text, state in (("broken 1", "state"), ("broken 2", "state"), ("broken 3", "made-anew")):
            self.state = self.top / state
            self.start()
            (self.play / "told").unlink(missing_ok=True)
            self.break_file(text=text + "\n")
            until(lambda: self.fixed() and not self.get("/v1/runs?open=1"), lambda: self.get("/v1/runs"))
            keys.append(self.told()["environ"]["ARIGHT_KEY"].split("-", 1))
            self.assertEqual(keys[-1][0], self.node())
            self.assertEqual(self.stop(), 0)
        self.assertEqual([key for _, key in keys], ["r1-0", "r2-0", "r1-0"])
        self.assertEqual(keys[0][0], keys[1][0], "the same node")
        self.assertNotEqual(keys[0][0], keys[2][0], "another one")

    def test_a_stop_ends_what_runs_and_says_so(self):
        program = self.program("react", "import time; time.sleep(600)")
        self.workflow(f"  - exec: [{program}]")
        self.start()
        self.break_file()
        until(self.calls, "it runs")
        began = time.monotonic()
        self.assertEqual(self.stop(), 0)
        self.assertLess(time.monotonic() - began, 15)
        self.start()
        run = self.ended_run("unknown")
        self.assertIn("we were stopped", run["reason"])
        self.assertEqual(self.calls(), ["r1-0"])

    def test_a_program_that_is_not_there_fails_and_is_warned_of(self):
        self.workflow(f"  - exec: [{self.programs}/none]")
        said = subprocess.run([BINARY, "validate", self.config], capture_output=True, text=True, timeout=60)
        self.assertEqual(said.returncode, 0)
        self.assertIn("warning: program", said.stdout + said.stderr)
        self.assertIn("workflows/react.yaml:7:12", said.stdout + said.stderr)
        self.start()
        self.break_file()
        run = self.ended_run("failed")
        self.assertIn("none", run["reason"])

    def test_slow_programs_do_not_hold_up_fixes(self):
        slow = self.script("slow", "import time; time.sleep(600)")
        names = [f"s{i}" for i in range(AT_ONCE + 2)]
        for name in names:
            (self.play / name).write_text("approved\n")
            (self.play / name).chmod(0o644)
            (self.config / "controls" / f"{name}.yaml").write_text(CONTROL.format(name=name, path=self.play / name))
        self.workflow(f"  - exec: [{slow}]")
        text = (self.config / "workflows" / "react.yaml").read_text().replace("answers: [a]", f"answers: [{', '.join(names)}]")
        (self.config / "workflows" / "react.yaml").write_text(text)
        self.write_workflow()
        self.start()
        for name in names:
            self.break_file(name)
        until(lambda: len(self.of_kind("step.intended")) == AT_ONCE and len(self.runs("running")) == len(names), "as many announced as run at once")
        self.break_file("a")
        until(self.fixed, "fixed while the programs sleep")
        self.assertEqual(self.stop(), 0)


unittest.main()
