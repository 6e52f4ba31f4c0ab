"""Stock as JSON and orders as CSV; see docs/pharmacy.md. Reading names every fault of a file, not only the first."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from math import inf, isfinite
from typing import Any, Final, TypeVar

from solver.engine.errors import InvalidInstance, Problem
from solver.pharmacy.perishable.item import Costs
from solver.pharmacy.reorder.plan import Line, OrderPlan
from solver.pharmacy.reorder.problem import History, OnOrder, ReorderProblem, StockItem, StockLot
from solver.pharmacy.reorder.tuning import Choice

FORMAT: Final = "wardflow-stock"
VERSION: Final = 1
ORDER_HEADER: Final = (
    "item_id",
    "quantity",
    "proposed",
    "policy",
    "below",
    "level",
    "largest_order",
    "daily_demand",
    "daily_cost",
    "service",
    "waste",
    "days_of_cover",
    "alerts",
)
USABLE_STATES: Final = {"available": True, "quarantined": False, "recalled": False, "locked": False}
MOST_BYTES: Final = 256 * 1024 * 1024

T = TypeVar("T")

ITEM_KEYS: Final = (
    "id",
    "costs",
    "useful_life_days",
    "lead_time_days",
    "history",
    "lots",
    "on_order",
    "review_days",
    "pack",
    "minimum_days_left",
    "largest_order",
    "safety_stock",
)
LOT_KEYS: Final = ("id", "quantity", "received", "expires", "state", "minimum_days_left")


class Reader:
    """One document being read: every fault is noted, and all are told at the end."""

    def __init__(self, name: str) -> None:
        self._name = name
        self.problems: list[Problem] = []

    def fault(self, where: str, value: object, expected: str, remedy: str = "Correct the file.") -> None:
        """Note a fault at a place of the document."""
        self.problems.append(Problem(f"{self._name}, {where}", repr(value), expected, remedy))

    def record(self, value: object, where: str, keys: Iterable[str]) -> Mapping[str, Any]:
        """A JSON object without keys that nobody knows; an empty one in place of anything else."""
        if not isinstance(value, dict):
            self.fault(where, value, "a JSON object")
            return {}
        known = set(keys)
        for key in value:
            if key not in known:
                self.fault(where, key, f"one of {', '.join(sorted(known))}", "Remove the key.")
        return value

    def records(self, value: object, where: str) -> Sequence[object]:
        """A JSON list."""
        if isinstance(value, list):
            return value
        self.fault(where, value, "a JSON list")
        return ()

    def day(self, value: object, where: str) -> date | None:
        """A date as 2026-03-31."""
        try:
            return date.fromisoformat(str(value))
        except ValueError:
            self.fault(where, value, "a date such as 2026-03-31")
            return None

    def made(self, make: Callable[[], T], where: str) -> T | None:
        """What ``make`` makes, or None with its faults noted."""
        try:
            return make()
        except InvalidInstance as refused:
            for p in refused.problems:
                self.problems.append(
                    Problem(f"{self._name}, {where}, {p.where}", p.value, p.expected, p.remedy)
                )
            return None

    def close(self) -> None:
        """Raise InvalidInstance with all faults, if any."""
        if self.problems:
            raise InvalidInstance(self.problems)


def read_stock(text: str, name: str = "stock.json") -> ReorderProblem:
    """All items of a document; ``name`` is how messages call it. Raises InvalidInstance with every fault."""
    reader = Reader(name)
    document = reader.record(_parsed(text, reader), "the document", ("format", "version", "today", "items"))
    if (document.get("format"), document.get("version")) != (FORMAT, VERSION):
        found = document.get("format"), document.get("version")
        reader.fault("format, version", found, f"{FORMAT!r}, {VERSION}", "See docs/pharmacy.md.")
    today = reader.day(document.get("today"), "today")
    items = [
        _item(reader, value, f"items[{at}]", today or date.min)
        for at, value in enumerate(reader.records(document.get("items", []), "items"))
    ]
    problem = reader.made(lambda: ReorderProblem(tuple(item for item in items if item)), "items")
    reader.close()
    assert problem is not None, "its faults were told"
    return problem


def _parsed(text: str, reader: Reader) -> object:
    if len(text) > MOST_BYTES:
        reader.fault("size", len(text), f"at most {MOST_BYTES} characters")
        reader.close()
    try:
        # NaN and Infinity are no JSON, though Python reads them; they stay words here and are refused as such.
        return json.loads(text, parse_constant=str)
    except (ValueError, RecursionError) as error:
        no_json = isinstance(error, json.JSONDecodeError)
        remedy = str(error)[:200] if no_json else "Write shorter numbers, and fewer levels of lists."
        reader.fault("the document", type(error).__name__, "JSON", remedy)
        reader.close()
        raise


def _item(reader: Reader, value: object, where: str, today: date) -> StockItem | None:
    told = reader.record(value, where, ITEM_KEYS)
    before = len(reader.problems)
    costs = reader.record(told.get("costs", {}), f"{where}, costs", Costs.__slots__)
    made_costs = reader.made(
        lambda: Costs(**{key: costs[key] for key in Costs.__slots__ if key in costs}), where
    )
    history = _history(reader, told.get("history"), f"{where}, history")
    lots = _lots(reader, told.get("lots", []), f"{where}, lots", today)
    on_order = _on_order(reader, told.get("on_order", []), f"{where}, on_order", today)
    item = reader.made(
        lambda: StockItem(
            id=told.get("id", ""),
            costs=made_costs or Costs(),
            useful_life=told.get("useful_life_days", 0),
            lead_time=told.get("lead_time_days", -1),
            history=history or History((0,)),
            lots=lots,
            on_order=on_order,
            review=told.get("review_days", 1),
            pack=told.get("pack", 1),
            minimum_days_left=told.get("minimum_days_left", 0),
            largest_order=told.get("largest_order"),
            safety_stock=told.get("safety_stock", 0),
        ),
        where,
    )
    return item if len(reader.problems) == before else None


def _history(reader: Reader, value: object, where: str) -> History | None:
    told = reader.record(value, where, ("issued", "ran_out"))
    issued = tuple(reader.records(told.get("issued", []), f"{where}, issued"))
    ran_out = reader.records(told.get("ran_out", []), f"{where}, ran_out")
    for day in ran_out:
        if type(day) is not int:
            reader.fault(f"{where}, ran_out", day, "numbers of days, the first being 0")
            return None
    return reader.made(lambda: History(issued, frozenset(ran_out)), where)  # type: ignore[arg-type]


def _lots(reader: Reader, value: object, where: str, today: date) -> tuple[StockLot, ...]:
    found = []
    for at, each in enumerate(reader.records(value, where)):
        here = f"{where}[{at}]"
        told = reader.record(each, here, LOT_KEYS)
        expires = reader.day(told.get("expires"), f"{here}, expires")
        received = reader.day(told["received"], f"{here}, received") if "received" in told else None
        if expires and received and expires <= received:
            reader.fault(
                f"{here}, expires", f"{expires} (received {received})", "a day after it was received"
            )
        if received and received > today:
            reader.fault(f"{here}, received", str(received), f"today ({today}) or before")
        state = told.get("state", "available")
        if not isinstance(state, str) or state not in USABLE_STATES:
            reader.fault(f"{here}, state", state, f"one of {', '.join(USABLE_STATES)}")
            continue
        # A lot may be used up to the day before it expires.
        left = max(0, (expires - today).days) if expires else 0
        made = reader.made(
            lambda told=told, left=left, state=state: StockLot(  # type: ignore[misc]
                told.get("id", ""),
                told.get("quantity", -1),
                left,
                USABLE_STATES[state],
                told.get("minimum_days_left", 0),
            ),
            here,
        )
        found += [made] if made else []
    return tuple(found)


def _on_order(reader: Reader, value: object, where: str, today: date) -> tuple[OnOrder, ...]:
    found = []
    for at, each in enumerate(reader.records(value, where)):
        here = f"{where}[{at}]"
        told = reader.record(each, here, ("quantity", "arrives"))
        arrives = reader.day(told.get("arrives"), f"{here}, arrives")
        days = (arrives - today).days if arrives else 0
        made = reader.made(lambda told=told, days=days: OnOrder(told.get("quantity", 0), days), here)  # type: ignore[misc]
        found += [made] if made else []
    return tuple(found)


def write_order(plan: OrderPlan) -> str:
    """CSV with ``ORDER_HEADER``, a line for each item, quantities in units."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(ORDER_HEADER)
    writer.writerows(_row(line) for line in plan.lines)
    return text.getvalue()


def policy_name(choice: Choice) -> str:
    """What says how much to order: a kind of policy, dynamic programming, a person, or, untuned, a rule of thumb."""
    if choice.by_person:
        return "person_decides"
    if choice.exact:
        return "dynamic_programming"
    return choice.policy.kind.value if choice.tuned else "rule_of_thumb"


def _row(line: Line) -> tuple[object, ...]:
    choice, expected = line.choice, line.choice.expected
    cover = line.outlook.days_of_cover
    return (
        line.item_id,
        line.quantity,
        line.quantity,
        policy_name(choice),
        "" if choice.policy.below == inf else round(choice.policy.below, 2),
        round(choice.policy.level, 2),
        choice.policy.most,
        round(choice.demand.mean, 3),
        round(expected.daily_cost, 3),
        round(expected.service, 4),
        round(expected.waste, 4),
        round(cover, 1) if isfinite(cover) else "",
        " ".join(sorted({event.kind.value for event in line.outlook.events})),
    )


def read_order(text: str, name: str = "order.csv") -> tuple[dict[str, int], dict[str, int]]:
    """Quantities and what was proposed, by item. Raises InvalidInstance with every line that is no line of an order."""
    reader = Reader(name)
    rows = list(csv.reader(io.StringIO(text)))
    if not rows or tuple(rows[0]) != ORDER_HEADER:
        reader.fault("line 1", rows[0] if rows else "nothing", f"the header {','.join(ORDER_HEADER)}")
        reader.close()
    ordered: dict[str, int] = {}
    proposed: dict[str, int] = {}
    for number, row in enumerate(rows[1:], start=2):
        if len(row) != len(ORDER_HEADER):
            reader.fault(f"line {number}", f"{len(row)} values", f"{len(ORDER_HEADER)}")
            continue
        if row[0] in ordered:
            reader.fault(f"line {number}, item_id", row[0], "each item once")
        for column, into in ((1, ordered), (2, proposed)):
            if not (row[column].isascii() and row[column].isdigit() and len(row[column]) < 10):
                reader.fault(f"line {number}, {ORDER_HEADER[column]}", row[column], "whole units from 0 up")
            else:
                into[row[0]] = int(row[column])
    reader.close()
    return ordered, proposed
