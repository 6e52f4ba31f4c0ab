"""The bar of a demo: it moves with the simulated clock on a terminal, and is not there elsewhere."""

from dataclasses import replace
from io import StringIO

import pytest
from rich.console import Console

from cli.demo_progress import Bar, progress_of
from simulations.day_events import Day, Upset
from simulations.day_play import Entry, Ledger, Standing, State
from tests.api_service import NOW, small_hospital

DAY = Day(small_hospital(), NOW, NOW + 1440, NOW + 1440, (), {})


class Nobody:
    """Watches and says nothing."""

    def at(self, minute, event, ledger) -> None:
        pass


def ledger_of(*states: State) -> Ledger:
    entries = {
        f"r{number}": Entry(None, NOW, Standing(f"r{number}", state)) for number, state in enumerate(states)
    }
    return Ledger(DAY, entries)


def console_of(**options) -> Console:
    return Console(file=StringIO(), width=110, **options)


@pytest.mark.parametrize(
    "options",
    [{"force_terminal": False}, {"force_terminal": True, "_environ": {"TERM": "dumb"}}],
    ids=["a file", "a dumb terminal"],
)
def test_where_nothing_can_move_the_day_is_told_in_plain_lines_only(options) -> None:
    console, plain = console_of(**options), Nobody()
    with progress_of(DAY, "UTC", console, plain) as watch:
        assert watch is plain
    assert console.file.getvalue() == ""


def test_on_a_terminal_a_bar_shows_the_simulated_clock_and_the_decisions() -> None:
    console = console_of(force_terminal=True, _environ={"TERM": "xterm"})
    with progress_of(DAY, "UTC", console, Nobody()) as watch:
        assert isinstance(watch, Bar)
        upset = Upset(NOW + 720, "mass_casualty_alert", "an alert")
        states = (State.ARRIVED, State.PLACED, State.WAITING)
        watch.at(upset.minute, upset, ledger_of(*states))
        watch._progress.refresh()
        told = console.file.getvalue()
        assert "Mon 02 Mar 12:00" in told
        assert "50%" in told
        assert "3 decided: 2 placed, 1 waiting" in told
        console.print("M. to B12")
    assert "M. to B12" in console.file.getvalue()


def test_the_bar_is_as_long_as_the_play_and_starts_with_it() -> None:
    console = console_of(force_terminal=True, _environ={"TERM": "xterm"})
    late = replace(DAY, start=NOW + 60)
    with progress_of(late, "UTC", console, Nobody()) as watch:
        task = watch._progress.tasks[0]
        assert (task.total, task.completed) == (1380, 0)
        watch.at(late.end, Upset(late.end, "mass_casualty_alert", "an alert"), ledger_of())
        assert watch._progress.tasks[0].finished
