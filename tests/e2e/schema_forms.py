"""Right configurations that show every form a key may have: each is a folder as a map of files to their texts."""
import json
import re

CONTROL = "control: c\nwatch: { resource: file, path: /etc/motd }\ndesired: { mode: '0644' }\n"
NODE = {"secrets": {"s": {"environment": "ARIGHT_TEST_S"}}, "destinations": [{"host": "a.example.org"}],
        "notify": {"log": {"syslog": {}}}}
T = "/usr/bin/true"
KEY = "/srv/key"  # a file with a secret: whoever tries them puts its place here
URL = "https://a.example.org/x"
SECRET = {"secret": "s"}
ENVIRONMENT = {"A": "x", "B": SECRET, "C": {"secret": "s", "prefix": "Bearer "}}

EXEC_CONFIRM = {"exec": [T, "${ finding.subject.id }"], "environment": ENVIRONMENT, "secrets": ["s"], "expect": {"exit": [0], "output_contains": "x"},
                "absent": {"exit": [1, 3]}, "time_limit": "5s", "output_max": 0}
CALL_CONFIRM = {"call": {"method": "HEAD", "url": URL, "headers": ENVIRONMENT}, "expect": {"status": [200, "201-299"], "answer": "answer.status == 200"},
                "absent": {"status": ["404-410", 599]}, "time_limit": "10m", "output_max": 5}
DEEP = {"a": {"b": {"c": 1, "d": [True, None, 1.5, {"e": "${ finding.subject }"}]}}, "k": SECRET}

EXEC_UNDO = [
    "none", {"exec": [T]}, {"exec": [T], "sensitive": True}, {"exec": [T], "environment": ENVIRONMENT, "secrets": ["s"]},
    {"exec": [T], "expect": {"exit": [0, 255]}, "time_limit": "5s", "output_max": 1, "confirm": EXEC_CONFIRM},
    {"call": {"method": "DELETE", "url": URL, "headers": ENVIRONMENT}, "expect": {"status": ["200-299"], "answer": True}, "sensitive": True},
    {"call": {"method": "PUT", "url": URL, "json": DEEP}, "confirm": CALL_CONFIRM, "time_limit": "5s", "output_max": 1}]

ERRANDS = [
    {"exec": [T, "a", "${ run.id }"]}, {"exec": [T], "environment": ENVIRONMENT, "secrets": ["s"], "expect": {"exit": [0, 3], "output_contains": "x"}},
    {"exec": [T], "secrets": "s", "output_max": 0, "time_limit": "1h"}, {"exec": [T], "confirm": EXEC_CONFIRM, "retry": {"times": 10, "wait": "2s"}},
    {"exec": [T], "sensitive": True}, *({"exec": [T], "undo": undo} for undo in EXEC_UNDO),
    {"call": {"url": URL}}, {"call": {"method": "POST", "url": URL, "headers": ENVIRONMENT, "json": DEEP}},
    {"call": {"method": "POST", "url": URL, "json": [1, "x"]}}, {"call": {"method": "POST", "url": URL, "json": "text"}},
    {"call": {"method": "PATCH", "url": URL, "form": {"a": "1", "b": "${ run.id }"}}}, {"call": {"method": "PUT", "url": URL, "body": "x"}},
    {"call": {"method": "POST", "url": URL, "input": True}, "retry": {"times": 1}}, {"call": {"url": URL}, "sensitive": False},
    {"call": {"method": "POST", "url": URL}, "expect": {"status": [200, "300-399"], "answer": "answer.json.a == 1"}, "confirm": CALL_CONFIRM},
    {"call": {"method": "POST", "url": URL}, "time_limit": "5s", "output_max": 100}, {"call": {"method": "POST", "url": URL}, "confirm": {**CALL_CONFIRM, "absent": {"status": [404]}}},
    *({"call": {"method": "POST", "url": URL}, "undo": undo} for undo in EXEC_UNDO)]

LOOKS = [{"exec": [T], "name": "look", "output": {"n": "integer", "hosts": ["address"], "t": "text"}},
         {"call": {"url": URL}, "name": "look", "output": {"n": "integer", "hosts": ["address"]}}]

REPEATED = [{**errand, **over} for errand in ({"exec": [T, "${ each }"]}, {"call": {"method": "POST", "url": URL + "/${ each }"}, "undo": {"exec": [T, "${ each }"]}})
            for over in ({"for_each": ["one", "two"]}, {"for_each": ["one"], "at_most": 4}, {"for_each": "finding.differs", "at_most": 8},
                         {"for_each": "finding.differs", "at_most": 16, "when": "finding.recurrence"})]

OTHERS = [
    {"ensure": "desired"}, {"ensure": "desired", "retry": {"times": 3, "wait": "2s"}, "time_limit": "5s", "verify_within": "1m"},
    {"ensure": {"resource": "file", "path": "/etc/aright-own", "desired": {"content": "${ run.id }\n", "mode": "0600", "owner": "root", "group": "root"}}},
    {"ensure": {"resource": "file", "path": "/etc/aright-own", "desired": {"keys": {"A": "x", "B": None}, "format": "key value", "case": "ignore", "wins": "first"}}},
    {"wait": "30m"}, {"notify": "log", "text": "hi"}, {"notify": "log", "text": "hi ${ run.id }", "title": "x", "severity": "low"},
    {"approve": {}}, {"approve": {"text": "hi", "expires": "4h", "quorum": 2}}]

STEPS = [*ERRANDS, *LOOKS, *REPEATED, *OTHERS]
CONDITIONS = ["finding.recurrence", True]

GUARDS = [
    {"threshold": [{"runs": 3, "within": "10m", "per": "subject"}, {"runs": 3, "within": "10m", "per": "workflow"}]},
    {"threshold": [{"runs": 3, "within": "10m", "per": "${ finding.subject.id }"}, {"runs": 3, "within": "10m", "per": "workflow"}]},
    {"cool_down": {"wait": "5m", "per": "subject"}, "concurrency": 4, "for": "5m"}, {"flapping": {"openings": 5, "within": "1h"}},
    {"breaker": {"failed": "50%", "runs": 4, "within": "1h", "trial_after": "30m"}}, {"oscillation": "off"}, {"oscillation": {"returns": 3, "within": "24h"}},
    {"budget": "web"}, {"budget": {"subjects": 20, "within": "10m", "staged": False}}, {"budget": {"percent": "5%", "population": 400, "within": "10m"}},
    {"budget": {"percent": "5%", "population": {"control": "c"}, "within": "10m", "staged": True}},
    {"window": {"zone": "Europe/Berlin", "allow": [{"days": ["mon", "tue"], "from": "08:00", "to": "18:00"}, {"days": "sun"}], "outside": "hold"}},
    {"window": {"forbid": [{"from": "08:00", "to": "24:00"}], "outside": "wait"}}]

HEADS = [{"answers": "c"}, {"answers": ["c", {"control": "c", "level": "low"}]}, {"answers": ["c"], "when": True, "mode": "propose", "on_failure": "review", "review_within": "1h"},
         {"answers": ["c"], "when": "finding.episode > 1", "review_by": "90d"}]

NOTIFIERS = [
    {"default": "a", "a": {"syslog": {}}}, {"default": ["a"], "a": {"syslog": {"facility": "local3", "tag": "x", "socket": "/dev/log"}}},
    {"a": {"syslog": {"udp": "p.example.org:514"}}, "b": {"syslog": {"tcp": "p.example.org:514"}}},
    {"a": {"webhook": {"url": URL, "secret": "s"}, "retry": {"first": "1s", "longest": "5m", "give_up": "24h"}, "rate": {"messages": 60, "within": "1m"},
           "queue": 10000, "time_limit": "30s"}},
    {"a": {"slack": {"url": SECRET}}, "b": {"slack": {"url": {"secret": "s", "prefix": "https://a.example.org/"}}}}, {"a": {"program": [T, "x", 1, 2.5, True]}},
    {"a": {"smtp": {"server": "a.example.org:587", "tls": "starttls", "from": "a@example.org", "to": "b@example.org", "user": "u", "password": "s"}},
     "b": {"smtp": {"server": "a.example.org:587", "from": "a@example.org", "to": ["b@example.org", "c@example.org"]}}}]

NODES = [
    *({"notify": notify, "destinations": [{"host": "a.example.org", "ports": [443, 587]}, {"host": "p.example.org", "ports": [514], "plain": True}]} for notify in NOTIFIERS),
    {"secrets": {"a": {"file": KEY}, "b": {"environment": "B"}, "c": {"credential": "c"}}},
    {"destinations": [{"host": "a.example.org"}, {"host": "*.example.org", "ports": [1, 65535], "networks": ["10.0.0.0/8"], "plain": False}]},
    {"limits": {"runs": 1, "waiting": 1, "findings": 1, "subjects": 1, "subject": 1, "held": 1, "drivers": {"file": 1, "exec": 8, "call": 8}}},
    {"retention": {"records": "400d", "contents": "30d", "sensitive": "7d", "size_mib": 4096}, "tests": "warn", "root": "/srv"},
    {"witness": [{"file": "/mnt/x"}, {"syslog": True}, {"syslog": True, "socket": "/dev/other"}]}, {"listen": "127.0.0.1:7480", "socket": {"group": "adm"}},
    {"teams": {"a": {"members": "user:root"}, "b": {"members": ["user:root", "group:adm"], "quorum": 1, "separate": False, "notifiers": "log",
                                                  "ladder": [{"after": "0s", "notify": "log"}, {"after": "15m", "notify": ["log"], "team": "b"}, {"team": "b"}]}}},
    {"budgets": {"web": {"subjects": 20, "within": "10m"}, "x": {"percent": "5%", "population": 0, "within": "7d"}, "y": {"percent": "1%", "population": {"control": "c"}, "within": "1h"}}}]

CONTROLS = [
    {"check": {"resource": "file", "paths": ["/etc/a", "/etc/b"], "every": "1h"}, "desired": {"content": "x", "sensitive": True}},
    {"watch": {"resource": "file", "path": ["/etc/a"]}, "desired": {"absent": True}}, {"watch": {"resource": "file", "folder": "/etc/x", "every": "5m"}, "violation": "resource.exists"},
    {"watch": {"resource": "file", "folders": ["/etc/x"]}, "violation": True, "title": "x", "severity": "critical", "tags": "t", "owner": "o", "review_by": "30d"},
    {"watch": {"resource": "file", "path": "/etc/a"}, "desired": {"optional": True, "keys": {"PermitRootLogin": "no", "Banner": None}, "format": "sshd"}, "tags": ["a", "b"]},
    {"watch": {"resource": "file", "path": "/etc/a"}, "desired": {"keys": {"net.ipv4.ip_forward": "0"}, "format": "sysctl"}}]

SOURCES = [
    {"tail": {"files": "/var/log/x", "from": "end", "line_max": 1048576}, "decode": "sshd"}, {"tail": {"patterns": ["/var/log/*.log"]}, "decode": "json", "log_source": {"product": "x"}},
    {"tail": {"files": ["/var/log/x"], "mode": "plan"}, "decode": {"json": {"time": "t", "trusted": ["a"]}}, "log_source": [{"product": "x"}, {"category": "y", "service": "z"}]},
    {"tail": {"files": "/var/log/x"}, "decode": {"json": {}}}, {"tail": {"files": "/var/log/x"}, "decode": {"text": "(?P<a>x)"}},
    {"tail": {"files": "/var/log/x"}, "decode": {"text": ["(?P<a>x)", {"pattern": "(?P<t>.*)", "types": {"t": "text"}, "trusted": "t"}], "time": "t"}},
    {"tail": {"files": "/var/log/x"}, "decode": {"text": {"pattern": "(?P<a>x)", "trusted": ["a"]}}},
    {"webhook": {"auth": "none", "headers": {"event": "X-Event"}, "time": "t", "trusted": ["x"], "body_max": 1}}, {"webhook": {"auth": "bearer", "secret": "s", "mode": "auto"}},
    {"webhook": {"auth": "github", "secret": ["s", {"environment": "B"}]}}, {"webhook": {"auth": "standard-webhooks", "secret": {"environment": ["A", "B"]}, "tolerance": "5m"}},
    {"webhook": {"auth": "stripe", "secret": {"credential": "c"}, "signature_header": "X-S"}}]

ALERTS = [{"source": "s", "subject": "a=${ event.a }"}, {"source": ["s"], "each": "event.list", "when": True, "subject": "a=${ alert.a }", "severity": "${ alert.s }", "title": "x", "resolved": "alert.ok"},
          {"source": "s", "when": "event.n > 1", "subject": "a=${ event.a }", "severity": "high", "resolved": False}]


def yaml(doc):
    """JSON is YAML; but a range of statuses stands without quotes."""
    return re.sub(r'"(\d{3}-\d{3})"', r"\1", json.dumps(doc))


def folder(steps=None, control=CONTROL, node=None, **head):
    """One control and, where there are steps, a workflow for it."""
    files = {"aright.yaml": json.dumps({**NODE, **(node or {})}), "controls/c.yaml": control}
    if steps is not None:
        files["workflows/w.yaml"] = yaml({"workflow": "w", "owner": "o", "answers": ["c"], **head, "steps": steps})
    return files


def folders():
    desired = {"ensure": "desired"}
    shared = {"budgets": {"web": {"subjects": 20, "within": "10m"}}}
    for step in STEPS:
        yield folder([step])
        if step.get("for_each") or "name" in step:
            yield folder([{"when": True, "then": [step]}])
            continue
        for condition in CONDITIONS:
            yield folder([{**step, "when": condition}])
        # All kinds of step beside each other, in every list of steps.
        yield folder([{"when": True, "then": [step, {"wait": "1s"}], "else": [{"when": "finding.recurrence", "then": [{"wait": "1s"}], "else": [step, {"exec": [T]}]}]}])
    for look in LOOKS:
        for errand in ({"exec": [T, "${ each }"]}, {"call": {"url": URL + "/${ each }"}}):
            yield folder([look, {**errand, "for_each": "steps.look.output.hosts", "at_most": 8}, {"notify": "log", "text": "x", "when": "steps.look.output.n == 1"}])
    for errand in ERRANDS:
        yield folder([desired], **{"finally": [errand]})
    yield folder([desired], **{"finally": [{"notify": "log", "text": "x"}, {"exec": [T]}, {"call": {"method": "POST", "url": URL}}]})
    for guards in GUARDS:
        yield folder([desired], node=shared, guards=guards)
    for head in HEADS:
        yield folder([desired], **head)
    for node in NODES:
        yield folder(node=node)
    for control in CONTROLS:
        yield folder(control=json.dumps({"control": "c", **control}))
    for source in SOURCES:
        yield {**folder(), "sources/s.yaml": json.dumps({"source": "s", **source})}
    for alert in ALERTS:
        yield {**folder(control=json.dumps({"control": "c", "alert": alert, "resolve_after": "1h"})), "sources/s.yaml": json.dumps({"source": "s", "webhook": {"auth": "none"}})}
