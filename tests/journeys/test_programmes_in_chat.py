"""Programmes in the chat: the list, being told of an opening, and an end that staff moves (F13)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from handlers import programmes
from handlers.actors import CLOCK, COMMAND_LINE
from handlers.duties import openings
from storage import programmes as stored
from storage.tables import Programme, Role
from tests.box import Box
from tests.desk import Desk, Visitor
from tests.people import NAME, TEMPLATE, TEXT, officer

RUN_BY, ABOVE = "GD51", "LDLD51"
PROGRAMME = "75 nghìn sáng kiến"


@pytest.fixture
def desk(database_url: str) -> Iterator[Desk]:
    desk = Desk(database_url)
    yield desk
    desk.database.close()


@pytest.fixture
def programme(desk: Desk) -> Programme:
    """Open from 19/2 to the end of 8/5/2027; today is 1/3."""
    (programme,) = desk.furnish(TEMPLATE, run_by=RUN_BY)
    return programme


@pytest.fixture
def staff(desk: Desk, programme: Programme) -> Visitor:
    staff = officer(desk, RUN_BY, Role.STAFF)
    staff.hears()
    return staff


async def test_staff_moves_an_end_and_who_has_a_draft_is_told_once(box: Box) -> None:
    programme = box.furnish(run_by=RUN_BY)
    later = programme.closes_at + timedelta(days=9)
    staff, an, binh = await box.officer("Mai", RUN_BY, Role.STAFF), box.person("An"), box.person("Bình")
    await an.talks("/start", "[Tôi đồng ý]", "/sangkien", NAME)
    await binh.talks("/start", "[Tôi đồng ý]")
    await staff.talks("/giahan", f"[{programme.name}]")
    assert "sẽ được báo" in await staff.says(f"{later:%d/%m/%Y}")
    assert "Người theo dõi đã được báo (1 người)." in await staff.presses("Đúng rồi")
    assert "được gia hạn đến" in await an.hears()
    assert await an.hears() == ""
    assert await binh.hears() == ""


class TestTheList:
    def test_shows_what_is_open_to_come_and_over(self, desk: Desk, programme: Programme) -> None:
        an = desk.member("an")
        assert f"Đang mở:\n• {PROGRAMME}" in an.says("/chuongtrinh")
        assert an.labels == ["💡 Gửi sáng kiến"]
        desk.now = programme.closes_at
        assert f"Đã kết thúc:\n• {PROGRAMME}" in an.says("/chuongtrinh")
        assert an.labels == ["Báo cho tôi"]
        desk.now = programme.opens_at - timedelta(days=2)
        assert f"Sắp mở:\n• {PROGRAMME}" in an.says("/chuongtrinh")

    def test_without_any_it_says_so(self, desk: Desk) -> None:
        an = desk.member("an")
        assert "Hiện chưa có chương trình nào" in an.says("/chuongtrinh")
        assert an.labels == ["Báo cho tôi"]

    def test_who_asked_is_told_once_when_one_opens(self, desk: Desk, programme: Programme) -> None:
        desk.now = programme.opens_at - timedelta(days=2)
        an, binh = desk.member("an"), desk.member("binh")
        assert "sẽ nhắn anh/chị" in an.talks("/chuongtrinh", "[Báo cho tôi]")
        tell(desk)
        assert an.hears() == ""
        desk.now = programme.opens_at
        tell(desk)
        assert "đã mở nhận sáng kiến" in an.hears()
        tell(desk)
        assert an.hears() + binh.hears() == ""
        assert "Bước 1/10" in an.says("gui sang kien")


def tell(desk: Desk) -> None:
    """The clock looks."""
    with desk.rows() as db:
        openings.announce(db, desk.office, CLOCK, now=desk.now)


class TestExtending:
    @pytest.mark.parametrize(
        ("typed", "shown"),
        [
            ("20/5", "24h00 ngày 20/5/2027"),
            ("20-5-2027", "24h00 ngày 20/5/2027"),
            ("20.5.27", "24h00 ngày 20/5/2027"),
            ("24h ngày 20/5", "24h00 ngày 20/5/2027"),
            ("hết ngày 20/5", "24h00 ngày 20/5/2027"),
            ("trước 20/5", "24h00 ngày 19/5/2027"),
            ("17h30 ngày 20/5", "17h30 ngày 20/5/2027"),
            ("20 tháng 5", "24h00 ngày 20/5/2027"),
        ],
    )
    def test_a_date_is_read_as_offices_write_it_and_repeated_before_it_counts(
        self, desk: Desk, staff: Visitor, programme: Programme, typed: str, shown: str
    ) -> None:
        asked = staff.talks("/giahan", "1", typed)
        assert shown in asked
        assert "24h00 ngày 8/5/2027" in desk.member("an").says("/chuongtrinh")
        staff.presses("Đúng rồi")
        assert shown in desk.member("binh").says("/chuongtrinh")

    @pytest.mark.parametrize("typed", ["1/5", "8/5/2027", "1/1/2027", "mai", "32/5", "", "2 tuần nữa"])
    def test_an_earlier_end_and_what_is_no_date_are_refused_with_words(self, staff: Visitor, typed: str) -> None:
        staff.talks("/giahan", "1")
        assert "chưa đọc được ngày" in staff.says(typed or " ")
        assert "Gia hạn chương trình" in staff.says("20/5")

    def test_it_can_be_put_right_before_it_counts(self, staff: Visitor) -> None:
        staff.talks("/giahan", "1", "20/5")
        assert "nhập ngày đóng mới" in staff.presses("Sửa lại")
        assert "24h00 ngày 22/5/2027" in staff.says("22/5")

    def test_two_staff_at_once_cannot_shorten_what_the_other_gave(self, desk: Desk, staff: Visitor) -> None:
        other = officer(desk, ABOVE, Role.STAFF, name="lan")
        staff.talks("/giahan", "1", "20/5")
        other.talks("/giahan", "1", "30/5", "[Đúng rồi]")
        staff.presses("Đúng rồi")
        assert "24h00 ngày 30/5/2027" in staff.says("/chuongtrinh")

    def test_each_new_end_is_told_once_to_drafts_and_to_watchers(
        self, desk: Desk, staff: Visitor, programme: Programme
    ) -> None:
        drafting, watching, idle = (desk.member(name) for name in ("an", "binh", "chi"))
        drafting.talks("/sangkien", NAME)
        desk.now = programme.closes_at
        watching.talks("/chuongtrinh", "[Báo cho tôi]")
        assert "Sẽ báo người theo dõi lúc 07:00, Chủ Nhật 09/05/2027: 2 người." in staff.talks(
            "/giahan", "1", "20/5", "[Đúng rồi]"
        )
        for visitor in (drafting, watching):
            assert "được gia hạn đến 24h00 ngày 20/5/2027" in visitor.hears()
        assert "07:00, Chủ Nhật 09/05/2027: 1 người." in staff.talks("/giahan", "1", "25/5", "[Đúng rồi]")
        assert "24h00 ngày 25/5/2027" in drafting.hears()
        assert watching.hears() == ""
        assert idle.hears() == ""

    def test_a_programme_that_was_over_takes_initiatives_again_and_the_draft_goes_on(
        self, desk: Desk, staff: Visitor, programme: Programme
    ) -> None:
        an = desk.member("an")
        person = (NAME, "0912 345 678", "quang ngai", "gd51-01", "2")
        questions = ("[Thủ trưởng đơn vị]", "[Trong thời gian này]", "[Chưa]", "[Không]")
        desk.now = programme.closes_at - timedelta(hours=1)
        an.talks("/sangkien", *person, *questions, TEXT, "XONG")
        desk.now = programme.closes_at
        assert "đã kết thúc nhận sáng kiến" in an.presses("Gửi đi")
        staff.talks("/giahan", "1", "20/5", "[Đúng rồi]")
        assert "được gia hạn" in an.hears()
        assert TEXT in an.talks("[💡 Gửi sáng kiến]", "[Tiếp tục]")
        assert "Mã hồ sơ: SK-27-" in an.presses("Gửi đi")

    def test_it_is_for_staff_only(self, desk: Desk, programme: Programme) -> None:
        for visitor in (desk.member("an"), officer(desk, "GD51-01")):
            assert "gia hạn" not in visitor.says("/giahan")
            visitor.says("/chuongtrinh")
            assert "Gia hạn" not in visitor.labels

    @pytest.mark.parametrize(("run_by", "unit"), [(RUN_BY, "GD51-01"), (None, RUN_BY), (None, ABOVE)])
    def test_the_end_of_a_programme_is_not_moved_from_below_it(self, desk: Desk, run_by: str | None, unit: str) -> None:
        """One for everybody belongs to nobody of a tree with several tops."""
        (programme,) = desk.furnish(TEMPLATE, run_by=run_by)
        admin = officer(desk, unit, Role.ADMIN)
        assert "không có chương trình nào thuộc quyền gia hạn của đồng chí" in admin.says("/giahan")
        admin.talks("/menu", "/chuongtrinh")
        assert "Gia hạn" not in " ".join(admin.labels)
        with desk.rows() as db:
            day = desk.now.date() - timedelta(days=1)
            own = programmes.load(db, COMMAND_LINE, TEMPLATE, day, run_by=unit, now=desk.now).name
        assert "nhập ngày đóng mới" in admin.talks("/giahan", f"[{own}]")
        with desk.rows() as db:
            kept = stored.by_code(db, programme.code)
            assert kept is not None
            assert kept.closes_at == programme.closes_at
