"""Whether somebody speaks of a danger to life or limb, and of which: what they are answered with depends on it.

Pure, and never a verdict: a false alarm costs one message.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from handlers.flows.likeness import mentions


class Danger(StrEnum):
    """The kinds, in the order of precedence."""

    DESPAIR = "despair"
    VIOLENCE = "violence"
    ACCIDENT = "accident"


PHRASES: Mapping[Danger, tuple[str, ...]] = {
    Danger.DESPAIR: ("tự tử", "tự sát", "muốn chết", "không muốn sống", "chán sống", "chết quách", "kết liễu"),
    Danger.VIOLENCE: (
        *("cứu tôi với", "cứu em với", "bị hành hung", "bị đánh đập", "dọa giết", "dọa đánh", "đe dọa", "bị bạo hành"),
        *("quấy rối tình dục", "bị sàm sỡ", "bị xâm hại", "hiếp dâm", "bị nhốt", "bị giam giữ"),
    ),
    Danger.ACCIDENT: (
        *("tai nạn", "cấp cứu", "cháy nổ", "đang cháy", "hỏa hoạn", "ngộ độc", "rò rỉ khí", "rò khí", "ngạt khí"),
        *("sập giàn giáo", "điện giật", "bị bỏng", "bất tỉnh", "ngất xỉu", "đứt tay", "gãy tay", "gãy chân"),
        *("thiệt mạng", "tử vong", "chết người"),
    ),
}


def recognise(text: str) -> Danger | None:
    """The danger a text speaks of; of several the first kind."""
    return next((danger for danger in Danger if mentions(text, PHRASES[danger])), None)
