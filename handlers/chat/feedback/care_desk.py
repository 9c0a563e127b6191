"""What officers' conversations about feedback may know: `handlers.flows.care.CareDesk` for one turn."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from handlers.chat.context import Context
from handlers.chat.feedback import public as public_screen
from handlers.duties import dates
from handlers.feedback import card, library, public, readers
from handlers.flows.care import Ready
from messages import library as shipped
from messages.dates import last_day_of
from messages.types import Choice, Say
from storage import units
from storage.tables import Feedback


class TurnCareDesk:
    """An item is named by its code; what the officer may not read has no answers."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def answers(self, code: str, words: str) -> tuple[Ready, ...]:
        """Answers with these words, best first; without words those nearest to the item."""
        turn = self._context
        found = library.search(turn.db, turn.office, turn.actor, code, words, turn.now)
        return tuple(Ready(one.key, one.title, one.basis, one.text) for one in found)

    def answer(self, code: str, key: str) -> Ready | None:
        """One answer of the library."""
        turn = self._context
        found = library.one(turn.db, turn.office, turn.actor, code, key, turn.now)
        return None if found is None else Ready(found.key, found.title, found.basis, found.text)

    def day(self, typed: str) -> date | None:
        """The last day that is promised, if it is not over."""
        bound = dates.read_bound(typed, self._context.now)
        return last_day_of(bound) if bound and bound > self._context.now else None

    def together(self, code: str) -> int:
        """How many members get the answer to an item."""
        item = self._item(code)
        return len(card.group_of(self._context.db, item)) if item else 1

    def public_fault(self, code: str, words: str) -> Say | None:
        """Why members may not be told this of an item."""
        item = self._item(code)
        if item is None:
            return Say("officer.not_yours")
        fault = public.fault(self._context.db, item, words)
        return None if fault is None else Say(fault.key, fault.values)

    def digest(self, code: str, words: str) -> Mapping[str, Any]:
        """What members would be told."""
        return public_screen.preview(self._context, code, words)

    def own_units(self) -> tuple[Choice, ...]:
        """The units whose library the member may add to."""
        found = (units.by_id(self._context.db, unit_id) for unit_id in library.run_by(self._context.actor))
        return tuple(Choice(unit.code, unit.name) for unit in found if unit)

    def fields(self) -> tuple[str, ...]:
        """The variables of a text, as they are written."""
        return tuple(f"{{{{ {field} }}}}" for field in shipped.FIELDS)

    def is_sound(self, text: str) -> bool:
        """Whether only known variables stand in a text."""
        return shipped.is_sound(text)

    def _item(self, code: str) -> Feedback | None:
        return readers.find(self._context.db, self._context.actor, code, self._context.now)
