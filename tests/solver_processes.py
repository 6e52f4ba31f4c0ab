"""What may run in the solver's place: processes that answer nonsense, or write down what they are told."""

import contextlib
import os
import pickle
import time
from pathlib import Path

from api.solving import child
from api.solving.messages import MOST_BYTES, READY


def garble(connection, memory_bytes):
    """Answers every task with something else."""
    connection.send_bytes(READY)
    while True:
        try:
            connection.recv()
        except EOFError:
            return
        connection.send_bytes(b'{"given": [null], "methods": ["kernel"], "cost": "cheap", "bound": NaN}')


def overhear(path, connection, memory_bytes):
    """Writes every task to a file as it comes, then does what the solver does."""
    connection.send_bytes(READY)
    while True:
        try:
            raw = connection.recv_bytes()
        except EOFError:
            return
        Path(path).write_bytes(raw)
        connection.send_bytes(child.answer(pickle.loads(raw)))  # noqa: S301


def dream(connection, memory_bytes):
    """Gives every request of every task the same bed, now, and a bed that nobody knows to the first."""
    connection.send_bytes(READY)
    while True:
        try:
            task = connection.recv()
        except EOFError:
            return
        plan = child.solved(task)
        bed = next(given for given in plan.given if given is not None)
        same = [bed for _ in plan.given]
        same[0] = bed.__class__(**{**fields_of(bed), "bed_id": "nowhere"})
        dreamt = plan.model_copy(update={"given": tuple(same)})
        connection.send_bytes(dreamt.model_dump_json().encode())


def gorged(connection, memory_bytes):
    """The solver under its real limit, with everything below it already taken when a task comes."""
    child.limit_memory(memory_bytes)
    connection.send_bytes(READY)
    while True:
        try:
            task = connection.recv()
        except EOFError:
            return
        ballast = []
        for size in (1 << 20, 1 << 16, 1 << 12):
            with contextlib.suppress(MemoryError):
                while True:
                    ballast.append(bytearray(size))
        connection.send_bytes(child.answer(task))


def fields_of(record):
    return {name: getattr(record, name) for name in record.__slots__}


def never_ready(connection, memory_bytes):
    """Hangs before it can be asked anything."""
    time.sleep(3600)


def gone_at_once(connection, memory_bytes):
    """Ends before it can be asked anything."""


def not_itself(connection, memory_bytes):
    """Says something else than that it is ready."""
    connection.send_bytes(b"hello")
    time.sleep(3600)


def flood(connection, memory_bytes):
    """Answers every task with more than anybody reads."""
    connection.send_bytes(READY)
    connection.recv()
    connection.send_bytes(bytes(MOST_BYTES + 1))
    time.sleep(3600)


def stutter(connection, memory_bytes):
    """Announces an answer, and sends half of it."""
    connection.send_bytes(READY)
    connection.recv()
    os.write(connection.fileno(), (100).to_bytes(4, "big") + b"{")
    time.sleep(3600)


def hoard(connection, memory_bytes):
    """Takes all the memory it may have, then does what the solver does."""
    child.limit_memory(memory_bytes)
    connection.send_bytes(READY)
    hoarded = []
    while True:
        try:
            task = connection.recv()
        except EOFError:
            return
        with contextlib.suppress(MemoryError):
            while True:
                hoarded.append(bytearray(1_048_576))
        connection.send_bytes(child.answer(task))


def deny(connection, memory_bytes):
    """Does what the solver does, but CP-SAT calls every model infeasible, as releases of it have done."""
    _serve_with_cp_sat_lying(connection, lambda solves: True)


def deny_at_first(connection, memory_bytes):
    """The same, but whoever asks CP-SAT for a second opinion gets a true one."""
    _serve_with_cp_sat_lying(connection, lambda solves: solves % 2 == 1)


def _serve_with_cp_sat_lying(connection, lies):
    from ortools.sat.python import cp_model

    truly, solves = cp_model.CpSolver.solve, 0

    def solve(solver, model, callback=None):
        nonlocal solves
        solves += 1
        if lies(solves):
            model.add_bool_or([])
        return truly(solver, model, callback)

    cp_model.CpSolver.solve = solve
    connection.send_bytes(READY)
    with contextlib.suppress(EOFError):
        while True:
            connection.send_bytes(child.answer(connection.recv()))
