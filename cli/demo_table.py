"""The table a demo ends with, and the lists of who still waits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from simulations.day_outcome import Fate, Outcome, Unplaced
from solver.hospital import Priority, from_minute

MOST_LISTED = 6


@dataclass(frozen=True, slots=True)
class Told:
    """How things are said: initials by person id, time zone, whether waits are told in days."""

    name: Callable[[str], str]
    zone: str
    days: bool = False


def print_table(
    console: Console, here: Outcome, beside: Outcome, latency: tuple[float, float], told: Told
) -> None:
    """The day over HTTP beside the same day under first-fit."""
    table = Table(
        box=box.ASCII if not console.is_terminal else box.ROUNDED,
        title="The days" if told.days else "The day",
        title_justify="left",
    )
    table.add_column("", no_wrap=True)
    table.add_column("wardflow over HTTP", justify="right", no_wrap=True)
    table.add_column("first-fit, same day", justify="right", no_wrap=True)
    for label, figure in _FIGURES:
        table.add_row(label, figure(here), figure(beside))
    table.add_section()
    for priority in Priority:
        if priority in here.waits:
            label = f"wait of {priority.name.lower()}, {'days' if told.days else 'minutes'}: mean/median/most"
            table.add_row(label, _wait(here, priority, told.days), _wait(beside, priority, told.days))
    unit = 1440 if told.days else 1
    label = f"waiting weighted by priority, {'days' if told.days else 'minutes'} of routine"
    table.add_row(label, f"{here.weighted_minutes / unit:,.0f}", f"{beside.weighted_minutes / unit:,.0f}")
    table.add_section()
    for label, figure in _CARE:
        table.add_row(label, figure(here), figure(beside))
    table.add_row("latency of a request, median", f"{latency[0]:.1f} ms", "-")
    table.add_row("latency of a request, 99th percentile", f"{latency[1]:.1f} ms", "-")
    console.print(table)
    console.print("Who has no bed yet is counted as waiting until the end of the play.", highlight=False)


_FIGURES: tuple[tuple[str, Callable[[Outcome], str]], ...] = (
    ("requests", lambda o: str(o.requests)),
    ("placed", lambda o: str(o.placed)),
    ("waiting", lambda o: str(o.waiting)),
    ("escalated", lambda o: str(o.escalated)),
    ("invalid", lambda o: str(o.invalid)),
)
_CARE: tuple[tuple[str, Callable[[Outcome], str]], ...] = (
    ("minutes below the nursing floor", lambda o: "-" if o.floor_minutes is None else str(o.floor_minutes)),
    ("patients on a ward of another speciality", lambda o: str(o.outliers)),
    ("transfers", lambda o: str(o.transfers)),
    ("hard rules broken by decisions", lambda o: str(sum(o.broken.values()))),
)


def _wait(outcome: Outcome, priority: Priority, days: bool) -> str:
    waits = outcome.waits.get(priority)
    if waits is None:
        return "-"
    if days:
        return f"{waits.mean / 1440:.1f} / {waits.median / 1440:.1f} / {waits.most / 1440:.1f}"
    return f"{waits.mean:.0f} / {waits.median:.0f} / {waits.most}"


def print_unplaced(console: Console, outcome: Outcome, told: Told) -> None:
    """Who has no place at the end: waiting with when it fits, escalated with whom to call besides."""
    for fate, head in ((Fate.WAITING, "Waiting"), (Fate.ESCALATED, "Escalated")):
        items = [item for item in outcome.unplaced if item.fate is fate]
        items.sort(key=lambda item: (item.request.priority, item.request.needed_by))
        for item in items[:MOST_LISTED]:
            console.print(f"{head}: {_line(item, told)}", highlight=False, markup=False)
        if len(items) > MOST_LISTED:
            console.print(f"{head}: and {len(items) - MOST_LISTED} more.", highlight=False)


def _line(item: Unplaced, told: Told) -> str:
    fits = "nothing within the forecast"
    if item.fits_from is not None:
        fits = f"fits from {from_minute(item.fits_from, told.zone):%a %d %b %H:%M}"
    call = f"; call {item.call}" if item.call else ""
    return escape(
        f"{told.name(item.request.person_id)} ({item.request.priority.name.lower()}), {fits}{call}."
    )
