"""A recording of what SQLite asks of the disk, in the one order in which it asked, with the answers in between.

``record`` puts a recorder around the file functions of the SQLite that is bundled with ``sqlcipher3``, in this process:
every write, truncation, sync, creation and deletion of the database file and its log is noted before (a sync: when it
is done) and then carried out as ever. ``-shm`` is left out: it does not outlive the machine. Nothing has to be
installed for it: the bundled library exports its functions, and its virtual file system is a table of pointers.

The recording is a file of entries, each a JSON line and as many raw bytes as the line says; several processes may
append to it one after the other.
"""

from __future__ import annotations

import ctypes
import os
import threading
from collections.abc import Iterator
from ctypes import CFUNCTYPE, c_char_p, c_int, c_int64, c_void_p
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias

import orjson
import sqlcipher3

Kind: TypeAlias = Literal["create", "write", "truncate", "sync", "sync_folder", "delete", "answer"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happened.

    ``file``: the file's name. ``offset``: of a write, in bytes, or the size a file is truncated to. ``began``: how many
    entries there were when a sync began; what was noted later is not covered by it. ``key``: of an answer, the
    idempotency key it answers.
    """

    kind: Kind
    file: str = ""
    offset: int = 0
    began: int = 0
    key: str = ""
    status: int = 0
    data: bytes = b""


class Recorder:
    """Appends entries to a recording; from any thread."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._lock = threading.Lock()
        self.count = sum(1 for _ in entries(path))

    def note(self, kind: Kind, file: str = "", data: bytes = b"", **more: int | str) -> None:
        """Append one entry, whole, to the file: whoever is killed next has it in there."""
        line = orjson.dumps({"kind": kind, "file": file, "bytes": len(data), **more})
        with self._lock:
            os.write(self._file, line + b"\n" + data)
            self.count += 1


def entries(path: Path) -> Iterator[Entry]:
    """The entries of a recording, first first; one that a kill cut short at the end is left out."""
    with path.open("rb") as file:
        while (line := file.readline()).endswith(b"\n"):
            told = orjson.loads(line)
            size = told.pop("bytes")
            data = file.read(size)
            if len(data) == size:
                yield Entry(data=data, **told)


# --- the table of SQLite's file functions ---------------------------------------------------------------------
_Open = CFUNCTYPE(c_int, c_void_p, c_void_p, c_void_p, c_int, c_void_p)
_Delete = CFUNCTYPE(c_int, c_void_p, c_void_p, c_int)
_SetSystemCall = CFUNCTYPE(c_int, c_void_p, c_char_p, c_void_p)
_GetSystemCall = CFUNCTYPE(c_void_p, c_void_p, c_char_p)
_OpenDirectory = CFUNCTYPE(c_int, c_char_p, c_void_p)
_Close = CFUNCTYPE(c_int, c_void_p)
_Write = CFUNCTYPE(c_int, c_void_p, c_void_p, c_int, c_int64)
_Truncate = CFUNCTYPE(c_int, c_void_p, c_int64)
_Sync = CFUNCTYPE(c_int, c_void_p, c_int)

_DONE: Final = 0
"""SQLITE_OK."""


class _Vfs(ctypes.Structure):
    """``sqlite3_vfs``, as its documentation has it."""

    _fields_ = (
        ("version", c_int),
        ("size_of_file", c_int),
        ("longest_path", c_int),
        ("next", c_void_p),
        ("name", c_char_p),
        ("data", c_void_p),
        ("open", _Open),
        ("delete", _Delete),
        *(
            (name, c_void_p)
            for name in ("access", "full_path", "dl_open", "dl_error", "dl_symbol", "dl_close")
        ),
        *((name, c_void_p) for name in ("randomness", "sleep", "time", "last_error", "time_int64")),
        ("set_system_call", _SetSystemCall),
        ("get_system_call", _GetSystemCall),
        ("next_system_call", c_void_p),
    )


class _Methods(ctypes.Structure):
    """``sqlite3_io_methods``, version 3."""

    _fields_ = (
        ("version", c_int),
        ("close", _Close),
        ("read", c_void_p),
        ("write", _Write),
        ("truncate", _Truncate),
        ("sync", _Sync),
        *((name, c_void_p) for name in ("size", "lock", "unlock", "is_reserved", "control", "sector")),
        *(
            (name, c_void_p)
            for name in ("device", "map", "map_lock", "map_barrier", "unmap", "fetch", "unfetch")
        ),
    )


class Tap:
    """The recorder's place between SQLite and its own file functions, in this process, for good.

    Raises ``RuntimeError`` if the bundled library hides its functions.
    """

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._vfs = _default_vfs(sqlcipher3._sqlite3.__file__)
        self._open, self._delete = _kept(_Open, self._vfs.open), _kept(_Delete, self._vfs.delete)
        self._names: dict[int, str] = {}
        self._tapped: dict[int, _Methods] = {}
        self._ours = (_Open(self.opened), _Delete(self.deleted))
        self._vfs.open, self._vfs.delete = self._ours
        self._tap_folders()
        # SQLite calls these functions for as long as the process lives.
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(self))

    def opened(self, vfs: int, name: int | None, file: int, flags: int, told: int) -> int:
        """``xOpen``: a file that was not there is noted; from now on its writes and syncs are.

        ``name`` is passed on as it came: SQLite keeps pointing to it, and finds the address' options behind it.
        """
        path = None if name is None else _path(name)
        there = path is not None and path.exists()
        done: int = self._open(vfs, name, file, flags, told)
        if done == _DONE and path is not None:
            self._names[file] = path.name
            if not there:
                self._recorder.note("create", path.name)
            self._replace_methods(file)
        return done

    def deleted(self, vfs: int, name: int, sync_folder: int) -> int:
        """``xDelete``; the sync of the folder, if it is asked for, is noted by itself."""
        path = _path(name)
        if path.exists():
            self._recorder.note("delete", path.name)
        return int(self._delete(vfs, name, sync_folder))

    def _replace_methods(self, file: int) -> None:
        pointer = c_void_p.from_address(file)
        address = pointer.value
        assert address is not None, "an open file has its table of functions"
        if address not in self._tapped:
            self._tapped[address] = self._tapped_methods(_Methods.from_address(address))
        pointer.value = ctypes.addressof(self._tapped[address])

    def _tapped_methods(self, theirs: _Methods) -> _Methods:
        ours = _Methods.from_buffer_copy(theirs)
        note, names = self._recorder.note, self._names
        close, write = _kept(_Close, theirs.close), _kept(_Write, theirs.write)
        truncate, sync = _kept(_Truncate, theirs.truncate), _kept(_Sync, theirs.sync)

        def written(file: int, data: int, size: int, offset: int) -> int:
            note("write", names[file], ctypes.string_at(data, size), offset=offset)
            return int(write(file, data, size, offset))

        def truncated(file: int, size: int) -> int:
            note("truncate", names[file], offset=size)
            return int(truncate(file, size))

        def synced(file: int, flags: int) -> int:
            began = self._recorder.count
            done = int(sync(file, flags))
            if done == _DONE:
                note("sync", names[file], began=began)
            return done

        def closed(file: int) -> int:
            names.pop(file, None)
            return int(close(file))

        ours.close, ours.write = _Close(closed), _Write(written)
        ours.truncate, ours.sync = _Truncate(truncated), _Sync(synced)
        return ours

    def _tap_folders(self) -> None:
        """SQLite opens a folder for one purpose only: to sync it at once."""
        theirs = self._vfs.get_system_call(ctypes.addressof(self._vfs), b"openDirectory")
        open_folder = _OpenDirectory(theirs)

        def opened(path: bytes, told: int) -> int:
            done = int(open_folder(path, told))
            if done == _DONE:
                self._recorder.note("sync_folder")
            return done

        self._open_folder = _OpenDirectory(opened)
        ours = ctypes.cast(self._open_folder, c_void_p)
        if self._vfs.set_system_call(ctypes.addressof(self._vfs), b"openDirectory", ours) != _DONE:
            raise RuntimeError("This SQLite does not let its system calls be watched.")


def _default_vfs(library: str) -> _Vfs:
    try:
        find = ctypes.CDLL(library).sqlite3_vfs_find
    except AttributeError:
        raise RuntimeError(
            f"{library} does not export sqlite3_vfs_find, so that its file operations cannot be recorded; the "
            "wheels of sqlcipher3 for Linux do."
        ) from None
    find.restype = c_void_p
    return _Vfs.from_address(find(None))


def _path(name: int) -> Path:
    return Path(os.fsdecode(ctypes.string_at(name)))


def _kept(kind: Any, function: Any) -> Any:
    """The function a field points to now, whatever the field points to later."""
    return kind(ctypes.cast(function, c_void_p).value)
