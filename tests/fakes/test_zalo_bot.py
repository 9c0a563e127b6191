"""The fake Zalo Bot refuses what Zalo refuses, and a library that others wrote can use it."""

from __future__ import annotations

import warnings
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from tests.fakes.zalo_bot import FakeZaloBot
from tests.fakes.zalo_bot_world import BOT_ID, WEBHOOK_SET

LONG = "a" * 2001
SECRET = "bi-mat-dai"


@pytest.fixture
async def fake() -> AsyncIterator[FakeZaloBot]:
    async with FakeZaloBot() as server:
        server.mode.failure_http = "same"
        server.user().says("chào")
        server.waiting.clear()
        yield server


async def call(fake: FakeZaloBot, method: str, token: str = "", **parameters: Any) -> tuple[int, dict[str, Any]]:
    return await request(f"{fake.url}/bot{token or fake.token}/{method}", json=parameters)


async def request(url: str, method: str = "POST", **content: Any) -> tuple[int, dict[str, Any]]:
    async with aiohttp.ClientSession() as session, session.request(method, url, **content) as answer:
        return answer.status, await answer.json()


CHAT = f"{1001:020x}"
WRONG: list[tuple[str, dict[str, Any], int]] = [
    ("sendMessage", {"chat_id": CHAT}, 400),
    ("sendMessage", {"chat_id": CHAT, "text": ""}, 400),
    ("sendMessage", {"chat_id": CHAT, "text": LONG}, 400),
    ("sendMessage", {"chat_id": "nobody", "text": "a"}, 400),
    ("sendPhoto", {"chat_id": CHAT, "photo": ""}, 400),
    ("sendPhoto", {"chat_id": CHAT, "photo": "data:image/png;base64,AA"}, 400),
    ("sendPhoto", {"chat_id": CHAT, "photo": "https://upload.wikimedia.org/x.png"}, 400),
    ("sendPhoto", {"chat_id": CHAT, "photo": "https://cdn.example.vn/a.jpg", "caption": LONG}, 400),
    ("sendVoice", {"chat_id": CHAT, "voice_url": "https://cdn.example.vn/a.mp3"}, 400),
    ("sendSticker", {"chat_id": CHAT}, 400),
    ("sendChatAction", {"chat_id": CHAT, "action": "upload_photo"}, 400),
    ("setWebhook", {"url": "ftp://bot.example.vn", "secret_token": SECRET}, 400),
    ("setWebhook", {"url": "http://127.0.0.1:9/", "secret_token": "short"}, 400),
    ("getWebhookInfo", {}, 404),
    ("testWebhook", {}, 404),
    ("SendMessage", {}, 404),
    ("editMessageText", {}, 404),
    ("getUpdates", {"timeout": "0"}, 408),
]


@pytest.mark.parametrize(("method", "parameters", "code"), WRONG)
async def test_a_wrong_call_is_refused_and_changes_nothing(
    fake: FakeZaloBot, method: str, parameters: dict[str, Any], code: int
) -> None:
    status, answer = await call(fake, method, **parameters)
    expected = 200 if code == 408 else code
    assert (status, answer["ok"], answer["error_code"]) == (expected, False, code)
    assert fake.user().sees == []
    assert fake.hook.url == ""


async def test_a_call_may_come_in_any_form(fake: FakeZaloBot) -> None:
    url = f"{fake.url}/bot{fake.token}/sendMessage"
    said = {"chat_id": CHAT, "text": "chào"}
    parts = aiohttp.FormData(said)
    parts.add_field("photo", b"\x89PNG", filename="a.png")
    for content in ({"json": said}, {"data": said}, {"params": said}, {"data": parts}):
        assert (await request(url, **content))[1]["ok"]
    assert (await request(url, "GET", params=said))[1]["ok"]
    assert [seen.text for seen in fake.user().sees] == ["chào"] * 5
    status, answer = await request(f"{fake.url}/bot{fake.token}/sendPhoto", data=parts_of_a_photo())
    assert (status, answer["description"]) == (400, "The photo must not be empty")


def parts_of_a_photo() -> aiohttp.FormData:
    form = aiohttp.FormData({"chat_id": CHAT})
    form.add_field("photo", b"\x89PNG", filename="a.png")
    return form


async def test_a_wrong_token_is_told_from_an_unknown_method(fake: FakeZaloBot) -> None:
    assert (await call(fake, "getMe", "1:wrong"))[1]["error_code"] == 401
    assert (await call(fake, "getMe"))[1]["result"]["id"] == BOT_ID


async def test_showing_that_one_writes_has_no_result(fake: FakeZaloBot) -> None:
    assert (await call(fake, "sendChatAction", chat_id=CHAT, action="typing"))[1] == {"ok": True}


async def test_while_a_webhook_is_set_nobody_can_poll(fake: FakeZaloBot) -> None:
    fake.mode.verification_ping = "none"
    assert (await call(fake, "setWebhook", url="http://127.0.0.1:9/", secret_token=SECRET))[1]["ok"]
    status, answer = await call(fake, "getUpdates")
    assert (status, answer["description"]) == (400, WEBHOOK_SET)
    fake.mode.https_only = True
    assert (await call(fake, "setWebhook", url="http://127.0.0.1:9/", secret_token=SECRET))[0] == 400


async def test_what_was_fetched_is_gone_or_comes_again(fake: FakeZaloBot) -> None:
    for text in ("một", "hai"):
        fake.user().says(text)
    _, first = await call(fake, "getUpdates")
    fake.mode.poll = "replay"
    fetched = [(await call(fake, "getUpdates"))[1]["result"]["message"]["text"] for _ in range(2)]
    assert (first["result"]["message"]["text"], fetched) == ("một", ["hai", "hai"])


async def test_what_nobody_asks_for_may_be_lost(fake: FakeZaloBot) -> None:
    fake.mode.stored = False
    fake.user().says("một")
    assert (await call(fake, "getUpdates", timeout=0))[1]["error_code"] == 408


async def test_a_month_ends_by_the_fakes_own_clock(fake: FakeZaloBot) -> None:
    fake.mode.month_cap = 1
    codes = []
    for shift in (0, 0, 32 * 24 * 3600):
        await request(f"{fake.url}/_fake/clock", json={"shift_s": shift})
        codes.append((await call(fake, "sendMessage", chat_id=CHAT, text="a"))[1].get("error_code"))
    assert codes == [None, 429, None]


async def test_it_can_be_led_by_hand(fake: FakeZaloBot) -> None:
    await request(f"{fake.url}/_fake/mode", json={"result": "array", "empty_http": 408})
    _, written = await request(f"{fake.url}/_fake/bot/update", json={"user": 7, "text": "chào"})
    await request(f"{fake.url}/_fake/bot/update", json={"user": 7, "kind": "image", "caption": "đây"})
    _, got = await call(fake, "getUpdates")
    assert [update["event_name"] for update in got["result"]] == ["message.text.received", "message.image.received"]
    await request(f"{fake.url}/_fake/fault", json={"match": "sendMessage", "kind": 429})
    answers = [await call(fake, "sendMessage", chat_id=written["chat_id"], text="ừ") for _ in range(2)]
    assert [answer["ok"] for _, answer in answers] == [False, True]
    _, sent = await request(f"{fake.url}/_fake/sent", "GET")
    assert [one["text"] for one in sent] == ["ừ"]
    assert (await call(fake, "getUpdates", timeout=0))[0] == 408
    await request(f"{fake.url}/_fake/reset")
    assert (await request(f"{fake.url}/_fake/sent", "GET"))[1] == []


async def test_the_public_library_polls_and_sends(fake: FakeZaloBot) -> None:
    """`python-zalo-bot`, which Zalo's own documentation names, was not written by us."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        from zalo_bot import Bot  # noqa: PLC0415  a library that may warn when it is imported
    lan = fake.user()
    lan.says("Xin chào")
    lan.sends_photo("đây")
    async with Bot(fake.token, base_url=fake.url) as bot:
        assert (await bot.get_me()).id == BOT_ID
        told, shown = [await bot.get_update(timeout=1) for _ in range(2)]
        assert (told.message.text, told.message.chat.id) == ("Xin chào", lan.chat)
        assert shown.message.photo_url == f"{fake.url}/photo/x.jpg"
        sent = await bot.send_message(lan.chat, "Chào chị Lan")
        assert await bot.get_update(timeout=0) is None
    assert [(seen.id, seen.text) for seen in lan.sees] == [(sent.message_id, "Chào chị Lan")]
