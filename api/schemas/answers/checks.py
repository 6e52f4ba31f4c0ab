"""Answers about changes that nobody has made."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from api.schemas.answers.common import Aged, Cost, RuleId, Time, Told
from api.schemas.answers.requests import LotUseOut, UnitUseOut
from api.schemas.base import Out
from api.security.permissions import Role
from api.solving.messages import Failure
from solver.engine.rule import Level
from solver.placing.concessions import Kind
from solver.placing.problem import Method

Roles = Annotated[
    list[Role], Field(description="Who may override it, on the ward that asks; nobody if empty")
]


class BreachOut(Out):
    """A rule the change breaks, by ``amount`` of the rule's unit; ``waived``: somebody entitled has overridden it."""

    rule_id: RuleId
    level: Level
    amount: int
    sentence: Told
    overridable_by: Roles
    waived: bool


class ChangedPriceOut(Out):
    """What one rule adds to the cost, with the change and as things stand."""

    rule_id: RuleId
    amount: int
    cost: Cost
    amount_now: int
    cost_now: Cost
    sentence: Told


class CheckOut(Aged):
    """What a change would break and cost; nothing was changed. ``allowed``: it breaks nothing that is not waived.

    ``difference``: how much dearer the hospital becomes. ``hospital_revision``: the one this rests on.
    """

    bed_id: str
    ward_id: str
    start: Time
    end: Time
    companion_bed_id: str | None
    units: list[UnitUseOut]
    lots: list[LotUseOut]
    allowed: bool
    breaks: list[BreachOut]
    prices: list[ChangedPriceOut]
    cost: Cost
    cost_now: Cost
    difference: Cost
    sentence: Told


class StandingOut(Out):
    """A rule that stands against it, in ``beds`` of the beds asked about, in ``alone`` of them alone; ``remedy``: who
    could take it away."""

    rule_id: RuleId
    level: Level
    sentence: Told
    beds: int
    alone: int
    overridable_by: Roles
    remedy: Told | None


class ChangeOut(Out):
    """One change that would make it possible, only proposed. ``subject_id``: the rule, bed, unit, lot, drug, shift,
    stay or request it is about; null where the caller may not see it. ``until``: when to wait until, or when the bed
    is clean. ``to_bed_id``, ``to_start``: where who gives way would go; null if they would wait. ``by``: who can."""

    kind: Kind
    subject_id: str | None
    ward_id: str | None
    price: Cost
    until: Time | None
    to_bed_id: str | None
    to_start: Time | None
    overridable_by: Roles
    by: Told
    sentence: Told


class RelaxationOut(Out):
    """The changes, what they take together, and what the request would then get."""

    price: Cost
    changes: list[ChangeOut]
    bed_id: str
    ward_id: str
    start: Time
    end: Time
    companion_bed_id: str | None
    units: list[UnitUseOut]
    lots: list[LotUseOut]


class WhyNotOut(Aged):
    """What stands against a place, and the cheapest changes that make it possible. Nothing was changed or stored.

    ``fits``: nothing has to change. ``relaxation``: null if no change helps; ``against`` then says who could.
    ``proven``: nothing cheaper exists among the changes known here; ``bound``: nothing costs less. ``degraded``: there
    was no time or no process for the proof, ``solver_failure`` says which.
    """

    fits: bool
    fits_from: Time | None
    against: list[StandingOut]
    relaxation: RelaxationOut | None
    method: Method
    bound: Cost
    proven: bool
    degraded: bool
    solver_failure: Failure | None
    reasons: list[Told]
