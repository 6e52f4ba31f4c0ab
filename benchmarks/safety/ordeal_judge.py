"""The judge of faults: holds what clients were told while a fault was upon the service against what is promised.

What is left in the database is judged as after a crash (``judge``): nothing acknowledged is lost, nothing doubled or
half done. Here it is judged how the service bore with the fault: nobody met anything but 503 with a time to come back,
nobody waited for longer than was said, reading went on, the probes told the truth, and it was over soon after.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from benchmarks.safety.judge import Reading, Start
from benchmarks.safety.judge import faults as lost_or_half_done
from benchmarks.safety.ordeal import BEDSIDE, RECOVERED_SECONDS, Attempt, Ordeal

PROBLEM = "application/problem+json"
FELT_SECONDS = 0.5
"""After the fault began, a question may still be answered by what was read before it."""

DENIALS = frozenset({"not-stored"})
"""Problems that say of a change that it was not made."""


@dataclass(frozen=True, slots=True)
class Promise:
    """What holds under one fault. ``refuses``: changes cannot be stored, so some must be refused; ``reads_go_on``:
    every question is answered; ``wait_seconds``: the longest wait for an answer; ``unreadable``: nothing can be
    read, so that the bedside is answered from memory, and says so."""

    refuses: bool
    reads_go_on: bool
    wait_seconds: float
    unreadable: bool = False


def broken(ordeal: Ordeal, promise: Promise, reading: Reading, start: Start) -> list[str]:
    """Everything that was promised and did not hold; empty if the service bore with the fault."""
    return [
        *lost_or_half_done(ordeal.told, reading, start),
        *_wrongly_denied(ordeal, reading, start),
        *_answered_otherwise(ordeal),
        *_kept_waiting(ordeal, promise),
        *_reading(ordeal, promise),
        *_bedside(ordeal, promise),
        *_probes(ordeal, promise),
        *_recovery(ordeal),
    ]


def _wrongly_denied(ordeal: Ordeal, reading: Reading, start: Start) -> Iterator[str]:
    """Changes that were said not to have been made, and were."""
    by_key = defaultdict(list)
    for attempt in ordeal.of("change"):
        by_key[attempt.key].append(attempt)
    stored = {one.key for one in ordeal.told if reading.holds(one, start)}
    for key, attempts in by_key.items():
        if attempts[-1].problem in DENIALS and key in stored:
            yield f"denied: {attempts[-1].path} was said not to be stored, and it is"
        for before, after in pairwise(attempts):
            if before.problem in DENIALS and after.replayed:
                yield f"denied: {after.path} was said not to be stored, and had been answered before"


def _answered_otherwise(ordeal: Ordeal) -> Iterator[str]:
    for attempt in ordeal.attempts:
        if attempt.done:
            continue
        told = f"{attempt.kind}: {attempt.path}"
        if attempt.status != 503:
            yield f"{told} was answered {attempt.status or 'not at all'}"
        elif attempt.media != PROBLEM:
            yield f"{told} was refused as {attempt.media}"
        elif not (attempt.retry_after or "").isdecimal():
            yield f"{told} was refused without a time to come back"


def _kept_waiting(ordeal: Ordeal, promise: Promise) -> Iterator[str]:
    for attempt in ordeal.attempts:
        waited = attempt.ended - attempt.began
        if waited > promise.wait_seconds:
            yield f"{attempt.kind}: {attempt.path} waited {waited:.1f} s; promised {promise.wait_seconds:g}"


def _reading(ordeal: Ordeal, promise: Promise) -> Iterator[str]:
    reads = [attempt for attempt in ordeal.of("read") if _during(attempt, ordeal)]
    if not any(attempt.done for attempt in ordeal.of("read")):
        yield "read: nobody could read at any time"
    if promise.reads_go_on:
        if not reads:
            yield "read: nobody was answered during the fault"
        yield from (
            f"read: {a.path} was refused ({a.problem}) though reading goes on" for a in reads if not a.done
        )


def _bedside(ordeal: Ordeal, promise: Promise) -> Iterator[str]:
    """Whether the bedside was answered whatever was the matter, and told that it was from memory."""
    met = [a for a in ordeal.of("read") if a.path in BEDSIDE and _during(a, ordeal)]
    yield from (f"bedside: {a.path} was refused ({a.problem})" for a in met if not a.done)
    within = [a for a in met if a.done and a.began > ordeal.began + FELT_SECONDS and a.ended < ordeal.over]
    if promise.unreadable:
        if not within:
            yield "bedside: nobody was answered while nothing could be read"
        yield from (f"bedside: {a.path} was answered as if it could be read" for a in within if not a.stale)
    last = [a for a in ordeal.of("read") if a.path in BEDSIDE and a.done][-1:]
    if any(attempt.stale for attempt in last):
        yield "bedside: answers still come from memory"


def _probes(ordeal: Ordeal, promise: Promise) -> Iterator[str]:
    """What the probes said while changes were refused, and afterwards."""
    refused = [a for a in ordeal.of("change") if not a.done and _during(a, ordeal)]
    if promise.refuses and not refused:
        yield "fault: not one change was refused: it did nothing"
    told_off = [a for a in ordeal.of("ready") if not a.done and a.ended >= ordeal.began]
    told_zero = [a for a in ordeal.of("metrics") if a.storing == 0 and a.ended >= ordeal.began]
    if promise.refuses and not (told_off and told_zero):
        yield "probes: /readyz or /metrics never said that changes are not stored"
    last = ordeal.of("ready")[-1:]
    if not all(attempt.done for attempt in last):
        yield "probes: /readyz does not say that the service is well again"
    if any(attempt.storing != 1 for attempt in ordeal.of("metrics")[-1:]):
        yield "probes: /metrics does not say that changes are stored again"


def _recovery(ordeal: Ordeal) -> Iterator[str]:
    if ordeal.recovered_seconds > RECOVERED_SECONDS:
        yield f"recovery: no change was stored within {RECOVERED_SECONDS:g} s of the fault's end"


def _during(attempt: Attempt, ordeal: Ordeal) -> bool:
    """Whether a call lay in the fault, or met it."""
    return attempt.began < ordeal.over and attempt.ended > ordeal.began
