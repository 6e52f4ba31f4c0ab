"""Results as a table: how far each engine's plans lie above the best known, and that above what is proven."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from statistics import mean
from typing import Any

from benchmarks.placing.best_known import Known, gap

WIDTH = 16


def gaps(results: Iterable[Mapping[str, Any]], known: Mapping[str, Known]) -> dict[tuple[str, str], float]:
    """The mean gap to the best known over the seeds of a result, by instance and engine."""
    found: dict[tuple[str, str], list[float]] = {}
    for result in results:
        if result["instance"] in known:
            key = result["instance"], result["engine"]
            found.setdefault(key, []).append(gap(result["cost"], known[result["instance"]]))
    return {key: mean(values) for key, values in found.items()}


def table(
    instances: Sequence[str],
    engines: Sequence[str],
    results: Iterable[Mapping[str, Any]],
    known: Mapping[str, Known],
) -> Iterator[str]:
    """Lines of a table: an instance a line, an engine a column, the means last."""
    found = gaps(results, known)
    heads = "".join(f"{engine:>{WIDTH}}" for engine in engines)
    yield f"{'per cent above the best known':34}{heads}{'best known':>{WIDTH}}{'above bound':>{WIDTH}}"
    for instance in instances:
        cells = "".join(_cell(found.get((instance, engine))) for engine in engines)
        yield f"{instance:34}{cells}{_of_known(known.get(instance))}"
    yield f"{'mean':34}" + "".join(_cell(_mean(found, instances, engine)) for engine in engines)


def _mean(found: Mapping[tuple[str, str], float], instances: Sequence[str], engine: str) -> float | None:
    values = [found[instance, engine] for instance in instances if (instance, engine) in found]
    return mean(values) if values else None


def _cell(share: float | None) -> str:
    return f"{'-':>{WIDTH}}" if share is None else f"{100 * share:>{WIDTH - 2}.3f} %"


def _of_known(known: Known | None) -> str:
    return "" if known is None else f"{known.cost:>{WIDTH}}{_cell(known.open_gap)}"
