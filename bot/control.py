"""The local door of a process that serves a SQLite file: one lock, one Unix socket, one route.

A SQLite file has one writing process. A command that writes hands its order to the process that serves the file, or
does the work itself when nobody does. PostgreSQL needs none of this. Never a decision about what an order means.
"""

# ruff: noqa: PLC0415

from __future__ import annotations

import asyncio
import fcntl
import hashlib
import io
import json
import os
import stat
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import gettempdir
from typing import TYPE_CHECKING, Any

from bot import ownership
from bot.errors import OrderFailed
from storage.engines import read_url
from storage.errors import InUse

if TYPE_CHECKING:
    from aiohttp import web

LONGEST_SOCKET = 100
"""Bytes: the kernel takes 107."""
MAX_BODY = 64_000_000
LONGEST_ORDER, LONGEST_CONNECT = 900, 5
"""Seconds."""
OK = 200
REFUSED = 422
ROUTE = "/order"

Facts = dict[str, Any]
"""Small JSON."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """An order as it travels: small facts, and a file's bytes where it has one."""

    facts: Facts
    body: bytes = b""

    def pack(self) -> bytes:
        """One line of JSON, then the bytes."""
        return _line(self.facts) + self.body

    @classmethod
    def unpack(cls, packed: bytes) -> Envelope:
        """Read what `pack` wrote."""
        head, _, body = packed.partition(b"\n")
        return cls(json.loads(head), body)


class Refused(Exception):
    """An order that was understood and not carried out; `facts` say why."""

    def __init__(self, facts: Facts) -> None:
        super().__init__(facts)
        self.facts = facts


Carry = Callable[[Envelope], Awaitable[Facts]]
"""What the serving process does with an order. May raise Refused."""


@dataclass(frozen=True, slots=True)
class Hold:
    """The right to write to a SQLite file. `lock` is None where no such right is needed (PostgreSQL)."""

    database: Path | None
    lock: int | None


def database_file(url: str) -> Path | None:
    """The file of a SQLite address; None for PostgreSQL."""
    parsed = read_url(url)
    return Path(parsed.database or "").resolve() if parsed.get_backend_name() == "sqlite" else None


@contextmanager
def hold(url: str) -> Iterator[Hold]:
    """Be the one process that writes, until the block ends. Raises InUse."""
    database = database_file(url)
    if database is None:
        yield Hold(None, None)
        return
    lock = os.open(_lock_file(database), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise InUse(database.name) from None
        os.ftruncate(lock, 0)
        yield Hold(database, lock)
    finally:
        os.close(lock)
        ownership.hand_back(database)


@asynccontextmanager
async def serving(held: Hold, carry: Carry) -> AsyncIterator[None]:
    """Take orders from commands while the block runs."""
    from aiohttp import web

    if held.database is None or held.lock is None:
        yield
        return
    path = _socket_path(held.database)
    _private_directory(path.parent)
    path.unlink(missing_ok=True)  # of a process that was killed: we hold the lock, so nobody listens there
    runner = web.AppRunner(_application(carry), access_log=None, shutdown_timeout=10)
    await runner.setup()
    try:
        await web.UnixSite(runner, path).start()
        path.chmod(0o600)
        os.pwrite(held.lock, os.fsencode(path), 0)
        yield
    finally:
        os.ftruncate(held.lock, 0)
        await runner.cleanup()
        path.unlink(missing_ok=True)


def deliver(url: str, order: Envelope, alone: Callable[[Envelope], Facts]) -> Facts:
    """Have an order carried out: by the process that serves this database, else by `alone`, here.

    Raises Refused, OrderFailed; InUse when another process holds the file and does not answer.
    """
    with ExitStack() as stack:
        try:
            stack.enter_context(hold(url))
        except InUse:
            socket = _announced(url)
            if socket is None:
                raise
            return asyncio.run(_post(socket, order))
        return alone(order)


async def _post(socket: Path, order: Envelope) -> Facts:
    import aiohttp  # most commands meet nobody and are quicker without it

    timeout = aiohttp.ClientTimeout(total=LONGEST_ORDER, connect=LONGEST_CONNECT)
    connector = aiohttp.UnixConnector(path=str(socket))
    try:
        async with (
            aiohttp.ClientSession(connector=connector, timeout=timeout) as session,
            session.post(f"http://localhost{ROUTE}", data=io.BytesIO(order.pack())) as response,
        ):
            if response.status not in (OK, REFUSED):
                raise OrderFailed(response.status)
            facts: Facts = json.loads(await response.read())
    except (aiohttp.ClientError, TimeoutError) as trouble:
        raise InUse(f"{socket.name}: {type(trouble).__name__}") from trouble
    if response.status == REFUSED:
        raise Refused(facts)
    return facts


def _application(carry: Carry) -> web.Application:
    from aiohttp import web

    async def take(request: web.Request) -> web.Response:
        order = Envelope.unpack(await request.read())
        try:
            return web.Response(body=_line(await carry(order)))
        except Refused as refused:
            return web.Response(status=REFUSED, body=_line(refused.facts))

    application = web.Application(client_max_size=MAX_BODY)
    application.router.add_post(ROUTE, take)
    return application


def _line(facts: Facts) -> bytes:
    return json.dumps(facts).encode() + b"\n"


def _lock_file(database: Path) -> Path:
    return database.with_name(f"{database.name}.lock")


def _announced(url: str) -> Path | None:
    """The socket that the holder of the lock has told of; None while it takes no orders."""
    database = database_file(url)
    told = _lock_file(database).read_bytes() if database else b""
    return Path(os.fsdecode(told)) if told else None


def _socket_path(database: Path) -> Path:
    """Beside the database, so that everybody who sees the file sees the socket; in the system's temporary directory
    where that path would be too long for the kernel."""
    name = hashlib.blake2b(os.fsencode(database), digest_size=6).hexdigest()
    beside = database.parent / ".control" / name
    if len(os.fsencode(beside)) <= LONGEST_SOCKET:
        return beside
    return Path(gettempdir()) / f"congdoan-{os.getuid()}" / name


def _private_directory(directory: Path) -> None:
    """Make it, or make sure that it is ours and that nobody else can enter. Raises InUse."""
    directory.mkdir(mode=0o700, exist_ok=True)
    facts = directory.lstat()
    if not stat.S_ISDIR(facts.st_mode) or facts.st_uid != os.getuid():
        raise InUse(f"{directory}: not ours")
    directory.chmod(0o700)
