"""A password from the prompt, a file or standard input; never from the command line, where others see it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from cli.errors import Refused

PasswordFileOption = Annotated[
    Path | None,
    typer.Option(
        "--password-file",
        metavar="FILE",
        help="Read the password from the first line of this file, `-` for standard input. "
        "[default: ask, or standard input without a terminal]",
        show_default=False,
    ),
]


def read_password(file: Path | None, whose: str) -> str:
    """The password of the account ``whose``; raises ``Refused`` for an unreadable file, too short or long."""
    from api.security.passwords import MAX_LENGTH, MIN_LENGTH

    password = _given(file, whose)
    if not MIN_LENGTH <= len(password) <= MAX_LENGTH:
        raise Refused(
            f"The password of {whose!r} has {len(password)} characters; expected {MIN_LENGTH} to {MAX_LENGTH}. "
            "Several words make a good one."
        )
    return password


def _given(file: Path | None, whose: str) -> str:
    if file is None and sys.stdin.isatty():
        asked = typer.prompt(f"Password of {whose}", hide_input=True, confirmation_prompt=True)
        return str(asked)
    try:
        text = sys.stdin.readline() if file is None or file == Path("-") else file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no UTF-8 text"
        raise Refused(f"Cannot read the password from {file}: {reason}.") from None
    return text.split("\n", 1)[0].rstrip("\r")
