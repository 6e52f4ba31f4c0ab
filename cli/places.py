"""Where things lie when nobody says otherwise, and the settings with what the command line says on top."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.errors import Refused

if TYPE_CHECKING:
    from api.settings import Settings

DatabaseOption = Annotated[
    str | None,
    typer.Option(
        "--database",
        metavar="FILE|URL",
        help="The encrypted database, or postgresql+psycopg://USER@HOST/NAME. [default: WARDFLOW_DATABASE, else "
        "wardflow/hospital.db in XDG_DATA_HOME or ~/.local/share]",
        show_default=False,
    ),
]
KeyFileOption = Annotated[
    Path | None,
    typer.Option(
        "--key-file",
        metavar="FILE",
        help="What opens it. [default: WARDFLOW_KEY_FILE, else wardflow/wardflow.keys in XDG_CONFIG_HOME or "
        "~/.config]",
        show_default=False,
    ),
]


def default_database(environment: Mapping[str, str]) -> Path:
    """In the data folder of the user's account."""
    return _base(environment, "XDG_DATA_HOME", ".local/share") / "wardflow" / "hospital.db"


def default_key_file(environment: Mapping[str, str]) -> Path:
    """In the configuration folder of the user's account: a copy of the data folder is worth nothing alone."""
    return _base(environment, "XDG_CONFIG_HOME", ".config") / "wardflow" / "wardflow.keys"


def _base(environment: Mapping[str, str], variable: str, otherwise: str) -> Path:
    # The XDG base directory specification: a relative path in these variables is to be ignored.
    named = Path(environment.get(variable, ""))
    return named if named.is_absolute() else Path.home() / otherwise


def settings(**given: Any) -> Settings:
    """What the command line says, else ``WARDFLOW_*``, else the defaults; raises ``Refused``.

    ``given``: settings by name; None stands for "not said".
    """
    from pydantic import ValidationError

    from api.settings import Settings

    said = {name: value for name, value in given.items() if value is not None}
    try:
        found = Settings(**said)
    except ValidationError as error:
        wrong = [f"WARDFLOW_{str(e['loc'][0]).upper()}: {e['msg']}." for e in error.errors()]
        raise Refused("\n".join(wrong)) from None
    defaults = {
        "database": default_database(os.environ),
        "key_file": default_key_file(os.environ),
    }
    missing = {name: path for name, path in defaults.items() if name not in found.model_fields_set}
    return found.model_copy(update=missing)
