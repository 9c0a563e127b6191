"""Sending: choices as numbers, what Zalo refuses, and what certainly did not go out."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bot.channels import Gone, Later, Refused, Trouble, Unknown
from bot.channels.zalo_bot import ZaloBotChannel
from messages import render
from messages.types import LIMITS, Choice, Outbound
from tests.channels.zalo_bot.conftest import CATALOGUE, opened
from tests.fakes.zalo_bot import PICTURE, FakeUser, FakeZaloBot
from tests.fakes.zalo_bot_world import WEBHOOK_SET

ASKING = Outbound("Chọn giúp nhé:", (Choice("a", "Gửi sáng kiến"), Choice("cancel", "Hủy bỏ")), "q@1", ask_contact=True)


@pytest.fixture
def lan(fake: FakeZaloBot) -> FakeUser:
    """Somebody who has written."""
    lan = fake.user()
    lan.says("chào")
    return lan


async def test_a_text_arrives_to_the_letter_and_without_markup(channel: ZaloBotChannel, lan: FakeUser) -> None:
    text = '<b>&" *_[`] {red}=1+1{/red} **đậm** 😀'
    assert await channel.send(lan.chat, Outbound(text)) == lan.sees[0].id
    assert lan.sees[0].text == text
    assert dict(lan.sees[0].parameters) == {"chat_id": lan.chat, "text": text}


async def test_marks_are_joined_to_their_letters(channel: ZaloBotChannel, lan: FakeUser) -> None:
    await channel.send(lan.chat, Outbound("ê\u0301"))
    assert lan.sees[0].text == "ế"


async def test_choices_are_numbered_and_the_ways_out_are_words(channel: ZaloBotChannel, lan: FakeUser) -> None:
    await channel.send(lan.chat, ASKING)
    assert lan.sees[0].text == render.numbered(ASKING, CATALOGUE)
    assert lan.sees[0].labels == ["Gửi sáng kiến"]


@pytest.mark.parametrize("sign", ["ế", "😀"])
async def test_a_long_text_goes_in_parts_cut_at_a_sentence_with_the_choices_under_the_last(
    channel: ZaloBotChannel, lan: FakeUser, sign: str
) -> None:
    choices = tuple(Choice(f"k{number}", f"Lựa chọn thứ {number}") for number in range(1, 9))
    whole = Outbound(" ".join(f"Câu {number} {sign * 70}." for number in range(60)), choices, "q@1")
    limits = LIMITS["zalo_bot"]
    under = render.under(whole, limits.buttons, CATALOGUE)
    for part in render.split(whole, limits.text, under=under):
        await channel.send(lan.chat, part)
    assert len(lan.sees) >= 3
    assert all(seen.text.endswith(".") for seen in lan.sees[:-1])
    assert lan.sees[-1].labels == [choice.label for choice in choices]
    heard = " ".join(seen.text for seen in lan.sees)
    assert all(f"Câu {number} " in heard for number in range(60))


async def test_what_is_too_long_is_not_even_tried(fake: FakeZaloBot, channel: ZaloBotChannel, lan: FakeUser) -> None:
    for text in ("a" * 2001, "😀" * 1001):
        with pytest.raises(Refused, match="too_long"):
            await channel.send(lan.chat, Outbound(text))
    assert fake.called("sendMessage") == []
    await channel.send(lan.chat, Outbound("a" * 2000))
    assert len(lan.sees) == 1


TROUBLES: list[tuple[int | str, dict[str, Any], type[Trouble], str]] = [
    (400, {"description": "Bad Request: can't parse"}, Refused, "bad_request"),
    (400, {"description": "Bad Request: chat not found"}, Gone, "chat_not_found"),
    (400, {"description": "Invalid parameter: chat_id"}, Gone, "chat_not_found"),
    (400, {"description": WEBHOOK_SET}, Later, "webhook_set"),
    (401, {}, Later, "token_refused"),
    (403, {}, Unknown, "server_error"),
    (404, {}, Later, "not_found"),
    (408, {}, Unknown, "timeout"),
    (418, {}, Refused, "refused"),
    (429, {}, Later, "quota"),
    (500, {}, Unknown, "server_error"),
    ("garbage", {}, Unknown, "garbage"),
    ("garbage", {"status": 502}, Unknown, "server_error"),
    ("reset_before", {}, Unknown, "broken_off"),
    ("reset_after", {}, Unknown, "broken_off"),
]


@pytest.mark.parametrize("http", ["ok", "same"])
@pytest.mark.parametrize(("kind", "details", "expected", "reason"), TROUBLES)
async def test_every_failure_has_its_fate_by_its_code_whatever_the_http_status(
    fake: FakeZaloBot,
    channel: ZaloBotChannel,
    lan: FakeUser,
    kind: int | str,
    details: dict[str, Any],
    expected: type[Trouble],
    reason: str,
    http: Any,
) -> None:
    fake.mode.failure_http = http
    fake.fail_next(kind, **details)
    with pytest.raises(Trouble) as caught:
        await channel.send(lan.chat, Outbound("Chào"))
    assert (type(caught.value), caught.value.reason) == (expected, reason)
    await channel.send(lan.chat, Outbound("Chào"))


async def test_a_refused_token_and_an_exceeded_quota_rest_the_whole_account(
    fake: FakeZaloBot, channel: ZaloBotChannel, lan: FakeUser
) -> None:
    fake.fail_next(429, times=9)
    pauses = []
    for _ in range(9):
        with pytest.raises(Later) as caught:
            await channel.send(lan.chat, Outbound("Chào"))
        assert caught.value.halts_account
        pauses.append(caught.value.after)
    assert pauses == [60.0, 120.0, 240.0, 480.0, 960.0, 1920.0, 3600.0, 3600.0, 3600.0]
    await channel.send(lan.chat, Outbound("Chào"))
    fake.fail_next(429)
    with pytest.raises(Later) as caught:
        await channel.send(lan.chat, Outbound("Chào"))
    assert caught.value.after == 60.0
    async with opened(fake, token="1:wrong") as stranger:
        with pytest.raises(Later, match="token_refused") as caught:
            await stranger.send(lan.chat, Outbound("Chào"))
    assert caught.value.halts_account


async def test_whoever_never_wrote_cannot_be_written_to(fake: FakeZaloBot, channel: ZaloBotChannel) -> None:
    with pytest.raises(Gone):
        await channel.send(fake.user(7).chat, Outbound("Chào"))


async def test_beyond_the_plan_zalo_says_quota(fake: FakeZaloBot, channel: ZaloBotChannel, lan: FakeUser) -> None:
    fake.mode.users_cap, fake.mode.month_cap = 1, 2
    fake.user(2).says("chào")
    with pytest.raises(Later, match="quota"):
        await channel.send(fake.user(2).chat, Outbound("Chào"))
    for _ in range(2):
        await channel.send(lan.chat, Outbound("Chào"))
    with pytest.raises(Later, match="quota"):
        await channel.send(lan.chat, Outbound("Chào"))


class Notebook:
    """Counts, and keeps in what order."""

    def __init__(self, *strangers: str) -> None:
        self.lines: list[str] = []
        self.strangers = strangers

    def count(self) -> None:
        self.lines.append("one")

    async def carries(self, chat: str) -> bool:
        return chat not in self.strangers

    async def close(self) -> None:
        self.lines.append("closed")


async def test_what_went_out_is_told_once_and_what_did_not_is_not(fake: FakeZaloBot, lan: FakeUser) -> None:
    plan = Notebook()
    async with opened(fake, plan=plan) as channel:
        fake.fail_next(500)
        with pytest.raises(Unknown):
            await channel.send(lan.chat, Outbound("Chào"))
        assert plan.lines == []
        await channel.send(lan.chat, Outbound("Chào"))
    assert plan.lines == ["one", "closed"]


async def test_a_person_too_many_halts_nobody_else(fake: FakeZaloBot, lan: FakeUser) -> None:
    fake.mode.users_cap = 1
    fake.user(2).says("chào")
    async with opened(fake, plan=Notebook(fake.user(2).chat)) as channel:
        with pytest.raises(Refused, match="plan_full"):
            await channel.send(fake.user(2).chat, Outbound("Chào"))
        await channel.send(lan.chat, Outbound("Chào"))
    assert len(lan.sees) == 1


async def test_nobody_listening_means_that_nothing_left(fake: FakeZaloBot) -> None:
    async with opened(fake, api="http://127.0.0.1:9") as channel:
        with pytest.raises(Later, match="unreachable"):
            await channel.send("1", Outbound("Chào"))


async def test_the_bot_introduces_itself(channel: ZaloBotChannel) -> None:
    profile = await channel.introduce()
    assert (profile.name, profile.plan) == ("Bot Công đoàn", "BASIC")


async def test_a_picture_is_fetched_while_it_lasts_and_from_nowhere_else(
    fake: FakeZaloBot, channel: ZaloBotChannel
) -> None:
    address = f"{fake.url}/photo/x.jpg"
    assert await channel.download(address, 1000) == PICTURE
    with pytest.raises(Refused, match="too_large"):
        await channel.download(address, 10)
    with pytest.raises(Gone, match="no_file"):
        await channel.download(f"{fake.url}/photo/gone.jpg", 1000)
    for foreign in ("http://localhost:9/x.jpg", "http://photo.zdn.vn/x.jpg", "https://zdn.vn.example/x.jpg", "x.jpg"):
        assert not channel.can_download(foreign)
        with pytest.raises(Refused, match="foreign_host"):
            await channel.download(foreign, 1000)
    assert channel.can_download("https://photo-stal-16.zdn.vn/x.jpg")


ADDRESS = "https://tro-ly.congdoan.example/pictures/GD51-01.png"


async def test_a_picture_goes_by_its_address_with_the_words_under_it(channel: ZaloBotChannel, lan: FakeUser) -> None:
    await channel.send(lan.chat, replace(ASKING, picture=ADDRESS))
    (seen,) = lan.sees
    assert seen.parameters["photo"] == ADDRESS
    assert seen.text == render.numbered(ASKING, CATALOGUE)


async def test_without_the_picture_that_zalo_does_not_take_the_words_arrive(
    channel: ZaloBotChannel, fake: FakeZaloBot, lan: FakeUser
) -> None:
    await channel.send(lan.chat, Outbound("Mã QR", picture="https://upload.wikimedia.org/x.png"))
    assert [(seen.text, "photo" in seen.parameters) for seen in lan.sees] == [("Mã QR", False)]
    fake.fail_next("reset_after", method="sendPhoto")
    with pytest.raises(Unknown):
        await channel.send(lan.chat, Outbound("Mã QR", picture=ADDRESS))
    assert len(fake.called("sendMessage")) == 1, "what may have arrived is not said again here"
