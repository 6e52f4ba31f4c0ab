"""``wardflow simulate load``: a scenario's demand, sent to a sandbox's service as its wards would."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli.errors import Refused

DEFAULT_RATE = 20.0

ScenarioArgument = Annotated[Path, typer.Argument(metavar="S.yaml", exists=True, dir_okay=False)]
TargetOption = Annotated[
    list[str] | None,
    typer.Option(
        metavar="URL",
        help="A sandbox's service; several of one hospital may be named. Without it one is made from the scenario.",
    ),
]
TokenOption = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        exists=True,
        dir_okay=False,
        help="With --target: its token, good for sandboxes only. [default: WARDFLOW_LOAD_TOKEN]",
    ),
]
NamedOption = Annotated[
    list[str] | None,
    typer.Option("--as", metavar="RESOURCE=NAME", help="What a resource is called at the target."),
]
RateOption = Annotated[
    float | None, typer.Option(min=0.01, help="Operations a second, on average. [default: 20]")
]
CompressionOption = Annotated[
    float | None, typer.Option(min=1.0, help="Instead: seconds of the hospital in one of the load.")
]
SecondsOption = Annotated[float, typer.Option(min=1.0, help="How long is measured, after filling.")]
SitesOption = Annotated[int, typer.Option(min=1, max=1000, help="Hospitals with this demand.")]
ProcessesOption = Annotated[int, typer.Option(min=1, max=256, help="Of the generator.")]
ShapeOption = Annotated[
    str, typer.Option(help="steady, surge, casualties, handover, storm, step (to find the knee) or soak.")
]
StepOption = Annotated[float, typer.Option(min=1.0, help="With --shape step: of each step.")]
GoalOption = Annotated[float, typer.Option(min=0.1, help="Wanted of 99 % of the answers.")]
SeedOption = Annotated[int, typer.Option(min=0, help="Which chance: the same patients, as long.")]
JudgeOption = Annotated[
    bool, typer.Option("--judge/--no-judge", help="Judge every decision again from the database.")
]
DatabaseOption = Annotated[
    str | None, typer.Option(metavar="URL", help="With --target: its PostgreSQL, to be recounted afterwards.")
]
KeyFileOption = Annotated[Path | None, typer.Option(metavar="FILE", help="What opens that.")]
OutputOption = Annotated[
    Path | None,
    typer.Option(metavar="DIR", file_okay=False, help="Write report.html, load.json and the journal."),
]


def load(
    scenario: ScenarioArgument,
    target: TargetOption = None,
    token_file: TokenOption = None,
    named: NamedOption = None,
    rate: RateOption = None,
    compression: CompressionOption = None,
    seconds: SecondsOption = 60.0,
    sites: SitesOption = 1,
    processes: ProcessesOption = 1,
    shape: ShapeOption = "steady",
    step_seconds: StepOption = 60.0,
    goal_ms: GoalOption = 200.0,
    seed: SeedOption = 1,
    judge: JudgeOption = True,
    database: DatabaseOption = None,
    key_file: KeyFileOption = None,
    output: OutputOption = None,
) -> None:
    """Send a scenario's demand to a sandbox's service as its wards would, whatever it answers; then find out whether
    anything was lost, doubled or told otherwise. Status 1 if so, or if the run is void."""
    from cli.load_work import Given, LoadWork
    from simulations.load.plan import Wanted
    from simulations.load.shapes import Shape

    if rate is not None and compression is not None:
        raise Refused("--rate follows from --compression, or the other way round. Leave one of them out.")
    if shape not in list(Shape):
        raise Refused(f"--shape {shape}: expected one of {', '.join(Shape)}.")
    asked = DEFAULT_RATE if rate is compression is None else rate
    wanted = Wanted(seconds, sites, asked, compression, Shape(shape), step_seconds, seed)
    given = Given(tuple(target or ()), token_file, tuple(named or ()), database, key_file)
    LoadWork(scenario, given, output, goal_ms, processes, judge).run(wanted)
