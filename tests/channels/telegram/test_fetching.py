"""Files that people send: fetched by their id, within bounds, and no failure quotes the address with the token."""

from __future__ import annotations

import traceback

import pytest

from bot.attachments import Fetches
from bot.channels import Later, Refused, Trouble, Unknown
from bot.channels.telegram import TelegramChannel
from tests.fakes.telegram import TOKEN, FakeTelegram

CONTENT = b"%PDF-1.7 " + b"x" * 1000


async def test_what_was_sent_arrives_to_the_byte(channel: TelegramChannel, fake: FakeTelegram) -> None:
    assert isinstance(channel, Fetches)
    assert await channel.download(fake.keep_file(CONTENT), 2000) == CONTENT


async def test_what_is_too_big_is_not_even_asked_for(channel: TelegramChannel, fake: FakeTelegram) -> None:
    with pytest.raises(Refused, match="too_big"):
        await channel.download(fake.keep_file(CONTENT), 1000)


async def test_an_id_telegram_does_not_know_is_refused_for_good(channel: TelegramChannel) -> None:
    with pytest.raises(Refused):
        await channel.download("nothing", 1000)


async def test_a_file_that_is_gone_or_a_server_in_trouble_is_tried_again(
    channel: TelegramChannel, fake: FakeTelegram
) -> None:
    number = fake.keep_file(CONTENT)
    fake.fail_next(500, method="getFile")
    with pytest.raises(Unknown):
        await channel.download(number, 2000)
    fake.fail_next(429, method="getFile", retry_after=3)
    with pytest.raises(Later):
        await channel.download(number, 2000)


async def test_no_failure_tells_the_token(channel: TelegramChannel, fake: FakeTelegram) -> None:
    number = fake.keep_file(CONTENT)
    told = []
    for most, kind in ((10, ""), (2000, "garbage"), (2000, "reset_before"), (2000, "lost")):
        if kind == "lost":
            del fake.files[number]
            fake.files["elsewhere"] = CONTENT
        elif kind:
            fake.fail_next(kind, method="getFile")
        with pytest.raises(Trouble) as caught:
            await channel.download(number, most)
        told += [repr(caught.value), "".join(traceback.format_exception(caught.value))]
        assert caught.value.__cause__ is None
    assert TOKEN not in "".join(told)
