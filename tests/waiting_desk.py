"""The decider of a small hospital, asked without a network: who waits, what comes free, who gets it, who did it."""

from contextlib import contextmanager
from dataclasses import replace

import orjson
import pytest
from sqlalchemy import select

from api.metrics import Metrics
from api.runtime import Outside, Runtime
from api.schemas.movements import ReleaseIn
from api.schemas.offers import HoldIn
from api.schemas.requests import BatchIn, ChoiceIn, RequestIn
from api.security.access import Access
from api.security.permissions import Grant, Permission, Role
from api.security.tokens import Principal
from api.services import waiting
from api.services.batches import PlaceBatch
from api.services.choosing import Choose
from api.services.holding import Hold
from api.services.movements import Act, Withdraw
from api.services.placing import PlaceOne
from api.services.ticking import Tick
from models.commands import Command
from models.pending import Pending
from models.tables.ledger import audit_line
from solver.placing import ahead
from tests.api_service import HOUR, Place, Wall, bundle, small_hospital


@contextmanager
def looks():
    """The ids of those who were looked at while inside, in their order."""
    seen = []

    def noting(live, request, *others):
        seen.append(request.id)
        return ahead.in_turn(live, request, *others)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(waiting, "in_turn", noting)
        yield seen


class WaitingDesk:
    """The decider of a hospital with two beds on one ward, asked without a network."""

    def __init__(self, folder, address=None, **settings):
        hospital = small_hospital()
        beds = tuple(bed for bed in hospital.beds if bed.id in ("C1", "C2"))
        hospital = replace(hospital, beds=beds, stays=(), persons=())
        self.wall = Wall()
        self.runtime = Runtime(
            Place(folder, address=address).make(hospital).settings(**settings),
            Outside(wall=self.wall),
            Metrics(),
        )
        self.runtime.warm_up()
        self.runtime.writer.close()
        self.decider = self.runtime._decider

    def _access(self, permission):
        principal = Principal("acc-bed", "bed", (Grant(Role.BED_MANAGER),), "tok", True, 0)
        return Access(principal, permission, self.runtime.site_of_ward)

    def placing(self, priority="urgent", hours=72, **changes):
        told = bundle(priority=priority, duration_minutes=hours * HOUR, **changes)
        body = RequestIn.model_validate(told, strict=False)
        return Command("request.place", "acc-bed", PlaceOne(body, self._access(Permission.REQUEST_PLACE)))

    def placing_batch(self, *bodies, planned=None):
        told = BatchIn.model_validate({"requests": bodies}, strict=False)
        body = PlaceBatch(told, self._access(Permission.REQUEST_BATCH), planned=planned)
        return Command("request.batch", "acc-bed", body)

    def holding(self, **body):
        told = HoldIn.model_validate(body, strict=False)
        return Command("allocation.hold", "acc-bed", Hold(told, self._access(Permission.REQUEST_PLACE)))

    def releasing(self, request_id):
        body = Withdraw(request_id, ReleaseIn(), self._access(Permission.ALLOCATION_RELEASE))
        return Command("request.release", "acc-bed", body)

    def choosing(self, request_id, **place):
        bed_id = self.case(request_id).allocation.bed_id
        body = ChoiceIn.model_validate({"bed_id": bed_id, **place}, strict=False)
        choice = Choose(request_id, body, self._access(Permission.REQUEST_PLACE))
        return Command("request.choose", "acc-bed", choice)

    def overruling(self, request_id, *rule_ids):
        """A command that waives rules for a request and names no bed."""
        waivers = [{"rule_id": rule_id, "reason": "agreed on the round"} for rule_id in rule_ids]
        body = ChoiceIn.model_validate({"waivers": waivers}, strict=False)
        choice = Choose(request_id, body, self._access(Permission.REQUEST_PLACE))
        return Command("request.choose", "acc-bed", choice)

    def moving(self, name, request_id, body):
        """A command of a movement: of the allocation of a request, at the revision it has."""
        case = self.case(request_id)
        act = Act(case.allocation.id, case.revision, body, self._access(Permission.ALLOCATION_RELEASE))
        return Command(f"allocation.{name}", "acc-bed", act)

    def carry_out(self, *commands):
        """The bodies of the answers, in the order of the commands, after one commit for all."""
        told = [None] * len(commands)
        pending = [Pending(c, lambda r, n=n: told.__setitem__(n, r)) for n, c in enumerate(commands)]
        assert self.runtime._writer._runner.carry_out(pending) == []
        return [reply if isinstance(reply, Exception) else reply.answer.body for reply in told]

    def asked(self, *args, **kwargs):
        (body,) = self.carry_out(self.placing(*args, **kwargs))
        return body["request_id"]

    def case(self, request_id):
        return self.decider.desk.cases[request_id]

    def full(self):
        """Both beds given for three days; their requests."""
        return [self.asked(), self.asked()]

    def ticking(self):
        return Command("clock.tick", "clock", Tick())

    def audited(self, action):
        """Actor, subject and detail of every audit line of an action, oldest first."""
        lines = select(audit_line).where(audit_line.c.action == action).order_by(audit_line.c.sequence)
        with self.runtime.database.reading() as connection:
            rows = connection.execute(lines).all()
        return [(row.actor, row.subject, orjson.loads(row.detail)) for row in rows]
