"""What a pharmacist should look at today: what expires, what runs out before more can arrive, what is below its safety
stock."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from math import ceil, inf

from solver.pharmacy.reorder.problem import History, StockItem

BANDS = (0, 7, 30, 90, 180)
"""Days left, at most: expired, within a week, a month, a quarter, half a year."""


class Alert(StrEnum):
    """Kinds of alarm."""

    EXPIRED = "expired"
    EXPIRES_TOO_SOON = "expires_too_soon"
    EXPIRES_UNUSED = "expires_unused"
    RUNS_OUT = "runs_out_before_delivery"
    BELOW_SAFETY = "below_safety_stock"
    NOT_USABLE = "not_usable"
    DEMAND_UNKNOWN = "demand_unknown"
    ORDER_OVERDUE = "order_overdue"


@dataclass(frozen=True, slots=True)
class Event:
    """One alarm: of an item, or of one of its lots; ``quantity`` units are concerned, ``in_days`` from today. A lot of
    ``EXPIRES_TOO_SOON`` has not expired, and does not last as long as it must when it is given out; what is
    ``ORDER_OVERDUE`` should have come before today, the first of it so many days below 0, and is not counted on."""

    kind: Alert
    item_id: str
    quantity: int
    in_days: int
    lot_id: str | None = None


@dataclass(frozen=True, slots=True)
class Outlook:
    """An item as it stands. days_of_cover: days that the mean demand takes to use what is on hand before it expires
    (infinite without demand). next_delivery: days until the next order may be used, one of today or one that is on its
    way and not overdue. bands: units on hand by days left, of each of ``BANDS`` and beyond."""

    item_id: str
    on_hand: int
    days_of_cover: float
    next_delivery: int
    bands: tuple[int, ...]
    events: tuple[Event, ...]


def daily_mean(history: History) -> float:
    """Units of demand a day. Where no day ran out it is the mean of what was issued, which the likelihood of both
    distributions in ``demand`` has its maximum at; else it is estimated there."""
    if not history.ran_out:
        return sum(history.issued) / len(history.issued)
    # Statistics are loaded for the first item that ran out: a watch without one does without.
    from solver.pharmacy.reorder.demand import estimate

    return estimate(*history.arrays()).mean


def outlook(item: StockItem, mean: float) -> Outlook:
    """The item with a mean demand of ``mean`` units a day."""
    bands = [0] * (len(BANDS) + 1)
    for lot in item.lots:
        bands[sum(lot.days_left > band for band in BANDS)] += lot.quantity
    cover, unused = _use_up(item, mean)
    delivery = min([item.lead_time, *(order.in_days + 1 for order in item.coming())])
    events = [*_of_lots(item, unused), *_of_item(item, cover, delivery)]
    return Outlook(item.id, item.on_hand(), cover, delivery, tuple(bands), tuple(events))


def _use_up(item: StockItem, mean: float) -> tuple[float, dict[str, int]]:
    """Days of cover, and units of each lot left over when it expires; the mean demand takes the oldest first."""
    clock, unused = 0.0, {}
    for lot in sorted(item.lots, key=lambda lot: (lot.days_left, lot.id)):
        days = item.days(lot)
        needed = lot.quantity / mean if mean > 0 else inf
        end = min(float(days), clock + needed) if lot.quantity else clock
        left = lot.quantity - (end - clock) * mean if end > clock else float(lot.quantity)
        if days > 0 and mean > 0 and ceil(left - 1e-9) > 0:
            unused[lot.id] = ceil(left - 1e-9)
        clock = max(clock, end)
    return (clock if mean > 0 else inf), unused


def _of_lots(item: StockItem, unused: dict[str, int]) -> list[Event]:
    found = []
    for lot in item.lots:
        if lot.quantity == 0:
            continue
        if not lot.usable:
            found.append(Event(Alert.NOT_USABLE, item.id, lot.quantity, 0, lot.id))
        elif lot.days_left == 0:
            found.append(Event(Alert.EXPIRED, item.id, lot.quantity, 0, lot.id))
        elif item.days(lot) == 0:
            found.append(Event(Alert.EXPIRES_TOO_SOON, item.id, lot.quantity, lot.days_left, lot.id))
        elif lot.id in unused:
            found.append(Event(Alert.EXPIRES_UNUSED, item.id, unused[lot.id], item.days(lot), lot.id))
    return found


def _of_item(item: StockItem, cover: float, delivery: int) -> list[Event]:
    found = []
    on_hand = item.on_hand()
    # Nothing there and nothing left yesterday: it has run out, whatever the demand is taken to be.
    if cover < delivery or (on_hand == 0 and item.history.ended_empty):
        found.append(Event(Alert.RUNS_OUT, item.id, on_hand, int(cover) if on_hand else 0))
    if on_hand < item.safety_stock:
        found.append(Event(Alert.BELOW_SAFETY, item.id, item.safety_stock - on_hand, 0))
    late = [order for order in item.on_order if order.overdue]
    if late:
        units, since = sum(order.quantity for order in late), min(order.in_days for order in late)
        found.append(Event(Alert.ORDER_OVERDUE, item.id, units, since))
    if not item.history.tells_demand:
        found.append(Event(Alert.DEMAND_UNKNOWN, item.id, on_hand, 0))
    return found
