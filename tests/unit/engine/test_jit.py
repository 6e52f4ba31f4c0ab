"""The cache is tried as it is met: real files, edited for real, run by processes of their own."""

import shutil
import subprocess
import sys
import textwrap
import types
from pathlib import Path

import numba
import numpy as np
import pytest

from solver.engine.jit import declared, kernel
from solver.engine.kernel_cache import fingerprint
from solver.engine.plain_index import PlainIndexCompiler

CALLER = """
from solver.engine.jit import declared, kernel
from ward import constants
from ward.kernels_inner import cost

@kernel
def total(n):
    return cost(n) + constants.SURCHARGE
"""
INNER = """
from solver.engine.jit import declared, kernel
from ward.rates import rate

@kernel
def cost(n):
    return n * rate(n)
"""
RATES = """
from numba.extending import register_jitable

@register_jitable
def rate(n):
    return 10
"""
RUN = """
from ward.kernels_outer import total
print(total(3), sum(total.stats.cache_hits.values()), sum(total.stats.cache_misses.values()))
"""


class Package:
    """A package ``ward`` on disk whose caller is in one file and whose callees are in others."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "ward"
        self.folder.mkdir()
        self.write("__init__.py", "")
        self.write("kernels_outer.py", CALLER)
        self.write("kernels_inner.py", INNER)
        self.write("rates.py", RATES)
        self.write("constants.py", "SURCHARGE = 1\n")

    def write(self, name: str, text: str) -> None:
        (self.folder / name).write_text(textwrap.dedent(text))

    def run(self, **environment: str) -> tuple[int, int, int]:
        """Value, cache hits and cache misses of a call in a fresh process."""
        done = subprocess.run(
            [sys.executable, "-B", "-c", RUN],
            cwd=self.folder.parent,
            env={"PATH": "/usr/bin:/bin", "HOME": str(self.folder.parent), **environment},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        value, hits, misses = done.stdout.split()
        return int(value), int(hits), int(misses)


@pytest.fixture
def package(tmp_path: Path) -> Package:
    return Package(tmp_path)


def test_a_second_process_loads_what_the_first_compiled(package: Package) -> None:
    assert package.run() == (31, 0, 1)
    assert package.run() == (31, 1, 0)
    assert list((package.folder / "__pycache__").glob("*.nbc"))


@pytest.mark.parametrize(
    ("file", "before", "after", "value"),
    [
        ("kernels_inner.py", "n * rate(n)", "n + rate(n)", 14),  # a kernel in another file
        ("kernels_inner.py", "n * rate(n)", "n * rate(n) * 2", 61),
        ("rates.py", "return 10", "return 20", 61),  # a plain function two files away
        ("constants.py", "SURCHARGE = 1", "SURCHARGE = 7", 37),  # a constant that is frozen into the code
    ],
)
def test_an_edit_of_anything_compiled_in_reaches_the_caller(
    package: Package, file: str, before: str, after: str, value: int
) -> None:
    assert package.run() == (31, 0, 1)
    text = (package.folder / file).read_text()
    assert before in text
    package.write(file, text.replace(before, after))
    assert package.run() == (value, 0, 1)
    assert package.run() == (value, 1, 0)


def test_going_back_to_the_old_source_does_not_find_the_new_code(package: Package) -> None:
    package.run()
    package.write("constants.py", "SURCHARGE = 7\n")
    package.run()
    package.write("constants.py", "SURCHARGE = 1\n")
    assert package.run() == (31, 1, 0)


def test_an_edit_of_something_the_kernel_does_not_use_keeps_the_cache(package: Package) -> None:
    package.run()
    package.write("constants.py", "SURCHARGE = 1\nUNUSED = 5\n")
    assert package.run() == (31, 1, 0)


def test_a_kernel_runs_where_no_folder_can_be_written(package: Package, tmp_path: Path) -> None:
    """A file where the cache folder would be stands for a read-only disk, which root would not notice."""
    (package.folder / "__pycache__").write_text("")
    (tmp_path / "home").write_text("")
    home = str(tmp_path / "home")
    for _ in range(2):
        assert package.run(HOME=home, XDG_CACHE_HOME=f"{home}/cache") == (31, 0, 1)


def test_beside_a_read_only_source_the_cache_goes_to_the_users_folder(
    package: Package, tmp_path: Path
) -> None:
    (package.folder / "__pycache__").write_text("")
    cache = tmp_path / "cache"
    assert package.run(XDG_CACHE_HOME=str(cache)) == (31, 0, 1)
    assert package.run(XDG_CACHE_HOME=str(cache)) == (31, 1, 0)
    assert list(cache.rglob("*.nbc"))


def test_two_signatures_saved_from_the_same_empty_index_keep_their_own_code(tmp_path: Path) -> None:
    """numba's own numbering gives both the file name 1; the later index then points at the earlier code."""
    from solver.engine.kernel_cache import _UniquelyNamedFiles

    first, second = (_UniquelyNamedFiles(str(tmp_path), "total", b"stamp") for _ in range(2))
    second._load_index = dict  # as if it had looked before the first one saved
    first.save("int", "code for int")
    second.save("float", "code for float")
    reader = _UniquelyNamedFiles(str(tmp_path), "total", b"stamp")
    assert reader.load("float") == "code for float"
    assert reader.load("int") in (None, "code for int")


def test_declaring_a_kernel_touches_no_disk_and_compiles_nothing(package: Package) -> None:
    shutil.rmtree(package.folder / "__pycache__", ignore_errors=True)
    subprocess.run(
        [sys.executable, "-B", "-c", "import ward.kernels_outer as k; assert not k.total.signatures"],
        cwd=package.folder.parent,
        check=True,
    )
    assert not (package.folder / "__pycache__").exists()


@kernel
def overwrite(values):  # type: ignore[no-untyped-def]
    values[0] = 7
    return values[0]


@kernel
def first(values):  # type: ignore[no-untyped-def]
    return values[0]


def test_a_kernel_that_writes_to_a_frozen_array_does_not_compile() -> None:
    frozen = np.zeros(3, np.int64)
    frozen.setflags(write=False)
    with pytest.raises(numba.TypingError, match="readonly"):
        overwrite(frozen)
    assert overwrite(np.zeros(3, np.int64)) == 7


def test_frozen_and_writable_arrays_are_two_signatures() -> None:
    array = np.arange(3)
    first(array)
    array.setflags(write=False)
    first(array)
    assert len(first.signatures) == 2
    assert first.py_func(array) == 0


def test_kernels_release_the_interpreter_and_never_run_their_own_threads() -> None:
    options = first.targetoptions  # type: ignore[attr-defined]
    assert options["nogil"]
    assert options["nopython"]
    assert not options.get("parallel")


def test_the_fingerprint_follows_a_constant_reached_through_a_chain_of_modules(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    inner = types.ModuleType("ward.rules")
    inner.CEILING = 5  # type: ignore[attr-defined]
    outer = types.ModuleType("ward")
    outer.rules = inner  # type: ignore[attr-defined]
    monkeypatch.setitem(_capped.__globals__, "ward", outer)
    before = fingerprint(_capped)
    inner.CEILING = 6  # type: ignore[attr-defined]
    assert fingerprint(_capped) != before


def _capped(value: int) -> int:
    return min(value, ward.rules.CEILING)  # type: ignore[name-defined]  # noqa: F821


def test_the_fingerprint_follows_the_options_a_kernel_is_compiled_with() -> None:
    assert fingerprint(numba.njit(_limited)) != fingerprint(numba.njit(fastmath=True)(_limited))


LIMIT = 3


def _limited(value: int) -> int:
    return min(value, LIMIT)


def test_the_fingerprint_follows_the_value_of_a_named_constant(monkeypatch: pytest.MonkeyPatch) -> None:
    before = fingerprint(_limited)
    assert fingerprint(_limited) == before
    monkeypatch.setitem(_limited.__globals__, "LIMIT", 4)
    assert fingerprint(_limited) != before


def third_of(values, place):
    return values[place, 2]


def set_third_of(values, place):
    values[place, 2] = 7


def test_plain_indices_read_and_write_what_the_plain_source_does() -> None:
    read, write = (numba.njit(pipeline_class=PlainIndexCompiler)(f) for f in (third_of, set_third_of))
    values = np.arange(12).reshape(4, 3)
    assert [read(values, place) for place in range(4)] == [2, 5, 8, 11]
    write(values, 1)
    assert values[1].tolist() == [3, 4, 7]


@pytest.mark.parametrize("place", [-1, 4])
def test_an_index_below_0_is_refused_where_plain_indices_are_checked(place: int) -> None:
    """What counts from the end elsewhere is a mistake here, which only a check tells."""
    for function in (third_of, set_third_of):
        checked = numba.njit(pipeline_class=PlainIndexCompiler, boundscheck=True)(function)
        with pytest.raises(IndexError):
            checked(np.arange(12).reshape(4, 3), place)


def test_a_kernel_with_plain_indices_is_not_taken_for_one_without() -> None:
    plain = declared(third_of, {"pipeline_class": PlainIndexCompiler})
    assert fingerprint(plain) != fingerprint(kernel(third_of))
