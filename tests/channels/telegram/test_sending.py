"""What people see of a message, and what the courier learns when it does not arrive."""

from __future__ import annotations

import socket
from dataclasses import replace
from typing import Any

import pytest
from pydantic import SecretStr

from bot.channels import Gone, Later, Moved, Refused, Trouble, Unknown
from bot.channels.telegram import TelegramChannel
from messages.types import Choice, Outbound
from tests.channels.telegram.conftest import SHARE, opened
from tests.fakes.telegram import FakeTelegram, FakeUser

LAN = "1001"
HELLO = Outbound("Xin chào")


@pytest.fixture
def lan(fake: FakeTelegram) -> FakeUser:
    return fake.user(1001)


def offered(*labels: str, ask_contact: bool = False) -> Outbound:
    choices = tuple(Choice(f"k{number}", label) for number, label in enumerate(labels))
    return Outbound("Chọn giúp:", choices, "initiative.sector@k3f9a2" if labels else "", ask_contact)


async def test_a_message_arrives_and_its_id_comes_back(channel: TelegramChannel, lan: FakeUser) -> None:
    number = await channel.send(LAN, HELLO)
    assert [(str(seen.number), seen.text) for seen in lan.sees] == [(number, "Xin chào")]


async def test_markup_of_any_kind_is_shown_literally(channel: TelegramChannel, lan: FakeUser) -> None:
    text = "<b>đậm</b> & *sao* _gạch_ [x](http://a.vn) `mã` &lt; . - ( !"
    await channel.send(LAN, Outbound(text))
    assert lan.sees[0].text == text
    assert not {"parse_mode", "entities"} & lan.sees[0].parameters.keys()


async def test_links_get_no_preview(channel: TelegramChannel, lan: FakeUser) -> None:
    await channel.send(LAN, Outbound("https://example.org/chat?u=CD-07"))
    assert lan.sees[0].parameters["link_preview_options"] == {"is_disabled": True}


async def test_choices_are_buttons_that_bring_question_and_key(channel: TelegramChannel, lan: FakeUser) -> None:
    await channel.send(LAN, offered("Đồng ý", "Hủy bỏ"))
    (row,) = lan.sees[0].markup["inline_keyboard"]
    assert [button["callback_data"] for button in row] == ["initiative.sector@k3f9a2:k0", "initiative.sector@k3f9a2:k1"]


ROWS: list[tuple[list[str], list[list[str]]]] = [
    (["Một", "Hai", "Ba"], [["Một", "Hai"], ["Ba"]]),
    (["Một", "Công đoàn ngành Giáo dục", "Hai", "Ba"], [["Một"], ["Công đoàn ngành Giáo dục"], ["Hai", "Ba"]]),
    (["a" * 18, "b" * 18], [["a" * 18, "b" * 18]]),
    (["a" * 19, "b"], [["a" * 19], ["b"]]),
]


@pytest.mark.parametrize(("labels", "rows"), ROWS)
async def test_short_labels_share_a_row_and_long_ones_do_not(
    channel: TelegramChannel, lan: FakeUser, labels: list[str], rows: list[list[str]]
) -> None:
    await channel.send(LAN, offered(*labels))
    assert lan.sees[0].rows == rows


async def test_asking_for_a_contact_shows_the_button_and_the_choices_as_words(
    channel: TelegramChannel, lan: FakeUser
) -> None:
    await channel.send(LAN, offered("Quay lại", "Hủy bỏ", ask_contact=True))
    assert [[button["text"] for button in row] for row in lan.keyboard] == [[SHARE], ["Quay lại", "Hủy bỏ"]]
    assert lan.keyboard[0][0] == {"text": SHARE, "request_contact": True}
    assert lan.sees[0].markup["one_time_keyboard"] is True


async def test_the_next_plain_message_takes_that_keyboard_away(channel: TelegramChannel, lan: FakeUser) -> None:
    await channel.send(LAN, offered(ask_contact=True))
    await channel.send(LAN, HELLO)
    assert lan.keyboard == []


async def test_a_group_gets_words_and_no_keyboard(channel: TelegramChannel, fake: FakeTelegram) -> None:
    group = fake.group(-42)
    await channel.send("-42", HELLO)
    await channel.send("-42", Outbound("Số của anh/chị?", ask_contact=True))
    assert [seen.markup for seen in group.sees] == [{}, {}]


async def test_4096_units_fit_and_one_more_is_refused_before_sending(
    channel: TelegramChannel, fake: FakeTelegram, lan: FakeUser
) -> None:
    await channel.send(LAN, Outbound("😀" * 2048))
    with pytest.raises(Refused, match="too_long"):
        await channel.send(LAN, Outbound("😀" * 2048 + "a"))
    assert len(fake.called("sendMessage")) == 1


async def refused(channel: TelegramChannel, chat: str = LAN) -> Trouble:
    with pytest.raises(Trouble) as caught:
        await channel.send(chat, HELLO)
    return caught.value


async def test_who_blocked_the_bot_is_gone(channel: TelegramChannel, lan: FakeUser) -> None:
    lan.blocks()
    trouble = await refused(channel)
    assert isinstance(trouble, Gone)
    assert trouble.reason == "forbidden"


@pytest.mark.parametrize("started", [True, False])
async def test_who_never_started_or_does_not_exist_is_gone(
    channel: TelegramChannel, fake: FakeTelegram, started: bool
) -> None:
    fake.user(1003, started=False)
    trouble = await refused(channel, "1002" if started else "1003")
    assert isinstance(trouble, Gone)
    assert trouble.reason == "chat_not_found"


@pytest.mark.parametrize(("chat", "halts"), [(LAN, True), ("-42", False)])
async def test_a_flood_pauses_the_account_but_a_groups_flood_only_that_group(
    channel: TelegramChannel, fake: FakeTelegram, lan: FakeUser, chat: str, halts: bool
) -> None:
    fake.group(-42)
    fake.fail_next(429, retry_after=17)
    trouble = await refused(channel, chat)
    assert isinstance(trouble, Later)
    assert (trouble.reason, trouble.after, trouble.halts_account) == ("flooded", 17.0, halts)


async def test_a_flood_that_names_no_time_pauses_for_a_second(channel: TelegramChannel, fake: FakeTelegram) -> None:
    fake.fail_next(429)
    trouble = await refused(channel)
    assert isinstance(trouble, Later)
    assert trouble.after == 1.0


FAULTS: list[tuple[Any, dict[str, Any], type[Trouble], str]] = [
    (400, {}, Refused, "bad_request"),
    (400, {"description": "Bad Request: message is too long"}, Refused, "too_long"),
    (400, {"description": "Bad Request: group chat was upgraded", "migrate_to_chat_id": -100}, Moved, "migrated"),
    (403, {"description": "Forbidden: user is deactivated"}, Gone, "forbidden"),
    (500, {}, Unknown, "server_error"),
    (502, {}, Unknown, "server_error"),
    ("garbage", {}, Unknown, "garbage"),
    ("garbage", {"status": 403}, Unknown, "garbage"),
    ("garbage", {"status": 404}, Unknown, "garbage"),
    ("garbage", {"status": 502}, Unknown, "server_error"),
    ("reset_before", {}, Unknown, "broken_off"),
    ("reset_after", {}, Unknown, "broken_off"),
]


@pytest.mark.parametrize(("kind", "details", "fate", "reason"), FAULTS)
async def test_each_fault_has_its_fate(
    channel: TelegramChannel,
    fake: FakeTelegram,
    lan: FakeUser,
    kind: int | str,
    details: dict[str, Any],
    fate: type[Trouble],
    reason: str,
) -> None:
    fake.fail_next(kind, **details)
    trouble = await refused(channel)
    assert (type(trouble), trouble.reason) == (fate, reason)
    assert len(lan.sees) == (kind == "reset_after")
    await channel.send(LAN, HELLO)
    assert lan.sees[-1].text == "Xin chào"


async def test_a_group_that_became_a_supergroup_says_where_it_went(
    channel: TelegramChannel, fake: FakeTelegram
) -> None:
    fake.group(-42).moved_to = -1_000_000_000_042
    trouble = await refused(channel, "-42")
    assert isinstance(trouble, Moved)
    assert trouble.chat == "-1000000000042"


async def test_a_server_that_is_not_there_took_nothing(fake: FakeTelegram) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        closed = f"http://127.0.0.1:{free.getsockname()[1]}"
        async with opened(fake, api=closed) as channel:
            trouble = await refused(channel)
    assert isinstance(trouble, Later)
    assert (trouble.reason, trouble.halts_account) == ("unreachable", False)


async def test_a_refused_token_rests_the_account_and_loses_nothing(fake: FakeTelegram, lan: FakeUser) -> None:
    async with opened(fake, token="7000000001:revoked") as channel:
        trouble = await refused(channel)
    assert isinstance(trouble, Later)
    assert (trouble.reason, trouble.halts_account) == ("token_refused", True)
    assert trouble.after


async def test_a_channel_that_is_not_open_sends_nothing(fake: FakeTelegram, lan: FakeUser) -> None:
    channel = TelegramChannel("telegram", SecretStr(fake.token), contact_label=SHARE, api=fake.url)
    assert isinstance(await refused(channel), Later)
    assert lan.sees == []


async def test_a_slash_at_the_end_of_the_servers_address_does_no_harm(fake: FakeTelegram, lan: FakeUser) -> None:
    async with opened(fake, api=f"{fake.url}/") as channel:
        await channel.send(LAN, HELLO)
    assert len(lan.sees) == 1


async def test_the_command_menu_is_everybodys_or_one_chats(
    channel: TelegramChannel, fake: FakeTelegram, lan: FakeUser
) -> None:
    await channel.set_commands([("/sangkien", "Gửi sáng kiến"), ("trogiup", "Trợ giúp")])
    await channel.set_commands([("/hopthu", "Hộp thư")], chat=LAN)
    assert fake.commands == {
        "default": [("sangkien", "Gửi sáng kiến"), ("trogiup", "Trợ giúp")],
        "chat 1001": [("hopthu", "Hộp thư")],
    }


async def test_the_bots_name_is_asked_for_once(channel: TelegramChannel, fake: FakeTelegram) -> None:
    assert [await channel.introduce(), await channel.introduce()] == [fake.username] * 2
    assert len(fake.called("getMe")) == 1


async def test_a_press_is_acknowledged(channel: TelegramChannel, fake: FakeTelegram, lan: FakeUser) -> None:
    await channel.send(LAN, offered("Đồng ý"))
    lan.presses("Đồng ý")
    assert len(fake.spinning) == 1
    channel.acknowledge(fake.waiting[-1])
    await fake.wait_for(lambda: not fake.spinning)


async def test_an_acknowledgement_under_way_does_not_hold_up_the_end(fake: FakeTelegram, lan: FakeUser) -> None:
    fake.fail_next("hang", method="answerCallbackQuery")
    async with opened(fake) as channel:
        await channel.introduce()
        channel.acknowledge({"callback_query": {"id": "query-1"}})


PICTURE = "https://tro-ly.congdoan.example/pictures/GD51-01.png"


async def test_a_picture_goes_with_its_words_under_it(channel: TelegramChannel, lan: FakeUser) -> None:
    await channel.send(LAN, replace(offered("Đồng ý"), picture=PICTURE))
    (seen,) = lan.sees
    assert (seen.text, seen.rows, seen.parameters["photo"]) == ("Chọn giúp:", [["Đồng ý"]], PICTURE)


async def test_without_the_picture_that_telegram_cannot_fetch_the_words_arrive(
    channel: TelegramChannel, fake: FakeTelegram, lan: FakeUser
) -> None:
    fake.fail_next(400, method="sendPhoto", description="Bad Request: wrong file identifier/HTTP URL specified")
    await channel.send(LAN, replace(HELLO, picture=PICTURE))
    await channel.send(LAN, Outbound("x" * 1025, picture=PICTURE))
    assert [(seen.text, "photo" in seen.parameters) for seen in lan.sees] == [("Xin chào", False), ("x" * 1025, False)]


async def test_a_picture_of_which_no_answer_comes_is_not_sent_twice(
    channel: TelegramChannel, fake: FakeTelegram, lan: FakeUser
) -> None:
    fake.fail_next(500, method="sendPhoto")
    with pytest.raises(Unknown):
        await channel.send(LAN, replace(HELLO, picture=PICTURE))
    assert fake.called("sendMessage") == []
