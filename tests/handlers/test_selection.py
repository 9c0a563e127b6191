"""From recognised to rewarded, level by level: numbers, lists, points, targets, and what each author hears (F10)."""

from __future__ import annotations

import io
from collections.abc import Iterator

import pytest
from openpyxl import load_workbook
from sqlalchemy import select, update
from sqlmodel import col

from handlers import actors
from handlers.actors import Actor
from handlers.duties import acts as duties
from handlers.errors import Refusal
from handlers.initiatives import assigning, canned, covers, quotas, scoring, selection, standings
from handlers.initiatives.quotas import Room
from handlers.initiatives.selection import NeedsReason
from messages.programmes import load_all
from messages.types import Outbound
from storage import desks, scores, selections, submissions, targets, units
from storage import duties as stored_duties
from storage.database import Transaction
from storage.tables import Appointment, AwardFile, Member, Outbox, Programme, Purpose, State, Submission
from tests import initiatives
from tests.union import OFFICE, Union, at, date

NOW = at(date(2021, 4, 1))
SCHOOLS = ("P.1.1", "P.1.2", "P.1.3")


@pytest.fixture
def union(database_url: str) -> Iterator[Union]:
    union = Union(database_url, NOW)
    union.found("P", "P.1", "P.2", *SCHOOLS)
    for name, unit in (("base", "P.1.1"), ("second", "P.1.2"), ("upper", "P.1"), ("top", "P")):
        union.appoint(name, unit)
    union.appoint("colleague", "P.1.1")
    union.appoint("author", "P.2")
    union.dismiss("author")
    yield union
    union.database.close()


@pytest.fixture
def db(union: Union) -> Iterator[Transaction]:
    with union.rows() as db:
        yield db


@pytest.fixture
def programme(db: Transaction) -> Programme:
    return initiatives.programme(db, NOW)


def author(db: Transaction, union: Union) -> Member:
    member = db.get(Member, union.people["author"])
    assert member is not None
    return member


def told(db: Transaction, union: Union, name: str) -> list[str]:
    """What somebody was promised so far, in order."""
    db.write_out()
    rows = db.scalars(select(Outbox).where(col(Outbox.member_id) == union.people[name]).order_by(col(Outbox.id)))
    return [Outbound.from_json(db.seals.open(row.body)).text for row in rows.all() if row.body]


def acts(db: Transaction, union: Union, who: str) -> Actor:
    """Somebody with their roles."""
    return actors.of_member(db, union.people[who], NOW)


def state(db: Transaction, code: str) -> str:
    record = submissions.by_code(db, code)
    assert record is not None
    return record.state


def choose(db: Transaction, union: Union, who: str, code: str, purpose: Purpose = Purpose.SELECT, **more: str) -> None:
    selection.choose(db, OFFICE, acts(db, union, who), code, purpose, now=NOW, **more)  # type: ignore[arg-type]


def forward(db: Transaction, union: Union, who: str, unit: str, programme: Programme) -> selection.Sent:
    return selection.forward(db, OFFICE, acts(db, union, who), union.unit(db, unit), programme.id, now=NOW)


def test_an_initiative_rises_from_its_school_to_the_province_and_its_author_hears_of_each_step(
    db: Transaction, union: Union, programme: Programme
) -> None:
    code = initiatives.plant(db, "P.1.1", programme, 1, NOW, author=author(db, union))
    choose(db, union, "base", code)
    forward(db, union, "base", "P.1.1", programme)
    choose(db, union, "upper", code, Purpose.AWARD)
    choose(db, union, "upper", code)
    forward(db, union, "upper", "P.1", programme)
    choose(db, union, "top", code, Purpose.AWARD)
    choose(db, union, "top", code)
    assert forward(db, union, "top", "P", programme).above == "Tổng Liên đoàn"
    record = submissions.by_code(db, code)
    assert record is not None
    assert record.id is not None
    path = [
        (row.to_state, row.unit_id and units.by_id(db, row.unit_id).code)  # type: ignore[union-attr]
        for row in submissions.transitions(db, record.id)
    ]
    assert path[1:] == [
        (State.SELECTED, "P.1.1"),
        (State.FORWARDED, "P.1.1"),
        (State.AWARDED, "P.1"),
        (State.SELECTED, "P.1"),
        (State.FORWARDED, "P.1"),
        (State.AWARDED, "P"),
        (State.SELECTED, "P"),
        (State.FORWARDED, "P"),
    ]
    heard = told(db, union, "author")
    assert len(heard) == 8
    assert f"{code} của anh/chị được Công đoàn P.1.1 chọn vào danh sách giới thiệu lên Công đoàn P.1." in heard[0]
    assert f"{code} của anh/chị được Công đoàn P.1.1 chọn giới thiệu lên Công đoàn P.1." in heard[1]
    assert "được Công đoàn P.1 biểu dương, khen thưởng dịp 19/05/2021" in heard[2]
    assert "giới thiệu lên Tổng Liên đoàn" in heard[7]


def test_the_level_above_is_told_once_and_sees_only_what_was_sent_up(
    db: Transaction, union: Union, programme: Programme
) -> None:
    sent, kept = (initiatives.plant(db, "P.1.1", programme, number, NOW) for number in (1, 2))
    choose(db, union, "base", sent)
    choose(db, union, "base", kept)
    selection.deselect(db, OFFICE, acts(db, union, "base"), kept, now=NOW)
    assert state(db, kept) == State.RECOGNISED
    above = union.unit(db, "P.1")
    assert desks.sent_up(db, above, NOW, 10) == []
    assert forward(db, union, "base", "P.1.1", programme).count == 1
    assert [row.code for row in desks.sent_up(db, above, NOW, 10)] == [sent]
    assert [text.split(" vừa")[0] for text in told(db, union, "upper")] == ["📋 Công đoàn P.1.1"]
    with pytest.raises(Refusal, match=r"selection\.nothing"):
        forward(db, union, "base", "P.1.1", programme)
    with pytest.raises(Refusal, match=r"officer\.changed"):
        selection.deselect(db, OFFICE, acts(db, union, "base"), sent, now=NOW)
    selection.keep(db, acts(db, union, "upper"), sent, now=NOW)
    assert desks.sent_up(db, above, NOW, 10) == []
    choose(db, union, "upper", sent)
    assert state(db, sent) == State.SELECTED


def test_a_planned_number_warns_and_one_more_needs_a_reason(
    db: Transaction, union: Union, programme: Programme
) -> None:
    codes = [initiatives.plant(db, "P.1.1", programme, number, NOW) for number in range(1, 22)]
    initiatives.send_up(db, OFFICE, codes, union.unit(db, "P.1.1"), union.people["base"], NOW)
    for code in codes[:20]:
        choose(db, union, "upper", code, Purpose.AWARD)
    standing = quotas.standing(db, programme.id, union.unit(db, "P.1"), Purpose.AWARD)
    assert standing is not None
    assert (standing.count, standing.planned, standing.room) == (20, 20, Room.WARNED)
    with pytest.raises(NeedsReason) as needed:
        choose(db, union, "upper", codes[20], Purpose.AWARD)
    assert (needed.value.values["selected"], needed.value.values["quota"]) == (20, 20)
    assert state(db, codes[20]) == State.FORWARDED
    choose(db, union, "upper", codes[20], Purpose.AWARD, reason="Áp dụng được ngay cho cả ngành.")
    assert selections.count(db, programme.id, union.unit(db, "P.1"), Purpose.AWARD) == 21
    record = submissions.by_code(db, codes[20])
    assert record is not None
    row = selections.of_unit(db, record.id or 0, union.unit(db, "P.1"), Purpose.AWARD)
    assert row is not None
    assert row.reason == "Áp dụng được ngay cho cả ngành."


def test_a_fixed_number_holds(db: Transaction, union: Union, programme: Programme) -> None:
    codes = [initiatives.plant(db, "P", programme, number, NOW) for number in range(1, 6)]
    for code in codes[:4]:
        choose(db, union, "top", code)
    with pytest.raises(Refusal, match=r"selection\.full"):
        choose(db, union, "top", codes[4], reason="Rất xứng đáng.")
    selection.deselect(db, OFFICE, acts(db, union, "top"), codes[0], now=NOW)
    choose(db, union, "top", codes[4])
    assert selections.count(db, programme.id, union.unit(db, "P"), Purpose.SELECT) == 4


def test_every_number_of_the_plans_is_shown_to_the_level_it_is_set_for(db: Transaction, union: Union) -> None:
    shown: dict[str, list[tuple[str, int]]] = {}
    for template in load_all():
        row = initiatives.programme(db, NOW, template.code)
        for code in ("P", "P.1", "P.1.1"):
            unit = units.by_id(db, union.unit(db, code))
            assert unit is not None
            found = quotas.standings(db, row, unit)
            shown.setdefault(code, []).extend((standing.purpose.value, standing.planned) for standing in found)
    assert sorted(shown["P"]) == [("award", 20), ("award", 30), ("award", 40), ("select", 4)]
    assert sorted(shown["P.1"]) == [("award", 10), ("award", 20), ("select", 1)]
    assert sorted(shown["P.1.1"]) == [("select", 1), ("select", 1)]


def test_award_files_of_a_unit_and_all_below_count_against_the_numbers_of_their_kind(
    db: Transaction, union: Union
) -> None:
    month = initiatives.programme(db, NOW, "thang-cong-nhan")
    for number, (kind, unit, sent) in enumerate(
        (("worker", "P.1.1", "sent"), ("worker", "P.1", "sent"), ("worker", "P", "open"), ("employer", "P.2", "sent"))
    ):
        where = union.unit(db, unit)
        file = AwardFile(
            code=f"HS-{number}", kind=kind, programme_id=month.id, unit_id=where, nominee="-", state=sent, made_at=NOW
        )
        db.add(file)
    db.flush()
    province = units.by_id(db, union.unit(db, "P"))
    assert province is not None
    found = {row.title: (row.count, row.planned) for row in quotas.standings(db, month, province)}
    assert found == {
        "Công nhân, lao động giỏi được biểu dương": (2, 40),
        "Chủ doanh nghiệp tiêu biểu được biểu dương": (1, 20),
    }


def test_a_floor_neither_warns_nor_holds(db: Transaction, union: Union, programme: Programme) -> None:
    for number in (1, 2, 3):
        choose(db, union, "base", initiatives.plant(db, "P.1.1", programme, number, NOW))
    assert selections.count(db, programme.id, union.unit(db, "P.1.1"), Purpose.SELECT) == 3


def test_a_list_sent_up_does_the_duty_of_sending_one(db: Transaction, union: Union, programme: Programme) -> None:
    choose(db, union, "base", initiatives.plant(db, "P.1.1", programme, 1, NOW))
    forward(db, union, "base", "P.1.1", programme)
    due = [matter for matter in duties.current(db, NOW) if matter.duty.key == "select"]
    school = union.unit(db, "P.1.1")
    assert [stored_duties.done(db, matter.duty_id, school) is not None for matter in due] == [True]
    assert stored_duties.done(db, due[0].duty_id, union.unit(db, "P.1.2")) is None


def test_of_two_who_choose_the_same_the_slower_is_refused(db: Transaction, union: Union, programme: Programme) -> None:
    code = initiatives.plant(db, "P.1.1", programme, 1, NOW)
    record = submissions.by_code(db, code)
    assert record is not None
    seen = record.revision
    choose(db, union, "base", code)
    with pytest.raises(Refusal, match=r"officer\.changed"):
        selection.choose(db, OFFICE, acts(db, union, "colleague"), code, Purpose.AWARD, now=NOW, seen=seen)
    with pytest.raises(Refusal, match=r"officer\.changed"):
        choose(db, union, "colleague", code)


def test_points_of_several_appraisers_are_averaged_and_their_spread_is_kept(
    db: Transaction, union: Union, programme: Programme
) -> None:
    code = initiatives.plant(db, "P.1.1", programme, 1, NOW, state=State.SENT, author=author(db, union))
    scoring.give(db, OFFICE, acts(db, union, "base"), code, [20, 30, 20], now=NOW)
    assert state(db, code) == State.APPRAISING
    scoring.give(db, OFFICE, acts(db, union, "colleague"), code, [30, 40, 30], now=NOW)
    _, points = scoring.give(db, OFFICE, acts(db, union, "base"), code, [20, 30, 30], now=NOW)
    assert points == scoring.Summary(appraisers=2, average=90.0, lowest=80, highest=100, most=100)
    assert [f"{code} của anh/chị đang được" in text for text in told(db, union, "author")] == [True]
    for wrong in ([31, 0, 0], [1, 2], [-1, 0, 0]):
        with pytest.raises(Refusal, match=r"scoring\.invalid"):
            scoring.give(db, OFFICE, acts(db, union, "base"), code, wrong, now=NOW)


def test_a_programme_without_a_sheet_is_not_scored(db: Transaction, union: Union) -> None:
    plain = initiatives.programme(db, NOW, "chi-thi-05")
    code = initiatives.plant(db, "P.1.1", plain, 1, NOW, state=State.SENT)
    with pytest.raises(Refusal, match=r"officer\.changed"):
        scoring.give(db, OFFICE, acts(db, union, "base"), code, [], now=NOW)


def test_targets_are_read_as_they_are_typed_and_the_table_shows_them(
    db: Transaction, union: Union, programme: Programme
) -> None:
    above = union.unit(db, "P.1")
    wishes, unread = quotas.read_targets(db, above, "tất cả 3\np.1.2: 5; P.9 4\nlinh tinh", NOW)
    assert {wish.unit.code: wish.count for wish in wishes} == {"P.1.1": 3, "P.1.2": 5, "P.1.3": 3}
    assert unread == ["P.9 4", "linh tinh"]
    assert programme.id is not None
    counts = {wish.unit.id or 0: wish.count for wish in wishes}
    quotas.allocate(db, acts(db, union, "upper"), programme.id, above, counts, now=NOW)
    assert targets.of(db, programme.id, union.unit(db, "P.1.2")) == 5
    for number, (unit, what) in enumerate(
        (("P.1.1", State.RECOGNISED), ("P.1.1", State.DECLINED), ("P.1.2", State.SENT), ("P.1.2", State.RECOGNISED))
    ):
        initiatives.plant(db, unit, programme, number, NOW, state=what)
    choose(db, union, "base", "SK-21-00000")
    forward(db, union, "base", "P.1.1", programme)
    upper = units.by_id(db, above)
    assert upper is not None
    table = standings.league(db, programme, upper, NOW)
    assert [(row.unit.code, row.handed_in, row.target, row.recognised, row.sent) for row in table] == [
        ("P.1.1", 1, 3, 1, 1),
        ("P.1.2", 2, 5, 1, 0),
        ("P.1.3", 0, 3, 0, 0),
    ]
    assert [unit.code for unit in standings.silent(table)] == ["P.1.2", "P.1.3"]


def test_the_cover_list_is_a_sheet_whose_cells_are_never_formulas(
    db: Transaction, union: Union, programme: Programme
) -> None:
    code = initiatives.plant(db, "P.1.1", programme, 1, NOW, text="=1+1 là cách tính mới của tổ.")
    number = initiatives.send_up(db, OFFICE, [code], union.unit(db, "P.1.1"), union.people["base"], NOW)
    sheet = load_workbook(io.BytesIO(covers.draw(db, OFFICE, acts(db, union, "upper"), number, now=NOW))).active
    assert sheet is not None
    cells = [[cell.value for cell in row] for row in sheet.iter_rows()]
    assert cells[0][0] == "Công đoàn P.1.1"
    assert cells[2][0] == "Kính gửi: Công đoàn P.1"
    assert cells[6][:3] == [1, code, "Nguyễn Văn An"]
    assert (cells[6][5], sheet.cell(7, 6).data_type) == ("=1+1 là cách tính mới của tổ.", "s")


def test_a_colleague_is_given_an_initiative_and_told(db: Transaction, union: Union, programme: Programme) -> None:
    code = initiatives.plant(db, "P.1.1", programme, 1, NOW, state=State.SENT)
    mate = union.people["colleague"]
    assigning.assign(db, OFFICE, acts(db, union, "base"), code, mate, now=NOW)
    assert [f"giao sáng kiến {code}" in text for text in told(db, union, "colleague")] == [True]
    record = submissions.by_code(db, code)
    assert record is not None
    assert assigning.holder(db, record, union.unit(db, "P.1.1"), NOW) == (mate, "Trần Thị colleague")
    with pytest.raises(Refusal, match=r"inbox\.no_colleague"):
        assigning.assign(db, OFFICE, acts(db, union, "colleague"), code, union.people["second"], now=NOW)
    db.execute(update(Appointment).where(col(Appointment.member_id) == mate).values(until=NOW))
    assert assigning.holder(db, record, union.unit(db, "P.1.1"), NOW) is None


@pytest.mark.parametrize("text", ["{{ ten.upper() }} ơi", "{% if 1 %}x{% endif %} đấy", "{{ ma }} đã xong", "ngắn"])
def test_a_sentence_may_hold_nothing_but_the_known_variables(db: Transaction, union: Union, text: str) -> None:
    school = union.unit(db, "P.1.1")
    with pytest.raises(Refusal, match=r"canned\.text_invalid"):
        canned.add(db, acts(db, union, "base"), school, "decline", "Thử", text, now=NOW)


def test_a_sentence_of_the_level_above_is_filled_for_each_author(
    db: Transaction, union: Union, programme: Programme
) -> None:
    words = "Anh/chị {{ ten }} ({{ don_vi }}) nêu rõ hiệu quả giúp."
    canned.add(db, acts(db, union, "upper"), union.unit(db, "P.1"), "need_more", "Hiệu quả", words, now=NOW)
    code = initiatives.plant(db, "P.1.1", programme, 1, NOW, state=State.SENT)
    record = submissions.by_code(db, code)
    assert record is not None
    school = union.unit(db, "P.1.1")
    assert canned.filled(db, OFFICE, record, school, "need_more") == [
        ("Hiệu quả", "Anh/chị An (Công đoàn P.1.1) nêu rõ hiệu quả giúp.")
    ]
    assert canned.filled(db, OFFICE, record, school, "decline") == []


def test_what_the_author_erased_leaves_the_list_before_it_is_sent(
    db: Transaction, union: Union, programme: Programme
) -> None:
    kept, erased = (initiatives.plant(db, "P.1.1", programme, number, NOW) for number in (1, 2))
    for code in (kept, erased):
        choose(db, union, "base", code)
    record = submissions.by_code(db, erased)
    assert record is not None
    record.text = None
    db.flush()
    sent = forward(db, union, "base", "P.1.1", programme)
    assert sent.count == 1
    assert [row.code for row in selections.on_list(db, sent.number)] == [kept]


def test_averages_are_of_one_unit_only(db: Transaction, union: Union, programme: Programme) -> None:
    code = initiatives.plant(db, "P.1.1", programme, 1, NOW)
    initiatives.send_up(db, OFFICE, [code], union.unit(db, "P.1.1"), union.people["base"], NOW)
    scoring.give(db, OFFICE, acts(db, union, "upper"), code, [30, 40, 30], now=NOW)
    row = db.scalars(select(Submission)).one()
    assert scores.averages(db, [row.id or 0], union.unit(db, "P.1")) == {row.id: 100.0}
    assert scores.averages(db, [row.id or 0], union.unit(db, "P.1.1")) == {}
