"""What officers' conversations about feedback may know, and the library of answers they keep (F11).

An answer of a unit serves that unit and all below it; those that ship with the product serve everybody.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from rapidfuzz import fuzz

from handlers.chat.context import Context
from handlers.duties import dates
from handlers.feedback import news
from handlers.feedback import public as feedback_public
from handlers.feedback.card import group_of, item
from handlers.flows.care import Ready
from handlers.flows.outcomes import KeepAnswer
from handlers.office import local_day
from handlers.text.readers import fold
from messages import library as shipped
from messages.dates import last_day_of
from messages.types import Choice, Say
from storage import audit, units
from storage import library as kept
from storage.tables import Feedback, LibraryAnswer, Right, Role

OFFERED = 4
SAME_TOPIC = 15
"""Points of likeness that the item's own topic is worth."""
OWN, SHIPPED = "u", "s."
"""Before the number of a unit's answer, before the key of one that ships."""


class TurnCareDesk:
    """`handlers.flows.care.CareDesk` for one turn."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def answers(self, code: str, words: str) -> tuple[Ready, ...]:
        """Answers with these words, best first; without words those nearest to the item."""
        found = item(self._context, code)
        if found is None:
            return ()
        wanted = fold(words).split()
        known = [
            (self._nearness(found, topic, ready, words), ready)
            for topic, ready in self._known(found)
            if all(word in _searched(ready) for word in wanted)
        ]
        known.sort(key=lambda pair: -pair[0])
        return tuple(ready for _, ready in known[:OFFERED])

    def answer(self, code: str, key: str) -> Ready | None:
        """One answer of the library."""
        found = item(self._context, code)
        return None if found is None else next((one for _, one in self._known(found) if one.key == key), None)

    def day(self, typed: str) -> date | None:
        """The last day that is promised, if it is not over."""
        bound = dates.read_bound(typed, self._context.now)
        return last_day_of(bound) if bound and bound > self._context.now else None

    def together(self, code: str) -> int:
        """How many members get the answer to an item."""
        found = item(self._context, code)
        return len(group_of(self._context.db, found)) if found else 1

    def public_fault(self, code: str, words: str) -> Say | None:
        """Why members may not be told this of an item."""
        found = item(self._context, code)
        return Say("officer.not_yours") if found is None else feedback_public.fault(self._context.db, found, words)

    def digest(self, code: str, words: str) -> Mapping[str, Any]:
        """What members would be told."""
        found = item(self._context, code)
        assert found is not None
        return feedback_public.preview(self._context, found, words)

    def own_units(self) -> tuple[Choice, ...]:
        """The units whose library the member may add to."""
        own = {row.unit_id for row in self._context.appointments if row.role in (Role.STAFF, Role.ADMIN)}
        found = (units.by_id(self._context.db, unit_id) for unit_id in sorted(own))
        return tuple(Choice(unit.code, unit.name) for unit in found if unit)

    def fields(self) -> tuple[str, ...]:
        """The variables of a text, as they are written."""
        return tuple(f"{{{{ {field} }}}}" for field in shipped.FIELDS)

    def is_sound(self, text: str) -> bool:
        """Whether only known variables stand in a text."""
        return shipped.is_sound(text)

    def _known(self, found: Feedback) -> list[tuple[str, Ready]]:
        """Every answer there is for an item, with its topic; a unit's own before those that ship."""
        db, receiver = self._context.db, found.receiver_id
        assert receiver is not None
        line = [receiver, *(unit.id for unit in units.ancestors(db, receiver) if unit.id is not None)]
        values = self._values(found)
        own = [(row.topic, _ready(f"{OWN}{row.id}", row, values)) for row in kept.of_units(db, line)]
        return [*own, *((row.topic, _ready(f"{SHIPPED}{row.key}", row, values)) for row in shipped.load())]

    def _values(self, found: Feedback) -> dict[str, str]:
        office = self._context.office
        day = f"{local_day(self._context.now):%d/%m/%Y}"
        receiver = news.receiver_name(self._context.db, found, office)
        return {"ma": found.code, "don_vi": receiver, "to_chuc": office.organisation, "ngay": day}

    def _nearness(self, found: Feedback, topic: str, ready: Ready, words: str) -> float:
        near = fuzz.token_set_ratio(fold(words or found.text or ""), _searched(ready))
        return near + (SAME_TOPIC if topic == found.topic else 0)


def _ready(key: str, row: LibraryAnswer | shipped.Ready, values: Mapping[str, str]) -> Ready:
    return Ready(key, row.title, row.basis, shipped.fill(row.text, values))


def _searched(ready: Ready) -> str:
    return fold(f"{ready.title} {ready.basis} {ready.text}")


# --- keeping ---


def keep(context: Context, answer: KeepAnswer) -> None:
    """Add an answer to a unit's library, if the member runs that unit."""
    unit = units.by_code(context.db, answer.unit)
    if unit is None or unit.id is None or not _runs(context, unit.id):
        context.say("common.no_right", contact=context.office.contact)
        return
    row = LibraryAnswer(
        unit_id=unit.id,
        topic=answer.topic,
        title=answer.title,
        basis=answer.basis,
        text=answer.text,
        search=fold(f"{answer.title} {answer.basis} {answer.text}"),
        author_id=context.my_id,
        added_at=context.now,
    )
    kept.add(context.db, row)
    audit.record(
        context.db,
        actor_id=context.my_id,
        action="library.add",
        unit_id=unit.id,
        subject=f"{OWN}{row.id}",
        now=context.now,
    )
    context.say("care.library_kept", title=answer.title, unit=unit.name)


def show_library(context: Context) -> None:
    """What the member's units keep, each with a button that takes it out, and the way to add one."""
    if not _staffed(context):
        context.say("common.no_right", contact=context.office.contact)
        return
    rows = kept.of_units(context.db, _staffed(context))[:8]
    label = context.office.catalogue.label
    values = {"rows": [(row.title, row.basis) for row in rows], "shipped": len(shipped.load())}
    labels = (f"{label('caring.drop')} {number}" for number, _ in enumerate(rows, 1))
    add = label("caring.add_answer")
    drops = (Choice(f"drop.{row.id}", words, words) for row, words in zip(rows, labels, strict=True))
    choices = (Choice("add", add, add), *drops)
    context.said.append(Say("care.library", values, choices, "library"))


def press(context: Context, key: str) -> bool:
    """A choice under the library; True: an answer is to be added."""
    if key == "add":
        return bool(_staffed(context))
    row = kept.by_id(context.db, int(key.removeprefix("drop."))) if key.removeprefix("drop.").isdigit() else None
    if row is None or not _runs(context, row.unit_id):
        context.say("common.old_button")
        return False
    kept.drop(row, context.now)
    audit.record(
        context.db,
        actor_id=context.my_id,
        action="library.drop",
        unit_id=row.unit_id,
        subject=f"{OWN}{row.id}",
        now=context.now,
    )
    context.say("care.library_dropped", title=row.title, text=row.text)
    return False


def _staffed(context: Context) -> list[int]:
    return sorted({row.unit_id for row in context.appointments if row.role in (Role.STAFF, Role.ADMIN)})


def _runs(context: Context, unit_id: int) -> bool:
    """Staff of this unit or above it."""
    may = context.actor.may(context.db, Right.ANSWER, unit_id)
    return may and bool(_staffed(context))
