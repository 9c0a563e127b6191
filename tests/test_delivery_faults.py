"""Every failure of a send, for both classes of messages: what becomes of the row, and what the member hears in the end.

The courier and the Telegram channel are the real ones; between them and the fake platform a proxy breaks connections.
"""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from pydantic import SecretStr
from sqlmodel import select

from bot.channels.telegram import TelegramChannel
from bot.channels.telegram.transport import PATIENCE, Patience
from bot.courier import Courier
from bot.writer import Writer
from messages.types import Address
from storage import members
from storage.database import Database
from storage.seals import Seals
from storage.tables import MemberAddress, Policy, Sending
from tests import fault_proxy
from tests.fakes.telegram import FakeTelegram
from tests.fault_proxy import FaultProxy
from tests.post_office import ACCOUNT, KEY, PostOffice, opened

LAN = "1001"
SOON = Patience(connect=0.5, write=0.5, read=0.5)
"""Where no answer is to come. A busy machine may be slower than this where one is: there one waits as in earnest."""
SILENT = {"silence", "slow_drip", "connect_timeout"}
NOWHERE = "http://api.telegram.invalid"
ALO, AMO = Policy.AT_LEAST_ONCE, Policy.AT_MOST_ONCE
READY, UNKNOWN, FAILED, SENT = Sending.READY, Sending.UNKNOWN, Sending.FAILED, Sending.SENT


@dataclass(frozen=True)
class Cell:
    """One way to fail, one class; after the failure, and after the network mended and time passed."""

    failure: str
    policy: Policy
    state: Sending
    reason: str
    attempts: int
    heard: int
    """How often the member has heard the message when the attempt is over."""
    end: Sending
    heard_in_the_end: int


MATRIX = [
    # certainly not sent: both classes are tried again, and nobody hears anything twice
    Cell("refused", ALO, READY, "unreachable", 1, 0, SENT, 1),
    Cell("refused", AMO, READY, "unreachable", 1, 0, SENT, 1),
    Cell("dns", ALO, READY, "unreachable", 1, 0, SENT, 1),
    Cell("dns", AMO, READY, "unreachable", 1, 0, SENT, 1),
    Cell("connect_timeout", ALO, READY, "unreachable", 1, 0, SENT, 1),
    Cell("connect_timeout", AMO, READY, "unreachable", 1, 0, SENT, 1),
    Cell("429", ALO, READY, "flooded", 0, 0, SENT, 1),
    Cell("429", AMO, READY, "flooded", 0, 0, SENT, 1),
    Cell("migrate_to_chat_id", ALO, SENT, "", 2, 1, SENT, 1),
    Cell("migrate_to_chat_id", AMO, SENT, "", 2, 1, SENT, 1),
    # it may have been sent: at least once is tried again, at most once is in doubt
    Cell("reset_before", ALO, READY, "broken_off", 1, 0, SENT, 1),
    Cell("reset_before", AMO, UNKNOWN, "broken_off", 1, 0, UNKNOWN, 0),
    Cell("reset_after", ALO, READY, "broken_off", 1, 1, SENT, 2),
    Cell("reset_after", AMO, UNKNOWN, "broken_off", 1, 1, UNKNOWN, 1),
    Cell("silence", ALO, READY, "timeout", 1, 1, SENT, 2),
    Cell("silence", AMO, UNKNOWN, "timeout", 1, 1, UNKNOWN, 1),
    Cell("half_close", ALO, READY, "broken_off", 1, 1, SENT, 2),
    Cell("half_close", AMO, UNKNOWN, "broken_off", 1, 1, UNKNOWN, 1),
    Cell("slow_drip", ALO, READY, "timeout", 1, 1, SENT, 2),
    Cell("slow_drip", AMO, UNKNOWN, "timeout", 1, 1, UNKNOWN, 1),
    Cell("garbage", ALO, READY, "broken_off", 1, 1, SENT, 2),
    Cell("garbage", AMO, UNKNOWN, "broken_off", 1, 1, UNKNOWN, 1),
    Cell("500", ALO, READY, "server_error", 1, 0, SENT, 1),
    Cell("500", AMO, UNKNOWN, "server_error", 1, 0, UNKNOWN, 0),
    Cell("502", ALO, READY, "server_error", 1, 0, SENT, 1),
    Cell("502", AMO, UNKNOWN, "server_error", 1, 0, UNKNOWN, 0),
    # never to be sent
    Cell("403", ALO, FAILED, "forbidden", 1, 0, FAILED, 0),
    Cell("403", AMO, FAILED, "forbidden", 1, 0, FAILED, 0),
    Cell("400", ALO, FAILED, "bad_request", 1, 0, FAILED, 0),
    Cell("400", AMO, FAILED, "bad_request", 1, 0, FAILED, 0),
]
NAMED = {"refused", "dns", "connect_timeout", *fault_proxy.BREAKS, "429", "500", "403", "400", "migrate_to_chat_id"}
GROUP, SUPERGROUP = -42, -1_000_000_000_042


@pytest.fixture
def office(sqlite_database: str) -> Iterator[PostOffice]:
    with opened(sqlite_database) as office:
        yield office


@pytest.fixture
async def writer(sqlite_database: str) -> AsyncIterator[Writer]:
    database = Database(sqlite_database, Seals([KEY]))
    writer = Writer(database)
    writer.open()
    yield writer
    await writer.close()
    database.close()


@pytest.fixture
async def fake() -> AsyncIterator[FakeTelegram]:
    async with FakeTelegram() as fake:
        yield fake


def test_the_matrix_is_whole() -> None:
    failures = {cell.failure for cell in MATRIX}
    assert {(cell.failure, cell.policy) for cell in MATRIX} == {(one, policy) for one in failures for policy in Policy}
    assert len(MATRIX) == 2 * len(failures)
    assert failures == NAMED | {"502"}


@pytest.mark.parametrize("cell", MATRIX, ids=lambda cell: f"{cell.failure}-{cell.policy}")
async def test_each_failure_has_its_fate(
    office: PostOffice, writer: Writer, fake: FakeTelegram, cell: Cell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", knows_no_name(socket.getaddrinfo))
    lan, group = fake.user(int(LAN)), fake.group(SUPERGROUP)
    moved = cell.failure == "migrate_to_chat_id"
    if moved:
        fake.group(GROUP).moved_to = SUPERGROUP
    office.promise("Xin chào", chat=str(GROUP) if moved else LAN, policy=cell.policy)
    async with FaultProxy(fake.url) as proxy:
        async with failing(cell.failure, fake, proxy) as api:
            await deliver(writer, api, SOON if cell.failure in SILENT else PATIENCE)
        row = office.row()
        assert (row.state, row.reason or "", row.attempts) == (cell.state, cell.reason, cell.attempts)
        assert len([*lan.sees, *group.sees]) == cell.heard
        proxy.mend()
        lan.unblocks()
        office.time_passes(700)
        await deliver(writer, proxy.url)
    assert office.row().state == cell.end
    assert len([*lan.sees, *group.sees]) == cell.heard_in_the_end
    if cell.heard_in_the_end > 1:
        assert office.row().attempts == cell.heard_in_the_end, "what was heard twice can be seen from the row"


@asynccontextmanager
async def failing(failure: str, fake: FakeTelegram, proxy: FaultProxy) -> AsyncIterator[str]:
    """Where the channel is to send while it fails like this."""
    match failure:
        case "refused":
            with socket.socket() as free:
                free.bind(("127.0.0.1", 0))
                port = free.getsockname()[1]
            yield f"http://127.0.0.1:{port}"
        case "dns":
            yield NOWHERE
        case "connect_timeout":
            with deaf() as url:
                yield url
        case "403":
            fake.user(int(LAN)).blocks()
            yield proxy.url
        case "400" | "429" | "500" | "502":
            fake.fail_next(int(failure), **({"retry_after": 17} if failure == "429" else {}))
            yield proxy.url
        case "migrate_to_chat_id":
            yield proxy.url
        case broken:
            proxy.fail(broken)
            yield proxy.url


@asynccontextmanager
async def channel_to(api: str, patience: Patience = PATIENCE) -> AsyncIterator[TelegramChannel]:
    token = SecretStr("7000000001:TEST-token-of-the-fake-server-0123456")
    channel = TelegramChannel(
        ACCOUNT, token, contact_label="Số của tôi", api=api, rate=1000.0, chat_interval=0.0, group_interval=0.0,
        patience=patience,
    )  # fmt: skip
    await channel.open()
    try:
        yield channel
    finally:
        await channel.close()


async def deliver(writer: Writer, api: str, patience: Patience = PATIENCE) -> None:
    async with channel_to(api, patience) as channel:
        await Courier(writer, [channel], owner="one", alone=True).drain()


class TestAGroupThatMoved:
    async def test_takes_its_address_and_what_waits_along(
        self, office: PostOffice, writer: Writer, fake: FakeTelegram
    ) -> None:
        with office.database.transaction() as db:
            members.join(db, Address(ACCOUNT, str(GROUP)), office.now())
        there = fake.group(SUPERGROUP)
        fake.group(GROUP).moved_to = SUPERGROUP
        for text in ("one", "two"):
            office.promise(text, chat=str(GROUP))
        async with channel_to(fake.url) as channel:
            await Courier(writer, [channel], owner="one", alone=True).drain()
        assert [seen.text for seen in there.sees] == ["one", "two"]
        assert len(fake.called("sendMessage")) == 3, "the second message goes straight to the new chat"
        with office.database.reading() as db:
            assert db.exec(select(MemberAddress.chat)).one() == str(SUPERGROUP)

    async def test_and_moves_in_a_circle_is_given_up(
        self, office: PostOffice, writer: Writer, fake: FakeTelegram
    ) -> None:
        fake.group(GROUP).moved_to = SUPERGROUP
        fake.group(SUPERGROUP).moved_to = GROUP
        office.promise("round and round", chat=str(GROUP))
        async with channel_to(fake.url) as channel:
            await Courier(writer, [channel], owner="one", alone=True).drain()
        assert (office.row().state, office.row().reason, office.row().attempts) == (Sending.FAILED, "migrated", 5)


@contextmanager
def deaf() -> Iterator[str]:
    """A server that never accepts: its queue of one is full."""
    with socket.socket() as server, socket.socket() as first, socket.socket() as second:
        server.bind(("127.0.0.1", 0))
        server.listen(0)
        for waiting in (first, second):
            waiting.setblocking(False)
            waiting.connect_ex(server.getsockname())
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


def knows_no_name(lookup: Any) -> Any:
    """Name resolution as it is where the platform's name is unknown; addresses still resolve."""

    def getaddrinfo(host: Any, *arguments: Any, **options: Any) -> Any:
        if str(host).endswith(".invalid"):
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return lookup(host, *arguments, **options)

    return getaddrinfo
