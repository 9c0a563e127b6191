"""What the doctor finds in a database in trouble: each trouble under its own name, one line each, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import pytest

from bot.commands import checkup
from handlers import restoring, retention
from handlers.actors import COMMAND_LINE
from handlers.reaching import doubts
from messages.catalogue import Catalogue
from messages.types import Address
from storage import appointments, clock, deliveries, failures, members, units
from storage.database import Transaction
from storage.outcomes import Outcome
from storage.tables import Policy
from storage.units import UnitRow
from tests.post_office import PostOffice, opened


@pytest.fixture
def office(database_url: str) -> Iterator[PostOffice]:
    with opened(database_url) as office:
        office.do(restoring.note_backup, COMMAND_LINE, 1, now=office.now())
        yield office


def found(office: PostOffice) -> dict[str, tuple[bool, str]]:
    """By key: whether all is well, and the detail."""
    return {key: (well, detail) for well, key, detail in checkup.of_database(office.database)}


def test_in_a_database_without_trouble_it_finds_none(office: PostOffice) -> None:
    office.promise("on its way")
    assert found(office) == {"backup": (True, "0")}


def test_an_outbox_that_is_stuck_is_named_with_its_account(office: PostOffice) -> None:
    office.promise("should have gone", account="zalo_oa")
    office.promise("goes next month", account="web", due_in=30 * 86_400)
    office.people_wait(checkup.LONG_WAIT + 1)
    assert found(office)["late"] == (False, "zalo_oa")


def test_what_is_in_doubt_and_what_is_held_are_counted(office: PostOffice) -> None:
    for chat in ("an", "binh", "chi"):
        office.promise("news", chat=chat, policy=Policy.AT_MOST_ONCE)
    office.settle(office.claim(room=1).claimed[0], Outcome.UNKNOWN, reason="timeout")
    office.do(deliveries.hold_all)
    told = found(office)
    assert (told["unknown"], told["held"]) == ((False, "1"), (False, "2"))


def test_a_backup_that_is_old_or_was_never_made_is_named(office: PostOffice) -> None:
    office.people_wait(timedelta(days=3).total_seconds())
    assert found(office)["backup"] == (False, "3")
    office.do(lambda db: db.connection().exec_driver_sql("DELETE FROM audit"))
    assert found(office) == {"no_backup": (False, "")}


def test_officers_found_in_a_browser_only_are_named(office: PostOffice) -> None:
    office.do(_appoint, Address("telegram", "an"), "Trần Văn An")
    office.do(_appoint, Address("web", "binh"), "Lê Thị Bình")
    office.do(_appoint, Address("web", "demo-officer"), "Của bản thử")
    assert found(office)["resting"] == (False, "Lê Thị Bình (T51)")


def _appoint(db: Transaction, address: Address, name: str) -> None:
    now = clock.now(db)
    if units.by_code(db, "T51") is None:
        units.add_level(db, code="base", name="Cơ sở", rank=0)
        units.write(db, created=[UnitRow("T51", "Công đoàn T51", "t51", "base", "", None)], changed=())
    unit, member = units.by_code(db, "T51"), members.join(db, address, now).member
    assert unit is not None
    member.name = name
    appointments.appoint(db, member_id=member.id or 0, unit_id=unit.id or 0, role="officer", now=now)


def test_each_finding_has_words_of_one_line() -> None:
    catalogue = Catalogue.load()
    for key in (
        "skew",
        "resting",
        "no_backup",
        "backup",
        "held",
        "unknown",
        "failed",
        "out",
        "late",
        "disk",
        "no_erasures_file",
        "metrics",
    ):
        assert "\n" not in catalogue.text(f"cli.doctor.{key}", {"detail": "7"}).strip()


def test_a_failed_send_is_counted_when_nothing_else_is_left_of_it(office: PostOffice) -> None:
    for chat in ("an", "binh", "chi"):
        office.promise("answer", chat=chat, forget=True)
    for claimed in office.claim().claimed:
        office.settle(claimed, Outcome.REFUSED, reason="bad_request")
    assert office.rows() == []
    (failed,) = office.do(doubts.failed, office.now())
    assert (failed.account, failed.kind, failed.reason, failed.count) == ("telegram", "reply", "bad_request", 3)
    assert failed.day == failures.day_of(office.now())
    assert found(office)["failed"] == (False, "3")


def test_failures_are_shown_for_a_week_and_kept_for_a_year(office: PostOffice) -> None:
    office.promise("answer")
    office.settle(office.claim_one(), Outcome.REFUSED, reason="bad_request")
    office.people_wait(timedelta(days=8).total_seconds())
    assert "failed" not in found(office)
    office.do(retention.forget_failures, office.now())
    assert len(office.do(failures.since, date.min)) == 1
    office.people_wait(timedelta(days=393).total_seconds())
    office.do(retention.forget_failures, office.now())
    assert office.do(failures.since, date.min) == []


def test_a_platform_that_cannot_be_reached_is_named(office: PostOffice) -> None:
    for chat in ("an", "binh", "chi"):
        office.promise("news", chat=chat, policy=Policy.AT_MOST_ONCE)
    for one in office.claim().claimed:
        office.settle_noting(one, Outcome.UNKNOWN)
    assert found(office)["out"] == (False, "telegram (0 phút)")
    office.time_passes(timedelta(minutes=9).total_seconds())
    assert found(office)["out"] == (False, "telegram (9 phút)")
