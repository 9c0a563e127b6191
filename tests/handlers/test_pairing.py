"""One-time codes that make officers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlmodel import select

from handlers import actors
from handlers.actors import COMMAND_LINE, NEWCOMER, NoRight
from handlers.errors import Refusal
from handlers.people import pairing
from handlers.people.pairing import Redeemed
from messages.types import Address
from storage import members, units
from storage.database import Database, Transaction
from storage.seals import Seals
from storage.tables import Audit, Pairing, Role
from storage.units import UnitRow
from tests.union import OFFICE

NOW = datetime(2027, 3, 10, 8, tzinfo=UTC)
WEEK = timedelta(days=7)


@pytest.fixture(autouse=True)
def _unit(db: Transaction) -> None:
    units.add_level(db, code="base", name="Cơ sở", rank=0)
    units.write(db, created=[UnitRow("QN02", "Trường A", "truong a", "base", "Cơ sở")], changed=())


def invite(db: Transaction, unit: str = "qn02", role: str = "officer") -> str:
    return pairing.invite(db, OFFICE, COMMAND_LINE, unit, role, now=NOW).code


def redeem(db: Transaction, typed: str, member_id: int, *, now: datetime = NOW) -> Redeemed:
    actor = actors.of_member(db, member_id, now)
    return pairing.redeem(db, OFFICE, actor, typed, here=Address("telegram", "1"), now=now)


def refused(db: Transaction, typed: str, member_id: int, *, now: datetime = NOW) -> str:
    with pytest.raises(Refusal) as refusal:
        redeem(db, typed, member_id, now=now)
    return refusal.value.key


def member(db: Transaction, chat: str = "1") -> int:
    joined = members.join(db, Address("telegram", chat), NOW).member
    assert joined.id is not None
    return joined.id


def test_a_code_makes_its_bearer_an_officer_once(db: Transaction) -> None:
    code, officer, other = invite(db), member(db), member(db, "2")
    redeemed = redeem(db, code, officer)
    assert (redeemed.unit.code, redeemed.role) == ("QN02", Role.OFFICER)
    (held,) = members.appointments(db, [officer], NOW)[officer]
    assert held.role == Role.OFFICER
    assert refused(db, code, other) == "officer.link_used"
    assert members.appointments(db, [other], NOW) == {}


def test_a_code_may_be_typed_in_small_letters_with_spaces_or_lookalikes(db: Transaction) -> None:
    code = invite(db)
    typed = f" {code.lower().replace('-', ' ').replace('0', 'o').replace('1', 'i')} "
    assert redeem(db, typed, member(db)).role == Role.OFFICER


def test_an_unknown_code_and_one_that_is_too_old_make_nobody_anything(db: Transaction) -> None:
    code, officer = invite(db), member(db)
    assert refused(db, "AAAA-AAAA", officer) == "officer.link_invalid"
    assert refused(db, "", officer) == "officer.link_invalid"
    assert refused(db, code, officer, now=NOW + WEEK) == "officer.link_invalid"
    assert members.appointments(db, [officer], NOW + WEEK) == {}


def test_only_a_digest_is_kept_and_a_replaced_key_still_finds_it(database: Database, db: Transaction) -> None:
    code = invite(db)
    plain = code.replace("-", "")
    stored = [*db.exec(select(Pairing)), *db.exec(select(Audit))]
    assert len(stored) == 2
    assert all(plain not in repr(row.model_dump()) and code not in repr(row.model_dump()) for row in stored)
    db.seals = Seals(["a newer key", "a key of the tests"])
    assert redeem(db, code, member(db)).role == Role.OFFICER


def test_a_code_is_for_a_unit_that_exists(db: Transaction) -> None:
    with pytest.raises(Refusal) as refusal:
        invite(db, "ZZ99")
    assert refusal.value.key == "cli.officers.no_unit"


def test_in_a_browser_a_code_makes_nobody_an_officer_and_is_not_used_up(db: Transaction) -> None:
    code, officer = invite(db), member(db)
    with pytest.raises(Refusal) as refusal:
        pairing.redeem(db, OFFICE, actors.of_member(db, officer, NOW), code, here=Address("web", "1"), now=NOW)
    assert refusal.value.key == "officer.link_elsewhere"
    assert redeem(db, code, officer).role == Role.OFFICER


def test_nobody_becomes_an_officer_who_is_nobodys_member(db: Transaction) -> None:
    with pytest.raises(NoRight):
        pairing.redeem(db, OFFICE, NEWCOMER, invite(db), here=Address("telegram", "9"), now=NOW)
