"""``wardflow roster``: who works which shift, from the files of the public families."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli.verb import verb_app

app = verb_app()

ProblemArgument = Annotated[
    Path,
    typer.Argument(
        metavar="PROBLEM", exists=True, help="Curtois-Qu file, or the folder of the INRC-II data sets."
    ),
]
InstanceOption = Annotated[
    str | None, typer.Option(metavar="NAME", help="With a folder: which instance, as n030w4_1_6-2-9-1.")
]


@app.callback()
def roster() -> None:
    """Who works which shift: solve a roster, recount one, or fill a gap in it."""


@app.command()
def solve(
    problem: ProblemArgument,
    output: Annotated[Path, typer.Option(metavar="FILE", help="A CSV file, or a folder for INRC-II.")],
    instance: InstanceOption = None,
    seconds: Annotated[
        float, typer.Option(min=1, help="Of the whole command, by the clock on the wall.")
    ] = 60,
    workers: Annotated[int, typer.Option(min=1, max=256, help="Searches side by side.")] = 2,
    seed: Annotated[int, typer.Option(min=0, help="Which chance.")] = 1,
) -> None:
    """Search the best roster there is time for, tell how the cost falls, and write it.

    Status 1 when a hard rule stays broken, 2 when the problem cannot be read.
    """
    from cli.roster_work import Source, solve_and_write

    solve_and_write(Source.of(problem, instance), output, seconds, workers, seed)


@app.command()
def check(
    problem: ProblemArgument,
    roster_file: Annotated[
        Path, typer.Argument(metavar="ROSTER", exists=True, help="A CSV file, or a folder for INRC-II.")
    ],
    instance: InstanceOption = None,
) -> None:
    """Recount a roster rule by rule. Status 1 when a hard rule is broken, 2 when a file cannot be read."""
    from cli.roster_work import Source, print_recount
    from solver.rostering.referee import recount

    source = Source.of(problem, instance)
    counted = recount(source.problem, source.roster(roster_file))
    print_recount(counted)
    raise typer.Exit(1 if counted.broken else 0)


@app.command()
def cover(
    problem: ProblemArgument,
    roster_file: Annotated[
        Path, typer.Argument(metavar="ROSTER", exists=True, help="A CSV file, or a folder for INRC-II.")
    ],
    employee: Annotated[str, typer.Option(metavar="ID", help="Who does not come.")],
    day: Annotated[int, typer.Option(min=0, help="On which day, from 0.")],
    instance: InstanceOption = None,
) -> None:
    """Say who could step in for somebody, the best first, what it costs and whose other shifts move.

    Status 1 when nobody may, 2 when a file cannot be read or nobody works then.
    """
    from cli.roster_work import Source, print_ranking
    from solver.rostering.changes import Standing
    from solver.rostering.cover import rank

    source = Source.of(problem, instance)
    ranking = rank(Standing(source.problem, source.roster(roster_file)), employee, day)
    print_ranking(ranking)
    raise typer.Exit(0 if ranking.candidates else 1)
