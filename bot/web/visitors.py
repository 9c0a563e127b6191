"""Whose chat a request speaks of: the one its cookie opens, or a person of the demo, named by the path."""

from __future__ import annotations

from dataclasses import dataclass

from aiohttp import web
from aiohttp.typedefs import Handler

from bot.channels.web import ACCOUNT
from bot.web import cookies, demo, guards
from bot.web.keys import RECORDS, SEALS, SITE, THROTTLE
from messages.demo import CHATS
from messages.types import Address
from storage import transcript

RENEWED = web.RequestKey("renewed", str)
"""Where a request remembers an older cookie that is to be signed."""


@dataclass(frozen=True, slots=True)
class Visitor:
    """One browser at one chat."""

    address: Address
    base: str
    """The path of the chat's page; what it calls lies below."""
    new_secret: str | None = None
    """To be given as a cookie with the answer."""


async def arriving(request: web.Request) -> Visitor:
    """Who opens a page; a browser we have not met gets a chat of its own."""
    found = await _known(request)
    if found:
        return found
    secret = cookies.new_secret()
    return Visitor(Address(ACCOUNT, cookies.chat_of(secret)), "/chat", secret)


async def known(request: web.Request) -> Visitor:
    """Who writes or reads on: only somebody who has opened the page before."""
    found = await _known(request)
    if found is None:
        raise web.HTTPForbidden(reason="no-cookie")
    return found


def signed(request: web.Request) -> Visitor:
    """Who may have a stream: only a cookie that we signed, and nothing is looked up."""
    if request.match_info.get("persona") is not None:
        return _persona(request, request.match_info["persona"])
    brought = _brought(request)
    if brought is None or not brought.signed:
        raise web.HTTPForbidden(reason="no-cookie")
    return _visitor(brought.secret)


async def _known(request: web.Request) -> Visitor | None:
    persona = request.match_info.get("persona")
    if persona is not None:
        return _persona(request, persona)
    brought = _brought(request)
    if brought is None or not (brought.signed or await _has_spoken(request, brought.secret)):
        return None
    if not brought.signed:
        request[RENEWED] = brought.secret
    return _visitor(brought.secret)


async def _has_spoken(request: web.Request, secret: str) -> bool:
    """Whether an unsigned cookie is one from before signatures: then something stands in its chat."""
    if request.app[THROTTLE].wait_unsigned(guards.place_of(request)):
        return False
    return bool(await request.app[RECORDS].read(transcript.latest, _visitor(secret).address, limit=1))


@web.middleware
async def renewing(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Sign an older cookie with whatever is answered."""
    response = await handler(request)
    if RENEWED in request:
        app = request.app
        cookies.give(response, request[RENEWED], app[SEALS], secure=app[SITE].secure)
    return response


def _brought(request: web.Request) -> cookies.Brought | None:
    return cookies.read(request, request.app[SEALS], secure=request.app[SITE].secure)


def _visitor(secret: str) -> Visitor:
    return Visitor(Address(ACCOUNT, cookies.chat_of(secret)), "/chat")


def _persona(request: web.Request, key: str) -> Visitor:
    guards.loopback(request)
    if demo.DEMO not in request.app or key not in CHATS:
        raise web.HTTPNotFound
    return Visitor(Address(ACCOUNT, CHATS[key]), f"/demo/chat/{key}")
