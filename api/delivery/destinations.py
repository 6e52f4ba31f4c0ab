"""Where events may be sent: to nobody by whose address the service could be made to ask its own network.

An address is looked up once for each attempt, checked, and then called by its number: a name that means something else
a moment later leads nowhere (DNS rebinding). Redirects are not followed. Proxies of the environment are not used.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

import httpx

IpAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
IpNetwork = ipaddress.IPv4Network | ipaddress.IPv6Network
LookUp = Callable[[str, int], Awaitable[list[str]]]


_UNICAST: Final = ipaddress.ip_network("2000::/3")
"""All of IPv6 that is given out to the public (RFC 4291); the library also holds for public what is left over, among it
the abolished networks of sites (fec0::/10) and addresses that stand for one of IPv4."""


class AddressRefused(Exception):
    """This address is not called; the message says why, and names no more of it than its host."""


@dataclass(frozen=True, slots=True)
class Reach:
    """Where events may go besides public addresses: ``networks`` of the hospital's own; ``plain_http``: without
    TLS."""

    networks: tuple[IpNetwork, ...] = ()
    plain_http: bool = False

    def permits(self, address: IpAddress) -> bool:
        """Whether an address may be called: a public one, or one of the networks named."""
        if any(address.version == network.version and address in network for network in self.networks):
            return True
        given_out = address.version == 4 or address in _UNICAST
        return given_out and address.is_global and not address.is_multicast and not _embeds(address)


@dataclass(frozen=True, slots=True)
class Destination:
    """An address that was looked up and may be called: ``url`` names it by number, ``host`` is what it is called."""

    url: httpx.URL
    host: str
    authority: str


def checked_url(text: str, reach: Reach) -> httpx.URL:
    """The address of a webhook; raises ``AddressRefused`` for one that could never be called."""
    try:
        url = httpx.URL(text)
    except httpx.InvalidURL:
        raise AddressRefused("It is no address of the web.") from None
    if url.scheme != "https" and not (url.scheme == "http" and reach.plain_http):
        raise AddressRefused("Its scheme must be https.")
    if url.port is not None and not 1 <= url.port <= 65_535:
        raise AddressRefused("Its port must be from 1 to 65535.")
    if not url.host or url.userinfo or url.fragment:
        raise AddressRefused("It needs a host, and may hold neither a name and password nor a fragment.")
    literal = _literal(url.host)
    if literal is not None and not reach.permits(literal):
        raise AddressRefused("It lies in a network that is not public and not allowed here.")
    return url


async def looked_up(url: httpx.URL, reach: Reach, look_up: LookUp) -> Destination:
    """Where to call for this address now; raises ``AddressRefused`` if any of its numbers may not be called, and
    ``OSError`` if the name means nothing."""
    port = url.port or (443 if url.scheme == "https" else 80)
    # As it goes over the wire: the resolver and TLS spell a decoded name by older rules, which lead elsewhere.
    host = url.raw_host.decode("ascii")
    found = [ipaddress.ip_address(number) for number in await look_up(host, port)]
    if not found or not all(reach.permits(address) for address in found):
        raise AddressRefused("It leads into a network that is not public and not allowed here.")
    pinned = url.copy_with(host=str(found[0]), port=port)
    return Destination(pinned, host, url.netloc.decode("ascii"))


async def system_look_up(host: str, port: int) -> list[str]:
    """The numbers of a name, as the machine knows them."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


def _literal(host: str) -> IpAddress | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _embeds(address: IpAddress) -> bool:
    """Whether an address of IPv6 stands for one of IPv4, whatever that is: nobody needs to be called so."""
    if isinstance(address, ipaddress.IPv4Address):
        return False
    return any((address.ipv4_mapped, address.sixtofour, address.teredo))
