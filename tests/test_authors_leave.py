"""No act of an author shows on what they wrote without a name: neither erasing, nor withdrawing, nor leaving the chat.

Compared is, to the byte, what an officer, the level above, an export and somebody with the database but not the key can
see before and after; over every state an item may be in, beside what the same author wrote under their name.
"""

from __future__ import annotations

import io
import itertools
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from sqlalchemy import select
from sqlmodel import SQLModel, col

from handlers import exports, mornings, restoring, retention
from handlers.actors import CLOCK, COMMAND_LINE
from handlers.feedback import late as feedback_late
from handlers.papers.sheets import Form
from handlers.people import data_requests
from messages.types import Left, Outbound
from storage import feedback, members
from storage.database import Transaction
from storage.erasures import MEMBER, Gone
from storage.feedback import State
from storage.tables import Audit, Outbox, Role
from tests.desk import Desk, Visitor
from tests.people import NAME, PHONE, QUESTIONS, TEMPLATE, hand_in, officer
from tests.voices import ABOVE, SCHOOL, code_in

ANSWER = "Nhà trường đã cử thêm một nhân viên y tế trực cả ngày."
SUBJECTS = ("phòng y tế", "nhà ăn", "sân bóng", "thư viện", "cầu thang", "máy lạnh", "cổng sau", "mái hiên", "hàng rào")
ABOUT = ("feedback", "feedback_event", "feedback_task")


@pytest.fixture
def desk(database_url: str) -> Iterator[Desk]:
    desk = Desk(database_url)
    desk.furnish(TEMPLATE)
    yield desk
    desk.database.close()


def say(author: Visitor, number: int) -> str:
    """An anonymous item; its code. The author has named province and unit before."""
    subject = SUBJECTS[number]
    author.talks("/ykien", "[Vấn đề bức xúc]", "[Điều kiện làm việc]", "[Đúng rồi]", "[Cán bộ đơn vị tôi]")
    text = f"Ở trường, {subject} hỏng từ tháng trước, đã báo mà chưa thấy ai sửa."
    return code_in(author.talks("[Gửi ẩn danh]", text, "XONG", "[Gửi đi]"))


def say_named(author: Visitor) -> str:
    author.talks("/ykien", "[Tâm tư, nguyện vọng]", "[Tiền lương]", "[Đúng rồi]", "[Cán bộ đơn vị tôi]")
    return code_in(author.talks("[Gửi kèm tên]", "Mong được xét nâng lương đúng hạn.", "XONG", "[Gửi đi]"))


def in_every_state(author: Visitor, hanh: Visitor) -> dict[str, str]:
    """Anonymous items by the state they are in; one of them leads another."""
    codes = [say(author, number) for number in range(len(SUBJECTS))]
    sent, petitioned, supported, explained, resolved, settled, reopened, leading, following = codes
    hanh.talks(petitioned, "[Kiến nghị]", "Hiệu trưởng nhà trường", "5/3")
    hanh.talks(supported, "[Chung tay hỗ trợ]", "Chị Hạnh", "Gặp nhà trường trong tuần", "5/3")
    hanh.talks(explained, "[Giải thích]", "Điều 10 Quy chế nội bộ", ANSWER)
    for code in (resolved, settled, reopened):
        hanh.talks(code, "[Báo kết quả]", ANSWER)
    author.talks(settled, "[Đã thỏa đáng]")
    author.talks(reopened, "[Chưa thỏa đáng]", "Vẫn chưa sửa xong.")
    hanh.talks(leading, "[Gộp ý kiến cùng việc]", f"[{following}]")
    return {
        State.SENT: sent,
        State.PETITIONED: petitioned,
        State.SUPPORTED: supported,
        State.EXPLAINED: explained,
        State.RESOLVED: resolved,
        State.SETTLED: settled,
        State.REOPENED: reopened,
        "leading": leading,
        "following": following,
    }


def exported(db: Transaction, desk: Desk, form: Form) -> bytes:
    out = io.BytesIO()
    exports.write(db, COMMAND_LINE, exports.Request(exports.ExportKind.FEEDBACK, form), out, now=desk.now)
    return out.getvalue()


def kept(desk: Desk, codes: list[str]) -> list[str]:
    """Every row about these items as it lies there, sealed values unopened, and the export's lines of them."""
    with desk.rows() as db:
        tables = (SQLModel.metadata.tables[name] for name in ABOUT)
        found = [repr(tuple(row)) for table in tables for row in db.execute(select(table).order_by(*table.primary_key))]
        audited = db.scalars(select(Audit).where(col(Audit.subject).in_(codes)).order_by(col(Audit.id)))
        found += [repr((row.action, row.actor_id, row.unit_id, row.subject, row.at, row.details)) for row in audited]
        for form in (Form.CSV, Form.JSON):
            found += exported(db, desk, form).decode("utf-8-sig").splitlines()
        return [line for line in found if any(code in line for code in codes)]


def screens(readers: list[Visitor], codes: list[str]) -> list[str]:
    """What officers see when they look at everything, in order; but for the way to the list of *named* authors whom no
    notice reaches, which an author who leaves is rightly in.
    """
    lines = ("/hopthu", *codes, "/baocao", "/nhiemvu")
    shown = []
    for reader in readers:
        for line in lines:
            heard = len(reader.heard)
            reader.says(line)
            for message in reader.heard[heard:]:
                choices = tuple(choice for choice in message.choices if not choice.key.startswith("untold"))
                shown.append(repr(replace(message, choices=choices)))
    return shown


def author_id(db: Transaction, author: Visitor) -> int:
    found = members.by_addresses(db, [author.address])[author.address].member.id
    assert found is not None
    return found


def in_chat(desk: Desk, author: Visitor, _code: str) -> None:
    assert "Ý kiến ẩn danh đã gửi (nếu có) vẫn được xử lý" in author.talks("/dulieu", "[Xóa dữ liệu]")
    assert "không còn nối với anh/chị" in author.says("XÓA DỮ LIỆU")


def by_command(desk: Desk, _author: Visitor, code: str) -> None:
    with desk.rows() as db:
        data_requests.erase(db, desk.office, COMMAND_LINE, code, now=desk.now)


def after_a_restore(desk: Desk, author: Visitor, _code: str) -> None:
    with desk.rows() as db:
        digest = db.seals.digest(MEMBER, str(author_id(db, author)))
        gone = [Gone(datetime(2028, 1, 1, tzinfo=UTC), digest)]
        told = restoring.settle(db, desk.office, COMMAND_LINE, gone=gone, jobs=(), made="2027-03-01", now=desk.now)
        assert told.erased == 1


def withdrawing(_desk: Desk, author: Visitor, _code: str) -> None:
    assert "Ý kiến ẩn danh đã gửi (nếu có) vẫn được xử lý" in author.talks("/dulieu", "[Rút đồng ý]")
    author.presses("Rút đồng ý")


def leaving(desk: Desk, author: Visitor, _code: str) -> None:
    desk.take(author.address, Left())


Act = Callable[[Desk, Visitor, str], None]
ERASING: tuple[Act, ...] = (in_chat, by_command, after_a_restore)
ACTS: tuple[Act, ...] = (*ERASING, withdrawing, leaving)


@pytest.mark.parametrize("act", ACTS)
def test_nothing_of_an_anonymous_item_changes_with_its_author(desk: Desk, act: Act) -> None:
    hanh, staff = officer(desk, SCHOOL), officer(desk, ABOVE, Role.STAFF, name="staff")
    author = desk.member("an")
    initiative = hand_in(author, "/sangkien", NAME, PHONE, "quang ngai", "gd51-01", "2", *QUESTIONS)
    hanh.talks(initiative, "[Công nhận]", "[Đã đồng ý, công nhận]")
    states = in_every_state(author, hanh)
    codes = list(states.values())
    readers = [hanh, staff]
    shown, stored = screens(readers, codes), kept(desk, codes)
    everybody = outgoing(desk, author)
    act(desk, author, initiative)
    assert kept(desk, codes) == stored
    left = outgoing(desk, author)
    assert left.items() <= everybody.items(), "nobody is told of anything"
    gone = [text for number, text in everybody.items() if number not in left]
    assert all(initiative in text for text in gone), "forgotten is what was said of the named one"
    assert [reader.hears() for reader in readers] == ["", ""]
    with desk.rows() as db:
        retention.drop_old_drafts(db, desk.now)
        mornings.tell(db, desk.office, CLOCK, now=desk.now)
    assert kept(desk, codes) == stored
    # the named initiative was dealt with before and stands in no list of what waits
    assert screens(readers, codes) == shown


def outgoing(desk: Desk, author: Visitor) -> dict[int | None, str]:
    """What was promised to others than the author, by its number."""
    with desk.rows() as db:
        others = select(Outbox).where(col(Outbox.chat) != author.address.chat, col(Outbox.body).is_not(None))
        return {row.id: Outbound.from_json(db.seals.open(row.body)).text for row in db.scalars(others) if row.body}


@pytest.mark.parametrize("act", ERASING)
def test_named_items_are_taken_back_and_only_they_are_told_of(desk: Desk, act: Act) -> None:
    hanh = officer(desk, SCHOOL)
    author = desk.member("an")
    initiative = hand_in(author, "/sangkien", NAME, PHONE, "quang ngai", "gd51-01", "2", *QUESTIONS)
    named, hidden = say_named(author), say(author, 0)
    hanh.hears()
    stored = kept(desk, [hidden])
    before = len(hanh.heard)
    act(desk, author, initiative)
    hanh.hears()
    told = "\n".join(message.text for message in hanh.heard[before:])
    if act is not after_a_restore:  # there nothing goes out before somebody has looked
        assert f"{initiative} đã được tác giả rút lại" in told
        assert f"{named} đã được người gửi rút lại" in told
    assert hidden not in told
    assert kept(desk, [hidden]) == stored
    with desk.rows() as db:
        item = feedback.by_code(db, named)
        assert item is not None
        assert (item.state, item.text, item.member_id) == (State.WITHDRAWN, None, None)


@pytest.mark.parametrize("act", ACTS)
def test_later_answers_reach_nobody_and_no_officer_is_told_so(desk: Desk, act: Act) -> None:
    hanh = officer(desk, SCHOOL)
    author, other = desk.member("an"), desk.member("binh")
    initiative = hand_in(author, "/sangkien", NAME, PHONE, "quang ngai", "gd51-01", "2", *QUESTIONS)
    other.talks("/ykien", "[Vấn đề bức xúc]", "[Điều kiện làm việc]", "quang ngai", SCHOOL, "[Cán bộ đơn vị tôi]")
    control = code_in(other.talks("[Gửi ẩn danh]", "Bãi xe thiếu đèn, buổi tối rất khó đi.", "XONG", "[Gửi đi]"))
    hidden, late = say(author, 0), say(author, 1)
    act(desk, author, initiative)
    author.hears()
    hanh.hears()
    receipts = []
    for code in (control, hidden):
        heard = len(hanh.heard)
        hanh.talks(code, "[Báo kết quả]", ANSWER)
        receipts.append([message.text.replace(code, "") for message in hanh.heard[heard:]][-1])
    assert receipts[0] == receipts[1]
    assert author.hears() == ""
    assert ANSWER in other.hears()
    with desk.rows() as db:
        feedback_late.look(db, desk.office, datetime(2027, 3, 8, 2, tzinfo=UTC))
    assert late in hanh.hears(), "what is late climbs as if its author were still there"
    assert author.hears() == ""


@pytest.mark.parametrize("act", ERASING)
def test_the_link_is_gone_even_for_whoever_has_the_key(desk: Desk, act: Act) -> None:
    officer(desk, SCHOOL)
    author = desk.member("an")
    initiative = hand_in(author, "/sangkien", NAME, PHONE, "quang ngai", "gd51-01", "2", *QUESTIONS)
    hidden = say(author, 0)
    with desk.rows() as db:
        number = author_id(db, author)
        item = feedback.by_code(db, hidden)
        assert item is not None
        assert item.author is not None
        pen = str(db.seals.open(item.author))
        assert pen != str(number)
    act(desk, author, initiative)
    with desk.rows() as db:
        item = feedback.by_code(db, hidden)
        assert item is not None
        assert feedback.author_of(db, item) is None
        assert not feedback.is_by(db, item, number)
        tables = itertools.chain.from_iterable(
            ((table.name, row) for row in db.execute(select(table))) for table in SQLModel.metadata.sorted_tables
        )
        assert [name for name, row in tables if any(pen == value for value in row)] == []
    if act is in_chat:
        author.talks("/start", "[Tôi đồng ý]")
        assert "không tìm thấy mã" in author.says(hidden)
