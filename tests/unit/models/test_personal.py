import secrets
from dataclasses import replace

import pytest

from models.errors import KeyFileError, PersonalDataDamaged
from models.keys import generate_keys
from models.personal import FIELDS, PersonalData, PersonalVault

ANNA = PersonalData("Änna Müller", "756.1234.5678.97", "+41 44 000 00 00", "Weg 1", "calls herself Änni")


@pytest.fixture
def keys():
    return generate_keys(secrets.token_bytes)


@pytest.fixture
def vault(keys):
    return PersonalVault(keys.master, keys.index, secrets.token_bytes)


def test_what_was_sealed_opens_again(vault):
    assert vault.open(vault.seal("per_1", ANNA)) == ANNA


def test_an_unknown_field_stays_unknown(vault):
    nobody = PersonalData(name="Unknown 7")
    assert vault.open(vault.seal("per_1", nobody)) == nobody


def test_the_ciphertext_holds_nothing_of_the_plain_text(vault):
    sealed = vault.seal("per_1", ANNA)
    for field in FIELDS:
        assert getattr(ANNA, field).encode() not in sealed.ciphertexts[field]


def test_two_persons_have_different_data_keys(vault):
    first, second = vault.seal("per_1", ANNA), vault.seal("per_2", ANNA)
    with pytest.raises(PersonalDataDamaged):
        vault.open(replace(first, key=second.key))


def test_a_value_moved_to_another_person_does_not_open(vault):
    first = vault.seal("per_1", ANNA)
    with pytest.raises(PersonalDataDamaged, match="per_2"):
        vault.open(replace(first, person_id="per_2"))


def test_a_value_moved_to_another_field_does_not_open(vault):
    sealed = vault.seal("per_1", ANNA)
    swapped = sealed.ciphertexts | {"phone": sealed.ciphertexts["address"]}
    with pytest.raises(PersonalDataDamaged, match="phone"):
        vault.open(replace(sealed, ciphertexts=swapped))


@pytest.mark.parametrize("position", [0, 1, 13, -1])
def test_an_altered_byte_is_noticed(vault, position):
    sealed = vault.seal("per_1", ANNA)
    altered = bytearray(sealed.ciphertexts["name"])
    altered[position] ^= 1
    with pytest.raises(PersonalDataDamaged, match="name"):
        vault.open(replace(sealed, ciphertexts=sealed.ciphertexts | {"name": bytes(altered)}))


def test_a_truncated_value_is_noticed(vault):
    sealed = vault.seal("per_1", ANNA)
    with pytest.raises(PersonalDataDamaged):
        vault.open(replace(sealed, ciphertexts=sealed.ciphertexts | {"name": b"\x01"}))


def test_sealing_twice_gives_different_ciphertexts(vault):
    first, second = vault.seal("per_1", ANNA), vault.seal("per_1", ANNA)
    assert first.ciphertexts["name"] != second.ciphertexts["name"]


def test_a_changed_field_keeps_the_persons_data_key(vault):
    sealed = vault.seal("per_1", ANNA)
    again = vault.seal("per_1", replace(ANNA, phone="none"), sealed.key)
    assert again.key == sealed.key
    assert vault.open(again).phone == "none"


def test_after_a_rotation_of_the_master_key_old_values_open_and_can_be_rewrapped(keys, vault):
    sealed = vault.seal("per_1", ANNA)
    rotated = keys.master.rotated(secrets.token_bytes(32))
    newer = PersonalVault(rotated, keys.index, secrets.token_bytes)
    assert newer.open(sealed) == ANNA
    rewrapped = replace(sealed, key=newer.rewrap("per_1", sealed.key))
    assert rewrapped.key.master_key_id == rotated.current.id
    assert newer.open(rewrapped) == ANNA


def test_another_hospitals_keys_open_nothing(vault):
    other = generate_keys(secrets.token_bytes)
    with pytest.raises(KeyFileError):
        PersonalVault(other.master, other.index, secrets.token_bytes).open(vault.seal("per_1", ANNA))


def test_a_person_is_found_by_identity_number_however_it_is_spaced(vault):
    assert vault.seal("per_1", ANNA).identity_index == vault.identity_index(" 756 1234-5678.97")
    assert vault.identity_index("756.1234.5678.98") != vault.identity_index("756.1234.5678.97")


def test_personal_data_do_not_print():
    assert "Müller" not in repr(ANNA)
    assert "Müller" not in repr([ANNA])
