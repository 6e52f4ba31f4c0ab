"""Imports every module of a package and prints, as JSON, what our code did besides; run as a script.

Usage: import_probe.py FOLDER PACKAGE

Third-party libraries read the environment and open files when imported; only what happens in code below
FOLDER, before the next import begins, is blamed. A library may also look up a switch of its own when our
code calls it (pydantic does as a class is made), so a single variable counts if our code itself asks for it
or if it is one of ours; all variables at once, which is how settings are read, count whoever asks.
"""

import importlib
import json
import logging
import os
import pkgutil
import sys
import threading
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any

from numba.core import event

FOLDER, PACKAGE = sys.argv[1:]
WATCHED_EVENTS = ("open", "os.mkdir", "socket.connect", "sqlite3.connect", "subprocess.Popen")
# Between a caller and the variable lie os.getenv and Mapping.get.
MAPPING_CODE = (os.__file__, "<frozen os>", "<frozen _collections_abc>")
found: list[str] = []


def blame(deed: str) -> None:
    """Write ``deed`` down if our code did it rather than a library that our code was importing."""
    for frame, file in callers():
        # pydantic looks for its plugins, once, as the first class is made: in whichever module of ours that is.
        if file.startswith("<frozen importlib") or "/pydantic/plugin/" in file:
            return
        if is_ours(file):
            found.append(f"{os.path.relpath(file, FOLDER)}:{frame.f_lineno} {deed}")
            return


def callers() -> Iterator[tuple[FrameType, str]]:
    """The frames above, innermost first, each with its file; those of this script left out."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        if frame.f_code.co_filename != __file__:
            yield frame, frame.f_code.co_filename
        frame = frame.f_back


def is_ours(file: str) -> bool:
    return file.startswith(FOLDER) and "site-packages" not in file[len(FOLDER) :]


def watched(function: Callable[..., Any], deed: str) -> Callable[..., Any]:
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        blame(deed)
        return function(*args, **kwargs)

    return wrapper


def watched_lookup(function: Callable[..., Any]) -> Callable[..., Any]:
    def wrapper(environment: Any, name: str) -> Any:
        asker = next(file for _, file in callers() if file not in MAPPING_CODE)
        if is_ours(asker) or str(name).upper().startswith("WARDFLOW_"):
            blame(f"read the environment: {name}")
        return function(environment, name)

    return wrapper


class Compilations(event.Listener):  # type: ignore[misc]
    def on_start(self, event: Any) -> None:
        found.append(f"compiled {event.data['dispatcher'].__name__}")

    def on_end(self, event: Any) -> None:
        pass


def watch() -> None:
    environment = type(os.environ)
    environment.__getitem__ = watched_lookup(environment.__getitem__)  # type: ignore[method-assign]
    environment.__iter__ = watched(environment.__iter__, "read the environment: all")  # type: ignore[method-assign]
    logging.Logger.addHandler = watched(logging.Logger.addHandler, "added a handler")  # type: ignore[method-assign]
    logging.Logger.setLevel = watched(logging.Logger.setLevel, "set a log level")  # type: ignore[method-assign]
    threading.Thread.start = watched(threading.Thread.start, "started a thread")  # type: ignore[method-assign]
    event.register("numba:compile", Compilations())
    sys.addaudithook(lambda name, args: blame(f"{name} {args[:1]}") if name in WATCHED_EVENTS else None)


def import_all(package: str) -> None:
    module = importlib.import_module(package)
    for each in pkgutil.walk_packages(module.__path__, f"{package}."):
        # Alembic loads its scripts itself and runs them as it does.
        if ".migrations" not in each.name and not each.name.endswith(".__main__"):
            importlib.import_module(each.name)


if __name__ == "__main__":
    sys.path.insert(0, FOLDER)
    watch()
    import_all(PACKAGE)
    sys.stdout.write(json.dumps(found))
