"""Steps `call` through the real daemon and a real server: what it gets, how its answer is judged, who confirms it, what a death
does, and where no request goes."""
import json
import pathlib
import signal
import socket
import ssl
import unittest

from api_server import ApiServer, identity
from daemon import DaemonCase, until

WORKFLOW = """workflow: react
owner: tests
answers: [a]
mode: {mode}
guards: {{ threshold: [{{ runs: 100, within: 10m, per: workflow }}] }}
steps:
{steps}
"""


class Call(DaemonCase):
    def setUp(self):
        super().setUp()
        (self.config / "workflows" / "restore.yaml").unlink()
        self.api = self.server()
        self.destinations(f"{{ host: 127.0.0.1, ports: [{self.api.port}] }}")

    def server(self, **how):
        made = ApiServer(**how)
        self.addCleanup(made.close)
        return made

    def destinations(self, *entries):
        self.write_node("destinations:\n" + "".join(f"  - {e}\n" for e in entries))

    def workflow(self, *steps, mode="auto"):
        (self.config / "workflows" / "react.yaml").write_text(WORKFLOW.format(mode=mode, steps="\n".join(steps)))

    def block(self, more="", url=None):
        return (f"  - call:\n      method: POST\n      url: {url or self.api.url()}/blocks/${{ finding.subject.id }}\n"
                "      json: { who: \"${ control.name }\", episode: \"${ finding.episode }\", note: \"n ${ run.id }\" }\n" + more)

    CONFIRM = ("    confirm:\n      call: {{ url: \"{url}/blocks/${{ finding.subject.id }}\" }}\n"
               "      expect: {{ answer: 'answer.json.state == \"blocked\"' }}\n")

    def confirmed(self, more=""):
        return self.block(self.CONFIRM.format(url=self.api.url()) + more)

    def ended_run(self, state):
        run = until(lambda: self.runs(state), lambda: f"a run {state}: {self.ask('runs', 'list')}")[0]
        return self.ask("runs", "show", str(run["id"]))

    def path(self):
        return "/blocks/" + str(self.play / "a").replace("/", "%2F")

    def test_what_the_server_gets_and_what_is_on_record(self):
        self.workflow("  - ensure: desired", self.block("    expect: { status: [201], answer: 'answer.json.state == \"blocked\"' }"))
        self.start()
        self.break_file()
        run = self.ended_run("succeeded")
        request, = self.api.requests
        self.assertEqual((request["method"], request["path"]), ("POST", self.path()))
        self.assertEqual(json.loads(request["body"]), {"who": "a", "episode": 1, "note": "n 1"})
        self.assertEqual(request["headers"]["Content-Type"], "application/json")
        self.assertEqual(request["headers"]["Idempotency-Key"], f"{self.node()}-r1-1")
        self.assertEqual(set(request["headers"]), {"Host", "Accept", "User-Agent", "Content-Type", "Content-Length", "Idempotency-Key"})
        step = run["steps"][1]
        self.assertEqual((run["unverified"], step["state"], step["resource"]), (1, "applied", f"call:{self.api.url()}"))
        self.assertEqual((step["ran"]["status"], step["ran"]["address"]), (201, "127.0.0.1"))
        intended = [e for e in self.entries() if e["kind"] == "step.intended"][-1]
        self.assertEqual((intended["method"], intended["url"]), ("POST", self.api.url() + self.path()))
        shown = self.cli("runs", "show", "1")
        for word in ("POST", self.api.url() + self.path(), "status 201", "unverified", "blocked"):
            self.assertIn(word, shown)
        self.assertEqual(self.stop(), 0)
        self.assertIn("ok: ", self.cli("audit", "verify"))

    def libcurl_is_mapped(self):
        return "libcurl" in pathlib.Path(f"/proc/{self.process.pid}/maps").read_text()

    def test_what_it_answers_later_steps_may_name_and_each_value_of_a_list_is_called(self):
        self.api.behave = lambda r: None if "/blocks/" in r["path"] else (200, b'{"id": 7, "hosts": ["203.0.113.1", "203.0.113.2"], "who": "x"}')
        self.workflow(f"  - call: {{ method: POST, url: '{self.api.url()}/tickets' }}\n    name: ticket\n"
                      "    output: { id: integer, hosts: [address] }",
                      '  - exec: [/usr/bin/echo, "ticket ${ steps.ticket.output.id }, status ${ steps.ticket.status }"]',
                      f"  - call: {{ method: PUT, url: '{self.api.url()}/blocks/${{ each }}' }}\n"
                      "    for_each: steps.ticket.output.hosts\n    at_most: 3",
                      "  - ensure: desired")
        self.start()
        self.break_file()
        run = self.ended_run("succeeded")
        self.assertEqual([r["path"] for r in self.api.requests], ["/tickets", "/blocks/203.0.113.1", "/blocks/203.0.113.2"])
        self.assertEqual(len({r["headers"]["Idempotency-Key"] for r in self.api.requests}), 3)
        self.assertIn("| ticket 7, status 200", self.cli("runs", "show", str(run["id"])))

    def test_an_answer_that_is_not_as_declared_is_a_persons_question(self):
        self.api.behave = lambda r: (200, b'{"id": "seven"}')
        self.workflow(f"  - call: {{ method: POST, url: '{self.api.url()}/tickets' }}\n    name: ticket\n    output: {{ id: integer }}")
        self.start()
        self.break_file()
        self.assertIn("its output's field `id`", self.ended_run("unknown")["reason"])
        self.assertEqual(len(self.api.requests), 1)

    def test_the_library_that_calls_comes_with_the_first_call(self):
        self.write_node()
        self.write_workflow()
        self.start()
        self.break_file()
        self.ended_run("succeeded")
        self.assertFalse(self.libcurl_is_mapped())
        self.destinations(f"{{ host: 127.0.0.1, ports: [{self.api.port}] }}")
        (self.config / "workflows" / "restore.yaml").unlink()
        self.workflow("  - ensure: desired", self.block("    expect: { status: [201] }"))
        self.cli("reload")
        self.assertFalse(self.libcurl_is_mapped())
        self.break_file()
        until(lambda: len(self.runs("succeeded")) == 2, lambda: f"two runs: {self.ask('runs', 'list')}")
        self.assertEqual(len(self.api.requests), 1)
        self.assertTrue(self.libcurl_is_mapped())

    def test_a_node_that_may_call_opens_the_library_when_it_starts(self):
        self.write_workflow()
        self.start()
        self.assertTrue(self.libcurl_is_mapped())  # a machine without it is told of at once

    def test_confirm_says_that_it_is_there(self):
        self.workflow(self.confirmed())
        self.start()
        self.break_file()
        run = self.ended_run("succeeded")
        self.assertEqual(run["steps"][0]["state"], "verified")
        self.assertNotIn("unverified", run)
        self.assertEqual([r["method"] for r in self.api.requests], ["POST", "GET"])
        self.assertNotIn("Idempotency-Key", self.api.asked("GET")[0]["headers"])

    def test_confirm_decides_when_the_connection_is_lost(self):
        for how, done in (("cut after", 1), ("cut before", 0)):
            self.api.behave = lambda r, how=how: how if r["method"] == "POST" else None
            self.workflow(self.confirmed())
            self.start()
            self.break_file()
            run = self.ended_run("succeeded" if done else "failed")
            self.assertIn("connection was lost", run["steps"][0]["outcome"])
            self.assertEqual(len(self.api.done), done)
            self.assertEqual(len(self.api.asked("POST")), 1)
            return_to = self.stop()
            self.assertEqual(return_to, 0)
            self.setUp()

    def test_retry_after_a_loss_keeps_the_key(self):
        said = iter(["cut before", "cut before", None])
        self.api.behave = lambda r: next(said) if r["method"] == "POST" else None
        self.workflow(self.confirmed("    retry: { times: 3, wait: 10ms }\n"))
        self.start()
        self.break_file()
        self.ended_run("succeeded")
        self.assertEqual({r["headers"]["Idempotency-Key"] for r in self.api.asked("POST")}, {f"{self.node()}-r1-0"})
        self.assertEqual(self.api.done, {self.path(): 1})

    def test_without_confirm_a_lost_connection_asks_a_person(self):
        self.api.behave = lambda r: "cut after"
        self.workflow(self.block())
        self.start()
        self.break_file()
        run = self.ended_run("unknown")
        self.assertIn("connection was lost", run["reason"])
        self.assertEqual(self.ask("reviews", "list")[0]["guard"], "unknown")
        self.assertEqual(len(self.api.requests), 1, "never sent again unseen")

    def test_an_answer_that_cannot_be_read_asks_a_person_and_nothing_is_sent_again(self):
        """The server took it; what it said does not tell whether it did its work."""
        for given, as_what, state in ((b"<html>welcome</html>", "done", "succeeded"), (b"", "not-done", "failed"),
                                      (b'{"state": "blocked", "state": "no"}', "done", "succeeded"), (b"{}", "not-done", "failed")):
            with self.subTest(given=given):
                self.api.behave = lambda r, given=given: (self.api.work(r), (200, given))[1]
                self.workflow(self.block("    expect: { status: [200], answer: 'answer.json.state == \"blocked\"' }\n"
                                         "    retry: { times: 3, wait: 10ms }\n"))
                self.start()
                self.break_file()
                run = self.ended_run("unknown")
                self.assertIn("status 200, but whether `answer` holds cannot be told", run["reason"])
                self.assertEqual(self.ask("reviews", "list")[0]["guard"], "unknown")
                self.stop(signal.SIGKILL)
                self.start()
                self.assertEqual(self.ended_run("unknown")["id"], 1)
                self.assertEqual(self.stop(), 0)
                self.start()
                self.assertEqual(self.ended_run("unknown")["id"], 1)
                self.cli("workflows", "set-mode", "react", "plan", "--reason", "what is tried is this run alone")
                told = self.ask("runs", "resolve", "1", "--as", as_what, "--reason", "I looked there")
                self.assertEqual(told["state"], state)
                self.assertEqual(self.ask("reviews", "list"), [])
                self.assertEqual([r["method"] for r in self.api.requests], ["POST"], "never sent again unseen")
                self.assertEqual(self.stop(), 0)
                self.assertIn("ok: ", self.cli("audit", "verify"))
                self.assertEqual([e["step"] for e in self.entries() if e["kind"] == "step.intended"], [0])
            self.setUp()

    def test_another_status_fails_and_undoes_earlier_steps(self):
        self.api.behave = lambda r: (422, b"no such place", [])
        self.workflow("  - ensure: desired", self.block())
        self.start()
        self.break_file()
        run = self.ended_run("rolled_back")
        for word in ("status 422, expected 200 to 299", "no such place"):
            self.assertIn(word, run["reason"])

    def test_a_redirect_is_not_followed(self):
        other = self.server()
        self.destinations(f"{{ host: 127.0.0.1, ports: [{self.api.port}, {other.port}] }}")
        self.api.behave = lambda r: (307, b"", [("Location", other.url() + r["path"])])
        self.workflow(self.block())
        self.start()
        self.break_file()
        self.assertIn("redirects are not followed", self.ended_run("failed")["reason"])
        self.assertEqual(other.requests, [])

    def test_slow_is_cut_and_unknown(self):
        asked = []
        self.api.behave = lambda r: asked.append(r) or until(lambda: self.process is None, "stopped", 60)
        self.workflow(self.block("    time_limit: 300ms"))
        self.start()
        self.break_file()
        self.assertIn("its time was over", self.ended_run("unknown")["reason"])
        self.assertEqual(self.stop(), 0)

    def test_only_destinations_are_called(self):
        self.destinations("{ host: api.example.org }")
        self.workflow(self.block())
        said = self.refused()
        self.assertIn(f"{self.api.url()} is not among the destinations of this node", said)
        self.assertEqual(self.api.requests, [])

    def test_tls_of_a_private_authority(self):
        good, key = identity(self.top)
        secure = self.server(identity=(good, key))
        stranger, _ = identity(self.top, "stranger")
        url = secure.url("localhost")
        for ca, state in ((good, "succeeded"), (stranger, "failed")):
            self.destinations(f"{{ host: localhost, ports: [{secure.port}], networks: [127.0.0.0/8, \"::1/128\"], ca: {ca} }}")
            self.workflow(self.block(url=url))
            self.start()
            self.break_file(text=f"broken for {state}\n")
            run = self.ended_run(state)
            if state == "failed":
                self.assertIn("certificate is not in order", run["reason"])
            self.assertEqual(self.stop(), 0)
        self.assertEqual(len(secure.requests), 1)

    def test_a_pause_while_it_connects_keeps_it_from_being_sent(self):
        certificate, key = identity(self.top)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        listening = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(listening.close)
        listening.settimeout(20)
        port = listening.getsockname()[1]
        self.destinations(f"{{ host: localhost, ports: [{port}], networks: [127.0.0.0/8, \"::1/128\"], ca: {certificate} }}")
        self.workflow(self.block(url=f"https://localhost:{port}"))
        self.start()
        self.break_file()
        slow, _ = listening.accept()  # and says nothing yet: the connection is made up to its TLS
        self.cli("pause", "--driver", "call", "--reason", "wait")
        with context.wrap_socket(slow, server_side=True) as line:
            line.settimeout(20)
            self.assertEqual(line.recv(1), b"", "it ends without a request")
        until(lambda: self.runs("waiting"), "it waits for the end of the pause")
        self.cli("resume", "--reason", "done")
        again, _ = listening.accept()
        with context.wrap_socket(again, server_side=True) as line:
            self.assertTrue(line.recv(4096).startswith(b"POST /blocks/"))
            line.sendall(b"HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n")
            self.ended_run("succeeded")
        self.assertEqual([e["outcome"] for e in self.entries() if e["kind"] == "step.done"][0],
                         f"not begun: https://localhost:{port}: paused before the request was sent")

    def test_propose_shows_the_very_request(self):
        self.workflow(self.block(), mode="propose")
        self.start()
        self.break_file()
        review = until(lambda: self.ask("reviews", "list"), "a review")[0]
        run = self.ask("runs", "show", str(review["run"]))
        plan = run["steps"][0]["after"]["state"]
        self.assertEqual((plan["method"], plan["url"]), ("POST", self.api.url() + self.path()))
        self.assertEqual(json.loads(plan["body"])["note"], "n 1")
        self.assertEqual(self.api.requests, [])
        self.cli("reviews", "approve", str(review["id"]), "--reason", "this one")
        until(lambda: self.runs("succeeded"), "done")
        self.assertEqual(self.api.done, {self.path(): 1})

    def killed_on_its_way(self, done):
        """Killed while the server has the request; `done`: whether it has done its work by then."""
        def behave(request):
            if request["method"] == "POST" and len(self.api.asked("POST")) == 1:
                if done:
                    self.api.work(request)
                until(lambda: self.process is None, "killed", 60)
                return "cut before"
            return None
        self.api.behave = behave
        self.start()
        self.break_file()
        until(lambda: self.api.asked("POST"), "it is on its way")
        if done:
            until(lambda: self.api.done, "it has done it")
        self.stop(signal.SIGKILL)
        self.start()

    def test_a_kill_after_the_work_is_confirmed_and_not_repeated(self):
        self.workflow(self.confirmed())
        self.killed_on_its_way(True)
        self.ended_run("succeeded")
        self.assertEqual([r["method"] for r in self.api.requests], ["POST", "GET"])
        self.assertEqual(self.api.done, {self.path(): 1})

    def test_a_kill_before_the_work_sends_it_again_under_the_same_key(self):
        self.workflow(self.confirmed())
        self.killed_on_its_way(False)
        self.ended_run("succeeded")
        self.assertEqual([r["method"] for r in self.api.requests], ["POST", "GET", "POST", "GET"])
        self.assertEqual(self.api.done, {self.path(): 1})
        self.assertEqual(list(self.api.keys), [f"{self.node()}-r1-0"])

    def test_a_kill_without_confirm_asks_a_person(self):
        self.workflow(self.block())
        self.killed_on_its_way(True)
        self.assertIn("interrupted", self.ended_run("unknown")["reason"])
        self.assertEqual(len(self.api.requests), 1)
        self.assertEqual(self.stop(), 0)
        self.assertIn("ok: ", self.cli("audit", "verify"))

    def test_a_stop_ends_what_is_under_way_and_says_so(self):
        self.api.behave = lambda r: until(lambda: self.process is None, "stopped", 60)
        self.workflow(self.block("    time_limit: 5m"))
        self.start()
        self.break_file()
        until(lambda: self.api.requests, "it is on its way")
        self.assertEqual(self.stop(), 0)
        self.start()
        self.assertIn("we were stopped", self.ended_run("unknown")["reason"])

    def test_a_reload_changes_the_destinations(self):
        self.workflow("  - ensure: desired", "  - approve: { text: \"may it be called?\" }", self.block())
        self.start()
        self.break_file()
        review = until(lambda: self.ask("reviews", "list"), "a review")[0]
        self.workflow("  - ensure: desired")
        self.destinations("{ host: api.example.org }")
        self.cli("reload")
        again = self.ask("reviews", "list")[0]
        self.assertGreater(again["id"], review["id"])
        self.assertIn("workflow react has changed since", again["reason"])
        self.cli("reviews", "approve", str(again["id"]), "--reason", "ok")
        run = self.ended_run("rolled_back")
        self.assertIn("is not among the destinations", json.dumps(run))
        self.assertEqual(self.api.requests, [])


unittest.main()
