"""What a database holds after a load, against the generator's journal: nothing lost, nothing doubled, every rule kept.

It expects a hospital that nobody but the load and the hospital's clock has changed.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import orjson

if TYPE_CHECKING:
    from sqlalchemy import Connection

Line = Mapping[str, Any]


def recounted(connection: Connection, lines: Sequence[Line], judged: bool) -> list[str]:
    """Every fault; ``judged``: every decision is judged again too, by what was known when it was made, which takes a
    while."""
    actor = sender_of(connection, lines)
    return [
        *_kept_as_told(connection, lines, actor),
        *_in_one_piece(connection),
        *_rules(connection, judged),
    ]


def sender_of(connection: Connection, lines: Sequence[Line]) -> str:
    """The id of the account whose commands they are: keys are kept under it. Empty if none is kept at all."""
    from sqlalchemy import select

    from models.repositories.accounts import list_accounts
    from models.tables.ledger import idempotency

    kept = set(connection.scalars(select(idempotency.c.key_hash)))
    for account in list_accounts(connection):
        if any(_key_hash(account.id, line["key"]) in kept for line in lines):
            return account.id
    return ""


def _kept_as_told(connection: Connection, lines: Sequence[Line], actor: str) -> Iterator[str]:
    """Every acknowledged command is kept with the answer that was given; what nobody sent is not there."""
    from sqlalchemy import select

    from models.tables.ledger import idempotency
    from simulations.load.answers import digest
    from solver.placing.language import Language
    from solver.placing.telling import told

    sent = {_key_hash(actor, line["key"]): line for line in lines}
    missing = {key for key, line in sent.items() if line["status"]}
    asked: Counter[str] = Counter()
    for row in connection.execute(select(idempotency)):
        line = sent.get(row.key_hash)
        if line is None:
            # Keys of what the load did beside its patients' wards.
            if "request_id" in row.answer:
                yield f"doubled: {row.answer['request_id']} was changed under a key that no patient's ward sent"
            continue
        missing.discard(row.key_hash)
        if line["kind"] in ("ask", "hold", "transfer"):
            asked[row.answer["request_id"]] += 1
        same = row.status == line["status"] and digest(told(row.answer, Language.ENGLISH)) == line["digest"]
        if line["status"] and not same:
            yield f"lost: a {line['kind']} (key {line['key'][:8]}) is kept with another answer than was given"
    for key in missing:
        line = sent[key]
        yield f"lost: a {line['kind']} (key {line['key'][:8]}) was answered {line['status']}, and nothing is there"
    yield from _asked_for(connection, asked)


def _asked_for(connection: Connection, asked: Counter[str]) -> Iterator[str]:
    """Each request was asked for by one command, and each command's request is there."""
    from sqlalchemy import select

    from models.tables.care import request

    there = set(connection.scalars(select(request.c.id)))
    yield from (f"lost: {each} was asked for, and is not there" for each in sorted(asked.keys() - there))
    yield from (f"doubled: {each} stands, and nobody asked for it" for each in sorted(there - asked.keys()))
    yield from (f"doubled: {each} was asked for {n} times" for each, n in asked.items() if n > 1)


def _in_one_piece(connection: Connection) -> Iterator[str]:
    """The outbox has no gaps, and nothing ended twice."""
    from sqlalchemy import text

    sequences = list(
        connection.execute(text("SELECT sequence FROM outbox_event ORDER BY sequence")).scalars()
    )
    if sequences != list(range(1, len(sequences) + 1)):
        yield "out of step: the outbox has gaps"
    ended = Counter(
        subject
        for topic, subject in connection.execute(text(_ENDINGS)).all()
        if topic in ("allocation.released", "stay.left", "request.released")
    )
    yield from (f"doubled: {subject} was ended {n} times" for subject, n in ended.items() if n > 1)


_ENDINGS = "SELECT action, subject FROM audit_line"


def _rules(connection: Connection, judged: bool) -> Iterator[str]:
    """The invariants of the hospital, counted from the tables."""
    from models.invariants import STANDING, recount

    if judged:
        for violation in recount(connection):
            yield f"rule: {violation.rule} {' '.join(violation.subjects)}: {violation.detail}"
        return
    for fact, count in STANDING.items():
        for subjects, detail in count(connection):
            yield f"rule: {fact} {' '.join(subjects)}: {detail}"


def _key_hash(actor: str, key: str) -> bytes:
    """Under what an idempotency row is kept."""
    return hashlib.sha256(orjson.dumps([actor, key])).digest()
