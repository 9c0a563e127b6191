"""What an update means. The updates come from the fake's people; the odd ones are written out."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels.incoming import Ignored
from bot.channels.telegram import decode
from messages.types import (
    Address,
    Attached,
    Contact,
    Edited,
    Inbound,
    Left,
    Medium,
    Overheard,
    Pressed,
    Text,
    Unreadable,
)
from tests.fakes.telegram_people import FakeGroup, FakeUser, Seen
from tests.fakes.telegram_world import World

NAME = "congdoan_test_bot"


@pytest.fixture
def world() -> World:
    return World(username=NAME)


@pytest.fixture
def lan(world: World) -> FakeUser:
    return world.user(1001)


@pytest.fixture
def group(world: World) -> FakeGroup:
    return world.group(-1_000_000_000_007)


def newest(world: World, **options: str) -> Inbound | Ignored:
    return decode(world.waiting[-1], "telegram", **options)


def event(world: World, **options: str) -> object:
    heard = newest(world, **options)
    return heard.event if isinstance(heard, Inbound) else heard


def test_words_come_with_who_wrote_them_and_the_updates_number(world: World, lan: FakeUser) -> None:
    number = lan.says("Tôi có sáng kiến <b>&", date=1_790_000_000)
    said = Inbound(Address("telegram", "1001"), str(number), Text("Tôi có sáng kiến <b>&"), 1_790_000_000.0)
    assert newest(world) == said


def test_it_is_told_which_message_was_answered(world: World, lan: FakeUser) -> None:
    lan.says("1", date=1_790_000_000, reply_to_message={"message_id": 7, "date": 1_789_999_999})
    heard = newest(world)
    assert isinstance(heard, Inbound)
    assert (heard.written_at, heard.quotes) == (1_790_000_000.0, "7")


def test_the_account_is_the_one_that_was_asked(world: World, lan: FakeUser) -> None:
    lan.says("chào")
    heard = decode(world.waiting[-1], "telegram:2")
    assert isinstance(heard, Inbound)
    assert heard.address == Address("telegram:2", "1001")


def test_a_deep_link_is_the_start_command_with_its_payload(world: World, lan: FakeUser) -> None:
    lan.says("/start u_CDGD-07")
    assert event(world) == Text("/start u_CDGD-07")


def test_a_command_addressed_to_the_bot_loses_the_address(world: World, lan: FakeUser) -> None:
    lan.says(f"/lienket@{NAME} 4F7K2")
    assert event(world) == Text("/lienket 4F7K2")


def test_an_address_in_the_middle_of_words_stays(world: World, lan: FakeUser) -> None:
    lan.says("gửi /start@ai cho anh@congdoan.vn")
    assert event(world) == Text("gửi /start@ai cho anh@congdoan.vn")


def test_forwarded_words_are_somebody_elses(world: World, lan: FakeUser) -> None:
    lan.says("Bài sưu tầm", forward_origin={"type": "hidden_user", "sender_user_name": "X", "date": 1})
    assert event(world) == Text("Bài sưu tầm", forwarded=True)


def test_a_button_brings_its_payload(world: World, lan: FakeUser) -> None:
    button = {"text": "Đồng ý", "callback_data": "consent@k3:agree"}
    lan.receives(Seen(5, "Đồng ý chứ?", {"inline_keyboard": [[button]]}))
    lan.presses("Đồng ý")
    assert event(world) == Pressed("consent@k3:agree")


def test_a_button_under_a_message_too_old_to_be_shown_still_counts(world: World, lan: FakeUser) -> None:
    chat = {"id": 1001, "type": "private"}
    query = {"id": "1", "from": lan.profile, "data": "q:a", "message": {"chat": chat, "message_id": 5, "date": 0}}
    world.queue("callback_query", query)
    assert event(world) == Pressed("q:a")


def test_ones_own_contact_card_is_known_by_the_senders_id(world: World, lan: FakeUser) -> None:
    lan.shares_contact("84912345678", own=True)
    assert event(world) == Contact("84912345678", own=True)


def test_somebody_elses_card_is_not_ones_own(world: World, lan: FakeUser) -> None:
    lan.shares_contact("84987654321", own=False)
    assert event(world) == Contact("84987654321", own=False)


def test_a_card_without_an_account_is_not_ones_own(world: World, lan: FakeUser) -> None:
    lan.sends({"contact": {"phone_number": "0912", "first_name": "A"}})
    assert event(world) == Contact("0912", own=False)


def test_a_forwarded_card_proves_nothing(world: World, lan: FakeUser) -> None:
    card = {"phone_number": "84912345678", "first_name": "A", "user_id": lan.number}
    lan.sends({"contact": card, "forward_origin": {"type": "user"}})
    assert event(world) == Contact("84912345678", own=False)


MEDIA = [
    ({"photo": [{}]}, Medium.PHOTO),
    ({"voice": {}}, Medium.VOICE),
    ({"audio": {}}, Medium.VOICE),
    ({"video": {}}, Medium.VIDEO),
    ({"video_note": {}}, Medium.VIDEO),
    ({"animation": {}, "document": {}}, Medium.VIDEO),
    ({"sticker": {}}, Medium.STICKER),
    ({"document": {}}, Medium.FILE),
    ({"location": {}}, Medium.PLACE),
    ({"venue": {}, "location": {}}, Medium.PLACE),
    ({"dice": {}}, Medium.OTHER),
    ({"poll": {}}, Medium.OTHER),
]


@pytest.mark.parametrize(("content", "medium"), MEDIA)
def test_what_cannot_be_read_is_named(world: World, lan: FakeUser, content: dict[str, Any], medium: Medium) -> None:
    lan.sends(content)
    assert event(world) == Unreadable(medium)


def test_a_pictures_caption_is_kept(world: World, lan: FakeUser) -> None:
    lan.sends_photo("Máy cắt cải tiến")
    assert event(world) == Attached(Medium.PHOTO, "photo", caption="Máy cắt cải tiến")


def test_a_file_and_the_largest_size_of_a_picture_can_be_fetched(world: World, lan: FakeUser) -> None:
    lan.sends_file(b"%PDF-1.7", "tờ trình.pdf")
    assert event(world) == Attached(Medium.FILE, "file-1", "tờ trình.pdf", 8)
    lan.sends_file(b"picture")
    assert event(world) == Attached(Medium.PHOTO, "file-2", "", 7)


def test_an_edited_message_is_noticed_but_not_read(world: World, lan: FakeUser) -> None:
    lan.says("nháp")
    lan.edits("bản sửa")
    assert event(world) == Edited()


def test_a_place_that_is_shared_live_does_not_count_as_editing(world: World, lan: FakeUser) -> None:
    lan.sends({"location": {"latitude": 21.0, "longitude": 105.8}})
    world.queue("edited_message", world.waiting[-1]["message"])
    assert event(world) == Ignored("live_location")


def test_blocking_the_bot_is_leaving_and_unblocking_says_nothing(world: World, lan: FakeUser) -> None:
    lan.blocks()
    assert event(world) == Left()
    lan.unblocks()
    assert event(world) == Ignored("membership")


CALLS = ["/sangkien", f"/sangkien@{NAME}", f"/sangkien@{NAME.upper()} ngay", f"nhờ @{NAME} với", f"@{NAME}"]


@pytest.mark.parametrize("text", CALLS)
def test_a_group_that_calls_the_bot_is_overheard_without_its_words(
    world: World, lan: FakeUser, group: FakeGroup, text: str
) -> None:
    number = group.hears(lan, text)
    heard = newest(world, username=NAME)
    assert isinstance(heard, Inbound)
    assert (heard.address, heard.update_id) == (Address("telegram", "-1000000000007"), str(number))
    assert heard.event == Overheard()


TALK = ["chào cả nhà", "/sangkien@bot_khac", f"@{NAME}_2 ơi", f"{NAME}", "5/10 sáng kiến"]


@pytest.mark.parametrize("text", TALK)
def test_what_a_group_says_among_itself_is_ignored(world: World, lan: FakeUser, group: FakeGroup, text: str) -> None:
    group.hears(lan, text)
    assert newest(world, username=NAME) == Ignored("group_talk")


def test_a_reply_to_the_bot_in_a_group_is_overheard(world: World, lan: FakeUser, group: FakeGroup) -> None:
    group.hears(lan, "vâng", reply_to=Seen(3, "Xin chào"))
    assert event(world, username=NAME) == Overheard()


def test_before_the_bot_knows_its_name_only_bare_commands_are_heard(
    world: World, lan: FakeUser, group: FakeGroup
) -> None:
    group.hears(lan, "/start")
    assert event(world) == Overheard()
    group.hears(lan, f"@{NAME} ơi")
    assert event(world) == Ignored("group_talk")
    group.hears(lan, "vâng", reply_to=Seen(3, "Xin chào"))
    assert event(world) == Ignored("group_talk")


def test_edits_and_buttons_in_a_group_are_ignored(world: World, lan: FakeUser, group: FakeGroup) -> None:
    world.queue("edited_message", {"chat": group.place, "from": lan.profile, "text": "/start"})
    assert event(world) == Ignored("group_talk")
    message = {"chat": group.place, "message_id": 1}
    world.queue("callback_query", {"id": "1", "from": lan.profile, "data": "q:a", "message": message})
    assert event(world) == Ignored("foreign_button")


UNWANTED = ["channel_post", "edited_channel_post", "inline_query", "poll", "chat_join_request", "something_new"]


@pytest.mark.parametrize("kind", UNWANTED)
def test_other_kinds_of_update_are_ignored(kind: str) -> None:
    raw = {"update_id": 1, kind: {"id": "1", "chat": {"id": -1, "type": "channel"}, "text": "/start"}}
    assert decode(raw, "telegram", username=NAME) == Ignored("not_for_us")


def test_a_service_message_is_ignored(world: World, lan: FakeUser) -> None:
    lan.sends({"pinned_message": {"message_id": 1}})
    assert event(world) == Ignored("service")


def test_what_no_database_can_store_is_taken_out(world: World, lan: FakeUser) -> None:
    lan.says("A\0B \ud83d C")
    assert event(world) == Text("AB ? C")


PRIVATE = {"id": 1, "type": "private"}
MALFORMED: list[Any] = [
    {"update_id": 1, "message": None},
    {"update_id": 1, "message": {}},
    {"update_id": 1, "message": {"chat": []}},
    {"update_id": 1, "message": {"chat": PRIVATE, "text": 5}},
    {"update_id": 1, "message": {"chat": PRIVATE, "text": ["/start"]}},
    {"update_id": 1, "message": {"chat": PRIVATE, "contact": {"phone_number": "1"}}},
    {"update_id": 1, "message": {"chat": {"id": "1", "type": "private"}, "text": "a"}},
    {"update_id": 1, "message": {"chat": {"id": True, "type": "private"}, "text": "a"}},
    {"update_id": "1", "message": {"chat": PRIVATE, "text": "a"}},
    {"message": {"chat": PRIVATE, "text": "a"}},
    {"update_id": 1, "edited_message": 7},
    {"update_id": 1, "callback_query": {"data": 1, "message": {"chat": PRIVATE}}},
    {"update_id": 10**5000, "message": {"chat": PRIVATE, "text": "a"}},
]


@pytest.mark.parametrize("raw", MALFORMED, ids=range(len(MALFORMED)))
def test_an_odd_shape_is_malformed_and_nothing_worse(raw: Any) -> None:
    assert decode(raw, "telegram", username=NAME) == Ignored("malformed")


KINDS = ["message", "edited_message", "callback_query", "my_chat_member"]
PARTS = ["chat", "from", "contact", "photo", "reply_to_message", "new_chat_member", "forward_origin"]
DETAILS = ["update_id", "id", "type", "text", "caption", "data", "phone_number", "user_id", "status"]
VALUES = ["private", "supergroup", "kicked"]
FIELDS = st.sampled_from(KINDS + PARTS + DETAILS + VALUES)
LEAVES = st.none() | st.booleans() | st.integers() | st.text(max_size=5) | FIELDS
SHAPES = st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(FIELDS, inner, max_size=5))


@given(raw=st.dictionaries(FIELDS, SHAPES, max_size=5), username=st.sampled_from(["", NAME]))
def test_no_shape_at_all_makes_it_raise(raw: dict[str, Any], username: str) -> None:
    assert isinstance(decode(raw, "telegram", username=username), Inbound | Ignored)
