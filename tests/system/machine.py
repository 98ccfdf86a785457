# SPDX-License-Identifier: LGPL-2.1-or-later
"""A machine of its own: a real systemd as process 1, over a throw-away copy of this machine's root.

The copy is an overlay whose upper layer is a tmpfs, in mount, process, network, IPC, name and control
group namespaces of its own. A manager takes every process that it finds in its control groups; so it
gets an own child of every hierarchy before it starts. Files of the copy are reached from outside
through /proc/PID/root, commands run inside by nsenter. Ending process 1 ends everything.
"""
import contextlib
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile

from support import DEADLINE, Skip, wait_until

HERE = pathlib.Path(__file__).resolve().parent
HIERARCHIES = pathlib.Path("/sys/fs/cgroup")
POWER_OFF = signal.SIGRTMIN + 4
PROGRAMS = ("dbus-daemon", "ip", "nsenter", "unshare")


def need_means():
    """Raises Skip with what is missing."""
    if os.geteuid() != 0:
        raise Skip("only root can start a machine")
    missing = [name for name in PROGRAMS if shutil.which(name) is None]
    if missing or not pathlib.Path("/lib/systemd/systemd").exists():
        raise Skip(f"no {' '.join(missing) or 'systemd'} here")
    probe = subprocess.run(["unshare", "-m", "-C", "-p", "-u", "-i", "-n", "-f", "true"], capture_output=True, text=True)
    if probe.returncode != 0:
        raise Skip(f"no namespaces: {probe.stderr.strip()}")


class Groups:
    """A child of our own in every hierarchy of control groups."""

    def __init__(self, name):
        self.is_unified = (HIERARCHIES / "cgroup.procs").exists()
        parents = [HIERARCHIES] if self.is_unified else [
            path for path in sorted(HIERARCHIES.iterdir())
            if (path / "cgroup.procs").exists() and not path.is_symlink()]
        self.folders = [path / name for path in parents]
        try:
            for folder in self.folders:
                folder.mkdir()
                self.inherit(folder)
        except OSError as error:
            self.remove()
            raise Skip(f"no control group can be made: {error}") from error

    def inherit(self, folder):
        for name in () if self.is_unified else ("cpuset.cpus", "cpuset.mems"):
            if (folder / name).exists():
                (folder / name).write_text((folder.parent / name).read_text())

    def join(self):
        for folder in self.folders:
            (folder / "cgroup.procs").write_text("0")

    def processes(self):
        found = set()
        for folder in self.folders:
            for path in (folder, folder / "init.scope"):
                with contextlib.suppress(OSError):
                    found |= {int(line) for line in (path / "cgroup.procs").read_text().split()}
        return found

    def has(self, controller):
        if self.is_unified:
            return controller in (HIERARCHIES / "cgroup.controllers").read_text().split()
        return (HIERARCHIES / controller).exists()

    def remove(self):
        for folder in self.folders:
            for path, _, _ in os.walk(folder, topdown=False):
                with contextlib.suppress(OSError):
                    os.rmdir(path)

    def are_gone(self):
        self.remove()
        return not any(folder.exists() for folder in self.folders)


def is_init(pid):
    """Whether it is a systemd that sees itself as process 1."""
    with contextlib.suppress(OSError):
        status = pathlib.Path(f"/proc/{pid}/status").read_text().splitlines()
        fields = dict(line.split(":\t", 1) for line in status if ":\t" in line)
        return fields["Name"] == "systemd" and fields["NSpid"].split()[-1] == "1"
    return False


class Machine:
    """Booted for as long as a with statement lasts."""

    def __init__(self):
        need_means()
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="belfry-machine-"))
        self.groups = None
        self.boot = None
        self.pid = None

    def __enter__(self):
        try:
            self.start()
        except BaseException:
            self.end()
            raise
        return self

    def __exit__(self, *_):
        self.end()

    def start(self):
        self.groups = Groups(f"{self.folder.name}")
        with open(self.folder / "boot.log", "wb") as log:
            self.boot = subprocess.Popen(
                ["unshare", "-m", "-C", "-p", "-u", "-i", "-n", "-f", "--kill-child=KILL", "--propagation", "private",
                 str(HERE / "boot"), str(self.folder), str(int(self.groups.is_unified))],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, preexec_fn=self.groups.join)
        self.pid = wait_until(self.find_init, "process 1")
        self.root = pathlib.Path(f"/proc/{self.pid}/root")
        wait_until(self.is_running, "the machine to be up")

    def find_init(self):
        if self.boot.poll() is not None:
            raise RuntimeError("no boot: " + (self.folder / "boot.log").read_text(errors="replace"))
        return next((pid for pid in self.groups.processes() if is_init(pid)), None)

    def is_running(self):
        return self.run("systemctl", "is-system-running", check=False).stdout.strip() in ("running", "degraded")

    def command(self, *words):
        return ["nsenter", "-t", str(self.pid), "-m", "-u", "-i", "-n", "-p", "-C", "-r", "-w", *words]

    def run(self, *words, check=True, timeout=DEADLINE, stdin=None):
        """A command inside; what it printed."""
        result = subprocess.run(self.command(*words), capture_output=True, text=True, timeout=timeout, input=stdin,
                                env={"PATH": "/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8"})
        if check and result.returncode != 0:
            raise RuntimeError(f"{' '.join(words)}: {result.returncode}: {result.stdout}{result.stderr}")
        return result

    def show(self, unit, *names):
        """Properties of a unit, in the order of their names given."""
        lines = self.run("systemctl", "show", unit, *(f"-p{name}" for name in names)).stdout.splitlines()
        values = dict(line.split("=", 1) for line in lines)
        return values[names[0]] if len(names) == 1 else [values[name] for name in names]

    def write(self, path, text, mode=0o644, owner=(0, 0)):
        target = self.root / path.lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.touch(mode=0o600)
        target.write_text(text)
        os.chown(target, *owner)
        target.chmod(mode)

    def journal(self, unit, *words):
        self.run("journalctl", "--sync", check=False)
        return self.run("journalctl", "-u", unit, "--no-pager", "-o", "cat", *words).stdout

    def end(self):
        """Off as one switches a machine off, or else by force; nothing of it stays."""
        if self.pid is not None:
            os.kill(self.pid, POWER_OFF)
        if self.boot is not None:
            try:
                self.boot.wait(DEADLINE if self.pid is not None else 0)
            except subprocess.TimeoutExpired:
                self.boot.kill()  # and process 1 with it
                self.boot.wait()
        if self.groups is not None:
            wait_until(self.groups.are_gone, "the control groups to be empty", every=0.05)
        shutil.rmtree(self.folder, ignore_errors=True)
