"""What is typed to confirm an act for good is understood as choices are: by its letters, not by its form."""

from __future__ import annotations

import unicodedata

import pytest

from handlers.flows import broadcast, privacy
from handlers.flows.form import Accepted, Answers, Given, Step
from tests.flows.plain_world import PlainWorld

SPELLINGS = (
    "XÓA DỮ LIỆU",
    "XOÁ DỮ LIỆU",
    "xóa dữ liệu",
    "xoá dữ liệu",
    "xoa du lieu",
    "Xoa Du Lieu",
    "  xóa   dữ liệu  ",
    "“XÓA DỮ LIỆU”",
    "«xóa dữ liệu»",
    "xóa dữ liệu.",
    "xóa dữ liệu ạ",
    unicodedata.normalize("NFD", "XÓA DỮ LIỆU"),
)


class Newsroom(PlainWorld):
    """Somebody who writes to 1,201 people."""

    @property
    def news_desk(self) -> Newsroom:
        return self

    def preview(self, _text: str, _code: str) -> dict[str, int]:
        return {"recipients": 1201}


def step_of(form: object, key: str, answers: Answers, world: PlainWorld) -> Step:
    steps = form.steps(answers, world)  # type: ignore[attr-defined]
    return next(step for step in steps if step.key == key)


@pytest.mark.parametrize("typed", SPELLINGS)
def test_the_word_that_erases_is_known_however_it_is_spelt(typed: str) -> None:
    world = PlainWorld()
    step = step_of(privacy.ERASE, "sure", {}, world)
    assert isinstance(step.read(Given(text=typed), {}, world), Accepted)


@pytest.mark.parametrize(
    "typed", ["xóa", "dữ liệu", "xóa dữ liệu của tôi đi", "xòa dữ liệu", "không xóa dữ liệu", "ok"]
)
def test_nothing_else_erases(typed: str) -> None:
    world = PlainWorld()
    assert not isinstance(step_of(privacy.ERASE, "sure", {}, world).read(Given(text=typed), {}, world), Accepted)


@pytest.mark.parametrize(
    "typed",
    ["gửi 1201", "GỬI 1.201", "gui 1 201", "gửi 1,201", "“gửi 1201”", "gửi 1201.", "gửi số 1201", "gửi 1.201 người"],
)
def test_the_number_of_recipients_is_known_however_it_is_spelt(typed: str) -> None:
    world, answers = Newsroom(), {"text": "x", "audience": "y", "review": "now"}
    step = step_of(broadcast.FORM, "number", answers, world)
    assert step.read(Given(text=typed), answers, world) == Accepted(1201)


@pytest.mark.parametrize("typed", ["1201", "gửi 1200", "gửi 12.01.5", "gửi", "", "1201 1201", "khoảng 1201"])
def test_no_other_number_sends(typed: str) -> None:
    world, answers = Newsroom(), {"text": "x", "audience": "y", "review": "now"}
    step = step_of(broadcast.FORM, "number", answers, world)
    assert not isinstance(step.read(Given(text=typed), answers, world), Accepted)
