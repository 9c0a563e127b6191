"""The webhook: only Telegram gets in, and 200 means that the update is safe."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator

import aiohttp
import pytest
from aiohttp import web

from bot.channels import telegram
from bot.channels.telegram import TelegramChannel
from messages.types import Choice, Outbound, Overheard, Pressed, Text
from tests.channels.telegram.conftest import Office
from tests.fakes.telegram import SECRET_HEADER, FakeTelegram

SECRET = "bi-mat_0123456789"
UPDATE = b'{"update_id": 1, "message": {"chat": {"id": 1001, "type": "private"}, "text": "x"}}'


@pytest.fixture
async def address(channel: TelegramChannel, office: Office) -> AsyncIterator[str]:
    """Where the webhook listens."""
    app = web.Application()
    app.router.add_post("/hooks/telegram", telegram.webhook(channel, office.receive, secret=SECRET))
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}/hooks/telegram"
    await runner.cleanup()


@pytest.fixture
async def hooked(fake: FakeTelegram, channel: TelegramChannel, address: str) -> FakeTelegram:
    """The fake, which has been told where to deliver."""
    await channel.set_webhook(address, secret=SECRET)
    return fake


async def post(address: str, body: bytes, *, secret: str | None = SECRET) -> int:
    headers = {} if secret is None else {SECRET_HEADER: secret}
    async with (
        aiohttp.ClientSession() as session,
        session.post(address, data=io.BytesIO(body), headers=headers) as answer,
    ):
        return answer.status


async def test_what_is_said_comes_in_once_it_is_safe(hooked: FakeTelegram, office: Office) -> None:
    hooked.user().says("một")
    hooked.user().says("hai")
    assert await hooked.push() == [200, 200]
    assert office.events == [Text("một"), Text("hai")]


async def test_what_could_not_be_saved_is_delivered_again(hooked: FakeTelegram, office: Office) -> None:
    hooked.user().says("một")
    office.refuses = lambda _inbound: True
    assert await hooked.push() == [503]
    office.refuses = lambda _inbound: False
    assert await hooked.push() == [200]
    assert office.events == [Text("một")]


async def test_an_ignored_update_is_not_delivered_twice(hooked: FakeTelegram, office: Office) -> None:
    hooked.group().hears(hooked.user(), "chuyện riêng của nhóm")
    assert await hooked.push() == [200]
    assert office.tried == []


async def test_a_press_is_acknowledged_once_it_is_safe(
    hooked: FakeTelegram, channel: TelegramChannel, office: Office
) -> None:
    lan = hooked.user()
    await channel.send("1001", Outbound("Chọn:", (Choice("yes", "Có"),), "q@1"))
    lan.presses("Có")
    await hooked.push()
    await hooked.wait_for(lambda: not hooked.spinning)
    assert office.events == [Pressed("q@1:yes")]


async def test_the_bot_learns_its_name_so_that_groups_can_call_it(
    hooked: FakeTelegram, channel: TelegramChannel, office: Office
) -> None:
    hooked.fail_next(500, method="getMe")
    while not hooked.called("getMe"):
        hooked.user().says("một")
        await hooked.push()
    await hooked.wait_for(lambda: channel.username)
    hooked.group().hears(hooked.user(), f"@{hooked.username} giúp với")
    await hooked.push()
    assert office.events[-1] == Overheard()


@pytest.mark.parametrize("secret", [None, "", "bi-mat_012345678", SECRET + "9", "bí-mật"])
async def test_who_does_not_know_the_secret_is_turned_away_unread(
    address: str, office: Office, secret: str | None
) -> None:
    assert await post(address, b"not even JSON", secret=secret) == 403
    assert await post(address, UPDATE, secret=secret) == 403
    assert office.tried == []


@pytest.mark.parametrize("body", [b"", b"{", b"[1]", b'"text"', b"\xff\xfe", b"[" * 100_000])
async def test_what_is_not_an_update_is_turned_away(address: str, office: Office, body: bytes) -> None:
    assert await post(address, body) == 400
    assert office.tried == []


async def test_a_body_larger_than_any_update_is_turned_away(address: str, office: Office) -> None:
    assert await post(address, UPDATE + b" " * (1024 * 1024)) == 413
    assert await post(address, UPDATE + b" " * (1024 * 1024 - len(UPDATE))) == 200
    assert len(office.taken) == 1


async def test_an_update_nobody_understands_is_not_asked_for_again(address: str, office: Office) -> None:
    assert await post(address, b'{"update_id": 1, "message": 5}') == 200
    assert office.tried == []


def test_without_a_secret_there_is_no_webhook(channel: TelegramChannel, office: Office) -> None:
    with pytest.raises(ValueError, match="secret"):
        telegram.webhook(channel, office.receive, secret="")


async def test_going_back_to_polling_keeps_what_waits(hooked: FakeTelegram, channel: TelegramChannel) -> None:
    hooked.user().says("một")
    await channel.delete_webhook()
    assert hooked.hook.url == ""
    assert len(hooked.waiting) == 1
