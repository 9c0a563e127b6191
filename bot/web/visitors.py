"""Whose chat a request speaks of: the one its cookie opens, or a person of the demo, named by the path."""

from __future__ import annotations

from dataclasses import dataclass

from aiohttp import web

from bot.channels.web import ACCOUNT
from bot.web import cookies, demo, guards
from bot.web.keys import SITE
from messages.demo import CHATS
from messages.types import Address


@dataclass(frozen=True, slots=True)
class Visitor:
    """One browser at one chat."""

    address: Address
    base: str
    """The path of the chat's page; what it calls lies below."""
    new_secret: str | None = None
    """To be given as a cookie with the answer."""


def arriving(request: web.Request) -> Visitor:
    """Who opens a page; a browser we have not met gets a chat of its own."""
    known = _known(request)
    if known:
        return known
    secret = cookies.new_secret()
    return Visitor(Address(ACCOUNT, cookies.chat_of(secret)), "/chat", secret)


def known(request: web.Request) -> Visitor:
    """Who writes or reads on: only somebody who has opened the page before."""
    found = _known(request)
    if found is None:
        raise web.HTTPForbidden(reason="no-cookie")
    return found


def _known(request: web.Request) -> Visitor | None:
    persona = request.match_info.get("persona")
    if persona is not None:
        return _persona(request, persona)
    secret = cookies.read(request, secure=request.app[SITE].secure)
    return Visitor(Address(ACCOUNT, cookies.chat_of(secret)), "/chat") if secret else None


def _persona(request: web.Request, key: str) -> Visitor:
    guards.loopback(request)
    if demo.DEMO not in request.app or key not in CHATS:
        raise web.HTTPNotFound
    return Visitor(Address(ACCOUNT, CHATS[key]), f"/demo/chat/{key}")
