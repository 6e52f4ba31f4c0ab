"""Tonight's gap and swaps over real HTTP: who is asked decides, and one call publishes what was agreed."""

import pytest

from tests.rostered import drafted, terms

ONE_BY_DAY = [{"shift_id": "day", "wanted": 1}]


@pytest.fixture
async def ward(service):
    """Ward W1 with a published week in which one of two nurses works each day: one four days, the other three."""
    await terms(service, cover=ONE_BY_DAY)
    draft = await drafted(service, wishes=[])
    answer = await service.post(f"/rosters/{draft['id']}:publish", {}, "manager1", 0)
    assert answer.status_code == 200, answer.text
    return service, answer.json()["roster_id"], {duty["day"]: duty["staff_id"] for duty in draft["duties"]}


async def asked(service, roster_id, **body):
    return await service.post(f"/rosters/{roster_id}/changes", body, "manager1")


async def said(service, change_id, staff_id, agreed, login="manager1"):
    body = {"staff_id": staff_id, "agreed": agreed}
    return await service.post(f"/roster-changes/{change_id}:answer", body, login)


async def publish(service, change_id):
    return await service.post(f"/roster-changes/{change_id}:publish", login="manager1")


def busiest(worked):
    """Who works most, and the last of their days."""
    who = max(set(worked.values()), key=list(worked.values()).count)
    return who, max(day for day, staff_id in worked.items() if staff_id == who)


async def test_who_is_asked_steps_in_once_they_agreed_and_the_gap_is_covered(ward):
    service, roster_id, worked = ward
    ill, day = busiest(worked)
    gap = {"staff_id": ill, "day": day}
    offered = (await service.post(f"/rosters/{roster_id}:cover", gap, "manager1")).json()
    [candidate] = offered["candidates"]
    by = candidate["staff_id"]
    assert {ill, by} == {"N11", "N12"}
    assert candidate["moves"][0] == {"staff_id": by, "day": day, "shift_id": "day", "skill": ""}
    assert candidate["cost"] < 0 < offered["open_cost"], "filling the gap takes away what leaving it costs"
    change = (await asked(service, roster_id, gap=gap, by=by)).json()
    assert (change["state"], change["asked"]) == ("open", [{"staff_id": by, "agreed": None}])
    path = f"/roster-changes/{change['id']}"
    refused = [
        await publish(service, change["id"]),
        await said(service, change["id"], by, True, login="nurse1"),
        await said(service, change["id"], ill, True),
    ]
    assert [answer.status_code for answer in refused] == [409, 403, 422]
    assert (await said(service, change["id"], by, True)).json()["state"] == "agreed"
    assert (await said(service, change["id"], by, False)).status_code == 409
    done = await publish(service, change["id"])
    assert (done.status_code, done.json()["revision"], done.json()["told"]) == (200, 2, [by])
    assert (await service.get(path, "manager1")).json()["state"] == "published"
    span = {"ward_id": "W1", "from": f"{day}T08:00:00Z", "until": f"{day}T09:00:00Z"}
    shifts = (await service.get("/shifts", "manager1", **span)).json()["items"]
    assert sorted((shift["staff_id"], shift["absent"]) for shift in shifts) == sorted(
        [(ill, True), (by, False)]
    )
    gone = await service.post(f"/rosters/{roster_id}:cover", gap, "manager1")
    assert gone.status_code == 409, "another edition holds"


async def test_who_declined_or_is_absent_is_not_offered_again(ward):
    service, roster_id, worked = ward
    ill, day = busiest(worked)
    gap = {"staff_id": ill, "day": day}
    [candidate] = (await service.post(f"/rosters/{roster_id}:cover", gap, "manager1")).json()["candidates"]
    change = (await asked(service, roster_id, gap=gap, by=candidate["staff_id"])).json()
    assert (await said(service, change["id"], candidate["staff_id"], False)).json()["state"] == "declined"
    assert (await publish(service, change["id"])).status_code == 409
    again = (await service.post(f"/rosters/{roster_id}:cover", gap, "manager1")).json()
    assert again["candidates"] == []
    assert (await asked(service, roster_id, gap=gap, by=candidate["staff_id"])).status_code == 409


async def test_two_people_swap_when_both_agree_and_unlawful_swaps_are_refused(ward):
    service, roster_id, worked = ward
    ours, theirs = ([day for day in sorted(worked) if worked[day] == who] for who in ("N11", "N12"))
    nothing = await asked(service, roster_id)
    same_day = [{"staff_id": "N11", "day": ours[0]}, {"staff_id": "N12", "day": ours[0]}]
    nobody = await asked(service, roster_id, swap=same_day)
    assert [answer.status_code for answer in (nothing, nobody)] == [422, 422]
    answers = [
        await asked(
            service, roster_id, swap=[{"staff_id": "N11", "day": one}, {"staff_id": "N12", "day": other}]
        )
        for one in ours
        for other in theirs
    ]
    refused = [answer for answer in answers if answer.status_code == 409]
    assert all(answer.json()["rules"] == ["worked_run"] for answer in refused), (
        "four days in a row are too many"
    )
    change_id = next(answer.json()["id"] for answer in answers if answer not in refused)
    assert (await said(service, change_id, "N11", True)).json()["state"] == "open"
    assert (await publish(service, change_id)).status_code == 409
    assert (await said(service, change_id, "N12", True)).json()["state"] == "agreed"
    assert (await publish(service, change_id)).status_code == 200
