"""Prices of scarce capacity that follow a forecast, beside the profile's own, on simulated weeks:
`python -m benchmarks.quality.scarcity [--resume]`.

The forecast is fitted on weeks with other seeds (``FITTED``) than those measured, and what could be tuned was tuned on
those alone. Every measured week is played twice, by the same code under either kind of price, in the hospital as drawn
and in one with scarcer critical care, isolation and monitors (``simulations.day_scarcity``). Results are appended as
they come; `--resume` leaves out what the file already holds. Weeks are simulated: how busy the machine is matters for
the time it takes alone.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from functools import cache
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from benchmarks.quality.day import ON
from benchmarks.record import append, recorded
from simulations.day_outcome import Outcome, paired
from simulations.day_plan import Draw, morning_of
from simulations.day_scarcity import WEEK_MINUTES, Tuning, fitted, play_plain, play_priced, week
from solver.placing.forecast import Forecast

FITTED = range(101, 109)
"""Seeds of the weeks a forecast is fitted on, and tuned on; none of them is measured."""

LOAD = 0.7
"""Bed-minutes asked for over those there are: nearer to one, whoever needs critical care waits for days."""

NAME = "scarcity"
WORLDS = ("as drawn", "scarcer")
FIGURES = (
    "weighted_minutes",
    "refusals",
    "outliers",
    "emergency_wait",
    "urgent_wait",
    "soon_wait",
    "routine_wait",
)
"""``refusals``: requests without a place when the week (and half a day after it) is over; waits: means in minutes."""

Task = tuple[str, int, float]


@cache
def _forecast(load: float) -> Forecast:
    weeks = [week(_draw(seed, load), morning_of(ON)) for seed in FITTED]
    found = fitted(weeks, Draw().zone)
    assert found is not None, "eight weeks are enough"
    return found


def _draw(seed: int, load: float) -> Draw:
    return Draw("district", seed, load=load, minutes=WEEK_MINUTES)


def pair_of(task: Task) -> dict[str, Any]:
    """One week in one world under both kinds of price, as it is written."""
    world, seed, load = task
    played = week(_draw(seed, load), morning_of(ON), scarcer=world == "scarcer")
    plain, bid = play_plain(played), play_priced(played, _forecast(load))
    return {
        "benchmark": NAME,
        "world": world,
        "load": load,
        "seed": seed,
        "tuning": asdict(Tuning()),
        "fitted_on": [FITTED.start, FITTED.stop - 1],
        "requests": plain.requests,
        "plain": _figures(plain),
        "bid_prices": _figures(bid),
    }


def _figures(outcome: Outcome) -> dict[str, Any]:
    waits = {f"{p.name.lower()}_wait": round(w.mean, 1) for p, w in outcome.waits.items()}
    return {
        "weighted_minutes": outcome.weighted_minutes,
        "refusals": outcome.waiting + outcome.escalated,
        "outliers": outcome.outliers,
        **waits,
        "floor_minutes": outcome.floor_minutes,
        "broken_by_decisions": sum(outcome.broken.values()),
    }


def pairs(tasks: Sequence[Task], workers: int) -> Iterator[dict[str, Any]]:
    """Every pair, in the order of the tasks, as they are done."""
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        yield from pool.map(pair_of, tasks)


def compared(found: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """Bid prices minus plain, of every figure: mean, 95 % interval (paired t), how often lower, equal, higher.

    Raises ValueError for fewer than two weeks.
    """
    return {
        name: asdict(
            paired(*([each[kind].get(name, 0) for each in found] for kind in ("bid_prices", "plain")))
        )
        for name in FIGURES
    }


def verdict(found: Sequence[Mapping[str, Any]], world: str) -> dict[str, Any]:
    """What the weeks of one world come to; ``sound``: no decision broke a hard rule."""
    here = [each for each in found if each["world"] == world]
    sound = all(each[kind]["broken_by_decisions"] == 0 for each in here for kind in ("plain", "bid_prices"))
    return {"world": world, "weeks": len(here), "bid_prices_minus_plain": compared(here), "sound": sound}


def show(told: Mapping[str, Any]) -> None:
    """The comparison of one world as a table."""
    print(f"{told['world']}, {told['weeks']} weeks: bid prices less plain")
    for name, pair in told["bid_prices_minus_plain"].items():
        interval = f"{pair['low']:,.1f} to {pair['high']:,.1f}"
        counts = f"{pair['lower']} / {pair['equal']} / {pair['higher']}"
        print(f"{name:20} {pair['mean']:>12,.1f}  {interval:>27}  {counts:>14}")
    print("no decision broke a hard rule" if told["sound"] else "decisions broke hard rules", flush=True)


def main() -> int:
    """Measure; returns 1 if a decision broke a hard rule."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--pairs", type=int, default=20, help="weeks in each world: seeds 1 to this, 2 or more"
    )
    parser.add_argument("--load", type=float, default=LOAD)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--resume", action="store_true")
    parser.add_argument("--output", type=Path, default=Path("benchmarks/results/scarcity.jsonl"))
    asked = parser.parse_args()
    if asked.pairs < 2:
        parser.error("--pairs: an interval needs two weeks or more")
    wanted = [(world, seed, asked.load) for seed in range(1, asked.pairs + 1) for world in WORLDS]
    done = _recorded(asked.output) if asked.resume else {}
    for pair in pairs([task for task in wanted if task not in done], asked.workers):
        plain, bid = (pair[kind]["weighted_minutes"] for kind in ("plain", "bid_prices"))
        print(f"{pair['world']:8} seed {pair['seed']:>3}: {bid:>10,} beside {plain:>10,} plain", flush=True)
        done[_task(pair)] = append(asked.output, pair)
    told = [verdict([done[task] for task in wanted], world) for world in WORLDS]
    for each in told:
        show(each)
        append(asked.output, {"benchmark": f"{NAME}, compared", "load": asked.load, **each})
    return 0 if all(each["sound"] for each in told) else 1


def _recorded(path: Path) -> dict[Task, dict[str, Any]]:
    return {_task(line): line for line in recorded(path) if line.get("benchmark") == NAME}


def _task(line: Mapping[str, Any]) -> Task:
    return line["world"], line["seed"], line["load"]


if __name__ == "__main__":
    sys.exit(main())
