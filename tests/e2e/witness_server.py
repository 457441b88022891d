"""A witness as C2SP tlog-witness has it: takes checkpoints of logs whose keys it knows, and cosigns what goes on from the last."""
import base64
import hashlib
import http.server
import pathlib
import struct
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "src" / "cli"))
import evidence_verifier as ed  # the curve, once


class Signer:
    """Ed25519 (RFC 8032 §5.1.6), for tests: it is slow, and its time tells the key."""

    def __init__(self, seed):
        digest = hashlib.sha512(seed).digest()
        self.scalar = int.from_bytes(digest[:32], "little") & (1 << 254) - 8 | 1 << 254
        self.prefix = digest[32:]
        self.public = self.encode(ed.times(self.scalar, ed.BASE))

    @staticmethod
    def encode(point):
        inverse = pow(point[2], ed.P - 2, ed.P)
        x, y = point[0] * inverse % ed.P, point[1] * inverse % ed.P
        return (y | (x & 1) << 255).to_bytes(32, "little")

    def sign(self, message):
        r = int.from_bytes(hashlib.sha512(self.prefix + message).digest(), "little") % ed.L
        first = self.encode(ed.times(r, ed.BASE))
        k = int.from_bytes(hashlib.sha512(first + self.public + message).digest(), "little") % ed.L
        return first + ((r + k * self.scalar) % ed.L).to_bytes(32, "little")


def hash_of(left, right):
    return hashlib.sha256(b"\1" + left + right).digest()


def goes_on(old, size, old_root, root, proof):
    """RFC 9162 §2.1.4.2."""
    if old == size:
        return not proof and old_root == root
    if not proof:
        return False
    path = [old_root, *proof] if old & (old - 1) == 0 else list(proof)
    at, last = old - 1, size - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    first = second = path[0]
    for node in path[1:]:
        if last == 0:
            return False
        if at & 1 or at == last:
            first, second = hash_of(node, first), hash_of(node, second)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            second = hash_of(second, node)
        at, last = at >> 1, last >> 1
    return last == 0 and first == old_root and second == root


class Witness:
    name = "witness.test/w1"

    def __init__(self):
        self.signer = Signer(b"w" * 32)
        self.known = {}  # origin → public key, as text
        self.last = {}  # origin → (size, root)
        self.asked = []  # (old, size, status)
        self.lines = {}  # size → the cosignature's line
        self.always = None  # answer this instead
        self.held = threading.Event()  # nothing is answered while it is clear
        self.held.set()
        witness = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                witness.held.wait(60)
                status, text, kind = witness.answer(self.path, body)
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(text)))
                try:
                    self.end_headers()
                    self.wfile.write(text)
                except OSError:
                    pass  # whoever asked has gone

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.port = self.server.server_port

    def close(self):
        self.held.set()
        self.server.shutdown()
        self.server.server_close()

    def key_id(self):
        return hashlib.sha256(self.name.encode() + b"\n\4" + self.signer.public).digest()[:4]

    def key(self):
        return f"{self.name}+{self.key_id().hex()}+{base64.b64encode(bytes([4]) + self.signer.public).decode()}"

    def answer(self, path, body):
        if self.always:
            return self.always
        assert path == "/w/add-checkpoint", path
        head, _, note = body.decode().partition("\n\n")
        old_line, *proof = head.split("\n")
        assert old_line.startswith("old ") and len(proof) <= 63
        old, proof = int(old_line[4:]), [base64.b64decode(p, validate=True) for p in proof]
        status, text, kind = self.judge(old, proof, note)
        self.asked.append((old, int(note.split("\n")[1]), status))
        return status, text, kind

    def judge(self, old, proof, note):
        plain = "text/plain"
        origin = note.split("\n")[0]
        if origin not in self.known:
            return 404, b"unknown log\n", plain
        try:
            size, root = ed.open_checkpoint(note, ed.read_key(self.known[origin]))
        except ed.Wrong:
            return 403, b"no signature of a known key\n", plain
        if old > size:
            return 400, b"old is larger\n", plain
        last, last_root = self.last.get(origin, (0, b""))
        if old != last or (old == size and last_root != root):
            return 409, b"%d\n" % last, "text/x.tlog.size"
        if (proof if old == 0 else not goes_on(old, size, last_root, root, proof)):
            return 422, b"the proof does not hold\n", plain
        self.last[origin] = (size, root)
        seconds = int(time.time())
        text = note[:note.rindex("\n\n") + 1].encode()
        signature = self.signer.sign(b"cosignature/v1\ntime %d\n" % seconds + text)
        line = f"\u2014 {self.name} {base64.b64encode(self.key_id() + struct.pack('>Q', seconds) + signature).decode()}\n"
        self.lines[size] = line
        other = f"\u2014 somebody.else {base64.b64encode(b'else' + bytes(72)).decode()}\n"
        return 200, (other + line).encode(), plain
