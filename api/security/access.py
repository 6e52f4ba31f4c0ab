"""Who asks and whether they may: the dependencies every route declares.

``Permitted(permission)`` finds the principal of the token and refuses whoever has the permission nowhere;
where a ward is concerned, the use case asks ``access.require(ward_id)`` once it knows the ward. ``Public``
marks the few routes that need nobody. A route with neither keeps the application from starting
(``undeclared``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from fastapi.dependencies.models import Dependant
from starlette.requests import Request

from api.errors import Forbidden, Unauthenticated
from api.headers import only_header
from api.security.permissions import Permission, may
from api.security.tokens import Principal

_LONGEST_TOKEN = 200


@dataclass(frozen=True, slots=True)
class Access:
    """What one principal asks to do; ``require`` refuses unless it may, there."""

    principal: Principal
    permission: Permission
    site_of_ward: Mapping[str, str] = field(repr=False)

    def allows(self, ward_id: str | None, permission: Permission | None = None) -> bool:
        """Whether the permission (this route's, or another) reaches the ward."""
        return may(self.principal.grants, permission or self.permission, ward_id, self.site_of_ward)

    def require(self, ward_id: str | None, permission: Permission | None = None) -> None:
        """Raise ``Forbidden`` unless the permission reaches the ward; None: no ward in particular."""
        if not self.allows(ward_id, permission):
            where = "on this ward" if ward_id is not None else "beyond a single ward"
            raise Forbidden((permission or self.permission).value, where)

    def anywhere(self, permission: Permission | None = None) -> bool:
        """Whether the principal has the permission (this route's, or another) on any ward at all."""
        wards = (None, *(grant.ward_id for grant in self.principal.grants))
        return any(self.allows(ward_id, permission) for ward_id in wards)

    def everywhere(self, permission: Permission) -> bool:
        """Whether the principal has the permission by a role that is held on no ward and no site in particular."""
        whole = [grant for grant in self.principal.grants if grant.ward_id is None and grant.site_id is None]
        return may(whole, permission, None, self.site_of_ward)


class Permitted:
    """A route's declaration of what it needs; as a dependency it yields the ``Access``."""

    def __init__(self, permission: Permission) -> None:
        self.permission = permission

    async def __call__(self, request: Request) -> Access:
        """The access of the token's principal; raises ``Unauthenticated``, ``LiveOnly`` or ``Forbidden``."""
        runtime = request.app.state.runtime
        principal = await runtime.principal_of(bearer_token(request))
        access = Access(principal, self.permission, runtime.site_of_ward)
        if not access.anywhere():
            raise Forbidden(self.permission.value, "here")
        return access


class Public:
    """A route's declaration that it needs nobody: probes, version, login."""

    async def __call__(self) -> None:
        """Nothing to check."""


PUBLIC = Public()


def bearer_token(request: Request) -> str:
    """The token of the Authorization header (RFC 6750); raises ``Unauthenticated``."""
    scheme, _, token = (only_header(request, "authorization") or "").partition(" ")
    if scheme.lower() != "bearer" or not token or len(token) > _LONGEST_TOKEN:
        raise Unauthenticated("There is not one Authorization header with a bearer token.")
    return token


def declared(dependant: Dependant) -> Permission | Public | None:
    """What a route declares, wherever among its dependencies."""
    for inner in dependant.dependencies:
        if isinstance(inner.call, Permitted):
            return inner.call.permission
        if isinstance(inner.call, Public):
            return inner.call
        found = declared(inner)
        if found is not None:
            return found
    return None


class UndeclaredPermission(Exception):
    """Routes that say nothing of who may call them; the application does not start."""

    def __init__(self, routes: Iterable[str]) -> None:
        super().__init__(
            f"These routes declare no permission: {', '.join(sorted(routes))}. "
            "Give each a Permitted(...) dependency, or PUBLIC."
        )
