"""Which family of files an instance of admissions belongs to, and who carries out what is asked for it."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Protocol, cast

from cli.errors import Refused

HEAD_BYTES = 4096
"""Enough of a file to tell its family."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A solve as it was asked for. ``seconds`` of the whole command by ``clock``: wall, or cpu per worker."""

    instance: Path
    output: Path
    seconds: float
    workers: int
    seed: int
    clock: str


class Verbs(Protocol):
    """What the module of a family offers. Each prints, and ends by ``typer.Exit`` with the status of the command."""

    def solve_and_write(self, asked: Asked) -> None: ...

    def check(self, instance: Path, plan: Path) -> None: ...


class Family(NamedTuple):
    """``recognises`` is given the first bytes of a file; ``module`` offers the ``Verbs``."""

    module: str
    recognises: Callable[[bytes], bool]


def _json(head: bytes) -> bool:
    return head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{")


# A new family is one line here and one module with the two verbs. The first that recognises a file has it.
FAMILIES: tuple[Family, ...] = (Family("cli.admissions_ihtc", _json),)


def family_of(instance: Path) -> Verbs:
    """Who carries out a verb for this file. Raises ``Refused`` for a file of no known family."""
    with instance.open("rb") as file:
        head = file.read(HEAD_BYTES)
    for family in FAMILIES:
        if family.recognises(head):
            return cast("Verbs", importlib.import_module(family.module))
    raise Refused(f"{instance} belongs to no known family of instances. IHTC-2024 files begin with {{.")
