"""A hospital to simulate, described in full: who comes, what they need, in which order, and what there is of it.

Nothing here is checked when it is made; ``check.check(model)`` finds every fault at once and names each by its path,
such as ``steps[3].routing["*"][0].probability``. Times are floats in one unit of the caller's choice, counted from the
start of the run.

Where a field holds something *per class* it is either one value for all, or a mapping from class name to value in
which ``"*"`` stands for the classes not named.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import TypeVar, Union

from simulations.engine.distributions import AT_ONCE, FOREVER, Distribution

T = TypeVar("T")
PerClass = Union[T, Mapping[str, T]]  # noqa: UP007 - mypy reads no other form as a generic alias
OTHERS = "*"


class Cut(IntEnum):
    """What becomes of a service when its resource is taken away."""

    FINISH = 0
    """It goes on to its end (overtime); only then is the unit gone."""
    INTERRUPT = 1
    """It stops, the patient goes back to the head of the line and keeps the time that is left."""


class QueueRule(IntEnum):
    STRICT = 0
    """Nobody overtakes the first of the line, even one who would fit."""
    SKIP = 1
    """The first who fits starts."""


@dataclass(frozen=True, slots=True)
class Batch:
    """How many come at one instant: ``sizes`` (1 or more) with ``probabilities`` that sum to 1."""

    sizes: tuple[int, ...]
    probabilities: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Poisson:
    """Arrivals at random with a rate that depends on the time.

    ``rates`` per unit of time, one for each ``bin_width``, repeated for ever from ``phase`` (24 rates of an hour: a
    day; 168: a week). Only between ``start`` and ``end`` does anybody come: a surge is a second source with a window.
    ``batch``: the rates are those of batches.
    """

    name: str
    rates: tuple[float, ...]
    bin_width: float = FOREVER
    phase: float = 0.0
    start: float = 0.0
    end: float = FOREVER
    batch: Batch | None = None


@dataclass(frozen=True, slots=True)
class Renewal:
    """Arrivals with independent ``gaps``, the first one gap after ``start``."""

    name: str
    gaps: Distribution
    start: float = 0.0
    end: float = FOREVER
    batch: Batch | None = None


@dataclass(frozen=True, slots=True)
class Listed:
    """Arrivals at known ``times``, ascending: an elective list, a mass-casualty drill, a log replayed."""

    name: str
    times: tuple[float, ...]
    no_show: float = 0.0
    unpunctuality: Distribution | None = None


@dataclass(frozen=True, slots=True)
class Appointments:
    """Arrivals booked at ``first``, ``first + interval`` and so on, before ``end``.

    Each stays away with probability ``no_show``; ``unpunctuality`` comes on top of the booked time.
    """

    name: str
    interval: float
    first: float = 0.0
    end: float = FOREVER
    no_show: float = 0.0
    unpunctuality: Distribution | None = None


@dataclass(frozen=True, slots=True)
class Closed:
    """``population`` people (or machines) who come, leave, and come back ``away`` later, for ever."""

    name: str
    population: int
    away: Distribution


Source = Poisson | Renewal | Listed | Appointments | Closed


@dataclass(frozen=True, slots=True)
class PatientClass:
    """Patients who are alike: ``priority`` 0 goes first; the names of ``sources`` are unique in the model.

    Random numbers follow the names of source and step: what two scenarios share meets the same chance in both.
    """

    name: str
    first_step: str
    sources: tuple[Source, ...] = ()
    priority: int = 0


@dataclass(frozen=True, slots=True)
class CapacityChange:
    """From ``at`` on there are ``capacity`` units."""

    at: float
    capacity: int
    cut: Cut = Cut.FINISH


@dataclass(frozen=True, slots=True)
class Breakdown:
    """Each unit fails by itself ``to_failure`` after it was last made whole, in use or not.

    ``repaired_by`` names the resource of which one unit is needed for the repair; without it all repairs go on at once.
    """

    to_failure: Distribution
    repair: Distribution
    repaired_by: str | None = None
    cut: Cut = Cut.INTERRUPT


@dataclass(frozen=True, slots=True)
class Maintenance:
    """``units`` are away for ``duration`` from ``first``, and again every ``interval`` (0: once)."""

    first: float
    duration: Distribution
    interval: float = 0.0
    units: int = 1
    cut: Cut = Cut.FINISH


@dataclass(frozen=True, slots=True)
class Stock:
    """What is used up: whoever takes it does not bring it back.

    Whenever what is on the shelf plus ordered less what is waited for is at or below ``reorder_point``, so much is
    ordered that it reaches ``order_up_to``; each order arrives ``lead_time`` later, independently of the others.
    What is not used ``shelf_life`` after it arrived is thrown away, the oldest is used first. ``Resource.capacity``
    is what lies there at the start.
    """

    reorder_point: int
    order_up_to: int
    lead_time: Distribution
    shelf_life: float = FOREVER


@dataclass(frozen=True, slots=True)
class Resource:
    """Beds of a ward, rooms, devices of a kind, staff of a skill, a drug.

    ``changes`` repeat every ``cycle`` (0: they happen once); their times lie in ``[0, cycle)``.
    ``guard``: by class name, how many units must stay free after a patient of that class took theirs.
    """

    name: str
    capacity: int
    changes: tuple[CapacityChange, ...] = ()
    cycle: float = 0.0
    breakdown: Breakdown | None = None
    maintenance: tuple[Maintenance, ...] = ()
    stock: Stock | None = None
    guard: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Group:
    """Resources that stand for each other when something is given back: one bed, of whichever ward it is."""

    name: str
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Route:
    """With ``probability`` on to step ``to`` (None: leave), as a patient of class ``becomes`` (None: the same)."""

    probability: float
    to: str | None
    becomes: str | None = None


LEAVE = (Route(1.0, None),)


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a pathway.

    needs: per class, the options in order of preference (preferred ward first, then the overflow order); each maps
        resources to units, which are taken together or not at all. No option: the step starts at once, and whatever
        the patient holds from before stays held.
    release_at_start, release_at_end: resources or groups to units given back, at the first start of what was held
        before it. ``release_at_end=None``: all that this step took. Not to give back at the end and to give back at
        the start of the next step is blocking after service. Whoever leaves gives back everything.
    duration: per class. routing: per class, probabilities that sum to 1.
    line: the name of the line one waits in; steps with the same name share one. None: a line of its own.
    queue_limit: how many may wait in this step, -1 for any number; who comes too late goes to step ``overflow``, or is
        refused.
    balking: probability to turn away, by the number who wait in this step (the last entry for all above);
        who turns away goes to ``overflow`` too, or leaves.
    patience: per class, how long one waits; then one goes to step ``renege_to``, or leaves.
    preempts: names of the classes who interrupt patients of this resource with a lower priority: when they come, and
        when they wait and something they need comes free or whoever stood in their way goes.
    restarts: an interrupted service begins anew, with the whole duration, instead of where it stopped.
    priority: by class name, where it differs from the class's own.
    chance: what its random streams are called. Steps of the same share them and count visits together, so that the
        n-th visit to any of them has the same chance. None: as the step.
    """

    name: str
    duration: PerClass[Distribution] = AT_ONCE
    needs: PerClass[tuple[Mapping[str, int], ...]] = ()
    release_at_start: Mapping[str, int] = field(default_factory=dict)
    release_at_end: Mapping[str, int] | None = None
    routing: PerClass[tuple[Route, ...]] = LEAVE
    line: str | None = None
    queue_limit: int = -1
    overflow: str | None = None
    balking: tuple[float, ...] = ()
    patience: PerClass[Distribution] | None = None
    renege_to: str | None = None
    preempts: tuple[str, ...] = ()
    restarts: bool = False
    priority: Mapping[str, int] = field(default_factory=dict)
    chance: str | None = None


@dataclass(frozen=True, slots=True)
class Present:
    """Somebody who is there at the start of the run.

    In service (``waiting`` False): ``remaining`` is the time left; None: drawn, given that ``elapsed`` has passed.
    Waiting: came ``elapsed`` ago. ``holds`` is everything held, what the step itself took included.
    """

    class_name: str
    step: str
    waiting: bool = False
    elapsed: float = 0.0
    remaining: float | None = None
    holds: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Model:
    """Everything a run needs but seed, replication and horizon.

    queue_rules: by line, how it is served; the others are served by ``queue_rule``.
    warm_up: what happens before is not counted. bin_width, bins: what is counted is counted by the time of the day
        (24 bins of an hour) or week; times are folded into ``bins * bin_width``.
    """

    classes: tuple[PatientClass, ...]
    steps: tuple[Step, ...]
    resources: tuple[Resource, ...] = ()
    groups: tuple[Group, ...] = ()
    queue_rule: QueueRule = QueueRule.STRICT
    queue_rules: Mapping[str, QueueRule] = field(default_factory=dict)
    census: tuple[Present, ...] = ()
    warm_up: float = 0.0
    bin_width: float = 1.0
    bins: int = 24
