"""A service that must be found out: the real one, but the bedside is told nothing from memory.

``python -m benchmarks.safety.dark_service serve ...`` takes what ``wardflow serve`` takes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import Connection

from api.bedside import Bedside
from api.services.picture import Picture

Question = Callable[[Connection], Mapping[str, Any]]
Remembered = Callable[[Picture], Mapping[str, Any]]


async def read_or_refused(self: Bedside, question: Question, remembered: Remembered) -> dict[str, Any]:
    """As ``Bedside.read``, but for what the database says alone."""
    return dict(await self._asked_now_and_then(question))


def main() -> None:
    """Serve so."""
    from cli.main import main as wardflow

    Bedside.read = read_or_refused  # type: ignore[method-assign]
    wardflow()


if __name__ == "__main__":
    main()
