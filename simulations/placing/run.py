"""Runs of a hospital under a placing policy: one replication, or many on threads."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from simulations.engine.run import Cancelled
from simulations.placing import kernels
from simulations.placing.arrivals import local_offset
from simulations.placing.compiled import Compiled
from simulations.placing.layout import NOW, ROLLED, UNSETTLED
from simulations.placing.model import PlacedModel
from simulations.placing.outcome import Outcome
from simulations.placing.start import choosing, copied, patients, world
from simulations.placing.stock import deliver, expire
from solver.engine.errors import EngineError
from solver.hospital import Minute
from solver.hospital.timegrid import MINUTES_PER_DAY
from solver.placing.arrays import ROLL_MINUTES

HOUR: Final = 60
LOG_PER_ROW: Final = 4


class Run:
    """One replication under way."""

    def __init__(
        self, compiled: Compiled, *, seed: int, replication: int, minutes: Minute, log: bool = False
    ) -> None:
        self.compiled = compiled
        self.start, self.end = compiled.model.start, compiled.model.start + minutes
        self.now = self.start
        room = LOG_PER_ROW * minutes if log else 0
        self.play, self.rows = patients(compiled, seed, replication, minutes, room)
        self.world = world(compiled, self.play, self.rows)
        self.choosing = choosing(compiled, self.rows)
        self.first_lots = copied(self.world.lots)
        self._zone = compiled.hospital.sites[0].time_zone
        self.play.counter[NOW] = self.start
        self.play.counter[UNSETTLED] = len(compiled.census)

    def go_on(self, until: Minute) -> None:
        """Let everything happen before a minute."""
        horizon = self.compiled.model.options.cover_horizon_minutes
        while self.now < until:
            self._follow_clock()
            stop = min(until, self._next_stop())
            if kernels.advance(self.world, self.play, self.choosing, stop, horizon) != kernels.DONE:
                raise EngineError(
                    "A bed, a unit or the list of events has more entries than there is room for."
                )
            self.now = stop

    def outcome(self) -> Outcome:
        """Who came where and when, as far as the run has gone."""
        return Outcome.of(self)

    # --- what time alone changes ----------------------------------------------------------------------------
    def _next_stop(self) -> Minute:
        """The next minute at which arrays are compiled anew: twice a day, and where a lot comes to its end."""
        rolled = self.now + ROLL_MINUTES - (self.now - self.start) % ROLL_MINUTES
        ends = self.world.lots.usable_until
        return min(rolled, int(ends[ends > self.now].min(initial=rolled)))

    def _follow_clock(self) -> None:
        """What begins with the minute ``now``."""
        since = self.now - self.start
        expire(self.world.lots, self.now - 1, self.now)
        if since % ROLL_MINUTES == 0:
            self._roll(self.now)
        if since % MINUTES_PER_DAY == 0 and since:
            deliver(self.world.lots, self.first_lots, self.compiled.lot_order, self.start, self.now)

    def _roll(self, minute: Minute) -> None:
        """Let the cover grid begin at a minute: what there is, less what everybody draws."""
        supply = self.compiled.supplies[self.compiled.roster.known(minute)]
        cover = self.world.cover
        cover.slack[:], cover.balance[:] = supply.slack, supply.balance
        cover.window[0] = minute
        self.world.places.utc_offset[0] = local_offset(minute, self._zone)
        self.play.counter[ROLLED] = 1


def simulate(
    model: PlacedModel | Compiled,
    *,
    seed: int,
    replication: int = 0,
    minutes: Minute,
    log: bool = False,
    cancelled: Callable[[], bool] = lambda: False,
) -> Outcome:
    """One replication of ``minutes``; the same seed and replication give the same bytes.

    ``log``: decisions are written down. Raises InvalidInstance for a model that contradicts itself, Cancelled if
    ``cancelled`` says so at the end of a simulated week.
    """
    compiled = model if isinstance(model, Compiled) else Compiled(model)
    run = Run(compiled, seed=seed, replication=replication, minutes=minutes, log=log)
    while run.now < run.end:
        run.go_on(min(run.end, run.now + 7 * MINUTES_PER_DAY))
        if cancelled():
            raise Cancelled(f"Replication {replication} was cancelled.")
    return run.outcome()


def replicate(
    model: PlacedModel | Compiled,
    *,
    seed: int,
    replications: Iterable[int],
    minutes: Minute,
    threads: int = 1,
    cancelled: Callable[[], bool] = lambda: False,
) -> list[Outcome]:
    """Several replications, in the order asked for; ``threads`` change nothing but the time it takes."""
    compiled = model if isinstance(model, Compiled) else Compiled(model)

    def one(replication: int) -> Outcome:
        return simulate(compiled, seed=seed, replication=replication, minutes=minutes, cancelled=cancelled)

    if threads == 1:
        return [one(replication) for replication in replications]
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(one, replications))
