"""What every report is made of: one file, no script, nothing from elsewhere, the same bytes each time."""

from __future__ import annotations

import platform
from collections.abc import Iterable, Sequence
from html import escape
from importlib.metadata import version

import yaml

from simulations.scenarios.build import Scene

CSS = """
body { font: 15px/1.45 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #111; }
h1 { font-size: 1.6rem; } h2 { font-size: 1.2rem; margin-top: 2rem; border-bottom: 1px solid #bbb; }
table { border-collapse: collapse; margin: .6rem 0; font-variant-numeric: tabular-nums; }
th, td { padding: .15rem .6rem; border-bottom: 1px solid #ddd; text-align: right; }
th:first-child, td:first-child { text-align: left; } thead th { border-bottom: 1px solid #111; }
svg { max-width: 100%; height: auto; } pre { font-size: 12px; white-space: pre-wrap; }
.warning { border-left: 4px solid #d55e00; padding-left: .7rem; }
@media print { body { max-width: none; margin: 0; font-size: 10pt; } h2 { break-after: avoid; }
  table, svg { break-inside: avoid; } }
"""
LIBRARIES = ("numba", "numpy", "scipy", "matplotlib")


def document(title: str, parts: Iterable[str]) -> str:
    """A whole page; ``parts`` are HTML already."""
    body = "\n".join(parts)
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title><style>{CSS}</style></head>\n<body>\n{body}\n</body></html>\n"
    )


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """The first cell of each row is text, the others are HTML already."""
    head = "".join(f"<th>{escape(each)}</th>" for each in header)
    body = "".join(
        f"<tr><td>{escape(row[0])}</td>{''.join(f'<td>{each}</td>' for each in row[1:])}</tr>" for row in rows
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def versions() -> str:
    """Of all that a number depends on."""
    found = [f"wardflow {version('wardflow')}", f"Python {platform.python_version()}"]
    return ", ".join([*found, *(f"{name} {version(name)}" for name in LIBRARIES)])


def scenario_shown(built: Scene) -> str:
    """All of a scenario, folded away."""
    text = yaml.safe_dump(dict(built.document), sort_keys=False, allow_unicode=True, width=110)
    summary = f"{escape(built.scenario.name)} (content {built.fingerprint})"
    return f"<details><summary>{summary}</summary><pre>{escape(text)}</pre></details>"
