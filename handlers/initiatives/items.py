"""Initiatives: handed in, moved from state to state, their authors told of each step (seed 000 II.2.1; F1, F7, F9)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from handlers import notices
from handlers.chat.context import Context
from handlers.initiatives import authors
from handlers.initiatives import life as initiative_life
from handlers.initiatives.life import Act
from handlers.office import Office, local_day
from handlers.people import profile
from handlers.reaching import promises
from handlers.text.likeness import fingerprint
from handlers.text.readers import given_name
from messages.types import Choice, Say
from storage import appointments, assignments, desks, programmes, submissions, units
from storage.database import Transaction
from storage.tables import Kind, Member, Right, State, Submission

PREFIX = "SK"
FOLLOWED = initiative_life.UNDECIDED
"""States from which an officer may still move a submission."""


def submit(context: Context, answers: dict[str, Any], draft_id: str) -> None:
    """Make the record, keep the profile for next time, thank the author, tell the officers."""
    earlier, code = _codes(context, draft_id)
    if earlier is not None:
        context.say("initiative.already", code=earlier)
        return
    profile.keep(context.db, context.me, answers)
    record = _record(context, answers, draft_id, code)
    submissions.add(context.db, record, actor_id=context.my_id)
    context.talk.last_code = record.code
    context.talk.offered = ()
    receiver = authors.receiver_name(context.db, record, context.office)
    context.say(
        "initiative.done",
        given_name=given_name(record.full_name or ""),
        code=record.code,
        at=context.now,
        receiver=receiver,
        span=promises.here(context.office, context.inbound.address),
    )
    tell_officers(context.db, context.office, record, "officer.new_initiative", context.now)


def _record(context: Context, answers: dict[str, Any], draft_id: str, code: str) -> Submission:
    member = context.me
    return Submission(
        kind=Kind.INITIATIVE,
        code=code,
        draft_id=draft_id,
        member_id=member.id,
        programme_id=answers["programme"],
        channel=context.inbound.address.kind,
        full_name=answers["name"],
        phone=answers["phone"],
        place=answers["place"],
        unit_id=member.unit_id,
        other_unit=answers.get("other_unit"),
        receiver_id=receiver_of(context.db, member, context.now),
        group=answers["group"],
        answers={key.removeprefix("q_"): value for key, value in answers.items() if key.startswith("q_")},
        text=answers["text"],
        fingerprint=fingerprint(answers["text"]),
        state=State.SENT,
        sent_at=context.now,
        updated_at=context.now,
    )


def _codes(context: Context, draft_id: str) -> tuple[str | None, str]:
    """The code of what this draft became before, if it did; and a free one."""
    while True:
        code = context.office.new_code(PREFIX, context.now)
        earlier, taken = submissions.codes(context.db, draft_id=draft_id, wanted=code)
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


def supplement(context: Context, code: str, text: str, *, whole: bool) -> None:
    """What the author adds, or the text that takes the place of the first: it waits for the officer again. The text as
    it stood is kept as a version.
    """
    record = submissions.by_code(context.db, code)
    if record is None or record.member_id != context.my_id or record.state != State.NEEDS_MORE:
        context.say("supplement.closed", code=code, text=text)
        return
    moved = initiative_life.move(
        context.db,
        context.office,
        record,
        Act.SUPPLEMENT,
        unit_id=record.receiver_id,
        actor_id=context.my_id,
        now=context.now,
    )
    if not moved:  # an officer decided in this very moment
        context.say("supplement.closed", code=code, text=text)
        return
    stands = text if whole else supplemented(context.office, record.text or "", text, context.now)
    submissions.replace_text(context.db, record, text=stands, fingerprint=fingerprint(stands), now=context.now)
    context.say("supplement.done", code=code)
    tell_officers(context.db, context.office, record, "officer.resubmitted", context.now)


def own(context: Context, code: str) -> Submission | None:
    """A submission the member made; any other is as good as not there."""
    record = submissions.by_code(context.db, code)
    return record if record is not None and record.member_id == context.my_id else None


def show(context: Context, record: Submission) -> None:
    """Where one's own submission stands."""
    values = {
        "code": record.code,
        "state": context.office.catalogue.label(f"state.{record.state}"),
        "updated": record.updated_at,
        "where": authors.place_name(context.db, record, context.office),
        "note": record.request,
    }
    keys = ["supplement"] if record.state == State.NEEDS_MORE else []
    keys += ["versions"] if record.text is not None else []
    choices = tuple(Choice(key, context.office.catalogue.label(key)) for key in keys)
    context.said.append(Say("lookup.detail", values, choices, f"own@{record.code}" if choices else ""))


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


def show_texts(context: Context, record: Submission) -> None:
    """Every text of one initiative that was sent, the one that stands last."""
    *earlier, current = texts(context.db, record) or [(record.sent_at, "")]
    values = {"code": record.code, "earlier": earlier, "since": current[0], "text": current[1]}
    context.said.append(Say("supplement.versions", values))


def programme_name(db: Transaction, record: Submission) -> str:
    """The programme's name; empty for what belongs to none."""
    row = programmes.by_id(db, record.programme_id) if record.programme_id else None
    return row.name if row else ""
