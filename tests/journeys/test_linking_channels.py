"""One person on two platforms at once, the bot restarted after every line: a draft and a history move with them."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.box import Box, Person, WebLine, opened
from tests.fakes.telegram import FakeTelegram
from tests.people import NAME, PHONE, QUESTIONS, TEXT

LINK = re.compile(r"/lienket (\S{4}-\S{4})")
CODE = re.compile(r"SK-\d\d-\w{5}")
PERSON = (NAME, PHONE, "quang ngai", "gd51-01", "2")


@asynccontextmanager
async def two_platforms(url: str) -> AsyncIterator[tuple[Box, Box]]:
    """One installation with a Zalo Bot and a Telegram bot, seen from either."""
    async with opened(url, "zalo_bot") as zalo, FakeTelegram() as fake:
        telegram = Box(url, "telegram", fake)
        settings = telegram.settings.model_copy(update={"zalo_bots": zalo.settings.zalo_bots})
        zalo.settings = telegram.settings = settings
        zalo.furnish()
        yield zalo, telegram


async def code_of(person: Person) -> str:
    found = LINK.search(await person.talks("/lienket", "[Lấy mã nối kênh]"))
    assert found is not None
    return found[1]


def found_in(told: str) -> str:
    found = CODE.search(told)
    assert found is not None
    return found[0]


async def test_a_draft_begun_on_zalo_is_finished_on_telegram(postgresql_database: str) -> None:
    async with two_platforms(postgresql_database) as (zalo_box, telegram_box):
        zalo, telegram = zalo_box.person("An"), telegram_box.person("An")
        await zalo.talks("/start", "[Tôi đồng ý]", "/sangkien", *PERSON)
        assert "đang hỏi lại trên Zalo" in await telegram.says(f"/lienket {await code_of(zalo)}")
        assert "Telegram vừa nhập mã nối kênh của anh/chị" in await zalo.hears()
        assert "Đã nối Telegram" in await zalo.presses("Đồng ý nối")
        linked = await telegram.hears()
        assert "Đã nối kênh này với hồ sơ của anh/chị" in linked
        assert "Thông báo về dữ liệu cá nhân" not in linked
        done = await telegram.talks("[📝 Viết tiếp bản nháp]", *QUESTIONS, TEXT, "XONG", "[Gửi đi]")
        assert "Trạng thái" in await zalo.says(found_in(done))


async def test_a_browser_that_lost_its_cookie_gets_its_history_back_through_zalo(sqlite_database: str) -> None:
    async with two_platforms(sqlite_database) as (box, _):
        web, zalo, fresh = Person("An", WebLine(box)), box.person("An"), Person("An", WebLine(box))
        found = found_in(
            await web.talks("/start", "[Tôi đồng ý]", "/sangkien", *PERSON, *QUESTIONS, TEXT, "XONG", "[Gửi đi]")
        )
        assert "đang hỏi lại" in await zalo.says(f"/lienket {await code_of(web)}")
        await web.hears()
        await web.presses("Đồng ý nối")
        assert "Đã nối kênh này" in await zalo.hears()
        assert "Trạng thái" not in await fresh.says(found)
        assert "đang hỏi lại" in await fresh.says(f"/lienket {await code_of(zalo)}")
        await zalo.hears()
        await zalo.presses("Đồng ý nối")
        assert "Đã nối kênh này" in await fresh.hears()
        assert "Trạng thái" in await fresh.says(found)
