"""Calls that no client library would send: broken JSON, odd bytes, doubled headers, wrong methods, sent raw.

Each is wrong on purpose; the service must answer it with a documented 4xx and repeat nothing of it.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import socket
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final
from urllib.parse import urlsplit

from benchmarks.safety.contract_judge import Told

MARK: Final = "Zq7marked"
"""In everything odd that is sent: an answer must not hold it."""

METHODS: Final = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW")
_JSON: Final = ("Content-Type", "application/json")

Header = tuple[str, str | bytes]


@dataclass(frozen=True, slots=True)
class Oddity:
    """One raw call and what is odd about it; ``expected``: the statuses that are right."""

    what: str
    method: str
    target: str
    headers: tuple[Header, ...]
    body: bytes
    expected: frozenset[int]


@dataclass(frozen=True, slots=True)
class Sound:
    """A sound call of an operation, from which the odd ones are made."""

    method: str
    target: str
    body: Any
    keyed: bool
    revised: bool
    token: str | None

    def headers(self, key: str, *leave_out: str) -> tuple[Header, ...]:
        """What a good client sends."""
        every: list[Header] = [_JSON] if self.body is not None else []
        if self.token is not None:
            every.append(("Authorization", f"Bearer {self.token}"))
        if self.keyed:
            every.append(("Idempotency-Key", key))
        if self.revised:
            every.append(("If-Match", '"1"'))
        return tuple(header for header in every if header[0] not in leave_out)


def oddities(sound: Sound, methods: frozenset[str], key: str) -> Iterator[Oddity]:
    """Every odd call of one operation; ``methods``: those its address takes."""
    base = Oddity("", sound.method, sound.target, sound.headers(key), _dumped(sound.body), frozenset({422}))
    for method in METHODS:
        if method not in methods:
            # `GET /requests/x:choose` asks for a request of the id "x:choose".
            right = {404, 405} if ":" in sound.target and method == "GET" else {405}
            yield replace(base, what=f"method {method}", method=method, expected=frozenset(right))
    nul = "&" if "?" in sound.target else "?"
    yield replace(base, what="NUL in the query", target=f"{sound.target}{nul}cursor={MARK}%00")
    if sound.token is not None:
        yield from _unauthenticated(base, sound, key)
    if sound.keyed:
        yield from _badly_keyed(base, sound, key)
    if sound.revised:
        yield from _badly_revised(base, sound, key)
    if sound.body is not None:
        yield from _bad_bodies(base, sound, key)


def odd_addresses(sound: Sound, template: str, key: str) -> Iterator[Oddity]:
    """Odd ids in the path of an operation that has one."""
    before, _, rest = template.partition("{")
    after = rest.partition("}")[2]
    base = Oddity("", sound.method, "", sound.headers(key), _dumped(sound.body), frozenset({404, 405, 422}))
    for what, text in (
        ("NUL", f"{MARK}%00"),
        ("bytes that are no UTF-8", f"{MARK}%ff%fe"),
        ("a path upwards", f"..%2f..%2f{MARK}"),
        ("5,000 characters", MARK * 600),
        ("an emoji", f"{MARK}%F0%9F%98%80"),
        ("a blank", "%20"),
        ("a half escape", f"{MARK}%4"),
        ("SQL", f"{MARK}'%20OR%201=1--"),
    ):
        yield replace(base, what=f"{what} as an id", target=f"{before}{text}{after}")


def _unauthenticated(base: Oddity, sound: Sound, key: str) -> Iterator[Oddity]:
    bare, refused = sound.headers(key, "Authorization"), frozenset({401})
    good = f"Bearer {sound.token}"
    for what, values in (
        ("no token", ()),
        ("an unknown token", (f"Bearer wfs_{MARK}",)),
        ("another scheme", (f"Basic {MARK}",)),
        ("a token in Latin-1", (b"Bearer wfs_\xe9\xff" + MARK.encode(),)),
        ("two tokens", (good, f"Bearer wfs_{MARK}")),
        ("a token with a blank", (f"{good} {MARK}",)),
    ):
        headers = (*bare, *(("Authorization", value) for value in values))
        yield replace(base, what=what, headers=headers, expected=refused)


def _badly_keyed(base: Oddity, sound: Sound, key: str) -> Iterator[Oddity]:
    bare, refused = sound.headers(key, "Idempotency-Key"), frozenset({400})
    for what, values in (
        ("no key", ()),
        ("a short key", ("short",)),
        ("a long key", (MARK * 20,)),
        ("a key with a blank", (f"{MARK} {MARK}",)),
        ("a key in Latin-1", (b"\xe9\xff" + MARK.encode() * 2,)),
        ("two keys", (f"{MARK}-one", f"{MARK}-two")),
    ):
        headers = (*bare, *(("Idempotency-Key", value) for value in values))
        yield replace(base, what=what, headers=headers, expected=refused)


def _badly_revised(base: Oddity, sound: Sound, key: str) -> Iterator[Oddity]:
    bare = sound.headers(key, "If-Match")
    for what, values, status in (
        ("no If-Match", (), 428),
        ("If-Match: *", ("*",), 422),
        ("a weak ETag", ('W/"1"',), 422),
        ("two ETags", ('"1", "2"',), 422),
        ("two If-Match", ('"1"', '"2"'), 422),
        ("an ETag of 5,000 digits", (f'"{"9" * 5000}"',), 422),
        ("an ETag of other digits", ('"١"'.encode(),), 422),
        ("an ETag of words", (f'"{MARK}"',), 422),
    ):
        headers = (*bare, *(("If-Match", value) for value in values))
        yield replace(base, what=what, headers=headers, expected=frozenset({status}))


def _bad_bodies(base: Oddity, sound: Sound, key: str) -> Iterator[Oddity]:
    good, refused = base.body, frozenset({400, 422})
    bare = sound.headers(key, "Content-Type")
    for media in ((), ("text/plain",), ("application/xml",), ("application/json", f"text/{MARK}")):
        headers = (*bare, *(("Content-Type", value) for value in media))
        yield replace(
            base, what=f"media {len(media)} {media[:1]}", headers=headers, expected=frozenset({415})
        )
    for what, body in (
        ("empty", b""),
        ("cut short", good[:-1]),
        ("followed by more", good + b" " + good),
        ("not UTF-8", b'{"' + MARK.encode() + b'": "\xff\xfe"}'),
        ("UTF-16", good.decode().encode("utf-16")),
        ("NaN", b'{"' + MARK.encode() + b'": NaN}'),
        ("nested 100,000 deep", b"[" * 100_000),
        ("objects nested 20,000 deep", b'{"a":' * 20_000 + b"1" + b"}" * 20_000),
        ("a list", b"[" + good + b"]"),
        ("a text", json.dumps(MARK).encode()),
        ("a number", b"1e400"),
        ("null", b"null"),
        ("another field", _dumped({**sound.body, MARK: MARK})),
        ("a field of NUL", _dumped({**sound.body, f"{MARK}\x00": 1})),
    ):
        yield replace(base, what=f"body: {what}", body=body, expected=refused)
    long = b" " * 1_100_000 + good
    yield replace(base, what="body: over the limit", body=long, expected=frozenset({413}))
    for what, value in _VALUES:
        for body in _each_leaf(sound.body, value):
            yield replace(base, what=f"value: {what}", body=body, expected=refused)


_VALUES: Final = (
    ("a huge number", "9" * 4000),
    ("an infinite number", "1e999"),
    ("a negative fraction", "-0.5"),
    ("a lone surrogate", f'"{MARK}\\ud800"'),
    ("NUL", f'"{MARK}\\u0000"'),
    ("200,000 characters", json.dumps(MARK * 22_000)),
    ("deep nesting", "[" * 2_000 + "]" * 2_000),
    ("an object", json.dumps({MARK: MARK})),
)
"""JSON texts that no field of any body takes."""


def _each_leaf(body: Mapping[str, Any], value: str) -> Iterator[bytes]:
    """The body with each of its fields in turn replaced by a JSON text, at the top and one level below."""
    hole = f"hole {MARK}"
    for name, inner in body.items():
        yield _dumped({**body, name: hole}).replace(json.dumps(hole).encode(), value.encode())
        if isinstance(inner, dict):
            for below in inner:
                changed = {**body, name: {**inner, below: hole}}
                yield _dumped(changed).replace(json.dumps(hole).encode(), value.encode())


def _dumped(body: Any) -> bytes:
    return b"" if body is None else json.dumps(body).encode()


def send(url: str, odd: Oddity, seconds: float = 30) -> Told:
    """Send a call as it is, byte for byte; raises ``OSError`` or ``HTTPException`` if no answer comes."""
    parts = urlsplit(url)
    assert parts.hostname is not None, "an address of this machine"
    lines = [f"{odd.method} {odd.target} HTTP/1.1".encode(), f"Host: {parts.netloc}".encode()]
    for name, value in odd.headers:
        lines.append(name.encode() + b": " + (value if isinstance(value, bytes) else value.encode()))
    lines += [b"Connection: close", b"Content-Length: %d" % len(odd.body), b"", b""]
    with socket.create_connection((parts.hostname, parts.port or 80), seconds) as line:
        line.sendall(b"\r\n".join(lines))
        # Refused before it was read to its end: the answer lies there all the same.
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            line.sendall(odd.body)
        answer = http.client.HTTPResponse(line, method=odd.method)
        answer.begin()
        media = (answer.getheader("content-type") or "").partition(";")[0]
        return Told(answer.status, media, answer.read())
