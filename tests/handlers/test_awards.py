"""Files of those proposed for an award: papers come as pictures and files, what is missing or late is told (F14)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select

from bot.attachments import Fetching
from bot.channels import Later, Pace, Refused
from bot.writer import Writer
from handlers import mornings, programmes
from handlers.actors import CLOCK, COMMAND_LINE
from handlers.awards import records as awards
from handlers.files import files as handed
from handlers.files.files import MOST_BYTES
from messages import awards as kinds
from messages.types import Attached, Medium, Outbound, Pressed
from storage import addressees, attachments, duties, files
from storage import awards as stored
from storage.tables import Attachment, AwardFile, Duty, Outbox, Role, StoredFile
from tests.desk import Desk, Visitor
from tests.people import officer
from tests.voices import ABOVE, OTHER_SCHOOL, SCHOOL

PDF, PHOTO = b"%PDF-1.7 ...", b"\xff\xd8\xff picture"
NOMINEE = "Tủ sách học sinh tự quản"


@pytest.fixture
def desk(database_url: str) -> Iterator[Desk]:
    desk = Desk(database_url)
    desk.furnish()
    yield desk
    desk.database.close()


@dataclass
class Carrier:
    """A channel that hands out what the test put in, or fails as told."""

    account: str = "telegram"
    pace: Pace = field(default_factory=lambda: Pace(None))
    kept: bool = False
    files: dict[str, bytes | Exception] = field(default_factory=dict)

    async def send(self, chat: str, message: Outbound) -> str:
        raise AssertionError(f"files are fetched here, but {chat} was sent {message}")

    async def ping(self) -> None:
        raise AssertionError("nothing was sent")

    async def download(self, key: str, most: int) -> bytes:
        assert most == MOST_BYTES
        found = self.files[key]
        if isinstance(found, Exception):
            raise found
        return found


async def fetch(desk: Desk, carrier: Carrier) -> int:
    """The process looks once for what is to be fetched."""
    writer = Writer(desk.database)
    writer.open()
    try:
        return await Fetching(writer, desk.office, [carrier]).look()
    finally:
        await writer.close()


def proposed(hanh: Visitor) -> str:
    """A new file for a model; its code."""
    card = hanh.talks("/khenthuong", "[Lập hồ sơ mới]", "[Mô hình Chỉ thị 05]", NOMINEE)
    return card.partition("Hồ sơ ")[2].split()[0]


def sends(visitor: Visitor, key: str, *, name: str = "", size: int | None = 10) -> str:
    medium = Medium.FILE if name else Medium.PHOTO
    return visitor.sends(Attached(medium, key, name, size))


def the(desk: Desk, code: str) -> AwardFile:
    with desk.rows() as db:
        file = stored.by_code(db, code)
        assert file is not None
        return file


async def test_papers_come_one_by_one_and_the_level_above_sees_who_lacks_what(desk: Desk) -> None:
    hanh, staff = officer(desk, SCHOOL), officer(desk, ABOVE, Role.STAFF, name="staff")
    staff.hears()
    code = proposed(hanh)
    card = hanh.heard[-1].text
    assert f"Đề nghị: {NOMINEE}" in card
    assert card.count("còn thiếu") == 3
    asked = hanh.presses("Tờ trình")
    assert "“Tờ trình của Ban Thường vụ hoặc Ban Chấp hành (mẫu số 1)”" in asked
    assert "Công đoàn đang nhận tệp" in sends(hanh, "one", name="to trinh.pdf")
    assert "Công đoàn đang nhận tệp" in sends(hanh, "two")
    assert await fetch(desk, Carrier(files={"one": PDF, "two": PHOTO})) == 2
    assert hanh.hears().count(f"Đã lưu tệp: {code} – Tờ trình") == 2
    assert "mẫu số 1): đã có 2 tệp" in hanh.presses("Đã gửi đủ")
    assert "thiếu 2 giấy tờ" in staff.says("/khenthuong")
    hanh.talks("/khenthuong", f"[{code}]", "[Gửi hồ sơ]")
    assert "• Tóm tắt kết quả thực hiện mô hình" in hanh.heard[-1].text
    assert "còn thiếu 2 giấy tờ" in hanh.presses("Vẫn gửi")
    pushed = staff.hears()
    assert f"gửi hồ sơ {code} (Mô hình thực hiện Chỉ thị 05), còn thiếu 2 giấy tờ" in pushed
    assert NOMINEE not in pushed
    assert f"Đề nghị: {NOMINEE}" in staff.presses("Mở hồ sơ")


async def test_what_is_no_picture_and_no_document_is_refused_and_nothing_is_kept(desk: Desk) -> None:
    hanh = officer(desk, SCHOOL)
    proposed(hanh)
    hanh.presses("Tờ trình")
    sends(hanh, "program", name="to-trinh.pdf")
    await fetch(desk, Carrier(files={"program": b"MZ\x90\x00 this is a program"}))
    assert "Công đoàn chỉ nhận ảnh, PDF, Word, Excel" in hanh.hears()
    assert "Mỗi tệp tối đa 10 MB" in sends(hanh, "big", size=MOST_BYTES + 1)
    sends(hanh, "liar")
    await fetch(desk, Carrier(files={"liar": b"%PDF-" + bytes(MOST_BYTES)}))
    assert "Mỗi tệp tối đa 10 MB" in hanh.hears()
    with desk.rows() as db:
        assert db.scalars(select(StoredFile)).all() == []
        assert db.scalars(select(Attachment)).all() == []


async def test_a_fetch_that_fails_for_now_is_tried_again_and_one_for_good_is_told(desk: Desk) -> None:
    hanh = officer(desk, SCHOOL)
    proposed(hanh)
    hanh.presses("Tờ trình")
    sends(hanh, "one")
    assert await fetch(desk, Carrier(files={"one": Later("unreachable")})) == 1
    assert await fetch(desk, Carrier(files={"one": PHOTO})) == 0
    assert hanh.hears() == ""
    with desk.rows() as db:
        waiting = db.scalars(select(Attachment)).one()
        assert waiting.attempts == 1
        waiting.retry_at -= timedelta(minutes=1)
    await fetch(desk, Carrier(files={"one": PHOTO}))
    assert "Đã lưu tệp" in hanh.hears()
    sends(hanh, "two")
    await fetch(desk, Carrier(files={"two": Refused("too_big")}))
    assert "Chưa lấy được tệp từ cuộc trò chuyện" in hanh.hears()


def test_another_process_fetches_nothing_twice(desk: Desk) -> None:
    hanh = officer(desk, SCHOOL)
    proposed(hanh)
    hanh.presses("Tờ trình")
    sends(hanh, "one")
    with desk.rows() as db:
        assert [each.key for each in attachments.claim(db, ["telegram"], 4)] == ["one"]
    with desk.rows() as db:
        assert attachments.claim(db, ["telegram"], 4) == []
        assert attachments.claim(db, ["telegram"], 4) == []


def test_a_file_where_none_was_asked_for_is_words_only(desk: Desk) -> None:
    hanh = officer(desk, SCHOOL)
    assert "chỉ nhận được chữ" in sends(hanh, "one", name="to trinh.pdf")
    hanh.talks("/khenthuong", "[Lập hồ sơ mới]")
    assert "chỉ nhận được chữ" in sends(hanh, "one")
    with desk.rows() as db:
        assert db.scalars(select(Attachment)).all() == []


def test_what_comes_late_is_taken_and_flagged_and_the_duty_is_done(desk: Desk) -> None:
    with desk.rows() as db:
        opens = (desk.now - timedelta(days=10)).date()
        programme = programmes.load(db, COMMAND_LINE, "chi-thi-05", opens, now=desk.now)
        duty = db.scalars(select(Duty).where(Duty.programme_id == programme.id, Duty.key == "file")).one()
        due, duty_id = duty.due_at, duty.id or 0
    hanh, staff = officer(desk, SCHOOL), officer(desk, ABOVE, Role.STAFF, name="staff")
    in_time, late = proposed(hanh), proposed(hanh)
    staff.hears()
    desk.now = due - timedelta(minutes=1)
    assert "không được xét" not in hanh.talks("/khenthuong", f"[{in_time}]", "[Gửi hồ sơ]", "[Vẫn gửi]")
    with desk.rows() as db:
        mark = duties.done(db, duty_id, the(desk, in_time).unit_id)
        assert mark is not None
        assert mark.at == desk.now
    desk.now = due
    assert "vẫn được nhận nhưng không được xét" in hanh.talks("/khenthuong", f"[{late}]")
    assert "gửi quá hạn nên không được xét" in hanh.talks("[Gửi hồ sơ]", "[Vẫn gửi]")
    assert staff.hears() == ""  # at midnight; it waits for the morning
    desk.now += timedelta(hours=8)
    with desk.rows() as db:
        mornings.tell(db, desk.office, CLOCK, now=desk.now)
    assert "2 hồ sơ khen thưởng: " in staff.hears()
    assert f"Hồ sơ {late}" in staff.says(late.lower())
    desk.now += timedelta(days=30)
    listed = staff.says("/khenthuong")
    assert (
        f"• {late} – Mô hình Chỉ thị 05 – {NOMINEE} – Công đoàn Trường THPT Đồi Sim: đã gửi, thiếu 3 giấy tờ, quá hạn"
        in (listed)
    )
    assert f"{NOMINEE} – Công đoàn Trường THPT Đồi Sim: đã gửi, thiếu 3 giấy tờ\n" in listed + "\n"


def test_no_other_unit_sees_or_touches_a_file(desk: Desk) -> None:
    hanh, binh = officer(desk, SCHOOL), officer(desk, OTHER_SCHOOL, name="binh")
    code = proposed(hanh)
    assert code not in binh.says("/khenthuong")
    for forged in (f"award@{code}:open", f"award@{code}.1:send", f"award@{code}.1:withdraw_sure", f"awards:{code}"):
        assert "không thuộc đơn vị" in binh.sends(Pressed(forged))
    assert the(desk, code).state == "open"
    assert "Mục này dành cho cán bộ" in desk.member("an").says("/khenthuong")


def test_a_file_is_given_up_only_when_sure_and_its_papers_go(desk: Desk) -> None:
    hanh = officer(desk, SCHOOL)
    code = proposed(hanh)
    with desk.rows() as db:
        handed.store(
            db,
            desk.office,
            purpose="award",
            subject=f"{code}.proposal",
            member_id=None,
            upload=handed.Upload("a.pdf", PDF),
            now=desk.now,
        )
    assert "không khôi phục được" in hanh.talks("/khenthuong", f"[{code}]", "[Bỏ hồ sơ]")
    old = hanh.button("Bỏ hồ sơ")
    hanh.presses("Bỏ hồ sơ")
    assert (the(desk, code).state, the(desk, code).nominee) == ("withdrawn", "")
    assert "đã thay đổi" in hanh.sends(Pressed(old))
    with desk.rows() as db:
        assert files.of_subject(db, "award", f"{code}.proposal") == []


def keep_paper(desk: Desk, code: str) -> None:
    with desk.rows() as db:
        upload = handed.Upload("a.pdf", PDF)
        subject = f"{code}.proposal"
        handed.store(db, desk.office, purpose="award", subject=subject, member_id=None, upload=upload, now=desk.now)


def papers_of(desk: Desk, code: str) -> int:
    with desk.rows() as db:
        return len(files.of_subject(db, "award", f"{code}.proposal"))


def owed_file(desk: Desk) -> Duty:
    """The duty that an award file does, ten days after its programme has opened."""
    with desk.rows() as db:
        opens = (desk.now - timedelta(days=10)).date()
        programme = programmes.load(db, COMMAND_LINE, "chi-thi-05", opens, now=desk.now)
        return db.scalars(select(Duty).where(Duty.programme_id == programme.id, Duty.key == "file")).one()


def owes(desk: Desk, duty: Duty, code: str) -> bool:
    """Whether the unit of a file is reminded of the duty."""
    unit_id = the(desk, code).unit_id
    with desk.rows() as db:
        matter = duties.matter(db, duty.id or 0, today=date(2027, 3, 2), now=desk.now)
        assert matter is not None
        reminded = {one.unit_id for one in addressees.everybody(db, matter)}
        assert (unit_id in reminded) == (duties.done(db, duty.id or 0, unit_id) is None)
        return unit_id in reminded


class TestTakingBack:
    def test_is_the_unit_s_own_keeps_the_papers_opens_the_duty_and_tells_the_level_above(self, desk: Desk) -> None:
        duty = owed_file(desk)
        hanh, staff = officer(desk, SCHOOL), officer(desk, ABOVE, Role.STAFF, name="staff")
        code = proposed(hanh)
        keep_paper(desk, code)
        assert owes(desk, duty, code)
        hanh.talks("/khenthuong", f"[{code}]", "[Gửi hồ sơ]", "[Vẫn gửi]")
        assert not owes(desk, duty, code)
        staff.hears()
        asked = hanh.talks("/khenthuong", f"[{code}]", "[Rút hồ sơ]")
        for consequence in ("cấp trên được báo", "tiếp tục được nhắc", "Giấy tờ vẫn còn", "Hạn gửi:"):
            assert consequence in asked
        assert not owes(desk, duty, code)
        assert "đã được báo" in hanh.presses("Rút hồ sơ")
        assert (the(desk, code).state, the(desk, code).sent_at) == ("open", None)
        assert the(desk, code).nominee == NOMINEE
        assert papers_of(desk, code) == 1
        assert owes(desk, duty, code)
        told = staff.hears()
        assert f"đã rút hồ sơ {code}" in told
        assert NOMINEE not in told
        hanh.talks("[Gửi hồ sơ]", "[Vẫn gửi]")
        assert f"gửi hồ sơ {code}" in staff.hears()
        assert not owes(desk, duty, code)

    def test_another_file_goes_on_doing_the_duty(self, desk: Desk) -> None:
        duty = owed_file(desk)
        hanh = officer(desk, SCHOOL)
        first, second = proposed(hanh), proposed(hanh)
        for code in (first, second):
            hanh.talks("/khenthuong", f"[{code}]", "[Gửi hồ sơ]", "[Vẫn gửi]")
            desk.now += timedelta(minutes=1)
        hanh.talks("/khenthuong", f"[{first}]", "[Rút hồ sơ]", "[Rút hồ sơ]")
        assert not owes(desk, duty, first)
        hanh.talks("/khenthuong", f"[{second}]", "[Rút hồ sơ]", "[Rút hồ sơ]")
        assert owes(desk, duty, first)

    def test_what_was_marked_as_done_by_hand_stays_done(self, desk: Desk) -> None:
        duty = owed_file(desk)
        hanh = officer(desk, SCHOOL)
        code = proposed(hanh)
        hanh.sends(Pressed(f"duty@{duty.id}.{the(desk, code).unit_id}:duty_done"))
        assert not owes(desk, duty, code)
        desk.now += timedelta(minutes=1)
        hanh.talks("/khenthuong", f"[{code}]", "[Gửi hồ sơ]", "[Vẫn gửi]")
        hanh.talks("/khenthuong", f"[{code}]", "[Rút hồ sơ]", "[Rút hồ sơ]")
        assert not owes(desk, duty, code)

    def test_in_the_night_it_came_in_nobody_hears_of_it(self, desk: Desk) -> None:
        hanh, staff = officer(desk, SCHOOL), officer(desk, ABOVE, Role.STAFF, name="staff")
        code = proposed(hanh)
        staff.hears()
        desk.now += timedelta(hours=14)
        hanh.talks("[Gửi hồ sơ]", "[Vẫn gửi]", code, "[Rút hồ sơ]", "[Rút hồ sơ]")
        desk.now += timedelta(hours=10)
        with desk.rows() as db:
            mornings.tell(db, desk.office, CLOCK, now=desk.now)
        assert staff.hears() == ""


class TestWhoseFile:
    ACTS = ("add.proposal", "clear.proposal", "send", "send_anyway", "withdraw", "withdraw_sure", "discard_sure")

    @pytest.mark.parametrize("sent", [False, True])
    def test_the_level_above_reads_it_and_changes_nothing(self, desk: Desk, *, sent: bool) -> None:
        hanh, staff = officer(desk, SCHOOL), officer(desk, ABOVE, Role.STAFF, name="staff")
        code = proposed(hanh)
        keep_paper(desk, code)
        if sent:
            hanh.talks("/khenthuong", f"[{code}]", "[Gửi hồ sơ]", "[Vẫn gửi]")
        staff.hears()
        assert f"Đề nghị: {NOMINEE}" in staff.says(code)
        assert staff.labels == ["Tờ trình", "Danh sách hồ sơ"]
        before = the(desk, code)
        staff.presses("Tờ trình")
        assert staff.labels == ["Xem giấy tờ", "Mở hồ sơ"]
        hanh.hears()
        for act in self.ACTS:
            refused = staff.sends(Pressed(f"award@{code}.{before.revision}:{act}"))
            assert "chỉ đơn vị ấy sửa, gửi hoặc rút được" in refused, act
        after = the(desk, code)
        assert (after.state, after.sent_at, after.revision) == (before.state, before.sent_at, before.revision)
        assert papers_of(desk, code) == 1
        assert hanh.hears() == ""

    def test_a_unit_that_nobody_serves_is_served_by_the_nearest_desk(self, desk: Desk) -> None:
        hanh, staff = officer(desk, SCHOOL), officer(desk, ABOVE, Role.STAFF, name="staff")
        code = proposed(hanh)
        hanh.talks("/dulieu", "[Xóa dữ liệu]", "XÓA DỮ LIỆU")
        staff.says(code)
        assert {"Gửi hồ sơ", "Bỏ hồ sơ"} <= set(staff.labels)


def test_a_paper_may_be_taken_out_and_handed_in_through_a_page(desk: Desk) -> None:
    hanh = officer(desk, SCHOOL)
    code = proposed(hanh)
    with desk.rows() as db:
        handed.store(
            db,
            desk.office,
            purpose="award",
            subject=f"{code}.summary",
            member_id=None,
            upload=handed.Upload("tóm tắt.pdf", PDF),
            now=desk.now,
        )
    hanh.talks("/khenthuong", f"[{code}]")
    assert "• tóm tắt.pdf" in hanh.presses("Tóm tắt kết quả")
    assert hanh.labels == ["Xem giấy tờ", "Thêm tệp", "Bỏ giấy tờ này", "Mở hồ sơ"]
    assert "• tóm tắt.pdf" in hanh.presses("Bỏ giấy tờ này")
    assert hanh.presses("Đồng ý bỏ").count("còn thiếu") == 3


def test_a_push_is_promised_once_and_names_nobody_in_its_key(desk: Desk) -> None:
    hanh, staff = officer(desk, SCHOOL), officer(desk, ABOVE, Role.STAFF, name="staff")
    staff.hears()
    proposed(hanh)
    send = hanh.button("Gửi hồ sơ")
    hanh.talks("[Gửi hồ sơ]", "[Vẫn gửi]")
    hanh.sends(Pressed(send))
    with desk.rows() as db:
        told = [row for row in db.scalars(select(Outbox)) if row.once and row.once.startswith("award:")]
        assert len(told) == 1
        assert NOMINEE not in (told[0].once or "")


def test_every_kind_has_three_papers_and_its_buttons_fit() -> None:
    for award in kinds.load().values():
        assert len(award.papers) == 3
        assert all(len(each.short) <= 24 for each in (award, *award.papers))
        assert len({paper.key for paper in award.papers}) == 3


def test_the_moment_a_file_was_sent_decides_not_the_moment_one_looks(desk: Desk) -> None:
    file = AwardFile(
        code="HS-27-AAAAA", kind="model", unit_id=1, nominee=NOMINEE, state="sent", made_at=desk.now, sent_at=desk.now
    )
    with desk.rows() as db:
        assert not awards.standing(db, file, datetime(2028, 1, 1, tzinfo=UTC)).late
