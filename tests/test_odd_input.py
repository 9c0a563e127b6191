"""What no button of ours brings and nobody writes by hand: answered as what it is, and never a fault of ours."""

from __future__ import annotations

import pytest

from handlers.chat import answers
from messages import staff_text
from messages.staff_text import Fault
from messages.types import Pressed, is_payload
from tests.desk import Desk

HEADS = ("", "drop.", "to.", "cover.", "done.", "chosen.", "canned.", "add.")
NUMBERS = ("²", "9" * 24)


def test_no_forged_button_raises_whatever_number_it_brings(database_url: str, request: pytest.FixtureRequest) -> None:
    desk = Desk(database_url)
    request.addfinalizer(desk.database.close)
    desk.furnish()
    an = desk.member("an")
    for question in sorted(answers.ANSWERS):
        for key in (f"{head}{number}" for head in HEADS for number in NUMBERS):
            assert an.sends(Pressed(f"{question}:{key}")), (question, key)


@pytest.mark.parametrize(
    ("brought", "ours"), [("item@SK-27-4F7K2:to.12", True), ("²", False), ("٣", False), ("½", False)]
)
def test_what_only_looks_like_a_number_is_none(brought: str, ours: bool) -> None:
    assert is_payload(brought) is ours


@pytest.mark.parametrize(
    "text", ["{{" * 400, "{{ " + "(" * 300, "{{ " + "[" * 300 + "]" * 300 + " }}", "{% if " + "(" * 400]
)
def test_brackets_in_brackets_are_a_broken_text(text: str) -> None:
    assert staff_text.fault(text) is Fault.BROKEN
