"""The guards of the hospital's tables, in the order they are put in place."""

from __future__ import annotations

from models.guards import Guard, append_only

GUARDS: tuple[Guard, ...] = (*append_only("audit_line"),)
