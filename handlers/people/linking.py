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

import re
from datetime import datetime, timedelta

from handlers import notices
from handlers.chat import menu
from handlers.chat.context import Context, Talk, talk_from
from handlers.feedback import items as feedback_items
from handlers.feedback import news as feedback_news
from handlers.flows import feedback as feedback_form
from handlers.flows.feedback_notes import MORE
from handlers.flows.form import Draft
from handlers.flows.linking import ANSWER_MINUTES, MINUTES
from handlers.office import CODE_ALPHABET, Office
from handlers.people import pairing
from handlers.text.readers import given_name
from messages.types import Address, Choice, Say
from storage import audit, conversations, detours, feedback, linking, members, outbox, pseudonyms, submissions, windows
from storage.database import Transaction
from storage.tables import LinkCode, Member, Priority

QUESTION = "linking"
LIFE = timedelta(minutes=MINUTES)
ANSWER_LIFE = timedelta(minutes=ANSWER_MINUTES)
"""For each of the two answers: long enough to find the other chat, short enough to still know what was asked."""
LENGTH = 8
"""As a pairing code: 34 to the eighth, and a few minutes to guess."""
BARE = re.compile(r"\s*[0-9A-Za-z]{4}[ -]?[0-9A-Za-z]{4}\s*")
SHOWN = 4
"""At most so many dots stand for the rest of a word: its length is nobody's business."""


# --- the code ---


def give_code(context: Context) -> None:
    """A new code; an older one ends, with what was being asked about it."""
    _call_off_all(context.db, context.office, context.my_id, context.now, as_guest=False)
    code = "".join(context.office.chance.choice(CODE_ALPHABET) for _ in range(LENGTH))
    home, expires = context.inbound.address, context.now + LIFE
    linking.add_code(context.db, code, member_id=context.my_id, home=home, expires=expires)
    context.say("linking.code", code=f"{code[:4]}-{code[4:]}", minutes=MINUTES)


def arrive(context: Context, typed: str) -> bool:
    """Somebody new typed something that may be a code; whether it was one, so that its owner is asked."""
    row = _good(context, typed)
    if row is None or not _claim(context, row, guest_id=None):
        return False
    _ask_owner(context, row, typed)
    return True


def looks_like_code(text: str) -> bool:
    """Whether somebody new may have typed the code without a command."""
    return BARE.fullmatch(text) is not None


def redeem(context: Context, typed: str) -> bool:
    """A member typed a code; whether it was one that links chats (else it may make an officer)."""
    row = _good(context, typed)
    if row is None:
        return False
    if row.member_id == context.my_id:
        context.say("linking.own")
    elif context.holds_role:
        context.say("linking.officer_refused")
    elif not _claim(context, row, guest_id=context.my_id):
        context.say("linking.invalid")
    elif row.agreed_at is not None:
        _wait(context, row)
    else:
        _ask_guest(context, row, pairing.read_code(typed))
    return True


def masked(name: str | None) -> str:
    """A name as far as somebody may see it who only has a code: «N•••• T•• L••»."""
    return " ".join(word[0] + "•" * min(len(word) - 1, SHOWN) for word in (name or "").split())


def _good(context: Context, typed: str) -> LinkCode | None:
    """A code that is good, whose owner agrees to be written to."""
    code = pairing.read_code(typed)
    row = linking.by_code(context.db, code, context.now) if len(code) == LENGTH else None
    owner = members.by_id(context.db, row.member_id) if row is not None else None
    return row if owner is not None and owner.consent_version is not None else None


def _claim(context: Context, row: LinkCode, *, guest_id: int | None) -> bool:
    """Whether the code is this chat's to ask with: nobody else typed it before."""
    here = context.inbound.address
    if row.guest is not None:
        return linking.chat(context.db, row.guest) == here and row.guest_id == guest_id
    return linking.claim(context.db, row, guest=here, guest_id=guest_id, until=context.now + ANSWER_LIFE)


# --- the two questions ---


def press(context: Context, question: str, key: str) -> None:
    """An answer to whether two chats are linked: `linking@CODE`, of whoever typed the code or of its owner."""
    code = question.partition("@")[2]
    row = _good(context, code)
    if row is None:
        context.say("linking.invalid")
    elif row.member_id == context.my_id and row.agreed_at is not None:
        _owner_answers(context, row, key)
    elif row.guest is None and row.member_id != context.my_id and key == "yes":
        redeem(context, code)  # a button from before both were asked
    elif row.guest_id == context.my_id and not context.holds_role:
        _guest_answers(context, row, code, key)
    else:
        context.say("linking.invalid")


def _guest_answers(context: Context, row: LinkCode, code: str, key: str) -> None:
    if key == "yes":
        _ask_owner(context, row, code)
    elif linking.end(context.db, row):
        _tell(context.db, context.office, _home(context.db, row), row.member_id, Say("linking.kept_apart"), context.now)
        context.say("linking.kept_apart")
        menu.show(context)


def _owner_answers(context: Context, row: LinkCode, key: str) -> None:
    """The guest is held first: who takes the yes back at this moment has the row then, and needs nothing more."""
    guest = _guest(context.db, row)
    address = f"address:{guest.account}:{guest.chat}"
    context.db.lock([address if row.guest_id is None else f"member:{row.guest_id}"])
    if not linking.end(context.db, row):
        context.say("linking.invalid")
    elif key != "yes":
        _tell_guest(context.db, context.office, row, Say("linking.kept_apart"), context.now)
        context.say("linking.kept_apart")
        menu.show(context)
    elif not _link(context, row):
        _tell_guest(context.db, context.office, row, Say("linking.called_off"), context.now)
        context.say("linking.called_off")


def _ask_guest(context: Context, row: LinkCode, code: str) -> None:
    menu.offer(context, _question(context, code, asked=context.me, other=_owner(context.db, row), row=row))


def _ask_owner(context: Context, row: LinkCode, typed: str) -> None:
    """The guest has said yes, or typed the code in a chat of nobody's; now it is the owner's turn."""
    if linking.agree(context.db, row, now=context.now, until=context.now + ANSWER_LIFE):
        owner = _owner(context.db, row)
        say = _question(context, pairing.read_code(typed), asked=owner, other=context.member, row=row)
        _tell(context.db, context.office, _home(context.db, row), owner.id, say, context.now)
    _wait(context, row)


def _wait(context: Context, row: LinkCode) -> None:
    """Tell the guest that the owner is being asked."""
    home = _home(context.db, row)
    values = {"other": masked(_owner(context.db, row).name), "channel": _channel(home), "minutes": ANSWER_MINUTES}
    context.said.append(Say("linking.waiting", values))


def _question(context: Context, code: str, *, asked: Member, other: Member | None, row: LinkCode) -> Say:
    """What either is asked: who the other is, what stands there by name, what follows from yes."""
    db, label = context.db, context.office.catalogue.label
    to_owner = asked.id == row.member_id
    guest = other if to_owner else asked
    home = _home(db, row)
    values = {
        "owner": to_owner,
        "other": masked(other.name) if other else "",
        "channel": context.inbound.address.kind if to_owner else _channel(home),
        "merging": guest is not None and _has_record(db, guest, context.talk),
        **_counts(db, other),
        **{f"own_{key}": value for key, value in _counts(db, asked).items()},
        "minutes": ANSWER_MINUTES,
    }
    choices = (Choice("yes", label("link_merge")), Choice("no", label("link_apart")))
    return Say("linking.ask", values, choices, f"{QUESTION}@{code}")


def _counts(db: Transaction, member: Member | None) -> dict[str, int]:
    """What was handed in and said under a name; what was said without one is not even hinted at."""
    if member is None or member.id is None:
        return {"initiatives": 0, "feedback": 0}
    mine = len(submissions.of_member(db, member.id)), len(feedback.named_by(db, member.id))
    return dict(zip(("initiatives", "feedback"), mine, strict=True))


def _has_record(db: Transaction, guest: Member, talk: Talk) -> bool:
    """Whether there is something of the guest's, whose turn this is, that becomes part of another record."""
    named = bool(guest.name) or any(_counts(db, guest).values())
    return named or any(draft.form not in ("welcome", "link") for draft in talk.drafts.values())


# --- linking ---


def _link(context: Context, row: LinkCode) -> bool:
    """Both have said yes: the guest's chat is the owner's, whose turn this is. False: that cannot be any more."""
    db, now, guest = context.db, context.now, _guest(context.db, row)
    known = members.by_addresses(db, [guest]).get(guest)
    if (known.member.id if known else None) != row.guest_id:
        return False
    detours.keep_here(db, context.my_id, feedback_news.TOPIC)
    if known is None:
        pseudonyms.begin_anew(db, context.my_id)
        linking.add_address(db, context.me, guest, now)
    else:
        if known.member.consent_version is None or not _is_free(context, known.member):
            return False
        assert known.member.id is not None
        detours.keep_here(db, known.member.id, feedback_news.TOPIC)
        linking.merge(db, source=known.member, target=context.me, now=now)
        _record(context, "member.merge")
    _become_one(context, guest)
    return True


def _is_free(context: Context, guest: Member) -> bool:
    assert guest.id is not None
    return not members.appointments(context.db, [guest.id], context.now).get(guest.id)


def _become_one(context: Context, guest: Address) -> None:
    """From here on both chats speak for the same member; every other chat is told."""
    db, office = context.db, context.office
    context.talk = talk_from(conversations.load(db, [context.my_id], context.now)[context.my_id])
    for form in [draft.form for draft in context.talk.drafts.values() if _is_hidden(context, draft)]:
        context.talk.drop(form)
    context.talk.last_code, context.talk.offered, context.talk.question = None, (), ""
    _record(context, "member.link", channel=guest.kind)
    context.say("linking.joined", channel=guest.kind)
    menu.show(context)
    _tell(db, office, guest, context.my_id, _linked(context), context.now)
    told = Say("linking.told", {"channel": guest.kind, "at": context.now})
    for each in members.addresses(db, context.my_id):
        address = Address(each.account, each.chat)
        if address not in (guest, context.inbound.address) and each.unreachable_at is None:
            _tell(db, office, address, context.my_id, told, context.now)


def _linked(context: Context) -> Say:
    """For the chat that was linked: what the menu offers is open there as well, but for what a role brings: whether it
    is in force there is found out by the next turn there.
    """
    values = {"given_name": given_name(context.me.name or "")}
    if context.holds_role:
        return Say("linking.linked", values, (Choice("menu", context.office.catalogue.label("back_to_menu")),), "menu")
    return Say("linking.linked", values, context.talk.offered, context.talk.question)


def _is_hidden(context: Context, draft: Draft) -> bool:
    """Whether somebody is, or may be, writing something without a name."""
    if draft.form == feedback_form.FORM.name:
        return bool(draft.answers.get("anonymity") != "named")
    if draft.form != MORE.name:
        return False
    item = feedback_items.own(context.db, context.actor, str(draft.answers.get("code")))
    return item is not None and item.anonymous


def unlink(context: Context) -> None:
    """Every other chat of the record is a stranger's from now on, and what was to be said there is not said."""
    dropped = linking.drop_addresses(context.db, context.my_id, but=context.inbound.address)
    pseudonyms.begin_anew(context.db, context.my_id)
    for address in dropped:
        outbox.cancel(context.db, address=address, reason="unlinked")
    windows.forget(context.db, dropped)
    _record(context, "member.unlink", chats=len(dropped))
    context.say("linking.unlinked", count=len(dropped))


# --- what ends before both have said yes ---


def expire(db: Transaction, office: Office, now: datetime) -> None:
    """Codes past their time go; where somebody was being asked, both hear that nothing has happened."""
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


def _owner(db: Transaction, row: LinkCode) -> Member:
    owner = members.by_id(db, row.member_id)
    assert owner is not None
    return owner


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


def _record(context: Context, action: str, **details: str | int | None) -> None:
    audit.record(context.db, action=action, actor_id=context.my_id, now=context.now, details=details)
