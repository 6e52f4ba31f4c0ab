"""Making a hospital's place: key file, encrypted database, schema, the hospital's row, first accounts.

All or nothing: what exists already is never touched, and what a failure leaves behind is taken away again.
"""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from argon2 import PasswordHasher
from sqlalchemy import Connection, update

from api.clocks import machine_clock
from api.security.permissions import Grant
from api.security.tokens import hash_of_token, new_token
from models.batch import Step, carry_out
from models.clock import MICROSECONDS_PER_MINUTE, Clock, Instant
from models.commands import Answer, AuditEntry, Command, Outcome, Transaction, Write
from models.database import Database, create_database, refuse_taken
from models.errors import KeyFileError
from models.ids import IdGenerator
from models.keys import generate_keys, refuse_inside, write_key_file
from models.ledger import SqlLedger
from models.place import Place, data_folder
from models.repositories import accounts
from models.store import store_hospital
from models.tables.ledger import hospital_meta
from solver.hospital import Hospital

ACTOR: Final = "founding"
"""Who did it, in the audit trail: nobody has an account yet."""

TOKEN_MINUTES: Final = 7 * 24 * 60
"""How long a token given out at the founding of a sandbox is good."""

NOTHING_YET: Final = Hospital(sites=(), wards=(), rooms=(), beds=())
"""A hospital that is still to be imported."""

RandomBytes = Callable[[int], bytes]


@dataclass(frozen=True, slots=True)
class FirstAccount:
    """An account to begin with; ``token``: a token is made for it at once (sandboxes only)."""

    login: str
    password: str = field(repr=False)
    grants: tuple[Grant, ...]
    token: bool = False


@dataclass(frozen=True, slots=True)
class Founding:
    """What a new hospital is to be.

    ``hospital`` may be empty, to be imported later; ``zone`` (IANA) then is the hospital's until a site says
    its own.
    """

    name: str
    zone: str
    sandbox: bool
    accounts: tuple[FirstAccount, ...]
    hospital: Hospital = NOTHING_YET


def found_hospital(
    database: Place,
    key_file: Path,
    founding: Founding,
    now: Instant,
    wall: Clock = machine_clock,
    random_bytes: RandomBytes = secrets.token_bytes,
) -> dict[str, str]:
    """Make key file (0600), database (a file in a data folder of mode 0700, or a schema in PostgreSQL) and
    accounts; returns the tokens asked for, by login.

    ``now`` is the hospital's moment, ``wall`` the machine's clock, which tokens run by. Raises
    ``KeyFileError``, ``DatabaseError`` (``DatabaseExists``, ``FolderOpenToOthers``), ``ValueError`` for tokens
    outside a sandbox.
    """
    if not founding.sandbox and any(account.token for account in founding.accounts):
        raise ValueError("Only a sandbox gives out tokens when it is made; elsewhere people log in.")
    refuse_existing(database, key_file)
    keys = generate_keys(random_bytes)
    with contextlib.ExitStack() as undo:
        write_key_file(key_file, keys, data_folder(database))
        undo.callback(key_file.unlink)
        opened = create_database(database, keys.database)
        undo.callback(opened.discard)
        tokens = _fill(opened, founding, now, _Means(wall(), random_bytes))
        opened.fold_log()
        undo.pop_all()
    opened.close()
    return tokens


def refuse_existing(database: Place, key_file: Path) -> None:
    """Raise ``KeyFileError`` or ``DatabaseError`` (``DatabaseExists``) if something is there already, or the key
    would lie with the data."""
    refuse_inside(key_file, data_folder(database))
    if key_file.exists():
        raise KeyFileError(f"{key_file} exists already; a key file is never overwritten. Name another place.")
    refuse_taken(database)


@dataclass(frozen=True, slots=True)
class _Means:
    """What making accounts takes from the machine."""

    moment: Instant
    random_bytes: RandomBytes


def _fill(database: Database, founding: Founding, now: Instant, means: _Means) -> dict[str, str]:
    tokens = {a.login: new_token(True, means.random_bytes) for a in founding.accounts if a.token}
    with database.writing() as connection:
        store_hospital(connection, founding.hospital, now, name=founding.name, sandbox=founding.sandbox)
        if not founding.hospital.sites:
            connection.execute(update(hospital_meta).values(time_zone=founding.zone))
        carry_out_now(
            connection, database, "hospital.found", ACTOR, _write_accounts(founding, tokens, means), now
        )
    return tokens


def carry_out_now(
    connection: Connection, database: Database, name: str, actor: str, write: Write, now: Instant
) -> Answer:
    """One plain command in the open write transaction of a database that no service has open.

    Audit line and revision as in service; raises what the command raised.
    """
    ledger = SqlLedger(connection, database.dialect)
    done = carry_out(ledger, [Step(Command(name, actor, write=write), write)], now)
    result = done.refused.get(0) or done.results[0]
    if isinstance(result, Exception):
        raise result
    return result.answer


def _write_accounts(founding: Founding, tokens: dict[str, str], means: _Means) -> Write:
    hasher = PasswordHasher()
    hashes = {password: hasher.hash(password) for password in {a.password for a in founding.accounts}}
    new_id = IdGenerator(lambda: means.moment, means.random_bytes)

    def write(transaction: Transaction) -> Outcome:
        audit = [AuditEntry("hospital.founded", "hospital", {"sandbox": founding.sandbox})]
        for first in founding.accounts:
            grants = tuple(accounts.Grant(grant.role.value, grant.scope) for grant in first.grants)
            record = accounts.StoredAccount(new_id("acc"), first.login, hashes[first.password], grants)
            accounts.insert_account(transaction, record)
            audit.append(account_added(record))
            if first.login in tokens:
                token = _first_token(new_id("tok"), record.id, tokens[first.login], means.moment)
                accounts.insert_token(transaction, token)
                audit.append(AuditEntry("session.opened", record.id, {"token_id": token.id}))
        return Outcome(Answer(201, {}), tuple(audit))

    return write


def account_added(record: accounts.StoredAccount) -> AuditEntry:
    """The audit entry of a new account."""
    return AuditEntry("account.added", record.id, {"roles": [f"{g.role}@{g.scope}" for g in record.grants]})


def _first_token(token_id: str, account_id: str, token: str, moment: Instant) -> accounts.StoredToken:
    expires = Instant(moment.microsecond + TOKEN_MINUTES * MICROSECONDS_PER_MINUTE)
    return accounts.StoredToken(token_id, account_id, hash_of_token(token), "founding", True, moment, expires)
