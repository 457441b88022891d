"""Configurations drawn by a seed: every kind of control, step, guard and expression beside every other."""
import json

SEVERITIES = ["informational", "low", "medium", "high", "critical"]
ADDRESSES = [f"203.0.113.{n}" for n in range(1, 7)]
HOSTS = ["web1", "db 2", "bücher", "a;b"]


class Case:
    """What a step may name: of events, of resources; the outputs of steps before it."""

    def __init__(self, event, unit):
        self.event, self.unit = event, unit
        self.texts = ["${ finding.subject.id }", "${ run.id }", "${ finding.severity }", "plain", "a b", "ü"]
        self.lists = [["one", "two words"], ["one"], "finding.differs"]
        self.conditions = ["run.id > 0", "finding.occurrences >= 1", "finding.severity == 'critical'", "finding.episode == 1"]
        self.trusted = ["${ finding.subject.id }", "${ run.id }"]
        if event:
            self.texts += ["${ event.address }", "${ event.host }", "${ event.n }", "${ has(event.gone) ? event.gone : 'none' }"]
            self.conditions += ["event.n > 3", "event.host != ''", "has(event.gone)", "size(event.list) > 1"]
            self.lists += ["event.list", "event.list.filter(x, x != 'b')", "event.list.map(x, x + '!')"]
            self.trusted += ["${ event.address }", "${ event.host }"]
        else:
            self.conditions += ["size(finding.differs) > 0", "'mode' in finding.differs"]

    def after(self, name, kind):
        """Once a step of that name has been: a program with an exit code, or one with output as well."""
        self.texts.append(f"${{ steps.{name}.{'status' if kind == 'call' else 'exit_code'} }}")
        self.conditions.append(f"steps.{name}.{'status == 200' if kind == 'call' else 'exit_code == 0'}")
        if kind != "plain":
            self.texts.append(f"${{ steps.{name}.output.count }}")
            self.conditions.append(f"steps.{name}.output.count == 7")
            self.lists.append(f"steps.{name}.output.hosts")

    def copy(self):
        other = Case(self.event, self.unit)
        for field in ("texts", "lists", "conditions", "trusted"):
            setattr(other, field, list(getattr(self, field)))
        return other


class Drawn:
    """The files of a configuration folder, as text by name. `draw` is a random.Random; `places` names what is there:
    play (a folder), log (a file), url (of a server that answers with JSON), port."""

    def __init__(self, draw, **places):
        self.draw, self.at = draw, places
        self.names = 0
        self.counted_only = False
        self.resources = {}  # control: paths it looks at
        self.files = {}
        self.make()

    def chance(self, share):
        return self.draw.random() < share

    def name(self, of):
        self.names += 1
        return f"{of}{self.names}"

    def make(self):
        draw = self.draw
        self.teams = ["web", "boss"][: draw.choice([0, 1, 2])]
        self.owners = self.teams or ["tests"]
        self.put("aright.yaml", self.node())
        self.put("sources/app.yaml", {
            "source": "app", "tail": {"files": [self.at["log"]], "from": "start"}, "log_source": {"product": "app"},
            "decode": {"json": {"trusted": ["address", "host", "list", "alerts"]}}})
        controls = [self.rule()]
        for make, share in ((self.correlation, 0.6), (self.alert, 0.5), (self.watch, 0.9), (self.watch, 0.5), (self.folder, 0.4), (self.check, 0.5)):
            if self.chance(share):
                controls.append(make())
        for name, event in controls:
            if name == "failed-login" and self.counted_only:
                continue
            for _ in range(draw.choice([1, 1, 1, 2])):
                self.workflow(name, event)

    def put(self, name, *documents):
        """JSON is YAML; the fields of a rule stand at the beginnings of lines, by which it is known as one."""
        self.files[name] = "---\n".join("".join(f"{k}: {json.dumps(v, ensure_ascii=False)}\n" for k, v in d.items()) for d in documents)

    def node(self):
        draw = self.draw
        node = {"notify": {"default": ["pager"], "pager": {"program": ["/usr/bin/true"]}, "hook": {"webhook": {"url": self.at["url"] + "/told", "secret": "key"}}},
                "secrets": {"key": {"file": self.at["secret"]}},
                "destinations": [{"host": "127.0.0.1", "ports": [self.at["port"]]}], "tests": "off"}
        if self.teams:
            node["teams"] = {t: {"members": ["user:root"], **({"quorum": 1} if self.chance(0.5) else {}), **({"notifiers": ["pager"]} if self.chance(0.5) else {})} for t in self.teams}
            if self.chance(0.5):
                node["teams"][self.teams[0]]["ladder"] = [{"after": "0s", "team": self.teams[-1]}, {"after": "1s", "notify": ["hook"]}]
        if self.chance(0.4):
            node["budgets"] = {"shared": {"subjects": draw.choice([1, 2, 50]), "within": "10m"}}
        if self.chance(0.3):
            node["limits"] = {"drivers": {"exec": draw.choice([1, 4])}, "waiting": draw.choice([2, 100])}
        self.budgets = list(node.get("budgets", {}))
        return node

    def rule(self):
        self.put("controls/rules.yml", {
            "title": "Failed login", "name": "failed-login", "status": "test", "author": "Tests", "level": self.draw.choice(SEVERITIES),
            "tags": ["attack.t1110"], "logsource": {"product": "app"},
            "detection": {"selection": {"what": self.draw.choice(["failed", ["failed", "denied"]])}, "condition": "selection"}})
        return "failed-login", True

    def correlation(self):
        generate = {"generate": True} if self.chance(0.5) else {}
        self.counted_only = not generate
        condition = {"gte": self.draw.choice([1, 2, 3])}
        rule = self.files["controls/rules.yml"]
        self.put("controls/rules.yml", {
            "title": "Many failed logins", "name": "many-failed", "level": "high",
            "correlation": {"type": "event_count", "rules": ["failed-login"], **generate, "group-by": self.draw.choice([["address"], ["host", "address"], ["host"]]),
                            "timespan": "10m", "condition": condition}})
        self.files["controls/rules.yml"] = rule + "---\n" + self.files["controls/rules.yml"]
        return "many-failed", True

    def common(self):
        draw = self.draw
        more = {}
        if self.chance(0.6):
            more["severity"] = draw.choice(SEVERITIES)
        if self.teams and self.chance(0.4):
            more["owner"] = draw.choice(self.teams)
        if self.chance(0.3):
            more["tags"] = ["cis.1", "tests"]
        return more

    def alert(self):
        self.put("controls/alert.yaml", {
            "control": "alerting", **self.common(),
            "alert": {"source": "app", "each": "event.alerts", "subject": "instance=${ alert.name }",
                      **({"title": "${ alert.name } is ${ alert.status }"} if self.chance(0.5) else {}),
                      **({"severity": "${ alert.status == 'page' ? 'critical' : 'low' }"} if self.chance(0.5) else {}),
                      **({"resolved": "alert.status == 'over'"} if self.chance(0.7) else {})}})
        return "alerting", True

    def place(self, name):
        return f"{self.at['play']}/{name}"

    def desired(self):
        draw = self.draw
        kinds = {"content": draw.choice(["approved\n", "", "no break at the end", "ü\n" * 3, "${ subject.id }\n"])}
        if self.chance(0.5):
            kinds["mode"] = draw.choice(["0644", "0600", "0755", "4755"])
        if self.chance(0.2):
            kinds.update(owner="root", group=draw.choice(["root", "0"]))
        if self.chance(0.2):
            kinds.pop("content")
            kinds["mode"] = "0640"
        if self.chance(0.25):
            kinds.pop("content", None)
            kinds.update(keys={"Port": "22", "Name": draw.choice(["a b", ""])} if self.chance(0.6) else {"Port": draw.choice(["1", "2"])},
                         format=draw.choice(["key value", "key=value"]))
        if self.chance(0.1):
            kinds = {"absent": True}
        if self.chance(0.2):
            kinds["sensitive"] = True
        return kinds

    def watch(self):
        name = self.name("kept")
        path = self.place(self.draw.choice(["f", "g h", "ü"]) + name)
        self.put(f"controls/{name}.yaml", {
            "control": name, **self.common(), "watch": {"resource": "file", "path": path, **({"every": "1s"} if self.chance(0.2) else {})},
            "desired": self.desired(), **({"for": "1s"} if self.chance(0.1) else {})})
        self.resources[name] = [path]
        return name, False

    def folder(self):
        name = self.name("below")
        folder = self.place(name)
        self.put(f"controls/{name}.yaml", {"control": name, **self.common(), "watch": {"resource": "file", "folder": folder}, "desired": {"mode": "0640"}})
        self.resources[name] = [f"{folder}/{n}" for n in ("x", "y z")]
        return name, False

    def check(self):
        name = self.name("checked")
        path = self.place(name)
        self.put(f"controls/{name}.yaml", {
            "control": name, **self.common(), "check": {"resource": "file", "path": path, "every": "1s"},
            **({"violation": self.draw.choice(["resource.mode != '0644'", "resource.mode == '0600' || resource.content == ['bad']", "size(resource.content) > 1"])}
               if self.chance(0.6) else {"desired": self.desired()})})
        self.resources[name] = [path]
        return name, False

    def workflow(self, control, event):
        draw = self.draw
        name = self.name("answer")
        case = Case(event, name)
        resource = not event and "violation" not in self.files[f"controls/{control}.yaml"]
        steps = self.steps(case, resource, depth=0)
        if resource and self.chance(0.7):
            steps.insert(draw.randrange(len(steps) + 1), {"ensure": "desired"})
        flow = {"workflow": name, "owner": draw.choice(self.owners), "answers": [self.answers(control, event)],
                "mode": draw.choice(["auto"] * 6 + ["propose", "propose", "plan", "observe"]), "steps": steps}
        if self.chance(0.3):
            flow["when"] = draw.choice([c for c in Case(event, name).conditions if "run." not in c])
        if self.chance(0.3):
            last = self.steps(Case(event, name), False, depth=2)
            refused = {"approve", "wait", "when", "ensure", "output", "for_each"}
            flow["finally"] = [{k: v for k, v in s.items() if k != "undo"} for s in last if not refused & set(s)] or [{"exec": ["/usr/bin/true"]}]
        if self.chance(0.3):
            flow["on_failure"] = draw.choice(["review", "roll_back"])
        if self.chance(0.6):
            flow["guards"] = self.guards(event)
        if self.chance(0.2):
            flow["review_within"] = draw.choice(["2s", "1h"])
        self.put(f"workflows/{name}.yaml", flow)

    def answers(self, control, event):
        if self.chance(0.7):
            return control
        answer = {"control": control}
        if self.chance(0.5):
            answer["level"] = self.draw.choice(SEVERITIES[:3])
        if event and control != "alerting" and self.chance(0.7):
            answer["subject"] = self.draw.choice(["host=${ event.host }", "address=${ event.address }"])
        return answer

    def guards(self, event):
        draw = self.draw
        all_of = {
            "threshold": [{"runs": draw.choice([3, 50]), "within": "10m", "per": "workflow"},
                          *([{"runs": 2, "within": "10m", "per": draw.choice(["subject", "${ finding.severity }"])}] if self.chance(0.5) else [])],
            "cool_down": {"wait": draw.choice(["1s", "1h"]), "per": draw.choice(["workflow", "subject"])},
            "budget": draw.choice([*self.budgets, {"subjects": draw.choice([1, 3]), "within": "1h"}, {"subjects": 4, "within": "1h", "staged": True}]),
            "breaker": {"failed": "50%", "runs": 2, "within": "1h", "trial_after": "1s"},
            "flapping": {"openings": 2, "within": "1h"},
            "oscillation": {"returns": 2, "within": "1h"},
            "concurrency": draw.choice([1, 3]),
            "window": {"zone": "Europe/Berlin", "forbid": [{"days": ["sat"], "from": "02:00", "to": "02:30"}], "outside": draw.choice(["wait", "hold"])},
            "for": "1s"}
        return {k: all_of[k] for k in draw.sample(sorted(all_of), draw.choice([1, 1, 2, 3]))}

    def steps(self, case, resource, depth):
        made = []
        for _ in range(self.draw.choice([1, 1, 2, 3])):
            kinds = ["exec", "exec", "call", "ensure", "notify", "wait", "approve"] + (["when", "when"] if depth < 2 else [])
            made.append(getattr(self, "step_" + self.draw.choice(kinds))(case, resource, depth))
        return made

    def text(self, case):
        return self.draw.choice(case.texts)

    def maybe_when(self, case, share=0.2):
        return {"when": self.draw.choice(case.conditions)} if self.chance(share) else {}

    def each(self, case):
        of = self.draw.choice(case.lists)
        return {"for_each": of, "at_most": self.draw.choice([2, 8])}

    def step_exec(self, case, resource, depth):
        draw = self.draw
        when = self.maybe_when(case)
        kind = draw.choice(["echo"] * 4 + ["true", "output", "output", "false", "slow", "each", "each"])
        step = {"exec": ["/usr/bin/echo", *[self.text(case) for _ in range(draw.choice([0, 1, 2]))]]}
        if kind == "true":
            step = {"exec": ["/usr/bin/true"]}
        if kind == "false":
            step = {"exec": ["/usr/bin/false"], **({"expect": {"exit": [1]}} if self.chance(0.6) else {})}
        if kind == "slow":
            step = {"exec": ["/usr/bin/sleep", draw.choice(["0.3", "3"])], "time_limit": draw.choice(["1s", "5s"])}
        if kind == "output":
            step = {"exec": ["/usr/bin/printf", '{"count": 7, "hosts": ["203.0.113.5", "203.0.113.6"], "t": "free text"}'],
                    "output": {"count": "integer", "hosts": ["address"], "t": "text"}}
        if kind == "each":
            step = {"exec": ["/usr/bin/echo", "${ each }", self.text(case)], **self.each(case)}
        if self.chance(0.3):
            step["undo"] = draw.choice(["none", {"exec": ["/usr/bin/echo", "undone", self.text(case)]}, {"exec": ["/usr/bin/false"]}])
        if kind != "slow" and self.chance(0.2):
            step["confirm"] = {"exec": ["/usr/bin/true"]}
        if "confirm" in step and self.chance(0.4):
            step["retry"] = {"times": 1, "wait": "1s"}
        if self.chance(0.15):
            step["secrets"] = ["key"]
        if kind != "each" and self.chance(0.1):
            step["sensitive"] = True
        if self.chance(0.1):
            step["output_max"] = 100
        step.update(when)
        if not when and kind in ("true", "output", "echo") and depth == 0 and self.chance(0.6):
            step["name"] = self.name("step")
            case.after(step["name"], "full" if kind == "output" else "plain")
        return step

    def step_call(self, case, resource, depth):
        when = self.maybe_when(case)
        step = {"call": {"method": self.draw.choice(["POST", "PUT", "GET"]), "url": self.at["url"] + "/x/" + self.draw.choice(case.trusted)}}
        if step["call"]["method"] != "GET":
            step["call"]["json"] = {"a": self.text(case), "b": [self.text(case), 3]}
        if self.chance(0.3):
            step.update(self.each(case))
            step["call"]["url"] = self.at["url"] + "/each/${ each }"
        elif self.chance(0.5):
            step["output"] = {"count": "integer", "hosts": ["address"]}
        if self.chance(0.4):
            step["expect"] = {"status": [200]} if self.chance(0.6) else {"answer": "answer.json.count > 3"}
        if self.chance(0.3):
            step["undo"] = {"call": {"method": "DELETE", "url": self.at["url"] + "/x/" + self.draw.choice(case.trusted)}}
        step.update(when)
        if not when and depth == 0 and "output" in step:
            step["name"] = self.name("step")
            case.after(step["name"], "call")
        return step

    def step_ensure(self, case, resource, depth):
        name = self.draw.choice(["made", "made too"]) + case.unit
        desired = {"content": self.draw.choice(["${ run.id }", "${ finding.subject.id }", "ü"]) + "\n"} if self.chance(0.6) else self.desired()
        if "subject.id" in json.dumps(desired) and "finding.subject.id" not in json.dumps(desired):
            desired = {"content": "own\n"}
        return {"ensure": {"resource": "file", "path": self.place(name), "desired": desired}, **self.maybe_when(case)}

    def step_notify(self, case, resource, depth):
        return {"notify": self.draw.choice(["pager", "hook"]), "text": "it is " + self.text(case), **({"title": self.text(case)} if self.chance(0.5) else {}), **self.maybe_when(case)}

    def step_wait(self, case, resource, depth):
        return {"wait": "1s", **self.maybe_when(case)}

    def step_approve(self, case, resource, depth):
        step = {"text": "is it " + self.text(case)} if self.chance(0.7) else {}
        if self.teams and self.chance(0.5):
            step["team"] = self.draw.choice(self.teams)
        if self.chance(0.3):
            step["expires"] = self.draw.choice(["2s", "1h"])
        return {"approve": step, **self.maybe_when(case)}

    def step_when(self, case, resource, depth):
        step = {"when": self.draw.choice(case.conditions), "then": self.steps(case.copy(), resource, depth + 1)}
        if self.chance(0.6):
            step["else"] = self.steps(case.copy(), resource, depth + 1)
        return step
