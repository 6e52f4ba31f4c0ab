"""Decisions in JSON: what was given and why, what stands in the way, whom to call.

What is said stays a sentence of ids and figures, in no language, until it is sent (``api.wire.told_response``): it is
stored so, and read by each in their own.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from api.services.cases import Case, Need, Proposal
from solver.engine.rule import Level, Profile
from solver.hospital import (
    Allocation,
    Minute,
    Request,
    Ward,
    from_minute,
)
from solver.hospital.staff import NURSE_SHARES
from solver.placing import phrases, rules
from solver.placing.explain import clock, explain, fits
from solver.placing.fallback import RELIEF, fallback
from solver.placing.language import Sentence
from solver.placing.live import LiveHospital
from solver.placing.problem import Decision, Price, WhyNot
from solver.placing.records import Records
from solver.placing.referee import Counts, Decided, broken, check, cost
from solver.placing.referee.cover import floor_shares
from solver.placing.referee.cover_change import nurses_on_duty, present
from solver.placing.scarcity import version_of_prices
from solver.placing.scarcity_told import scarcity_sentences
from solver.placing.telling import as_json

NOTABLE = 3
"""Rules in the way that are put into words; all of them are in the list of what blocks."""


def moment(minute: Minute, zone: str) -> str:
    """RFC 3339 in the hospital's time zone."""
    return from_minute(minute, zone).isoformat()


# --- what was given -----------------------------------------------------------------------------------------
def explanation(
    decision: Decision, live: LiveHospital, comparisons: int, published: str | None = None
) -> dict[str, Any]:
    """Why this bundle: reasons as sentences, prices, and how other beds compare. Before it is applied.

    ``published``: the bed that the ward was told before, if the decision prefers it.
    """
    allocation = decision.allocation
    assert allocation is not None, "nothing was given"
    compared = list(_compared(decision, allocation, live, comparisons))
    room_id = live.records.beds[allocation.bed_id].room_id
    return {
        "room_id": room_id,
        "ward_id": live.records.rooms[room_id].ward_id,
        "method": decision.method.value,
        "profile_version": live.records.profile.version,
        "scarcity_version": version_of_prices(live.records.profile),
        "verified": decision.verified,
        "cost": decision.cost,
        "reasons": [
            *map(as_json, explain(decision, live.records).sentences),
            *map(as_json, scarcity_sentences(decision, live, published)),
            *(c["sentence"] for c in compared),
        ],
        "prices": [_price(price) for price in decision.prices if price.cost],
        "waived": sorted(decision.waived),
        "overridden": [
            {"rule_id": price.rule_id, "amount": price.amount, "unit": rules.RULES[price.rule_id].unit}
            for price in decision.prices
            if price.rule_id in decision.waived and price.amount > 0
        ],
        "compared": compared,
        "cover": cover(live.records, live.records.ward_of_bed(allocation.bed_id), allocation.start),
    }


def _price(price: Price) -> dict[str, Any]:
    return {"rule_id": price.rule_id, "amount": price.amount, "cost": price.cost}


def cover(records: Records, ward: Ward, at: Minute) -> dict[str, Any]:
    """Nurses on duty on a ward at a minute and how many its patients must have, in hundredths of a nurse."""
    shares = sum(floor_shares(stay, ward, records) for stay in present(ward, at, at + 1, records))
    ratios = sorted({r.floor_patients for r in (*ward.ratios, *records.ratios)})
    return {
        "ward_id": ward.id,
        "nurses_on_duty": nurses_on_duty(ward, at, records),
        "nurses_needed_hundredths": -(-100 * shares // NURSE_SHARES),
        "ratios": [f"1:{patients}" for patients in ratios],
    }


def _compared(
    decision: Decision, allocation: Allocation, live: LiveHospital, count: int
) -> Iterable[dict[str, Any]]:
    for bed_id in _alternatives(decision.request, allocation, live.records, count):
        other = replace(allocation, bed_id=bed_id, companion_bed_id=None)
        yield against_bed(decision, other, live)


def against_bed(decision: Decision, other: Allocation, live: LiveHospital) -> dict[str, Any]:
    """Why not this other bed: the hard rules it would break, else what it would cost more."""
    counts = check(Decided(decision.request, other), live.records)
    against = broken(counts, live.records.profile, decision.waived)
    more = cost(counts, live.records.profile) - decision.cost
    return {
        "bed_id": other.bed_id,
        "broken": list(against),
        "extra_cost": more,
        "sentence": as_json(_sentence(other.bed_id, against, more, counts, decision, live)),
    }


def _sentence(
    bed_id: str, against: tuple[str, ...], more: int, counts: Counts, decision: Decision, live: LiveHospital
) -> Sentence:
    if against:
        return phrases.NOT_THAT_BED.of(bed=bed_id, rules=against)
    if more <= 0:
        return phrases.AS_GOOD.of(bed=bed_id)
    chosen = {price.rule_id: price.amount for price in decision.prices}
    rule_id = dearest_rule(counts, chosen, live.records.profile)
    return phrases.DEARER.of(bed=bed_id, cost=more, rule=rule_id)


def dearest_rule(counts: Counts, chosen: Counts, profile: Profile) -> str:
    """The soft rule for which the amounts ``counts`` cost more by most than those ``chosen``, the catalogue's first
    among equals. They cost more altogether, so it is one of those that either counts."""
    told = [rule for rule in rules.SOFT if rule.id in counts or rule.id in chosen]
    return max(told, key=lambda r: profile.weight(r) * (counts.get(r.id, 0) - chosen.get(r.id, 0))).id


def _alternatives(request: Request, allocation: Allocation, records: Records, count: int) -> list[str]:
    """Other beds a person would think of: free now, of the same ward first, then of wards of the
    speciality."""
    if count == 0 or request.companion.value != "none":
        return []
    home = records.ward_of_bed(allocation.bed_id)
    alike = (
        ward
        for ward in records.wards.values()
        if ward.id != home.id and request.care.speciality in ward.specialities
    )
    found: list[str] = []
    for ward in (home, *alike):
        for room_id in records.rooms_of_ward.get(ward.id, ()):
            for bed_id in records.beds_of_room.get(room_id, ()):
                if bed_id != allocation.bed_id and not records.stays_of_bed.get(bed_id):
                    found.append(bed_id)
                    if len(found) == count:
                        return found
    return found


# --- what stands in the way ---------------------------------------------------------------------------------
def need_of(request: Request, why_not: WhyNot, live: LiveHospital, again: Minute) -> Need:
    """The stored need of a request that found no place."""
    rule_ids = [standing.rule_id for standing in why_not.standing if standing.alone] or [
        standing.rule_id for standing in why_not.standing
    ]
    found = fallback(request)
    relief = [RELIEF[rule_id] for rule_id in rule_ids[:4] if rule_id in RELIEF]
    meanwhile = phrases.FALLBACK.of(
        waits=found.waits.id, who=found.responsible.role, steps=tuple(step.id for step in found.steps)
    )
    roles = tuple(dict.fromkeys(contact.role for contact in (*found.call, *relief)))
    return Need(
        decide_again=again,
        fallback=as_json(meanwhile),
        call=as_json(phrases.CALLS.of(calls=roles)),
        why_not=_why_not_json(why_not, live.records),
    )


def lapsed_need(request: Request, lapsed: Minute, again: Minute, live: LiveHospital) -> Need:
    """The stored need of a request whose hold nobody confirmed: nothing stands in its way."""
    need = need_of(request, WhyNot((), (), None), live, again)
    records = live.records
    told = phrases.HOLD_LAPSED.of(until=clock(lapsed, records), again=clock(again, records))
    return replace(need, why_not=need.why_not | {"fits": as_json(told), "lapsed_minute": lapsed})


def _why_not_json(why_not: WhyNot, records: Records) -> dict[str, Any]:
    return {
        "blocking": [
            {
                "rule_id": standing.rule_id,
                "sentence": as_json(phrases.RULES.of(rules=(standing.rule_id,))),
                "beds": standing.beds,
                "alone": standing.alone,
                "overridable": rules.RULES[standing.rule_id].level is Level.OVERRIDABLE,
            }
            for standing in why_not.standing
        ],
        "near_misses": [
            {
                "bed_id": miss.bed_id,
                "ward_id": records.ward_of_bed(miss.bed_id).id,
                "rule_ids": list(miss.rule_ids),
                "overridable": miss.overridable,
            }
            for miss in why_not.near_misses
        ],
        "fits_from_minute": why_not.fits_from,
        "fits": as_json(fits(why_not, records)),
    }


# --- whole answers ------------------------------------------------------------------------------------------
def case_json(case: Case, zone: str) -> dict[str, Any]:
    """A case as clients see it: state, and either the allocation or the need."""
    body: dict[str, Any] = {
        "request_id": case.id,
        "person_id": case.request.person_id,
        "state": case.state.value,
        "revision": case.revision,
        "priority": case.request.priority.name.lower(),
        "needed_by": moment(case.request.needed_by, zone),
    }
    if case.displaced_by is not None:
        body["displaced_by"] = case.displaced_by
    if case.overrides:
        body["overrides"] = overrides_json(case, zone)
    if case.allocation is not None:
        body["allocation"] = allocation_json(case, zone)
    elif case.need is not None:
        body["need"] = need_json(case.need, zone)
        body["reasons"] = [*need_reasons(case.need), *overruled(case, zone)]
    return body


def allocation_json(case: Case, zone: str) -> dict[str, Any]:
    """An allocation as clients see it."""
    allocation = case.allocation
    assert allocation is not None, "nothing was given"
    told: dict[str, Any] = {
        "id": allocation.id,
        "request_id": case.id,
        "person_id": allocation.person_id,
        "state": case.state.value,
        "revision": case.revision,
        **bundle_json(allocation, zone),
        **case.explanation,
    }
    if case.held_until is not None:
        told["held_until"] = moment(case.held_until, zone)
    if case.overrides:
        told["overrides"] = overrides_json(case, zone)
        told["reasons"] = [*told["reasons"], *overruled(case, zone)]
    return told


def overrides_json(case: Case, zone: str) -> list[dict[str, Any]]:
    """What people decided against rules for a case, or for one it continues; also what is over."""
    return [
        {
            "id": one.id,
            "rule_id": one.rule_id,
            "by": one.by,
            "since": moment(one.since, zone),
            "until": moment(one.until, zone),
            "request_id": one.request_id,
        }
        for one in case.overrides
    ]


def overruled(case: Case, zone: str) -> Iterable[dict[str, Any]]:
    """The same in sentences."""
    for one in case.overrides:
        since, until = (f"{from_minute(at, zone):%Y-%m-%d %H:%M}" for at in (one.since, one.until))
        sentence = phrases.OVERRIDE.of(by=one.by, since=since, until=until, rule=one.rule_id)
        yield as_json(sentence)


def bundle_json(allocation: Allocation, zone: str) -> dict[str, Any]:
    """What is in a bundle: bed, time, units, lots."""
    return {
        "bed_id": allocation.bed_id,
        "companion_bed_id": allocation.companion_bed_id,
        "start": moment(allocation.start, zone),
        "end": moment(allocation.end, zone),
        "conditional": allocation.conditional,
        "units": units_json(allocation, zone),
        "lots": lots_json(allocation),
    }


def units_json(allocation: Allocation, zone: str) -> list[dict[str, Any]]:
    """The units of an allocation with their times."""
    return [
        {
            "type_id": use.type_id,
            "unit_id": use.unit_id,
            "start": moment(use.start, zone),
            "end": moment(use.end, zone),
        }
        for use in allocation.units
    ]


def lots_json(allocation: Allocation) -> list[dict[str, Any]]:
    """The lots of an allocation with their quantities."""
    return [
        {"drug_id": use.drug_id, "lot_id": use.lot_id, "quantity": use.quantity} for use in allocation.lots
    ]


def repair_json(after: Case, before: Allocation | None, zone: str) -> dict[str, Any]:
    """What became of a booked allocation that an event broke."""
    allocation = after.allocation
    return {
        "request_id": after.id,
        "former_allocation_id": before.id if before is not None else None,
        "allocation_id": allocation.id if allocation is not None else None,
        "from_bed_id": before.bed_id if before is not None else None,
        "bed_id": allocation.bed_id if allocation is not None else None,
        "from_start": moment(before.start, zone) if before is not None else None,
        "start": moment(allocation.start, zone) if allocation is not None else None,
        "state": after.state.value,
    }


def need_json(need: Need, zone: str) -> dict[str, Any]:
    """A need as clients see it."""
    fits_from = need.why_not["fits_from_minute"]
    return {
        "blocking": need.why_not["blocking"],
        "near_misses": need.why_not["near_misses"],
        "fits_from": moment(fits_from, zone) if fits_from is not None else None,
        "decided_again": moment(need.decide_again, zone),
        "fallback": need.fallback,
        "call": need.call,
    }


def need_reasons(need: Need) -> list[dict[str, Any]]:
    """A need in sentences: what stands in the way most, from when it fits, what happens meanwhile, whom to call."""
    standing = [
        as_json(phrases.STANDS.of(rule=b["rule_id"], beds=b["beds"], alone=b["alone"]))
        for b in need.why_not["blocking"][:NOTABLE]
    ]
    call = as_json(phrases.CALL_NOW.of(calls=need.call["calls"]))
    return [*standing, need.why_not["fits"], need.fallback, call]


def proposal_json(proposal: Proposal, zone: str) -> dict[str, Any]:
    """A proposal as clients see it."""
    change = _with_moments(proposal.change, zone)
    if "steps" in change:
        change["steps"] = [_with_moments(step, zone) for step in change["steps"]]
    return {
        "id": proposal.id,
        "kind": proposal.kind,
        "subject_id": proposal.subject_id,
        "state": proposal.state,
        "reason": proposal.reason,
        "change": change,
        "expires": moment(proposal.expires, zone) if proposal.expires is not None else None,
    }


def _with_moments(told: dict[str, Any], zone: str) -> dict[str, Any]:
    return {
        name: moment(value, zone) if name in ("start", "fits_from") and value is not None else value
        for name, value in told.items()
    }
