"""Stored lines as a page shows them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bot.web import views
from messages.catalogue import Catalogue
from messages.types import Outbound
from storage.transcript import Spoken
from tests.web.conftest import COUNTED, DONE, HELLO, MENU, WRITE

EVENING = datetime(2027, 4, 11, 18, 30, tzinfo=UTC)


def theirs(number: int, message: Outbound) -> Spoken:
    return Spoken(number, mine=False, message=message, at=EVENING)


def mine(number: int, text: str) -> Spoken:
    return Spoken(number, mine=True, message=Outbound(text), at=EVENING)


def test_times_and_days_are_those_of_viet_nam() -> None:
    view = views.one(theirs(1, DONE))
    assert (view.time, view.day, view.day_words) == ("01:30", "2027-04-12", "Thứ Hai, 12/04/2027")


def test_a_pressed_choice_is_the_chosen_chip_and_no_second_bubble() -> None:
    hello, menu = views.of([theirs(1, HELLO), mine(2, "Tôi đồng ý"), theirs(3, MENU)])
    assert [chip.chosen for chip in hello.chips] == [True, False]
    assert (hello.spent, menu.spent) == (True, False)


def test_a_typed_number_stays_a_bubble_and_marks_the_chip() -> None:
    hello, typed = views.of([theirs(1, HELLO), mine(2, "2")])
    assert [chip.chosen for chip in hello.chips] == [False, True]
    assert typed.text == "2"


def test_a_number_in_a_long_text_chooses_nothing() -> None:
    writing, _ = views.of([theirs(1, WRITE), mine(2, "1")])
    assert not any(chip.chosen for chip in writing.chips)


def test_a_notice_in_between_leaves_the_question_open() -> None:
    hello, _ = views.of([theirs(1, HELLO), theirs(2, DONE)])
    assert not hello.spent


def test_the_start_of_the_talk_is_no_bubble() -> None:
    assert [view.mine for view in views.of([mine(1, "/start u_QN01"), theirs(2, HELLO)])] == [False]


def test_public_codes_stand_apart_to_be_copied() -> None:
    assert codes(views.one(theirs(1, DONE))) == ["SK-27-4F7K2"]
    assert codes(views.one(theirs(1, Outbound("YK-27-ABCDE, SK-27-0O000")))) == ["YK-27-ABCDE"]


def codes(view: views.LineView) -> list[str]:
    assert "".join(part.text for part in view.parts) == view.text
    return [part.text for part in view.parts if part.kind == "code"]


HOME = "https://tro-ly.congdoan.example"
SECRET = "7K3M" * 6 + "AB"
LINKS = [
    (f"Mở {HOME}/files/{SECRET} nhé. SK-27-4F7K2", [f"/files/{SECRET}"]),
    (f"{HOME}/files/{SECRET}", [f"/files/{SECRET}"]),
    (f"https://elsewhere.example/files/{SECRET}", []),
    (f"https://tro-ly.congdoan.example.evil/files/{SECRET}", []),
    (f"{HOME}/files/{SECRET}x", []),
    (f"{HOME}/files/../{SECRET}", []),
    (f"{HOME}/chat javascript:alert(1) <a href='{HOME}'>", []),
]


@pytest.mark.parametrize(("text", "paths"), LINKS)
def test_only_addresses_of_our_own_file_pages_are_links(text: str, paths: list[str]) -> None:
    view = views.one(theirs(1, Outbound(text)), home=HOME)
    assert [part.path for part in view.parts if part.kind == "link"] == paths
    assert "".join(part.text for part in view.parts) == text
    assert not [part for part in views.one(theirs(1, Outbound(text))).parts if part.kind == "link"]


def test_only_pictures_of_our_own_are_shown() -> None:
    ours, foreign = (Outbound("Mã", picture=f"{host}/pictures/GD51-01.png") for host in (HOME, "https://x.example"))
    assert views.one(theirs(1, ours), home=HOME).picture == "/pictures/GD51-01.png"
    assert views.one(theirs(1, foreign), home=HOME).picture == ""
    assert views.one(theirs(1, Outbound("Mã")), home=HOME).picture == ""


def test_a_counter_stands_where_a_long_text_is_asked_for() -> None:
    assert [views.one(theirs(1, message)).limit for message in (HELLO, WRITE, COUNTED)] == [0, 1000, 1000]


def test_the_counter_goes_on_from_what_has_arrived_and_the_line_break_that_joins() -> None:
    assert views.one(theirs(1, COUNTED)).used == 601


@pytest.mark.parametrize(
    ("key", "used"), [("text_current", 601), ("text_too_long", 601), ("text_rewrite", 0), ("text", 0)]
)
@pytest.mark.parametrize("form", ["initiative", "feedback"])
def test_the_counter_adds_to_what_stands_and_begins_anew_where_it_is_replaced(form: str, key: str, used: int) -> None:
    values = {"count": 600, "limit": 1000, "left": 399, "kept": 600, "excess": 12, "around": "ở đây", "text": "5/1.000"}
    said = Outbound(Catalogue.load().text(f"{form}.{key}", values), (), f"{form}.text@d1")
    assert views.one(theirs(1, said)).used == used
