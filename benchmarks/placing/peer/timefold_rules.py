"""What Timefold is told: the things it plans with, and the rules, once each. See ``said.py``."""

from dataclasses import dataclass, field
from typing import Annotated

from timefold.solver.domain import (
    PlanningEntityCollectionProperty,
    PlanningId,
    PlanningScore,
    PlanningVariable,
    ProblemFactCollectionProperty,
    ValueRangeProvider,
    planning_entity,
    planning_solution,
)
from timefold.solver.score import (
    Constraint,
    ConstraintCollectors,
    ConstraintFactory,
    HardSoftScore,
    Joiners,
    constraint_provider,
)

from benchmarks.placing.peer.counting import draw_of, exceeded, missing, priced
from benchmarks.placing.peer.said import OF_BALANCE, OF_TARGET, Need, Place, Series, Stock


@planning_entity
@dataclass
class Asked:
    """A request and the place it is given, None while it has none."""

    id: Annotated[int, PlanningId]
    price: int
    sex: int
    isolation: int
    protective: bool
    cohort: int
    exposure: int
    channels: int
    points: int
    oxygen: int
    places: Annotated[list[Place], ValueRangeProvider] = field(default_factory=list)
    place: Annotated[Place | None, PlanningVariable(allows_unassigned=True)] = field(default=None)


@planning_solution
@dataclass
class Batch:
    """Everything the solver knows."""

    series: Annotated[list[Series], ProblemFactCollectionProperty]
    needs: Annotated[list[Need], ProblemFactCollectionProperty]
    stocks: Annotated[list[Stock], ProblemFactCollectionProperty]
    asked: Annotated[list[Asked], PlanningEntityCollectionProperty]
    score: Annotated[HardSoftScore | None, PlanningScore] = field(default=None)


# --- the rules ----------------------------------------------------------------------------------------------
@constraint_provider
def all_rules(factory: ConstraintFactory) -> list[Constraint]:
    """Every rule that can be said."""
    return [
        not_placed(factory),
        price_of_place(factory),
        nursing_target(factory),
        nursing_balance(factory),
        cover(factory),
        one_patient_a_bed(factory),
        companion_beside(factory),
        companions_apart(factory),
        people_apart(factory),
        stocks(factory),
    ]


def not_placed(factory: ConstraintFactory) -> Constraint:
    """Who has no place costs the price of that."""
    return (
        factory.for_each_including_unassigned(Asked)
        .filter(lambda asked: asked.place is None)
        .penalize(HardSoftScore.ONE_SOFT, lambda asked: asked.price)
        .as_constraint("not placed")
    )


def price_of_place(factory: ConstraintFactory) -> Constraint:
    """What the bed costs by itself, delay, night, a predicted departure."""
    return (
        factory.for_each(Asked)
        .penalize(HardSoftScore.ONE_SOFT, lambda asked: asked.place.cost)
        .as_constraint("price of the place")
    )


def nursing_target(factory: ConstraintFactory) -> Constraint:
    """Fewer nurses than a ward's patients should have, minute by minute."""
    return (
        factory.for_each(Series)
        .filter(lambda series: series.number == OF_TARGET)
        .join(Asked, Joiners.equal(lambda series: series.ward, lambda asked: asked.place.ward))
        .group_by(lambda series, asked: series, ConstraintCollectors.to_list(lambda series, asked: asked))
        .penalize(HardSoftScore.ONE_SOFT, priced)
        .as_constraint("nursing target")
    )


def nursing_balance(factory: ConstraintFactory) -> Constraint:
    """A ward near the end of its nurses, at full hours."""
    return (
        factory.for_each(Series)
        .filter(lambda series: series.number == OF_BALANCE)
        .join(Asked, Joiners.equal(lambda series: series.ward, lambda asked: asked.place.ward))
        .group_by(lambda series, asked: series, ConstraintCollectors.to_list(lambda series, asked: asked))
        .penalize(HardSoftScore.ONE_SOFT, priced)
        .as_constraint("nursing balance")
    )


def cover(factory: ConstraintFactory) -> Constraint:
    """A ward has the nurses its patients must have, and channels, points and oxygen enough."""
    return (
        factory.for_each(Series)
        .filter(lambda series: series.number < OF_TARGET)
        .join(Asked, Joiners.equal(lambda series: series.ward, lambda asked: asked.place.ward))
        .group_by(lambda series, asked: series, ConstraintCollectors.to_list(lambda series, asked: asked))
        .penalize(HardSoftScore.ONE_HARD, exceeded)
        .as_constraint("cover")
    )


def one_patient_a_bed(factory: ConstraintFactory) -> Constraint:
    """Nobody comes before the bed is clean after whoever was there."""
    return (
        factory.for_each_unique_pair(
            Asked,
            Joiners.equal(lambda asked: asked.place.bed),
            Joiners.overlapping(lambda asked: asked.place.start, lambda asked: asked.place.free_from),
        )
        .penalize(HardSoftScore.ONE_HARD)
        .as_constraint("one patient a bed")
    )


def companion_beside(factory: ConstraintFactory) -> Constraint:
    """A companion's bed is no patient's at the same time."""
    return (
        factory.for_each(Asked)
        .join(
            Asked,
            Joiners.equal(lambda asked: asked.place.beside, lambda other: other.place.bed),
            Joiners.overlapping(
                lambda asked: asked.place.start,
                lambda asked: asked.place.free_from,
                lambda other: other.place.start,
                lambda other: other.place.free_from,
            ),
        )
        .penalize(HardSoftScore.ONE_HARD)
        .as_constraint("companion's bed")
    )


def companions_apart(factory: ConstraintFactory) -> Constraint:
    """Two companions do not share a bed."""
    return (
        factory.for_each(Asked)
        .filter(lambda asked: asked.place.beside >= 0)
        .join(
            Asked,
            Joiners.equal(lambda asked: asked.place.beside),
            Joiners.less_than(lambda asked: asked.id),
            Joiners.overlapping(lambda asked: asked.place.start, lambda asked: asked.place.free_from),
        )
        .penalize(HardSoftScore.ONE_HARD)
        .as_constraint("companions apart")
    )


def people_apart(factory: ConstraintFactory) -> Constraint:
    """Nobody shares a room with whom they must not."""
    return (
        factory.for_each_unique_pair(
            Asked,
            Joiners.equal(lambda asked: asked.place.room),
            Joiners.overlapping(lambda asked: asked.place.start, lambda asked: asked.place.end),
        )
        .filter(lambda one, other: clash(one, other, one.place.sex_matters))
        .penalize(HardSoftScore.ONE_HARD)
        .as_constraint("people apart")
    )


def clash(one: Asked, other: Asked, sex_matters: bool) -> bool:
    """Whether two may not lie in the room they share: by sex where the first decides, exposure, or isolation that is
    not of the same confirmed organism."""
    if sex_matters and (one.sex == 0 or one.sex != other.sex):
        return True
    if one.exposure != other.exposure:
        return True
    if one.isolation == 0 and other.isolation == 0:
        return False
    return one.cohort < 0 or one.cohort != other.cohort or one.protective or other.protective


def stocks(factory: ConstraintFactory) -> Constraint:
    """All together take no more units of a type, and no more of a drug, than there are."""
    return (
        factory.for_each(Need)
        .join(Asked, Joiners.equal(lambda need: need.asked, lambda asked: asked.id))
        .group_by(
            lambda need, asked: need.stock,
            ConstraintCollectors.to_list(draw_of),
        )
        .join(Stock, Joiners.equal(lambda stock, draws: stock, lambda stock: stock.id))
        .penalize(HardSoftScore.ONE_HARD, lambda stock_id, draws, stock: missing(stock, draws))
        .as_constraint("stocks")
    )
