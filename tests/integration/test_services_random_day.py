"""A random day at a small hospital: whatever happens in whatever order, storage and live hospital stay one,
no hard rule is broken by a decision, and nobody who lies somewhere is moved by software."""

import random
from dataclasses import fields, replace

import pytest

from api.services.hospital import HospitalDecider
from api.services.keeping import SqlKeeper
from solver.hospital import RequestState, StayState
from solver.placing import rules
from solver.placing.referee import recount
from tests.api_service import DAY, Place, at, running

PRIORITIES = ("emergency", "urgent", "soon", "routine")
BEDS = ("B1", "B2", "B3", "B4", "C1", "C2")


def random_bundle(dice):
    person = {"sex": dice.choice(("female", "male", "unknown")), "born": f"{dice.randint(1930, 2010)}-06-01"}
    if dice.random() < 0.2:
        person["isolation"] = [dice.choice(("contact", "droplet", "airborne"))]
    body = {
        "person": person,
        "priority": dice.choice(PRIORITIES),
        "care": {"speciality": dice.choice(("medicine", "surgery"))},
        "duration_minutes": dice.choice((60, 300, 1440)),
        "max_wait_minutes": dice.choice((0, 240, 1440)),
    }
    if dice.random() < 0.4:
        body["equipment"] = [{"type_id": "pump", "count": dice.choice((1, 1, 2))}]
    if dice.random() < 0.4:
        body["drugs"] = [{"drug_id": "heparin", "quantity": dice.randint(1, 4)}]
    return body


def random_event(dice, stays, persons):
    bed, room, unit = dice.choice(BEDS), dice.choice(("R1", "R2", "R3")), dice.choice(("P1", "P2"))
    events = [
        {"kind": "bed_closed", "bed_id": bed, "reason": "repair"},
        {"kind": "bed_opened", "bed_id": bed},
        {"kind": "bed_cleaned", "bed_id": bed},
        {"kind": "room_exposure", "room_id": room, "organism": "norovirus"},
        {"kind": "room_opened", "room_id": room},
        {"kind": "ward_closed", "ward_id": "W2", "reason": "outbreak"},
        {"kind": "ward_opened", "ward_id": "W2"},
        {"kind": "unit_broken", "unit_id": unit},
        {"kind": "unit_returned", "unit_id": unit},
        {"kind": "nurse_absent", "shift_id": dice.choice(("D-N11", "D-N21", "E-N12"))},
        {"kind": "nurse_present", "shift_id": dice.choice(("D-N11", "D-N21", "E-N12"))},
        {"kind": "lot_quarantined", "lot_id": "L1"},
        {"kind": "lot_released", "lot_id": "L1"},
        {"kind": "mass_casualty_alert", "expected": 10},
    ]
    if stays:
        stay = dice.choice(stays)
        events += [
            {"kind": "left", "stay_id": stay},
            {"kind": "step_up", "stay_id": stay, "care_level": 1},
            {"kind": "stay_prolonged", "stay_id": stay, "until": at(2 * DAY)},
        ]
    if persons:
        events.append({"kind": "isolation_on", "person_id": dice.choice(persons), "isolation": ["airborne"]})
    return dice.choice(events)


class Day:
    """Plays random actions against a service and remembers who lies where."""

    def __init__(self, service, seed):
        self.service = service
        self.dice = random.Random(seed)
        self.minute = 0
        self.statuses = {}

    @property
    def desk(self):
        return self.service.runtime._decider.desk

    async def play(self, actions):
        for _ in range(actions):
            act = self.dice.choice(self.actions())
            lying = self.lying()
            answer = await act()
            if answer is None:
                continue
            key = act.__name__, answer.status_code
            self.statuses[key] = self.statuses.get(key, 0) + 1
            assert answer.status_code < 500, answer.text
            if act in (self.ask, self.event, self.clock, self.release, self.choose):
                moved = {p for p, bed in self.lying().items() if p in lying and lying[p] != bed}
                assert not moved, "software moved somebody who lies somewhere"

    def actions(self):
        often = (self.ask, self.arrive, self.event)
        seldom = (self.leave, self.clock, self.release, self.transfer, self.answer, self.choose, self.set_out)
        return (*often, *often, self.ask, *seldom, self.book, self.rebook)

    def lying(self):
        stays = self.desk.live.records.stays.values()
        return {s.person_id: s.bed_id for s in stays if s.state is StayState.OCCUPYING}

    def cases(self, *states):
        return [c for c in self.desk.cases.values() if c.state.value in states]

    async def ask(self):
        return await self.service.post("/requests", random_bundle(self.dice))

    async def arrive(self):
        return await self.on(self.cases("placed", "confirmed"), "arrive")

    async def set_out(self):
        return await self.on(self.cases("placed", "confirmed"), "step", {"step": "handed_over"})

    async def leave(self):
        return await self.on(self.cases("arrived"), "discharge")

    async def release(self):
        return await self.on(self.cases("placed"), "release")

    async def transfer(self):
        return await self.on(self.cases("arrived"), "transfer", {"reason": "asked for"})

    async def on(self, cases, verb, body=None):
        if not cases:
            return None
        case = self.dice.choice(cases)
        path = f"/allocations/{case.allocation.id}:{verb}"
        return await self.service.post(path, body or {}, revision=case.revision)

    async def choose(self):
        cases = self.cases("placed", "unplaced")
        if not cases:
            return None
        body = {"bed_id": self.dice.choice(BEDS)}
        if self.dice.random() < 0.5:
            body["waivers"] = [{"rule_id": "room_sex", "reason": "they agreed to it"}]
        return await self.service.post(f"/requests/{self.dice.choice(cases).id}:choose", body)

    async def event(self):
        stays = [s.id for s in self.desk.live.records.stays.values() if s.state is StayState.OCCUPYING]
        event = random_event(self.dice, stays, list(self.lying()))
        login = "pharmacist" if event["kind"].startswith("lot") else "bed"
        return await self.service.post("/disruptions", {"event": event}, login)

    async def book(self):
        """Units by their own right."""
        start, wait = self.minute + self.dice.choice((0, 60, 600)), self.dice.choice((0, 240, 1440))
        body = {
            "type_ids": ["pump"] * self.dice.choice((1, 1, 2)),
            "ward_id": self.dice.choice(("W1", "W2")),
            "earliest": at(start),
            "latest_start": at(start + wait),
            "minutes": self.dice.choice((20, 120)),
            "times": self.dice.choice((1, 3)),
            "partly": True,
        }
        held = {} if self.dice.random() < 0.5 else {"hold_minutes": self.dice.choice((30, 300))}
        return await self.service.post("/equipment/bookings", {**body, **held})

    async def rebook(self):
        bookings = (await self.service.get("/equipment/bookings")).json()["items"]
        if not bookings:
            return None
        booking = self.dice.choice(bookings)
        verb, body = self.dice.choice((("confirm", {}), ("cancel", {}), ("cancel", {"series": True})))
        path = f"/equipment/bookings/{booking['id']}:{verb}"
        return await self.service.post(path, body, revision=booking["revision"])

    async def answer(self):
        proposals = list(self.desk.proposals)
        if not proposals:
            return None
        verb = self.dice.choice(("confirm", "decline"))
        return await self.service.post(
            f"/proposals/{self.dice.choice(proposals)}:{verb}", {"consented": True}
        )

    async def clock(self):
        self.minute += self.dice.choice((1, 30, 90, 240))
        return await self.service.clock(self.minute)


def even(case):
    """A case without what is not stored with it or only in another order."""
    allocation = case.allocation
    if allocation is not None:
        units = tuple(sorted(allocation.units, key=lambda u: (u.type_id, u.unit_id, u.start)))
        lots = tuple(sorted(allocation.lots, key=lambda u: (u.drug_id, u.lot_id)))
        allocation = replace(allocation, revision=0, units=units, lots=lots)
    need = case.need and replace(case.need, decide_again=0)
    return replace(case, allocation=allocation, need=need)


def differences(live, stored):
    """What the desk of the running service says otherwise than one built from storage."""
    for name in ("beds", "rooms", "wards", "units", "unit_bookings", "lots", "shifts", "persons", "stays"):
        mine, theirs = getattr(live.live.records, name), getattr(stored.live.records, name)
        for key in mine.keys() | theirs.keys():
            if mine.get(key) != theirs.get(key):
                yield name, mine.get(key), theirs.get(key)
    for slot in live.cover.keys() | stored.cover.keys():
        if live.cover[slot] != stored.cover[slot]:
            yield "cover", slot, live.cover[slot], stored.cover[slot]
    for key in live.cases.keys() | stored.cases.keys():
        mine, theirs = live.cases.get(key), stored.cases.get(key)
        if mine is None or theirs is None or even(mine) != even(theirs):
            yield "case", mine, theirs
    for desk in (live, stored):
        awaited = {case.id: case for case in desk.cases.values() if case.allocation and not arrived(case)}
        if desk.to_come != awaited:
            yield "to come", desk.to_come.keys() ^ awaited.keys()


def arrived(case):
    return case.state is RequestState.ARRIVED


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_storage_and_live_hospital_stay_one_whatever_happens(tmp_path, address, seed):
    async with running(Place(tmp_path, address=address).make()) as service:
        day = Day(service, seed)
        await day.play(150)
        assert await service.violations() == []
        assert service.runtime.writer.statistics.refused == 0, "something was decided on a stale desk"
        desk = day.desk
        desk.forget_the_past()
        stored = service.runtime.keeper().build()
        stored.forget_the_past()
        assert list(differences(desk, stored)) == []
        absolute = {r.id for r in rules.HARD if r.level is rules.Level.ABSOLUTE}
        assert not absolute & set(recount(desk.live.records))
        assert {action for action, status in day.statuses if status < 400} >= {
            "ask",
            "arrive",
            "event",
            "clock",
            "book",
        }


class Unwatched:
    """Looks at no decision."""

    def decided(self, command, seconds, answer):
        pass


@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_another_process_follows_record_by_record_and_stands_where_the_hospital_stands(
    tmp_path, address, seed
):
    async with running(Place(tmp_path, address=address).make()) as service:
        day, runtime, built = Day(service, seed), service.runtime, []

        class Counting(SqlKeeper):
            def build(self):
                built.append(super().build())
                return built[-1]

        keeper = Counting(**{f.name: getattr(runtime.keeper(), f.name) for f in fields(SqlKeeper)})
        follower = HospitalDecider(keeper, runtime.clock, Unwatched())
        for _ in range(30):
            await day.play(5)
            with runtime.database.reading() as connection:
                follower.follow(connection)
        stored = runtime.keeper().build()
        for desk in (follower.desk, stored):
            desk.forget_the_past()
        assert list(differences(follower.desk, stored)) == []
        assert follower.revision == stored.revision > 50
        assert len(built) == 1, "it followed by reading everything"
        assert follower.desk.proposals.keys() == stored.proposals.keys()
        assert recount(follower.desk.live.records) == recount(stored.live.records)
