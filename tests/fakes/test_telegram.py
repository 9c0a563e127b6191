"""The fake Telegram refuses what Telegram refuses; otherwise a green test would mean little."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from tests.fakes.telegram import FakeTelegram


@pytest.fixture
async def fake() -> AsyncIterator[FakeTelegram]:
    async with FakeTelegram() as server:
        server.user()
        yield server


async def call(fake: FakeTelegram, method: str, **parameters: Any) -> tuple[int, dict[str, Any]]:
    return await post(f"{fake.url}/bot{fake.token}/{method}", parameters)


async def post(url: str, parameters: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    async with aiohttp.ClientSession() as session, session.post(url, json=parameters) as answer:
        return answer.status, await answer.json()


def keyboard(**button: Any) -> dict[str, Any]:
    return {"inline_keyboard": [[{"text": "A", **button}]]}


MESSAGE = {"chat_id": 1001, "text": "a"}
WRONG: list[tuple[str, dict[str, Any]]] = [
    ("sendMessage", {"chat_id": 1001}),
    ("sendMessage", {"text": "a"}),
    ("sendMessage", {"chat_id": 1001, "text": ""}),
    ("sendMessage", {"chat_id": 1001, "text": " \n"}),
    ("sendMessage", {"chat_id": 1001, "text": "a" * 4097}),
    ("sendMessage", {"chat_id": 1001, "text": "😀" * 2049}),
    ("sendMessage", {"chat_id": 1001, "text": {"a": 1}}),
    ("sendMessage", {"chat_id": 9, "text": "nobody"}),
    ("sendMessage", {**MESSAGE, "buttons": []}),
    ("sendMessage", {**MESSAGE, "link_preview_options": {"disabled": True}}),
    ("sendMessage", {**MESSAGE, "reply_markup": keyboard(callback_data="đ" * 33)}),
    ("sendMessage", {**MESSAGE, "reply_markup": keyboard(callback_data="")}),
    ("sendMessage", {**MESSAGE, "reply_markup": keyboard(callback_data="a", colour="red")}),
    ("sendMessage", {**MESSAGE, "reply_markup": {**keyboard(callback_data="a"), "remove_keyboard": True}}),
    ("sendMessage", {**MESSAGE, "reply_markup": {"keyboard": [[{"text": "A", "request_phone": True}]]}}),
    ("sendPhoto", {"chat_id": 1001, "photo": "id", "caption": "a" * 1025}),
    ("setMyCommands", {"commands": [{"command": "Sáng kiến", "description": "a"}]}),
    ("setMyCommands", {"commands": [{"command": "a", "description": ""}]}),
    ("setWebhook", {"url": "http://127.0.0.1:9", "secret_token": "dấu cách"}),
    ("answerCallbackQuery", {"callback_query_id": "never-was"}),
    ("editMessageReplyMarkup", {"chat_id": 1001, "message_id": 77}),
    ("sendChatAction", {"chat_id": 1001}),
]


@pytest.mark.parametrize(("method", "parameters"), WRONG)
async def test_a_wrong_call_is_refused_and_changes_nothing(
    fake: FakeTelegram, method: str, parameters: dict[str, Any]
) -> None:
    status, answer = await call(fake, method, **parameters)
    assert (status, answer["ok"]) == (400, False)
    assert fake.user().sees == []
    assert fake.commands == {}


RIGHT: list[tuple[str, dict[str, Any]]] = [
    ("getMe", {}),
    ("getUpdates", {"timeout": 0, "allowed_updates": ["message"]}),
    ("sendMessage", {**MESSAGE, "text": "😀" * 2048, "reply_markup": keyboard(callback_data="a" * 64)}),
    ("sendMessage", {**MESSAGE, "chat_id": "1001", "link_preview_options": {"is_disabled": True}}),
    ("sendMessage", {**MESSAGE, "reply_markup": {"keyboard": [[{"text": "A", "request_contact": True}]]}}),
    ("sendPhoto", {"chat_id": 1001, "photo": "id", "caption": "a" * 1024}),
    ("sendChatAction", {"chat_id": 1001, "action": "typing"}),
    ("setMyCommands", {"commands": [{"command": "sangkien", "description": "Gửi sáng kiến"}]}),
    ("setWebhook", {"url": "http://127.0.0.1:9", "secret_token": "a_B-9"}),
    ("getWebhookInfo", {}),
    ("deleteWebhook", {}),
]


@pytest.mark.parametrize(("method", "parameters"), RIGHT)
async def test_a_right_call_is_taken(fake: FakeTelegram, method: str, parameters: dict[str, Any]) -> None:
    status, answer = await call(fake, method, **parameters)
    assert (status, answer["ok"]) == (200, True), answer


async def test_a_wrong_token_and_an_unknown_method_are_told_apart(fake: FakeTelegram) -> None:
    assert (await post(f"{fake.url}/bot1:wrong/getMe", {}))[0] == 401
    assert (await call(fake, "SendMessage"))[0] == 404


async def test_updates_come_again_until_they_are_confirmed(fake: FakeTelegram) -> None:
    first, second = fake.user().says("một"), fake.user().says("hai")
    for _ in range(2):
        _status, answer = await call(fake, "getUpdates", offset=first)
        assert [update["update_id"] for update in answer["result"]] == [first, second]
    _status, answer = await call(fake, "getUpdates", offset=first + 1, limit=1)
    assert [update["message"]["text"] for update in answer["result"]] == ["hai"]
    _status, answer = await call(fake, "getUpdates")
    assert [update["update_id"] for update in answer["result"]] == [second]


async def test_while_a_webhook_is_set_nobody_can_poll(fake: FakeTelegram) -> None:
    await call(fake, "setWebhook", url="http://127.0.0.1:9")
    status, answer = await call(fake, "getUpdates")
    assert (status, answer["error_code"]) == (409, 409)


async def test_a_kind_nobody_asked_for_does_not_come(fake: FakeTelegram) -> None:
    await call(fake, "getUpdates", allowed_updates=["callback_query"])
    fake.user().says("một")
    assert fake.waiting == []


async def test_a_button_that_is_not_there_cannot_be_pressed(fake: FakeTelegram) -> None:
    await call(fake, "sendMessage", **MESSAGE, reply_markup=keyboard(callback_data="q:a"))
    with pytest.raises(LookupError, match="B"):
        fake.user().presses("B")
    fake.user().presses("q:a")
    assert fake.waiting[-1]["callback_query"]["data"] == "q:a"


async def test_a_button_in_place_of_the_letters_types_its_label_or_shares_the_number(fake: FakeTelegram) -> None:
    rows = [[{"text": "Số của tôi", "request_contact": True}], [{"text": "Hủy bỏ"}]]
    await call(fake, "sendMessage", **MESSAGE, reply_markup={"keyboard": rows})
    lan = fake.user()
    lan.presses("Hủy bỏ")
    lan.presses("Số của tôi")
    typed, shared = (update["message"] for update in fake.waiting)
    assert typed["text"] == "Hủy bỏ"
    assert shared["contact"] == {"phone_number": lan.phone, "first_name": "Danh thiếp", "user_id": lan.number}


async def test_who_writes_again_has_unblocked_the_bot(fake: FakeTelegram) -> None:
    lan = fake.user()
    lan.blocks()
    assert (await call(fake, "sendMessage", **MESSAGE))[0] == 403
    lan.says("tôi trở lại")
    assert (await call(fake, "sendMessage", **MESSAGE))[0] == 200


async def test_it_can_be_led_by_hand(fake: FakeTelegram) -> None:
    await post(f"{fake.url}/_fake/bot/update", {"user": 1001, "text": "/start"})
    await call(fake, "sendMessage", **MESSAGE, reply_markup=keyboard(callback_data="q:a"))
    await post(f"{fake.url}/_fake/bot/update", {"user": 1001, "press": "A"})
    assert [sorted(update)[0] for update in fake.waiting] == ["message", "callback_query"]
    await post(f"{fake.url}/_fake/fault", {"match": "sendMessage", "kind": 403})
    assert [(await call(fake, "sendMessage", **MESSAGE))[0] for _ in range(2)] == [403, 200]
    assert (await post(f"{fake.url}/_fake/sent", {}))[1][-1]["text"] == "a"
