"""«Nhờ gọi lại»: offered where somebody can call, asked for with one number and one yes, and never let lie."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import select, update
from sqlmodel import SQLModel, col

from handlers.actors import CLOCK
from handlers.danger import callbacks
from messages.dates import ZONE
from storage import appointments, members
from storage.tables import Callback, Consent, Feedback, Member, Outbox, Role, Unit
from tests.desk import Desk, Visitor
from tests.people import TEMPLATE, officer
from tests.voices import ABOVE, SCHOOL, TOP, code_in

DESPAIR = "Em muốn chết"
PHONE, SHOWN = "0912345678", "0912 345 678"
FEEDBACK = ("/ykien", "[Vấn đề bức xúc]", "[Tiền lương]", "quang ngai", SCHOOL, "[Cán bộ đơn vị tôi]")
HIDDEN = (*FEEDBACK, "[Gửi ẩn danh]", "Tổ trưởng ép tăng ca.")


@pytest.fixture
def desk(database_url: str) -> Iterator[Desk]:
    desk = Desk(database_url)
    desk.furnish(TEMPLATE)
    yield desk
    desk.database.close()


def named(desk: Desk, unit: str, name: str, role: Role = Role.OFFICER) -> Visitor:
    """An officer who has told their name."""
    visitor = officer(desk, unit, role, name=name.rpartition(" ")[2])
    with desk.rows() as db:
        member_of(desk, visitor, db).name = name
    visitor.hears()
    return visitor


def member_of(desk: Desk, visitor: Visitor, db: object) -> Member:
    (known,) = members.by_addresses(db, [visitor.address]).values()  # type: ignore[arg-type]
    return known.member


def one_top(desk: Desk) -> None:
    """The tree has one top only."""
    with desk.rows() as db:
        others = col(Unit.parent_id).is_(None), col(Unit.code) != TOP
        db.execute(update(Unit).where(*others).values(valid_until=date(2020, 1, 1)))
        db.changing("unit")


def look(desk: Desk, *, hours: float) -> None:
    desk.now += timedelta(hours=hours)
    with desk.rows() as db:
        callbacks.look(db, desk.office, CLOCK, now=desk.now)


def waiting(desk: Desk) -> list[Callback]:
    with desk.rows() as db:
        return list(db.scalars(select(Callback)))


def ask(visitor: Visitor, *before: str) -> str:
    return visitor.talks(*before, DESPAIR, "[Nhờ gọi lại]", "[Đồng ý, nhờ gọi lại]", PHONE)


class TestWhoIsOffered:
    def test_nobody_without_a_name_a_role_or_a_way_to_them_and_then_the_contact_alone(self, desk: Desk) -> None:
        unnamed = officer(desk, SCHOOL)
        with desk.rows() as db:
            member_of(desk, unnamed, db).name = None
        an = desk.member("an")
        said = an.talks(*HIDDEN, DESPAIR)
        assert "Nhờ gọi lại" not in said
        assert desk.office.contact in said
        with desk.rows() as db:
            member_of(desk, unnamed, db).name = "Lê Thị Hạnh"
        assert "Lê Thị Hạnh (Công đoàn Trường THPT Đồi Sim)" in an.says(DESPAIR)
        with desk.rows() as db:
            members.unreachable(db, unnamed.address, desk.now)
        assert "Nhờ gọi lại" not in an.says(DESPAIR)

    def test_who_is_away_is_not_and_the_level_above_is(self, desk: Desk) -> None:
        hanh = named(desk, SCHOOL, "Lê Thị Hạnh")
        named(desk, ABOVE, "Phạm Văn Sơn")
        with desk.rows() as db:
            hanh_id = member_of(desk, hanh, db).id
            assert hanh_id is not None
            day = desk.now.astimezone(ZONE).date()
            appointments.note_absence(db, hanh_id, first=day, last=day, now=desk.now)
        said = desk.member("an").talks(*HIDDEN, DESPAIR)
        assert "Phạm Văn Sơn" in said
        assert "Hạnh" not in said

    def test_the_own_unit_or_the_level_above_is_for_the_person_to_choose(self, desk: Desk) -> None:
        hanh, son = named(desk, SCHOOL, "Lê Thị Hạnh"), named(desk, ABOVE, "Phạm Văn Sơn")
        an = desk.member("an")
        an.talks(*HIDDEN, DESPAIR, "[Nhờ gọi lại]")
        assert an.labels == ["Cán bộ đơn vị tôi", "Cán bộ cấp trên"]
        an.talks("[Cán bộ cấp trên]", "[Đồng ý, nhờ gọi lại]", PHONE)
        assert hanh.hears() == ""
        assert SHOWN in son.hears()
        look(desk, hours=2)
        assert hanh.hears() == "", "who was passed by hears of nothing, however long it takes"

    def test_a_stranger_only_where_there_is_one_top_with_somebody(self, desk: Desk) -> None:
        tuan = named(desk, TOP, "Võ Anh Tuấn", Role.STAFF)
        assert "Nhờ gọi lại" not in desk.person("a", "zalo_bot").says(DESPAIR)
        one_top(desk)
        la = desk.person("la", "zalo_bot")
        assert "Võ Anh Tuấn" in la.says(DESPAIR)
        assert "Anh/chị đồng ý chứ ạ?" in la.says("1")
        assert "số điện thoại" in la.says("1")
        assert "chưa nhận ra số" in la.says("tôi không nhớ")
        assert "được đề nghị gọi số 0912 345 678 trước 10h00" in la.says(PHONE)
        assert SHOWN in tuan.hears()
        with desk.rows() as db:
            assert {row.name for row in db.scalars(select(Member))} == {"Võ Anh Tuấn"}
        tuan.presses("Đã gọi")
        assert "Võ Anh Tuấn báo đã gọi" in la.hears()

    def test_a_stranger_may_change_their_mind_or_do_something_else(self, desk: Desk) -> None:
        named(desk, TOP, "Võ Anh Tuấn", Role.STAFF)
        one_top(desk)
        la = desk.person("la", "zalo_bot")
        la.talks(DESPAIR, "1")
        assert "không lưu gì và không báo cho ai" in la.says("2")
        la.talks(DESPAIR, "1")
        assert "Anh/chị có đồng ý không?" in la.says("/start")
        assert waiting(desk) == []


class TestTheCall:
    def test_the_officer_is_told_at_night_and_the_hour_is_one_of_work(self, desk: Desk) -> None:
        hanh = named(desk, SCHOOL, "Lê Thị Hạnh")
        desk.now = datetime(2027, 3, 5, 23, tzinfo=ZONE)  # a Friday
        said = ask(desk.member("an"), *HIDDEN)
        assert "trước 08h30 ngày 8/3" in said
        assert SHOWN in hanh.hears()

    def test_called_and_the_number_is_gone(self, desk: Desk) -> None:
        hanh = named(desk, SCHOOL, "Lê Thị Hạnh")
        an = desk.member("an")
        ask(an, *HIDDEN)
        assert len(waiting(desk)) == 1
        hanh.hears()
        assert "báo cho người nhờ gọi" in hanh.presses("Đã gọi")
        assert "Lê Thị Hạnh báo đã gọi" in an.hears()
        assert waiting(desk) == []
        assert "đã xong hoặc đã hết hạn" in hanh.presses("Đã gọi")

    def test_after_a_working_hour_it_climbs_once_then_to_staff_then_the_person_is_told_the_truth(
        self, desk: Desk
    ) -> None:
        hanh, son = named(desk, SCHOOL, "Lê Thị Hạnh"), named(desk, ABOVE, "Phạm Văn Sơn")
        tuan = named(desk, TOP, "Võ Anh Tuấn", Role.ADMIN)
        an = desk.member("an")
        an.talks(*HIDDEN, DESPAIR, "[Nhờ gọi lại]", "[Cán bộ đơn vị tôi]", "[Đồng ý, nhờ gọi lại]", PHONE)
        assert SHOWN in hanh.hears()
        look(desk, hours=0.9)
        assert son.hears() == ""
        look(desk, hours=0.2)
        assert SHOWN in son.hears()
        assert "chuyển lên Phạm Văn Sơn" in an.hears()
        look(desk, hours=1.1)
        assert SHOWN in tuan.hears()
        assert "chuyển lên Võ Anh Tuấn" in an.hears()
        look(desk, hours=5)
        assert "chưa có cán bộ nào báo đã gọi được" in an.hears()
        look(desk, hours=5)
        assert an.hears() == hanh.hears() == son.hears() == tuan.hears() == ""
        hanh.presses("Đã gọi")
        assert "Lê Thị Hạnh báo đã gọi" in an.hears()
        assert "không cần gọi nữa" in son.hears()

    def test_who_cannot_call_hands_it_on_at_once(self, desk: Desk) -> None:
        hanh, son = named(desk, SCHOOL, "Lê Thị Hạnh"), named(desk, ABOVE, "Phạm Văn Sơn")
        an = desk.member("an")
        an.talks(*HIDDEN, DESPAIR, "[Nhờ gọi lại]", "[Cán bộ đơn vị tôi]", "[Đồng ý, nhờ gọi lại]", PHONE)
        hanh.hears()
        hanh.presses("Không gọi được")
        assert SHOWN in son.hears()
        assert "chuyển lên Phạm Văn Sơn" in an.hears()

    def test_an_officer_who_was_not_asked_or_serves_no_more_answers_for_nothing(self, desk: Desk) -> None:
        hanh, son = named(desk, SCHOOL, "Lê Thị Hạnh"), named(desk, ABOVE, "Phạm Văn Sơn")
        an = desk.member("an")
        an.talks(*HIDDEN, DESPAIR, "[Nhờ gọi lại]", "[Cán bộ đơn vị tôi]", "[Đồng ý, nhờ gọi lại]", PHONE)
        hanh.hears()
        (row,) = waiting(desk)
        for other in (son, an):
            other.heard.append(hanh.heard[-1])
            assert "đã xong hoặc đã hết hạn" in other.presses("Đã gọi")
        with desk.rows() as db:
            held = appointments.in_subtree(db, row.unit_id, desk.now)
            appointments.end(db, [one.appointment.id for one in held if one.appointment.id], desk.now)
        assert "đã xong hoặc đã hết hạn" in hanh.presses("Đã gọi")
        assert len(waiting(desk)) == 1

    def test_one_at_a_time_and_no_number_for_longer_than_days(self, desk: Desk) -> None:
        named(desk, SCHOOL, "Lê Thị Hạnh")
        an = desk.member("an")
        ask(an, *HIDDEN)
        assert "đã nhờ gọi lại" in an.talks("Viết tiếp", DESPAIR, "[Nhờ gọi lại]")
        look(desk, hours=73)
        assert waiting(desk) == []


class TestWhatIsKept:
    def test_nothing_of_it_leads_to_the_person_or_to_what_they_write_without_a_name(self, desk: Desk) -> None:
        hanh = named(desk, SCHOOL, "Lê Thị Hạnh")
        an = desk.member("an", "telegram")
        said = an.talks(*HIDDEN, DESPAIR, "[Nhờ gọi lại]")
        assert "Công đoàn biết anh/chị là ai; điều anh/chị đang viết không được kèm theo" in said
        an.talks("[Đồng ý, nhờ gọi lại]", PHONE)
        pushed = hanh.hears()
        assert DESPAIR not in pushed
        assert "ép tăng ca" not in pushed
        code = code_in(an.talks("[Viết tiếp]", "XONG", "[Gửi đi]"))
        with desk.rows() as db:
            own = member_of(desk, an, db)
            assert own.phone is None
            item = db.get(Feedback, code)
            assert item is not None
            row = db.execute(select(SQLModel.metadata.tables["callback"])).mappings().one()
            values = [value.decode("latin-1") if isinstance(value, bytes) else str(value) for value in row.values()]
            assert not any(word in value for value in values for word in (PHONE[1:], an.address.chat, code, item.mark))
            assert row["blind"] != item.blind
            proof = db.scalars(select(Consent).where(col(Consent.purpose) == "callback")).one()
            assert proof.given_at.astimezone(ZONE).time() == datetime.min.time()
            assert proof.account is None
            assert proof.update_id is None

    @pytest.mark.parametrize("way", ["[Rút đồng ý]", "[Xóa dữ liệu]"])
    def test_the_number_goes_with_the_agreement(self, way: str, desk: Desk) -> None:
        hanh = named(desk, SCHOOL, "Lê Thị Hạnh")
        an = desk.member("an")
        ask(an, *HIDDEN)
        an.talks("/dulieu", way, "XÓA DỮ LIỆU" if "Xóa" in way else way)
        assert waiting(desk) == []
        with desk.rows() as db:
            for row in db.scalars(select(Outbox).where(col(Outbox.topic) == "callback")):
                assert row.body is None
        assert SHOWN not in hanh.hears()

    def test_the_copy_of_ones_data_tells_of_it(self, desk: Desk) -> None:
        named(desk, SCHOOL, "Lê Thị Hạnh")
        an = desk.member("an")
        ask(an, *HIDDEN)
        assert "Nhờ cán bộ gọi lại: đồng ý ngày 01/03/2027" in an.talks("/dulieu", "[Xem bản sao dữ liệu]")

    def test_whoever_withdrew_may_still_ask(self, desk: Desk) -> None:
        hanh = named(desk, SCHOOL, "Lê Thị Hạnh")
        an = desk.member("an", "zalo_bot")
        with desk.rows() as db:
            unit = db.scalars(select(Unit).where(col(Unit.code) == SCHOOL)).one()
            member_of(desk, an, db).unit_id = unit.id
        an.talks("/dulieu", "[Rút đồng ý]", "[Rút đồng ý]")
        assert "Lê Thị Hạnh" in an.says(DESPAIR)
        an.talks("1", "1")
        assert "được đề nghị gọi số" in an.says(PHONE)
        assert SHOWN in hanh.hears()
        with desk.rows() as db:
            assert member_of(desk, an, db).consent_version is None
