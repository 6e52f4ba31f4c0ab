"""The committee's order of priorities over real HTTP, and what is short under it: who they are changes nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import select

from models.tables.ledger import audit_line
from solver.hospital import Drug, Lot
from tests.api_service import DAY, NOW, Place, running, small_hospital

ORDER = {"committee": "Drugs committee", "criteria": ["priority", "days_of_cover"], "reason": "set in March"}
EVERYBODY = [
    {"sex": "female", "born": "1986-01-01"},
    {"sex": "male", "born": "1931-05-05"},
    {"sex": "female", "born": "2012-12-12"},
    {"sex": "unknown"},
]
"""People who differ in what an order must not look at."""


def hospital():
    """The small hospital with twelve of a drug that nothing stands in for and more of one that is no equivalent; and
    twelve of another, ten of them its safety stock, for which a twin stands in."""
    plain = small_hospital()
    rare = Drug("rare", "Rare", "rare substance")
    alike = Drug("alike", "Alike", "rare substance")
    kept = Drug("kept", "Kept", "kept substance", equivalents=("twin",), safety_stock=10)
    twin = Drug("twin", "Twin", "kept substance")
    there = {"rare": ("R1", 12), "alike": ("A1", 50), "kept": ("K1", 12), "twin": ("T1", 50)}
    lots = (Lot(lot_id, drug_id, units, NOW + 90 * DAY) for drug_id, (lot_id, units) in there.items())
    return replace(plain, drugs=(*plain.drugs, rare, alike, kept, twin), lots=(*plain.lots, *lots))


@pytest.fixture
async def service(request, tmp_path):
    on_server = getattr(request, "param", "sqlite") == "postgresql"
    address = request.getfixturevalue("postgresql_server").create() if on_server else None
    async with running(Place(tmp_path, address=address).make(hospital())) as service:
        yield service
        assert await service.violations() == []


async def proposed(service, login="pharmacist", **changes):
    answer = await service.post("/rationing-orders", {**ORDER, **changes}, login)
    assert answer.status_code == 201, answer.text
    return answer.json()["order_version"]


async def in_force(service, version, login="admin", revision=0):
    path = f"/rationing-orders/{version}:activate"
    return await service.post(path, {"reason": "set in the meeting"}, login, revision)


async def book(service):
    return (await service.get("/rationing-orders", "nurse1")).json()


async def waits(service, quantity, drug_id="rare", within=DAY, **changes):
    """Somebody who needs some of a drug, the last of it ``within`` a time, in a bed that nobody has: they wait."""
    care = {"speciality": "medicine", "features": ["dialysis_point"]}
    drugs = [{"drug_id": drug_id, "quantity": quantity, "use_within_minutes": within}]
    answer = await service.place(care=care, drugs=drugs, **changes)
    assert answer.status_code == 202, answer.text
    return answer.json()["request_id"]


async def short(service):
    answer = await service.get("/pharmacy/shortages", "pharmacist")
    assert answer.status_code == 200, answer.text
    assert answer.json()["proven"]
    return answer.json()


async def shares(service):
    """What each request would get of the rare drug."""
    [item] = (await short(service))["items"]
    return {one["request_id"]: one["proposed"] for one in item["requests"]}


async def test_one_proposes_an_order_and_another_puts_it_in_force(service):
    assert (await book(service)) == {"active_version": 0, "revision": 0, "items": []}
    version = await proposed(service)
    own = await in_force(service, version, "pharmacist")
    assert (own.status_code, (await book(service))["active_version"]) == (409, 0)
    done = await in_force(service, version)
    assert (done.status_code, done.headers["etag"]) == (200, '"1"')
    again, stale = await in_force(service, version, revision=1), await in_force(service, version)
    assert (again.status_code, stale.status_code) == (409, 412)
    second = await proposed(service, "admin", criteria=["days_of_cover"], cover_bands=[2])
    assert (await in_force(service, second, "pharmacist", 1)).status_code == 200
    back = await in_force(service, version, revision=2)
    assert back.json()["former_version"] == second
    told = await book(service)
    assert (told["active_version"], told["revision"]) == (1, 3)
    assert [(one["order_version"], one["in_force"]) for one in told["items"]] == [(2, False), (1, True)]
    assert told["items"][1]["activated"]["by"] == "acc-admin"
    with service.runtime.database.reading() as connection:
        lines = connection.execute(select(audit_line.c.action, audit_line.c.actor)).all()
    told = [tuple(line) for line in lines if line.action.startswith("rationing.")]
    assert told == [
        ("rationing.proposed", "acc-pharmacist"),
        ("rationing.activated", "acc-admin"),
        ("rationing.proposed", "acc-admin"),
        ("rationing.activated", "acc-pharmacist"),
        ("rationing.activated", "acc-admin"),
    ]


@pytest.mark.parametrize(
    ("change", "where"),
    [
        pytest.param({"criteria": ["age", "priority"]}, "#/criteria/0", id="an age"),
        pytest.param({"criteria": []}, "#/criteria", id="nothing"),
        pytest.param({"criteria": ["priority", "priority"]}, "#/criteria", id="the same twice"),
        pytest.param({"cover_bands": [3, 1]}, "#/cover_bands", id="bands that descend"),
        pytest.param({"committee": ""}, "#/committee", id="nobody's"),
        pytest.param({"reason": ""}, "#/reason", id="no reason"),
        pytest.param({"sex": "female"}, "#", id="a field that nobody knows"),
    ],
)
async def test_an_order_looks_at_what_is_named_and_at_nothing_else(service, change, where):
    answer = await service.post("/rationing-orders", {**ORDER, **change}, "pharmacist")
    assert answer.status_code == 422
    assert [error["where"] for error in answer.json()["errors"]] == [where]
    assert (await book(service))["items"] == []


async def test_nobody_else_proposes_or_activates(service):
    version = await proposed(service)
    for login in ("bed", "nurse1", "auditor", "operations"):
        assert (await service.post("/rationing-orders", ORDER, login)).status_code == 403
        assert (await in_force(service, version, login)).status_code == 403
    assert (await service.get("/pharmacy/shortages", "nurse1")).status_code == 403


async def test_what_is_short_is_shared_by_the_order_in_force_and_says_by_whose(service):
    assert (await short(service))["items"] == []
    late = await waits(service, 10, priority="soon")
    urgent = await waits(service, 10, priority="urgent")
    told = await short(service)
    assert (told["order"]["order_version"], told["order"]["committee"][:8]) == (0, "wardflow")
    assert await shares(service) == {urgent: 10, late: 2}
    assert (await in_force(service, await proposed(service))).status_code == 200
    told = await short(service)
    assert (told["order"]["order_version"], told["order"]["committee"]) == (1, "Drugs committee")
    [item] = told["items"]
    assert (item["drug_id"], item["asked"], item["proposed"]) == ("rare", 20, 12)
    first, last = item["requests"]
    assert (first["request_id"], first["rank"] < last["rank"], first["against"]) == (urgent, True, [])
    assert (last["short"], last["lots"]) == (8, [{"lot_id": "R1", "quantity": 2}])
    assert last["against"][0]["sentence"].startswith(
        "In a shortage whoever precedes in the committee's order"
    )
    # What is of the same substance and was not approved stands in for nothing.
    assert {(one["lot_id"], one["rule_id"]) for one in last["against"]} == {("R1", "committees_order")}


async def test_the_order_in_force_is_what_decides(service):
    """The same need: by priority the urgent one precedes; by cover alone they are equals, and who asked first does."""
    late = await waits(service, 10, priority="soon")
    urgent = await waits(service, 10, priority="urgent", for_ward_id="W1")
    assert await shares(service) == {urgent: 10, late: 2}
    version = await proposed(service, criteria=["days_of_cover"])
    assert (await in_force(service, version)).status_code == 200
    assert await shares(service) == {urgent: 6, late: 6}


async def test_a_ward_whose_cabinet_lasts_comes_after_one_whose_does_not(service):
    to_cabinet = {"kind": "transfer", "lot_id": "R1", "quantity": 4, "ward_id": "W1"}
    assert (await service.post("/pharmacy/moves", {"moves": [to_cabinet]}, "pharmacist")).status_code == 200
    has_some = await waits(service, 9, for_ward_id="W1", priority="urgent")
    has_none = await waits(service, 8, for_ward_id="W2", priority="urgent")
    found = {
        one["request_id"]: (one["days_of_cover"] > 0, one["proposed"])
        for item in (await short(service))["items"]
        for one in item["requests"]
    }
    assert found == {has_none: (False, 8), has_some: (True, 4)}


async def test_who_asks_without_a_ward_has_no_cabinet_and_is_equal_to_a_ward_whose_cabinet_is_empty(service):
    """Both have the central pharmacy alone: they share by what they asked for, before a ward whose cabinet lasts and
    after whoever is more urgent."""
    await to_cabinet(service, 4)
    asked = {"has some": "W1", "has none": "W2", "has no ward": None}
    ids = {
        await waits(service, 8, priority="urgent", **({"for_ward_id": ward_id} if ward_id else {})): name
        for name, ward_id in asked.items()
    }
    ids[await waits(service, 2, priority="emergency", for_ward_id="W1")] = "more urgent"
    [item] = (await short(service))["items"]
    told = {ids[one["request_id"]]: one for one in item["requests"]}
    assert {name: told[name]["ward_id"] for name in asked} == asked
    assert {name: told[name]["days_of_cover"] > 0 for name in asked} == {
        "has some": True,
        "has none": False,
        "has no ward": False,
    }
    assert told["more urgent"]["rank"] < told["has none"]["rank"] == told["has no ward"]["rank"]
    assert told["has no ward"]["rank"] < told["has some"]["rank"]
    assert (told["has none"]["proposed"], told["has no ward"]["proposed"]) == (4, 4)


@pytest.mark.parametrize("service", ["sqlite", "postgresql"], indirect=True)
async def test_a_cabinet_that_stood_empty_is_not_said_to_last_for_days_on_which_nothing_could_be_taken(
    service,
):
    """Of six four and two were taken on two days, and eight more had nothing there: five last one day, not eight."""
    lot_id = await to_cabinet(service, 6)
    for taken in (4, 2):
        given = {"kind": "issue", "lot_id": lot_id, "quantity": taken, "person_id": "known-1"}
        await moved(service, given)
        service.pass_minutes(DAY)
    service.pass_minutes(8 * DAY)
    await to_cabinet(service, 5)
    request_id = await waits(service, 10, for_ward_id="W1")
    [item] = (await short(service))["items"]
    cover = {one["request_id"]: one["days_of_cover"] for one in item["requests"]}
    assert cover == {request_id: 1}


async def moved(service, move):
    answer = await service.post("/pharmacy/moves", {"moves": [move]}, "pharmacist")
    assert answer.status_code == 200, answer.text
    return answer.json()


async def to_cabinet(service, quantity):
    """Some of the rare drug goes to the cabinet of W1; returns its lot there."""
    await moved(service, {"kind": "transfer", "lot_id": "R1", "quantity": quantity, "ward_id": "W1"})
    lots = (await service.get("/drug-lots", "pharmacist", drug_id="rare")).json()["items"]
    (there,) = (lot["id"] for lot in lots if lot["ward_id"] == "W1" and lot["on_hand"] > 0)
    return there


@pytest.mark.parametrize("turn", range(len(EVERYBODY)))
async def test_permuting_age_and_sex_changes_nothing(service, turn):
    """Four wait whose needs differ; whoever of the four people has which need, the same need gets the same."""
    assert (await in_force(service, await proposed(service))).status_code == 200
    needs = [(5, "urgent"), (4, "urgent"), (6, "soon"), (3, "routine")]
    found = []
    for number, (quantity, priority) in enumerate(needs):
        person = EVERYBODY[(number + turn) % len(EVERYBODY)]
        found.append(await waits(service, quantity, priority=priority, person=person))
    given = await shares(service)
    assert [given[request_id] for request_id in found] == [5, 4, 3, 0]


async def test_what_is_proposed_reserves_nothing(service):
    await waits(service, 10)
    await waits(service, 10)
    await short(service)
    lots = (await service.get("/drug-lots", "pharmacist")).json()["items"]
    assert {lot["id"]: lot["reserved"] for lot in lots}["R1"] == 0


async def test_the_rules_say_whose_order_holds_in_a_shortage_in_both_languages(service):
    async def told():
        answers = []
        for language in ("en", "zh"):
            headers = await service.headers("bed", **{"Accept-Language": language})
            answers.append(await service.client.get("/api/v1/rules", headers=headers))
        rules = [{rule["id"]: rule["told"] for rule in answer.json()["items"]} for answer in answers]
        [order] = {str(answer.json()["order"]): answer.json()["order"] for answer in answers}.values()
        return order, [each["committees_order"] for each in rules]

    sentences = [
        "In a shortage whoever precedes in the committee's order is served first.",
        "短缺时按委员会确定的顺序发放。",
    ]
    order, said = await told()
    assert (order["order_version"], order["committee"][:8], said) == (0, "wardflow", sentences)
    version = await proposed(service, criteria=["days_of_cover"], cover_bands=[2])
    assert (await told())[0] == order, "a proposal is not in force"
    assert (await in_force(service, version)).status_code == 200
    order, said = await told()
    assert order == {
        "order_version": version,
        "committee": "Drugs committee",
        "criteria": ["days_of_cover"],
        "cover_bands": [2],
    }
    assert said == sentences


async def test_every_rule_that_a_shortage_names_is_among_the_rules(service):
    await waits(service, 10)
    await waits(service, 10, within=200 * DAY)
    [item] = (await short(service))["items"]
    named = {reason["rule_id"]: reason["sentence"] for one in item["requests"] for reason in one["against"]}
    assert {"lot_expiry"} <= named.keys()
    listed = {rule["id"]: rule["told"] for rule in (await service.get("/rules")).json()["items"]}
    assert {rule_id: listed[rule_id] for rule_id in named} == named


async def activated(service, **body):
    """A version of the profile, previewed and put in force."""
    answer = await service.post("/profiles", {"reason": "agreed", **body})
    assert answer.status_code == 201, answer.text
    path = f"/profiles/{answer.json()['version']}"
    assert (await service.post(f"{path}:preview", {})).status_code == 200
    revision = (await service.get(path)).json()["revision"]
    done = await service.post(f"{path}:activate", {"reason": "agreed"}, revision=revision)
    assert done.status_code == 200, done.text
    return answer.json()["version"]


async def lots_of(service, request_id):
    """Which lots a request would get, and whose prices say so."""
    told = await short(service)
    [item] = told["items"]
    [lots] = [one["lots"] for one in item["requests"] if one["request_id"] == request_id]
    return [(lot["lot_id"], lot["quantity"]) for lot in lots], told["profile"]


async def test_among_sharings_that_the_order_holds_for_equal_the_hospitals_own_prices_decide(service):
    """Five of twelve are asked for, and ten are its safety stock: they come from it, or from what stands in."""
    request_id = await waits(service, 5, "kept")
    await waits(service, 1, "kept", within=200 * DAY)
    assert await lots_of(service, request_id) == ([("K1", 5)], {"name": "default", "version": 1})
    version = await activated(service, weights={"safety_stock": 5_000})
    lots, profile = await lots_of(service, request_id)
    assert (lots, profile["version"]) == ([("K1", 2), ("T1", 3)], version)


async def test_prices_whose_sums_are_beyond_reckoning_still_share_what_is_short(service):
    """A profile may hold any price up to a milliard, whatever quantities will be asked for under it."""
    await activated(service, weights={"safety_stock": 1_000_000_000, "earliest_expiry_first": 1_000_000_000})
    request_id = await waits(service, 1_000_000, "kept")
    lots, _ = await lots_of(service, request_id)
    assert sorted(lots) == [("K1", 12), ("T1", 50)]


async def test_the_waiting_list_gives_by_precedence_also_what_is_short_and_the_committees_order_is_only_listed(
    service,
):
    """A committee that names days of cover first serves the empty cabinet; the list gives to the emergency, because it
    decides beds as well and no list could follow both orders (decision 0013)."""
    await to_cabinet(service, 4)
    drugs = [{"drug_id": "rare", "quantity": 8}]
    (first,) = [(await service.place(drugs=drugs, priority="urgent", for_ward_id="W2")).json()]
    assert first["state"] == "placed"
    empty = (await service.place(drugs=drugs, priority="soon", for_ward_id="W2")).json()["request_id"]
    more_urgent = await service.place(drugs=drugs, priority="urgent", for_ward_id="W1")
    precedes = more_urgent.json()["request_id"]
    version = await proposed(service, criteria=["days_of_cover", "priority"])
    assert (await in_force(service, version)).status_code == 200
    [item] = (await short(service))["items"]
    listed = [one["request_id"] for one in sorted(item["requests"], key=lambda one: one["rank"])]
    assert listed == [empty, precedes]
    path = f"/allocations/{first['allocation']['id']}:release"
    released = await service.post(path, {}, "bed", first["revision"])
    assert released.status_code == 200, released.text
    states = {key: (await service.get(f"/requests/{key}")).json()["state"] for key in listed}
    assert states == {empty: "unplaced", precedes: "placed"}
