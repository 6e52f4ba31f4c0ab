"""A small scenario for tests of the load, its patients, and a server that answers as a test says."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from benchmarks.simulator.null_server import answer
from simulations.load.journeys import Journey, Visit, Wants
from simulations.load.patient import Patient, patient_of
from simulations.load.timeline import Op, Task
from simulations.scenarios.build import Built, load

SCENARIO = """\
name: Two wards
run: {start: 2026-01-05 00:00, length: 40 d}
demand:
  classes:
    ill: {pathway: stay, arrivals: {random: {per_day: 12}}}
    planned: {pathway: operation, priority: 3, arrivals: {sessions: {at: "08:00", number: 2, every: 1 h}}}
pathways:
  stay:
    steps:
      triage: {staff: nurse, takes: 20 min, next: ward}
      ward:
        bed: medical ward
        needs: {pump: 1, sedative: 2}
        takes: {exponential: 12 h}
        next: {intensive: 0.4, leave: 0.6}
      intensive: {bed: icu, takes: 1 d}
  operation: {steps: {ward: {bed: medical ward, takes: 10 h}}}
resources:
  medical ward: {beds: 20}
  icu: {beds: 6}
  pump: {units: 30}
  sedative: {stock: {at_start: 900, reorder_point: 100, order_up_to: 900, lead_time: 1 d}}
  nurse: {staff: 4}
"""
NAMES = {"medical ward": "medical_ward", "icu": "icu", "pump": "pump", "sedative": "sedative"}
WARD = Wants("medical ward", (("pump", 1),), (("sedative", 2),))


def built(folder: Path, text: str = SCENARIO) -> Built:
    """The scenario, or another."""
    path = folder / "scenario.yaml"
    path.write_text(text)
    return load(path)


def journey(name: str = "0/0/1", *, visits: int = 1) -> Journey:
    """A patient who lies on the ward from hour 1 to hour 11, and for ten hours each in further beds."""
    stays = [
        Visit(WARD if n == 0 else Wants("icu"), 1.0 + 10 * n, 1 + 10 * n, 11 + 10 * n) for n in range(visits)
    ]
    return Journey(name, 1, tuple(stays))


def patient(*planned: tuple[float, Op], name: str = "0/0/1", visits: int = 1) -> Patient:
    """A patient for whom something is done at these seconds."""
    tasks = [Task(at, op, 1 if op is Op.TRANSFER else 0) for at, op in planned]
    return patient_of(
        journey(name, visits=visits), tasks, NAMES, "a test", leaves="2026-01-05T11:00:00+00:00"
    )


Reply = tuple[int, dict[str, Any] | bytes, bool]
"""Status, body (bytes: what is no JSON), and whether it is an old answer."""


@dataclass
class ScriptedServer:
    """Answers as a sandbox would, unless ``says`` has something else to say; remembers what it was asked, and when.

    Commands of one key have one answer. ``seconds``: until it answers; ``says`` is given the path, the answer as it
    would be and how often the key came before; None ends the connection.
    """

    says: Callable[[str, Reply, int], Reply | None] = lambda path, reply, before: reply
    seconds: float = 0.0
    asked: list[tuple[float, str, str]] = field(default_factory=list)
    numbers: Any = field(default_factory=lambda: itertools.count(1))
    kept: dict[str, Reply] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    serving: list[Any] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, until it ends."""
        self.serving.append(asyncio.current_task())
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                body = await reader.readexactly(int(_header(head, "Content-Length") or 0))
                reply = self._reply(head, body)
                await asyncio.sleep(self.seconds)
                if reply is None:
                    break
                writer.write(_on_the_wire(reply))
        writer.close()

    def _reply(self, head: str, body: bytes) -> Reply | None:
        method, path, _ = head.split(" ", 2)
        key = _header(head, "Idempotency-Key") or ""
        self.asked.append((asyncio.get_running_loop().time(), path, key))
        if key not in self.kept:
            status, raw = answer(method, path, head.encode() + body, next(self.numbers))
            reply = (status, orjson.loads(raw), False)
        else:
            reply = (*self.kept[key][:2], True)
        before = self.counts.get(key, 0)
        if key:
            self.kept[key], self.counts[key] = reply, before + 1
        return self.says(path, reply, before)

    @property
    def paths(self) -> list[str]:
        """What it was asked, in order."""
        return [path.removeprefix("/api/v1") for _, path, _ in self.asked]


@contextlib.asynccontextmanager
async def served(server: ScriptedServer) -> AsyncIterator[str]:
    """The URL at which it answers."""
    listening = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    async with listening:
        yield f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
        await asyncio.gather(*server.serving)


def _header(head: str, name: str) -> str | None:
    found = [line.split(": ", 1)[1] for line in head.split("\r\n") if line.startswith(f"{name}: ")]
    return found[0] if found else None


def _on_the_wire(reply: Reply) -> bytes:
    status, body, replayed = reply
    raw = body if isinstance(body, bytes) else orjson.dumps(body)
    again = "Idempotent-Replayed: true\r\n" if replayed else ""
    return f"HTTP/1.1 {status} X\r\n{again}Content-Length: {len(raw)}\r\n\r\n".encode() + raw


def kinds(paths: Sequence[str]) -> list[str]:
    """The last word of each path, ids left out."""
    return [path.rpartition(":")[2] if ":" in path else path.split("/")[1] for path in paths]
