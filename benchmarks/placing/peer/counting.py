"""What a plan costs by what the peer is told.

Plain loops over plain objects, for the peer translates them for itself; whoever has a place is annotated with no type,
which it would insist on: here its own class stands, in the tests another.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from benchmarks.placing.peer.said import (
    FOR_GOOD,
    OF_BALANCE,
    OF_TARGET,
    Need,
    Piece,
    Series,
    Stock,
    Telling,
    taken_by,
)

OF_SERIES: Final = {OF_TARGET: "nursing target", OF_BALANCE: "nursing balance"}
TERMS: Final = {
    "not placed": ("unplaced_",),
    "nursing target": ("nursing_target",),
    "nursing balance": ("nursing_balance",),
    "not said": ("unit_", "earliest_expiry", "safety_stock", "drug_", "lot_"),
}
"""Terms by what the names of the referee's rules begin with; every other rule is a price of the place."""


def over(piece: Piece, draws, hours: bool) -> int:
    """What draws (from, until, amount) take of a piece beyond what is left: amounts times minutes or full hours."""
    there = []
    most = 0
    for draw in draws:
        if draw[0] < piece.end and piece.start < draw[1]:
            there.append(draw)
            most += draw[2]
    if most <= piece.left:
        return 0
    total = 0
    point = piece.start
    while point < piece.end:
        following = piece.end
        taken = 0
        for draw in there:
            if draw[0] > point:
                following = min(following, draw[0])
            elif draw[1] > point:
                taken += draw[2]
                following = min(following, draw[1])
        excess = min(taken - piece.left, taken)
        if excess > 0:
            total += excess * ((following + 59) // 60 - (point + 59) // 60 if hours else following - point)
        point = following
    return total


def exceeded(series: Series, given) -> int:
    """By how much people with places on a ward take more of a series than it has: amounts times minutes or hours."""
    most = 0
    draws = []
    for one in given:
        place = one.place
        amount = taken_by(one, place, series.number)
        if amount > 0:
            draws.append([place.start, place.end, amount])
            most = most + amount
    if most <= series.least:
        return 0
    # One loop after the other in one branch is what the peer cannot translate; it would ask Python for each count.
    hours = series.number == OF_BALANCE
    total = 0
    for piece in series.pieces:
        total += over(piece, draws, hours)
    return total


def priced(series: Series, given) -> int:
    """What that costs."""
    return series.price * exceeded(series, given)


def missing(stock: Stock, draws) -> int:
    """By how much draws take more of a stock than there is."""
    total = 0
    for piece in stock.pieces:
        total += over(piece, draws, False)
    return total


def draw_of(need: Need, one) -> list[int]:
    """What a request with a place takes of a stock: from, until, amount."""
    if need.lasts == FOR_GOOD:
        return [0, 1, need.amount]
    start = one.place.start + need.offset
    if need.lasts < 0:
        return [start, one.place.end, need.amount]
    return [start, start + need.lasts, need.amount]


def terms(telling: Telling, given: Iterable[Any]) -> dict[str, int]:
    """A plan's terms; ``given``: people with an ``id`` and a ``place``, None for who has none. "forbidden": what it
    takes of wards and stocks beyond what they have."""
    given = list(given)
    placed = [one for one in given if one.place is not None]
    found = {
        "not placed": sum(one.price for one in given if one.place is None),
        "price of the place": sum(one.place.cost for one in placed),
        "nursing target": 0,
        "nursing balance": 0,
        "forbidden": 0,
    }
    for series in telling.series:
        there = [one for one in placed if one.place.ward == series.ward]
        found[OF_SERIES.get(series.number, "forbidden")] += max(1, series.price) * exceeded(series, there)
    of_id = {one.id: one for one in placed}
    for stock in telling.stocks:
        needs = (need for need in telling.needs if need.stock == stock.id and need.asked in of_id)
        found["forbidden"] += missing(stock, [draw_of(need, of_id[need.asked]) for need in needs])
    return found


def term_of(rule_id: str) -> str:
    """The term that one of the referee's rules belongs to."""
    for term, beginnings in TERMS.items():
        if rule_id.startswith(beginnings):
            return term
    return "price of the place"
