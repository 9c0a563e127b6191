"""A pause asked of one process holds in all: what another had reserved already does not start."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import timedelta

import pytest

from bot.channels import Later, Pace
from bot.courier import Courier
from bot.writer import Writer
from messages.types import Outbound
from storage import pace
from storage.database import Database
from storage.seals import Seals
from storage.tables import Sending
from tests.fake_channel import FakeChannel
from tests.post_office import ACCOUNT, KEY, PostOffice, opened


@pytest.fixture
def office(database_url: str) -> Iterator[PostOffice]:
    with opened(database_url) as office:
        yield office


class Flooded(FakeChannel):
    """During its first send another process is asked to pause, and writes that down."""

    def __init__(self, office: PostOffice) -> None:
        super().__init__(pace=Pace(per_second=40))
        self.office = office

    async def send(self, chat: str, message: Outbound) -> str:
        if not self.tried:
            self.office.do(pace.halt, ACCOUNT, until=self.office.now() + timedelta(seconds=60))
        return await super().send(chat, message)


async def test_what_is_reserved_already_does_not_start_after_another_process_was_paused(
    office: PostOffice, database_url: str
) -> None:
    for chat in ("an", "binh"):
        office.promise("hello", chat=chat)
    database = Database(database_url, Seals([KEY]))
    writer = Writer(database)
    writer.open()
    channel = Flooded(office)
    await Courier(writer, [channel], owner="two").drain()
    assert (channel.tried, office.states()) == (1, [Sending.SENT, Sending.READY])
    assert office.rows()[1].attempts == 0
    office.time_passes(61)
    await Courier(writer, [channel], owner="two").drain()
    assert office.states() == [Sending.SENT, Sending.SENT]
    await writer.close()
    database.close()


async def test_a_group_that_is_flooded_rests_alone(office: PostOffice, database_url: str) -> None:
    for chat in ("-100", "an", "binh"):
        office.promise("hello", chat=chat)
    database = Database(database_url, Seals([KEY]))
    writer = Writer(database)
    writer.open()
    channel = FakeChannel()
    channel.fail_next(Later("flooded", after=30))
    await Courier(writer, [channel], owner="one").drain()
    assert sorted(chat for chat, _ in channel.sent) == ["an", "binh"]
    await asyncio.to_thread(office.time_passes, 31)
    await Courier(writer, [channel], owner="one").drain()
    assert [chat for chat, _ in channel.sent][-1] == "-100"
    await writer.close()
    database.close()
