"""Orders: what a command wants done with the database, as plain data that can travel to the process that serves it.

An order runs inside one transaction, wherever that is, and answers in words. What it means is decided in handlers.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import timedelta
from typing import Any

from bot import control
from bot.commands.broadcast_orders import ConfirmBroadcast, CreateBroadcast, MoveBroadcast
from bot.commands.programme_orders import LoadProgramme, MoveDuty, MoveProgramme
from bot.commands.reply import Order, Reply
from bot.writer import Writer
from handlers import data_requests, exports, pairing, units
from handlers.errors import Refusal
from handlers.exports import ExportKind, Request
from handlers.office import Office
from handlers.papers.sheets import Form
from handlers.units import ImportPlan
from storage import clock
from storage.database import Transaction

SHOWN_ERRORS = 50


@dataclass(frozen=True, slots=True)
class ImportUnits:
    """Read a sheet of units into the tree; with `dry_run` only tell what would change."""

    filename: str
    dry_run: bool
    body: bytes

    def run(self, db: Transaction, office: Office) -> Reply:
        """All of the sheet or nothing of it."""
        planned = units.plan(db, units.read_sheet(self.body, self.filename))
        words = office.catalogue.text
        if planned.errors:
            return Reply("\n".join(_errors(office, planned)), done=False)
        if not self.dry_run:
            units.apply(db, planned, actor_id=None, now=clock.now(db))
        return Reply(words("cli.units.would" if self.dry_run else "cli.units.done", _counts(planned)))


@dataclass(frozen=True, slots=True)
class InviteOfficer:
    """Make a one-time code for an officer of a unit."""

    unit: str
    role: str
    days: int

    def run(self, db: Transaction, office: Office) -> Reply:
        """The code is in the answer and nowhere else."""
        now = clock.now(db)
        expires = now + timedelta(days=self.days)
        chance = secrets.SystemRandom()
        code = pairing.invite(
            db, unit_code=self.unit, role=self.role, expires=expires, chance=chance, actor_id=None, now=now
        )
        values = {"code": code, "unit": self.unit.strip().upper(), "role": self.role, "due": expires}
        return Reply(office.catalogue.text("cli.officers.code", values))


@dataclass(frozen=True, slots=True)
class NoteExport:
    """Note who exports what, before the command reads it."""

    kind: str
    form: str
    unit: str | None

    def run(self, db: Transaction, office: Office) -> Reply:
        """Nothing is said of it."""
        request = Request(ExportKind(self.kind), Form(self.form), self.unit)
        exports.record(db, request, actor_id=None, now=clock.now(db))
        return Reply("")


@dataclass(frozen=True, slots=True)
class NoteCopy:
    """Note that a copy of a member's data is made, before the command reads it."""

    who: str

    def run(self, db: Transaction, office: Office) -> Reply:
        """Nothing is said of it."""
        data_requests.note_copy(db, who=self.who, now=clock.now(db))
        return Reply("")


@dataclass(frozen=True, slots=True)
class EraseMember:
    """Erase a member."""

    who: str

    def run(self, db: Transaction, office: Office) -> Reply:
        """There is no way back."""
        code = data_requests.erase(db, office, who=self.who, now=clock.now(db))
        return Reply(office.catalogue.text("cli.privacy.erased", {"code": code}))


ORDERS: tuple[type[Order], ...] = (
    ImportUnits,
    InviteOfficer,
    NoteExport,
    NoteCopy,
    EraseMember,
    LoadProgramme,
    MoveProgramme,
    MoveDuty,
    CreateBroadcast,
    ConfirmBroadcast,
    MoveBroadcast,
)


def pack(order: Order) -> control.Envelope:
    """The order as it travels."""
    told = {field.name: getattr(order, field.name) for field in fields(order)}  # type: ignore[arg-type]
    body = told.pop("body", b"")
    return control.Envelope({"order": type(order).__name__, **told}, body)


def unpack(envelope: control.Envelope) -> Order:
    """Read what `pack` wrote; an order of another version of the product is a KeyError or a TypeError."""
    told: dict[str, Any] = dict(envelope.facts)
    kind = {order.__name__: order for order in ORDERS}[told.pop("order")]
    return kind(**told, **({"body": envelope.body} if envelope.body else {}))


def run(db: Transaction, order: Order, office: Office) -> control.Facts:
    """Carry an order out in this transaction. Raises control.Refused, and then nothing was changed."""
    try:
        reply = order.run(db, office)
    except Refusal as refusal:
        raise control.Refused({"text": office.catalogue.text(refusal.key, refusal.values)}) from refusal
    return {"text": reply.text, "done": reply.done}


def carrier(writer: Writer, office: Office) -> control.Carry:
    """How a serving process carries out what commands hand it: one after another, on its writer thread."""

    async def carry(envelope: control.Envelope) -> control.Facts:
        return await writer.run(run, unpack(envelope), office)

    return carry


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
