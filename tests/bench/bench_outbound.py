"""Messages a second, from rows promised in the database to rows settled in it, beside what others send without any.

Ours is the product's courier with its Telegram channel and every rule on (order, leases, pace, last looks), the rate
raised; one process on one core, the platform on the other. Run with `make bench`, or alone:
`.venv/bin/python -m pytest tests/bench/bench_outbound.py -o python_files="bench_*.py" -p no:randomly -s`.
"""

from __future__ import annotations

import gc
import statistics
import time

import pytest
from pydantic import SecretStr

from bot.channels.telegram import TelegramChannel
from bot.courier import Courier
from bot.writer import Writer
from messages.types import Address, Outbound
from storage import clock, outbox
from storage.database import Database, Transaction
from storage.seals import Seals
from storage.tables import Policy, Priority, Sending
from tests.bench import raw_bot_api, sending_peers
from tests.bench.sending_peers import TEXT, TOKEN, without_sniffio
from tests.post_office import ACCOUNT, KEY

MESSAGES = 8000
PEERS = 1500
ROUNDS = 3
AT_ONCE = (1, 4, 8, 64)


async def ours(url: str, api: str, in_flight: int) -> float:
    """Promise, then time the courier."""
    database = Database(url, Seals([KEY]))
    writer = Writer(database)
    writer.open()
    await writer.run(_promise)
    channel = TelegramChannel(ACCOUNT, SecretStr(TOKEN), contact_label="Số của tôi", api=api, rate=1_000_000)
    await channel.open()
    courier = Courier(writer, [channel], owner="one", alone=database.is_sqlite, in_flight=in_flight)
    began = time.perf_counter()
    await courier.drain()
    lasted = time.perf_counter() - began
    assert set(await writer.run(outbox.counts)) == {Sending.SENT}
    await channel.close()
    await writer.close()
    database.close()
    return MESSAGES / lasted


def _promise(db: Transaction) -> None:
    now = clock.now(db)
    first = sum(outbox.counts(db).values()) + 1
    for number in range(first, first + MESSAGES):
        outbox.enqueue(
            db,
            Address(ACCOUNT, str(number)),
            Outbound(TEXT),
            topic="reply",
            member_id=None,
            priority=Priority.REPLY,
            policy=Policy.AT_LEAST_ONCE,
            now=now,
        )


@pytest.mark.timeout(600)
@pytest.mark.parametrize("delay", [0.0, 0.05])
async def test_outbound(delay: float, sqlite_database: str, postgresql_database: str) -> None:
    gc.freeze()  # as the serving process does once it has started; whoever is measured below gains by it
    found: dict[str, float] = {}
    in_flight = 256 if delay else 128
    number = PEERS // (5 if delay else 1)
    with raw_bot_api.running(delay) as api:
        for name, url in (("ours, SQLite", sqlite_database), ("ours, PostgreSQL", postgresql_database)):
            found[name] = statistics.median([await ours(url, api, in_flight) for _ in range(ROUNDS)])
        with without_sniffio():
            found["python-telegram-bot, plain loop as it comes"] = await sending_peers.plain_loop(api, number // 3)
            found["python-telegram-bot, AIORateLimiter set wide, 64 at once"] = await sending_peers.rate_limited(
                api, number, 64
            )
        rates = {one: await sending_peers.all_at_once(api, number, one) for one in AT_ONCE}
        best = max(rates, key=lambda one: rates[one])
        found[f"python-telegram-bot, sniffio, at its best ({best} at once)"] = rates[best]
        found["aiogram, 64 at once"] = await sending_peers.with_aiogram(api, number, 64)
    print(f"\nmessages a second, a round trip of {delay * 1000:.0f} ms")
    for name, value in found.items():
        print(f"  {value:8.0f}  {found['ours, SQLite'] / value:6.1f}x  {name}")
