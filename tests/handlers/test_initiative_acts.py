"""What authors and officers do with initiatives without a chat: whose it is, what it leaves, why it is refused."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import select
from sqlmodel import col

from handlers import actors
from handlers.actors import COMMAND_LINE, Actor, By, NoRight
from handlers.errors import Refusal
from handlers.initiatives import deciding, items, selection
from handlers.initiatives.life import Act, Changed
from storage import assignments, submissions
from storage.database import Transaction
from storage.tables import Member, Programme, Purpose, State, Submission
from storage.tables_records import Audit
from tests import initiatives
from tests.union import OFFICE, Union, at, date

NOW = at(date(2021, 4, 1))
WORDS = "Kệ sách làm từ thùng gỗ cũ, mỗi lớp một kệ, học sinh tự trông coi và đổi sách mỗi tuần."


@pytest.fixture
def union(database_url: str) -> Iterator[Union]:
    union = Union(database_url, NOW)
    union.found("P", "P.1", "P.1.1")
    for name, unit in (("base", "P.1.1"), ("upper", "P.1"), ("author", "P"), ("stranger", "P")):
        union.appoint(name, unit)
    union.dismiss("author")
    union.dismiss("stranger")
    yield union
    union.database.close()


@pytest.fixture
def db(union: Union) -> Iterator[Transaction]:
    with union.rows() as db:
        yield db


@pytest.fixture
def programme(db: Transaction) -> Programme:
    return initiatives.programme(db, NOW)


def who(db: Transaction, union: Union, name: str) -> Actor:
    return actors.of_member(db, union.people[name], NOW)


def submit(db: Transaction, actor: Actor, programme: Programme, draft: str = "draft-9") -> Submission:
    told = {"name": "Nguyễn Văn An", "phone": "0912345678", "place": "51", "unit": "P.1.1", "group": "office"}
    answers = {**told, "programme": programme.id, "text": WORDS, "q_when": "now"}
    return items.submit(db, OFFICE, actor, answers, draft, channel="telegram", now=NOW)


def asked_for_more(db: Transaction, union: Union, programme: Programme) -> str:
    """An initiative of the author's that waits for what is missing; its code."""
    author = db.get(Member, union.people["author"])
    return initiatives.plant(db, "P.1.1", programme, 1, NOW, state=State.NEEDS_MORE, author=author)


def left(db: Transaction, code: str) -> list[tuple[str, int | None]]:
    """The rows about an initiative in the record of what was done: what, and who did it."""
    rows = db.scalars(select(Audit).where(col(Audit.subject) == code).order_by(col(Audit.id)))
    return [(row.action, row.actor_id) for row in rows]


def test_what_is_handed_in_is_its_authors_and_told_to_the_desk(
    db: Transaction, union: Union, programme: Programme
) -> None:
    record = submit(db, who(db, union, "author"), programme)
    assert record.member_id == union.people["author"]
    assert (record.state, record.receiver_id) == (State.SENT, union.unit(db, "P.1.1"))
    assert left(db, record.code) == [("initiative.sent", None)]
    member = db.get(Member, union.people["author"])
    assert member is not None
    assert (member.name, member.unit_id) == ("Nguyễn Văn An", union.unit(db, "P.1.1"))
    with pytest.raises(Refusal, match=r"initiative\.already"):
        submit(db, who(db, union, "author"), programme)


def test_the_program_hands_nothing_in(db: Transaction, programme: Programme) -> None:
    with pytest.raises(NoRight):
        submit(db, COMMAND_LINE, programme)


@pytest.mark.parametrize("name", ["stranger", "base", "upper"])
def test_nobody_but_its_author_adds_to_an_initiative(
    db: Transaction, union: Union, programme: Programme, name: str
) -> None:
    code = asked_for_more(db, union, programme)
    with pytest.raises(Refusal, match=r"supplement\.closed"):
        items.supplement(db, OFFICE, who(db, union, name), code, WORDS, whole=True, now=NOW)
    record = submissions.by_code(db, code)
    assert record is not None
    assert (record.state, left(db, code)) == (State.NEEDS_MORE, [])


def test_its_author_adds_to_it_while_something_is_asked_for(
    db: Transaction, union: Union, programme: Programme
) -> None:
    code = asked_for_more(db, union, programme)
    author = who(db, union, "author")
    record = items.supplement(db, OFFICE, author, code, WORDS, whole=True, now=NOW)
    assert (record.state, record.text) == (State.RECEIVED, WORDS)
    assert left(db, code) == [("initiative.supplemented", None)]
    with pytest.raises(Refusal, match=r"supplement\.closed"):
        items.supplement(db, OFFICE, author, code, WORDS, whole=False, now=NOW)


def test_recognising_keeps_the_agreement_or_nothing_at_all(db: Transaction, union: Union, programme: Programme) -> None:
    code = initiatives.plant(db, "P.1.1", programme, 1, NOW, state=State.SENT)
    base, record = who(db, union, "base"), submissions.by_code(db, code)
    assert record is not None
    assert record.id is not None
    with pytest.raises(Changed):
        deciding.decide(db, OFFICE, base, code, seen=record.revision + 1, act=Act.RECOGNISE, now=NOW, agreed=True)
    assert assignments.agreed_at(db, record.id) is None
    deciding.decide(db, OFFICE, base, code, seen=record.revision, act=Act.RECOGNISE, now=NOW, agreed=True)
    assert assignments.agreed_at(db, record.id) == NOW
    assert [action for action, _ in left(db, code)] == ["initiative.recognised", "initiative.agreed"]


@pytest.mark.parametrize("note", [None, "", "Ừ", "a" * 501])
def test_whoever_declines_says_why(db: Transaction, union: Union, programme: Programme, note: str | None) -> None:
    code = initiatives.plant(db, "P.1.1", programme, 1, NOW, state=State.SENT)
    with pytest.raises(Refusal, match=r"officer\.note_invalid"):
        deciding.decide(db, OFFICE, who(db, union, "base"), code, seen=None, act=Act.DECLINE, now=NOW, note=note)
    assert left(db, code) == []


def test_where_no_role_is_in_force_an_officer_is_a_stranger(
    db: Transaction, union: Union, programme: Programme
) -> None:
    code = initiatives.plant(db, "P.1.1", programme, 1, NOW, state=State.SENT)
    in_a_browser = Actor(By.MEMBER, union.people["base"])
    with pytest.raises(Refusal, match=r"officer\.not_yours"):
        deciding.decide(db, OFFICE, in_a_browser, code, seen=None, act=Act.RECEIVE, now=NOW)


def test_a_list_goes_up_as_it_was_confirmed_or_not_at_all(db: Transaction, union: Union, programme: Programme) -> None:
    first, second = (initiatives.plant(db, "P.1.1", programme, number, NOW) for number in (1, 2))
    base, school = who(db, union, "base"), union.unit(db, "P.1.1")
    assert programme.id is not None
    selection.choose(db, OFFICE, base, first, Purpose.SELECT, now=NOW)
    shown = selection.stamp(selection.pending(db, base, school, programme.id, NOW))
    selection.choose(db, OFFICE, base, second, Purpose.SELECT, now=NOW)
    with pytest.raises(selection.ListChanged):
        selection.forward(db, OFFICE, base, school, programme.id, now=NOW, seen=shown)
    shown = selection.stamp(selection.pending(db, base, school, programme.id, NOW))
    assert selection.forward(db, OFFICE, base, school, programme.id, now=NOW, seen=shown).count == 2


def test_several_are_chosen_up_to_the_first_that_is_refused(
    db: Transaction, union: Union, programme: Programme
) -> None:
    codes = [initiatives.plant(db, "P.1.1", programme, number, NOW) for number in (1, 2)]
    declined = initiatives.plant(db, "P.1.1", programme, 3, NOW, state=State.DECLINED)
    wanted = [codes[0], declined, codes[1]]
    several = selection.choose_many(db, OFFICE, who(db, union, "base"), wanted, now=NOW)
    assert [moved.record.code for moved in several.done] == [codes[0]]
    assert isinstance(several.stopped, Changed)
