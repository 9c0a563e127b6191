"""A Bot API of one answer in a process of its own, on bare asyncio streams of bytes: the least a server can cost.

Run as `python -m tests.bench.raw_bot_api SECONDS`, the seconds being those a request takes on its way; prints its port.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

BODY = (
    b'{"ok":true,"result":{"message_id":1,"date":1,"text":"x","chat":{"id":1,"type":"private","first_name":"A"},'
    b'"from":{"id":7,"is_bot":true,"first_name":"B","username":"b_bot"}}}'
)
ME = b'{"ok":true,"result":{"id":7,"is_bot":true,"first_name":"B","username":"b_bot"}}'
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"
ANSWER, ABOUT_ME = (HEAD % (len(body), body) for body in (BODY, ME))
LENGTH = b"content-length:"


class Connection(asyncio.Protocol):
    """Answers each request once its body is there."""

    def __init__(self, delay: float) -> None:
        self.delay = delay
        self.buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        while (end := self.buffer.find(b"\r\n\r\n")) >= 0:
            head = self.buffer[:end].lower()
            at = head.find(LENGTH)
            length = int(head[at + len(LENGTH) :].split(b"\r\n", 1)[0]) if at >= 0 else 0
            if len(self.buffer) < end + 4 + length:
                return
            self.buffer = self.buffer[end + 4 + length :]
            answer = ABOUT_ME if b"/getme " in head else ANSWER
            if self.delay:
                asyncio.get_running_loop().call_later(self.delay, self.transport.write, answer)
            else:
                self.transport.write(answer)


async def serve(delay: float) -> None:
    """Answer until killed."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Connection(delay), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.Event().wait()


@contextlib.contextmanager
def running(delay: float = 0.0) -> Iterator[str]:
    """Its address, in a process on a core of its own while the block runs; the caller keeps to the other."""
    cores = sorted(os.sched_getaffinity(0))
    command = [sys.executable, "-m", "tests.bench.raw_bot_api", str(delay)]
    with subprocess.Popen(command, cwd=Path(__file__).parents[2], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            port = int(process.stdout.readline())
            os.sched_setaffinity(process.pid, cores[1:] or cores)
            os.sched_setaffinity(0, cores[:1])
            yield f"http://127.0.0.1:{port}"
        finally:
            os.sched_setaffinity(0, cores)
            process.kill()


if __name__ == "__main__":
    asyncio.run(serve(float(sys.argv[1])))
