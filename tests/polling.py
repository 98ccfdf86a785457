# SPDX-License-Identifier: LGPL-2.1-or-later
"""What tests of pollers share: a daemon that watches, told to poll, and what it found."""
import json
import os
import subprocess

from support import Daemon, wait_until


class Watcher:
    """A daemon with pollers, and a wrapper around a program that writes down how it was called and hangs
    where it is told to."""

    def __init__(self, build, place, program):
        self.place = place
        self.program = program
        folder = place.folder / "bin"
        folder.mkdir()
        self.argv_log = place.folder / "argv"
        self.hang = place.folder / "hang"
        self.wrapper = folder / program
        self.make_wrapper()
        self.daemon = Daemon(build, place.config, place.socket)
        self.taken = 0

    def make_wrapper(self):
        self.wrapper.write_text(
            f"#!/bin/sh\nprintf '%s\\n' \"$*\" >> {self.argv_log}\n"
            f"case \" $* \" in *\" $(cat {self.hang} 2>/dev/null || echo none) \"*)\n"
            f"  echo $$ > {self.hang}.pid; sleep 1000 & wait ;; esac\nexec {self.program} \"$@\"\n")
        self.wrapper.chmod(0o755)

    def calls(self):
        """How it was called since the last time this was asked."""
        calls = self.argv_log.read_text().splitlines() if self.argv_log.exists() else []
        self.argv_log.write_text("")
        return calls

    def check(self):
        """The configuration: exit code, and what was found."""
        result = self.daemon.run("check")
        return result.returncode, result.stdout + result.stderr

    def poller(self, name="anvil"):
        result = self.daemon.run("pollers", "--json")
        assert result.returncode == 0, result.stderr
        return {poller["name"]: poller for poller in json.loads(result.stdout)["pollers"]}[name]

    def poll(self, name="anvil"):
        """Polls once; the changes that came of it."""
        result = self.daemon.run("poll", name)
        assert result.returncode == 0, result.stderr
        wait_until(lambda: not self.poller(name)["polling"], "the end of a poll")
        return self.news()

    def news(self):
        changes = self.daemon.changes()
        new, self.taken = changes[self.taken:], len(changes)
        return new

    def kill_at(self, step):
        """Polls; kills the daemon, and the program at that step; starts the daemon again."""
        self.hang.write_text(step)
        assert self.daemon.run("poll", "anvil").returncode == 0
        wait_until(lambda: self.hanging_pid() is not None, f"{self.program} {step}")
        self.daemon.kill()
        os.kill(self.hanging_pid(), 9)
        self.let_go()
        self.daemon.start()

    def hanging_pid(self):
        path = self.hang.with_name("hang.pid")
        text = path.read_text() if path.exists() else ""
        return int(text) if text.endswith("\n") else None

    def let_go(self):
        self.hang.unlink()
        self.hang.with_name("hang.pid").unlink()

    @staticmethod
    def group(leader):
        """What is left of a process group."""
        result = subprocess.run(["ps", "-A", "-o", "pgid=,stat="], capture_output=True, text=True, check=True)
        return [line for line in result.stdout.splitlines()
                if line.split()[0] == str(leader) and not line.split()[1].startswith("Z")]
