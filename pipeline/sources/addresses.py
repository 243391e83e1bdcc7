"""Which network addresses a source may lie at. Pure.

A name that anybody may publish can point into our own network, so what counts is the address behind it: only public
ones, unless the settings allow private ones. Link-local addresses (where clouds keep their credentials) never.
"""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

from schemas.errors import SourceUnavailable

_WRAPPED = tuple(map(IPv6Network, ("64:ff9b::/96", "64:ff9b:1::/48", "::ffff:0:0:0/96", "::/96")))
"""Where the last four bytes are an IPv4 address: translated, and the old compatible form."""
_IN_USE = IPv6Network("2000::/3")
"""All of IPv6 that is given out to the public; the library's own list names what is not, and misses some."""
_UNUSED = IPv4Network("192.0.0.0/24")
_METADATA = frozenset(map(ip_address, ("fd00:ec2::254", "100.100.100.200", "192.0.0.192")))
"""Where some clouds keep their credentials, besides 169.254.0.0/16."""


class Barred(SourceUnavailable):
    """A host we do not go to; its sentence is half of one, without the address that was asked for."""


def check_addresses(host: str, addresses: Sequence[str], *, allow_private: bool) -> None:
    """Barred where a host has any address we do not go to."""
    for text in addresses:
        address = _meant(text)
        if address.is_link_local or address in _METADATA:
            raise _barred(host, "link-local", "de enlace local")
        if not _public(address) and not (allow_private and _inside(address)):
            raise _barred(host, "private", "privada", allowed=_inside(address))


def is_loopback(address: str) -> bool:
    """Is it this machine?"""
    return _meant(address).is_loopback


def _meant(text: str) -> IPv4Address | IPv6Address:
    """The address that is reached: one address may be written inside another."""
    address = ip_address(text.partition("%")[0])
    if isinstance(address, IPv4Address):
        return address
    inner = address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)
    if inner is None and int(address) > 1 and any(address in network for network in _WRAPPED):
        inner = IPv4Address(int(address) & 0xFFFFFFFF)
    return inner or address


def _public(address: IPv4Address | IPv6Address) -> bool:
    if isinstance(address, IPv6Address):
        return address in _IN_USE and address.is_global
    return address.is_global and not address.is_multicast and address not in _UNUSED


def _inside(address: IPv4Address | IPv6Address) -> bool:
    """An address of our own machine or network, as against one that means nothing (0.0.0.0, multicast)."""
    nowhere = address.is_unspecified or address.is_multicast or address.is_reserved
    return address.is_loopback or not (_public(address) or nowhere)


def _barred(host: str, english: str, spanish: str, *, allowed: bool = False) -> Barred:
    """allowed: the settings may let us in."""
    setting = "«[sources] allow_private = true»"
    return Barred(
        f"{host} is a {english} address, where no source is read" + (f" ({setting} allows it)" if allowed else ""),
        es=f"{host} es una dirección {spanish}, donde no se leen fuentes"
        + (f" ({setting} lo permite)" if allowed else ""),
    )
