"""Faults of what keeps the hospital, under load: `python -m benchmarks.safety.faults [KIND] --rounds N [--seed S]`.

Each round one fault comes over a service at work and goes again, while clients change the hospital, read it and look
after the probes. Then it is judged (``ordeal_judge``): nothing acknowledged is lost, nobody met anything but 503 with a
time to come back, nobody waited for too long, reading went on where it can, the probes told the truth, and the first
change was stored within five seconds of the fault's end. The kinds:

``sqlite``      every fault of the embedded database
``postgresql``  every fault of PostgreSQL
``trusting``    a control: a service that takes a failed commit for a success, which must be found out
``dark``        a control: one that tells the bedside nothing while PostgreSQL is gone
``ageless``     a control: one that tells it from memory and does not say so

Results are appended one line a fault; a campaign goes on where the file says it stopped.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from benchmarks.record import append
from benchmarks.safety import harm
from benchmarks.safety.ordeal import Ordeal, Upon, undergo
from benchmarks.safety.ordeal_judge import Promise, broken
from benchmarks.safety.resuming import done_before
from benchmarks.safety.scene import staged
from models.place import Place

ROUNDS: Final = {"sqlite": 20, "postgresql": 20, "trusting": 5, "dark": 5, "ageless": 5}
CONTROLS: Final[Mapping[str, tuple[str, bool]]] = {
    "trusting": ("benchmarks.safety.trusting_service", False),
    "dark": ("benchmarks.safety.dark_service", True),
    "ageless": ("benchmarks.safety.ageless_service", True),
}
"""Services that must be found out: their modules, and whether they are served from PostgreSQL."""

ON_ONE: Final = 5
"""Rounds on one hospital; then a new one, for the beds fill up."""

RESULTS: Final = Path("benchmarks/results/faults.jsonl")
SHOWN: Final = 5

ANSWER_SECONDS: Final = 4.0
BATCH_SECONDS: Final = 0.5
SETTINGS: Final[Mapping[str, Any]] = {"answer_seconds": ANSWER_SECONDS, "batch_seconds": BATCH_SECONDS}

BUSY_SECONDS: Final = 3.0
"""What a machine that has other things to do adds to any wait."""

SOON: Final = ANSWER_SECONDS + BUSY_SECONDS
"""Longest wait where storage fails at once."""

LATE: Final = 2 * ANSWER_SECONDS + BATCH_SECONDS + BUSY_SECONDS
"""Longest wait where it does not answer: the token is looked up, then the change waits."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What comes over the service, for how many seconds, and what it promises meanwhile."""

    harm: Callable[[harm.Victim], AbstractContextManager[None]]
    seconds: float
    promise: Promise
    unnoticed: bool = False
    """The service is one that takes no notice of it: nobody will be refused, so nobody waits for that."""


EMBEDDED: Final[Mapping[str, Fault]] = {
    "disk_full": Fault(harm.disk_full, 2.5, Promise(True, True, SOON)),
    "writes_refused": Fault(harm.writes_refused, 1.5, Promise(True, True, SOON)),
    "file_gone": Fault(harm.file_gone, 1.5, Promise(True, True, SOON)),
    "slow": Fault(harm.locked, 1.5, Promise(False, True, SOON)),
    "locked_for_long": Fault(harm.locked, 7.0, Promise(True, True, LATE)),
}
SERVED: Final[Mapping[str, Fault]] = {
    "read_only": Fault(harm.server_read_only, 1.5, Promise(True, True, SOON)),
    "disk_full": Fault(harm.tables_full, 2.5, Promise(False, False, SOON)),
    "slow": Fault(harm.commit_slow, 1.5, Promise(False, True, SOON)),
    "connections_cut": Fault(harm.connections_cut, 1.5, Promise(False, False, SOON)),
    "log_full": Fault(harm.log_full, 1.5, Promise(False, False, SOON)),
    "gone": Fault(harm.server_gone, 1.5, Promise(True, False, SOON, unreadable=True)),
    "silent": Fault(harm.server_silent, 7.0, Promise(True, False, LATE)),
}
FAULTS: Final[Mapping[str, Mapping[str, Fault]]] = {
    "sqlite": EMBEDDED,
    "postgresql": SERVED,
    "trusting": {"writes_refused": replace(EMBEDDED["writes_refused"], unnoticed=True)},
    "dark": {"gone": SERVED["gone"]},
    "ageless": {"gone": SERVED["gone"]},
}


@dataclass
class Ward:
    """A service that faults come over, one after the other."""

    victim: harm.Victim

    def undergo(self, fault: Fault, seed: str) -> tuple[Ordeal, list[str]]:
        """One fault: what was told, and what of it broke a promise."""
        scene = self.victim.scene
        service = scene.service
        upon = Upon(fault.harm(self.victim), fault.seconds, fault.promise.refuses, fault.unnoticed)
        ordeal = asyncio.run(undergo(service.url, scene.hall.token, seed, upon))
        scene.told += ordeal.told
        whole = replace(ordeal, told=scene.told)
        found = broken(whole, fault.promise, scene.read(), scene.start)
        if service.process.poll() is not None:
            found.append("service: it ended")
        return ordeal, list(dict.fromkeys(found))


@contextlib.contextmanager
def ward(kind: str) -> Iterator[Ward]:
    """A running service of a kind, with a PostgreSQL or, where it may be, a disk of its own."""
    module, served = CONTROLS.get(kind, ("cli", kind == "postgresql"))
    with contextlib.ExitStack() as stack:
        disk = stack.enter_context(harm.small_disk())
        place: Place | None = None if disk is None else disk / "data" / "hospital.db"
        server = None
        if served:
            # Here, because a wheel carries no tests; campaigns run from the checkout.
            from tests.postgresql_server import running_server

            server = stack.enter_context(running_server(fsync="on", full_page_writes="on"))
            place = server.create() if disk is None else server.url(harm.tables_on(disk, server))
        scene = stack.enter_context(staged(place, module, **SETTINGS))
        yield Ward(harm.Victim(scene, server, disk))


# --- telling --------------------------------------------------------------------------------------------------
def line(kind: str, name: str, seed: int, number: int, ordeal: Ordeal, found: list[str]) -> dict[str, Any]:
    """What is kept of one fault."""
    changes, reads = ordeal.of("change"), ordeal.of("read")
    return {
        "benchmark": "faults",
        "kind": kind,
        "fault": name,
        "seed": seed,
        "round": number,
        "acknowledged": sum(a.done for a in changes),
        "refused": sum(not a.done for a in changes),
        "outcome_unknown": sum(a.problem == "outcome-unknown" for a in changes),
        "reads": sum(a.done for a in reads),
        "reads_refused": sum(not a.done for a in reads),
        "longest_seconds": round(ordeal.longest_seconds, 2),
        "recovered_seconds": round(ordeal.recovered_seconds, 2),
        "broken": found[:SHOWN],
    }


def run(kind: str, seed: int, rounds: int, done: int, output: Path) -> int:
    """The rounds that are still to be done; returns how many faults broke a promise."""
    guilty = 0
    for first in range(done + 1, rounds + 1, ON_ONE):
        with ward(kind) as begun:
            for number in range(first, min(first + ON_ONE, rounds + 1)):
                for name, fault in FAULTS[kind].items():
                    ordeal, found = begun.undergo(fault, f"{kind}/{name}/{seed}/{number}")
                    guilty += bool(found)
                    told = append(output, line(kind, name, seed, number, ordeal, found))
                    print(f"{number}/{rounds}", {key: told[key] for key in _SHOWN}, flush=True)
    return guilty


_SHOWN: Final = (
    "fault",
    "acknowledged",
    "refused",
    "reads_refused",
    "longest_seconds",
    "recovered_seconds",
    "broken",
)


def main() -> int:
    """Run one campaign. Status 1 if a promise was broken, or, the control, if a round of it broke none."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("kind", nargs="?", choices=ROUNDS, default="sqlite")
    parser.add_argument("--rounds", type=int, help="rounds in all, those of the file included")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--fresh", action="store_true", help="count none that the file holds")
    parser.add_argument("--output", type=Path, default=RESULTS)
    asked = parser.parse_args()
    rounds = asked.rounds or ROUNDS[asked.kind]
    told = 0 if asked.fresh else done_before("faults", asked.kind, asked.seed, asked.output)
    done = told // len(FAULTS[asked.kind])
    guilty = run(asked.kind, asked.seed, rounds, done, asked.output)
    return int(guilty != (rounds - done if asked.kind in CONTROLS else 0))


if __name__ == "__main__":
    sys.exit(main())
