"""Equipment that goes along with a patient stays with them: whoever else asks for it gets another unit, or waits."""

import pytest

from api.schemas.movements import ArrivalIn, ConfirmIn, TransferIn
from solver.hospital import from_minute
from tests.api_service import DAY, HOUR
from tests.waiting_desk import WaitingDesk


@pytest.fixture
def desk(tmp_path):
    desk = WaitingDesk(tmp_path)
    yield desk
    desk.runtime.close()


def moment(desk, minutes):
    """So many minutes from now, as the API takes it."""
    return from_minute(desk.wall().minute + minutes, "UTC").isoformat()


def passes(desk, minutes):
    """The clock goes on, and is looked at every ten minutes."""
    for _ in range(minutes // 10):
        desk.wall.pass_minutes(10)
        desk.carry_out(desk.ticking())


def moved(desk, request_id):
    """The request that continues the stay of one; the other bed is accepted."""
    body = TransferIn(reason="nearer to the desk", other_room=False)
    (told,) = desk.carry_out(desk.moving("transfer", request_id, body))
    desk.carry_out(desk.moving("confirm", told["request_id"], ConfirmIn()))
    return told["request_id"]


def with_a_pump(desk, hours):
    """Somebody who lies in a bed with a pump, expected to leave in so many hours."""
    request_id = desk.asked(hours=hours, equipment=[{"type_id": "pump"}])
    desk.carry_out(desk.moving("confirm", request_id, ConfirmIn()))
    desk.carry_out(desk.moving("arrive", request_id, ArrivalIn()))
    return request_id


def kept(desk, request_id):
    """How much longer than the stay the pump of a patient who lies here is theirs: minutes."""
    allocation = desk.case(request_id).allocation
    (use,) = allocation.units
    records = desk.decider.desk.live.records
    (booking,) = (b for b in records.unit_bookings.values() if b.allocation_id == allocation.id)
    stay = records.stays[f"{allocation.id}/stay"]
    assert booking.end == use.end > records.now
    return booking.end - stay.end


def test_a_unit_that_went_along_with_somebody_overdue_is_theirs_for_as_long_as_they_lie_there(desk):
    """The new stay was expected to last an hour at least, the unit as long as the old one: from then on the unit was
    not kept longer with the stay, came free while it was attached, and was given to somebody else."""
    first = with_a_pump(desk, hours=2)
    passes(desk, 3 * HOUR + 30)
    second = moved(desk, first)
    desk.carry_out(desk.moving("arrive", second, ArrivalIn()))
    assert kept(desk, second) == 0
    passes(desk, 5 * HOUR)
    assert kept(desk, second) == 0


def test_a_unit_is_kept_for_somebody_who_waits_in_the_old_bed_past_their_time_for_a_transfer(desk):
    """A transfer makes the old stay end when it starts; the unit, which lasts longer, was no longer kept with it."""
    first = with_a_pump(desk, hours=2)
    passes(desk, HOUR)
    second = moved(desk, first)
    passes(desk, 3 * HOUR)
    assert kept(desk, first) >= 0
    desk.carry_out(desk.moving("arrive", second, ArrivalIn()))
    passes(desk, 3 * HOUR)
    assert kept(desk, second) == 0


def test_who_is_to_have_the_unit_next_is_decided_again_when_it_is_kept_longer(desk):
    first = with_a_pump(desk, hours=2)
    passes(desk, 2 * HOUR + 30)
    second = moved(desk, first)
    pumps = [{"type_id": "pump", "count": 2}]
    next_one = desk.asked(equipment=pumps, needed_by=moment(desk, 50), max_wait_minutes=DAY)
    desk.carry_out(desk.choosing(next_one, bed_id="C1"))
    given = desk.case(next_one).allocation
    desk.carry_out(desk.moving("arrive", second, ArrivalIn()))
    assert kept(desk, second) == 0
    assert desk.case(next_one).allocation.start > given.start
