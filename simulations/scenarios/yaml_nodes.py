"""YAML as nodes that know their line. Safe types only, and none of YAML 1.1's surprises: 19:00 is a text and not
1,140, ``no`` and ``on`` are texts, a date is a text.
"""

from __future__ import annotations

import io
import math
import re
from dataclasses import dataclass, field
from pathlib import Path as FilePath
from typing import Any

import yaml

from simulations.scenarios.places import Fault, Path, Place
from solver.engine.errors import InvalidInstance, Problem

LARGEST_FILE = 5_000_000
MOST_NODES = 500_000
DEEPEST = 40

INTEGER = re.compile(r"[-+]?[0-9][0-9_]*")
NUMBER = re.compile(r"[-+]?(?:[0-9][0-9_]*\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?")
LONGEST_INTEGER = 18
"""Digits; a longer one stays a text, and so does a number that no float can hold."""
UNREADABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
"""Control characters and halves of characters, as an escape in quotes can make them: no database keeps them."""
WORDS: dict[str, Any] = {"": None, "~": None, "null": None, "true": True, "false": False}


def compose(text: str, name: str) -> yaml.MappingNode:
    """The top node of a document; raises InvalidInstance with file and line if it is no YAML or no mapping."""
    stream = io.StringIO(text)
    stream.name = name  # type: ignore[attr-defined]  # what yaml calls the file in every mark
    try:
        node = yaml.compose(stream, yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        remedy = "Mind the indentation (spaces, no tabs) and put texts with : or # in quotes."
        raise InvalidInstance(
            [Problem(f"{name}:{line}", error.problem or "no YAML", "YAML", remedy)]
        ) from error
    except (yaml.YAMLError, RecursionError) as error:
        raise InvalidInstance(
            [Problem(name, "a text that cannot be read", "YAML", "Save it as UTF-8 text.")]
        ) from error
    if not isinstance(node, yaml.MappingNode):
        raise InvalidInstance(
            [
                Problem(
                    f"{name}:1", "no mapping", "keys such as demand: and resources:", "See `simulate init`."
                )
            ]
        )
    copied = own(node, [0])
    assert isinstance(copied, yaml.MappingNode)
    return copied


def read(path: FilePath, name: str) -> yaml.MappingNode:
    """The top node of a file; ``name`` is how messages call it."""
    if path.stat().st_size > LARGEST_FILE:
        remedy = "Keep long lists in a CSV file and name it under replay: or list:."
        raise InvalidInstance([Problem(name, path.stat().st_size, f"at most {LARGEST_FILE} bytes", remedy)])
    return compose(path.read_text(encoding="utf-8-sig", errors="replace"), name)


def scalar(text: str, name: str) -> yaml.ScalarNode:
    """A plain value given outside a file, as a node on line 0 of ``name``."""
    mark = yaml.Mark(name, 0, -1, 0, None, 0)
    return yaml.ScalarNode("tag:yaml.org,2002:str", text, mark, mark)


def own(node: yaml.Node, seen: list[int], depth: int = 0) -> yaml.Node:
    """A copy in which nothing is shared by anchors, so that a change to one place stays there.

    ``seen`` holds the number of nodes copied so far. Raises InvalidInstance if they grow too many: anchors that
    name each other multiply, and one that names itself never ends.
    """
    seen[0] += 1
    if seen[0] > MOST_NODES or depth > DEEPEST:
        limit = f"at most {MOST_NODES} values and {DEEPEST} levels"
        remedy = "Leave out anchors that repeat."
        raise InvalidInstance([Problem(str(place(node)), "a document too large", limit, remedy)])
    if isinstance(node, yaml.MappingNode):
        pairs = [(_key(key), own(value, seen, depth + 1)) for key, value in node.value]
        return yaml.MappingNode(node.tag, pairs, node.start_mark, node.end_mark)
    if isinstance(node, yaml.SequenceNode):
        items = [own(each, seen, depth + 1) for each in node.value]
        return yaml.SequenceNode(node.tag, items, node.start_mark, node.end_mark)
    return _readable(node)


def _key(node: yaml.Node) -> yaml.Node:
    if isinstance(node, yaml.ScalarNode):
        return _readable(node)
    remedy = "Write key: value."
    raise InvalidInstance([Problem(str(place(node)), "a list or a mapping", "a text as key", remedy)])


def _readable(node: yaml.Node) -> yaml.Node:
    if UNREADABLE.search(node.value):
        problem = "a character that cannot be printed"
        raise InvalidInstance([Problem(str(place(node)), problem, "printable text", "Leave out the escape.")])
    return node


@dataclass(slots=True)
class Reading:
    """A document being turned into Python values; ``places`` and ``faults`` grow on the way."""

    places: dict[Path, Place] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)

    def value(self, node: yaml.Node, path: Path = ()) -> Any:
        """``node`` as dictionaries, lists, texts, numbers, booleans and None."""
        self.places.setdefault(path, place(node))
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            return [self.value(each, (*path, i)) for i, each in enumerate(node.value)]
        return plain(node.value) if node.style is None else node.value

    def _mapping(self, node: yaml.MappingNode, path: Path) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key, value in node.value:
            text = str(key.value)
            here = (*path, text)
            if text in found:
                twice = f"{text} a second time, in line {key.start_mark.line + 1}"
                self.faults.append(Fault(here, twice, "each key once", "Join the two."))
                continue
            self.places[here] = place(key)
            found[text] = self.value(value, here)
        return found


def place(node: yaml.Node) -> Place:
    """Where a node stands; its mark carries the name of its file."""
    mark = node.start_mark
    return Place(mark.name, mark.line + 1, mark.column + 1)


def plain(text: str) -> Any:
    """A scalar without quotes: null, true, false, a whole number, a number or a text."""
    if text in WORDS:
        return WORDS[text]
    digits = text.replace("_", "")
    if INTEGER.fullmatch(text):
        return int(digits) if len(digits.lstrip("-+0")) <= LONGEST_INTEGER and len(digits) < 1000 else text
    if NUMBER.fullmatch(text):
        return float(digits) if math.isfinite(float(digits)) else text
    return text


def keys(node: yaml.MappingNode) -> dict[str, yaml.Node]:
    """The values of a mapping by key; of a key that stands twice, the first."""
    found: dict[str, yaml.Node] = {}
    for key, value in node.value:
        found.setdefault(str(key.value), value)
    return found
