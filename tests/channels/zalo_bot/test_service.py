"""The whole product on Zalo Bot: by webhook, over a restart, and with its plan counted."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from pydantic import SecretStr
from structlog.testing import capture_logs

from bot import app, premises
from bot.settings import Mode
from handlers.reaching import reach
from storage import clock, windows
from tests.box import Box, opened
from tests.fakes.zalo_bot import FakeUser, FakeZaloBot
from tests.people import NAME, PHONE
from tests.voices import SCHOOL, TEXT, code_in


@pytest.fixture
async def box(database_url: str) -> AsyncIterator[Box]:
    async with opened(database_url, "zalo_bot") as made:
        yield made


@pytest.fixture
def fake(box: Box) -> FakeZaloBot:
    assert isinstance(box.fake, FakeZaloBot)
    return box.fake


async def polled(box: Box, fake: FakeZaloBot, *, times: int = 2) -> None:
    """Run until so many more polls have begun, which means that all before are safe; and send what there is to send."""
    before = len(fake.polls)
    async with box.bot() as running:
        await fake.wait_for(lambda: len(fake.polls) >= before + times)
        await running.courier.drain()
    await fake.wait_for(lambda: not fake.polling)


def counted(box: Box) -> int:
    with box.database() as db:
        return windows.used(db, "zalo_bot", windows.MESSAGES, reach.month_of(clock.now(db)))


async def test_an_update_that_comes_again_after_a_restart_is_answered_once(box: Box, fake: FakeZaloBot) -> None:
    lan = fake.user()
    fake.mode.poll = "replay"
    lan.says("/start")
    await polled(box, fake)
    heard = len(lan.sees)
    await polled(box, fake)
    assert len(lan.sees) == heard > 0
    lan.says("1")
    await polled(box, fake)
    assert len(lan.sees) > heard


def hooked(box: Box) -> None:
    """From now on Zalo calls us."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    bot = box.settings.zalo_bots[0].model_copy(
        update={"mode": Mode.WEBHOOK, "webhook_secret": SecretStr("bi-mat-cua-webhook")}
    )
    here = {"http_port": port, "public_url": f"http://127.0.0.1:{port}"}
    box.settings = box.settings.model_copy(update={"zalo_bots": (bot,), **here})


async def test_by_webhook_a_line_is_answered_and_both_ways_are_counted(box: Box, fake: FakeZaloBot) -> None:
    hooked(box)
    lan: FakeUser = fake.user()
    with capture_logs() as events:
        async with app.running(box.settings, office=box.office, listen=True) as running:
            await fake.wait_for(lambda: fake.hook.url)
            for line in ("/start", "Tôi đồng ý", "trợ giúp"):
                lan.says(line)
                assert await fake.push() == [200]
                await running.courier.drain()
        assert "zalo_bot.webhook_not_reached" not in {event["event"] for event in events}
    assert fake.hook.url.endswith("/hooks/zalo-bot")
    assert "Hướng dẫn nhanh" in "".join(seen.text for seen in lan.sees[-2:])
    assert counted(box) == 3 + len(lan.sees)


async def test_beyond_the_plan_by_our_count_answers_go_and_pushes_wait_for_the_next_month(
    box: Box, fake: FakeZaloBot
) -> None:
    box.furnish()
    hanh, an = await box.officer("Hạnh", SCHOOL), box.person("An")
    await an.talks("/start", "[Tôi đồng ý]")
    tried = len(fake.called("sendMessage"))
    assert counted(box) == 6 + tried
    with box.database() as db:
        now = clock.now(db)
        windows.count(db, "zalo_bot", windows.MESSAGES, reach.month_of(now), 3000)
    await an.talks("/ykien", "[Vấn đề bức xúc]", "[Điều kiện làm việc]", "quang ngai", "gd51-01")
    code = code_in(await an.talks("[Cán bộ đơn vị tôi]", "[Gửi kèm tên]", NAME, PHONE, TEXT, "XONG", "[Gửi đi]"))
    assert await hanh.hears() == ""
    box.move_clock(now + timedelta(days=31))
    assert code in await hanh.hears()


async def test_when_the_platform_says_that_the_plan_is_used_up_it_is_asked_once(box: Box, fake: FakeZaloBot) -> None:
    an = box.person("An")
    await an.talks("/start", "[Tôi đồng ý]")
    tried = len(fake.called("sendMessage"))
    fake.mode.month_cap = tried
    assert await an.talks("trợ giúp", "trợ giúp") == ""
    assert len(fake.called("sendMessage")) == tried + 1


@pytest.mark.parametrize("cap", [2, 50], ids=["zalo refuses them", "zalo lets one answer through"])
async def test_a_person_too_many_is_told_of_another_way_and_disturbs_nobody(
    box: Box, fake: FakeZaloBot, cap: int
) -> None:
    fake.mode.users_cap = cap
    bot = box.settings.zalo_bots[0].model_copy(update={"users": 2})
    box.settings = box.settings.model_copy(
        update={"zalo_bots": (bot,), "public_url": "https://tro-ly.congdoan.example"}
    )
    box.office = premises.make_office(box.settings)
    an, binh, late = box.person("An"), box.person("Bình"), box.person("Lan")
    await an.talks("/start", "[Tôi đồng ý]")
    await binh.talks("/start", "[Tôi đồng ý]")
    told = await late.says("xin chào")
    assert ("https://tro-ly.congdoan.example/chat" in told) is (cap == 50)
    assert "Thông báo về dữ liệu cá nhân" not in told
    assert "Hướng dẫn nhanh" in await an.says("trợ giúp")
    assert "Hướng dẫn nhanh" in await binh.says("trợ giúp")
    with box.database() as db:
        assert windows.known_chats(db, "zalo_bot") == 2
