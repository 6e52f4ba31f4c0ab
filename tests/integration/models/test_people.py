import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from models.database import open_database
from models.errors import NotFound, PersonErased
from models.personal import PersonalData
from models.repositories import people

NOW = 29_000_000
ANNA = PersonalData("Anna Beispiel", "756.9217.0769", "+41 00", "Weg 1", "canary-notes")


@pytest.fixture
def known(at, ward, vault):
    with at(NOW) as transaction:
        people.save_identity(transaction, vault, "P0", ANNA)
    return ward


def read(database, function, *arguments):
    with database.reading() as connection:
        return function(connection, *arguments)


def test_who_a_person_is_comes_back(known, vault):
    assert read(known, people.load_identity, vault, "P0") == ANNA


def test_a_person_is_found_by_identity_number(known, vault):
    assert read(known, people.find_person, vault, "75692170769") == "P0"
    assert read(known, people.find_person, vault, "75692170768") is None


def test_nothing_that_identifies_is_in_the_tables(known):
    with known.reading() as connection:
        row = connection.execute(text("SELECT * FROM person_identity")).one()
    plain = b"".join(value if isinstance(value, bytes) else str(value).encode() for value in row)
    for word in ("Anna", "9217", "Weg 1", "canary"):
        assert word.encode() not in plain


def test_two_persons_cannot_have_one_identity_number(known, at, vault):
    with pytest.raises(IntegrityError, match="identity_index"), at(NOW) as transaction:
        people.save_identity(transaction, vault, "P9", ANNA)


def test_an_erased_person_cannot_be_read_by_anybody_again(known, at, vault):
    with at(NOW) as transaction:
        people.erase(transaction, "P0")
    with pytest.raises(PersonErased):
        read(known, people.load_identity, vault, "P0")
    assert read(known, people.find_person, vault, "75692170769") is None
    with pytest.raises(PersonErased), at(NOW) as transaction:
        people.save_identity(transaction, vault, "P0", ANNA)


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_an_erased_persons_key_is_gone_from_every_page_of_the_file(known, at, keys):
    with known.reading() as connection:
        wrapped = connection.scalar(text("SELECT wrapped_key FROM person_identity"))
    known.fold_log()
    assert wrapped in decrypted(known.path, keys.database.current.secret)
    with at(NOW) as transaction:
        people.erase(transaction, "P0")
    known.fold_log()
    assert wrapped not in decrypted(known.path, keys.database.current.secret)
    assert known.path.with_name(known.path.name + "-wal").stat().st_size == 0


def decrypted(path, key):
    """Every page of the file in clear, free ones and slack included (SQLCipher 4: AES-256-CBC, IV before
    the HMAC)."""
    content = path.read_bytes()
    plain = b""
    for start in range(0, len(content), 4096):
        page = content[start : start + 4096]
        body, vector = page[16 if start == 0 else 0 : -80], page[-80:-64]
        plain += Cipher(algorithms.AES(key), modes.CBC(vector)).decryptor().update(body)
    return plain


def test_who_is_unknown_is_said_to_be_unknown(ward, vault, at):
    with pytest.raises(NotFound):
        read(ward, people.load_identity, vault, "P0")
    with pytest.raises(NotFound):
        read(ward, people.load_person, "nobody")
    with pytest.raises(NotFound), at(NOW) as transaction:
        people.erase(transaction, "P0")


def test_identities_survive_closing_and_opening(known, place, keys, vault):
    known.close()
    with open_database(place, keys.database) as again:
        assert read(again, people.load_identity, vault, "P0") == ANNA
