"""Whether fit and back-test can be believed: `python -m benchmarks.simulator.back_tests [--logs 40]`.

Logs of a hospital whose truth is known are simulated; from each a scenario is estimated, of every second one from its
first 60 % alone, and held beside the record. Told are how often the 95 % intervals of arrivals, shares and mean stays
hold the truth (all parameters together), and how many of the recorded numbers lie outside of their bands, of which one
in twenty should by chance. Goals: 93 to 97 % of the intervals, 2 to 7 % of the numbers.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from simulations.engine.run import simulate
from simulations.fitting.estimate import ALL_CLASSES, Fitted
from simulations.fitting.fit import Request, back_tested, fit
from simulations.reports.tables import event_log, write_csv
from simulations.scenarios.build import Built, load, of_pathways

DAYS, HOLD_OUT = 120, 0.4
HELD, OUTSIDE = (0.93, 0.97), (0.02, 0.07)
RATE, TO_ICU, TO_WARD, ICU_TO_WARD = 10.0, 0.1, 0.5, 0.8
STAYS = {"triage": 3.0, "icu": 72.0, "ward": 96.0}
HOSPITAL = f"""\
name: Known
run: {{start: 2026-01-05, length: {DAYS} d, warm_up: 0 h}}
demand:
  classes:
    ill:
      pathway: care
      arrivals:
        random: {{per_day: {RATE}, by_hour: [1, 1, 1, 1, 1, 1, 2, 3, 4, 5, 6, 6, 5, 5, 4, 4, 4, 4, 3, 3, 2, 2, 1, 1]}}
pathways:
  care:
    steps:
      triage:
        bed: triage
        takes: {{gamma: {{mean: {STAYS["triage"]} h, sd: 2 h}}}}
        next: {{icu: {TO_ICU}, ward: {TO_WARD}, leave: {1 - TO_ICU - TO_WARD}}}
      icu:
        bed: icu
        takes: {{lognormal: {{mean: {STAYS["icu"]} h, sd: 72 h}}}}
        next: {{ward: {ICU_TO_WARD}, leave: {1 - ICU_TO_WARD}}}
      ward: {{bed: ward, takes: {{lognormal: {{mean: {STAYS["ward"]} h, sd: 72 h}}}}}}
resources: {{triage: {{beds: 4}}, icu: {{beds: 5}}, ward: {{beds: 30}}}}
"""


def truth(folder: Path) -> Built:
    """The hospital whose logs are read."""
    path = folder / "known.yaml"
    path.write_text(HOSPITAL, encoding="utf-8")
    return of_pathways(load(path), path.name)


def held(found: Fitted) -> Iterator[bool]:
    """For each parameter whether its interval holds what was put in."""
    came = found.arrivals[0]
    yield came.low <= RATE <= came.high
    wards = {each.name: each for each in found.wards}
    number = {each.name: n for n, each in enumerate(found.wards)}
    for ward, to, share in (
        ("triage", "icu", TO_ICU),
        ("triage", "ward", TO_WARD),
        ("icu", "ward", ICU_TO_WARD),
    ):
        route = wards[ward].routes[ALL_CLASSES][number[to]]
        yield route.low <= share <= route.high
    for name, mean in STAYS.items():
        stay = wards[name].stays[ALL_CLASSES]
        yield abs(stay.mean - mean) <= stay.half


def main() -> int:
    """Try, and tell."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--logs", type=int, default=40)
    parser.add_argument("--replications", type=int, default=60)
    options = parser.parse_args()
    intervals: list[bool] = []
    outside: list[bool] = []
    with tempfile.TemporaryDirectory() as folder:
        built = truth(Path(folder))
        for seed in range(options.logs):
            outcome = simulate(built.model, seed=seed, horizon=built.scenario.run.length, log=True)
            log = Path(folder) / "log.csv"
            write_csv(event_log(outcome, built), log)
            found = fit(log, Request(hold_out=HOLD_OUT if seed % 2 else 0.0))
            intervals += held(found.fitted)
            tested = back_tested(found, seed=1, replications=options.replications)
            outside += [each.outside for each in tested.misfits]
    share, beyond = sum(intervals) / len(intervals), sum(outside) / len(outside)
    print(f"{options.logs} logs: {100 * share:.1f} % of {len(intervals)} intervals hold the truth.")
    print(f"{100 * beyond:.1f} % of {len(outside):,} recorded numbers lie outside of their band of 95 %.")
    return 0 if HELD[0] <= share <= HELD[1] and OUTSIDE[0] <= beyond <= OUTSIDE[1] else 1


if __name__ == "__main__":
    sys.exit(main())
