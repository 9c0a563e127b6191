"""Which danger a text speaks of; harmless words that sound alike are none.

The messages are made up by several writers who knew neither the signs nor each other's. Those in `held_out_*` were
laid aside: no word of theirs is among what was learned, and they were opened once, when all else was settled. A
recogniser that is changed by what it misses here is to be examined by new ones.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from handlers.danger.recognition import Danger, recognise

FOLDER = Path(__file__).parents[1] / "fixtures" / "danger"


@pytest.mark.parametrize(
    ("text", "danger"),
    [
        ("Tôi muốn chết", Danger.DESPAIR),
        ("em khong muon song nua", Danger.DESPAIR),
        ("Em bị hành hung ở cổng", Danger.VIOLENCE),
        ("vừa có tai nạn ở xưởng, chị ấy ngất rồi", Danger.ACCIDENT),
        ("từ từ rồi tôi gửi", None),
        ("tư vấn luật lao động", None),
        ("tu van luat", None),
        ("mệt muốn chết luôn á", None),
        ("Sáng kiến chống say nắng cho công nhân", None),
        ("Lắp rào chắn máy dập để không dập tay", None),
        ("Mỗi lớp có một tủ sách nhỏ", None),
        ("/huy muốn chết", None),
        ("", None),
        ("12", None),
    ],
)
def test_a_danger_is_recognised_by_its_kind(text: str, danger: Danger | None) -> None:
    assert recognise(text) is danger


def test_a_call_within_a_long_story_is_heard() -> None:
    story = "Tổ em may áo khoác, sáng nay hàng về nhiều nên cả tổ ở lại làm thêm cho kịp. " * 12
    assert recognise(story) is None
    assert recognise(f"{story} Bây giờ em không muốn sống nữa, em đang đứng trên sân thượng. {story}") is Danger.DESPAIR


@cache
def _calls() -> tuple[tuple[Danger, str], ...]:
    lines = (FOLDER / "held_out_calls.tsv").read_text(encoding="utf-8").splitlines()
    return tuple((Danger(kind), text) for kind, _, text in (line.partition("\t") for line in lines))


@cache
def _harmless() -> tuple[str, ...]:
    return tuple((FOLDER / "held_out_harmless.txt").read_text(encoding="utf-8").splitlines())


@pytest.mark.parametrize("danger", Danger)
def test_calls_that_were_laid_aside_are_found(danger: Danger) -> None:
    calls = [text for kind, text in _calls() if kind is danger]
    missed = [text for text in calls if recognise(text) is None]
    assert len(calls) == 100
    assert len(missed) <= 5, missed


@pytest.mark.parametrize("danger", Danger)
def test_harmless_lines_that_were_laid_aside_are_left_alone(danger: Danger) -> None:
    taken = [text for text in _harmless() if recognise(text) is danger]
    assert len(_harmless()) == 1000
    assert len(taken) <= 0.02 * len(_harmless()), taken
