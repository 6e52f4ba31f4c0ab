"""What was estimated, written as a scenario that says beside every number how sure it is."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from simulations.fitting.arrivals import Arrivals
from simulations.fitting.estimate import ALL_CLASSES, Fitted, Share, Stay, Ward
from simulations.fitting.names import DOOR
from simulations.fitting.visits import Fate
from simulations.scenarios.schema_demand import WEEK
from simulations.scenarios.schema_parts import BY_CLASS, OTHERS
from simulations.scenarios.schema_pathways import AT_NEXT, LEAVE
from simulations.statistics.censored import Estimate

PATHWAY = "hospital"
SPREAD_SEEN = 0.01


@dataclass(frozen=True, slots=True)
class Span:
    """The recorded time: its beginning on the hospital's clock, hours, and how many rows tell of it."""

    start: datetime
    length: float
    rows: int


def scenario_text(fitted: Fitted, span: Span) -> str:
    """The scenario as YAML, with comments."""
    lines = [*_head(span), *_demand(fitted), *_pathway(fitted), *_resources(fitted)]
    return "\n".join(lines) + "\n"


def _head(span: Span) -> Iterator[str]:
    yield f"# Estimated by `wardflow simulate fit` from {span.rows:,} rows of {span.start:%Y-%m-%d %H:%M} and the"
    yield f"# {span.length / 24:g} days from there. Intervals are of 95 %; stays that had not ended count as such."
    yield "# Correct what you know better (mostly beds), and see with `wardflow simulate back-test` what that changes."
    yield "name: As recorded"
    yield "description: Estimated from a log of admissions, transfers and discharges."
    yield ""
    yield "run:"
    yield f"  start: {span.start:%Y-%m-%d %H:%M}"
    yield f"  length: {_duration(span.length)}"
    yield "  warm_up: auto"
    yield ""


def _demand(fitted: Fitted) -> Iterator[str]:
    yield "demand:"
    yield "  classes:"
    for group, name in enumerate(fitted.classes):
        yield f"    {name}:"
        yield f"      pathway: {PATHWAY}"
        if group in fitted.arrivals:
            yield "      arrivals:"
            yield "        random:"
            yield from _random(fitted.arrivals[group])
    yield ""


def _random(found: Arrivals) -> Iterator[str]:
    yield (
        f"          per_day: {_number(found.per_day)}  # {_number(found.low)} to {_number(found.high)}, from "
        f"{found.count:,} who came"
    )
    if found.by_hour is not None:
        yield f"          by_hour: [{', '.join(f'{each:.3g}' for each in found.by_hour)}]"
    if found.by_weekday is not None:
        shown = ", ".join(f"{day}: {each:.3g}" for day, each in zip(WEEK, found.by_weekday, strict=True))
        yield f"          by_weekday: {{{shown}}}"
    if found.surprise < SPREAD_SEEN:
        yield "          # Days differ more than chance makes them: expect longer waits than this foretells."
    elif found.surprise > 1 - SPREAD_SEEN:
        yield "          # Days are more alike than chance makes them: perhaps sessions or a list suit better."


def _pathway(fitted: Fitted) -> Iterator[str]:
    yield "pathways:"
    yield f"  {PATHWAY}:"
    yield "    steps:"
    doors = {ward for shares in fitted.doors.values() for ward in shares}
    order = list(range(len(fitted.wards)))
    if len(doors) == 1:
        # The first step is where patients come in.
        order.sort(key=lambda ward: ward not in doors)
    else:
        yield f"      {DOOR}:"
        yield "        # Takes no time: patients begin on different wards."
        yield "        takes: 0 h"
        yield from _routes(fitted, fitted.doors)
    for ward in order:
        yield from _step(fitted, fitted.wards[ward])
    yield ""


def _step(fitted: Fitted, ward: Ward) -> Iterator[str]:
    yield f"      {ward.name}:"
    yield f"        bed: {ward.name}"
    yield from _stays(fitted, ward)
    yield from _routes(fitted, ward.routes)
    if _keeps(fitted, ward):
        yield f"        give_back: {AT_NEXT}"
    if ward.room is not None:
        yield f"        room_for: {ward.room}  # so many waited when somebody was refused"
        if ward.when_full != Fate.LEFT:
            yield f"        when_full: {fitted.wards[ward.when_full].name}"
    if ward.patience is not None and math.isfinite(ward.patience):
        note = "who was served before giving up counts as ready to wait longer"
        yield f"        patience: {{exponential: {_duration(ward.patience)}}}  # {note}"
        if ward.gives_up_to != Fate.LEFT:
            yield f"        gives_up_to: {fitted.wards[ward.gives_up_to].name}"


def _keeps(fitted: Fitted, ward: Ward) -> bool:
    """Unless a patient who finds no room next may come back to the very same bed, which a scenario cannot say."""
    onward = {to for routes in ward.routes.values() for to in routes if to >= 0}
    back = {to for each in fitted.wards for to in (each.when_full, each.gives_up_to) if to >= 0}
    return (
        bool(onward) and ward.keeps_bed and ward.name not in {fitted.wards[to].name for to in onward | back}
    )


def _stays(fitted: Fitted, ward: Ward) -> Iterator[str]:
    if set(ward.stays) == {ALL_CLASSES}:
        yield from _told(ward.stays[ALL_CLASSES], "        takes")
        return
    yield "        takes:"
    yield f"          {BY_CLASS}:"
    for group, stay in ward.stays.items():
        yield from _told(stay, f"            {_class(fitted, group)}")


def _told(stay: Stay, key: str) -> Iterator[str]:
    indent = key[: len(key) - len(key.lstrip())]
    half = f" +- {_duration(stay.half)}" if math.isfinite(stay.half) else ""
    told = f"from {stay.ended:,} that ended and {stay.going_on:,} that had not"
    yield f"{indent}# mean {_duration(stay.mean)}{half}, {told}"
    yield f"{key}: {_distribution(stay)}"


def _distribution(stay: Stay) -> str:
    if stay.values:
        return f"{{empirical: {{values: [{', '.join(map(_duration, stay.values))}], smooth: true}}}}"
    return _named(stay.named)


def _named(found: Estimate) -> str:
    if found.family == "exponential":
        return f"{{exponential: {_duration(found.mean)}}}"
    if found.family == "weibull":
        shape, scale = found.parameters
        return f"{{weibull: {{shape: {_number(shape)}, scale: {_duration(scale)}}}}}"
    return f"{{{found.family}: {{mean: {_duration(found.mean)}, sd: {_duration(found.sd)}}}}}"


def _routes(fitted: Fitted, routes: Mapping[int, Mapping[int, Share]]) -> Iterator[str]:
    if set(routes) == {ALL_CLASSES}:
        yield from _route(fitted, routes[ALL_CLASSES], "        next")
    elif routes:
        yield "        next:"
        yield f"          {BY_CLASS}:"
        for group, shares in routes.items():
            yield from _route(fitted, shares, f"            {_class(fitted, group)}")
        if ALL_CLASSES not in routes and len(routes) < len(fitted.classes):
            yield f"            {OTHERS}: {LEAVE}"  # Of whom none came in the recorded time.


def _route(fitted: Fitted, shares: Mapping[int, Share], key: str) -> Iterator[str]:
    names = [LEAVE if to == Fate.LEFT else fitted.wards[to].name for to in shares]
    values = _summing_to_one([each.value for each in shares.values()])
    shown = ", ".join(f"{name}: {value:.4f}" for name, value in zip(names, values, strict=True))
    spans = ", ".join(
        f"{name} {each.low:.3f} to {each.high:.3f}" for name, each in zip(names, shares.values(), strict=True)
    )
    yield f"{key}: {{{shown}}}  # {spans}"


def _summing_to_one(shares: Sequence[float]) -> list[float]:
    rounded = [round(each, 4) for each in shares]
    largest = max(range(len(rounded)), key=lambda i: rounded[i])
    rounded[largest] = round(1 - sum(each for i, each in enumerate(rounded) if i != largest), 4)
    return rounded


def _resources(fitted: Fitted) -> Iterator[str]:
    yield "resources:"
    for ward in fitted.wards:
        if not ward.known:
            note = "the most in use at once: nobody was seen to wait, so there may be more"
        elif ward.beds < ward.most:
            note = f"mostly in use while somebody waited; up to {ward.most} were at times"
        else:
            note = "in use while somebody waited or was refused, or as you said"
        yield f"  {ward.name}: {{beds: {ward.beds}}}  # {note}"


def _class(fitted: Fitted, group: int) -> str:
    return OTHERS if group == ALL_CLASSES else fitted.classes[group]


def _duration(hours: float) -> str:
    """With four digits, in the unit that people would use."""
    if not math.isfinite(hours):
        return f"{hours} h"
    if hours >= 72:
        return f"{_number(hours / 24)} d"
    return f"{_number(hours)} h" if hours >= 2 else f"{_number(hours * 60)} min"


def _number(value: float) -> str:
    """Four significant digits, never with an exponent."""
    if value <= 0 or not math.isfinite(value):
        return f"{value:g}"
    digits = max(0, 3 - math.floor(math.log10(value)))
    shown = f"{value:.{min(digits, 12)}f}"
    return shown.rstrip("0").rstrip(".") if "." in shown else shown
