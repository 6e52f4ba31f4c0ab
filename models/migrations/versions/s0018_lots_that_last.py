"""What must last some time when it is given out is not reserved, dispensed or issued when it does not.

The guards are put back by every migration (``models.schema``); this step has the new ones put where they are missing.
"""

from __future__ import annotations

revision = "0018"
down_revision: str | None = "0017"


def upgrade() -> None:
    """Nothing but the guards changes."""


def downgrade() -> None:
    """Nothing but the guards changes."""
