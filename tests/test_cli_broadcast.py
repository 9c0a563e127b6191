"""The commands about broadcasts: nothing goes without the right number of recipients, and every step can be seen."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

from messages.types import Address
from storage import members, news, units
from tests.machine import SHEET, Machine

BAD_INPUT = 2
NOW = datetime(2026, 1, 5, 3, tzinfo=UTC)


def machine_with_two_readers(home: Path, url: str) -> Machine:
    """Two members of one unit who asked for news."""
    machine = Machine(home, url)
    (home / "units.csv").write_text(SHEET, encoding="utf-8")
    machine.done("units", "import", "units.csv")
    with machine.database() as database, database.transaction() as db:
        unit = units.by_code(db, "QN02")
        assert unit is not None
        for chat in ("a", "b"):
            here = Address("web", chat)
            member = members.join(db, here, NOW).member
            member.consent_version, member.unit_id = "1", unit.id
            news.opt_in(db, member, text_hash="h" * 64, address=here, update_id=chat, now=NOW)
    return machine


def test_from_the_text_to_the_cancelling_with_the_number_typed_in_between(tmp_path: Path, sqlite_database: str) -> None:
    machine = machine_with_two_readers(tmp_path, sqlite_database)
    told = machine.done("broadcast", "create", "--unit", "qn01", "--text", "Mời {{ ten }} dự họp.")
    assert "Số người nhận: 2" in told
    found = re.search(r"TIN-\d\d-\w{5}", told)
    assert found is not None
    code = found[0]
    assert "bản nháp" in machine.done("broadcast", "status", code)
    machine.refused("broadcast", "confirm", code, code=BAD_INPUT)
    machine.refused("broadcast", "confirm", code, "--recipients", "3")
    assert "bản nháp" in machine.done("broadcast", "status", code), "a wrong number sends nothing"
    machine.done("broadcast", "confirm", code, "--recipients", "2")
    assert "bản nháp" not in machine.done("broadcast", "status", code)
    machine.done("broadcast", "pause", code)
    assert "tạm dừng" in machine.done("broadcast", "status", code)
    machine.done("broadcast", "resume", code)
    machine.done("broadcast", "cancel", code)
    assert "hủy" in machine.done("broadcast", "status", code)


def test_what_cannot_be_is_refused_in_one_line(tmp_path: Path, sqlite_database: str) -> None:
    machine = machine_with_two_readers(tmp_path, sqlite_database)
    machine.refused("broadcast", "status", "TIN-00-ABCDE")
    machine.refused("broadcast", "create", "--unit", "zz", "--text", "Mời dự họp.")
    machine.refused("broadcast", "create", "--unit", "qn01", "--text", "{{ ten.__class__ }}")
