"""What an officer sees and does with one initiative in the chat: its card, the decisions, the next one (F8, F9).

What waits is listed in `inbox`; lists for the level above are in `selection_desk`.
"""

from __future__ import annotations

from datetime import datetime

from handlers.chat.context import Context
from handlers.chat.feedback import desk as feedback_desk
from handlers.chat.initiatives import card as initiative_card
from handlers.chat.initiatives import inbox, own, selection_desk
from handlers.chat.initiatives.card import changed
from handlers.errors import Refusal
from handlers.flows import desk_notes
from handlers.flows.form import Draft
from handlers.initiatives import assigning, canned, deciding, purview, selection
from handlers.initiatives.life import TABLE, Act
from handlers.initiatives.purview import Seat
from handlers.reaching import promises
from handlers.reaching.promises import Who
from messages.types import Choice, Say
from storage import members
from storage.database import Transaction
from storage.tables import Purpose, Role, State, Submission

NOTED = {Act.NEED_MORE: "need_more", Act.DECLINE: "decline"}
"""The forms in which a request or a reason is typed."""
CONFIRMED = ("agreed", "unagreed")
"""The answers to «the employer agreed?», each of which recognises."""
AWARDED = "award_sure"
"""The answer to what an award leads to."""
LEADS_TO = {
    **{act.value: step.to for act, step in TABLE.items() if step.to is not None},
    **dict.fromkeys(CONFIRMED, State.RECOGNISED),
    AWARDED: State.AWARDED,
}
"""The state that each button leads to: by it a second press is answered with what the first one did."""


def serves(context: Context) -> bool:
    """Whether the member holds any role."""
    return bool(context.appointments)


def card(context: Context, code: str) -> None:
    """One item with everything needed to decide, and the decisions open now."""
    if code.startswith(feedback_desk.PREFIX):
        feedback_desk.card(context, code)
    else:
        initiative_card.show(context, code)


def press(context: Context, question: str, key: str) -> None:
    """A button under a card or a push: `item@CODE` opens it, `item@CODE.REVISION` decides on what was shown."""
    code, _, revision = question.removeprefix("item@").partition(".")
    if key == "inbox":
        inbox.show(context)
        return
    found = purview.find(context.db, code, context.actor, context.now)
    if found is None:
        context.say("officer.not_yours")
    elif key == "open":
        card(context, code)
    elif key == "versions":
        own.show_texts(context, found[0])
    elif not revision.isdigit() or int(revision) != found[0].revision:
        changed(context, found[0], LEADS_TO.get(key))
    else:
        _pressed(context, *found, key)


def _pressed(context: Context, record: Submission, place: Seat, key: str) -> None:
    """Something that does not decide by itself, else a decision that is open now."""
    if key in CONFIRMED and Act.RECOGNISE in purview.open_acts(context.db, record, place):
        _decide(context, record.code, Act.RECOGNISE, seen=record.revision, agreed=key == "agreed")
    elif key == AWARDED and Act.AWARD in purview.open_acts(context.db, record, place):
        selection_desk.choose(context, record.code, Purpose.AWARD, seen=record.revision)
    elif key == "more":
        initiative_card.offer_more(context, record, place)
    elif key == "score" and purview.may_score(context.db, record, place):
        sheet = [[label, most] for _, label, most in purview.criteria(context.db, record)]
        _ask(context, desk_notes.SCORE.name, {"code": record.code, "criteria": sheet})
    elif key == "assign" and purview.may_assign(context.db, record, place):
        initiative_card.offer_colleagues(context, record, place)
    elif key.startswith("to.") and key.removeprefix("to.").isdecimal():
        _assign(context, record, int(key.removeprefix("to.")))
    elif key == "looked_at" and purview.may_keep(context.db, record, place):
        selection_desk.keep(context, record.code, seen=record.revision)
    elif key in {act.value for act in purview.open_acts(context.db, record, place)}:
        _act(context, record, place, Act(key))
    else:
        changed(context, record, LEADS_TO.get(key))


def _act(context: Context, record: Submission, place: Seat, act: Act) -> None:
    match act:
        case Act.RECEIVE:
            _decide(context, record.code, act, seen=record.revision)
        case Act.RECOGNISE:
            _confirm(context, record)
        case Act.NEED_MORE | Act.DECLINE:
            kept = canned.filled(context.db, context.office, record, place.unit_id, act.value)
            answers = {"code": record.code, "revision": record.revision, "canned": [list(row) for row in kept]}
            _ask(context, NOTED[act], answers)
        case Act.SELECT:
            selection_desk.choose(context, record.code, Purpose.SELECT, seen=record.revision)
        case Act.AWARD:
            _confirm_award(context, record, place)
        case Act.DESELECT:
            selection_desk.deselect(context, record.code, seen=record.revision)
        case _:
            raise ValueError(act)


def _ask(context: Context, form: str, answers: dict[str, object]) -> None:
    context.talk.begin(Draft(form, context.office.new_id(), answers))


def _confirm(context: Context, record: Submission) -> None:
    """Recognising cannot be taken back: the one question before it is also worth its answer."""
    label = context.office.catalogue.label
    choices = (*(Choice(key, label(key)) for key in CONFIRMED), Choice("open", label("look_again")))
    question = f"item@{record.code}.{record.revision}"
    context.said.append(Say("officer.recognise_confirm", {"code": record.code}, choices, question))


def _confirm_award(context: Context, record: Submission, place: Seat) -> None:
    """Who is told what and when, and how many there will be: an award cannot be taken back."""
    label = context.office.catalogue.label
    choices = (Choice(AWARDED, label(AWARDED)), Choice("open", label("look_again")))
    question = f"item@{record.code}.{record.revision}"
    values = selection.award_preview(context.db, context.office, record, place, context.now)
    context.said.append(Say("selection.award_confirm", values, choices, question))


def _assign(context: Context, record: Submission, member_id: int) -> None:
    db, office, seen = context.db, context.office, record.revision
    try:
        given = assigning.assign(db, office, context.actor, record.code, member_id, now=context.now, seen=seen)
    except Refusal as refusal:
        initiative_card.refused(context, refusal)
        return
    key = "inbox.taken" if given.told is None else "inbox.assigned"
    words = promises.words(office, given.told, Who.COLLEAGUE) if given.told is not None else ""
    context.said.append(Say(key, {"code": record.code, "name": given.name, "told": words}))
    if given.told is None:
        card(context, record.code)
    else:
        inbox.offer_next(context, record)


DECISIONS = {TABLE[act].to: act for act in NOTED}
"""What leads to each state that a typed note decides on."""


def decide(context: Context, code: str, revision: int, state: State, note: str | None) -> None:
    """Carry out what a note was typed for, on what the officer saw; what is refused gives the note back."""
    if not _decide(context, code, DECISIONS[state], seen=revision, note=note):
        context.give_back(code, note)


def _decide(context: Context, code: str, act: Act, *, seen: int, note: str | None = None, agreed: bool = False) -> bool:
    """Whether it was done; somebody else's change in between is told, not overwritten."""
    db, office, now = context.db, context.office, context.now
    try:
        moved = deciding.decide(db, office, context.actor, code, seen=seen, act=act, now=now, note=note, agreed=agreed)
    except Refusal as refusal:
        initiative_card.refused(context, refusal)
        return False
    state = office.catalogue.label(f"state.{moved.record.state}")
    context.say("officer.done", code=code, state=state, told=initiative_card.told(context, moved))
    if act is Act.RECEIVE:
        card(context, code)
    else:
        inbox.offer_next(context, moved.record)
    return True


def is_staff(context: Context) -> bool:
    """Whether the member runs programmes: staff or admin of some unit."""
    return any(row.role in (Role.STAFF, Role.ADMIN) for row in context.appointments)


def chats(db: Transaction, account: str, now: datetime) -> list[str]:
    """The chats of one account whose members hold a role now: their menus show more."""
    return members.officer_chats(db, account, now)
