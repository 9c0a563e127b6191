"""The webhook of an Official Account: only what Zalo signed gets in, and 200 means that the event is safe."""

from __future__ import annotations

import io
import json
from typing import Any

import aiohttp
import pytest

from bot.channels.zalo_oa.receiving import is_signed, webhook
from messages.types import Arrived, Attached, Contact, Left, Medium, Overheard, Pressed, TakenOver, Text, Unreadable
from tests.channels.office import Office
from tests.fakes.zalo_oa import FakeZaloOa

VECTOR = (
    '{"app_id":"1234567890123456789","user_id_by_app":"552177279717587730","event_name":"user_send_text",'
    '"sender":{"id":"246845883529197922"},"recipient":{"id":"388613280878808645"},"message":{"text":"Xin chào",'
    '"msg_id":"96d3cdf3af150460909"},"timestamp":"1767225600123"}'
).encode()
MAC = "mac=5cef6647a2a48fc8e073049722b8a1efde5fc2779d8646d0473a9317c03b385f"


def signed(body: bytes, given: str, *, secret: str = "OA_SECRET_demo_0001") -> bool:
    return is_signed(body, json.loads(body), given, app_id="1234567890123456789", secret=secret)


def test_the_published_formula_signs_the_exact_bytes() -> None:
    assert len(VECTOR) == 267
    assert signed(VECTOR, MAC)
    assert signed(VECTOR, MAC.removeprefix("mac=").upper())
    assert not signed(VECTOR.replace(b":", b": ", 1), MAC)
    assert not signed(VECTOR, MAC, secret="APP_SECRET_demo_0001")


@pytest.mark.parametrize("given", ["", "mac=", "mác=é", MAC[:-1], MAC.replace("5cef", "6cef"), "\udcff"])
def test_any_other_signature_is_refused(given: str) -> None:
    assert not signed(VECTOR, given)


async def post(address: str, body: bytes, headers: dict[str, str]) -> int:
    async with (
        aiohttp.ClientSession() as session,
        session.post(address, data=io.BytesIO(body), headers=headers) as answer,
    ):
        return answer.status


@pytest.mark.parametrize(
    "switches",
    [{}, {"body_pretty": True}, {"mac": "bare"}, {"signed_with": "oa_id"}, {"body_pretty": True, "mac": "bare"}],
)
async def test_what_zalo_signs_comes_in_whichever_way_it_writes(
    hooked: FakeZaloOa, office: Office, switches: dict[str, Any]
) -> None:
    for name, value in switches.items():
        setattr(hooked.switches, name, value)
    hooked.person().says("Còn bàn tối nay không?")
    assert await hooked.push() == [200]
    assert office.events == [Text("Còn bàn tối nay không?")]
    assert office.taken[0].address.chat == "246845883529197922"


async def test_what_another_key_signed_is_turned_away_unread(hooked: FakeZaloOa, office: Office) -> None:
    hooked.switches.sign_bad = True
    hooked.person().says("xin chào")
    assert await hooked.push() == [403]
    assert office.tried == []


@pytest.mark.parametrize(("seconds", "status"), [(30.0, 200), (1800.0, 200), (7200.0, 200), (9000.0, 403)])
async def test_a_retry_keeps_its_old_timestamp_and_is_taken_for_two_hours(
    hooked: FakeZaloOa, office: Office, seconds: float, status: int
) -> None:
    office.refuses = lambda _inbound: True
    hooked.person().says("xin chào")
    assert await hooked.push() == [503]
    office.refuses = lambda _inbound: False
    hooked.time_passes(seconds)
    assert await hooked.push() == [status]
    assert office.events == ([Text("xin chào")] if status == 200 else [])


async def test_what_could_not_be_saved_is_delivered_again_under_the_same_id(hooked: FakeZaloOa, office: Office) -> None:
    office.refuses = lambda _inbound: len(office.tried) < 2
    hooked.person().says("xin chào")
    await hooked.push()
    hooked.time_passes(31)
    assert await hooked.push() == [200]
    assert len({inbound.update_id for inbound in office.tried}) == 1
    assert hooked.waiting == []


async def test_zalo_switches_off_a_webhook_that_never_takes_anything(hooked: FakeZaloOa, office: Office) -> None:
    office.refuses = lambda _inbound: True
    hooked.person().says("xin chào")
    for _ in range(6):
        await hooked.push()
        hooked.time_passes(3601)
    assert hooked.disabled
    assert len(office.tried) == 3


@pytest.mark.parametrize("body", [b"", b"{", b"[1]", b'"text"', b"\xff\xfe", b"[" * 100_000])
async def test_what_is_not_an_event_is_turned_away(hooked: FakeZaloOa, office: Office, body: bytes) -> None:
    assert await post(hooked.hook, body, {"X-ZEvent-Signature": "mac=0"}) == 400
    assert office.tried == []


async def test_a_body_larger_than_any_event_is_turned_away(hooked: FakeZaloOa, office: Office) -> None:
    assert await post(hooked.hook, b" " * (1024 * 1024 + 1), {}) == 413
    assert office.tried == []


async def test_an_event_without_a_timestamp_is_turned_away(hooked: FakeZaloOa, office: Office) -> None:
    raw, headers = hooked.signed({"event_name": "user_send_text", "timestamp": "soon"})
    assert await post(hooked.hook, raw, headers) == 403
    assert office.tried == []


def test_without_a_secret_there_is_no_webhook(office: Office) -> None:
    with pytest.raises(ValueError, match="secret"):
        webhook("zalo_oa", office.receive, app_id="1", secret="", fetchable=bool)


async def decoded(hooked: FakeZaloOa, office: Office) -> list[object]:
    statuses = await hooked.push()
    assert set(statuses) <= {200}
    return list(office.events)


async def test_each_kind_of_message_is_known(hooked: FakeZaloOa, office: Office) -> None:
    lan = hooked.person()
    lan.sends("image", text="lan can gãy")
    for kind in ("gif", "audio", "video", "sticker", "location", "file", "business_card", "link"):
        lan.sends(kind)
    lan.sends("link", text="xem https://example.vn nhé")
    assert await decoded(hooked, office) == [
        Unreadable(Medium.PHOTO, "lan can gãy"),
        Unreadable(Medium.PHOTO),
        Unreadable(Medium.VOICE),
        Unreadable(Medium.VIDEO),
        Unreadable(Medium.STICKER),
        Unreadable(Medium.PLACE),
        Unreadable(Medium.FILE),
        Unreadable(Medium.OTHER),
        Unreadable(Medium.OTHER),
        Text("xem https://example.vn nhé"),
    ]


async def test_pictures_and_files_keep_their_address_where_we_may_fetch_them(
    hooked: FakeZaloOa, office: Office
) -> None:
    lan = hooked.person()
    lan.sends_file(b"%PDF-1.7", "tờ trình.pdf", text="bản ký")
    lan.sends_file(b"\xff\xd8\xff")
    lan.sends("file", {"url": "https://elsewhere.example/x.pdf", "name": "x.pdf"})
    lan.sends("file", {"url": f"{hooked.url}/files/f9", "size": "large"})
    assert await decoded(hooked, office) == [
        Attached(Medium.FILE, f"{hooked.url}/files/f1", name="tờ trình.pdf", size=8, caption="bản ký"),
        Attached(Medium.PHOTO, f"{hooked.url}/files/f2"),
        Unreadable(Medium.FILE),
        Attached(Medium.FILE, f"{hooked.url}/files/f9"),
    ]


async def test_who_comes_and_goes_is_known(hooked: FakeZaloOa, office: Office) -> None:
    lan = hooked.person()
    lan.follows()
    lan.unfollows()
    lan.opens_chat()
    assert await decoded(hooked, office) == [Arrived(follows=True), Left(), Arrived(follows=False)]
    assert {inbound.address.chat for inbound in office.taken} == {lan.user}


PRESSES = [
    ("#initiative.review@k3f9a2:send", Pressed("initiative.review@k3f9a2:send")),
    ("#item@SK-27-4F7K2:receive", Pressed("item@SK-27-4F7K2:receive")),
    ("#menu:initiative", Pressed("menu:initiative")),
    ("#:initiative", Pressed(":initiative")),
    ("#1", Text("#1")),
    ("#congdoan rất hay: cảm ơn", Text("#congdoan rất hay: cảm ơn")),
    ("menu:initiative", Text("menu:initiative")),
    ("# ghi chú: một hai", Text("# ghi chú: một hai")),
    ("#Sáng kiến:một", Text("#Sáng kiến:một")),
]


@pytest.mark.parametrize(("text", "event"), PRESSES)
async def test_a_press_comes_back_as_text_and_speech_is_never_taken_for_one(
    hooked: FakeZaloOa, office: Office, text: str, event: object
) -> None:
    hooked.person().says(text)
    assert await decoded(hooked, office) == [event]


@pytest.mark.parametrize(
    "content",
    [{"message": {"payload": "#menu:help"}}, {"button": {"payload": "#menu:help"}}, {"payload": "#menu:help"}],
)
async def test_the_click_event_some_have_seen_is_a_press(
    hooked: FakeZaloOa, office: Office, content: dict[str, Any]
) -> None:
    parties = {"sender": {"id": hooked.person().user}, "recipient": {"id": hooked.oa_id}}
    hooked.emit({"event_name": "user_click_button", **parties, **content})
    assert await decoded(hooked, office) == [Pressed("menu:help")]


@pytest.mark.parametrize("shape", ["new", "old", "text"])
@pytest.mark.parametrize("sent_by", ["sender", "recipient"])
async def test_the_form_is_read_in_every_shape(hooked: FakeZaloOa, office: Office, shape: Any, sent_by: Any) -> None:
    lan = hooked.person()
    lan.says("chào")
    hooked.switches.info_shape, hooked.switches.info_from = shape, sent_by
    hooked.emit(hooked.submitted(lan, "Nguyễn Thị Lan", "84912345678"))
    assert (await decoded(hooked, office))[1:] == [Contact("+84912345678", own=True, name="Nguyễn Thị Lan")]
    assert {inbound.address.chat for inbound in office.taken} == {lan.user}


async def test_a_form_without_a_number_says_nothing(hooked: FakeZaloOa, office: Office) -> None:
    event = hooked.submitted(hooked.person(), "Lan", "")
    hooked.emit(event)
    assert await decoded(hooked, office) == []


async def test_receipts_and_our_own_words_are_no_dialogue(hooked: FakeZaloOa, office: Office) -> None:
    lan = hooked.person()
    lan.says("chào")
    hooked.waiting.clear()
    hooked.consult({"recipient": {"user_id": lan.user}, "message": {"text": "Dạ chào"}})
    lan.reads()
    assert len(hooked.waiting) == 3
    assert await decoded(hooked, office) == []


async def test_what_a_person_of_ours_wrote_by_hand_is_a_takeover(hooked: FakeZaloOa, office: Office) -> None:
    lan = hooked.person()
    lan.is_answered_by_hand("Chị ơi, em gọi chị nhé")
    assert await decoded(hooked, office) == [TakenOver()]
    assert office.taken[0].address.chat == lan.user


async def test_the_same_event_twice_has_the_same_id_and_another_has_another(hooked: FakeZaloOa, office: Office) -> None:
    lan = hooked.person()
    hooked.switches.duplicate = True
    lan.says("một")
    lan.follows()
    assert await hooked.push() == [200] * 4
    first, again, follow, follow_again = (inbound.update_id for inbound in office.taken)
    assert first == again != follow == follow_again


async def test_events_in_another_order_all_come_in(hooked: FakeZaloOa, office: Office) -> None:
    hooked.switches.reorder = True
    hooked.person(1).says("một")
    hooked.person(2).says("hai")
    assert await hooked.push() == [200, 200]
    assert office.events == [Text("hai"), Text("một")]


IGNORED: list[dict[str, Any]] = [
    {"event_name": "user_send_group_text", "sender": {"id": "1"}, "message": {"text": "nhóm"}},
    {"event_name": "user_reacted_message", "sender": {"id": "1"}},
    {"event_name": "change_oa_daily_quota"},
    {"event_name": "user_send_text"},
    {"event_name": "user_send_text", "sender": {"id": 1.5}, "message": {"text": "x"}},
    {"event_name": "user_send_text", "sender": {"id": "1"}, "message": {"text": 5}},
    {"event_name": 5},
    {},
]


@pytest.mark.parametrize("event", IGNORED)
async def test_what_nobody_understands_is_taken_and_not_asked_for_again(
    hooked: FakeZaloOa, office: Office, event: dict[str, Any]
) -> None:
    hooked.emit(dict(event))
    assert await decoded(hooked, office) == []
    assert hooked.waiting == []
    assert Overheard() not in office.events
