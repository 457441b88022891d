"""All kinds of steps and expressions in one configuration, through every command: what has tests apart is used together."""
import subprocess
import unittest

from api_server import ApiServer
from daemon import BINARY, until
from log_case import LogCase

ALL = """workflow: all
owner: tests
answers: [{{ control: failed-login, subject: "host=${{ event.host }}" }}]
mode: auto
guards: {{ threshold: [{{ runs: 50, within: 10m, per: workflow }}, {{ runs: 40, within: 10m, per: "${{ finding.severity }}" }}] }}
steps:
  - exec: [/usr/bin/echo, "${{ each }}", "${{ finding.subject.id }}", "${{ run.id }}"]
    for_each: finding.differs
    at_most: 4
  - exec: [/usr/bin/printf, '{{"count": 7, "hosts": ["203.0.113.5"], "t": "free"}}']
    name: look
    output: {{ count: integer, hosts: [address], t: text }}
  - call: {{ method: POST, url: "{url}/x/${{ finding.subject.id }}", json: {{ a: "${{ steps.look.output.count }}" }} }}
    name: made
    output: {{ id: integer, ips: [address] }}
    expect: {{ status: [200], answer: "answer.json.id > 3" }}
  - call: {{ method: PUT, url: "{url}/y/${{ each }}", form: {{ q: "${{ each }}" }} }}
    for_each: steps.made.output.ips
    at_most: 3
    undo: {{ call: {{ method: DELETE, url: "{url}/y/${{ each }}" }} }}
  - when: steps.look.output.t == "free" && steps.made.output.id == 5
    then:
      - wait: 1s
      - ensure: {{ resource: file, path: {play}/f, desired: {{ content: "n ${{ run.id }}\\n", mode: "0640" }} }}
      - {{ notify: pager, title: "t ${{ finding.subject.id }}", text: "x ${{ event.host }} ${{ steps.look.output.t }}" }}
    else:
      - {{ notify: pager, text: "else" }}
  - exec: [/usr/bin/true]
    when: event.host != ""
finally:
  - exec: [/usr/bin/echo, "done ${{ run.id }}"]
"""

FIX = """workflow: restore
owner: tests
answers: [filled]
mode: auto
steps:
  - {{ exec: [/usr/bin/echo, "${{ each }}"], for_each: finding.differs, at_most: 4 }}
  - ensure: desired
  - {{ exec: [/usr/bin/true], name: x }}
  - when: steps.x.exit_code == 0
    then: [{{ approve: {{ text: "ok ${{ finding.subject.id }}?" }} }}, {{ approve: {{ text: "and ${{ steps.x.exit_code }}?" }} }}]
    else: [{{ notify: pager, text: no }}]
"""


class Together(LogCase):
    def test_all_of_it(self):
        api = ApiServer(behave=lambda r: (200, b'{"id": 5, "ips": ["203.0.113.7", "203.0.113.8"]}'))
        self.addCleanup(api.close)
        self.write_node("notify: { pager: { program: [/usr/bin/true] } }\n"
                        f"destinations: [{{ host: 127.0.0.1, ports: [{api.port}] }}]\n")
        workflows = self.config / "workflows"
        for old in workflows.iterdir():
            old.unlink()
        (workflows / "all.yaml").write_text(ALL.format(url=api.url(), play=self.play))
        (workflows / "restore.yaml").write_text(FIX.format())
        (self.config / "controls" / "filled.yaml").write_text(
            f"control: filled\nwatch: {{ resource: file, path: {self.play}/a }}\ndesired: {{ content: \"${{ subject.id }}\\n\", mode: \"0644\" }}\n")
        (self.play / "a").write_text(f"{self.play}/a\n")
        (self.play / "a").chmod(0o644)
        self.cli("validate", str(self.config))
        self.start()
        self.append("203.0.113.1")
        run = until(lambda: self.runs("succeeded"), lambda: f"{self.ask('runs', 'list')}")[0]["id"]
        self.assertEqual([(r["method"], r["path"]) for r in api.requests],
                         [("POST", "/x/203.0.113.1"), ("PUT", "/y/203.0.113.7"), ("PUT", "/y/203.0.113.8")])
        (self.play / "a").write_text("broken\n")
        for text in (f"ok {self.play}/a?", "and 0?"):
            review = until(lambda: [r for r in self.ask("reviews", "list") if r.get("text") == text], lambda: f"{text}: {self.ask('reviews', 'list')}")[0]
            self.cli("reviews", "approve", str(review["id"]), "--reason", "seen")
        fixed = until(lambda: [r for r in self.runs("succeeded") if r["workflow"] == "restore"], "both said yes")[0]["id"]
        for number in (run, fixed):
            self.cli("runs", "show", str(number))
            self.cli("runs", "undo", str(number), "--plan", expect=(0, 1))
            self.cli("audit", "evidence", "--run", str(number), "--out", str(self.top / f"evidence-{number}"))
            self.cli("test", "--record", str(number), str(self.config))
        self.assertIn("2 tests, 0 failed", self.cli("test", str(self.config)))
        for words in (("explain", "host=203.0.113.1"), ("explain", f"file:{self.play}/a"), ("report",), ("status",), ("notifications", "list", "--all")):
            self.cli(*words)
        self.assertIn("nothing would have been otherwise", self.cli("replay", "--since", "1d"))
        self.cli("contents", "erase", str(self.play / "a"), "--reason", "a wish")
        self.assertEqual({r["text"] for r in self.ask("reviews", "list", "--all")}, {"erased"})
        self.assertNotIn(f"ok {self.play}", self.cli("-o", "json", "runs", "show", str(fixed)), "nor in its entries")
        self.assertEqual(self.stop(), 0)
        self.assertIn("ok: ", self.cli("audit", "verify"))
        (self.play / "a").write_text("broken\n")
        said = subprocess.run([BINARY, "scan", str(self.config), "--plan"], capture_output=True, text=True, timeout=60)
        self.assertEqual(said.returncode, 1, said.stderr)
        self.assertIn("does a step for each of `finding.differs`", said.stdout)
        fixed = self.cli("scan", str(self.config), "--fix", expect=(0, 1))  # with a finding on events open beside it
        self.assertIn("filled", fixed)


if __name__ == "__main__":
    unittest.main()
