"""What appraisers gave an initiative, each for their unit, by the programme's criteria."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlmodel import col

from storage.database import Transaction
from storage.tables import Score


def give(
    db: Transaction, submission_id: int, unit_id: int, member_id: int, points: Mapping[str, int], now: datetime
) -> None:
    """Keep an appraiser's points; given again, they replace the earlier ones."""
    row = db.get(Score, (submission_id, unit_id, member_id))
    if row is None:
        row = Score(submission_id=submission_id, unit_id=unit_id, member_id=member_id, total=0, at=now)
        db.add(row)
    row.points, row.total, row.at = dict(points), sum(points.values()), now
    db.flush()


def of(db: Transaction, submission_id: int, unit_id: int) -> Sequence[Score]:
    """What the appraisers of one unit gave, in the order of their numbers."""
    rows = select(Score).where(col(Score.submission_id) == submission_id, col(Score.unit_id) == unit_id)
    return db.scalars(rows.order_by(col(Score.member_id))).all()


def averages(db: Transaction, submission_ids: Collection[int], unit_id: int) -> dict[int, float]:
    """The average of each initiative that somebody of the unit has scored."""
    rows = select(col(Score.submission_id), func.avg(col(Score.total))).where(
        col(Score.submission_id).in_(submission_ids), col(Score.unit_id) == unit_id
    )
    return {row[0]: float(row[1]) for row in db.execute(rows.group_by(col(Score.submission_id)))}
