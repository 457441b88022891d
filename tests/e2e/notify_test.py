"""Notifications through real receivers: dead, slow, failing halfway; nothing is lost by a kill, and no run is held up."""
import base64
import hashlib
import hmac
import http.server
import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import threading
import unittest

from daemon import DaemonCase, until

KEY = base64.b64encode(b"a key of twenty-four bytes!!").decode()


class Receiver(http.server.ThreadingHTTPServer):
    """Takes what is rightly signed. `answers`: statuses for the first ones, "hang" or "close"; then 204."""

    def __init__(self, port=0):
        super().__init__(("127.0.0.1", port), Handler)
        self.answers, self.taken, self.tries, self.wrong = [], [], 0, []
        self.go_on = threading.Event()
        self.port = self.server_address[1]
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def end(self):
        self.go_on.set()
        self.shutdown()
        self.server_close()


class Handler(http.server.BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        receiver = self.server
        receiver.tries += 1
        if self.path == "/signed":
            told = f"{self.headers['webhook-id']}.{self.headers['webhook-timestamp']}.".encode() + body
            mac = base64.b64encode(hmac.new(base64.b64decode(KEY), told, hashlib.sha256).digest()).decode()
            if self.headers["webhook-signature"] != "v1," + mac:
                receiver.wrong.append(dict(self.headers))
        answer = receiver.answers.pop(0) if receiver.answers else 204
        if answer == "hang":
            receiver.go_on.wait(60)
            return
        if answer == "close":
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        if answer == 204:
            key = self.headers["webhook-id"] or self.headers["Idempotency-Key"]
            receiver.taken.append((key, json.loads(body or b"null")))
        self.send_response(answer)
        self.send_header("Content-Length", "0")
        self.end_headers()


class Notify(DaemonCase):
    files = ["a"]

    def setUp(self):
        super().setUp()
        self.receiver = Receiver()
        self.addCleanup(lambda: self.receiver.end())
        self.secret("hook", "whsec_" + KEY)
        self.configure()

    def secret(self, name, text):
        path = self.top / name
        path.write_text(text)
        path.chmod(0o600)

    def configure(self, more="", default="hook", steps=1):
        self.write_node(f"""
secrets: {{ hook: {{ file: {self.top}/hook }}, slack: {{ file: {self.top}/slack }} }}
destinations: [{{ host: 127.0.0.1, ports: [{self.receiver.port}] }}]
notify:
  {f'default: [{default}]' if default else ''}
  hook:
    webhook: {{ url: "http://127.0.0.1:{self.receiver.port}/signed", secret: hook }}
    retry: {{ first: 100ms, longest: 300ms, give_up: 1h }}
    time_limit: 1s
{more}
""")
        told = "".join(f"  - notify: {name}\n    text: \"put ${{ finding.subject.id }} right in run ${{ run.id }}\"\n" for name in ["hook"] * steps)
        path = self.config / "workflows" / "restore.yaml"
        self.write_workflow()
        path.write_text(path.read_text() + told)

    def setup_slack(self):
        self.secret("slack", f"http://127.0.0.1:{self.receiver.port}/slack")

    def start(self, *prefix):
        if not (self.top / "slack").exists():
            self.setup_slack()
        super().start(*prefix)

    def put_right(self, count=1):
        self.break_file()
        self.ended(count)

    def waiting(self):
        return self.get("/v1/notifications?queued=1")

    def steps_told(self):
        return [body for _, body in self.receiver.taken if body["type"] == "aright.step"]

    def test_a_webhook_is_signed_and_says_what_happened(self):
        self.start()
        self.put_right()
        until(lambda: len(self.receiver.taken) == 2, lambda: self.receiver.taken)  # the start is told too
        self.assertEqual(self.receiver.wrong, [])
        data = self.steps_told()[0]["data"]
        self.assertEqual(data["text"], f"put {self.play / 'a'} right in run 1")
        self.assertEqual(data["run"], 1)
        self.assertEqual(len({key for key, _ in self.receiver.taken}), 2)
        until(lambda: self.waiting() == [], self.waiting)
        self.assertEqual(self.ask("notifications", "list"), [])
        self.assertEqual([n["state"] for n in self.ask("notifications", "list", "--all")], ["sent", "sent"])
        self.assertEqual(self.metrics()['aright_notifications_sent_total{notifier="hook"}'], 2)
        self.assertEqual(self.stop(), 0)
        self.assertIn("ok: ", self.cli("audit", "verify"))

    def test_a_notifier_that_comes_with_a_reload_is_there_for_its_first_run(self):
        (self.config / "workflows" / "restore.yaml").unlink()
        self.write_node("")
        self.start()
        self.break_file()
        until(lambda: self.ask("findings", "list"), "it is found")
        self.configure(default="")
        self.assertIn("workflow restore added", self.cli("reload"))
        self.ended(1)
        until(lambda: self.steps_told(), lambda: self.receiver.taken)
        until(lambda: self.waiting() == [], self.waiting)
        self.assertEqual([(n["state"], n["tries"]) for n in self.ask("notifications", "list", "--all")], [("sent", 1)])
        self.assertNotIn("there is no notifier", (self.top / "log").read_text())

    def test_a_reload_says_what_of_the_notifiers_has_changed(self):
        self.start()
        pager = "  pager:\n    program: [/usr/bin/true]\n"
        slower = pager + "    retry: { first: 5s }\n"
        for more, default, said in ((pager, "hook", ["notifier pager added"]),
                                    (slower, "hook", ["notifier pager changed"]),
                                    (slower, "hook, pager", ["notify default changed"]),
                                    (slower, "hook, pager", []),
                                    (slower.replace("pager", "phone"), "",
                                     ["notifier phone added", "notifier pager removed", "notify default removed"])):
            self.configure(more, default)
            self.assertEqual(json.loads(self.cli("-o", "json", "reload"))["changed"], said)
            reloaded = [e for e in self.entries() if e["kind"] == "config.reloaded"][-1]
            self.assertEqual((reloaded["changes"], reloaded["changed"]), (len(said), said))
        self.assertIn("1 workflow, 3 changes", (self.top / "log").read_text())

    def test_nobody_listens_and_the_run_ends_and_a_kill_loses_nothing(self):
        port = self.receiver.port
        self.receiver.end()
        self.start()
        self.put_right()
        self.put_right(2)
        until(lambda: self.get("/v1/status")["failing_notifiers"], "it fails")
        self.assertIn("hook", self.cli("status"))
        self.assertEqual(len(self.waiting()), 3)
        self.stop(signal.SIGKILL)
        self.receiver = Receiver(port)
        self.start()
        until(lambda: len(self.receiver.taken) >= 4, lambda: self.receiver.taken)
        until(lambda: self.waiting() == [], self.waiting)
        self.assertEqual(self.receiver.wrong, [])
        unclean = [body["data"]["data"]["unclean"] for _, body in self.receiver.taken if body["type"] == "aright.node"]
        self.assertEqual(unclean, [False, True])
        self.assertEqual(self.stop(), 0)
        self.assertIn("ok: ", self.cli("audit", "verify"))

    def test_one_that_hangs_breaks_off_or_fails_is_tried_again_under_the_same_id(self):
        self.receiver.answers = ["hang", "close", 500, 204]
        self.start()
        self.put_right()
        until(lambda: len(self.receiver.taken) == 2, lambda: (self.receiver.tries, self.receiver.taken), 30)
        self.assertEqual(self.receiver.tries, 5)
        failed = [e for e in self.entries() if e["kind"] == "notification.failed"]
        self.assertEqual([e["notification"] for e in failed], [1, 2, 1], "the next one says whether it is that one alone")

    def test_what_is_refused_at_the_second_is_a_dead_letter_and_can_be_tried_again(self):
        self.receiver.answers = [204, 400]
        self.start()
        self.put_right()
        (dead,) = until(lambda: self.get("/v1/notifications?dead=1"), "a dead letter")
        self.assertIn("status 400", dead["outcome"])
        self.assertIn("dead", self.cli("notifications", "list", "--dead"))
        self.put_right(2)
        until(lambda: len(self.receiver.taken) == 2, "the next one got through")
        self.assertEqual(self.ask("notifications", "retry", str(dead["id"]))["retried"], 1)
        until(lambda: len(self.receiver.taken) == 3, "the dead one too")
        until(lambda: self.ask("notifications", "list") == [], "and that is on record")

    def test_what_is_dead_can_be_sent_by_another_notifier(self):
        program = self.top / "page"
        program.write_text(f"#!/bin/sh\ncat > {self.top}/paged.part && mv {self.top}/paged.part {self.top}/paged\n")
        program.chmod(0o755)
        self.configure(f"  page: {{ program: [{program}] }}\n")
        self.receiver.answers = [204, 400]
        self.start()
        self.put_right()
        (dead,) = until(lambda: self.get("/v1/notifications?dead=1"), "a dead letter")
        self.assertEqual(self.ask("notifications", "retry", str(dead["id"]), "--to", "page")["retried"], 1)
        until(lambda: (self.top / "paged").exists(), "the other has it")
        self.assertIn("put", (self.top / "paged").read_text())
        until(lambda: self.ask("notifications", "list") == [], "and that is on record")
        (retried,) = [e for e in self.entries() if e["kind"] == "notification.retried"]
        self.assertEqual((retried["notification"], retried["to"]), (dead["id"], "page"))
        self.assertEqual(self.stop(), 0)
        self.assertIn("ok: ", self.cli("audit", "verify"))

    def test_a_program_syslog_and_slack_get_it_in_their_form(self):
        log = self.top / "log.sock"
        system_log = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.addCleanup(system_log.close)
        system_log.bind(str(log))
        system_log.settimeout(20)
        program = self.top / "page"
        program.write_text(f"#!/bin/sh\ncat > {self.top}/paged.part && mv {self.top}/paged.part {self.top}/paged\nenv > {self.top}/environment\n")
        program.chmod(0o755)
        self.configure(f"""
  page: {{ program: [{program}] }}
  log: {{ syslog: {{ facility: local3, socket: {log} }} }}
  chat: {{ slack: {{ url: {{ secret: slack }} }} }}
""", default="page, log, chat")
        os.environ["SECRET_OF_OURS"] = "never"
        self.addCleanup(os.environ.pop, "SECRET_OF_OURS")
        self.start()
        line = system_log.recv(4096).decode()
        self.assertRegex(line, r"^<158>\w{3} [ \d]\d \d\d:\d\d:\d\d aright\[\d+\]: notification 2: Aright has started")
        until((self.top / "paged").exists, "paged")
        paged = json.loads((self.top / "paged").read_text())
        self.assertEqual(paged["type"], "aright.node")
        self.assertEqual((paged["data"]["host"], paged["data"]["node"]), (socket.gethostname(), self.node()))
        until((self.top / "environment").exists, "its environment")
        self.assertNotIn("SECRET_OF_OURS", (self.top / "environment").read_text())
        until(lambda: self.receiver.taken, "chat")
        chat = self.receiver.taken[0][1]["text"]
        self.assertIn(f"] {socket.gethostname()}: Aright has started", chat)
        self.assertIn(f"notification 3 of {self.node()}", chat)
        for name in ("page", "log", "chat", "hook"):
            self.assertIn("sent", self.cli("notifications", "test", name))
        self.receiver.answers = [500]
        failed = self.cli("notifications", "test", "chat", expect=1)
        self.assertNotIn("/slack", failed)

    def test_a_ladder_tells_one_rung_after_the_other_and_not_the_default_too(self):
        self.configure(f"""
  second: {{ webhook: {{ url: "http://127.0.0.1:{self.receiver.port}/signed", secret: hook }} }}
teams:
  night:
    members: [user:root, "user:{os.getuid()}"]
    ladder: [{{ after: 0s, notify: [hook, hook] }}, {{ after: 1s, notify: [second] }}, {{ after: 1h, notify: [hook] }}]
""")
        path = self.config / "workflows" / "restore.yaml"
        path.write_text(path.read_text().replace("mode: auto", "mode: propose").replace("owner: tests", "owner: night"))
        self.start()
        self.break_file()

        def told():
            return [body["data"] for _, body in self.receiver.taken if body["type"] == "aright.review"]
        until(lambda: len(told()) == 2, told)
        self.assertEqual([t["data"]["rung"] for t in told()], [1, 2], "and the default is not told of it as well")
        self.assertIn("aright reviews acknowledge 1", told()[0]["text"])
        self.assertIn(f"what it would change:\nfile:{self.play / 'a'}\n  ", told()[0]["text"])
        self.assertIn('"approved"', told()[0]["text"], "the difference itself")
        queued = [e["notifier"] for e in self.entries() if e["kind"] == "notification.queued" and e["notice"] == "review"]
        self.assertEqual(queued, ["hook", "second"])
        self.cli("reviews", "acknowledge", "1")
        self.assertEqual(self.stop(), 0)
        self.assertIn("ok: ", self.cli("audit", "verify"))

    def test_mistakes_are_told_with_their_place(self):
        self.write_node("notify:\n  default: [x]\n  a: { syslog: { facility: nothing } }\n  b: {}\nteams: { t: { members: [user:a], ladder: [{ notify: [y] }] } }\n")
        said = self.refused()
        for part in ("aright.yaml:2:13", "there is no notifier `x`", "aright.yaml:3:28", "says not how", "there is no notifier `y`", "there is no notifier `hook`"):
            self.assertIn(part, said)

    def test_what_the_readme_shows_is_right(self):
        readme = (pathlib.Path(__file__).resolve().parents[2] / "README.md").read_text()
        section = re.search(r"## Notifications: who is told\n\n```yaml\n(.*?)```\n(.*?)\n## ", readme, re.S)
        for name in ("hook.key", "chat.url", "mail.password"):
            self.secret(name, "whsec_" + KEY)
        self.write_node(section[1].replace("/etc/aright/", f"{self.top}/").replace("/usr/bin/logger", "/usr/bin/cat"))
        path = self.config / "workflows" / "restore.yaml"
        self.write_workflow()
        path.write_text(path.read_text() + "  - notify: chat\n    text: \"put ${ finding.subject.id } right\"\n")
        done = subprocess.run([self.binary, "validate", self.config], capture_output=True, text=True)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        for words in re.findall(r"`mine (notifications [^`]*)`", section[2]):
            done = subprocess.run([self.binary, *words.split(), "--help"], capture_output=True, text=True)
            self.assertEqual(done.returncode, 0, words)


if __name__ == "__main__":
    unittest.main()
