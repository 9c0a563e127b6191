"""A canary: token, texts and chats are nowhere but on the wire, whatever fails and however much is logged."""

from __future__ import annotations

import asyncio
import logging
import traceback

import pytest
from structlog.testing import capture_logs

from bot.channels import Trouble
from bot.channels.zalo_bot import ZaloBotChannel
from messages.types import Choice, Outbound
from tests.channels.office import Office
from tests.channels.zalo_bot.conftest import opened
from tests.fakes.zalo_bot import TOKEN, FakeZaloBot

TEXT = "CANARY-văn-bản-riêng"
SECRETS = (TOKEN, TOKEN.partition(":")[2], TEXT)
FAULTS = (400, 401, 403, 404, 429, 500, "garbage", "reset_before", "reset_after")


async def traces(channel: ZaloBotChannel, fake: FakeZaloBot) -> list[str]:
    """All a log could hold of every way in which sending fails."""
    found = []
    for kind in FAULTS:
        fake.fail_next(kind, description=f"Refused: {TEXT}")
        with pytest.raises(Trouble) as caught:
            await channel.send(fake.user().chat, Outbound(TEXT, (Choice("yes", TEXT),), "q@1"))
        found += [repr(caught.value), "".join(traceback.format_exception(caught.value))]
        assert caught.value.__cause__ is caught.value.__context__ is None
    return found


async def test_no_exception_carries_a_secret(fake: FakeZaloBot, channel: ZaloBotChannel) -> None:
    fake.user().says("chào")
    found = await traces(channel, fake)
    async with opened(fake, api="http://127.0.0.1:9") as unreachable:
        with pytest.raises(Trouble) as caught:
            await unreachable.introduce()
    found += ["".join(traceback.format_exception(caught.value)), repr(channel), repr(vars(channel)["_http"])]
    assert not [secret for secret in SECRETS if secret in "\n".join(found)]


async def test_no_log_line_carries_a_secret_even_at_debug(
    fake: FakeZaloBot, office: Office, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    lan = fake.user()
    office.refuses = lambda _inbound: len(office.tried) < 4
    with caplog.at_level(logging.DEBUG), capture_logs() as events:
        async with opened(fake, slow=0.0) as channel, office.polling(channel):
            for kind in ("garbage", 500, 401):
                fake.fail_next(kind, method="getUpdates", description=TEXT)
                fake.fail_next(kind, method="sendChatAction", description=TEXT)
            lan.says(TEXT)
            lan.sends_photo(TEXT)
            fake.group().hears(lan, f"@{fake.name} {TEXT}")
            await fake.wait_for(lambda: len(office.taken) == 3)
            await traces(channel, fake)
        await asyncio.sleep(0)
    written = "\n".join([str(events), caplog.text, *capfd.readouterr()])
    assert "poll.failed" in written
    assert "update.receive_failed" in written
    assert not [secret for secret in (*SECRETS, lan.chat, lan.name) if secret in written]
