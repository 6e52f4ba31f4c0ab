"""A null server for the load generator: it remembers nothing but answers as a sandbox would, at once.

Bodies are as long as the service's own, so that what the generator reads and checks costs it as much. It runs in a
process of its own; its time is not the generator's.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
from pathlib import Path
from typing import Final

import orjson

STATES: Final = {
    "confirm": "confirmed",
    "arrive": "arrived",
    "release": "released",
    "transfer": "placed",
    "hold": "placed",
}
FILLING: Final = [
    {"rule_id": f"rule_{number}", "amount": number, "cost": {"weighted": number}, "sentence": "x" * 90}
    for number in range(12)
]
"""What an explanation is as long as: about two kilobytes."""


class NullServer(asyncio.Protocol):
    """One connection; ids and states follow from the question alone."""

    numbers = itertools.count(1)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way back."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """A whole question at a time, as the generator sends it."""
        method, path, _ = data.split(b" ", 2)
        status, body = answer(method.decode(), path.decode(), data, next(self.numbers))
        head = (
            f"HTTP/1.1 {status} OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        self._transport.write(head.encode() + body)


def answer(method: str, path: str, data: bytes, number: int) -> tuple[int, bytes]:
    """Status and body."""
    last = path.rsplit("/", 1)[-1]
    subject, _, verb = last.partition(":")
    if path.endswith("/sandbox/clock"):
        return 200, b"{}"
    asking = verb in ("hold", "transfer") or (method == "POST" and subject == "requests" and not verb)
    name = str(number) if asking else subject.removeprefix("req_").removeprefix("alc_")
    state = STATES.get(verb, "placed")
    if verb == "discharge":
        state = "left" if b'"left"' in data[-40:] else "arrived"
    body = {
        "request_id": f"req_{name}",
        "person_id": f"per_{name}",
        "state": state,
        # Newer than what was told before, whatever that was.
        "revision": number,
        "hospital_revision": number,
        "allocation": {"id": f"alc_{name}", "bed_id": f"bed_{name}", "units": [], "reasons": FILLING},
    }
    return 201 if asking else 200, orjson.dumps(body)


async def serve(port_file: Path) -> None:
    """Until it is killed."""
    server = await asyncio.get_running_loop().create_server(NullServer, "127.0.0.1", 0)
    # Once, before anybody asks.
    port_file.write_text(str(server.sockets[0].getsockname()[1]))  # noqa: ASYNC240
    await server.serve_forever()


def main() -> None:
    """Serve, and write the port down."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port-file", type=Path, required=True)
    asyncio.run(serve(parser.parse_args().port_file))


if __name__ == "__main__":
    main()
