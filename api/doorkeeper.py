"""Refusing at the door: while the gate is shut, a command is answered before it is made an HTTP request.

At ten times of what the service can do, nine of ten commands are refused, and even the outermost middleware comes too
late for them: parsing the request and starting its task take 110 to 150 microseconds of the processor, which the one
that is carried out then lacks. Here a refusal takes 25 to 35. Only what is plain is refused here: one whole POST of
announced length on a connection where nothing else is under way. Everything else goes its usual way, at whose end
:class:`api.admission.Admission` stands.
"""

from __future__ import annotations

import re
from typing import Final

import h11
from uvicorn.protocols.http.h11_impl import STATUS_PHRASES, H11Protocol

from api.admission import CLOCK, Gate

_LENGTH: Final = re.compile(rb"\r\ncontent-length:[ \t]*([0-9]{1,10})[ \t]*\r\n", re.IGNORECASE)
_UNUSUAL: Final = re.compile(rb"transfer-encoding|\r\nconnection:|\r\nexpect:|\r\nupgrade:", re.IGNORECASE)
_REQUEST_LINE: Final = re.compile(rb"POST (/[!-~]*) HTTP/1\.1\r\n")


def doorkeeper(gate: Gate) -> type[H11Protocol]:
    """uvicorn's protocol with a doorkeeper who asks ``gate``."""

    class Doorkeeper(H11Protocol):
        def data_received(self, data: bytes) -> None:
            if gate.shut and self._nothing_under_way() and whole_command(data):
                self._unset_keepalive_if_required()
                self.transport.write(_message(gate))
                self.timeout_keep_alive_task = self.loop.call_later(
                    self.timeout_keep_alive, self.timeout_keep_alive_handler
                )
            else:
                super().data_received(data)

        def _nothing_under_way(self) -> bool:
            connection = self.conn
            idle = connection.our_state is h11.IDLE and connection.their_state is h11.IDLE
            return idle and not connection.trailing_data[0] and not self.transport.is_closing()

    return Doorkeeper


def whole_command(data: bytes) -> bool:
    """Whether the bytes are one POST, no more and no less, and say nothing that would need a second look; nor is it the
    setting of a sandbox's clock."""
    end, line = data.find(b"\r\n\r\n"), _REQUEST_LINE.match(data)
    if end < 0 or line is None or line[1] == CLOCK.encode():
        return False
    head = data[: end + 2]
    lengths = _LENGTH.findall(head)
    return (
        len(lengths) == head.lower().count(b"content-length") == 1
        and _UNUSUAL.search(head) is None
        and end + 4 + int(lengths[0]) == len(data)
    )


def _message(gate: Gate) -> bytes:
    status, headers, body = gate.refusal()
    lines = [b"HTTP/1.1 %d %s" % (status, STATUS_PHRASES[status]), *(b"%s: %s" % pair for pair in headers)]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body
