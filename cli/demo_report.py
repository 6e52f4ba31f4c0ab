"""What a demo prints in the end, and whether all is well."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cli.demo_table import Told, print_table, print_unplaced

if TYPE_CHECKING:
    from rich.console import Console

    from cli.demo_play import Played
    from cli.demo_script import Script
    from simulations.day_outcome import Outcome


def report(script: Script, played: Played, beside: Outcome, console: Console) -> int:
    """Print table, lists and recount; returns how many things are wrong."""
    told = Told(played.teller.name, script.zone, days=script.case is not None)
    console.print()
    print_unplaced(console, played.outcome, told)
    print_table(console, played.outcome, beside, played.latency, told)
    wrong = [f"{v.rule}: {', '.join(v.subjects)}: {v.detail}" for v in played.recounted.violations]
    console.print(f"invariants: {len(wrong)} violations (recounted from the database)", highlight=False)
    if script.case is not None:
        wrong += _instance(script, played, console)
    if played.outcome.broken:
        wrong.append(f"decisions the referee did not confirm: {sum(played.outcome.broken.values())}")
    if played.invalid_taken:
        wrong.append(f"requests that are none and were taken all the same: {played.invalid_taken}")
    for sentence in wrong:
        console.print(f"WRONG: {sentence}", markup=False, highlight=False)
    return len(wrong)


def _instance(script: Script, played: Played, console: Console) -> list[str]:
    """The recount against the instance file; returns what is wrong. An admission after the due day is told, and
    is a wait, not a broken rule of placing."""
    from simulations.day_ihtc import rows
    from simulations.ihtc_recount import recount

    case = script.case
    assert case is not None, "asked for instances only"
    found = recount(case.document, rows(case, played.recounted.lain))
    console.print(
        f"recounted from instance file and database: {found.mixed} in mixed rooms, {found.over_capacity} over a "
        f"room's capacity, {found.incompatible} in incompatible rooms, {found.early_or_late} admitted outside "
        "release and due day",
        highlight=False,
    )
    console.print("equipment, drugs: not in this instance", highlight=False)
    hard = found.mixed + found.over_capacity + found.incompatible + found.shortened + found.unknown
    return list(found.details) if hard else []
