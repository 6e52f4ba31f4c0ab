"""A service that must be found out: the real one, but what it tells from memory looks like what is stored.

``python -m benchmarks.safety.ageless_service serve ...`` takes what ``wardflow serve`` takes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import Connection

from api.bedside import Bedside
from api.services.picture import Picture

Question = Callable[[Connection], Mapping[str, Any]]
Remembered = Callable[[Picture], Mapping[str, Any]]


_told = Bedside.read


async def read_as_if_stored(self: Bedside, question: Question, remembered: Remembered) -> dict[str, Any]:
    """As ``Bedside.read``, without a word of its age."""
    body = await _told(self, question, remembered)
    return {name: value for name, value in body.items() if name != "stale_since"}


def main() -> None:
    """Serve so."""
    from cli.main import main as wardflow

    Bedside.read = read_as_if_stored  # type: ignore[method-assign]
    wardflow()


if __name__ == "__main__":
    main()
