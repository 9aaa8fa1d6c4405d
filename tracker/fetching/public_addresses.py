"""A guard against requests to addresses that are not public."""

import asyncio
import ipaddress
import socket
from collections.abc import Mapping
from typing import Any


class _PrivateAddress(Exception):
    """A connection to an address that is not public."""


async def _refuse_private(host: str, event: str, info: Mapping[str, Any]) -> None:
    """Trace one httpcore request: check before connecting, and check the peer again before a byte is sent.

    Both, because a name may resolve to something else the second time.
    """
    if event == "connection.connect_tcp.started":
        _must_be_public(await _resolved(host, info["port"]))
    elif event == "connection.connect_tcp.complete":
        stream = info["return_value"]
        try:
            _must_be_public([stream.get_extra_info("server_addr")[0]])
        except _PrivateAddress:
            await stream.aclose()
            raise


async def _resolved(host: str, port: int) -> list[str]:
    try:
        addresses = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except socket.gaierror:
        return []  # the connection itself will say so
    return [str(address[0]) for *_, address in addresses]


def _must_be_public(addresses: list[str]) -> None:
    for text in addresses:
        address = ipaddress.ip_address(text.partition("%")[0])
        address = getattr(address, "ipv4_mapped", None) or address
        if not address.is_global or address.is_multicast:
            raise _PrivateAddress(text)
