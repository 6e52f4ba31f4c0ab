"""What came free since somebody looked, and what a place is made of."""

import pytest

from api.services.freed import A_DAY_AHEAD, Freed, parts_of, thing_of
from solver.hospital import Allocation, Care, Stay
from solver.placing.live import LiveHospital
from tests.builders import DAY, HOUR, NOW, person, records_of

WARD, OTHER = ("Ward", "W"), ("Ward", "V")


def test_what_came_free_last_of_several_things_counts():
    freed = Freed()
    freed.note([WARD])
    freed.note([OTHER])
    assert freed.newest([WARD]) < freed.newest([WARD, OTHER]) == freed.count


def test_what_never_came_free_is_as_old_as_the_count():
    freed = Freed()
    start = freed.count
    freed.note([WARD])
    assert freed.newest([OTHER]) == start > 0, "whoever was never looked at was looked at at 0"


def test_what_cannot_be_told_may_be_anything():
    freed = Freed()
    freed.note(None)
    assert freed.newest([WARD]) == freed.count


@pytest.mark.parametrize(("start", "ahead"), [(NOW, False), (NOW + DAY - 1, False), (NOW + DAY, True)])
def test_a_place_takes_from_its_ward_and_from_what_a_minute_lets_come_free_if_it_begins_a_day_ahead(
    start, ahead
):
    given = Allocation("a", "r", "p", "B1", start, start + HOUR)
    assert set(parts_of(given, records_of())) == ({WARD, A_DAY_AHEAD} if ahead else {WARD})


def test_records_belong_to_their_ward_and_a_person_matters_anywhere():
    records = records_of(person("p-new"))
    live = LiveHospital(records)
    stay = Stay("s", "p-new", "B1", NOW, NOW + HOUR, Care("medicine", 1))
    live.put(stay)
    assert thing_of(stay, records) == thing_of(records.beds["B1"], records) == WARD
    assert thing_of(records.wards["W"], records) == WARD
    assert thing_of(records.persons["p-new"], records) is None
