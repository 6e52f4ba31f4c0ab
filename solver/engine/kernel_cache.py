"""Where compiled kernels are kept between two runs, and when they are no longer true.

numba keys a cached kernel on its own file only. A kernel that calls one of another file has that callee's
machine code, and every constant it names, frozen inside; edit those and numba goes on running the old code.
Here the key is a fingerprint of all that is compiled in, whichever file it stands in.

Nothing is read or written when a kernel is declared: the cache opens when the kernel is first called.
"""

import enum
import hashlib
import sys
import types
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numba.core.caching import FunctionCache, IndexDataCacheFile
from numba.core.compiler import Compiler
from numba.core.dispatcher import Dispatcher
from numba.core.serialize import dumps

# numba knows how these behave, and its version is part of the key already.
FOREIGN = sys.stdlib_module_names | {"builtins", "llvmlite", "numba", "numpy", "scipy"}


class KernelCache(FunctionCache):  # type: ignore[misc]
    """The cache of one kernel: beside its source when that can be written, else in the user's cache folder.

    When neither can be written each process compiles the kernel anew.
    """

    def __init__(self, kernel: Dispatcher) -> None:
        # The parent's __init__ makes folders and writes probe files; that has to wait until the first call.
        self._kernel = kernel
        self._py_func = kernel.py_func
        self._name = repr(self._py_func)
        self._cache_path = None
        self._enabled = True
        self._opened = False

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        return super().load_overload(sig, target_context) if self._open() else None

    def save_overload(self, sig: Any, data: Any) -> None:
        if self._open():
            super().save_overload(sig, data)

    def flush(self) -> None:
        if self._open():
            super().flush()

    def _open(self) -> bool:
        if not self._opened:
            self._opened = True
            try:
                super().__init__(self._py_func)
            except RuntimeError:  # numba: no folder can be written
                self._enabled = False
            else:
                self._cache_file = _UniquelyNamedFiles(
                    self._cache_path, self._impl.filename_base, self._impl.locator.get_source_stamp()
                )
        return bool(self._enabled)

    def _index_key(self, sig: Any, codegen: Any) -> tuple[Any, ...]:
        return sig, codegen.magic_tuple(), fingerprint(self._kernel)


class _UniquelyNamedFiles(IndexDataCacheFile):  # type: ignore[misc]
    """numba's index and data files, with data files that no two processes can give the same name.

    numba numbers them, so two processes that compile two signatures at once both write file 1, and the index
    then hands the machine code of one signature to the other.
    """

    def save(self, key: Any, data: Any) -> None:
        name = f"{self._index_name.removesuffix('.nbi')}.{uuid.uuid4().hex[:16]}.nbc"
        self._save_data(name, data)
        overloads = self._load_index()
        overloads[key] = name
        self._save_index(overloads)


def fingerprint(function: Callable[..., Any]) -> str:
    """SHA-256 of what ``function`` is compiled from: code, options, all it calls, all constants it names."""
    digest = hashlib.sha256()
    for part in _parts(function, (), set()):
        digest.update(part)
        digest.update(b"\0")
    return digest.hexdigest()


def _parts(value: Any, names: tuple[str, ...], seen: set[Any]) -> Iterator[bytes]:
    """What tells one ``value`` from another, as far as a compiler that freezes it can notice.

    ``names`` are all the names in the code that names ``value``: of a module those members count.
    """
    if isinstance(value, Dispatcher):
        yield repr(sorted(value.targetoptions.items())).encode()
        if value._compiler.pipeline_class is not Compiler:
            yield value._compiler.pipeline_class.__name__.encode()
        value = value.py_func
    if isinstance(value, types.FunctionType):
        yield from _function_parts(value, seen)
    elif isinstance(value, types.ModuleType):
        yield from _module_parts(value, names, seen)
    elif isinstance(value, np.ndarray):
        yield f"{value.dtype}{value.shape}".encode()
        yield value.tobytes()
    elif isinstance(value, enum.EnumMeta):
        yield repr([(name, value[name].value) for name in value.__members__]).encode()
    elif isinstance(value, tuple):
        for item in value:
            yield from _parts(item, names, seen)
    elif isinstance(value, frozenset):
        yield from sorted(repr(item).encode() for item in value)  # its own order differs between processes
    elif isinstance(value, (int, float, complex, str, bytes, type(None), np.generic, np.dtype)):
        yield f"{type(value).__name__}:{value!r}".encode()
    elif not _is_foreign(getattr(value, "__module__", None) or type(value).__module__):
        yield dumps(value)


def _function_parts(function: types.FunctionType, seen: set[Any]) -> Iterator[bytes]:
    if function in seen or _is_foreign(function.__module__):
        return
    seen.add(function)
    codes = list(_code_objects(function.__code__))
    names = tuple(name for code in codes for name in code.co_names)
    for code in codes:
        yield code.co_code
        yield repr((code.co_names, code.co_varnames, code.co_freevars)).encode()
    constants = [constant for code in codes for constant in code.co_consts]
    cells = [cell.cell_contents for cell in function.__closure__ or ()]
    named = [function.__globals__.get(name) for name in names]
    for value in (*constants, *(function.__defaults__ or ()), *cells, *named):
        if not isinstance(value, types.CodeType):
            yield from _parts(value, names, seen)


def _module_parts(module: types.ModuleType, names: tuple[str, ...], seen: set[Any]) -> Iterator[bytes]:
    if (module, names) in seen or _is_foreign(module.__name__):
        return
    seen.add((module, names))
    for name in names:
        yield from _parts(getattr(module, name, None), names, seen)


def _code_objects(code: types.CodeType) -> Iterator[types.CodeType]:
    """``code`` and those of the functions and comprehensions inside it."""
    yield code
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _code_objects(constant)


def _is_foreign(module: str | None) -> bool:
    return (module or "").partition(".")[0] in FOREIGN
