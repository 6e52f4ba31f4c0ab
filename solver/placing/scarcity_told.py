"""What prices of scarcity did to a decision, in words: what was paid and why, and what plain prices would choose."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Final

from solver.hospital import Allocation, Minute
from solver.placing import phrases
from solver.placing.explain import clock
from solver.placing.language import Sentence, Value
from solver.placing.live import LiveHospital
from solver.placing.problem import Decision, Method
from solver.placing.scarce import RULE_OF, gives, needs
from solver.placing.scarcity import ClassPrice, ScarcityPrices, plain_of, prices_of

SHARED: Final = Counter(rule.id for rule in RULE_OF.values())
"""How many classes each rule prices."""


def scarcity_sentences(
    decision: Decision, live: LiveHospital, published: str | None = None
) -> tuple[Sentence, ...]:
    """None under plain prices; before the decision is applied. ``published``: the bed told to the ward before."""
    prices, given = prices_of(live.records.profile), decision.allocation
    if prices is None or given is None:
        return ()
    return (
        *_paid(decision, given, prices, live),
        *_beside(decision, given, published, live),
    )


def _beside(
    decision: Decision, given: Allocation, published: str | None, live: LiveHospital
) -> Iterator[Sentence]:
    """What plain prices would choose, on the same hospital and by the same means. Nothing of what was not chosen by
    price for itself alone: by a person, in a hurry, jointly with others, or in the place of somebody less urgent."""
    if decision.method is not Method.KERNEL or _chosen(decision, published, live) != _place(given):
        return
    under = live.records.profile
    live.use_profile(plain_of(under))
    try:
        plain = _chosen(decision, published, live)
    finally:
        live.use_profile(under)
    if plain is None or plain == _place(given):
        yield phrases.PLAIN_SAME.of()
    else:
        bed_id, start = plain
        yield phrases.PLAIN_CHOICE.of(bed=bed_id, start=clock(start, live.records))


def _chosen(decision: Decision, published: str | None, live: LiveHospital) -> tuple[str, Minute] | None:
    found = live.find(decision.request, "plain", published=published, waived=decision.waived)
    return None if found is None else _place(found)


def _place(allocation: Allocation) -> tuple[str, Minute]:
    return allocation.bed_id, allocation.start


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
