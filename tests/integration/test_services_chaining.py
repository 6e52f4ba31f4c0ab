"""Chains at the desk: who may be moved is listed within the writer, while everybody else waits."""

import pytest

from api.metrics import Metrics
from api.runtime import Outside, Runtime
from api.services import chaining
from tests.api_service import Place, Wall


@pytest.fixture
def runtime(tmp_path):
    runtime = Runtime(Place(tmp_path).make().settings(), Outside(wall=Wall()), Metrics())
    runtime.warm_up()
    runtime.writer.close()
    yield runtime
    runtime.close()


def test_what_is_asked_for_who_may_be_moved_is_made_for_those_who_are_tried_alone(runtime, monkeypatch):
    """Of 750 who may be moved at ``city`` a search tries a few; the requests of all took 11 of 13 ms of its list."""
    made, move_request = [], chaining.move_request

    def counted(stay, *others):
        made.append(stay.id)
        return move_request(stay, *others)

    monkeypatch.setattr(chaining, "move_request", counted)
    listed = runtime._decider.ask(lambda changes: list(chaining.movable_stays({}, changes)), "acc-bed")
    assert [one.stay_id for one in listed] == ["st-1"]
    assert made == []
    assert listed[0].request.from_stay_id == "st-1"
    assert made == ["st-1"]
