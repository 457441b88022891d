"""Notifications to a real mail server (aiosmtpd) and a real rsyslog: dead, slow, failing halfway."""
import ctypes
import email
import email.policy
import importlib.util
import os
import pathlib
import select
import shutil
import signal
import socket
import ssl
import struct
import subprocess
import sys
import threading
import unittest

SYSTEM = "/usr/bin/python3"  # Debian's packages are for it, whichever came first in PATH
if importlib.util.find_spec("aiosmtpd") is None and not os.path.samefile(sys.executable, SYSTEM):
    os.execv(SYSTEM, [SYSTEM, *sys.argv])

from api_server import identity
from daemon import DaemonCase, until

RSYSLOGD = shutil.which("rsyslogd", path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
SO_ATTACH_FILTER, SO_DETACH_FILTER = 26, 27  # Python has no names for them
HAS_SMTP = importlib.util.find_spec("aiosmtpd") is not None


def free_port(kind=socket.SOCK_STREAM):
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Told(DaemonCase):
    """`mail` tells of starts and runs; the step of the workflow tells it too."""
    files = ["a"]

    def configure(self, port, how, more="", networks="[127.0.0.0/8, \"::1/128\"]", ca=""):
        self.write_node(f"""
secrets: {{ mail: {{ file: {self.top}/mail }} }}
destinations: [{{ host: localhost, ports: [{port}], networks: {networks}{ca} }}]
notify:
  default: [mail]
  mail: {{ {how}, retry: {{ first: 100ms, longest: 300ms, give_up: 1h }}, time_limit: 1s }}
{more}""")
        secret = self.top / "mail"
        secret.write_text("the password")
        secret.chmod(0o600)
        self.write_workflow()
        path = self.config / "workflows" / "restore.yaml"
        path.write_text(path.read_text() + "  - notify: mail\n    text: \"put ${ finding.subject.id } right\"\n")

    def kinds(self, kind):
        return [e for e in self.entries() if e["kind"] == "notification." + kind]

    def waiting(self):
        return self.get("/v1/notifications?queued=1")

    def put_right(self, count=1):
        self.break_file()
        self.ended(count)

    def verified(self):
        self.assertEqual(self.stop(), 0)
        self.assertIn("ok: ", self.cli("audit", "verify"))


class Mailbox:
    """A mail server. `answers`: what it says to the first messages, "hang" or "close"; then it takes them."""

    def __init__(self, port, answers=(), **options):
        from aiosmtpd.controller import Controller
        self.taken, self.answers, self.go_on = [], list(answers), threading.Event()
        self.controller = Controller(self, hostname="localhost", port=port, ready_timeout=20, **options)
        self.controller.start()

    async def handle_DATA(self, server, session, envelope):
        import asyncio
        answer = self.answers.pop(0) if self.answers else "250 taken"
        if answer == "hang":
            while not self.go_on.is_set():
                await asyncio.sleep(0.02)
        if answer == "close":
            server.transport.abort()
        if answer.startswith("250"):
            self.taken.append((envelope, email.message_from_bytes(envelope.content, policy=email.policy.SMTP)))
        return answer

    def ids(self):
        return [message["Message-ID"] for _, message in self.taken]

    def end(self):
        self.go_on.set()
        self.controller.stop()


@unittest.skipUnless(HAS_SMTP, "needs python3-aiosmtpd")
class Smtp(Told):
    def setUp(self):
        super().setUp()
        self.smtp = free_port()
        self.configure(self.smtp, self.how("none"))

    def how(self, tls, login=""):
        return f"smtp: {{ server: \"localhost:{self.smtp}\", tls: {tls}, from: aright@example.org, to: [ops@example.org, b@example.org]{login} }}"

    def server(self, *answers, **options):
        made = Mailbox(self.smtp, answers, **options)
        self.addCleanup(made.go_on.set)
        return made

    def test_a_mail_says_what_happened_to_all_recipients(self):
        server = self.server()
        self.addCleanup(server.end)
        self.start()
        self.put_right()
        until(lambda: len(server.taken) == 2, lambda: server.taken)
        envelope, message = server.taken[1]
        self.assertEqual((envelope.mail_from, envelope.rcpt_tos), ("aright@example.org", ["ops@example.org", "b@example.org"]))
        self.assertIn(f"put {self.play / 'a'} right\n", message.get_content())
        self.assertTrue(message["Subject"].startswith("[medium] "))
        self.assertEqual([i.rsplit("-", 1)[1] for i in server.ids()], ["1@example.org>", "2@example.org>"])
        until(lambda: self.waiting() == [], self.waiting)
        self.verified()

    def test_a_dead_server_holds_no_run_and_a_kill_loses_nothing(self):
        self.start()
        self.put_right()
        until(lambda: self.kinds("failed"), "it fails")
        self.assertEqual(len(self.waiting()), 2)
        self.stop(signal.SIGKILL)
        server = self.server()
        self.addCleanup(server.end)
        self.start()
        until(lambda: len(set(server.ids())) == 3, server.ids)  # the second start too
        until(lambda: self.waiting() == [], self.waiting)
        self.verified()

    def test_one_that_hangs_breaks_off_or_is_busy_gets_it_again_under_the_same_id(self):
        server = self.server("hang", "close", "451 later", "250 taken")
        self.addCleanup(server.end)
        self.start()
        self.put_right()
        until(lambda: len(server.taken) == 2, lambda: [e["outcome"] for e in self.kinds("failed")], 40)
        self.assertEqual([e["notification"] for e in self.kinds("failed")], [1, 2, 1], "the next says whether it is that one alone")
        said = " ".join(e["outcome"] for e in self.kinds("failed"))
        self.assertIn("in time", said)
        self.assertIn("451 later", said)
        lost = [e["outcome"] for e in self.kinds("failed") if "connection was lost" in e["outcome"]]
        self.assertEqual(len(lost), 1, said)
        self.assertIn("it may arrive twice", lost[0])
        self.assertNotIn("no connection", said)

    def test_a_stop_does_not_wait_for_one_that_hangs(self):
        self.configure(self.smtp, self.how("none"))
        text = (self.config / "aright.yaml").read_text()
        (self.config / "aright.yaml").write_text(text.replace("time_limit: 1s", "time_limit: 5m"))
        server = self.server("hang")
        self.addCleanup(server.end)
        self.start()
        until(lambda: not server.answers, "it has got the text and hangs")
        self.verified()
        self.assertEqual(self.kinds("failed"), [])
        self.start()
        until(lambda: len(server.taken) == 2, server.ids)
        self.assertEqual(sorted(i.rsplit("-", 1)[1] for i in server.ids()), ["1@example.org>", "2@example.org>"])

    def test_what_is_refused_for_good_is_dead_and_the_next_one_passes(self):
        server = self.server("250 taken", "554 no such thing here")
        self.addCleanup(server.end)
        self.start()
        self.put_right()
        (dead,) = until(lambda: self.get("/v1/notifications?dead=1"), "a dead letter")
        self.assertIn("554 no such thing here", dead["outcome"])
        self.put_right(2)
        until(lambda: len(server.taken) == 2, server.ids)
        self.cli("notifications", "retry", str(dead["id"]))
        until(lambda: len(server.taken) == 3, server.ids)

    def test_starttls_with_a_login_and_never_without(self):
        from aiosmtpd.smtp import AuthResult
        certificate, key = identity(self.top)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        seen = []

        def login(server, session, envelope, mechanism, data):
            seen.append((data.login, data.password))
            return AuthResult(success=data.password == b"the password")

        self.configure(self.smtp, self.how("starttls", ", user: me, password: mail"), ca=f", ca: {certificate}")
        plain = self.server(auth_require_tls=False, authenticator=login, auth_required=True)
        self.start()
        until(lambda: self.kinds("failed"), "nothing goes where there is no TLS")
        self.assertEqual((seen, plain.taken), ([], []))
        plain.end()
        secure = self.server(tls_context=context, require_starttls=True, authenticator=login, auth_required=True)
        self.addCleanup(secure.end)
        until(lambda: secure.taken, lambda: self.kinds("failed")[-1])
        self.assertEqual(seen[0], (b"me", b"the password"))
        self.assertNotIn("the password", str(self.entries()))
        self.verified()

    def test_a_password_in_the_clear_and_what_is_no_address_are_refused(self):
        self.configure(self.smtp, self.how("none", ", user: me, password: mail").replace("b@example.org", "\"b@x, c@y\""))
        said = self.refused()
        for part in ("would go unencrypted", "`b@x, c@y` is no mail address"):
            self.assertIn(part, said)


class SyslogPeer:
    """Takes the next connections by TCP, each in the way whose turn it is; in the last one all that follow."""

    def __init__(self, *ways):
        self.ways, self.taken, self.kept, self.listener = list(ways), [], [], socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                peer, _ = self.listener.accept()
            except OSError:
                return
            way = self.ways.pop(0) if len(self.ways) > 1 else self.ways[0]
            getattr(self, way)(peer)
            if way in ("keeps", "deaf"):
                self.kept.append(peer)
            else:
                peer.close()

    def end(self):
        self.listener.close()
        for peer in self.kept:
            peer.close()

    def whole(self, peer):
        text = b""
        while b" " not in text or len(text.split(b" ", 1)[1]) < int(text.split(b" ", 1)[0]):
            more = peer.recv(65536)
            if not more:
                return
            text += more
        self.taken.append(text.split(b" ", 1)[1].decode())

    def unread(self, peer):
        select.select([peer], [], [], 60)

    def half(self, peer):
        peer.recv(10)

    def deaf(self, peer):
        """Gets nothing, for as long as it is there. The next one does."""
        self.listener.setsockopt(socket.SOL_SOCKET, SO_DETACH_FILTER, 0)

    def drop_data(self):
        """Of connections made from now on the kernel drops what is longer than a head: neither read nor acknowledged."""
        program = [(0x80, 0, 0, 0), (0x25, 0, 1, 60), (0x06, 0, 0, 0), (0x06, 0, 0, 0xFFFF)]  # length, greater?, none, all
        code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *line) for line in program))
        self.listener.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, struct.pack("HP", len(program), ctypes.addressof(code)))

    def resets(self, peer):
        """At once, with or without anything there."""
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    def reads(self, peer):
        self.whole(peer)
        peer.recv(1)  # the end, after which it ends, as rsyslog does

    def first(self, peer):
        self.whole(peer)

    keeps = whole


class SyslogByTcp(Told):
    def peer(self, *ways):
        peer = SyslogPeer(*ways)
        self.addCleanup(peer.end)
        self.configure(peer.port, f"syslog: {{ tcp: \"localhost:{peer.port}\" }}")
        return peer

    def sent(self):
        return [(e["notification"], e["outcome"]) for e in self.kinds("sent")]

    def test_what_it_fails_halfway_is_told_again(self):
        peer = self.peer("unread", "half", "unread", "reads", "half", "first")
        self.start()
        self.put_right()
        self.put_right(2)
        until(lambda: len(self.sent()) >= 3, lambda: [e for e in self.entries() if "notification" in e["kind"]])
        until(lambda: self.waiting() == [], self.waiting)
        self.assertEqual(len(self.kinds("failed")), 4)
        for e in self.kinds("failed"):
            self.assertRegex(e["outcome"], r"^tcp localhost:\d+: (?i:connection reset by peer|broken pipe)")
        self.assertEqual(sorted(number for number, _ in self.sent()), [1, 2, 3])
        for number in (1, 2, 3):
            self.assertEqual(sum(f"notification {number}: " in line for line in peer.taken), 1, peer.taken)
        self.assertEqual(len(peer.taken), 3, "none twice")
        self.verified()

    def test_one_that_resets_before_anything_was_read_is_told_again(self):
        peer = self.peer("resets", "resets", "reads")
        self.start()
        self.put_right()
        until(lambda: len(self.sent()) >= 2, lambda: [e for e in self.entries() if "notification" in e["kind"]])
        self.assertIn([e["notification"] for e in self.kinds("failed")], ([1, 1], [1, 2]), "whether the next was there already")
        for e in self.kinds("failed"):
            self.assertRegex(e["outcome"], r"^tcp localhost:\d+: (?i:connection reset by peer|broken pipe)")
        self.assertEqual(len(peer.taken), 2, "none twice")
        self.verified()

    def test_what_does_not_arrive_there_within_its_time_has_failed(self):
        """Connected, and its machine acknowledges nothing: that it was written is not that it was sent."""
        peer = self.peer("deaf", "reads")
        peer.drop_data()
        self.start()
        self.put_right()
        until(lambda: len(self.sent()) >= 2, lambda: [e for e in self.entries() if "notification" in e["kind"]])
        self.assertEqual([e["notification"] for e in self.kinds("failed")], [1], self.sent())
        self.assertRegex(self.kinds("failed")[0]["outcome"], r"^tcp localhost:\d+: does not take it in time$")
        self.assertEqual(len(peer.taken), 2)
        self.verified()

    def test_one_that_keeps_the_connection_has_got_it(self):
        peer = self.peer("keeps")
        self.start()
        self.put_right()
        self.put_right(2)
        until(lambda: len(self.sent()) >= 3, lambda: [e for e in self.entries() if "notification" in e["kind"]])
        self.assertEqual((len(peer.taken), self.kinds("failed")), (3, []))
        self.assertIn("keeps the connection open: whether it was read is not known", self.sent()[0][1])
        self.verified()


@unittest.skipUnless(RSYSLOGD, "needs rsyslog")
class Rsyslog(Told):
    def setUp(self):
        super().setUp()
        self.messages, self.process_of_log = self.top / "messages", None
        self.addCleanup(self.end_log)

    def run_log(self, module, listen):
        config = self.top / "rsyslog.conf"
        config.write_text(f"""global(workDirectory="{self.top}")
module(load="{module}")
input(type="{module}" {listen})
template(name="all" type="string" string="%syslogfacility-text%.%syslogseverity-text% %programname% %msg%\\n")
action(type="omfile" file="{self.messages}" template="all")
""")
        with open(self.top / "rsyslog.err", "w") as errors:
            self.process_of_log = subprocess.Popen([RSYSLOGD, "-n", "-f", str(config), "-i", str(self.top / "rsyslog.pid")],
                                                   stdout=subprocess.DEVNULL, stderr=errors)

    def end_log(self):
        if self.process_of_log:
            self.process_of_log.kill()
            self.process_of_log.wait()
            self.process_of_log = None

    def lines(self):
        return self.messages.read_text().splitlines() if self.messages.exists() else []

    def told(self, number):
        return [line for line in self.lines() if f"notification {number}: " in line]

    def listens(self, port):
        def connected():
            with socket.socket() as probe:
                return probe.connect_ex(("127.0.0.1", port)) == 0
        until(connected, lambda: (self.top / "rsyslog.err").read_text())

    def test_by_tcp_what_was_told_while_it_was_dead_arrives(self):
        port = free_port()
        self.configure(port, f"syslog: {{ tcp: \"localhost:{port}\", facility: local4 }}")
        self.start()
        self.put_right()
        until(lambda: self.kinds("failed"), "it fails")
        self.stop(signal.SIGKILL)
        self.run_log("imtcp", f'port="{port}" address="127.0.0.1"')
        self.start()
        until(lambda: self.told(1) and self.told(2) and self.told(3), self.lines)
        self.assertRegex(self.told(2)[0], r"^local4\.warning aright  ?notification 2: .* put .*a right$")
        until(lambda: self.waiting() == [], self.waiting)
        self.verified()

    def test_by_udp_and_by_its_local_socket(self):
        port, path = free_port(socket.SOCK_DGRAM), self.top / "log.sock"
        self.configure(port, f"syslog: {{ socket: {path}, facility: local5 }}")
        self.start()
        until(lambda: self.kinds("failed"), "nobody has made the socket")
        self.run_log("imuxsock", f'socket="{path}"')
        text = (self.config / "aright.yaml").read_text()
        until(lambda: self.told(1), self.lines)
        self.assertTrue(self.told(1)[0].startswith("local5.info aright"), self.told(1))
        self.stop()
        self.end_log()
        (self.config / "aright.yaml").write_text(text.replace(f"socket: {path}", f'udp: "127.0.0.1:{port}"').replace(
            "host: localhost", "host: 127.0.0.1").replace(", networks: [127.0.0.0/8, \"::1/128\"]", ""))
        self.run_log("imudp", f'port="{port}" address="127.0.0.1"')
        until(lambda: str(port) in subprocess.run(["ss", "-uln"], capture_output=True, text=True).stdout if shutil.which("ss") else
              f":{port:04X} " in pathlib.Path("/proc/net/udp").read_text(), "it listens")
        self.start()
        until(lambda: self.told(2), self.lines)
        self.verified()

    def test_by_tcp_one_that_does_not_read_is_given_up_within_its_time_and_holds_no_run(self):
        with socket.create_server(("127.0.0.1", 0), backlog=1) as deaf:  # connections are made, and nobody takes them
            port = deaf.getsockname()[1]
            filled = [socket.socket() for _ in range(4)]
            for one in filled:
                one.setblocking(False)
                one.connect_ex(("127.0.0.1", port))
            self.configure(port, f"syslog: {{ tcp: \"localhost:{port}\" }}")
            self.start()
            self.put_right()
            failed = until(lambda: self.kinds("failed"), "it fails")
            self.assertIn("in time", failed[0]["outcome"])
            for one in filled:
                one.close()
        self.run_log("imtcp", f'port="{port}" address="127.0.0.1"')
        self.listens(port)
        until(lambda: self.told(1) and self.told(2), self.lines)
        self.verified()


if __name__ == "__main__":
    unittest.main()
