"""The polling loop: nothing is fetched before what came last is safe, and nothing is answered twice."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from bot.channels import zalo_bot
from bot.channels.zalo_bot import ZaloBotChannel
from bot.channels.zalo_bot.receiving import FLOOR
from messages.types import Attached, Inbound, Medium, Overheard, Text, Unreadable
from tests.channels.office import Office
from tests.channels.zalo_bot.conftest import opened
from tests.fakes.zalo_bot import FakeZaloBot

SWITCHES: list[dict[str, Any]] = [
    {},
    {"result": "array"},
    {"empty_http": 408, "failure_http": "same"},
    {"poll": "replay"},
    {"poll": "replay", "result": "array"},
    {"dup_server_header": False},
]


@pytest.mark.parametrize("switches", SWITCHES)
async def test_what_is_said_comes_in_once_and_in_order(
    fake: FakeZaloBot, office: Office, switches: dict[str, Any]
) -> None:
    fake.mode = replace(fake.mode, **switches)
    lan = fake.user()
    lan.says("một")
    lan.says("hai")
    async with opened(fake, long_poll=0) as channel, office.polling(channel):
        await fake.wait_for(lambda: len(office.taken) == 2)
        polls = len(fake.polls)
        await fake.wait_for(lambda: len(fake.polls) > polls + 1)
        lan.says("ba")
        await fake.wait_for(lambda: len(office.taken) == 3)
    assert office.events == [Text("một"), Text("hai"), Text("ba")]


async def test_a_replayed_update_is_neither_answered_again_nor_asked_for_without_pause(
    fake: FakeZaloBot, channel: ZaloBotChannel, office: Office
) -> None:
    fake.mode.poll = "replay"
    fake.user().says("một")
    async with office.polling(channel):
        await fake.wait_for(lambda: len(fake.polls) > 5)
    assert office.events == [Text("một")]
    assert office.waits[:4] == [FLOOR] * 4


async def test_an_update_that_cannot_be_saved_is_held_until_it_is_for_nobody_gives_it_again(
    fake: FakeZaloBot, channel: ZaloBotChannel, office: Office
) -> None:
    lan = fake.user()
    lan.says("một")
    lan.says("hai")
    office.refuses = lambda _inbound: len(office.tried) < 5
    async with office.polling(channel):
        await fake.wait_for(lambda: len(office.taken) == 2)
    assert [inbound.event for inbound in office.tried] == [Text("một")] * 5 + [Text("hai")]
    assert len(office.waits) >= 4
    assert office.waits[0] < office.waits[3]


async def test_a_stop_waits_until_what_was_fetched_is_safe(
    fake: FakeZaloBot, channel: ZaloBotChannel, office: Office
) -> None:
    fetched, stopping = asyncio.Event(), asyncio.Event()

    async def receive(inbound: Inbound) -> None:
        fetched.set()
        await stopping.wait()
        await office.receive(inbound)

    fake.user().says("một")
    polling = asyncio.create_task(zalo_bot.poll(channel, receive))
    await fetched.wait()
    polling.cancel()
    asyncio.get_running_loop().call_soon(stopping.set)
    with pytest.raises(asyncio.CancelledError):
        await polling
    assert office.events == [Text("một")]


async def test_of_one_person_no_line_overtakes_an_earlier_one(
    fake: FakeZaloBot, channel: ZaloBotChannel, office: Office
) -> None:
    fake.mode.result = "array"
    for text in ("phần 1", "phần 2", "phần 3"):
        fake.user().says(text)
    office.refuses = lambda inbound: inbound.event == Text("phần 1") and len(office.tried) < 4
    async with office.polling(channel):
        await fake.wait_for(lambda: len(office.taken) == 3)
    assert office.events == [Text("phần 1"), Text("phần 2"), Text("phần 3")]


async def test_empty_polls_are_no_trouble(fake: FakeZaloBot, office: Office) -> None:
    async with opened(fake, long_poll=0) as channel, office.polling(channel):
        await fake.wait_for(lambda: len(fake.polls) > 3)
        fake.fail_next(200, method="getUpdates")
        fake.user().says("một")
        await fake.wait_for(lambda: office.taken)
    assert fake.polls[0] == "0"


async def test_a_webhook_that_is_set_is_taken_down_before_and_while_polling(
    fake: FakeZaloBot, channel: ZaloBotChannel, office: Office
) -> None:
    await channel.set_webhook("http://127.0.0.1:9/", secret="bi-mat-dai")
    async with office.polling(channel):
        await fake.wait_for(lambda: fake.polling)
        assert await channel.webhook_url() == ""
        await channel.set_webhook("http://127.0.0.1:9/", secret="bi-mat-dai")
        await fake.wait_for(lambda: not fake.hook.url)
        fake.user().says("một")
        await fake.wait_for(lambda: office.taken)


@pytest.mark.parametrize("kind", [401, 403, 404, 429, 500, "garbage", "reset_before"])
async def test_trouble_of_any_kind_ends_nothing(
    fake: FakeZaloBot, channel: ZaloBotChannel, office: Office, kind: int | str
) -> None:
    for method in ("deleteWebhook", "getMe", "getUpdates"):
        fake.fail_next(kind, method=method)
    fake.user().says("một")
    async with office.polling(channel):
        await fake.wait_for(lambda: office.taken)
    assert office.events == [Text("một")]


async def test_in_a_group_only_who_calls_the_bot_is_heard_and_nothing_of_what_they_say(
    fake: FakeZaloBot, channel: ZaloBotChannel, office: Office
) -> None:
    lan, group = fake.user(), fake.group()
    assert group.hears(lan, "chuyện riêng của nhóm") == ""
    group.hears(lan, f"@{fake.name} số của tôi là 0912 345 678")
    group.hears(lan, "vâng", reply=True)
    async with office.polling(channel):
        await fake.wait_for(lambda: len(office.taken) == 2)
    assert office.events == [Overheard(), Overheard()]
    assert {inbound.address.chat for inbound in office.taken} == {group.chat}


async def test_pictures_stickers_voice_and_what_zalo_does_not_hand_over_come_in(
    fake: FakeZaloBot, channel: ZaloBotChannel, office: Office
) -> None:
    lan = fake.user()
    lan.sends_photo("cái này")
    fake.mode.image_field = "photo"
    lan.sends_photo()
    lan.sends_sticker()
    lan.sends_voice()
    lan.sends_unsupported()
    async with office.polling(channel):
        await fake.wait_for(lambda: len(office.taken) == 5)
    picture = f"{fake.url}/photo/x.jpg"
    assert office.events == [
        Attached(Medium.PHOTO, picture, caption="cái này"),
        Attached(Medium.PHOTO, picture),
        *(Unreadable(medium) for medium in (Medium.STICKER, Medium.VOICE, Medium.OTHER)),
    ]


async def test_a_slow_turn_shows_that_we_write_and_a_quick_one_does_not(fake: FakeZaloBot, office: Office) -> None:
    lan = fake.user()
    async with opened(fake) as channel, office.polling(channel):
        lan.says("nhanh")
        await fake.wait_for(lambda: office.taken)
    assert lan.typing == 0
    async with opened(fake, slow=0.0) as channel:
        async with channel.writing(lan.chat):
            await fake.wait_for(lambda: lan.typing)
        fake.fail_next(500, method="sendChatAction")
        async with channel.writing(lan.chat):
            await fake.wait_for(lambda: not fake._faults[-1].times)
    assert lan.sees == []
