"""Orders about broadcasts: draft, confirm, pause, resume, cancel, send again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.commands.reply import Reply
from handlers.actors import Actor
from handlers.chat import broadcasts as news_desk
from handlers.errors import Refusal
from handlers.news import audience, broadcasts
from handlers.office import Office
from storage import clock
from storage.database import Transaction


class Step(StrEnum):
    """What may be done to a broadcast that was confirmed."""

    PAUSE = "pause"
    RESUME = "resume"
    CANCEL = "cancel"
    SEND_AGAIN = "send_again"


STEPS: Mapping[Step, Callable[..., object]] = {
    Step.PAUSE: broadcasts.hold,
    Step.RESUME: broadcasts.resume,
    Step.CANCEL: broadcasts.cancel,
    Step.SEND_AGAIN: broadcasts.send_again,
}


@dataclass(frozen=True, slots=True)
class CreateBroadcast:
    """Keep a text for a unit and all below as a draft."""

    text: str
    unit: str

    def run(self, db: Transaction, office: Office, actor: Actor) -> Reply:
        """Its code, and how many would get it now."""
        now = clock.now(db)
        row = broadcasts.create(db, office, actor, self.text, self.unit, now=now)
        unit = broadcasts.unit_of(db, row)
        counts = audience.count(db, office, unit, audience.start(office, None, now), now)
        values = {
            "code": row.code,
            "audience": unit.name,
            "recipients": counts.recipients,
            "everybody": counts.everybody,
            "by_channel": counts.by_channel,
            "reasons": counts.skipped,
        }
        return Reply(office.catalogue.text("cli.broadcasts.created", values))


@dataclass(frozen=True, slots=True)
class ConfirmBroadcast:
    """Let it go, at once or `at` a time as staff write it: `8h ngày 20/4/2027`."""

    code: str
    recipients: int
    at: str = ""

    def run(self, db: Transaction, office: Office, actor: Actor) -> Reply:
        """Only with the right number of recipients."""
        now = clock.now(db)
        at = self._moment(now)
        row = broadcasts.confirm(db, office, actor, self.code, self.recipients, at=at, now=now)
        return Reply(office.catalogue.text("broadcast.status", news_desk.status_values(db, row, now)))

    def _moment(self, now: datetime) -> datetime | None:
        if not self.at:
            return None
        at = news_desk.read_start(self.at, now)
        if at is None:
            raise Refusal("broadcast.time_invalid", typed=self.at)
        return at


@dataclass(frozen=True, slots=True)
class MoveBroadcast:
    """Pause, resume, cancel, or send the unknown ones again."""

    code: str
    step: str

    def run(self, db: Transaction, office: Office, actor: Actor) -> Reply:
        """How it stands afterwards."""
        now = clock.now(db)
        STEPS[Step(self.step)](db, actor, self.code, now=now)
        row = broadcasts.find(db, actor, self.code, now)
        return Reply(office.catalogue.text("broadcast.status", news_desk.status_values(db, row, now)))
