"""«Dữ liệu của tôi»: see, correct, copy, withdraw, erase (Law 91/2025/QH15, art. 4; F6)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from handlers import actors
from handlers.actors import Actor, NoRight
from handlers.acts import Needs, act
from handlers.danger import callbacks as callback_desk
from handlers.feedback import items as heard
from handlers.feedback import news as feedback_news
from handlers.initiatives import items as initiatives
from handlers.office import Office, local_day
from handlers.people import appointments, linking, profile
from handlers.units import places
from messages.types import Address
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

SUBSCRIBER = 9
"""The digits of a number without the country's code or the leading zero."""
OF_THEIR_OWN = frozenset({news.PURPOSE, callbacks.PURPOSE})
"""What is agreed to besides the notice."""


@dataclass(frozen=True, slots=True)
class Summary:
    """What we hold about a member, at a glance."""

    profile: str
    """Who they are and where they work; empty where we know neither."""
    initiatives: int
    feedback: int
    agreed_at: datetime | None
    """When they agreed to the notice in force; None: they have withdrawn."""
    news: bool


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """The agreement was taken back."""

    served: bool
    """They held a role, which ended with it."""


def summary(db: Transaction, actor: Actor) -> Summary:
    """What somebody may know of what we hold about them."""
    member = _me(db, actor)
    given = [row for row in members.consents(db, actor.me) if row.withdrawn_at is None]
    consents = [row for row in given if row.purpose not in OF_THEIR_OWN]
    unit = units.by_id(db, member.unit_id) if member.unit_id else None
    told = [member.name, unit.name if unit else member.other_unit]
    return Summary(
        profile=", ".join(value for value in told if value),
        initiatives=len(submissions.of_member(db, actor.me)),
        feedback=len(feedback.of_member(db, actor.me)),
        agreed_at=consents[-1].given_at if consents else None,
        news=member.news,
    )


@act(Needs.SELF, unaudited="it tells of what was said without a name: who looks at that, and when, is kept nowhere")
def copy(db: Transaction, office: Office, actor: Actor, *, now: datetime) -> dict[str, Any]:
    """Everything we hold about somebody, for themselves: with what they said without a name."""
    held = copy_of(db, office, _me(db, actor), now)
    hidden = _said(db, office, actor.me, anonymous=True)
    return {**held, "submissions": [*held["submissions"], *hidden]}


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


@act(Needs.SELF, audit="privacy.correct")
def correct(db: Transaction, actor: Actor, field: str, values: Mapping[str, Any], *, now: datetime) -> None:
    """Change one field of one's profile, with what follows from it; submissions keep what they were handed in with."""
    member = _me(db, actor)
    profile.keep(db, member, {"other_unit": member.other_unit, **values})
    audit.record(db, action="privacy.correct", actor_id=actor.me, now=now, details={"field": field})


@act(Needs.SELF, audit="privacy.withdraw", tells="whoever was about to be linked")
def withdraw(db: Transaction, office: Office, actor: Actor, *, now: datetime) -> Withdrawn:
    """Stop using the data: nothing more is sent, no form goes on; what was handled before stays valid."""
    served = appointments.lose_all(db, actor.me, now)
    linking.call_off(db, office, actor.me, now)
    members.withdraw(db, _me(db, actor), now)
    callback_desk.forget(db, actor.me)
    conversations.forget(db, actor.me)
    outbox.cancel(db, member_id=actor.me, reason="withdrawn")
    audit.record(db, actor_id=actor.me, action="privacy.withdraw", now=now)
    return Withdrawn(served)


@act(
    Needs.SELF, audit="privacy.erase", tells=("officers who deal with what they sent", "whoever was about to be linked")
)
def erase(db: Transaction, office: Office, actor: Actor, *, now: datetime) -> str:
    """Erase oneself; the code of the erasure. They are nobody's member afterwards."""
    code = office.new_code("XD", now)
    erase_member(db, office, _me(db, actor), code=code, now=now)
    audit.record(db, actor_id=None, action="privacy.erase", subject=code, now=now)
    return code


def _me(db: Transaction, actor: Actor) -> Member:
    member = members.by_id(db, actor.me)
    if member is None or member.erased_at is not None:
        raise NoRight("rights.none")
    return member


def erase_member(db: Transaction, office: Office, member: Member, *, code: str, now: datetime) -> None:
    """Name, phone, addresses, drafts, every text with their name, every waiting message go; codes and counts remain.

    What they said without a name is touched nowhere, not even in what officers were shown of it; it leads to nobody.
    The window of a chat stays for the day that a stranger's stays, so that the confirmation can still be sent.
    Whoever calls this puts it on record.
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
