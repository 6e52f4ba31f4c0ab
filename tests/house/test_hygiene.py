"""What never belongs into the project, and how long a function and a file may be."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ["solver", "models", "api", "simulations", "benchmarks", "cli"]
LEFT_BEHIND = {"__pycache__", "build", "dist"}
LONGEST_FUNCTION = 60  # lines, its docstring not counted
LONGEST_FILE = 450

# Brackets keep these patterns from matching the line they stand in.
NEVER = {
    "the address of a package index": r"p[y]pi\.|python[h]osted|/simple[/]|--(extra-)?[i]ndex-url|--[f]ind-links|[f]ile:///",
    "a path of one machine": r"(?<![\w./~-])/(?:root|work|home|Users)/\w",
    "a private key": r"BEGIN [A-Z ]*PRIVATE [K]EY",
}


def project_files() -> list[Path]:
    """Every file of the checkout save what tools and runs leave behind; git itself may be missing."""
    tops = [top for top in ROOT.iterdir() if top.name == ".ci" or not top.name.startswith(".")]
    files = [path for top in tops for path in (top.rglob("*") if top.is_dir() else [top]) if path.is_file()]
    return [path for path in files if not LEFT_BEHIND & set(path.relative_to(ROOT).parts)]


def sources() -> list[Path]:
    return [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]


def unwanted(text: str) -> list[str]:
    """What of ``NEVER`` stands in ``text``, with the number of its line."""
    lines = list(enumerate(text.splitlines(), start=1))
    return [
        f"{number}: {what}"
        for what, pattern in NEVER.items()
        for number, line in lines
        if re.search(pattern, line)
    ]


def long_functions(source: str) -> list[str]:
    """Functions of more than ``LONGEST_FUNCTION`` lines, with their length."""
    functions = [
        node
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    return [f"{node.name} ({_length(node)})" for node in functions if _length(node) > LONGEST_FUNCTION]


def _length(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    total = (node.end_lineno or node.lineno) - node.lineno + 1
    if ast.get_docstring(node) is None:
        return total
    docstring = node.body[0]
    return total - ((docstring.end_lineno or docstring.lineno) - docstring.lineno + 1)


def test_no_file_holds_an_index_address_a_machine_path_or_a_key() -> None:
    found = []
    files = project_files()
    assert {ROOT / "Makefile", ROOT / ".ci" / "run", ROOT / "solver" / "__init__.py"} <= set(files)
    for path in files:
        text = path.read_text(encoding="utf-8", errors="ignore")
        found += [f"{path.relative_to(ROOT)}:{line}" for line in unwanted(text)]
    assert found == []


def test_the_lock_names_packages_and_hashes_but_no_address() -> None:
    lock = (ROOT / "requirements.lock").read_text()
    assert "://" not in lock
    requirements = re.findall(r"^[a-z0-9][^\n]*", lock, flags=re.MULTILINE)
    assert requirements
    assert [line for line in requirements if "==" not in line or not line.endswith("\\")] == []


@pytest.mark.parametrize(
    "line",
    [
        "see https://p" + "ypi.org/project/x",
        "pip install --index" + "-url here x",
        "x @ f" + "ile:///wheels/x.whl",
        "open('/ro" + "ot/data')",
        "cd /ho" + "me/someone",
        "-----BEGIN RSA PRIVATE K" + "EY-----",
    ],
)
def test_the_check_finds_what_never_belongs_here(line: str) -> None:
    assert len(unwanted("first line\n" + line)) == 1


@pytest.mark.parametrize(
    "line", ["uv pip compile --no-emit-index-url", "GET /wards/W1", "docs/home/page", "~/work/x"]
)
def test_the_check_leaves_alone_what_only_looks_alike(line: str) -> None:
    assert unwanted(line) == []


def test_no_function_is_longer_than_a_person_can_hold_in_mind() -> None:
    """Migrations are left out: each is one list of statements, and frozen once it is released."""
    found = [
        f"{path.relative_to(ROOT)} {name}"
        for path in sources()
        if "migrations/versions" not in path.as_posix()
        for name in long_functions(path.read_text())
    ]
    assert found == [], f"over {LONGEST_FUNCTION} lines: split by what each part is for"


def test_no_file_is_longer_than_a_person_reads_at_once() -> None:
    lengths = {str(path.relative_to(ROOT)): len(path.read_text().splitlines()) for path in sources()}
    found = {name: length for name, length in lengths.items() if length > LONGEST_FILE}
    assert found == {}, f"over {LONGEST_FILE} lines: split by what each part is for"


def test_a_function_is_measured_without_its_docstring() -> None:
    body = "\n".join("    x = 1" for _ in range(LONGEST_FUNCTION - 1))
    docstring = '    """' + "\n    words" * 30 + '"""\n'
    assert long_functions(f"def f():\n{docstring}{body}\n") == []
    assert long_functions(f"async def f():\n{body}\n    x = 2\n") == [f"f ({LONGEST_FUNCTION + 1})"]
