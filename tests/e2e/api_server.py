"""A server as others run them: blocks by number, remembers idempotency keys, and misbehaves when it is told to."""
import http.server
import json
import ssl
import subprocess
import threading


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, status, body=b"", headers=()):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def do(self):
        server = self.server.owner
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        request = {"method": self.command, "path": self.path, "headers": dict(self.headers.items()), "body": body.decode()}
        with server.lock:
            server.requests.append(request)
        how = server.behave(request) if server.behave else None
        if how == "cut before":
            self.close_connection = True
            self.connection.close()
            return
        if isinstance(how, tuple):
            return self.answer(*how)
        status, answer = server.work(request)
        if how == "cut after":
            self.close_connection = True
            self.connection.close()
            return
        self.answer(status, json.dumps(answer).encode(), [("Content-Type", "application/json")])

    do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = do_HEAD = do


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_):
        """What a client that goes away leaves behind is no news."""


class ApiServer:
    """`behave(request)`: None, (status, body, headers), "cut before" or "cut after" the work. `done`: by path, how often
    its work was done; a second request under the same key does nothing again."""

    def __init__(self, identity=None, behave=None):
        self.behave = behave
        self.lock = threading.Lock()
        self.requests = []
        self.keys = {}
        self.done = {}
        self.server = Server(("127.0.0.1", 0), Handler)
        self.server.owner = self
        self.scheme = "http"
        if identity:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*identity)
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True, do_handshake_on_connect=False)
            self.scheme = "https"
        self.port = self.server.server_address[1]
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self.thread.start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    def url(self, host="127.0.0.1"):
        return f"{self.scheme}://{host}:{self.port}"

    def work(self, request):
        """POST does it once for each key, GET looks."""
        with self.lock:
            path = request["path"]
            if request["method"] in ("GET", "HEAD"):
                return (200, {"state": "blocked"}) if path in self.done else (404, {"state": "none"})
            key = request["headers"].get("Idempotency-Key")
            if key not in self.keys:
                self.keys[key] = path
                self.done[path] = self.done.get(path, 0) + 1
            return 201, {"state": "blocked"}

    def forget(self):
        with self.lock:
            self.requests, self.keys, self.done = [], {}, {}

    def asked(self, method):
        with self.lock:
            return [r for r in self.requests if r["method"] == method]


def identity(folder, name="localhost", days=2):
    """(certificate, key), signed by itself: its own authority."""
    certificate, key = folder / f"{name}.pem", folder / f"{name}.key"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                    "-keyout", key, "-out", certificate, "-days", str(days), "-subj", f"/CN={name}",
                    "-addext", f"subjectAltName=DNS:{name},IP:127.0.0.1"], check=True, capture_output=True)
    return certificate, key
