# SPDX-License-Identifier: LGPL-2.1-or-later
"""A real Secret Service: gnome-keyring-daemon on a message bus that nobody else has."""
import os
import pathlib
import shutil
import signal
import subprocess

from support import DEADLINE, Skip, wait_until

PROGRAMS = ("dbus-daemon", "gdbus", "gnome-keyring-daemon", "secret-tool")
PASSWORD = "keyring password"
SERVICE = ["--dest", "org.freedesktop.secrets", "--object-path", "/org/freedesktop/secrets"]


def need_means():
    missing = [name for name in PROGRAMS if shutil.which(name) is None]
    if missing:
        raise Skip(f"no {' '.join(missing)} here")


class Keyring:
    """Unlocked, for as long as a with statement lasts; `environment` leads to it."""

    def __init__(self, folder):
        need_means()
        self.folder = pathlib.Path(folder)
        for name in ("home", "data", "cache", "run"):
            (self.folder / name).mkdir(mode=0o700, parents=True)
        self.environment = {
            "HOME": str(self.folder / "home"), "XDG_DATA_HOME": str(self.folder / "data"),
            "XDG_CACHE_HOME": str(self.folder / "cache"), "XDG_RUNTIME_DIR": str(self.folder / "run")}
        self.started = []
        self.daemon = None

    def __enter__(self):
        try:
            bus = self.start(["dbus-daemon", "--session", "--nofork", "--print-address"], stdout=subprocess.PIPE)
            self.environment["DBUS_SESSION_BUS_ADDRESS"] = bus.stdout.readline().strip()
            self.unlock()
        except BaseException:
            self.end()
            raise
        return self

    def __exit__(self, *_):
        self.end()

    def start(self, argv, **streams):
        process = subprocess.Popen(argv, env=self.outer(), text=True, stderr=subprocess.DEVNULL, **streams)
        self.started.append(process)
        return process

    def outer(self):
        """Without a display, so that nobody is asked for anything."""
        rest = {name: value for name, value in os.environ.items() if name not in ("DISPLAY", "WAYLAND_DISPLAY")}
        return rest | self.environment

    def unlock(self):
        """By another daemon, which alone takes the password without a window."""
        if self.daemon is not None:
            self.end_one(self.daemon)
        self.daemon = self.start(
            ["gnome-keyring-daemon", "--foreground", "--unlock", "--components=secrets"],
            stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
        self.daemon.stdin.write(PASSWORD)
        self.daemon.stdin.close()
        wait_until(self.is_open, "the keyring to be open")

    def call(self, method, *arguments):
        return subprocess.run(["gdbus", "call", "--session", *SERVICE, "--method", method, *arguments],
                              env=self.outer(), capture_output=True, text=True, timeout=DEADLINE)

    def is_open(self):
        result = subprocess.run(
            ["gdbus", "call", "--session", "--dest", "org.freedesktop.secrets", "--object-path",
             "/org/freedesktop/secrets/collection/login", "--method", "org.freedesktop.DBus.Properties.Get",
             "org.freedesktop.Secret.Collection", "Locked"],
            env=self.outer(), capture_output=True, text=True, timeout=DEADLINE)
        return "false" in result.stdout

    def lock(self):
        result = self.call("org.freedesktop.Secret.Service.Lock",
                           '[objectpath "/org/freedesktop/secrets/collection/login"]')
        assert result.returncode == 0, result.stderr

    def tool(self, *words, stdin=None):
        return subprocess.run(["secret-tool", *words], env=self.outer(), input=stdin, capture_output=True,
                              text=True, timeout=DEADLINE)

    def end_one(self, process):
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                stream.close()

    def end(self):
        for process in reversed(self.started):
            self.end_one(process)
