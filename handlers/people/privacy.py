"""«Dữ liệu của tôi»: see, correct, copy, withdraw, erase (Law 91/2025/QH15, art. 4; F6)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from handlers import actors
from handlers.chat import menu
from handlers.chat.context import Aside, Context
from handlers.danger import callbacks as callback_desk
from handlers.feedback import items as heard
from handlers.feedback import news as feedback_news
from handlers.flows import parts
from handlers.flows.outcomes import Correct
from handlers.flows.world import World
from handlers.initiatives import items as initiatives
from handlers.office import Office, local_day
from handlers.people import appointments, linking
from handlers.units import places
from messages.types import Address, Choice, Say
from storage import (
    audit,
    callbacks,
    conversations,
    feedback,
    files,
    members,
    news,
    oa_profiles,
    outbox,
    submissions,
    transcript,
    units,
)
from storage.database import Transaction
from storage.tables import Feedback, Member, State, Submission

ACTIONS = ("see_copy", "correct", "link", "withdraw", "erase")
SUBSCRIBER = 9
"""The digits of a number without the country's code or the leading zero."""
OF_THEIR_OWN = frozenset({news.PURPOSE, callbacks.PURPOSE})
"""What is agreed to besides the notice."""
WITHDRAWN = ("see_copy", "erase")
"""What is left to do for somebody who has withdrawn the agreement."""


def show(context: Context) -> None:
    """A summary, and what may be done about it."""
    member = context.me
    given = members.consents(context.db, context.my_id)
    consents = [row for row in given if row.withdrawn_at is None and row.purpose not in OF_THEIR_OWN]
    label = context.office.catalogue.label
    values = {
        "organisation": context.office.organisation,
        "profile": _profile_line(context.db, member, label("not_given")),
        "initiatives": len(submissions.of_member(context.db, context.my_id)),
        "feedback": len(feedback.of_member(context.db, context.my_id)),
        "consented_at": consents[-1].given_at if consents else None,
        "news": member.news,
    }
    actions = ACTIONS if member.consent_version is not None else WITHDRAWN
    choices = tuple(Choice(key, label(key)) for key in actions)
    menu.offer(context, Say("privacy.menu", values, choices, "privacy"))


def _profile_line(db: Transaction, member: Member, nothing: str) -> str:
    unit = units.by_id(db, member.unit_id) if member.unit_id else None
    told = [member.name, unit.name if unit else member.other_unit]
    return ", ".join(value for value in told if value) or nothing


def copy(context: Context) -> None:
    """Everything we hold about the member, as text in the chat: readable on every channel."""
    held = copy_of(context.db, context.office, context.me, context.now)
    hidden = _said(context.db, context.office, context.my_id, anonymous=True)
    context.said.append(Say("privacy.copy", {**held, "submissions": [*held["submissions"], *hidden]}))


def copy_of(db: Transaction, office: Office, member: Member, now: datetime) -> dict[str, Any]:
    """Everything we hold about a member, as data, but what they said without a name.

    That is told to its author in the chat, and on paper to nobody: it would show who wrote it.
    """
    assert member.id is not None
    unit = units.by_id(db, member.unit_id) if member.unit_id else None
    place = places.by_code(db, member.place, local_day(now)) if member.place else None
    label = office.catalogue.label
    return {
        "organisation": office.organisation,
        "full_name": member.name,
        "phone": member.phone,
        "place": place.name if place else None,
        "unit": unit.name if unit else member.other_unit,
        "group": label(f"group.{member.group}") if member.group else None,
        "news": member.news,
        "addresses": [(row.account, row.linked_at) for row in members.addresses(db, member.id)],
        "consents": _given(db, member.id, lambda purpose: purpose not in OF_THEIR_OWN),
        "news_consents": _given(db, member.id, lambda purpose: purpose == news.PURPOSE),
        "callback_consents": _given(db, member.id, lambda purpose: purpose == callbacks.PURPOSE),
        "submissions": [
            *(
                (record.code, label(f"state.{record.state}"), record.sent_at, _texts(db, record))
                for record in submissions.of_member(db, member.id)
            ),
            *_said(db, office, member.id, anonymous=False),
        ],
    }


def _said(
    db: Transaction, office: Office, member_id: int, *, anonymous: bool
) -> list[tuple[str, str, date, str | None]]:
    """A member's feedback with a name or without, all that its author wrote, in the shape of the other submissions."""
    items = (item for item in feedback.of_member(db, member_id) if item.anonymous == anonymous)
    return [(item.code, feedback_news.state_name(office, item), item.day, _words(db, item)) for item in items]


def _texts(db: Transaction, record: Submission) -> str | None:
    return "\n\n".join(text for _, text in initiatives.texts(db, record)) or None


def _words(db: Transaction, item: Feedback) -> str | None:
    added = [event.text for event in feedback.events(db, item.code) if event.by_author and event.text]
    return "\n".join(part for part in (item.text, *added) if part) or None


def _given(
    db: Transaction, member_id: int, wanted: Callable[[str], bool]
) -> list[tuple[str, datetime, datetime | None]]:
    """The version, the day and the end of each agreement for a purpose."""
    rows = members.consents(db, member_id)
    return [(row.version, row.given_at, row.withdrawn_at) for row in rows if wanted(row.purpose)]


def correct(context: Context, effect: Correct, world: World) -> None:
    """Change one field of the profile; submissions keep what they were handed in with."""
    initiatives.keep_profile(context, {**_current(context, world), **effect.answers})
    shown = effect.answers.get("other_unit") or effect.answers.get(effect.field)
    label = context.office.catalogue.label
    match effect.field:
        case "group":
            shown = label(f"group.{shown}")
        case "place":
            place = world.place(str(shown))
            shown = place.name if place else shown
        case "unit" if not effect.answers.get("other_unit"):
            unit = world.unit(str(shown))
            shown = unit.name if unit else shown
        case _:
            pass
    context.say("privacy.corrected", field=label(f"field.{effect.field}"), value=shown)


def _current(context: Context, world: World) -> Mapping[str, Any]:
    return parts.profile_answers(world.profile) if world.profile else {}


def withdraw(context: Context) -> None:
    """Stop using the data: nothing more is sent, no flow goes on; what was handled before stays valid."""
    served = appointments.lose_all(context.db, context.my_id, context.now)
    linking.call_off(context.db, context.office, context.my_id, context.now)
    members.withdraw(context.db, context.me, context.now)
    callback_desk.forget(context.db, context.my_id)
    conversations.forget(context.db, context.my_id)
    _forget_talk(context)
    outbox.cancel(context.db, member_id=context.my_id, reason="withdrawn")
    audit.record(context.db, actor_id=context.my_id, action="privacy.withdraw", now=context.now)
    context.say("privacy.withdrawn", at=context.now)
    if served:
        context.say("people.ended_with_agreement")


def _forget_talk(context: Context) -> None:
    talk = context.talk
    talk.drafts.clear()
    talk.changed.clear()
    talk.active, talk.offered, talk.question, talk.last_code, talk.aside = None, (), "", None, Aside()


def erase(context: Context) -> None:
    """Erase the member, then say so in a message that is itself forgotten once it is sent."""
    code = context.office.new_code("XD", context.now)
    erase_member(context.db, context.office, context.me, code=code, now=context.now)
    _forget_talk(context)
    context.known = None
    context.say("privacy.erased", at=context.now, code=code)


def erase_member(db: Transaction, office: Office, member: Member, *, code: str, now: datetime) -> None:
    """Name, phone, addresses, drafts, every text with their name, every waiting message go; codes and counts remain.

    What they said without a name is touched nowhere, not even in what officers were shown of it; it leads to nobody.
    The window of a chat stays for the day that a stranger's stays, so that the confirmation can still be sent.
    """
    assert member.id is not None
    appointments.lose_all(db, member.id, now)
    linking.call_off(db, office, member.id, now)
    for record in submissions.of_member(db, member.id, limit=10_000):
        if record.state in initiatives.FOLLOWED:
            submissions.move(
                db, record, state=State.WITHDRAWN, actor_id=None, unit_id=record.receiver_id, note=None, now=now
            )
            initiatives.tell_officers(db, office, record, "officer.withdrawn", now)
    heard.withdraw_named(db, office, actors.CLOCK, member.id, now=now)
    callback_desk.forget(db, member.id)
    said = feedback.named_by(db, member.id)
    _forget_copies(db, [*submissions.of_member(db, member.id, limit=10_000), *said])
    submissions.erase_member(db, member.id)
    feedback.erase_member(db, member.id)
    for row in members.addresses(db, member.id):
        transcript.erase(db, Address(row.account, row.chat))
        oa_profiles.forget(db, [Address(row.account, row.chat)])
    files.erase_member(db, member.id)
    outbox.erase_member(db, member.id)
    conversations.forget(db, member.id)
    audit.record(db, actor_id=None, action="privacy.erase", subject=code, now=now)
    members.erase(db, member, code=code, now=now)


def _forget_copies(db: Transaction, records: Sequence[Submission | Feedback]) -> None:
    """What officers were shown of these, in the outbox and in the browser's history."""
    received = {record.receiver_id for record in records if record.receiver_id is not None}
    above = {unit.id for unit_id in received for unit in units.ancestors(db, unit_id) if unit.id is not None}
    readers = members.ever_appointed(db, received | above)
    values = (value for record in records for value in (record.code, record.full_name, record.text))
    secrets = {value for value in values if value and _tells(value)}
    numbers = {record.phone[-SUBSCRIBER:] for record in records if record.phone}

    def mentions(text: str) -> bool:
        """Every card has its code; a name or a number may also stand in what an officer wrote."""
        digits = "".join(filter(str.isdigit, text))
        return any(secret in text for secret in secrets) or any(number in digits for number in numbers)

    outbox.forget_mentions(db, readers, mentions)
    for address in (row for reader in readers for row in members.addresses(db, reader)):
        transcript.forget_mentions(db, Address(address.account, address.chat), mentions)


def _tells(value: str) -> bool:
    """Whether a value points to one person; a single word («An») stands in half of all texts."""
    return " " in value or "-" in value
