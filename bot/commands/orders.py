"""Orders: what a command wants done with the database, as plain data that can travel to the process that serves it.

An order runs inside one transaction, wherever that is, and answers in words. What it means is decided in handlers.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any

from bot import control
from bot.commands.backup_orders import CancelHeld, NoteBackup, ReleaseHeld
from bot.commands.broadcast_orders import ConfirmBroadcast, CreateBroadcast, MoveBroadcast
from bot.commands.cover_orders import NoteCover
from bot.commands.doubt_orders import SendAgain
from bot.commands.oa_orders import KeepPair
from bot.commands.organisation_orders import ChangeUnit, EndOfficer, ImportUnits, InviteOfficer
from bot.commands.programme_orders import LoadProgramme, MoveDuty, MoveProgramme
from bot.commands.reply import Order, Reply
from bot.writer import Writer
from handlers import beside, exports
from handlers.actors import COMMAND_LINE, Actor
from handlers.beside import Answers, Beside, Question
from handlers.errors import Refusal
from handlers.exports import ExportKind, Request
from handlers.office import Office
from handlers.papers.sheets import Form
from handlers.people import data_requests
from storage import clock
from storage.database import Transaction


@dataclass(frozen=True, slots=True)
class NoteExport:
    """Note who exports what, before the command reads it."""

    kind: str
    form: str
    unit: str | None

    def run(self, db: Transaction, office: Office, actor: Actor) -> Reply:
        """Nothing is said of it."""
        request = Request(ExportKind(self.kind), Form(self.form), self.unit)
        exports.record(db, actor, request, now=clock.now(db))
        return Reply("")


@dataclass(frozen=True, slots=True)
class NoteCopy:
    """Note that a copy of a member's data is made, before the command reads it."""

    who: str

    def run(self, db: Transaction, office: Office, actor: Actor) -> Reply:
        """Nothing is said of it."""
        data_requests.note_copy(db, actor, self.who, now=clock.now(db))
        return Reply("")


@dataclass(frozen=True, slots=True)
class EraseMember:
    """Erase a member."""

    who: str

    def run(self, db: Transaction, office: Office, actor: Actor) -> Reply:
        """There is no way back."""
        code = data_requests.erase(db, office, actor, self.who, now=clock.now(db))
        return Reply(office.catalogue.text("cli.privacy.erased", {"code": code}))


ORDERS: tuple[type[Order], ...] = (
    ImportUnits,
    ChangeUnit,
    InviteOfficer,
    EndOfficer,
    NoteExport,
    NoteCover,
    NoteCopy,
    EraseMember,
    LoadProgramme,
    MoveProgramme,
    MoveDuty,
    CreateBroadcast,
    ConfirmBroadcast,
    MoveBroadcast,
    NoteBackup,
    ReleaseHeld,
    CancelHeld,
    SendAgain,
    KeepPair,
)


def pack(order: Order, operator: str) -> control.Envelope:
    """The order as it travels, with the name of whoever gave the command."""
    told = {field.name: getattr(order, field.name) for field in fields(order)}  # type: ignore[arg-type]
    body = told.pop("body", b"")
    return control.Envelope({"order": type(order).__name__, "operator": operator, **told}, body)


def unpack(envelope: control.Envelope) -> tuple[Order, Actor]:
    """Read what `pack` wrote: what is wanted, and who wants it.

    An order of another version of the product is a KeyError or a TypeError.
    """
    told: dict[str, Any] = dict(envelope.facts)
    actor = replace(COMMAND_LINE, operator=told.pop("operator"))
    kind = {order.__name__: order for order in ORDERS}[told.pop("order")]
    return kind(**told, **({"body": envelope.body} if envelope.body else {})), actor


def run(db: Transaction, order: Order, actor: Actor, office: Office) -> control.Facts:
    """Carry an order out in this transaction. Raises control.Refused, and then nothing was changed."""
    try:
        reply = order.run(db, office, actor)
    except Refusal as refusal:
        raise control.Refused({"text": office.catalogue.text(refusal.key, refusal.values)}) from refusal
    return {"text": reply.text, "done": reply.done}


def carrier(writer: Writer, office: Office) -> control.Carry:
    """How a serving process carries out what commands hand it: one after another, on its writer thread."""

    async def carry(envelope: control.Envelope) -> control.Facts:
        answers: dict[Question[Any], Any] = {}
        while True:
            try:
                return await writer.run(_run_briefly, *unpack(envelope), office, answers)
            except Beside as need:
                answers[need.question] = await writer.read(need.question.answer, office)

    return carry


def _run_briefly(db: Transaction, order: Order, actor: Actor, office: Office, answers: Answers) -> control.Facts:
    """As `run`, while others wait: what takes long is looked up beforehand. Raises Beside until it has been."""
    beside.give(db, answers)
    return run(db, order, actor, office)
