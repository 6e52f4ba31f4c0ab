"""Who may be displaced and by whom, from the words of the safeguards: nobody who is in bed or on the way is touched, a
person's transfer is a person's matter, and only who is more urgent comes first.
"""

from __future__ import annotations

import pytest

from solver.hospital import Priority, Sex, SexPolicy, StayState
from tests.builders import HOUR, changed, person, records_of, years_before
from tests.exchanges import book, emergency, exchanged, live_with, live_with_booking


@pytest.mark.parametrize(
    ("start", "priority", "state", "taken_back"),
    [
        (3 * HOUR, Priority.ROUTINE, StayState.BOOKED, True),
        (3 * HOUR, Priority.EMERGENCY, StayState.BOOKED, False),  # as urgent
        (0, Priority.ROUTINE, StayState.BOOKED, False),  # due now: the patient may be at the door
        (3 * HOUR, Priority.ROUTINE, StayState.IN_TRANSIT, False),
        (3 * HOUR, Priority.ROUTINE, StayState.OCCUPYING, False),
    ],
)
def test_the_equally_urgent_the_due_and_who_is_on_the_way_or_in_bed_keep_their_beds(
    start, priority, state, taken_back
):
    live = live_with()
    booking = book(live, "p-other", start, priority=priority)
    live.put(changed(live.records.stays[f"{booking.allocation.id}/stay"], state=state))
    assert (exchanged(live, emergency(), booking) is not None) == taken_back


def test_a_transfer_that_is_booked_is_not_taken_back():
    """Its patient lies in another bed: which stay was shortened for it is not the search's to undo."""
    live = live_with()
    who, elsewhere = live.records.persons["p-sC2"], {"excluded_room_ids": frozenset({"S"})}
    booking = book(live, who.id, 3 * HOUR, from_stay_id="sC2", who=who, **elsewhere)
    assert exchanged(live, emergency(), booking) is None
    newcomer = book(live_with(), "p-routine", 3 * HOUR, **elsewhere)
    assert exchanged(live_with_booking(newcomer), emergency(), newcomer) is not None


@pytest.mark.parametrize("priority", [Priority.SOON, Priority.ROUTINE])
def test_only_emergencies_and_the_urgent_displace_others(priority):
    live = live_with()
    booking = book(live, "p-routine", 3 * HOUR)
    assert exchanged(live, emergency(priority=priority), booking) is None
    assert exchanged(live, emergency(priority=Priority.URGENT), booking) is not None


@pytest.mark.parametrize("sex", list(Sex))
@pytest.mark.parametrize("age", [1, 30, 90])
def test_age_and_sex_of_the_displaced_change_nothing(sex, age):
    """The bed is alone in its room here, so that no rule of rooms names either."""
    alone = live_with(changed(records_of().rooms["R"], sex_policy=SexPolicy.MIXED))
    born = years_before(age)
    booking = book(alone, "p-other", 3 * HOUR, who=person("p-other", sex=sex, born=born))
    found = exchanged(alone, emergency(), booking)
    plain = live_with(changed(records_of().rooms["R"], sex_policy=SexPolicy.MIXED))
    assert found.gain == exchanged(plain, emergency(), book(plain, "p-other", 3 * HOUR)).gain
