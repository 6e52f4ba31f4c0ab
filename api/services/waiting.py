"""The waiting list: decided again whenever something may have come free, by priority, then by waiting
time."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from api.services.cases import Case
from api.services.desk import Changes
from api.services.displacing import exchange_for
from api.services.placing import carry_out, decide, keep_waiting, settle
from solver.placing.problem import Method


def decide_again(changes: Changes, besides: Collection[str] = (), *, explain: bool = False) -> list[Case]:
    """Try every waiting request (at most the practice's bound), except ``besides``; returns those that got a
    place.

    ``explain``: store anew what stands in the way of the others (costs about as much as deciding).
    """
    placed = []
    for case in changes.desk.unplaced()[: changes.practice.retry_unplaced]:
        if case.id in besides or case.id in changes.unplaced_by_repair or rests(case, changes):
            continue
        found = _placed(case, changes)
        if found is not None:
            placed.append(found)
        elif explain:
            _explain(case, changes)
    return placed


def rests(case: Case, changes: Changes) -> bool:
    """Whether a case is left to people for a while, because nobody confirmed what was held for it."""
    need = case.need
    return (
        need is not None and need.why_not.get("lapsed_minute") is not None and changes.now < need.decide_again
    )


def _placed(case: Case, changes: Changes) -> Case | None:
    """The case with a bundle, or None. The kernels answer first: most waiting requests still do not fit."""
    allocation = changes.live.find(case.request, changes.desk.new_id("alc"), waived=case.waived)
    exchange = exchange_for(case, allocation, changes)
    if exchange is not None:
        return carry_out(case, exchange, changes, compare=False)
    if allocation is None:
        return None
    decision = changes.live.judged(case.request, allocation, Method.KERNEL, waived=case.waived)
    return settle(case, decision, changes, compare=False) if decision.verified else None


def _explain(case: Case, changes: Changes) -> None:
    """Store the reasons anew if other rules stand in the way now; else only when it is looked at next."""
    decision = decide(case, changes)
    if decision.why_not is None:
        return
    standing = [s.rule_id for s in decision.why_not.standing]
    known = [b["rule_id"] for b in case.need.why_not["blocking"]] if case.need is not None else []
    if standing != known:
        keep_waiting(case, decision, changes)
    elif case.need is not None:
        again = changes.now + changes.practice.again_minutes
        changes.desk.set_case(replace(case, need=replace(case.need, decide_again=again)))
