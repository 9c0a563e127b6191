"""What people do about themselves, and what officers are asked personally: for the one whose it is and nobody else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from sqlmodel import col, select

from handlers import actors
from handlers.actors import CLOCK, COMMAND_LINE, NEWCOMER, Actor, NoRight
from handlers.danger import callbacks
from handlers.errors import Refusal
from handlers.office import local_day
from handlers.people import agreements, appointments, data_requests, linking, privacy
from handlers.people.linking import CalledOff, Linked, NoSuchCode, Question, Waiting
from messages.types import Address
from storage import members
from storage.database import Transaction
from storage.tables import Audit, Callback, Consent, Member, Role
from tests.handlers.access_scenes import NOW
from tests.union import OFFICE, Union

HERE, THERE, ELSEWHERE = (Address("telegram", chat) for chat in ("an", "new", "other"))
PHONE = "0912345678"


@pytest.fixture
def union(database_url: str) -> Iterator[Union]:
    union = Union(database_url, NOW - timedelta(days=1))
    union.found("P", "P.1")
    for name in ("an", "binh"):
        union.appoint(name, "P.1")
        union.dismiss(name)
    union.appoint("hanh", "P.1")
    union.appoint("chief", "P", Role.ADMIN)
    yield union
    union.database.close()


def of(db: Transaction, union: Union, name: str) -> Actor:
    return actors.of_member(db, union.people[name], NOW)


def refused(do: Callable[[], object]) -> str:
    with pytest.raises(Refusal) as refusal:
        do()
    return refusal.value.key


SELF: dict[str, Callable[[Transaction, Actor], object]] = {
    "copy": lambda db, actor: privacy.copy(db, OFFICE, actor, now=NOW),
    "see": privacy.summary,
    "correct": lambda db, actor: privacy.correct(db, actor, "name", {"name": "Lê An"}, now=NOW),
    "withdraw": lambda db, actor: privacy.withdraw(db, OFFICE, actor, now=NOW),
    "erase": lambda db, actor: privacy.erase(db, OFFICE, actor, now=NOW),
    "give a code": lambda db, actor: linking.give_code(db, OFFICE, actor, HERE, now=NOW),
    "unlink": lambda db, actor: linking.unlink(db, actor, HERE, now=NOW),
    "be away": lambda db, actor: appointments.go_away(db, actor, last=local_day(NOW), now=NOW),
    "be back": lambda db, actor: appointments.come_back(db, actor, now=NOW),
}


@pytest.mark.parametrize("act", SELF)
def test_what_is_ones_own_is_nobody_elses(act: str, union: Union) -> None:
    with union.rows() as db:
        for actor in (NEWCOMER, COMMAND_LINE, CLOCK):
            with pytest.raises(NoRight):
                SELF[act](db, actor)


def test_what_is_corrected_is_recorded_by_the_field_and_never_by_what_it_holds(union: Union) -> None:
    with union.rows() as db:
        an = of(db, union, "an")
        privacy.correct(db, an, "name", {"name": "Lê An"}, now=NOW)
        privacy.correct(db, an, "unit", {"unit": "P.1", "other_unit": None}, now=NOW)
        db.write_out()
        member = members.by_id(db, an.me)
        assert member is not None
        db.refresh(member)
        assert (member.name, member.unit_id) == ("Lê An", union.unit(db, "P.1"))
        rows = db.scalars(select(Audit).where(col(Audit.action) == "privacy.correct").order_by(col(Audit.id))).all()
        assert [(row.actor_id, row.details) for row in rows] == [(an.me, {"field": "name"}), (an.me, {"field": "unit"})]


@pytest.mark.parametrize("name", ["an", "hanh", "chief"])
def test_only_whoever_runs_the_program_asks_for_somebody_elses_data(name: str, union: Union) -> None:
    with union.rows() as db:
        actor, who = of(db, union, name), str(union.people["binh"])
        for do in (
            lambda: data_requests.note_copy(db, actor, who, now=NOW),
            lambda: data_requests.copy(db, OFFICE, actor, who, now=NOW),
            lambda: data_requests.erase(db, OFFICE, actor, who, now=NOW),
        ):
            assert refused(do) == "rights.none"
        assert "Trần Thị binh" in data_requests.copy(db, OFFICE, COMMAND_LINE, who, now=NOW)
        assert data_requests.erase(db, OFFICE, COMMAND_LINE, who, now=NOW).startswith("XD-")


class TestAgreeing:
    def test_only_to_the_notice_in_force(self, union: Union) -> None:
        with union.rows() as db:
            asked = {"update_id": "1", "now": NOW}
            assert refused(lambda: agreements.agree(db, OFFICE, NEWCOMER, THERE, version="old", **asked)) == (
                "consent.changed"
            )
            assert members.by_addresses(db, [THERE]) == {}

    def test_somebody_new_is_a_member_by_it_and_whoever_is_one_stays_the_same(self, union: Union) -> None:
        with union.rows() as db:
            asked = {"version": OFFICE.notice_version, "update_id": "1", "now": NOW}
            first = agreements.agree(db, OFFICE, NEWCOMER, THERE, **asked)
            actor = actors.of_member(db, first.known.member.id or 0, NOW)
            again = agreements.agree(db, OFFICE, actor, THERE, **asked)
            db.write_out()
            assert (first.new, again.new) == (True, False)
            assert first.known.member.id == again.known.member.id
            assert len(db.scalars(select(Consent).where(col(Consent.member_id) == actor.me)).all()) == 2


class TestLinking:
    def test_a_new_chat_is_linked_once_its_owner_has_said_yes(self, union: Union) -> None:
        with union.rows() as db:
            an = of(db, union, "an")
            code = linking.give_code(db, OFFICE, an, HERE, now=NOW)
            assert linking.type_code(db, OFFICE, NEWCOMER, THERE, code, now=NOW) == Waiting("T••• T•• a•", "telegram")
            done = linking.accept(db, OFFICE, an, HERE, code, now=NOW)
            assert done == Linked(an.me, THERE)
            assert members.by_addresses(db, [THERE])[THERE].member.id == an.me

    def test_two_records_become_one_only_when_both_have_said_yes(self, union: Union) -> None:
        with union.rows() as db:
            an, binh, there = of(db, union, "an"), of(db, union, "binh"), Address("telegram", "binh")
            code = linking.give_code(db, OFFICE, an, HERE, now=NOW)
            asked = linking.type_code(db, OFFICE, binh, there, code, now=NOW)
            assert isinstance(asked, Question)
            assert (asked.to_owner, asked.merging) == (False, True)
            assert refused(lambda: linking.accept(db, OFFICE, an, HERE, code, now=NOW)) == "linking.invalid"
            assert isinstance(linking.accept(db, OFFICE, binh, there, code, now=NOW), Waiting)
            assert linking.accept(db, OFFICE, an, HERE, code, now=NOW) == Linked(an.me, there)
            actions = db.scalars(select(col(Audit.action)).order_by(col(Audit.id))).all()
            assert actions == ["member.link_code", "member.merge", "member.link"]

    @pytest.mark.parametrize("answer", ["accept", "decline"])
    def test_nobody_answers_for_another(self, answer: str, union: Union) -> None:
        with union.rows() as db:
            an, binh = of(db, union, "an"), of(db, union, "binh")
            code = linking.give_code(db, OFFICE, an, HERE, now=NOW)
            linking.type_code(db, OFFICE, NEWCOMER, THERE, code, now=NOW)

            def does(actor: Actor) -> Callable[[], object]:
                if answer == "accept":
                    return lambda: linking.accept(db, OFFICE, actor, ELSEWHERE, code, now=NOW)
                return lambda: linking.decline(db, OFFICE, actor, code, now=NOW)

            assert refused(does(binh)) == "linking.invalid"
            assert refused(does(of(db, union, "hanh"))) == "linking.invalid"
            assert refused(does(NEWCOMER)) == "rights.none"
            assert linking.accept(db, OFFICE, an, HERE, code, now=NOW) == Linked(an.me, THERE)

    def test_a_code_is_not_for_its_owner_nor_for_an_officer_nor_for_two_chats(self, union: Union) -> None:
        with union.rows() as db:
            an, hanh = of(db, union, "an"), of(db, union, "hanh")
            code = linking.give_code(db, OFFICE, an, HERE, now=NOW)
            assert refused(lambda: linking.type_code(db, OFFICE, an, HERE, code, now=NOW)) == "linking.own"
            assert refused(lambda: linking.type_code(db, OFFICE, hanh, ELSEWHERE, code, now=NOW)) == (
                "linking.officer_refused"
            )
            linking.type_code(db, OFFICE, NEWCOMER, THERE, code, now=NOW)
            with pytest.raises(NoSuchCode):
                linking.type_code(db, OFFICE, NEWCOMER, ELSEWHERE, code, now=NOW)

    def test_no_ends_it_and_what_cannot_be_any_more_is_called_off(self, union: Union) -> None:
        with union.rows() as db:
            an, binh, there = of(db, union, "an"), of(db, union, "binh"), Address("telegram", "binh")
            code = linking.give_code(db, OFFICE, an, HERE, now=NOW)
            linking.type_code(db, OFFICE, binh, there, code, now=NOW)
            linking.decline(db, OFFICE, binh, code, now=NOW)
            assert refused(lambda: linking.accept(db, OFFICE, binh, there, code, now=NOW)) == "linking.invalid"
            code = linking.give_code(db, OFFICE, an, HERE, now=NOW)
            linking.type_code(db, OFFICE, NEWCOMER, THERE, code, now=NOW)
            members.join(db, THERE, NOW)
            db.write_out()
            assert linking.accept(db, OFFICE, an, HERE, code, now=NOW) == CalledOff()


class TestCallingBack:
    def _asked(self, db: Transaction, union: Union) -> Callback:
        an = of(db, union, "an")
        member = db.get(Member, an.me)
        assert member is not None
        member.unit_id = union.unit(db, "P.1")
        promised = callbacks.ask(db, OFFICE, an, HERE, phone=PHONE, caller="own", at=None, hidden=True, now=NOW)
        assert promised.officer == "Trần Thị hanh"
        return db.scalars(select(Callback)).one()

    def test_only_who_was_asked_to_call_says_what_came_of_it(self, union: Union) -> None:
        with union.rows() as db:
            row = self._asked(db, union)
            for name in ("an", "binh", "chief"):
                actor = of(db, union, name)
                assert refused(lambda: callbacks.called(db, OFFICE, actor, row.id, now=NOW)) == "callback.gone"  # noqa: B023
                assert refused(lambda: callbacks.not_called(db, OFFICE, actor, row.id, now=NOW)) == "callback.gone"  # noqa: B023
            hanh = of(db, union, "hanh")
            callbacks.called(db, OFFICE, hanh, row.id, now=NOW)
            assert db.scalars(select(Callback)).all() == []
            assert refused(lambda: callbacks.called(db, OFFICE, hanh, row.id, now=NOW)) == "callback.gone"
            (done,) = db.scalars(select(Audit))
            assert (done.action, done.actor_id, done.subject, done.details) == ("callback.called", hanh.me, None, {})
            assert done.at < NOW

    def test_one_at_a_time_and_of_nobody_nothing_is_promised(self, union: Union) -> None:
        with union.rows() as db:
            self._asked(db, union)
            asked = {"phone": PHONE, "caller": None, "at": None, "hidden": False, "now": NOW}
            assert refused(lambda: callbacks.ask(db, OFFICE, of(db, union, "an"), HERE, **asked)) == "callback.nobody"
            for name in ("hanh", "chief"):
                member = db.get(Member, union.people[name])
                assert member is not None
                member.name = None
            assert refused(lambda: callbacks.ask(db, OFFICE, NEWCOMER, THERE, **asked)) == "callback.nobody"
