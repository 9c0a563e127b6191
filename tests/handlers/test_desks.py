"""Who serves a desk: not somebody who may only answer feedback, or initiatives would lie where nobody sees them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest
from sqlalchemy import select

from storage import units
from storage.tables import Appointment, Right
from tests.desk import Desk, Visitor
from tests.people import TEMPLATE, author, officer
from tests.voices import ABOVE, SCHOOL, write_named


@pytest.fixture
def desk(database_url: str) -> Iterator[Desk]:
    made = Desk(database_url)
    made.furnish(TEMPLATE)
    yield made
    made.database.close()


def entrusted(desk: Desk, name: str, rights: Sequence[Right]) -> Visitor:
    """An officer of the school who may do only this."""
    visitor = officer(desk, SCHOOL, name=name)
    with desk.rows() as db:
        unit = units.by_code(db, SCHOOL)
        assert unit is not None
        *_, last = db.scalars(select(Appointment).where(Appointment.unit_id == unit.id).order_by(Appointment.id))
        last.rights = [right.value for right in rights]
    return visitor


def test_what_an_answering_officer_cannot_see_goes_to_the_desk_above(desk: Desk) -> None:
    answering, above = entrusted(desk, "mai", [Right.ANSWER]), officer(desk, ABOVE)
    _, code = author(desk)
    assert answering.hears() == ""
    assert f"sáng kiến mới {code}" in above.hears()
    assert code in " ".join([above.says("/hopthu"), *above.labels])
    assert code not in " ".join([answering.says("/hopthu"), *answering.labels])
    above.says(code)
    assert "Đã ghi nhận" in above.presses("Tiếp nhận")
    heard = write_named(desk.member("linh"))
    assert f"ý kiến mới {heard}" in answering.hears()
    assert above.hears() == ""


@pytest.mark.parametrize("right", [Right.RECEIVE, Right.APPRAISE, Right.SELECT, Right.FORWARD])
def test_any_trust_in_initiatives_serves_the_desk(desk: Desk, right: Right) -> None:
    trusted, above = entrusted(desk, "mai", [right]), officer(desk, ABOVE)
    _, code = author(desk)
    assert above.hears() == ""
    assert code in trusted.says(code)


def test_without_a_desk_above_it_waits_at_home_for_whoever_comes(desk: Desk) -> None:
    entrusted(desk, "mai", [Right.ANSWER])
    _, code = author(desk)
    hanh = officer(desk, SCHOOL)
    assert code in " ".join([hanh.says("/hopthu"), *hanh.labels])
