# SPDX-License-Identifier: LGPL-2.1-or-later
"""What tests of the whole program share: a daemon in a folder of its own, requests to it, waiting, TAP.

Nothing here sleeps to let something happen: wait_until looks at a condition again and again until
it holds or the deadline has passed.
"""
import hashlib
import hmac
import http.client
import http.server
import json
import os
import pathlib
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
import traceback
import uuid

SOURCE = pathlib.Path(__file__).resolve().parent.parent
DEADLINE = 30.0 * float(os.environ.get("BELFRY_TEST_PATIENCE", "1"))
SECRET = "a secret of two"


def wait_until(condition, what, deadline=DEADLINE, every=0.01):
    """The first true value of the condition."""
    end = time.monotonic() + deadline
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise TimeoutError(f"waited {deadline:g} s for {what}")
        time.sleep(every)


class Skip(Exception):
    """Something outside the project is missing; the text names it."""


class Tap:
    """Runs functions as TAP tests in the order given; each may depend on what those before it did."""

    def __init__(self):
        self.failed = 0

    def run(self, tests, explain=lambda: ""):
        print(f"1..{len(tests)}", flush=True)
        for number, (name, test) in enumerate(tests, 1):
            self.run_one(number, name, test, explain)
        return 1 if self.failed else 0

    def run_one(self, number, name, test, explain):
        try:
            test()
        except Skip as reason:
            print(f"ok {number} - {name} # SKIP {reason}", flush=True)
        except Exception:  # whatever went wrong, the next test is still to be run
            self.failed += 1
            print(f"not ok {number} - {name}", flush=True)
            for line in (traceback.format_exc() + explain()).splitlines():
                print(f"#   {line}", flush=True)
        else:
            print(f"ok {number} - {name}", flush=True)


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path, timeout):
        super().__init__("belfry.example", timeout=timeout)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self.path))


class Answer:
    def __init__(self, response, data):
        self.status = response.status
        self.headers = response.headers
        self.text = data.decode("utf-8", "replace")

    def __repr__(self):
        return f"{self.status} {self.text[:300]!r}"


class Client:
    """One connection, kept open, to a Unix socket's path or to (host, port)."""

    def __init__(self, address, timeout=DEADLINE):
        if isinstance(address, tuple):
            self.connection = http.client.HTTPConnection(*address, timeout=timeout)
        else:
            self.connection = UnixConnection(address, timeout)

    def send(self, method, path, body=None, headers=None):
        self.connection.request(method, path, body, headers or {})
        response = self.connection.getresponse()
        return Answer(response, response.read())

    def close(self):
        self.connection.close()


class Events:
    """A stream of server-sent events, read by a thread of its own."""

    def __init__(self, address, query):
        self.seen = []  # (name, data)
        self.client = Client(address)
        self.client.connection.request("GET", "/events" + query, headers={"Accept": "text/event-stream"})
        self.response = self.client.connection.getresponse()
        self.status = self.response.status
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        fields = {}
        try:
            while line := self.response.readline():
                name, _, value = line.decode().rstrip("\r\n").partition(": ")
                if name:
                    fields[name] = value
                elif "data" in fields:
                    self.seen.append((fields.get("event"), json.loads(fields["data"])))
                    fields = {}
        except (OSError, http.client.HTTPException, AttributeError, ValueError):
            pass  # closed by either side

    def names(self):
        return [name for name, _ in self.seen]

    def close(self):
        # the reading thread holds the buffer's lock; only the socket itself can be shut under it
        if self.client.connection.sock is not None:
            self.client.connection.sock.shutdown(socket.SHUT_RDWR)


class Exchange(http.server.BaseHTTPRequestHandler):
    """One request that a Service was sent."""

    protocol_version = "HTTP/1.1"

    def take(self):
        self.server.take(self, self.rfile.read(int(self.headers.get("Content-Length", 0))))

    do_GET = do_POST = do_PUT = take

    def reply(self, status, body=b"", headers=None):
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        """Standard error is for what went wrong."""


class Service(http.server.ThreadingHTTPServer):
    """Somebody else's server, on a port of its own; each request is taken by a thread of its own."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Exchange)
        self.url = f"http://127.0.0.1:{self.server_port}"
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def take(self, exchange, body):
        """Judges what was sent, and replies to it."""
        raise NotImplementedError

    def handle_error(self, *_):
        """The daemon may hang up, or be killed, while it is being answered."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            traceback.print_exc()

    def stop(self):
        self.shutdown()
        self.server_close()


class Daemon:
    """belfry run with one configuration, and everything that may be asked of it."""

    def __init__(self, build, config, address, wrapper=()):
        self.build = pathlib.Path(build).resolve()
        self.config = pathlib.Path(config)
        self.address = address
        self.wrapper = list(wrapper)
        self.program = self.build / "host/belfry"
        self.log = self.config.with_name("log")
        self.process = None
        self.environment = dict(
            os.environ, BELFRY_PLUGIN_PATH=str(self.build / "plugins"),
            BELFRY_HELPER_DIR=str(self.build / "plugins"), BELFRY_DATA_DIR=str(SOURCE / "data"),
            BELFRY_LOCALE_DIR=str(self.build / "po"))

    def launch(self):
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [*self.wrapper, str(self.program), "run", "--config", str(self.config)],
                env=self.environment, stdout=log, stderr=log)

    def start(self):
        self.launch()
        wait_until(self.is_ready, "the daemon to be ready", every=0.002)

    def is_ready(self):
        if self.process.poll() is not None:
            raise RuntimeError(f"the daemon ended with {self.process.returncode}")
        try:
            return self.get("/readyz").status == 200
        except (OSError, http.client.HTTPException):
            return False

    def stop(self):
        """Asks it to end; the exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(DEADLINE)

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(DEADLINE)

    def end(self):
        if self.process is not None and self.process.poll() is None:
            self.kill()

    def request(self, method, path, body=None, headers=None, timeout=DEADLINE):
        client = Client(self.address, timeout)
        try:
            return client.send(method, path, body, headers)
        finally:
            client.close()

    def get(self, path, headers=None):
        return self.request("GET", path, None, headers)

    def run(self, command, *words):
        """A subcommand that is told the configuration."""
        return subprocess.run([str(self.program), command, "--config", str(self.config), *words],
                              env=self.environment, capture_output=True, text=True, timeout=DEADLINE)

    def changes(self):
        result = self.run("changes", "--json")
        if result.returncode != 0:
            raise RuntimeError(result.stderr)
        return json.loads(result.stdout)

    def tail(self, count=30):
        if not self.log.exists():
            return ""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-count:])


def query(state, sql, *values):
    """Rows of the live database, read beside the daemon."""
    connection = sqlite3.connect(f"file:{state}/belfry.sqlite?mode=ro", uri=True, timeout=10)
    try:
        return connection.execute(sql, values).fetchall()
    finally:
        connection.close()


def make_push(revision, branch="main", repository="https://forge.example/demo/hello", filler=""):
    """A push of one commit, as GitHub tells of it."""
    person = {"name": "Ada Test", "email": "ada@demo.example", "username": "ada"}
    commit = {"id": revision, "message": f"Change {revision[:12]}{filler}", "distinct": True,
              "timestamp": "2024-02-29T12:00:00+01:00", "url": f"{repository}/commit/{revision}",
              "author": person, "committer": person, "added": [], "removed": [], "modified": ["hello.c"]}
    return {"ref": f"refs/heads/{branch}", "before": "0" * 39 + "1", "after": revision, "created": False,
            "deleted": False, "head_commit": commit, "commits": [commit],
            "repository": {"name": "hello", "full_name": "demo/hello", "html_url": repository}}


def sign(body, secret=SECRET, delivery=None, event="push"):
    """The headers of a webhook of GitHub's."""
    digest = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return {"Content-Type": "application/json", "X-GitHub-Event": event,
            "X-GitHub-Delivery": delivery or str(uuid.uuid4()), "X-Hub-Signature-256": f"sha256={digest}"}


def free_port():
    """For servers that cannot be told to choose one."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def new_revision():
    return hashlib.sha1(uuid.uuid4().bytes).hexdigest()


class Place:
    """A temporary folder with a configuration, for as long as a with statement lasts."""

    def __init__(self, name, folder=None):
        self.folder = pathlib.Path(folder or tempfile.mkdtemp(prefix=f"belfry-{name}-"))
        self.state = self.folder / "state"
        self.socket = self.folder / "www.sock"
        self.config = self.folder / "belfry.conf"

    def write(self, sections, state=None):
        """sections: {head: {key: value}}, after those that every daemon here needs"""
        everything = {
            "host": {"state-directory": state or self.state, "runtime-directory": self.folder / "run"},
            "store": {"min-free": "1MiB"},
            "www": {"listen": f"unix:{self.socket}", "url": "http://belfry.example/"},
        }
        for head, keys in sections.items():
            everything.setdefault(head, {}).update(keys)
        lines = []
        for head, keys in everything.items():
            lines += [f"[{head}]", *(f"{key}={value}" for key, value in keys.items()), ""]
        self.config.touch(mode=0o600)
        self.config.write_text("\n".join(lines))
        return self.config

    def __enter__(self):
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.folder, ignore_errors=True)
