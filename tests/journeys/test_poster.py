"""Somebody who serves at a unit asks in the chat for its code to be scanned."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.box import Line, TelegramLine, ZaloBotLine, ZaloOaLine, opened
from tests.voices import SCHOOL

HOME = "https://tro-ly.congdoan.example"
PICTURE = f"{HOME}/pictures/{SCHOOL}.png"


@pytest.mark.parametrize("channel", ["telegram", "zalo_bot", "zalo_oa", "web", "terminal"])
async def test_an_officer_is_shown_the_code_of_the_unit(channel: str, sqlite_database: str) -> None:
    async with opened(sqlite_database, channel) as box:
        box.furnish()
        hanh = await box.officer("Hạnh", SCHOOL)
        local = await hanh.says("/apphich")
        box.office = replace(box.office, public_url=HOME)
        told = await hanh.says("/apphich")
        assert PICTURE in told
        assert f"{HOME}/chat?u={SCHOOL}" in told
        if channel in {"web", "terminal"}:
            assert "127.0.0.1" in local, "whoever sits at this machine may open its pages"
        else:
            assert "CONGDOAN_PUBLIC_URL" in local
            assert picture_of(hanh.line) == PICTURE
        assert "Không có đơn vị nào mang mã “KHONG-CO”" in await hanh.says("/apphich KHONG-CO")
        assert "/pictures/GD51.png" in await hanh.says("/apphich gd51")
        an = box.person("An")
        assert "Mục này dành cho cán bộ" in await an.talks("/start", "[Tôi đồng ý]", "/apphich")


def picture_of(line: Line) -> str:
    match line:
        case TelegramLine(user=user):
            return str(user.sees[-1].parameters["photo"])
        case ZaloBotLine(user=user):
            return str(user.sees[-1].parameters["photo"])
        case ZaloOaLine(person=person):
            return str(person.sees[-1].body["message"]["attachment"]["payload"]["elements"][0]["url"])
        case _:
            raise AssertionError("no picture is shown there")
