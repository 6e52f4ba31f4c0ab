"""Real workers for tests of jobs, and waiting for what comes of them."""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
from collections.abc import Iterator
from typing import Any

from models.place import address_of
from tests.api_service import Place, Service
from tests.command_line import FORKS
from tests.forked_process import ForkedProcess

QUICK = {
    "worker_processes": 2,
    "job_poll_seconds": 0.05,
    "worker_lost_seconds": 2,
    "worker_stop_seconds": 0.5,
}


@contextlib.contextmanager
def work(place: Place, *, real: bool = False, **settings: Any) -> Iterator[ForkedProcess]:
    """A worker process for a hospital: the real one, or one whose experiments are squares (tests/job_kinds.py). It
    begins with everything imported, and leads a group of its own, which a test may end as a whole."""
    told = {**QUICK, **settings}
    if real:
        words = ["worker"]
        told |= {"database": address_of(place.database), "key_file": place.key_file}
    else:
        words = ["-m", "tests.job_worker", address_of(place.database), str(place.key_file)]
    environment = {f"WARDFLOW_{name.upper()}": str(value) for name, value in told.items()}
    said = place.folder / "worker.log"
    process = FORKS.start(words, {**os.environ, **environment}, said, leads=True)
    try:
        while b"at once" not in said.read_bytes():
            assert process.poll() is None, said.read_text()
            time.sleep(0.02)
        yield process
    finally:
        process.terminate()
        process.wait(30)


async def ended(service: Service, job_id: str, login: str = "bed") -> Any:
    """The job once it has ended."""
    async with asyncio.timeout(120):
        while True:
            told = (await service.get(f"/jobs/{job_id}", login)).json()
            if told["state"] in ("done", "stopped", "failed"):
                return told
            await asyncio.sleep(0.05)
