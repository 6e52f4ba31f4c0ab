"""How often a paired comparison is right: `python -m benchmarks.simulator.pairs [--trials 1000] [--detections 200]`.

Both wards are M/M/c queues, so that the true change of the mean wait is known from Erlang's formula. Coverage: how
often the 95 % interval of the paired difference holds that change (goal: 93 to 97 % over 1,000 trials). Detection: how
often the comparison, corrected for all measures it makes, finds the scenario better that is better (goal: 95 % of 200
trials at the stated budget).
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from benchmarks.simulator.coverage import erlang_wait
from simulations.experiments.catalogue import Key
from simulations.experiments.comparing import compare
from simulations.experiments.replications import Plan, experiment
from simulations.scenarios.build import Scene, load

BEDS, MORE, PER_DAY, HOURS = 3, 4, 6.0, 8.0
REPLICATIONS = 20
COVERED, DETECTED = (0.93, 0.97), 0.95
WAIT = Key("wait_mean", "stay/ward")
SCENARIO = f"""\
name: {BEDS} beds
run: {{start: 2026-01-05, length: 410 d, warm_up: 10 d}}
demand: {{classes: {{ill: {{pathway: stay, arrivals: {{random: {{per_day: {PER_DAY}}}}}}}}}}}
pathways: {{stay: {{steps: {{ward: {{bed: ward, takes: {{exponential: {HOURS} h}}}}}}}}}}
resources: {{ward: {{beds: {BEDS}}}}}
"""


def scenarios() -> list[Scene]:
    """The base, and the better one."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "ward.yaml"
        path.write_text(SCENARIO)
        return [load(path), load(path, [("resources.ward.beds", str(MORE))]).renamed(f"{MORE} beds")]


def main() -> int:
    """Try, and tell."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=1000)
    parser.add_argument("--detections", type=int, default=200)
    options = parser.parse_args()
    pair = scenarios()
    rate = PER_DAY / 24
    truth = erlang_wait(rate, HOURS, MORE) - erlang_wait(rate, HOURS, BEDS)
    covered = detected = 0
    for trial in range(options.trials):
        found = compare(experiment(pair, Plan(seed=trial, replications=REPLICATIONS)))
        [wait] = [each.difference for each in found if each.key == WAIT]
        covered += wait.interval.covers(truth)
        if trial < options.detections:
            detected += wait.decided and wait.interval.mean < 0
    detections = min(options.trials, options.detections)
    share, right = covered / options.trials, detected / detections
    hold = f"{100 * share:.1f} % of the 95 % intervals hold {truth:.4f} h"
    print(f"{options.trials} trials of {REPLICATIONS} pairs: {hold}.")
    better = f"the better scenario was found better in {100 * right:.1f} %"
    print(f"{detections} trials: {better}, {len(found)} measures compared.")
    return 0 if COVERED[0] <= share <= COVERED[1] and right >= DETECTED else 1


if __name__ == "__main__":
    sys.exit(main())
