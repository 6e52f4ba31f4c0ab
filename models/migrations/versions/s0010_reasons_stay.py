"""A stated reason goes only with its patient: the guard let any reason be emptied, and no key be changed.

The guards are put back by every migration (``models.schema``); this step has them put back where they are the former
ones, which an opened database would be refused for.
"""

from __future__ import annotations

revision = "0010"
down_revision: str | None = "0009"


def upgrade() -> None:
    """Nothing but the guard changes."""


def downgrade() -> None:
    """Nothing but the guard changes."""
