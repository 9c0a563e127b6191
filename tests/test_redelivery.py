"""A platform delivers again until it is told that all is well: a thousand updates (in the long run ten thousand), each
three times, in any order.
"""

from __future__ import annotations

import asyncio
import random
import re
from collections import Counter
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import select
from sqlmodel import SQLModel

from messages.types import Inbound, Outbound
from tests.test_intake import Bench, line

FEWER = 60
LINES = 10
TIMES = 3
AT_ONCE = 600


@pytest.fixture
async def bench(database_url: str) -> AsyncIterator[Bench]:
    bench = Bench(database_url)
    bench.writer.open()
    yield bench
    await bench.writer.close()
    bench.database.close()


def asked(chat: int, number: int) -> str:
    """A code that nobody has: the answer names it."""
    return f"SK-27-{chat * LINES + number:05d}"


@pytest.mark.parametrize("many", [100, pytest.param(1000, marks=pytest.mark.long)])
async def test_each_of_them_has_one_effect(bench: Bench, many: int) -> None:
    chats = [f"chat{number}" for number in range(many)]
    await bench.agrees(*chats)
    begun = bench.count("outbox")
    once = [line(name, asked(chat, n), f"{name}+{n}") for chat, name in enumerate(chats) for n in range(LINES)]
    deliveries: list[Inbound] = once * TIMES
    random.Random(4).shuffle(deliveries)
    for start in range(0, len(deliveries), AT_ONCE):
        assert set(await bench.take(*deliveries[start : start + AT_ONCE])) == {None}
    assert bench.count("outbox") - begun == len(once)
    with bench.database.reading() as db:
        bodies = db.execute(select(SQLModel.metadata.tables["outbox"].c.body)).scalars()
        said = " ".join(Outbound.from_json(db.seals.open(body)).text for body in bodies)
    expected = Counter(asked(chat, number) for chat in range(many) for number in range(LINES))
    assert Counter(re.findall(r"SK-27-\d{5}", said)) == expected


async def test_also_where_two_processes_hear_them_at_once(postgresql_database: str) -> None:
    two = [Bench(postgresql_database) for _ in range(2)]
    for each in two:
        each.writer.open()
    chats = [f"chat{number}" for number in range(FEWER)]
    await two[0].agrees(*chats)
    begun = two[0].count("outbox")
    once = [line(name, asked(chat, n), f"{name}+{n}") for chat, name in enumerate(chats) for n in range(LINES)]
    deliveries: list[Inbound] = once * TIMES
    random.Random(5).shuffle(deliveries)
    halves = (deliveries[::2], deliveries[1::2])
    answers = await asyncio.gather(*(each.take(*half) for each, half in zip(two, halves, strict=True)))
    assert [set(answer) for answer in answers] == [{None}, {None}]
    assert two[0].count("outbox") - begun == len(once)
    for each in two:
        await each.writer.close()
        each.database.close()
