from dataclasses import replace

import pytest
from sqlalchemy.exc import IntegrityError

from models.clock import Instant
from models.errors import NotFound
from models.repositories import accounts
from models.repositories.accounts import Grant, StoredAccount, StoredToken

NOW = 29_000_000
NURSE = StoredAccount(
    "acc_1", "nina", "$argon2id$v=19$hash", (Grant("nurse", "ward:W"), Grant("planner", "*"))
)
TOKEN = StoredToken("tok_1", "acc_1", b"h" * 32, "board", True, Instant(0), Instant(10**18))


@pytest.fixture
def known(at, ward):
    with at(NOW) as transaction:
        accounts.insert_account(transaction, NURSE)
        accounts.insert_token(transaction, TOKEN)
    return ward


def read(database, function, *arguments):
    with database.reading() as connection:
        return function(connection, *arguments)


def test_an_account_is_found_by_its_login_with_its_grants(known):
    assert read(known, accounts.account_by_login, "nina") == NURSE
    assert read(known, accounts.account_by_login, "nobody") is None
    assert read(known, accounts.list_accounts) == [NURSE]


def test_a_login_is_given_once(known, at):
    with pytest.raises(IntegrityError, match="login"), at(NOW) as transaction:
        accounts.insert_account(transaction, replace(NURSE, id="acc_2"))


@pytest.mark.parametrize("stored", ["secret", "", "$2b$12$bcrypt", "$argon2i$v=19$x"])
def test_only_argon2id_hashes_are_stored(ward, at, stored):
    with pytest.raises(IntegrityError, match="ck_account_argon2id"), at(NOW) as transaction:
        accounts.insert_account(transaction, replace(NURSE, password_hash=stored))


@pytest.mark.parametrize("scope", ["", "ward", "everything", "Ward:W"])
def test_a_scope_is_everywhere_a_ward_or_a_site(known, at, scope):
    with at(NOW) as transaction, pytest.raises(IntegrityError, match="scope"):
        accounts.set_grants(transaction, "acc_1", [Grant("nurse", scope)])


def test_a_token_is_found_by_its_hash_with_its_account(known):
    assert read(known, accounts.token_by_hash, b"h" * 32) == (TOKEN, NURSE)
    assert read(known, accounts.token_by_hash, b"x" * 32) is None


def test_a_revoked_token_says_when_it_was_revoked(known, at):
    for minute in (NOW + 1, NOW + 2):
        with at(minute) as transaction:
            accounts.revoke_token(transaction, "tok_1")
    token, _ = read(known, accounts.token_by_hash, b"h" * 32)
    assert token.revoked == Instant.of_minute(NOW + 1)
    with pytest.raises(NotFound), at(NOW) as transaction:
        accounts.revoke_token(transaction, "tok_9")


def test_every_token_of_an_account_can_be_revoked_at_once(known, at):
    with at(NOW) as transaction:
        accounts.insert_token(transaction, replace(TOKEN, id="tok_2", token_hash=b"i" * 32))
        assert accounts.revoke_tokens_of(transaction, "acc_1") == 2
        assert accounts.revoke_tokens_of(transaction, "acc_1") == 0
    assert all(token.revoked for token in read(known, accounts.tokens_of, "acc_1"))


def test_an_account_can_be_changed(known, at):
    with at(NOW) as transaction:
        accounts.note_login(transaction, "acc_1", 5, Instant(99))
        accounts.set_disabled(transaction, "acc_1", True)
        accounts.set_grants(transaction, "acc_1", [Grant("auditor")])
    changed = replace(NURSE, grants=(Grant("auditor"),), disabled=True, failed_logins=5)
    assert read(known, accounts.account_by_id, "acc_1") == replace(changed, locked_until=Instant(99))
    with at(NOW) as transaction:
        accounts.set_password(transaction, "acc_1", "$argon2id$new")
    again = replace(changed, password_hash="$argon2id$new", failed_logins=0)
    assert read(known, accounts.account_by_id, "acc_1") == again


def test_nobody_who_is_not_there_can_be_changed(ward, at):
    with pytest.raises(NotFound), at(NOW) as transaction:
        accounts.set_disabled(transaction, "acc_9", True)
