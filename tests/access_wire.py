"""How the access matrix asks: small calls, thousands of them, over one connection."""

from __future__ import annotations

import http.client
import json
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Said:
    """What was answered."""

    status_code: int
    text: str

    def json(self) -> Any:
        """The answer read as JSON."""
        return json.loads(self.text)


class Wire:
    """A kept connection with nothing around it: in 9,000 small calls a client that can do more took a third of the
    time."""

    def __init__(self, url: str) -> None:
        self._connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=60)

    def request(self, method: str, path: str, headers: dict[str, str], body: Any = None) -> Said:
        """One call; on a connection that was closed for having been idle it is sent once more."""
        sent = b"" if body is None else json.dumps(body).encode()
        headers = {**headers, "Content-Type": "application/json"} if sent else headers
        try:
            self._connection.request(method, path, sent or None, headers)
            answer = self._connection.getresponse()
        except (ConnectionError, http.client.RemoteDisconnected):
            self._connection.close()
            self._connection.request(method, path, sent or None, headers)
            answer = self._connection.getresponse()
        return Said(answer.status, answer.read().decode())

    def close(self) -> None:
        """Hang up."""
        self._connection.close()
