"""One-time codes that make officers."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import pytest
from sqlmodel import select

from handlers.errors import Refusal
from handlers.people import pairing
from handlers.people.pairing import Redeemed
from messages.types import Address
from storage import members, units
from storage.database import Database, Transaction
from storage.seals import Seals
from storage.tables import Audit, Pairing, Role
from storage.units import UnitRow

NOW = datetime(2027, 3, 10, 8, tzinfo=UTC)
WEEK = timedelta(days=7)


@pytest.fixture(autouse=True)
def _unit(db: Transaction) -> None:
    units.add_level(db, code="base", name="Cơ sở", rank=0)
    units.write(db, created=[UnitRow("QN02", "Trường A", "truong a", "base", "Cơ sở")], changed=())


def invite(db: Transaction, unit: str = "qn02", role: str = "officer") -> str:
    chance = random.Random(5)
    return pairing.invite(db, unit_code=unit, role=role, expires=NOW + WEEK, chance=chance, actor_id=None, now=NOW)


def member(db: Transaction, chat: str = "1") -> int:
    joined = members.join(db, Address("telegram", chat), NOW).member
    assert joined.id is not None
    return joined.id


def test_a_code_makes_its_bearer_an_officer_once(db: Transaction) -> None:
    code, officer, other = invite(db), member(db), member(db, "2")
    redeemed = pairing.redeem(db, typed=code, member_id=officer, now=NOW)
    assert isinstance(redeemed, Redeemed)
    assert (redeemed.unit.code, redeemed.role) == ("QN02", Role.OFFICER)
    (held,) = members.appointments(db, [officer], NOW)[officer]
    assert held.role == Role.OFFICER
    assert pairing.redeem(db, typed=code, member_id=other, now=NOW) is pairing.Refusal.USED
    assert members.appointments(db, [other], NOW) == {}


def test_a_code_may_be_typed_in_small_letters_with_spaces_or_lookalikes(db: Transaction) -> None:
    code = invite(db)
    typed = f" {code.lower().replace('-', ' ').replace('0', 'o').replace('1', 'i')} "
    assert isinstance(pairing.redeem(db, typed=typed, member_id=member(db), now=NOW), Redeemed)


def test_an_unknown_code_and_one_that_is_too_old_make_nobody_anything(db: Transaction) -> None:
    code, officer = invite(db), member(db)
    assert pairing.redeem(db, typed="AAAA-AAAA", member_id=officer, now=NOW) is pairing.Refusal.UNKNOWN
    assert pairing.redeem(db, typed="", member_id=officer, now=NOW) is pairing.Refusal.UNKNOWN
    assert pairing.redeem(db, typed=code, member_id=officer, now=NOW + WEEK) is pairing.Refusal.EXPIRED
    assert members.appointments(db, [officer], NOW + WEEK) == {}


def test_only_a_digest_is_kept_and_a_replaced_key_still_finds_it(database: Database, db: Transaction) -> None:
    code = invite(db)
    plain = code.replace("-", "")
    stored = [*db.exec(select(Pairing)), *db.exec(select(Audit))]
    assert len(stored) == 2
    assert all(plain not in repr(row.model_dump()) and code not in repr(row.model_dump()) for row in stored)
    db.seals = Seals(["a newer key", "a key of the tests"])
    assert isinstance(pairing.redeem(db, typed=code, member_id=member(db), now=NOW), Redeemed)


def test_a_code_is_for_a_unit_that_exists(db: Transaction) -> None:
    with pytest.raises(Refusal) as refused:
        invite(db, "ZZ99")
    assert refused.value.key == "cli.officers.no_unit"
