"""The webhook: only Zalo gets in, its trial call is answered, and 200 means that the update is safe."""

from __future__ import annotations

import io
import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from bot.channels import zalo_bot
from bot.channels.zalo_bot import ZaloBotChannel
from messages.types import Text
from tests.channels.office import Office
from tests.fakes.zalo_bot import SECRET_HEADER, FakeZaloBot

SECRET = "bi-mat_0123456789"
UPDATE = json.dumps(
    {
        "event_name": "message.text.received",
        "message": {
            "message_id": "1",
            "text": "x",
            "chat": {"id": "a", "chat_type": "PRIVATE"},
            "from": {"id": "a", "is_bot": False},
        },
    }
).encode()


@pytest.fixture
async def address(channel: ZaloBotChannel, office: Office) -> AsyncIterator[str]:
    """Where the webhook listens."""
    app = web.Application()
    app.router.add_post("/hooks/zalo-bot", zalo_bot.webhook(channel, office.receive, secret=SECRET))
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}/hooks/zalo-bot"
    await runner.cleanup()


async def post(address: str, body: bytes, *, secret: str | None = SECRET) -> int:
    headers = {} if secret is None else {SECRET_HEADER: secret}
    content = io.BytesIO(body) if body else b""
    async with aiohttp.ClientSession() as session, session.post(address, data=content, headers=headers) as answer:
        return answer.status


@pytest.mark.parametrize("body", ["bare", "enveloped"])
async def test_what_is_said_comes_in_once_it_is_safe(
    fake: FakeZaloBot, channel: ZaloBotChannel, address: str, office: Office, body: Any
) -> None:
    fake.mode.webhook_body = body
    await channel.set_webhook(address, secret=SECRET)
    fake.user().says("một")
    fake.user().says("hai")
    assert await fake.push() == [200, 200]
    assert office.events == [Text("một"), Text("hai")]


async def test_what_could_not_be_saved_is_not_confirmed(
    fake: FakeZaloBot, channel: ZaloBotChannel, address: str, office: Office
) -> None:
    fake.mode.webhook_retries = 1
    await channel.set_webhook(address, secret=SECRET)
    office.refuses = lambda _inbound: len(office.tried) < 2
    fake.user().says("một")
    assert await fake.push() == [503, 200]
    assert office.events == [Text("một")]


@pytest.mark.parametrize("ping", ["none", "empty", "json"])
async def test_the_trial_call_is_answered_and_forgotten(
    fake: FakeZaloBot, channel: ZaloBotChannel, address: str, office: Office, ping: Any
) -> None:
    fake.mode.verification_ping = ping
    assert await channel.set_webhook(address, secret=SECRET) == "webhook.ok"
    assert await channel.webhook_url() == address
    assert office.tried == []


async def test_a_webhook_that_cannot_be_reached_is_set_all_the_same_and_said_to_be_so(
    fake: FakeZaloBot, channel: ZaloBotChannel, address: str
) -> None:
    assert await channel.set_webhook("http://127.0.0.1:9/", secret=SECRET) == "webhook.unreachable"
    assert await channel.set_webhook(f"{address}/nowhere", secret=SECRET) == "webhook.http.404"
    assert fake.hook.url.endswith("/nowhere")
    await channel.delete_webhook()
    assert await channel.webhook_url() == ""


@pytest.mark.parametrize("secret", [None, "", "bi-mat_012345678", SECRET + "9", "bí-mật"])
async def test_who_does_not_know_the_secret_is_turned_away_and_nothing_is_kept(
    address: str, office: Office, secret: str | None
) -> None:
    assert await post(address, UPDATE, secret=secret) == 403
    assert await post(address, b'{"ok": true, "result": ' + UPDATE + b"}", secret=secret) == 403
    assert office.tried == []


@pytest.mark.parametrize("body", [b"{", b"[1]", b'"text"', b"\xff\xfe", b"[" * 100_000])
async def test_what_is_not_an_update_is_turned_away(address: str, office: Office, body: bytes) -> None:
    assert await post(address, body) == 400
    assert office.tried == []


async def test_a_body_larger_than_any_update_is_turned_away(address: str, office: Office) -> None:
    assert await post(address, UPDATE + b" " * (1024 * 1024)) == 413
    assert await post(address, UPDATE + b" " * (1024 * 1024 - len(UPDATE))) == 200
    assert len(office.taken) == 1


async def test_an_update_nobody_understands_is_not_asked_for_again(address: str, office: Office) -> None:
    assert await post(address, b'{"event_name": "message.text.received", "message": 5}') == 200
    assert await post(address, b" ") == 200
    assert office.tried == []


def test_without_a_secret_there_is_no_webhook(channel: ZaloBotChannel, office: Office) -> None:
    with pytest.raises(ValueError, match="secret"):
        zalo_bot.webhook(channel, office.receive, secret="")
