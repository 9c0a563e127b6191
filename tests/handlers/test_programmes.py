"""Staff run programmes, on both databases."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from sqlmodel import select

from handlers import programmes
from handlers.actors import COMMAND_LINE
from handlers.duties import acts as duties
from handlers.errors import Refusal
from handlers.programmes import Status
from handlers.revisions import Changed
from messages.dates import ZONE
from messages.programmes import answers_shown
from storage import audit
from storage import programmes as stored
from storage.database import Transaction
from storage.programmes import Happening
from storage.tables import Audit
from tests.union import OFFICE

NOW = datetime(2027, 3, 1, 9, 0, tzinfo=ZONE)
SEED = "75-nghin-sang-kien"
SECOND = timedelta(seconds=1)


def at(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=ZONE)  # type: ignore[arg-type,misc]


def load(db: Transaction, template: str = SEED, opens: date | int = 2027, code: str | None = None) -> str:
    return programmes.load(db, COMMAND_LINE, template, opens, code=code, now=NOW).code


def test_a_template_set_to_a_year_keeps_its_days_of_the_calendar(db: Transaction) -> None:
    code = load(db)
    row = stored.by_code(db, code)
    assert row is not None
    assert row.id is not None
    assert (code, row.name) == ("75-nghin-sang-kien-2027", "75 nghìn sáng kiến, vượt khó, phát triển")
    assert (row.opens_at, row.closes_at) == (at(2027, 2, 1), at(2027, 4, 21))
    assert stored.peak_shown(row) == "10/03/2027 – 20/04/2027"
    assert [duty.due_at for duty in stored.duties(db, row.id)] == [at(2027, 4, 14), at(2027, 4, 18), at(2027, 4, 21)]
    assert [slogan.position for slogan in stored.slogans(db, row.id)] == [1, 2, 3]


def test_a_template_set_to_a_day_keeps_its_intervals(db: Transaction) -> None:
    row = stored.by_code(db, load(db, opens=date(2027, 3, 1)))
    assert row is not None
    assert (row.opens_at, row.closes_at - row.opens_at) == (at(2027, 3, 1), timedelta(days=79))


def test_the_programmes_own_questions_are_kept_as_they_will_be_asked(db: Transaction) -> None:
    row = stored.by_code(db, load(db))
    assert row is not None
    db.flush()
    db.refresh(row)
    questions = stored.questions(row)
    assert [question["key"] for question in questions] == ["recognised", "applied", "protected", "secret"]
    assert "01/02/2027 – 31/05/2027" in questions[1]["text"]
    assert answers_shown(questions, {"protected": "no"}) == [("Bảo hộ sở hữu trí tuệ", "Chưa")]


def test_every_template_that_ships_can_be_loaded_twice(db: Transaction) -> None:
    for template in programmes.templates.load_all():
        first, second = load(db, template.code, 2027), load(db, template.code, 2027)
        assert second == f"{first}-2"


def test_a_programme_is_open_from_its_first_to_its_last_second(db: Transaction) -> None:
    row = stored.by_code(db, load(db))
    assert row is not None
    for moment, status in [
        (at(2027, 2, 1) - SECOND, Status.UPCOMING),
        (at(2027, 2, 1), Status.OPEN),
        (at(2027, 4, 20, 23, 59, 59), Status.OPEN),
        (at(2027, 4, 21), Status.CLOSED),
    ]:
        assert programmes.status(row, moment) is status
        assert (row in stored.open_at(db, moment, "initiative")) is (status is Status.OPEN)


def test_extending_a_programme_that_is_over_opens_it_again(db: Transaction) -> None:
    code = load(db, opens=2026)
    assert stored.open_at(db, NOW, "initiative") == []
    programmes.extend(db, OFFICE, COMMAND_LINE, code, at(2027, 5, 1), now=NOW)
    assert [row.code for row in stored.open_at(db, NOW, "initiative")] == [code]


@pytest.mark.parametrize("closes_at", [at(2027, 4, 20), at(2027, 4, 21), at(2027, 2, 1)])
def test_an_extension_only_ever_moves_the_end_later(db: Transaction, closes_at: datetime) -> None:
    with pytest.raises(Refusal, match="not_later"):
        programmes.extend(db, OFFICE, COMMAND_LINE, load(db), closes_at, now=NOW)


def test_an_earlier_end_is_possible_where_it_is_meant_and_still_ahead(db: Transaction) -> None:
    code = load(db)
    assert programmes.closes_earlier(db, code, at(2027, 4, 20), NOW) == at(2027, 4, 21)
    row = programmes.extend(db, OFFICE, COMMAND_LINE, code, at(2027, 4, 20), now=NOW, earlier=True).programme
    assert row.closes_at == at(2027, 4, 20)
    for gone in (NOW, NOW - SECOND):
        assert programmes.closes_earlier(db, code, gone, NOW) is None
        with pytest.raises(Refusal, match="not_later"):
            programmes.extend(db, OFFICE, COMMAND_LINE, code, gone, now=NOW, earlier=True)


def test_opening_early_and_closing_at_once(db: Transaction) -> None:
    code = load(db, opens=date(2027, 6, 1))
    assert [row.code for row in stored.upcoming(db, NOW, "initiative")] == [code]
    programmes.open_(db, COMMAND_LINE, code, now=NOW)
    assert [row.code for row in stored.all_open(db, NOW)] == [code]
    programmes.close(db, COMMAND_LINE, code, now=NOW + SECOND)
    assert stored.all_open(db, NOW + SECOND) == []
    assert [row.code for row in stored.closed_recently(db, NOW + SECOND)] == [code]


def test_what_is_over_needs_a_new_end_to_open(db: Transaction) -> None:
    code = load(db, opens=2026)
    with pytest.raises(Refusal, match="over"):
        programmes.open_(db, COMMAND_LINE, code, now=NOW)
    with pytest.raises(Refusal, match="over_already"):
        programmes.close(db, COMMAND_LINE, code, now=NOW)


def test_closing_what_has_not_begun_hides_it_until_it_is_opened(db: Transaction) -> None:
    code = load(db, opens=date(2027, 6, 1))
    programmes.close(db, COMMAND_LINE, code, now=NOW)
    assert [listed.status for listed in programmes.list_(db, NOW)] == [Status.HIDDEN]
    assert (stored.all_upcoming(db, NOW), stored.next_instant(db, NOW)) == ([], None)
    programmes.open_(db, COMMAND_LINE, code, now=NOW)
    assert [listed.status for listed in programmes.list_(db, NOW)] == [Status.OPEN]


def test_what_happens_next_is_told_in_order_to_the_end(db: Transaction) -> None:
    load(db)
    seen = []
    instant = stored.next_instant(db, at(2027, 1, 1))
    while instant is not None:
        seen.append((instant.at, instant.happening, stored.name_of(db, instant)[:16]))
        instant = stored.next_instant(db, instant.at)
    assert seen == [
        (at(2027, 2, 1), Happening.OPENS, "75 nghìn sáng ki"),
        (at(2027, 4, 14), Happening.DUE, "Chọn sáng kiến x"),
        (at(2027, 4, 18), Happening.DUE, "Giới thiệu sáng "),
        (at(2027, 4, 21), Happening.CLOSES, "75 nghìn sáng ki"),
    ]


def test_staff_may_extend_what_is_open_or_has_just_closed(db: Transaction) -> None:
    open_now, long_over, ahead = load(db), load(db, opens=2026), load(db, opens=2028)
    assert [row.code for row in stored.extendable(db, NOW, 60)] == [open_now]
    just_over = [row.code for row in stored.extendable(db, at(2027, 5, 1), 60)]
    assert just_over == [open_now]
    assert {long_over, ahead}.isdisjoint(just_over)


@pytest.mark.parametrize(
    ("template", "code", "reason"),
    [
        ("khong-co", None, "planning.no_template"),
        (SEED, "Sáng kiến", "planning.code_invalid"),
        (SEED, "da-co", "planning.code_taken"),
    ],
)
def test_a_bad_load_is_refused_by_name(db: Transaction, template: str, code: str | None, reason: str) -> None:
    load(db, code="da-co")
    with pytest.raises(Refusal) as refused:
        load(db, template, code=code)
    assert refused.value.key == reason


def test_an_unknown_code_is_refused(db: Transaction) -> None:
    with pytest.raises(Refusal, match="no_programme"):
        programmes.close(db, COMMAND_LINE, "khong-co", now=NOW)


def test_what_another_changed_meanwhile_is_not_changed_by_whoever_saw_it_before(db: Transaction) -> None:
    code = load(db)
    assert programmes.close(db, COMMAND_LINE, code, now=NOW, seen=1).revision == 2
    for stale in (
        lambda: programmes.close(db, COMMAND_LINE, code, now=NOW, seen=1),
        lambda: programmes.open_(db, COMMAND_LINE, code, now=NOW, seen=1),
        lambda: programmes.extend(db, OFFICE, COMMAND_LINE, code, at(2027, 5, 1), now=NOW, seen=1),
    ):
        with pytest.raises(Changed, match="changed"):
            stale()
    duties.move(db, COMMAND_LINE, code, "select", at(2027, 4, 20), now=NOW, seen=1)
    with pytest.raises(Changed, match="duty_changed"):
        duties.move(db, COMMAND_LINE, code, "select", at(2027, 4, 19), now=NOW, seen=1)


def test_every_step_leaves_a_trace(db: Transaction) -> None:
    code = load(db)
    programmes.close(db, COMMAND_LINE, code, now=NOW)
    assert not audit.happened(db, "programme.extend")
    programmes.extend(db, OFFICE, COMMAND_LINE, code, at(2027, 5, 1), now=NOW)
    assert audit.happened(db, "programme.extend")
    steps = [(row.action, row.subject) for row in db.scalars(select(Audit).order_by(Audit.id))]
    assert steps == [("programme.load", code), ("programme.close", code), ("programme.extend", code)]


def test_a_newly_open_programme_is_announced_once(db: Transaction) -> None:
    load(db)
    found = stored.newly_open(db, NOW)
    assert len(found) == 1
    found[0].announced_open = True
    assert stored.newly_open(db, NOW) == []
