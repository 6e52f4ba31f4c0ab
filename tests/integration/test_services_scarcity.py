"""Prices of scarce capacity at the desk: beside another profile, another process, the clock."""

import pytest

from api.services.changes import Changes
from models.repositories.scarcity import StoredScarcity
from solver.engine.errors import InvalidInstance
from solver.engine.rule import Profile
from solver.placing import rules
from solver.placing.problem import PlacingOptions
from solver.placing.scarce import RULE_OF
from solver.placing.scarcity import CAP_TIMES, ScarcityPrices, capped
from tests.api_service import NOW

DEAREST = capped(dict.fromkeys([rule.id for rule in RULE_OF.values()], 10**9), Profile(), PlacingOptions())
"""Every price as high as the usual profile lets it be."""


def dear(**changes) -> StoredScarcity:
    """Prices in force."""
    stored = {"version": 1, "switched_on": True, "computed": NOW, "prices": ScarcityPrices(1, NOW, DEAREST)}
    return StoredScarcity(**{**stored, **changes})


def changes_of(desk) -> Changes:
    return Changes(desk.decider.desk, desk.decider.desk.live.now, "acc-bed")


def test_a_profile_put_in_force_under_prices_caps_them_anew_and_one_that_may_not_be_changes_nothing(
    open_desk,
):
    """The prices stayed as they were under the profile before; where they left no headroom the desk raised half-way,
    and could not be put back."""
    desk = open_desk(scarcity_minutes=15)
    changes_of(desk).use_scarcity(dear())
    before = desk.decider.desk.live.records.profile
    assert before.weight(rules.SCARCE_ISOLATION) == DEAREST["scarce_isolation"]
    changes = changes_of(desk)
    changes.use_profile(Profile(version=2, weights={"scarce_isolation": 100}), "fewer need it")
    assert desk.decider.desk.live.records.profile.weight(rules.SCARCE_ISOLATION) == 4 * 100
    assert changes.undo()
    assert desk.decider.desk.live.records.profile is before
    refused = changes_of(desk)
    with pytest.raises(InvalidInstance):
        refused.use_profile(Profile(version=3, weights={"predicted_departure": 10**8}), "a mistake")
    assert refused.undo()
    assert desk.decider.desk.live.records.profile is before


def test_prices_that_were_being_computed_while_another_profile_came_into_force_are_capped_by_it(open_desk):
    desk = open_desk(scarcity_minutes=15)
    changes_of(desk).use_profile(Profile(version=2, weights={"scarce_isolation": 100}), "fewer need it")
    changes_of(desk).use_scarcity(dear())
    assert desk.decider.desk.live.records.profile.weight(rules.SCARCE_ISOLATION) == CAP_TIMES * 100
