"""The main menu and what it opens: programmes, look-up, help."""

from __future__ import annotations

from handlers import programmes as planning
from handlers.chat.context import Context
from handlers.chat.feedback import card as feedback_card
from handlers.chat.feedback import own as feedback
from handlers.chat.initiatives import officers, own
from handlers.feedback import items as heard
from handlers.feedback import readers
from handlers.flows.broadcast import FORM as COMPOSE
from handlers.flows.form import Draft
from handlers.flows.initiative import FORM as INITIATIVE
from handlers.initiatives import items as initiatives
from handlers.initiatives import purview
from handlers.text.readers import given_name, read_code
from handlers.units import places
from messages.types import Choice, Say
from storage import programmes, units
from storage.tables import Kind

MEMBERS = ("initiative", "feedback", "lookup", "programmes", "news", "privacy", "help")
OFFICERS = ("inbox", "duties", "report", *MEMBERS)


def offer(context: Context, say: Say) -> None:
    """Say something whose choices stay valid by number until the next menu."""
    context.talk.offered, context.talk.question = say.choices, say.question
    context.said.append(say)


def show(context: Context) -> None:
    """The main menu; what is unfinished is offered first."""
    context.talk.active = None
    label = context.office.catalogue.label
    keys = OFFICERS if officers.serves(context) else MEMBERS
    if officers.is_staff(context):
        keys = (*keys[:2], "compose", *keys[2:])
    choices = tuple(Choice(key, label(key)) for key in keys)
    if any(f"label.drafts.{name}" in context.office.catalogue for name in context.talk.drafts):
        choices = (Choice("resume", label("resume_draft")), *choices)
    offer(context, Say("menu.main", {}, choices, "menu"))


def greet(context: Context) -> None:
    """Welcome somebody back, then the menu."""
    if context.me.name:
        context.say("welcome.back", given_name=given_name(context.me.name))
    show(context)


def list_programmes(context: Context) -> None:
    """What is open, what is coming, what has just closed; who runs one may move its end."""
    keys = ["initiative"] if programmes.open_at(context.db, context.now, Kind.INITIATIVE) else ["watch"]
    if planning.extendable(context.db, context.actor, context.now):
        keys.append("extend")
    choices = tuple(Choice(key, context.office.catalogue.label(key)) for key in keys)
    offer(context, Say("programmes.list", _programmes(context), choices, "menu"))


def list_programmes_publicly(context: Context) -> None:
    """The same for somebody who has not agreed to the notice: to read, nothing to press."""
    context.say("programmes.list", **_programmes(context))


def _programmes(context: Context) -> dict[str, object]:
    db, now = context.db, context.now
    groups = {
        "open": programmes.all_open(db, now),
        "upcoming": programmes.all_upcoming(db, now),
        "closed": programmes.closed_recently(db, now),
    }
    return {name: [(row.name, row.opens_at, row.closes_at) for row in rows] for name, rows in groups.items()}


def come_from_poster(context: Context, code: str) -> None:
    """A member scanned a unit's poster: offer an initiative from that unit."""
    note_unit(context, code)
    start_initiative(context)


def note_unit(context: Context, code: str) -> None:
    """Remember the unit of a poster, for somebody who has not named another."""
    unit = units.by_code(context.db, code)
    member = context.me
    if unit is None or member.unit_id is not None or member.other_unit is not None:
        return
    member.unit_id, member.place = unit.id, places.place_of(context.db, unit)
    context.say("welcome.unit_noted", unit=unit.name)


def help_(context: Context) -> None:
    """What can be typed, and whom to ask."""
    context.say("common.help", contact=context.office.contact, officer=officers.serves(context))


def not_understood(context: Context) -> None:
    """Nothing we know: say so and show the menu."""
    context.say("common.not_understood")
    show(context)


def look_up(context: Context, typed: str) -> None:
    """One of one's own submissions, by the code as it was typed."""
    code = read_code(typed)
    if code is not None and code.startswith(heard.PREFIX):
        _look_up_feedback(context, code, typed)
        return
    record = initiatives.own(context.db, context.actor, code) if code else None
    if record is not None:
        own.show(context, record)
    elif code is not None and purview.find(context.db, code, context.actor, context.now) is not None:
        officers.card(context, code)
    else:
        context.say("lookup.unknown", typed=typed[:40])


def _look_up_feedback(context: Context, code: str, typed: str) -> None:
    mine = heard.own(context.db, context.actor, code)
    if mine is not None:
        feedback.show(context, mine)
    elif readers.find(context.db, context.actor, code, context.now) is not None:
        feedback_card.show(context, code)
    else:
        context.say("lookup.unknown", typed=typed[:40])


def offer_draft(context: Context, form: str) -> bool:
    """Whether there is an unfinished one of this form; then it is asked what to do with it."""
    if form not in context.talk.drafts:
        return False
    label = context.office.catalogue.label
    keys = (f"resume.{form}", f"restart.{form}") if form == COMPOSE.name else (f"{form}_resume", f"{form}_restart")
    choices = (Choice(keys[0], label("continue")), Choice(keys[1], label("restart")))
    context.talk.active = None
    offer(context, Say("common.draft_waiting", {"form_label": label(form)}, choices, "menu"))
    return True


def start_initiative(context: Context) -> None:
    """A new initiative, or the question what to do with the unfinished one."""
    if INITIATIVE.name in context.talk.drafts:
        label = context.office.catalogue.label
        choices = (Choice("resume", label("continue")), Choice("restart", label("restart")))
        values = {"form_label": label("initiative")}
        context.talk.active = None
        offer(context, Say("common.draft_waiting", values, choices, "menu"))
        return
    context.talk.begin(Draft(INITIATIVE.name, context.office.new_id()))
