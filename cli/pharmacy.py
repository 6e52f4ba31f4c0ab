"""``wardflow pharmacy``: what to order, and whether an order keeps the rules."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.verb import verb_app

if TYPE_CHECKING:
    from solver.pharmacy.reorder.plan import OrderPlan
    from solver.pharmacy.reorder.problem import ReorderProblem

app = verb_app()

StockArgument = Annotated[Path, typer.Argument(metavar="stock.json", help="Items, stock and issues so far.")]


@app.callback()
def pharmacy() -> None:
    """Drugs that neither run out nor expire: a policy for each item, and what to order today."""


@app.command()
def plan(
    stock: StockArgument,
    output: Annotated[Path, typer.Option(metavar="FILE", dir_okay=False, help="The order, as CSV.")],
    seconds: Annotated[float, typer.Option(min=1, help="Wall time of the whole command.")] = 600.0,
    workers: Annotated[int, typer.Option(min=1, max=256, help="Processes that tune.")] = 1,
    seed: Annotated[int, typer.Option(min=0, help="Which chance; the same seed gives the same order.")] = 0,
) -> None:
    """Tune a policy for every item of the file and write what to order today; a pharmacist accepts it line by line.

    Items for which time does not suffice get a rule of thumb, and the last line says how many.
    """
    from cli.kernels import PHARMACY, compile_if_cold
    from cli.outputs import refuse_unwritable
    from solver.engine.result import Budget
    from solver.pharmacy.reorder.formats import write_order
    from solver.pharmacy.reorder.plan import plan as planned

    refuse_unwritable(output)
    problem = _stock(stock)
    compile_if_cold(lambda line: typer.echo(line, err=True), PHARMACY)
    found = planned(problem, Budget(seconds=max(0.5, seconds - _since_start())), seed, workers)
    output.write_text(write_order(found), encoding="utf-8")
    _tell(found)
    typer.echo(f"Wrote {output}: {len(found.lines)} items, {found.untuned} of them by a rule of thumb.")


@app.command()
def check(
    stock: StockArgument,
    order: Annotated[Path, typer.Argument(metavar="order.csv", help="The order, as accepted.")],
) -> None:
    """Recount every rule of an order; status 1 if a hard rule is broken, 2 if a file cannot be read."""
    from solver.engine.rule import Level
    from solver.pharmacy.reorder.formats import read_order
    from solver.pharmacy.reorder.referee import recount
    from solver.pharmacy.rules import ORDER_RULES

    problem = _stock(stock)
    ordered, proposed = read_order(_text(order), order.name)
    counted = recount(problem, ordered, proposed)
    for rule in ORDER_RULES:
        count = counted.counts[rule.id]
        price = f"cost {count * rule.weight}" if rule.level is Level.SOFT else rule.level.value
        typer.echo(f"{count:>8}  {rule.id:<24} {price}")
    typer.echo(
        f"total: cost {counted.cost}, {'every hard rule kept' if counted.clean else 'hard rules broken'}"
    )
    raise typer.Exit(0 if counted.clean else 1)


def _stock(path: Path) -> ReorderProblem:
    from solver.pharmacy.reorder.formats import read_stock

    return read_stock(_text(path), path.name)


def _text(path: Path) -> str:
    from cli.errors import Refused

    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise Refused(f"{path} is no UTF-8 text (byte {error.start}). Save it as UTF-8.") from None


def _since_start() -> float:
    """Seconds since this process began, with what Python and its imports took."""
    import time

    ticks = float(Path("/proc/self/stat").read_text().rpartition(")")[2].split()[19]) if _has_proc() else 0.0
    if not ticks:
        return time.process_time()
    uptime = float(Path("/proc/uptime").read_text().split()[0])
    return max(0.0, uptime - ticks / os.sysconf("SC_CLK_TCK"))


def _has_proc() -> bool:
    return Path("/proc/self/stat").exists() and Path("/proc/uptime").exists()


def _tell(found: OrderPlan) -> None:
    """Alarms first, then totals of what is to be expected."""
    alarms = [event for line in found.lines for event in line.outlook.events]
    for event in alarms[:20]:
        lot = f" lot {event.lot_id}" if event.lot_id else ""
        when = f"in {event.in_days} days" if event.in_days >= 0 else f"{-event.in_days} days ago"
        typer.echo(f"{event.kind.value}: {event.item_id}{lot}, {event.quantity} units, {when}")
    if len(alarms) > 20:
        typer.echo(f"... and {len(alarms) - 20} more; all of them are in the order's last column")
    expected = [line.choice.expected for line in found.lines]
    cost, waste = sum(each.daily_cost for each in expected), sum(each.wasted for each in expected)
    lost = sum(each.lost for each in expected)
    typer.echo(
        f"expected each day: cost {cost:.2f}, {waste:.2f} units wasted, {lost:.2f} asked for and not there"
    )
