"""Staff are told how many officers a reminder reaches now, why not the others, and who these are."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from datetime import timedelta

import pytest

from handlers.reaching.reach import Terms
from messages.types import Left
from storage.tables import Role
from tests.desk import Desk
from tests.people import invite

DAY = timedelta(days=1)


@pytest.fixture
def desk(database_url: str) -> Iterator[Desk]:
    desk = Desk(database_url)
    desk.furnish()
    desk.office = dataclasses.replace(desk.office, terms={"zalo_oa": Terms(window=7 * DAY, free=7 * DAY)})
    yield desk
    desk.database.close()


def test_beside_the_duties_staff_see_whom_a_reminder_reaches_and_why_not_the_others(desk: Desk) -> None:
    staff = desk.member("Minh", "telegram")
    staff.talks(f"/lienket {invite(desk, 'GD51', Role.STAFF)}", "Trần Minh")
    officers = [desk.member(f"cb{number}", "zalo_oa") for number in range(3)]
    for number, person in enumerate(officers, 1):
        person.talks(f"/lienket {invite(desk, f'GD51-0{number}', Role.OFFICER)}", f"Lê Văn Bình{'a' * number}")
    assert "Tin nhắc việc tới được" not in staff.says("/nhiemvu"), "everybody can be reached"
    desk.now += 8 * DAY
    officers[0].says("xin chào")
    desk.take(officers[2].address, Left())
    told = staff.says("/nhiemvu")
    assert "tới được ngay 2/4 cán bộ" in told
    assert told.count("1 người: ") == 2
    listed = staff.says("/canbo")
    assert "Cán bộ chưa nhận được tin nhắc việc qua kênh nào" in listed
    assert "Tin nhắc việc tới được" not in officers[0].says("/nhiemvu"), "only staff are told"
