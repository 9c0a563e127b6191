"""Which danger a text speaks of; harmless words that sound alike are none."""

from __future__ import annotations

import pytest

from handlers.flows.danger import Danger, recognise


@pytest.mark.parametrize(
    ("text", "danger"),
    [
        ("Tôi muốn chết", Danger.DESPAIR),
        ("em khong muon song nua", Danger.DESPAIR),
        ("Em bị hành hung ở cổng", Danger.VIOLENCE),
        ("vừa có tai nạn ở xưởng", Danger.ACCIDENT),
        ("từ từ rồi tôi gửi", None),
        ("Mỗi lớp có một tủ sách nhỏ", None),
        ("", None),
    ],
)
def test_a_danger_is_recognised_by_its_kind(text: str, danger: Danger | None) -> None:
    assert recognise(text) is danger


def test_of_several_the_first_kind_counts() -> None:
    assert recognise("Bị tai nạn rồi bị đe dọa, tôi muốn chết") is Danger.DESPAIR
    assert recognise("Bị tai nạn rồi bị đe dọa") is Danger.VIOLENCE
