"""What docs/pharmacy.md says to run runs, and what it says to ask is answered."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from api import openapi
from api.app import create_app
from api.schemas import stock
from api.settings import Settings
from benchmarks.quality import recall
from tests.command_line import ROOT, Home

TEXT = (ROOT / "docs" / "pharmacy.md").read_text(encoding="utf-8")


def commands() -> list[list[str]]:
    """Every line of the blocks of commands, in order."""
    blocks = re.findall(r"```\n(.*?)```", TEXT, flags=re.DOTALL)
    return [line.split() for block in blocks for line in block.splitlines()]


def test_every_command_runs_as_it_is_written(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "docs", tmp_path / "docs")
    asked = commands()
    assert [words[:3] for words in asked] == [
        ["wardflow", "pharmacy", "plan"],
        ["wardflow", "pharmacy", "check"],
    ]
    told = [Home(tmp_path).done(*words[1:]) for words in asked]
    assert "0 of them by a rule of thumb" in told[0]
    assert "every hard rule kept" in told[1]


def test_every_route_is_one_of_the_service() -> None:
    named = set(re.findall(r"`(GET|POST) (/[^`?]*)`", TEXT))
    paths = openapi.document(create_app(Settings()))["paths"]
    there = {(method.upper(), _unnamed(path)) for path, found in paths.items() for method in found}
    assert len(named) >= 10
    assert {(method, _unnamed(path)) for method, path in named} <= there


def _unnamed(path: str) -> str:
    """A path whose parameters have no names."""
    return re.sub(r"\{[^}]*\}", "{}", path)


def test_every_kind_of_move_is_told_with_the_fields_it_has() -> None:
    models = (
        stock.ReceiptIn,
        stock.IssueIn,
        stock.ReturnIn,
        stock.LossIn,
        stock.StockTransferIn,
        stock.CountIn,
        stock.UnlockIn,
        stock.CrossmatchIn,
    )
    rows = re.findall(r"^\| (`[a-z, `]+`) \| ([^|]*`lot_id`[^|]*) \|", TEXT, flags=re.MULTILINE)
    told = {kind: set(re.findall(r"`(\w+)`", fields)) for kinds, fields in rows for kind in _names(kinds)}
    assert told == {_kind(model): set(model.model_fields) - {"kind"} for model in models}


def _names(text: str) -> list[str]:
    return re.findall(r"`(\w+)`", text)


def _kind(model: type) -> str:
    return str(model.model_fields["kind"].annotation.__args__[0])  # type: ignore[attr-defined]


def test_the_recall_of_a_ledger_is_measured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """As it is written, with fewer moves than a million."""
    assert "`python -m benchmarks.quality.recall`" in TEXT
    words = ["recall", "--moves", "2000", "--output", str(tmp_path / "recall.jsonl")]
    monkeypatch.setattr("sys.argv", words)
    assert recall.main() == 0
    assert "'within': True" in capsys.readouterr().out
