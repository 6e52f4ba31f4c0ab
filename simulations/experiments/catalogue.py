"""What is measured, in the words and units in which it is told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from simulations.statistics.verdicts import Words

ALL = ""
"""A place or class: all of them together."""
ALL_DAY = -1


class Key(NamedTuple):
    """One number of a replication: a measure, where, of whom, at which hour of the day."""

    measure: str
    place: str = ALL
    patient_class: str = ALL
    hour: int = ALL_DAY


@dataclass(frozen=True, slots=True)
class Measure:
    """title: heads a column. what: with ``{place}``, as a sentence names it. unit: "" for a share.

    negligible: an amount that no planner would mind; intervals need not be narrower. headline: is told of in a
    comparison. cut_off: the share of whom a mean leaves out, since the run ended before they were through.
    """

    title: str
    what: str
    unit: str
    negligible: float
    more: str = "raises"
    less: str = "lowers"
    headline: bool = True
    cut_off: str = ""


MEASURES: dict[str, Measure] = {
    "wait_mean": Measure(
        "Mean wait", "waits for {place}", "h", 0.05, "lengthens", "shortens", cut_off="unstarted_share"
    ),
    "wait_p90": Measure(
        "Wait of nine in ten at most", "the 90th percentile of waits for {place}", "h", 0.1, headline=False
    ),
    "waited_share": Measure("Share who wait", "the share who wait for {place}", "", 0.01, headline=False),
    "unstarted_share": Measure(
        "Share who had not started at the end",
        "the share still waiting for {place}",
        "",
        0.01,
        headline=False,
    ),
    "still_waiting": Measure(
        "Still waiting at the end", "who still waits for {place} at the end", "patients", 0.5
    ),
    "waiting_mean": Measure("Patients waiting", "the number who wait for {place}", "patients", 0.1),
    "refused_share": Measure("Share refused", "refusals at {place}", "", 0.002),
    "gave_up_share": Measure("Share who give up waiting", "who gives up waiting for {place}", "", 0.002),
    "occupancy": Measure("Occupancy", "occupancy of {place}", "", 0.005),
    "full_share": Measure("Share of time with none free", "the time with nothing free of {place}", "", 0.005),
    "overtime": Measure("Overtime", "overtime of {place}", "h a week", 0.1),
    "stock_out_share": Measure("Share of time out of stock", "the time {place} is out of stock", "", 0.002),
    "expired": Measure("Units thrown away", "what is thrown away of {place}", "a week", 0.1),
    "used": Measure("Units used", "use of {place}", "a week", 0.1, headline=False),
    "interrupted": Measure("Interruptions", "interruptions of {place}", "a week", 0.1, headline=False),
    "transfers": Measure("Transfers", "transfers to {place}", "a week", 0.1),
    "outlying_share": Measure(
        "Share on a ward of another speciality", "the share who lie outside their speciality", "", 0.005
    ),
    "rebooked": Measure("Bookings changed", "changes of bookings", "a week", 0.1),
    "equipment_wait_mean": Measure(
        "Mean wait of who asks for equipment",
        "waits of who asks for {place}",
        "h",
        0.05,
        "lengthens",
        "shortens",
        headline=False,
        cut_off="equipment_unstarted_share",
    ),
    "equipment_refused": Measure(
        "Refused of who asks for equipment",
        "refusals of who asks for {place}",
        "a week",
        0.1,
        headline=False,
    ),
    "equipment_asked": Measure(
        "Requests for equipment", "requests for {place}", "a week", 0.1, headline=False
    ),
    "equipment_unstarted_share": Measure(
        "Share of who asks for equipment and had not started at the end",
        "the share still waiting of who asks for {place}",
        "",
        0.01,
        headline=False,
    ),
    "stay_mean": Measure(
        "Mean time in hospital",
        "time in hospital",
        "h",
        0.5,
        "lengthens",
        "shortens",
        cut_off="unfinished_share",
    ),
    "unfinished_share": Measure(
        "Share who had not left at the end", "the share who are still there", "", 0.01, headline=False
    ),
    "present_mean": Measure(
        "Patients in the hospital", "the number of patients in the hospital", "patients", 0.5
    ),
    "arrived": Measure("Arrivals", "arrivals", "a day", 0.05, headline=False),
    "left": Measure("Departures", "departures", "a day", 0.05, headline=False),
}


def words(key: Key) -> Words:
    """How one number is spoken of in a verdict."""
    measure = MEASURES[key.measure]
    what = measure.what.format(place=key.place or "all")
    if key.patient_class:
        what += f" of {key.patient_class}"
    if key.hour != ALL_DAY:
        what += f" at {key.hour:02d}:00"
    if not measure.unit:
        return Words(what, "percentage points", measure.more, measure.less, scale=100.0)
    return Words(what, measure.unit, measure.more, measure.less)
