"""Commands on their way through the writer, and how their results get back to whoever waits for them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass

from models.commands import Command, Reply
from models.errors import CommitFailed, OutcomeUnknown

Result = Reply | Exception


@dataclass(slots=True, eq=False)
class Pending:
    """A command that waits, and whom to tell; ``loop``: the event loop that the telling belongs to."""

    command: Command
    deliver: Callable[[Result], None]
    loop: asyncio.AbstractEventLoop | None = None
    attempts: int = 0


def settle(future: Future[Reply] | asyncio.Future[Reply], result: Result) -> None:
    """Resolve a future, unless its owner gave up on it."""
    if future.done():
        return
    if isinstance(result, Reply):
        future.set_result(result)
    else:
        future.set_exception(result)


def deliver(settled: list[tuple[Pending, Result]]) -> None:
    """Hand out results; one wake-up per event loop, not one per command."""
    by_loop: dict[asyncio.AbstractEventLoop, list[tuple[Pending, Result]]] = {}
    for pending, result in settled:
        if pending.loop is None:
            pending.deliver(result)
        else:
            by_loop.setdefault(pending.loop, []).append((pending, result))
    for loop, results in by_loop.items():
        if not loop.is_closed():
            loop.call_soon_threadsafe(_deliver_here, results)


def _deliver_here(results: list[tuple[Pending, Result]]) -> None:
    for pending, result in results:
        pending.deliver(result)


def unknown() -> OutcomeUnknown:
    """Told when the database failed in the middle of the commit, or has not answered in time."""
    return OutcomeUnknown(
        "The database did not say whether the change was stored; send the same command again with the same key."
    )


def not_kept() -> CommitFailed:
    """Told when a batch was rolled back."""
    return CommitFailed(
        "The change could not be stored and nothing of it was kept; send the same command again."
    )
