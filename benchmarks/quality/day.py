"""Best placing beside first-fit on the demo's day, paired over seeds: `python -m benchmarks.quality.day [--resume]`.

Every day is played under both policies in this process's children. Results are appended as they come; `--resume`
leaves out the seeds that the file already holds. In the end a table compares waiting and every breach: hard rules
broken by decisions, minutes below the nursing floor, and, rule by rule, what stood broken when the day was over
(after mishaps, late leavers and people on their way). Ends with status 1 if the goal is missed; see :func:`verdict`.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from datetime import date
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from benchmarks.record import append, recorded
from simulations.day import Both, Draw, both
from simulations.day_outcome import Outcome, Paired, paired
from simulations.day_plan import morning_of

ON = date(2026, 3, 2)
"""A Monday: the day is the same whenever it is measured."""

WAITING = "weighted_minutes"
FIGURES = (WAITING, "placed", "waiting", "escalated", "outliers", "transfers", "refused_arrivals")
"""What is compared besides breaches."""
DECIDED = "broken_by_decisions"
FLOOR = "floor_minutes"
STANDING = "broken_at_the_end"


def day_of(size: str, seed: int) -> dict[str, Any]:
    """One seed's day under both policies, as it is written."""
    done: Both = both(Draw(size, seed), morning_of(ON))
    return {
        "benchmark": "day",
        "size": size,
        "seed": seed,
        "requests": done.best.requests,
        "best": _figures(done.best, done.standing_best),
        "first_fit": _figures(done.first_fit, done.standing_first_fit),
    }


def _figures(outcome: Outcome, standing: Mapping[str, int]) -> dict[str, Any]:
    waits = {p.name.lower(): round(w.mean, 1) for p, w in outcome.waits.items()}
    return {
        **{name: getattr(outcome, name) for name in FIGURES},
        "mean_wait": waits,
        FLOOR: outcome.floor_minutes,
        DECIDED: sum(outcome.broken.values()),
        STANDING: dict(standing),
    }


def days(size: str, seeds: Sequence[int], workers: int) -> Iterator[dict[str, Any]]:
    """Every day, in the order of the seeds, as they are done."""
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        yield from pool.map(partial(day_of, size), seeds)


# --- the comparison -----------------------------------------------------------------------------------------
def compared(found: Sequence[Mapping[str, Any]]) -> dict[str, Paired]:
    """Best minus first-fit, of every figure and every breach. Raises ValueError for fewer than two days."""
    plain = {name: _pair(found, name) for name in (*FIGURES, DECIDED, FLOOR)}
    rules = sorted({rule for day in found for policy in _POLICIES for rule in day[policy][STANDING]})
    standing = {f"{STANDING}: {rule}": _pair(found, STANDING, rule) for rule in rules}
    return {**plain, **standing}


_POLICIES = ("best", "first_fit")


def _pair(found: Sequence[Mapping[str, Any]], name: str, rule: str | None = None) -> Paired:
    one, other = (
        [day[policy][name] if rule is None else day[policy][name].get(rule, 0) for day in found]
        for policy in _POLICIES
    )
    return paired(one, other)


def is_breach(name: str) -> bool:
    """Whether a figure counts something that should not be."""
    return name in (DECIDED, FLOOR) or name.startswith(STANDING)


def verdict(found: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Whether the goal is met: less weighted waiting with 95 % confidence, no hard rule broken by a decision of either
    policy, and no breach more frequent than under first-fit with 95 % confidence.

    ``higher``: breaches of which best has more with confidence; ``higher_on_average``: by the mean alone.
    """
    differences = compared(found)
    breaches = {name: pair for name, pair in differences.items() if is_breach(name)}
    higher = [name for name, pair in breaches.items() if pair.low > 0]
    sound = all(day[policy][DECIDED] == 0 for day in found for policy in _POLICIES)
    return {
        "days": len(found),
        "revisions": sorted({str(day.get("revision")) for day in found}),
        "best_minus_first_fit": {name: asdict(pair) for name, pair in differences.items()},
        "higher": higher,
        "higher_on_average": [name for name, pair in breaches.items() if pair.mean > 0],
        "goal_met": differences[WAITING].high < 0 and sound and not higher,
    }


def show(told: Mapping[str, Any]) -> None:
    """The comparison as a table, and what it comes to."""
    print(f"{'best less first-fit':44} {'mean':>12}  {'95 % interval':>27}  lower/equal/higher")
    for name, pair in told["best_minus_first_fit"].items():
        interval = f"{pair['low']:,.1f} to {pair['high']:,.1f}"
        counts = f"{pair['lower']} / {pair['equal']} / {pair['higher']}"
        print(f"{name:44} {pair['mean']:>12,.1f}  {interval:>27}  {counts:>18}")
    print(f"breaches higher with confidence: {', '.join(told['higher']) or 'none'}")
    print(f"breaches higher on average only: {', '.join(told['higher_on_average']) or 'none'}")
    print(f"goal {'met' if told['goal_met'] else 'missed'} over {told['days']} days", flush=True)


def show_day(day: Mapping[str, Any]) -> None:
    """One line a day."""
    best, first_fit = (day[policy] for policy in _POLICIES)
    print(
        f"seed {day['seed']:>3}  weighted waiting {best[WAITING]:>10,} beside {first_fit[WAITING]:>10,}  "
        f"at the end {best[STANDING]} beside {first_fit[STANDING]}",
        flush=True,
    )


def main() -> int:
    """Measure; returns the status to end with."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=20, help="days: seeds 1 to this, 2 or more")
    parser.add_argument("--size", default="district")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--resume", action="store_true")
    parser.add_argument("--output", type=Path, default=Path("benchmarks/results/day.jsonl"))
    asked = parser.parse_args()
    if asked.seeds < 2:
        parser.error("--seeds: a comparison needs two days or more")
    wanted = range(1, asked.seeds + 1)
    done = _recorded(asked.output, asked.size, wanted) if asked.resume else {}
    for day in days(asked.size, [seed for seed in wanted if seed not in done], asked.workers):
        show_day(day)
        done[day["seed"]] = append(asked.output, day)
    told = verdict([done[seed] for seed in wanted])
    show(told)
    append(asked.output, {"benchmark": "day, compared", "size": asked.size, **told})
    return 0 if told["goal_met"] else 1


def _recorded(path: Path, size: str, seeds: Sequence[int]) -> dict[int, dict[str, Any]]:
    """The days a file holds, the last one measured of each seed."""
    lines = (line for line in recorded(path) if line.get("benchmark") == "day" and line["size"] == size)
    return {line["seed"]: line for line in lines if line["seed"] in seeds}


if __name__ == "__main__":
    sys.exit(main())
