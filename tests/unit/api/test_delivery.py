"""How events leave the house: when again, where to, and how a turn goes."""

import asyncio
import ipaddress
import random
import secrets

import httpx
import pytest

from api.delivery.destinations import AddressRefused, Reach, checked_url, looked_up
from api.delivery.round import TURN, Waiting, Ways, take_turn, undelivered
from api.delivery.schedule import Schedule
from api.delivery.sending import Sender, Sent
from models.clock import Instant
from models.keys import generate_keys
from models.outbox import StoredEvent
from models.personal import PersonalVault
from models.repositories.webhooks import Order, Progress, StoredWebhook

KEYS = generate_keys(secrets.token_bytes)
VAULT = PersonalVault(KEYS.master, KEYS.index, secrets.token_bytes)
SCHEDULE = Schedule(5, 7200, 86_400)


class Chance(random.Random):
    """No more and no less."""

    def uniform(self, a, b):
        return 1.0


def test_pauses_double_up_to_two_hours_and_add_up_to_a_day():
    pauses = []
    while (pause := SCHEDULE.pause(len(pauses) + 1, Chance())) is not None:
        pauses.append(pause)
    assert pauses[:4] == [5, 10, 20, 40]
    assert max(pauses) == 7200
    assert 22 * 3600 < sum(pauses) <= 86_400


def test_nobody_tries_again_at_the_same_moment_as_the_others():
    chance = random.Random(1)
    pauses = [SCHEDULE.pause(3, chance) for _ in range(200)]
    assert len(set(pauses)) > 150
    assert 16 <= min(pauses) < 17
    assert 23 < max(pauses) <= 24


@pytest.mark.parametrize(
    "number",
    [
        "127.0.0.1",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "224.0.0.1",
        "255.255.255.255",
        "::1",
        "fe80::1",
        "fd00::1",
        "::ffff:10.0.0.1",
        "::ffff:8.8.8.8",
        "64:ff9b::a00:1",
        "2002:0a00:0001::1",
        "ff02::1",
        "fec0::1",
        "::7f00:1",
        "::ffff:0:7f00:1",
        "64:ff9b:1::a00:1",
    ],
)
def test_an_address_that_is_not_public_is_not_called(number):
    assert not Reach().permits(ipaddress.ip_address(number))


def test_public_addresses_and_networks_that_are_named_are_called():
    assert Reach().permits(ipaddress.ip_address("93.184.215.14"))
    assert Reach().permits(ipaddress.ip_address("2606:2800:21f::1"))
    own = Reach((ipaddress.ip_network("10.20.0.0/16"),))
    assert own.permits(ipaddress.ip_address("10.20.30.40"))
    assert not own.permits(ipaddress.ip_address("10.21.0.1"))


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org/",
        "ftp://example.org/",
        "https://user@example.org/",
        "https://example.org/#part",
        "https:///path",
        "https://example.org:0/",
        "https://example.org:65536/",
        "https://127.0.0.1/",
        "https://[::1]/",
        "https://2130706433/",
        "https://0x7f000001/",
    ],
)
async def test_an_address_that_could_do_harm_is_refused(url):
    async def look_up(host, port):
        return ["127.0.0.1"]

    with pytest.raises(AddressRefused):
        await looked_up(checked_url(url, Reach()), Reach(), look_up)


async def test_a_port_that_is_none_is_an_attempt_that_failed_so_that_its_turn_ends():
    sender = Sender(Reach((ipaddress.ip_network("127.0.0.0/8"),), plain_http=True), 1)
    sent = await sender.send("http://127.0.0.1:99999/", {}, b"{}")
    assert sent.outcome == "address_refused"
    await sender.close()


async def test_a_name_with_one_private_number_among_public_ones_is_refused():
    async def look_up(host, port):
        return ["93.184.215.14", "10.0.0.1"]

    with pytest.raises(AddressRefused):
        await looked_up(httpx.URL("https://example.org/"), Reach(), look_up)


async def test_what_is_called_is_the_number_that_was_checked():
    """A name that means something else at the second question (DNS rebinding) is asked once."""
    asked = []

    async def look_up(host, port):
        asked.append((host, port))
        return ["93.184.215.14"] if len(asked) == 1 else ["127.0.0.1"]

    to = await looked_up(httpx.URL("https://example.org:8443/hook?a=b"), Reach(), look_up)
    assert str(to.url) == "https://93.184.215.14:8443/hook?a=b"
    assert (to.host, to.authority, asked) == ("example.org", "example.org:8443", [("example.org", 8443)])


async def test_an_international_name_is_looked_up_and_called_as_it_was_given():
    """Decoded to "straße.de" it would be encoded again by the rules of 2003, as "strasse.de": somebody else."""
    asked = []

    async def look_up(host, port):
        asked.append(host)
        return ["93.184.215.14"]

    to = await looked_up(checked_url("https://xn--strae-oqa.de/", Reach()), Reach(), look_up)
    assert (asked, to.host, to.authority) == (["xn--strae-oqa.de"], "xn--strae-oqa.de", "xn--strae-oqa.de")


async def test_a_receiver_that_never_answers_is_waited_for_no_longer_than_is_set():
    async def silent(reader, writer):
        await reader.read()
        writer.close()

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    sender = Sender(Reach((ipaddress.ip_network("127.0.0.0/8"),), plain_http=True), 0.2)
    sent = await sender.send(f"http://127.0.0.1:{port}/", {}, b"{}")
    assert (sent.outcome, sent.status) == ("timed_out", None)
    assert 150 <= sent.latency_ms < 2000
    server.close()
    refused = await sender.send(f"http://127.0.0.1:{port}/", {}, b"{}")
    assert refused.outcome == "unreachable"
    await sender.close()


async def test_the_authorities_that_the_machine_trusts_are_read_for_the_first_message_and_once(monkeypatch):
    """A service without webhooks starts without them."""
    read, make = [], httpx.create_ssl_context
    monkeypatch.setattr(httpx, "create_ssl_context", lambda **how: read.append(how) or make(**how))
    sender = Sender(Reach(), 1)
    assert read == []
    await asyncio.gather(*(sender.send("https://127.0.0.1/", {}, b"{}") for _ in range(2)))
    await sender.send("https://127.0.0.1/", {}, b"{}")
    assert len(read) == 1
    await sender.close()


class Receiver:
    """Answers as it is told, then takes everything."""

    def __init__(self, *statuses):
        self.statuses = list(statuses)
        self.got = []

    async def send(self, address, headers, body):
        self.got.append(headers["webhook-id"])
        status = self.statuses.pop(0) if self.statuses else 204
        return Sent("delivered" if status < 300 else "refused", status, 1)


def hook(topics=(), state="active"):
    secret = VAULT.seal_secret("whk", b"s" * 32)
    return StoredWebhook("whk", "https://a.example/", state, topics, (), secret, None, 1, "acc", Instant(0))


def events(count, topic="request.released", wards=("W1",)):
    return tuple(
        StoredEvent(n, topic, {"subject": "x", "wards": list(wards)}, n, n) for n in range(1, count + 1)
    )


def ways(receiver, now=1_000_000_000, days=5):
    names = iter(range(10**6))
    day = 86_400_000_000
    return Ways(
        receiver, VAULT, SCHEDULE, lambda: Instant(now), Chance(), lambda p: f"{p}{next(names)}", days * day
    )


async def test_a_turn_stops_at_the_first_failure_so_that_nothing_is_overtaken():
    receiver = Receiver(204, 500)
    turn = await take_turn(Waiting(hook(), Progress("whk", 0), events(5)), ways(receiver))
    assert receiver.got == ["evt_1", "evt_2"]
    assert (turn.progress.sequence, turn.progress.tries) == (1, 1)
    assert turn.progress.next_try == Instant(1_000_000_000 + 5_000_000)
    assert turn.progress.failing_since == Instant(1_000_000_000)


async def test_a_success_forgets_the_failures_before_it():
    failing = Progress("whk", 1, 4, Instant(0), Instant(5))
    turn = await take_turn(Waiting(hook(), failing, events(3)[1:]), ways(Receiver()))
    assert turn.progress == Progress("whk", 3)
    assert [a.number for a in turn.attempts] == [5, 1]


async def test_an_event_that_was_tried_for_a_day_is_given_up_and_said_so():
    tries = 1
    while SCHEDULE.pause(tries + 1, Chance()) is not None:
        tries += 1
    tired = Progress("whk", 0, tries, Instant(0), Instant(0))
    turn = await take_turn(Waiting(hook(), tired, events(2)), ways(Receiver(500), now=90_000_000_000))
    assert [m.id for m in turn.given_up] == ["evt_1"]
    assert [a.outcome for a in turn.attempts] == ["refused", "given_up"]
    assert (turn.progress.sequence, turn.progress.tries, turn.disabled) == (1, 0, False)


async def test_a_webhook_that_failed_for_days_or_is_gone_is_disabled():
    days = Progress("whk", 0, 1, Instant(0), Instant(0))
    late = await take_turn(Waiting(hook(), days, events(1)), ways(Receiver(500), now=5 * 86_400_000_000 + 1))
    gone = await take_turn(Waiting(hook(), Progress("whk", 0), events(1)), ways(Receiver(410)))
    assert (late.disabled, gone.disabled) == (True, True)
    assert gone.progress.sequence == 0, "what it did not take waits"


async def test_of_a_webhook_that_was_changed_meanwhile_only_what_was_delivered_remains():
    """Whether that was before or after a failure, a last attempt, or an answer that no more is wanted."""
    stored = Progress("whk", 0)
    turn = await take_turn(Waiting(hook(), stored, events(5)), ways(Receiver(204, 204, 410)))
    noted = turn.after_a_change(stored)
    assert (noted.progress, noted.disabled) == (Progress("whk", 2), False)
    assert [a.status for a in noted.attempts] == [204, 204, 410]
    tired = Progress("whk", 0, 30, Instant(0), Instant(0))
    last = await take_turn(Waiting(hook(), tired, events(2)), ways(Receiver(500)))
    assert last.given_up
    noted = last.after_a_change(stored)
    assert (noted.progress, noted.given_up, [a.outcome for a in noted.attempts]) == (stored, [], ["refused"])


async def test_a_turn_takes_so_many_and_passes_over_what_is_not_wanted():
    other = tuple(StoredEvent(n, "bed.reopened", {"wards": []}, n, n) for n in range(101, 131))
    waiting = Waiting(hook(topics=("request.*",)), Progress("whk", 0), (*events(3), *other))
    turn = await take_turn(waiting, ways(Receiver()))
    assert turn.progress.sequence == 130
    many = await take_turn(Waiting(hook(), Progress("whk", 0), events(TURN + 5)), ways(Receiver()))
    assert many.progress.sequence == TURN


async def test_a_turn_takes_so_many_orders_so_that_what_was_sent_is_noted_soon():
    """Every message may wait for a receiver for as long as is set: a thousand tests would be one turn of hours."""
    asked = tuple((Order(f"png_{n:03}", "whk", None), None) for n in range(3 * TURN))
    receiver = Receiver()
    turn = await take_turn(Waiting(hook(), Progress("whk", 0), (), asked), ways(receiver))
    assert turn.orders == [f"png_{n:03}" for n in range(TURN)]
    assert len(turn.attempts) == TURN


async def test_before_its_time_nothing_is_tried_again():
    receiver = Receiver()
    later = Progress("whk", 0, 1, Instant(2_000_000_000), Instant(0))
    turn = await take_turn(Waiting(hook(), later, events(1)), ways(receiver))
    assert (receiver.got, turn.did_something) == ([], False)


def test_undelivered_is_what_active_webhooks_want():
    waiting = Waiting(
        hook(topics=("request.*",)), Progress("whk", 0), (*events(2), *events(1, "bed.reopened"))
    )
    paused = Waiting(hook(state="paused"), Progress("whk", 0), events(4))
    assert [e.sequence for e in undelivered([waiting, paused])] == [1, 2]
