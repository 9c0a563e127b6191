"""The pages on a real port of this machine, with a small counterpart that talks through the transcript."""

from __future__ import annotations

import asyncio
import itertools
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from aiohttp import ClientSession, CookieJar, web

from bot.channels.web import WebChannel
from bot.web import Site, application
from bot.web.cookies import chat_of
from bot.web.demo import DemoState, Jump, Persona, StoryStep
from bot.web.door import DOOR, Door, Entrance
from bot.web.throttle import Throttle
from bot.writer import Writer
from messages.demo import CHATS
from messages.types import Address, Choice, Inbound, Outbound, Pressed, Text
from storage import clock, transcript
from storage.database import Database, Transaction
from storage.errors import NotMigrated
from storage.seals import Seals

HELLO = Outbound(
    "👋 Kính chào anh/chị!\nĐây là Trợ lý Công đoàn – kênh trò chuyện tự động dành cho đoàn viên, người lao động.\n\n"
    "Anh/chị có đồng ý với thông báo về dữ liệu cá nhân không ạ?",
    (Choice("yes", "Tôi đồng ý"), Choice("no", "Không đồng ý")),
    "consent@a1",
)
MENU = Outbound(
    "Cảm ơn anh/chị. Anh/chị cần Công đoàn hỗ trợ việc gì ạ?",
    (
        Choice("initiative", "💡 Gửi sáng kiến"),
        Choice("feedback", "💬 Gửi ý kiến"),
        Choice("lookup", "🔎 Tra cứu"),
        Choice("programmes", "📣 Chương trình"),
        Choice("data", "🔒 Dữ liệu của tôi"),
    ),
    "menu@a1",
)
WRITE = Outbound(
    "Bước 9/9. Mời anh/chị mô tả sáng kiến, tối đa 1.000 ký tự (tính cả dấu cách và dấu câu).\n\n"
    "Gợi ý viết ngắn gọn ba ý:\n(1) Trước đây gặp khó khăn gì?\n(2) Cách làm mới là gì?\n(3) Kết quả, lợi ích ra sao?",
    (Choice("back", "Quay lại"), Choice("cancel", "Hủy bỏ")),
    "initiative.text@k3f9",
)
COUNTED = Outbound(
    "Đã ghi nhận 600/1.000 ký tự, còn 400 ký tự. Anh/chị viết tiếp, hoặc nhắn XONG nếu đã đủ.",
    (Choice("finish", "XONG"), Choice("back", "Quay lại"), Choice("cancel", "Hủy bỏ")),
    "initiative.text@k3f9",
)
DONE = Outbound(
    "✅ Công đoàn đã nhận sáng kiến của anh/chị. Xin chân thành cảm ơn anh/chị An!\n\nMã hồ sơ: SK-27-4F7K2\n"
    "Nơi tiếp nhận: Công đoàn Trường THCS Ví Dụ"
)
ANSWERS = {"/start": HELLO, "consent@a1:yes": MENU, "menu@a1:initiative": WRITE, "XONG": DONE}


class Counterpart:
    """Answers by a table, else repeats what was said; keeps both in the transcript as the turn and the courier do."""

    def __init__(self, writer: Writer, channel: WebChannel) -> None:
        self.writer = writer
        self.channel = channel
        self.heard: list[Inbound] = []
        self.down = False
        self.broken = False
        self.slow = 0.0
        self._numbers = itertools.count(1)
        self._seen: set[str] = set()

    async def receive(self, inbound: Inbound) -> None:
        self.heard.append(inbound)
        if self.down:
            raise NotMigrated
        if self.broken:
            raise RuntimeError("a bug of ours")
        await asyncio.sleep(self.slow)
        if inbound.update_id in self._seen:
            return
        self._seen.add(inbound.update_id)
        said = inbound.event.payload if isinstance(inbound.event, Pressed) else getattr(inbound.event, "text", "")
        label = next((c.label for a in ANSWERS.values() for c in a.choices if said == f"{a.question}:{c.key}"), said)
        await self.writer.run(self.keep_mine, inbound.address, label)
        known = "/start" if said.startswith("/start") else said
        await self.say(inbound.address, ANSWERS.get(known, Outbound(f"Công đoàn đã đọc: {said}")))

    def keep_mine(self, db: Transaction, address: Address, said: str) -> None:
        transcript.write_mine(db, address, said, clock.now(db))

    async def say(self, address: Address, message: Outbound, *, at: datetime | None = None) -> None:
        """Deliver a message, as the courier does."""
        await self.writer.run(self.keep_theirs, address, message, at)
        await self.channel.send(address.chat, message)

    def keep_theirs(self, db: Transaction, address: Address, message: Outbound, at: datetime | None) -> None:
        sealed = db.seals.seal(message.to_json())
        transcript.write_theirs(db, address, sealed, outbox_id=next(self._numbers), now=at or clock.now(db))


START = datetime(2027, 4, 12, 1, 0, tzinfo=UTC)


class Story:
    """A demo whose clock jumps and whose story advances by one step with each jump."""

    def __init__(self) -> None:
        self.now = START
        self.jumps: list[str] = []

    async def state(self) -> DemoState:
        titles = (
            "Đoàn viên gửi một sáng kiến",
            "Cán bộ tiếp nhận",
            "Cán bộ yêu cầu bổ sung",
            "Cán bộ công nhận sáng kiến",
            "Hệ thống nhắc hạn báo cáo",
            "Cấp trên gửi tin đến đoàn viên",
        )
        steps = tuple(StoryStep(f"s{i}", title, i < len(self.jumps)) for i, title in enumerate(titles))
        personas = (
            Persona("member", "Nguyễn Thị An", "Đoàn viên · Trường THCS Ví Dụ", CHATS["member"]),
            Persona("officer", "Trần Văn Hạnh", "Cán bộ công đoàn cơ sở · Trường THCS Ví Dụ", CHATS["officer"]),
            Persona("staff", "Lê Thu Bình", "Công đoàn ngành Giáo dục tỉnh", CHATS["staff"]),
        )
        happened = tuple((self.now, f"Đồng hồ chạy tới ({kind})") for kind in reversed(self.jumps))
        return DemoState(self.now, (self.now + timedelta(hours=2), "nhắc hạn T-1"), steps, happened, personas)

    async def jump(self, kind: Jump) -> None:
        self.jumps.append(kind)
        self.now += timedelta(days=1) if kind == "day" else timedelta(hours=1)


@dataclass
class Pages:
    """The served pages and what stands behind them."""

    url: str
    counterpart: Counterpart
    writer: Writer
    channel: WebChannel
    story: Story
    here: dict[str, str] = field(default_factory=dict)
    """The headers a browser sends from our own page."""


Serve = Callable[..., Awaitable[Pages]]


@pytest.fixture
async def serve(sqlite_database: str) -> AsyncIterator[Serve]:
    """Start the pages; `throttle`, `demo=True` and `public_url` as wanted."""
    database = Database(sqlite_database, Seals(["k" * 32]))
    writer = Writer(database)
    writer.open()
    runners: list[web.AppRunner] = []

    async def start(
        *,
        throttle: Throttle | None = None,
        demo: bool = False,
        public_url: str | None = None,
        door: Door | None = None,
    ) -> Pages:
        channel, story = WebChannel(), Story()
        counterpart = Counterpart(writer, channel)
        site = Site(public_url or "http://127.0.0.1", "Công đoàn ngành Giáo dục tỉnh", reread=0.2)
        app = application(
            intake=counterpart,
            records=writer,
            channel=channel,
            site=site,
            seals=database.seals,
            accounts=("web",),
            throttle=throttle,
            demo=story if demo else None,
            door=door,
        )
        runner = web.AppRunner(app)
        await runner.setup()
        runners.append(runner)
        await Entrance(runner, "127.0.0.1", 0, app[DOOR]).start()
        port = runner.addresses[0][1]
        url = f"http://127.0.0.1:{port}"
        return Pages(url, counterpart, writer, channel, story, {"Origin": url, "Accept": "application/json"})

    yield start
    for runner in runners:
        await runner.cleanup()
    await writer.close()
    database.close()


@pytest.fixture
async def pages(serve: Serve) -> Pages:
    """The pages, with a demo."""
    return await serve(demo=True)


@pytest.fixture
async def client() -> AsyncIterator[ClientSession]:
    """A browser without script: cookies kept, redirects followed."""
    async with ClientSession(cookie_jar=CookieJar(unsafe=True)) as session:
        yield session


def text_of(inbound: Inbound) -> str:
    """What a line said."""
    assert isinstance(inbound.event, Text)
    return inbound.event.text


async def open_page(client: ClientSession, pages: Pages, path: str = "/chat") -> str:
    async with client.get(pages.url + path) as answer:
        assert answer.status == 200
        return await answer.text()


async def send(client: ClientSession, pages: Pages, **fields: object) -> int:
    body = {"id": str(uuid.uuid4()), **fields}
    async with client.post(f"{pages.url}/chat/send", json=body, headers=pages.here) as answer:
        return answer.status


def chat_in(client: ClientSession) -> str:
    [cookie] = list(client.cookie_jar)
    return chat_of(cookie.value.partition(".")[0])
