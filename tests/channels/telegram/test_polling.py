"""The polling loop: what Telegram has been told is safe, is safe; everything else comes again."""

from __future__ import annotations

import asyncio

import pytest

from bot.channels import telegram
from bot.channels.telegram import TelegramChannel
from messages.types import Choice, Inbound, Outbound, Overheard, Pressed, Text
from tests.channels.telegram.conftest import Office, opened
from tests.fakes.telegram import FakeTelegram


async def test_what_is_said_comes_in_and_is_confirmed(
    fake: FakeTelegram, channel: TelegramChannel, office: Office
) -> None:
    lan = fake.user()
    lan.says("một")
    async with office.polling(channel):
        await fake.wait_for(lambda: len(office.taken) == 1)
        lan.says("hai")
        await fake.wait_for(lambda: len(office.taken) == 2 and not fake.waiting)
    assert office.events == [Text("một"), Text("hai")]


async def test_what_was_said_while_the_bot_was_down_is_waiting(
    fake: FakeTelegram, channel: TelegramChannel, office: Office
) -> None:
    for number in range(250):
        fake.user(2000 + number % 7).says(str(number))
    async with office.polling(channel):
        await fake.wait_for(lambda: not fake.waiting)
    assert sorted(int(event.text) for event in office.events if isinstance(event, Text)) == list(range(250))


async def test_an_ignored_update_is_confirmed_like_any_other(
    fake: FakeTelegram, channel: TelegramChannel, office: Office
) -> None:
    lan = fake.user()
    fake.group().hears(lan, "chuyện riêng của nhóm")
    lan.says("một")
    async with office.polling(channel):
        await fake.wait_for(lambda: not fake.waiting)
    assert office.events == [Text("một")]


async def test_nothing_after_a_failure_is_confirmed_until_it_is_safe(
    fake: FakeTelegram, channel: TelegramChannel, office: Office
) -> None:
    for number, text in enumerate(["một", "hai", "ba"]):
        fake.user(1001 + number).says(text)
    office.refuses = lambda inbound: inbound.event == Text("hai")
    async with office.polling(channel):
        await fake.wait_for(lambda: len(office.tried) >= 7)
        assert [update["message"]["text"] for update in fake.waiting] == ["hai", "ba"]
        office.refuses = lambda _inbound: False
        await fake.wait_for(lambda: not fake.waiting)
    assert office.events.count(Text("một")) == 1
    assert office.events.count(Text("hai")) == 1
    assert office.events.count(Text("ba")) >= 2


async def test_of_one_person_no_line_overtakes_an_earlier_one(
    fake: FakeTelegram, channel: TelegramChannel, office: Office
) -> None:
    for text in ("phần 1", "phần 2", "phần 3"):
        fake.user().says(text)
    office.refuses = lambda inbound: inbound.event == Text("phần 1") and len(office.tried) < 4
    async with office.polling(channel):
        await fake.wait_for(lambda: not fake.waiting)
    assert office.events == [Text("phần 1"), Text("phần 2"), Text("phần 3")]


async def test_pauses_grow_while_an_update_cannot_be_saved_and_start_anew_afterwards(
    fake: FakeTelegram, channel: TelegramChannel, office: Office
) -> None:
    fake.user().says("một")
    office.refuses = lambda _inbound: len(office.tried) <= 12
    async with office.polling(channel):
        await fake.wait_for(lambda: not fake.waiting)
        first = office.waits
        office.refuses = lambda _inbound: len(office.tried) <= 14
        fake.user().says("hai")
        await fake.wait_for(lambda: not fake.waiting)
    assert all(0.25 * 2**n <= pause <= 0.5 * 2**n for n, pause in enumerate(first[:6]))
    assert max(first) <= 30.0
    assert first[-1] >= 15.0
    again = office.waits[len(first) :]
    assert again[0] <= 0.5


@pytest.mark.parametrize("kind", [500, 401, "reset_before", "garbage", 409])
async def test_trouble_with_the_server_is_waited_out(
    fake: FakeTelegram, channel: TelegramChannel, office: Office, kind: int | str
) -> None:
    fake.user().says("một")
    fake.fail_next(kind, times=3, method="getUpdates")
    async with office.polling(channel):
        await fake.wait_for(lambda: not fake.waiting)
    assert office.events == [Text("một")]
    assert len(office.waits) == 3


async def test_after_a_quiet_while_pauses_are_short_again(fake: FakeTelegram, office: Office) -> None:
    async with opened(fake, long_poll=0) as channel, office.polling(channel):
        for _ in range(4):
            fake.fail_next(500, times=3, method="getUpdates")
            waits, polls = len(office.waits), len(fake.polls)
            await fake.wait_for(lambda: len(office.waits) == waits + 3 and len(fake.polls) > polls)  # noqa: B023
    assert max(office.waits) <= 2.0


async def test_a_flood_is_waited_out_for_as_long_as_told(
    fake: FakeTelegram, channel: TelegramChannel, office: Office
) -> None:
    fake.user().says("một")
    fake.fail_next(429, method="getUpdates", retry_after=77)
    async with office.polling(channel):
        await fake.wait_for(lambda: not fake.waiting)
    assert 77.0 in office.pauses


async def test_a_server_that_is_down_at_the_start_is_waited_for(
    fake: FakeTelegram, channel: TelegramChannel, office: Office
) -> None:
    port = int(fake.url.rpartition(":")[2])
    fake.user().says("một")
    await fake.stop()
    async with office.polling(channel):
        await fake.wait_for(lambda: len(office.waits) >= 2)
        await fake.start(port)
        await fake.wait_for(lambda: not fake.waiting)
    assert office.events == [Text("một")]


async def test_a_restarted_bot_goes_on_where_the_confirmed_ones_end(
    fake: FakeTelegram, channel: TelegramChannel, office: Office
) -> None:
    lan = fake.user()
    for text in ("một", "hai"):
        lan.says(text)
        async with office.polling(channel):
            await fake.wait_for(lambda: not fake.waiting)
    assert office.events == [Text("một"), Text("hai")]


async def test_updates_numbered_anew_after_a_silent_week_are_not_lost(fake: FakeTelegram, office: Office) -> None:
    lan = fake.user()
    lan.says("một")
    async with opened(fake, long_poll=0) as channel, office.polling(channel):
        await fake.wait_for(lambda: max(fake.polls, default=0) > 0 and fake.polls[-1] == 0)
        message = {**fake.stamp(), "chat": lan.place, "from": lan.profile, "text": "hai"}
        fake.waiting.append({"update_id": 17, "message": message})
        await fake.wait_for(lambda: not fake.waiting)
    assert office.events == [Text("một"), Text("hai")]


async def test_of_two_pollers_the_older_one_backs_off(
    fake: FakeTelegram, channel: TelegramChannel, office: Office
) -> None:
    async with office.polling(channel):
        await fake.wait_for(lambda: len(fake.polls) == 1)
        assert await fake.perform("getUpdates", {"timeout": 0}, {}) == []
        await fake.wait_for(lambda: len(office.waits) == 1)
        fake.user().says("một")
        await fake.wait_for(lambda: not fake.waiting)
    assert office.events == [Text("một")]


async def test_a_webhook_left_behind_is_taken_down(
    fake: FakeTelegram, channel: TelegramChannel, office: Office
) -> None:
    await channel.set_webhook("http://127.0.0.1:9/hooks/telegram", secret="s")
    fake.user().says("một")
    async with office.polling(channel):
        await fake.wait_for(lambda: not fake.waiting)
    assert fake.hook.url == ""
    assert office.events == [Text("một")]


async def test_a_press_is_acknowledged_once_it_is_safe(
    fake: FakeTelegram, channel: TelegramChannel, office: Office
) -> None:
    lan = fake.user()
    await channel.send("1001", Outbound("Chọn:", (Choice("yes", "Có"),), "q@1"))
    lan.presses("Có")
    office.refuses = lambda _inbound: len(office.tried) < 3
    async with office.polling(channel):
        await fake.wait_for(lambda: len(office.tried) == 2)
        assert fake.spinning
        await fake.wait_for(lambda: not fake.spinning)
    assert office.events == [Pressed("q@1:yes")]


async def test_an_acknowledgement_that_fails_disturbs_nobody(
    fake: FakeTelegram, channel: TelegramChannel, office: Office
) -> None:
    lan = fake.user()
    fake.fail_next(400, method="answerCallbackQuery")
    message = {"chat": lan.place, "message_id": 1}
    fake.queue("callback_query", {"id": "too-old", "from": lan.profile, "data": "q@1:yes", "message": message})
    lan.says("một")
    async with office.polling(channel):
        await fake.wait_for(lambda: not fake.waiting)
    assert office.events == [Pressed("q@1:yes"), Text("một")]


async def test_a_group_that_calls_the_bot_by_name_is_overheard(
    fake: FakeTelegram, channel: TelegramChannel, office: Office
) -> None:
    fake.group().hears(fake.user(), f"@{fake.username} giúp với")
    async with office.polling(channel):
        await fake.wait_for(lambda: not fake.waiting)
    assert office.events == [Overheard()]


async def test_people_who_write_at_once_are_taken_in_side_by_side(fake: FakeTelegram, channel: TelegramChannel) -> None:
    together = asyncio.Barrier(3)

    async def receive(_inbound: Inbound) -> None:
        await together.wait()

    for number in range(3):
        fake.user(1001 + number).says("một")
    task = asyncio.create_task(telegram.poll(channel, receive))
    await fake.wait_for(lambda: not fake.waiting)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_cancelled_loop_ends_at_once_and_confirms_nothing_half_done(
    fake: FakeTelegram, channel: TelegramChannel
) -> None:
    begun = asyncio.Event()

    async def receive(_inbound: Inbound) -> None:
        begun.set()
        await asyncio.Event().wait()

    fake.user().says("một")
    task = asyncio.create_task(telegram.poll(channel, receive))
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert len(fake.waiting) == 1
