"""What the server's catalogue says of our schema: every object, and whether a guard is still what was made.

PostgreSQL keeps no text of a constraint or trigger; it tells a form of its own. So a guard is *sealed* when it is
made: its comment holds a hash of the statements it was made with and of the form the server tells. A guard that was
dropped, replaced, disabled or altered no longer matches its seal.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection

_HERE = "(SELECT oid FROM pg_namespace WHERE nspname = current_schema())"

_GUARDS = f"""
SELECT 'TRIGGER' AS kind, t.tgname AS name, c.relname AS home, obj_description(t.oid, 'pg_trigger') AS sealed,
       pg_get_triggerdef(t.oid) || t.tgenabled::text || p.prosrc AS form
FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_proc p ON p.oid = t.tgfoid
WHERE c.relnamespace = {_HERE} AND NOT t.tgisinternal AND starts_with(t.tgname, 'guard_')
UNION ALL
SELECT 'CONSTRAINT', k.conname, c.relname, obj_description(k.oid, 'pg_constraint'), pg_get_constraintdef(k.oid)
FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
WHERE k.connamespace = {_HERE} AND starts_with(k.conname, 'guard_')
UNION ALL
SELECT 'FUNCTION', p.proname, '', obj_description(p.oid, 'pg_proc'), p.prosrc
FROM pg_proc p WHERE p.pronamespace = {_HERE} AND starts_with(p.proname, 'guard_')
"""  # noqa: S608, put together from the constant above

_OBJECTS = f"""
SELECT 'table' AS kind, c.relname AS name, (SELECT string_agg(
         format('%I %s%s%s', a.attname, format_type(a.atttypid, a.atttypmod),
                CASE WHEN a.attnotnull THEN ' NOT NULL' ELSE '' END,
                ' DEFAULT ' || pg_get_expr(d.adbin, d.adrelid)), ', ' ORDER BY a.attnum)
       FROM pg_attribute a LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
       WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped) AS definition
FROM pg_class c WHERE c.relnamespace = {_HERE} AND c.relkind IN ('r', 'p')
UNION ALL
SELECT CASE c.relkind WHEN 'v' THEN 'view' WHEN 'm' THEN 'view' WHEN 'S' THEN 'sequence' ELSE 'relation' END,
       c.relname, CASE WHEN c.relkind IN ('v', 'm') THEN pg_get_viewdef(c.oid) ELSE '' END
FROM pg_class c WHERE c.relnamespace = {_HERE} AND c.relkind NOT IN ('r', 'p', 'i', 'I', 't', 'c')
UNION ALL
SELECT 'constraint', r.relname || '.' || k.conname, pg_get_constraintdef(k.oid)
FROM pg_constraint k JOIN pg_class r ON r.oid = k.conrelid
WHERE k.connamespace = {_HERE} AND k.contype <> 'n'
UNION ALL
SELECT 'index', c.relname, pg_get_indexdef(c.oid)
FROM pg_class c WHERE c.relnamespace = {_HERE} AND c.relkind IN ('i', 'I')
UNION ALL
SELECT 'trigger', t.tgname, pg_get_triggerdef(t.oid) || ' ' || t.tgenabled::text
FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid WHERE c.relnamespace = {_HERE} AND NOT t.tgisinternal
UNION ALL
SELECT 'function', p.proname || '(' || pg_get_function_identity_arguments(p.oid) || ')', pg_get_functiondef(p.oid)
FROM pg_proc p WHERE p.pronamespace = {_HERE} AND p.prokind IN ('f', 'p')
UNION ALL
SELECT 'type', t.typname, t.typtype::text
FROM pg_type t LEFT JOIN pg_class c ON c.oid = t.typrelid
WHERE t.typnamespace = {_HERE} AND (t.typrelid = 0 OR c.relkind = 'c') AND t.typcategory <> 'A'
"""  # noqa: S608, put together from the constant above


@dataclass(frozen=True, slots=True)
class GuardObject:
    """A guard's trigger, constraint or function, its form as the server tells it, and its seal."""

    kind: str
    name: str
    home: str
    sealed: str | None
    form: str

    def seal_of(self, source: str) -> str:
        """The seal it would have if it were what ``source`` makes."""
        return hashlib.sha256(f"{source}\x00{self.form}".encode()).hexdigest()

    @property
    def place(self) -> str:
        """As DDL names it."""
        return f"{self.kind} {self.name}() " if not self.home else f"{self.kind} {self.name} ON {self.home}"


def seals(connection: Connection) -> dict[str, GuardObject]:
    """Every guard there is, by name; of a trigger's own function only the trigger speaks."""
    found = [GuardObject(*row) for row in connection.exec_driver_sql(_GUARDS)]
    functions = {guard.name: guard for guard in found if guard.kind == "FUNCTION"}
    return functions | {guard.name: guard for guard in found if guard.kind != "FUNCTION"}


def seal(connection: Connection, sources: Mapping[str, str]) -> None:
    """Comment every guard with its seal; ``sources`` by name."""
    for name, guard in seals(connection).items():
        if name in sources:
            connection.exec_driver_sql(f"COMMENT ON {guard.place} IS '{guard.seal_of(sources[name])}'")


def drops(connection: Connection) -> Iterator[str]:
    """The DDL that removes every guard, what calls before what is called."""
    found = sorted((GuardObject(*row) for row in connection.exec_driver_sql(_GUARDS)), key=_last_functions)
    for guard in found:
        if guard.kind == "CONSTRAINT":
            yield f"ALTER TABLE {guard.home} DROP CONSTRAINT {guard.name}"
        else:
            yield f"DROP {guard.place}"


def objects(connection: Connection) -> dict[tuple[str, str], str]:
    """Every object of the schema by kind and name, with its definition (blanks evened out)."""
    rows = connection.exec_driver_sql(_OBJECTS.replace("%", "%%"))
    return {(kind, name): " ".join((definition or "").split()) for kind, name, definition in rows}


def _last_functions(guard: GuardObject) -> tuple[bool, str]:
    return guard.kind == "FUNCTION", guard.name
