"""The real service with a recorder around its SQLite: ``python -m benchmarks.safety.recorded_service serve ...``.

``WARDFLOW_RECORDING`` names the file that the recording is appended to. Every answer to a command is noted before it
leaves, so that what the recording has before it is all that the answer may rest on. Two variables make controls that
must be found out: ``WARDFLOW_SYNCHRONOUS=NORMAL``, a service that does not sync every commit, and
``WARDFLOW_BOOKS=apart``, one that commits bookings first and audit lines, answers and events after them.
"""

from __future__ import annotations

import os
from pathlib import Path

from starlette.applications import Starlette
from starlette.types import Message, Receive, Scope, Send

from api import app as application
from benchmarks.safety.recording import Recorder, Tap
from models.batch import Records
from models.keys import Key
from models.ledger import SqlLedger
from models.sqlite import engine


class Answers:
    """Notes the status of every answer to a command, under its key, before the server has it."""

    def __init__(self, app: Starlette, recorder: Recorder) -> None:
        self._app = app
        self._recorder = recorder
        self.state = app.state

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Everything is passed on."""
        key = dict(scope.get("headers", ())).get(b"idempotency-key", b"").decode("latin-1")

        async def noted(message: Message) -> None:
            if key and message["type"] == "http.response.start":
                self._recorder.note("answer", key=key, status=message["status"])
            await send(message)

        await self._app(scope, receive, noted)


def main() -> None:
    """Serve so, in this process alone."""
    from cli.main import main as wardflow

    recorder = Recorder(Path(os.environ["WARDFLOW_RECORDING"]))
    Tap(recorder)
    _set_synchronous(os.environ.get("WARDFLOW_SYNCHRONOUS", "FULL"))
    if os.environ.get("WARDFLOW_BOOKS") == "apart":
        _keep_books_apart()
    create_app = application.create_app
    application.create_app = lambda *given: Answers(create_app(*given), recorder)  # type: ignore[assignment,return-value]
    wardflow()


def _set_synchronous(mode: str) -> None:
    pragmas = engine._pragmas

    def changed(key: Key, role: str) -> tuple[str, ...]:
        return tuple(
            pragma.replace("synchronous=FULL", f"synchronous={mode}") for pragma in pragmas(key, role)
        )

    engine._pragmas = changed


def _keep_books_apart() -> None:
    keep = SqlLedger.keep

    def apart(self: SqlLedger, records: Records, revision: int) -> None:
        self.connection.exec_driver_sql("COMMIT").close()
        self.connection.exec_driver_sql("BEGIN IMMEDIATE").close()
        keep(self, records, revision)

    SqlLedger.keep = apart  # type: ignore[method-assign]


if __name__ == "__main__":
    main()
