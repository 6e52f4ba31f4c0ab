"""Small hospitals made by chance and played event by event: nobody may wait who could start, and units must add up.

Run as a program with ``NUMBA_DISABLE_JIT=1``, since it looks into the state between two events with the engine's own
plain source; it prints what it found wrong, and last how many events it looked at.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator

from simulations.engine import codes
from simulations.engine.distributions import Exponential
from simulations.engine.kernels_interrupt import possible_option
from simulations.engine.model import (
    Breakdown,
    CapacityChange,
    Cut,
    Model,
    PatientClass,
    Poisson,
    QueueRule,
    Resource,
    Route,
    Step,
    Stock,
)
from simulations.engine.run import Compiled, Run

MODELS, HORIZON = 80, 60.0
CLASSES = ("a", "b", "c")


def chance_model(number: int) -> Model:
    """One hospital with shifts, breakdowns, guards, shared lines, alternatives and those who interrupt."""
    chance = random.Random(number)
    wards = [f"ward {n}" for n in range(chance.randint(1, 4))]
    steps = [f"step {n}" for n in range(chance.randint(1, 4))]
    return Model(
        classes=tuple(
            PatientClass(
                name,
                chance.choice(steps),
                (Poisson(name, (chance.choice((0.1, 0.3, 0.6)),)),),
                chance.randint(0, 3),
            )
            for name in CLASSES
        ),
        steps=tuple(_step(chance, steps, n, wards) for n in range(len(steps))),
        resources=(
            *(_ward(chance, name) for name in wards),
            Resource("drug", 5, stock=Stock(3, 9, Exponential(2.0), shelf_life=30.0)),
        ),
        queue_rule=chance.choice(list(QueueRule)),
    )


def _ward(chance: random.Random, name: str) -> Resource:
    changes = tuple(
        CapacityChange(float(at), chance.randint(0, 4), chance.choice(list(Cut)))
        for at in sorted(chance.sample(range(24), 2))
    )
    return Resource(
        name,
        chance.randint(1, 4),
        changes if chance.random() < 0.4 else (),
        cycle=24.0,
        guard={chance.choice(CLASSES): 1} if chance.random() < 0.2 else {},
        breakdown=Breakdown(Exponential(20.0), Exponential(3.0)) if chance.random() < 0.2 else None,
    )


def _step(chance: random.Random, steps: list[str], number: int, wards: list[str]) -> Step:
    onward = steps[number + 1] if number + 1 < len(steps) else None
    return Step(
        steps[number],
        Exponential(chance.choice((0.5, 2.0, 5.0))),
        {name: _options(chance, wards) for name in CLASSES},
        release_at_start={chance.choice(wards): 1} if chance.random() < 0.3 else {},
        release_at_end={} if chance.random() < 0.3 else None,
        routing=(Route(0.7, onward), Route(0.3, None)),
        line=chance.choice((None, None, "one", "other")),
        queue_limit=chance.choice((-1, -1, 3)),
        patience=Exponential(4.0) if chance.random() < 0.3 else None,
        preempts=tuple(name for name in CLASSES if chance.random() < 0.4),
        restarts=chance.random() < 0.2,
        priority={name: chance.randint(0, 4) for name in CLASSES if chance.random() < 0.3},
    )


def _options(chance: random.Random, wards: list[str]) -> tuple[dict[str, int], ...]:
    options = []
    for _ in range(chance.choice((0, 1, 1, 2, 3))):
        some = chance.sample(wards, min(len(wards), chance.randint(1, 2)))
        option = {name: chance.choice((1, 1, 2)) for name in some}
        options.append(option | ({"drug": 1} if chance.random() < 0.1 else {}))
    return tuple(options)


def could_start(run: Run) -> Iterator[int]:
    """Who waits although nobody is in their way and all they need is free, or held by those they may interrupt."""
    tables, state = run.compiled.tables, run._state
    for q in range(tables.line.shape[0]):
        waiting = list(_in_line(run, q))
        for e in waiting if tables.line[q, codes.SKIPS] else waiting[:1]:
            if possible_option(tables, state, e) >= 0:
                yield e


def _in_line(run: Run, q: int) -> Iterator[int]:
    for first in run._state.head[q]:
        e = int(first)
        while e >= 0:
            yield e
            e = int(run._state.entity[e, codes.NEXT])


def lost_units(run: Run) -> Iterator[int]:
    """Resources of which what is free and held is not what there is."""
    held = run._state.held.sum(axis=0)
    for r, level in enumerate(run._state.level):
        stock = run.compiled.tables.resource[r, codes.IS_STOCK]
        if not stock and level[codes.FREE] + held[r] != level[codes.CAPACITY]:
            yield r


def main() -> None:
    events = 0
    for number in range(MODELS):
        run = Run(Compiled(chance_model(number)), seed=number, horizon=HORIZON)
        while not run.go_on(events=1):
            events += 1
            wrong = [*could_start(run), *lost_units(run)]
            if wrong:
                sys.stdout.write(f"model {number}, at {run._state.clock[codes.NOW]:.3f}: {wrong}\n")
                break
    sys.stdout.write(f"{events} events\n")


if __name__ == "__main__":
    main()
