"""What every verb's app is made with, so that all of them speak alike."""

from __future__ import annotations

from typing import Any

import typer


def verb_app(**settings: Any) -> typer.Typer:
    """A ``Typer`` with plain help (no frames, which a narrow terminal or a screen reader breaks) and plain
    errors."""
    plain: dict[str, Any] = {
        "add_completion": False,
        "rich_markup_mode": None,
        "pretty_exceptions_enable": False,
    }
    return typer.Typer(**plain, **settings)
