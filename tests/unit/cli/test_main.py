import importlib
import re
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from cli.main import VERBS, Verb, app, main
from solver.engine.errors import InvalidInstance, Problem

HEAVY = ["numpy", "numba", "ortools", "scipy", "pandas", "fastapi", "sqlalchemy", "httpx"]


def plain(text: str) -> str:
    """``text`` without colours and with its line breaks taken out."""
    return " ".join(re.sub(r"\x1b\[[0-9;]*m|[│╭╮╰╯─]", "", text).split())


@pytest.fixture
def ward_verb(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A verb ``ward`` whose file says when it is imported."""
    (tmp_path / "ward_verb.py").write_text(
        "import typer\n"
        "app = typer.Typer()\n"
        "@app.command()\n"
        "def ward(beds: int = 3) -> None:\n"
        "    'Count the beds.'\n"
        "    typer.echo(f'{beds} beds')\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setitem(VERBS, "ward", Verb("ward_verb", "Count beds."))
    monkeypatch.delitem(sys.modules, "ward_verb", raising=False)
    return "ward_verb"


def test_help_lists_a_verb_without_importing_its_file(ward_verb: str) -> None:
    shown = CliRunner().invoke(app, ["--help"])
    assert shown.exit_code == 0
    assert "ward Count beds." in plain(shown.output)
    assert ward_verb not in sys.modules


def test_a_verb_runs_with_its_options(ward_verb: str) -> None:
    assert CliRunner().invoke(app, ["ward"]).output == "3 beds\n"
    assert CliRunner().invoke(app, ["ward", "--beds", "5"]).output == "5 beds\n"


def test_a_verb_explains_its_own_options(ward_verb: str) -> None:
    shown = plain(CliRunner().invoke(app, ["ward", "--help"]).output)
    assert "Count the beds." in shown
    assert "--beds" in shown


def test_a_mistyped_verb_is_refused_with_the_nearest_one(ward_verb: str) -> None:
    refused = CliRunner().invoke(app, ["wardd"])
    assert refused.exit_code == 2
    assert "Did you mean 'ward'?" in plain(refused.output)


def test_every_verb_in_the_table_has_its_file_with_an_app_and_a_sentence() -> None:
    for verb in VERBS.values():
        assert isinstance(importlib.import_module(verb.module).app, typer.Typer)
        assert verb.help.endswith(".")


def test_help_of_the_whole_loads_nothing_heavy() -> None:
    script = (
        "import sys\nsys.argv = ['wardflow', '--help']\n"
        "from cli.main import main\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert "Usage" in done.stdout
    assert done.stderr == "[]\n"


def test_a_refused_input_ends_with_status_2_and_its_problems_in_plain_words(
    ward_verb: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    problem = Problem("ward.json", 0, "at least one bed", "Add a bed.")

    def refuse() -> None:
        raise InvalidInstance([problem])

    monkeypatch.setattr("cli.main.app", refuse)
    with pytest.raises(SystemExit) as end:
        main()
    assert end.value.code == 2
    assert capsys.readouterr().err == f"{problem}\n"
