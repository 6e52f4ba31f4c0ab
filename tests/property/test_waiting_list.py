"""Whatever comes free between two slices of a round: nobody gets a place that somebody who precedes could have had, and
everybody who fits has one after a bounded number of slices."""

import itertools
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from api.schemas.movements import ReleaseIn
from api.schemas.requests import RequestIn
from api.security.access import Access
from api.security.permissions import Grant, Permission, Role
from api.security.tokens import Principal
from api.services.desk import Desk, Practice
from api.services.hospital import HospitalDecider
from api.services.movements import Withdraw
from api.services.placing import PlaceOne
from api.services.waiting import GO_ON, GoOn
from models.clock import Instant
from models.commands import Command
from solver.engine.rule import Profile
from solver.hospital import RequestState
from solver.placing.live import LiveHospital
from solver.placing.problem import PlacingOptions
from tests.api_service import HOUR, NOW, bundle, small_hospital

BEDS = ("B2", "C1", "C2")
SITES = {"W1": "S", "W2": "S"}
PRACTICE = Practice(
    zone="UTC",
    comparisons=0,
    retry_unplaced=1,
    repair_moves=20,
    overdue_minutes=60,
    again_minutes=1,
    batch_seconds=0.1,
)
ACTS = st.one_of(
    st.tuples(st.just("asks"), st.sampled_from(["soon", "routine"])),
    st.tuples(st.just("releases"), st.integers(0, 2)),
    st.just(("goes on", 0)),
    st.just(("a minute passes", 0)),
)


class Unwatched:
    """Looks at no decision."""

    def decided(self, *_):
        """One command was decided."""


class Untold:
    """The desk of a hospital with three beds on two wards, of which nothing is stored."""

    def __init__(self, minute):
        self.minute = minute
        self.numbers = itertools.count()

    def build(self):
        hospital = small_hospital()
        beds = tuple(bed for bed in hospital.beds if bed.id in BEDS)
        hospital = replace(hospital, beds=beds, stays=(), persons=())
        live = LiveHospital.of(hospital, self.minute, Profile(), PlacingOptions())
        return Desk(live, (), (), self.new_id, PRACTICE, lambda _: (), {}, 0)

    def new_id(self, kind):
        return f"{kind}-{next(self.numbers):04}"


class Ward:
    """Carries out acts one batch each, and knows who got a place by which."""

    def __init__(self):
        self.keeper = Untold(NOW)
        self.decider = HospitalDecider(
            self.keeper, lambda: Instant.of_minute(self.keeper.minute), Unwatched(), lambda: 0.0
        )
        self.revision = 0

    @property
    def cases(self):
        return self.decider.desk.cases

    def waiting(self):
        return [case for case in self.cases.values() if case.state is RequestState.UNPLACED]

    def placed(self):
        return [case for case in self.cases.values() if case.allocation is not None]

    def carry_out(self, *commands):
        before = {case.id for case in self.placed()}
        decisions = self.decider.decide(commands)
        self.revision += 1
        kept = [one for one in decisions if not isinstance(one, Exception)]
        if kept:
            self.decider.committed(kept, self.revision)
        return [case for case in self.placed() if case.id not in before]

    def command(self, act, what):
        principal = Principal("acc-bed", "bed", (Grant(Role.BED_MANAGER),), "tok", True, 0)
        if act == "asks":
            body = RequestIn.model_validate(bundle(priority=what, duration_minutes=24 * HOUR), strict=False)
            access = Access(principal, Permission.REQUEST_PLACE, SITES)
            return Command("request.place", "acc-bed", PlaceOne(body, access))
        placed = self.placed()
        if act == "releases" and placed:
            access = Access(principal, Permission.ALLOCATION_RELEASE, SITES)
            given_to = placed[what % len(placed)].id
            return Command("request.release", "acc-bed", Withdraw(given_to, ReleaseIn(), access))
        self.keeper.minute += act == "a minute passes"
        return Command(GO_ON, "clock", GoOn())

    def fits(self, case, without=None):
        """Whether a case could have a place now; ``without`` another that has one."""
        live = self.decider.desk.live
        with live.trial():
            if without is not None:
                live.withdraw(without.request, without.allocation)
            return live.find(case.request, "trial") is not None

    def passed_by(self, case):
        """Who waits, precedes a case and could have had its place."""
        place = case.precedence(self.keeper.minute)
        return [
            other.id
            for other in self.waiting()
            if other.precedence(self.keeper.minute) < place and self.fits(other, without=case)
        ]


@given(acts=st.lists(ACTS, min_size=8, max_size=40))
@settings(max_examples=60)
def test_nobody_passes_whoever_precedes_and_nobody_is_left_out(acts):
    ward = Ward()
    for _ in range(7):
        ward.carry_out(ward.command("asks", "routine"))
    for act, what in acts:
        for case in ward.carry_out(ward.command(act, what)):
            assert ward.passed_by(case) == []
    # One look a slice: what is left of the round that is under way, and one more round.
    for _ in range(2 * len(ward.waiting())):
        ward.carry_out(ward.command("goes on", 0))
    assert not ward.decider._waiting.unfinished
    assert [case.id for case in ward.waiting() if ward.fits(case)] == []
