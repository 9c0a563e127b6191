"""What people see of a message on an Official Account, and what the courier learns when it does not arrive."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from bot.attachments import Fetches
from bot.channels import Gone, Later, Refused, Trouble, Unknown
from bot.channels.zalo_oa import ZaloOaChannel
from bot.channels.zalo_oa.codes import CODES, Fate, trouble
from messages.types import Choice, Outbound, Template
from tests.channels.zalo_oa.conftest import CATALOGUE, Desk, Purse, opened
from tests.fakes.zalo_oa import CS, TEMPLATE, FakePerson, FakeZaloOa

HELLO = Outbound("Xin chào")


def offered(count: int, **more: Any) -> Outbound:
    choices = tuple(Choice(f"k{number}", f"Nhãn {number}") for number in range(1, count + 1))
    return Outbound("Chọn giúp:", choices, "initiative.sector@k3f9a2", **more)


async def test_a_message_arrives_and_its_id_comes_back(channel: ZaloOaChannel, lan: FakePerson) -> None:
    number = await channel.send(lan.user, HELLO)
    assert [(seen.number, seen.text) for seen in lan.sees] == [(number, "Xin chào")]


async def test_up_to_five_choices_are_buttons_that_say_what_they_are(channel: ZaloOaChannel, lan: FakePerson) -> None:
    await channel.send(lan.user, offered(5))
    (seen,) = lan.sees
    assert seen.text == "Chọn giúp:"
    assert [button["payload"] for button in seen.buttons][:2] == [
        "#initiative.sector@k3f9a2:k1",
        "#initiative.sector@k3f9a2:k2",
    ]
    assert {button["type"] for button in seen.buttons} == {"oa.query.hide"}


async def test_six_choices_are_numbered_text(channel: ZaloOaChannel, lan: FakePerson) -> None:
    await channel.send(lan.user, offered(6))
    (seen,) = lan.sees
    assert seen.labels == []
    assert "1. Nhãn 1\n" in seen.text
    assert "6. Nhãn 6" in seen.text


async def test_a_label_longer_than_a_button_is_cut(channel: ZaloOaChannel, lan: FakePerson) -> None:
    await channel.send(lan.user, Outbound("Chọn:", (Choice("k", "dài " * 40),), "q@1"))
    (label,) = lan.sees[0].labels
    assert len(label) <= 100
    assert label.endswith("…")


async def test_asking_for_a_number_shows_the_form_after_the_question(channel: ZaloOaChannel, lan: FakePerson) -> None:
    await channel.send(lan.user, offered(2, ask_contact=True))
    question, form = lan.sees
    assert question.labels == ["Nhãn 1", "Nhãn 2"]
    assert form.form is not None
    assert form.form["title"] == CATALOGUE.label("use_my_number")


async def test_a_form_that_does_not_come_leaves_the_question(
    channel: ZaloOaChannel, fake: FakeZaloOa, lan: FakePerson
) -> None:
    fake.switches.free_cap = 1
    number = await channel.send(lan.user, offered(1, ask_contact=True))
    assert [seen.number for seen in lan.sees] == [number]


async def test_words_are_measured_as_zalo_writes_them(channel: ZaloOaChannel, lan: FakePerson) -> None:
    decomposed = "a\u0302\u0301" * 2000
    await channel.send(lan.user, Outbound(decomposed))
    assert lan.sees[0].text == "ấ" * 2000
    with pytest.raises(Refused, match="too_long"):
        await channel.send(lan.user, Outbound("ấ" * 2001))
    assert len(lan.sees) == 1


async def refused(channel: ZaloOaChannel, chat: str) -> Trouble:
    with pytest.raises(Trouble) as caught:
        await channel.send(chat, HELLO)
    return caught.value


FATES: dict[Fate, tuple[type[Trouble], bool]] = {
    Fate.REPEAT: (Refused, False),
    Fate.LATER: (Later, False),
    Fate.FLOOD: (Later, True),
    Fate.TOKEN: (Later, True),
    Fate.PERSON: (Later, True),
    Fate.MORNING: (Later, False),
    Fate.WINDOW: (Refused, False),
    Fate.GONE: (Gone, False),
    Fate.NEVER: (Refused, False),
}


@pytest.mark.parametrize("code", sorted(CODES))
async def test_each_code_has_its_fate(channel: ZaloOaChannel, fake: FakeZaloOa, lan: FakePerson, code: int) -> None:
    row = CODES[code]
    kind, halts = FATES[row.fate]
    fake.fail_next(code, times=2)
    found = await refused(channel, lan.user)
    assert (type(found), found.reason) == (kind, row.reason)
    assert isinstance(found, Later) == (kind is Later)
    assert not isinstance(found, Later) or found.halts_account == halts
    assert lan.sees == []


@pytest.mark.parametrize("code", sorted(CODES))
def test_each_code_has_words_for_the_administrator(code: int) -> None:
    assert f"cli.zalo.code_{abs(code)}" in CATALOGUE


def test_a_code_nobody_knows_is_final() -> None:
    assert isinstance(trouble(-999), Refused)
    assert trouble(-999).reason == "code_999"


@pytest.mark.parametrize(("hour", "waits"), [(15, 8.0), (22, 1.0), (23, 24.0)])
def test_what_the_night_holds_up_goes_at_six(hour: int, waits: float) -> None:
    found = trouble(-234, now=datetime(2027, 3, 1, hour, tzinfo=UTC))
    assert isinstance(found, Later)
    assert found.after == waits * 3600


async def test_a_send_that_failed_by_itself_is_made_once_more(
    channel: ZaloOaChannel, fake: FakeZaloOa, lan: FakePerson
) -> None:
    fake.fail_next(-200)
    await channel.send(lan.user, HELLO)
    assert [seen.text for seen in lan.sees] == ["Xin chào"]


@pytest.mark.parametrize("code", [-216, -220, 216, 401, -401])
async def test_a_refused_token_is_replaced_once_and_the_call_made_again(
    channel: ZaloOaChannel, fake: FakeZaloOa, purse: Purse, lan: FakePerson, code: int
) -> None:
    await purse.access()
    fake.switches.token_code = code
    fake.tokens.access.clear()
    await channel.send(lan.user, HELLO)
    assert (len(lan.sees), purse.renewed) == (1, 2)


async def test_a_token_that_stays_refused_does_not_loop(
    channel: ZaloOaChannel, fake: FakeZaloOa, purse: Purse, lan: FakePerson
) -> None:
    fake.fail_next(-216, times=9)
    found = await refused(channel, lan.user)
    assert isinstance(found, Later)
    assert (found.reason, found.halts_account, purse.renewed) == ("token_refused", True, 2)


FAULTS: list[tuple[Any, type[Trouble], str, int]] = [
    (500, Unknown, "server_error", 0),
    (502, Unknown, "server_error", 0),
    ("garbage", Unknown, "garbage", 0),
    ("reset_before", Unknown, "broken_off", 0),
    ("reset_after", Unknown, "broken_off", 1),
    (429, Later, "flooded", 0),
    (403, Unknown, "garbage", 0),
    (404, Unknown, "garbage", 0),
    (413, Unknown, "garbage", 0),
    ({"body": {"error": 404, "message": "empty or invalid API"}}, Refused, "code_404", 0),
    ({"body": {"error": 0, "message": "Success"}}, Unknown, "garbage", 0),
]


@pytest.mark.parametrize(("kind", "fate", "reason", "seen"), FAULTS)
async def test_each_fault_has_its_fate(
    channel: ZaloOaChannel,
    fake: FakeZaloOa,
    lan: FakePerson,
    kind: Any,
    fate: type[Trouble],
    reason: str,
    seen: int,
) -> None:
    fake.fail_next(kind)
    found = await refused(channel, lan.user)
    assert (type(found), found.reason, len(lan.sees)) == (fate, reason, seen)


async def test_a_server_that_is_not_there_took_nothing(
    fake: FakeZaloOa, purse: Purse, desk: Desk, lan: FakePerson
) -> None:
    async with opened(fake, purse, desk, openapi="http://127.0.0.1:9") as channel:
        found = await refused(channel, lan.user)
    assert (type(found), found.reason) == (Later, "unreachable")


async def test_two_server_headers_are_no_obstacle(channel: ZaloOaChannel, fake: FakeZaloOa, lan: FakePerson) -> None:
    fake.switches.dup_server_header = True
    await channel.send(lan.user, HELLO)
    assert len(lan.sees) == 1


async def test_ids_travel_as_text_and_whole(channel: ZaloOaChannel, fake: FakeZaloOa, lan: FakePerson) -> None:
    await channel.send(lan.user, HELLO)
    assert fake.called(CS)[0]["recipient"] == {"user_id": "246845883529197922"}


async def test_what_zalo_says_of_free_replies_is_told(
    channel: ZaloOaChannel, fake: FakeZaloOa, desk: Desk, lan: FakePerson
) -> None:
    fake.switches.free_cap = 8
    await channel.send(lan.user, HELLO)
    ((chat, remainder),) = desk.told_of
    assert (chat, remainder.kind, remainder.left, remainder.total) == (lan.user, "reply", 7, 8)
    assert remainder.until is not None
    assert remainder.until.utcoffset() is not None


async def test_a_silent_quota_is_not_made_up(channel: ZaloOaChannel, desk: Desk, lan: FakePerson) -> None:
    await channel.send(lan.user, HELLO)
    assert desk.told_of == []


WANTED = Template("officer.new_item", "officer", {"given_name": "Lan", "code": "SK-27-4F7K2", "more": "x"})


async def test_after_the_window_a_template_goes_in_place_of_the_text(
    channel: ZaloOaChannel, fake: FakeZaloOa, desk: Desk, lan: FakePerson
) -> None:
    fake.time_passes(8 * 24 * 3600)
    desk.outside.add(lan.user)
    fake.first_refresh_token()
    await channel.send(lan.user, Outbound("Có việc mới", template=WANTED))
    (body,) = fake.called(TEMPLATE)
    assert (body["template_id"], body["template_data"]) == ("410001", {"ten": "Lan", "ma": "SK-27-4F7K2"})
    assert [remainder.template for _, remainder in desk.told_of] == ["officer"]
    assert fake.called(CS) == []


async def test_inside_the_window_the_text_goes(channel: ZaloOaChannel, fake: FakeZaloOa, lan: FakePerson) -> None:
    await channel.send(lan.user, Outbound("Có việc mới", template=WANTED))
    assert fake.called(TEMPLATE) == []
    assert [seen.text for seen in lan.sees] == ["Có việc mới"]


async def test_a_template_of_its_own_goes_before_that_of_its_kind(
    channel: ZaloOaChannel, fake: FakeZaloOa, desk: Desk, lan: FakePerson
) -> None:
    desk.outside.add(lan.user)
    await channel.send(lan.user, Outbound("Mở rồi", template=Template("programme.opened", "officer", {"name": "75k"})))
    assert [(body["template_id"], body["template_data"]) for body in fake.called(TEMPLATE)] == [
        ("410002", {"name": "75k"})
    ]


async def test_a_name_is_fetched_and_the_account_says_who_it_is(
    channel: ZaloOaChannel, fake: FakeZaloOa, lan: FakePerson
) -> None:
    assert await channel.name_of(lan.user) == "Lan"
    assert (await channel.introduce())["oa_id"] == fake.oa_id


async def test_what_was_sent_is_fetched_while_it_lasts_and_from_nowhere_else(
    channel: ZaloOaChannel, fake: FakeZaloOa
) -> None:
    assert isinstance(channel, Fetches)
    fake.files["f1"] = b"%PDF-1.7 signed"
    address = f"{fake.url}/files/f1"
    assert await channel.download(address, 1000) == b"%PDF-1.7 signed"
    with pytest.raises(Refused, match="too_large"):
        await channel.download(address, 10)
    fake.files.clear()
    with pytest.raises(Gone, match="no_file"):
        await channel.download(address, 1000)
    for foreign in ("http://localhost:9/x", "http://photo.zdn.vn/x.jpg", "https://zdn.vn.example/x.jpg", "//zdn.vn/x"):
        assert not channel.can_download(foreign)
        with pytest.raises(Refused, match="foreign_host"):
            await channel.download(foreign, 1000)
    for ours in ("https://photo-stal-16.zdn.vn/x.jpg", "https://file-stal-18.dlfl.vn/gr/x"):
        assert channel.can_download(ours)
    assert fake.calls == [], "no call with a token was needed"


PICTURE = "https://tro-ly.congdoan.example/pictures/GD51-01.png"


async def test_a_picture_goes_by_its_address(channel: ZaloOaChannel, lan: FakePerson) -> None:
    await channel.send(lan.user, Outbound("Mã QR", picture=PICTURE))
    (seen,) = lan.sees
    (element,) = seen.body["message"]["attachment"]["payload"]["elements"]
    assert (seen.text, element) == ("Mã QR", {"media_type": "image", "url": PICTURE})


async def test_words_and_buttons_arrive_without_the_picture_that_does_not_go(
    channel: ZaloOaChannel, fake: FakeZaloOa, lan: FakePerson
) -> None:
    fake.fail_next(-201)
    await channel.send(lan.user, Outbound("Mã QR", picture=PICTURE))
    await channel.send(lan.user, offered(2, picture=PICTURE))
    assert [(seen.text, seen.labels) for seen in lan.sees] == [("Mã QR", []), ("Chọn giúp:", ["Nhãn 1", "Nhãn 2"])]
