"""A paper of an award file comes as a file in a real chat, with the bot restarted after every line (F14)."""

from __future__ import annotations

import pytest

from handlers.files import files
from tests.box import Box, Line, TelegramLine, ZaloBotLine, ZaloOaLine, opened
from tests.fakes.zalo_bot import PICTURE
from tests.voices import SCHOOL

PDF = b"%PDF-1.7 proposal ".ljust(5000)


@pytest.mark.parametrize(
    ("database", "channel"), [("sqlite", "telegram"), ("postgresql", "telegram"), ("sqlite", "zalo_oa")]
)
async def test_a_file_sent_in_a_chat_is_kept_to_the_byte(
    database: str, channel: str, request: pytest.FixtureRequest
) -> None:
    async with opened(request.getfixturevalue(f"{database}_database"), channel) as box:
        box.furnish()
        hanh = await box.officer("Hạnh", SCHOOL)
        card = await hanh.talks("/khenthuong", "[Lập hồ sơ mới]", "[Lao động giỏi]", "Hoàng Thị Thợ May")
        code = card.partition("Hồ sơ ")[2].split()[0]
        await hanh.presses("Tờ trình")
        hand_in(hanh.line, PDF, "tờ trình.pdf")
        assert "Công đoàn đang nhận tệp" in await hanh.hears()
        await until_told(box, hanh.line, "Đã lưu tệp")
        assert "đã có 1 tệp" in await hanh.presses("Đã gửi đủ")
        with box.database() as db:
            (info,) = files.of_subject(db, "award", f"{code}.proposal")
            kept = files.get(db, info.id)
            assert kept is not None
            assert (kept.content, kept.name) == (PDF, "tờ trình.pdf")


async def test_a_picture_sent_to_a_zalo_bot_is_kept(sqlite_database: str) -> None:
    async with opened(sqlite_database, "zalo_bot") as box:
        box.furnish()
        hanh = await box.officer("Hạnh", SCHOOL)
        card = await hanh.talks("/khenthuong", "[Lập hồ sơ mới]", "[Lao động giỏi]", "Hoàng Thị Thợ May")
        code = card.partition("Hồ sơ ")[2].split()[0]
        await hanh.presses("Tờ trình")
        assert isinstance(hanh.line, ZaloBotLine)
        hanh.line.user.sends_photo()
        assert "Công đoàn đang nhận tệp" in await hanh.hears()
        await until_told(box, hanh.line, "Đã lưu tệp")
        with box.database() as db:
            (info,) = files.of_subject(db, "award", f"{code}.proposal")
            kept = files.get(db, info.id)
            assert kept is not None
            assert kept.content == PICTURE


def hand_in(line: Line, content: bytes, name: str) -> None:
    match line:
        case TelegramLine(user=user):
            user.sends_file(content, name)
        case ZaloOaLine(person=person):
            person.sends_file(content, name)
        case _:
            raise AssertionError("no files are sent here")


async def until_told(box: Box, line: Line, words: str) -> None:
    async with box.bot():
        assert box.fake is not None
        await box.fake.wait_for(lambda: any(words in heard.text for heard in line.heard))
