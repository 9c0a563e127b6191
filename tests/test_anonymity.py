"""Who wrote without a name is nowhere to be found: a canary is planted, and everything is searched for it.

Searched is what somebody would have who holds the database, its backup, the exports, the log or an officer's chat, but
not the key that is kept outside: every value of every row as it lies there, sealed ones unopened.
"""

from __future__ import annotations

import io
import itertools
import re
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from sqlalchemy import select, text
from sqlmodel import SQLModel

from handlers import exports
from handlers.actors import COMMAND_LINE
from handlers.feedback import late as feedback_late
from handlers.papers.sheets import Form
from messages.dates import ZONE
from storage import clock, feedback, members
from storage.database import Database, Transaction
from storage.errors import WrongKey
from storage.seals import Seals
from storage.tables import Audit, Broadcast, Feedback, Outbox, Role
from tests import voices
from tests.box import PLACES, Box, Person, opened
from tests.desk import Desk
from tests.people import officer

SCHOOL, ABOVE = "GD51-01", "GD51"
NAME, PHONE, STORED_PHONE = "Hoàng Thị Chim Yến Vàng", "0987 654 321", "+84987654321"
TEXT = "Phòng y tế khóa cửa cả tuần, học sinh đau bụng phải ra tận trạm xá."
MORE = "Hôm nay phòng y tế vẫn khóa."
ANSWER = "Nhà trường đã cử thêm một nhân viên y tế trực cả ngày."
RESULT = "Một trường đã cử thêm người trực y tế sau khi Công đoàn trao đổi với nhà trường."
ABOUT_ITEMS = {"feedback", "feedback_event", "feedback_task", "audit"}
"""The only tables in which the code of an item may stand in clear."""
ABOUT = ("feedback", "care")
"""Topics of what is promised about items: to their authors, to officers."""


@pytest.fixture(params=PLACES)
async def box(request: pytest.FixtureRequest) -> AsyncIterator[Box]:
    database, channel = request.param
    async with opened(request.getfixturevalue(f"{database}_database"), channel) as made:
        yield made


def rows(db: Transaction) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every row of every table as it lies there, with its table's name."""
    for table in SQLModel.metadata.sorted_tables:
        for row in db.execute(select(table)).mappings():
            yield table.name, dict(row)


def told(value: Any) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)


def mentioning(db: Transaction, *words: str) -> list[tuple[str, dict[str, Any]]]:
    """The rows in which one of these stands in clear."""
    return [(name, row) for name, row in rows(db) if any(word in told(v) for v in row.values() for word in words)]


def exported(db: Transaction, kind: exports.ExportKind, form: Form) -> str:
    """An export as text; of a spreadsheet the text of its cells."""
    out = io.BytesIO()
    exports.write(db, COMMAND_LINE, exports.Request(kind, form), out, now=clock.now(db))
    if form is not Form.XLSX:
        return out.getvalue().decode("utf-8-sig")
    sheet = openpyxl.load_workbook(out).worksheets[0]
    return "\n".join(told(cell) for row in sheet.iter_rows(values_only=True) for cell in row)


def holds(value: Any, secrets: tuple[str, ...]) -> bool:
    """Whether a value has one of these as a whole: a short chat number may stand by chance inside a digest."""
    return any(re.search(rf"(?<!\w){re.escape(secret)}(?!\w)", told(value)) for secret in secrets)


async def write_named_then_hidden(canary: Person) -> tuple[str, str]:
    """The canary is known by name and phone from an item of theirs; then the anonymous one. The codes of both."""
    start = ("/ykien", "[Câu chuyện cảm động]", "[Nội dung khác]", "quang ngai", SCHOOL, "[Cán bộ đơn vị tôi]")
    await canary.talks("/start", "[Tôi đồng ý]", *start, "[Gửi kèm tên]", NAME, PHONE, "Cô thủ thư ở lại giúp tôi.")
    named = code_in(await canary.talks("XONG", "[Gửi đi]"))
    again = ("/ykien", "[Vấn đề bức xúc]", "[Điều kiện làm việc]", "[Đúng rồi]", "[Cán bộ đơn vị tôi]")
    return named, code_in(await canary.talks(*again, "[Gửi ẩn danh]", TEXT, "XONG", "[Gửi đi]"))


def code_in(said: str) -> str:
    return said.partition("Mã ý kiến: ")[2].split()[0]


async def answer_and_go_on(hanh: Person, canary: Person, code: str) -> None:
    """Everything that can happen to an item."""
    await hanh.talks(code, "[Đánh dấu mức độ]", "[Ảnh hưởng rộng]", "[Báo kết quả]", ANSWER)
    assert ANSWER in await canary.hears()
    await canary.talks("[Chưa thỏa đáng]", MORE, code, "/tracuu", "/dulieu", "[Xem bản sao dữ liệu]")
    await hanh.talks(code, "[Kiến nghị]", "Hiệu trưởng nhà trường", "[Chưa có ngày hẹn]")
    await hanh.talks(code, "[Chuyển lên cấp trên]", "Đề nghị cấp trên làm việc với nhà trường.")
    assert "Công đoàn ngành Giáo dục tỉnh" in await canary.hears()
    await canary.talks(code, "[Đã thỏa đáng]", code)


async def test_the_canary_is_found_in_no_table_export_log_screen_or_push(
    box: Box, capfd: pytest.CaptureFixture[str]
) -> None:
    box.furnish()
    hanh, staff = await box.officer("Hạnh", SCHOOL), await box.officer("Sơn", ABOVE, Role.STAFF)
    canary = box.person("Yến")
    before = start_of(box)
    _, code = await write_named_then_hidden(canary)
    heard_before = len(hanh.line.heard)
    await answer_and_go_on(hanh, canary, code)
    await hanh.talks("/hopthu", code)
    await staff.talks("/hopthu", code)

    with box.database() as db:
        member_id = the_member(db)
        (address,) = members.addresses(db, member_id)
        where = address.account if box.channel == "terminal" else address.chat
        secrets = (NAME, STORED_PHONE, PHONE, PHONE.replace(" ", ""), where)
        about = mentioning(db, code, TEXT, MORE, ANSWER)
        assert {name for name, _ in about} == ABOUT_ITEMS
        for name, row in about:
            assert not any(holds(value, secrets) for value in row.values()), name
            assert member_id not in ids_in(row), (name, row)
            assert all(is_no_finer_than_a_day(value) for value in row.values()), (name, row)
        assert db.get(Feedback, code).channel is None
        for kind, form in itertools.product(exports.ExportKind, Form):
            lines = [line for line in exported(db, kind, form).splitlines() if code in line]
            assert not any(holds(line, secrets) for line in lines)
        record = next(line for line in exported(db, exports.ExportKind.FEEDBACK, Form.CSV).splitlines() if code in line)
        assert clock.now(db).astimezone(ZONE).date().isoformat() in record
        assert "T" not in record.partition(TEXT)[0].replace("THPT", "").replace("Trường", "").replace(code, "")
        assert not db.scalars(select(Audit).where(Audit.actor_id == member_id)).all()
        assert nothing_left_on_the_way(db, member_id, since=before)

    screens = "\n".join(heard.text for person in (hanh, staff) for heard in person.line.heard[heard_before:])
    assert code in screens
    assert not holds(screens, secrets)
    log = "".join(capfd.readouterr())
    assert not holds(log, (*secrets, code, TEXT, MORE))


def start_of(box: Box) -> datetime:
    with box.database() as db:
        return clock.now(db)


def the_member(db: Transaction) -> int:
    (member_id,) = [row["id"] for name, row in rows(db) if name == "member" and row["name"] == NAME]
    return int(member_id)


def ids_in(row: dict[str, Any]) -> set[int]:
    """The members a row names: revision, number and the like are counts and no ids."""
    return {row[column] for column in ("member_id", "actor_id", "used_by") if row.get(column) is not None}


def is_no_finer_than_a_day(value: Any) -> bool:
    return not isinstance(value, datetime) or value.astimezone(ZONE).time() == time()


def nothing_left_on_the_way(db: Transaction, member_id: int, *, since: datetime) -> bool:
    """Replies and pushes about feedback leave no row: no instant, and no place in an order."""
    return not db.scalars(select(Outbox).where(Outbox.member_id == member_id, Outbox.created_at >= since)).all()


class TestWhileItHappens:
    """On the way, before anything is settled."""

    @pytest.fixture
    def desk(self, database_url: str) -> Iterator[Desk]:
        desk = Desk(database_url)
        desk.furnish()
        yield desk
        desk.database.close()

    def begun(self, desk: Desk) -> Any:
        canary = desk.member("canary", "telegram")
        start = ("/ykien", "[Vấn đề bức xúc]", "[Điều kiện làm việc]", "quang ngai", SCHOOL, "[Cán bộ đơn vị tôi]")
        canary.talks(*start, "[Gửi ẩn danh]", TEXT)
        return canary

    def test_what_is_being_written_lies_sealed_beside_its_author(self, desk: Desk) -> None:
        self.begun(desk)
        with desk.rows() as db:
            assert mentioning(db, TEXT, "anonymous") == []

    def test_the_draft_goes_and_the_code_stands_beside_no_member(self, desk: Desk) -> None:
        hanh = officer(desk, SCHOOL)
        canary = self.begun(desk)
        code = code_in(canary.talks("XONG", "[Gửi đi]"))
        hanh.talks(code, "[Kiến nghị]", "Hiệu trưởng nhà trường", "5/3", code, "[Báo kết quả]", ANSWER)
        canary.talks("/tracuu", code)
        with desk.rows() as db:
            assert {name for name, _ in mentioning(db, code)} == ABOUT_ITEMS
            assert not [row for name, row in rows(db) if name == "draft" and row["form"].startswith("feedback")]
            waiting = db.scalars(select(Outbox)).all()
            assert waiting
            assert all(row.forget and row.once is None for row in waiting if row.topic in ABOUT)

    def test_merged_late_promised_and_published_it_still_leads_to_nobody(self, desk: Desk) -> None:
        hanh, staff = officer(desk, SCHOOL), officer(desk, ABOVE, Role.STAFF, name="staff")
        canary = self.begun(desk)
        code = code_in(canary.talks("XONG", "[Gửi đi]"))
        canary.talks("/nhantin", "[Nhận tin]")
        other = desk.member("other")
        named = voices.write_named(other, text=TEXT.replace("cả tuần", "suốt tuần"))
        told = len(hanh.heard), len(staff.heard)
        hanh.talks(named, "[Gộp ý kiến cùng việc]", f"[{code}]")
        with desk.rows() as db:
            feedback_late.look(db, desk.office, datetime(2027, 3, 4, 2, tzinfo=UTC))
        hanh.talks(named, "[Kiến nghị]", "Hiệu trưởng nhà trường", "5/3")
        with desk.rows() as db:
            feedback_late.look(db, desk.office, datetime(2027, 3, 5, 2, tzinfo=UTC))
        hanh.talks(named, "[Báo kết quả]", ANSWER, named, "[Công bố kết quả]", RESULT)
        hanh.presses("Để lần sau")
        canary.talks(code, "[Chưa thỏa đáng]", MORE)
        hanh.talks(code, "[Chuyển lên cấp trên]", "Đề nghị cấp trên làm việc với nhà trường.")
        staff.talks("/hopthu", code, "[Báo kết quả]", ANSWER)
        staff.hears()
        with desk.rows() as db:
            (known,) = members.by_addresses(db, [canary.address]).values()
            secrets = (canary.address.chat, str(known.member.id))
            about = mentioning(db, code)
            assert {name for name, _ in about} <= ABOUT_ITEMS
            for name, row in about:
                assert known.member.id not in ids_in(row), (name, row)
                assert all(is_no_finer_than_a_day(value) for value in row.values()), (name, row)
            for event in feedback.events(db, named):
                assert event.by_author or event.at is None
            for form in Form:
                lines = [line for line in exported(db, exports.ExportKind.FEEDBACK, form).splitlines() if code in line]
                assert lines
                assert not any(holds(line, secrets[:1]) for line in lines)
            assert all(row.once is None for row in db.scalars(select(Outbox)) if row.topic in ABOUT)
        screens = "\n".join(
            message.text for who, begin in zip((hanh, staff), told, strict=True) for message in who.heard[begin:]
        )
        assert code in screens
        assert not holds(screens, secrets[:1])
        assert code not in "\n".join(message.text for message in other.heard)

    def test_a_digest_is_told_without_code_text_or_day(self, desk: Desk) -> None:
        hanh, canary = officer(desk, SCHOOL), self.begun(desk)
        code = code_in(canary.talks("XONG", "[Gửi đi]"))
        canary.talks("/nhantin", "[Nhận tin]")
        with desk.rows() as db:
            (known,) = members.by_addresses(db, [canary.address]).values()
            item = feedback.by_code(db, code)
            assert item is not None
            known.member.unit_id = item.receiver_id
        hanh.talks(code, "[Báo kết quả]", ANSWER, code, "[Công bố kết quả]", RESULT, "[Công bố ngay]")
        with desk.rows() as db:
            told = db.scalars(select(Broadcast)).one().text
            assert RESULT in told
            assert not any(secret in told for secret in (code, TEXT, ANSWER, "01/03", "1/3"))
            assert {name for name, _ in mentioning(db, code)} <= ABOUT_ITEMS

    def test_a_seal_tells_neither_the_moment_nor_the_length(self, desk: Desk) -> None:
        canary = self.begun(desk)
        code = code_in(canary.talks("XONG", "[Gửi đi]"))
        with desk.rows() as db:
            item = feedback.by_code(db, code)
            assert item is not None
            assert item.author is not None
            assert len({db.seals.seal(1) for _ in range(3)}) == 3
            lengths = {len(db.seals.seal(1)), len(db.seals.seal(10**9)), len(db.seals.seal("a" * 200))}
            assert len(lengths) == 1

    def test_only_the_key_leads_from_an_item_to_its_author(self, desk: Desk, database_url: str) -> None:
        canary = self.begun(desk)
        code = code_in(canary.talks("XONG", "[Gửi đi]"))
        thief = Database(database_url, Seals(["another key, long enough for anybody"]))
        try:
            with thief.transaction() as db:
                item = feedback.by_code(db, code)
                assert item is not None
                with pytest.raises(WrongKey):
                    feedback.author_of(db, item)
                assert not any(feedback.of_member(db, number) for number in range(1, 50))
        finally:
            thief.close()
        with desk.rows() as db:
            item = feedback.by_code(db, code)
            assert item is not None
            (known,) = members.by_addresses(db, [canary.address]).values()
            author = feedback.author_of(db, item)
            assert author is not None
            assert author.member_id == known.member.id

    def test_two_items_are_kept_in_no_order_and_their_days_are_all_that_is_known(self, desk: Desk) -> None:
        canary = self.begun(desk)
        first = code_in(canary.talks("XONG", "[Gửi đi]"))
        desk.now += timedelta(hours=1)
        second = code_in(self.begun(desk).talks("XONG", "[Gửi đi]"))
        with desk.rows() as db:
            one, other = db.get(Feedback, first), db.get(Feedback, second)
            assert one is not None
            assert other is not None
            assert one.day == other.day == date(2027, 3, 1)
            assert one.sent_at is other.sent_at is None
            alike = {"code", "mark", "author", "blind"}
            assert {key: value for key, value in one.model_dump().items() if key not in alike} == {
                key: value for key, value in other.model_dump().items() if key not in alike
            }
            if db.dialect == "sqlite":
                made = db.execute(text("SELECT sql FROM sqlite_master WHERE name LIKE 'feedback%' AND type = 'table'"))
                assert all("WITHOUT ROWID" in sql for (sql,) in made)


def test_nothing_written_lies_in_the_bytes_of_the_file_until_it_is_sent(sqlite_database: str) -> None:
    desk = Desk(sqlite_database)
    desk.furnish()
    canary = desk.member("canary", "telegram")
    start = ("/ykien", "[Vấn đề bức xúc]", "[Điều kiện làm việc]", "quang ngai", SCHOOL, "[Cán bộ đơn vị tôi]")
    canary.talks(*start, "[Gửi ẩn danh]", TEXT, "XONG")
    file = Path(sqlite_database.removeprefix("sqlite:///"))
    lying = [path for path in file.parent.iterdir() if path.name.startswith(file.name)]
    assert not any(TEXT.encode() in path.read_bytes() for path in lying)
    canary.presses("Gửi đi")
    assert any(TEXT.encode() in path.read_bytes() for path in lying)
    desk.database.close()


def test_the_day_is_the_finest_moment_there_is() -> None:
    assert is_no_finer_than_a_day(datetime(2027, 2, 28, 17, tzinfo=UTC))
    assert not is_no_finer_than_a_day(datetime(2027, 2, 28, 17, 0, 1, tzinfo=UTC))
