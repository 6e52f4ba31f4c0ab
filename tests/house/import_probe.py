"""Imports every module of a package and prints, as JSON, what our code did besides; run as a script.

Usage: import_probe.py FOLDER PACKAGE

Third-party libraries read the environment and open files when imported; only what happens in code below
FOLDER, before the next import begins, is blamed.
"""

import importlib
import json
import logging
import os
import pkgutil
import sys
import threading
from collections.abc import Callable
from typing import Any

from numba.core import event

FOLDER, PACKAGE = sys.argv[1:]
WATCHED_EVENTS = ("open", "os.mkdir", "socket.connect", "sqlite3.connect", "subprocess.Popen")
found: list[str] = []


def blame(deed: str) -> None:
    """Write ``deed`` down if our code did it rather than a library that our code was importing."""
    frame = sys._getframe(1)
    while frame is not None:
        file = frame.f_code.co_filename
        if file.startswith("<frozen importlib"):
            return
        if file.startswith(FOLDER) and "site-packages" not in file[len(FOLDER) :] and file != __file__:
            found.append(f"{os.path.relpath(file, FOLDER)}:{frame.f_lineno} {deed}")
            return
        frame = frame.f_back  # type: ignore[assignment]


def watched(function: Callable[..., Any], deed: str) -> Callable[..., Any]:
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        blame(deed)
        return function(*args, **kwargs)

    return wrapper


class Compilations(event.Listener):  # type: ignore[misc]
    def on_start(self, event: Any) -> None:
        found.append(f"compiled {event.data['dispatcher'].__name__}")

    def on_end(self, event: Any) -> None:
        pass


def watch() -> None:
    environment = type(os.environ)
    environment.__getitem__ = watched(environment.__getitem__, "read the environment")  # type: ignore[method-assign]
    environment.__iter__ = watched(environment.__iter__, "read the environment")  # type: ignore[method-assign]
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
