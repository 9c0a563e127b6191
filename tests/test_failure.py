"""What must not be lost, whatever breaks: a killed process, a platform that is away, a member who left.

The database's own failures stand in tests/test_intake.py.
"""

from __future__ import annotations

import asyncio
import random
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest
from aiohttp import ClientSession
from sqlmodel import SQLModel

from bot.channels import Gone, Later
from bot.courier import Courier
from bot.web import cookies
from bot.writer import Writer
from messages.types import Address, Inbound, Left, Outbound, Text
from storage import clock, conversations, members, outbox, transcript
from storage.errors import InUse
from storage.tables import Sending
from tests.box import Box
from tests.crash_worker import ONE_TRY, Hire, Worker
from tests.desk import Desk, Visitor
from tests.fake_channel import FakeChannel
from tests.fakes.telegram import TOKEN, FakeTelegram, FakeUser
from tests.people import NAME, PHONE, QUESTIONS, TEMPLATE, author, officer
from tests.post_office import opened

CHATS, CROWD, KILLS = 6, 12, 2
LINES = tuple(f"Dòng {number}." for number in range(12))


# --- a killed process ---


async def test_killed_at_any_moment_no_acknowledged_line_is_lost_and_none_is_answered_twice(
    database_url: str, tmp_path: Path, hire: Hire
) -> None:
    secrets = [cookies.new_secret() for _ in range(CHATS)]
    desk = Desk(database_url)
    writers = reach_the_text(desk, [Address("web", cookies.chat_of(secret)) for secret in secrets])
    worker = hire(tmp_path, database_url)
    async with ClientSession(timeout=ONE_TRY) as client:
        await worker.start()
        crowd = Crowd(worker, client)
        async with asyncio.TaskGroup() as group:
            for secret in secrets:
                group.create_task(crowd.write(secret))
            group.create_task(crowd.kill())
        await everything_is_sent(desk)
        assert await worker.stop() == 0, worker.printed
    assert worker.starts == KILLS + 1
    for writer in writers:
        assert parts_of(desk, writer) == LINES
        assert answers(line.message.text for line in history(desk, writer)) == [1] * len(LINES)
    desk.database.close()


async def test_a_platform_hears_every_answer_and_at_most_one_twice_for_each_kill(
    sqlite_database: str, tmp_path: Path, hire: Hire
) -> None:
    desk = Desk(sqlite_database)
    async with FakeTelegram() as telegram:
        users = [telegram.user(1000 + number) for number in range(CROWD)]
        writers = reach_the_text(desk, [Address("telegram", user.chat) for user in users])
        settings = {"TELEGRAM_TOKEN": TOKEN, "TELEGRAM_API": telegram.url}
        worker = hire(tmp_path, sqlite_database, **settings)
        for user in users:
            for line in LINES[:2]:
                user.says(line)
        for delivered in (1, CROWD):
            await worker.start()
            await telegram.wait_for(partial(many_are_answered, users, delivered))
            await worker.kill()
        await worker.start()
        await telegram.wait_for(lambda: all(len(answers(heard(user))) == 2 for user in users))
        await everything_is_sent(desk)
        assert await worker.stop() == 0, worker.printed
        for user, writer in zip(users, writers, strict=True):
            assert parts_of(desk, writer) == LINES[:2]
            assert sum(answers(heard(user))) - 2 <= KILLS
    desk.database.close()


def many_are_answered(users: list[FakeUser], least: int) -> bool:
    return sum(len(user.sees) for user in users) >= least


def heard(user: FakeUser) -> list[str]:
    return [seen.text for seen in user.sees]


def answers(texts: Iterable[str]) -> list[int]:
    """How often each line was answered; the counter in the answer tells the lines apart."""
    return list(Counter(text for text in texts if text.startswith("Đã ghi nhận")).values())


class Crowd:
    """People who write, each line until it is acknowledged, and a hand that kills the process meanwhile."""

    def __init__(self, worker: Worker, client: ClientSession) -> None:
        self.worker, self.client = worker, client
        self.acknowledged = 0
        self.news = asyncio.Event()

    async def write(self, secret: str) -> None:
        """A page sends a line again under the same id until it is answered."""
        for line in LINES:
            line_id = uuid.uuid4()
            while not await self.worker.posts(self.client, secret, line_id, line):  # noqa: ASYNC110  a page asks again
                await asyncio.sleep(0.05)
            self.acknowledged += 1
            self.news.set()

    async def kill(self) -> None:
        """At moments that nobody planned."""
        for times in range(1, KILLS + 1):
            while self.acknowledged < times * CHATS * len(LINES) // (KILLS + 2):
                self.news.clear()
                await self.news.wait()
            await asyncio.sleep(random.uniform(0, 0.03))
            await self.worker.kill()
            await self.worker.start()


def reach_the_text(desk: Desk, addresses: list[Address]) -> list[Visitor]:
    """Members whose next line belongs to their description; what they were told so far has arrived."""
    with desk.rows() as db:
        desk.now = clock.now(db)
    desk.furnish(TEMPLATE)
    writers = [Visitor(desk, address) for address in addresses]
    person = (NAME, PHONE, "quang ngai", "gd51-01", "2")
    for writer in writers:
        writer.talks("/start", "[Tôi đồng ý]", "/sangkien", *person, *QUESTIONS)
    with desk.rows() as db:
        rows = SQLModel.metadata.tables["outbox"]
        db.execute(rows.update().values(state=Sending.SENT.value, settled_at=desk.now))
    return writers


async def everything_is_sent(desk: Desk) -> None:
    """Until nothing waits any more; the test's timeout is the only limit."""
    while unsent(desk):  # noqa: ASYNC110  another process sends
        await asyncio.sleep(0.05)


def unsent(desk: Desk) -> int:
    with desk.rows() as db:
        counts = outbox.counts(db)
    return counts.get(Sending.READY, 0) + counts.get(Sending.CLAIMED, 0)


def parts_of(desk: Desk, writer: Visitor) -> tuple[str, ...]:
    with desk.rows() as db:
        member_id = members.by_addresses(db, [writer.address])[writer.address].member.id
        assert member_id is not None
        return conversations.load(db, [member_id], desk.now)[member_id].drafts["initiative"].parts


def history(desk: Desk, writer: Visitor) -> list[transcript.Spoken]:
    with desk.rows() as db:
        return transcript.latest(db, writer.address, limit=1000)


# --- a platform that is away, a member who left ---


@pytest.fixture
def desk(database_url: str) -> Iterator[Desk]:
    desk = Desk(database_url)
    with desk.rows() as db:
        desk.now = clock.now(db)
    desk.furnish(TEMPLATE)
    yield desk
    desk.database.close()


@pytest.fixture
async def writer(desk: Desk) -> AsyncIterator[Writer]:
    writer = Writer(desk.database)
    writer.open()
    yield writer
    await writer.close()


class Platform(FakeChannel):
    """One that can be away, and whose members can block us."""

    def __init__(self) -> None:
        super().__init__("web")
        self.away = False
        self.blocked: set[str] = set()

    async def send(self, chat: str, message: Outbound) -> str:
        if self.away:
            self.fail_next(Later("away"))
        elif chat in self.blocked:
            self.fail_next(Gone("blocked"))
        return await super().send(chat, message)


@dataclass
class Scene:
    """An officer, an author who has been told everything so far, and the platform between them."""

    desk: Desk
    officer: Visitor
    author: Visitor
    code: str
    platform: Platform
    courier: Courier

    def decides(self, label: str) -> None:
        """The officer opens the item and decides."""
        self.officer.talks(self.code, f"[{label}]")

    def told(self) -> list[str]:
        """What reached the author."""
        return [message.text for chat, message in self.platform.sent if chat == self.author.address.chat]


@pytest.fixture
async def scene(desk: Desk, writer: Writer) -> Scene:
    hanh = officer(desk, "GD51-01")
    an, code = author(desk)
    platform = Platform()
    courier = Courier(writer, [platform], owner="one")
    await courier.drain()
    platform.sent.clear()
    return Scene(desk, hanh, an, code, platform, courier)


class TestAPlatformThatIsAway:
    async def test_is_tried_again_later_and_the_news_arrives_once(self, scene: Scene, database_url: str) -> None:
        scene.decides("Tiếp nhận")
        scene.platform.away = True
        await scene.courier.drain()
        scene.platform.away = False
        await scene.courier.drain()
        assert scene.platform.sent == [], "not at once: it rests"
        with opened(database_url) as post_office:
            post_office.time_passes(700)
        await scene.courier.drain()
        assert [scene.code in text for text in scene.told()] == [True]


class TestAMemberWhoBlockedUs:
    async def test_is_not_tried_again_until_they_write(self, scene: Scene) -> None:
        scene.decides("Tiếp nhận")
        scene.platform.blocked = {scene.author.address.chat}
        await scene.courier.drain()
        scene.platform.blocked.clear()
        scene.decides("Công nhận")
        scene.decides("Đã đồng ý, công nhận")
        other = scene.desk.member("binh")
        await scene.courier.drain()
        assert scene.told() == []
        assert other.address.chat in {chat for chat, _ in scene.platform.sent}, "others are written to as ever"
        scene.author.says(scene.code)
        await scene.courier.drain()
        answered, news = scene.told()
        assert "Trạng thái: Được công nhận" in answered
        assert "Chúc mừng" in news, "of what waited for them the newest is told"

    async def test_nor_one_who_said_so_by_leaving(self, scene: Scene) -> None:
        scene.desk.take(scene.author.address, Left())
        scene.decides("Tiếp nhận")
        await scene.courier.drain()
        assert scene.told() == []
        scene.author.says("/trogiup")
        scene.decides("Công nhận")
        scene.decides("Đã đồng ý, công nhận")
        await scene.courier.drain()
        _help, kept, news = scene.told()
        assert "tiếp nhận" in kept, "what waited for them is told once they are back"
        assert "Chúc mừng" in news

    async def test_what_waited_for_them_is_withdrawn(self, scene: Scene) -> None:
        scene.decides("Tiếp nhận")
        scene.desk.take(scene.author.address, Left())
        await scene.courier.drain()
        assert scene.told() == []


# --- a second process on one file ---


async def test_a_second_process_on_the_same_file_is_refused_and_the_first_goes_on(sqlite_database: str) -> None:
    first, second = Box(sqlite_database, "web"), Box(sqlite_database, "web")
    async with first.bot() as running:
        with pytest.raises(InUse):
            async with second.bot():
                pass
        await running.intake.receive(Inbound(Address("web", "an"), "1", Text("/start")))
    async with second.bot() as running:
        assert await running.writer.read(outbox.counts)
