"""The best plan known of each instance and the best bound proven, with where they come from: ``best_known.csv``.

A cost enters only when the referee has counted it and it is lower than what stands there, a bound only when it is
higher; costs and bounds that contradict each other are refused, because then one of the two is wrong.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any, Final

FILE: Final = Path(__file__).with_name("best_known.csv")


class Contradiction(ValueError):
    """A plan that costs less than what is proven to be the least."""


@dataclass(frozen=True, slots=True)
class Known:
    """One row. ``cost`` by the referee; ``bound``: no plan costs less (None: nothing proven); for each the engine,
    the code's revision and the command that finds it again."""

    instance: str
    cost: int
    engine: str
    revision: str
    command: str
    bound: int | None = None
    bound_engine: str = ""
    bound_revision: str = ""
    bound_command: str = ""

    @property
    def open_gap(self) -> float | None:
        """(cost - bound) / cost: the most that a better plan could save."""
        return None if self.bound is None else (self.cost - self.bound) / max(1, abs(self.cost))


def gap(cost: int, known: Known) -> float:
    """By what share a cost lies above the best known."""
    return (cost - known.cost) / max(1, abs(known.cost))


def read(path: Path = FILE) -> dict[str, Known]:
    """The rows by instance; none when there is no file."""
    if not path.exists():
        return {}
    with path.open(encoding="utf-8", newline="") as file:
        return {row["instance"]: _row(row) for row in csv.DictReader(file)}


def _row(row: Mapping[str, str]) -> Known:
    values: dict[str, Any] = dict(row)
    values["cost"] = int(row["cost"])
    values["bound"] = int(row["bound"]) if row["bound"] else None
    return Known(**values)


def write(rows: Iterable[Known], path: Path = FILE) -> None:
    """The rows in their order, in place of what the file held."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, [field.name for field in fields(Known)], lineterminator="\n")
        writer.writeheader()
        for row in rows:
            values = asdict(row)
            writer.writerow(values | {"bound": "" if row.bound is None else row.bound})


def improved(known: Known | None, result: Mapping[str, Any]) -> Known:
    """What is known after a result (a line of ``results/placing.jsonl``); equal to ``known`` when it adds nothing.

    Raises Contradiction.
    """
    engine, revision, command = (str(result[name]) for name in ("engine", "revision", "command"))
    cost, bound = int(result["cost"]), result.get("bound")
    after = known or Known(str(result["instance"]), cost, engine, revision, command)
    if cost < after.cost:
        after = replace(after, cost=cost, engine=engine, revision=revision, command=command)
    if bound is not None and (after.bound is None or bound > after.bound):
        after = replace(
            after, bound=int(bound), bound_engine=engine, bound_revision=revision, bound_command=command
        )
    if after.bound is not None and after.bound > after.cost:
        raise Contradiction(
            f"{after.instance}: a plan of {after.engine} costs {after.cost}, but by {after.bound_engine} none "
            f"costs less than {after.bound}. One of the two is wrong: repeat both commands and look which."
        )
    return after
