"""People at a desk (tests/desk.py) who have their history already: an officer with a role, an author with a code."""

from __future__ import annotations

import re

from handlers.actors import COMMAND_LINE
from handlers.people import pairing
from storage.tables import Role
from tests.desk import Desk, Visitor

TEMPLATE = "75-nghin-sang-kien"
NAME = "Nguyễn Văn An"
PHONE = "0912 345 678"
TEXT = "Mỗi lớp có một tủ sách nhỏ do học sinh tự quản, thay vì chờ mượn ở thư viện chung."
OFFICERS_CHANNEL = "telegram"
"""In a browser no role is in force."""
LINK_CODE = re.compile(r"/lienket (\S{4}-\S{4})")
QUESTIONS = ("[Thủ trưởng đơn vị]", "[Trong thời gian này]", "[Chưa]", "[Không]")


def invite(desk: Desk, unit: str, role: Role = Role.OFFICER, *, days: int = 7) -> str:
    """A one-time code."""
    with desk.rows() as db:
        return pairing.invite(db, desk.office, COMMAND_LINE, unit, role, days=days, now=desk.now).code


def officer(desk: Desk, unit: str, role: Role = Role.OFFICER, *, name: str = "hanh") -> Visitor:
    """Somebody who has typed their code."""
    visitor = desk.member(name, OFFICERS_CHANNEL)
    visitor.talks(f"/lienket {invite(desk, unit, role)}", f"Trần Thị {name.capitalize()}")
    return visitor


def link_code(visitor: Visitor) -> str:
    """A code by which another chat becomes one of this person's."""
    found = LINK_CODE.search(visitor.talks("/lienket", "[Lấy mã nối kênh]"))
    assert found is not None
    return found[1]


def author(desk: Desk, *, name: str = NAME, unit: str = "gd51-01", text: str = TEXT) -> tuple[Visitor, str]:
    """Somebody who has handed in an initiative, and its code."""
    visitor = desk.member("an")
    return visitor, hand_in(visitor, "/sangkien", name, PHONE, "quang ngai", unit, "2", *QUESTIONS, text=text)


def hand_in(visitor: Visitor, *answers: str, text: str = TEXT) -> str:
    """Answer everything and send; the code."""
    done = visitor.talks(*answers, text, "XONG", "[Gửi đi]")
    return done.partition("Mã hồ sơ: ")[2].split()[0]
