"""Where somebody works: today's provinces and cities, and the central sectors that stand beside them (seed 000:
«63 tỉnh, thành phố và 20 ngành Trung ương», today 34 places and whatever sectors were imported)."""

from __future__ import annotations

from datetime import date

from handlers.office import Office
from handlers.text.places import Place
from handlers.text.readers import fold
from messages import places as data
from storage import units
from storage.database import Transaction
from storage.tables import Unit


def every(db: Transaction, today: date) -> tuple[Place, ...]:
    """Every place by its code, then every sector by its name."""
    provinces = tuple(Place(place.code, place.name) for place in data.load())
    return (*provinces, *(Place(sector.code, sector.name) for sector in units.sectors(db, today)))


def by_code(db: Transaction, code: str, today: date) -> Place | None:
    """A place by its two digits, a sector by its unit code."""
    if code.isdigit():
        return next((Place(place.code, place.name) for place in data.load() if place.code == code), None)
    unit = units.known(db, code)
    if unit is None or unit.place is not None or unit.parent_id is not None or not units.is_valid(unit, today):
        return None
    return Place(unit.code, unit.name)


def find(db: Transaction, office: Office, typed: str, today: date) -> tuple[Place, ...]:
    """What the typed words may mean; a sector counts when its name holds all of them."""
    words = fold(typed)
    sectors = [sector for sector in units.sectors(db, today) if words and words in fold(sector.name)]
    named = tuple(Place(sector.code, sector.name) for sector in sectors)
    if any(words == fold(sector.name) for sector in sectors):
        return named[:1]
    return (*office.places.find(typed), *named)


def place_of(db: Transaction, unit: Unit) -> str:
    """The code under which a unit is picked: its place, else the sector at the top of its branch."""
    if unit.place is not None:
        return unit.place
    assert unit.id is not None
    above = units.ancestors(db, unit.id)
    placed = next((ancestor.place for ancestor in above if ancestor.place), None)
    return placed or (above[-1].code if above else unit.code)
