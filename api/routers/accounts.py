"""Sessions and accounts."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request
from starlette.responses import Response

from api.errors import Forbidden
from api.routers.common import Key, Running, body_hash, read
from api.schemas.accounts import AccountChangeIn, AccountIn, LoginIn
from api.schemas.answers.accounts import AccountOut, AccountPage, SessionOut
from api.security.access import PUBLIC, Access, Permitted
from api.security.permissions import Permission
from api.services import accounts
from api.wire import JsonBody, json_response
from models.repositories.accounts import account_by_id, list_accounts

router = APIRouter(tags=["accounts"])

Id = Annotated[str, Path(max_length=80)]


@router.post("/sessions", status_code=201, response_model=SessionOut, dependencies=[Depends(PUBLIC)])
async def log_in(runtime: Running, body: Annotated[LoginIn, Depends(JsonBody(LoginIn))]) -> Response:
    """Log in: an opaque token, shown this once."""
    opened = await accounts.log_in(body, runtime)
    return json_response(opened.body, 201)


@router.delete("/sessions/current", status_code=204)
async def log_out(
    runtime: Running, access: Annotated[Access, Depends(Permitted(Permission.SESSION))]
) -> Response:
    """Log out: the token is worthless from now on."""
    await accounts.log_out(access.principal, runtime)
    return Response(status_code=204)


@router.get("/accounts", response_model=AccountPage)
async def get_accounts(
    runtime: Running, access: Annotated[Access, Depends(Permitted(Permission.ACCOUNT_READ))]
) -> Response:
    """Every account that may do anything on a ward or site the asking one reaches, with its roles there."""
    found = await read(runtime, list_accounts)
    seen = [account for each in found if (account := accounts.as_seen(each, access)) is not None]
    return json_response({"items": [accounts.account_json(a) for a in seen], "next": None})


@router.get("/accounts/{account_id}", response_model=AccountOut)
async def get_account(
    runtime: Running,
    access: Annotated[Access, Depends(Permitted(Permission.ACCOUNT_READ))],
    account_id: Id,
) -> Response:
    """One account, if it may do anything on a ward or site the asking one reaches, with its roles there."""
    found = accounts.as_seen(await read(runtime, lambda c: account_by_id(c, account_id)), access)
    if found is None:
        raise Forbidden(access.permission.value, "where this account has a role")
    return json_response(accounts.account_json(found))


@router.post("/accounts", status_code=201, response_model=AccountOut)
async def add_account(
    request: Request,
    runtime: Running,
    access: Annotated[Access, Depends(Permitted(Permission.ACCOUNT_CHANGE))],
    key: Key,
    body: Annotated[AccountIn, Depends(JsonBody(AccountIn))],
) -> Response:
    """Add an account."""
    digest = body_hash(request, "account.add")
    reply = await accounts.add_account(body, access.principal, key, digest, runtime)
    return json_response(reply.answer.body, reply.answer.status)


@router.patch("/accounts/{account_id}", response_model=AccountOut)
async def change_account(
    runtime: Running,
    access: Annotated[Access, Depends(Permitted(Permission.ACCOUNT_CHANGE))],
    account_id: Id,
    body: Annotated[AccountChangeIn, Depends(JsonBody(AccountChangeIn))],
) -> Response:
    """Disable or enable an account, or give it other roles."""
    reply = await accounts.change_account(account_id, body.disabled, body.roles, access.principal, runtime)
    return json_response(reply.answer.body)
