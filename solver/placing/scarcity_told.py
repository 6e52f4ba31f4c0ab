"""What prices of scarcity did to a decision, in words: what was paid and why, and what plain prices would choose."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Final

from solver.hospital import Allocation
from solver.placing import phrases
from solver.placing.explain import clock
from solver.placing.language import Sentence, Value
from solver.placing.live import LiveHospital
from solver.placing.problem import Decision
from solver.placing.scarce import RULE_OF, gives, needs
from solver.placing.scarcity import ClassPrice, ScarcityPrices, plain_of, prices_of

SHARED: Final = Counter(rule.id for rule in RULE_OF.values())
"""How many classes each rule prices."""


def scarcity_sentences(decision: Decision, live: LiveHospital) -> tuple[Sentence, ...]:
    """None under plain prices; before the decision is applied."""
    prices, given = prices_of(live.records.profile), decision.allocation
    if prices is None or given is None:
        return ()
    return (
        *_paid(decision, given, prices, live),
        _beside(decision, given, plain_choice(decision, live), live),
    )


def plain_choice(decision: Decision, live: LiveHospital) -> Allocation | None:
    """What a request would be given at the profile's own prices, on the same hospital."""
    under = live.records.profile
    live.use_profile(plain_of(under))
    try:
        return live.find(decision.request, "plain", waived=decision.waived)
    finally:
        live.use_profile(under)


def told_of(each: ClassPrice) -> dict[str, Value]:
    """What is said of a class."""
    hundredths = each.expected_hundredths
    return {
        "scarce": each.capacity.value,
        "free": each.free,
        "units": each.units,
        "waiting": each.waiting,
        "expected": f"{hundredths // 100}.{hundredths % 100 // 10}",
    }


def _paid(
    decision: Decision, given: Allocation, prices: ScarcityPrices, live: LiveHospital
) -> Iterator[Sentence]:
    """The price of each class the bed gives away, by the rule that charges it."""
    records, plain = live.records, plain_of(live.records.profile)
    charged = {price.rule_id: price.amount for price in decision.prices if price.cost > 0}
    spare = gives(records.beds[given.bed_id], records) - needs(
        decision.request, records.persons[decision.request.person_id]
    )
    for each in prices.classes:
        rule = RULE_OF[each.capacity]
        if each.capacity in spare and rule.id in charged:
            # Classes that share a rule are one unit of it each.
            amount = 1 if SHARED[rule.id] > 1 else charged[rule.id]
            yield phrases.SCARCE_PRICE.of(
                bed=given.bed_id,
                cost=amount * records.profile.weight(rule),
                plain=amount * plain.weight(rule),
                **told_of(each),
            )


def _beside(decision: Decision, given: Allocation, plain: Allocation | None, live: LiveHospital) -> Sentence:
    if plain is None or (plain.bed_id, plain.start) == (given.bed_id, given.start):
        return phrases.PLAIN_SAME.of()
    return phrases.PLAIN_CHOICE.of(bed=plain.bed_id, start=clock(plain.start, live.records))
