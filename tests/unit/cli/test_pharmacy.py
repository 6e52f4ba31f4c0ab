"""``wardflow pharmacy``: from stock to an order, and back through the check."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli import kernels
from cli.errors import Refused
from cli.main import app
from solver.engine.errors import InvalidInstance

EXAMPLE = Path(__file__).parents[3] / "docs" / "example-stock.json"


def said(*words: object, code: int = 0) -> str:
    result = CliRunner().invoke(app, ["pharmacy", *map(str, words)])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == code, result.output
    return result.output


@pytest.fixture(scope="module")
def order(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("orders") / "order.csv"
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(kernels, "compile_if_cold", lambda *_: None)
        out = said("plan", EXAMPLE, "--output", path, "--seed", 1)
    assert "4 items, 0 of them by a rule of thumb" in out
    return path


def changed(order: Path, tmp_path: Path, item_id: str, quantity: object) -> Path:
    rows = list(csv.reader(order.read_text().splitlines()))
    rows = [[row[0], str(quantity), *row[2:]] if row[0] == item_id else row for row in rows]
    path = tmp_path / "changed.csv"
    with path.open("w", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)
    return path


def test_the_example_of_the_documentation_is_planned_and_checked(order: Path) -> None:
    rows = {row["item_id"]: row for row in csv.DictReader(order.read_text().splitlines())}
    assert len(rows) == 4
    assert int(rows["amoxicillin-500mg"]["quantity"]) % 100 == 0
    assert "below_safety_stock" in rows["antivenom"]["alerts"]
    assert "not_usable" in rows["amoxicillin-500mg"]["alerts"]
    # Issues of three days that ran out were 38 units; the demand of 84 days is not taken to be lower for it.
    assert 50 < float(rows["amoxicillin-500mg"]["daily_demand"]) < 60
    out = said("check", EXAMPLE, order)
    assert "every hard rule kept" in out
    assert "total: cost 0" in out


def test_a_line_that_a_pharmacist_changed_is_counted(order: Path, tmp_path: Path) -> None:
    now = int(
        next(
            r["quantity"]
            for r in csv.DictReader(order.read_text().splitlines())
            if r["item_id"] == "antivenom"
        )
    )
    out = said("check", EXAMPLE, changed(order, tmp_path, "antivenom", now + 2))
    assert "total: cost 2, every hard rule kept" in out


def test_a_file_that_cannot_be_written_is_told_before_anything_is_planned(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[object] = []
    monkeypatch.setattr(kernels, "compile_if_cold", lambda *asked: begun.append(asked))
    monkeypatch.setattr("solver.pharmacy.reorder.plan.plan", lambda *asked: begun.append(asked))
    with pytest.raises(Refused, match="there is no folder"):
        said("plan", EXAMPLE, "--output", tmp_path / "nowhere" / "order.csv", "--seed", 1)
    assert begun == []


def test_a_broken_pack_ends_with_status_one(order: Path, tmp_path: Path) -> None:
    out = said("check", EXAMPLE, changed(order, tmp_path, "amoxicillin-500mg", 150), code=1)
    assert "hard rules broken" in out


def test_an_order_that_cannot_be_read_names_every_line(order: Path, tmp_path: Path) -> None:
    text = order.read_text().splitlines()
    bad = tmp_path / "bad.csv"
    bad.write_text("\n".join([text[0], "x", text[1].replace(",", ",-", 1), text[2], text[2]]))
    with pytest.raises(InvalidInstance) as refused:
        said("check", EXAMPLE, bad)
    assert len(refused.value.problems) == 3


def faulty(change: dict, tmp_path: Path) -> Path:
    document = json.loads(EXAMPLE.read_text())
    document["items"][0].update(change)
    path = tmp_path / "stock.json"
    path.write_text(json.dumps(document))
    return path


def test_every_fault_of_the_stock_is_named_at_once(tmp_path: Path) -> None:
    lots = [
        {"id": "negative", "quantity": -3, "expires": "2026-05-01"},
        {"id": "early", "quantity": 3, "received": "2026-02-01", "expires": "2026-01-01"},
        {"id": "late", "quantity": 3, "received": "2026-04-01", "expires": "2026-05-01"},
        {"id": "odd", "quantity": 3, "expires": "soon", "state": "lost"},
    ]
    history = {"issued": [1, "two", float("nan"), 2.5], "ran_out": [0]}
    change = {"lots": lots, "history": history, "costs": {"order": "dear", "tax": 1}, "colour": "red"}
    with pytest.raises(InvalidInstance) as refused:
        said("plan", faulty(change, tmp_path), "--output", tmp_path / "order.csv")
    text = str(refused.value)
    for culprit in (
        "'negative'",
        "received 2026-02-01",
        "2026-04-01",
        "soon",
        "lost",
        "'two'",
        "NaN",
        "2.5",
        "dear",
    ):
        assert culprit in text
    assert "'tax'" in text
    assert "'colour'" in text
    assert len(refused.value.problems) == 11
    assert not (tmp_path / "order.csv").exists()


@pytest.mark.parametrize(
    "text", ["", "[1, 2", "[]", '{"format": "other", "version": 1, "today": "x", "items": 3}']
)
def test_what_is_no_stock_is_refused(text: str, tmp_path: Path) -> None:
    path = tmp_path / "stock.json"
    path.write_text(text)
    with pytest.raises(InvalidInstance):
        said("plan", path, "--output", tmp_path / "order.csv")
