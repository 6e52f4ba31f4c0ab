"""What is built from the checkout works without the checkout."""

import tomllib
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.house.conftest import Installation

ROOT = Path(__file__).parents[2]
LEFT_OUT = "kernels_stays."
PACKAGES = ["solver", "models", "api", "simulations", "benchmarks", "cli"]


def test_the_command_of_the_wheel_tells_the_version_of_the_project(installed_wheel: "Installation") -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    done = installed_wheel.run("wardflow", "--version")
    assert (done.returncode, done.stdout, done.stderr) == (0, f"wardflow {version}\n", "")


def test_every_module_of_the_wheel_is_imported_from_the_wheel(installed_wheel: "Installation") -> None:
    script = (
        "import importlib, pkgutil\n"
        f"for name in {PACKAGES!r}:\n"
        "    package = importlib.import_module(name)\n"
        "    print(package.__file__)\n"
        "    for each in pkgutil.walk_packages(package.__path__, name + '.'):\n"
        "        if '.migrations' not in each.name and not each.name.endswith('.__main__'):\n"
        "            print(importlib.import_module(each.name).__file__)\n"
    )
    done = installed_wheel.run("python", "-c", script)
    assert done.returncode == 0, done.stderr
    files = done.stdout.splitlines()
    assert len(files) >= len(PACKAGES)
    assert [file for file in files if not file.startswith(str(installed_wheel.environment))] == []


def test_every_file_of_a_package_is_in_the_wheel(installed_wheel: "Installation") -> None:
    """Migration scripts, web assets and example hospitals are no Python files, and as easily forgotten."""
    expected = {
        path.relative_to(ROOT).as_posix()
        for package in PACKAGES
        for path in (ROOT / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert {f"{package}/py.typed" for package in PACKAGES} <= expected
    assert expected - set(zipfile.ZipFile(installed_wheel.wheel).namelist()) == set()


def test_the_wheel_holds_no_tests_and_carries_the_licence(installed_wheel: "Installation") -> None:
    packed = zipfile.ZipFile(installed_wheel.wheel).namelist()
    tops = {name.partition("/")[0] for name in packed}
    assert {top for top in tops if not top.endswith(".dist-info")} == set(PACKAGES)
    assert any(name.endswith("licenses/LICENSE") for name in packed)


@pytest.mark.slow
def test_the_demo_runs_from_the_wheel(installed_wheel: "Installation") -> None:
    """From its own folder, with what the checkout's kernels were compiled to, which is taken only where the fingerprint
    of all that goes into it is the same. The kernels of one file are left out: those it compiles and keeps."""
    installed_wheel.lend_kernels(left_out=LEFT_OUT)
    assert installed_wheel.kernels(LEFT_OUT) == []
    done = installed_wheel.run("wardflow", "demo", "--size", "ward", "--hours", "4", timeout=600)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "invariants: 0 violations" in done.stdout
    assert installed_wheel.kernels(LEFT_OUT) != []
