"""What a fleet question found, as tidy rows: every fleet with its waits and refusals, by class."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import orjson
import pandas as pd

from simulations.experiments.catalogue import Key
from simulations.experiments.fleet import TOLD, Answers, Fleet, classes, priorities
from simulations.experiments.replications import Replicated
from simulations.reports.tables import comparison

COLUMNS = {"equipment_refused": "refused_a_week", "equipment_wait_mean": "wait_hours"}


def fleet_table(replicated: Sequence[Replicated], asked: Sequence[Fleet]) -> pd.DataFrame:
    """Columns: type, units, change (0: as it is), patient_class (empty: everybody), priority (0 goes first),
    asked_a_week, refused_a_week and wait_hours, each of the two with its 95 % interval as _low and _high.

    ``replicated``: the fleet as it is, then ``asked`` in their order.
    """
    return pd.DataFrame(_rows(replicated, asked))


def fleet_document(
    replicated: Sequence[Replicated], asked: Sequence[Fleet], answers: Answers
) -> dict[str, Any]:
    """All of it as plain values for JSON; what is not known is NaN."""
    first = replicated[0]
    return {
        "scenario": first.name,
        "seed": first.plan.seed,
        "replications": len(first.values),
        "warm_up_hours": first.warming.hours,
        "precise": all(each.precise for each in replicated),
        "fleets": list(_rows(replicated, asked)),
        "changes": comparison(answers.compared, answers.withheld).to_dict("records"),
        "answers": answers.lines,
    }


def write_fleet_json(document: Mapping[str, Any], path: Path) -> None:
    """The same document gives the same bytes; what is NaN or infinite is null in JSON."""
    path.write_bytes(orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))


def _rows(replicated: Sequence[Replicated], asked: Sequence[Fleet]) -> Iterator[dict[str, Any]]:
    base, *others = replicated
    for type_id in dict.fromkeys(each.type_id for each in asked):
        mine = [(f, r) for f, r in zip(asked, others, strict=True) if f.type_id == type_id]
        units = mine[0][0].units
        sizes = [(0, base), *((fleet.change, other) for fleet, other in mine)]
        for change, one in sorted(sizes, key=lambda size: size[0]):
            for name in classes(base, type_id):
                head = {"type": type_id, "units": units + change, "change": change}
                yield {**head, **_row(one, type_id, name)}


def _row(one: Replicated, type_id: str, patient_class: str) -> dict[str, Any]:
    row: dict[str, Any] = {
        "patient_class": patient_class,
        "priority": priorities(one.built).get(patient_class),
        "asked_a_week": one.interval(Key("equipment_asked", type_id, patient_class)).mean,
    }
    for measure in TOLD:
        found, name = one.interval(Key(measure, type_id, patient_class)), COLUMNS[measure]
        row |= {name: found.mean, f"{name}_low": found.low, f"{name}_high": found.high}
    return row
