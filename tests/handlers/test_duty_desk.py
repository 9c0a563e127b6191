"""What an officer may press about a duty, and what nobody else may."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import select, update
from sqlmodel import col

from handlers.actors import CLOCK, COMMAND_LINE
from handlers.duties import acts as duties
from handlers.duties import rounds as duty_rounds
from messages.types import Pressed
from storage.tables import Appointment, Duty, Programme, Role
from tests.desk import Desk, Visitor
from tests.people import TEMPLATE, officer

SCHOOL, OTHER_SCHOOL, ABOVE = "GD51-01", "GD51-02", "GD51"
TITLE = "Chọn sáng kiến xuất sắc, tiêu biểu gửi Công đoàn cấp trên"
LATE_BELOW = re.compile(rf"• {TITLE} .*: (?P<late>\d+)/(?P<all>\d+) đơn vị chưa xong")


@pytest.fixture
def desk(database_url: str) -> Iterator[Desk]:
    """Monday 1/3/2027, 09:00: choosing ends on Saturday 6/3."""
    desk = Desk(database_url)
    desk.furnish(TEMPLATE, opened=66)
    yield desk
    desk.database.close()


def tick(desk: Desk) -> None:
    with desk.rows() as db:
        duty_rounds.enqueue_due(db, desk.office, CLOCK, now=desk.now)


def reminded(desk: Desk, unit: str = SCHOOL, role: Role = Role.OFFICER, name: str = "hanh") -> Visitor:
    """An officer with a reminder before them."""
    visitor = officer(desk, unit, role, name=name)
    tick(desk)
    assert "Nhắc hạn" in visitor.hears()
    return visitor


def test_the_list_has_the_most_urgent_first_and_leaves_out_what_is_done(desk: Desk) -> None:
    hanh = reminded(desk)
    shown = hanh.says("/nhiemvu")
    assert f"1. {TITLE} – Công đoàn Trường THPT Đồi Sim: trước ngày 7/3 (hết ngày 6/3), còn 5 ngày" in shown
    assert "2. Cập nhật xong sáng kiến" in shown
    assert hanh.labels == ["Việc 1", "Việc 2"]
    hanh.talks("[Việc 1]", "[Đã hoàn thành]")
    assert "1. Cập nhật xong sáng kiến" in hanh.says("nhiệm vụ")
    hanh.talks("[Việc 1]", "[Đã hoàn thành]")
    assert "không còn việc nào" in hanh.says("/nhiemvu")


def test_the_menu_of_an_officer_leads_there(desk: Desk) -> None:
    hanh = officer(desk, SCHOOL)
    hanh.says("menu")
    assert f"1. {TITLE}" in hanh.presses("⏰ Nhiệm vụ")


@pytest.mark.parametrize("typed", ["XONG 1.3", "xong 1 3", "“Xong 1.3”", "đã hoàn thành", "Da hoan thanh"])
def test_done_by_word(desk: Desk, typed: str) -> None:
    hanh = reminded(desk)
    assert "Đã ghi nhận Công đoàn Trường THPT Đồi Sim hoàn thành" in hanh.says(typed)
    desk.now += timedelta(days=3)
    tick(desk)
    assert TITLE not in hanh.hears()


def test_whoever_presses_again_is_told_when_it_was_done(desk: Desk) -> None:
    hanh = reminded(desk)
    done = hanh.button("Đã hoàn thành")
    first = hanh.sends(Pressed(done))
    desk.now += timedelta(days=1)
    assert hanh.sends(Pressed(done)) == first
    assert "nhắc lại" not in hanh.sends(Pressed(done.replace("duty_done", "snooze")))


@pytest.mark.parametrize("label", ["Đã hoàn thành", "Nhắc lại sau"])
def test_a_button_from_before_the_date_was_moved_shows_the_new_one_first(desk: Desk, label: str) -> None:
    hanh = reminded(desk)
    old = hanh.button(label)
    with desk.rows() as db:
        duty = db.scalars(select(Duty).where(col(Duty.title) == TITLE)).one()
        programme = db.get_one(Programme, duty.programme_id)
        later = duty.due_at + timedelta(days=4)
        duties.move(db, COMMAND_LINE, programme.code, duty.key, later, now=desk.now)
    shown = hanh.sends(Pressed(old))
    assert "chưa được ghi nhận" in shown
    assert "trước ngày 11/3" in shown
    assert TITLE in hanh.says("/nhiemvu")
    assert "chưa được ghi nhận" not in hanh.sends(Pressed(hanh.button(label)))


def test_a_button_that_says_no_revision_is_taken_as_it_stands(desk: Desk) -> None:
    hanh = reminded(desk)
    where, _, key = hanh.button("Đã hoàn thành").partition(":")
    assert "Đã ghi nhận" in hanh.sends(Pressed(f"{where.rpartition('.')[0]}:{key}"))


def test_to_be_reminded_again_names_the_moment_and_keeps_it(desk: Desk) -> None:
    hanh = reminded(desk)
    assert "08:00, Thứ Ba 02/03/2027" in hanh.says("nhắc lại sau")
    desk.now += timedelta(days=1)
    tick(desk)
    assert "còn 4 ngày" in hanh.hears()


def test_an_officer_who_was_replaced_and_one_of_another_school_can_press_nothing(desk: Desk) -> None:
    hanh = reminded(desk)
    done = hanh.button("Đã hoàn thành")
    binh = officer(desk, OTHER_SCHOOL, name="binh")
    assert "không thuộc đơn vị" in binh.sends(Pressed(done))
    with desk.rows() as db:
        school = col(Appointment.id) == 1
        db.execute(update(Appointment).where(school).values(until=desk.now))
    assert "không thuộc đơn vị" in hanh.sends(Pressed(done))


@pytest.mark.parametrize(
    "forged", ["duty@99.1:duty_done", "duty@1.99:duty_done", "duty@x.y:snooze", "duties:1", "duty@:"]
)
def test_a_forged_button_opens_nothing(desk: Desk, forged: str) -> None:
    assert "không thuộc đơn vị" in officer(desk, SCHOOL).sends(Pressed(forged))


def test_a_duty_of_another_level_is_not_the_units_to_report(desk: Desk) -> None:
    desk.now += timedelta(days=2)
    above = reminded(desk, ABOVE, Role.STAFF, name="minh")
    assert "không thuộc đơn vị" in above.sends(Pressed(above.button("Đã hoàn thành").replace("@2.", "@1.")))


def test_the_level_above_sees_how_many_units_below_are_late_and_the_unit_its_own(desk: Desk) -> None:
    hanh, minh = officer(desk, SCHOOL), officer(desk, ABOVE, name="minh")
    assert "Các đơn vị trực thuộc" not in minh.says("/nhiemvu")
    desk.now += timedelta(days=8)
    before = LATE_BELOW.search(minh.says("/nhiemvu"))
    assert before is not None
    assert before["late"] == before["all"]
    hanh.says("/nhiemvu")
    assert "quá hạn" in hanh.talks("[Việc 1]")
    hanh.presses("Đã hoàn thành")
    after = LATE_BELOW.search(minh.says("/nhiemvu"))
    assert after is not None
    assert (int(after["late"]), after["all"]) == (int(before["late"]) - 1, before["all"])
    assert "Các đơn vị trực thuộc" not in hanh.says("/nhiemvu")
