"""Initiatives as their authors make them: handed in, added to, followed (seed 000 II.2.1; F1, F7)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from handlers import notices
from handlers.actors import Actor
from handlers.acts import Needs, act
from handlers.errors import Refusal
from handlers.initiatives import life as initiative_life
from handlers.initiatives.life import Act, Changed
from handlers.office import Office, local_day
from handlers.people import profile
from handlers.text.likeness import fingerprint
from messages.types import Choice, Say
from storage import appointments, assignments, audit, desks, members, programmes, submissions, units
from storage.database import Transaction
from storage.tables import Kind, Member, Right, State, Submission

PREFIX = "SK"
FOLLOWED = initiative_life.UNDECIDED
"""States from which an officer may still move a submission."""


@act(Needs.SELF, audit="initiative.sent", tells="officers")
def submit(
    db: Transaction,
    office: Office,
    actor: Actor,
    answers: Mapping[str, Any],
    draft_id: str,
    *,
    channel: str,
    now: datetime,
) -> Submission:
    """Hand an initiative in: what a form was told is kept as its record, and the profile for next time.

    `channel` is the kind its author writes on. Raises Refusal when this draft was handed in before.
    """
    member = members.by_id(db, actor.me)
    assert member is not None
    earlier, code = _codes(db, office, draft_id, now)
    if earlier is not None:
        raise Refusal("initiative.already", code=earlier)
    profile.keep(db, member, answers)
    record = Submission(
        kind=Kind.INITIATIVE,
        code=code,
        draft_id=draft_id,
        member_id=member.id,
        programme_id=answers["programme"],
        channel=channel,
        full_name=answers["name"],
        phone=answers["phone"],
        place=answers["place"],
        unit_id=member.unit_id,
        other_unit=answers.get("other_unit"),
        receiver_id=receiver_of(db, member, now),
        group=answers["group"],
        answers={key.removeprefix("q_"): value for key, value in answers.items() if key.startswith("q_")},
        text=answers["text"],
        fingerprint=fingerprint(answers["text"]),
        state=State.SENT,
        sent_at=now,
        updated_at=now,
    )
    submissions.add(db, record, actor_id=member.id)
    audit.record(db, actor_id=None, action="initiative.sent", unit_id=record.receiver_id, subject=code, now=now)
    tell_officers(db, office, record, "officer.new_initiative", now)
    return record


def _codes(db: Transaction, office: Office, draft_id: str, now: datetime) -> tuple[str | None, str]:
    """The code of what this draft became before, if it did; and a free one."""
    while True:
        code = office.new_code(PREFIX, now)
        earlier, taken = submissions.codes(db, draft_id=draft_id, wanted=code)
        if not taken:
            return earlier, code


def receiver_of(db: Transaction, member: Member, now: datetime) -> int | None:
    """The unit that receives: the nearest one from the member's own upwards that has an officer.

    Without an officer anywhere it is the member's own unit, where one appointed later will find it.
    """
    if member.unit_id is None:
        return _top_of_place(db, member.place, now)
    desk = desks.of_unit(db, member.unit_id, now)
    return member.unit_id if desk is None else desk


def _top_of_place(db: Transaction, place: str | None, now: datetime) -> int | None:
    """For a unit named by hand: the top of its place, or its sector."""
    if place is None:
        return None
    if not place.isdigit():
        sector = units.known(db, place)
        return sector.id if sector else None
    tops = units.tops(db, now.date())
    return next((unit.id for unit in tops if unit.place == place), None)


def tell_officers(db: Transaction, office: Office, record: Submission, key: str, now: datetime) -> None:
    """Push news of a submission to whoever deals with it: the officer it was given to, else all at its desk."""
    if record.receiver_id is None or record.id is None:
        return
    desk = desks.of_unit(db, record.receiver_id, now)
    unit = units.known_by_id(db, record.receiver_id)
    assert unit is not None
    if desk is None:
        return
    values = {
        "unit": unit.name,
        "code": record.code,
        "at": record.updated_at,
        "waiting": submissions.count_waiting(db, [record.receiver_id]),
    }
    open_it = (Choice("open", office.catalogue.label("open_item")),)
    say = Say(key, values, open_it, f"item@{record.code}")
    for member_id in _concerned(db, record, desk, now):
        once = f"{key}:{record.code}.{record.revision}:{member_id}"
        notices.to_officer(db, office, member_id, say, about=record.code, topic="officer", once=once, now=now)


def _concerned(db: Transaction, record: Submission, desk: int, now: datetime) -> list[int]:
    assert record.id is not None
    assert record.receiver_id is not None
    serving = appointments.serving(db, desk, Right.RECEIVE, now=now, day=local_day(now))
    given = assignments.assigned(db, record.id, record.receiver_id)
    return [given] if given is not None and given in serving else serving


def supplemented(office: Office, before: str, text: str, now: datetime) -> str:
    """A text with what its author adds, under the day on which they do."""
    return office.catalogue.text("supplement.joined", {"before": before, "text": text, "at": now})


@act(Needs.AUTHOR, audit="initiative.supplemented", tells="officers")
def supplement(
    db: Transaction, office: Office, actor: Actor, code: str, text: str, *, whole: bool, now: datetime
) -> Submission:
    """What the author adds, or the text that takes the place of the first: it waits for the officer again. The text as
    it stood is kept as a version. Raises Refusal: not theirs, or nothing is asked for (any more).
    """
    closed = Refusal("supplement.closed", code=code, text=text)
    record = own(db, actor, code)
    if record is None:
        raise closed
    try:
        initiative_life.move(db, office, record, Act.SUPPLEMENT, unit_id=record.receiver_id, actor=actor, now=now)
    except Changed:
        raise closed from None
    stands = text if whole else supplemented(office, record.text or "", text, now)
    submissions.replace_text(db, record, text=stands, fingerprint=fingerprint(stands), now=now)
    tell_officers(db, office, record, "officer.resubmitted", now)
    return record


def own(db: Transaction, actor: Actor, code: str) -> Submission | None:
    """A submission the actor made; any other is as good as not there."""
    record = submissions.by_code(db, code)
    return record if record is not None and record.member_id == actor.me else None


def texts(db: Transaction, record: Submission) -> list[tuple[datetime, str]]:
    """What the author wrote, the last as it stands, each with since when. A text that was only added to stands in the
    one that follows, and is not told twice.
    """
    assert record.id is not None
    earlier = submissions.versions(db, record.id)
    since = [record.sent_at, *(row.replaced_at for row in earlier)]
    written = [*(row.text or "" for row in earlier), record.text or ""]
    following = [*written[1:], None]
    return [
        (at, text)
        for at, text, after in zip(since, written, following, strict=True)
        if text and not (after is not None and after.startswith(text))
    ]


def programme_name(db: Transaction, record: Submission) -> str:
    """The programme's name; empty for what belongs to none."""
    row = programmes.by_id(db, record.programme_id) if record.programme_id else None
    return row.name if row else ""
