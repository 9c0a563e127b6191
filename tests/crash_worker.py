"""A serving process that can be killed: `congdoan run` on a port of its own, written to as a browser would."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
import uuid
from collections.abc import Callable
from pathlib import Path

from aiohttp import ClientError, ClientSession, ClientTimeout

from bot.web import cookies
from tests.box import KEY, ORGANISATION, SEALS

ROOT = Path(__file__).parents[1]
Hire = Callable[..., "Worker"]
ONE_TRY = ClientTimeout(total=15)


class Worker:
    """One process at a time; `home` holds what it prints."""

    def __init__(self, home: Path, database_url: str, **settings: str) -> None:
        self.home = home
        self.port = free_port()
        own = {
            "DATABASE_URL": database_url,
            "SECRET_KEY": KEY,
            "ORGANISATION": ORGANISATION,
            "HTTP_PORT": str(self.port),
        }
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("CONGDOAN_")}
        self.environment = {**inherited, **{f"CONGDOAN_{name}": value for name, value in (own | settings).items()}}
        self.process: asyncio.subprocess.Process | None = None
        self.starts = 0
        self.is_over = False

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def printed(self) -> str:
        return (self.home / "printed").read_text(encoding="utf-8")

    async def start(self) -> None:
        """Start, and return when it answers."""
        assert not self.is_over, "the test has ended"
        self.starts += 1
        with (self.home / "printed").open("ab") as out:
            self.process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "bot", "run", cwd=ROOT, env=self.environment, stdout=out, stderr=out
            )
        async with ClientSession(timeout=ONE_TRY) as client:
            while not await self._answers(client):
                assert self.process.returncode is None, self.printed
                await asyncio.sleep(0.05)

    async def _answers(self, client: ClientSession) -> bool:
        try:
            async with client.get(f"{self.url}/health") as response:
                return response.status == 200
        except (ClientError, TimeoutError):
            return False

    async def kill(self) -> None:
        """SIGKILL: no farewell, nothing is flushed."""
        if self.process is not None and self.process.returncode is None:
            self.process.kill()
            await self.process.wait()

    async def end(self) -> None:
        """The test is over, however it ended."""
        self.is_over = True
        await self.kill()

    async def stop(self) -> int:
        """SIGTERM: what is in flight is finished; the exit code."""
        assert self.process is not None
        self.process.terminate()
        return await self.process.wait()

    async def posts(self, client: ClientSession, secret: str, line_id: uuid.UUID, text: str) -> bool:
        """Post a line as the browser with this cookie does; whether it was acknowledged."""
        try:
            async with client.post(
                f"{self.url}/chat/send",
                json={"id": str(line_id), "text": text},
                headers={
                    "Sec-Fetch-Site": "same-origin",
                    "Cookie": f"{cookies.name_of(secure=False)}={cookies.signed(secret, SEALS)}",
                },
            ) as response:
                return response.status == 200
        except (ClientError, TimeoutError):
            return False


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
