"""Kill what keeps the hospital, under load: `python -m benchmarks.safety.crashes [KIND] --rounds N [--seed S]`.

Each round twelve clients place, release and arrive, each command under an idempotency key of its own, until SIGKILL
ends, by the kind of the campaign:

``sqlite``      the service over the embedded database
``postgresql``  the service over PostgreSQL
``server``      every process of PostgreSQL, under the service; every second round the service too

and of two controls, which must be found out:

``hasty``         a service that answers before it commits, over the embedded database
``asynchronous``  a service whose commits do not wait for PostgreSQL's log, when PostgreSQL is killed

What is left is judged (``judge``): nothing acknowledged is lost, nothing is doubled or half done, the audit chain is
whole, the outbox in step. Then the service is there again, every command is repeated twice under its key, and what was
answered is answered again, what was not is done once. Results are appended one line a round; a campaign goes on where
the file says it stopped.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import random
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from benchmarks.record import append
from benchmarks.safety.load import wait_for
from benchmarks.safety.resuming import done_before
from benchmarks.safety.scene import SHOWN, Crash, Scene, judged, staged

if TYPE_CHECKING:
    from tests.postgresql_server import Server


@dataclass(frozen=True, slots=True)
class Kind:
    """``rounds`` by default; ``module``: the program that serves; ``settings`` of PostgreSQL, if the hospital is there;
    ``server``: whether PostgreSQL is killed; ``control``: whether every round must be found to have lost something."""

    rounds: int
    module: str = "cli"
    settings: Mapping[str, str] | None = None
    server: bool = False
    control: bool = False


_SYNCED: Final = {"fsync": "on", "full_page_writes": "on"}
_RARELY: Final = {"wal_writer_delay": "10s", "wal_writer_flush_after": "64MB"}
"""Nobody else writes the log out in time."""

KINDS: Final = {
    "sqlite": Kind(100),
    "postgresql": Kind(20, settings=_SYNCED),
    "server": Kind(20, settings=_SYNCED, server=True),
    "hasty": Kind(10, "benchmarks.safety.hasty_service", control=True),
    "asynchronous": Kind(
        10, "benchmarks.safety.asynchronous_service", {**_SYNCED, **_RARELY}, server=True, control=True
    ),
}

ON_ONE: Final = 5
"""Rounds on one hospital; then a new one, for the beds fill up."""

COMMANDS: Final = (40, 160)
"""How many commands are over when the crash comes."""

MEANWHILE: Final = 40
"""How many commands more are over when a service that lost its database and has it again is looked at."""

RESULTS: Final = Path("benchmarks/results/crashes.jsonl")


class Campaign:
    """Rounds of one kind. ``server``: where the hospital is in PostgreSQL."""

    def __init__(self, name: str, seed: int, server: Server | None) -> None:
        self._kind = KINDS[name]
        self._server = server
        self._dice = random.Random(f"{name}/{seed}")

    def rounds(self, count: int) -> Iterator[Crash]:
        """So many crashes."""
        while count > 0:
            place = None if self._server is None else self._server.create()
            with staged(place, self._kind.module) as scene:
                for number in range(min(count, ON_ONE)):
                    yield self._round(scene, number)
            count -= ON_ONE

    def _round(self, scene: Scene, number: int) -> Crash:
        began = time.monotonic()
        crash = partial(self._kill_server, number % 2 == 1) if self._kind.server else self._kill_service
        told = scene.load(str(self._dice.random()), partial(crash, scene))
        if scene.running is None:
            self._wait_for_the_dead()
        return judged(scene, told, began)

    async def _kill_service(self, scene: Scene, over: Callable[[], int]) -> None:
        await self._some_commands(over)
        scene.kill()

    async def _kill_server(self, service_too: bool, scene: Scene, over: Callable[[], int]) -> None:
        assert self._server is not None, "this kind of campaign has one"
        await self._some_commands(over)
        self._server.kill_every_process()
        await asyncio.sleep(self._dice.uniform(0.0, 0.5))
        if service_too:
            scene.kill()
        # On this thread: the server ends with the thread that started it.
        self._server.restart()
        if not service_too:
            await wait_for(over() + MEANWHILE, over)

    async def _some_commands(self, over: Callable[[], int]) -> None:
        await wait_for(self._dice.randint(*COMMANDS), over)
        await asyncio.sleep(self._dice.uniform(0.0, 0.1))

    def _wait_for_the_dead(self) -> None:
        """What a killed service had sent to PostgreSQL is carried out to its end before anything is read."""
        while self._server is not None and self._server.execute(_CONNECTED) != [(0,)]:
            time.sleep(0.05)


_CONNECTED: Final = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'wardflow'"


@contextlib.contextmanager
def campaign(kind: str, seed: int) -> Iterator[Campaign]:
    """A campaign of a kind, with a PostgreSQL of its own if it needs one."""
    settings = KINDS[kind].settings
    if settings is None:
        yield Campaign(kind, seed, None)
        return
    # Here, because a wheel carries no tests; campaigns run from the checkout.
    from tests.postgresql_server import running_server

    with running_server(on_disk=False, **settings) as server:
        yield Campaign(kind, seed, server)


# --- telling --------------------------------------------------------------------------------------------------
def run(kind: str, seed: int, rounds: int, done: int, output: Path) -> list[Crash]:
    """The rounds that are still to be done, each appended to the file as it is over."""
    crashes = []
    with campaign(kind, seed + done) as begun:
        for number, crash in enumerate(begun.rounds(rounds - done), done + 1):
            line = {"benchmark": "crashes", "kind": kind, "seed": seed, "round": number, **crash.line()}
            append(output, line)
            crashes.append(crash)
            print(f"{kind} {number}/{rounds}: {told_of(crash)}", flush=True)
    return crashes


def told_of(crash: Crash) -> str:
    """One line."""
    found = "\n  ".join(("", *crash.faults[:SHOWN]))
    return (
        f"{crash.commands} commands, {crash.acknowledged} acknowledged, {crash.unanswered} not answered "
        f"({crash.kept} of them kept), {crash.seconds} s, {len(crash.faults)} faults{found}"
    )


def main() -> int:
    """Run one campaign. Status 1 if it found a fault, or, the control, if a round of it lost nothing."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("kind", nargs="?", choices=KINDS, default="sqlite")
    parser.add_argument("--rounds", type=int, help="rounds in all, those of the file included")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--fresh", action="store_true", help="count none that the file holds")
    parser.add_argument("--output", type=Path, default=RESULTS)
    asked = parser.parse_args()
    rounds = asked.rounds or KINDS[asked.kind].rounds
    done = 0 if asked.fresh else done_before("crashes", asked.kind, asked.seed, asked.output)
    crashes = run(asked.kind, asked.seed, rounds, done, asked.output)
    return int(any(bool(crash.faults) is not KINDS[asked.kind].control for crash in crashes))


if __name__ == "__main__":
    sys.exit(main())
