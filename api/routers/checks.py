"""Questions about changes that nobody has made: what one would break, and what would have to give way."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.responses import Response

from api.routers.common import Running, Spoken, asked, read
from api.schemas.answers.checks import CheckOut, WhyNotOut
from api.schemas.checks import CheckIn, WhyNotIn
from api.security.access import Access, Permitted
from api.security.permissions import Permission
from api.services.checking import check
from api.services.subjects import persons_named
from api.services.why_not import DEFAULT_DEADLINE_MS, take_down, told
from api.wire import JsonBody
from models.repositories.moves import moves_of_stays

router = APIRouter(tags=["requests"])


@router.post("/allocations:check", response_model=CheckOut)
async def check_change(
    access: Annotated[Access, Depends(Permitted(Permission.ALLOCATION_CHECK))],
    runtime: Running,
    language: Spoken,
    body: Annotated[CheckIn, Depends(JsonBody(CheckIn))],
) -> Response:
    """What putting somebody into a bed would break, who may override it, and what it costs against what is now.

    Nothing is changed or stored. The same count as that of every decision: the referee's.
    """
    found = await runtime.ask(
        lambda changes: check(body, access, changes), access.principal, persons_named(body)
    )
    return asked(found, runtime, language)


@router.post("/why-not", response_model=WhyNotOut)
async def why_not(
    access: Annotated[Access, Depends(Permitted(Permission.WHY_NOT))],
    runtime: Running,
    language: Spoken,
    body: Annotated[WhyNotIn, Depends(JsonBody(WhyNotIn))],
) -> Response:
    """What stands against a bed, a ward, a unit or any place for somebody, and the cheapest changes that make it
    possible: waiting, waiving a rule, lending a unit, moving a patient and the like, each with its price and who can.

    Proven cheapest where ``deadline_ms`` (5000 unless said) allows, else the best found; the answer says which. All of
    it is only proposed: nothing is changed or stored.
    """
    deadline_ms = DEFAULT_DEADLINE_MS if body.deadline_ms is None else body.deadline_ms
    due = runtime.outside.monotonic() + deadline_ms / 1000
    moves = await read(runtime, moves_of_stays)
    taken = await runtime.ask(
        lambda changes: take_down(body, moves, access, changes), access.principal, persons_named(body)
    )
    found, failure = await runtime.relaxer.answer(taken.problem, taken.question, due)
    return asked(told(taken, found, failure, access, runtime.meta.zone), runtime, language)
