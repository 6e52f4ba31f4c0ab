"""Webhooks over real HTTP: signed, in order, at least once, and never to where they could do harm."""

import asyncio
import json
import time

import pytest
from sqlalchemy import select

from models import outbox
from models.repositories.webhooks import load_webhooks
from models.tables.ledger import audit_line
from tests.api_service import Place, bundle, running, until
from tests.served_apart import served_apart
from tests.webhook_receiver import NotVerified, receiving, verify

HERE = {"webhook_networks": ("127.0.0.0/8",), "webhook_retry_seconds": 0.05, "step_seconds": 0}
DELIVERED = "wardflow_webhook_attempts_total", {"outcome": "delivered"}
ON_SQLITE = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)


async def added(service, receiver, **more):
    answer = await service.post("/webhooks", {"url": receiver.url, **more}, "operations")
    assert answer.status_code == 201, answer.text
    return answer.json()


async def changed(service, hook, revision=None, **body):
    headers = await service.headers("operations", **{"If-Match": f'"{revision or hook["revision"]}"'})
    return await service.client.patch(f"/api/v1/webhooks/{hook['id']}", headers=headers, json=body)


async def attempts(service, hook):
    """What became of each, the oldest first."""
    items = (await service.get(f"/webhooks/{hook['id']}/attempts", "operations")).json()["items"]
    return [(a["outcome"], a["status"], a["message_id"]) for a in reversed(items)]


async def pass_time(service, seconds, holds):
    """Let the machine's clock go on until something holds."""
    for _ in range(600):
        if holds():
            return
        service.wall.microsecond += seconds * 1_000_000
        await asyncio.sleep(0.05)
    raise TimeoutError("It did not come to hold.")


def state_of(service):
    """Of the only webhook."""
    with service.runtime.database.reading() as connection:
        (hook,) = load_webhooks(connection)
    return hook.state


@pytest.fixture
async def served(place):
    async with running(place, **HERE) as service, receiving() as receiver:
        yield service, receiver
        assert await service.violations() == []


async def test_a_ward_is_told_signed_and_only_of_what_it_asked_for(served):
    service, receiver = served
    hook = await added(service, receiver, topics=["allocation.*", "step.declined"], ward_ids=["W1"])
    case = (await service.place()).json()
    await service.tell("bed_closed", bed_id="C1", reason="repair")
    path = f"/allocations/{case['allocation']['id']}:confirm"
    await service.post(path, {"accepted": False, "reason": "full"}, revision=case["revision"])
    await until(lambda: len(receiver.got) >= 4, 20)
    await asyncio.sleep(0.3)
    # The place on W2 that took the declined one's is told to W2 alone, and W1 asked for W1.
    assert receiver.types()[:3] == ["allocation.placed", "allocation.declined", "step.declined"]
    sequences = [json.loads(body)["data"]["sequence"] for _, body in receiver.got]
    assert sequences == sorted(sequences)
    now = service.wall.microsecond / 1e6
    for headers, body in receiver.got:
        told = verify(hook["secret"], headers, body, now)
        assert headers["content-type"] == "application/json"
        assert "W1" in told["data"]["wards"]
    headers, body = receiver.got[0]
    assert verify(hook["secret"], headers, body, now)["data"]["request_id"] == case["request_id"]
    other = (await added(service, receiver))["secret"]
    with pytest.raises(NotVerified, match="fits"):
        verify(other, headers, body, now)
    with pytest.raises(NotVerified, match="fits"):
        verify(hook["secret"], headers, body + b" ", now)
    with pytest.raises(NotVerified, match="old"):
        verify(hook["secret"], headers, body, now + 301)


@ON_SQLITE
async def test_what_fails_is_tried_again_under_the_same_id_and_nothing_overtakes_it(served):
    service, receiver = served
    receiver.statuses = [500, 503, 204]
    hook = await added(service, receiver, topics=["allocation.placed"])
    for _ in range(3):
        await service.place()
    sample = service.runtime.metrics.registry.get_sample_value
    await until(lambda: sample("wardflow_webhook_pending") == 3, 20)
    service.wall.microsecond += 1_000_000
    assert sample("wardflow_webhook_oldest_seconds") >= 0.9
    await pass_time(service, 1, lambda: len(receiver.got) >= 5)
    first, *_ = receiver.ids()
    assert receiver.ids()[:3] == [first] * 3
    assert len(set(receiver.ids()[2:])) == 3
    await until(lambda: service.runtime.metrics.registry.get_sample_value(*DELIVERED) == 3, 20)
    found = await attempts(service, hook)
    assert [f[:2] for f in found[:3]] == [("refused", 500), ("refused", 503), ("delivered", 204)]
    metrics = (await service.client.get("/metrics")).text
    assert 'wardflow_webhook_attempts_total{outcome="refused"} 2.0' in metrics
    await until(lambda: sample("wardflow_webhook_pending") == 0, 20)
    assert sample("wardflow_webhook_oldest_seconds") == 0


@ON_SQLITE
async def test_an_event_is_given_up_after_its_time_and_the_next_one_follows(place):
    settings = {**HERE, "webhook_retry_hours": 0.1 / 3600}
    async with running(place, **settings) as service, receiving() as receiver:
        receiver.statuses = [500, 500, 500, 204]
        hook = await added(service, receiver, topics=["allocation.placed"])
        await service.place()
        await service.place()
        await pass_time(service, 1, lambda: service.runtime.metrics.registry.get_sample_value(*DELIVERED))
        outcomes = [a[0] for a in await attempts(service, hook)]
        assert outcomes.index("given_up") < outcomes.index("delivered")
        assert receiver.ids()[0] != receiver.ids()[-1]


@ON_SQLITE
@pytest.mark.parametrize(("status", "hours"), [(410, 120), (500, 0.01)])
async def test_a_receiver_that_is_gone_or_failed_for_days_is_left_alone_until_somebody_looks(
    place, status, hours
):
    async with running(place, **HERE, webhook_disable_hours=hours) as service, receiving() as receiver:
        receiver.statuses = [status]
        hook = await added(service, receiver, topics=["allocation.placed"])
        case = (await service.place()).json()
        await pass_time(service, 20, lambda: state_of(service) == "disabled")
        shown = (await service.get(f"/webhooks/{hook['id']}", "operations")).json()
        receiver.statuses = [204]
        assert (await changed(service, hook, shown["revision"], state="active")).status_code == 200
        count = len(receiver.got)
        await until(lambda: len(receiver.got) > count, 10)
        assert json.loads(receiver.got[-1][1])["data"]["request_id"] == case["request_id"]


@ON_SQLITE
async def test_during_a_rotation_both_secrets_sign_and_afterwards_the_new_one_alone(served):
    service, receiver = served
    old = await added(service, receiver, topics=["allocation.placed"])
    new = (await service.post(f"/webhooks/{old['id']}:rotate", {"former_hours": 1}, "operations", 1)).json()
    await service.place()
    await until(lambda: len(receiver.got) == 1, 10)
    now = service.wall.microsecond / 1e6
    for secret in (old["secret"], new["secret"]):
        assert verify(secret, *receiver.got[0], now)
    service.pass_minutes(61)
    await service.place()
    await until(lambda: len(receiver.got) == 2, 10)
    now = service.wall.microsecond / 1e6
    assert verify(new["secret"], *receiver.got[1], now)
    with pytest.raises(NotVerified):
        verify(old["secret"], *receiver.got[1], now)


@ON_SQLITE
async def test_a_test_and_a_replay_are_sent_when_somebody_asks_and_are_on_the_list(served):
    service, receiver = served
    hook = await added(service, receiver, topics=["allocation.placed"])
    await service.place()
    await until(lambda: len(receiver.got) == 1, 10)
    (message_id,) = receiver.ids()
    paused = await changed(service, hook, state="paused")
    assert paused.json()["state"] == "paused"
    ping = (await service.post(f"/webhooks/{hook['id']}:ping", {}, "operations")).json()
    await until(lambda: len(receiver.got) == 2, 10)
    sequence = int(message_id.removeprefix("evt_"))
    again = await service.post(f"/webhooks/{hook['id']}:replay", {"sequence": sequence}, "operations")
    assert again.status_code == 202
    await until(lambda: len(receiver.got) == 3, 10)
    assert receiver.ids() == [message_id, ping["message_id"], message_id]
    assert receiver.got[0][1] == receiver.got[2][1]
    await service.place()
    await asyncio.sleep(0.3)
    assert len(receiver.got) == 3, "it is paused"
    unknown = await service.post(f"/webhooks/{hook['id']}:replay", {"sequence": 10**9}, "operations")
    assert unknown.status_code == 404
    assert [a[0] for a in await attempts(service, hook)] == ["delivered"] * 3


@ON_SQLITE
async def test_an_event_of_other_wards_or_topics_is_not_sent_by_hand_either(served):
    service, receiver = served
    hook = await added(service, receiver, topics=["allocation.*"], ward_ids=["W2"])
    await service.place(for_ward_id="W1")
    with service.runtime.database.reading() as connection:
        (event,) = [e for e in outbox.read(connection, 0) if e.topic == "allocation.placed"]
    assert event.payload["wards"] == ["W1"]
    replayed = await service.post(
        f"/webhooks/{hook['id']}:replay", {"sequence": event.sequence}, "operations"
    )
    assert replayed.status_code == 404
    await asyncio.sleep(0.3)
    assert receiver.got == []


@ON_SQLITE
async def test_a_secret_is_shown_once_and_not_to_who_repeats_the_command(served):
    service, receiver = served
    headers = await service.headers("operations")
    send = lambda: service.client.post("/api/v1/webhooks", headers=headers, json={"url": receiver.url})  # noqa: E731
    first, again = await send(), await send()
    assert first.json()["secret"].startswith("whsec_")
    assert again.json() == {**first.json(), "secret": None}
    listed = await service.get("/webhooks", "operations")
    assert first.json()["secret"] not in listed.text
    gone = await service.client.delete(
        f"/api/v1/webhooks/{first.json()['id']}",
        headers=await service.headers("operations", **{"If-Match": first.headers["ETag"]}),
    )
    assert gone.status_code == 204
    assert (await service.get("/webhooks", "operations")).json()["items"] == []


@ON_SQLITE
async def test_a_change_of_what_changed_meanwhile_is_refused(served):
    service, receiver = served
    hook = await added(service, receiver)
    assert (await changed(service, hook, topics=["request.*"])).status_code == 200
    assert (await changed(service, hook, state="paused")).status_code == 412


@ON_SQLITE
async def test_whoever_changes_rotates_or_removes_a_webhook_has_seen_it_as_it_is(served):
    """Answers came without an ETag; of two who rotated at once one held a secret that no longer signed."""
    service, receiver = served
    hook = await added(service, receiver)
    path = f"/webhooks/{hook['id']}"
    shown = await service.get(path, "operations")
    assert shown.headers["ETag"] == f'"{hook["revision"]}"'
    assert (await service.post(f"{path}:rotate", {}, "operations")).status_code == 428
    rotated = await service.post(f"{path}:rotate", {}, "operations", hook["revision"])
    assert rotated.headers["ETag"] == f'"{hook["revision"] + 1}"'
    assert (await service.post(f"{path}:rotate", {}, "operations", hook["revision"])).status_code == 412
    headers = await service.headers("operations", **{"If-Match": shown.headers["ETag"]})
    assert (await service.client.delete(f"/api/v1{path}", headers=headers)).status_code == 412
    assert (await service.get(path, "operations")).status_code == 200


@ON_SQLITE
async def test_the_audit_trail_says_what_was_changed_of_a_webhook_and_holds_no_address_or_secret(served):
    """A line said that a webhook was changed; that its events went elsewhere from then on, nobody could read."""
    service, receiver = served
    hook = await added(service, receiver, topics=["request.*"])
    await changed(service, hook, url=f"{receiver.url}&moved=1", topics=["request.*"], state="paused")
    rotated = await service.post(f"/webhooks/{hook['id']}:rotate", {"former_hours": 3}, "operations", 2)
    with service.runtime.database.reading() as connection:
        lines = [
            (r.action, json.loads(r.detail))
            for r in connection.execute(select(audit_line))
            if r.subject == hook["id"]
        ]
    assert lines[1:] == [
        ("webhook.changed", {"changed": ["url", "state"], "state": "paused"}),
        ("webhook.secret_rotated", {"former_hours": 3}),
    ]
    for secret in (receiver.url, hook["secret"], rotated.json()["secret"]):
        assert secret not in json.dumps(lines)


@ON_SQLITE
async def test_there_are_no_more_webhooks_than_a_setting_allows(place):
    async with running(place, **HERE, webhook_limit=2) as service, receiving() as receiver:
        first = await added(service, receiver)
        await added(service, receiver)
        refused = await service.post("/webhooks", {"url": receiver.url}, "operations")
        assert (refused.status_code, refused.json()["type"].rpartition("/")[2]) == (409, "too-many")
        assert "WARDFLOW_WEBHOOK_LIMIT" in refused.json()["remedy"]
        headers = await service.headers("operations", **{"If-Match": '"1"'})
        await service.client.delete(f"/api/v1/webhooks/{first['id']}", headers=headers)
        await added(service, receiver)


async def answering_late(receiver, status):
    """A receiver that has got its message, and will answer with a status once the test lets it."""
    let = asyncio.Event()
    receiver.statuses, receiver.before_answer = [status, 204], let.wait
    return let


@ON_SQLITE
async def test_what_the_former_address_answers_does_not_count_against_the_next_one(served):
    """A turn that was under way when somebody gave the webhook another address was noted as if nothing had happened:
    the 410 of the old receiver disabled the new one, and undid "try at once"."""
    service, old = served
    async with receiving() as new:
        let = await answering_late(old, 410)
        hook = await added(service, old, topics=["allocation.placed"])
        case = (await service.place()).json()
        await until(lambda: len(old.got) == 1, 10)
        assert (await changed(service, hook, url=new.url)).status_code == 200
        let.set()
        await until(lambda: len(new.got) == 1, 10)
        assert json.loads(new.got[0][1])["data"]["request_id"] == case["request_id"]
        assert state_of(service) == "active"


@ON_SQLITE
async def test_a_failure_under_way_does_not_undo_that_somebody_looked_after_the_receiver(place):
    """The pause it would have brought is an hour; whoever set the webhook going again waited it out."""
    settings = {**HERE, "webhook_retry_seconds": 3600}
    async with running(place, **settings) as service, receiving() as receiver:
        let = await answering_late(receiver, 500)
        hook = await added(service, receiver, topics=["allocation.placed"])
        await service.place()
        await until(lambda: len(receiver.got) == 1, 10)
        assert (await changed(service, hook, state="active")).status_code == 200
        let.set()
        await until(lambda: len(receiver.got) == 2, 10)
        assert len(set(receiver.ids())) == 1


@ON_SQLITE
async def test_events_do_not_go_into_private_networks_by_number_nor_by_name(place):
    async with running(place, step_seconds=0) as service:
        for url in (
            "http://127.0.0.1/x",
            "https://10.0.0.1/",
            "https://[::1]/",
            "https://user:pw@example.org/",
        ):
            answer = await service.post("/webhooks", {"url": url}, "operations")
            assert (answer.status_code, answer.json()["errors"][0]["where"]) == (422, "#/url")
        named = await service.post("/webhooks", {"url": "https://localhost/x"}, "operations")
        hook = named.json()
        await service.post(f"/webhooks/{hook['id']}:ping", {}, "operations")
        for _ in range(400):
            await asyncio.sleep(0.05)
            found = await attempts(service, hook)
            if found:
                break
        assert {a[:2] for a in found} == {("address_refused", None)}


@ON_SQLITE
async def test_a_redirect_is_a_refusal(served):
    service, receiver = served
    async with receiving() as inner:
        receiver.statuses, receiver.location = [307], inner.url
        hook = await added(service, receiver)
        await service.post(f"/webhooks/{hook['id']}:ping", {}, "operations")
        await until(lambda: bool(receiver.got), 10)
        await asyncio.sleep(0.2)
        assert inner.got == []
        assert ("refused", 307) in {a[:2] for a in await attempts(service, hook)}


@pytest.mark.slow
async def test_what_was_committed_before_a_kill_is_delivered_after_the_next_start(place):
    """The process dies while a message is under way: it comes again under its id, and those behind it in order."""
    async with receiving() as receiver:
        async with in_a_process(place) as (client, service):
            wanted = ["allocation.placed", "request.unplaced"]
            body, key = {"url": receiver.url, "topics": wanted}, {"Idempotency-Key": "key-of-a-webhook"}
            hook = await client.post("/api/v1/webhooks", json=body, headers=key)
            receiver.stall_after = 1
            for n in range(4):
                body, key = bundle(), {"Idempotency-Key": f"key-of-{n:08}"}
                assert (await client.post("/api/v1/requests", json=body, headers=key)).is_success
            await until(lambda: len(receiver.got) >= 2, 20)
            service.kill()
        before, receiver.stall_after = receiver.ids(), None
        async with in_a_process(place):
            await until(lambda: len(set(receiver.ids())) == 4, 20)
        after = receiver.ids()[len(before) :]
        assert set(before) <= {*receiver.ids()}
        assert after[0] in before, "what was under way comes again"
        assert after == sorted(after, key=lambda name: int(name.removeprefix("evt_")))
        for headers, content in receiver.got:
            assert verify(hook.json()["secret"], headers, content, time.time())


def in_a_process(place):
    """The service in a process of its own, and a client that may do everything here."""
    return served_apart(place, "both", event_poll_seconds=0.05, webhook_networks='["127.0.0.0/8"]')


async def test_of_two_processes_on_one_database_one_delivers_and_the_other_takes_over(
    postgresql_server, tmp_path
):
    place = Place(tmp_path, address=postgresql_server.create()).make()
    async with receiving() as receiver, running(place, **HERE) as second:
        async with running(place, **HERE) as first:
            await added(first, receiver, topics=["allocation.placed"])
            await first.place()
            await second.place()
            await until(lambda: len(receiver.got) >= 2, 20)
            await asyncio.sleep(0.3)
            assert len(receiver.got) == 2
        await second.place()
        await until(lambda: len(receiver.got) == 3, 20)
        assert len(set(receiver.ids())) == 3
