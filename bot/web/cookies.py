"""Who a browser is: an unguessable cookie that we signed, and the chat that follows from it.

There is no table of cookies: the chat's id is a digest, so that the database never holds what opens a chat. The
signature tells one that was given from one that was made up, before anything is looked up.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass

from aiohttp import web

from storage.seals import Seals

SECRET = re.compile(r"[A-Za-z0-9_-]{43}")
"""256 random bits in URL-safe base64."""
YEAR = 365 * 24 * 3600
PURPOSE = "cookie"


def name_of(*, secure: bool) -> str:
    """The cookie's name: under https with the prefix that pins it to this host (RFC 6265bis, 4.1.3.2)."""
    return "__Host-congdoan" if secure else "congdoan"


@dataclass(frozen=True, slots=True)
class Brought:
    """What a browser brought, of our form. `signed`: we gave it; else it is older than signatures, or made up."""

    secret: str
    signed: bool


def read(request: web.Request, seals: Seals, *, secure: bool) -> Brought | None:
    """The cookie, if it is one of ours by its form and its signature."""
    secret, dot, seal = request.cookies.get(name_of(secure=secure), "").partition(".")
    if not SECRET.fullmatch(secret):
        return None
    if not dot:
        return Brought(secret, signed=False)
    known = any(hmac.compare_digest(seal.encode(), _cut(one)) for one in seals.digests(PURPOSE, secret))
    return Brought(secret, signed=True) if known else None


def signed(secret: str, seals: Seals) -> str:
    """The secret with our signature, as a browser keeps it."""
    return f"{secret}.{_cut(seals.digest(PURPOSE, secret)).decode()}"


def _cut(digest: str) -> bytes:
    return digest[:32].encode()


def new_secret() -> str:
    """A fresh one."""
    return secrets.token_urlsafe(32)


def give(response: web.StreamResponse, secret: str, seals: Seals, *, secure: bool) -> None:
    """Let the browser keep it for a year from now."""
    response.set_cookie(
        name_of(secure=secure),
        signed(secret, seals),
        max_age=YEAR,
        path="/",
        secure=secure,
        httponly=True,
        samesite="Lax",
    )


def chat_of(secret: str) -> str:
    """The chat this secret opens: 128 bits of its digest, in hex."""
    return hashlib.sha256(secret.encode()).hexdigest()[:32]
