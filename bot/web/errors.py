"""What a browser is told when something did not work: what happened, what was kept, what to do.

The words are in templates/notices.html. A fault of ours gets an id, which stands in the log and on the page.
"""

from __future__ import annotations

import secrets
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol, cast

import structlog
from aiohttp import ClientPayloadError, web
from aiohttp.typedefs import Handler

from bot.web import pages
from storage.database import Database
from storage.errors import StorageError

log = structlog.get_logger()

KINDS = {
    400: "bad",
    403: "forbidden",
    404: "missing",
    405: "method",
    408: "slow",
    413: "large",
    429: "throttled",
    503: "down",
}


class Notices(Protocol):
    """The macros of notices.html."""

    def title(self, kind: str) -> str:
        """What happened."""
        ...

    def advice(self, kind: str) -> str:
        """What to do."""
        ...


@web.middleware
async def kindly(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn refusals and faults into words; a fault of ours is logged under an id that the visitor is shown."""
    try:
        return await handler(request)
    except web.HTTPException as refusal:
        if refusal.status < 400:
            raise
        return answer(request, refusal.status, headers=_passed_on(refusal))
    except (
        ConnectionError,
        ClientPayloadError,
    ):  # whoever asked is gone, or a proxy cut them off: nobody is to be told
        return answer(request, 400)
    except Exception as fault:
        return _fault(request, fault)


def _fault(request: web.Request, fault: Exception) -> web.Response:
    down = Database.is_fault(fault) or isinstance(fault, StorageError)
    error_id = secrets.token_hex(4)
    log.error("page failed", error_id=error_id, error=type(fault).__name__, frames=_frames(fault))
    return answer(request, 503 if down else 500, error_id=error_id)


def _frames(fault: Exception) -> list[str]:
    """Where it happened: files and lines only, for the message of an exception might hold somebody's words."""
    return [f"{Path(frame.filename).name}:{frame.lineno}" for frame in traceback.extract_tb(fault.__traceback__)[-8:]]


def answer(
    request: web.Request, status: int, *, error_id: str = "", headers: Mapping[str, str] | None = None
) -> web.Response:
    """The same notice as JSON for our script and as a page for everybody else."""
    kind = KINDS.get(status, "fault" if status >= 500 else "bad")
    if kind == "large" and request.content_type.startswith("multipart/"):
        kind = "files"
    words = cast(Notices, pages.environment().get_template("notices.html").module)
    title, advice = str(words.title(kind)).strip(), str(words.advice(kind)).strip()
    if "application/json" in request.headers.get("Accept", ""):
        body = {"ok": False, "error": kind, "message": f"{title} {advice}", "id": error_id}
        return web.json_response(body, status=status, headers=headers)
    response = pages.page("error.html", status=status, title=title, advice=advice, error_id=error_id)
    response.headers.update(headers or {})
    return response


def _passed_on(refusal: web.HTTPException) -> dict[str, str]:
    """What the protocol wants said with a refusal."""
    return {name: refusal.headers[name] for name in ("Allow", "Retry-After") if name in refusal.headers}
