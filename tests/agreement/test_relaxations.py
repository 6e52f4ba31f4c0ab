"""Trials and CP-SAT price the same changes: neither finds what the other could not have found cheaper."""

from dataclasses import replace

from hypothesis import HealthCheck, settings
from hypothesis import given as hypothesis_given
from hypothesis import strategies as st

from solver.hospital import (
    Bed,
    BedKind,
    Block,
    Care,
    Companion,
    DutyKind,
    EquipmentNeed,
    OperationalStatus,
    Priority,
    Sex,
    Shift,
    Unit,
)
from solver.placing.conceding import NO_PRICE, Question
from solver.placing.concessions import concede
from solver.placing.cpsat import elastic
from solver.placing.displace import Booking
from solver.placing.live import LiveHospital
from solver.placing.problem import Decision
from solver.placing.relax import Bounds, confirmed, relax
from solver.placing.scope import Scope
from tests.builders import DAY, HOUR, NOW, nurse, occupant, person, records_of, request
from tests.strategies import cases

BEDS = ("B1", "B2", "B3", "B4", "C1", "C2")
QUICK = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


@QUICK
@hypothesis_given(cases())
def test_no_relaxation_of_trials_is_cheaper_than_the_proven_one_and_every_one_fits(case):
    _agree(LiveHospital(case.records()), Question(case.request))


def _agree(live, question):
    """Trials and model agree, and what both say comes true once the changes are made."""
    tried = relax(question, live, Bounds(tries=20))
    if tried is not None:
        assert confirmed(question, tried, live) is not None, "what trials found fits"
    claim = elastic.cheapest(question, live.records, NO_PRICE, seconds=20)
    price = None if claim.relaxation is None else claim.relaxation.price
    if claim.relaxation is not None:
        assert claim.bound <= price
        sure = confirmed(question, claim.relaxation, live)
        assert sure is not None, f"CP-SAT claims what does not fit: {claim.relaxation}"
        with live.trial():
            assert concede(claim.relaxation.concessions, live)
            assert live.find(sure.request, "proof", waived=sure.waived) is not None
    if tried is not None and tried.price < elastic.CEILING:
        assert claim.bound <= tried.price, (told(tried), told(claim.relaxation))
        assert price is not None, told(tried)
        assert price <= tried.price, (told(tried), told(claim.relaxation))


def told(found):
    return (
        None if found is None else [(one.kind.value, one.subject_id, one.price) for one in found.concessions]
    )


@st.composite
def crowded(draw):
    """A hospital with people in many beds and bookings that may give way, and a question about some place."""
    sexes = st.sampled_from([Sex.FEMALE, Sex.MALE])
    plain = {f"p-{name}": person(f"p-{name}", sex=draw(sexes)) for name in (*BEDS, "new", "old", "own")}
    care = [Care("medicine"), Care("medicine", draw(st.sampled_from([0, 2])))]
    lying = [
        occupant(
            bed, bed, draw(st.sampled_from([2 * HOUR, 6 * HOUR, 2 * DAY])), care=draw(st.sampled_from(care))
        )
        for bed in BEDS
        if draw(st.integers(0, 9)) < 7
    ]
    on_call = nurse("n9", "W", start=0, kind=DutyKind.ON_CALL, response_minutes=30)
    gone = draw(st.sampled_from([[], ["shift-n3"], ["shift-n1", "shift-n2"]]))
    kept = Unit("P1", "pump", "V", draw(st.sampled_from([None, "V"])), lendable=draw(st.booleans()))
    records = records_of(*plain.values(), *lying, *on_call, kept, without={Shift: gone})
    live = LiveHospital(records)
    bookings = tuple(_booked(draw, live, name) for name in ("old", "own"))
    asked = request(
        "p-new",
        priority=draw(st.sampled_from([Priority.EMERGENCY, Priority.URGENT, Priority.SOON])),
        equipment=draw(st.sampled_from([(), (EquipmentNeed("pump"),)])),
        duration_minutes=draw(st.sampled_from([HOUR, DAY])),
        max_wait_minutes=0,
    )
    scopes = [Scope(), Scope(bed_id="B1"), Scope(bed_id="C2"), Scope(ward_id="V")]
    scopes += [Scope(unit_id="P1")] if asked.equipment else []
    return live, Question(asked, draw(st.sampled_from(scopes)), tuple(b for b in bookings if b is not None))


def _booked(draw, live, name):
    """A routine booking as placing would make it; None if nothing fits."""
    theirs = request(
        f"p-{name}",
        priority=Priority.ROUTINE,
        needed_by=NOW + draw(st.sampled_from([15, 2 * HOUR])),
        equipment=draw(st.sampled_from([(), (EquipmentNeed("pump"),)])),
    )
    given = live.find(theirs, f"a-{name}")
    if given is None:
        return None
    live.apply(Decision(theirs, given, 0))
    return Booking(theirs, given)


@settings(QUICK, max_examples=40)
@hypothesis_given(crowded())
def test_who_gives_way_is_priced_alike_too(asked):
    live, question = asked
    _agree(live, question)


@st.composite
def accompanied(draw):
    """As ``crowded``, for somebody whose companion needs a place that is closed, dirty, taken, or free."""
    live, question = draw(crowded())
    company = draw(st.sampled_from([Companion.COT, Companion.CARER_BED]))
    kind = BedKind.COT if company is Companion.COT else BedKind.TROLLEY
    for name, room in (("K1", "R"), ("K2", "S")):
        state = draw(st.sampled_from(["free", "closed", "for hours", "dirty", "taken", "none"]))
        if state == "none":
            continue
        blocks = {"closed": (Block(NOW, None, "x"),), "for hours": (Block(NOW, NOW + 3 * HOUR, "x"),)}
        status = OperationalStatus.HOUSEKEEPING if state == "dirty" else OperationalStatus.UNOCCUPIED
        live.put(Bed(name, room, kind=kind, blocks=blocks.get(state, ()), status=status))
        if state == "taken":
            live.put(person(f"p-{name}"))
            live.put(occupant(name, name, 2 * HOUR))
    return live, replace(question, request=replace(question.request, companion=company))


@settings(QUICK, max_examples=25)
@hypothesis_given(accompanied())
def test_who_accompanies_somebody_is_priced_alike_too(asked):
    live, question = asked
    _agree(live, question)
