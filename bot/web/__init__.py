"""PAGES: what the program answers over HTTP. Pages read the database and hand lines to the intake; they never send.

Every address stands in `ROUTES`; `application` is what the composition root serves.
"""

from __future__ import annotations

from aiohttp import web

from bot.channels.web import WebChannel
from bot.web import chat, errors, files, headers, health, pages, visitors
from bot.web import demo as demo_pages
from bot.web import door as doors
from bot.web.demo import DEMO, Demo
from bot.web.door import DOOR, Door
from bot.web.files import CABINET, Cabinet
from bot.web.keys import (
    ACCOUNTS,
    CHANNEL,
    INTAKE,
    RECORDS,
    SEALS,
    SITE,
    THROTTLE,
    VITALS,
    Intake,
    Records,
    Site,
    Vitals,
)
from bot.web.throttle import Throttle
from storage.seals import Seals

ROUTES = (
    ("GET", "/", demo_pages.front),
    ("GET", "/chat", chat.page),
    ("POST", "/chat/send", chat.send),
    ("GET", "/chat/stream", chat.stream),
    ("GET", "/chat/lines", chat.lines),
    ("GET", "/demo/state", demo_pages.state),
    ("POST", "/demo/jump", demo_pages.jump),
    ("GET", "/demo/chat/{persona}", chat.page),
    ("POST", "/demo/chat/{persona}/send", chat.send),
    ("GET", "/demo/chat/{persona}/stream", chat.stream),
    ("GET", "/demo/chat/{persona}/lines", chat.lines),
    ("GET", "/files/{secret}", files.page),
    ("POST", "/files/{secret}", files.send),
    ("GET", "/files/fetch/{secret}", files.fetch),
    ("GET", "/pictures/{unit}.png", files.picture),
    ("GET", "/health", health.alive),
    ("GET", "/ready", health.ready),
)


def application(
    *,
    intake: Intake,
    records: Records,
    channel: WebChannel,
    site: Site,
    seals: Seals,
    accounts: tuple[str, ...] = (),
    throttle: Throttle | None = None,
    demo: Demo | None = None,
    cabinet: Cabinet | None = None,
    vitals: Vitals | None = None,
    door: Door | None = None,
) -> web.Application:
    """Everything under one roof; without a `demo` or a `cabinet` their addresses do not exist."""
    app = web.Application(middlewares=[errors.kindly, doors.mind, visitors.renewing])
    app[INTAKE], app[RECORDS], app[CHANNEL], app[SITE] = intake, records, channel, site
    app[ACCOUNTS], app[VITALS], app[SEALS] = accounts, vitals, seals
    app[DOOR] = Door() if door is None else door
    app[THROTTLE] = throttle or Throttle()
    if demo is not None:
        app[DEMO] = demo
    if cabinet is not None:
        app[CABINET] = cabinet
    for method, path, handler in ROUTES:
        app.router.add_route(method, path, handler)
    app.router.add_static("/static", pages.STATIC)
    app.on_response_prepare.append(headers.protect)
    app.on_shutdown.append(_end_streams)
    return app


async def _end_streams(app: web.Application) -> None:
    app[CHANNEL].hub.close()
