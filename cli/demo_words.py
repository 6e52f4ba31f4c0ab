"""A day in words: decisions from the service's own explanations, events, progress. Patients by initials."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Container, Mapping
from datetime import datetime
from itertools import product
from string import ascii_uppercase
from typing import Any, Final

from rich.console import Console
from rich.markup import escape

from simulations.day_events import Ask, AskBadly, Event, Upset
from simulations.day_play import Ledger, State
from solver.hospital import Isolation, Minute, Person, Priority, from_minute

ISOLATION: Final = {
    Isolation.AIRBORNE: "airborne isolation",
    Isolation.PROTECTIVE: "protective isolation",
    Isolation.DROPLET: "droplet isolation",
    Isolation.CONTACT: "contact isolation",
}
NUMBERS: Final = ("no", "one", "two", "three", "four", "five", "six")
TELL_PLACED: Final = 8
TELL_UNPLACED: Final = 4
TELL_DISPLACED: Final = 3
TELL_APART: Final = 75
"""Decisions and minutes between them: enough to see how it speaks, few enough to read."""
EVERY_MINUTES: Final = 180
"""Minutes of the day between two lines of progress."""


def initials(number: int) -> str:
    """A., B., ... Z., A.A., A.B., ... for the first, second, ... patient of the day (from 0)."""
    if number < 26:
        return f"{ascii_uppercase[number]}."
    pairs = [f"{a}.{b}." for a, b in product(ascii_uppercase, repeat=2)]
    return pairs[(number - 26) % len(pairs)]


class Teller:
    """Tells the day as it goes by. The ``heard`` of a driver and the ``at`` of a player."""

    def __init__(
        self, console: Console, zone: str, days: bool = False, pooled: Container[str] = frozenset()
    ) -> None:
        self.console = console
        self.zone = zone
        self.days = days
        self._pooled = pooled
        self.names: dict[str, str] = {}
        self.unverified = 0
        self.seen: Counter[str] = Counter()
        self._progress_at: Minute | None = None
        self._told: dict[str, Minute] = {}
        self._now: Minute = 0

    # --- what the service answers ---------------------------------------------------------------------------
    def heard(self, what: str, about: Any, body: Mapping[str, Any]) -> None:
        """One answer worth telling."""
        if what == "ask":
            self._asked(about, body)
        elif what == "upset":
            self._upset(about, body)
        elif what == "proposal":
            self._proposal(about, body)
        elif what == "waiting":
            self.unverified += not body["allocation"]["verified"]
        elif what == "refused":
            self._say(about.minute, f"[yellow]refused[/] ({body['status']}): {escape(body['title'])}.")

    def _asked(self, ask: Ask, body: Mapping[str, Any]) -> None:
        name = self.names[body["request_id"]] = self.name(ask.arrival.person.id)
        given = body.get("allocation")
        if given is None:
            if self.seen["unplaced"] < TELL_UNPLACED and ask.arrival.request.priority <= Priority.URGENT:
                self.seen["unplaced"] += 1
                self._say(
                    ask.minute, f"[red]{name} waits[/] ({_priority(ask)}): {need_in_words(body['need'])}"
                )
            return
        self.unverified += not given["verified"]
        displaced = given.get("displaced", ())
        if displaced and self._may_tell("displaced", TELL_DISPLACED, ask.minute):
            self._say(ask.minute, self._displaced(name, ask, given, displaced[0]))
            return
        if self._worth_telling(ask, given) and self._may_tell("placed", TELL_PLACED, ask.minute):
            words = decision_in_words(name, ask.arrival.person, given, self.days, self._pooled)
            self._say(ask.minute, f"[green]{words[0]}[/]{escape(words[1])}")

    def _displaced(self, name: str, ask: Ask, given: Mapping[str, Any], other: Mapping[str, Any]) -> str:
        """Who takes whose place, and where that one goes."""
        whose = self.names.get(other["request_id"], "somebody")
        goes = f"goes to {other['bed_id']} {_clock(other['start'])}" if other["bed_id"] else "waits"
        return (
            f"[green]{name} to {given['bed_id']}[/] {_clock(given['start'])} ({_priority(ask)}): {whose}, less "
            f"urgent, had booked {other['from_bed_id']} from {_clock(other['from_start'])} and {goes}"
        )

    def _worth_telling(self, ask: Ask, given: Mapping[str, Any]) -> bool:
        """Bundles and precautions, and beds that were ruled out; in an instance of beds alone, whatever comes."""
        if self.days:
            return True
        points = 2 * bool(ask.arrival.person.isolation) + bool(given["units"]) + bool(given["lots"])
        points += any(other["broken"] for other in given["compared"])
        return points + (ask.arrival.request.priority is Priority.EMERGENCY) >= 3

    def _may_tell(self, sort: str, most: int, minute: Minute) -> bool:
        """Whether one more of a sort may be told now; counts it if so."""
        apart = 1440 if self.days else TELL_APART
        if self.seen[sort] >= most or (self.seen[sort] and minute < self._told[sort] + apart):
            return False
        self.seen[sort] += 1
        self._told[sort] = minute
        return True

    def _upset(self, upset: Upset, body: Mapping[str, Any]) -> None:
        self._now = upset.minute
        repaired, proposed = body["repaired"], body["proposals"]
        again = Counter("elsewhere or later" if item["bed_id"] else "waiting again" for item in repaired)
        done = "; ".join(f"{count} booked {how}" for how, count in sorted(again.items()))
        told = f"[bold magenta]{escape(upset.title)}[/]: {done or 'no booking had to change'}"
        if body["placed_from_waiting"]:
            told += f"; {len(body['placed_from_waiting'])} placed from the waiting list"
        if proposed:
            told += f"; proposed: {', '.join(_proposed(item) for item in proposed)}"
        self._say(upset.minute, told + ".")
        for item in [item for item in repaired if item["bed_id"]][:2]:
            move = f"{item['from_bed_id']} -> {item['bed_id']}"
            same = item["from_bed_id"] == item["bed_id"]
            name = self.names.get(item["request_id"], "a booking")
            when = _clock(item["start"])
            self._say(
                upset.minute, f"   repaired: {name} {'stays in ' + item['bed_id'] if same else move}, {when}"
            )

    def _proposal(self, proposal: Mapping[str, Any], body: Mapping[str, Any]) -> None:
        if body.get("state") != "confirmed":
            self._say(self._now, f"   proposal not carried out: {escape(str(body.get('detail')))}")
            return
        result = body.get("result") or {}
        end = ""
        if proposal["kind"] == "transfer":
            given = result.get("allocation")
            end = f"bed {given['bed_id']}, {_clock(given['start'])}" if given else "waits for a bed"
        elif proposal["kind"] == "replace_unit":
            end = f"{result['other_unit_id']} takes the place of {result['unit_id']}"
        elif proposal["kind"] == "call_in":
            end = "called in, with consent"
        self._say(self._now, f"   a person confirmed the {proposal['kind'].replace('_', ' ')}: {end}")

    # --- how the day goes -----------------------------------------------------------------------------------
    def at(self, minute: Minute, event: Event, ledger: Ledger) -> None:
        """One event was played: now and then a line of progress."""
        self._now = minute
        every = 1440 if self.days else EVERY_MINUTES
        if self._progress_at is None:
            self._progress_at = ledger.day.start
        if not isinstance(event, Ask | AskBadly) or minute < self._progress_at + every:
            return
        self._progress_at = minute - (minute - ledger.day.start) % every
        states = Counter(entry.standing.state for entry in ledger.entries.values())
        placed = states[State.PLACED] + states[State.ARRIVED]
        words = f"{len(ledger.entries)} asked, {placed} placed, {states[State.WAITING]} waiting"
        self._say(minute, f"[dim]so far {words}; {len(ledger.lying)} patients have left their bed[/]")

    def name(self, person_id: str) -> str:
        """The initials of a patient of the day."""
        if person_id not in self.names:
            self.names[person_id] = initials(sum(not key.startswith("req_") for key in self.names))
        return self.names[person_id]

    def _say(self, minute: Minute, words: str) -> None:
        when = from_minute(minute, self.zone)
        shown = f"{when:%a %d %b}" if self.days else f"{when:%a %H:%M}"
        self.console.print(f"[dim]{shown}[/]  {words}", highlight=False)


def decision_in_words(
    name: str,
    person: Person,
    given: Mapping[str, Any],
    days: bool = False,
    pooled: Container[str] = frozenset(),
) -> tuple[str, str]:
    """Head and tail of a sentence: who goes where, and with what, and why not elsewhere."""
    parts = [ISOLATION[kind] for kind in sorted(person.isolation)]
    units = [_unit(use["unit_id"], pooled) for use in given["units"]]
    parts += [_listed(units)] if units else []
    drugs = Counter(use["drug_id"].replace("_", " ") for use in given["lots"])
    parts += [f"{_number(lots)} lot{'s' * (lots > 1)} of {drug}" for drug, lots in drugs.items()]
    parts += _cover(given)
    if given["conditional"]:
        parts.append("once its occupant has left")
    compared = [other for other in given["compared"] if other["broken"]] or given["compared"]
    if compared:
        parts.append(_why_not(compared[0]))
    when = _day(given["start"]) if days else _clock(given["start"])
    bundle, why_not = (parts[:-1], parts[-1:]) if compared else (parts, [])
    told = "; ".join([", ".join(bundle), *why_not]) if bundle else "".join(why_not)
    return f"{name} to {given['bed_id']}", f" {when}: {told}" if told else f" {when}"


def need_in_words(need: Mapping[str, Any]) -> str:
    """What stands in the way, from when it fits, whom to call."""
    standing = need["blocking"][0]
    sentence = standing["sentence"].rstrip(".")
    way = f"in the way in {standing['beds']} beds: {sentence[:1].lower()}{sentence[1:]}"
    fits = f"fits from {_clock(need['fits_from'])}" if need["fits_from"] else "nothing within the forecast"
    return escape(f"{way}; {fits}; call {need['call']}.")


def _unit(unit_id: str, pooled: Container[str]) -> str:
    """As people call it: infusion pump 15 from the pool."""
    kind, _, number = unit_id.rpartition("-")
    called = f"{kind.replace('_', ' ')} {int(number)}" if kind and number.isdecimal() else unit_id
    return f"{called} from the pool" if unit_id in pooled else called


def _why_not(other: Mapping[str, Any]) -> str:
    """The service's sentence on another bed, in the middle of one of ours."""
    head, _, rest = other["sentence"].partition(": ")
    rest = rest or head
    return f"why not {other['bed_id']}: {rest[:1].lower()}{rest[1:].rstrip('.')}"


def _cover(given: Mapping[str, Any]) -> list[str]:
    """The ratio the service states in its reasons."""
    ratios = (
        re.search(r"\(1:([\d.]+)\)", reason) for reason in given["reasons"] if reason.startswith("Cover")
    )
    hour = datetime.fromisoformat(given["start"]).hour
    part = "day" if 7 <= hour < 19 else "night"
    return [f"{part} cover 1:{found.group(1)}" for found in ratios if found is not None][:1]


def _proposed(item: Mapping[str, Any]) -> str:
    change = item["change"]
    if item["kind"] == "transfer":
        where = change["bed_id"] or "as soon as a bed fits"
        return f"a move from {change['from_bed_id']} to {where}"
    if item["kind"] == "replace_unit":
        return f"{change['other_unit_id'] or 'no other unit'} instead of {change['unit_id']}"
    return "a call-in" if item["kind"] == "call_in" else item["kind"].replace("_", " ")


def _priority(ask: Ask) -> str:
    return ask.arrival.request.priority.name.lower()


def _number(count: int) -> str:
    return NUMBERS[count] if count < len(NUMBERS) else str(count)


def _listed(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def _clock(moment: str) -> str:
    return f"{datetime.fromisoformat(moment):%a %H:%M}"


def _day(moment: str) -> str:
    return f"{datetime.fromisoformat(moment):%d %b}"
