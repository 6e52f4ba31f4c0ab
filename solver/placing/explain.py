"""Decisions in words a ward manager can repeat to a colleague, from the rules' own sentences.

Everything said is read from a :class:`~solver.placing.problem.Decision`, the plain records and the referee.
Texts hold ids of requests, persons and things, and never what identifies or describes a person.
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
from solver.placing.language import FEATURES, Language, listed, sentence
from solver.placing.problem import Decision, NearMiss, Price, Standing, WhyNot
from solver.placing.records import Records
from solver.placing.referee import Counts, Decided, broken, check, cost
from solver.placing.referee.cover import cover_shifts, ward_main_stays
from solver.placing.referee.decisions import COMPANION_KINDS


@dataclass(frozen=True, slots=True)
class Explanation:
    """One decision in words: outcome, reasons, costs by rule (dearest first), what to do when unplaced."""

    outcome: str
    reasons: tuple[str, ...]
    costs: tuple[str, ...] = ()
    fallback: tuple[str, ...] = ()

    @property
    def sentences(self) -> tuple[str, ...]:
        """All of it, in order."""
        return (self.outcome, *self.reasons, *self.costs, *self.fallback)


def explain(decision: Decision, records: Records, language: Language = Language.ENGLISH) -> Explanation:
    """Why a request got what it got, or what stands against it; ``records`` before or after it is applied."""
    request, allocation = decision.request, decision.allocation
    if allocation is None:
        return _unplaced(decision, records, language)
    ward = records.ward_of_bed(allocation.bed_id)
    outcome = phrases.PLACED.say(
        language,
        person=request.person_id,
        bed=allocation.bed_id,
        ward=ward.id,
        start=_clock(allocation.start, records),
        end=_clock(allocation.end, records),
    )
    reasons = (*_given(request, allocation, records, language), *_conditions(decision, language))
    return Explanation(
        outcome, reasons, tuple(_paid(price, language) for price in decision.prices if price.cost)
    )


# --- what was given -----------------------------------------------------------------------------------------
def _given(request: Request, allocation: Allocation, records: Records, language: Language) -> Iterator[str]:
    met = [FEATURES[feature].say(language) for feature in _needed_features(request, records)]
    if met:
        yield phrases.FEATURES_MET.say(language, features=listed(met, language))
    if allocation.companion_bed_id is not None:
        yield phrases.COMPANION.say(language, bed=allocation.companion_bed_id)
    for use in allocation.units:
        unit = records.units[use.unit_id]
        yield phrases.UNIT.say(
            language, unit=unit.id, type=use.type_id, ward=unit.ward_id, given=unit.type_id
        )
    for lot_use in allocation.lots:
        lot = records.lots[lot_use.lot_id]
        expires = _clock(lot.expires, records)
        yield phrases.LOT.say(
            language, quantity=lot_use.quantity, drug=lot.drug_id, lot=lot.id, expires=expires
        )
    yield _cover(allocation, records, language)


def _needed_features(request: Request, records: Records) -> list[Feature]:
    """Features of bed and room that the request or the person's isolation asks for, in a fixed order."""
    isolation = records.persons[request.person_id].isolation
    needed = set(request.care.features)
    needed |= {Feature.NEGATIVE_PRESSURE} if Isolation.AIRBORNE in isolation else set()
    needed |= {Feature.POSITIVE_PRESSURE} if Isolation.PROTECTIVE in isolation else set()
    needed |= {Feature.ANTEROOM} if isolation >= {Isolation.AIRBORNE, Isolation.PROTECTIVE} else set()
    return [feature for feature in Feature if feature in needed]


def _cover(allocation: Allocation, records: Records, language: Language) -> str:
    ward, start = records.ward_of_bed(allocation.bed_id), allocation.start
    pieces = (piece for shift in cover_shifts(ward, records) for piece in shift.on_duty())
    nurses = sum(piece.contains(start) for piece in pieces)
    others = (stay for stay in ward_main_stays(ward, records) if stay.allocation_id != allocation.id)
    patients = 1 + sum(stay.start <= start < stay.end for stay in others)
    if not nurses:
        return phrases.NO_COVER.say(language, ward=ward.id, patients=patients)
    ratio = f"1:{round(patients / nurses, 1):g}"
    return phrases.COVER.say(language, ward=ward.id, nurses=nurses, patients=patients, ratio=ratio)


def _conditions(decision: Decision, language: Language) -> Iterator[str]:
    assert decision.allocation is not None
    if decision.allocation.conditional:
        yield phrases.CONDITIONAL.say(language)
    for rule_id in sorted(decision.waived):
        yield phrases.WAIVED.say(language, rule=sentence(rules.RULES[rule_id], language))
    if not decision.verified:
        yield phrases.UNVERIFIED.say(language)


def _paid(price: Price, language: Language) -> str:
    rule = rules.RULES[price.rule_id]
    text = phrases.PAID if price.cost > 0 else phrases.SAVED
    amount, money = abs(price.amount), abs(price.cost)
    return text.say(language, rule=sentence(rule, language), amount=amount, unit=rule.unit, cost=money)


# --- why nothing was given ----------------------------------------------------------------------------------
def _unplaced(decision: Decision, records: Records, language: Language) -> Explanation:
    request = decision.request
    why_not = decision.why_not or WhyNot((), (), None)
    reasons = (
        *(_stands(standing, language) for standing in why_not.standing),
        *(_misses(near, language) for near in why_not.near_misses),
        _fits(why_not, records, language),
        phrases.STORED.say(language),
    )
    outcome = phrases.NOT_PLACED.say(language, request=request.id, person=request.person_id)
    return Explanation(outcome, reasons, fallback=tuple(_meanwhile(fallback(request), language)))


def _stands(standing: Standing, language: Language) -> str:
    rule = sentence(rules.RULES[standing.rule_id], language)
    return phrases.STANDS.say(language, rule=rule, beds=standing.beds, alone=standing.alone)


def _misses(near: NearMiss, language: Language) -> str:
    text = phrases.NEAR_OVERRIDABLE if near.overridable else phrases.NEAR_ABSOLUTE
    return text.say(language, bed=near.bed_id, rules=_sentences(near.rule_ids, language))


def _fits(why_not: WhyNot, records: Records, language: Language) -> str:
    if why_not.fits_from is None:
        hours = records.options.forecast_minutes // 60
        return phrases.FITS_NEVER.say(language, hours=hours)
    return phrases.FITS_FROM.say(language, start=_clock(why_not.fits_from, records))


def _meanwhile(found: Fallback, language: Language) -> Iterator[str]:
    yield found.waits.say(language)
    yield phrases.RESPONSIBLE.say(language, who=found.responsible.name.say(language))
    yield from (step.say(language) for step in found.steps)
    yield phrases.CALL.say(
        language, who=listed([contact.name.say(language) for contact in found.call], language)
    )


# --- why not another bed ------------------------------------------------------------------------------------
def why_not_bed(request: Request, bed_id: str, start: Minute, records: Records) -> tuple[str, ...]:
    """Ids of the hard rules a bed would break for a request from ``start``; empty when it breaks none.

    Rules of beds, rooms, people and cover only: which units and lots go along is another choice. A companion
    gets the place of the room that breaks least. A stay the request already has counts as moved, not as a
    second one. Raises InvalidInstance for an unknown bed.
    """
    return broken(_bed_counts(request, bed_id, start, records), records.profile)


def why_not_bed_in_words(
    decision: Decision, bed_id: str, records: Records, language: Language = Language.ENGLISH
) -> str:
    """Why a request did not get a bed at the start it was given: what it breaks, or what it costs more."""
    request, allocation = decision.request, decision.allocation
    start = max(request.needed_by, records.now) if allocation is None else allocation.start
    counts = _bed_counts(request, bed_id, start, records)
    against = broken(counts, records.profile, decision.waived)
    if against:
        return phrases.NOT_THAT_BED.say(language, bed=bed_id, rules=_sentences(against, language))
    if allocation is None:
        return phrases.FREE_BUT_UNSUPPLIED.say(language, bed=bed_id)
    chosen = _bed_counts(request, allocation.bed_id, start, records)
    return _dearer(bed_id, counts, chosen, records, language)


def _dearer(bed_id: str, other: Counts, chosen: Counts, records: Records, language: Language) -> str:
    profile = records.profile
    more = cost(other, profile) - cost(chosen, profile)
    if more <= 0:
        return phrases.AS_GOOD.say(language, bed=bed_id)
    worse = {rule.id: other.get(rule.id, 0) - chosen.get(rule.id, 0) for rule in rules.SOFT}
    dearest = max(rules.SOFT, key=lambda rule: profile.weight(rule) * worse[rule.id])
    return phrases.DEARER.say(language, bed=bed_id, cost=more, rule=sentence(dearest, language))


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


# --- words --------------------------------------------------------------------------------------------------
def _sentences(rule_ids: tuple[str, ...], language: Language) -> str:
    return " ".join(sentence(rules.RULES[rule_id], language) for rule_id in rule_ids)


def _clock(minute: Minute, records: Records) -> str:
    """A minute on the first site's clock."""
    zone = next((site.time_zone for site in records.sites.values()), "UTC")
    return f"{from_minute(minute, zone):%Y-%m-%d %H:%M}"
