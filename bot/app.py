"""The composition root: builds each part in order, unwinds in reverse. No part looks for another by itself."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import gc
import os
import secrets
import signal
import threading
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

import structlog
from aiohttp import web

from bot import control, hearing, tombstones
from bot import web as pages
from bot.attachments import Fetching
from bot.channels import Channel
from bot.channels.web import WebChannel
from bot.clockwork import JOBS, Clockwork
from bot.commands import orders
from bot.courier import Courier
from bot.demo import RunningDemo
from bot.intake import Intake
from bot.jobs import office_jobs
from bot.key_watch import KeyWatch
from bot.meters import Meters
from bot.open_files import room_for
from bot.platforms import Platform
from bot.premises import make_office
from bot.settings import Part, Settings
from bot.telegram import Telegram
from bot.version import VERSION
from bot.vitals import Vitals
from bot.web import metrics
from bot.web.door import DOOR, LINGERING, SILENT, Door, Entrance
from bot.web.files import Cabinet
from bot.web.keys import Site
from bot.writer import Writer
from bot.zalo_bot import ZaloBot
from bot.zalo_oa import ZaloOa
from handlers import demo as rehearsal
from handlers.office import Office
from handlers.reaching.gate import Gate
from handlers.reaching.last_look import LastLook
from storage import clock, key_checks
from storage.database import Database, Transaction
from storage.seals import Seals
from storage.upgrades import migrate

LONGEST_STOP = 28.0
"""Seconds. A database that neither answers nor breaks off can hold up a stop for ever; nothing can be settled then."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class App:
    """The parts of one running process."""

    settings: Settings
    writer: Writer
    office: Office
    intake: Intake
    courier: Courier
    clockwork: Clockwork
    site: web.Application
    platforms: tuple[Platform, ...]
    fetching: Fetching
    owner: str
    """This process among all that share the database."""
    meters: Meters
    vitals: Vitals


@asynccontextmanager
async def running(
    settings: Settings,
    *,
    demo: bool = False,
    more: Sequence[Channel] = (),
    office: Office | None = None,
    listen: bool = False,
) -> AsyncIterator[App]:
    """Everything, started; stopped in reverse at the end of the block. Pages answer on a socket if they `listen`.

    `more`: channels of the command that runs it (the terminal). `office`: one made before, where many are started.
    """
    async with AsyncExitStack() as stack:
        held = stack.enter_context(control.hold(settings.database_url))
        await asyncio.to_thread(migrate, settings.database_url)
        database = Database(settings.database_url, Seals(settings.secret_keys))
        stack.callback(database.close)
        writer = Writer(database)
        writer.open()
        stack.push_async_callback(writer.close)
        await writer.run(key_checks.use)
        if office is None:
            office = await asyncio.to_thread(make_office, settings, demo=demo)
            await asyncio.to_thread(office.catalogue.compile)
        if demo:
            await writer.run(_prepare_demo, office)
        app = await _assemble(stack, settings, database, writer, office, more, demo=demo)
        await stack.enter_async_context(control.serving(held, orders.carrier(writer, office)))
        if listen:
            await stack.enter_async_context(_listening(app))
        page = functools.partial(app.meters.page, writer)
        await stack.enter_async_context(metrics.listening(page, settings.metrics_host, settings.metrics_port))
        work = await stack.enter_async_context(AsyncExitStack())
        _start(work, app)
        _background(stack, KeyWatch(writer, app.vitals, lambda: work.pop_all().aclose()).run())
        yield app


async def _assemble(
    stack: AsyncExitStack,
    settings: Settings,
    database: Database,
    writer: Writer,
    office: Office,
    more: Sequence[Channel],
    *,
    demo: bool,
) -> App:
    """Make the parts and tie them together; nothing runs yet."""
    owner = secrets.token_hex(8)
    browser = WebChannel()
    platforms: list[Platform] = [
        *(Telegram(bot, office) for bot in settings.telegram),
        *(ZaloBot(bot, office, writer) for bot in settings.zalo_bot),
        *(ZaloOa(oa, office, writer, owner=owner) for oa in settings.zalo_oa),
    ]
    for each in platforms:
        await each.channel.open()
        stack.push_async_callback(each.channel.close)
    channels: list[Channel] = [browser, *(each.channel for each in platforms), *more]
    vitals = Vitals()
    vitals.ears = {each.channel.account: each.channel.ear for each in platforms}
    database.seals.unopened = vitals.count_unopened
    meters = Meters(vitals)
    courier = Courier(
        writer,
        channels,
        owner=owner,
        alone=database.is_sqlite,
        news=LastLook(office),
        gate=Gate(office),
        landed=meters.landed,
    )
    intake = Intake(writer, office, courier.wake, meters.turn)
    jobs = (*JOBS, *office_jobs(office), *tombstones.jobs(settings))
    clockwork = Clockwork(writer, jobs, owner=owner, wake=courier.wake)
    site = pages.application(
        intake=intake,
        records=writer,
        channel=browser,
        seals=database.seals,
        door=Door(room_for(settings.http_connections)),
        site=Site(
            settings.public_url or "",
            office.organisation,
            reread=20.0 if database.is_sqlite else 1.0,
            home=office.public_url,
        ),
        accounts=tuple(channel.account for channel in channels),
        demo=RunningDemo(writer, office, clockwork, courier) if demo else None,
        cabinet=Cabinet(writer, office),
        vitals=vitals,
    )
    for each in platforms:
        each.hook(site, intake)
    fetching = Fetching(writer, office, channels)
    return App(
        settings, writer, office, intake, courier, clockwork, site, tuple(platforms), fetching, owner, meters, vitals
    )


def _start(stack: AsyncExitStack, app: App) -> None:
    """Start what this process's roles ask for."""
    roles = app.settings.roles
    if Part.COURIER in roles:
        _background(stack, app.courier.run())
        stack.push_async_callback(app.courier.stop)
    if Part.CLOCK in roles:
        app.clockwork.start()
        stack.push_async_callback(app.clockwork.stop)
    if Part.COURIER in roles:
        _background(stack, app.fetching.run())
    _background(stack, hearing.keep_told(app.writer, app.office, app.vitals.ears, app.settings.deaf_after))
    if Part.POLLER in roles:
        for each in app.platforms:
            _background(stack, each.run(app.writer, app.intake, app.owner, app.settings.public_url))


def _background(stack: AsyncExitStack, work: Coroutine[None, None, None]) -> None:
    """Run something beside the rest until the stack unwinds."""
    task = asyncio.create_task(work)

    async def end() -> None:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task

    stack.push_async_callback(end)


@asynccontextmanager
async def _listening(app: App) -> AsyncIterator[None]:
    """Answer on the settings' address."""
    runner = web.AppRunner(
        app.site, access_log=None, shutdown_timeout=5, keepalive_timeout=SILENT, lingering_time=LINGERING
    )
    await runner.setup()
    try:
        await Entrance(runner, app.settings.http_host, app.settings.http_port, app.site[DOOR]).start()
        yield
    finally:
        await runner.cleanup()


async def serve(
    settings: Settings, *, demo: bool = False, more: Sequence[Channel] = (), ready: Callable[[App], None] | None = None
) -> None:
    """Run until SIGINT or SIGTERM, then stop gracefully. `ready` is told once everything answers."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, stop.set)
    async with ending_soon(stop), running(settings, demo=demo, more=more, listen=Part.WEB in settings.roles) as app:
        _look_at_the_list_of_erasures(settings)
        log.info("started", version=VERSION, roles=sorted(settings.roles), demo=demo)
        gc.collect()
        gc.freeze()  # what is here now stays: the collector need not look through it again and again
        if ready is not None:
            ready(app)
        await stop.wait()
        log.info("stopping")


def _look_at_the_list_of_erasures(settings: Settings) -> None:
    """Told before the first erasure, not when a restore needs it."""
    file = tombstones.place(settings)
    if file is not None and (trouble := tombstones.trouble(file)) is not None:
        tombstones.tell(file, trouble)


@asynccontextmanager
async def ending_soon(stop: asyncio.Event) -> AsyncIterator[None]:
    """End the process the hard way where stopping takes too long: what it held falls to others by its leases."""
    over = threading.Event()

    def watch() -> None:
        if not over.wait(LONGEST_STOP):
            log.error("stop.too_long", seconds=LONGEST_STOP)
            os._exit(1)

    async def begin() -> None:
        await stop.wait()
        threading.Thread(target=watch, name="stop", daemon=True).start()

    waiting = asyncio.create_task(begin())
    try:
        yield
    finally:
        over.set()
        waiting.cancel()


def _prepare_demo(db: Transaction, office: Office) -> None:
    rehearsal.prepare(db, office, rehearsal.wake(db, office, clock.now(db)))
