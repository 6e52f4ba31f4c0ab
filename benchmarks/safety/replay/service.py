"""One simulated service process: a bounded queue, the writer's core, a decider, and a clock of its own."""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from api.clocks import HospitalClock
from api.services.hospital import HospitalDecider
from api.services.waiting import GO_ON, GoOn
from benchmarks.safety.replay.faults import Faults, FaultyDecider, FaultyStorage, Witness
from benchmarks.safety.replay.stage import Stage
from models.clock import CLOCK_ACTOR, Clock
from models.commands import Answer, Command
from models.errors import QueueFull
from models.ids import IdGenerator, RandomBytes
from models.pending import Pending
from models.runner import BatchRunner, Storage
from models.writer import ATTEMPTS

BATCH: Final = 12
QUEUE: Final = 28


class Unwatched:
    """Looks at no decision."""

    def decided(self, command: str, seconds: float, answer: Answer) -> None:
        """One command was decided."""


class Runner(BatchRunner):
    """The writer's core as it is; broken ones are made from it (``controls``)."""

    def next_batch(self, queue: deque[Pending]) -> list[Pending]:
        """As the writer takes it."""
        return [queue.popleft() for _ in range(min(len(queue), BATCH))]


RunnerOf = Callable[..., Runner]


@dataclass(frozen=True, slots=True)
class Machine:
    """What a process runs on."""

    stage: Stage
    wall: Clock
    random_bytes: RandomBytes
    faults: Faults
    runner: RunnerOf = Runner
    storage: Callable[[Storage], Storage] = lambda storage: storage


class Process:
    """From its start to its crash."""

    def __init__(self, name: str, machine: Machine, witness: Witness, first_turn: int) -> None:
        self.name = name
        self.turns = first_turn
        self.queue: deque[Pending] = deque()
        self.rebuilt = 0
        stage, faults = machine.stage, machine.faults
        self.clock = HospitalClock(machine.wall, stage.last_recorded(), simulated=False)
        new_id = IdGenerator(machine.wall, machine.random_bytes)
        looks = itertools.count()
        keeper = stage.keeper(self.clock, new_id)
        # A millisecond a look, so that slices end, and at the same place whenever a seed is played.
        self.inner = HospitalDecider(keeper, self.clock, Unwatched(), lambda: next(looks) / 1000)
        self.inner.unfinished = self._go_on
        self.decider = FaultyDecider(self.inner, faults, self._note_rebuilding)
        storage = FaultyStorage(machine.storage(stage.storage), faults, witness)
        self.runner = machine.runner(storage, self.decider, self.clock, ATTEMPTS, self._count)

    def _go_on(self) -> bool:
        self.queue.append(Pending(Command(GO_ON, CLOCK_ACTOR, GoOn()), lambda _: None))
        return True

    def take(self, pending: Pending) -> None:
        """Queue a command; raises ``QueueFull``."""
        if len(self.queue) >= QUEUE:
            raise QueueFull(len(self.queue), 1)
        self.queue.append(pending)

    def turn(self) -> None:
        """Carry out one batch."""
        self.turns += 1
        batch = self.runner.next_batch(self.queue)
        self.queue.extendleft(reversed(self.runner.carry_out(batch)))

    def _note_rebuilding(self) -> None:
        self.rebuilt += 1

    def _count(self, **more: int) -> None:
        """Nobody reads these."""
