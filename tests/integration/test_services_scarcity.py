"""Prices of scarce capacity at the desk: beside another profile, another process, the clock."""

import pytest

from api.metrics import Metrics
from api.runtime import Outside, Runtime
from api.schemas.scarcity import SwitchIn
from api.security.access import Access
from api.security.permissions import Grant, Permission, Role
from api.security.tokens import Principal
from api.services import scarcity
from api.services.changes import Changes
from api.services.ticking import Tick
from models.commands import Command
from models.pending import Pending
from models.repositories.scarcity import StoredScarcity
from solver.engine.errors import InvalidInstance
from solver.engine.rule import Profile
from solver.placing import rules
from solver.placing.problem import PlacingOptions
from solver.placing.scarce import RULE_OF
from solver.placing.scarcity import CAP_TIMES, PricedProfile, ScarcityPrices, capped, prices_of
from tests.api_service import NOW, Place, Wall

DEAREST = capped(dict.fromkeys([rule.id for rule in RULE_OF.values()], 10**9), Profile(), PlacingOptions())
"""Every price as high as the usual profile lets it be."""


def dear(**changes) -> StoredScarcity:
    """Prices in force."""
    stored = {"version": 1, "switched_on": True, "computed": NOW, "prices": ScarcityPrices(1, NOW, DEAREST)}
    return StoredScarcity(**{**stored, **changes})


def administrator(runtime) -> Access:
    principal = Principal("acc-admin", "admin", (Grant(Role.ADMINISTRATOR),), "tok", True, 0)
    return Access(principal, Permission.SCARCITY_SWITCH, runtime.site_of_ward)


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


def test_prices_that_nobody_computes_again_end_while_the_service_runs(open_desk):
    """They were taken to be too old at a start alone: a service whose job failed decided under them for weeks."""
    desk = open_desk(scarcity_minutes=15)
    changes_of(desk).use_scarcity(dear())
    for minutes, in_force, expired in ((59, True, False), (1, False, True), (60, False, True)):
        desk.wall.pass_minutes(minutes)
        desk.carry_out(desk.ticking())
        found = desk.decider.desk
        assert (found.scarcity.in_force is not None, found.scarcity.expired) == (in_force, expired)
        assert desk.runtime.metrics.registry.get_sample_value("wardflow_scarcity_expired") == expired
        under = DEAREST["scarce_isolation"] if in_force else rules.SCARCE_ISOLATION.weight
        assert found.live.records.profile.weight(rules.SCARCE_ISOLATION) == under
    changes_of(desk).use_scarcity(dear(computed=desk.decider.desk.live.now))
    desk.wall.pass_minutes(1)
    desk.carry_out(desk.ticking())
    assert desk.decider.desk.scarcity.in_force is not None, "computed again"


def test_an_allocation_says_under_which_prices_it_was_decided(open_desk):
    desk = open_desk(scarcity_minutes=15)
    plain = desk.asked()
    changes_of(desk).use_scarcity(dear(version=7, prices=ScarcityPrices(7, NOW, DEAREST)))
    under = desk.asked()
    told = [desk.case(request_id).explanation["scarcity_version"] for request_id in (plain, under)]
    assert told == [None, 7]


@pytest.fixture
def start_process(tmp_path, address):
    """Starts processes of one hospital."""
    place, opened = Place(tmp_path, address=address).make(), []

    def start(**settings):
        opened.append(Runtime(place.settings(**settings), Outside(wall=Wall()), Metrics()))
        opened[-1].warm_up()
        opened[-1].writer.close()
        return opened[-1]

    yield start
    for runtime in opened:
        runtime.close()


def carried_out(runtime, command):
    told = []
    assert runtime._writer._runner.carry_out([Pending(command, told.append)]) == []
    assert not isinstance(told[0], Exception), told[0]


@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
def test_another_process_takes_prices_in_without_reading_the_hospital_anew(start_process):
    """Every quarter of an hour each process but one read the whole hospital, with the prices switched off too."""
    here, there, without = (start_process(scarcity_minutes=every) for every in (15, 15, 0))
    desk = there._decider.desk
    found = dear(switched_on=False)
    carried_out(here, Command("scarcity.compute", "clock", scarcity.Computed(found)))
    switch = scarcity.Switch(1, SwitchIn(on=True, reason="agreed"), administrator(here))
    carried_out(here, Command("scarcity.switch", "acc-admin", switch))
    for runtime, in_force in ((there, True), (without, False)):
        carried_out(runtime, Command("clock.tick", "clock", Tick()))
        seen = runtime._decider.desk
        assert (seen.scarcity.version, seen.scarcity.switched_on) == (2, True)
        assert isinstance(seen.live.records.profile, PricedProfile) is in_force
    assert there._decider.desk is desk
    assert prices_of(desk.live.records.profile).version == 2
