"""THE DOOR: how many connections stand open, from where, and how long each may take to say what it wants.

Whoever brings a cookie that we signed is no stranger: they count towards no place's share and are never sent away for
another's sake. When the house is full, the connection goes that has been silent longest, then the stranger who has been
speaking longest; so a flood of silent or unfinished calls drives out itself. Nothing here reads a body.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import cast

from aiohttp import web
from aiohttp.typedefs import Handler

from bot.web import cookies, guards
from bot.web.keys import SEALS, SITE

MOST = 8_000
"""Connections at once. Half of them may be streams, and half of those from one place: a factory with one address."""
STRANGERS = 256
"""Connections, and requests under way, of strangers from one place. A platform that calls is a stranger, too."""
SILENT = 30.0
"""Seconds a connection may stay open without a request."""
GRACE = 5.0
"""Seconds in which nobody is sent away because their place has too many."""
LINGERING = 2.0
"""Seconds in which the rest of a refused body is read and forgotten, so that the refusal is heard."""
BODY = 20.0
"""Seconds in which what a request brings must have arrived: a line is small."""
UPLOAD = 180.0
"""The same for the pages that take files from phones."""
FULL = (
    b"HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/plain; charset=utf-8\r\nRetry-After: 10\r\n"
    b"Connection: close\r\nContent-Length: 0\r\n\r\n"
)
BACKLOG = 1024


class TooSlow(TimeoutError):
    """What a request brings did not arrive in time."""


class Guest(asyncio.Protocol):
    """One connection: everything goes on to aiohttp's own protocol, once the door has let it in."""

    def __init__(self, door: Door, inner: asyncio.Protocol) -> None:
        self._door = door
        self._inner: asyncio.Protocol | None = inner
        self._transport: asyncio.Transport | None = None
        self.place = ""
        self.since = 0.0
        """When it fell silent, by the loop's clock."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Let it in, or say that the house is full."""
        self._transport = cast(asyncio.Transport, transport)
        self.place = guards.network_of((transport.get_extra_info("peername") or ("",))[0])
        if self._inner is not None and self._door.enter(self):
            self._inner.connection_made(transport)
            return
        self._inner = None
        self._transport.write(FULL)
        self._transport.close()

    def data_received(self, data: bytes) -> None:
        """Pass on."""
        if self._inner is not None:
            self._inner.data_received(data)

    def eof_received(self) -> bool | None:
        """Pass on."""
        return self._inner.eof_received() if self._inner is not None else None

    def pause_writing(self) -> None:
        """Pass on."""
        if self._inner is not None:
            self._inner.pause_writing()

    def resume_writing(self) -> None:
        """Pass on."""
        if self._inner is not None:
            self._inner.resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        """Pass on, and make room."""
        self._door.leave(self)
        if self._inner is not None:
            self._inner.connection_lost(exc)

    def send_away(self) -> None:
        """End the connection at once."""
        self._door.leave(self)
        if self._transport is not None:
            self._transport.abort()


class Door:
    """Counts whoever is inside. `most`: connections at once."""

    def __init__(
        self, most: int = MOST, *, strangers: int = STRANGERS, grace: float = GRACE, body: float = BODY
    ) -> None:
        self._most = most
        self._strangers = min(strangers, most)
        self._grace = grace
        self._body = body
        self._idle: dict[Guest, None] = {}
        """Between two requests or before the first, the longest first; and so below."""
        self._busy_strangers: dict[Guest, None] = {}
        self._busy: set[Guest] = set()
        self._of_place: dict[str, dict[Guest, None]] = {}
        self._asking: Counter[str] = Counter()
        self._streams: Counter[str] = Counter()

    def __len__(self) -> int:
        return len(self._idle) + len(self._busy_strangers) + len(self._busy)

    def guarding(self, inner: Callable[[], asyncio.Protocol]) -> Callable[[], Guest]:
        """A factory of protocols, for `loop.create_server`."""
        return lambda: Guest(self, inner())

    def enter(self, guest: Guest) -> bool:
        """Whether there is room for one more; it is made where it can be."""
        self._thin_out(guest.place)
        if len(self) >= self._most and not (self._make_room(self._idle) or self._make_room(self._busy_strangers)):
            return False
        self._rest(guest)
        self._of_place.setdefault(guest.place, {})[guest] = None
        return True

    def _thin_out(self, place: str) -> None:
        """Send away strangers of one place who are too many and have said nothing for a while.

        Whoever has just come may be known, and says so next: a whole factory comes back at once after a stop.
        """
        while len(here := self._of_place.get(place, {})) >= self._strangers:
            oldest = next((one for one in here if one in self._idle), None)
            if oldest is None or asyncio.get_running_loop().time() - oldest.since < self._grace:
                return
            oldest.send_away()

    def _rest(self, guest: Guest) -> None:
        guest.since = asyncio.get_running_loop().time()
        self._idle[guest] = None

    def leave(self, guest: Guest) -> None:
        """It is gone."""
        self._idle.pop(guest, None)
        self._busy_strangers.pop(guest, None)
        self._busy.discard(guest)
        self._forget_place(guest)

    def _forget_place(self, guest: Guest) -> None:
        here = self._of_place.get(guest.place, {})
        here.pop(guest, None)
        if not here:
            self._of_place.pop(guest.place, None)

    @staticmethod
    def _make_room(candidates: dict[Guest, None]) -> bool:
        oldest = next(iter(candidates), None)
        if oldest is not None:
            oldest.send_away()
        return oldest is not None

    @contextmanager
    def asking(self, guest: Guest | None, place: str, *, stranger: bool, behind_proxy: bool) -> Iterator[None]:
        """A request is under way. Raises the refusal where its place has too many of strangers already."""
        if stranger and self._asking[place] >= self._strangers:
            raise web.HTTPServiceUnavailable(headers={"Retry-After": "10"})
        if guest is not None and guest in self._idle:
            del self._idle[guest]
            if not stranger:
                self._busy.add(guest)
            else:
                self._busy_strangers[guest] = None
            if not stranger or behind_proxy:  # every connection is the proxy's there
                self._forget_place(guest)
        self._asking[place] += stranger
        try:
            yield
        finally:
            _less(self._asking, place, stranger)
            if guest is not None and (guest in self._busy or guest in self._busy_strangers):
                self._busy.discard(guest)
                self._busy_strangers.pop(guest, None)
                self._rest(guest)

    @contextmanager
    def streaming(self, place: str) -> Iterator[None]:
        """A stream is open. Raises the refusal where there are too many; then the page asks now and then."""
        if self._streams.total() >= self._most // 2 or self._streams[place] >= self._most // 4:
            raise web.HTTPTooManyRequests(headers={"Retry-After": "60"})
        self._streams[place] += 1
        try:
            yield
        finally:
            _less(self._streams, place, 1)

    @contextmanager
    def patience(self, request: web.Request) -> Iterator[None]:
        """Break off a body that does not come to its end."""
        seconds = UPLOAD if request.path.startswith("/files/") else self._body
        loop = asyncio.get_running_loop()
        over = loop.call_later(seconds, request.content.set_exception, TooSlow())
        request.content.on_eof(over.cancel)
        try:
            yield
        except TooSlow:
            raise web.HTTPRequestTimeout from None
        finally:
            over.cancel()


DOOR: web.AppKey[Door] = web.AppKey("door")


@web.middleware
async def mind(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Know the visitor by their cookie, count the request, limit how long it takes to arrive."""
    door, site = request.app[DOOR], request.app[SITE]
    brought = cookies.read(request, request.app[SEALS], secure=site.secure)
    stranger = brought is None or not brought.signed
    guest = request.transport.get_protocol() if request.transport is not None else None
    known = guest if isinstance(guest, Guest) else None
    asking = door.asking(known, guards.place_of(request), stranger=stranger, behind_proxy=site.secure)
    with asking, door.patience(request):
        return await handler(request)


def _less(counter: Counter[str], name: str, by: int) -> None:
    counter[name] -= by
    if counter[name] <= 0:
        del counter[name]


class Entrance(web.BaseSite):
    """Where connections come in, on one address."""

    def __init__(self, runner: web.BaseRunner, host: str, port: int, door: Door) -> None:
        super().__init__(runner, backlog=BACKLOG)
        self._host, self._port, self._door = host, port, door

    @property
    def name(self) -> str:
        """Its address."""
        return f"http://{self._host}:{self._port}"

    async def start(self) -> None:
        """Listen."""
        await super().start()
        server = self._runner.server
        assert server is not None
        factory = self._door.guarding(cast(Callable[[], asyncio.Protocol], server))
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(factory, self._host, self._port, backlog=self._backlog)
