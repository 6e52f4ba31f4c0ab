"""How an answer about a fleet is told to a planner: "one ventilator more: 3.1 fewer refusals a week (95 % 1.2 to 5.0)".

The interval shown holds at once with those of all that is compared. Where it leaves open which way the change goes,
the line says so: more units are not taken to help until the numbers show it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from simulations.experiments.catalogue import Key
from simulations.statistics.intervals import Interval
from simulations.statistics.paired import Difference
from simulations.statistics.verdicts import decimals, rounded


@dataclass(frozen=True, slots=True)
class Asked:
    """``change`` units more of a type; priorities: by class, where a class is not itself a priority."""

    type_id: str
    change: int
    priorities: Mapping[str, int] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """As a scenario is called: "one ventilator more", "3 units of ventilator fewer"."""
        kind = self.type_id.replace("_", " ")
        way = "more" if self.change > 0 else "fewer"
        return f"one {kind} {way}" if abs(self.change) == 1 else f"{abs(self.change)} units of {kind} {way}"

    def whose(self, patient_class: str) -> str:
        """ " of emergency (priority 0)", or nothing for everybody."""
        if not patient_class:
            return ""
        known = self.priorities.get(patient_class)
        return f" of {patient_class}" + ("" if known is None else f" (priority {known})")


class Words(NamedTuple):
    """what: with ``{}`` where it is told of whom. unit: after a number. less, more: the two ways it may go."""

    what: str
    unit: str
    less: str
    more: str


WORDS: Mapping[str, Words] = {
    "equipment_refused": Words("refusals{} a week", "", "fewer", "more"),
    "equipment_wait_mean": Words("waits{}", " h", "shorter", "longer"),
}


def line(asked: Asked, key: Key, difference: Difference) -> str:
    """One line on what a fleet changes in one measure; see the module."""
    words, shown = WORDS[key.measure], difference.simultaneous
    what = words.what.format(asked.whose(key.patient_class))
    level = f"{round(100 * difference.interval.level, 1):g} %"
    if math.isnan(shown.mean):
        return f"{asked.name}: {what} not observed in both fleets"
    if not math.isfinite(shown.half_width):
        return (
            f"{asked.name}: {what} cannot be told from chance, which takes two replications that observe any"
        )
    if shown.mean == 0 and shown.half_width == 0:
        return f"{asked.name}: {what} exactly as they are"
    low, high = _ends(shown)
    between = f"{_way(low, words)} to {_way(high, words)}, {level}"
    if not difference.decided:
        return f"{asked.name}: {what} cannot be told from chance ({between})"
    way = words.less if shown.mean < 0 else words.more
    if shown.covers(0.0):
        return f"{asked.name}: {way} {what}, by how much is not shown ({between})"
    near, far = sorted((low.lstrip("-"), high.lstrip("-")), key=float)
    size = _rounded(shown.mean, shown).lstrip("-")
    return f"{asked.name}: {size}{words.unit} {way} {what} ({level} {near} to {far}{words.unit})"


def silence(asked: Asked, key: Key, why: str) -> str:
    """One line on what is not compared; ``why`` is the comparison's own line, which ends with the reason."""
    reason = why.partition(" not compared, ")[2]
    what = WORDS[key.measure].what.format(asked.whose(key.patient_class))
    return f"{asked.name}: {what} not compared, {reason}"


def _ends(shown: Interval) -> tuple[str, str]:
    return _rounded(shown.low, shown), _rounded(shown.high, shown)


def _rounded(value: float, shown: Interval) -> str:
    """With the decimals that are known of the mean."""
    text = f"{value:.3g}" if shown.half_width == 0 else rounded(value, decimals(shown.half_width))
    return text.lstrip("-") if float(text) == 0 else text


def _way(end: str, words: Words) -> str:
    """ "0.9 fewer" of "-0.9"."""
    way = words.less if end.startswith("-") else words.more
    return f"{end.lstrip('-')}{words.unit} {way}"
