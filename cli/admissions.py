"""``wardflow admissions``: who is admitted when and where, from the files of the public families."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli.verb import verb_app

app = verb_app()

InstanceArgument = Annotated[
    Path,
    typer.Argument(
        metavar="INSTANCE",
        exists=True,
        dir_okay=False,
        help="A file of a public family: IHTC-2024 JSON, PAS text, OR-PAS XML, PRA JSON.",
    ),
]
ClockOption = typer.Option(
    metavar="wall|cpu", help="What seconds are: of the clock on the wall, or of the processor per worker."
)


def refuse_other_clocks(clock: str) -> None:
    """Raise ``Refused`` for a clock that there is not."""
    from cli.errors import Refused

    if clock not in ("wall", "cpu"):
        raise Refused(f"--clock {clock!r}: expected wall or cpu.")


@app.callback()
def admissions() -> None:
    """Who is admitted on which day, into which room and theatre, with which nurse: plan it, or recount a plan."""


@app.command()
def solve(
    instance: InstanceArgument,
    output: Annotated[
        Path, typer.Option(metavar="FILE", dir_okay=False, help="The plan, in the format of its family.")
    ],
    seconds: Annotated[float, typer.Option(min=1, help="Of the whole command.")] = 60,
    workers: Annotated[int, typer.Option(min=1, max=256, help="Searches side by side.")] = 2,
    seed: Annotated[int, typer.Option(min=0, help="Which chance.")] = 1,
    clock: Annotated[str, ClockOption] = "wall",
) -> None:
    """Search the best plan there is time for, tell how the cost falls, and write it.

    Status 1 when a hard rule stays broken, 2 when the instance cannot be read.
    """
    from cli.admissions_kinds import Asked, family_of
    from cli.outputs import refuse_unwritable

    refuse_other_clocks(clock)
    refuse_unwritable(output)
    family_of(instance).solve_and_write(Asked(instance, output, seconds, workers, seed, clock))


@app.command()
def replay(
    instance: InstanceArgument,
    output: Annotated[
        Path | None, typer.Option(metavar="FILE", dir_okay=False, help="Where the plan goes, if anywhere.")
    ] = None,
    seconds: Annotated[float, typer.Option(min=0.05, help="Of search on each day.")] = 10,
    moves: Annotated[
        int | None,
        typer.Option(min=1, help="Moves of the search on each day, instead of seconds: then a seed repeats."),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Which chance.")] = 1,
    clock: Annotated[str, ClockOption] = "wall",
) -> None:
    """Play the days one by one: each morning all who are registered are known, and who is admitted stays so.

    Prints a line for each day, then every rule and the cost. Status 1 when a hard rule is broken, 2 when the instance
    cannot be read.
    """
    from cli.admissions_kinds import AskedReplay, family_of
    from cli.outputs import refuse_unwritable

    refuse_other_clocks(clock)
    refuse_unwritable(output)
    family_of(instance).replay(AskedReplay(instance, output, seconds, moves, seed, clock))


@app.command()
def check(
    instance: InstanceArgument,
    plan: Annotated[
        Path,
        typer.Argument(metavar="PLAN", exists=True, dir_okay=False, help="A plan in the family's format."),
    ],
) -> None:
    """Recount a plan rule by rule. Status 1 when a hard rule is broken, 2 when a file cannot be read."""
    from cli.admissions_kinds import family_of

    family_of(instance).check(instance, plan)
