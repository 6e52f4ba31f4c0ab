"""One seed played from beginning to end, on a storage of one's choice."""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from random import Random

from benchmarks.safety.replay.controls import WHOLE, Control
from benchmarks.safety.replay.faults import Faults
from benchmarks.safety.replay.judge import Broken, Judge
from benchmarks.safety.replay.scene import NOW
from benchmarks.safety.replay.service import Machine
from benchmarks.safety.replay.stage import MemoryStage, SqliteStage, Stage
from benchmarks.safety.replay.world import World, failed
from models.clock import Instant


@dataclass(frozen=True, slots=True)
class Report:
    """How one seed went; ``trace`` is a digest of every answer."""

    seed: int
    operations: int
    steps: int
    batches: int
    crashes: int
    counts: dict[str, int]
    trace: str


def play(seed: int, operations: int, storage: str = "memory", control: Control = WHOLE) -> Report:
    """Play a seed; raises ``Broken`` naming seed, step and the command that repeats it.

    Even seeds play two service processes on one storage, odd ones one alone. ``storage``: ``memory`` or ``sqlite``.
    """
    logging.getLogger("models").setLevel(logging.CRITICAL)
    logging.getLogger("api").setLevel(logging.CRITICAL)
    with ExitStack() as stack:
        dice = Random(seed)
        processes = 2 - seed % 2
        stage = _stage(storage, processes > 1, seed, control, stack)
        world = _world(seed, stage, processes, dice, control)
        try:
            world.play(operations)
        except (Exception, Broken) as error:
            raise failed(world, error) from error
    return Report(
        seed,
        world.operations,
        world.steps,
        world.judge.revision,
        world.crashes,
        dict(world.judge.counts),
        world.trace,
    )


def _stage(storage: str, shared: bool, seed: int, control: Control, stack: ExitStack) -> Stage:
    if storage == "memory":
        return MemoryStage.new(shared, control.dropped)
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
    stage = SqliteStage(folder, shared, Random(f"keys {seed}").randbytes)
    stack.callback(stage.close)
    return stage


def _world(seed: int, stage: Stage, processes: int, dice: Random, control: Control) -> World:
    faults = Faults(Random(f"faults {seed}"))
    random_bytes: Callable[[int], bytes] = Random(f"ids {seed}").randbytes
    wall = lambda: Instant.of_minute(NOW)  # noqa: E731, replaced by the world's own
    machine = Machine(stage, wall, random_bytes, faults, control.runner, control.storage)
    return World(seed, machine, faults, Judge(stage, control.trusting), dice, processes)
