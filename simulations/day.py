"""One simulated day from end to end: drawn, played under a policy in this process, counted.

``play_here`` plays a day under one policy; ``compare`` plays the same days under best and first-fit. The parts:
``day_plan`` draws, ``day_play`` plays, ``day_hospital`` decides here, ``day_http`` lets the service decide,
``day_outcome`` counts.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from simulations.day_events import Day
from simulations.day_hospital import DayHospital, Policy
from simulations.day_outcome import Outcome, floor_minutes, outcome_of
from simulations.day_plan import Draw, plan
from simulations.day_play import Ledger, Player
from solver.hospital import Minute

__all__ = ["Both", "Day", "Draw", "Policy", "both", "compare", "plan", "play_here"]


@dataclass(frozen=True, slots=True)
class Both:
    """The same day under both policies; the hard rules the referee found broken at its end, by rule."""

    seed: int
    best: Outcome
    first_fit: Outcome
    standing_best: dict[str, int]
    standing_first_fit: dict[str, int]


def play_here(day: Day, policy: Policy) -> tuple[Outcome, Ledger, DayHospital]:
    """Play a day in this process."""
    hospital = DayHospital(day.hospital, day.start, policy)
    ledger = Player(day, hospital).play()
    floor = floor_minutes(ledger, hospital.roster())
    return outcome_of(ledger, floor, hospital.breaches.by_decision), ledger, hospital


def both(draw: Draw, start: Minute) -> Both:
    """One drawn day under best and under first-fit."""
    day = plan(draw, start)
    best, _, one = play_here(day, Policy.BEST)
    first_fit, _, other = play_here(day, Policy.FIRST_FIT)
    return Both(draw.seed, best, first_fit, dict(one.breaches.standing), dict(other.breaches.standing))


def compare(
    draws: Sequence[Draw], start: Minute, tell: Callable[[Both], None] = lambda _: None
) -> list[Both]:
    """Several days, one after the other; ``tell`` hears of each as it is done."""
    found = []
    for draw in draws:
        done = both(draw, start)
        tell(done)
        found.append(done)
    return found
