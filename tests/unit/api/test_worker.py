"""A worker in this process, on a real board: what goes wrong is begun anew, what nobody asks for is cleared away."""

import time
from contextlib import contextmanager

import pytest
from dbos import DBOS

from api.jobs import caretaking, worker
from api.jobs.board import Board
from api.jobs.caretaking import JOBS, Caretaker
from api.jobs.worker import Json, Pace, Worker
from tests.api_service import KEYS
from tests.job_kinds import Squares

PACE = Pace(2, 500 << 20, poll_seconds=0.02, stop_seconds=0.3, lost_seconds=0.4)
SECONDS = 120
"""For what is certain to come: how long it takes is not what is tested."""


class FailingBoard(Board):
    """A board of which some calls fail, so many times."""

    failures: dict[str, int]

    def job(self, job_id):
        self._fail("job")
        return super().job(job_id)

    def end(self, job_id, outcome):
        self._fail("end")
        super().end(job_id, outcome)

    def _fail(self, name):
        if self.failures.get(name, 0) > 0:
            self.failures[name] -= 1
            raise OSError("the database is away")


@pytest.fixture
def board(tmp_path):
    place = tmp_path / "data" / "hospital.db"
    place.parent.mkdir(mode=0o700)
    place.touch()
    opened = FailingBoard(place, KEYS.database)
    opened.failures = {}
    yield opened
    opened.close()


@contextmanager
def working(board):
    try:
        with Worker("here-1", board, {"squares": Squares()}, PACE) as at_work:
            yield at_work
    finally:
        DBOS.destroy(destroy_registry=True)


def outcome(board, job_id="job-1"):
    end = time.monotonic() + SECONDS
    while (found := board.outcome(job_id)) is None:
        assert time.monotonic() < end
        time.sleep(0.02)
    return found


def workflows():
    return DBOS.list_workflows(load_input=False, load_output=False)


def test_jobs_are_done_again_when_asked_anew_and_cleared_away_when_forgotten(board):
    done = {"stopped": False, "result": {"sum": 5, "pieces": 3}}
    board.put("job-0", "cubes", {})
    with working(board):
        board.put("job-1", "squares", {"numbers": 3})
        assert outcome(board) == done
        # A board from a backup: the job is open on it, and the library holds that it was done.
        board.forget("job-1")
        board.put("job-1", "squares", {"numbers": 3})
        assert outcome(board) == done
        board.forget("job-1")
        end = time.monotonic() + SECONDS
        while workflows():
            assert time.monotonic() < end
            time.sleep(0.05)
        # Another worker may know this kind.
        assert board.open_jobs() == ["job-0"]


def test_a_job_that_no_worker_can_lead_is_begun_anew_and_given_up_in_the_end(board, monkeypatch):
    monkeypatch.setattr(worker, "_PATIENCE_SECONDS", 0)
    board.failures = {"end": 1}
    with working(board):
        board.put("job-1", "squares", {"numbers": 1})
        assert outcome(board)["result"] == {"sum": 0, "pieces": 1}
        assert board.failures["end"] == 0
        board.failures = {"job": 1000}
        board.put("job-2", "squares", {"numbers": 1})
        assert outcome(board, "job-2") == {"failed": caretaking.GIVEN_UP}


def test_a_board_that_is_away_for_a_moment_is_asked_again(board):
    board.failures = {"job": 3, "end": 3}
    with working(board):
        board.put("job-1", "squares", {"numbers": 1})
        assert outcome(board)["result"] == {"sum": 0, "pieces": 1}


def test_a_job_of_workers_of_another_version_that_are_gone_is_begun_anew(board):
    with working(board):
        options = {
            "workflow_name": "job",
            "queue_name": JOBS,
            "workflow_id": "job-1",
            "app_version": "1-squares",
        }
        DBOS.enqueue_workflow_with_options(options, "job-1")
        board.put("job-1", "squares", {"numbers": 1})
        assert outcome(board)["result"] == {"sum": 0, "pieces": 1}


def test_a_worker_is_lost_when_its_beat_stands_still_whatever_the_clocks_say(board):
    wall, now = [1e9], [0.0]
    board._wall = lambda: wall[0]
    keeper = Caretaker("me@2", "2", board, 10, monotonic=lambda: now[0])
    for worker_id in ("me@2", "lively@2", "silent@2"):
        board.beat(worker_id)
    for step in (1, -7200, 5, 3):
        assert "lively@2" in keeper.alive()
        wall[0] += step
        now[0] += 6
        board.beat("lively@2")
    assert keeper.alive() == {"me@2", "lively@2"}
    assert set(board.beats()) == {"me@2", "lively@2", "silent@2"}
    now[0] += 100
    keeper.alive()
    assert set(board.beats()) == {"me@2", "lively@2"}


def test_what_a_workflow_raised_can_be_raised_again_and_tells_no_data():
    kept = Json().serialize(ValueError("personal data"))
    assert "personal" not in kept
    with pytest.raises(RuntimeError, match="ValueError"):
        raise Json().deserialize(kept)
    assert Json().deserialize(Json().serialize({"done": [1, None]})) == {"done": [1, None]}
