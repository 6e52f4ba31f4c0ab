"""Who a token stands for while storage answers, fails, and answers again."""

import contextlib

import pytest
from sqlalchemy.exc import OperationalError

from api.errors import Unauthenticated
from api.metrics import Metrics
from api.runtime import Outside, Runtime
from api.security.principals import REMEMBERED_SECONDS, Principals
from api.security.tokens import hash_of_token, new_token
from models.clock import Instant
from models.commands import Transaction
from models.repositories import accounts
from models.repositories.accounts import StoredToken
from tests.api_service import DAY, NOW, Place, Wall

TOKEN = new_token(True, lambda count: b"t" * count)


class Later:
    """Seconds that pass when a test says so."""

    def __init__(self):
        self.seconds = 0.0

    def __call__(self):
        return self.seconds


class Unplugged:
    """A database that can be out of reach."""

    def __init__(self, database):
        self._database = database
        self.gone = False

    def reading(self):
        if self.gone:
            raise OperationalError("SELECT", {}, OSError("nobody there"))
        return self._database.reading()


@pytest.fixture
def later():
    return Later()


@pytest.fixture
def runtime(tmp_path, later):
    opened = Runtime(Place(tmp_path).make().settings(), Outside(wall=Wall(), monotonic=later), Metrics())
    now, expires = Instant.of_minute(NOW), Instant.of_minute(NOW + DAY)
    token = StoredToken("tok-1", "acc-bed", hash_of_token(TOKEN), "here", True, now, expires)
    with opened.database.writing() as connection:
        accounts.insert_token(Transaction(connection, now, 1), token)
    with contextlib.closing(opened):
        yield opened


def revoked_elsewhere(runtime):
    """Another process revokes the token."""
    with runtime.database.writing() as connection:
        accounts.revoke_token(Transaction(connection, runtime.clock(), 2), "tok-1")


def test_a_token_that_storage_said_was_revoked_is_not_let_in_again_by_an_outage(runtime, later):
    """It had been known before; storage refused it, failed a minute after, and memory let it in for half an hour."""
    database = Unplugged(runtime.database)
    principals = Principals(database, runtime.wall, later, sandbox=True, outage_seconds=1800.0)
    assert principals.of(TOKEN).login == "bed"
    later.seconds += REMEMBERED_SECONDS + 1
    database.gone = True
    assert principals.of(TOKEN).login == "bed", "known shortly before"
    database.gone = False
    revoked_elsewhere(runtime)
    with pytest.raises(Unauthenticated):
        principals.of(TOKEN)
    database.gone = True
    assert principals.while_storage_fails(TOKEN) is None
    with pytest.raises(OperationalError):
        principals.of(TOKEN)


async def test_storage_is_asked_who_a_token_stands_for_as_soon_as_it_answers_any_question(runtime, later):
    """Only a question from the bedside ended an outage: where nobody asked one, what was revoked elsewhere meanwhile
    was let in on every route."""
    assert (await runtime.principal_of(TOKEN)).login == "bed"
    revoked_elsewhere(runtime)
    runtime.bedside.unreadable = True
    later.seconds += REMEMBERED_SECONDS + 1
    assert (await runtime.principal_of(TOKEN)).login == "bed", "nobody has found out yet"
    await runtime.read(lambda connection: None)
    with pytest.raises(Unauthenticated):
        await runtime.principal_of(TOKEN)
