"""Members who send feedback at a desk (tests/desk.py), with a name or without; what they were given for it."""

from __future__ import annotations

from storage import feedback
from storage.tables import Feedback
from tests.desk import Desk, Visitor
from tests.people import NAME, PHONE

SCHOOL, OTHER_SCHOOL, SMALL, ABOVE, TOP = "GD51-01", "GD51-02", "GD51-23", "GD51", "LDLD51"
TEXT = "Nhà xe của trường dột từ đầu mùa mưa, hơn ba mươi giáo viên phải để xe ngoài sân. Mong được sửa sớm."


def code_in(text: str) -> str:
    """The code in what an author is told."""
    return text.partition("Mã ý kiến: ")[2].split()[0]


def write(
    visitor: Visitor,
    *,
    unit: str = SCHOOL,
    way: str = "Cán bộ đơn vị tôi",
    topic: str = "Điều kiện làm việc",
    text: str = TEXT,
) -> str:
    """Send anonymous feedback; its code."""
    start = ("/ykien", "[Vấn đề bức xúc]", f"[{topic}]", "quang ngai", unit, f"[{way}]")
    return code_in(visitor.talks(*start, "[Gửi ẩn danh]", text, "XONG", "[Gửi đi]"))


def write_named(visitor: Visitor, *, unit: str = SCHOOL, text: str = TEXT) -> str:
    """Send feedback with a name; its code."""
    start = ("/ykien", "[Tâm tư, nguyện vọng]", "[Tiền lương]", "quang ngai", unit, "[Cán bộ đơn vị tôi]")
    return code_in(visitor.talks(*start, "[Gửi kèm tên]", NAME, PHONE, text, "XONG", "[Gửi đi]"))


def the(desk: Desk, code: str) -> Feedback:
    """An item as it is kept."""
    with desk.rows() as db:
        item = feedback.by_code(db, code)
        assert item is not None
        return item
