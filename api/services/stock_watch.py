"""The watch over the stock: what expires, what runs out before more can come, what is held; told as events once when it
begins and once when it is over.

Reckoned outside the writer from the ledger; what was told already is looked at inside the transaction that tells, so
that nothing is told twice, whichever process looks.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from math import isfinite
from typing import TYPE_CHECKING, Any, Final

from anyio import to_thread
from sqlalchemy import Connection, select

from api.schemas.pharmacy import OrderTermsIn
from api.services import words
from api.services.reads import Page
from api.services.stock_live import known_lead_times, supplies
from models.clock import CLOCK_ACTOR, MICROSECONDS_PER_MINUTE
from models.commands import Answer, AuditEntry, Command, Event, Outcome, Transaction
from models.repositories.alerts import AlertKey, end_alert, insert_alert, standing
from models.tables.drugs import lot
from solver.hospital import HandlingClass, LotState, Minute
from solver.pharmacy.perishable.item import Costs
from solver.pharmacy.reorder.problem import History, OnOrder, StockItem, StockLot
from solver.pharmacy.reorder.watch import BANDS, Alert, Outlook, daily_mean, outlook
from solver.placing import phrases
from solver.placing.language import Phrase
from solver.placing.telling import as_json

if TYPE_CHECKING:
    from api.runtime import Runtime

HISTORY_DAYS: Final = 91
"""Demand of the last thirteen weeks is what days of cover are reckoned with."""

COLD_CHAIN_HOLD: Final = "cold_chain_hold"

KEPT_COLD: Final = (HandlingClass.COLD_CHAIN, HandlingClass.BLOOD)

SAID: Final[Mapping[str, Phrase]] = {
    Alert.EXPIRED: phrases.STOCK_EXPIRED,
    Alert.EXPIRES_TOO_SOON: phrases.STOCK_EXPIRES_TOO_SOON,
    Alert.EXPIRES_UNUSED: phrases.STOCK_EXPIRES_UNUSED,
    Alert.RUNS_OUT: phrases.STOCK_RUNS_OUT,
    Alert.BELOW_SAFETY: phrases.STOCK_BELOW_SAFETY,
    Alert.NOT_USABLE: phrases.STOCK_NOT_USABLE,
    Alert.DEMAND_UNKNOWN: phrases.STOCK_DEMAND_UNKNOWN,
    Alert.ORDER_OVERDUE: phrases.STOCK_ORDER_OVERDUE,
    COLD_CHAIN_HOLD: phrases.STOCK_COLD_CHAIN_HOLD,
}
"""How each kind of alert is said."""


@dataclass(frozen=True, slots=True)
class Alerted:
    """One alert: ``quantity`` units are concerned, ``in_days`` from today (below 0: before it)."""

    key: AlertKey
    quantity: int
    in_days: int


@dataclass(frozen=True, slots=True)
class Watched:
    """A drug as it stands."""

    handling: str
    daily_demand: float
    outlook: Outlook
    alerts: tuple[Alerted, ...]


# --- what it is reckoned from ------------------------------------------------------------------------------
def _supplies(
    connection: Connection, now: Minute, zone: str, lead_time_days: int | None = None
) -> tuple[str, list[tuple[str, dict[str, Any]]]]:
    """Every drug. Its lead time is the one that is asked for, else that of its order which was decided last; of a drug
    that was never ordered here it is assumed (``OrderTermsIn``)."""
    if lead_time_days is not None:
        return supplies(connection, now, zone, OrderTermsIn(lead_time_days=lead_time_days), HISTORY_DAYS)
    known = known_lead_times(connection, now)
    return supplies(connection, now, zone, OrderTermsIn(), HISTORY_DAYS, known)


# --- reckoning ----------------------------------------------------------------------------------------------
def watched(today: str, handling: str, told: Mapping[str, Any]) -> Watched:
    """A drug of ``stock_live.supplies`` looked at."""
    item = _item(date.fromisoformat(today), told)
    mean = daily_mean(item.history)
    found = outlook(item, mean)
    held = {row["id"] for row in told["lots"] if row["state"] == LotState.QUARANTINED}
    alerts = []
    # Of a single day nobody says that it was every day: the ledger may have begun after it.
    silent = {Alert.DEMAND_UNKNOWN} if len(item.history.issued) == 1 else set()
    for event in (event for event in found.events if event.kind not in silent):
        cold = event.kind is Alert.NOT_USABLE and event.lot_id in held and handling in KEPT_COLD
        kind = COLD_CHAIN_HOLD if cold else event.kind.value
        key = AlertKey(kind, event.item_id, event.lot_id or "")
        alerts.append(Alerted(key, event.quantity, event.in_days))
    return Watched(handling, mean, found, tuple(alerts))


def _item(today: date, told: Mapping[str, Any]) -> StockItem:
    def days(when: str) -> int:
        return (date.fromisoformat(when) - today).days

    history = told["history"]
    return StockItem(
        told["id"],
        Costs(**told["costs"]),
        told["useful_life_days"],
        told["lead_time_days"],
        History(tuple(history["issued"]), frozenset(history["ran_out"])),
        tuple(
            StockLot(
                row["id"],
                row["quantity"],
                max(0, days(row["expires"])),
                row["state"] == LotState.AVAILABLE,
                row["minimum_days_left"],
            )
            for row in told["lots"]
        ),
        tuple(OnOrder(row["quantity"], days(row["arrives"])) for row in told["on_order"]),
        safety_stock=told["safety_stock"],
    )


# --- what is shown ------------------------------------------------------------------------------------------
async def shown(runtime: Runtime, lead_time_days: int | None, page: Page) -> dict[str, Any]:
    """A page of drugs by id, each as it stands; ``lead_time_days`` None: each drug's own."""
    now, zone = runtime.clock().minute, runtime.meta.zone

    def asked(connection: Connection) -> Any:
        return _supplies(connection, now, zone, lead_time_days), standing(connection)

    (today, items), told = await runtime.read(asked)
    mine = [(handling, item) for handling, item in items if item["id"] > page.after][: page.limit + 1]
    found = await to_thread.run_sync(lambda: [watched(today, *each) for each in mine])
    return {**page.body([_json(each, told, zone) for each in found]), "today": today}


def _json(one: Watched, told: Mapping[AlertKey, int], zone: str) -> dict[str, Any]:
    found = one.outlook
    cover = found.days_of_cover
    return {
        "id": found.item_id,
        "handling": one.handling,
        "on_hand": found.on_hand,
        "daily_demand": round(one.daily_demand, 3),
        "days_of_cover": round(cover, 1) if isfinite(cover) else None,
        "days_to_next_delivery": found.next_delivery,
        "bands": [
            {"within_days": within, "quantity": quantity}
            for within, quantity in zip((*BANDS, None), found.bands, strict=True)
        ],
        "alerts": [_alert(alert, told.get(alert.key), zone) for alert in one.alerts],
    }


def _alert(alert: Alerted, told: int | None, zone: str) -> dict[str, Any]:
    key = alert.key
    return {
        "kind": key.kind,
        "quantity": alert.quantity,
        "in_days": alert.in_days,
        "lot_id": key.lot_id or None,
        "told": None if told is None else words.moment(told // MICROSECONDS_PER_MINUTE, zone),
        "sentence": as_json(
            SAID[key.kind].of(
                drug=key.drug_id, lot=key.lot_id, quantity=alert.quantity, days=abs(alert.in_days)
            )
        ),
    }


# --- what is told -------------------------------------------------------------------------------------------
async def watch(runtime: Runtime) -> int:
    """Tell of every alert that began, and of every one that is over; returns how many."""
    now, zone = runtime.clock().minute, runtime.meta.zone

    def asked(connection: Connection) -> Any:
        return _supplies(connection, now, zone), set(standing(connection))

    (today, items), before = await runtime.read(asked)
    found = await to_thread.run_sync(lambda: _by_key([watched(today, *each) for each in items]))
    if found.keys() == before:
        return 0
    number = 0

    def write(transaction: Transaction) -> Outcome:
        nonlocal number
        outcome = _tell(found, transaction)
        number = len(outcome.events)
        return outcome

    await runtime.submit(Command("stock.watch", CLOCK_ACTOR, write=write))
    return number


def _by_key(found: list[Watched]) -> dict[AlertKey, Alerted]:
    return {alert.key: alert for one in found for alert in one.alerts}


def _tell(found: Mapping[AlertKey, Alerted], transaction: Transaction) -> Outcome:
    told = standing(transaction.connection).keys()
    began, over = sorted(found.keys() - told), sorted(told - found.keys())
    for key in began:
        insert_alert(transaction, key)
    for key in over:
        end_alert(transaction, key)
    wards = _wards(transaction.connection, [key.lot_id for key in (*began, *over) if key.lot_id])
    changes = [
        *(
            ("stock.alert", key, {"quantity": found[key].quantity, "in_days": found[key].in_days})
            for key in began
        ),
        *(("stock.alert_over", key, {}) for key in over),
    ]
    entries, events = [], []
    for action, key, more in changes:
        subject = key.lot_id or key.drug_id
        detail = {"alert": key.kind, "drug_id": key.drug_id, "lot_id": key.lot_id or None, **more}
        entries.append(AuditEntry(action, subject, detail))
        where = {"wards": wards.get(key.lot_id, []), "minute": transaction.now.minute}
        events.append(Event(action, {"subject": subject, **detail, **where}))
    return Outcome(Answer(200, {}), tuple(entries), tuple(events), touched=())


def _wards(connection: Connection, lot_ids: list[str]) -> dict[str, list[str]]:
    rows = connection.execute(select(lot.c.id, lot.c.ward_id).where(lot.c.id.in_(lot_ids)))
    return {row.id: [row.ward_id] for row in rows if row.ward_id is not None}
