# SPDX-License-Identifier: LGPL-2.1-or-later
"""A program on a terminal of its own, and what a person would type and see there."""
import errno
import os
import pty
import select
import subprocess
import time

from support import DEADLINE


class Terminal:
    def __init__(self, words, environment):
        self.master, slave = pty.openpty()
        self.process = subprocess.Popen(words, stdin=slave, stdout=slave, stderr=slave, env=environment,
                                        start_new_session=True, close_fds=True)
        os.close(slave)
        self.seen = ""

    def read_once(self, end):
        left = max(end - time.monotonic(), 0)
        if not select.select([self.master], [], [], left)[0]:
            raise TimeoutError(f"waited in vain; seen was {self.seen!r}")
        try:
            data = os.read(self.master, 65536)
        except OSError as fault:  # the other side is closed
            if fault.errno != errno.EIO:
                raise
            data = b""
        self.seen += data.decode(errors="replace")
        return bool(data)

    def expect(self, text):
        """Reads until the text is there; what was read before it is forgotten."""
        end = time.monotonic() + DEADLINE
        while text not in self.seen:
            if not self.read_once(end):
                raise EOFError(f"it ended without {text!r}; seen was {self.seen!r}")
        before, _, self.seen = self.seen.partition(text)
        return before

    def type(self, text):
        os.write(self.master, text.encode())

    def end(self):
        """All that still comes; the exit code."""
        end = time.monotonic() + DEADLINE
        while self.read_once(end):
            pass
        return self.process.wait(DEADLINE)

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(DEADLINE)
        os.close(self.master)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
