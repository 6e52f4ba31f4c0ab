"""``wardflow simulate``: what if, from scenarios in YAML."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli import simulate_fit, simulate_load
from cli.places import DatabaseOption, KeyFileOption
from cli.verb import verb_app

app = verb_app()
app.command("fit")(simulate_fit.fit)
app.command("back-test")(simulate_fit.back_test)
app.command("load")(simulate_load.load)

ScenarioArgument = Annotated[Path, typer.Argument(metavar="S.yaml", exists=True, dir_okay=False)]
SeedOption = Annotated[int, typer.Option(min=0, help="Which chance; the same seed gives the same output.")]
ReplicationsOption = Annotated[
    int | None, typer.Option(min=1, help="To begin with; else as the scenario says.")
]
PrecisionOption = Annotated[
    float | None,
    typer.Option(
        min=0.001, max=1.0, help="Relative half width wanted of waits and occupancies: 0.05 is 5 %."
    ),
]
BudgetOption = Annotated[
    int | None, typer.Option(min=1, help="Replications of a scenario at most; else ten times the first.")
]
WorkersOption = Annotated[
    int, typer.Option(min=1, max=256, help="Threads; they change nothing but the time.")
]
OutputOption = Annotated[
    Path | None,
    typer.Option(metavar="DIR", file_okay=False, help="Write report.html, CSV and Parquet into this folder."),
]
LogOption = Annotated[
    bool, typer.Option("--event-log", help="Write every event of replication 0 too (needs --output).")
]


@app.callback()
def simulate() -> None:
    """What if: scenarios of a hospital, simulated until the answer can be defended."""


@app.command()
def init(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The new scenario.")] = Path("scenario.yaml"),
) -> None:
    """Write a commented example that runs; nothing is overwritten."""
    from importlib.resources import files

    from cli.errors import Refused

    text = files("simulations.scenarios").joinpath("example.yaml").read_text(encoding="utf-8")
    if file.exists():
        raise Refused(f"{file} is there already. Name another file.")
    file.write_text(text, encoding="utf-8")
    typer.echo(f"Wrote {file}. Try: wardflow simulate run {file}")


@app.command("from-snapshot")
def from_snapshot(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The new scenario.")] = Path("today.yaml"),
    database: DatabaseOption = None,
    key_file: KeyFileOption = None,
) -> None:
    """Make a scenario of the hospital as it stands: today's census is the starting state, identities left out.

    Its hospital lies beside it as FILE.hospital.json; both are for the owner alone (0600), and nothing is overwritten.
    """
    from cli.simulate_snapshot import snapshot

    typer.echo(snapshot(file, database, key_file))


@app.command()
def run(
    scenario: ScenarioArgument,
    seed: SeedOption = 1,
    replications: ReplicationsOption = None,
    precision: PrecisionOption = None,
    budget: BudgetOption = None,
    workers: WorkersOption = 1,
    output: OutputOption = None,
    event_log: LogOption = False,
) -> None:
    """Simulate one scenario: waits, refusals, occupancy, transfers, overtime and stock-outs with 95 % intervals."""
    from cli.simulate_work import Work
    from simulations.experiments.replications import Plan
    from simulations.scenarios.build import load

    plan = Plan(seed, replications, precision, budget, workers)
    Work(f"simulate run {scenario.name}", plan, output, event_log).single(load(scenario))


@app.command()
def compare(
    scenarios: Annotated[
        list[Path], typer.Argument(metavar="A.yaml B.yaml ...", exists=True, dir_okay=False)
    ],
    seed: SeedOption = 1,
    replications: ReplicationsOption = None,
    precision: PrecisionOption = None,
    budget: BudgetOption = None,
    workers: WorkersOption = 1,
    output: OutputOption = None,
) -> None:
    """Simulate scenarios with the very same patients, and say what each changes against the first."""
    from cli.errors import Refused
    from cli.simulate_work import Work
    from simulations.experiments.replications import Plan
    from simulations.scenarios.build import load_all

    if len(scenarios) < 2:
        raise Refused("One scenario has nothing to be compared with. Name at least two files.")
    names = " ".join(path.name for path in scenarios)
    plan = Plan(seed, replications, precision, budget, workers)
    Work(f"simulate compare {names}", plan, output).compared(load_all(scenarios))


@app.command()
def sweep(
    scenario: ScenarioArgument,
    vary: Annotated[
        list[str],
        typer.Option(
            metavar="PATH=V,V,...", help="Such as resources.icu.beds=+0,+5,+10; may be given again."
        ),
    ],
    seed: SeedOption = 1,
    replications: ReplicationsOption = None,
    precision: PrecisionOption = None,
    budget: BudgetOption = None,
    workers: WorkersOption = 1,
    output: OutputOption = None,
) -> None:
    """Simulate one scenario with several values of a parameter, the first of them being what the others are
    compared with."""
    from cli.simulate_work import Work
    from simulations.experiments.replications import Plan
    from simulations.experiments.sweeping import axis, points

    axes = [axis(text) for text in vary]
    found = points(scenario, axes)
    shown = " ".join(f"--vary {text}" for text in vary)
    plan = Plan(seed, replications, precision, budget, workers)
    work = Work(f"simulate sweep {scenario.name} {shown}", plan, output)
    work.compared([each.built for each in found], axis=" x ".join(each.path for each in axes))
