"""Who has waited longer than they can wait: a place ahead, and an earlier one as soon as there is one.

A request is placed within its own wait. Once that is over it could only start at once, and others, who may still
book hours ahead, would take every bed before it comes free. So whoever waits on may book a day ahead, and
stays on the waiting list for something earlier (docs/decisions/0013). ``in_turn`` is what service and simulation give.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from solver.hospital import Allocation, Minute, Request
from solver.placing.displace import Exchange
from solver.placing.live import LiveHospital
from solver.placing.problem import Decision, Method
from solver.placing.turns import starts_late, wait_within_a_day, waited_too_long, worth_changing


def wait_is_over(request: Request, now: Minute) -> bool:
    """Whether a request has waited longer than it said it can."""
    return waited_too_long(request.needed_by, request.max_wait_minutes, now)


def is_late(request: Request, allocation: Allocation, now: Minute) -> bool:
    """Whether a place starts later than the request said it can wait, and enough later than now to look for another."""
    return starts_late(request.needed_by, request.max_wait_minutes, allocation.start, now)


def in_turn(
    live: LiveHospital,
    request: Request,
    booked: Allocation | None,
    new_id: Callable[[], str],
    exchange_for: Callable[[Allocation | None], Exchange | None],
    waived: frozenset[str] = frozenset(),
) -> Decision | Exchange | None:
    """What somebody on the waiting list gets in their turn, as the referee confirms it; None: they wait on.

    ``booked`` None: a place, a day ahead at most if they have waited too long. Else their late place (``is_late``), and
    they get one that is worth changing for. ``exchange_for``: the exchange with a less urgent booking, if one lets them
    in earlier than what was found. ``new_id``: makes ids of allocations. Changes nothing that lasts.
    """
    if booked is None:
        # The kernels answer first: most waiting requests still do not fit.
        found = live.find(request, new_id(), waived=waived)
        got = exchange_for(found)
        if got is None and found is None and wait_is_over(request, live.now):
            found = ahead(live, request, new_id(), waived)
        return _sure(live, request, found, waived) if got is None else got
    with live.trial():
        live.withdraw(request, booked)
        found = ahead(live, request, new_id(), waived)
        got = exchange_for(found)
        better = _sure(live, request, found, waived) if got is None else got.urgent
    start = None if better is None or better.allocation is None else better.allocation.start
    if start is None or not worth_changing(start, booked.start):
        return None
    return better if got is None else got


def _sure(
    live: LiveHospital, request: Request, found: Allocation | None, waived: frozenset[str]
) -> Decision | None:
    """A place as the referee counts it; None if there is none or the referee does not confirm it."""
    if found is None:
        return None
    decision = live.judged(request, found, Method.KERNEL, waived=waived)
    return decision if decision.verified else None


def ahead(
    live: LiveHospital, request: Request, allocation_id: str, waived: frozenset[str] = frozenset()
) -> Allocation | None:
    """The cheapest place within a day for who has waited too long or has a late place; None if there is none."""
    return live.find(_within_a_day(request, live.now), allocation_id, waived=waived)


def as_it_waits(request: Request, now: Minute) -> Request:
    """A request as a place is looked for: who has waited longer than they can wait may book a day ahead."""
    return _within_a_day(request, now) if wait_is_over(request, now) else request


def _within_a_day(request: Request, now: Minute) -> Request:
    wait = wait_within_a_day(request.needed_by, request.max_wait_minutes, now)
    return replace(request, max_wait_minutes=wait)
