"""How many turns a second are taken durably, whole dialogues of many members at once, the courier running beside.

Run with `make bench`. SQLite is synchronous=FULL; PostgreSQL as the tests start it, with fsync on.
"""

from __future__ import annotations

import asyncio
import statistics
import time
from pathlib import Path

import pytest

from bot import app
from bot.app import App
from messages.types import Address, Inbound, Text
from tests.box import Box

MEMBERS = 100
LINES = (
    "/start", "đồng ý", "/sangkien", "Nguyễn Văn An", "0912 345 678", "quang ngai", "GD51-01", "cơ quan",
    "1", "1", "1", "không", "Mỗi lớp có một tủ sách nhỏ số {number} do học sinh tự quản.", "XONG", "gửi đi",
)  # fmt: skip


async def one_member(running: App, number: int, waits: list[float]) -> None:
    """A member's whole dialogue, line after line."""
    for position, line in enumerate(LINES):
        inbound = Inbound(Address("web", f"member-{number}"), f"{number}-{position}", Text(line.format(number=number)))
        began = time.perf_counter()
        await running.intake.receive(inbound)
        waits.append(time.perf_counter() - began)


async def test_turns_a_second(database_url: str, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    box = Box(database_url, "web")
    box.furnish()
    waits: list[float] = []
    async with app.running(box.settings, office=box.office) as running:
        began = time.perf_counter()
        await asyncio.gather(*(one_member(running, number, waits) for number in range(MEMBERS)))
        seconds = time.perf_counter() - began
        await running.courier.drain()
    with box.database() as db:
        handed_in = db.connection().exec_driver_sql("SELECT count(*) FROM submission").scalar_one()
    assert handed_in == MEMBERS
    ninety_ninth = statistics.quantiles(waits, n=100)[98]
    with capsys.disabled():
        kind = database_url.partition(":")[0]
        print(f"\n{kind}: {len(waits) / seconds:.0f} turns/s, p99 {ninety_ninth * 1000:.0f} ms, {MEMBERS} members")
