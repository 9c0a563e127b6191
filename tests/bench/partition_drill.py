"""PostgreSQL vanishes from the network without a word, and comes back: two processes under load, nothing lost.

Needs root and a network of its own: `unshare -n .venv/bin/python -m tests.bench.partition_drill`.
"""

from __future__ import annotations

import asyncio
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from storage.upgrades import migrate
from tests import postgres
from tests.bench.bench_processes import Fleet, every_one_arrived
from tests.fakes.telegram import FakeTelegram
from tests.own_postgres import OwnServer

HOST, PORT = "10.9.9.9", "5499"
CUTS = (8.0, 30.0)
"""Seconds."""


def ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True)


@contextmanager
def serving() -> Iterator[OwnServer]:
    """A server at an address that can be taken away."""
    ip("link", "set", "lo", "up")
    ip("addr", "add", f"{HOST}/32", "dev", "lo")
    postgres.QUICK = (*postgres.QUICK, "-p", PORT, "-c", f"listen_addresses={HOST}")
    with tempfile.TemporaryDirectory(prefix="congdoan-own-", dir="/tmp") as folder:
        server = OwnServer(Path(folder))
        server.make()
        (Path(folder) / "data" / "pg_hba.conf").write_text("host all all 0.0.0.0/0 trust\n")
        server.url = f"postgresql+psycopg://postgres@{HOST}:{PORT}/postgres"
        server.start()
        try:
            yield server
        finally:
            server.crash()


async def drill(server: OwnServer) -> None:
    migrate(server.url)
    async with FakeTelegram() as fake:
        fleet = Fleet(Path(tempfile.mkdtemp()), server, fake)
        await fleet.start()
        for cut in CUTS:
            await fleet.load()
            await fleet.sends(20)
            ip("addr", "del", f"{HOST}/32", "dev", "lo")
            asked = asyncio.create_task(fleet.answer())
            await asyncio.sleep(cut)
            ip("addr", "add", f"{HOST}/32", "dev", "lo")
            healed = time.monotonic()
            await fleet.sends(1)
            sends = time.monotonic() - healed
            await asked
            answered = time.monotonic() - healed
            await fleet.until(fleet.is_settled)
            settled = time.monotonic() - healed
            print(f"cut for {cut:.0f} s: sends after {sends:.1f} s, answers {answered:.1f} s, settled {settled:.1f} s")
        every_one_arrived(fleet)
        await fleet.stop()


if __name__ == "__main__":
    with serving() as server:
        asyncio.run(drill(server))
