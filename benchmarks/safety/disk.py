"""What a disk may hold after a power cut, by a recording of what it was asked to do.

What a file held when a sync of it began is there once that sync is done. Of what was written since, each sector (512 or
4,096 bytes, as disks have them) holds any one of the contents it had: the old one, the newest, one in between; each
sector for itself, so in any order. The file has any one of the sizes it had since; where nothing arrived there are
zeros, or whatever lay there before. A new file is there for certain once its folder was synced, and a deleted one is
gone for certain only then.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeVar

from benchmarks.safety.recording import Entry

SECTORS: Final = (512, 4096)

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Luck:
    """How one cut goes: ``sector`` in bytes; ``newest``, how likely a sector or a size is the newest one; ``garbage``,
    whether there are random bytes and not zeros where nothing arrived."""

    dice: random.Random
    sector: int
    newest: float
    garbage: bool

    @classmethod
    def drawn(cls, dice: random.Random) -> Luck:
        """Nothing since the last sync arrived, or all of it, or some."""
        newest = dice.choice((0.0, 1.0, dice.random(), dice.random()))
        return cls(dice, dice.choice(SECTORS), newest, dice.random() < 0.5)

    def one_of(self, states: Sequence[T]) -> T:
        """Which of its states, oldest first, something is in."""
        if self.dice.random() < self.newest:
            return states[-1]
        return states[0] if self.newest == 0 else self.dice.choice(states)

    def filling(self, size: int) -> bytes:
        """What lies where nothing arrived."""
        return self.dice.randbytes(size) if self.garbage else bytes(size)


EVERYTHING: Final = Luck(random.Random(0), SECTORS[0], 1.0, garbage=False)
"""All arrived: what the files hold as long as there is power."""


@dataclass
class _File:
    """What a file holds for certain, and what was done to it since, with the number of each entry."""

    durable: bytearray
    linked: bool
    pending: list[tuple[int, Entry]] = field(default_factory=list)

    def sync(self, began: int) -> None:
        """What was done before entry ``began`` is durable now."""
        for number, entry in self.pending:
            if number < began:
                _carry_out(self.durable, entry)
        self.pending = [(number, entry) for number, entry in self.pending if number >= began]

    def survivor(self, luck: Luck) -> bytes:
        """What it may hold after a cut now."""
        seen, sizes = self._states(luck.sector)
        content = bytearray(self.durable)
        content += luck.filling(max(sizes) - len(content))
        for number, states in seen.items():
            arrived = luck.one_of(states)
            place = number * luck.sector
            content[place : place + len(arrived)] = arrived
        return bytes(content[: luck.one_of(sizes)])

    def _states(self, sector: int) -> tuple[dict[int, list[bytes]], list[int]]:
        """The contents of every sector that changed, oldest first, and the sizes the file had."""
        newest, sizes = bytearray(self.durable), [len(self.durable)]
        seen: dict[int, list[bytes]] = {}
        for _, entry in self.pending:
            before = len(newest)
            _carry_out(newest, entry)
            sizes.append(len(newest))
            for number in _touched(entry, before, sector):
                place = slice(number * sector, (number + 1) * sector)
                old = bytes(self.durable[place])
                seen.setdefault(number, [old]).append(bytes(newest[place]).ljust(len(old), b"\0"))
        return seen, sizes


class Disk:
    """A folder on a disk, followed entry by entry. ``files``: what it held for certain at the beginning."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self._files = {name: _File(bytearray(content), linked=True) for name, content in files.items()}
        self._deleted: dict[str, _File] = {}

    def follow(self, number: int, entry: Entry) -> None:
        """Take in what was asked for next."""
        name = entry.file
        if entry.kind == "create":
            self._files[name] = _File(bytearray(), linked=False)
        elif entry.kind == "delete":
            gone = self._files.pop(name)
            if gone.linked:
                self._deleted[name] = gone
        elif entry.kind == "sync_folder":
            self._deleted.clear()
            for file in self._files.values():
                file.linked = True
        elif entry.kind == "sync":
            self._files[name].sync(entry.began)
        elif entry.kind in ("write", "truncate"):
            self._files[name].pending.append((number, entry))

    def after_cut(self, luck: Luck) -> dict[str, bytes]:
        """What may be in the folder after a cut now."""
        return {name: file.survivor(luck) for name, file in self._present(luck)}

    def _present(self, luck: Luck) -> Iterator[tuple[str, _File]]:
        for name in sorted(self._files.keys() | self._deleted.keys()):
            old, new = self._deleted.get(name), self._files.get(name)
            states = [new] if new is not None and new.linked else [old, new]
            there = luck.one_of(states)
            if there is not None:
                yield name, there


def _carry_out(content: bytearray, entry: Entry) -> None:
    """A write or a truncation on the content of a file."""
    size = entry.offset + len(entry.data)
    if entry.kind == "truncate":
        del content[size:]
    content.extend(bytes(max(0, size - len(content))))
    content[entry.offset : size] = entry.data


def _touched(entry: Entry, before: int, sector: int) -> range:
    """Sectors that an entry changes in a file of ``before`` bytes."""
    end = before if entry.kind == "truncate" else entry.offset + len(entry.data)
    return range(min(entry.offset, before) // sector, -(-end // sector))
