"""Decisions in words a ward manager can repeat to a colleague, from the rules' own sentences.

Everything said is read from a :class:`~solver.placing.problem.Decision`, the plain records and the referee.
Sentences hold ids of requests, persons and things, and never what identifies or describes a person.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from solver.engine.errors import InvalidInstance, Problem
from solver.hospital import Allocation, Bed, Companion, Isolation, Minute, Request
from solver.hospital.places import Feature
from solver.hospital.timegrid import from_minute
from solver.placing import phrases, rules
from solver.placing.fallback import Fallback, fallback
from solver.placing.language import Sentence
from solver.placing.problem import Decision, NearMiss, Price, Standing, WhyNot
from solver.placing.records import Records
from solver.placing.referee import Counts, Decided, broken, check, cost
from solver.placing.referee.cover_change import nurses_on_duty, present
from solver.placing.referee.decisions import COMPANION_KINDS


@dataclass(frozen=True, slots=True)
class Explanation:
    """One decision to be told: outcome, reasons, costs by rule (dearest first), what to do when unplaced."""

    outcome: Sentence
    reasons: tuple[Sentence, ...]
    costs: tuple[Sentence, ...] = ()
    fallback: tuple[Sentence, ...] = ()

    @property
    def sentences(self) -> tuple[Sentence, ...]:
        """All of it, in order."""
        return (self.outcome, *self.reasons, *self.costs, *self.fallback)


def explain(decision: Decision, records: Records) -> Explanation:
    """Why a request got what it got, or what stands against it; ``records`` before or after it is applied."""
    request, allocation = decision.request, decision.allocation
    if allocation is None:
        return _unplaced(decision, records)
    ward = records.ward_of_bed(allocation.bed_id)
    outcome = phrases.PLACED.of(
        person=request.person_id,
        bed=allocation.bed_id,
        ward=ward.id,
        start=clock(allocation.start, records),
        end=clock(allocation.end, records),
    )
    reasons = (*_given(request, allocation, records), *_conditions(decision))
    return Explanation(outcome, reasons, tuple(paid(price) for price in decision.prices if price.cost))


# --- what was given -----------------------------------------------------------------------------------------
def _given(request: Request, allocation: Allocation, records: Records) -> Iterator[Sentence]:
    met = tuple(feature.value for feature in _needed_features(request, records))
    if met:
        yield phrases.FEATURES_MET.of(features=met)
    if allocation.companion_bed_id is not None:
        yield phrases.COMPANION.of(bed=allocation.companion_bed_id)
    for use in allocation.units:
        unit = records.units[use.unit_id]
        yield phrases.UNIT.of(unit=unit.id, type=use.type_id, ward=unit.ward_id, given=unit.type_id)
    for lot_use in allocation.lots:
        lot = records.lots[lot_use.lot_id]
        expires = clock(lot.expires, records)
        yield phrases.LOT.of(quantity=lot_use.quantity, drug=lot.drug_id, lot=lot.id, expires=expires)
    yield _cover(allocation, records)


def _needed_features(request: Request, records: Records) -> list[Feature]:
    """Features of bed and room that the request or the person's isolation asks for, in a fixed order."""
    isolation = records.persons[request.person_id].isolation
    needed = set(request.care.features)
    needed |= {Feature.NEGATIVE_PRESSURE} if Isolation.AIRBORNE in isolation else set()
    needed |= {Feature.POSITIVE_PRESSURE} if Isolation.PROTECTIVE in isolation else set()
    needed |= {Feature.ANTEROOM} if isolation >= {Isolation.AIRBORNE, Isolation.PROTECTIVE} else set()
    return [feature for feature in Feature if feature in needed]


def _cover(allocation: Allocation, records: Records) -> Sentence:
    ward, start = records.ward_of_bed(allocation.bed_id), allocation.start
    nurses = nurses_on_duty(ward, start, records)
    lying = present(ward, start, start + 1, records)
    patients = 1 + sum(stay.allocation_id != allocation.id for stay in lying)
    if not nurses:
        return phrases.NO_COVER.of(ward=ward.id, patients=patients)
    ratio = f"1:{round(patients / nurses, 1):g}"
    return phrases.COVER.of(ward=ward.id, nurses=nurses, patients=patients, ratio=ratio)


def _conditions(decision: Decision) -> Iterator[Sentence]:
    assert decision.allocation is not None
    if decision.allocation.conditional:
        yield phrases.CONDITIONAL.of()
    amounts = {price.rule_id: price.amount for price in decision.prices}
    for rule_id in sorted(decision.waived):
        amount = amounts.get(rule_id, 0)
        if amount > 0:
            unit = rules.RULES[rule_id].unit
            yield phrases.OVERRULED.of(rule=rule_id, amount=amount, unit=unit)
        else:
            yield phrases.WAIVED.of(rule=rule_id)
    if not decision.verified:
        yield phrases.UNVERIFIED.of()


def paid(price: Price) -> Sentence:
    """What one rule costs, or what is gained."""
    unit = rules.RULES[price.rule_id].unit
    text = phrases.PAID if price.cost > 0 else phrases.SAVED
    amount, money = abs(price.amount), abs(price.cost)
    return text.of(rule=price.rule_id, amount=amount, unit=unit, cost=money)


# --- why nothing was given ----------------------------------------------------------------------------------
def _unplaced(decision: Decision, records: Records) -> Explanation:
    request = decision.request
    why_not = decision.why_not or WhyNot((), (), None)
    reasons = (
        *(_stands(standing) for standing in why_not.standing),
        *(_misses(near) for near in why_not.near_misses),
        fits(why_not, records),
        phrases.STORED.of(),
    )
    outcome = phrases.NOT_PLACED.of(request=request.id, person=request.person_id)
    return Explanation(outcome, reasons, fallback=tuple(_meanwhile(fallback(request))))


def _stands(standing: Standing) -> Sentence:
    return phrases.STANDS.of(rule=standing.rule_id, beds=standing.beds, alone=standing.alone)


def _misses(near: NearMiss) -> Sentence:
    text = phrases.NEAR_OVERRIDABLE if near.overridable else phrases.NEAR_ABSOLUTE
    return text.of(bed=near.bed_id, rules=near.rule_ids)


def fits(why_not: WhyNot, records: Records) -> Sentence:
    """From when a request without a place fits, as things stand."""
    if why_not.fits_from is None:
        hours = records.options.forecast_minutes // 60
        return phrases.FITS_NEVER.of(hours=hours)
    return phrases.FITS_FROM.of(start=clock(why_not.fits_from, records))


def _meanwhile(found: Fallback) -> Iterator[Sentence]:
    yield phrases.WAITS.of(waits=found.waits.id)
    yield phrases.RESPONSIBLE.of(who=found.responsible.role)
    yield from (phrases.STEP.of(steps=step.id) for step in found.steps)
    yield phrases.CALL.of(who=tuple(contact.role for contact in found.call))


# --- why not another bed ------------------------------------------------------------------------------------
def why_not_bed(request: Request, bed_id: str, start: Minute, records: Records) -> tuple[str, ...]:
    """Ids of the hard rules a bed would break for a request from ``start``; empty when it breaks none.

    Rules of beds, rooms, people and cover only: which units and lots go along is another choice. A companion
    gets the place of the room that breaks least. A stay the request already has counts as moved, not as a
    second one. Raises InvalidInstance for an unknown bed.
    """
    return broken(_bed_counts(request, bed_id, start, records), records.profile)


def why_not_that_bed(decision: Decision, bed_id: str, records: Records) -> Sentence:
    """Why a request did not get a bed at the start it was given: what it breaks, or what it costs more."""
    request, allocation = decision.request, decision.allocation
    start = max(request.needed_by, records.now) if allocation is None else allocation.start
    counts = _bed_counts(request, bed_id, start, records)
    against = broken(counts, records.profile, decision.waived)
    if against:
        return phrases.NOT_THAT_BED.of(bed=bed_id, rules=against)
    if allocation is None:
        return phrases.FREE_BUT_UNSUPPLIED.of(bed=bed_id)
    chosen = _bed_counts(request, allocation.bed_id, start, records)
    return _dearer(bed_id, counts, chosen, records)


def _dearer(bed_id: str, other: Counts, chosen: Counts, records: Records) -> Sentence:
    profile = records.profile
    more = cost(other, profile) - cost(chosen, profile)
    if more <= 0:
        return phrases.AS_GOOD.of(bed=bed_id)
    worse = {rule.id: other.get(rule.id, 0) - chosen.get(rule.id, 0) for rule in rules.SOFT}
    dearest = max(rules.SOFT, key=lambda rule: profile.weight(rule) * worse[rule.id])
    return phrases.DEARER.of(bed=bed_id, cost=more, rule=dearest.id)


def _bed_counts(request: Request, bed_id: str, start: Minute, records: Records) -> Counts:
    """What a bed from ``start`` adds for a request, its equipment and drugs left out."""
    if bed_id not in records.beds:
        raise InvalidInstance(
            [Problem(f"why not, request {request.id!r}", bed_id, "the id of a bed", "See the list of beds.")]
        )
    bare = replace(request, equipment=(), drugs=())
    allocation_id = next(
        (
            stay.allocation_id
            for stay in records.stays.values()
            if stay.request_id == request.id and stay.allocation_id is not None
        ),
        f"{request.id}/trial",
    )
    trial = Allocation(
        allocation_id, request.id, request.person_id, bed_id, start, start + request.duration_minutes
    )
    trials = [replace(trial, companion_bed_id=place) for place in _companion_places(request, bed_id, records)]
    counted = [check(Decided(bare, one), records) for one in trials]
    return min(counted, key=lambda counts: len(broken(counts, records.profile)))


def _companion_places(request: Request, bed_id: str, records: Records) -> list[str | None]:
    if request.companion is Companion.NONE:
        return [None]
    kinds = COMPANION_KINDS[request.companion]
    room_id = records.beds[bed_id].room_id
    beds: list[Bed] = [records.beds[other] for other in records.beds_of_room[room_id] if other != bed_id]
    return [*(bed.id for bed in beds if bed.kind in kinds), None]


def clock(minute: Minute, records: Records) -> str:
    """A minute on the first site's clock."""
    zone = next((site.time_zone for site in records.sites.values()), "UTC")
    return from_minute(minute, zone).replace(tzinfo=None).isoformat(" ", "minutes")
