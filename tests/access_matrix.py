"""The access matrix: who may do what, about which place, found out by asking the service.

``python -m tests.access_matrix`` shows how ``tests/policy/access_matrix.csv`` differs from what the service does;
with ``--write`` it writes the file anew, for a person to read the difference before it is committed.
"""

from __future__ import annotations

import contextlib
import csv
import difflib
import io
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from fastapi import FastAPI

from api.founding import FirstAccount, Founding
from api.security.permissions import Grant, Role
from benchmarks.safety.contract_served import PASSWORD, Served, served
from models import audit, outbox
from models.clock import Instant
from models.commands import Transaction
from models.following import revision_of
from models.repositories import jobs, rosters
from models.repositories.rosters import StoredChange, StoredRoster
from models.tables.jobs import JobState
from tests.access_hospital import NOW, SITE_OF_WARD, access_hospital
from tests.access_probes import probes
from tests.access_wire import Wire
from tests.access_world import Probe, World

TABLE = Path(__file__).parent / "policy" / "access_matrix.csv"
HELD = {"*": "everywhere", "S": "on site S", "W": "on ward W1"}
"""Where a role may be held; a cell of the table lists those that suffice."""

MIGHTY = "mighty"
NOBODY = "nobody"
DENIED = {401, 403}
DONE = {200, 201, 202, 204, 409}
"""409: it may be done, but has been done already."""

COLUMNS = ("operation", "what", "about", NOBODY, *(role.value for role in Role))


class Leak(AssertionError):
    """Something refused had an effect, or a question was not answered as such."""


@dataclass(frozen=True)
class Asked:
    """A running service and what asks it."""

    served: Served
    world: World

    def state(self) -> tuple[int, int, int]:
        """What every change moves: the hospital's revision, the audit trail, the events."""
        with self.served.runtime.database.reading() as connection:
            head = audit.head(connection).sequence
            return revision_of(connection), head, outbox.last_sequence(connection)


@contextlib.contextmanager
def asked(folder: Path, change: Callable[[FastAPI], None] = lambda _: None) -> Iterator[Asked]:
    """The hospital of the matrix behind the service, with an account of every role held in every place."""
    founding = Founding("Access", "UTC", True, tuple(_accounts()), access_hospital())
    with (
        served(folder, founding, 1, change=change) as service,
        contextlib.closing(Wire(service.url)) as wire,
    ):
        headers = {"Authorization": f"Bearer {service.tokens[MIGHTY]}"}
        found = wire.request("GET", "/api/v1/accounts", headers).json()["items"]
        spare = next(account["id"] for account in found if account["login"] == "spare")
        with service.runtime.database.writing() as connection:
            ask_for_changes(Transaction(connection, Instant.of_minute(NOW), 1))
        yield Asked(service, World(wire, service.tokens[MIGHTY], spare))


def ask_for_changes(transaction: Transaction) -> None:
    """A published roster of each ward, and a change of it that somebody is asked about, ``RC-<ward>``."""
    for ward in SITE_OF_WARD:
        job = f"job-{ward}"
        jobs.insert_job(transaction, job, "roster", {}, "acc")
        jobs.end_job(transaction, job, JobState.FAILED, None, "made up")
        draft = StoredRoster(f"RD-{ward}", ward, None, 0, 7, 1, job)
        plan = {"assignments": [], "refused": {}, "stepped_in": {}}
        edition = replace(draft, id=f"RE-{ward}", edition=1, draft_id=draft.id, plan=plan)
        for stored in (draft, edition):
            rosters.insert_roster(transaction, stored)
        detail = {"asked": [f"N-{ward}-1"], "cost": 0}
        rosters.insert_change(transaction, StoredChange(f"RC-{ward}", edition.id, "swap", (), detail, "acc"))


def _accounts() -> Iterator[FirstAccount]:
    held = {"*": Grant, "S": lambda r: Grant(r, site_id="S"), "W": lambda r: Grant(r, ward_id="W1")}
    for role in Role:
        for place, grant in held.items():
            yield FirstAccount(f"{role.value} {place}", PASSWORD, (grant(role),), token=True)
    yield FirstAccount(MIGHTY, PASSWORD, tuple(Grant(role) for role in Role), token=True)
    yield FirstAccount("spare", PASSWORD, ())


def rows(asked: Asked) -> list[dict[str, str]]:
    """The whole table, a row for each question."""
    return [row(probe, asked) for probe in probes()]


def row(probe: Probe, asked: Asked) -> dict[str, str]:
    """One question, asked by nobody and by every role held in each place."""
    line = _Line(probe, asked)
    cells = {NOBODY: "yes" if line.allowed(None) else "-"}
    for role in Role:
        tokens = {place: asked.served.tokens[f"{role.value} {place}"] for place in HELD}
        cells[role.value] = "".join(p for p, token in tokens.items() if line.allowed(token)) or "-"
    operation, what, about = probe.row
    return {"operation": operation, "what": what, "about": about, **cells}


class _Line:
    """Asks one question; what it asks about is made anew once somebody has done it."""

    def __init__(self, probe: Probe, asked: Asked) -> None:
        self._probe = probe
        self._asked = asked
        self._call: Any = None
        self._before: tuple[int, int, int] | None = None

    def allowed(self, token: str | None) -> bool:
        """Whether the service does it; raises ``Leak`` if a refusal changed something, or the answer says neither."""
        self._call = self._call or self._probe.prepare(self._asked.world)
        before = self._before or self._asked.state()
        answer = self._asked.world.send(self._call, token)
        said = f"{self._probe.row} answered {answer.status_code}: {answer.text[:300]}"
        if answer.status_code in DENIED or (self._probe.hidden and answer.status_code == 404):
            if self._asked.state() != before:
                raise Leak(f"A refusal had an effect: {said}")
            self._before = before
            return False
        self._before = None
        if answer.status_code not in DONE:
            raise Leak(f"Neither done nor refused: {said}")
        if not self._probe.again:
            self._call = None
        return True


def written(table: list[dict[str, str]]) -> str:
    """The table as the file holds it."""
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(sorted(table, key=lambda line: (line["operation"], line["what"], line["about"])))
    return text.getvalue()


def difference(now: str) -> list[str]:
    """Lines in which the file differs from what the service does; none when they agree."""
    stored = TABLE.read_text(encoding="utf-8") if TABLE.exists() else ""
    lines = difflib.unified_diff(
        stored.splitlines(), now.splitlines(), "the table", "the service", n=0, lineterm=""
    )
    return list(lines)


def main() -> None:
    """The command; exits 1 if the file differs and is not written."""
    with tempfile.TemporaryDirectory() as folder, asked(Path(folder)) as service:
        now = written(rows(service))
    found = difference(now)
    sys.stdout.write("\n".join(found or ["The table says what the service does.", ""]))
    if "--write" in sys.argv[1:]:
        TABLE.write_text(now, encoding="utf-8")
    elif found:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
