"""The board of jobs: opened by several at once, under any key of its ring, on a clock that may be wrong."""

import os
import threading

import pytest

from api.jobs.board import Board
from api.jobs.board_engine import jobs_file
from models.errors import DatabaseMissing, FolderOpenToOthers, WrongKey
from models.keys import KeyRing
from tests.api_service import KEYS

RING = KEYS.database


@pytest.fixture
def hospital(tmp_path):
    """The place of a hospital; the board asks only whether it is there."""
    place = tmp_path / "data" / "hospital.db"
    place.parent.mkdir(mode=0o700)
    place.touch()
    return place


@pytest.fixture
def board(hospital):
    opened = Board(hospital, RING)
    yield opened
    opened.close()


def test_many_who_open_a_new_board_at_once_all_have_it(hospital):
    found, gate = [], threading.Barrier(8)

    def open_it():
        gate.wait()
        try:
            board = Board(hospital, RING, connections=1)
            board.put(f"job-{threading.get_ident()}", "squares", {})
            board.close()
        except Exception as error:
            found.append(error)

    threads = [threading.Thread(target=open_it) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == []


def test_a_board_opens_with_the_key_it_was_made_with_after_the_ring_was_rotated(hospital):
    board = Board(hospital, RING)
    board.put("job-1", "squares", {"numbers": 1})
    board.close()
    rotated = Board(hospital, RING.rotated(os.urandom(32)))
    assert rotated.job("job-1") == ("squares", {"numbers": 1})
    rotated.close()


def test_a_board_of_another_key_says_which_and_what_to_do(hospital):
    Board(hospital, RING).close()
    other = RING.rotated(os.urandom(32)).current
    with pytest.raises(WrongKey, match=f"{RING.current.id}.*delete it"):
        Board(hospital, KeyRing(other, {other.id: other}))


def test_there_is_no_board_without_a_hospital_or_in_a_folder_of_others(hospital):
    with pytest.raises(DatabaseMissing):
        Board(hospital.with_name("other.db"), RING)
    hospital.parent.chmod(0o755)
    with pytest.raises(FolderOpenToOthers):
        Board(hospital, RING)
    assert not jobs_file(hospital).exists()


def test_a_lease_taken_before_the_clock_was_set_back_does_not_last_for_ever(hospital):
    now = [1_000_000.0]
    board = Board(hospital, RING, wall=lambda: now[0])
    assert board.take_lease("work", "a", 15)
    assert not board.take_lease("work", "b", 15)
    now[0] -= 3600
    assert board.take_lease("work", "b", 15)
    assert not board.take_lease("work", "a", 15)
    now[0] += 16
    assert board.take_lease("work", "a", 15)
    board.close()


def test_the_first_outcome_of_a_job_stays_and_only_known_kinds_are_found(board):
    board.put("job-1", "squares", {})
    board.put("job-2", "cubes", {})
    assert board.open_jobs(["squares"]) == ["job-1"]
    board.end("job-1", {"failed": "first"})
    board.end("job-1", {"failed": "second"})
    assert board.outcome("job-1") == {"failed": "first"}
    assert board.open_jobs() == ["job-2"]
    assert [board.revive("job-2", 2) for _ in range(3)] == [True, True, False]
    assert not board.revive("job-1", 2)
