"""A proxy on this machine that breaks connections in every way a network can: raw bytes, no HTTP of its own.

async with FaultProxy(fake.url) as proxy:
    proxy.fail("reset_after")      # until told otherwise
    channel = TelegramChannel(..., api=proxy.url)
"""

from __future__ import annotations

import asyncio
import socket
import struct
from contextlib import suppress
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

BREAKS = ("reset_before", "reset_after", "silence", "half_close", "slow_drip", "garbage")
DRIP = 0.02
"""Seconds between two bytes of an answer that drips."""
RESET = struct.pack("ii", 1, 0)
"""SO_LINGER that makes a close an RST."""


class FaultProxy:
    """Passes everything on, until told how to fail."""

    def __init__(self, upstream: str) -> None:
        parts = urlsplit(upstream)
        assert parts.hostname
        assert parts.port
        self._upstream = parts.hostname, parts.port
        self._break: str | None = None
        self._mended = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self.url = ""
        self.broken = 0
        """Connections broken so far."""

    def fail(self, how: str) -> None:
        """From now on every connection breaks like this: before the request is read, or once it was carried out."""
        assert how in BREAKS
        self._break = how
        self._mended.clear()

    def mend(self) -> None:
        """From now on everything passes, answers withheld so far too."""
        self._break = None
        self._mended.set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, it: BaseException | None, at: TracebackType | None
    ) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._server.wait_closed()

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._serve(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One request a connection, so that each meets the break of its moment."""
        try:
            if self._break == "reset_before":
                self.broken += 1
                _reset(writer)
                return
            answer = await self._ask(await _message(reader))
            await self._give(answer, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()

    async def _ask(self, request: bytes) -> bytes:
        """Hand the request on and take the whole answer; upstream closes after it."""
        reader, writer = await asyncio.open_connection(*self._upstream)
        writer.write(request.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n", 1))
        answer = await reader.read()
        writer.close()
        await writer.wait_closed()
        return answer

    async def _give(self, answer: bytes, writer: asyncio.StreamWriter) -> None:
        self.broken += self._break is not None
        match self._break:
            case None:
                writer.write(answer)
                await writer.drain()
            case "reset_after" | "reset_before":
                _reset(writer)
            case "silence":
                await self._mended.wait()
                writer.write(answer)
                await writer.drain()
            case "half_close":
                writer.write(answer[: len(answer) // 2])
                writer.write_eof()
                await asyncio.Event().wait()
            case "slow_drip":
                for byte in answer:
                    writer.write(bytes([byte]))
                    await writer.drain()
                    await asyncio.sleep(DRIP)
            case "garbage":
                writer.write(b"\x00\xff this was never HTTP \r\n\r\n")
                await writer.drain()


async def _message(reader: asyncio.StreamReader) -> bytes:
    """A request with the body its Content-Length tells."""
    head = await reader.readuntil(b"\r\n\r\n")
    length = next(
        (int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0
    )
    return head + await reader.readexactly(length)


def _reset(writer: asyncio.StreamWriter) -> None:
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
    writer.transport.abort()
