"""What-if experiments as jobs: warm-ups and replications are the pieces, as many at once as there are workers.

Round by round: when the replications of a round are done, the intervals say whether another round is needed, and how
long. Replication i of every scenario draws from the same named streams wherever it is run, so the result does not
depend on how many workers there were.
"""

from __future__ import annotations

import functools
import math
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from api.jobs.kinds import Document, Observer
from api.schemas.experiments import MOST_VARIANTS
from simulations.engine.run import Cancelled
from simulations.experiments.catalogue import Key
from simulations.experiments.comparing import Compared, Withheld, compare, not_compared
from simulations.experiments.fleet import Fleet, Question, answers, each_fleet
from simulations.experiments.memory import refuse_too_large
from simulations.experiments.replications import (
    Plan,
    Replicated,
    Rows,
    gathered,
    refuse_unlike,
    replications_of,
    warmed_models,
    watched,
)
from simulations.experiments.warming import Warming, warming
from simulations.reports.fleet import fleet_table
from simulations.reports.page import page
from simulations.reports.tables import comparison, summary
from simulations.scenarios.build import Scene
from simulations.scenarios.text import load_text

MOST_PIECES: Final = 32
FEWEST_REPLICATIONS: Final = 4
"""A round falls into at most so many pieces, of at least so many replications: enough for as many workers, and few are
lost with one. Handing a piece over takes some 50 ms; a year of a hospital is simulated in 12."""


Settings = tuple[tuple[str, str], ...]
Frozen = tuple[str, tuple[tuple[str, Settings], ...], Question | None]
"""Text, variants by name, and what is asked about a fleet."""


@dataclass(frozen=True, slots=True)
class Described:
    """All scenarios, the first of them as it was given; the last of them are those of ``fleets``."""

    scenes: tuple[Scene, ...]
    fleets: tuple[Fleet, ...]


class Experiment:
    """The kind of job. ``spec``: ``scenario`` (YAML), ``variants`` (name and settings) or a ``fleet`` (types and how
    many units around), and a plan's numbers."""

    def pieces(self, spec: Document, done: Sequence[Document]) -> list[Document]:
        """Warm-ups first, then rounds of replications."""
        count = len(_scenarios(spec))
        if len(done) < count:
            refuse_too_large(_scenarios(spec), 1)
            return [{"warm_up_of": number} for number in range(count)]
        rows = _rows(done[count:], count)
        made = len(rows[0])
        number = _plan(spec).stopping(_scenarios(spec)[0]).next_number(made, watched(rows))
        hours = max(part["hours"] for part in done[:count])
        size = max(FEWEST_REPLICATIONS, -(-(number - made) // MOST_PIECES))
        return [
            {"warm_up_hours": hours, "first": first, "end": min(first + size, number)}
            for first in range(made, number, size)
        ]

    def work(self, spec: Document, piece: Document, observer: Observer) -> Document:
        """One warm-up, or some replications of every scenario; a stopped piece keeps those that are whole, and of a
        warm-up nothing."""
        scenarios, plan = _scenarios(spec), _counting(spec)
        if "warm_up_of" in piece:
            return _warm_up(scenarios[piece["warm_up_of"]], plan, observer)
        models = warmed_models(scenarios, [Warming(piece["warm_up_hours"], False, True, np.empty(0))])
        found: list[Rows] = [[] for _ in scenarios]
        for number in range(piece["first"], piece["end"]):
            if observer.stopped():
                break
            try:
                pairs = zip(scenarios, models, strict=True)
                rows = [replications_of(*each, plan, [number], observer.stopped) for each in pairs]
            except Cancelled:
                break
            for own, new in zip(found, rows, strict=True):
                own.extend(new)
            observer.tell({"replication": number, "of_at_least": piece["end"]})
        return {"rows": [_plain(own) for own in found]}

    def result(self, spec: Document, done: Sequence[Document], stopped: bool) -> Document:
        """Verdicts, tables, and the report as one page of HTML."""
        count = len(_scenarios(spec))
        rows = _rows(done[count:], count) if len(done) > count else [[]]
        if not rows[0]:
            return {"replications": 0, "scenarios": [built.scenario.name for built in _scenarios(spec)]}
        warmed = [_warming(part) for part in done[:count]]
        return _told(gathered(_scenarios(spec), _counting(spec), warmed, rows), spec)


def _warm_up(built: Scene, plan: Plan, observer: Observer) -> Document:
    try:
        return _warmed(warming(built, plan.seed, plan.workers, observer.stopped))
    except Cancelled:
        return {"stopped": True}


def _told(replicated: list[Replicated], spec: Document) -> Document:
    if fleets := _described(spec).fleets:
        return _told_of_fleets(replicated, spec, fleets)
    compared = compare(replicated) if len(replicated) > 1 else []
    lines = [*(each.line for each in compared), *not_compared(replicated)]
    return _document(replicated, spec, compared, lines)


def _told_of_fleets(replicated: list[Replicated], spec: Document, fleets: Sequence[Fleet]) -> Document:
    found = answers(replicated, fleets)
    told = _document(replicated, spec, found.compared, found.lines, found.withheld)
    return {**told, "fleets": fleet_table(replicated, fleets).to_dict("records")}


def _document(
    replicated: list[Replicated],
    spec: Document,
    compared: Sequence[Compared],
    lines: Sequence[str],
    silent: Sequence[Withheld] | None = None,
) -> Document:
    asked = ", ".join(
        f"{name} {spec[name]}" for name in ("seed", "replications", "precision", "budget") if spec[name]
    )
    return {
        "replications": len(replicated[0].values),
        "scenarios": [each.name for each in replicated],
        "fingerprints": [each.built.fingerprint for each in replicated],
        "precise": all(each.precise for each in replicated),
        "warm_up_hours": replicated[0].warming.hours,
        "verdicts": list(lines),
        "comparison": comparison(compared).to_dict("records"),
        "summary": summary(replicated).to_dict("records"),
        "report": page(replicated, compared, f"experiment: {asked}", silent=silent),
    }


def checked(spec: Document) -> None:
    """Raises InvalidInstance with the faults of the scenario, of its first variant that has any, of the plan, or of the
    fleet. One after the other, and no more than two are kept: this is the service's own process."""
    text, variants, question = _frozen(spec)
    first = load_text(text)
    _plan(spec).stopping(first)
    if question is not None:
        deque(_each_fleet(first, text, question), maxlen=0)
    runs = [(first.scenario.name, first.scenario.run)]
    del first
    runs += [(name, load_text(text, settings).scenario.run) for name, settings in variants]
    refuse_unlike(runs)


def _plan(spec: Document, equipment: tuple[str, ...] = ()) -> Plan:
    return Plan(spec["seed"], spec["replications"], spec["precision"], spec["budget"], equipment=equipment)


def _counting(spec: Document) -> Plan:
    """The plan, with the types of equipment of which who asks for them is counted apart."""
    return _plan(spec, tuple(dict.fromkeys(each.type_id for each in _described(spec).fleets)))


def _scenarios(spec: Document) -> tuple[Scene, ...]:
    return _described(spec).scenes


def _described(spec: Document) -> Described:
    return _built(_frozen(spec))


def _frozen(spec: Document) -> Frozen:
    variants = tuple((v["name"], tuple(sorted(v["settings"].items()))) for v in spec["variants"])
    fleet = spec.get("fleet")
    question = None if fleet is None else Question(tuple(fleet["type_ids"]), around=fleet["around"])
    return spec["scenario"], variants, question


@functools.lru_cache(maxsize=4)
def _built(frozen: Frozen) -> Described:
    """The scenario and its variants or fleets: read once by a process that does many pieces of one job."""
    text, variants, question = frozen
    first = load_text(text)
    fleets = () if question is None else tuple(_each_fleet(first, text, question))
    others = [load_text(text, settings).renamed(name) for name, settings in variants]
    return Described((first, *others, *(each.scene for each in fleets)), fleets)


def _each_fleet(first: Scene, text: str, question: Question) -> Iterator[Fleet]:
    return each_fleet(first, question, lambda settings: load_text(text, settings), MOST_VARIANTS)


# --- between numbers and JSON ------------------------------------------------------------------------------------
def _warmed(found: Warming) -> Document:
    return {
        "hours": found.hours,
        "found": found.found,
        "settled": found.settled,
        "series": found.series.tolist(),
    }


def _warming(part: Document) -> Warming:
    return Warming(part["hours"], part["found"], part["settled"], np.array(part["series"], dtype=np.float64))


def _plain(rows: Rows) -> Document:
    keys = sorted(rows[0]) if rows else []
    return {
        "keys": [list(key) for key in keys],
        "values": [[float(row[key]) for key in keys] for row in rows],
    }


def _rows(parts: Sequence[Document], count: int) -> list[Rows]:
    """The numbers of every scenario's replications; what was not observed is null in JSON."""
    found: list[Rows] = [[] for _ in range(count)]
    for part in parts:
        for own, plain in zip(found, part["rows"], strict=True):
            keys = [Key(*key) for key in plain["keys"]]
            own += [dict(zip(keys, map(_number, row), strict=True)) for row in plain["values"]]
    return found


def _number(value: Any) -> float:
    return math.nan if value is None else float(value)
