"""The browser chat: its page, what is written in it, what comes back.

The page is whole before any script runs; the script only saves the reloading. Everything a member may see was stored in
the transcript first.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import uuid
from collections.abc import AsyncGenerator
from dataclasses import dataclass

from aiohttp import web

from bot.channels.web import WebChannel
from bot.web import cookies, guards, pages, views, visitors
from bot.web.door import DOOR
from bot.web.keys import CHANNEL, INTAKE, RECORDS, SEALS, SITE, THROTTLE
from bot.web.visitors import Visitor
from handlers.danger.recognition import recognise
from messages import dates
from messages.types import Event, Inbound, Pressed, Text
from storage import clock, transcript
from storage.database import Transaction
from storage.transcript import Spoken

BODY_BYTES = 64 * 1024
HISTORY = 200
"""Lines on a freshly opened page."""
BATCH = 100
PAGES_PER_CHAT = 8
ANSWER_WAIT = 1.5
"""Seconds a page without script waits for the answer before it is shown again."""
WRITE_WAIT = 30.0
"""Seconds a page may take to read what its stream brings."""
LINE_END = re.compile(r"\r\n|\r|\n")
UNIT = re.compile(r"[A-Za-z0-9_-]{1,32}")
PAYLOAD = re.compile(r"[\x21-\x7e]{1,64}")


@dataclass(frozen=True, slots=True)
class Written:
    """What a page sent, read and found sound."""

    update_id: str
    event: Event
    by_script: bool
    last: int = 0
    """The newest line that the page had shown; 0 where it does not say."""


async def page(request: web.Request) -> web.Response:
    """The chat with its history; `?u=QN01` starts the talk with that unit in mind."""
    visitor = await visitors.arriving(request)
    history: list[Spoken] = []
    if visitor.new_secret is None:
        history = await request.app[RECORDS].read(transcript.latest, visitor.address, limit=HISTORY)
    response = pages.page(
        "chat.html",
        base=visitor.base,
        organisation=request.app[SITE].organisation,
        lines=views.of(history, home=request.app[SITE].home),
        last_id=history[-1].id if history else 0,
        start=_start(request, fresh=not history),
        form_id=str(uuid.uuid4()),
    )
    seals, secure = request.app[SEALS], request.app[SITE].secure
    brought = cookies.read(request, seals, secure=secure)
    secret = visitor.new_secret or (brought.secret if brought else None)
    if secret and visitor.base == "/chat":
        cookies.give(response, secret, seals, secure=secure)
    return response


def _start(request: web.Request, *, fresh: bool) -> str:
    """What the page says first by itself; empty when the talk simply goes on."""
    unit = request.query.get("u", "")
    if UNIT.fullmatch(unit):
        return f"/start u_{unit}"
    return "/start" if fresh else ""


async def send(request: web.Request) -> web.StreamResponse:
    """Take one line in. Sending the same id again is the same line: a page may try until it is answered."""
    guards.same_origin(request)
    visitor = await visitors.known(request)
    written = await _let_in(request, visitor)
    with request.app[CHANNEL].hub.listen(visitor.address.chat) as news:
        shown_at = await _shown_at(request, visitor, written)
        await request.app[INTAKE].receive(Inbound(visitor.address, written.update_id, written.event, shown_at))
        if not written.by_script:
            await _woken(news, ANSWER_WAIT)
            raise web.HTTPSeeOther(f"{visitor.base}#composer")
    now = await request.app[RECORDS].read(_now)
    return web.json_response({"ok": True, **now})


async def _shown_at(request: web.Request, visitor: Visitor, written: Written) -> float | None:
    """The instant of the newest line the page had shown: what was delivered later had not been seen."""
    if not written.last or not isinstance(written.event, Text):
        return None
    at = await request.app[RECORDS].read(transcript.instant, visitor.address, written.last)
    return None if at is None else at.timestamp()


async def _let_in(request: web.Request, visitor: Visitor) -> Written:
    """The line, if its visitor does not write too fast; one that speaks of danger has an allowance of its own."""
    who = {"chat": visitor.address.chat, "place": guards.place_of(request)}
    wait = request.app[THROTTLE].wait(**who)
    written = await _read(request)
    if wait and not (_speaks_of_danger(written.event) and not request.app[THROTTLE].wait_in_danger(**who)):
        raise web.HTTPTooManyRequests(headers={"Retry-After": str(int(wait) + 1)})
    return written


def _speaks_of_danger(event: Event) -> bool:
    return isinstance(event, Text) and recognise(event.text) is not None


async def _read(request: web.Request) -> Written:
    """The line of a script (JSON) or of a plain form. Raises a refusal when it is not sound."""
    limited = request.clone(client_max_size=BODY_BYTES)
    by_script = request.content_type == "application/json"
    fields = await _json(limited) if by_script else await guards.form_of(limited)
    made = _uuid(fields.get("id"))
    event, last = _event(fields.get("press"), fields.get("text")), _number(str(fields.get("last", "")))
    if by_script:
        return Written(str(made), event, by_script=True, last=last)
    # One form has one id but many buttons, and the browser's «back» brings it again with other words.
    return Written(str(uuid.uuid5(made, repr(event))), event, by_script=False, last=last)


async def _json(request: web.Request) -> dict[str, object]:
    try:
        body = await request.json()
    except (ValueError, RecursionError) as trouble:
        raise web.HTTPBadRequest from trouble
    if not isinstance(body, dict):
        raise web.HTTPBadRequest
    return body


def _uuid(brought: object) -> uuid.UUID:
    try:
        return uuid.UUID(str(brought))
    except ValueError as trouble:
        raise web.HTTPBadRequest from trouble


def _event(press: object, text: object) -> Event:
    if isinstance(press, str) and PAYLOAD.fullmatch(press):
        return Pressed(press)
    if press is None and isinstance(text, str) and (said := _storable(text)).strip():
        return Text(said)
    raise web.HTTPBadRequest


def _storable(text: str) -> str:
    """Without what no database stores: NUL and halves of surrogate pairs."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()


def _now(db: Transaction) -> dict[str, str]:
    """The moment as a bubble shows it."""
    at = dates.local(clock.now(db))
    words = f"{dates.weekday_words(at)}, {dates.date_words(at)}"
    return {"time": dates.time_words(at), "day": at.date().isoformat(), "day_words": words}


async def lines(request: web.Request) -> web.Response:
    """What came after a line, for a browser that cannot keep a stream open."""
    visitor = await visitors.known(request)
    after = _number(request.query.get("after"))
    found = await request.app[RECORDS].read(transcript.since, visitor.address, after, limit=BATCH)
    return web.json_response({"lines": [{"id": line.id, "html": _bubble(request, line, visitor)} for line in found]})


async def stream(request: web.Request) -> web.StreamResponse:
    """The same as server-sent events: first what was missed, then each line as it is stored."""
    visitor = visitors.signed(request)
    channel = request.app[CHANNEL]
    if channel.hub.count(visitor.address.chat) >= PAGES_PER_CHAT:
        raise web.HTTPTooManyRequests
    response = web.StreamResponse(headers={"X-Accel-Buffering": "no"})
    response.content_type = "text/event-stream"
    response.charset = "utf-8"
    with request.app[DOOR].streaming(guards.place_of(request)):
        await response.prepare(request)
        with contextlib.suppress(ConnectionResetError, TimeoutError):  # the page was closed, or is read by nobody
            async with contextlib.aclosing(_events(request, visitor, channel)) as events:
                async for event in events:
                    async with asyncio.timeout(WRITE_WAIT):
                        await response.write(event.encode())
    return response


async def _events(request: web.Request, visitor: Visitor, channel: WebChannel) -> AsyncGenerator[str]:
    after = _number(request.headers.get("Last-Event-ID") or request.query.get("after"))
    with channel.hub.listen(visitor.address.chat) as news:
        yield "retry: 2000\n\n"
        while not channel.hub.closing:
            news.clear()
            found = await request.app[RECORDS].read(transcript.since, visitor.address, after, limit=BATCH)
            for line in found:
                yield _event_of(request, line, visitor)
                after = line.id
            if len(found) < BATCH and not await _woken(news, request.app[SITE].reread):
                yield ": \n\n"


async def _woken(news: asyncio.Event, seconds: float) -> bool:
    """Wait for a nudge, but not longer."""
    try:
        async with asyncio.timeout(seconds):
            await news.wait()
    except TimeoutError:
        return False
    return True


def _event_of(request: web.Request, line: Spoken, visitor: Visitor) -> str:
    data = "\n".join(f"data: {part}" for part in LINE_END.split(_bubble(request, line, visitor)))
    return f"id: {line.id}\nevent: line\n{data}\n\n"


def _bubble(request: web.Request, line: Spoken, visitor: Visitor) -> str:
    site = request.app[SITE]
    view = views.one(line, home=site.home)
    return pages.render("bubble.html", line=view, base=visitor.base, organisation=site.organisation)


def _number(text: str | None) -> int:
    """A line's id as a browser brings it; anything else means from the beginning."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 19 else 0
