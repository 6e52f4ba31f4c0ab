"""One scenario made from another: ``extends:`` names the file it begins from, ``override:`` what is different.

``override`` maps a dotted path to its new value: ``resources.icu.beds: 12``. A value that begins with a sign
changes the number that stands there: ``+4``, ``-2``, ``+10%``; ``x1.2`` multiplies it. What is nested under the
variant's own keys is laid over the base in the same way, and may add what the base has not; what it adds, and the
lists it replaces, have no number to change.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path as FilePath

import yaml

from simulations.scenarios.yaml_nodes import keys, place, plain, read, scalar
from solver.engine.errors import InvalidInstance, Problem, refuse_if_any

DEEPEST_FAMILY = 10
_DECIMAL = r"(?:[0-9]+\.?[0-9]*|\.[0-9]+)"
RELATIVE = re.compile(rf"(?P<sign>[-+])(?P<number>{_DECIMAL})(?P<percent>%?)|x(?P<factor>{_DECIMAL})")
MOST_ITEMS_DIGITS = 6
"""A list has fewer items than a number of more digits says."""


def family(path: FilePath, settings: Sequence[tuple[str, str]] = ()) -> yaml.MappingNode:
    """The document at ``path`` with what it extends, what it overrides and, last, ``settings``.

    Parameters
    ----------
    settings: dotted path and value, from outside the files, such as ``("resources.icu.beds", "+5")``.

    Raises InvalidInstance with all faults if a file cannot be read or a path leads nowhere.
    """
    node = _resolved(path, [])
    changes = [
        (scalar(where, f"{where}={text}"), scalar(text, f"{where}={text}")) for where, text in settings
    ]
    refuse_if_any(_override(node, changes))
    return node


def _resolved(path: FilePath, seen: list[FilePath]) -> yaml.MappingNode:
    node = read(path, path.name)
    parts = keys(node)
    base = parts.get("extends")
    node.value = [(key, value) for key, value in node.value if key.value not in {"extends", "override"}]
    if base is not None:
        parent = path.parent / str(base.value)
        _refuse_strange(base, parent, [*seen, path])
        node, problems = _laid_over(_resolved(parent, [*seen, path]), node)
        refuse_if_any(problems)
    override = parts.get("override")
    if override is not None:
        refuse_if_any(_not_a_mapping(override) or _override(node, override.value))
    return node


def _refuse_strange(base: yaml.Node, parent: FilePath, seen: Sequence[FilePath]) -> None:
    known = {each.resolve() for each in seen}
    expected, remedy = "the file this scenario begins from", "Name it relative to this file."
    if not isinstance(base, yaml.ScalarNode) or not parent.is_file():
        value = base.value if isinstance(base, yaml.ScalarNode) else "no name"
        raise InvalidInstance([Problem(f"{place(base)}, extends", value, expected, remedy)])
    if parent.resolve() in known or len(seen) > DEEPEST_FAMILY:
        circle = f"{base.value}, which extends this file in turn or is too far away"
        raise InvalidInstance([Problem(f"{place(base)}, extends", circle, expected, "Break the circle.")])


def _laid_over(base: yaml.MappingNode, top: yaml.MappingNode) -> tuple[yaml.MappingNode, list[Problem]]:
    """``base`` with the keys of ``top``, mappings joined and everything else replaced; what is wrong with that."""
    found = {str(key.value): (key, value) for key, value in base.value}
    problems: list[Problem] = []
    for key, value in top.value:
        _, under = found.get(str(key.value), (key, None))
        if isinstance(under, yaml.MappingNode) and isinstance(value, yaml.MappingNode):
            laid, wrong = _laid_over(under, value)
        else:
            laid, wrong = _put(under, key, value)
        found[str(key.value)] = (key, laid)
        problems += wrong
    return yaml.MappingNode(top.tag, list(found.values()), top.start_mark, top.end_mark), problems


def _put(under: yaml.Node | None, key: yaml.Node, value: yaml.Node) -> tuple[yaml.Node, list[Problem]]:
    """``value`` in the place of ``under``; inside a new mapping or list nothing is relative to anything."""
    if isinstance(value, yaml.MappingNode):
        inside = [(name, each) for name, each in value.value]
    elif isinstance(value, yaml.SequenceNode):
        inside = [(each, each) for each in value.value]
    else:
        return _changed(under, key, value)
    return value, [problem for name, each in inside for problem in _put(None, name, each)[1]]


def _not_a_mapping(node: yaml.Node) -> list[Problem]:
    if isinstance(node, yaml.MappingNode):
        return []
    remedy = "Write resources.icu.beds: 12, one path a line."
    return [Problem(f"{place(node)}, override", "no mapping", "dotted paths with their new values", remedy)]


def _override(node: yaml.MappingNode, changes: Sequence[tuple[yaml.Node, yaml.Node]]) -> list[Problem]:
    return [problem for key, value in changes for problem in _set(node, key, value)]


def _set(top: yaml.MappingNode, key: yaml.Node, value: yaml.Node) -> list[Problem]:
    """Put ``value`` where the path in ``key`` leads; what is wrong with that."""
    steps = [step for step in re.split(r"[.\[\]]+", str(key.value)) if step]
    node: yaml.Node = top
    for depth, step in enumerate(steps):
        entry = _entry(node, step)
        last = depth == len(steps) - 1
        if entry is None and not (last and isinstance(node, yaml.MappingNode)):
            return [_leads_nowhere(key, node, steps[:depth], step)]
        if last:
            return _replace(node, entry, key, value, step)
        assert entry is not None
        node = node.value[entry][1] if isinstance(node, yaml.MappingNode) else node.value[entry]
    return [Problem(f"{place(key)}, override", key.value, "a path", "Write resources.icu.beds.")]


def _entry(node: yaml.Node, step: str) -> int | None:
    """The number of a mapping's key or of a list's item."""
    if isinstance(node, yaml.MappingNode):
        return next((i for i, (key, _) in enumerate(node.value) if str(key.value) == step), None)
    if isinstance(node, yaml.SequenceNode) and step.isdecimal() and len(step) <= MOST_ITEMS_DIGITS:
        return int(step) if int(step) < len(node.value) else None
    return None


def _leads_nowhere(key: yaml.Node, node: yaml.Node, steps: Sequence[str], missing: str) -> Problem:
    there = ", ".join(sorted(keys(node))[:8]) if isinstance(node, yaml.MappingNode) else "nothing below it"
    remedy = f"There is no {missing!r} in {'.'.join(steps) or 'the scenario'}; there is: {there}."
    return Problem(f"{place(key)}, override", key.value, "a path of the scenario", remedy)


def _replace(
    node: yaml.Node, entry: int | None, key: yaml.Node, value: yaml.Node, step: str
) -> list[Problem]:
    if not isinstance(node, yaml.MappingNode):
        assert entry is not None
        node.value[entry], problems = _changed(node.value[entry], key, value)
        return problems
    changed, problems = _changed(None if entry is None else node.value[entry][1], key, value)
    pair = (yaml.ScalarNode(key.tag, step, key.start_mark, key.end_mark), changed)
    if entry is None:
        node.value.append(pair)
    else:
        node.value[entry] = pair
    return problems


def _changed(under: yaml.Node | None, key: yaml.Node, value: yaml.Node) -> tuple[yaml.Node, list[Problem]]:
    """The new value, worked out from the old one where it is relative to it."""
    relative = RELATIVE.fullmatch(value.value) if isinstance(value, yaml.ScalarNode) else None
    if relative is None or value.style is not None:
        return value, []
    stood = under.value if isinstance(under, yaml.ScalarNode) else ""
    # Of 1 d 12 h or a date no single number can be moved.
    match = re.fullmatch(r"([-+]?[0-9.]+)([^0-9]*)", stood)
    number = plain(match[1]) if match else None
    if not isinstance(number, int | float):
        if relative["factor"] is not None and not re.match("[-+]?[0-9.]", stood):
            return value, []  # A name may begin with an x.
        return value, [_no_number(stood, key, value)]
    text = f"{_moved(number, relative):.12g}{match[2] if match else ''}"
    return yaml.ScalarNode(value.tag, text, value.start_mark, value.end_mark), []


def _no_number(stood: str, key: yaml.Node, value: yaml.Node) -> Problem:
    shown = f"{value.value} where {stood} stands" if stood else value.value
    expected = "a value of its own, as there is no number to change"
    return Problem(f"{place(key)}, {key.value}", shown, expected, "Write the whole value.")


def _moved(number: float, relative: re.Match[str]) -> float:
    if relative["factor"] is not None:
        return number * float(relative["factor"])
    amount = float(relative["number"])
    change = number * amount / 100 if relative["percent"] else amount
    return number + change if relative["sign"] == "+" else number - change
