"""A service that must be found out: the real one, but it never looks at what other processes committed.

``python -m benchmarks.safety.solitary_service serve ...`` takes what ``wardflow serve`` takes. Two of them over one
database whose guards are gone give the last bed twice; a judge that finds nothing wrong with that judges nothing.
"""

from __future__ import annotations

from collections.abc import Mapping

from models.batch import Ledger, Step
from models.commands import Transaction
from models.repositories import staff
from models.repositories.staff import Slot
from models.runner import BatchRunner


def stay_where_it_is(self: BatchRunner) -> None:
    """Instead of catching up."""


def as_they_were(self: BatchRunner, ledger: Ledger, steps: list[Step]) -> list[Step]:
    """Instead of deciding anew what is stale."""
    ledger.lock()
    return steps


def count_nothing(transaction: Transaction, seen: Mapping[Slot, int]) -> None:
    """Instead of comparing the revision of cover."""


def main() -> None:
    """Serve so, in this process alone."""
    from cli.main import main as wardflow

    BatchRunner._catch_up = stay_where_it_is  # type: ignore[method-assign]
    BatchRunner._on_the_newest = as_they_were  # type: ignore[method-assign]
    staff.revise_cover = count_nothing
    wardflow()


if __name__ == "__main__":
    main()
