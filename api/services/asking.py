"""For whom a command asks: the persons it names, how urgent they are, and whether they wait already."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from api.schemas.movements import TransferIn
from api.schemas.requests import BundleIn
from api.services import batches, choosing, holding, movements, placing, transfers
from models.commands import Command
from solver.hospital import Priority


def persons_named(command: Command) -> Iterable[str]:
    """Ids of persons a command names, for those that many bring."""
    for bundle in _bundles(command.body):
        named = bundle.person_id if bundle.person is None else bundle.person.id
        if named is not None:
            yield named


def _bundles(body: Any) -> Iterable[BundleIn]:
    if isinstance(body, placing.PlaceOne):
        return (body.body,)
    if isinstance(body, batches.PlaceBatch):
        return body.body.requests
    if isinstance(body, holding.Hold) and body.body.request is not None:
        return (body.body.request,)
    return ()


def asks(command: Command) -> Priority | None:
    """How urgent what a command newly asks for is (the most urgent of a batch); None if it asks for no place."""
    body = command.body
    if isinstance(body, placing.PlaceOne):
        return body.body.priority.priority
    if isinstance(body, batches.PlaceBatch):
        return min(bundle.priority.priority for bundle in body.body.requests)
    if isinstance(body, holding.Hold) and body.body.request is not None:
        return body.body.request.priority.priority
    if isinstance(body, movements.Act | transfers.TransferStay) and isinstance(body.body, TransferIn):
        return body.body.priority.priority
    return None


def asks_again(command: Command) -> str | None:
    """The id of the request that is there already and for which a command wants the best place there is; None if it
    wants none, or one that a person named."""
    body = command.body
    if isinstance(body, holding.Hold):
        return body.body.request_id
    if isinstance(body, choosing.Choose) and body.body.place is None:
        return body.request_id
    return None
