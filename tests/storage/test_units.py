"""The union tree on both databases: finding, walking up and down, validity."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest

from storage import units
from storage.database import Database, Transaction
from storage.seals import Seals
from storage.units import UnitRow

TODAY = date(2027, 4, 1)

TREE = (
    ("P", "lien doan lao dong tinh", None, "51"),
    ("P-A", "cong doan nganh giao duc", "P", "51"),
    ("P-A-1", "truong thpt bai dua", "P-A", "51"),
    ("P-A-2", "truong tieu hoc so 1 bai dua", "P-A", "51"),
    ("P-A-3", "bai dua", "P-A", "51"),
    ("P-A-4", "bai dua nuoc", "P-A", "51"),
    ("P-A-5", "truong thcs duabai", "P-A", "51"),
    ("S", "cong doan nganh hai dang", None, None),
    ("S-1", "den bien bai dua", "S", None),
)


@pytest.fixture
def db(database_url: str) -> Iterator[Transaction]:
    database = Database(database_url, Seals(["a key of the tests"]))
    with database.transaction() as transaction:
        units.add_level(transaction, code="any", name="Cấp", rank=0)
        rows = [row(code, name, parent, place) for code, name, parent, place in reversed(TREE)]
        units.write(transaction, created=rows, changed=())
        yield transaction
    database.close()


def row(code: str, name: str, parent: str | None, place: str | None, **validity: date) -> UnitRow:
    return UnitRow(code, name.title(), name, "any", "Cấp", parent, place, 20, **validity)


def unit_id(db: Transaction, code: str) -> int:
    unit = units.by_code(db, code)
    assert unit is not None
    assert unit.id is not None
    return unit.id


def found(db: Transaction, folded: str, *, place: str | None = None, sector: str | None = None) -> list[str]:
    sector_id = unit_id(db, sector) if sector else None
    rows = units.search(db, folded=folded, on=TODAY, limit=9, place=place, sector_id=sector_id)
    return [unit.code for unit in rows]


def test_a_code_is_found_however_it_is_typed(db: Transaction) -> None:
    assert unit_id(db, " p-a-1 ") == unit_id(db, "P-A-1")
    assert units.by_code(db, "P-A-9") is None


def test_the_name_itself_comes_first_then_names_that_begin_so_then_whole_words(db: Transaction) -> None:
    assert found(db, "bai dua", place="51") == ["P-A-3", "P-A-4", "P-A-1", "P-A-2", "P-A-5"]


def test_every_word_must_occur_in_any_order(db: Transaction) -> None:
    assert found(db, "dua truong 1", place="51") == ["P-A-2"]
    assert found(db, "dua giao", place="51") == []


def test_a_search_stays_in_its_place_or_below_its_sector(db: Transaction) -> None:
    assert found(db, "bai dua", place="79") == []
    assert found(db, "bai dua", sector="S") == ["S-1"]
    assert found(db, "hai dang", sector="S") == []
    assert "S-1" in found(db, "bai dua")


def test_a_search_without_words_lists_what_there_is(db: Transaction) -> None:
    assert found(db, "", sector="S") == ["S-1"]


@pytest.mark.parametrize("typed", ["100%", "_", "'", "\\"])
def test_signs_of_the_database_are_only_signs(db: Transaction, typed: str) -> None:
    assert found(db, typed, place="51") == []


def test_a_unit_exists_from_its_first_to_its_last_day(db: Transaction) -> None:
    lasting = row("P-X", "tram bien", "P", "51", valid_from=date(2027, 1, 1), valid_until=date(2027, 3, 31))
    units.write(db, created=[lasting], changed=())
    unit = units.by_code(db, "P-X")
    assert unit is not None
    for day, exists in [
        (date(2026, 12, 31), False),
        (date(2027, 1, 1), True),
        (date(2027, 3, 31), True),
        (date(2027, 4, 1), False),
    ]:
        codes = [child.code for child in units.children(db, unit_id(db, "P"), day)]
        assert units.is_valid(unit, day) is exists
        assert ("P-X" in codes) is exists
        assert bool(units.search(db, folded="tram bien", on=day, limit=9, place="51")) is exists


def test_up_and_down_the_tree(db: Transaction) -> None:
    assert [unit.code for unit in units.ancestors(db, unit_id(db, "P-A-1"))] == ["P-A", "P"]
    assert units.ancestors(db, unit_id(db, "P")) == []
    assert units.subtree_ids(db, unit_id(db, "S")) == {unit_id(db, "S"), unit_id(db, "S-1")}
    assert len(units.subtree_ids(db, unit_id(db, "P"))) == 7
    assert units.subtree_ids(db, -1) == set()
    assert [unit.code for unit in units.children(db, unit_id(db, "P"), TODAY)] == ["P-A"]


def test_tops_sectors_and_counts(db: Transaction) -> None:
    assert [unit.code for unit in units.tops(db, TODAY)] == ["S", "P"]
    assert [unit.code for unit in units.sectors(db, TODAY)] == ["S"]
    assert units.in_place_count(db, "51", TODAY) == 7
    assert units.in_place_count(db, "79", TODAY) == 0


def test_a_change_moves_a_unit_and_keeps_its_id(db: Transaction) -> None:
    before = unit_id(db, "P-A-1")
    units.write(db, created=(), changed=[row("P-A-1", "truong moi", "P", "79")])
    unit = units.by_id(db, before)
    assert unit is not None
    assert (unit.code, unit.place, unit.search) == ("P-A-1", "79", "truong moi")
    assert [above.code for above in units.ancestors(db, before)] == ["P"]


def test_a_unit_can_become_a_top(db: Transaction) -> None:
    units.write(db, created=(), changed=[row("P-A", "cong doan nganh giao duc", None, "51")])
    assert units.ancestors(db, unit_id(db, "P-A")) == []


def test_every_unit_is_read_as_it_was_written(db: Transaction) -> None:
    assert list(units.every(db)) == [row(code, name, parent, place) for code, name, parent, place in TREE]


def test_one_among_thousands_is_found(db: Transaction) -> None:
    rows = [row(f"Q-{number}", f"cong ty so {number} may mac", "P", "79") for number in range(5_000)]
    units.write(db, created=rows, changed=())
    assert found(db, "so 4999", place="79") == ["Q-4999"]
    assert len(units.subtree_ids(db, unit_id(db, "P"))) == 5_007
