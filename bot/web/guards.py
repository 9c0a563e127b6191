"""Who may call: our own pages for what changes something, this very machine for the demo.

Each guard returns when all is well and raises the HTTP refusal otherwise.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError
from multidict import MultiDictProxy

from bot.web.keys import SITE

LOCAL_HOSTS = frozenset({"localhost", "127.0.0.1", "[::1]"})


def same_origin(request: web.Request) -> None:
    """Refuse a write that another site's page made the browser send, or that says nothing of where it comes from."""
    fetch_site = request.headers.get("Sec-Fetch-Site")
    origin = request.headers.get("Origin")
    own = fetch_site == "same-origin" if fetch_site is not None else origin is not None and _is_ours(request, origin)
    if not own:
        raise web.HTTPForbidden(reason="cross-site")


def _is_ours(request: web.Request, origin: str) -> bool:
    host = urlsplit(origin).netloc
    return bool(host) and host in {request.host, urlsplit(request.app[SITE].public_url).netloc}


@contextmanager
def legible() -> Iterator[None]:
    """Refuse a form that does not keep to its own form, whichever of aiohttp's ways it has to say so."""
    try:
        yield
    except (HttpProcessingError, ValueError, TypeError, RuntimeError) as trouble:
        raise web.HTTPBadRequest from trouble


async def form_of(request: web.Request) -> MultiDictProxy[str | bytes | bytearray | web.FileField]:
    """The fields of a plain form."""
    with legible():
        return await request.post()


def loopback(request: web.Request) -> None:
    """Refuse everybody but this machine, also when they come through a proxy or a name that points here."""
    through_proxy = "X-Forwarded-For" in request.headers or "Forwarded" in request.headers
    if through_proxy or not _is_loopback(request.remote) or _bare_host(request) not in LOCAL_HOSTS:
        raise web.HTTPNotFound


def _is_loopback(peer: str | None) -> bool:
    try:
        return ipaddress.ip_address(peer or "").is_loopback
    except ValueError:
        return False


def _bare_host(request: web.Request) -> str:
    host, colon, port = request.host.rpartition(":")
    return host if colon and port.isdigit() else request.host


def place_of(request: web.Request) -> str:
    """Where on the network the request comes from: what our own proxy says last, else the peer."""
    told = request.headers.getall("X-Forwarded-For", [""]) if request.app[SITE].secure else [""]
    return network_of(told[-1].rpartition(",")[2].strip() or request.remote or "")


def network_of(address: str) -> str:
    """What counts as one place: an IPv4 address, or the /64 of an IPv6 one, which is what one household is given."""
    try:
        known = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address[:64]
    if known.version == 4:
        return str(known)
    return str(known.ipv4_mapped or ipaddress.ip_network((int(known), 64), strict=False))
