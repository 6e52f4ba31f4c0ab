"""Names outlive a power cut: what was made at the founding is synced together with the folders it lies in.

Before, a key file was synced and its name was not: on a file system that takes the standard at its word, a power cut
after the founding could have left a hospital that nobody can open.
"""

import os
import secrets

import pytest

from models.database import create_database
from models.folders import make_private_folder
from models.keys import generate_keys, write_key_file


@pytest.fixture
def synced(monkeypatch):
    """What was synced so far, as ``identity`` tells it, oldest first; everything is synced as ever."""
    seen, fsync = [], os.fsync

    def noted(handle):
        seen.append(identity(os.fstat(handle)))
        fsync(handle)

    monkeypatch.setattr(os, "fsync", noted)
    return seen


def identity(status):
    return status.st_dev, status.st_ino


def identities(*paths):
    return [identity(path.stat()) for path in paths]


def test_every_folder_that_was_made_is_synced_in_the_one_above(tmp_path, synced):
    make_private_folder(tmp_path / "share" / "wardflow" / "data")
    assert sorted(synced) == sorted(identities(tmp_path, tmp_path / "share", tmp_path / "share" / "wardflow"))
    assert (tmp_path / "share" / "wardflow" / "data").stat().st_mode & 0o777 == 0o700


def test_a_folder_that_is_there_is_left_alone(tmp_path, synced):
    make_private_folder(tmp_path)
    assert synced == []


def test_a_key_file_is_synced_then_its_name(tmp_path, synced):
    path = tmp_path / "keys" / "wardflow.keys"
    write_key_file(path, generate_keys(secrets.token_bytes), None)
    assert synced == identities(tmp_path, path, path.parent)


def test_the_data_folder_of_a_new_hospital_is_synced_in_the_one_above(tmp_path, synced):
    keys = generate_keys(secrets.token_bytes).database
    create_database(tmp_path / "made" / "data" / "hospital.db", keys).close()
    assert set(identities(tmp_path, tmp_path / "made")) <= set(synced)
