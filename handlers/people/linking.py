"""One person on several channels: a one-time code, taken where they are known and typed where they are new.

The code itself proves membership. So nothing is asked of a new chat before it: the agreement of its owner carries over
where the notice has not changed since, and is asked for as always where it has. Nothing is carried over for somebody
who withdrew. A chat that has a record of its own is asked first, and both become one; what was said there without a
name keeps its pseudonym. A chat that holds an officer's role never becomes part of another record:
whoever lures somebody into typing a code must not win their role by it. The other chats are told at once, and any of
them can unlink the rest.
"""

from __future__ import annotations

import re
from datetime import timedelta

from handlers import menu, notices
from handlers.context import Context, talk_from
from handlers.flows.linking import MINUTES
from handlers.flows.readers import given_name
from handlers.office import CODE_ALPHABET
from handlers.people import pairing
from messages.types import Address, Choice, Say
from storage import audit, conversations, feedback, linking, members, outbox, submissions, windows
from storage.members import Known
from storage.tables import Member, Priority

QUESTION = "linking"
LIFE = timedelta(minutes=MINUTES)
LENGTH = 8
"""As a pairing code: 34 to the eighth, and a quarter of an hour to guess."""
BARE = re.compile(r"\s*[0-9A-Za-z]{4}[ -]?[0-9A-Za-z]{4}\s*")


def give_code(context: Context) -> None:
    """A new code; an older one ends."""
    code = "".join(context.office.chance.choice(CODE_ALPHABET) for _ in range(LENGTH))
    linking.add_code(context.db, code, member_id=context.my_id, expires=context.now + LIFE)
    context.say("linking.code", code=f"{code[:4]}-{code[4:]}", minutes=MINUTES)


def arrive(context: Context, typed: str) -> bool:
    """Somebody new typed something that may be a code; whether this chat belongs to a member now."""
    owner = _owner(context, typed)
    if owner is None or not linking.use_code(context.db, pairing.read_code(typed)):
        return False
    linking.add_address(context.db, owner, context.inbound.address, context.now)
    _become(context, owner)
    return True


def looks_like_code(text: str) -> bool:
    """Whether somebody new may have typed the code without a command."""
    return BARE.fullmatch(text) is not None


def redeem(context: Context, typed: str) -> bool:
    """A member typed a code; whether it was one that links chats (else it may make an officer)."""
    owner = _owner(context, typed)
    if owner is None:
        return False
    if owner.id == context.my_id:
        context.say("linking.own")
    elif context.appointments:
        context.say("linking.officer_refused")
    elif _has_record(context):
        _ask(context, owner, pairing.read_code(typed))
    else:
        _merge(context, owner, pairing.read_code(typed))
    return True


def press(context: Context, question: str, key: str) -> None:
    """The answer to whether two records become one: `linking@CODE`."""
    code = question.partition("@")[2]
    owner = _owner(context, code)
    if key != "yes":
        context.say("linking.kept_apart")
        menu.show(context)
    elif owner is None or owner.id == context.my_id or context.appointments:
        context.say("linking.invalid")
    else:
        _merge(context, owner, code)


def unlink(context: Context) -> None:
    """Every other chat of the record is a stranger's from now on; what waits there comes here."""
    dropped = linking.drop_addresses(context.db, context.my_id, but=context.inbound.address)
    for address in dropped:
        outbox.cancel(context.db, address=address, reason="unlinked")
    windows.forget(context.db, dropped)
    _record(context, "member.unlink", chats=len(dropped))
    context.say("linking.unlinked", count=len(dropped))


def _owner(context: Context, typed: str) -> Member | None:
    """Whose code it is, while it is good and its owner agrees to be written to."""
    code = pairing.read_code(typed)
    owner = linking.owner(context.db, code, context.now) if len(code) == LENGTH else None
    return owner if owner is not None and owner.consent_version is not None else None


def _has_record(context: Context) -> bool:
    drafts = any(draft.form not in ("welcome", "link") for draft in context.talk.drafts.values())
    named = bool(context.me.name or submissions.of_member(context.db, context.my_id, 1))
    return drafts or named or bool(feedback.of_member(context.db, context.my_id, 1))


def _ask(context: Context, owner: Member, code: str) -> None:
    label = context.office.catalogue.label
    values = {
        "given_name": given_name(owner.name or ""),
        "initiatives": len(submissions.of_member(context.db, context.my_id)),
        "feedback": len(feedback.of_member(context.db, context.my_id)),
    }
    choices = (Choice("yes", label("link_merge")), Choice("no", label("link_apart")))
    menu.offer(context, Say("linking.merge_ask", values, choices, f"{QUESTION}@{code}"))


def _merge(context: Context, owner: Member, code: str) -> None:
    """This chat's member becomes part of the code's owner, who has had this record longer or chose so."""
    assert owner.id is not None
    if not linking.use_code(context.db, code):
        context.say("linking.invalid")
        return
    context.db.lock([f"member:{owner.id}"])
    context.talk.drafts.clear()
    context.talk.changed.clear()
    linking.merge(context.db, source=context.me, target=owner, now=context.now)
    _record(context, "member.merge", actor_id=owner.id)
    _become(context, owner)
    menu.show(context)


def _become(context: Context, owner: Member) -> None:
    """From here on this chat speaks for that member: their conversation goes on, the other chats are told."""
    here = context.inbound.address
    context.known = Known(owner)
    context.talk = talk_from(conversations.load(context.db, [context.my_id], context.now)[context.my_id])
    context.appointments = tuple(members.appointments(context.db, [context.my_id], context.now).get(context.my_id, ()))
    _record(context, "member.link", channel=here.kind)
    for row in members.addresses(context.db, context.my_id):
        if Address(row.account, row.chat) != here and row.unreachable_at is None:
            _tell(context, Address(row.account, row.chat))
    context.say("linking.linked", given_name=given_name(context.me.name or ""))


def _tell(context: Context, address: Address) -> None:
    values = {"channel": context.inbound.address.kind, "at": context.now}
    notices.enqueue(
        context.db,
        context.office,
        address,
        Say("linking.told", values),
        member_id=context.my_id,
        topic="link",
        priority=Priority.NOTICE,
        now=context.now,
    )


def _record(context: Context, action: str, *, actor_id: int | None = None, **details: str | int | None) -> None:
    who = actor_id if actor_id is not None else context.my_id
    audit.record(context.db, action=action, actor_id=who, now=context.now, details=details)
