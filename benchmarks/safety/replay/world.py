"""The simulated world: clients, a network that loses and repeats, processes that crash, a clock that is set.

One step after the other, each drawn from the seed. Every so often all faults stop: then every command that clients
still wait for is sent again and must be answered within a bound, and processes and storage must hold the same.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any, Final

from benchmarks.safety.replay.desks import differences, overlooked
from benchmarks.safety.replay.faults import Crash, Faults, Witness
from benchmarks.safety.replay.judge import TURNS, Delivery, Judge
from benchmarks.safety.replay.scene import NOW, Clients, Known
from benchmarks.safety.replay.service import QUEUE, Machine, Process
from models.batch import Records
from models.clock import MICROSECONDS_PER_MINUTE, Instant
from models.commands import Command, Reply
from models.errors import CommitFailed, QueueFull, WriterError
from models.pending import Pending, Result

HOUR: Final = 60 * MICROSECONDS_PER_MINUTE
MOST_SECONDS_A_STEP: Final = 8
CALM_EVERY: Final = 2_500
"""Operations between two times of calm."""

FINAL_TRIES: Final = 6


@dataclass(slots=True)
class Wish:
    """What a client wants until it is told; ``sent`` how often. A client may give up: its commands may still act."""

    command: Command
    sent: int = 0
    told: bool = False


class Seen(Witness):
    """Tells the world of one process's transactions."""

    def __init__(self, world: World, name: str) -> None:
        self._world = world
        self._name = name

    def before(self) -> None:
        """Another process may come first."""
        self._world.interleave(self._name)

    def during(self) -> None:
        """Commands arrive while a commit takes its time."""
        self._world.arrivals()

    def kept(self, records: Records, revision: int) -> None:
        """Tell the judge."""
        self._world.committed(self._name, records, revision)


@dataclass
class World:
    """Plays one seed. ``operations`` counts commands that reach a process (first, repeated, or again) and reads."""

    seed: int
    machine: Machine
    faults: Faults
    judge: Judge
    dice: Random
    processes: int
    microsecond: int = NOW * MICROSECONDS_PER_MINUTE
    operations: int = 0
    steps: int = 0
    crashes: int = 0
    deliveries: int = 0
    wishes: list[Wish] = field(default_factory=list)
    alive: dict[str, Process] = field(default_factory=dict)
    waiting: dict[int, tuple[Delivery, Wish | None, Process]] = field(default_factory=dict)
    _busy: list[str] = field(default_factory=list)
    _trace: Any = field(default_factory=hashlib.sha256)

    def __post_init__(self) -> None:
        self.clients = Clients(self.dice, lambda: self.microsecond // MICROSECONDS_PER_MINUTE)
        self.machine = replace(self.machine, wall=lambda: Instant(self.microsecond))

    @property
    def trace(self) -> str:
        """Digest of every answer so far."""
        return str(self._trace.hexdigest())

    def play(self, operations: int) -> None:
        """So many operations, with times of calm between; ends calm. Raises ``Broken``."""
        self._start_all()
        calm = CALM_EVERY
        while self.operations < operations:
            self.step()
            if self.operations >= calm:
                self.calm_down()
                calm = self.operations + CALM_EVERY
        self.calm_down()
        self.judge.compare()

    # --- steps --------------------------------------------------------------------------------------------
    def step(self) -> None:
        """One thing happens somewhere."""
        self.steps += 1
        self.microsecond += self.dice.randrange(MOST_SECONDS_A_STEP * 1_000_000)
        roll = self.dice.random()
        if roll < 0.72:
            self._send()
        elif roll < 0.86:
            self._turn(self._any_process())
        elif roll < 0.96:
            self._read()
        elif roll < 0.985:
            self._tick()
        elif roll < 0.99:
            self._forget()
        elif roll < 0.9915:
            self._crash(self._any_process())
        elif roll < 0.9918:
            self.microsecond += self.dice.choice((-HOUR, HOUR))
        else:
            self._start_all()

    def _send(self) -> None:
        """A client sends something new, or again; the network may deliver it twice."""
        waiting = [wish for wish in self.wishes if not wish.told]
        if waiting and (len(waiting) > 20 or self.dice.random() < 0.3):
            wish = self.dice.choice(waiting)
        else:
            wish = Wish(self.clients.command())
            self.wishes.append(wish)
        for _ in range(2 if self.dice.random() < 0.1 else 1):
            self._deliver(wish)
        if self.dice.random() < 0.01:
            self._deliver(Wish(self.clients.misuse(wish.command)))
        if self.dice.random() < 0.1:
            self._deliver(self.dice.choice(self.wishes))

    def _deliver(self, wish: Wish, process: Process | None = None) -> None:
        process = process or self._any_process()
        if process is None:
            return
        wish.sent += 1
        self._queue(wish.command, wish, process)

    def _queue(self, command: Command, wish: Wish | None, process: Process) -> None:
        self.operations += 1
        self.deliveries += 1
        number = self.deliveries
        delivery = Delivery(number, command, process.name, process.turns, self.judge.revision)
        try:
            process.take(Pending(command, lambda result: self._told(number, result)))
        except QueueFull:
            self.judge.need(len(process.queue) >= QUEUE, "refused for a full queue that was not full")
            self.judge.counts["refused: QueueFull"] += 1
            return
        self.waiting[number] = (delivery, wish, process)

    def _told(self, number: int, result: Result) -> None:
        if number not in self.waiting:
            return  # The first answer counts, as with the futures that callers hold.
        delivery, wish, process = self.waiting.pop(number)
        self.judge.answered(delivery, result, process.turns)
        self._note(delivery, result)
        if wish is None or isinstance(result, WriterError) or self.dice.random() < 0.08:
            return  # Not the last word, or lost on the way back.
        wish.told = True
        if isinstance(result, Reply) and delivery.command.idempotency_key == wish.command.idempotency_key:
            self.clients.told(result.answer.body)

    def _note(self, delivery: Delivery, result: Result) -> None:
        told = f"{delivery.number} {delivery.command.name} {delivery.process} {delivery.result.__class__.__name__}"
        if isinstance(result, Reply):
            body = result.answer.body
            bed = (body.get("allocation") or {}).get("bed_id")
            told += (
                f" {result.answer.status} {result.revision} {result.replayed} {body.get('request_id')} {bed}"
            )
        self._trace.update(told.encode())

    def _turn(self, process: Process | None) -> None:
        if process is None or process.name in self._busy or (not process.queue and self.dice.random() < 0.8):
            return
        self._busy.append(process.name)
        try:
            process.turn()
        except Crash:
            self._crash(process)
        finally:
            self._busy.pop()

    def _read(self) -> None:
        if not self.judge.cases:
            return
        known = list(self.clients.known)
        case_id = self.dice.choice(known) if known else next(reversed(self.judge.cases))
        if case_id not in self.judge.cases:
            return
        self.operations += 1
        self.judge.read(case_id)
        if self.dice.random() < 0.7:
            standing = self.judge.cases[case_id][-1]
            self.clients.note(Known(case_id, standing.state, standing.version, standing.allocation_id))

    def _tick(self) -> None:
        process = self._any_process()
        if process is not None:
            self._queue(self.clients.tick(), None, process)

    def _forget(self) -> None:
        """Clients give up; what they asked may still be carried out."""
        self.clients.busy.clear()
        self.wishes = self.wishes[-40:]

    # --- processes ----------------------------------------------------------------------------------------
    def _any_process(self) -> Process | None:
        alive = list(self.alive.values())
        return self.dice.choice(alive) if alive else None

    def _start_all(self) -> None:
        for number in range(self.processes):
            name = f"p{number}"
            if name not in self.alive:
                # No turn of one life has the number of another's.
                first_turn = self.crashes * 1_000_000
                self.alive[name] = Process(name, self.machine, Seen(self, name), first_turn)

    def _crash(self, process: Process | None) -> None:
        """Queue and memory are lost; whoever waited is told nothing."""
        if process is None or self.alive.get(process.name) is not process:
            return
        self.crashes += 1
        del self.alive[process.name]
        gone = [number for number, (_, _, where) in self.waiting.items() if where is process]
        for number in gone:
            del self.waiting[number]

    def interleave(self, name: str) -> None:
        """Before a process takes its turn at the storage, another may take one."""
        others = [other for other in self.alive.values() if other.name not in self._busy]
        if others and self.faults.on and self.dice.random() < 0.3:
            self._turn(self.dice.choice(others))

    def arrivals(self) -> None:
        """Commands that come while a commit is slow."""
        if self.faults.on and self.dice.random() < 0.1:
            self._send()

    def committed(self, name: str, records: Records, revision: int) -> None:
        """A process's batch became durable."""
        self.judge.committed(records, revision, name, self.alive[name].turns)

    # --- calm ---------------------------------------------------------------------------------------------
    def calm_down(self) -> None:
        """Faults stop: everything that is asked is answered within the bound, and everybody holds the same."""
        self._start_all()
        self.faults.on, self.judge.calm = False, True
        try:
            self._drain()
            open_wishes = [wish for wish in self.wishes if not wish.told]
            for start in range(0, len(open_wishes), QUEUE):
                self._answer_finally(open_wishes[start : start + QUEUE])
            self.wishes.clear()
            self.judge.compare()
            self._settle_down()
        finally:
            self.faults.on, self.judge.calm = True, False

    def _drain(self) -> None:
        for _ in range(TURNS):
            if not any(process.queue for process in self.alive.values()):
                break
            for process in self.alive.values():
                process.turn()
        left = [number for number, (_, _, process) in self.waiting.items() if process in self.alive.values()]
        self.judge.need(
            not left, f"{len(left)} commands are unanswered {TURNS} turns after the faults stopped"
        )

    def _answer_finally(self, wishes: list[Wish]) -> None:
        """The answers of calm times are not lost."""
        process = next(iter(self.alive.values()))
        answers: list[Result] = []
        for wish in wishes:
            self.operations += 1
            self.deliveries += 1
            delivery = Delivery(
                self.deliveries, wish.command, process.name, process.turns, self.judge.revision
            )
            process.take(Pending(wish.command, self._final(delivery, process, answers)))
        self._drain()
        self.judge.need(len(answers) == len(wishes), f"{len(wishes) - len(answers)} commands got no answer")
        unfinished = [answer for answer in answers if isinstance(answer, CommitFailed)]
        self.judge.need(not unfinished, f"not stored without a fault: {unfinished[:1]}")

    def _final(self, delivery: Delivery, process: Process, answers: list[Result]) -> Any:
        def told(result: Result) -> None:
            self.judge.answered(delivery, result, process.turns)
            self._note(delivery, result)
            answers.append(result)
            if isinstance(result, Reply):
                self.clients.told(result.answer.body)

        return told

    def _settle_down(self) -> None:
        """Each process catches up and lets its clock tick; then its desk is what the storage says."""
        for process in self.alive.values():
            self._queue(self.clients.tick(), None, process)
        self._drain()
        for process in self.alive.values():
            process.runner.catch_up_quietly()
            stored = process.inner._keeper.build()
            found = list(differences(process.inner.desk, stored))
            self.judge.need(not found, f"{process.name} holds {found[:3]} otherwise than the storage")
            waits = list(overlooked(stored))
            self.judge.need(not waits, f"waits though a bed is free: {waits[:3]}")
            self.clients.known = dict(self._known(stored))

    def _known(self, desk: Any) -> Iterator[tuple[str, Known]]:
        for case in desk.cases.values():
            given = case.allocation and case.allocation.id
            yield case.id, Known(case.id, case.state.value, case.revision, given)


class Failure(AssertionError):
    """A seed whose world broke a promise, or itself; the message says what repeats it."""


def failed(world: World, error: BaseException) -> Failure:
    """An error with what repeats it."""
    return Failure(
        f"seed {world.seed}, step {world.steps}, operation {world.operations}: {type(error).__name__}: {error}\n"
        f"Again: python -m benchmarks.safety.replay --seed {world.seed} --operations {world.operations + 1}"
    )
