"""One patient at the service: what is asked next, and what is known from the answers."""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import orjson

from simulations.load.journeys import Journey, Wants
from simulations.load.timeline import Op, Task

READ: Final = "read"
PRIORITIES: Final = ("emergency", "urgent", "soon", "routine")
OPEN_END_HOURS: Final = 96.0
"""Expected stay of a patient whose departure the simulation did not reach."""
OPEN: Final = ("unplaced", "placed", "confirmed")
"""States in which a request can be taken back."""
ENDED: Final = ("left", "released")
"""States of a request of which nothing is to come."""
SPARE_MINUTES: Final = 60
"""By how much a stay is expected to be longer than it will be: assumed."""
MISSED: Final = (409, 412)
"""Not now: the bed is not ready, or somebody else changed the allocation meanwhile."""
GONE: Final = 404
"""Of an allocation: another has taken its place, and a look tells which."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One question: ``key`` is empty for a read; ``revision`` goes into ``If-Match``."""

    kind: str
    path: str
    body: bytes = b""
    key: str = ""
    revision: int | None = None
    request_id: str = ""

    @property
    def of_allocation(self) -> bool:
        """Whether it is about an allocation, not about the request."""
        return self.path.startswith("/allocations/")

    def raw(self, host: str, token: str) -> bytes:
        """As it goes over the wire."""
        head = f"Host: {host}\r\nAuthorization: Bearer {token}\r\n"
        if not self.key:
            return f"GET /api/v1{self.path} HTTP/1.1\r\n{head}\r\n".encode()
        match = "" if self.revision is None else f'If-Match: "{self.revision}"\r\n'
        return (
            f"POST /api/v1{self.path} HTTP/1.1\r\n{head}Content-Type: application/json\r\n{match}"
            f"Idempotency-Key: {self.key}\r\nContent-Length: {len(self.body)}\r\n\r\n"
        ).encode() + self.body


@dataclass(slots=True)
class Case:
    """What is known of one request at the service."""

    request_id: str
    state: str
    revision: int
    allocation_id: str | None = None

    def learn(self, body: Mapping[str, Any]) -> None:
        """Take an answer in."""
        given = body.get("allocation")
        self.state, self.revision = body["state"], body["revision"]
        self.allocation_id = given["id"] if given else None


@dataclass(slots=True, eq=False)
class Patient:
    """A journey with its tasks, in seconds of the load; at most one question is under way.

    here: the request of the bed in which the patient lies. coming: that of the bed which was asked for. gone: that of
    the bed that was left last.
    at_once: what has to be done before the next task, for an answer asks for it. dice: makes person and keys.
    leaves: the moment at which the last bed will be left, as the ward foretells it when it orders the discharge.
    """

    journey: Journey
    tasks: deque[Task]
    names: Mapping[str, str]
    dice: random.Random
    glances: float = 0.0
    leaves: str = ""
    here: Case | None = None
    coming: Case | None = None
    gone: Case | None = None
    at_once: deque[Op] = field(default_factory=deque)
    task: Task | None = None
    last: Asked | None = None
    again: int = 0

    def due(self) -> float | None:
        """When the next question is meant to be asked; None if there is none."""
        if self.at_once:
            return 0.0
        return self.tasks[0].at if self.tasks else None

    def next(self) -> Asked | None:
        """The next question; None if the task is void as things stand."""
        if self.at_once:
            return self._asked(self.at_once.popleft())
        self.task = self.tasks.popleft()
        self.again = 0
        return self._asked(self.task.op)

    def heard(self, asked: Asked, status: int, body: Mapping[str, Any]) -> None:
        """Take an answer in and decide whether something has to be done at once."""
        if status in MISSED or (status == GONE and asked.of_allocation):
            self._missed(asked)
        elif status < 300:
            self._learn(asked, body)
            if asked.kind != READ and self.glances and self.dice.random() < self.glances:
                self.at_once.append(Op.LOOK)

    def _missed(self, asked: Asked) -> None:
        """Somebody changed it: look, and try once more; else the next task finds it as it is."""
        if asked.kind == READ:
            return
        self.at_once.append(Op.LOOK)
        if self.again == 0 and asked.kind != "arrive":
            self.again = 1
            self.at_once.append(Op[asked.kind.upper()])

    def _learn(self, asked: Asked, body: Mapping[str, Any]) -> None:
        if asked.kind in ("ask", "hold", "transfer"):
            self.coming = Case(body["request_id"], body["state"], body["revision"])
        for case in (self.coming, self.here):
            if case is not None and case.request_id == body["request_id"]:
                case.learn(body)
        if self.coming is not None and self.coming.state == "arrived":
            self.here, self.coming = self.coming, None
        elif self.coming is not None and self.coming.state in ENDED:
            self.coming = None
        if asked.kind == "leave":
            self.gone, self.here = self.here, None
        elif asked.kind == "release":
            self.coming = None
        elif asked.kind == "transfer" and body["state"] == "unplaced":
            self.at_once.append(Op.RELEASE)

    # --- questions ------------------------------------------------------------------------------------------
    def _asked(self, op: Op) -> Asked | None:
        """What the operation asks; where nothing is as the plan has it, the ward looks how things stand."""
        match op:
            case Op.ASK | Op.HOLD:
                return self._bundle(op)
            case Op.LEAVE:
                return self._leave()
            case Op.RELEASE:
                return self._release()
            case _:
                return self._about_a_bed(op) or self._look()

    def _about_a_bed(self, op: Op) -> Asked | None:
        match op:
            case Op.CONFIRM:
                return self._of(self.coming, "confirm", b'{"accepted":true}')
            case Op.ARRIVE:
                return self._of(self.coming, "arrive", b"{}")
            case Op.ORDER:
                ordered = {"step": "ordered", "expected": self.leaves}
                return self._of(self.here, "order", orjson.dumps(ordered), "discharge")
            case Op.TRANSFER if self.coming is None:
                told = {"reason": "the next step of the care", "priority": "soon", "other_room": True}
                return self._of(self.here, "transfer", orjson.dumps(told))
            case _:
                return None

    def _bundle(self, op: Op) -> Asked:
        assert self.task is not None
        wants = self.journey.visits[self.task.visit].wants
        body = self._body(wants)
        if op is Op.ASK:
            return Asked("ask", "/requests", orjson.dumps(body), self._key())
        held = {"request": body, "minutes": 60}
        return Asked("hold", "/allocations:hold", orjson.dumps(held), self._key())

    def _body(self, wants: Wants) -> dict[str, Any]:
        first, end = self.journey.visits[0].start, self.journey.visits[-1].end
        hours = min(end - first, OPEN_END_HOURS) if end - first == float("inf") else end - first
        return {
            "person": {
                "sex": self.dice.choice(("female", "male")),
                "born": f"{self.dice.randrange(1935, 2005)}-01-01",
            },
            "priority": PRIORITIES[min(self.journey.priority, len(PRIORITIES) - 1)],
            "care": {"speciality": self.names[wants.bed]},
            "duration_minutes": round(hours * 60) + SPARE_MINUTES,
            "equipment": [{"type_id": self.names[name], "count": count} for name, count in wants.units],
            "drugs": [{"drug_id": self.names[name], "quantity": count} for name, count in wants.drugs],
        }

    def _leave(self) -> Asked | None:
        release = self._release()
        if release is not None:
            if self.here is not None:
                self.at_once.append(Op.LEAVE)
            return release
        self.coming = None
        return self._of(self.here, "leave", b'{"step":"left"}', "discharge")

    def _release(self) -> Asked | None:
        case = self.coming
        if case is None or case.state not in OPEN:
            return None
        path = f"/requests/{case.request_id}:release"
        return Asked("release", path, b"{}", self._key(), None, case.request_id)

    def _of(self, case: Case | None, kind: str, body: bytes, verb: str = "") -> Asked | None:
        """A command about the allocation of a case, if it has one."""
        if case is None or case.allocation_id is None:
            return None
        path = f"/allocations/{case.allocation_id}:{verb or kind}"
        return Asked(kind, path, body, self._key(), case.revision, case.request_id)

    def _look(self) -> Asked | None:
        case = self.coming or self.here or self.gone
        return (
            None if case is None else Asked(READ, f"/requests/{case.request_id}", request_id=case.request_id)
        )

    def _key(self) -> str:
        return f"{self.dice.getrandbits(128):032x}"


def patient_of(
    journey: Journey,
    tasks: Sequence[Task],
    names: Mapping[str, str],
    seed: str,
    glances: float = 0.0,
    leaves: str = "",
) -> Patient:
    """A patient whose person and keys follow from ``seed``, which is new for every run: keys are used once."""
    return Patient(journey, deque(tasks), names, random.Random(f"{seed}/{journey.name}"), glances, leaves)
