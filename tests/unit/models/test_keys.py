import json
import os
import secrets

import pytest

from models.errors import KeyFileError
from models.keys import generate_keys, read_key_file, write_key_file


@pytest.fixture
def place(tmp_path):
    (tmp_path / "data").mkdir()
    return tmp_path / "keys" / "wardflow.key"


@pytest.fixture
def written(place, tmp_path):
    keys = generate_keys(secrets.token_bytes)
    write_key_file(place, keys, tmp_path / "data")
    return keys


def test_a_key_file_is_read_back_as_it_was_written(place, written):
    assert read_key_file(place) == written


def test_a_key_file_can_be_used_by_its_owner_alone(place, written):
    assert place.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o611, 0o644])
def test_a_key_file_open_to_others_is_refused(place, written, mode):
    place.chmod(mode)
    with pytest.raises(KeyFileError, match="chmod 600"):
        read_key_file(place)


def test_a_key_file_is_never_overwritten(place, written, tmp_path):
    with pytest.raises(KeyFileError, match="never overwritten"):
        write_key_file(place, generate_keys(secrets.token_bytes), tmp_path / "data")
    assert read_key_file(place) == written


@pytest.mark.parametrize("inside", ["wardflow.key", "deep/er/wardflow.key", "../data/wardflow.key"])
def test_a_key_file_in_the_data_folder_is_refused(tmp_path, inside):
    data = tmp_path / "data"
    with pytest.raises(KeyFileError, match="inside the data folder"):
        write_key_file(data / inside, generate_keys(secrets.token_bytes), data)


def test_a_missing_key_file_is_said_to_be_missing(place):
    with pytest.raises(KeyFileError, match="wardflow init"):
        read_key_file(place)


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{}",
        "[]",
        '"text"',
        '{"format": "other"}',
        '{"format": "wardflow-keys-1", "database": {}}',
        "\xff",
    ],
)
def test_a_damaged_key_file_is_refused(place, content):
    place.parent.mkdir()
    place.write_text(content)
    place.chmod(0o600)
    with pytest.raises(KeyFileError, match="damaged"):
        read_key_file(place)


def test_a_key_that_lacks_bytes_is_refused(place, written):
    document = json.loads(place.read_text())
    document["master"]["keys"] = {"x": "00" * 31}
    place.write_text(json.dumps(document))
    with pytest.raises(KeyFileError, match="31 bytes"):
        read_key_file(place)


def test_after_a_rotation_the_old_key_is_still_there(written):
    rotated = written.master.rotated(os.urandom(32))
    assert rotated.current != written.master.current
    assert rotated.get(written.master.current.id) == written.master.current


def test_an_unknown_key_is_named(written):
    with pytest.raises(KeyFileError, match="'nowhere'"):
        written.master.get("nowhere")


def test_no_key_shows_in_a_printed_key_file(written):
    assert written.master.current.secret.hex() not in repr(written)
    assert repr(written.master.current.secret) not in repr(written)
