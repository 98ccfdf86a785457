# SPDX-License-Identifier: LGPL-2.1-or-later
"""Services that betray whoever speaks to them: they repeat in their refusals all that they were told."""
import asyncio
import base64
import http.server
import logging
import threading

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

from support import free_port


class Handler(http.server.BaseHTTPRequestHandler):
    def answer(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode("utf-8", "replace")
        heard = f"{self.command} {self.path}\n{self.headers}\n{body}"
        self.server.heard.append(heard)
        if "/git/" in self.path and not self.has_password():
            self.send_response(401)
            self.send_header("WWW-Authenticate", 'Basic realm="git"')
            self.end_headers()
            return
        self.send_response(400)
        self.send_header("Content-Type", "text/plain")
        self.end_headers()
        self.wfile.write(f"this cannot be: {heard}".encode())

    def has_password(self):
        """git tries the user of an address alone first."""
        login = base64.b64decode(self.headers.get("Authorization", "").rpartition(" ")[2])
        return not login.endswith(b":") and b":" in login

    do_GET = do_POST = do_PUT = do_PATCH = do_HEAD = answer

    def log_message(self, *_):
        pass


class Service(http.server.ThreadingHTTPServer):
    """Refuses every request with what it was; `heard` has them all."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.heard = []
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}"

    def end(self):
        self.shutdown()
        self.server_close()


class Mailbox:
    """An SMTP server that wants a login, and refuses the mail with what the login was."""

    def __init__(self):
        self.quiet()
        self.heard = []
        self.port = free_port()
        self.controller = Controller(self, hostname="127.0.0.1", port=self.port, authenticator=self.check,
                                     auth_require_tls=False)
        self.controller.start()

    @staticmethod
    def quiet():
        """aiosmtpd says of its own doings that they are out of date."""
        logging.getLogger("mail.log").setLevel(logging.CRITICAL)

    def check(self, _server, _session, _envelope, _mechanism, login):
        self.heard.append(f"{login.login.decode()} {login.password.decode()}")
        return AuthResult(success=True)

    async def handle_DATA(self, _server, _session, _envelope):
        await asyncio.sleep(0)
        return f"554 no mail from {self.heard[-1]}"

    def end(self):
        self.controller.stop()
