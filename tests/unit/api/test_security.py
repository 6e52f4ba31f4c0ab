"""Tokens, passwords, the throttle and the hospital's clock."""

import pytest
from argon2 import PasswordHasher, extract_parameters
from argon2.exceptions import VerifyMismatchError

from api.clocks import ForwardClock, HospitalClock
from api.errors import ClockRunsForward
from api.security.passwords import Passwords
from api.security.throttle import Throttle
from api.security.tokens import LIVE_PREFIX, SANDBOX_PREFIX, hash_of_token, new_token
from models.clock import Instant

CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


class Ticking:
    def __init__(self, now=0):
        self.now = now

    def __call__(self):
        return self.now


def test_a_token_shows_its_class_and_is_never_the_same():
    texts = iter([b"a" * 32, b"b" * 32])
    live, sandbox = new_token(False, lambda _: next(texts)), new_token(True, lambda _: next(texts))
    assert live.startswith(LIVE_PREFIX)
    assert sandbox.startswith(SANDBOX_PREFIX)
    assert hash_of_token(live) != hash_of_token(sandbox)
    assert len(hash_of_token(live)) == 32


async def test_a_password_is_hashed_with_argon2id_and_only_the_right_one_verifies():
    passwords = Passwords(1, CHEAP)
    stored = await passwords.hash("correct horse")
    assert stored.startswith("$argon2id$")
    assert await passwords.verify(stored, "correct horse")
    assert not await passwords.verify(stored, "wrong horse")
    assert not await passwords.verify("no hash at all", "correct horse")


async def test_an_unknown_account_is_refused_after_a_whole_check_as_costly_as_that_of_a_known_one():
    class Watched(PasswordHasher):
        def verify(self, stored, password):
            self.checked = stored
            return super().verify(stored, password)

    watched = Watched(time_cost=1, memory_cost=8, parallelism=1)
    assert not await Passwords(1, watched).verify(None, "no account has this password")
    # A hash that cannot be read is refused at once, with another error.
    with pytest.raises(VerifyMismatchError):
        watched.verify(watched.checked, "no account has this password")
    assert extract_parameters(watched.checked) == extract_parameters(watched.hash("correct horse"))


def test_the_fifth_wrong_password_locks_and_each_further_one_doubles():
    clock = Ticking(0.0)
    throttle = Throttle(5, 300, clock)
    for _ in range(4):
        throttle.failed("anna")
    assert throttle.seconds_locked("anna") == 0
    throttle.failed("anna")
    assert throttle.seconds_locked("Anna") in (300, 301)
    clock.now = 301
    assert throttle.seconds_locked("anna") == 0
    throttle.failed("anna")
    assert 599 <= throttle.seconds_locked("anna") <= 601


def test_a_right_password_forgets_the_wrong_ones_and_others_are_not_locked_with_it():
    throttle = Throttle(1, 300, Ticking(0.0))
    throttle.failed("anna")
    assert throttle.seconds_locked("bert") == 0
    throttle.succeeded("anna")
    assert throttle.seconds_locked("anna") == 0


def test_a_flood_of_names_does_not_grow_without_end():
    throttle = Throttle(1, 300, Ticking(0.0))
    for number in range(12_000):
        throttle.failed(f"name-{number}")
    assert throttle.seconds_locked("name-11999") > 0
    assert throttle.seconds_locked("name-0") == 0


def test_the_hospitals_clock_runs_with_the_wall_and_never_tells_a_moment_twice():
    wall = Ticking(Instant(1_000))
    clock = HospitalClock(wall, Instant(0), simulated=True)
    first, second = clock(), clock()
    assert first < second
    wall.now = Instant(9_000)
    assert clock() == Instant(9_000)


@pytest.mark.parametrize("simulated", [True, False])
def test_the_hospitals_clock_is_never_before_what_was_recorded(simulated):
    clock = HospitalClock(Ticking(Instant(5)), Instant(1_000_000), simulated=simulated)
    assert clock() >= Instant(1_000_000)


def test_a_live_hospital_whose_machine_was_set_back_waits_for_it_and_a_sandbox_goes_on():
    """A machine's clock was an hour ahead, was put right, and the service started again: the hospital stayed an hour
    ahead of everybody's watch, for good."""
    wall, recorded = Ticking(Instant.of_minute(100)), Instant.of_minute(160)
    live, sandbox = (HospitalClock(wall, recorded, simulated=simulated) for simulated in (False, True))
    assert live.seconds_ahead == sandbox.seconds_ahead == 3600
    wall.now = Instant.of_minute(130)
    assert (live().minute, sandbox().minute) == (160, 190)
    wall.now = Instant.of_minute(170)
    assert (live().minute, sandbox().minute) == (170, 230)
    assert (live.seconds_ahead, sandbox.seconds_ahead) == (0, 3600)


def test_a_machine_that_is_set_back_an_hour_brings_nothing_back_that_has_expired():
    wall = Ticking(Instant.of_minute(100))
    clock = ForwardClock(wall)
    assert clock().minute == 100
    wall.now = Instant.of_minute(40)
    assert clock().minute == 100
    wall.now = Instant.of_minute(101)
    assert clock().minute == 101


def test_a_set_clock_stands_still_or_goes_on_and_never_back():
    wall = Ticking(Instant(0))
    clock = HospitalClock(wall, Instant(0), simulated=True)
    clock.set(Instant.of_minute(100), running=False)
    wall.now = Instant.of_minute(50)
    assert clock().minute == 100
    clock.set(Instant.of_minute(110), running=True)
    wall.now = Instant.of_minute(55)
    assert clock().minute == 115
    with pytest.raises(ClockRunsForward):
        clock.set(Instant.of_minute(114), running=False)
