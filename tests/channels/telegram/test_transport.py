"""The transport under python-telegram-bot's own methods: files go up, and slow servers are told apart."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator, Iterator

import pytest
import telegram

from bot.channels.telegram.transport import AiohttpRequest, Flooded, NotSent, Unanswered
from tests.fakes.telegram import FakeTelegram


@pytest.fixture
async def bot(fake: FakeTelegram) -> AsyncIterator[telegram.Bot]:
    requests = (AiohttpRequest(), AiohttpRequest())
    async with telegram.Bot(
        fake.token, f"{fake.url}/bot", request=requests[0], get_updates_request=requests[1]
    ) as made:
        yield made


async def test_a_document_goes_up_with_its_name_and_caption(fake: FakeTelegram, bot: telegram.Bot) -> None:
    lan = fake.user()
    await bot.send_document(1001, b"PK\x03\x04", caption="Bản sao dữ liệu", filename="dữ liệu.xlsx")
    assert (lan.sees[0].file, lan.sees[0].text) == (("dữ liệu.xlsx", b"PK\x03\x04"), "Bản sao dữ liệu")


async def test_a_picture_goes_up_with_its_buttons(fake: FakeTelegram, bot: telegram.Bot) -> None:
    lan = fake.user()
    button = telegram.InlineKeyboardButton("Xem", callback_data="news@1:see")
    await bot.send_photo(1001, b"\x89PNG", reply_markup=telegram.InlineKeyboardMarkup([[button]]))
    assert lan.sees[0].file is not None
    assert lan.sees[0].file[1] == b"\x89PNG"
    assert lan.sees[0].labels == ["Xem"]


async def test_numbers_and_keyboards_travel_as_json_not_as_text(fake: FakeTelegram, bot: telegram.Bot) -> None:
    fake.user()
    await bot.send_message(1001, "Chào", reply_markup=telegram.ReplyKeyboardRemove())
    (sent,) = fake.called("sendMessage")
    assert (sent["chat_id"], sent["reply_markup"]) == (1001, {"remove_keyboard": True})


async def test_a_keyboard_is_taken_off_an_old_message(fake: FakeTelegram, bot: telegram.Bot) -> None:
    lan = fake.user()
    button = telegram.InlineKeyboardButton("Có", callback_data="q@1:yes")
    sent = await bot.send_message(1001, "Chọn:", reply_markup=telegram.InlineKeyboardMarkup([[button]]))
    await bot.edit_message_reply_markup(1001, sent.message_id, reply_markup=None)
    assert lan.sees[0].labels == []


async def test_an_answer_that_does_not_come_leaves_open_what_happened(fake: FakeTelegram, bot: telegram.Bot) -> None:
    fake.fail_next("hang")
    with pytest.raises(Unanswered, match="timeout"):
        await bot.send_message(1001, "Chào", read_timeout=0.05)


async def test_a_body_that_does_not_get_through_in_time_leaves_open_what_happened(
    fake: FakeTelegram, bot: telegram.Bot
) -> None:
    fake.fail_next("hang")
    with pytest.raises(Unanswered, match="timeout"):
        await bot.send_message(1001, "Chào", connect_timeout=0.02, write_timeout=0.02, read_timeout=0.02)


@pytest.fixture
def deaf() -> Iterator[str]:
    """A server that never accepts: its queue of one is full."""
    with socket.socket() as server, socket.socket() as first, socket.socket() as second:
        server.bind(("127.0.0.1", 0))
        server.listen(0)
        for waiting in (first, second):
            waiting.setblocking(False)
            waiting.connect_ex(server.getsockname())
        yield f"http://127.0.0.1:{server.getsockname()[1]}/bot"


async def test_a_connection_that_does_not_come_about_in_time_sent_nothing(deaf: str) -> None:
    async with AiohttpRequest() as request, AiohttpRequest() as other:
        bot = telegram.Bot("1:x", deaf, request=request, get_updates_request=other)
        with pytest.raises(NotSent):
            await bot.send_message(1001, "Chào", connect_timeout=0.05)


async def test_a_flood_says_for_how_long(fake: FakeTelegram, bot: telegram.Bot) -> None:
    fake.fail_next(429, retry_after=3)
    with pytest.raises(Flooded) as caught:
        await bot.send_message(1001, "Chào")
    assert caught.value.after == 3.0


async def test_after_its_end_nothing_is_sent(fake: FakeTelegram, bot: telegram.Bot) -> None:
    await bot.shutdown()
    with pytest.raises(NotSent):
        await bot.send_message(1001, "Chào")
