"""Pages for what no chat carries: files come and go by an address that asks for the code said in the chat; pictures for
channels that fetch them themselves, as often as they like.

What is taken and given, and to whom, is decided in handlers/files/links.py. Files are served to be saved, not shown.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Concatenate, ParamSpec, Protocol, TypeVar
from urllib.parse import quote

from aiohttp import BodyPartReader, ClientPayloadError, web

from bot.web import guards, pages
from bot.web.throttle import Buckets, Rate
from handlers.files import files
from handlers.files import links as file_links
from handlers.files.files import Refusal, Upload
from handlers.files.kinds import DOCUMENTS
from handlers.files.links import Received, Served, Shown
from handlers.office import Office
from handlers.units import posters
from storage import clock
from storage.database import Transaction

P = ParamSpec("P")
T = TypeVar("T")

MOST_AT_ONCE = 2 * files.MOST_BYTES
"""One handing in, all files together: what a phone sends in a minute, and what fits into memory many times over."""
CHUNK = 64 * 1024
TRIES = Rate(burst=10, per_second=0.2)
"""Codes that one place on the network may try."""
PICTURES = Rate(burst=60, per_second=2)
"""Pictures that one place may have drawn; platforms fetch for many members at once."""
SECRET = re.compile(r"[0-9A-Z]{26}")
UNIT = re.compile(r"[A-Za-z0-9_-]{1,32}")
ENDINGS = ",".join(f".{kind.value}" for kind in DOCUMENTS)
STATUS = {
    Refusal.GONE: 410,
    Refusal.WRONG: 403,
    Refusal.NOTHING: 400,
    Refusal.TOO_MANY: 413,
    Refusal.TOO_BIG: 413,
    Refusal.KIND: 415,
}


class Desk(Protocol):
    """How these pages read and write: the writer of this process."""

    async def read(self, fn: Callable[Concatenate[Transaction, P], T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Run `fn(db, …)` in a reading transaction."""
        ...

    async def run(self, fn: Callable[Concatenate[Transaction, P], T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Run `fn(db, …)` in a writing one; returns after the commit."""
        ...


class Cabinet:
    """What the pages about files need: the database, the office, a memory of who tries codes too fast."""

    def __init__(self, desk: Desk, office: Office, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.desk = desk
        self.office = office
        self.tries = Buckets(TRIES, clock)
        self.pictures = Buckets(PICTURES, clock)


CABINET: web.AppKey[Cabinet] = web.AppKey("cabinet")


@dataclass(frozen=True, slots=True)
class Form:
    """What a page sent."""

    code: str
    uploads: tuple[Upload, ...]


async def page(request: web.Request) -> web.Response:
    """Ask for the code, and for the files where some are handed in."""
    cabinet, token = _opened(request)
    return _shown(await cabinet.desk.read(_show, token), token)


async def send(request: web.Request) -> web.StreamResponse:
    """The right code lets files in, or opens the one to fetch."""
    guards.same_origin(request)
    cabinet, token = _opened(request)
    shown = await cabinet.desk.read(_show, token)
    if shown is None:
        return _shown(None, token)
    wait = cabinet.tries.wait(guards.place_of(request))
    if wait:
        raise web.HTTPTooManyRequests(headers={"Retry-After": str(int(wait) + 1)})
    with guards.legible():
        form = await _read(request)
    if shown.incoming:
        received = await cabinet.desk.run(_receive, cabinet.office, token, form)
        if isinstance(received, Received):
            return pages.page("files_done.html", title=shown.title, names=[info.name for info in received.files])
        return _refused(shown, token, received)
    ticket = await cabinet.desk.run(_unlock, cabinet.office, token, form.code)
    if isinstance(ticket, Refusal):
        return _refused(shown, token, ticket)
    return pages.page("files_ready.html", title=shown.title, link=f"/files/fetch/{ticket}")


async def fetch(request: web.Request) -> web.Response:
    """The file a ticket opens, to be saved; again and again while the ticket is good, since phones ask twice."""
    cabinet, ticket = _opened(request)
    file = await cabinet.desk.read(_fetch, ticket)
    if file is None:
        return _shown(None, ticket)
    disposition = f"attachment; filename=\"tep.{file.ending}\"; filename*=UTF-8''{quote(file.name)}"
    return web.Response(body=file.content, content_type=file.media_type, headers={"Content-Disposition": disposition})


async def picture(request: web.Request) -> web.Response:
    """The code of a unit's link as a picture. Whoever fetches it may come again; nothing personal is in it."""
    cabinet = _cabinet(request)
    unit = request.match_info["unit"]
    if not cabinet.office.public_url or not UNIT.fullmatch(unit):
        raise web.HTTPNotFound
    wait = cabinet.pictures.wait(guards.place_of(request))
    if wait:
        raise web.HTTPTooManyRequests(headers={"Retry-After": str(int(wait) + 1)})
    drawn = await cabinet.desk.read(posters.picture, unit, public_url=cabinet.office.public_url)
    if drawn is None:
        raise web.HTTPNotFound
    return web.Response(body=drawn, content_type="image/png")


def _cabinet(request: web.Request) -> Cabinet:
    if CABINET not in request.app:
        raise web.HTTPNotFound
    return request.app[CABINET]


def _opened(request: web.Request) -> tuple[Cabinet, str]:
    """The cabinet, and the secret in the address."""
    cabinet, secret = _cabinet(request), request.match_info["secret"]
    if not SECRET.fullmatch(secret):
        raise web.HTTPNotFound
    return cabinet, secret


async def _read(request: web.Request) -> Form:
    """What a form brought, part by part: nothing touches a disk, and what is too much is not read to its end."""
    try:
        return await _parts(request)
    except (ClientPayloadError, ConnectionError, ValueError) as trouble:  # cut off on the way, or no form at all
        raise web.HTTPBadRequest from trouble


async def _parts(request: web.Request) -> Form:
    if not request.content_type.startswith("multipart/"):
        return Form(str((await request.post()).get("code", "")), ())
    code, uploads, room = "", [], MOST_AT_ONCE
    async for part in await request.multipart():
        if not isinstance(part, BodyPartReader):
            raise web.HTTPBadRequest
        content = await _content(part, room)
        room -= len(content)
        if part.name == "code":
            code = content.decode("utf-8", "replace")
        elif part.name == "file" and part.filename:
            uploads.append(Upload(part.filename, content))
    return Form(code, tuple(uploads))


async def _content(part: BodyPartReader, room: int) -> bytes:
    content = bytearray()
    while chunk := await part.read_chunk(CHUNK):
        content += chunk
        if len(content) > room:
            raise web.HTTPRequestEntityTooLarge(max_size=room, actual_size=len(content))
    return bytes(content)


def _shown(shown: Shown | None, token: str, refusal: Refusal | None = None) -> web.Response:
    if shown is None:
        return pages.page("files_gone.html", status=STATUS[Refusal.GONE])
    return pages.page(
        "files.html",
        status=STATUS[refusal] if refusal else 200,
        title=shown.title,
        incoming=shown.incoming,
        most=shown.most,
        megabytes=files.MOST_BYTES // (1024 * 1024),
        endings=ENDINGS,
        action=f"/files/{token}",
        refusal=refusal.value if refusal else "",
    )


def _refused(shown: Shown, token: str, refusal: Refusal) -> web.Response:
    return _shown(None if refusal is Refusal.GONE else shown, token, refusal)


def _show(db: Transaction, token: str) -> Shown | None:
    return file_links.show(db, token, clock.now(db))


def _receive(db: Transaction, office: Office, token: str, form: Form) -> Received | Refusal:
    return file_links.receive(db, office, token, form.code, form.uploads, clock.now(db))


def _unlock(db: Transaction, office: Office, token: str, code: str) -> str | Refusal:
    return file_links.unlock(db, office, token, code, clock.now(db))


def _fetch(db: Transaction, ticket: str) -> Served | None:
    return file_links.fetch(db, ticket, clock.now(db))
