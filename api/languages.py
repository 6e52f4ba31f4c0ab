"""The language of the reader, from ``Accept-Language`` (RFC 9110, section 12.5.4)."""

from __future__ import annotations

from starlette.requests import Request

from solver.placing.language import Language

_MOST_RANGES = 20


def language_of(accept: str | None) -> Language:
    """The language a reader likes best among those spoken here; English without a wish, or if none is met.

    Regional variants count as their language (``zh-CN`` as Chinese); of equal wishes the one named first is met.
    """
    if not accept:
        return Language.ENGLISH
    wishes = [_wish(part) for part in accept.split(",")[:_MOST_RANGES]]
    named = {tag for tag, _ in wishes}
    best, most = Language.ENGLISH, 0.0
    for tag, quality in wishes:
        spoken = _spoken(tag, named)
        if spoken is not None and quality > most:
            best, most = spoken, quality
    return best


def _wish(part: str) -> tuple[str, float]:
    tag, _, parameter = part.partition(";")
    name, _, value = parameter.strip().partition("=")
    primary = tag.strip().lower().partition("-")[0]
    if not parameter.strip():
        return primary, 1.0
    try:
        quality = float(value) if name.strip().lower() == "q" else 0.0
    except ValueError:
        quality = 0.0
    return primary, quality if 0.0 <= quality <= 1.0 else 0.0


def _spoken(tag: str, named: set[str]) -> Language | None:
    if tag == "*":
        return next((language for language in Language if language.value not in named), None)
    return next((language for language in Language if language.value == tag), None)


async def reader_language(request: Request) -> Language:
    """The language of whoever asks."""
    return language_of(request.headers.get("accept-language"))
