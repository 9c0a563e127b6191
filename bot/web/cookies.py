"""Who a browser is: an unguessable cookie, and the chat that follows from it.

There is no table of cookies: the chat's id is a digest, so that the database never holds what opens a chat.
"""

from __future__ import annotations

import hashlib
import re
import secrets

from aiohttp import web

SECRET = re.compile(r"[A-Za-z0-9_-]{43}")
"""256 random bits in URL-safe base64."""
YEAR = 365 * 24 * 3600


def name_of(*, secure: bool) -> str:
    """The cookie's name: under https with the prefix that pins it to this host (RFC 6265bis, 4.1.3.2)."""
    return "__Host-congdoan" if secure else "congdoan"


def read(request: web.Request, *, secure: bool) -> str | None:
    """The secret the browser brought, if it is one of ours by its form."""
    brought = request.cookies.get(name_of(secure=secure), "")
    return brought if SECRET.fullmatch(brought) else None


def new_secret() -> str:
    """A fresh one."""
    return secrets.token_urlsafe(32)


def give(response: web.StreamResponse, secret: str, *, secure: bool) -> None:
    """Let the browser keep it for a year from now."""
    response.set_cookie(
        name_of(secure=secure), secret, max_age=YEAR, path="/", secure=secure, httponly=True, samesite="Lax"
    )


def chat_of(secret: str) -> str:
    """The chat this secret opens: 128 bits of its digest, in hex."""
    return hashlib.sha256(secret.encode()).hexdigest()[:32]
