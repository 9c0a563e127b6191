"""A Bot API of one method in a process of its own, as quick as it gets: it says yes and notes when.

Run as `python -m tests.bench.quick_telegram`; prints its port. `/report` tells the first instant of each chat, by the
machine's monotonic clock, and how many messages there were.
"""

from __future__ import annotations

import asyncio
import contextlib
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from aiohttp import ClientSession, web

YES = b'{"ok":true,"result":{"message_id":1,"date":1,"chat":{"id":1,"type":"private"}}}'


async def serve() -> None:
    """Answer until killed."""
    first: dict[str, float] = {}
    count = [0]

    async def take(request: web.Request) -> web.Response:
        told = await request.post() if request.content_type != "application/json" else await request.json()
        count[0] += 1
        first.setdefault(str(told["chat_id"]), time.monotonic())
        return web.Response(body=YES, content_type="application/json")

    async def report(_: web.Request) -> web.Response:
        return web.json_response({"first": first, "count": count[0]})

    app = web.Application()
    app.router.add_post("/{bot}/{method}", take)
    app.router.add_get("/report", report)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    print(runner.addresses[0][1], flush=True)
    await asyncio.Event().wait()


@dataclass
class Quick:
    """The running server."""

    url: str

    async def report(self) -> tuple[dict[str, float], int]:
        """The first instant by chat, and how many messages."""
        async with ClientSession() as session, session.get(f"{self.url}/report") as answer:
            told = await answer.json()
        return told["first"], told["count"]


@contextlib.contextmanager
def running() -> Iterator[Quick]:
    """In a process of its own while the block runs."""
    command = [sys.executable, "-m", "tests.bench.quick_telegram"]
    with subprocess.Popen(command, cwd=Path(__file__).parents[2], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield Quick(f"http://127.0.0.1:{int(process.stdout.readline())}")
        finally:
            process.kill()


if __name__ == "__main__":
    asyncio.run(serve())
