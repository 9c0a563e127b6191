"""The provinces and cities of today and their former names."""

from __future__ import annotations

import unicodedata

from messages import places


def folded(text: str) -> str:
    plain = unicodedata.normalize("NFD", text.casefold()).replace("đ", "d")
    return "".join(character for character in plain if character.isalnum())


def test_there_are_34_places_made_of_63_former_ones() -> None:
    found = places.load()
    assert len(found) == 34
    assert len({place.code for place in found}) == 34
    assert sum(place.kind == "thành phố" for place in found) == 9
    assert len({name for place in found for name in place.legacy}) == 63


def test_no_name_or_alias_leads_to_two_places() -> None:
    owners: dict[str, set[str]] = {}
    for place in places.load():
        for name in (place.name, *place.legacy, *place.aliases):
            owners.setdefault(folded(name), set()).add(place.code)
    assert not {name: codes for name, codes in owners.items() if len(codes) > 1}


def test_codes_keep_their_leading_zero() -> None:
    assert places.load()[0] == places.Place("01", "Hà Nội", "thành phố", ("Hà Nội",), ("HN",))
