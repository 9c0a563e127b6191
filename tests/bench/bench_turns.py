"""How many turns a second are taken durably: whole initiatives of many members at once, the courier running beside.

Ours on SQLite (synchronous=FULL) and PostgreSQL (a server of its own, fsync on), beside what python-telegram-bot
(ConversationHandler, PicklePersistence flushed after every update) and aiogram (FSM in Redis) do with a dialogue of as
many questions, fed in process. Neither of these remembers which update it has seen, keeps a record or promises a reply.

Run with `make bench`, or alone: `.venv/bin/python -m pytest tests/bench/bench_turns.py -o python_files="bench_*.py"
-p no:randomly -s`.
"""

from __future__ import annotations

import asyncio
import gc
import itertools
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot import app
from bot.app import App
from messages.types import Address, Inbound, Text
from storage import clock
from storage.database import Database
from storage.seals import Seals
from storage.upgrades import migrate
from tests import postgres
from tests.bench import aiogram_talks, open_talks, telegram_talks
from tests.bench.dialogue import LINES, Figures
from tests.box import KEY, Box

SCALES = (100, 10_000, 100_000)
"""Open conversations."""
ROUNDS = 3
AT_ONCE = 64
"""Members who write at the same time: as many as one commit takes."""
DIALOGUES = 192
"""Of ours in one round."""


async def one_member(running: App, numbers: Iterator[int], waits: list[float]) -> None:
    """One member's whole dialogue after another's, line after line."""
    for number in numbers:
        for position, line in enumerate(LINES):
            said = Text(line.format(number=number))
            began = time.perf_counter()
            await running.intake.receive(Inbound(Address("web", f"member-{number}"), f"{number}-{position}", said))
            waits.append(time.perf_counter() - began)


async def ours(url: str, scale: int) -> Figures:
    """The product as it runs, with so many conversations open."""
    box = Box(url, "web")
    box.furnish()
    database = Database(url, Seals([KEY]))
    with database.transaction() as db:
        now = clock.now(db)
    open_talks.settle(database, scale, version=box.office.notice_version, now=now)
    database.close()
    rounds = []
    async with app.running(box.settings, office=box.office) as running:
        numbers = itertools.count()
        await one_member(running, itertools.islice(numbers, 4), [])
        gc.collect()
        gc.freeze()  # as the serving process does once it has started
        for _ in range(ROUNDS):
            waits: list[float] = []
            mine = itertools.islice(numbers, DIALOGUES)
            began = time.perf_counter()
            await asyncio.gather(*(one_member(running, mine, waits) for _ in range(AT_ONCE)))
            rounds.append(Figures.of(waits, time.perf_counter() - began))
            await running.courier.drain()
        gc.unfreeze()
    with box.database() as db:
        handed_in = db.connection().exec_driver_sql("SELECT count(*) FROM submission").scalar_one()
    assert handed_in == ROUNDS * DIALOGUES + 4
    return Figures.median(rounds)


@pytest.mark.timeout(3600)
async def test_turns_a_second(migrated_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _tell(capsys, f"\n{len(LINES)} turns a dialogue; medians of {ROUNDS} rounds; {AT_ONCE} members at once")
    if not aiogram_talks.REDIS:
        _tell(capsys, "aiogram with Redis is left out: there is no redis-server on this machine")
    for scale in SCALES:
        found: dict[str, Figures] = {}
        path = shutil.copy(migrated_file, tmp_path / f"{scale}.db")
        found["ours, SQLite FULL"] = await ours(f"sqlite:///{path}", scale)
        with postgres.serve(postgres.DURABLE) as server:
            address = server.address(server.create())
            migrate(address)
            found["ours, PostgreSQL"] = await ours(address, scale)
        found["python-telegram-bot, PicklePersistence"] = await telegram_talks.measure(scale, tmp_path, ROUNDS)
        for fsync in ("always", "everysec") if aiogram_talks.REDIS else ():
            name = f"aiogram, Redis appendfsync {fsync}"
            found[name] = await aiogram_talks.measure(scale, fsync, AT_ONCE, ROUNDS)
        _tell(capsys, f"\n{scale:,} open conversations")
        best = found["ours, SQLite FULL"].rate
        for name, figures in found.items():
            _tell(capsys, f"  {name:40} {figures}   SQLite's is {best / figures.rate:8.1f} times that")


def _tell(capsys: pytest.CaptureFixture[str], line: str) -> None:
    with capsys.disabled():
        print(line, flush=True)
