"""What every answer says about itself: nothing from elsewhere runs here, nothing private is kept by a cache."""

from __future__ import annotations

from aiohttp import web

from bot.web.keys import SITE

POLICY = "default-src 'self'; base-uri 'none'; object-src 'none'; form-action 'self'; frame-ancestors {ancestors}"
FIXED = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
PICTURES = "public, max-age=86400"
"""Platforms and their apps fetch a picture more than once; nothing personal is ever in one."""
FOREVER = "public, max-age=31536000, immutable"


async def protect(request: web.Request, response: web.StreamResponse) -> None:
    """Add the headers just before an answer leaves, whatever made it: a page, a stream, an error."""
    framed = request.path.startswith("/demo/chat/")
    response.headers.update(FIXED)
    response.headers["Content-Security-Policy"] = POLICY.format(ancestors="'self'" if framed else "'none'")
    response.headers["X-Frame-Options"] = "SAMEORIGIN" if framed else "DENY"
    response.headers["Cache-Control"] = _caching(request, response)
    if request.app[SITE].secure:
        response.headers["Strict-Transport-Security"] = "max-age=31536000"


def _caching(request: web.Request, response: web.StreamResponse) -> str:
    """Only files that carry their version in their address may be kept, and pictures for a day."""
    if request.path.startswith("/pictures/") and response.status == 200:
        return PICTURES
    versioned = "v" in request.query or request.path.startswith("/static/vendor/")
    return FOREVER if request.path.startswith("/static/") and versioned and response.status == 200 else "no-store"
