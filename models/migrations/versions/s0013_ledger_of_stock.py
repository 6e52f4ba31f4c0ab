"""The ledger of stock: moves know persons, witnesses and counts; what was there at first becomes a move."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from models.tables.base import Json, Whole

revision = "0013"
down_revision: str | None = "0011"

_BEFORE = "reason IN ('receipt', 'count', 'waste', 'return', 'transfer')"
_SINCE = "reason IN ('opening', 'receipt', 'issue', 'return', 'waste', 'transfer', 'count')"

OPENING = """
    INSERT INTO lot_move (id, lot_id, minute, quantity, reason, actor, recorded_microsecond)
    SELECT s.lot_id || '/opening', s.lot_id, s.created / 60000000, s.quantity, 'opening', 'clock', s.created
    FROM (SELECT b.lot_id AS lot_id,
                 (SELECT max(m.created_microsecond) FROM hospital_meta m) AS created,
                 b.on_hand - COALESCE((SELECT sum(m.quantity) FROM lot_move m WHERE m.lot_id = b.lot_id), 0)
                   + COALESCE((SELECT sum(r.quantity) FROM lot_reservation r
                               WHERE r.lot_id = b.lot_id AND r.state = 'dispensed'), 0) AS quantity
          FROM lot_balance b) s
    WHERE s.quantity <> 0
"""
"""What no move told of. The balance stays as it is: no guard stands while a migration runs."""


def upgrade() -> None:
    """Widen the moves and create what stands beside them."""
    _change_moves(_SINCE, "quantity <> 0 OR reason = 'count'", wider=True)
    op.execute(OPENING)
    _create_cards()
    _create_orders()
    _create_alerts()


def downgrade() -> None:
    """Drop it all; balances stay, issues become losses, and who was issued what by hand is forgotten."""
    op.drop_table("stock_alert")
    op.drop_table("order_decision")
    op.drop_table("awaiting_move")
    op.drop_table("lot_card")
    op.execute("DELETE FROM lot_move WHERE reason = 'opening' OR quantity = 0")
    op.execute("UPDATE lot_move SET reason = 'waste' WHERE reason = 'issue'")
    _change_moves(_BEFORE, "quantity <> 0", wider=False)


def _change_moves(reasons: str, quantity: str, *, wider: bool) -> None:
    if not wider:
        op.drop_index("ix_lot_move_person_id", table_name="lot_move")
    with op.batch_alter_table("lot_move", table_kwargs={"sqlite_strict": True}) as batch:
        if wider:
            for name, kind in (("expected", Whole), ("counted", Whole)):
                batch.add_column(sa.Column(name, kind, nullable=True))
            for name in ("person_id", "witness", "other_lot_id"):
                batch.add_column(sa.Column(name, sa.Text(), nullable=True))
            batch.create_foreign_key(op.f("fk_lot_move_person_id"), "person", ["person_id"], ["id"])
            batch.create_foreign_key(op.f("fk_lot_move_other_lot_id"), "lot", ["other_lot_id"], ["id"])
        else:
            batch.drop_constraint(op.f("fk_lot_move_person_id"), type_="foreignkey")
            batch.drop_constraint(op.f("fk_lot_move_other_lot_id"), type_="foreignkey")
            for name in ("other_lot_id", "witness", "person_id", "counted", "expected"):
                batch.drop_column(name)
        batch.drop_constraint(op.f("ck_lot_move_reason"), type_="check")
        batch.drop_constraint(op.f("ck_lot_move_quantity"), type_="check")
        batch.create_check_constraint(op.f("ck_lot_move_quantity"), sa.text(quantity))
        batch.create_check_constraint(op.f("ck_lot_move_reason"), sa.text(reasons))
    if wider:
        op.create_index("ix_lot_move_person_id", "lot_move", ["person_id"], unique=False)


def _create_cards() -> None:
    op.create_table(
        "lot_card",
        sa.Column("lot_id", sa.Text(), nullable=False),
        sa.Column("origin_id", sa.Text(), nullable=False),
        sa.Column("pack", Whole, nullable=False),
        sa.Column("minimum_minutes_left", Whole, nullable=False),
        sa.Column("received_minute", Whole, nullable=False),
        sa.CheckConstraint("pack > 0", name=op.f("ck_lot_card_pack")),
        sa.CheckConstraint("minimum_minutes_left >= 0", name=op.f("ck_lot_card_minimum_minutes_left")),
        sa.ForeignKeyConstraint(["lot_id"], ["lot.id"], name=op.f("fk_lot_card_lot_id")),
        sa.ForeignKeyConstraint(["origin_id"], ["lot.id"], name=op.f("fk_lot_card_origin_id")),
        sa.PrimaryKeyConstraint("lot_id", name=op.f("pk_lot_card")),
        sqlite_strict=True,
    )
    op.create_index("ix_lot_card_origin_id", "lot_card", ["origin_id"], unique=False)
    op.create_table(
        "awaiting_move",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("lot_id", sa.Text(), nullable=False),
        sa.Column("asked", Json, nullable=False),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("asked_microsecond", Whole, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("decided_microsecond", Whole, nullable=True),
        sa.CheckConstraint("state IN ('open', 'confirmed', 'declined')", name=op.f("ck_awaiting_move_state")),
        sa.CheckConstraint("(state = 'open') = (decided_by IS NULL)", name=op.f("ck_awaiting_move_decided")),
        sa.CheckConstraint(
            "state <> 'confirmed' OR decided_by <> asked_by", name=op.f("ck_awaiting_move_two_people")
        ),
        sa.ForeignKeyConstraint(["lot_id"], ["lot.id"], name=op.f("fk_awaiting_move_lot_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_awaiting_move")),
        sqlite_strict=True,
    )
    op.create_index("ix_awaiting_move_state", "awaiting_move", ["state"], unique=False)


def _create_orders() -> None:
    op.create_table(
        "order_decision",
        sa.Column("job_id", sa.Text(), nullable=False),
        sa.Column("version", Whole, autoincrement=False, nullable=False),
        sa.Column("item_id", sa.Text(), nullable=False),
        sa.Column("proposed", Whole, nullable=False),
        sa.Column("quantity", Whole, nullable=False),
        sa.Column("lead_time_days", Whole, nullable=False),
        sa.Column("decided_by", sa.Text(), nullable=False),
        sa.Column("recorded_microsecond", Whole, nullable=False),
        sa.CheckConstraint("quantity >= 0", name=op.f("ck_order_decision_quantity")),
        sa.CheckConstraint("version > 0", name=op.f("ck_order_decision_version")),
        sa.ForeignKeyConstraint(["job_id"], ["job.id"], name=op.f("fk_order_decision_job_id")),
        sa.PrimaryKeyConstraint("job_id", "version", "item_id", name=op.f("pk_order_decision")),
        sqlite_strict=True,
    )
    op.create_index("ix_order_decision_item_id", "order_decision", ["item_id"], unique=False)


def _create_alerts() -> None:
    op.create_table(
        "stock_alert",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("drug_id", sa.Text(), nullable=False),
        sa.Column("lot_id", sa.Text(), nullable=False),
        sa.Column("told_microsecond", Whole, nullable=False),
        sa.ForeignKeyConstraint(["drug_id"], ["drug.id"], name=op.f("fk_stock_alert_drug_id")),
        sa.PrimaryKeyConstraint("kind", "drug_id", "lot_id", name=op.f("pk_stock_alert")),
        sqlite_strict=True,
    )
