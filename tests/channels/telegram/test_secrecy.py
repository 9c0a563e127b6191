"""A canary: token, texts and phones are nowhere but on the wire, whatever fails and however much is logged."""

from __future__ import annotations

import asyncio
import logging
import traceback

import pytest
from structlog.testing import capture_logs

from bot.channels import Trouble
from bot.channels.telegram import TelegramChannel
from messages.types import Choice, Outbound
from tests.channels.telegram.conftest import Office, opened
from tests.fakes.telegram import TOKEN, FakeTelegram, Seen

TEXT = "CANARY-văn-bản-riêng"
PHONE = "84900000001"
SECRETS = (TOKEN, TOKEN.partition(":")[2], TEXT, PHONE)
FAULTS = (400, 401, 403, 409, 429, 500, "garbage", "reset_before", "reset_after")


async def traces(channel: TelegramChannel, fake: FakeTelegram) -> list[str]:
    """All a log could hold of every way in which sending and fetching fail."""
    found = []
    for kind in FAULTS:
        fake.fail_next(kind, description=f"Refused: {TEXT}") if isinstance(kind, int) else fake.fail_next(kind)
        with pytest.raises(Trouble) as caught:
            await channel.send("1001", Outbound(TEXT, (Choice("yes", TEXT),), "q@1"))
        found += [repr(caught.value), "".join(traceback.format_exception(caught.value))]
        assert caught.value.__cause__ is caught.value.__context__ is None
    return found


async def test_no_exception_carries_a_secret(fake: FakeTelegram, channel: TelegramChannel) -> None:
    fake.user()
    found = await traces(channel, fake)
    async with opened(fake, api="http://127.0.0.1:9") as unreachable:
        with pytest.raises(Trouble) as caught:
            await unreachable.introduce()
    found += ["".join(traceback.format_exception(caught.value)), repr(channel)]
    assert not [secret for secret in SECRETS if secret in "\n".join(found)]


async def test_no_log_line_carries_a_secret_even_at_debug(
    fake: FakeTelegram, office: Office, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    lan = fake.user()
    office.refuses = lambda _inbound: len(office.tried) < 4
    with caplog.at_level(logging.DEBUG), capture_logs() as events:
        async with opened(fake) as channel, office.polling(channel):
            for method in ("getUpdates", "answerCallbackQuery"):
                fake.fail_next("garbage", method=method)
                fake.fail_next(500, method=method, description=TEXT)
            lan.says(TEXT)
            lan.shares_contact(PHONE)
            lan.sends_photo(TEXT)
            lan.presses_old(await sent(channel, fake), PHONE)
            fake.group().hears(lan, TEXT)
            await fake.wait_for(lambda: not fake.waiting)
            await traces(channel, fake)
        await asyncio.sleep(0)
    written = "\n".join([str(events), caplog.text, *capfd.readouterr()])
    assert "poll.failed" in written
    assert "update.receive_failed" in written
    assert not [secret for secret in (*SECRETS, "1001") if secret in written]


async def sent(channel: TelegramChannel, fake: FakeTelegram) -> Seen:
    await channel.send("1001", Outbound(TEXT))
    return fake.user().sees[-1]
