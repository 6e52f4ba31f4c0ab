"""How often a 95 % interval holds the truth: `python -m benchmarks.simulator.coverage [--trials 1000]`.

Each trial estimates the mean wait of an M/M/c queue, known from Erlang's formula, from ``--replications`` independent
replications, with the interval that reports show. Goal: 93 to 97 % over 1,000 trials. The queue starts empty and is
warmed up, so a share below would mean a warm-up too short, an interval too narrow, or replications that are not
independent.
"""

from __future__ import annotations

import argparse
import sys

import numpy as np

from simulations.engine.distributions import Exponential
from simulations.engine.model import Model, PatientClass, Poisson, Resource, Step
from simulations.engine.run import Compiled, replicate
from simulations.statistics.intervals import interval

RATE, SERVICE, SERVERS = 1.8, 1.0, 3
WARM_UP, HORIZON = 200.0, 3200.0
GOAL = (0.93, 0.97)


def erlang_wait(rate: float, service: float, servers: int) -> float:
    """The mean wait in M/M/c (Erlang 1917)."""
    load, blocked = rate * service, 1.0
    for k in range(1, servers + 1):
        blocked = load * blocked / (k + load * blocked)
    share = load / servers
    waits = blocked / (1.0 - share + share * blocked)
    return waits / (servers / service - rate)


def main() -> int:
    """Try, and tell."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=1000)
    parser.add_argument("--replications", type=int, default=20)
    options = parser.parse_args()
    queue = Model(
        classes=(PatientClass("patient", "care", (Poisson("door", (RATE,)),)),),
        steps=(Step("care", Exponential(SERVICE), ({"server": 1},)),),
        resources=(Resource("server", SERVERS),),
        warm_up=WARM_UP,
        bin_width=HORIZON,
        bins=1,
    )
    compiled, truth = Compiled(queue), erlang_wait(RATE, SERVICE, SERVERS)
    held = 0
    for trial in range(options.trials):
        outcomes = replicate(compiled, seed=trial, replications=range(options.replications), horizon=HORIZON)
        waits = np.array([outcome.mean_wait("care") for outcome in outcomes])
        held += interval(waits).covers(truth)
    share = held / options.trials
    print(f"{options.trials} trials: {100 * share:.1f} % of the 95 % intervals hold the truth, {truth:.4f}.")
    return 0 if GOAL[0] <= share <= GOAL[1] else 1


if __name__ == "__main__":
    sys.exit(main())
