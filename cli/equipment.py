"""``wardflow equipment``: plan bookings of units, and check a plan."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli.places import DatabaseOption, KeyFileOption
from cli.simulate import BudgetOption, PrecisionOption, ReplicationsOption
from cli.simulate import OutputOption as DirectoryOption
from cli.verb import verb_app

app = verb_app()

ProblemArgument = Annotated[
    Path, typer.Argument(metavar="BOOKINGS", exists=True, dir_okay=False, help="JSON, or SMPTSP text.")
]
SecondsOption = Annotated[float, typer.Option(min=1.0, help="Wall time of the whole command.")]
WorkersOption = Annotated[int, typer.Option(min=1, max=256, help="Threads.")]
SeedOption = Annotated[int, typer.Option(min=0, help="Which chance.")]
SnapshotOption = Annotated[
    bool,
    typer.Option("--from-snapshot", help="Between the bookings of the stored hospital; stop its service."),
]
OutputOption = Annotated[Path | None, typer.Option(metavar="PLAN.csv", dir_okay=False, help="The plan.")]


@app.callback()
def equipment() -> None:
    """Bookings of units: which unit serves which booking, when."""


@app.command()
def solve(
    bookings: ProblemArgument,
    seconds: SecondsOption = 60.0,
    workers: WorkersOption = 1,
    seed: SeedOption = 1,
    output: OutputOption = None,
    from_snapshot: SnapshotOption = False,
    database: DatabaseOption = None,
    key_file: KeyFileOption = None,
) -> None:
    """Plan the bookings at the least cost, with a bound that no plan can beat.

    JSON has bookings with windows, of which some may stay unserved; SMPTSP text (.dat, .dat.gz) has bookings
    of fixed times, all to be served by as few devices as possible. With --from-snapshot the JSON has bookings
    `wanted` of the stored hospital, as POST /equipment/plans takes them; PLAN.bookings.json beside the plan is
    what `check` and `repair` read with it.
    """
    from cli.equipment_work import Search, solved, solved_live

    search = Search(seconds, workers, seed)
    if from_snapshot:
        solved_live(bookings, database, key_file, search, output)
    else:
        solved(bookings, search, output)


@app.command()
def check(
    bookings: ProblemArgument,
    plan: Annotated[Path, typer.Argument(metavar="PLAN.csv", exists=True, dir_okay=False)],
) -> None:
    """Recount every rule of a plan and the total; status 1 if a hard rule is broken, 2 if a file cannot be read."""
    from cli.equipment_work import checked

    raise typer.Exit(1 if checked(bookings, plan) else 0)


@app.command()
def fleet(
    bookings: Annotated[
        Path,
        typer.Argument(
            metavar="FILE", exists=True, dir_okay=False, help="Bookings (JSON) or a scenario (YAML)."
        ),
    ],
    type_id: Annotated[
        list[str] | None,
        typer.Option(
            "--type", help="Whose units become more or fewer; of a scenario else each type asked for."
        ),
    ] = None,
    change: Annotated[list[int] | None, typer.Option(help="Units more; may be given again.")] = None,
    around: Annotated[
        int | None, typer.Option(help="Up to so many fewer and more; else 1 of a scenario, 2 of bookings.")
    ] = None,
    seconds: Annotated[float | None, typer.Option(min=0.1, help="Of each plan of bookings; else 10.")] = None,
    workers: WorkersOption = 1,
    seed: SeedOption = 1,
    replications: ReplicationsOption = None,
    precision: PrecisionOption = None,
    budget: BudgetOption = None,
    output: DirectoryOption = None,
) -> None:
    """What one unit more or fewer of a type does to refusals and waits.

    Of bookings in JSON the same ones are planned for each fleet. A scenario, as `wardflow simulate` takes it, is
    simulated with each fleet, the very same requests in all: waits and refusals by priority, and what each fleet
    changes, with intervals of 95 %.
    """
    from cli.equipment_fleet import Asking, asked

    asked(
        bookings,
        Asking(
            tuple(type_id or ()),
            tuple(change or ()),
            around,
            workers,
            seed,
            seconds,
            replications,
            precision,
            budget,
            output,
        ),
    )


@app.command()
def repair(
    bookings: ProblemArgument,
    plan: Annotated[Path, typer.Argument(metavar="PLAN.csv", exists=True, dir_okay=False)],
    out: Annotated[list[str], typer.Option(metavar="DEVICE:FROM-UNTIL", help="Failed; may be given again.")],
    now: Annotated[int, typer.Option(min=0, help="The minute it is: what has begun stays.")] = 0,
    changes: Annotated[int, typer.Option(min=0, help="Other bookings that may change, at most.")] = 5,
    rounds: Annotated[int, typer.Option(min=0, max=1000, help="Choices of them that are tried.")] = 20,
    seconds: Annotated[float, typer.Option(min=0.1, help="Of each choice.")] = 1.0,
    seed: SeedOption = 1,
    output: OutputOption = None,
) -> None:
    """Give other devices or later starts to bookings whose device fails, and name everyone who must be told."""
    from cli.equipment_repair import repaired

    repaired(bookings, plan, out, now, changes, rounds, seconds, seed, output)
