"""The real service as a process of its own on this machine: started, waited for, stopped."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

import httpx

from cli.errors import Refused
from models.place import Place, address_of

READY_SECONDS = 300.0
"""Longest wait for a service to be ready: the first start on a machine compiles the kernels."""

STOP_SECONDS = 15.0
POLL_SECONDS = 0.05
PROGRAM = (sys.executable, "-P", "-m")


@dataclass(slots=True, eq=False)
class Service:
    """A running service. Leaving the context stops it."""

    process: subprocess.Popen[bytes]
    url: str
    log: Path

    def __enter__(self) -> Service:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> int:
        """Stop it in good order (then the hard way) and return its exit status."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait()

    def kill(self) -> None:
        """End it as a power cut would."""
        self.process.kill()
        self.process.wait()


def start_service(
    database: Place,
    key_file: Path,
    run_folder: Path,
    *,
    port: int = 0,
    ready_seconds: float = READY_SECONDS,
    settings: Mapping[str, object] | None = None,
    module: str = "cli",
) -> Service:
    """Start ``wardflow serve`` on 127.0.0.1 and wait until ``/readyz`` says that commands are taken.

    ``run_folder`` takes the port file and the log; ``port`` 0: a free one; ``settings``: by name as in
    ``api.settings`` (``tick_seconds`` and so on); ``module``: what else understands ``serve`` and its options. Raises
    ``Refused`` with the log's end if it does not come up.
    """
    run_folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    port_file, log = run_folder / "port", run_folder / "service.log"
    port_file.unlink(missing_ok=True)
    command = [*PROGRAM, module, "serve", "--host", "127.0.0.1", "--port", str(port)]
    command += ["--key-file", str(key_file), "--port-file", str(port_file)]
    # In the environment, which other accounts cannot list: an address may hold a password.
    told = {**(settings or {}), "database": address_of(database)}
    extra = {f"WARDFLOW_{name.upper()}": str(value) for name, value in told.items()}
    service = Service(begun(command, {**os.environ, **extra}, log), "", log)
    try:
        until = time.monotonic() + ready_seconds
        service.url = f"http://127.0.0.1:{_port(service, port_file, until)}"
        _wait_until_ready(service, until)
    except BaseException:
        service.stop()
        raise
    return service


def begun(command: Sequence[str], environment: Mapping[str, str], log: Path) -> subprocess.Popen[bytes]:
    """A process that says all it says at the end of a file."""
    with log.open("ab") as output:
        return subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, env=environment
        )


def _port(service: Service, port_file: Path, until: float) -> int:
    for _ in _waiting(service, until):
        with contextlib.suppress(FileNotFoundError, ValueError):
            return int(port_file.read_text())
    raise AssertionError("waiting ends by raising")


def _wait_until_ready(service: Service, until: float) -> None:
    # Settings of the environment (proxies) are not for a service on this machine.
    with httpx.Client(base_url=service.url, timeout=5, trust_env=False) as client:
        for _ in _waiting(service, until):
            with contextlib.suppress(httpx.TransportError):
                if client.get("/readyz").status_code == 200:
                    return


def _waiting(service: Service, until: float) -> Iterator[None]:
    while True:
        yield
        if service.process.poll() is not None:
            raise Refused(f"The service ended with status {service.process.returncode}:\n{_end_of(service)}")
        if time.monotonic() > until:
            raise Refused(f"The service is not ready in time:\n{_end_of(service)}")
        time.sleep(POLL_SECONDS)


def _end_of(service: Service) -> str:
    return service.log.read_text(errors="replace")[-2000:]
