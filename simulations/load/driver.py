"""Sends what is due when it is due, one question at a time for each patient, whatever the service does meanwhile.

An open loop: the time at which something is asked follows from the scenario alone. A latency counts from that intended
time. An operation waits for the one before it of the same patient; how long is the *slip*. What this process itself
sends later than it could have is its *lateness*, which makes a run void when it grows.
"""

from __future__ import annotations

import asyncio
import heapq
import itertools
import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from simulations.load.answers import (
    UNAVAILABLE,
    answered_otherwise,
    digest,
    is_write,
    line_of,
    read_late,
    told_by,
    unexpected,
    unknown_line,
)
from simulations.load.connection import LOST, Connection
from simulations.load.patient import Asked, Patient
from simulations.load.pool import Pool
from simulations.load.record import Histogram, Journal, Record

TIMEOUT_SECONDS: Final = 30.0
"""A question without an answer for so long is given up; whether it was done is found out under its key."""
TRIES: Final = 12
PAUSE_SECONDS: Final = 0.5
LONGEST_PAUSE_SECONDS: Final = 8.0
GRACE_SECONDS: Final = 60.0
"""How long answers are waited for after the last question."""
ENOUGH: Final = 200
"""Answers that a percentile of a slice rests on."""


@dataclass(frozen=True, slots=True)
class Stall:
    """Nothing gets through from second ``begin`` until ``end``; then everything comes at once, and whatever was written
    in the ``before`` seconds before is sent again."""

    begin: float
    end: float
    before: float


@dataclass(frozen=True, slots=True)
class Sending:
    """How a process sends: to which URLs (one hospital), with which token, until when (seconds from the beginning).

    fill: until this second the hospital is filled, which is not measured. resends: share of writes sent twice.
    slices: equal parts that are told one by one. gives_up: seconds; a load that grows ends once the 99th percentile of
    a slice, or an answer that does not come, is beyond.
    """

    urls: tuple[str, ...]
    token: str
    seconds: float
    fill: float = 0.0
    resends: float = 0.01
    stall: Stall | None = None
    seed: int = 1
    slices: int = 20
    gives_up: float | None = None


@dataclass(slots=True)
class _Flight:
    """A question under way. ``due``: when it was meant to be asked; ``ready``: when it could be.

    sent: this time; first_sent: at first, from which moment on it may have been done. aside: sent again while the
    patient's own questions go on; nothing of theirs waits for it.
    """

    patient: Patient
    asked: Asked
    due: float
    ready: float
    host: str
    aside: bool = False
    sent: float = 0.0
    first_sent: float | None = None
    tries: int = 0
    first: str = ""
    """The digest of the first answer, of a command that is sent a second time on purpose."""


class Driver:
    """Sends for some patients until the time is over. ``clock``: seconds of the time in which timers of the event loop
    count."""

    def __init__(
        self,
        sending: Sending,
        patients: Sequence[Patient],
        journal: Journal,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.record = Record([Histogram() for _ in range(sending.slices)])
        self._end = sending.seconds
        self._sending = sending
        self._journal = journal
        self._clock = clock
        self._dice = random.Random(sending.seed)
        self._hosts = itertools.cycle([(url, urlsplit(url).netloc) for url in sending.urls])
        self._pools = {url: Pool(url, clock) for url in sending.urls}
        self._flights: dict[Connection, _Flight] = {}
        self._order = itertools.count()
        self._due: list[tuple[float, int, Patient]] = []
        self._under_way = 0
        self._begin = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._storm: asyncio.TimerHandle | None = None
        self._over = False
        self._recent: dict[Patient, tuple[float, _Flight, str]] = {}
        for patient in patients:
            self._plan(patient)

    # --- time -----------------------------------------------------------------------------------------------
    async def run(self, begin: float) -> Record:
        """Until nothing is under way any more. ``begin``: second 0 on the clock."""
        self._begin, busy = begin, time.process_time()
        for pool in self._pools.values():
            await pool.prepare()
        self._expect_the_storm()
        self._pump()
        while (now := self._clock() - begin) < self._end or (
            self._under_way and now < self._end + GRACE_SECONDS
        ):
            await asyncio.sleep(0.25)
            self._give_up_old(now)
            self._look_for_the_knee(now)
            if not self._due and not self._under_way and not self._storm_ahead(now):
                break
        self._finish()
        self.record.seconds = self._end - self._sending.fill
        self.record.cpu_seconds = time.process_time() - busy
        return self.record

    def _finish(self) -> None:
        """Nothing is sent or heard any more; what has no answer is unknown."""
        for timer in (self._timer, self._storm):
            if timer is not None:
                timer.cancel()
        self.record.counts["unresolved"] += self._under_way
        self._over = True
        for connection, flight in self._flights.items():
            self._unknown(flight)
            connection.close()
        for pool in self._pools.values():
            pool.close()

    def _plan(self, patient: Patient) -> None:
        due = patient.due()
        if due is not None:
            heapq.heappush(self._due, (due, next(self._order), patient))

    def _pump(self) -> None:
        """Send everything that is due, and wake when the next is."""
        now = self._clock() - self._begin
        while self._due and self._due[0][0] <= now and not self._stalled(now):
            due, _, patient = heapq.heappop(self._due)
            if due > self._end:
                continue
            self._ask(patient, due, due)
        self._wake(now)

    def _wake(self, now: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        stall = self._sending.stall
        if stall is not None and self._stalled(now):
            waits = stall.end - now
        elif self._due:
            waits = self._due[0][0] - now
        else:
            return
        self._timer = asyncio.get_running_loop().call_later(max(waits, 0.0), self._pump)

    # --- a stall --------------------------------------------------------------------------------------------
    def _stalled(self, now: float) -> bool:
        stall = self._sending.stall
        return stall is not None and stall.begin <= now < stall.end

    def _storm_ahead(self, now: float) -> bool:
        stall = self._sending.stall
        return stall is not None and now < stall.end

    def _expect_the_storm(self) -> None:
        """Whether or not anything is due in the stall: its end comes."""
        stall = self._sending.stall
        if stall is not None:
            waits = self._begin + stall.end - self._clock()
            self._storm = asyncio.get_running_loop().call_later(max(waits, 0.0), self._repeat_recent, stall)

    def _repeat_recent(self, stall: Stall) -> None:
        """What was written before is sent again, beside whatever its patients do now."""
        now = self._clock() - self._begin
        for patient, (sent, flight, first) in list(self._recent.items()):
            if sent >= stall.begin - stall.before:
                self._send(_Flight(patient, flight.asked, now, now, flight.host, aside=True, first=first))
        self._recent.clear()
        self._pump()

    # --- questions ------------------------------------------------------------------------------------------
    def _ask(self, patient: Patient, due: float, ready: float) -> None:
        """The patient's next question; tasks that are void as things stand are passed over."""
        asked = patient.next()
        if asked is None:
            self.record.counts["void"] += 1
            return self._go_on(patient, ready)
        url, _ = next(self._hosts)
        return self._send(_Flight(patient, asked, due, ready, url))

    def _send(self, flight: _Flight) -> None:
        self._under_way += 1
        connection = self._pools[flight.host].fresh()
        if connection is not None:
            return self._send_over(flight, connection)
        return self._pools[flight.host].opened(lambda made: self._send_over(flight, made))

    def _send_over(self, flight: _Flight, connection: Connection | None) -> None:
        now = self._clock() - self._begin
        flight.sent = now
        if connection is None:
            return self._heard(flight, connection, LOST, b"")
        if flight.first_sent is None:
            flight.first_sent = now
        if flight.tries == 0 and not flight.first:
            stall = self._sending.stall
            held = stall is not None and flight.ready < stall.end and now >= stall.begin
            if not held and flight.ready >= self._sending.fill:
                self.record.late.add(now - flight.ready)
        self._flights[connection] = flight
        raw = flight.asked.raw(urlsplit(flight.host).netloc, self._sending.token)
        return connection.ask(raw, lambda status, body: self._heard(flight, connection, status, body))

    def _give_up_old(self, now: float) -> None:
        oldest = now - TIMEOUT_SECONDS
        for connection, flight in list(self._flights.items()):
            if flight.sent < oldest:
                self.record.counts["timeouts"] += 1
                connection.close()

    def _share(self, second: float) -> float:
        """Of what is measured, how much is over."""
        return (second - self._sending.fill) / (self._sending.seconds - self._sending.fill)

    def _look_for_the_knee(self, now: float) -> None:
        """End a load that grows once it is beyond what the service bears."""
        if self._sending.gives_up is None or not self._sending.fill < now < self._end:
            return
        slices, bears = self.record.slices, self._sending.gives_up
        slice_now = slices[min(int(self._share(now) * len(slices)), len(slices) - 1)]
        oldest = min((flight.sent for flight in self._flights.values()), default=now)
        if now - oldest > bears or (slice_now.count >= ENOUGH and slice_now.milliseconds(99) > 1000 * bears):
            self._end = now
            self.record.counts["ended early"] += 1

    # --- answers --------------------------------------------------------------------------------------------
    def _heard(self, flight: _Flight, connection: Connection | None, status: int, body: bytes) -> None:
        if self._over:
            return None
        now = self._clock() - self._begin
        self._under_way -= 1
        self.record.statuses[f"{flight.asked.kind} {status}"] += 1
        if connection is not None:
            self._flights.pop(connection, None)
            self._pools[flight.host].free(connection)
        if status in (LOST, UNAVAILABLE):
            return self._again(flight, now)
        try:
            told = told_by(flight.asked, status, body)
        except ValueError as error:
            return self._unreadable(flight, str(error), now)
        if flight.first:
            replayed = connection is not None and connection.replayed
            self._judge_again(flight, status, told, replayed)
        else:
            self._take_in(flight, status, told, now)
        return None

    def _unreadable(self, flight: _Flight, wrong: str, now: float) -> None:
        """An answer that tells nothing: whether the write was done is unknown, and the patient goes on."""
        self.record.fault(wrong)
        self._unknown(flight)
        self._after(flight, now)

    def _again(self, flight: _Flight, now: float) -> None:
        """No answer, or not now: the same once more, after a while, under the same key."""
        flight.tries += 1
        if flight.tries >= TRIES or now > self._end + GRACE_SECONDS / 2:
            self.record.counts["given up"] += 1
            self._unknown(flight)
            return self._after(flight, now)
        self.record.counts["tried again"] += 1
        pause = min(PAUSE_SECONDS * 2 ** (flight.tries - 1), LONGEST_PAUSE_SECONDS)
        self._under_way += 1
        asyncio.get_running_loop().call_later(pause * self._dice.uniform(0.5, 1.5), self._send_again, flight)
        return None

    def _send_again(self, flight: _Flight) -> None:
        self._under_way -= 1
        self._send(flight)

    def _unknown(self, flight: _Flight) -> None:
        """Whether it was done nobody told; the judge may find it either way."""
        if is_write(flight.asked) and not flight.first:
            self._journal.note(unknown_line(flight.asked, flight.patient.journey.name, self._clock()))

    def _take_in(self, flight: _Flight, status: int, told: Mapping[str, Any], now: float) -> None:
        patient, asked = flight.patient, flight.asked
        measured = flight.due >= self._sending.fill
        if measured:
            self.record.latency(asked.kind, now - flight.due, self._share(flight.due))
            self.record.slip.add(flight.ready - flight.due)
        self._judge(flight, status, told)
        done = is_write(asked) and 200 <= status < 300
        if done:
            # The answer to a later try may be the one to the first: it was done at any time since.
            first = self._begin + (flight.sent if flight.first_sent is None else flight.first_sent)
            self._journal.note(line_of(asked, status, told, patient.journey.name, first, now + self._begin))
        patient.heard(asked, status, told)
        if done and self._repeats(flight, told, now):
            return
        self._go_on(patient, now)

    def _judge(self, flight: _Flight, status: int, told: Mapping[str, Any]) -> None:
        wrong = unexpected(flight.asked, status)
        if wrong is None and status == 200 and not is_write(flight.asked):
            wrong = read_late(flight.asked, told, flight.patient)
        if wrong is not None:
            self.record.fault(wrong)

    def _repeats(self, flight: _Flight, told: Mapping[str, Any], now: float) -> bool:
        """Whether this one is sent a second time at once; the patient's next operation waits for that."""
        if self._sending.stall is not None:
            self._recent[flight.patient] = (flight.sent, flight, digest(told))
        if self._dice.random() >= self._sending.resends:
            return False
        self._send(_Flight(flight.patient, flight.asked, now, now, flight.host, first=digest(told)))
        return True

    def _judge_again(self, flight: _Flight, status: int, told: Mapping[str, Any], replayed: bool) -> None:
        self.record.counts["resent"] += 1
        wrong = answered_otherwise(flight.asked, flight.first, digest(told), status, replayed)
        if wrong is not None:
            self.record.fault(wrong)
        self._after(flight, self._clock() - self._begin)

    def _after(self, flight: _Flight, now: float) -> None:
        """The patient goes on, unless what was sent was beside what the patient does."""
        if not flight.aside:
            self._go_on(flight.patient, now)

    def _go_on(self, patient: Patient, now: float) -> None:
        """What follows: at once if it is due already, which is a slip."""
        due = patient.due()
        if due is None:
            return
        if patient.at_once:
            due = now
        if due > now or self._stalled(now):
            heapq.heappush(self._due, (due, next(self._order), patient))
            if self._due[0][2] is patient:
                self._wake(now)
        elif due <= self._end:
            self._ask(patient, due, now)
