"""Orders about the union's own order: the tree of units, and who serves them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from bot import sheets
from bot.commands.reply import Reply
from handlers.actors import Actor
from handlers.office import Office
from handlers.people import appointments, pairing
from handlers.units import changes as unit_changes
from handlers.units import tree as units
from handlers.units.tree import ImportPlan
from storage import clock
from storage.database import Transaction

SHOWN_ERRORS = 50


class UnitChange(StrEnum):
    """What may happen to a unit that exists."""

    RENAME = "rename"
    CLOSE = "close"
    MERGE = "merge"


@dataclass(frozen=True, slots=True)
class ImportUnits:
    """Read the rows of a sheet of units into the tree; with `dry_run` only tell what would change."""

    dry_run: bool
    body: bytes
    """JSON: the rows as `bot.sheets` packs them. The file itself is read before, in a process of its own."""

    def run(self, db: Transaction, office: Office, actor: Actor) -> Reply:
        """All of the sheet or nothing of it."""
        planned = units.plan(db, sheets.unpack(json.loads(self.body)))
        words = office.catalogue.text
        if planned.errors:
            return Reply("\n".join(_errors(office, planned)), done=False)
        if not self.dry_run:
            units.apply(db, actor, planned, now=clock.now(db))
        return Reply(words("cli.units.would" if self.dry_run else "cli.units.done", _counts(planned)))


@dataclass(frozen=True, slots=True)
class InviteOfficer:
    """Make a one-time code for an officer of a unit."""

    unit: str
    role: str
    days: int
    deputy: bool = False
    rights: tuple[str, ...] | None = None
    """Names of `Right`s; None: all."""

    def run(self, db: Transaction, office: Office, actor: Actor) -> Reply:
        """The code is in the answer and nowhere else."""
        made = pairing.invite(
            db,
            office,
            actor,
            self.unit,
            self.role,
            deputy=self.deputy,
            rights=self.rights,
            days=self.days,
            now=clock.now(db),
        )
        values = {"code": made.code, "unit": made.unit.code, "role": self.role, "due": made.expires}
        return Reply(office.catalogue.text("cli.officers.code", values))


@dataclass(frozen=True, slots=True)
class EndOfficer:
    """End a role at once."""

    appointment_id: int

    def run(self, db: Transaction, office: Office, actor: Actor) -> Reply:
        """Whoever held it is told."""
        ended = appointments.end(db, office, actor, self.appointment_id, now=clock.now(db))
        values = {"name": ended.member.name or "", "role": ended.appointment.role, "unit": ended.unit.name}
        return Reply(office.catalogue.text("cli.officers.ended", values))


@dataclass(frozen=True, slots=True)
class ChangeUnit:
    """Rename, close or merge a unit; `day` in ISO form is the last of the unit that closes, else the first of the new.

    `to` is the new name, or the code of the unit it goes on in.
    """

    code: str
    change: str
    day: str
    to: str = ""

    def run(self, db: Transaction, office: Office, actor: Actor) -> Reply:
        """From that day on, which may not lie ahead."""
        now, day = clock.now(db), date.fromisoformat(self.day)
        words = office.catalogue.text
        match UnitChange(self.change):
            case UnitChange.RENAME:
                unit = unit_changes.rename(db, actor, self.code, self.to, first=day, now=now)
                return Reply(words("cli.units.renamed", {"code": unit.code, "name": unit.name}))
            case UnitChange.CLOSE:
                unit = unit_changes.close(db, office, actor, self.code, last=day, now=now)
                return Reply(words("cli.units.closed", {"code": unit.code, "name": unit.name, "date": day}))
            case UnitChange.MERGE:
                done = unit_changes.merge(db, office, actor, self.code, self.to, first=day, now=now)
                told = {"unit": done.unit.name, "into": done.into.name, "members": done.members}
                return Reply(words("cli.units.merged", {**told, "officers": done.officers}))


def _counts(planned: ImportPlan) -> dict[str, int]:
    return {
        "created": len(planned.created),
        "changed": len(planned.changed),
        "unchanged": planned.unchanged,
        "ended": len(planned.closed),
    }


def _errors(office: Office, planned: ImportPlan) -> Iterator[str]:
    words = office.catalogue.text
    count = len(planned.errors)
    yield words("cli.units.errors", {"count": count})
    for error in planned.errors[:SHOWN_ERRORS]:
        yield words("cli.units.error", {"line": error.line, "reason": words(error.message_key, error.values)})
    if count > SHOWN_ERRORS:
        yield words("cli.units.more_errors", {"more": count - SHOWN_ERRORS})
