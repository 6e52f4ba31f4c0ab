"""How the kernels of the engine are declared: as all kernels are, and without indices that count from the end."""

from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

from llvmlite import ir  # type: ignore[import-untyped]
from numba import types
from numba.extending import lower_builtin, type_callable

from solver.engine.jit import NO_WAY_IN, Kernel, declared
from solver.engine.plain_index import PlainIndexCompiler

PLAIN: dict[str, Any] = {"pipeline_class": PlainIndexCompiler}

P = ParamSpec("P")
R_co = TypeVar("R_co", covariant=True)


def kernel(function: Callable[P, R_co]) -> Kernel[P, R_co]:
    """As ``solver.engine.jit.kernel``."""
    return declared(function, PLAIN)


def inlined(function: Callable[P, R_co]) -> Kernel[P, R_co]:
    """As ``solver.engine.jit.inlined``."""
    return declared(function, PLAIN | {"forceinline": True})


def inner(function: Callable[P, R_co]) -> Kernel[P, R_co]:
    """As ``solver.engine.jit.inner``."""
    return declared(function, PLAIN | NO_WAY_IN)


def swallowed(function: Callable[P, R_co]) -> Kernel[P, R_co]:
    """As ``solver.engine.jit.swallowed``."""
    return declared(function, PLAIN | NO_WAY_IN | {"forceinline": True})


def given(condition: bool) -> None:
    """Tell the compiler of a kernel what it may rely on; without the compiler it is checked.

    Of no use in a swallowed kernel: of that only what it computes is left before it is swallowed.
    """
    if not condition:
        raise AssertionError("What a kernel relies on does not hold.")


@type_callable(given)  # type: ignore[untyped-decorator]
def _type_given(context: Any) -> Callable[[Any], Any]:
    def typer(condition: Any) -> Any:
        return types.none

    return typer


@lower_builtin(given, types.boolean)  # type: ignore[untyped-decorator]
def _lower_given(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    kind = ir.FunctionType(ir.VoidType(), [ir.IntType(1)])
    builder.call(builder.module.declare_intrinsic("llvm.assume", (), kind), arguments)
    return context.get_dummy_value()
