"""Orders about programmes: make one of a template, open, close, extend, list."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from bot.commands.reply import Reply
from handlers import programmes
from handlers.actors import COMMAND_LINE
from handlers.duties import acts as duties
from handlers.duties import dates, openings
from handlers.errors import Refusal
from handlers.office import Office
from handlers.reaching import promises
from storage import clock
from storage.database import Transaction


class Move(StrEnum):
    """What may be done to a programme that exists."""

    OPEN = "open"
    CLOSE = "close"
    EXTEND = "extend"


@dataclass(frozen=True, slots=True)
class LoadProgramme:
    """Make a programme of a template: in `opens`, a year or a day in ISO form."""

    template: str
    opens: str
    code: str | None
    unit: str | None = None
    """The unit that runs it; None: it is for everybody."""

    def run(self, db: Transaction, office: Office) -> Reply:
        """It takes entries from the day it opens."""
        when: date | int = int(self.opens) if self.opens.isdecimal() else date.fromisoformat(self.opens)
        now = clock.now(db)
        made = programmes.load(db, self.template, when, actor=COMMAND_LINE, now=now, code=self.code, run_by=self.unit)
        return Reply(office.catalogue.text("cli.programmes.loaded", _told(made)))


@dataclass(frozen=True, slots=True)
class MoveProgramme:
    """Open, close or extend a programme; `until` is the new end as staff write it: `24h 30/4/2027`."""

    code: str
    move: str
    until: str = ""

    def run(self, db: Transaction, office: Office) -> Reply:
        """When the end moves, those concerned are told."""
        now = clock.now(db)
        match Move(self.move):
            case Move.OPEN:
                moved, told = programmes.open_(db, self.code, actor=COMMAND_LINE, now=now), ""
            case Move.CLOSE:
                moved, told = programmes.close(db, self.code, actor=COMMAND_LINE, now=now), ""
            case Move.EXTEND:
                moved = programmes.extend(db, self.code, _bound(self.until, now), actor=COMMAND_LINE, now=now)
                told = promises.all_words(office, openings.tell_extended(db, office, moved, now), promises.Who.PEOPLE)
        state = office.catalogue.text(f"cli.status.{programmes.status(moved, now)}", {})
        return Reply(office.catalogue.text("cli.programmes.moved", _told(moved) | {"state": state, "told": told}))


@dataclass(frozen=True, slots=True)
class MoveDuty:
    """Set another date for a programme's duty; `until` as staff write it: `trước 14/4`."""

    code: str
    duty: str
    until: str

    def run(self, db: Transaction, office: Office) -> Reply:
        """The clock tells those concerned."""
        now = clock.now(db)
        moved = duties.move(db, self.code, self.duty, _bound(self.until, now), actor=COMMAND_LINE, now=now)
        return Reply(office.catalogue.text("cli.programmes.duty_moved", {"duty": moved.title, "due": moved.due_at}))


def _bound(until: str, now: datetime) -> datetime:
    bound = dates.read_bound(until, now)
    if bound is None:
        raise Refusal("cli.programmes.no_date")
    return bound


def _told(programme: Any) -> dict[str, Any]:
    return {
        "code": programme.code,
        "name": programme.name,
        "opens": programme.opens_at,
        "closes": programme.closes_at,
    }
