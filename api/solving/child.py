"""The solver process: takes tasks, answers plans, until the line to the service is cut.

It sees only the frozen records placement needs: no database, no key, nothing that identifies anybody.
"""

from __future__ import annotations

import os
import resource
import signal
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path

import orjson

from api.solving.messages import READY, Plan, Relaxed, RelaxTask, Task, failure
from solver.engine.result import Budget
from solver.hospital import Bed, Care, Hospital, Person, Priority, Request, Room, Site, Ward
from solver.placing.problem import PlacingProblem
from solver.placing.scarcity import version_of_prices

NICENESS = 5
"""Behind the service, which answers everybody else meanwhile."""

PRELOADED = (
    "solver.placing.solve",
    "solver.placing.cheapest",
    "solver.placing.cpsat.elastic",
    "api.solving.child",
)
"""Imported once, before a process is forked off: it is what takes longest of starting one."""


def serve(connection: Connection, memory_bytes: int) -> None:
    """Answer tasks, at most ``memory_bytes`` above what the process needs for itself; ends with the line."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    lower_priority()
    answer(_small_task())
    limit_memory(memory_bytes)
    with suppress(EOFError, OSError):
        connection.send_bytes(READY)
        while True:
            connection.send_bytes(answer(connection.recv()))


def answer(task: Task | RelaxTask) -> bytes:
    """The answer to a task as JSON, or why there is none."""
    try:
        done = relaxed(task) if isinstance(task, RelaxTask) else solved(task)
        return orjson.dumps(done.model_dump(mode="json"))
    except MemoryError:
        return failure("out_of_memory")
    except Exception:
        # Whatever it was, the search in the service answers instead; a metric counts it.
        return failure("failed")


def solved(task: Task) -> Plan:
    """The plan of a task."""
    from solver.placing.solve import solve

    result = solve(task.problem, Budget(seconds=task.seconds), task.seed, workers=task.workers)
    assert result.plan is not None, "a batch always has a plan: any request may wait"
    assert result.cost is not None, "a plan has its cost"
    decisions = result.plan.decisions
    return Plan(
        given=tuple(decision.allocation for decision in decisions),
        methods=tuple(decision.method for decision in decisions),
        cost=result.cost,
        bound=result.bound,
        false_infeasible=result.plan.false_infeasible,
        disagreed=result.plan.disagreed,
        profile_version=task.problem.profile.version,
        scarcity_version=version_of_prices(task.problem.profile),
    )


def lower_priority() -> None:
    """Stand behind the service."""
    os.nice(NICENESS)


def relaxed(task: RelaxTask) -> Relaxed:
    """The cheapest relaxation."""
    from solver.placing.cheapest import cheapest

    found = cheapest(task.question, task.problem, task.seconds, workers=task.workers, seed=task.seed)
    return Relaxed(
        relaxation=found.relaxation,
        method=found.method,
        bound=found.bound,
        proven=found.proven,
        unconfirmed=found.unconfirmed,
    )


def limit_memory(memory_bytes: int) -> None:
    """Let the process map at most so many bytes more than it has mapped now."""
    statm = Path("/proc/self/statm")
    if not statm.exists():
        return  # Only Linux tells; elsewhere the machine's own limits hold.
    mapped = int(statm.read_text().split()[0]) * resource.getpagesize()
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    most = mapped + memory_bytes
    resource.setrlimit(
        resource.RLIMIT_AS, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard)
    )


def _small_task() -> Task:
    """One bed and two requests: loads every kernel and both engines."""
    hospital = Hospital(
        sites=(Site("s", "Site", "UTC"),),
        wards=(Ward("w", "s", "Ward", frozenset({"any"})),),
        rooms=(Room("r", "w", "Room"),),
        beds=(Bed("b", "r"),),
        persons=(Person("p"), Person("q")),
    )
    requests = tuple(
        Request(f"of-{person.id}", person.id, Priority.ROUTINE, Care("any"), 0, 0, 60)
        for person in hospital.persons
    )
    return Task(PlacingProblem(hospital, 0, requests), seconds=0.2, workers=2, seed=1)
