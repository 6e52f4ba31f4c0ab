"""What may be left after a power cut: nothing that was synced is lost, and what was not may be in any state."""

import random

import pytest

from benchmarks.safety.disk import EVERYTHING, Disk, Luck
from benchmarks.safety.recording import Entry

OLD, NEW, NEWER = b"o" * 1024, b"n" * 1024, b"w" * 1024
FILE = "hospital.db"


def write(data, offset=0, file=FILE):
    return Entry("write", file, offset, data=data)


def sync(began, file=FILE):
    return Entry("sync", file, began=began)


def followed(*entries, files=None):
    disk = Disk({FILE: OLD} if files is None else files)
    for number, entry in enumerate(entries):
        disk.follow(number, entry)
    return disk


def outcomes(disk, tries=400):
    """Everything that may be left, in many tries."""
    luck = (Luck.drawn(random.Random(number)) for number in range(tries))
    return [disk.after_cut(one) for one in luck]


def test_what_was_synced_is_there_whatever_happens():
    disk = followed(write(NEW), sync(began=1))
    assert all(left == {FILE: NEW} for left in outcomes(disk))


def test_what_was_written_after_a_sync_began_is_not_covered_by_it():
    disk = followed(write(NEW), write(NEWER), sync(began=1))
    contents = {left[FILE] for left in outcomes(disk)}
    assert {NEW, NEWER} <= contents
    assert not any(b"o" in content for content in contents)


def test_what_was_not_synced_may_be_kept_lost_or_torn_between_sectors_but_not_within_one():
    contents = {left[FILE] for left in outcomes(followed(write(NEW)))}
    assert contents == {OLD, NEW, b"n" * 512 + b"o" * 512, b"o" * 512 + b"n" * 512}


def test_a_later_write_may_arrive_without_an_earlier_one_elsewhere():
    contents = {left[FILE] for left in outcomes(followed(write(b"n" * 512), write(b"w" * 512, 512)))}
    assert b"o" * 512 + b"w" * 512 in contents


def test_a_sector_that_was_written_twice_may_hold_the_first_of_both():
    contents = {left[FILE] for left in outcomes(followed(write(NEW), write(NEWER)))}
    assert NEW in contents


def test_a_file_that_grew_may_have_grown_without_its_content():
    disk = followed(write(NEW, 1024))
    lefts = [left[FILE] for left in outcomes(disk)]
    assert {len(left) for left in lefts} == {1024, 2048}
    assert all(left.startswith(OLD) for left in lefts)
    grown = {left[1024:] for left in lefts if len(left) == 2048}
    assert {NEW, bytes(1024)} <= grown
    assert len(grown) > 4, "garbage lies where nothing arrived"


def test_a_truncation_that_was_not_synced_may_not_have_happened():
    disk = followed(Entry("truncate", FILE, 512))
    assert {len(left[FILE]) for left in outcomes(disk)} == {512, 1024}
    assert followed(Entry("truncate", FILE, 512)).after_cut(EVERYTHING) == {FILE: OLD[:512]}


def test_a_new_file_may_vanish_though_it_was_synced_until_its_folder_was():
    made = (Entry("create", "log"), write(NEW, file="log"), sync(2, "log"))
    assert {frozenset(left) for left in outcomes(followed(*made))} == {
        frozenset({FILE}),
        frozenset({FILE, "log"}),
    }
    for left in outcomes(followed(*made, Entry("sync_folder"))):
        assert left == {FILE: OLD, "log": NEW}


def test_a_deleted_file_may_come_back_until_its_folder_was_synced():
    gone = Entry("delete", FILE)
    assert {bool(left) for left in outcomes(followed(gone))} == {True, False}
    assert {bool(left) for left in outcomes(followed(gone, Entry("sync_folder")))} == {False}


def test_a_file_that_was_deleted_and_made_anew_may_be_the_old_one():
    disk = followed(Entry("delete", FILE), Entry("create", FILE), write(NEW), sync(3))
    assert {tuple(left.values()) for left in outcomes(disk)} == {(OLD,), (NEW,)}


@pytest.mark.parametrize("seed", range(20))
def test_with_power_the_files_hold_what_was_written_last(seed):
    dice, content, entries = random.Random(seed), bytearray(OLD), []
    for _ in range(30):
        offset, data = dice.randrange(3000), dice.randbytes(dice.randrange(1, 900))
        content.extend(bytes(max(0, offset + len(data) - len(content))))
        content[offset : offset + len(data)] = data
        entries.append(write(data, offset))
        if dice.random() < 0.2:
            entries.append(sync(dice.randrange(len(entries))))
    assert followed(*entries).after_cut(EVERYTHING) == {FILE: bytes(content)}
