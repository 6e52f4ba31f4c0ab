"""A cross-match of blood may lapse: until when it counts is kept with the lot."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from models.tables.base import Whole

revision = "0019"
down_revision: str | None = "0018"

_NAME = "ck_lot_crossmatched_until"
_HOLDS = "crossmatched_until_minute IS NULL OR crossmatched_for IS NOT NULL"


def upgrade() -> None:
    """What was matched before counts for good, as it did."""
    for table in ("lot", "lot_version"):
        with op.batch_alter_table(table, table_kwargs={"sqlite_strict": True}) as batch:
            batch.add_column(sa.Column("crossmatched_until_minute", Whole, nullable=True))
            if table == "lot":
                batch.create_check_constraint(op.f(_NAME), sa.text(_HOLDS))


def downgrade() -> None:
    """What has not lapsed counts for good again."""
    for table in ("lot", "lot_version"):
        with op.batch_alter_table(table, table_kwargs={"sqlite_strict": True}) as batch:
            if table == "lot":
                batch.drop_constraint(op.f(_NAME), type_="check")
            batch.drop_column("crossmatched_until_minute")
