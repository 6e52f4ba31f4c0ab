"""A service that must be found out: the real one, but PostgreSQL need not have written its commits down.

``python -m benchmarks.safety.asynchronous_service serve ...`` takes what ``wardflow serve`` takes. When every process
of PostgreSQL is killed, what it had answered last is lost.
"""

from __future__ import annotations

from models.postgresql import engine


def main() -> None:
    """Serve so, in this process alone."""
    from cli.main import main as wardflow

    _, patience = engine._WRITER
    engine._WRITER = ("synchronous_commit=off", patience)
    wardflow()


if __name__ == "__main__":
    main()
