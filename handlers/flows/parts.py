"""Steps that several forms share: who somebody is and where they work (seed 000, Phụ lục 1, step 3.1–3.3)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from handlers.flows.form import Accepted, Again, Answers, Ask, Given, Reading, Step
from handlers.flows.records import Profile, Unit
from handlers.flows.world import World
from handlers.text import phones
from handlers.text.places import Place
from handlers.text.readers import clean, fold, read_name
from messages.types import Choice, Say

GROUPS = ("enterprise", "office")
"""«Doanh nghiệp» and «Khối cơ quan» (seed 000, the registration form)."""
OTHER_UNIT = range(3, 121)
"""Characters of a unit named by hand."""


def profile_answers(profile: Profile) -> dict[str, Any]:
    """A profile as the answers of `PERSON`; what is not known is None."""
    return {
        "name": profile.full_name,
        "phone": profile.phone,
        "place": profile.place,
        "unit": profile.unit or ("other" if profile.other_unit else None),
        "other_unit": profile.other_unit,
        "group": profile.group,
    }


def person_shown(answers: Answers, world: World) -> dict[str, Any]:
    """The answers of `PERSON` as a person reads them."""
    place = world.place(answers["place"])
    unit = world.unit(answers["unit"]) if answers.get("unit") not in (None, "other") else None
    return {
        "full_name": answers["name"],
        "phone": answers["phone"],
        "place": place.name if place else "",
        "unit": unit.name if unit else answers.get("other_unit") or "",
        "group": world.words.label(f"group.{answers['group']}"),
    }


def _choice(key: str, world: World) -> Choice:
    return Choice(key, world.words.label(key))


def _ask_name(_answers: Answers, world: World) -> Ask:
    """The name by which they are known on their channel is offered where it could be one's full name."""
    called = world.profile.called if world.profile else None
    return Ask("initiative.name", {}, (Choice("called", called),) if called and read_name(called) else ())


def _read_name(given: Given, _answers: Answers, world: World) -> Reading:
    called = (world.profile.called if world.profile else None) if given.key == "called" else None
    name = read_name(called or given.text or (given.contact.name if given.contact else ""))
    if name is None:
        return Again(Ask("initiative.name_invalid"))
    remark = Say("initiative.name_no_marks", {"typed": name.value}) if name.lacks_marks else None
    return Accepted(name.value, said=remark)


def _ask_phone(_answers: Answers, _world: World) -> Ask:
    return Ask("initiative.phone", contact=True)


def _read_phone(given: Given, _answers: Answers, world: World) -> Reading:
    if given.contact is not None and not given.contact.own:
        return Again(Ask("initiative.contact_not_own"))
    if given.key and given.key.startswith("yes."):
        return Accepted(given.key.removeprefix("yes."))
    if given.key == "retype":
        return Again(_ask_phone({}, world))
    typed = given.contact.phone if given.contact else given.text or ""
    match phones.read_phone(typed):
        case phones.PhoneOk(value, landline) if not landline:
            return Accepted(value)
        case phones.PhoneOk(value):
            return Again(_keep_phone("initiative.phone_landline", value, world))
        case phones.PhoneRepair(value):
            return Again(_keep_phone("initiative.phone_repair", value, world))
        case phones.PhoneLikeId():
            return Again(Ask("initiative.phone_looks_like_id"))
        case _:
            return Again(Ask("initiative.phone_invalid", {"typed": clean(typed)[:40]}, contact=True))


def _keep_phone(key: str, value: str, world: World) -> Ask:
    choices = (Choice(f"yes.{value}", world.words.label("yes")), _choice("retype", world))
    return Ask(key, {"phone": value}, choices)


def _place_choices(places: Sequence[Place]) -> tuple[Choice, ...]:
    named = ((place.code, f"{place.name} ({place.via})" if place.via else place.name) for place in places)
    return tuple(Choice(f"in.{code}", name) for code, name in named)


def _ask_place(_answers: Answers, _world: World) -> Ask:
    return Ask("initiative.place")


def _read_place(given: Given, answers: Answers, world: World) -> Reading:
    if given.key and given.key.startswith(("in.", "yes.")):
        place = world.place(given.key.partition(".")[2])
        return _moved_to(place, answers) if place else Again(_ask_place(answers, world))
    if given.key == "list":
        return Again(Ask("initiative.place_list", {}, _place_choices(world.all_places())))
    typed = clean(given.text or "")[:60]
    if typed and (unit := world.unit(typed)):
        return Accepted(unit.place, also={"unit": unit.code, "other_unit": None})
    found = world.find_places(typed) if typed else ()
    match found:
        case [] if typed:
            return Again(Ask("initiative.place_unknown", {"typed": typed}, (_choice("list", world),)))
        case []:
            return Again(_ask_place(answers, world))
        case [place] if place.via:
            return Again(_to_confirm("initiative.place_renamed", place, world))
        case [place] if place.guessed:
            return Again(_to_confirm("initiative.place_guessed", place, world))
        case [place]:
            return _moved_to(place, answers)
        case _:
            values = {"typed": typed, "count": len(found)}
            return Again(Ask("initiative.place_many", values, _place_choices(found)))


def _moved_to(place: Place, answers: Answers) -> Reading:
    """A unit belongs to its place: who names another place is asked for the unit again."""
    elsewhere = answers.get("place") not in (None, place.code)
    return Accepted(place.code, also={"unit": None, "other_unit": None} if elsewhere else {})


def _to_confirm(key: str, place: Place, world: World) -> Ask:
    choices = (Choice(f"yes.{place.code}", world.words.label("yes")), _choice("list", world))
    return Ask(key, {"old": place.via, "new": place.name}, choices)


def _place_holds(value: Any, _answers: Answers, world: World) -> bool:
    return world.place(value) is not None


def _unit_choices(units: Sequence[Unit], world: World) -> tuple[Choice, ...]:
    return (*(Choice(f"at.{unit.code}", unit.name) for unit in units), _choice("other_unit", world))


def _ask_unit(answers: Answers, world: World) -> Ask:
    place = world.place(answers["place"])
    few = world.find_units(answers["place"], "")
    gone = answers.get("unit") not in (None, "other") and world.unit(answers["unit"]) is None
    key = "initiative.unit_gone" if gone else "initiative.unit"
    return Ask(key, {"place": place.name if place else ""}, _unit_choices(few, world))


def _read_unit(given: Given, answers: Answers, world: World) -> Reading:
    if given.key == "other_unit":
        return Accepted("other")
    if given.key and given.key.startswith("at."):
        return _accept_unit(given.key.removeprefix("at."), answers, world)
    typed = clean(given.text or "")[:80]
    if not typed:
        return Again(_ask_unit(answers, world))
    found = world.find_units(answers["place"], typed)
    for unit in found:
        if fold(typed) in (fold(unit.name), fold(unit.code)):
            return _accept_unit(unit.code, answers, world)
    if not found:
        place = world.place(answers["place"])
        values = {"typed": typed, "place": place.name if place else ""}
        return Again(Ask("initiative.unit_unknown", values, _unit_choices((), world)))
    return Again(Ask("initiative.unit_many", {"typed": typed, "count": len(found)}, _unit_choices(found, world)))


def _accept_unit(code: str, answers: Answers, world: World) -> Reading:
    unit = world.unit(code)
    if unit is None or unit.place != answers["place"]:
        return Again(_ask_unit(answers, world))
    return Accepted(unit.code, also={"other_unit": None})


def _unit_holds(value: Any, answers: Answers, world: World) -> bool:
    if value == "other":
        return True
    unit = world.unit(value)
    return unit is not None and unit.place == answers.get("place")


def _named_by_hand(answers: Answers, _world: World) -> bool:
    return answers.get("unit") == "other"


def _ask_other_unit(_answers: Answers, _world: World) -> Ask:
    return Ask("initiative.unit_other")


def _read_other_unit(given: Given, _answers: Answers, _world: World) -> Reading:
    name = " ".join(clean(given.text or "").split())
    if len(name) not in OTHER_UNIT or not any(letter.isalpha() for letter in name):
        return Again(Ask("initiative.unit_other_invalid"))
    return Accepted(name)


def _ask_group(_answers: Answers, world: World) -> Ask:
    return Ask("initiative.group", {}, tuple(Choice(key, world.words.label(f"group.{key}")) for key in GROUPS))


def _read_group(given: Given, answers: Answers, world: World) -> Reading:
    if given.key in GROUPS:
        return Accepted(given.key)
    return Again(_ask_group(answers, world))


NAME = Step("name", _ask_name, _read_name, free=True, counted=True, editable=True)
PHONE = Step("phone", _ask_phone, _read_phone, free=True, counted=True, editable=True)
PLACE = Step("place", _ask_place, _read_place, holds=_place_holds, free=True, counted=True, editable=True)
UNIT = Step("unit", _ask_unit, _read_unit, holds=_unit_holds, free=True, counted=True, editable=True)
OTHER = Step("other_unit", _ask_other_unit, _read_other_unit, applies=_named_by_hand, free=True)
GROUP = Step("group", _ask_group, _read_group, counted=True, editable=True)

PERSON = (NAME, PHONE, PLACE, UNIT, OTHER, GROUP)
"""Who hands something in, and from where."""
