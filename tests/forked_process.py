"""A process that goes on, whose parent is no longer there: what the standard library's ``Popen`` is for a child."""

from __future__ import annotations

import os
import select
import signal
import subprocess


class ForkedProcess:
    """The process that came out of :func:`watch`, which writes its number and in the end its status to a pipe."""

    def __init__(self, told: int) -> None:
        self._told = os.fdopen(told, "rb", buffering=0)
        self.returncode: int | None = None
        self.pid = int(self._told.readline())

    def poll(self) -> int | None:
        """The exit status, minus the signal that ended it, or None while it goes on."""
        if self.returncode is None and select.select([self._told], [], [], 0)[0]:
            self._ended()
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """The exit status at the end. Raises ``subprocess.TimeoutExpired`` if it goes on for longer."""
        if self.returncode is None:
            if not select.select([self._told], [], [], timeout)[0]:
                raise subprocess.TimeoutExpired("forked", timeout or 0)
            self._ended()
        assert self.returncode is not None
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Send a signal, unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        """Tell it to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it as a power cut would."""
        self.send_signal(signal.SIGKILL)

    def _ended(self) -> None:
        self.returncode = int(self._told.readline())
        self._told.close()


def watch(telling: int) -> None:
    """Leave the caller, who ends at once, and go on in a grandchild; what is between them waits for its end, and writes
    to ``telling``. Returns in the grandchild only."""
    if os.fork():
        os._exit(0)
    child = os.fork()
    if child == 0:
        os.close(telling)
        return
    os.write(telling, f"{child}\n".encode())
    _, status = os.waitpid(child, 0)
    os.write(telling, f"{os.waitstatus_to_exitcode(status)}\n".encode())
    os._exit(0)
