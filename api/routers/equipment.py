"""Units of equipment: which are free, and until when the others are taken."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from starlette.responses import Response

from api.routers.common import Running
from api.schemas.answers.equipment import EquipmentFreeOut
from api.schemas.base import Moment
from api.security.access import Access, Permitted
from api.security.permissions import Permission
from api.services.availability import FreeAsked, equipment_free
from api.wire import json_response
from solver.hospital.timegrid import MINUTES_PER_DAY

router = APIRouter(tags=["equipment"])


@router.get("/equipment/free", response_model=EquipmentFreeOut)
async def free(
    runtime: Running,
    access: Annotated[Access, Depends(Permitted(Permission.STRUCTURE_READ))],
    type_id: Annotated[str, Query(alias="type", max_length=80)],
    near: Annotated[str, Query(max_length=80)],
    since: Annotated[Moment | None, Query(alias="from")] = None,
    until: Annotated[Moment | None, Query(alias="to")] = None,
    minutes: Annotated[int, Query(ge=1, le=30 * MINUTES_PER_DAY)] = 60,
) -> Response:
    """Units of a type, or of its approved substitutes, for a use of so many minutes on a ward: who has each now, who is
    next, and when it is free first, between `from` (now) and `to` (a day later). Soonest first."""
    asked = FreeAsked(type_id, near, minutes, since, until)
    return json_response(
        await runtime.ask(lambda changes: equipment_free(changes, access, asked), access.principal)
    )
