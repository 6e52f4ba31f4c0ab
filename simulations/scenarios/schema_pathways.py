"""What patients go through, step by step."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal

from pydantic import BeforeValidator, Field

from simulations.scenarios.schema_demand import OneOrMore
from simulations.scenarios.schema_parts import ByClass, Count, Distribution, Name, Part, Positive, Share

LEAVE = "leave"
"""Where a pathway ends."""
AT_END: Final = "at end"
AT_NEXT: Final = "when the next step starts"
KEEP: Final = "never"


class Beds(Part):
    """Any bed with all of ``features``; of ``wards``, in that order, or of every ward in the order of resources."""

    features: list[Name] = []
    wards: list[Name] = []


class Skilled(Part):
    """Anybody with this skill, in the order of resources."""

    skill: Name


class Route(Part):
    """``share`` go on to step ``to``, there as patients of class ``becomes``."""

    to: Name
    share: Share
    becomes: Name | None = None


def named_or_any(value: Any) -> Any:
    """Resources by name in order of preference, or any that offers what is asked for."""
    if isinstance(value, Mapping):
        return {"any": value}
    return {"named": value if isinstance(value, list) else [value]}


class BedChoice(Part):
    any: Beds | None = None
    named: list[Name] = []


class StaffChoice(Part):
    any: Skilled | None = None
    named: list[Name] = []


def routes(value: Any) -> Any:
    """``ward``, or ``{ward: 0.7, leave: 0.3}``, or a list of routes: always such a list afterwards."""
    if isinstance(value, str):
        return [{"to": value, "share": 1.0}]
    if isinstance(value, Mapping):
        return [{"to": to, "share": share} for to, share in value.items()]
    return value


Routes = Annotated[list[Route], BeforeValidator(routes), Field(min_length=1)]
Bundle = dict[Name, Positive]


class Step(Part):
    """One step of a pathway. Bed, staff and needs are taken together or not at all.

    bed, staff: one of several, in order of preference. needs: units of resources; a list holds alternatives.
    takes: how long it lasts. next: where to then, by share. give_back: when what was taken is free again.
    """

    bed: Annotated[dict[Name, Annotated[BedChoice, BeforeValidator(named_or_any)]], ByClass] = {}
    staff: Annotated[dict[Name, Annotated[StaffChoice, BeforeValidator(named_or_any)]], ByClass] = {}
    needs: Annotated[dict[Name, Annotated[list[Bundle], OneOrMore]], ByClass] = {}
    takes: Annotated[dict[Name, Distribution], ByClass] = {}
    next: Annotated[dict[Name, Routes], ByClass] = {}
    give_back: Literal["at end", "when the next step starts", "never"] | Bundle = AT_END
    line: Name | None = None
    room_for: Count | None = None
    when_full: Name | None = None
    turn_away: list[Share] = []
    patience: Annotated[dict[Name, Distribution], ByClass] = {}
    gives_up_to: Name | None = None
    preempts: list[Name] = []
    interrupted: Literal["resumes", "restarts"] = "resumes"
    priority: dict[Name, Annotated[int, Field(ge=0, le=1000)]] = {}


class Pathway(Part):
    """The first step is where patients come in."""

    steps: Annotated[dict[Name, Step], Field(min_length=1)]
