"""Which version of the rule profile is in force no longer follows from its number: drafts, previews, activations."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from models.tables.base import Json, Whole

revision = "0008"
down_revision: str | None = "0007"

BEFORE = "in force before versions were activated"

COME_INTO_FORCE = (
    "INSERT INTO rule_profile_event (sequence, version, kind, reason, actor, detail, recorded_microsecond) "
    "SELECT row_number() OVER (ORDER BY version), version, 'activated', :reason, actor, "
    "{object}, recorded_microsecond FROM rule_profile"
)

NEVER_IN_FORCE = (
    "DELETE FROM rule_profile WHERE version NOT IN "
    "(SELECT version FROM rule_profile_event WHERE kind = 'activated')"
)

GONE_BACK_TO = """
    INSERT INTO rule_profile (version, name, weights, switched_off, actor, recorded_microsecond)
    SELECT (SELECT max(version) + 1 FROM rule_profile), COALESCE(p.name, 'default'), COALESCE(p.weights, {object}),
           COALESCE(p.switched_off, {list}), e.actor, e.recorded_microsecond
    FROM rule_profile_event e LEFT JOIN rule_profile p ON p.version = e.version
    WHERE e.sequence = (SELECT max(sequence) FROM rule_profile_event WHERE kind = 'activated')
      AND e.version < (SELECT max(version) FROM rule_profile)
"""


def upgrade() -> None:
    """Create the book; what was stored had come into force when it was stored."""
    op.create_table(
        "rule_profile_event",
        sa.Column("sequence", Whole, autoincrement=False, nullable=False),
        sa.Column("version", Whole, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("detail", Json, nullable=False),
        sa.Column("recorded_microsecond", Whole, nullable=False),
        sa.CheckConstraint(
            "kind IN ('drafted', 'previewed', 'activated')", name=op.f("ck_rule_profile_event_kind")
        ),
        sa.CheckConstraint(
            "kind = 'previewed' OR length(trim(reason)) > 0", name=op.f("ck_rule_profile_event_reason")
        ),
        sa.PrimaryKeyConstraint("sequence", name=op.f("pk_rule_profile_event")),
        sqlite_strict=True,
    )
    op.get_bind().execute(_with_documents(COME_INTO_FORCE), {"reason": BEFORE})


def downgrade() -> None:
    """The highest version is in force again: drafts go, and a version that was gone back to becomes the highest."""
    op.execute(NEVER_IN_FORCE)
    op.get_bind().execute(_with_documents(GONE_BACK_TO))
    op.drop_table("rule_profile_event")


def _with_documents(statement: str) -> sa.TextClause:
    """The statement with empty JSON documents as the database writes them."""
    cast = "" if op.get_bind().dialect.name == "sqlite" else "::jsonb"
    return sa.text(statement.replace("{object}", f"'{{}}'{cast}").replace("{list}", f"'[]'{cast}"))
