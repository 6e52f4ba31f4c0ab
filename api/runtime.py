"""What a running service holds: database, writer, decider, clocks, security. Opened at start, closed at the
end."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
import threading
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import TypeVar

from anyio import to_thread
from sqlalchemy import Connection, select

from api.bedside import Bedside
from api.clocks import ForwardClock, HospitalClock, machine_clock
from api.delivery.courier import deliveries
from api.delivery.destinations import Reach
from api.errors import NotReady
from api.gauges import gauges_of
from api.jobs.tending import Tender
from api.memory import quiet
from api.metrics import Metrics
from api.security.passwords import Passwords
from api.security.principals import Principals
from api.security.throttle import Throttle
from api.security.tokens import Principal
from api.services import scarcity, steps, stock_watch
from api.services.changes import Changes
from api.services.desk import Practice
from api.services.hospital import HospitalDecider
from api.services.keeping import SqlKeeper
from api.services.picture import Picture
from api.services.ticking import Tick
from api.services.waiting import GO_ON, GoOn
from api.services.warming import warm_up
from api.services.webhooks import Office
from api.settings import Settings
from api.solving import child
from api.solving.planner import Planner
from api.solving.process import Serve, SolverProcess
from api.solving.relaxer import Relaxer
from models import audit
from models.clock import CLOCK_ACTOR, Clock, Instant
from models.commands import Answer, Command, Reply
from models.database import Database, open_database
from models.errors import StorageFails
from models.ids import IdGenerator
from models.keys import read_key_file
from models.pending import unknown
from models.personal import PersonalVault
from models.repositories.moves import moves_of_stays
from models.tables.ledger import audit_line, hospital_meta
from models.tables.places import ward
from models.writer import Writer
from solver.placing.bounds import Bounds

log = logging.getLogger(__name__)

PRESSING_SECONDS = 0.1
"""A batch's search ends when somebody who waits behind it is due within this: storing the batch takes as long."""

QUESTIONS_AT_ONCE = 2
"""So many questions wait for the decider or are being asked; others wait in line and take no thread from what is read,
nor is there more than these before the next decision."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Meta:
    """What the database says of its hospital."""

    name: str
    sandbox: bool
    zone: str


@dataclass(frozen=True, slots=True)
class Outside:
    """What the service takes from its machine; tests hand in their own."""

    wall: Clock = machine_clock
    monotonic: Callable[[], float] = time.monotonic
    random_bytes: Callable[[int], bytes] = secrets.token_bytes
    solver: Serve = child.serve
    settled: Callable[[], None] = lambda: None
    """Told whenever a hospital has been read: the collector of garbage belongs to whoever owns the process."""
    rests: Callable[[], None] = lambda: None
    """Told after a tick when the writer has nothing to do."""


class Runtime:
    """One open hospital. ``open`` reads it; ``warm_up`` builds the desk and starts the writer; ``close``
    ends."""

    def __init__(self, settings: Settings, outside: Outside, metrics: Metrics) -> None:
        self.settings = settings
        self.outside = outside
        self.metrics = metrics
        keys = read_key_file(settings.key_file)
        self.database: Database = open_database(settings.database, keys.database, readers=settings.readers)
        try:
            self.vault = PersonalVault(keys.master, keys.index, outside.random_bytes)
            with self.database.reading() as connection:
                self.meta = _meta(connection)
                self.site_of_ward = _site_of_ward(connection)
                earliest = _last_recorded(connection)
            self.clock = HospitalClock(outside.wall, earliest, simulated=self.meta.sandbox)
        except BaseException:
            self.database.close()
            raise
        self.wall = ForwardClock(outside.wall)
        self.new_id = IdGenerator(self.wall, outside.random_bytes)
        self.passwords = Passwords(settings.password_hash_parallel)
        self.throttle = Throttle(settings.login_attempts, settings.login_lock_seconds, outside.monotonic)
        outage_seconds = 60.0 * settings.outage_minutes
        self.principals = Principals(
            self.database, self.wall, outside.monotonic, self.meta.sandbox, outage_seconds
        )
        self.bedside = Bedside(
            self.read,
            self.picture,
            outside.monotonic,
            self.clock,
            settings.stale_minutes,
            self.meta.zone,
            metrics,
        )
        self._decider: HospitalDecider | None = None
        self._writer: Writer | None = None
        self._closing = False
        self._stopping = asyncio.Event()
        self._planner: Planner | None = None
        self.solver: SolverProcess | None = None
        self.previewing = asyncio.Lock()
        """One preview of other rules at a time."""
        self.checking = asyncio.Lock()
        """One scenario is checked at a time."""
        self._asking = asyncio.Semaphore(QUESTIONS_AT_ONCE)
        self.relaxer = Relaxer(None, outside.monotonic, metrics)
        self.jobs = Tender(self, keys.database)

    # --- life -----------------------------------------------------------------------------------------------
    def warm_up(self) -> None:
        """Build the desk (the kernels are compiled or read from their cache) and start the writer."""
        decider = HospitalDecider(self.keeper(), self.clock, _Watch(self.metrics))
        warm_up(decider.desk.live)
        writer = Writer(self.database, decider, self.clock, queue=self.settings.queue_limit)
        decider.pressed = lambda: writer.pressed(PRESSING_SECONDS)
        decider.unfinished = lambda: writer.continue_later(Command(GO_ON, CLOCK_ACTOR, GoOn()))
        decider.settled = self.outside.settled
        decider.settled()
        self.metrics.watch(gauges_of(self, writer, decider))
        self._start_solver(decider)
        # Last: from here on the service is ready, on another thread than this.
        self._decider, self._writer = decider, writer.start()

    def _start_solver(self, decider: HospitalDecider) -> None:
        s = self.settings
        if not s.solver_process:
            return
        solver = SolverProcess(
            self.outside.solver, workers=s.solver_workers, memory_bytes=s.solver_memory_mb * 1_048_576
        )
        rehearse, monotonic = decider.rehearse, self.outside.monotonic
        self._planner = Planner(solver, self.database, rehearse, monotonic, self.metrics)
        self.solver = solver
        self.relaxer = Relaxer(solver, monotonic, self.metrics)
        # Nobody waits for it: a batch that comes before it is ready is searched.
        threading.Thread(target=solver.start, name="wardflow-solver-start", daemon=True).start()

    @property
    def ready(self) -> bool:
        """Whether commands are taken."""
        return self._writer is not None and not self._closing

    @property
    def storing(self) -> bool:
        """Whether changes are being stored: the last attempt succeeded, and none has been under way for too long."""
        writer = self._writer
        return writer is not None and writer.storing and writer.statistics.at_work_seconds < self._patience

    @property
    def _patience(self) -> float:
        """Seconds after which whoever waits for a change is told that its outcome is not known: what is queued before
        it may be a batch."""
        return self.settings.answer_seconds + self.settings.batch_seconds

    @property
    def writer(self) -> Writer:
        """The writer; raises ``NotReady`` before it started and after it stopped."""
        if self._writer is None or self._closing:
            raise NotReady("The service is starting or stopping.")
        return self._writer

    async def submit(self, command: Command) -> Reply:
        """Hand a command to the writer; the reply comes after its commit. Raises ``OutcomeUnknown`` if that takes too
        long: it may be committed all the same."""
        try:
            async with asyncio.timeout(self._patience):
                return await self.writer.submit(command)
        except TimeoutError:
            raise unknown() from None

    async def note(self, command: Command) -> Reply:
        """As ``submit``, of what the service itself has done: also while it stops."""
        if self._writer is None:
            raise NotReady("The service is starting.")
        return await self._writer.submit(command)

    async def planned(self, command: Command) -> Command:
        """A batch with its plan, if it has time for one."""
        return command if self._planner is None else await self._planner.planned(command)

    async def keep_time(self) -> None:
        """Tick for as long as the service runs; a tick that fails is logged, and the next one comes."""
        while await self.goes_on(self.settings.tick_seconds):
            if self.ready and self.clock.running:
                try:
                    await self.tick()
                except Exception:
                    log.exception("A tick of the clock failed")
                if await quiet(lambda: self._writer is not None and self._writer.statistics.idle):
                    self.outside.rests()

    async def watch_steps(self) -> None:
        """Look for overdue steps for as long as the service runs."""
        while await self.goes_on(self.settings.step_seconds):
            if self.ready and self.storing:
                try:
                    await steps.watch(self)
                except Exception:
                    log.exception("Overdue steps could not be looked for")

    async def price_scarcity(self) -> None:
        """Compute what scarce capacity is worth for as long as the service runs."""
        while await self.goes_on(60 * self.settings.scarcity_minutes):
            if self.ready and self.storing:
                try:
                    await scarcity.recompute(self)
                except Exception:
                    log.exception("Prices of scarce capacity could not be computed")

    async def watch_stock(self) -> None:
        """Look for what expires or runs out for as long as the service runs."""
        while await self.goes_on(60 * self.settings.stock_minutes):
            if self.ready and self.storing:
                try:
                    await stock_watch.watch(self)
                except Exception:
                    log.exception("The stock could not be looked at")

    async def deliver(self) -> None:
        """Take events to the webhooks that want them, for as long as the service runs."""
        if not self.settings.webhook_delivery:
            return
        async with deliveries(self) as courier:
            self.metrics.watch(courier.gauges())
            await courier.run()

    async def goes_on(self, seconds: float) -> bool:
        """Wait that long, or until the service stops: then False, as when there is nothing to wait for (0)."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._stopping.wait()
        return seconds > 0 and not self._stopping.is_set()

    async def tick(self) -> Reply:
        """Let the hospital's state follow its clock."""
        moves = await self.read(moves_of_stays)
        return await self.submit(Command("clock.tick", CLOCK_ACTOR, Tick(moves)))

    def begin_to_close(self) -> None:
        """Take no more commands; event streams end, and what goes on by itself. On the event loop."""
        self._closing = True
        self._stopping.set()

    @property
    def closing(self) -> bool:
        """Whether the service is stopping."""
        return self._closing

    def close(self) -> None:
        """Carry out what waits, then close the database."""
        self._closing = True
        if self.solver is not None:
            self.solver.close()
        with contextlib.suppress(Exception):
            if self._writer is not None:
                self._writer.close()
        self.jobs.close()
        self.database.close()

    # --- questions ------------------------------------------------------------------------------------------
    async def read(self, question: Callable[[Connection], T]) -> T:
        """Ask the database, off the event loop; raises ``StorageFails`` if it does not answer in time."""

        def asked() -> T:
            with self.database.reading() as connection:
                return question(connection)

        found = await self._in_time(asked)
        self.bedside.unreadable = False
        return found

    def picture(self) -> Picture:
        """The hospital as it was last seen to be stored; raises ``NotReady``."""
        if self._decider is None:
            raise NotReady("The service is starting or stopping.")
        return self._decider.picture()

    async def ask(
        self, question: Callable[[Changes], T], principal: Principal, persons: Collection[str] = ()
    ) -> T:
        """Try something on the live hospital, off the event loop; nothing of it stays (``HospitalDecider.ask``). Raises
        ``NotReady`` also if too many others ask."""
        decider = self._decider
        if decider is None or not self.ready:
            raise NotReady("The service is starting or stopping.")
        try:
            await asyncio.wait_for(self._asking.acquire(), self.settings.answer_seconds)
        except TimeoutError:
            raise NotReady("Too many questions are asked at once.", "Ask again in a moment.") from None
        try:
            return await self._in_time(lambda: decider.ask(question, principal.account_id, persons))
        finally:
            self._asking.release()

    async def look(self, question: Callable[[Changes], T]) -> T:
        """As ``ask``, by the service itself."""
        decider = self._decider
        if decider is None or not self.ready:
            raise NotReady("The service is starting or stopping.")
        return await self._in_time(lambda: decider.ask(question, CLOCK_ACTOR))

    async def principal_of(self, token: str) -> Principal:
        """Who a token stands for; raises ``Unauthenticated`` or ``LiveOnly``."""
        known = self.principals.remembered(token)
        if known is None and self.bedside.unreadable:
            known = self.principals.while_storage_fails(token)
        if known is not None:
            return known
        try:
            return await self._in_time(lambda: self.principals.of(token))
        except StorageFails:
            known = self.principals.while_storage_fails(token)
            if known is None:
                raise
            return known

    async def _in_time(self, work: Callable[[], T]) -> T:
        try:
            async with asyncio.timeout(self.settings.answer_seconds):
                return await to_thread.run_sync(work, abandon_on_cancel=True)
        except TimeoutError:
            raise StorageFails("The database has not answered in time.") from None

    def data_age_seconds(self) -> float:
        """Seconds since the desk was last brought up to the clock."""
        if self._decider is None:
            return 0.0
        return max(0.0, self.outside.monotonic() - self._decider.moved_at)

    # --- parts ----------------------------------------------------------------------------------------------
    def keeper(self) -> SqlKeeper:
        """What brings the desk and the database together."""
        return SqlKeeper(self.database, self.clock, self.vault, self.new_id, self._practice())

    def _practice(self) -> Practice:
        s = self.settings
        return Practice(
            zone=self.meta.zone,
            comparisons=s.comparisons,
            retry_unplaced=s.retry_unplaced,
            round_seconds=s.round_ms / 1000,
            repair_moves=s.repair_moves,
            overdue_minutes=s.overdue_minutes,
            again_minutes=max(1, round(s.tick_seconds / 60)),
            batch_seconds=s.batch_seconds,
            hold_rest_minutes=s.hold_rest_minutes,
            holds_per_resource=s.holds_per_resource,
            scarcity_minutes=s.scarcity_minutes,
            displacing=Bounds(s.displace_after_minutes, s.displace_tries, s.displace_imminent_minutes),
            chain_searches=s.chain_searches,
        )

    @property
    def office(self) -> Office:
        """Where webhooks are administered."""
        random_bytes, zone = self.outside.random_bytes, self.meta.zone
        most = self.settings.webhook_limit
        return Office(self.reach, self.vault, random_bytes, self.new_id, self.wall, zone, most)

    @property
    def reach(self) -> Reach:
        """Where events may be sent."""
        s = self.settings
        return Reach(s.webhook_networks, s.webhook_plain_http or self.meta.sandbox)


class _Watch:
    """Counts decisions."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics

    def decided(self, command: str, seconds: float, answer: Answer) -> None:
        """One command was decided."""
        self._metrics.decision_seconds.observe(seconds)
        self._metrics.decisions.labels(command, str(answer.status)).inc()


def _meta(connection: Connection) -> Meta:
    row = connection.execute(select(hospital_meta)).first()
    if row is None:
        raise LookupError("The database holds no hospital. `wardflow import` stores one.")
    return Meta(row.name, row.sandbox, row.time_zone)


def _site_of_ward(connection: Connection) -> dict[str, str]:
    return {row.id: row.site_id for row in connection.execute(select(ward.c.id, ward.c.site_id))}


def _last_recorded(connection: Connection) -> Instant:
    """The moment of the last audit line, or of the hospital's creation."""
    head = audit.head(connection).sequence
    line = select(audit_line.c.recorded_microsecond).where(audit_line.c.sequence == head)
    created = select(hospital_meta.c.created_microsecond)
    return Instant(connection.scalar(line) or connection.scalar(created) or 0)
