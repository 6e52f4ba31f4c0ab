"""A service that must be found out: the real one, but it keeps no idempotency key.

``python -m benchmarks.safety.forgetful_service serve ...`` takes what ``wardflow serve`` takes. A command that is sent
again is carried out again; a judge that finds nothing wrong with that judges nothing.
"""

from __future__ import annotations

from models import batch
from models.commands import Answer, Command, Transaction


def no_key_row(command: Command, answer: Answer, transaction: Transaction) -> None:
    """Instead of the row that a repeated command is answered from."""


def main() -> None:
    """Serve so, in this process alone."""
    from cli.main import main as wardflow

    batch._key_row = no_key_row
    wardflow()


if __name__ == "__main__":
    main()
