"""The one place where compiler options live: every kernel is declared with ``@kernel``.

- ``nopython``: a kernel that needs the interpreter does not compile.
- ``nogil``: threads of the service go on answering while a kernel runs.
- No reference counting (``_nrt``): a kernel allocates nothing, it writes to arrays it is given. Counting a
  reference for each array of a tuple, atomically, at every use made one placing decision on 1,000 beds take
  2,800 us instead of 35.
- Division as numpy does it: no hidden branch to an exception in every loop.
- Never ``parallel``: its threads would fight with the service's workers; processes use the many cores.
- Cached on disk, so that only the first start of all pays for compiling; see ``kernel_cache``.

Freeze arrays that a kernel only reads (``array.setflags(write=False)``), and freeze all of them. numba types
a frozen array as read-only, so a kernel that writes to the problem does not compile. But frozen and writable
are two types: a kernel called once with one and once with the other is compiled and cached twice, and the
second compilation falls into the middle of the work.
"""

from collections.abc import Callable, Mapping
from typing import Any, ParamSpec, Protocol, TypeVar, cast

import numba
from numba.core.dispatcher import Dispatcher
from numba.extending import register_jitable

from solver.engine.kernel_cache import KernelCache

NO_WAY_IN = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}

P = ParamSpec("P")
R_co = TypeVar("R_co", covariant=True)


class Kernel(Protocol[P, R_co]):
    """A compiled function: called as the plain one, which stays reachable for tests as ``py_func``."""

    @property
    def py_func(self) -> Callable[P, R_co]: ...

    @property
    def signatures(self) -> list[Any]:
        """The argument types compiled or loaded so far; empty until the first call."""

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R_co: ...


def kernel(function: Callable[P, R_co]) -> Kernel[P, R_co]:
    """Compile ``function`` on its first call, arrays and numbers in, numbers out."""
    return declared(function, {})


def inlined(function: Callable[P, R_co]) -> Kernel[P, R_co]:
    """A kernel that its callers swallow whole: for the small steps of an inner loop.

    A tuple of 30 arrays is passed by copying all their fields; swallowed, only what is used is read.
    """
    return declared(function, {"forceinline": True})


def inner(function: Callable[P, R_co]) -> Kernel[P, R_co]:
    """A kernel that only other kernels call; the way in from Python is left out.

    That way in unpacks every array of every tuple, and compiling it takes most of the time that a small kernel with
    60 arrays needs. Whoever calls one from Python takes ``py_func``.
    """
    return declared(function, NO_WAY_IN)


def swallowed(function: Callable[P, R_co]) -> Kernel[P, R_co]:
    """Both ``inner`` and ``inlined``."""
    return declared(function, {"forceinline": True, **NO_WAY_IN})


def shared(function: Callable[P, R_co]) -> Callable[P, R_co]:
    """A plain function that kernels may call too: compiled in there, left as it is here.

    For a rule of a few comparisons that both a kernel and Python must keep: calling a kernel from Python costs more
    than such a rule does.
    """
    return cast("Callable[P, R_co]", register_jitable(function))


def declared(function: Callable[P, R_co], options: Mapping[str, Any]) -> Kernel[P, R_co]:
    """A kernel with more ``options`` than all have: for decorators, such as those above."""
    compiled: Any = numba.njit(nogil=True, error_model="numpy", _nrt=False, **options)(function)
    if isinstance(compiled, Dispatcher):  # with NUMBA_DISABLE_JIT it is the plain function
        compiled._cache = KernelCache(compiled)
    return cast("Kernel[P, R_co]", compiled)
