"""A hundred secrets of many forms go wherever secrets may go, and everybody who gets one gives it back. None of them is in
anything that is kept, shown or told."""
import base64
import getpass
import hashlib
import hmac
import http.client
import json
import os
import pathlib
import re
import unittest
import urllib.parse

from api_server import ApiServer
from daemon import DaemonCase, until

FORMS = ["plain-{n}-canary", "with blank {n} canary", "quote\"{n}\\canary", "url/{n}?a=b&c=%20+canary", "sl/a+sh={n}==canary",
         "ümläut-{n}-canäry", "<tag>{n}</canary>", "${{ run.id }}{n}canary", "{{\"json\":{n}}}canary", "'sh'$(x){n};canary"]
PROGRAM = """#!{python}
import json, os, pathlib, sys
told = json.load(sys.stdin)
got = [v for k, v in os.environ.items() if k.startswith("CANARY")] + list(told.get("secrets", {{}}).values())
pathlib.Path("{play}/got-" + sys.argv[1]).write_text(json.dumps(got))
seen = b"".join(p.read_bytes() for p in pathlib.Path("/proc").glob("[0-9]*/cmdline") if p.exists())
pathlib.Path("{play}/cmdlines-" + sys.argv[1]).write_bytes(seen)
print(json.dumps(told), json.dumps(dict(os.environ), ensure_ascii=False), *got, sep="\\n")
print("failed with", *got, file=sys.stderr)
sys.exit(int(sys.argv[2]))
"""


def forms_of(canary):
    """As they are, and as others write them down."""
    raw = canary.encode()
    within = set()  # base64 of a text with it somewhere inside: what no neighbour changes
    for before in range(3):
        whole = base64.b64encode(bytes(before) + raw)[:(before + len(raw)) // 3 * 4]
        within |= {whole[before + bool(before):], whole[before + bool(before):].translate(bytes.maketrans(b"+/", b"-_"))}
    url, text = urllib.parse.quote(canary, safe=""), json.dumps(canary).strip('"')
    others = [text, json.dumps(canary, ensure_ascii=False).strip('"'), url, re.sub("%..", lambda hexed: hexed[0].lower(), url),
              url.replace("%20", "+"), raw.hex(), raw.hex().upper()]
    return within | {raw, base64.b64encode(raw).rstrip(b"=")} | {other.encode() for other in others}


class Secrets(DaemonCase):
    more = "guards: { threshold: [{ runs: 100, within: 10m, per: workflow }] }\n"

    def setUp(self):
        super().setUp()
        (self.config / "workflows" / "restore.yaml").unlink()
        self.canaries = [FORMS[n % len(FORMS)].format(n=f"{n:03}") for n in range(100)]
        self.places, self.environment = {}, {}
        self.keys, self.credentials = self.top / "keys", self.top / "credentials"
        for folder in (self.keys, self.credentials):
            folder.mkdir(mode=0o700)
        self.canaries[97] = "a-bearer-token-097-canary"  # of the characters that such a token may have
        for n, canary in enumerate(self.canaries):
            self.places[f"c{n}"] = self.plant(n, canary)
        self.api = ApiServer(behave=self.echo)
        self.addCleanup(self.api.close)
        (self.config / "aright.yaml").write_text(json.dumps({
            "tests": "off",
            "destinations": [{"host": "127.0.0.1", "ports": [self.api.port]}],
            "notify": {"pager": {"program": ["/usr/bin/tee", "-a", str(self.top / "notified")]}},
            "teams": {"tests": {"members": [f"user:{getpass.getuser()}"], "ladder": [{"after": "0s", "notify": ["pager"]}]}},
            "secrets": {name: place for name, place in self.places.items()}}))

    def plant(self, n, canary):
        if n % 3 == 0:
            self.environment[f"ARIGHT_CANARY_{n}"] = canary
            return {"environment": f"ARIGHT_CANARY_{n}"}
        folder = self.keys if n % 3 == 1 else self.credentials
        path = folder / f"c{n}"
        path.write_text(canary + "\n")
        path.chmod(0o600)
        return {"file": str(path)} if n % 3 == 1 else {"credential": f"c{n}"}

    def echo(self, request):
        text = json.dumps(request) + json.dumps(request["body"]) + request["body"]
        text += "".join(base64.b64encode(v.encode()).decode() + v.encode().hex() for v in request["headers"].values())
        return 200, text.encode(), [("X-Echo", "yes")]

    def start(self, *prefix):
        before = dict(os.environ)
        os.environ.update(self.environment, CREDENTIALS_DIRECTORY=str(self.credentials))
        try:
            super().start(*prefix)
        finally:
            os.environ.clear()
            os.environ.update(before)

    @staticmethod
    def in_headers():
        return [n for n in range(0, 26) if "ü" not in FORMS[n % len(FORMS)]]  # a header is read in another alphabet

    def in_body(self):
        return [n for n in range(0, 49) if n not in self.in_headers()]

    def workflow(self, codes, mode="auto"):
        program = self.top / "program"
        program.write_text(PROGRAM.format(python=os.path.realpath("/usr/bin/python3"), play=self.play))
        program.chmod(0o755)
        secret = lambda n: {"secret": f"c{n}"}
        steps = [
            {"call": {"method": "POST", "url": self.api.url() + "/headers",
                      "headers": {f"X-Canary-{n}": {"secret": f"c{n}", "prefix": "Bearer "} for n in self.in_headers()}}},
            {"call": {"method": "PUT", "url": self.api.url() + "/body",
                      "json": {"list": [secret(n) for n in self.in_body()], "k/e~y": secret(49)}}},
            {"exec": [str(program), "environment", str(codes[0])],
             "environment": {f"CANARY_{n}": secret(n) for n in range(50, 72)}},
            {"exec": [str(program), "input", str(codes[1])], "secrets": [f"c{n}" for n in range(72, 96)]}]
        (self.config / "workflows" / "react.yaml").write_text(json.dumps({
            "workflow": "react", "owner": "tests", "answers": ["a"], "mode": mode, "on_failure": "review",
            "guards": {"threshold": [{"runs": 100, "within": "10m", "per": "workflow"}]}, "steps": steps}))

    def webhooks(self):
        for n, auth in ((96, "github"), (97, "bearer"), (98, "github"), (99, "stripe")):
            place = f"c{n}" if n % 2 else self.places[f"c{n}"]
            (self.config / "sources" / f"hook{n}.yaml").write_text(json.dumps(
                {"source": f"hook{n}", "webhook": {"auth": auth, "secret": place}}))

    def post(self, source, body, headers):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        connection.request("POST", f"/hooks/{source}", body, {"Content-Type": "application/json", **headers})
        answer = connection.getresponse()
        text = answer.read()
        connection.close()
        return answer.status, text

    def everything_told(self, log):
        """All answers, all files, the log."""
        told = [self.cli("-o", "json", *words).encode() for words in (
            ["status"], ["findings", "list"], ["runs", "list"], ["reviews", "list"], ["workflows", "list"], ["sources", "list"],
            ["explain", f"file:{self.play / 'a'}"], ["report"], ["notifications", "list", "--all"], ["waivers", "list"], ["reviews", "list", "--all"])]
        told += [self.cli("report", "-o", "html").encode(), self.cli("report").encode()]
        told.append(until(lambda: (self.top / "notified").exists() and (self.top / "notified").read_bytes(), "somebody is told"))
        for run in self.ask("runs", "list"):
            told.append(self.cli("runs", "show", str(run["id"]), "--all-output").encode())
            told.append(self.cli("-o", "json", "runs", "show", str(run["id"])).encode())
            told.append(self.cli("test", str(self.config), "--record", str(run["id"]), expect=(0, 1)).encode())
        for finding in self.ask("findings", "list"):
            told.append(self.cli("findings", "show", finding["id"]).encode())
        told.append(json.dumps(self.entries()).encode())
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        connection.request("GET", "/metrics")
        told.append(connection.getresponse().read())
        connection.close()
        told.append(self.cli("audit", "export").encode())
        until(lambda: self.ask("status")["audit_signed"] == self.ask("status")["audit_entries"], "all signed")
        for run in self.ask("runs", "list"):  # contents are packed in the database; here they are not
            self.cli("audit", "evidence", "--run", str(run["id"]), "--out", str(self.top / f"evidence-{run['id']}"))
        told += [path.read_bytes() for path in self.top.glob("evidence-*/**/*") if path.is_file()]
        told += [path.read_bytes() for path in (self.config / "tests").glob("*")]  # what was recorded
        backup = self.top / f"backup-{len(list(self.top.glob('backup-*')))}"
        self.cli("backup", str(backup))
        told += [path.read_bytes() for folder in (self.state, backup) for path in folder.rglob("*") if path.is_file()]
        told += [path.read_bytes() for path in self.play.glob("cmdlines-*")]
        told.append(pathlib.Path(f"/proc/{self.process.pid}/cmdline").read_bytes())
        told.append(log.read_bytes())
        return told

    def assert_nowhere(self, told):
        found = [(n, canary, text[max(0, text.find(form) - 60):][:160]) for n, canary in enumerate(self.canaries)
                 for form in forms_of(canary) for text in told if form in text]
        self.assertEqual(found, [])

    def test_a_hundred_canaries_are_nowhere(self):
        (self.config / "sources").mkdir()
        self.webhooks()
        self.workflow((0, 3))
        self.start()
        self.break_file()
        run = until(lambda: self.runs("held", "failed", "unknown", "succeeded"), lambda: f"it ended: {self.ask('runs', 'list')}")[0]
        shown = self.ask("runs", "show", str(run["id"]))
        self.assertEqual([s["state"] for s in shown["steps"]], ["applied", "applied", "applied", "failed"], shown)
        # Every one of them arrived, byte by byte, where it was to go …
        headers = {k.lower(): v for k, v in self.api.requests[0]["headers"].items()}
        for n in self.in_headers():
            self.assertEqual(headers[f"x-canary-{n}"], "Bearer " + self.canaries[n])
        self.assertEqual(json.loads(self.api.requests[1]["body"]),
                         {"list": [self.canaries[n] for n in self.in_body()], "k/e~y": self.canaries[49]})
        self.assertEqual(sorted(json.loads((self.play / "got-environment").read_text())), sorted(self.canaries[50:72]))
        self.assertEqual(sorted(json.loads((self.play / "got-input").read_text())), sorted(self.canaries[72:96]))
        for n in (96, 98):
            signature = hmac.new(self.canaries[n].encode(), b'{"x":1}', hashlib.sha256).hexdigest()
            status, _ = self.post(f"hook{n}", b'{"x":1}', {"X-Hub-Signature-256": f"sha256={signature}", "X-GitHub-Delivery": f"d{n}"})
            self.assertEqual(status, 200)
        self.post("hook97", b'{"x":1}', {"Authorization": "Bearer " + urllib.parse.quote(self.canaries[97])})
        self.post("hook99", b'{"x":1}', {"Stripe-Signature": "t=1,v1=00"})
        # … what was given back is on record, and nowhere is one of them.
        written = self.cli("runs", "show", str(run["id"]), "--all-output")
        for word in ("‹secret c0›", "‹secret c49›", "‹secret c50›", "‹secret c95›", "failed with"):
            self.assertIn(word, written)
        log = self.top / "log"
        self.assert_nowhere(self.everything_told(log))
        self.cli("reload")
        self.assertEqual(self.stop(), 0)
        self.assertIn("ok: ", self.cli("audit", "verify"))
        self.assert_nowhere([path.read_bytes() for path in self.state.rglob("*") if path.is_file()] + [log.read_bytes()])

    def test_a_plan_that_waits_for_a_person_shows_their_names(self):
        self.workflow((0, 0), mode="propose")
        self.start()
        self.break_file()
        review = until(lambda: self.ask("reviews", "list"), "a review")[0]
        shown = self.cli("runs", "show", str(review["run"]))
        for word in ("X-Canary-0: Bearer ‹secret c0›", "‹secret c26›", "at /k~1e~0y: ‹secret c49›", "CANARY_50=‹secret c50›"):
            self.assertIn(word, shown)
        self.assert_nowhere(self.everything_told(self.top / "log"))

    def test_one_that_cannot_be_read_starts_nothing(self):
        self.workflow((0, 0))
        self.start()
        (self.keys / "c1").chmod(0o644)
        self.break_file()
        run = until(lambda: self.runs("failed"), "failed")[0]
        self.assertIn("secret c1: ", run["reason"])
        self.assertIn("set mode 0600", run["reason"])
        self.assertEqual(self.api.requests, [])


unittest.main()
