"""Login and accounts, as JSON."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from api.schemas.base import Identity, Moment, Readable, Strict, Word
from api.security.passwords import MAX_LENGTH, MIN_LENGTH
from api.security.permissions import Role


class LoginIn(Strict):
    """Name and password; ``label`` tells the token from others of the account."""

    login: Word
    password: Annotated[Readable, Field(min_length=1, max_length=MAX_LENGTH)]
    label: Annotated[Readable, Field(max_length=80)] = ""


class GrantIn(Strict):
    """A role on a ward, on a site, or (neither given) everywhere."""

    role: Role
    ward_id: Identity | None = None
    site_id: Identity | None = None

    @model_validator(mode="after")
    def _one_scope(self) -> Self:
        if self.ward_id is not None and self.site_id is not None:
            raise PydanticCustomError("wardflow_scope", "ward_id or site_id, not both")
        return self


class AccountIn(Strict):
    """A new account."""

    login: Word
    password: Annotated[Readable, Field(min_length=MIN_LENGTH, max_length=MAX_LENGTH)]
    roles: Annotated[tuple[GrantIn, ...], Field(max_length=50)] = ()


class AccountChangeIn(Strict):
    """What changes of an account."""

    disabled: bool | None = None
    roles: Annotated[tuple[GrantIn, ...], Field(max_length=50)] | None = None


class ClockIn(Strict):
    """The sandbox's clock: the moment to jump to, and whether it goes on by itself from there."""

    now: Moment
    running: bool = False
