"""Webhooks through the real daemon: who is believed, what is answered, and that nothing is lost or done twice."""
import base64
import concurrent.futures
import http.client
import json
import pathlib
import re
import resource
import shutil
import signal
import subprocess
import threading
import time
import unittest
import urllib.request

from daemon import until
from webhook import KEY, TOKEN, WebhookCase, bearer, deleted, github, standard, stripe


class Webhook(WebhookCase):
    def setUp(self):
        super().setUp()
        self.write_source()

    def ran_for(self, *hosts):
        until(lambda: self.calls() == sorted(hosts), lambda: f"{hosts}: {self.calls()} {self.runs()}")
        until(lambda: not self.get("/v1/runs?open=1"), "no run open")

    def test_a_signed_delivery_runs_the_workflow_once(self):
        self.start()
        body = deleted("web1")
        self.assertEqual(self.post(body, github(body, "d1"))[:2], (200, {"duplicate": False, "number": 0}))
        self.ran_for("web1")
        for delivery in ("d1", "another-id-for-the-same-signature"):
            self.assertEqual(self.post(body, github(body, delivery))[:2], (200, {"duplicate": True}))
        self.assertEqual(self.stop(), 0)
        self.start()
        self.assertEqual(self.post(body, github(body, "d1"))[:2], (200, {"duplicate": True}), "also after a restart")
        other = deleted("web2")
        self.assertEqual(self.post(other, github(other, "d2"))[0], 200)
        self.ran_for("web1", "web2")
        self.assertEqual(self.outcomes(), {"taken": 1, "duplicate": 1})
        finding = [f for f in self.ask("findings", "list", "--all") if f["subject"] == "host=web1"]
        self.assertEqual([f["occurrences"] for f in finding], [1])
        self.assertEqual(self.stop(), 0)
        self.assertIn("ok: ", self.cli("audit", "verify"))

    def test_stripe_and_standard_webhooks_sign_their_time(self):
        key = self.top / "standard-key"
        key.touch(0o600)
        key.write_bytes(b"whsec_" + base64.b64encode(KEY))
        self.write_source("pay", "stripe")
        self.write_source("std", "standard-webhooks", tolerance="2m", secret=f"{{ file: {key} }}")
        self.start()
        body = deleted("pay1", id="evt_1")
        now = time.time()
        self.assertEqual(self.post(body, stripe(body), "pay")[0], 200)
        self.assertEqual(self.post(body, stripe(body, now - 5), "pay")[1], {"duplicate": True}, "sent again, signed anew")
        for late in (now - 400, now + 400):
            status, said, headers = self.post(body, stripe(body, late), "pay")
            self.assertEqual((status, said["status"]), (401, 401))
            self.assertIn("300 s", said["detail"])
            self.assertIn("WWW-Authenticate", headers)
        body = deleted("std1")
        self.assertEqual(self.post(body, standard(body, "m1"), "std")[0], 200)
        self.assertEqual(self.post(body, standard(body, "m1", now - 100), "std")[1], {"duplicate": True})
        self.assertEqual(self.post(body, standard(body, "m2", now - 130), "std")[0], 401)
        self.ran_for("pay1", "std1")
        self.assertEqual(self.outcomes("pay"), {"taken": 1, "duplicate": 1, "too_old": 1, "too_new": 1})

    def test_what_is_wrong_is_said_counted_and_has_no_effect(self):
        self.write_source(body_max=1000)
        self.start()
        body = deleted("web1")
        cases = [
            (body, {}, 401, "X-Hub-Signature-256 is missing"),
            (body, github(body, "d1", b"another key"), 401, "not ours"),
            (body + b" ", github(body, "d1"), 401, "not ours"),
            (body, {**github(body, "d1"), "X-Hub-Signature-256": "sha256=zz"}, 401, "64 hex digits"),
            (b'{"action":', github(b'{"action":', "d2"), 422, "kept aside as number 0"),
            (b"x" * 1001, github(b"x" * 1001, "d3"), 413, "at most 1000"),
        ]
        for sent, headers, status, why in cases:
            said = self.post(sent, headers)
            self.assertEqual(said[0], status, said)
            self.assertIn(why, said[1]["detail"])
        self.assertEqual(self.post(None, {}, method="GET")[0], 405)
        self.assertEqual(self.post(None, {}, method="GET")[2]["Allow"], "POST")
        self.assertEqual(self.post(body, github(body, "d1"), "nobody")[0], 404)
        self.assertEqual(self.outcomes(), {"not_signed": 1, "wrong": 2, "bad_header": 1, "malformed": 1, "oversized": 1, "not_post": 2})
        until(lambda: [f for f in self.get("/v1/findings") if f["control"] == "malformed-event"], "the malformed one is a finding")
        self.assertEqual(self.post(body, github(body, "good"))[0], 200, "and stops nothing")
        self.ran_for("web1")
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/metrics") as answer:
            metrics = answer.read().decode()
        self.assertIn('aright_webhook_requests_total{source="hook",outcome="wrong"} 2', metrics)
        self.assertIn('aright_webhook_requests_total{source="hook",outcome="taken"} 1', metrics)

    def test_an_unsigned_source_is_only_observed(self):
        self.write_source(auth="none")
        self.start()
        self.assertEqual(self.post(deleted("web1"), {})[0], 200)
        until(lambda: [f for f in self.get("/v1/findings") if f["subject"] == "host=web1"], "it is a finding")
        self.write_source("signed")
        self.cli("reload")
        body = deleted("web2")
        self.assertEqual(self.post(body, github(body, "d1"), "signed")[0], 200)
        self.ran_for("web2")
        self.assertEqual(self.calls(), ["web2"])

    def test_a_token_is_enough_to_be_heard_and_a_person_decides(self):
        self.write_source(auth="bearer")
        self.start()
        body = deleted("web1")
        status, said, headers = self.post(body, {})
        self.assertEqual((status, said["detail"], headers["WWW-Authenticate"]), (401, "header Authorization is missing", "Bearer"))
        self.assertEqual(self.post(body, bearer("tests.token-that_is~long+enough/1=="))[1]["detail"], "the token is none of ours")
        self.assertEqual(self.post(body, {"Authorization": "Basic dGVzdHM6dGVzdHM="})[0], 401)
        self.assertEqual(self.outcomes(), {"not_signed": 1, "wrong": 1, "bad_header": 1})
        self.assertEqual(self.source()["auth"], "bearer")
        for number in (0, 1):  # nothing tells a repeated one from a second one: both count
            self.assertEqual(self.post(body, bearer())[:2], (200, {"duplicate": False, "number": number}))
        review = until(lambda: self.ask("reviews", "list"), lambda: self.runs())[0]
        self.assertEqual((review["guard"], review["reason"]),
                         ("mode", "mode: its source goes no further than mode propose: a person approves"))
        until(lambda: [f["occurrences"] for f in self.ask("findings", "list")] == [2], lambda: self.ask("findings", "list"))
        self.assertIn("its source goes no further than mode propose", self.cli("explain", "host=web1"))
        self.assertEqual(self.calls(), [])
        self.cli("reviews", "approve", str(review["id"]), "--reason", "it was me")
        self.ran_for("web1")

        self.write_source(auth="bearer", mode="auto")
        self.cli("reload")
        other = deleted("web2")
        self.assertEqual(self.post(other, bearer())[0], 200)
        self.ran_for("web1", "web2")
        metrics = urllib.request.urlopen(f"http://127.0.0.1:{self.port}/metrics").read().decode()
        self.assertRegex(metrics, r'aright_webhook_requests_total\{[^}]*"wrong"[^}]*\} 1\n')
        self.assertEqual(self.stop(), 0)
        self.assertIn("ok: ", self.cli("audit", "verify"))
        kept = [p for p in self.state.rglob("*") if p.is_file()] + [self.top / "log"]
        self.assertEqual([p for p in kept if TOKEN.encode() in p.read_bytes()], [], "the token is written nowhere")

    def test_200_at_once_are_each_kept_and_done_once(self):
        self.start()
        bodies = [deleted(f"h{n:03}") for n in range(200)]
        together = threading.Barrier(200)

        def send(n):
            together.wait(60)
            return [self.post(bodies[n], github(bodies[n], f"d{n}")) for _ in range(2)]

        with concurrent.futures.ThreadPoolExecutor(200) as pool:
            answers = list(pool.map(send, range(200)))
        self.assertEqual({a[0] for pair in answers for a in pair}, {200})
        self.assertEqual(sorted(first[1]["number"] for first, _ in answers), list(range(200)))
        self.assertEqual([second[1] for _, second in answers], [{"duplicate": True}] * 200)
        until(lambda: len(self.calls()) == 200, lambda: f"{len(self.calls())} calls; {self.source()}", seconds=120)
        until(lambda: not self.get("/v1/runs?open=1"), "no run open", seconds=60)
        self.assertEqual(self.calls(), [f"h{n:03}" for n in range(200)])

    def test_killed_in_between_nothing_acknowledged_is_lost_or_done_twice(self):
        acknowledged, n = [], 0
        for _ in range(5):
            self.start()
            stop = threading.Event()

            def pour(first):
                k = first
                while not stop.is_set():
                    body = deleted(f"h{k}")
                    try:
                        if self.post(body, github(body, f"d{k}"))[0] == 200:
                            acknowledged.append(k)
                    except (OSError, http.client.HTTPException, ValueError):
                        return
                    k += 4

            threads = [threading.Thread(target=pour, args=(n + i,)) for i in range(4)]
            before = len(acknowledged)
            for thread in threads:
                thread.start()
            until(lambda: len(acknowledged) > before + 20, "some are acknowledged")
            self.stop(signal.SIGKILL)
            stop.set()
            for thread in threads:
                thread.join()
            n = 1000 * (n // 1000 + 1)
        self.start()
        for k in acknowledged:
            body = deleted(f"h{k}")
            self.assertEqual(self.post(body, github(body, f"d{k}"))[1], {"duplicate": True}, "known after any death")
        wanted = {f"host=h{k}" for k in acknowledged}
        until(lambda: not wanted - self.found(), lambda: f"lost: {wanted - self.found()}", seconds=60)
        # What was under way at a death is in review: it may have happened, and nobody can tell.
        until(lambda: not [r for r in self.get("/v1/runs?open=1&limit=1000") if r["state"] not in ("unknown", "held")], "over", seconds=60)
        calls = self.calls()
        self.assertEqual(len(calls), len(set(calls)), "no program ran twice")
        self.assertEqual(self.stop(), 0)
        self.assertIn("ok: ", self.cli("audit", "verify"))

    def found(self):
        return {f["subject"] for f in self.get("/v1/findings?all=1&limit=1000")}

    def test_a_reload_takes_other_keys_and_sources(self):
        self.start()
        body = deleted("web1")
        new = b"the next key of tests"
        self.assertEqual(self.post(body, github(body, "d1", new))[0], 401)
        second = self.top / "second"
        second.touch(0o600)
        second.write_bytes(new)
        self.write_source(secret=f"[{{ file: {self.secret} }}, {{ file: {second} }}]")
        self.process.send_signal(signal.SIGHUP)
        until(lambda: self.post(body, github(body, "d1", new))[0] == 200, "the new key counts")
        second.chmod(0o644)
        self.assertIn("set mode 0600", self.cli("reload", expect=1))
        other = deleted("web2")
        self.assertEqual(self.post(other, github(other, "d2", new))[0], 200, "refused whole: the old one stays")
        (self.config / "sources" / "hook.yaml").unlink()
        self.write_source("other")
        self.cli("reload")
        self.assertEqual(self.post(body, github(body, "d3"))[0], 404)
        self.assertEqual(self.post(body, github(body, "d3"), "other")[0], 200)
        (self.config / "sources" / "other.yaml").unlink()
        self.write_source()
        self.cli("reload")
        self.assertEqual(self.post(other, github(other, "d2"))[1], {"duplicate": True}, "its ids are remembered meanwhile")
        self.ran_for("web1", "web2")

    @unittest.skipUnless(shutil.which("curl") and shutil.which("openssl"), "skipped: no curl or openssl here")
    def test_the_readmes_sender_by_hand(self):
        readme = (pathlib.Path(__file__).resolve().parents[2] / "README.md").read_text()
        section = readme.split("## Another program tells: webhooks")[1]
        source, typed = (re.search(rf"```{language}\n(.*?)```", section, re.S)[1] for language in ("yaml", "sh"))
        source, typed = (text.replace("/etc/aright/secrets/forge", str(self.secret)) for text in (source, typed))
        (self.config / "sources" / "forge.yaml").write_text(source)
        self.start()
        typed = typed.replace(":7480", f":{self.port}").replace("curl ", "curl -s ")
        for said in ('{"duplicate":false,"number":0}', '{"duplicate":true}'):
            self.assertEqual(subprocess.run(["bash", "-euc", typed], capture_output=True, text=True, timeout=60).stdout, said)
        self.assertEqual(self.outcomes("forge"), {"taken": 1, "duplicate": 1})

    def test_what_an_outsider_wrote_is_asked_about_once_and_explained(self):
        self.write_source()
        path = self.config / "sources" / "hook.yaml"
        path.write_text(path.read_text().replace("[host, action]", "[action]"))
        self.start()
        body = deleted("web1\x1b[2J", note="x" * 400)
        self.assertEqual(self.post(body, github(body, "d1"))[0], 200)
        (held,) = until(lambda: self.runs("held"), "a person is asked")
        self.assertIn("argument 1 of " + str(self.program) + ": `host` was written by an outsider; name it in `trusted:` of source hook", held["reason"])
        text = self.cli("findings", "show", held["finding"])
        for line in ("title       Something was deleted", "rule        6d2c1b34-6b1c-4f0e-9a38-0f5c1d1f7a10", "authors     A. Author",
                     "matched     selection", "  event hook:0  ", "      action  deleted", "    * host    web1\\x1b[2J", "… (400 bytes)"):
            self.assertIn(line, text)
        self.assertEqual(self.ask("findings", "show", held["finding"])["event"]["data"]["action"], "deleted")
        event = self.cli("explain", "hook:0")
        self.assertRegex(event, "^event hook:0 opened finding f-[0-9a-f]{16} of control something-was-deleted on host=web1.*, matched by selection; it is open\n")
        self.assertIn("something-was-deleted: react: run 1 is held: plan: argument 1 of", event)
        self.assertTrue(self.cli("explain", "1").startswith("something-was-deleted: react: run 1 is held: plan: "))
        self.assertIn("has not been read yet", self.cli("explain", "hook:7", expect=1))
        self.assertIn("no source nobody", self.cli("explain", "nobody:7", expect=1))
        other = json.dumps({"action": "made"}).encode()
        self.assertEqual(self.post(other, github(other, "d2"))[0], 200)
        until(lambda: self.source()["events"] == 2, "it is read")
        event = self.cli("explain", "hook:1")
        self.assertIn("event hook:1 was read, and no finding names it", event)
        self.assertIn("something-was-deleted: its condition does not hold: `selection` is not, for `action`\n", event)
        self.cli("reviews", "deny", "1", "--reason", "seen")
        self.cli("rescan")
        self.assertEqual([run["state"] for run in self.runs()], ["denied"], "and never again")

    def test_a_run_that_ended_is_in_the_explanation_of_its_event(self):
        self.write_source()
        self.start()
        body = deleted("web1")
        self.post(body, github(body, "d1"))
        self.ran_for("web1")
        until(lambda: self.runs("succeeded"), "it is over")
        self.assertIn("run 1 of workflow react on host=web1: succeeded at ", self.cli("explain", "hook:0"))
        self.assertTrue(self.cli("explain", "1").startswith("run 1 of workflow react on host=web1: succeeded at "))

    def test_with_its_spool_gone_under_it_nothing_is_acknowledged(self):
        self.start()
        body, other = deleted("web1"), deleted("web2")
        self.assertEqual(self.post(body, github(body, "d1"))[0], 200)
        self.ran_for("web1")
        spool = self.state / "webhooks" / "hook" / "spool"
        spool.rename(self.top / "aside")
        for sent, delivery in ((other, "d2"), (body, "d1")):
            status, said, headers = self.post(sent, github(sent, delivery))
            self.assertEqual(status, 503, said)
            self.assertIn("sources list", said["detail"])
            self.assertIn("Retry-After", headers)
        self.assertRegex(self.source()["trouble"], "00000000.seg: is gone, or was moved; put it back, or stop, ")
        self.assertIn(f"deliveries are answered 503: {spool}", (self.top / "log").read_text())
        self.assertIn("\ntroubled_sources 1\n", self.cli("status"))
        (self.top / "aside").rename(spool)
        self.assertEqual(self.post(body, github(body, "d1"))[:2], (200, {"duplicate": True}))
        self.assertEqual(self.post(other, github(other, "d2"))[:2], (200, {"duplicate": False, "number": 1}), "nothing lies there of the first try")
        self.ran_for("web1", "web2")
        self.assertIn("deliveries are taken again", (self.top / "log").read_text())
        until(lambda: not self.source()["trouble"], self.source)

    def test_a_segment_that_cannot_be_begun_is_no_reason_for_ever(self):
        self.start()
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)  # taken before there is no descriptor
        self.addCleanup(connection.close)

        def post(delivery):
            body = deleted(delivery, pad="x" * 1_000_000)
            connection.request("POST", "/hooks/hook", body, github(body, delivery))
            answer = connection.getresponse()
            return answer.status, answer.read().decode()

        for n in range(9):  # the tenth begins another segment
            self.assertEqual(post(f"d{n}")[0], 200)
        until(lambda: self.source()["events"] == 9, self.source)
        soft, hard = resource.prlimit(self.process.pid, resource.RLIMIT_NOFILE)
        resource.prlimit(self.process.pid, resource.RLIMIT_NOFILE, (3, hard))
        self.assertEqual(post("e1")[0], 503)
        resource.prlimit(self.process.pid, resource.RLIMIT_NOFILE, (soft, hard))
        log = (self.top / "log").read_text()
        self.assertIn("seg.new: too many open files; nothing is lost, and the next delivery tries again", log)
        self.assertNotIn("no room", log)
        self.assertIn("503: ", self.source()["trouble"])
        self.assertEqual(post("e1")[0], 200)
        self.assertEqual(self.source()["trouble"], "")

    def reload_warnings(self):
        return subprocess.run([self.binary, "--state", str(self.state), "reload"], capture_output=True, text=True, check=True).stderr

    def test_what_a_source_has_left_unread_is_told_until_somebody_reads_it(self):
        self.write_node("limits: { waiting: 20 }\n")
        answer = self.config / "workflows" / "react.yaml"
        answer.write_text(answer.read_text().replace("per: workflow }]", "per: workflow }], concurrency: 1"))
        go = self.play / "go"
        self.program.write_text(f"#!/bin/sh\necho \"$1\" >> {self.play}/calls\nwhile [ ! -e {go} ]; do sleep 0.1; done\n")
        self.start()
        for n in range(60):
            body = deleted(f"h{n:02}")
            self.assertEqual(self.post(body, github(body, f"d{n}"))[0], 200)
        stopped = until(lambda: self.source()["held_up"] and self.source(), self.source)
        self.assertRegex(stopped["trouble"], r"^not read on: .* deliveries are still kept, [0-9]+ wait$")
        (self.config / "sources" / "hook.yaml").rename(self.config / "sources" / "hooktwo.yaml")
        self.write_source("hooktwo")
        left = "([0-9]+) acknowledged deliveries wait and nobody reads them: .* give one the name again"
        answer = self.reload_warnings()
        said = re.search("source hook: " + left, answer)
        self.assertTrue(said, answer)
        waiting = int(said[1])
        self.assertEqual(self.source()["waiting"], waiting)
        go.touch()
        until(lambda: len(self.calls()) == 60 - waiting, lambda: (waiting, self.calls()))
        self.assertRegex(self.source()["trouble"], left)
        self.assertRegex(self.cli("sources", "show", "hook"), f"waiting: {waiting}\n")
        self.assertIn("\ntroubled_sources 1\n", self.cli("status"))
        until(lambda: not self.get("/v1/runs?open=1"), "no run open")
        self.assertEqual(self.stop(), 0)
        (self.top / "log").write_text("")
        self.start()
        self.assertRegex((self.top / "log").read_text(), f"source hook: {waiting} acknowledged deliveries wait and nobody reads them")
        self.assertEqual(self.source()["waiting"], waiting)
        metrics = urllib.request.urlopen(f"http://127.0.0.1:{self.port}/metrics").read().decode()
        self.assertIn(f'aright_webhook_waiting{{source="hook"}} {waiting}\n', metrics)
        self.assertRegex(metrics, r'aright_source_behind_bytes\{source="hook"\} [1-9]')
        (self.config / "sources" / "hooktwo.yaml").unlink()
        self.write_source()
        self.assertNotIn("nobody reads", self.reload_warnings())
        self.ran_for(*(f"h{n:02}" for n in range(60)))
        until(lambda: not self.source()["trouble"], self.source)

    def test_a_key_others_can_read_refuses_the_start(self):
        self.secret.chmod(0o640)
        self.start()
        self.stop()
        self.secret.chmod(0o644)
        said = self.refused()
        self.assertIn("sources/hook.yaml", said)
        self.assertIn("set mode 0600", said)
        self.secret.unlink()
        self.assertIn(str(self.secret), self.refused())


unittest.main()
