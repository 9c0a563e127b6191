"""The scoring sheet: several appraisers give points by the programme's criteria; average and spread are shown (F10)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from handlers.actors import Actor
from handlers.acts import act
from handlers.errors import Refusal
from handlers.initiatives import life as initiative_life
from handlers.initiatives import purview
from handlers.initiatives.life import Act, Changed
from handlers.office import Office
from storage import audit, scores
from storage.database import Transaction
from storage.tables import Right, State, Submission


@dataclass(frozen=True, slots=True)
class Summary:
    """What the appraisers of one unit gave."""

    appraisers: int
    average: float
    lowest: int
    highest: int
    most: int
    """Points there are."""


@act(Right.APPRAISE, audit=("initiative.score", "initiative.appraising"), tells="author")
def give(
    db: Transaction, office: Office, actor: Actor, code: str, points: Sequence[int], *, now: datetime
) -> tuple[Submission, Summary]:
    """One appraiser's points, in the order of the criteria. Raises Refusal: not theirs, or out of range; Changed.

    The first points begin the appraisal. Points given again replace the earlier ones of the same person; what another
    appraiser gave meanwhile does not touch them, so that no revision is compared.
    """
    record, place = purview.take(db, code, actor, now)
    if not purview.may_score(db, record, place):
        raise Changed(record)
    sheet = purview.criteria(db, record)
    if len(points) != len(sheet) or any(
        not 0 <= given <= most for given, (_, _, most) in zip(points, sheet, strict=True)
    ):
        raise Refusal("scoring.invalid", criteria=[(label, most) for _, label, most in sheet])
    assert record.id is not None
    given = {key: value for (key, _, _), value in zip(sheet, points, strict=True)}
    if place.first and initiative_life.allows(Act.APPRAISE, State(record.state)):
        initiative_life.move(db, office, record, Act.APPRAISE, unit_id=place.unit_id, actor=actor, now=now)
    scores.give(db, record.id, place.unit_id, actor.me, given, now)
    audit.record(db, actor_id=actor.me, action="initiative.score", unit_id=place.unit_id, subject=record.code, now=now)
    summed = summary(db, record, place.unit_id)
    assert summed is not None
    return record, summed


def summary(db: Transaction, record: Submission, unit_id: int) -> Summary | None:
    """What was given at a unit so far; None before the first points."""
    assert record.id is not None
    totals = [row.total for row in scores.of(db, record.id, unit_id)]
    if not totals:
        return None
    most = sum(limit for _, _, limit in purview.criteria(db, record))
    return Summary(len(totals), sum(totals) / len(totals), min(totals), max(totals), most)
