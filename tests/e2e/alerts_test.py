"""Alerts of other tools through the real daemon: Prometheus' Alertmanager and Grafana, as they post them."""
import base64
import json
import pathlib
import shutil
import subprocess
import unittest

from daemon import BINARY, until
from webhook import KEY, TOKEN, WebhookCase, bearer, mac, standard

PACK = pathlib.Path(__file__).resolve().parents[2] / "packs" / "alerts"
GROUP = '{}:{alertname="InstanceDown"}'
CONTROL = """control: prometheus
severity: low
alert:
  source: hook
  each: event.alerts
  subject: instance=${ alert.labels.instance }
  severity: "${ alert.labels.severity == 'page' ? 'critical' : 'medium' }"
  title: ${ alert.annotations.summary }
  resolved: alert.status == "resolved"
"""
WORKFLOW = """workflow: answer
owner: tests
answers: [{ control: prometheus, level: high }]
when: event.labels.alertname == "InstanceDown"
mode: auto
guards: { threshold: [{ runs: 1000, within: 10m, per: workflow }] }
steps:
  - exec: [PROGRAM, "${ event.labels.instance }"]
  - ensure: { resource: file, path: FILE, desired: { content: "somebody was called\\n" } }
"""


def alertmanager(status, *instances, firing=()):
    """The body of version 4, as Alertmanager 0.25 posts it."""
    alerts = [{"status": "firing" if i in firing else status,
               "labels": {"alertname": "InstanceDown", "instance": i, "job": "node", "severity": "page"},
               "annotations": {"summary": f"{i} is down"}, "startsAt": "2026-11-26T10:00:00.5Z",
               "endsAt": "0001-01-01T00:00:00Z" if status == "firing" else "2026-11-26T10:09:00.5Z",
               "generatorURL": "http://prometheus:9090/graph?g0.expr=up+%3D%3D+0&g0.tab=1",
               "fingerprint": f"{i.encode().hex():0>16}"[-16:]} for i in instances]
    return json.dumps({"receiver": "aright", "status": status, "alerts": alerts, "groupLabels": {"alertname": "InstanceDown"},
                       "commonLabels": {"alertname": "InstanceDown", "job": "node", "severity": "page"}, "commonAnnotations": {},
                       "externalURL": "http://alertmanager:9093", "version": "4", "groupKey": GROUP, "truncatedAlerts": 0}).encode()


def grafana(status, instance, name="High load"):
    """As Grafana 12 posts it."""
    return json.dumps({"receiver": "aright", "status": status, "alerts": [
        {"status": status, "labels": {"alertname": name, "grafana_folder": "hosts", "instance": instance, "severity": "critical"},
         "annotations": {"summary": f"{instance} is busy"}, "startsAt": "2026-11-26T10:00:00+01:00", "endsAt": "0001-01-01T00:00:00Z",
         "generatorURL": "http://grafana:3000/alerting/grafana/x/view?orgId=1", "fingerprint": "c6eadffa33fcdf37",
         "silenceURL": "http://grafana:3000/alerting/silence/new", "dashboardURL": "", "panelURL": "", "values": {"B": 44.2}, "valueString": "[ var='B' value=44.2 ]"}],
        "groupLabels": {}, "commonLabels": {}, "commonAnnotations": {}, "externalURL": "http://grafana:3000/", "version": "1",
        "groupKey": "{}:{}", "truncatedAlerts": 0, "orgId": 1, "title": "[FIRING:1] High load", "state": "alerting", "message": "**Firing**"}).encode()


class Alerts(WebhookCase):
    def setUp(self):
        super().setUp()
        (self.config / "controls" / "deleted.yml").unlink()
        (self.config / "workflows" / "react.yaml").unlink()
        self.flag = self.play / "flag"
        self.write_control()
        key = self.top / "standard-key"
        key.touch(0o600)
        key.write_bytes(b"whsec_" + base64.b64encode(KEY))
        self.write_source("hook", "standard-webhooks", secret=f"{{ file: {key} }}")
        source = self.config / "sources" / "hook.yaml"
        source.write_text(source.read_text().replace("[host, action]", "[alerts]"))

    def write_control(self, text=CONTROL, workflow=WORKFLOW):
        (self.config / "controls" / "prometheus.yaml").write_text(text)
        (self.config / "workflows" / "answer.yaml").write_text(
            workflow.replace("PROGRAM", str(self.program)).replace("FILE", str(self.flag)))

    def told(self, body, delivery):
        self.assertEqual(self.post(body, standard(body, delivery))[0], 200)

    def findings(self):
        return {f["subject"]: f for f in self.get("/v1/findings?all=1&limit=100")}

    def occurred(self, count, *instances):
        until(lambda: [f["occurrences"] for s, f in sorted(self.findings().items()) if s.split("=")[1] in instances] == [count] * len(instances),
              lambda: self.findings())

    def over(self):
        until(lambda: not self.get("/v1/runs?open=1"), lambda: self.get("/v1/runs"))

    def test_two_alerts_are_two_findings_answered_once_each_until_they_are_over(self):
        self.start()
        firing = alertmanager("firing", "web1:9100", "web2:9100")
        self.told(firing, "m1")
        until(lambda: self.calls() == ["web1:9100", "web2:9100"], lambda: f"{self.calls()} {self.get('/v1/runs')}")
        self.over()
        self.assertEqual(self.flag.read_text(), "somebody was called\n")
        found = self.findings()
        self.assertEqual({s: (f["severity"], f["title"], f["control"]) for s, f in found.items()},
                         {f"instance={i}": ("critical", f"{i} is down", "prometheus") for i in ("web1:9100", "web2:9100")})
        self.assertIn("web1:9100 is down", self.cli("findings", "show", found["instance=web1:9100"]["id"]))

        self.told(firing, "m2")
        self.occurred(2, "web1:9100", "web2:9100")
        self.assertEqual(self.post(firing, standard(firing, "m2"))[1], {"duplicate": True})
        self.told(alertmanager("resolved", "web1:9100", "web2:9100", firing=["web2:9100"]), "m3")
        until(lambda: self.findings()["instance=web1:9100"]["state"] == "resolved", lambda: self.findings())
        self.occurred(3, "web2:9100")
        self.told(alertmanager("resolved", "web1:9100", "web2:9100"), "m4")
        until(lambda: {f["state"] for f in self.findings().values()} == {"resolved"}, lambda: self.findings())
        self.assertEqual({f["resolved_by"] for f in self.findings().values()}, {"hook says that it is over"})
        self.over()
        self.assertEqual(self.calls(), ["web1:9100", "web2:9100"], "no second run")

        self.told(firing, "m5")
        until(lambda: len(self.calls()) == 4, lambda: self.calls())
        self.over()
        again = [f for f in self.get("/v1/findings") if f["subject"] == "instance=web1:9100"]
        self.assertEqual([(f["episode"], f["recurrence_of"]) for f in again], [(2, found["instance=web1:9100"]["id"])])
        self.assertIn("it is over when the source says so, or nothing comes for 1d", self.cli("explain", "instance=web1:9100"))
        self.assertEqual(self.stop(), 0)
        self.assertIn("ok: ", self.cli("audit", "verify"))

    def test_killed_in_between_each_is_a_finding_once(self):
        self.start()
        names = [f"h{n}" for n in range(40)]
        for n in range(0, 40, 4):
            self.told(alertmanager("firing", *names[n:n + 4]), f"m{n}")
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()
        self.start()
        until(lambda: set(self.findings()) == {f"instance={n}" for n in names}, lambda: f"{len(self.findings())}", seconds=60)
        self.assertEqual({f["occurrences"] for f in self.findings().values()}, {1})
        until(lambda: not [r for r in self.get("/v1/runs?open=1&limit=1000") if r["state"] not in ("unknown", "held")], "over", seconds=60)
        self.assertEqual(len(self.calls()), len(set(self.calls())), "no program ran twice")

    def test_what_a_control_cannot_read_is_seen(self):
        self.start()
        body = json.loads(alertmanager("firing", "web1:9100", "web2:9100"))
        del body["alerts"][0]["labels"]["instance"]
        self.told(json.dumps(body).encode(), "m1")
        until(lambda: self.calls() == ["web2:9100"], lambda: self.calls())
        until(lambda: [f for f in self.get("/v1/findings") if f["control"] == "malformed-event"], lambda: self.findings())
        self.assertIn("control prometheus: alert 1 of 2: `subject`", self.cli("sources", "show", "hook"))
        self.assertEqual(self.source()["malformed"], 1)

    def test_unsigned_alerts_are_observed_and_end_nothing_that_is_signed(self):
        self.write_source("open", "none")
        self.write_control(CONTROL.replace("source: hook", "source: [hook, open]"))
        self.start()
        self.told(alertmanager("firing", "web1:9100"), "m1")
        until(lambda: self.calls() == ["web1:9100"], lambda: self.calls())
        self.over()
        self.assertEqual(self.post(alertmanager("firing", "web2:9100"), {}, "open")[0], 200)
        until(lambda: "instance=web2:9100" in self.findings(), lambda: self.findings())
        end = alertmanager("resolved", "web1:9100", "web2:9100")
        self.assertEqual(self.post(end, {}, "open")[0], 200)
        until(lambda: self.findings()["instance=web2:9100"]["state"] == "resolved", lambda: self.findings())
        self.assertEqual(self.findings()["instance=web1:9100"]["state"], "open")
        self.assertEqual(self.calls(), ["web1:9100"])
        self.assertIn("nobody vouches for", (self.top / "log").read_text())

    def use_pack(self):
        shutil.rmtree(self.config)
        shutil.copytree(PACK, self.config)
        token = self.top / "token"
        token.touch(0o600)
        token.write_text(TOKEN)
        for file in (self.config / "sources").iterdir():
            file.write_text(file.read_text().replace("/etc/aright/secrets/grafana", str(self.secret))
                            .replace("/etc/aright/secrets/alertmanager", str(token)))

    def test_the_pack_takes_what_both_tools_post(self):
        self.use_pack()
        self.assertIn("ok: ", self.cli("validate", str(self.config)))
        self.start()
        body = grafana("firing", "web1")
        signed = {"X-Grafana-Alerting-Signature": mac(body).hexdigest()}
        self.assertEqual(self.post(body, {"X-Grafana-Alerting-Signature": mac(body, b"other").hexdigest()}, "grafana")[0], 401)
        self.assertEqual(self.post(body, signed, "grafana")[0], 200)
        self.assertEqual(self.post(alertmanager("firing", "web2"), {}, "alertmanager")[0], 401)
        self.assertEqual(self.post(alertmanager("firing", "web2"), bearer(), "alertmanager")[0], 200)
        named = {"fingerprint=c6eadffa33fcdf37": ("web1 is busy", "critical"), "alertname=InstanceDown instance=web2": ("web2 is down", "critical")}
        until(lambda: {s: (f["title"], f["severity"]) for s, f in self.findings().items()} == named, lambda: self.findings())
        body = grafana("resolved", "web1")
        self.assertEqual(self.post(body, {"X-Grafana-Alerting-Signature": mac(body).hexdigest()}, "grafana")[0], 200)
        until(lambda: self.findings()["fingerprint=c6eadffa33fcdf37"]["state"] == "resolved", lambda: self.findings())

    def test_the_packs_workflow_plans_for_what_alertmanager_posts(self):
        self.use_pack()
        self.start()
        body = alertmanager("firing", "web2")
        for _ in range(2):  # Alertmanager repeats itself to the last byte
            self.assertEqual(self.post(body, bearer(), "alertmanager")[:2][0], 200)
        until(lambda: [f["occurrences"] for f in self.findings().values()] == [2], lambda: self.findings())
        until(lambda: [r["state"] for r in self.get("/v1/runs")] == ["planned"], lambda: self.get("/v1/runs"))
        self.assertIn("down: web2", self.cli("runs", "show"))

    def test_the_packs_workflow_plans_for_what_grafana_posts(self):
        self.use_pack()
        self.start()
        body = grafana("firing", "web1", "InstanceDown")  # with a fraction among its values
        self.assertEqual(self.post(body, {"X-Grafana-Alerting-Signature": mac(body).hexdigest()}, "grafana")[0], 200)
        until(lambda: [r["state"] for r in self.get("/v1/runs")] == ["planned"], lambda: self.get("/v1/runs"))
        self.assertIn("down: web1", self.cli("runs", "show"))
        self.assertIn("44.2", self.cli("runs", "show", "1", "-o", "json"))

    def test_detect_reads_alerts_of_a_file(self):
        log = self.top / "bodies"
        log.write_bytes(alertmanager("firing", "web1", "web2") + b"\n" + alertmanager("resolved", "web1") + b"\n" + b'{"alerts": 5}\n')
        words = [BINARY, "detect", "--controls", str(self.config / "controls"), "--decoder", str(self.config / "sources" / "hook.yaml"), str(log)]
        done = subprocess.run([*words, "-o", "json"], capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 1, done.stderr)
        said = [json.loads(line) for line in done.stdout.splitlines()]
        self.assertEqual([(s["control"], s["subject"], s["level"], s["line"], s["resolved"]) for s in said],
                         [("prometheus", "instance=web1", "critical", 1, False), ("prometheus", "instance=web2", "critical", 1, False),
                          ("prometheus", "instance=web1", "low", 2, True)])
        self.assertIn(f"{log}:3: control prometheus: `each`", done.stderr)
        self.assertIn("3 events, 2 findings", done.stderr)
        table = subprocess.run(words, capture_output=True, text=True, timeout=60).stdout
        self.assertRegex(table, r"critical +web1 is down on instance=web1  \S+:1  \S+  alert\n")


unittest.main()
