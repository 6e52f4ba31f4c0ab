"""The judge: a plain record of what was committed, in order, held against every answer that was given.

It shares nothing with the writer: it is told of each commit as it truly went, of each delivery and of each answer, and
raises ``Broken`` at the first that cannot have been so.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from api.errors import ApiError, StaleRevision, WrongState
from benchmarks.safety.replay.faults import DeciderBroke, Injected
from benchmarks.safety.replay.stage import Kept, Stage, Standing
from models.batch import Records
from models.commands import Command, Reply
from models.errors import CommitFailed, Contended, KeyReused, NotFound
from models.pending import Result

TURNS = 12
"""The bound of liveness: turns of its process within which every command that reached a queue is answered."""

NOTHING = Standing(0, 0, "none", None)


class Broken(BaseException):
    """A promise was broken. Passes every net of the system that is judged, as ``faults.Crash`` does."""


@dataclass(slots=True)
class Delivery:
    """One arrival of a command at a process: at which of its turns, and at which revision of the hospital."""

    number: int
    command: Command
    process: str
    turn: int
    revision: int
    result: Result | None = None


@dataclass
class Judge:
    """Knows every commit, every delivery and every answer. ``calm``: no fault is injected now. ``trusting``: refusals
    are not judged (to try the rest alone)."""

    stage: Stage
    trusting: bool = False
    calm: bool = False
    revision: int = 0
    moment: int = 0
    lines: int = 0
    events: int = 0
    keys: dict[bytes, Kept] = field(default_factory=dict)
    kept_by: dict[bytes, tuple[str, int]] = field(default_factory=dict)
    fresh: set[bytes] = field(default_factory=set)
    placed: set[str] = field(default_factory=set)
    cases: defaultdict[str, list[Standing]] = field(default_factory=lambda: defaultdict(list))
    case_of: dict[str, str] = field(default_factory=dict)
    on_the_way: set[str] = field(default_factory=set)
    counts: Counter[str] = field(default_factory=Counter)

    # --- what happened ------------------------------------------------------------------------------------
    def committed(self, records: Records, revision: int, process: str, turn: int) -> None:
        """A batch became durable."""
        self.need(revision == self.revision + 1, f"revision {revision} follows {self.revision}")
        self.revision = revision
        for line in records.lines:
            self.need(line.recorded_microsecond >= self.moment, "history runs backwards")
            self.moment = line.recorded_microsecond
        self.need(len(records.lines) >= records.kept, f"revision {revision}: a change without its audit line")
        self.lines += len(records.lines)
        self.events += len(records.events)
        for row in records.keys:
            key = row["key_hash"]
            self.need(
                key not in self.keys, f"revision {revision}: a command is carried out twice under one key"
            )
            self.keys[key] = Kept(row["body_hash"], row["status"], row["answer"], revision)
            self.kept_by[key] = (process, turn)
        for prepared in records.events:
            if prepared.event.topic == "step.handed_over":
                self.on_the_way.add(prepared.event.payload["request_id"])
        self._follow_cases(records, revision)

    def _follow_cases(self, records: Records, revision: int) -> None:
        self.need(records.touched is not None, "a command that touches anything")
        touched = {record_id for kind, record_id in records.touched or () if kind == "Case"}
        for case_id, standing in self.stage.standing(touched, revision).items():
            self.cases[case_id].append(standing)
            if standing.allocation_id is not None:
                self.case_of[standing.allocation_id] = case_id

    def answered(self, delivery: Delivery, result: Result, turn: int) -> None:
        """A process has answered, at its turn ``turn``."""
        self.need(delivery.result is None, f"delivery {delivery.number} is answered twice")
        delivery.result = result
        waited = turn - delivery.turn
        self.need(waited <= TURNS, f"delivery {delivery.number} waited {waited} turns; at most {TURNS}")
        if isinstance(result, Reply):
            self._acknowledged(delivery.command, result)
        else:
            self._refused(delivery, result, turn)

    def read(self, case_id: str) -> None:
        """Somebody reads a case: what was committed last, no more and no less."""
        self.counts["read"] += 1
        found = self.stage.standing([case_id], self.revision).get(case_id)
        known = self.cases[case_id][-1]
        same = found is not None and (found.version, found.state) == (known.version, known.state)
        self.need(same, f"case {case_id} reads {found}, committed was {known}")

    # --- what was said ------------------------------------------------------------------------------------
    def _acknowledged(self, command: Command, reply: Reply) -> None:
        self.need(
            0 < reply.revision <= self.revision,
            f"acknowledged at revision {reply.revision} before its commit",
        )
        key = command.key_hash
        if key is None:
            self.counts["acknowledged"] += 1
            return
        kept = self.keys.get(key)
        if kept is None:
            raise Broken(f"{command.name} was acknowledged and is not stored")
        self.need(kept.body_hash == command.body_hash, "another command's answer")
        same = (kept.status, kept.revision) == (reply.answer.status, reply.revision)
        self.need(
            same and kept.body == reply.answer.body, f"{command.name} was answered otherwise than stored"
        )
        if reply.replayed:
            self.counts["replayed"] += 1
            return
        self.counts["acknowledged"] += 1
        self.need(key not in self.fresh, f"{command.name} was carried out twice")
        self.fresh.add(key)
        if command.name == "request.place":
            request_id = str(kept.body["request_id"])
            self.need(request_id not in self.placed, f"two commands made request {request_id}")
            self.placed.add(request_id)

    def _refused(self, delivery: Delivery, error: Exception, turn: int) -> None:
        command, name = delivery.command, type(error).__name__
        self.counts[f"refused: {name}"] += 1
        if self.trusting:
            return
        if isinstance(error, CommitFailed):
            self._not_kept(delivery, error, turn)
        elif isinstance(error, Injected | DeciderBroke):
            self.need(not self.calm, f"{command.name}: {name} without a fault")
        elif isinstance(error, KeyReused):
            kept = self.keys.get(command.key_hash or b"")
            justified = kept is not None and kept.body_hash != command.body_hash
            self.need(justified, "a key is called used that was not, or by the same body")
        elif isinstance(error, Contended):
            raise Broken(f"{command.name} was refused by a guard again and again: {error}")
        elif not isinstance(error, ApiError | NotFound):
            raise Broken(f"{command.name} failed with {name}: {error}") from error
        else:
            self._justify(delivery, error)

    def _not_kept(self, delivery: Delivery, error: CommitFailed, turn: int) -> None:
        self.need(not self.calm, f"{delivery.command.name}: {error} without a fault")
        by = self.kept_by.get(delivery.command.key_hash or b"")
        if "nothing of it was kept" in str(error):
            self.need(by != (delivery.process, turn), "told that nothing was kept, and it was")

    def _justify(self, delivery: Delivery, error: Exception) -> None:
        """A refusal has a reason in some state of the hospital between the delivery and the answer."""
        command = delivery.command
        self.need(command.name != "request.place", f"an admissible request was refused: {error!r}")
        if command.name == "disruption":
            return
        request_id = getattr(command.body, "request_id", None) or self.case_of.get(command.body.allocation_id)
        seen = list(self._between(request_id, delivery.revision)) or [NOTHING]
        justified = _reason(command, error, seen, request_id in self.on_the_way)
        if justified is None:
            self.counts["refusals taken on trust"] += 1
            return
        self.counts["refusals judged"] += 1
        self.need(
            justified, f"{command.name} was refused ({error!r}: {error}) while the case stood at {seen}"
        )

    def _between(self, case_id: str | None, revision: int) -> Iterator[Standing]:
        history = self.cases.get(case_id or "", [])
        before = [s for s in history[-12:] if s.revision <= revision]
        yield from before[-1:] or ([NOTHING] if history[:1] and history[0].revision > revision else [])
        yield from (s for s in history[-12:] if s.revision > revision)

    # --- at intervals -------------------------------------------------------------------------------------
    def compare(self) -> None:
        """The storage holds what was committed, once, and nothing else."""
        stored = self.stage.kept()
        self.need(stored.keys() == self.keys.keys(), "keys stored and keys committed differ")
        for key, kept in stored.items():
            mine = self.keys[key]
            self.need((kept.revision, kept.status) == (mine.revision, mine.status), "a stored answer changed")
            self.need(kept.body == mine.body, "a stored answer changed")
        books = self.stage.books()
        self.need(
            books == (self.lines, self.events), f"the books hold {books}, not {(self.lines, self.events)}"
        )
        breaches = self.stage.breaches()
        self.need(not breaches, "; ".join(breaches[:5]))
        self.counts["comparisons"] += 1

    def need(self, holds: bool, told: str) -> None:
        """Raise ``Broken`` unless it holds."""
        if not holds:
            raise Broken(told)


def _reason(command: Command, error: Exception, seen: list[Standing], set_out: bool) -> bool | None:
    """Whether a refusal had its reason in one of these states; None where the judge cannot tell."""
    over = any(s.state in ("none", "released", "left") for s in seen)
    if isinstance(error, NotFound):
        asked = getattr(command.body, "allocation_id", None)
        return over or (asked is not None and any(s.allocation_id != asked for s in seen))
    if isinstance(error, StaleRevision):
        return any(s.version != command.body.revision for s in seen)
    if not isinstance(error, WrongState):
        return None
    states = {s.state for s in seen}
    if command.name == "allocation.confirm":
        return states != {"placed"}
    if command.name in ("allocation.release", "request.release"):
        return "arrived" in states or set_out
    return None
