"""Results as a table: how far each engine's plans lie above the best known, and that above what is proven."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from statistics import mean, stdev
from typing import Any

from benchmarks.placing.best_known import Known, gap

WIDTH = 16
NORMAL_95 = 1.96


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


def paired(
    engines: Sequence[str], results: Iterable[Mapping[str, Any]], known: Mapping[str, Known]
) -> Iterator[str]:
    """Every engine beside the first one on the same instances with the same seeds: by how much its gap is larger, with
    a 95 % interval of the mean, and how often it is lower, equal and higher."""
    gaps_of: dict[str, dict[tuple[str, int], float]] = {}
    for result in results:
        if result["instance"] in known:
            of_engine = gaps_of.setdefault(result["engine"], {})
            of_engine[result["instance"], result["seed"]] = gap(result["cost"], known[result["instance"]])
    first = gaps_of.get(engines[0], {})
    for engine in engines[1:]:
        more = [value - first[key] for key, value in gaps_of.get(engine, {}).items() if key in first]
        if len(more) > 1:
            half = NORMAL_95 * stdev(more) / len(more) ** 0.5
            lower, higher = sum(value < 0 for value in more), sum(value > 0 for value in more)
            yield (
                f"{engine} less {engines[0]}: {100 * mean(more):+.3f} % ({100 * (mean(more) - half):+.3f} to "
                f"{100 * (mean(more) + half):+.3f}), {len(more)} pairs: {lower} lower, "
                f"{len(more) - lower - higher} equal, {higher} higher"
            )


def _mean(found: Mapping[tuple[str, str], float], instances: Sequence[str], engine: str) -> float | None:
    values = [found[instance, engine] for instance in instances if (instance, engine) in found]
    return mean(values) if values else None


def _cell(share: float | None) -> str:
    return f"{'-':>{WIDTH}}" if share is None else f"{100 * share:>{WIDTH - 2}.3f} %"


def _of_known(known: Known | None) -> str:
    return "" if known is None else f"{known.cost:>{WIDTH}}{_cell(known.open_gap)}"
