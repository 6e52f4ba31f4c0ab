"""From pydantic's errors to places: where, and what was expected, never what was sent."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, get_args

from pydantic import BaseModel

from api.errors import Place

MAX_PLACES = 50
"""No answer lists more; a client that is wrong in more places has one mistake."""

_PARAMETERS = ("query", "path", "header")


def _counted(ctx: Mapping[str, Any]) -> str:
    """What a length counts: pydantic calls a text that was looked at before a value."""
    return "characters" if ctx.get("field_type") == "Value" else "entries"


_EXPECTED: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "missing": lambda _: "this field to be there",
    "extra_forbidden": lambda _: "only the fields that the schema names",
    "enum": lambda ctx: f"one of {ctx['expected']}",
    "literal_error": lambda ctx: f"one of {ctx['expected']}",
    "union_tag_invalid": lambda ctx: f"{ctx['discriminator']}: one of {ctx['expected_tags']}",
    "union_tag_not_found": lambda ctx: f"the field {ctx['discriminator']}",
    "int_type": lambda _: "a whole number",
    "int_parsing": lambda _: "a whole number",
    "int_parsing_size": lambda _: "a whole number of at most 64 bits",
    "int_from_float": lambda _: "a whole number",
    "finite_number": lambda _: "a finite number",
    "float_type": lambda _: "a number",
    "string_type": lambda _: "a text",
    "string_unicode": lambda _: "a text in valid Unicode",
    "bool_type": lambda _: "true or false",
    "bool_parsing": lambda _: "true or false",
    "list_type": lambda _: "a list",
    "frozen_set_type": lambda _: "a list, each value once",
    "tuple_type": lambda _: "a list",
    "model_type": lambda _: "an object",
    "model_attributes_type": lambda _: "an object",
    "dict_type": lambda _: "an object",
    "greater_than": lambda ctx: f"more than {ctx['gt']}",
    "greater_than_equal": lambda ctx: f"at least {ctx['ge']}",
    "less_than": lambda ctx: f"less than {ctx['lt']}",
    "less_than_equal": lambda ctx: f"at most {ctx['le']}",
    "too_long": lambda ctx: f"at most {ctx['max_length']} {_counted(ctx)}",
    "too_short": lambda ctx: f"at least {ctx['min_length']} {_counted(ctx)}",
    "string_too_long": lambda ctx: f"at most {ctx['max_length']} characters",
    "string_too_short": lambda ctx: f"at least {ctx['min_length']} characters",
    "string_pattern_mismatch": lambda ctx: f"a text matching {ctx['pattern']}",
    "recursion_loop": lambda _: "less nesting",
}


def places_of(errors: Iterable[Mapping[str, Any]], model: type[BaseModel] | None = None) -> list[Place]:
    """One place per error; ``model`` (of the body) lets an unknown field be answered with the known ones."""
    found = (Place(_where(error, model), _expected(error, model)) for error in errors)
    return list(dict.fromkeys(found))[:MAX_PLACES]


def pointer(*steps: str | int) -> str:
    """A JSON pointer (RFC 6901) as a URI fragment."""
    return "#" + "".join(f"/{str(step).replace('~', '~0').replace('/', '~1')}" for step in steps)


def _where(error: Mapping[str, Any], model: type[BaseModel] | None) -> str:
    location = tuple(error["loc"])
    if model is None and location and location[0] in _PARAMETERS:
        return f"{location[0]}:{location[-1]}"
    # The last step of an unknown field is a name the client chose: say where it stood, not what it was.
    steps = location[:-1] if error["type"] == "extra_forbidden" else location
    return pointer(*_in_document(steps, model))


def _expected(error: Mapping[str, Any], model: type[BaseModel] | None) -> str:
    if error["type"] == "extra_forbidden" and model is not None:
        known = _fields_at(model, tuple(error["loc"][:-1]))
        if known:
            return f"no other fields than {', '.join(known)}"
    known_text = _EXPECTED.get(error["type"])
    if known_text is not None:
        return known_text(error.get("ctx") or {})
    # Our own validators (PydanticCustomError) say what they expect; anything else stays general.
    return str(error["msg"]) if error["type"].startswith("wardflow_") else "a valid value"


def _in_document(steps: tuple[str | int, ...], model: type[BaseModel] | None) -> list[str | int]:
    """The steps that stand in the document: pydantic adds the tag of a union's member, which does not."""
    if model is None:
        return list(steps)
    kept: list[str | int] = []
    here: tuple[type[BaseModel], ...] = (model,)
    for step in steps:
        if isinstance(step, int):
            kept.append(step)
            continue
        fields = [m.model_fields[step] for m in here if step in m.model_fields]
        if fields:
            kept.append(step)
            here = tuple(m for field in fields for m in _models_in(field.annotation))
        else:
            tagged = tuple(m for m in here if _tag(m) == step)
            here = tagged or here
    return kept


def _fields_at(model: type[BaseModel], steps: tuple[str | int, ...]) -> list[str]:
    here: tuple[type[BaseModel], ...] = (model,)
    for step in steps:
        if isinstance(step, int):
            continue
        fields = [m.model_fields[step] for m in here if step in m.model_fields]
        tagged = tuple(m for m in here if _tag(m) == step)
        here = tuple(m for f in fields for m in _models_in(f.annotation)) if fields else tagged
    return sorted({name for m in here for name in m.model_fields}) if len(here) == 1 else []


def _models_in(annotation: Any) -> tuple[type[BaseModel], ...]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return (annotation,)
    return tuple(model for argument in get_args(annotation) for model in _models_in(argument))


def _tag(model: type[BaseModel]) -> object:
    """The value of a union member's ``kind`` field, by which pydantic names it in a location."""
    field = model.model_fields.get("kind")
    arguments = get_args(field.annotation) if field is not None else ()
    return arguments[0] if len(arguments) == 1 else None
