"""One initiative as an officer sees it: everything needed to decide, the decisions open now, the rest behind «more»."""

from __future__ import annotations

from handlers.chat.context import Context
from handlers.errors import Refusal
from handlers.initiatives import assigning, authors, purview, quotas, scoring
from handlers.initiatives import items as initiatives
from handlers.initiatives.life import Act, Changed, Moved
from handlers.initiatives.purview import Seat
from handlers.reaching import promises
from handlers.text.likeness import ALIKE, overlap, shingles
from messages import programmes as templates
from messages.types import Choice, Say
from storage import assignments, desks, members, programmes, selections, submissions, units
from storage.tables import Purpose, State, Submission

COMPARED = 30
"""As many of the desk's newest initiatives a text is compared with."""
SHOWN_ALIKE = 3
SHOWN_CHOICES = 2


def show(context: Context, code: str) -> None:
    """The card of an initiative on one's own desk."""
    found = purview.find(context.db, code, context.actor, context.now)
    if found is None:
        context.say("officer.not_yours")
        return
    record, place = found
    label = context.office.catalogue.label
    values = {
        "code": record.code,
        "state": label(f"state.{record.state}"),
        "programme": initiatives.programme_name(context.db, record),
        "unit": authors.unit_name(context.db, record),
        "group": label(f"group.{record.group}") if record.group else "",
        "author": record.full_name,
        "phone": record.phone,
        "answers": _answers(context, record),
        "text": record.text,
        "count": len(record.text or ""),
        "sent_at": record.sent_at,
        "duplicates": _duplicates(context, record, place),
        "rewritten": _is_rewritten(context, record),
        **_course(context, record, place),
    }
    context.said.append(Say("officer.card", values, _choices(context, record, place), _question(record)))


def changed(context: Context, record: Submission, wanted: State | None = None) -> None:
    """The button is an old one, or somebody was quicker: nothing is done. What had been done already is told with when
    and by whom, and the initiative is shown as it is now.
    """
    context.db.refresh(record)
    assert record.id is not None
    done = [row for row in submissions.transitions(context.db, record.id) if wanted and row.to_state == wanted]
    if done:
        state = context.office.catalogue.label(f"state.{wanted}")
        values = {"code": record.code, "state": state, "at": done[-1].at, "by": _who(context, done[-1].actor_id)}
        context.said.append(Say("officer.already", values))
        show(context, record.code)
        return
    context.say("officer.changed", code=record.code, state=context.office.catalogue.label(f"state.{record.state}"))
    show(context, record.code)


def refused(context: Context, refusal: Refusal) -> None:
    """Say why something was not done with an initiative; one that was changed is shown as it is now."""
    if isinstance(refusal, Changed):
        changed(context, refusal.record)
    else:
        context.refused(refusal)


def told(context: Context, *done: Moved) -> str:
    """For the officer who did it: whether the author knows, or how many of several authors."""
    if len(done) > 1:
        return promises.all_words(context.office, [one.told for one in done if one.told is not None])
    (one,) = done
    return promises.words(context.office, one.told, phone=one.record.phone) if one.told is not None else ""


def _is_rewritten(context: Context, record: Submission) -> bool:
    """Whether a text that was sent earlier does not stand in the one that stands now."""
    return len(initiatives.texts(context.db, record)) > 1


def _who(context: Context, actor_id: int | None) -> str:
    member = members.by_id(context.db, actor_id) if actor_id is not None and actor_id != context.my_id else None
    return member.name or "" if member else ""


def offer_more(context: Context, record: Submission, place: Seat) -> None:
    """What stands behind «more»: points, a colleague, the inbox."""
    keys = ["score"] if purview.may_score(context.db, record, place) else []
    keys += ["assign"] if purview.may_assign(context.db, record, place) else []
    keys += ["versions"] if _is_rewritten(context, record) else []
    label = context.office.catalogue.label
    choices = (*(Choice(key, label(key)) for key in keys), Choice("inbox", label("open_inbox")))
    context.said.append(Say("officer.more", {"code": record.code}, choices, _question(record)))


def offer_colleagues(context: Context, record: Submission, place: Seat) -> None:
    """To whom it may be given; oneself first."""
    people = assigning.colleagues(context.db, place.unit_id, context.now)
    mine = context.office.catalogue.label("take")
    named = [(context.my_id, mine), *((each, name) for each, name in people.items() if each != context.my_id)]
    choices = tuple(Choice(f"to.{each}", name[:24]) for each, name in named if each in people)
    context.said.append(Say("inbox.assign_ask", {"code": record.code}, choices, _question(record)))


def _question(record: Submission) -> str:
    return f"item@{record.code}.{record.revision}"


def _choices(context: Context, record: Submission, place: Seat) -> tuple[Choice, ...]:
    """At most five buttons: the decisions, then «more» where there is more, or the inbox."""
    label = context.office.catalogue.label
    acts = purview.open_acts(context.db, record, place)
    keys = [act.value for act in acts]
    if purview.may_keep(context.db, record, place):
        keys.append("looked_at")
    more = purview.may_score(context.db, record, place) or purview.may_assign(context.db, record, place)
    more = more or _is_rewritten(context, record)
    last = Choice("more", label("more")) if more else Choice("inbox", label("open_inbox"))
    return (*(Choice(key, label(key)) for key in keys), last)


def _answers(context: Context, record: Submission) -> list[tuple[str, str]]:
    programme = programmes.by_id(context.db, record.programme_id) if record.programme_id else None
    if programme is None:
        return []
    return templates.answers_shown(programmes.questions(programme), record.answers)


def _duplicates(context: Context, record: Submission, place: Seat) -> list[str]:
    """Codes of others on this desk in the same or much the same words."""
    if record.text is None:
        return []
    near = [
        other
        for other in desks.every(context.db, place.unit_id, context.now, COMPARED)
        if other.id != record.id and other.programme_id == record.programme_id
    ]
    own = shingles(record.text)
    found = [other.code for other in near if overlap(shingles(other.text or ""), own) >= ALIKE]
    if record.programme_id is not None and record.fingerprint is not None:
        for other in submissions.alike(context.db, record.programme_id, record.fingerprint):
            seen = purview.find(context.db, other.code, context.actor, context.now)
            if other.id != record.id and other.code not in found and seen is not None:
                found.append(other.code)
    return found[:SHOWN_ALIKE]


def _course(context: Context, record: Submission, place: Seat) -> dict[str, object]:
    """What has become of it so far: agreement, points, who deals with it, choices, and the numbers they count for."""
    assert record.id is not None
    db = context.db
    points = scoring.summary(db, record, place.unit_id)
    given = assigning.holder(db, record, place.unit_id, context.now)
    chosen = [
        (row.purpose, _unit_name(context, row.unit_id), row.forwarding_id is not None)
        for row in selections.of(db, record.id)
        if row.purpose != Purpose.KEEP
    ]
    return {
        "agreed": assignments.agreed_at(db, record.id),
        "points": (points.average, points.most, points.lowest, points.highest, points.appraisers) if points else None,
        "officer": given[1] if given else "",
        "chosen": chosen[-SHOWN_CHOICES:],
        "numbers": _numbers(context, record, place),
    }


def _numbers(context: Context, record: Submission, place: Seat) -> list[tuple[str, int, int]]:
    """«18/20» for what may be chosen now."""
    acts = purview.open_acts(context.db, record, place)
    wanted = [purpose for purpose, act in ((Purpose.SELECT, Act.SELECT), (Purpose.AWARD, Act.AWARD)) if act in acts]
    found = (quotas.standing(context.db, record.programme_id, place.unit_id, purpose) for purpose in wanted)
    return [(row.purpose.value, row.count, row.planned) for row in found if row is not None]


def _unit_name(context: Context, unit_id: int) -> str:
    unit = units.by_id(context.db, unit_id)
    return unit.name if unit else ""
