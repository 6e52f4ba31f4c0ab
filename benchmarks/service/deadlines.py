"""Is the deadline kept? `python -m benchmarks.service.deadlines [--decisions 10000]`.

Placements with deadlines of 20 to 500 ms, each as likely to lie in any octave, come by a Poisson process at a share
of the service's own peak, with as many releases. What is told is the *lateness*: how long after its deadline a whole
answer was there, 0 if it was in time. A question counts from the moment it was due to be sent.

A machine that is at work elsewhere makes anybody late. A control thread, in a process that does nothing else, sleeps a
millisecond again and again and writes down when it came to run more than a millisecond late: these are the machine's
*stalls*. Of each lateness the stalls are subtracted that fell into the question's time; both figures are told, and how
much stalled. Goal: 99.9 % of answers at most 20 ms late, stalls subtracted.

``--trace`` has the service write down when each command came, was taken, decided, stored and answered
(``benchmarks.service.traced``), and tells of the latest what they waited for.

``--batches`` lets batches of 50 requests without a deadline come between them, one a second. ``--control`` measures a
service that looks at no deadline: the same questions are sent without, and judged by the same.

Every answer is looked at: what says ``degraded`` was taken from the first place that fits, and the database holds what
was answered and passes its recount. A question that comes while the service sheds load (503 before it is read, see
``benchmarks.service.overload``) is counted apart; at half the peak there should be none.
"""

from __future__ import annotations

import argparse
import multiprocessing
import tempfile
import time
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing.synchronize import Event
from pathlib import Path
from random import Random
from typing import Any, Final

import orjson

from benchmarks.record import append
from benchmarks.service import workload
from benchmarks.service.systems import ENCRYPTED, KINDS
from benchmarks.service.traces import read, stages
from benchmarks.service.under_load import (
    UNAVAILABLE,
    Loaded,
    WrongAnswers,
    accepted,
    check_stored,
    loaded,
    refuse_others,
)
from simulations.day_http import milliseconds
from simulations.load.connection import Connection
from simulations.load.loops import (
    Exchange,
    Message,
    Run,
    client_process,
    open_loop,
    run_loop,
)

SHORTEST_MS: Final = 20
LONGEST_MS: Final = 500
GOAL_MS: Final = 20.0
GOAL_SHARE: Final = 0.999
CONNECTIONS: Final = 256
WARMING_SECONDS: Final = 2.0
PEAK_SECONDS: Final = 6.0
LOAD: Final = 0.5
"""Commands a second, as a share of the peak."""
STALL_SECONDS: Final = 0.001
TRACED: Final = "benchmarks.service.traced"


# --- the machine's stalls -----------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Stalls:
    """Disjoint times ``[began, ended)`` in which the control thread should have run and did not, in order."""

    began: tuple[float, ...] = ()
    ended: tuple[float, ...] = ()

    def within(self, start: float, end: float) -> float:
        """Seconds of stalls in ``[start, end)``."""
        total = 0.0
        for place in range(bisect_left(self.ended, start), len(self.began)):
            if self.began[place] >= end:
                break
            total += max(0.0, min(end, self.ended[place]) - max(start, self.began[place]))
        return total

    @property
    def seconds(self) -> float:
        """All of them together."""
        return sum(self.ended) - sum(self.began)


def watch(
    stop: Callable[[], bool],
    clock: Callable[[], float] = time.perf_counter,
    sleep: Callable[[float], None] = time.sleep,
) -> Stalls:
    """Sleep a millisecond again and again until told to stop."""
    began, ended = [], []
    while not stop():
        due = clock() + STALL_SECONDS
        sleep(STALL_SECONDS)
        if (now := clock()) - due > STALL_SECONDS:
            began.append(due)
            ended.append(now)
    return Stalls(tuple(began), tuple(ended))


def _watch_until(stopped: Event, answer: Any) -> None:
    answer.send("here")
    answer.send(watch(stopped.is_set))


@contextmanager
def watched() -> Iterator[list[Stalls]]:
    """The machine's stalls while inside; they are in the list afterwards."""
    context = multiprocessing.get_context("spawn")
    stopped, (ours, theirs) = context.Event(), context.Pipe(duplex=False)
    process = context.Process(target=_watch_until, args=(stopped, theirs), daemon=True)
    process.start()
    found: list[Stalls] = []
    ours.recv()  # a process that is just starting is a load of its own
    try:
        yield found
        stopped.set()
        found.append(ours.recv())
    finally:
        stopped.set()
        process.join()


# --- questions ----------------------------------------------------------------------------------------------
class Hurried(workload.Steady):
    """Placements with deadlines, and releases, in turns. ``told``: whether the service is told of the deadlines."""

    def __init__(self, contents: Sequence[bytes], token: str, told: bool) -> None:
        super().__init__(contents, token)
        self._random = Random(workload.SEED)
        self._told = told

    def next(self) -> Message | None:
        """The next command; a placement is about its deadline in milliseconds."""
        message = super().next()
        if message is None or message.kind != workload.PLACE:
            return message
        deadline = round(SHORTEST_MS * (LONGEST_MS / SHORTEST_MS) ** self._random.random())
        content = message.raw.partition(b"\r\n\r\n")[2]
        if self._told:
            content = orjson.dumps({**orjson.loads(content), "deadline_ms": deadline})
        return workload.post("/requests", content, self._token, workload.PLACE, str(deadline))


def hurried(url: str, token: str, contents: Sequence[bytes], rate: float, seconds: float, told: bool) -> Run:
    """So many commands a second, whatever comes back; what runs in the client's process."""

    async def loop(connections: Sequence[Connection]) -> Run:
        return await open_loop(url, connections, Hurried(contents, token, told), rate, seconds, workload.SEED)

    return run_loop(url, CONNECTIONS, loop)


class Between:
    """A batch of many without a deadline, then a release of each of it, then a batch again."""

    def __init__(self, contents: Sequence[bytes], token: str) -> None:
        self._contents, self._token = contents, token
        self._releases: list[Message] = []
        self.batches = 0

    def next(self) -> Message | None:
        """What was placed by the batch before is given back first."""
        if self._releases:
            return self._releases.pop()
        self.batches += 1
        return workload.batching(self._contents[: workload.BATCHED], self._token)[0]

    def heard(self, message: Message, status: int, body: bytes) -> None:
        """Remember what is to be given back."""
        if message.kind == workload.BATCH and status == workload.DONE:
            told = orjson.loads(body)["results"]
            self._releases += [workload.release(case["request_id"], self._token) for case in told]


def batches_between(url: str, token: str, contents: Sequence[bytes], seconds: float) -> Run:
    """About one batch a second with its releases."""

    async def loop(connections: Sequence[Connection]) -> Run:
        rate = workload.BATCHED + 1
        return await open_loop(url, connections, Between(contents, token), rate, seconds, workload.SEED + 1)

    return run_loop(url, workload.RELEASING_CLIENTS, loop)


# --- figures ------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Lateness:
    """How late answers were, in seconds, raw and with the machine's stalls subtracted."""

    raw: list[float] = field(default_factory=list)
    net: list[float] = field(default_factory=list)


def lateness(placed: Sequence[Exchange], stalls: Stalls) -> Lateness:
    """Of each answer, 0 where it was in time."""
    found = Lateness()
    for exchange in placed:
        late = max(0.0, exchange.seconds - int(exchange.about) / 1000)
        found.raw.append(late)
        stalled = stalls.within(exchange.began, exchange.began + exchange.seconds) if late else 0.0
        found.net.append(max(0.0, late - stalled))
    return found


def at_share(values: Sequence[float], share: float) -> float:
    """The value that so large a share of all does not exceed, in milliseconds."""
    ordered = sorted(values)
    return 1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def degraded_of(placed: Sequence[Exchange]) -> int:
    """How many answers say that they are degraded; raises ``WrongAnswers`` where one is and does not look so."""
    count = 0
    for exchange in placed:
        told = orjson.loads(exchange.body)
        count += told["degraded"]
        method = told.get("allocation", {}).get("method", "first_fit")
        if told["degraded"] != (method == "first_fit") and told["state"] == "placed":
            raise WrongAnswers(f"degraded is {told['degraded']}, the method {method}")
    return count


def measure(kind: str, asked: argparse.Namespace, folder: Path) -> dict[str, Any]:
    """One kind of database, checked."""
    module, settings = ("cli", None) if asked.trace is None else (TRACED, {"trace": asked.trace.resolve()})
    with loaded(kind, folder / "service", settings, module) as load:
        quiet = [run for seconds in (WARMING_SECONDS, PEAK_SECONDS) for run in _peak(load, seconds)]
        peak = len(quiet[2].exchanges) / quiet[2].seconds
        rate = peak * asked.load
        seconds = 2 * asked.decisions / rate
        with watched() as stalls:
            run, between = _under_load(load, rate, seconds, asked)
        for each in (*quiet, run, *between):
            refuse_others(each.exchanges, UNAVAILABLE)
        if not between:
            check_stored(load.system, [*quiet, run])
    placed = accepted(run.of(workload.PLACE))
    late = lateness(placed, stalls[0])
    return {
        "benchmark": "deadlines",
        "system": kind,
        "size": workload.SIZE,
        "control": asked.control,
        "batches_between": sum(len(each.of(workload.BATCH)) for each in between),
        "peak_a_second": round(peak, 1),
        "asked_a_second": round(rate, 1),
        "decisions": len(placed),
        "in_time": round(sum(value == 0 for value in late.raw) / len(placed), 4),
        "in_time_net": round(sum(value == 0 for value in late.net) / len(placed), 4),
        **{
            f"late_{name}_{what}_ms": round(at_share(values, share), 1)
            for what, values in (("raw", late.raw), ("net", late.net))
            for name, share in (("p99", 0.99), ("p999", GOAL_SHARE), ("most", 1.0))
        },
        "degraded": degraded_of(placed),
        "refused": len(run.of(workload.PLACE)) - len(placed),
        "median_ms": round(milliseconds(e.seconds for e in placed)[0], 1),
        "p99_ms": round(milliseconds(e.seconds for e in placed)[1], 1),
        "stalled": round(stalls[0].seconds / run.seconds, 3),
        "statuses": {str(s): n for s, n in sorted(Counter(e.status for e in run.exchanges).items())},
        "client_busy": round(run.busy_seconds / run.seconds, 2),
    }


def _peak(load: Loaded, seconds: float) -> list[Run]:
    """As many commands as clients can have; then everything is given back, or the next run finds the hospital full and
    measures a waiting list."""
    run = load.peak(seconds)
    released = {each.about for each in run.of(workload.RELEASE) if each.status == workload.DONE}
    placed = map(workload.request_id_of, (each.body for each in accepted(run.of(workload.PLACE))))
    token = load.system.token
    back = [workload.release(request_id, token) for request_id in placed if request_id not in released]
    emptied = load.client.submit(
        workload.closed, load.system.service.url, back, workload.RELEASING_CLIENTS
    ).result()
    return [run, emptied]


def _under_load(
    load: Loaded, rate: float, seconds: float, asked: argparse.Namespace
) -> tuple[Run, list[Run]]:
    url, token, bodies = load.system.service.url, load.system.token, load.bodies
    with client_process() as other:
        between = other.submit(batches_between, url, token, bodies, seconds) if asked.batches else None
        run = load.client.submit(hurried, url, token, bodies, rate, seconds, not asked.control).result()
        return run, [] if between is None else [between.result()]


def show(found: Mapping[str, Any]) -> None:
    """One line a kind."""
    print(
        f"{found['system']:18}{' (control)' if found['control'] else ''} {found['decisions']} decisions at "
        f"{found['asked_a_second']:.0f} commands/s ({found['batches_between']} batches between): in time "
        f"{found['in_time']:.2%}; late p99.9 {found['late_p999_raw_ms']} ms, stalls subtracted "
        f"{found['late_p999_net_ms']} ms (goal {GOAL_MS:.0f}), most {found['late_most_net_ms']} ms; degraded "
        f"{found['degraded']}, refused {found['refused']}; latency p50 {found['median_ms']} ms, p99 "
        f"{found['p99_ms']} ms; the machine stalled {found['stalled']:.1%} of the time",
        flush=True,
    )


def main() -> None:
    """Measure the kinds asked for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--systems", nargs="+", choices=KINDS, default=[ENCRYPTED])
    parser.add_argument("--decisions", type=int, default=10_000)
    parser.add_argument("--load", type=float, default=LOAD, help="commands a second as a share of the peak")
    parser.add_argument("--batches", action="store_true", help="batches without a deadline in between")
    parser.add_argument("--control", action="store_true", help="the service is not told of the deadlines")
    parser.add_argument("--trace", type=Path, metavar="FILE", help="write down what each command waited for")
    parser.add_argument("--output", type=Path, default=Path("benchmarks/results/deadlines.jsonl"))
    asked = parser.parse_args()
    for kind in asked.systems:
        with tempfile.TemporaryDirectory(prefix="wardflow-deadlines-") as folder:
            found = measure(kind, asked, Path(folder))
        show(found)
        append(asked.output, found)
        if asked.trace is not None and asked.trace.exists():
            for line in stages(read(asked.trace)):
                print(line)


if __name__ == "__main__":
    main()
