"""Who may be asked to make way for a request, and when: only ever proposed, a person confirms.

The bars of ``moving``, and besides: nobody isolated, nobody accompanied, nobody about to go to the discharge lounge.
"""

from __future__ import annotations

from typing import Final

from solver.hospital import Minute, Request, Stay
from solver.placing import moving
from solver.placing.records import Records

AT_ONCE: Final = moving.Limits(wait_minutes=0)
"""A move that makes way begins at the first minute of the day, or not at all."""


def may_be_moved(stay: Stay, records: Records, attached: frozenset[str]) -> bool:
    """Whether a move may be proposed for somebody who lies in a bed; ``attached``: ``moving.attached_allocations``.

    How often they were moved before is not known here: who was too often is left out by whoever asks.
    """
    isolated = bool(records.persons[stay.person_id].isolation)
    alone = not records.companions.get(stay.id)
    stands = any(moving.bars(stay, records, AT_ONCE, 0, attached))
    return alone and not isolated and not stands and not moving.may_sit(stay, records)


def earliest_move(stay: Stay, records: Records) -> Minute:
    """The first minute at which nobody is woken for it: now, or the end of the night."""
    return moving.by_day(records.now, moving.zone_of(stay, records), 0)[0]


def move_request(stay: Stay, records: Records, request_id: str) -> Request:
    """The request that continues a stay in another room: the same care, at the earliest minute and no later."""
    return moving.move_request(stay, records, AT_ONCE, request_id)
