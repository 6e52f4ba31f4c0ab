"""After a rotation of the master key nothing needs the former one."""

import pytest
from sqlalchemy import text

from models.clock import Instant
from models.errors import KeyFileError
from models.keys import Key, KeyRing
from models.personal import PersonalData, PersonalVault
from models.repositories import people, reasons, webhooks
from models.repositories.reasons import StatedReason
from models.repositories.webhooks import FormerSecret, StoredWebhook
from models.rotation import Rewrapped, rewrap_all

NOW = 29_000_000


@pytest.fixture
def sealed(at, ward, vault):
    """A person's identity, reasons about that person and about nobody, a webhook whose secret was rotated."""
    with at(NOW) as transaction:
        people.save_identity(transaction, vault, "P0", PersonalData(name="Anna"))
        for reason_id, person_id in (("rsn_1", "P0"), ("rsn_2", None)):
            told = StatedReason(reason_id, "declined_proposal", "prp", None, person_id, "W", NOW, "full")
            reasons.insert_reason(transaction, vault, told, "acc")
        present, former = vault.seal_secret("whk", b"present"), vault.seal_secret("whk", b"former")
        hook = ("whk", "https://a.example/", "active", (), (), present, FormerSecret(former, Instant(9)), 1)
        webhooks.insert_webhook(transaction, StoredWebhook(*hook, "acc", Instant(0)), 0)
    return ward


def everything(database, vault):
    """All of it in clear."""
    with database.reading() as connection:
        hook = webhooks.load_webhook(connection, "whk")
        return (
            people.load_identity(connection, vault, "P0").name,
            reasons.reasons_of_subjects(connection, vault, ["prp"])["prp"].text,
            vault.open_secret("whk", hook.secret),
            vault.open_secret("whk", hook.former.sealed),
        )


def test_whatever_the_master_key_encrypts_is_brought_under_the_new_one(sealed, at, keys):
    """Persons' keys were; reasons about no patient and webhooks' secrets stayed under the key that was to go."""
    known = everything(sealed, PersonalVault(keys.master, keys.index, lambda size: b"n" * size))
    rotated = keys.master.rotated(b"k" * 32)
    with at(NOW) as transaction:
        newer = PersonalVault(rotated, keys.index, lambda size: b"n" * size)
        assert rewrap_all(transaction, newer) == Rewrapped(1, 1, 2)
    alone = KeyRing(rotated.current, {rotated.current.id: rotated.current})
    assert everything(sealed, PersonalVault(alone, keys.index, lambda size: b"n" * size)) == known
    with at(NOW) as transaction:
        assert rewrap_all(transaction, newer) == Rewrapped(1, 0, 0)


def test_without_a_key_that_is_still_needed_nothing_is_changed(sealed, at, keys):
    other = Key.of(b"o" * 32)
    blind = PersonalVault(KeyRing(other, {other.id: other}), keys.index, lambda size: b"n" * size)
    with pytest.raises(KeyFileError), at(NOW) as transaction:
        rewrap_all(transaction, blind)
    with sealed.reading() as connection:
        assert set(connection.scalars(text("SELECT secret_key_id FROM webhook"))) == {keys.master.current.id}
