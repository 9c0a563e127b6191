"""What an officer sees and does with one initiative in the chat: its card, the decisions, the next one (F8, F9).

What waits is listed in `inbox`; lists for the level above are in `selection_desk`.
"""

from __future__ import annotations

from datetime import datetime

from handlers.chat.context import Context
from handlers.chat.feedback import card as feedback_card
from handlers.chat.initiatives import card as initiative_card
from handlers.chat.initiatives import inbox, selection_desk
from handlers.chat.initiatives.card import changed
from handlers.errors import Refusal
from handlers.feedback import items as heard
from handlers.flows import desk_notes
from handlers.flows.form import Draft
from handlers.initiatives import assigning, canned, items, purview, selection
from handlers.initiatives import life as initiative_life
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


def item(context: Context, code: str) -> Submission | None:
    """An initiative on the member's own desk; any other is as good as not there."""
    found = purview.find(context.db, code, context.my_id, context.now) if serves(context) else None
    return found[0] if found else None


def card(context: Context, code: str) -> None:
    """One item with everything needed to decide, and the decisions open now."""
    if code.startswith(heard.PREFIX):
        feedback_card.show(context, code)
    else:
        initiative_card.show(context, code)


def press(context: Context, question: str, key: str) -> None:
    """A button under a card or a push: `item@CODE` opens it, `item@CODE.REVISION` decides on what was shown."""
    code, _, revision = question.removeprefix("item@").partition(".")
    if key == "inbox":
        inbox.show(context)
        return
    found = purview.find(context.db, code, context.my_id, context.now)
    if found is None:
        context.say("officer.not_yours")
    elif key == "open":
        card(context, code)
    elif key == "versions":
        items.show_texts(context, found[0])
    elif not revision.isdigit() or int(revision) != found[0].revision:
        changed(context, found[0], LEADS_TO.get(key))
    else:
        _pressed(context, *found, key)


def _pressed(context: Context, record: Submission, place: Seat, key: str) -> None:
    """Something that does not decide by itself, else a decision that is open now."""
    if key in CONFIRMED and Act.RECOGNISE in purview.open_acts(context.db, record, place):
        _recognise(context, record, place, agreed=key == "agreed")
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
        selection.keep(context.db, record.code, actor_id=context.my_id, now=context.now)
        context.say("selection.kept", code=record.code)
        inbox.offer_next(context, record)
    elif key in {act.value for act in purview.open_acts(context.db, record, place)}:
        _act(context, record, place, Act(key))
    else:
        changed(context, record, LEADS_TO.get(key))


def _act(context: Context, record: Submission, place: Seat, act: Act) -> None:
    match act:
        case Act.RECEIVE:
            decide(context, record.code, record.revision, State.RECEIVED, None)
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


def _recognise(context: Context, record: Submission, place: Seat, *, agreed: bool) -> None:
    if agreed:
        assigning.agree(context.db, record, unit_id=place.unit_id, actor_id=context.my_id, now=context.now)
    decide(context, record.code, record.revision, State.RECOGNISED, None)


def _assign(context: Context, record: Submission, member_id: int) -> None:
    try:
        name, told = assigning.assign(
            context.db, context.office, record.code, member_id, actor_id=context.my_id, now=context.now
        )
    except Refusal as refusal:
        context.said.append(Say(refusal.key, refusal.values))
        return
    key = "inbox.taken" if member_id == context.my_id else "inbox.assigned"
    words = promises.words(context.office, told, Who.COLLEAGUE) if told is not None else ""
    context.said.append(Say(key, {"code": record.code, "name": name, "told": words}))
    if member_id == context.my_id:
        card(context, record.code)
    else:
        inbox.offer_next(context, record)


DECISIONS = {TABLE[act].to: act for act in (Act.RECEIVE, Act.NEED_MORE, Act.RECOGNISE, Act.DECLINE)}
"""What leads to each state an officer decides on."""


def decide(context: Context, code: str, revision: int, state: State, note: str | None) -> None:
    """Carry out a decision on what the officer saw; somebody else's change in between is told, not overwritten."""
    found = purview.find(context.db, code, context.my_id, context.now)
    if found is None:
        context.say("officer.not_yours")
        return
    record, place = found
    act = DECISIONS[state]
    is_open = record.revision == revision and act in purview.open_acts(context.db, record, place)
    moved = is_open and initiative_life.move(
        context.db,
        context.office,
        record,
        act,
        unit_id=place.unit_id,
        actor_id=context.my_id,
        now=context.now,
        note=note,
    )
    if not moved:
        changed(context, record)
        context.give_back(code, note)
        return
    label = context.office.catalogue.label(f"state.{state}")
    context.say("officer.done", code=code, state=label, told=moved.words(context.office))
    if act is Act.RECEIVE:
        card(context, code)
    else:
        inbox.offer_next(context, record)


def is_staff(context: Context) -> bool:
    """Whether the member runs programmes: staff or admin of some unit."""
    return any(row.role in (Role.STAFF, Role.ADMIN) for row in context.appointments)


def chats(db: Transaction, account: str, now: datetime) -> list[str]:
    """The chats of one account whose members hold a role now: their menus show more."""
    return members.officer_chats(db, account, now)
