"""A crew of real processes: what is asked of the board may fail, and signals that are meant for all end nothing."""

import os
import signal
import threading
import time

import pytest

from api.jobs import pieces
from api.jobs.kinds import Observer
from api.jobs.pieces import Crew, Piece, PieceFailed, PieceLost, Round
from tests.job_kinds import Squares

SILENT = Observer(lambda told: None, lambda: False)


@pytest.fixture(scope="module")
def crew():
    made = Crew({"squares": Squares()}, memory_bytes=500 << 20, stop_seconds=0.3)
    yield made
    made.close()


def piece(number=3, **spec):
    return Piece("squares", {"numbers": 1, **spec}, {"number": number})


def test_a_piece_is_done_although_the_board_never_answers(crew):
    def fails(*_):
        raise OSError("the database is away")

    assert crew.do(piece(seconds=0.5), Observer(fails, fails)) == {"square": 9}


def test_a_kind_of_job_says_what_is_next_in_a_process_of_its_own(crew):
    assert crew.do(Round("squares", {"numbers": 2}, []), SILENT) == {"pieces": [{"number": 0}, {"number": 1}]}
    with pytest.raises(PieceFailed, match="KeyError"):
        crew.do(Round("squares", {}, []), SILENT)


def test_a_process_that_is_told_to_end_with_its_group_does_its_piece(crew, tmp_path):
    diary = tmp_path / "diary"
    found = []
    thread = threading.Thread(target=lambda: found.append(crew.do(_slow(diary), SILENT)))
    thread.start()
    os.kill(_process_of(diary), signal.SIGTERM)
    thread.join(10)
    assert found == [{"square": 9}]


def test_of_a_process_that_is_lost_as_the_crew_is_closed_nothing_is_noted(tmp_path):
    closing = Crew({"squares": Squares()}, memory_bytes=500 << 20, stop_seconds=0.3)
    diary, found = tmp_path / "diary", []

    def do():
        try:
            closing.do(_slow(diary), SILENT)
        except PieceFailed as failed:
            found.append(failed)

    waiting = threading.Thread(target=do, daemon=True)
    waiting.start()
    os.kill(_process_of(diary), signal.SIGKILL)
    time.sleep(0.3)
    closing.close()
    waiting.join(pieces.GRACE_SECONDS + 0.3)
    assert waiting.is_alive()
    assert found == []


def test_a_process_that_was_being_forked_as_the_crew_was_closed_is_ended_too(monkeypatch):
    """Nobody ended it, so that the worker waited for it for ever when it was told to stop."""
    closing = Crew({"squares": Squares()}, memory_bytes=500 << 20, stop_seconds=0.3)
    forked, made = closing._forked, []

    def closed_meanwhile():
        made.append(forked())
        closing.close()
        return made[0]

    monkeypatch.setattr(closing, "_forked", closed_meanwhile)
    threading.Thread(target=lambda: closing.do(piece(), SILENT), daemon=True).start()
    end = time.monotonic() + 60
    while not made or made[0].process.is_alive():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_of_a_process_that_is_lost_alone_the_piece_fails(crew):
    with pytest.raises(PieceLost, match="needed more memory"):
        crew.do(piece(wrong="dies"), SILENT)


def test_progress_is_passed_on_at_most_once_a_second_and_the_last_always(crew):
    told = []
    crew.do(piece(tells=50), Observer(told.append, lambda: False))
    assert told[-1] == {"number": 3}
    assert len(told) <= 3


def _slow(diary):
    return piece(seconds=0.6, diary=str(diary))


def _process_of(diary):
    end = time.monotonic() + 30
    while not (diary.exists() and diary.read_text().endswith("\n")):
        assert time.monotonic() < end
        time.sleep(0.01)
    return int(diary.read_text().split()[1])
