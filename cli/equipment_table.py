"""What fleets of equipment do, for a terminal: a table for each type, then the answers in words."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from cli.simulate_table import print_heading, shown
from simulations.experiments.catalogue import MEASURES, Key
from simulations.experiments.fleet import TOLD, Answers, Fleet, asking, classes
from simulations.experiments.replications import Replicated


def print_fleets(
    replicated: Sequence[Replicated], asked: Sequence[Fleet], found: Answers, console: Console
) -> None:
    """``replicated``: the fleet as it is, then ``asked`` in their order."""
    base, *others = replicated
    print_heading(base, console)
    for type_id in dict.fromkeys(each.type_id for each in asked):
        mine = [(f, r) for f, r in zip(asked, others, strict=True) if f.type_id == type_id]
        _print_type(type_id, base, mine, console)
    for line in found.lines:
        console.print(Text(line))
    console.print(
        f"{len(base.values)} replications each with the same requests, "
        f"{len(found.compared)} comparisons corrected for",
        highlight=False,
    )


def _print_type(
    type_id: str, base: Replicated, mine: Sequence[tuple[Fleet, Replicated]], console: Console
) -> None:
    """Refusals and waits of who asks for a type; fleets down, classes across."""
    key = Key("equipment_asked", type_id)
    if not base.of(key).any():
        return
    units = mine[0][0].units
    console.print(Text(f"{type_id}: {units} units, {shown(base.interval(key), key)} requests a week"))
    sizes = sorted([(0, base), *((fleet.change, other) for fleet, other in mine)], key=lambda size: size[0])
    for measure in TOLD:
        console.print(_table(measure, type_id, mine[0][0], sizes))


def _table(measure: str, type_id: str, fleet: Fleet, sizes: Sequence[tuple[int, Replicated]]) -> Table:
    title = f"{MEASURES[measure].title}, {MEASURES[measure].unit}"
    table = Table(title=title, title_justify="left")
    table.add_column("units")
    base = dict(sizes)[0]
    words, names = asking(fleet, base.built), classes(base, type_id)
    for name in names:
        table.add_column(Text(words.whose(name).removeprefix(" of ") or "all"), justify="right")
    for change, one in sizes:
        keys = [Key(measure, type_id, name) for name in names]
        label = f"{fleet.units + change}" + ("" if change else ", as it is")
        table.add_row(label, *(shown(one.interval(key), key) for key in keys))
    return table
