"""Tidy tables: one number a row. The same experiment gives the same bytes."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from simulations.engine.codes import Event
from simulations.engine.outcome import Outcome
from simulations.experiments.catalogue import MEASURES
from simulations.experiments.comparing import Compared, Withheld, withheld
from simulations.experiments.replications import Replicated
from simulations.placing.model import CLASSES
from simulations.placing.outcome import Outcome as PlacedOutcome
from simulations.scenarios.build import Built
from simulations.scenarios.build_placed import Placed


def tidy(replicated: Iterable[Replicated]) -> pd.DataFrame:
    """Every number of every replication.

    Columns: scenario, replication, measure, place, patient_class, hour (-1: the whole day), value, unit.
    ``place`` and ``patient_class`` are empty where everything is meant; ``value`` is NaN where nothing was
    observed.
    """
    return pd.concat([_tidy(each) for each in replicated], ignore_index=True)


def _tidy(replicated: Replicated) -> pd.DataFrame:
    count, width = replicated.values.shape
    keys = pd.DataFrame(replicated.keys, columns=["measure", "place", "patient_class", "hour"])
    frame = pd.concat([keys] * count, ignore_index=True)
    frame.insert(0, "scenario", replicated.name)
    frame.insert(1, "replication", [i for i in range(count) for _ in range(width)])
    frame["value"] = replicated.values.ravel()
    frame["unit"] = [MEASURES[measure].unit for measure in frame["measure"]]
    return frame


def summary(replicated: Iterable[Replicated]) -> pd.DataFrame:
    """Means with 95 % intervals.

    Columns: scenario, measure, place, patient_class, hour, mean, low, high, replications, unit.
    """
    rows = []
    for each in replicated:
        for key in each.keys:
            found = each.interval(key)
            unit = MEASURES[key.measure].unit
            rows.append((each.name, *key, found.mean, found.low, found.high, found.replications, unit))
    columns = ["scenario", "measure", "place", "patient_class", "hour", "mean", "low", "high"]
    return pd.DataFrame(rows, columns=[*columns, "replications", "unit"])


def comparison(compared: Iterable[Compared], withheld: Iterable[Withheld] = ()) -> pd.DataFrame:
    """Differences from the first scenario.

    Columns: scenario, base, measure, place, patient_class, change, low, high (of this measure alone), low_all,
    high_all (of all measures at once), p_value, adjusted_p_value (Holm), decided, verdict. What was withheld, since it
    would mislead, has no numbers, and a verdict that says why.
    """
    rows = []
    for each in compared:
        alone, at_once = each.difference.interval, each.difference.simultaneous
        rows.append(
            {
                **_compared_what(each),
                "change": alone.mean,
                "low": alone.low,
                "high": alone.high,
                "low_all": at_once.low,
                "high_all": at_once.high,
                "p_value": each.difference.p_value,
                "adjusted_p_value": each.difference.adjusted_p_value,
                "decided": each.difference.decided,
                "verdict": each.line,
            }
        )
    nothing = dict.fromkeys(NUMBERS, math.nan)
    rows += [{**_compared_what(each), **nothing, "decided": False, "verdict": each.line} for each in withheld]
    return pd.DataFrame(rows)


NUMBERS = ("change", "low", "high", "low_all", "high_all", "p_value", "adjusted_p_value")


def _compared_what(each: Compared | Withheld) -> dict[str, object]:
    return {
        "scenario": each.name,
        "base": each.base,
        "measure": each.key.measure,
        "place": each.key.place,
        "patient_class": each.key.patient_class,
    }


def event_log(outcome: Outcome, built: Built) -> pd.DataFrame:
    """One row per event. Columns: hours from the start, time, event, patient_class, step, source, number.

    ``source`` and ``number`` together are one patient; everybody in it is simulated.
    """
    own = [outcome.class_names.index(each.name) for each in built.model.classes]
    # Machines that break down are patients to the engine, and nobody's.
    log = outcome.log[np.isin(outcome.log[:, 2], own)]
    hours = pd.Series(log[:, 0])
    start = pd.Timestamp(built.scenario.run.start)
    numbers = log[:, 1:].astype(int)
    return pd.DataFrame(
        {
            "hours": hours,
            "time": (start + pd.to_timedelta((hours * 3600).round(), unit="s")).astype("datetime64[s]"),
            "event": [Event(code).name.lower() for code in numbers[:, 0]],
            "patient_class": [outcome.class_names[c] for c in numbers[:, 1]],
            "step": [outcome.step_names[s] if s >= 0 else "" for s in numbers[:, 2]],
            "source": [outcome.source_names[s] if s >= 0 else "" for s in numbers[:, 3]],
            "number": numbers[:, 4],
        }
    )


def placed_log(outcome: PlacedOutcome, built: Placed) -> pd.DataFrame:
    """One row per decision. Columns: hours from the start, time, event (booked, waits), patient_class, bed, starts_in
    (hours from the decision), number: one patient; everybody in it is simulated."""
    minute, row, bed, start, _ = outcome.log.T
    hours = (minute - outcome.start) / 60
    begin = pd.Timestamp(built.scenario.run.start)
    return pd.DataFrame(
        {
            "hours": hours,
            "time": (begin + pd.to_timedelta(pd.Series(minute - outcome.start), unit="min")).astype(
                "datetime64[s]"
            ),
            "event": np.where(bed >= 0, "booked", "waits"),
            "patient_class": [CLASSES[priority] for priority in outcome.priority[row]],
            "bed": [outcome.bed_ids[each] if each >= 0 else "" for each in bed],
            "starts_in": np.where(bed >= 0, (start - minute) / 60, np.nan),
            "number": row,
        }
    )


def write_csv(frame: pd.DataFrame, path: Path) -> None:
    """With 12 significant digits, which is more than any number of them means."""
    frame.to_csv(path, index=False, float_format="%.12g", lineterminator="\n")


def write_parquet(frame: pd.DataFrame, path: Path) -> None:
    """Without the versions of the libraries that wrote it, which pandas would store."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    pq.write_table(pa.Table.from_pandas(frame, preserve_index=False).replace_schema_metadata(), path)


def tables_of(
    replicated: Sequence[Replicated],
    compared: Sequence[Compared],
    silent: Sequence[Withheld] | None = None,
) -> dict[str, pd.DataFrame]:
    """Every table of an experiment, by the name of its file. ``silent``: what was not compared; None: the headline
    measures that would mislead."""
    found = {"replications": tidy(replicated), "summary": summary(replicated)}
    if compared:
        found["comparison"] = comparison(compared, withheld(replicated) if silent is None else silent)
    return found
