"""Ten times more than the service can do: `python -m benchmarks.service.overload [--seconds 30]`.

First the peak: commands a second of 32 clients in a closed loop, placements and releases in turns. Then ten times as
many a second by a Poisson process, over a thousand connections, for half a minute. Wanted: what is carried out is
still 80 % of the peak, with a p99 of at most a second from the moment it was due; everything else is refused at once
with 503 and Retry-After; the queue stays bounded; and afterwards the service answers as before. Every answer is looked
at, and the database afterwards: what was refused is not there, what was accepted is.

``--control`` measures a service that refuses nothing before its queue is full: it must fall far behind the goals.
"""

from __future__ import annotations

import argparse
import tempfile
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import orjson

from benchmarks.record import append
from benchmarks.service import workload
from benchmarks.service.systems import ENCRYPTED, KINDS
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
from simulations.load.loops import Exchange, Run

TIMES: Final = 10
CONNECTIONS: Final = 1000
GOODPUT_GOAL: Final = 0.8
P99_GOAL_MS: Final = 1000.0
WARMING_SECONDS: Final = 2.0
PEAK_SECONDS: Final = 8.0
REFUSES_NOTHING: Final = {"overload_commands": 100_000}


def measure(kind: str, seconds: float, folder: Path, control: bool = False) -> dict[str, Any]:
    """One kind of database, checked."""
    with loaded(kind, folder / "service", REFUSES_NOTHING if control else None) as load:
        load_runs = [load.peak(WARMING_SECONDS), load.peak(PEAK_SECONDS)]
        peak = len(load_runs[1].exchanges) / load_runs[1].seconds
        flood = load.open(TIMES * peak, seconds, CONNECTIONS)
        after = load.peak(WARMING_SECONDS)
        _check_answers(load, [*load_runs, after], flood)
    found = figures(kind, peak, flood, len(accepted(after.exchanges)) / after.seconds)
    return found | {"control": control}


def _check_answers(load: Loaded, quiet: list[Run], flood: Run) -> None:
    for run in (*quiet, flood):
        refuse_others(run.exchanges, UNAVAILABLE)
    for exchange in flood.exchanges:
        if exchange.status == UNAVAILABLE:
            _check_refusal(exchange)
    check_stored(load.system, [*quiet, flood])


def _check_refusal(exchange: Exchange) -> None:
    told = orjson.loads(exchange.body)
    if told["type"] != "/problems/overloaded" or told["status"] != UNAVAILABLE:
        raise WrongAnswers(f"A {exchange.kind} was refused with {told}")


def figures(kind: str, peak: float, flood: Run, after: float) -> dict[str, Any]:
    """One line."""
    good = accepted(flood.exchanges)
    middle, high = milliseconds(exchange.seconds for exchange in good)
    refused = [exchange for exchange in flood.exchanges if exchange.status == UNAVAILABLE]
    return {
        "benchmark": "overload",
        "system": kind,
        "size": workload.SIZE,
        "peak_a_second": round(peak, 1),
        "asked_a_second": round((len(flood.exchanges) + flood.unsent + flood.unanswered) / flood.seconds, 1),
        "sent_a_second": round(len(flood.exchanges) / flood.seconds, 1),
        "seconds": round(flood.seconds, 1),
        "goodput_a_second": round(_within(good, flood) / flood.seconds, 1),
        "goodput_of_peak": round(_within(good, flood) / flood.seconds / peak, 3),
        "median_ms": round(middle, 1),
        "p99_ms": round(high, 1),
        "refused_p99_ms": round(milliseconds(e.seconds for e in refused)[1], 1) if refused else None,
        "unsent": flood.unsent,
        "unanswered": flood.unanswered,
        "answers": {
            str(status): n for status, n in sorted(Counter(e.status for e in flood.exchanges).items())
        },
        "after_of_peak": round(after / peak, 3),
        "client_busy": round(flood.busy_seconds / flood.seconds, 2),
    }


def _within(good: list[Exchange], flood: Run) -> int:
    """Those answered while questions still came: what was queued up does not count as pace."""
    began = min(exchange.began for exchange in flood.exchanges)
    return sum(exchange.began + exchange.seconds <= began + flood.seconds for exchange in good)


def show(found: Mapping[str, Any]) -> None:
    """One line a kind, with its goals."""
    print(
        f"{found['system']:18}{' (control)' if found['control'] else ''} peak {found['peak_a_second']:6.1f}/s; "
        f"asked {found['asked_a_second']:7.1f}/s, "
        f"sent {found['sent_a_second']:7.1f}/s: goodput {found['goodput_of_peak']:5.3f} of peak "
        f"(goal {GOODPUT_GOAL}), p99 {found['p99_ms']:6.0f} ms (goal {P99_GOAL_MS:.0f}), refusals' p99 "
        f"{found['refused_p99_ms']} ms, answers {found['answers']}, unsent {found['unsent']}, "
        f"unanswered {found['unanswered']}; afterwards {found['after_of_peak']} of peak",
        flush=True,
    )


def main() -> None:
    """Measure the kinds asked for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--systems", nargs="+", choices=KINDS, default=[ENCRYPTED])
    parser.add_argument("--seconds", type=float, default=30.0, help="of overload")
    parser.add_argument("--control", action="store_true", help="a service that refuses nothing in time")
    parser.add_argument("--output", type=Path, default=Path("benchmarks/results/overload.jsonl"))
    asked = parser.parse_args()
    for kind in asked.systems:
        with tempfile.TemporaryDirectory(prefix="wardflow-overload-") as folder:
            found = measure(kind, asked.seconds, Path(folder), asked.control)
        show(found)
        append(asked.output, found)


if __name__ == "__main__":
    main()
