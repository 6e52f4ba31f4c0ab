"""A scenario that comes as a text from elsewhere: it may name no file, for it would be one of this machine."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path as FilePath

import yaml

from simulations.scenarios.build import Scene, load
from simulations.scenarios.yaml_nodes import compose
from solver.engine.errors import Problem, refuse_if_any

NAME = "scenario.yaml"
NAMES_A_FILE = frozenset({"extends", "file"})


def load_text(text: str, settings: Sequence[tuple[str, str]] = ()) -> Scene:
    """The scenario in ``text``, with ``settings`` laid over it (see ``build.load``).

    Raises InvalidInstance with every fault and its line, and for every file that is named.
    """
    refuse_if_any([*_files_named(compose(text, NAME)), *_files_set(settings)])
    with tempfile.TemporaryDirectory(prefix="wardflow-") as folder:
        path = FilePath(folder) / NAME
        path.write_text(text, encoding="utf-8")
        return load(path, settings)


def _files_named(node: yaml.Node) -> Iterator[Problem]:
    if isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from _files_named(item)
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if _names_a_file(key.value):
                yield _refused(f"{NAME}:{key.start_mark.line + 1}")
            yield from _files_named(value)


def _files_set(settings: Sequence[tuple[str, str]]) -> Iterator[Problem]:
    yield from (_refused("the settings") for path, _ in settings if _names_a_file(path))


def _names_a_file(path: object) -> bool:
    """Also as a part of a dotted path, as an override writes it."""
    return not NAMES_A_FILE.isdisjoint(re.split(r"[.\[\]]+", str(path)))


def _refused(where: str) -> Problem:
    return Problem(where, "the name of a file", "all of the scenario in this text", "Write it out here.")
