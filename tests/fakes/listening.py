"""What every fake platform has in common: it listens on this machine, can be waited for, and fails when told to."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Any, ClassVar, Self

from aiohttp import web

from tests import patience


@dataclass
class Fault:
    """What the next calls of a place (a method, or a path) meet: see `fail_next` of each platform."""

    kind: int | str | Mapping[str, Any]
    place: str
    times: int
    details: Mapping[str, Any]


class Listening:
    """What a world needs to be a server."""

    LARGEST_UPLOAD: ClassVar[int] = 1024 * 1024
    ENDS_WITH_CALLER: ClassVar[bool] = False
    """Whether a call whose caller went away is given up."""

    def __init__(self) -> None:
        self.url = ""
        self._faults: list[Fault] = []
        self._changed = asyncio.Event()
        self._closing = asyncio.Event()

    def _route(self, app: web.Application) -> None:
        """Say who answers what: a world without a server answers nothing."""

    async def wait_for(self, predicate: Callable[[], object]) -> None:
        """Until it holds; it is looked at whenever something happens here, and now and then besides."""
        async with asyncio.timeout(patience.SECONDS):
            while not predicate():
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._changed.wait(), 0.02)

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, it: BaseException | None, at: TracebackType | None
    ) -> None:
        await self.stop()

    async def start(self, port: int = 0) -> None:
        """Listen on this machine; port 0 takes any that is free."""
        self._closing.clear()
        app = web.Application(client_max_size=self.LARGEST_UPLOAD)
        self._route(app)
        self._runner = web.AppRunner(
            app, access_log=None, shutdown_timeout=1.0, handler_cancellation=self.ENDS_WITH_CALLER
        )
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", port).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    async def stop(self) -> None:
        """Close every connection; what waits stays for the next start."""
        self._closing.set()
        self._touch()
        await self._runner.cleanup()

    def _touch(self) -> None:
        """Something happened: whoever waits looks again."""
        self._changed.set()
        self._changed = asyncio.Event()

    def _next_fault(self, place: str) -> Fault | None:
        fault = next((fault for fault in self._faults if fault.place == place and fault.times > 0), None)
        if fault is not None:
            fault.times -= 1
        return fault


def reset(request: web.Request) -> None:
    """Break the connection."""
    if request.transport is not None:
        request.transport.abort()
