"""One person on several channels: a one-time code, taken where they are known and typed where they are new.

Nothing is linked by the code alone. Whoever typed it is told whose it is, as far as a masked name tells, and what each
side will read of the other; then the code's owner is asked the same, in the chat where the code was taken. Until both
have said yes nothing happens, and whatever ends it before is told to both. A chat with a record of its own becomes part
of the owner's. What was said without a name is neither counted nor carried over: from then on it is opened by its code
only, in either chat (storage/pseudonyms.py), and what of that kind is unfinished is dropped.

A chat that holds an officer's role never becomes part of another record: whoever lures somebody into typing a code must
not win their role by it. An agreement carries over where the notice has not changed since; nothing is carried over for
somebody who withdrew. The other chats are told at once, and any of them can unlink the rest.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from handlers import actors, notices
from handlers.actors import Actor
from handlers.acts import Needs, act
from handlers.errors import Refusal
from handlers.feedback import news as feedback_news
from handlers.office import CODE_ALPHABET, Office
from handlers.people import pairing
from handlers.text.terms import (
    FEEDBACK_FORM,
    FEEDBACK_MORE_FORM,
    LINK_ANSWER_MINUTES,
    LINK_CODE_MINUTES,
    LINKING_FORM,
    WELCOME_FORM,
)
from messages.types import Address, Choice, Say
from storage import audit, conversations, detours, feedback, linking, members, outbox, pseudonyms, submissions, windows
from storage.conversations import StoredDraft
from storage.database import Transaction
from storage.tables import LinkCode, Member, Priority

QUESTION = "linking"
LIFE = timedelta(minutes=LINK_CODE_MINUTES)
ANSWER_LIFE = timedelta(minutes=LINK_ANSWER_MINUTES)
"""For each of the two answers: long enough to find the other chat, short enough to still know what was asked."""
LENGTH = 8
"""As a pairing code: 34 to the eighth, and a few minutes to guess."""
SHOWN = 4
"""At most so many dots stand for the rest of a word: its length is nobody's business."""
NOTHING_YET = "nothing is linked before both have said yes, and that leaves a row"


class NoSuchCode(Refusal):
    """What was typed is no code that links chats, or not one for this chat."""


@dataclass(frozen=True, slots=True)
class Records:
    """What was handed in and said under a name; what was said without one is not even hinted at."""

    initiatives: int = 0
    feedback: int = 0


@dataclass(frozen=True, slots=True)
class Question:
    """What either side is asked: who the other is, what stands there by name, what follows from yes."""

    code: str
    to_owner: bool
    other: str
    """The other's name, masked; empty where there is none."""
    channel: str
    """The kind of the other's chat; empty where that was not kept."""
    merging: bool
    """Whether something of the guest's becomes part of the owner's record."""
    theirs: Records
    own: Records


@dataclass(frozen=True, slots=True)
class Waiting:
    """The guest has said yes; the owner is being asked."""

    other: str
    """The owner's name, masked."""
    channel: str


@dataclass(frozen=True, slots=True)
class Linked:
    """Both have said yes: one more chat speaks for the owner."""

    member_id: int
    chat: Address


@dataclass(frozen=True, slots=True)
class CalledOff:
    """Both have said yes, and it cannot be any more: the request is over, the guest was told."""


# --- the code ---


@act(Needs.SELF, audit="member.link_code", tells="whoever was asked about an older code")
def give_code(db: Transaction, office: Office, actor: Actor, here: Address, *, now: datetime) -> str:
    """A new code, such as `7K2M-4XPA`, given out in a chat; an older one ends, with what was being asked about it."""
    _call_off_all(db, office, actor.me, now, as_guest=False)
    code = "".join(office.chance.choice(CODE_ALPHABET) for _ in range(LENGTH))
    linking.add_code(db, code, member_id=actor.me, home=here, expires=now + LIFE)
    _record(db, actor, "member.link_code", now)
    return f"{code[:4]}-{code[4:]}"


@act(Needs.CODE, tells="the code's owner", unaudited=NOTHING_YET)
def type_code(
    db: Transaction, office: Office, actor: Actor, here: Address, typed: str, *, now: datetime
) -> Question | Waiting:
    """A code is typed in a chat: a member is asked first; somebody new has said yes by it, and its owner is asked.

    Raises NoSuchCode, and Refusal: their own, taken by another chat, or typed by somebody who holds a role.
    """
    row = _good(db, typed, now)
    if row is None or (actor.member_id is None and not _claim(db, row, here, None, now)):
        raise NoSuchCode("linking.invalid")
    if actor.member_id is None:
        return _ask_owner(db, office, row, typed, None, here=here, now=now)
    if row.member_id == actor.me:
        raise Refusal("linking.own")
    if not _is_free(db, actor.me, now):
        raise Refusal("linking.officer_refused")
    if not _claim(db, row, here, actor.me, now):
        raise Refusal("linking.invalid")
    if row.agreed_at is not None:
        return _wait(db, row)
    guest, owner = _member(db, actor.me), _member(db, row.member_id)
    return Question(
        code=pairing.read_code(typed),
        to_owner=False,
        other=masked(owner.name),
        channel=_channel(_home(db, row)),
        merging=_has_record(db, guest, now),
        theirs=_records(db, owner),
        own=_records(db, guest),
    )


def masked(name: str | None) -> str:
    """A name as far as somebody may see it who only has a code: «N•••• T•• L••»."""
    return " ".join(word[0] + "•" * min(len(word) - 1, SHOWN) for word in (name or "").split())


def _good(db: Transaction, typed: str, now: datetime) -> LinkCode | None:
    """A code that is good, whose owner agrees to be written to."""
    code = pairing.read_code(typed)
    row = linking.by_code(db, code, now) if len(code) == LENGTH else None
    owner = members.by_id(db, row.member_id) if row is not None else None
    return row if owner is not None and owner.consent_version is not None else None


def _claim(db: Transaction, row: LinkCode, here: Address, guest_id: int | None, now: datetime) -> bool:
    """Whether the code is this chat's to ask with: nobody else typed it before."""
    if row.guest is not None:
        return linking.chat(db, row.guest) == here and row.guest_id == guest_id
    return linking.claim(db, row, guest=here, guest_id=guest_id, until=now + ANSWER_LIFE)


# --- the two questions ---


@act(Needs.CODE, audit=("member.link", "member.merge"), tells=("the code's owner", "every other chat of theirs"))
def accept(
    db: Transaction, office: Office, actor: Actor, here: Address, code: str, *, now: datetime
) -> Question | Waiting | Linked | CalledOff:
    """Yes, of whoever typed a code or of its owner: only with the second are the chats linked. Raises Refusal."""
    row = _asked_about(db, actor, code, now)
    if row.member_id == actor.me:
        return _link(db, office, actor, here, row, now)
    if row.guest is None:  # a button from before both were asked
        return type_code(db, office, actor, here, code, now=now)
    return _ask_owner(db, office, row, code, _member(db, actor.me), here=here, now=now)


@act(Needs.CODE, tells="the other side", unaudited=NOTHING_YET)
def decline(db: Transaction, office: Office, actor: Actor, code: str, *, now: datetime) -> None:
    """No, of whoever typed a code or of its owner: the request is over. Raises Refusal."""
    row, say = _asked_about(db, actor, code, now), Say("linking.kept_apart")
    if row.guest is None:
        raise Refusal("linking.invalid")
    if row.member_id == actor.me:
        _hold_guest(db, row)
    if not linking.end(db, row):
        raise Refusal("linking.invalid")
    if row.member_id == actor.me:
        _tell_guest(db, office, row, say, now)
    else:
        _tell(db, office, _home(db, row), row.member_id, say, now)


def worded(office: Office, asked: Question) -> Say:
    """The question with its two answers."""
    values = {
        "owner": asked.to_owner,
        "other": asked.other,
        "channel": asked.channel,
        "merging": asked.merging,
        "initiatives": asked.theirs.initiatives,
        "feedback": asked.theirs.feedback,
        "own_initiatives": asked.own.initiatives,
        "own_feedback": asked.own.feedback,
        "minutes": LINK_ANSWER_MINUTES,
    }
    label = office.catalogue.label
    choices = (Choice("yes", label("link_merge")), Choice("no", label("link_apart")))
    return Say("linking.ask", values, choices, f"{QUESTION}@{asked.code}")


def _asked_about(db: Transaction, actor: Actor, code: str, now: datetime) -> LinkCode:
    """A code about which somebody may answer: the owner once the guest has said yes, and the guest before."""
    row = _good(db, code, now)
    if row is not None and row.member_id == actor.me and row.agreed_at is not None:
        return row
    if row is None or row.member_id == actor.me:
        raise Refusal("linking.invalid")
    if row.guest is not None and (row.guest_id != actor.me or not _is_free(db, actor.me, now)):
        raise Refusal("linking.invalid")
    return row


def _ask_owner(
    db: Transaction, office: Office, row: LinkCode, typed: str, guest: Member | None, *, here: Address, now: datetime
) -> Waiting:
    """The guest has said yes, or typed the code in a chat of nobody's; now it is the owner's turn."""
    if linking.agree(db, row, now=now, until=now + ANSWER_LIFE):
        owner = _member(db, row.member_id)
        asked = Question(
            code=pairing.read_code(typed),
            to_owner=True,
            other=masked(guest.name) if guest else "",
            channel=here.kind,
            merging=guest is not None and _has_record(db, guest, now),
            theirs=_records(db, guest),
            own=_records(db, owner),
        )
        _tell(db, office, _home(db, row), owner.id, worded(office, asked), now)
    return _wait(db, row)


def _wait(db: Transaction, row: LinkCode) -> Waiting:
    return Waiting(masked(_member(db, row.member_id).name), _channel(_home(db, row)))


def _records(db: Transaction, member: Member | None) -> Records:
    if member is None or member.id is None:
        return Records()
    return Records(len(submissions.of_member(db, member.id)), len(feedback.named_by(db, member.id)))


def _has_record(db: Transaction, guest: Member, now: datetime) -> bool:
    """Whether there is something of the guest's that becomes part of another record."""
    assert guest.id is not None
    if guest.name or _records(db, guest) != Records():
        return True
    return bool(conversations.load(db, [guest.id], now)[guest.id].drafts.keys() - {WELCOME_FORM, LINKING_FORM})


# --- linking ---


def _link(
    db: Transaction, office: Office, actor: Actor, here: Address, row: LinkCode, now: datetime
) -> Linked | CalledOff:
    """The guest is held first: who takes the yes back at this moment has the row then, and needs nothing more."""
    _hold_guest(db, row)
    if not linking.end(db, row):
        raise Refusal("linking.invalid")
    guest = _guest(db, row)
    known = members.by_addresses(db, [guest]).get(guest)
    if (known.member.id if known else None) != row.guest_id or (known and not _may_merge(db, known.member, now)):
        _tell_guest(db, office, row, Say("linking.called_off"), now)
        return CalledOff()
    owner = _member(db, actor.me)
    detours.keep_here(db, actor.me, feedback_news.TOPIC)
    if known is None:
        pseudonyms.begin_anew(db, actor.me)
        linking.add_address(db, owner, guest, now)
    else:
        assert known.member.id is not None
        detours.keep_here(db, known.member.id, feedback_news.TOPIC)
        linking.merge(db, source=known.member, target=owner, now=now)
        _record(db, actor, "member.merge", now)
    _drop_hidden(db, actor.me, now)
    _record(db, actor, "member.link", now, channel=guest.kind)
    told = Say("linking.told", {"channel": guest.kind, "at": now})
    for each in members.addresses(db, actor.me):
        address = Address(each.account, each.chat)
        if address not in (guest, here) and each.unreachable_at is None:
            _tell(db, office, address, actor.me, told, now)
    return Linked(actor.me, guest)


def greet(db: Transaction, office: Office, linked: Linked, say: Say, now: datetime) -> None:
    """Tell the chat that was linked, in words that whoever asked for it chooses: they offer what can be done there."""
    _tell(db, office, linked.chat, linked.member_id, say, now)


def _hold_guest(db: Transaction, row: LinkCode) -> None:
    guest = _guest(db, row)
    address = f"address:{guest.account}:{guest.chat}"
    db.lock([address if row.guest_id is None else f"member:{row.guest_id}"])


def _may_merge(db: Transaction, guest: Member, now: datetime) -> bool:
    assert guest.id is not None
    return guest.consent_version is not None and _is_free(db, guest.id, now)


def _is_free(db: Transaction, member_id: int, now: datetime) -> bool:
    """Whether somebody holds no role, in force in this chat or not."""
    return not members.appointments(db, [member_id], now).get(member_id)


def _drop_hidden(db: Transaction, member_id: int, now: datetime) -> None:
    """What is unfinished of those who are one now, and may be meant to stay without a name."""
    drafts = conversations.load(db, [member_id], now)[member_id].drafts.values()
    conversations.drop_forms(db, member_id, [draft.form for draft in drafts if _is_hidden(db, member_id, draft)])


def _is_hidden(db: Transaction, member_id: int, draft: StoredDraft) -> bool:
    """Whether somebody is, or may be, writing something without a name."""
    if draft.form == FEEDBACK_FORM:
        return bool(draft.answers.get("anonymity") != "named")
    if draft.form != FEEDBACK_MORE_FORM:
        return False
    item = feedback.by_code(db, str(draft.answers.get("code")))
    return item is not None and item.anonymous and feedback.is_by(db, item, member_id)


@act(Needs.SELF, audit="member.unlink")
def unlink(db: Transaction, actor: Actor, here: Address, *, now: datetime) -> int:
    """Every other chat of the record is a stranger's from now on, and what was to be said there is not said; how many
    there were.
    """
    dropped = linking.drop_addresses(db, actor.me, but=here)
    pseudonyms.begin_anew(db, actor.me)
    for address in dropped:
        outbox.cancel(db, address=address, reason="unlinked")
    windows.forget(db, dropped)
    _record(db, actor, "member.unlink", now, chats=len(dropped))
    return len(dropped)


# --- what ends before both have said yes ---


@act(Needs.PROGRAM, tells="both sides", unaudited=NOTHING_YET)
def expire(db: Transaction, office: Office, actor: Actor, *, now: datetime) -> None:
    """Codes past their time go; where somebody was being asked, both hear that nothing has happened. Raises NoRight."""
    actors.require_program(actor)
    for row in linking.expired(db, now):
        if linking.end(db, row) and row.guest is not None:
            say = Say("linking.expired")
            _tell(db, office, _home(db, row), row.member_id, say, now)
            _tell_guest(db, office, row, say, now)


def call_off(db: Transaction, office: Office, member_id: int, now: datetime) -> None:
    """A member withdraws or is erased: nobody will be linked with them; whoever was about to be is told."""
    _call_off_all(db, office, member_id, now, as_guest=True)


def _call_off_all(db: Transaction, office: Office, member_id: int, now: datetime, *, as_guest: bool) -> None:
    for row in linking.of_member(db, member_id):
        mine = row.member_id == member_id
        if (mine or as_guest) and linking.end(db, row) and row.guest is not None:
            if mine:
                _tell_guest(db, office, row, Say("linking.called_off"), now)
            else:
                _tell(db, office, _home(db, row), row.member_id, Say("linking.called_off"), now)


# --- telling ---


def _member(db: Transaction, member_id: int) -> Member:
    found = members.by_id(db, member_id)
    assert found is not None
    return found


def _home(db: Transaction, row: LinkCode) -> Address | None:
    """Where the code was given out; None for one from before that was kept."""
    return linking.chat(db, row.home) if row.home is not None else None


def _guest(db: Transaction, row: LinkCode) -> Address:
    assert row.guest is not None
    return linking.chat(db, row.guest)


def _channel(home: Address | None) -> str:
    return home.kind if home is not None else ""


def _tell_guest(db: Transaction, office: Office, row: LinkCode, say: Say, now: datetime) -> None:
    _tell(db, office, _guest(db, row), row.guest_id, say, now)


def _tell(
    db: Transaction, office: Office, address: Address | None, member_id: int | None, say: Say, now: datetime
) -> None:
    """To one chat; without a chat to the one its member used last."""
    if address is None:
        if member_id is not None:
            notices.push(db, office, member_id, say, topic="link", once=None, now=now, forget=True)
        return
    notices.enqueue(
        db, office, address, say, member_id=member_id, topic="link", priority=Priority.NOTICE, now=now, forget=True
    )


def _record(db: Transaction, actor: Actor, action: str, now: datetime, **details: str | int | None) -> None:
    audit.record(db, action=action, actor_id=actor.me, now=now, details=details)
