"""Weeks played under prices of scarcity that follow a forecast, and the record a forecast is made from.

The hospital is the acute part of a drawn one (``ACUTE``: 108 places), for a week of a district hospital takes a minute.
Two worlds. *As drawn*. *Scarcer*: every third bed of each scarce class is no longer staffed (who lies there stays until
they leave), while as many people need it as before. Requests ask for beds alone: what is compared is who lies where,
not whose pump ran out after a week without deliveries.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from typing import Final

from simulations.day_events import Ask, Day
from simulations.day_hospital import DayHospital, Policy
from simulations.day_outcome import Outcome, floor_minutes, outcome_of
from simulations.day_plan import CENSUS_BEFORE, DAY_MINUTES, Draw, planned
from simulations.day_play import Player, Standings
from simulations.demand import Arrival
from simulations.hospital import generate
from solver.engine.rule import Profile
from solver.hospital import Hospital, Minute
from solver.placing.forecast import Demanded, Forecast, fit_many
from solver.placing.problem import PlacingOptions
from solver.placing.records import Records
from solver.placing.scarce import Capacity, gives, needs, supplies
from solver.placing.scarcity import CAP_TIMES, HORIZON_HOURS, ScarcityPrices, price, priced

ACUTE: Final = ("MED1", "SUR1", "CAR1", "RES1", "INF1", "ICU1", "HDU1")
"""The wards that share adults who need critical care, isolation, single rooms or a monitor with those who do not."""

WEEK_MINUTES: Final = 7 * DAY_MINUTES
EVERY_MINUTES: Final = 15
"""Prices are computed again this often (as the service's setting)."""

SCARCE_CLASSES: Final = (Capacity.CRITICAL_CARE, Capacity.ISOLATION_ROOM, Capacity.MONITOR)
"""What there is less of in the scarcer world."""

EVERY_THIRD: Final = 3


@dataclass(frozen=True, slots=True)
class Tuning:
    """What may be tuned, on weeks that are not measured."""

    horizon_hours: int = HORIZON_HOURS
    cap_times: int = CAP_TIMES


def week(draw: Draw, start: Minute, *, scarcer: bool = False) -> Day:
    """A drawn stretch of time, ``draw.minutes`` long, of requests for beds alone."""
    made = generate(draw.size, draw.seed, start - CENSUS_BEFORE, draw.zone, draw.occupancy)
    day = planned(only(made, ACUTE), draw, start)
    events = tuple(_bare(event) if isinstance(event, Ask) else event for event in day.events)
    hospital = _fewer(day.hospital, start) if scarcer else day.hospital
    return replace(day, hospital=hospital, events=events)


def _bare(ask: Ask) -> Ask:
    request = replace(ask.arrival.request, equipment=(), drugs=())
    return replace(ask, arrival=Arrival(ask.minute, ask.arrival.person, request))


def only(hospital: Hospital, ward_ids: Collection[str]) -> Hospital:
    """Some wards of a hospital with their rooms, beds, people and staff; no equipment, no drugs."""
    rooms = tuple(room for room in hospital.rooms if room.ward_id in ward_ids)
    here = {room.id for room in rooms}
    beds = tuple(bed for bed in hospital.beds if bed.room_id in here)
    lying = {bed.id for bed in beds}
    stays = tuple(stay for stay in hospital.stays if stay.bed_id in lying)
    people = {stay.person_id for stay in stays}
    return replace(
        hospital,
        wards=tuple(ward for ward in hospital.wards if ward.id in ward_ids),
        rooms=rooms,
        beds=beds,
        equipment_types=(),
        units=(),
        unit_bookings=(),
        drugs=(),
        lots=(),
        staff=tuple(member for member in hospital.staff if member.ward_id in ward_ids),
        shifts=tuple(shift for shift in hospital.shifts if shift.ward_id in ward_ids),
        persons=tuple(person for person in hospital.persons if person.id in people),
        stays=stays,
    ).checked()


def _fewer(hospital: Hospital, start: Minute) -> Hospital:
    """Every third staffed bed of each scarce class is not staffed any more; a bed counts for its first class."""
    records = Records.of(hospital, start, Profile(), PlacingOptions())
    seen: Counter[Capacity] = Counter()
    closed = set()
    for bed in hospital.beds:
        own = [c for c in SCARCE_CLASSES if c in gives(bed, records)] if bed.staffed else []
        if own:
            seen[own[0]] += 1
            if seen[own[0]] % EVERY_THIRD == 0:
                closed.add(bed.id)
    beds = tuple(replace(bed, staffed=bed.staffed and bed.id not in closed) for bed in hospital.beds)
    return replace(hospital, beds=beds)


# --- the forecast -------------------------------------------------------------------------------------------
def demanded(day: Day) -> list[Demanded]:
    """What was asked for on a day: everybody counts, placed or not."""
    found = []
    for ask in day.asked:
        request = ask.arrival.request
        classes = needs(request, ask.arrival.person)
        found.append(Demanded(ask.minute, classes, request.priority, request.duration_minutes))
    return found


def fitted(days: Iterable[Day], zone: str) -> Forecast | None:
    """The forecast from whole days or weeks; None if they are too short for one."""
    played = list(days)
    return fit_many([demanded(d) for d in played], [(d.start, d.asked_until) for d in played], zone)


# --- the play -----------------------------------------------------------------------------------------------
class PricedHospital(DayHospital):
    """A hospital under the best policy whose prices of scarcity follow a forecast."""

    def __init__(self, hospital: Hospital, start: Minute, forecast: Forecast, tuning: Tuning) -> None:
        super().__init__(hospital, start, Policy.BEST)
        self._forecast, self._tuning = forecast, tuning
        self._computed: Minute | None = None
        self.told: list[ScarcityPrices] = []
        """Every prices that were in force, in order."""

    def advance(self, minute: Minute) -> Standings:
        """As without prices; they are computed again first when they are due."""
        if self._computed is None or minute >= self._computed + EVERY_MINUTES:
            self.live.move_clock(minute)
            self._computed = minute
            self.told.append(self._price(minute))
            under, caps = self.live.records, self._tuning.cap_times
            self.live.use_profile(priced(under.profile, self.told[-1], under.options, cap_times=caps))
        return super().advance(minute)

    def _price(self, minute: Minute) -> ScarcityPrices:
        records = self.live.records
        waiting = Counter(
            capacity
            for case in self.cases.values()
            if case.allocation is None
            for capacity in needs(case.request, records.persons[case.request.person_id])
        )
        return price(
            self._forecast,
            supplies(records),
            waiting,
            records.profile,
            records.options,
            minute,
            horizon_hours=self._tuning.horizon_hours,
            cap_times=self._tuning.cap_times,
        )


def play_priced(day: Day, forecast: Forecast, tuning: Tuning | None = None) -> Outcome:
    """A day under prices that follow a forecast."""
    return _outcome(day, PricedHospital(day.hospital, day.start, forecast, tuning or Tuning()))


def play_plain(day: Day) -> Outcome:
    """The same day under the profile's own prices."""
    return _outcome(day, DayHospital(day.hospital, day.start, Policy.BEST))


def _outcome(day: Day, hospital: DayHospital) -> Outcome:
    ledger = Player(day, hospital).play()
    return outcome_of(ledger, floor_minutes(ledger, hospital.roster()), hospital.breaches.by_decision)
