"""Answers about sessions and accounts, and what the probes say."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from api.schemas.answers.common import PageOut, Time
from api.schemas.base import Out
from api.security.permissions import Role


class RoleOut(Out):
    """A role and where it holds: ``*``, ``ward:<id>`` or ``site:<id>``."""

    role: Role
    scope: str


class SessionOut(Out):
    """A session; the token is shown this once."""

    token: str
    token_type: Literal["Bearer"]
    expires: Time
    sandbox: Annotated[bool, Field(description="The token opens sandboxes only")]
    account_id: str
    roles: list[RoleOut]


class AccountOut(Out):
    """An account without its secrets."""

    id: str
    login: str
    disabled: bool
    roles: list[RoleOut]


class AccountPage(PageOut[AccountOut]):
    """Accounts."""


class AliveOut(Out):
    """The process answers."""

    status: Literal["ok"]


class ReadyOut(Out):
    """Commands are taken."""

    status: Literal["ready"]


class VersionOut(Out):
    """What runs here; load and demo clients refuse anything but a sandbox."""

    name: Literal["wardflow"]
    version: str
    sandbox: bool
