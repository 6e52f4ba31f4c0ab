"""The way in: ``wardflow VERB``. A verb's file is imported when it is called, so that ``--help`` is quick."""

import importlib
import signal
import sys
from importlib.metadata import version
from typing import Annotated, Any, NamedTuple, NoReturn

import typer
from typer.core import TyperCommand, TyperGroup

from cli.errors import Broken, Refused
from cli.verb import verb_app
from solver.engine.errors import InvalidInstance

SHELL_SIGNALLED = 128
"""A shell's status of a command that a signal ended is this and the signal's number."""


class Verb(NamedTuple):
    """One verb: the module that holds its ``app`` (a ``typer.Typer``) and the line that ``--help`` shows."""

    module: str
    help: str


# A new verb is one line here and one file beside this one.
VERBS: dict[str, Verb] = {
    "demo": Verb("cli.demo", "Play a simulated day against the real service, and count what came of it."),
    "init": Verb("cli.init", "Make a hospital: key file, encrypted database, administrator."),
    "import": Verb("cli.import_", "Bring a hospital in from JSON or a folder of CSV files."),
    "export": Verb("cli.export", "Write the hospital as it stands to JSON or a folder of CSV files."),
    "user": Verb("cli.user", "Add, list, disable and enable accounts."),
    "serve": Verb("cli.serve", "Start the service."),
    "worker": Verb("cli.worker", "Do the long work that the service is asked for."),
    "roster": Verb("cli.roster", "Make a roster, or recount one."),
    "admissions": Verb("cli.admissions", "Plan admissions days ahead, or recount such a plan."),
    "pharmacy": Verb("cli.pharmacy", "Say what to order of each drug, and check an order."),
    "simulate": Verb("cli.simulate", "Ask what if: run, compare and vary scenarios of a hospital."),
    "bench": Verb("cli.bench", "Measure how fast this machine is, and what more cores would bring."),
    "equipment": Verb("cli.equipment", "Plan bookings of equipment units, and check such a plan."),
    "check": Verb("cli.check", "Recount every rule from what is stored."),
    "database": Verb("cli.database", "Move a hospital between its file and PostgreSQL."),
    "migrate": Verb("cli.migrate", "Show the database's schema, or bring it forwards or back."),
}


class LazyGroup(TyperGroup):
    """A group that lists its verbs from the table and loads the file of the one that is called."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        for name, verb in VERBS.items():
            self.add_command(TyperCommand(name, help=verb.help))

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        name, listed, rest = super().resolve_command(ctx, args)
        if name not in VERBS:
            return name, listed, rest
        return name, typer.main.get_command(importlib.import_module(VERBS[name].module).app), rest


app = verb_app(
    name="wardflow",
    cls=LazyGroup,
    no_args_is_help=True,
    epilog="`wardflow VERB --help` explains one verb. Settings are read from WARDFLOW_* variables.",
)


def _show_version(asked: bool) -> None:
    if asked:
        typer.echo(f"wardflow {version('wardflow')}")
        raise typer.Exit


@app.callback()
def wardflow(
    _: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and exit."),
    ] = False,
) -> None:
    """Who gets which bed, which equipment, which drugs and which nurse, when, and why.

    wardflow decides all four at once, or stores the need and says what stands in its way. It supports
    decisions; people make them.
    """


def main() -> None:
    """Run the command line; what is refused is told in plain words and ends with status 2, a broken rule with
    1. Told to end (SIGTERM), a command leaves in good order, with what it started and the folders it made."""
    signal.signal(signal.SIGTERM, _leave)
    try:
        app()
    except (InvalidInstance, Refused) as refused:
        _end(refused)
    except OSError as error:
        if error.filename is None:
            raise
        _end(Refused(f"Cannot use {error.filename}: {error.strerror}."))
    except Exception as error:
        # Storage is imported by the verbs that need it; its errors are known here only once it was.
        storage = sys.modules.get("models.errors")
        if storage is None or not isinstance(error, storage.StorageError):
            raise
        _end(error)


def _leave(number: int, frame: object) -> NoReturn:
    # A second one finds no patience.
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    sys.exit(SHELL_SIGNALLED + number)


def _end(refused: Exception) -> NoReturn:
    typer.echo(str(refused), err=True)
    sys.exit(1 if isinstance(refused, Broken) else 2)
