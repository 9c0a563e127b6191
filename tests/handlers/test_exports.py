"""Records that leave the product: complete, harmless in a spreadsheet, and silent about who has no name."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from openpyxl import load_workbook
from sqlmodel import select

from handlers import exports
from handlers.actors import COMMAND_LINE, Actor, By
from handlers.errors import Refusal
from handlers.exports import ExportKind, Request
from handlers.papers import sheets
from handlers.papers.sheets import Form
from storage.database import Transaction
from storage.feedback import State as HeardState
from storage.tables import (
    Agreement,
    Audit,
    Feedback,
    FeedbackTask,
    Forwarding,
    Kind,
    Level,
    Member,
    MemberAddress,
    Programme,
    Purpose,
    Score,
    Selection,
    State,
    Submission,
    Transition,
    Unit,
)

RECEIVED = datetime(2027, 4, 20, 16, 59, 59, tzinfo=UTC)
"""One second before midnight in Hanoi."""
NOW = datetime(2027, 5, 4, 5, tzinfo=UTC)


@pytest.fixture
def office(db: Transaction) -> Transaction:
    """A province with two schools, a programme, and one member of each school."""
    db.add(Level(code="province", name="Cấp tỉnh", rank=0))
    window = {"opens_at": RECEIVED, "closes_at": RECEIVED}
    db.add(Programme(id=1, code="sk-2027", template="sk", name="Sáng kiến", kind="initiative", **window))
    db.flush()
    for number, (code, parent) in enumerate([("T51", None), ("T51-01", 1), ("T51-02", 1)], 1):
        name = f"Đơn vị {code}"
        db.add(Unit(id=number, code=code, name=name, search="", level="province", parent_id=parent, place="51"))
        db.flush()
    for number in (1, 2):
        db.add(member(number, unit_id=number + 1))
    db.flush()
    return db


def member(number: int, **changes: Any) -> Member:
    facts = {"name": "Nguyễn Văn An", "phone": "+84912345678", "place": "51", "group": "office", "consent_version": "1"}
    return Member(id=number, created_at=RECEIVED, **{**facts, **changes})


def hand_in(db: Transaction, code: str, **changes: Any) -> None:
    facts: dict[str, Any] = {
        "kind": Kind.INITIATIVE, "draft_id": code, "member_id": 1, "programme_id": 1, "channel": "telegram",
        "full_name": "Nguyễn Văn An", "phone": "+84912345678", "place": "51", "unit_id": 2, "receiver_id": 1,
        "group": "office", "answers": {"secret": "no"}, "text": "Tưới cây bằng nước mưa", "state": State.SENT,
        "sent_at": RECEIVED, "updated_at": RECEIVED,
    }  # fmt: skip
    db.add(Submission(code=code, **{**facts, **changes}))
    db.flush()


def exported(
    db: Transaction, kind: ExportKind = ExportKind.INITIATIVES, unit: str | None = None
) -> list[dict[str, Any]]:
    out = io.BytesIO()
    count = exports.write(db, COMMAND_LINE, Request(kind, Form.JSON, unit), out, now=NOW)
    records: list[dict[str, Any]] = json.loads(out.getvalue())
    assert len(records) == count
    return records


def test_an_initiative_is_told_with_all_that_belongs_to_it(office: Transaction) -> None:
    hand_in(office, "SK-27-00001")
    assert exported(office) == [
        {
            "code": "SK-27-00001",
            "state": "sent",
            "created_at": "2027-04-20T23:59:59+07:00",
            "updated_at": "2027-04-20T23:59:59+07:00",
            "channel": "telegram",
            "programme_code": "sk-2027",
            "programme": "Sáng kiến",
            "place": "51",
            "unit_code": "T51-01",
            "unit": "Đơn vị T51-01",
            "receiver_code": "T51",
            "group": "office",
            "full_name": "Nguyễn Văn An",
            "phone": "+84912345678",
            "text": "Tưới cây bằng nước mưa",
            "answers": "secret=no",
            "note": None,
            "receiver": "Đơn vị T51",
            "received_at": None,
            "decision": None,
            "decided_at": None,
            "decided_by": None,
            "employer_agreed_on": None,
            "score": None,
            "selected_by": None,
            "selected_at": None,
            "sent_up_to": None,
            "sent_up_at": None,
            "awarded_by": None,
            "awarded_at": None,
        }
    ]


def later(days: int) -> datetime:
    return RECEIVED + timedelta(days=days)


def goes_far(db: Transaction) -> None:
    """Received and recognised at the province's school, chosen and sent up by it, rewarded above."""
    for number, (state, unit_id, day) in enumerate(
        [(State.RECEIVED, 2, 1), (State.DECLINED, 2, 2), (State.RECEIVED, 2, 3), (State.RECOGNISED, 2, 4)]
    ):
        db.add(
            Transition(id=number + 50, submission_id=1, from_state=None, to_state=state, at=later(day), unit_id=unit_id)
        )
    db.add(Agreement(submission_id=1, unit_id=2, at=later(4)))
    db.add(Score(submission_id=1, unit_id=2, member_id=1, total=70, at=later(2)))
    db.add(Score(submission_id=1, unit_id=2, member_id=2, total=75, at=later(2)))
    db.add(Score(submission_id=1, unit_id=1, member_id=2, total=10, at=later(7)))
    db.add(Forwarding(id=9, programme_id=1, unit_id=2, to_unit_id=1, at=later(6)))
    db.flush()
    db.add(Selection(submission_id=1, unit_id=2, purpose=Purpose.SELECT, at=later(5), forwarding_id=9))
    db.add(Selection(submission_id=1, unit_id=1, purpose=Purpose.AWARD, at=later(8)))
    db.flush()


def test_what_officers_did_with_an_initiative_stands_in_columns_of_its_own(office: Transaction) -> None:
    hand_in(office, "SK-27-00010", receiver_id=2, state=State.AWARDED)
    goes_far(office)
    (record,) = exported(office)
    columns = list(record)
    assert {name: record[name] for name in columns[columns.index("note") + 1 :]} == {
        "receiver": "Đơn vị T51-01",
        "received_at": "2027-04-21T23:59:59+07:00",
        "decision": "recognised",
        "decided_at": "2027-04-24T23:59:59+07:00",
        "decided_by": "Đơn vị T51-01",
        "employer_agreed_on": "2027-04-24",
        "score": 72.5,
        "selected_by": "Đơn vị T51-01",
        "selected_at": "2027-04-25T23:59:59+07:00",
        "sent_up_to": "Đơn vị T51",
        "sent_up_at": "2027-04-26T23:59:59+07:00",
        "awarded_by": "Đơn vị T51",
        "awarded_at": "2027-04-28T23:59:59+07:00",
    }


def test_of_an_erased_author_the_way_keeps_days_only(office: Transaction) -> None:
    hand_in(office, "SK-27-00011", member_id=None, full_name=None, text=None, receiver_id=2)
    goes_far(office)
    (record,) = exported(office)
    assert [record[name] for name in ("received_at", "decided_at", "selected_at", "sent_up_at", "awarded_at")] == [
        "2027-04-21", "2027-04-24", "2027-04-25", "2027-04-26", "2027-04-28",
    ]  # fmt: skip


def heard(db: Transaction, code: str, **changes: Any) -> None:
    facts: dict[str, Any] = {
        "mark": code, "kind": "grievance", "topic": "pay", "anonymous": True, "unit_id": 2, "receiver_id": 1,
        "text": "Nhà xe dột", "state": HeardState.SENT, "due_on": date(2027, 4, 28), "day": date(2027, 4, 26),
    }  # fmt: skip
    db.add(Feedback(code=code, **{**facts, **changes}))
    db.flush()


def test_feedback_tells_how_late_its_answer_is_and_who_was_asked(office: Transaction) -> None:
    answered = {"state": HeardState.PETITIONED, "answered_on": date(2027, 4, 29)}
    heard(office, "YK-27-AAAAA")
    heard(office, "YK-27-BBBBB", **answered, escalated_on=date(2027, 4, 29))
    heard(office, "YK-27-CCCCC", state=HeardState.EXPLAINED, answered_on=date(2027, 4, 27))
    asked = {"code": "YK-27-BBBBB", "made_on": date(2027, 4, 29)}
    office.add(FeedbackTask(**asked, number=1, kind="petition", who="Ban Giám hiệu", due_on=date(2027, 5, 10)))
    office.add(FeedbackTask(**asked, number=2, kind="help", who="Quỹ tương trợ", due_on=date(2027, 5, 12)))
    office.flush()
    names = ("receiver", "overdue_days", "escalated_on", "petitioned_to", "promised_by")
    records = exported(office, ExportKind.FEEDBACK)
    assert {record["code"]: [record[name] for name in names] for record in records} == {
        "YK-27-AAAAA": ["Đơn vị T51", 2, None, None, None],  # 30/4 to 3/5/2027 are holidays and days in lieu
        "YK-27-BBBBB": ["Đơn vị T51", 1, "2027-04-29", "Ban Giám hiệu", "2027-05-12"],
        "YK-27-CCCCC": ["Đơn vị T51", 0, None, None, None],
    }
    assert [list(record)[-len(names) :] for record in records] == [list(names)] * 3


def test_a_record_without_a_name_has_a_day_and_no_channel(office: Transaction) -> None:
    hand_in(office, "SK-27-00002", member_id=None, full_name=None, text=None)
    record = exported(office)[0]
    assert (record["created_at"], record["updated_at"]) == ("2027-04-20", "2027-04-20")
    assert (record["channel"], record["full_name"], record["phone"]) == (None, None, None)


def test_a_unit_named_by_hand_is_told_by_its_name(office: Transaction) -> None:
    hand_in(office, "SK-27-00003", unit_id=None, other_unit="Hợp tác xã Bến Lau")
    record = exported(office)[0]
    assert (record["unit_code"], record["unit"]) == (None, "Hợp tác xã Bến Lau")


def test_an_export_may_be_kept_to_a_unit_and_what_is_under_it(office: Transaction) -> None:
    hand_in(office, "SK-27-00004", unit_id=2)
    hand_in(office, "SK-27-00005", unit_id=3)
    hand_in(office, "SK-27-00006", unit_id=None, receiver_id=1)
    codes = {unit: [record["code"] for record in exported(office, unit=unit)] for unit in ("T51", "t51-02")}
    assert codes == {"T51": ["SK-27-00004", "SK-27-00005", "SK-27-00006"], "t51-02": ["SK-27-00005"]}


def test_members_are_told_unless_they_left(office: Transaction) -> None:
    office.add(MemberAddress(account="telegram:2", chat="7", member_id=1, linked_at=RECEIVED, seen_at=RECEIVED))
    office.add(MemberAddress(account="web", chat="8", member_id=1, linked_at=RECEIVED, seen_at=RECEIVED))
    office.add(member(3, unit_id=2, erased_at=RECEIVED))
    office.add(member(4, unit_id=2, consent_version=None))
    office.flush()
    records = exported(office, ExportKind.MEMBERS)
    assert [(record["code"], record["unit_code"], record["channel"]) for record in records] == [
        ("1", "T51-01", "telegram,web"),
        ("2", "T51-02", ""),
    ]
    assert [record["code"] for record in exported(office, ExportKind.MEMBERS, "T51-02")] == ["2"]


def test_more_records_than_one_slice_come_once_each_and_in_order(office: Transaction) -> None:
    for number in range(exports.exports.SLICE + 5):
        hand_in(office, f"SK-{number:05}")
    codes = [record["code"] for record in exported(office)]
    assert codes == [f"SK-{number:05}" for number in range(exports.exports.SLICE + 5)]


def test_who_asked_for_an_export_is_noted(office: Transaction) -> None:
    request = Request(ExportKind.MEMBERS, Form.CSV, "T51")
    exports.record(office, Actor(By.COMMAND_LINE, 1), request, now=RECEIVED)
    office.flush()
    row = office.scalars(select(Audit)).one()
    assert (row.action, row.subject, row.details) == ("export", "members", {"form": "csv"})
    assert (row.unit_id, row.actor_id, row.at) == (1, 1, RECEIVED)


def test_an_unknown_unit_is_refused(office: Transaction) -> None:
    with pytest.raises(Refusal, match="no_unit"):
        exported(office, unit="T99")


EVIL = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "http://example.org", 'a "b", c\nd']


def test_no_cell_of_a_csv_is_a_formula() -> None:
    out = io.BytesIO()
    sheets.write(Form.CSV, ["text", "phone"], [[text, "+84912345678"] for text in EVIL], out)
    assert out.getvalue().startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(out.getvalue().decode("utf-8-sig"), newline="")))
    assert [row[0] for row in rows[1:]] == [*(f"'{text}" for text in EVIL[:6]), *EVIL[6:]]
    assert {row[1] for row in rows[1:]} == {"+84912345678"}


def test_no_cell_of_a_workbook_is_a_formula_or_a_link() -> None:
    out = io.BytesIO()
    assert sheets.write(Form.XLSX, ["text", "members"], [[text, 7] for text in EVIL], out) == len(EVIL)
    sheet = load_workbook(io.BytesIO(out.getvalue())).worksheets[0]
    kinds = {(cell.data_type, cell.hyperlink) for row in sheet.iter_rows(min_row=2, max_col=1) for cell in row}
    assert kinds == {("s", None)}
    assert [row[1] for row in sheet.iter_rows(min_row=2, values_only=True)] == [7] * len(EVIL)


@pytest.mark.parametrize("form", list(Form))
def test_nothing_to_export_is_still_a_readable_file(form: Form) -> None:
    out = io.BytesIO()
    assert sheets.write(form, ["code"], [], out) == 0
    match form:
        case Form.JSON:
            assert json.loads(out.getvalue()) == []
        case Form.CSV:
            assert out.getvalue().decode("utf-8-sig").split() == ["code"]
        case Form.XLSX:
            assert [row[0] for row in load_workbook(out).worksheets[0].iter_rows(values_only=True)] == ["code"]
