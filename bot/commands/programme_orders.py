"""Orders about programmes: make one of a template, open, close, extend, list."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from bot.commands.reply import Reply
from handlers import programmes
from handlers.actors import Actor
from handlers.duties import acts as duties
from handlers.duties import dates
from handlers.errors import Refusal
from handlers.office import Office
from handlers.reaching import promises
from messages.dates import day_of
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

    def run(self, db: Transaction, office: Office, actor: Actor) -> Reply:
        """It takes entries from the day it opens."""
        when: date | int = int(self.opens) if self.opens.isdecimal() else date.fromisoformat(self.opens)
        now = clock.now(db)
        made = programmes.load(db, actor, self.template, when, now=now, code=self.code, run_by=self.unit)
        return Reply(office.catalogue.text("cli.programmes.loaded", _told(made)))


@dataclass(frozen=True, slots=True)
class MoveProgramme:
    """Open, close or extend a programme; `until` is the new end as staff write it: `24h 30/4/2027`."""

    code: str
    move: str
    until: str = ""
    sure: bool = False
    """Whether `question` was answered with yes."""

    def question(self, db: Transaction) -> Refusal | None:
        """What is better asked first: an end that comes earlier, a year that was guessed."""
        if Move(self.move) is not Move.EXTEND:
            return None
        now = clock.now(db)
        bound = _bound(self.until, now)
        if (present := programmes.closes_earlier(db, self.code, bound, now)) is not None:
            return Refusal("cli.programmes.sure_earlier", closes=bound, closes_now=present)
        return _guessed(self.until, bound, now)

    def run(self, db: Transaction, office: Office, actor: Actor) -> Reply:
        """When the end moves to a later moment, those concerned are told. Raises Refusal, with `question` too."""
        now = clock.now(db)
        if not self.sure and (question := self.question(db)) is not None:
            raise question
        match Move(self.move):
            case Move.OPEN:
                moved, told = programmes.open_(db, actor, self.code, now=now), ""
            case Move.CLOSE:
                moved, told = programmes.close(db, actor, self.code, now=now), ""
            case Move.EXTEND:
                moved, told = self._extend(db, office, actor, now)
        state = office.catalogue.text(f"cli.status.{programmes.status(moved, now)}", {})
        return Reply(office.catalogue.text("cli.programmes.moved", _told(moved) | {"state": state, "told": told}))

    def _extend(self, db: Transaction, office: Office, actor: Actor, now: datetime) -> tuple[Any, str]:
        bound = _bound(self.until, now)
        earlier = programmes.closes_earlier(db, self.code, bound, now) is not None
        done = programmes.extend(db, office, actor, self.code, bound, now=now, earlier=earlier)
        told = "" if earlier else promises.all_words(office, done.told, promises.Who.PEOPLE)
        return done.programme, told


@dataclass(frozen=True, slots=True)
class MoveDuty:
    """Set another date for a programme's duty; `until` as staff write it: `trước 14/4`."""

    code: str
    duty: str
    until: str
    sure: bool = False
    """Whether `question` was answered with yes."""

    def question(self, db: Transaction) -> Refusal | None:
        """What is better asked first: a year that was guessed."""
        now = clock.now(db)
        return _guessed(self.until, _bound(self.until, now), now)

    def run(self, db: Transaction, office: Office, actor: Actor) -> Reply:
        """The clock tells those concerned. Raises Refusal, with `question` too."""
        now = clock.now(db)
        if not self.sure and (question := self.question(db)) is not None:
            raise question
        moved = duties.move(db, actor, self.code, self.duty, _bound(self.until, now), now=now)
        return Reply(office.catalogue.text("cli.programmes.duty_moved", {"duty": moved.title, "due": moved.due_at}))


def _bound(until: str, now: datetime) -> datetime:
    bound = dates.read_bound(until, now)
    if bound is None:
        raise Refusal("cli.programmes.no_date")
    return bound


def _guessed(until: str, bound: datetime, now: datetime) -> Refusal | None:
    """Whether a day without a year was taken for one of next year: `29/2`, or one that has just passed."""
    next_year = day_of(bound - timedelta(microseconds=1)).year > day_of(now).year
    return Refusal("cli.programmes.sure_next_year", closes=bound) if next_year and not dates.names_year(until) else None


def _told(programme: Any) -> dict[str, Any]:
    return {
        "code": programme.code,
        "name": programme.name,
        "opens": programme.opens_at,
        "closes": programme.closes_at,
    }
