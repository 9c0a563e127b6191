"""Lists in the chat: what is chosen, choosing more, sending it up, rewards, the cover list (F10)."""

from __future__ import annotations

from collections.abc import Sequence

from handlers.chat.context import Context
from handlers.chat.initiatives import card as initiative_card
from handlers.chat.initiatives import inbox, standings_desk
from handlers.errors import Refusal
from handlers.files import files
from handlers.flows import desk_notes
from handlers.initiatives import covers, purview, quotas, selection
from handlers.initiatives.life import Moved
from handlers.initiatives.selection import QUESTION, ListChanged, NeedsReason
from handlers.reaching import promises
from messages.types import Choice, Say
from storage import programmes, selections, units
from storage.files import Info
from storage.tables import Programme, Purpose, Right, Submission, Unit

LISTED = 10
SURE = "forward_sure."
"""Before the stamp of the list that was shown when sending it up was confirmed."""


def choose(
    context: Context, code: str, purpose: Purpose, *, seen: int | None = None, reason: str | None = None
) -> None:
    """Choose one for the list or a reward; a planned number that is reached asks for a reason."""
    db, office, now = context.db, context.office, context.now
    try:
        moved = selection.choose(db, office, context.actor, code, purpose, now=now, seen=seen, reason=reason)
    except Refusal as refusal:
        _refused(context, refusal, purpose, seen)
        if context.talk.draft is None:
            context.give_back(code, reason)
        return
    _chosen(context, [moved], purpose)
    inbox.offer_next(context, moved.record)


def choose_many(context: Context, codes: Sequence[str]) -> None:
    """Several for the list at once; it stops where one needs a reason or is refused, and says so."""
    several = selection.choose_many(context.db, context.office, context.actor, codes, now=context.now)
    if several.done:
        _chosen(context, several.done, Purpose.SELECT)
    if several.stopped is not None:
        _refused(context, several.stopped, Purpose.SELECT, None)


def _refused(context: Context, refusal: Refusal, purpose: Purpose, seen: int | None) -> None:
    if isinstance(refusal, NeedsReason):
        inbox.begin(context, desk_notes.OVER.name, {**refusal.values, "purpose": purpose.value, "revision": seen})
    else:
        initiative_card.refused(context, refusal)


def _chosen(context: Context, done: Sequence[Moved], purpose: Purpose) -> None:
    """Say how many there are now, who knows of it, and what may be done next."""
    record = done[-1].record
    found = purview.find(context.db, record.code, context.actor, context.now)
    assert found is not None
    unit_id = found[1].unit_id
    number = quotas.standing(context.db, record.programme_id, unit_id, purpose)
    values = {
        "code": record.code,
        "also": len(done) - 1,
        "award": purpose is Purpose.AWARD,
        "count": number.count if number else 0,
        "planned": number.planned if number else 0,
        "told": initiative_card.told(context, *done),
    }
    label = context.office.catalogue.label
    choices = (Choice(f"chosen.{unit_id}", label("chosen")), Choice("inbox", label("open_inbox")))
    context.said.append(Say("selection.done", values, choices, "inbox"))


def deselect(context: Context, code: str, *, seen: int) -> None:
    """Take one off the list."""
    try:
        moved = selection.deselect(context.db, context.office, context.actor, code, now=context.now, seen=seen)
    except Refusal as refusal:
        initiative_card.refused(context, refusal)
        return
    context.say("selection.taken_back", code=code, told=initiative_card.told(context, moved))


def keep(context: Context, code: str, *, seen: int) -> None:
    """What was sent up stays as it is, and waits no more."""
    try:
        record = selection.keep(context.db, context.actor, code, now=context.now, seen=seen)
    except Refusal as refusal:
        initiative_card.refused(context, refusal)
        return
    context.say("selection.kept", code=code)
    inbox.offer_next(context, record)


def show_list(context: Context, unit_id: int) -> None:
    """For each programme in which something is chosen or could be: the list, «18/20», and what may be done."""
    try:
        found = selection.lists(context.db, context.actor, unit_id, context.now)
    except Refusal as refusal:
        context.refused(refusal)
        return
    unit = units.by_id(context.db, unit_id)
    assert unit is not None
    for one in found:
        _one_list(context, unit, one.programme, one.listed, len(one.could))
    if not found:
        context.say("selection.list_empty", unit=unit.name)


def _one_list(context: Context, unit: Unit, programme: Programme, listed: Sequence[Submission], could: int) -> None:
    assert unit.id is not None
    label = context.office.catalogue.label
    rights = purview.desk_rights(context.db, context.actor, unit.id, context.now)
    numbers = [(row.title, row.count, row.planned) for row in quotas.standings(context.db, programme, unit)]
    values = {
        "unit": unit.name,
        "programme": programme.name,
        "above": selection.above_name(context.db, context.office, unit.id),
        "numbers": numbers,
        "items": [(record.code, inbox.excerpt(record)) for record in listed[:LISTED]],
        "more": max(0, len(listed) - LISTED),
        "could": could,
    }
    choices = []
    if listed and Right.FORWARD in rights:
        choices.append(Choice("forward", context.office.catalogue.text("selection.forward", {"count": len(listed)})))
    if could and Right.SELECT in rights:
        choices.append(Choice("choose", label("choose")))
    choices += [
        Choice(f"cover.{row.id}", context.office.catalogue.text("selection.cover_of", {"number": row.id}))
        for row in selections.lists_of(context.db, unit.id, 1)
        if row.programme_id == programme.id and Right.FORWARD in rights
    ]
    choices += [Choice(record.code, record.code) for record in listed[:LISTED]]
    where = f"{QUESTION}@{unit.id}.{programme.id}"
    context.said.append(Say("selection.list", values, tuple(choices), where if choices else ""))


def press(context: Context, question: str, key: str) -> None:
    """Under a list, `chosen@UNIT.PROGRAMME`: send it up, choose more, set targets; or a code, which opens its card."""
    unit_id, _, programme_id = question.partition("@")[2].partition(".")
    if not (unit_id.isdecimal() and programme_id.isdecimal()):
        context.say("common.old_button")
        return
    match key:
        case "list":
            show_list(context, int(unit_id))
        case "forward":
            _confirm_forward(context, int(unit_id), int(programme_id))
        case _ if key.startswith(SURE):
            _forward(context, int(unit_id), int(programme_id), key.removeprefix(SURE))
        case "choose":
            _choose_some(context, int(unit_id), int(programme_id))
        case "targets":
            standings_desk.ask_targets(context, int(unit_id), int(programme_id))
        case "inbox":
            inbox.show(context)
        case _ if key.startswith("cover.") and key.removeprefix("cover.").isdecimal():
            _hand_out_cover(context, int(key.removeprefix("cover.")))
        case _:
            initiative_card.show(context, key)


def _confirm_forward(context: Context, unit_id: int, programme_id: int) -> None:
    """Who is told, and how the list stands against the plan: what went up does not come back."""
    unit, programme = units.by_id(context.db, unit_id), programmes.by_id(context.db, programme_id)
    if unit is None or programme is None:
        context.say("officer.not_yours")
        return
    try:
        listed = selection.pending(context.db, context.actor, unit_id, programme_id, context.now)
    except Refusal as refusal:
        context.refused(refusal)
        return
    if not listed:
        sent = selections.lists_of(context.db, unit_id, 1)
        context.said.append(Say("selection.nothing", {"unit": unit.name, "sent": sent[0].at if sent else None}))
        return
    number = quotas.standing(context.db, programme_id, unit_id, Purpose.SELECT)
    values = {
        "unit": unit.name,
        "above": selection.above_name(context.db, context.office, unit_id),
        "programme": programme.name,
        "count": len(listed),
        "codes": [record.code for record in listed[:LISTED]],
        "more": max(0, len(listed) - LISTED),
        "selected": number.count if number else 0,
        "planned": number.planned if number else 0,
    }
    label = context.office.catalogue.label
    choices = (Choice(f"{SURE}{selection.stamp(listed)}", label("forward_sure")), Choice("list", label("list_again")))
    context.said.append(Say("selection.forward_confirm", values, choices, f"{QUESTION}@{unit_id}.{programme_id}"))


def _forward(context: Context, unit_id: int, programme_id: int, stamp: str) -> None:
    db, office, now = context.db, context.office, context.now
    try:
        sent = selection.forward(db, office, context.actor, unit_id, programme_id, now=now, seen=stamp)
    except ListChanged:
        _confirm_forward(context, unit_id, programme_id)
        return
    except Refusal as refusal:
        context.refused(refusal)
        return
    label = context.office.catalogue.label
    choices = (Choice(f"cover.{sent.number}", label("cover")), Choice("inbox", label("open_inbox")))
    told = promises.all_words(context.office, sent.told)
    values = {"count": sent.count, "above": sent.above, "number": sent.number, "told": told}
    context.said.append(Say("selection.forwarded", values, choices, f"{QUESTION}@{unit_id}.{programme_id}"))


def _hand_out_cover(context: Context, number: int) -> None:
    """The cover list as a sheet, behind an address that expires; the sheet is made anew each time."""
    try:
        covers.note(context.db, context.actor, number, now=context.now)
        content = covers.draw(context.db, context.office, context.actor, number, now=context.now)
    except Refusal as refusal:
        context.refused(refusal)
        return
    title = context.office.catalogue.text("selection.cover_file", {"number": number})
    kept = files.store(
        context.db,
        context.office,
        purpose="cover",
        subject=str(number),
        member_id=context.my_id,
        upload=files.Upload(f"{title}.xlsx", content),
        now=context.now,
        expires=context.now + files.LIFE,
    )
    assert isinstance(kept, Info), kept
    offer = files.offer_download(
        context.db,
        context.office,
        member_id=context.my_id,
        file=kept,
        title=title,
        channel=context.inbound.address.kind,
        now=context.now,
    )
    if offer is None:
        context.say("selection.cover_no_site", number=number)
    else:
        context.said.extend(files.says(offer, title=title, incoming=False))


def _choose_some(context: Context, unit_id: int, programme_id: int) -> None:
    """Which of those that could be chosen, the best scored first."""
    try:
        could = selection.choosable(context.db, context.actor, unit_id, programme_id, context.now)
    except Refusal as refusal:
        context.refused(refusal)
        return
    if could:
        inbox.begin_pick(context, "select", could[: inbox.PICKED])
    else:
        show_list(context, unit_id)
