"""``wardflow simulate fit`` and ``back-test``: a scenario from a log, and any scenario held beside one."""

from __future__ import annotations

import functools
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from simulations.fitting.back_test import BackTest
    from simulations.fitting.reading import Reading

LogArgument = Annotated[
    Path,
    typer.Argument(metavar="LOG.csv", exists=True, dir_okay=False, help="Admissions, transfers, discharges."),
]
OutputOption = Annotated[
    Path, typer.Option("--output", metavar="scenario.yaml", dir_okay=False, help="The new scenario.")
]
ReportOption = Annotated[
    Path | None,
    typer.Option(metavar="FILE.html", dir_okay=False, help="The report; else beside the scenario."),
]
ColumnOption = Annotated[
    list[str] | None,
    typer.Option(
        metavar="ROLE=NAME", help="Which column is patient, ward, class, time, event, start, end ..."
    ),
]
FormatOption = Annotated[
    str | None, typer.Option(metavar="FORMAT", help="Of moments, such as '%d/%m/%Y %H:%M'; else it is found.")
]
GapOption = Annotated[
    str, typer.Option(metavar="DURATION", help="Between two stays of a patient that still belong together.")
]
FromOption = Annotated[
    str | None, typer.Option("--from", metavar="MOMENT", help="Where the recorded time begins.")
]
UntilOption = Annotated[str | None, typer.Option(metavar="MOMENT", help="Where it ends.")]
KeepsOption = Annotated[
    list[str] | None,
    typer.Option(
        metavar="WARD", help="Its beds are kept until the next ward has one, whatever the log says."
    ),
]
FreesOption = Annotated[
    list[str] | None,
    typer.Option(
        metavar="WARD", help="Its beds are free when the next ward is asked for, whatever the log says."
    ),
]
SeedOption = Annotated[int, typer.Option(min=0, help="Which chance; the same seed gives the same report.")]
ReplicationsOption = Annotated[int, typer.Option(min=40, help="Of the recorded time.")]
WorkersOption = Annotated[
    int, typer.Option(min=1, max=256, help="Threads; they change nothing but the time.")
]


def fit(
    log: LogArgument,
    output: OutputOption,
    report: ReportOption = None,
    column: ColumnOption = None,
    time_format: FormatOption = None,
    gap: GapOption = "1 h",
    begin: FromOption = None,
    until: UntilOption = None,
    hold_out: Annotated[
        float, typer.Option(min=0.0, max=0.9, help="The share at the end that is foretold instead of fitted.")
    ] = 0.0,
    beds: Annotated[
        list[str] | None, typer.Option(metavar="WARD=N", help="How many there are; else it is estimated.")
    ] = None,
    stays: Annotated[
        str, typer.Option(metavar="auto|named|empirical", help="How lengths of stay are told.")
    ] = "auto",
    silent_when_full: Annotated[
        list[str] | None,
        typer.Option(metavar="WARD", help="Who comes while it is full leaves no row in the log."),
    ] = None,
    keeps_bed: KeepsOption = None,
    frees_bed: FreesOption = None,
    seed: SeedOption = 1,
    replications: ReplicationsOption = 100,
    workers: WorkersOption = 1,
) -> None:
    """Estimate a scenario from a log, simulate the recorded time, and show what does not fit, misfit first."""
    from cli.simulate_work import progress_bar
    from simulations.fitting.estimate import Asked
    from simulations.fitting.fit import Request, back_tested
    from simulations.fitting.fit import fit as estimate

    page = report or output.with_name(f"{output.stem}-back-test.html")
    _refuse_there(output, page)
    asked = Asked(_one_of(stays), _beds(beds or []), tuple(silent_when_full or []))
    request = Request(
        _reading(column, time_format, gap, keeps_bed, frees_bed),
        asked,
        *_times(begin, until),
        hold_out=hold_out,
    )
    found = estimate(log, request)
    _compile()
    with progress_bar() as watch:
        tested = back_tested(found, seed=seed, replications=replications, workers=workers, watch=watch)
    output.write_text(found.text, encoding="utf-8")
    options = f" --hold-out {hold_out:g}" if hold_out else ""
    _show(tested, page, f"wardflow simulate fit{options} --seed {seed} --replications {replications}")
    typer.echo(f"Wrote {output} and {page}.")


def back_test(
    scenario: Annotated[Path, typer.Argument(metavar="S.yaml", exists=True, dir_okay=False)],
    log: LogArgument,
    report: ReportOption = None,
    column: ColumnOption = None,
    time_format: FormatOption = None,
    gap: GapOption = "1 h",
    begin: FromOption = None,
    until: UntilOption = None,
    keeps_bed: KeepsOption = None,
    frees_bed: FreesOption = None,
    seed: SeedOption = 1,
    replications: ReplicationsOption = 100,
    workers: WorkersOption = 1,
) -> None:
    """Simulate the time that a log records with any scenario, and show what does not fit, misfit first.

    Steps stand for the wards of the log that are called as they are.
    """
    from cli.simulate_work import progress_bar
    from simulations.fitting.fit import Request, against

    page = report or scenario.with_name(f"{scenario.stem}-back-test.html")
    _refuse_there(page)
    request = Request(
        _reading(column, time_format, gap, keeps_bed, frees_bed), Request().asked, *_times(begin, until)
    )
    _compile()
    with progress_bar() as watch:
        tested = against(
            scenario, log, request, seed=seed, replications=replications, workers=workers, watch=watch
        )
    _show(tested, page, f"wardflow simulate back-test --seed {seed} --replications {replications}")
    typer.echo(f"Wrote {page}.")


def _refuse_there(*files: Path) -> None:
    from cli.errors import Refused

    there = [file for file in files if file.exists()]
    if there:
        raise Refused(f"{there[0]} is there already, and nothing is overwritten. Name another file.")


def _reading(
    column: list[str] | None,
    time_format: str | None,
    gap: str,
    keeps_bed: list[str] | None,
    frees_bed: list[str] | None,
) -> Reading:
    from simulations.fitting.reading import Reading
    from simulations.scenarios.units import DURATION, hours_of
    from solver.engine.errors import InvalidInstance, Problem

    try:
        hours = hours_of(gap)
    except ValueError:
        raise InvalidInstance([Problem("--gap", gap, DURATION, "Write --gap '2 h'.")]) from None
    columns = dict(_pair("--column", each, "patient=encounter") for each in column or [])
    return Reading(columns, time_format, hours, tuple(keeps_bed or []), tuple(frees_bed or []))


def _pair(option: str, text: str, example: str) -> tuple[str, str]:
    from solver.engine.errors import InvalidInstance, Problem

    name, equals, value = text.partition("=")
    if not equals or not name.strip() or not value.strip():
        raise InvalidInstance([Problem(option, text, "a name, = and a value", f"Write {option} {example}.")])
    return name.strip(), value.strip()


def _beds(given: list[str]) -> dict[str, int]:
    from solver.engine.errors import Problem, refuse_if_any

    pairs = [_pair("--beds", each, "icu=12") for each in given]
    refuse_if_any(
        Problem("--beds", f"{ward}={number}", "a whole number above 0", "Write --beds icu=12.")
        for ward, number in pairs
        if not number.isdecimal() or not int(number)
    )
    return {ward: int(number) for ward, number in pairs}


def _one_of(stays: str) -> str:
    from solver.engine.errors import Problem, refuse_if_any

    known = ("auto", "named", "empirical")
    if stays not in known:
        refuse_if_any([Problem("--stays", stays, f"one of {', '.join(known)}", "Correct it.")])
    return stays


def _times(begin: str | None, until: str | None) -> tuple[datetime | None, datetime | None]:
    from solver.engine.errors import InvalidInstance, Problem

    found: list[datetime | None] = []
    for option, text in (("--from", begin), ("--until", until)):
        try:
            moment = datetime.fromisoformat(text) if text else None
        except ValueError:
            moment, wrong = None, True
        else:
            wrong = moment is not None and moment.tzinfo is not None
        if wrong:
            remedy = f"Write {option} '2026-01-05 00:00'."
            raise InvalidInstance([Problem(option, text, "a moment of the hospital's own clock", remedy)])
        found.append(moment)
    return found[0], found[1]


def _compile() -> None:
    from cli.kernels import SIMULATION, compile_if_cold

    compile_if_cold(functools.partial(typer.echo, err=True), SIMULATION)


def _show(tested: BackTest, page: Path, command: str) -> None:
    """The table on the screen, and the report."""
    from rich.table import Table
    from rich.text import Text

    from cli.simulate_work import screen
    from simulations.reports.back_test_page import HEADER, back_test_page, shown, size_shown

    console = screen()
    console.print(Text(tested.verdict))
    table = Table(title="Recorded and simulated, misfit first", title_justify="left")
    for heading in HEADER:
        table.add_column(heading, justify="right" if heading else "left")
    for each in tested.misfits:
        table.add_row(
            Text(each.title + (f", {each.unit}" if each.unit else "")),
            shown(each.recorded, each),
            shown(each.mean, each),
            f"{shown(each.low, each)} to {shown(each.high, each)}",
            size_shown(each) + (" !" if each.outside else ""),
        )
    console.print(table)
    page.write_text(back_test_page(tested, command), encoding="utf-8")
