"""A document held against the schema: every fault with its path, and the rest made a scenario all the same.

What is at fault is left out and the rest looked at again, so that a misspelt key does not hide a routing that
does not sum to 1. A scenario of which something was left out is never run.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from simulations.scenarios.places import Fault, Path, Place, written
from simulations.scenarios.schema_parts import Part

ROUNDS = 200
EXPECTED = {
    "extra_forbidden": (
        "one of the known keys",
        "Mind the spelling; `wardflow simulate init` shows every key.",
    ),
    "missing": ("a value", "Add it; `wardflow simulate init` shows how."),
    "int_type": ("a whole number", "Write digits without quotes."),
    "float_type": ("a number", "Write digits without quotes."),
    "string_type": ("a text", "Put it in quotes if it looks like a number."),
    "bool_type": ("true or false", "Write true or false without quotes."),
    "dict_type": ("keys with values", "Write key: value, indented, one a line."),
    "model_type": ("keys with values", "Write key: value, indented, one a line."),
    "list_type": ("a list", "Write [a, b], or - a on a line each."),
    "finite_number": ("a finite number", "Write digits."),
    "string_pattern_mismatch": (
        "a name of letters, digits, _, - and spaces that begins with a letter",
        "Rename it.",
    ),
    "too_short": ("at least {min_length} of them", "Add what is missing."),
    "too_long": ("at most {max_length} of them", "Leave out what is too many."),
    "greater_than_equal": ("{ge:g} or more", "Correct the number."),
    "greater_than": ("more than {gt:g}", "Correct the number."),
    "less_than_equal": ("{le:g} or less", "Correct the number."),
    "literal_error": ("{expected}", "Write one of these."),
}


Whole = TypeVar("Whole", bound=Part)


@dataclass(frozen=True, slots=True)
class Structure(Generic[Whole]):
    """``scenario`` is None if too much was at fault; ``left_out`` are the paths of what was."""

    scenario: Whole | None
    faults: tuple[Fault, ...]
    left_out: tuple[Path, ...]


def structure(
    document: dict[str, Any], places: Mapping[Path, Place], schema: type[Whole]
) -> Structure[Whole]:
    """The scenario in ``document``, which loses what is at fault; ``schema``: what the whole should be."""
    faults: dict[Path, Fault] = {}
    left_out: list[Path] = []
    for _ in range(ROUNDS):
        try:
            return Structure(schema.model_validate(document), tuple(faults.values()), tuple(left_out))
        except ValidationError as error:
            found = [_fault(detail, places) for detail in error.errors(include_url=False)]
            for fault in found:
                if not any(_related(fault.path, path) for path in left_out):
                    faults.setdefault(fault.path, fault)
            cut = max((_cut(document, fault.path) for fault in found), key=len)
            if not cut:
                break
            _leave_out(document, cut)
            left_out.append(cut)
    return Structure(None, tuple(faults.values()), tuple(left_out))


def _related(path: Path, left_out: Path) -> bool:
    """Whether a fault at ``path`` only follows from what was left out, in it or around it."""
    shorter = min(len(path), len(left_out))
    return path[:shorter] == left_out[:shorter]


def _fault(detail: ErrorDetails, places: Mapping[Path, Place]) -> Fault:
    path = written(tuple(detail["loc"]), places)
    kind = detail["type"]
    context = detail.get("ctx", {})
    value = detail["input"]
    if kind == "missing":
        shown: object = "nothing"
    else:
        shown = "keys" if isinstance(value, Mapping) else "a list" if isinstance(value, list) else value
    if kind in EXPECTED:
        expected, remedy = EXPECTED[kind]
        return Fault(path, shown, expected.format(**context), remedy)
    message = str(context.get("error", detail["msg"]))
    return Fault(path, shown, message[:1].lower() + message[1:], "Correct it, or leave it out.")


def _cut(document: Any, path: Path) -> Path:
    """What to leave out: the value at ``path``, or what it is missing from; of a list always the whole."""
    found: Path = ()
    for part in path:
        if not _holds(document, part):
            break
        document = document[part]
        found = (*found, part)
    while found and isinstance(found[-1], int):
        found = found[:-1]
    return found


def _holds(document: Any, key: str | int) -> bool:
    if isinstance(document, dict):
        return key in document
    return isinstance(document, list) and isinstance(key, int) and key < len(document)


def _leave_out(document: Any, path: Path) -> None:
    for part in path[:-1]:
        document = document[part]
    del document[path[-1]]
