"""One turn: recognise, load, decide, perform, keep. Never commits; the intake opens the transaction."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from handlers import notices
from handlers.chat import answers, danger, effects, forms, numbers, reception, router
from handlers.chat.context import Context, Talk, asked_of, stored_from, talk_from
from handlers.chat.world import TurnWorld
from handlers.flows.form import Draft, Turn
from handlers.flows.welcome import FORM
from handlers.office import DRAFT_LIFE, Office
from handlers.reaching import plans, ways
from messages.types import Address, Inbound, Left, Pressed, Say, TakenOver, Text, parse_payload
from storage import conversations, detours, inbox, members, offers, outbox, transcript
from storage.conversations import Standing
from storage.database import Transaction
from storage.members import Known
from storage.tables import Appointment, Priority

NOTICE = FORM.name
ANSWERABLE = (reception.NOTICE, *danger.ANSWERABLE)
"""Topics of what strangers may answer by number, though nothing of them is kept."""
UNKEPT = ("initiative.phone_looks_like_id", "officer.link_elsewhere")
"""Answers that promise not to keep what was just typed."""
LONGEST_KEPT = 4_000
"""Characters of one line in the browser's history; no step asks for as many, and each says what is too long for it."""
MASK = "••••••••••••"


@dataclass(frozen=True)
class Gathered:
    """What several turns need, loaded in a few statements for all of them."""

    known: Mapping[Address, Known]
    standings: dict[int, Standing]
    roles: dict[int, list[Appointment]]
    fresh: set[tuple[str, str]]
    """The updates that were not dealt with before; their marks are written."""
    flying: outbox.InFlight
    told: Mapping[Address, Sequence[outbox.Told]]
    """What strangers were told that they may answer, the one told last at the end."""


def lock(db: Transaction, inbounds: Collection[Inbound]) -> None:
    """Hold every member (an address while unknown) to the end of the transaction, in sorted order."""
    if not db.alone:
        ids = members.ids_at(db, {inbound.address for inbound in inbounds})
        db.lock(_lock_name(inbound.address, ids) for inbound in inbounds)


def _lock_name(address: Address, ids: Mapping[Address, int]) -> str:
    member_id = ids.get(address)
    return f"address:{address.account}:{address.chat}" if member_id is None else f"member:{member_id}"


def rounds(db: Transaction, inbounds: Sequence[Inbound], now: datetime) -> Iterator[tuple[list[int], Gathered]]:
    """Positions of the updates, in rounds in which each member stands at most once, order kept per member; and what
    each round needs. What a round waits to write must be written before the next one is asked for.
    """
    known = members.by_addresses(db, {inbound.address for inbound in inbounds})
    for number, wave in enumerate(_waves(inbounds, known)):
        theirs = [inbounds[position] for position in wave]
        yield wave, gather(db, theirs, now, known if number == 0 else None)


def _waves(inbounds: Sequence[Inbound], known: Mapping[Address, Known]) -> list[list[int]]:
    ids = {address: found.member.id for address, found in known.items() if found.member.id is not None}
    waves: list[list[int]] = []
    turns_of: dict[str, int] = {}
    for position, inbound in enumerate(inbounds):
        name = _lock_name(inbound.address, ids)
        wave = turns_of.get(name, 0)
        turns_of[name] = wave + 1
        if wave == len(waves):
            waves.append([])
        waves[wave].append(position)
    return waves


def gather(
    db: Transaction, inbounds: Sequence[Inbound], now: datetime, known: Mapping[Address, Known] | None = None
) -> Gathered:
    """Mark the updates of one round as seen; load members (unless they are `known`), conversations and roles for those
    that were not. Whoever writes can be reached again, and what waited for that goes.
    """
    fresh = inbox.mark_new(db, inbounds, now)
    new = [inbound for inbound in inbounds if (inbound.address.account, inbound.update_id) in fresh]
    known = members.by_addresses(db, {inbound.address for inbound in new}) if known is None else known
    here = {inbound.address for inbound in new if not isinstance(inbound.event, Left | TakenOver)}
    members.seen(db, here, now)
    for address in here:
        if address in known and known[address].was_cut_off:
            detours.reopen(db, address, (detours.GONE,), now)
    mine = (known[one.address].member.id for one in new if one.address in known)
    ids = {member_id for member_id in mine if member_id is not None}
    return Gathered(
        known=known,
        standings=conversations.load(db, ids, now),
        roles=members.appointments(db, ids, now),
        fresh=fresh,
        flying=outbox.InFlight(db, {one.address for one in new if one.address in known}),
        told=outbox.told(db, {one.address for one in new if one.address not in known}, ANSWERABLE),
    )


def take_turn(db: Transaction, inbound: Inbound, gathered: Gathered, now: datetime, office: Office) -> bool:
    """Handle one update; False when it was handled before and nothing was done."""
    if (inbound.address.account, inbound.update_id) not in gathered.fresh:
        return False
    if not plans.carries(db, office, inbound.address):
        if not danger.alone(db, office, inbound, danger.Standing.FULL, now):
            plans.turn_away(db, office, inbound, now)
        return True
    if not ways.heard(db, office, inbound, now):
        danger.alone(db, office, inbound, danger.Standing.BY_HAND, now)
        return True
    context = _context(db, inbound, gathered, now, office)
    if isinstance(inbound.event, Left):
        members.unreachable(db, inbound.address, now)
        detours.await_return(db, inbound.address, now)
        outbox.drop_forgotten(db)
        return True
    words = _words_of(context)
    world = TurnWorld(context)
    turn = router.route(context, world)
    if turn is not None:
        _carry_out(context, world, turn)
    _transcribe(context, words)
    _keep(context)
    _speak(context)
    return True


def hush(db: Transaction, inbound: Inbound, gathered: Gathered, now: datetime, office: Office) -> None:
    """Instead of a turn, for lines that come faster than anybody writes: one answer a minute for all of them."""
    if (inbound.address.account, inbound.update_id) not in gathered.fresh:
        return
    address = inbound.address
    notices.enqueue(
        db,
        office,
        address,
        Say("common.hurried"),
        member_id=None,
        topic="reply",
        priority=Priority.REPLY if address in gathered.known else Priority.STRANGER,
        now=now,
        once=f"hurried:{address.account}:{address.chat}:{now:%Y-%m-%dT%H:%M}",
    )


def apologise(db: Transaction, inbound: Inbound, error_id: str, now: datetime, office: Office) -> None:
    """A turn failed through our fault: mark it as seen, so that it cannot loop, and say so once."""
    inbox.mark(db, inbound, now)
    notices.enqueue(
        db,
        office,
        inbound.address,
        Say("common.error", {"error_id": error_id}),
        member_id=None,
        topic="reply",
        priority=Priority.REPLY,
        now=now,
    )


def _context(db: Transaction, inbound: Inbound, gathered: Gathered, now: datetime, office: Office) -> Context:
    known = gathered.known.get(inbound.address)
    member_id = known.member.id if known else None
    if member_id is None:
        told = _read_before(inbound, gathered.told.get(inbound.address, ()))
        asked = told[-1] if told else ""
        return Context(db, office, now, inbound, None, Talk(), noticed=reception.NOTICE in told, asked=asked)
    assert known is not None
    if known.member.erased_at is not None:  # another turn of this round has just made this chat somebody else's
        known = members.by_addresses(db, [inbound.address])[inbound.address]
        assert known.member.id is not None
        member_id = known.member.id
        standing = conversations.load(db, [member_id], now)[member_id]
        held = members.appointments(db, [member_id], now).get(member_id, [])
    else:
        standing, held = gathered.standings[member_id], gathered.roles.get(member_id, [])
    talk, shown = talk_from(standing), offers.read(standing.shown, inbound.address)
    context = Context(db, office, now, inbound, known, talk, offers=shown, flying=gathered.flying)
    context.take_on(held)
    if context.resting:
        talk.put_aside(forms.OF_OFFICERS, answers.OF_OFFICERS)
    return context


def _read_before(inbound: Inbound, told: Sequence[outbox.Told]) -> list[str]:
    """The topics that had been there when it was written."""
    written = inbound.written_at
    return [one.topic for one in told if written is None or one.since.timestamp() <= written + numbers.LATE]


def _transcribe(context: Context, words: str) -> None:
    """The browser's history keeps what a member said, once it may; never a number we promised not to keep."""
    address = context.inbound.address
    if address.kind != "web" or not words or context.known is None or context.me.consent_version is None:
        return
    promised = any(say.key in UNKEPT for say in context.said)
    kept = words if len(words) <= LONGEST_KEPT else f"{words[:LONGEST_KEPT]}…"
    transcript.write_mine(context.db, address, MASK if promised else kept, context.now)


def _words_of(context: Context) -> str:
    """What the member is seen to have said: the typed words, or the label of the button."""
    event = context.inbound.event
    if isinstance(event, Text):
        return event.text
    if not isinstance(event, Pressed):
        return ""
    question, key = parse_payload(event.payload)
    draft = context.talk.draft
    offered = (*context.talk.offered, *(draft.asked.choices if draft and draft.asked else ()))
    offered += tuple(choice for offer in context.offers if offer.question == question for choice in offer.choices)
    shown = {choice.key: choice.label for choice in offered}
    if key in shown:
        return shown[key]
    named = (name for name in (key, key.partition(".")[0]) if f"label.{name}" in context.office.catalogue)
    return next(map(context.office.catalogue.label, named), key)


def _carry_out(context: Context, world: TurnWorld, turn: Turn) -> None:
    """Put the draft where it belongs, then perform what the form decided."""
    talk = context.talk
    name = turn.draft.form if turn.draft else talk.active
    finished = talk.drafts.get(name) if name else None
    if turn.draft is None and name:
        talk.drop(name)
    elif turn.draft is not None and _is_kept(context, turn.draft):
        talk.put(turn.draft)
        talk.active = None if turn.left else turn.draft.form
    for effect in turn.effects:
        effects.perform(context, world, effect, finished.id if finished else "")


def _is_kept(context: Context, draft: Draft) -> bool:
    """The notice is put without keeping anything to somebody who has no agreement with us, or none any more."""
    return context.known is not None and (draft.form != NOTICE or context.me.consent_version is not None)


def _keep(context: Context) -> None:
    """Write back where the conversation stands; for somebody new there is nothing to write."""
    if context.known is None:
        return
    talk = context.talk
    _note_offer(context)
    talk.take_back()
    kept = {draft.id for draft in talk.drafts.values()}
    conversations.drop_drafts(context.db, [draft_id for draft_id in talk.dropped if draft_id not in kept])
    for draft in talk.drafts.values():
        if draft.form in talk.changed:
            until = context.now + DRAFT_LIFE
            conversations.keep_draft(context.db, context.my_id, stored_from(draft), now=context.now, until=until)
    conversations.keep(
        context.db,
        context.my_id,
        active=talk.active,
        asked=asked_of(talk),
        last_code=talk.last_code,
        now=context.now,
    )


def _note_offer(context: Context) -> None:
    """What was asked last outside any form; the question of a form is kept with its draft. By a number only that can be
    answered which was delivered (handlers/chat/numbers.py).
    """
    last = next((say for say in reversed(context.said) if say.choices), None)
    if last is not None and last.question.partition(".")[0] not in forms.FORMS:
        context.talk.offered, context.talk.question = last.choices, last.question


def _speak(context: Context) -> None:
    """Promise the replies, in the order in which they were said."""
    member_id = context.my_id if context.known else None
    usual = Priority.STRANGER if context.came_as_stranger else Priority.REPLY
    for say in context.said:
        notices.enqueue(
            context.db,
            context.office,
            context.inbound.address,
            say,
            member_id=member_id,
            topic=danger.topic_of(say) or reception.topic_of(say),
            priority=Priority.DANGER if danger.is_one(say) else usual,
            now=context.now,
            forget=context.known is not None,
        )
    if context.said and member_id is not None:
        plans.last_word(context.db, context.office, context.inbound.address, member_id, context.now)
