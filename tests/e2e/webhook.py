"""A webhook source of the real daemon, and senders that sign as GitHub, Stripe and Standard Webhooks do."""
import base64
import hashlib
import hmac
import http.client
import json
import time

from daemon import DaemonCase

KEY = b"a key of tests that is long enough"

SOURCE = """source: {name}
webhook:
  auth: {auth}
{more}  trusted: [host, action]
log_source: {{ product: tests }}
"""
RULE = """title: Something was deleted
id: 6d2c1b34-6b1c-4f0e-9a38-0f5c1d1f7a10
status: test
author: A. Author
logsource: { product: tests }
detection:
  selection: { action: deleted }
  condition: selection
level: high
"""
WORKFLOW = """workflow: react
owner: tests
answers: [something-was-deleted]
mode: {mode}
guards: {{ threshold: [{{ runs: 1000, within: 10m, per: workflow }}] }}
steps:
  - exec: [{program}, "${{ finding.subject.id }}"]
"""


def mac(text, key=KEY):
    return hmac.new(key, text, hashlib.sha256)


def github(body, delivery, key=KEY):
    return {"X-Hub-Signature-256": "sha256=" + mac(body, key).hexdigest(), "X-GitHub-Delivery": delivery}


def stripe(body, at=None, key=KEY):
    at = str(int(time.time() if at is None else at))
    return {"Stripe-Signature": f"t={at},v1={mac(at.encode() + b'.' + body, key).hexdigest()}"}


def standard(body, delivery, at=None, key=KEY):
    at = str(int(time.time() if at is None else at))
    signature = base64.b64encode(mac(f"{delivery}.{at}.".encode() + body, key).digest()).decode()
    return {"webhook-id": delivery, "webhook-timestamp": at, "webhook-signature": "v1," + signature}


TOKEN = "tests.token-that_is~long+enough/0=="


def bearer(token=TOKEN):
    return {"Authorization": f"Bearer {token}"}


def deleted(host, **more):
    return json.dumps({"action": "deleted", "host": host, **more}).encode()


class WebhookCase(DaemonCase):
    files = []
    mode = "auto"

    def setUp(self):
        super().setUp()
        (self.config / "workflows" / "restore.yaml").unlink()
        (self.config / "sources").mkdir()
        self.secret = self.top / "secret"
        self.secret.touch(0o600)
        self.secret.write_bytes(KEY + b"\n")
        self.program = self.top / "react"
        self.program.write_text(f"#!/bin/sh\necho \"$1\" >> {self.play}/calls\n")
        self.program.chmod(0o755)
        (self.config / "controls" / "deleted.yml").write_text(RULE)
        self.write_answer()

    def write_answer(self, mode=None):
        (self.config / "workflows" / "react.yaml").write_text(WORKFLOW.format(mode=mode or self.mode, program=self.program))

    def write_source(self, name="hook", auth="github", **more):
        if auth == "bearer":
            token = self.top / "token"
            token.touch(0o600)
            token.write_text(TOKEN + "\n")
            more.setdefault("secret", f"{{ file: {token} }}")
        elif auth != "none":
            more.setdefault("secret", f"{{ file: {self.secret} }}")
        text = "".join(f"  {key}: {value}\n" for key, value in more.items())
        (self.config / "sources" / f"{name}.yaml").write_text(SOURCE.format(name=name, auth=auth, more=text))

    def post(self, body, headers, name="hook", method="POST"):
        """Status, answer, and the answer's headers."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, f"/hooks/{name}", body, headers)
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read()), dict(answer.getheaders())
        finally:
            connection.close()

    def calls(self):
        path = self.play / "calls"
        return sorted(path.read_text().split()) if path.exists() else []

    def source(self, name="hook"):
        return next(s for s in self.get("/v1/sources") if s["source"] == name)

    def outcomes(self, name="hook"):
        return {k: v for k, v in self.source(name)["outcomes"].items() if v}


class OneDelivery(WebhookCase):
    """One delivery over a connection that is there, and so is its thread, when the daemon has started. Who is not told
    that it is kept may send it again."""

    def setUp(self):
        self.connection = None
        self.acknowledged = False
        super().setUp()

    def start(self, *prefix):
        super().start(*prefix)
        if self.connection:
            self.connection.close()
        self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        self.connection.connect()

    def deliver(self):
        body = deleted("web1")
        try:
            self.connection.request("POST", "/hooks/hook", body, github(body, "d1"))
            answer = self.connection.getresponse()
            answer.read()
            self.acknowledged = answer.status == 200
        except (OSError, http.client.HTTPException):
            pass
        self.connection.close()
