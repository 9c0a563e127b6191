"""From something said to messages: labels, numbers, cuts."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from messages.catalogue import Catalogue
from messages.render import numbered, pieces, render, split
from messages.types import Choice, Outbound, Say

CATALOGUE = Catalogue.load()
LETTERS = st.sampled_from([*"aăâđêôơưếộng.!?:", " ", " ", "\n", "\n\n", "😀", "👩\u200d🏭", "e\u0301", "\u00a0"])
TEXT = st.lists(LETTERS, max_size=400).map("".join)


def units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def test_a_say_becomes_words_with_its_choices_below() -> None:
    say = Say("menu.main", {}, (Choice("initiative", "label.initiative"), Choice("p7", "label.nothing")), "menu@1")
    outbound = render(say, CATALOGUE)
    assert outbound.text == "Anh/chị cần Công đoàn hỗ trợ việc gì ạ?"
    assert outbound.choices == (Choice("initiative", "💡 Gửi sáng kiến"), Choice("p7", "label.nothing"))
    assert outbound.question == "menu@1"


def test_a_request_for_a_contact_card_is_passed_on() -> None:
    assert render(Say("initiative.phone", {"step": 2, "total": 6}, ask_contact=True), CATALOGUE).ask_contact


def test_choices_are_numbered_where_there_are_no_buttons() -> None:
    outbound = Outbound("Chọn gì?", (Choice("a", "Tôi đồng ý"), Choice("b", "Không đồng ý")), "q")
    assert numbered(outbound, CATALOGUE) == ("Chọn gì?\n\n1. Tôi đồng ý\n2. Không đồng ý\n\nAnh/chị nhắn số để chọn.")
    assert numbered(Outbound("Xong."), CATALOGUE) == "Xong."


def test_a_message_that_fits_is_left_alone() -> None:
    outbound = Outbound(" Vừa đủ \n", (Choice("a", "A"),), "q")
    assert split(outbound, 9) == (outbound,)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("Đoạn một dài.\n\nĐoạn hai. Dài", ["Đoạn một dài.", "Đoạn hai. Dài"]),
        ("Dòng thứ nhất\nDòng thứ hai x", ["Dòng thứ nhất", "Dòng thứ hai x"]),
        ("Câu đầu tiên. Câu thứ hai nữa", ["Câu đầu tiên.", "Câu thứ hai nữa"]),
        ("không có dấu câu nào ở đây cả", ["không có dấu câu", "nào ở đây cả"]),
        ("a\n\n" + "b" * 17, ["a", "b" * 17]),
        ("x" * 40, ["x" * 17, "x" * 17, "x" * 6]),
    ],
)
def test_a_cut_is_made_where_a_reader_would_pause(text: str, parts: list[str]) -> None:
    assert pieces(text, 17) == parts


def test_an_emoji_counts_twice_and_is_never_torn() -> None:
    assert pieces("😀" * 5, 4) == ["😀😀", "😀😀", "😀"]
    assert pieces("ab👩\u200d🏭", 6) == ["ab", "👩\u200d🏭"]
    assert pieces("abe\u0301cd", 3) == ["ab", "e\u0301c", "d"]


def test_the_choices_stay_with_the_last_part() -> None:
    first, last = split(Outbound("một hai ba", (Choice("a", "A"),), "q", ask_contact=True), 7)
    assert first == Outbound("một hai")
    assert last == Outbound("ba", (Choice("a", "A"),), "q", ask_contact=True)


def test_no_room_at_all_is_refused() -> None:
    with pytest.raises(ValueError):
        pieces("một hai", 1)


@settings(database=None, deadline=None)
@given(text=TEXT, limit=st.integers(2, 60))
def test_cuts_lose_nothing_but_white_space_and_every_part_fits(text: str, limit: int) -> None:
    parts = pieces(text, limit)
    rest = text
    for part in parts:
        start = rest.index(part)
        assert not rest[:start].strip()
        assert units(part) <= limit
        rest = rest[start + len(part) :]
    assert not rest.strip()
    assert len(parts) == 1 or all(part.strip() for part in parts)
