"""The ``wardflow`` command in a process of its own that begins with everything imported.

Importing is most of what a short command costs (0.6 of 0.8 seconds of a processor), and the same every time. A process
that has imported it all forks itself for each command: the command has its own memory, folder, environment, standard
streams, exit status and end, and no other command's. What a cold start alone can show (a verb that imports too late or
too little) is left to tests that start the interpreter: see ``Home.cold`` in ``tests/command_line.py``.
"""

from __future__ import annotations

import ast
import atexit
import gc
import importlib
import json
import os
import runpy
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from cli.main import VERBS, main
from tests.forked_process import ForkedProcess, watch

ROOT = Path(__file__).parents[1]
STREAMS = (0, 1, 2)
START_SECONDS = 120
"""Longest wait until a command that goes on was forked: the first one waits until everything is imported."""
STORAGE = ("init", "import", "export", "user", "serve", "worker", "check", "database", "migrate")
"""The verbs whose imports are done beforehand; others do theirs in the command's own process."""


class Forks:
    """The process that forks, started by the first command and ended with whoever started it."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._ours: socket.socket | None = None

    def run(
        self, words: Sequence[str], say: str, folder: Path, environment: Mapping[str, str], seconds: float
    ) -> subprocess.CompletedProcess[str]:
        """One command to its end, as ``subprocess.run`` with captured text does it; raises ``TimeoutError`` and ends
        it if it takes longer than ``seconds``."""
        with (
            tempfile.TemporaryFile() as said,
            tempfile.TemporaryFile() as out,
            tempfile.TemporaryFile() as err,
        ):
            said.write(say.encode())
            said.seek(0)
            streams = [said.fileno(), out.fileno(), err.fileno()]
            status = self._forked(words, folder, environment, streams, seconds)
            out.seek(0)
            err.seek(0)
            return subprocess.CompletedProcess(words, status, out.read().decode(), err.read().decode())

    def start(
        self, words: Sequence[str], environment: Mapping[str, str], log: Path, *, leads: bool = False
    ) -> ForkedProcess:
        """One command that goes on, as ``cli.service.begun`` starts it: what it says goes to the end of a file. ``-m``
        and a name as the first words: that module, as Python runs it. ``leads``: a process group of its own."""
        told, telling = os.pipe()
        with Path(os.devnull).open("rb") as nothing, log.open("ab") as output:
            streams = [nothing.fileno(), output.fileno(), output.fileno(), telling]
            try:
                self._forked(words, Path.cwd(), environment, streams, START_SECONDS, leads=leads)
            finally:
                os.close(telling)
        return ForkedProcess(told)

    def _forked(
        self,
        words: Sequence[str],
        folder: Path,
        environment: Mapping[str, str],
        streams: list[int],
        seconds: float,
        *,
        leads: bool = False,
    ) -> int:
        """The status with which the process that was forked ended."""
        ours = self._there()
        ours.settimeout(seconds)
        call = json.dumps([list(words), str(folder), dict(environment), leads]).encode()
        socket.send_fds(ours, [len(call).to_bytes(4, "big")], streams)
        ours.sendall(call)
        try:
            return int(ours.recv(64))
        except (TimeoutError, ValueError):
            self.stop()
            raise

    def stop(self) -> None:
        """End the process and the command that it waits for."""
        if self._process is not None and self._ours is not None:
            self._ours.close()
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        self._process = self._ours = None

    def _there(self) -> socket.socket:
        if self._ours is None:
            self._ours, theirs = socket.socketpair()
            with theirs:
                self._process = subprocess.Popen(
                    [sys.executable, "-P", "-m", "tests.forked_commands", str(theirs.fileno())],
                    cwd=ROOT,
                    # A process with threads of its own is not one to fork.
                    env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    pass_fds=[theirs.fileno()],
                    start_new_session=True,
                )
            atexit.register(self.stop)
        return self._ours


def fork_for_each(number: int) -> None:
    """Fork for each call that comes over the socket ``number``; returns in the children only, as the command."""
    calls = socket.socket(fileno=number)
    while True:
        length, streams, _, _ = socket.recv_fds(calls, 4, len(STREAMS) + 1)
        if not length:
            os._exit(0)
        call = _exactly(calls, int.from_bytes(length, "big"))
        child = os.fork()
        if child == 0:
            calls.close()
            words, folder, environment, leads = json.loads(call)
            _become(words, folder, environment, streams[: len(STREAMS)])
            for telling in streams[len(STREAMS) :]:
                watch(telling)
            if leads:
                os.setsid()
            return
        for stream in streams:
            os.close(stream)
        _, status = os.waitpid(child, 0)
        calls.send(str(os.waitstatus_to_exitcode(status)).encode())


def _exactly(calls: socket.socket, length: int) -> bytes:
    read = bytearray()
    while len(read) < length:
        read += calls.recv(length - len(read))
    return bytes(read)


def _become(words: list[str], folder: str, environment: dict[str, str], streams: list[int]) -> None:
    for stream, number in zip(streams, STREAMS, strict=True):
        os.dup2(stream, number)
        os.close(stream)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    time.tzset()
    sys.argv = ["wardflow", *words]


def import_beforehand() -> None:
    """The verbs' files, what their functions import once they are called, and that of their helpers."""
    for verb in STORAGE:
        importlib.import_module(VERBS[verb].module)
    helpers = (
        importlib.import_module(f"cli.{name}") for name in ("opening", "accounts", "passwords", "places")
    )
    for module in (*(sys.modules[VERBS[verb].module] for verb in STORAGE), *helpers):
        for node in ast.walk(ast.parse(Path(str(module.__file__)).read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module:
                importlib.import_module(node.module)


if __name__ == "__main__":
    import_beforehand()
    gc.collect()
    gc.freeze()
    fork_for_each(int(sys.argv[1]))
    if sys.argv[1:2] == ["-m"]:
        sys.argv = sys.argv[2:]
        runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
    else:
        main()
