"""Files of those proposed for an award: which papers are there, which are missing, what is late (F14).

What may be done with them stands in handlers/awards/acts.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from handlers.actors import Actor
from handlers.files import files
from messages import awards as kinds
from messages.awards import Award
from storage import appointments, awards, desks, programmes
from storage.database import Transaction
from storage.files import Info
from storage.tables import AwardFile, Duty, Right

PREFIX = "HS"
PURPOSE = "award"


@dataclass(frozen=True, slots=True)
class Standing:
    """A file with what is known of it."""

    file: AwardFile
    award: Award
    papers: Mapping[str, tuple[Info, ...]]
    """The files of each paper, by the paper's key, in the order of the list."""
    due_at: datetime | None
    """The first moment that is too late; None: no date was set."""
    late: bool
    """It was sent too late, or would be now."""

    @property
    def missing(self) -> tuple[str, ...]:
        """The titles of papers that are not there."""
        return tuple(paper.title for paper in self.award.papers if not self.papers[paper.key])


def find(db: Transaction, actor: Actor, code: str) -> AwardFile | None:
    """A file of a unit inside somebody's own subtree; any other is as good as not there."""
    file = awards.by_code(db, code)
    return file if file is not None and actor.may(db, Right.SELECT, file.unit_id) else None


def is_of(db: Transaction, actor: Actor, file: AwardFile, now: datetime) -> bool:
    """Whether a file is somebody's to change: it belongs to the unit that proposes, or where nobody serves that, to the
    nearest desk above. Whoever is further up reads it.
    """
    if actor.has_every_right:
        return True
    desk = desks.of_unit(db, file.unit_id, now)
    return any(row.unit_id == desk and Right.SELECT in appointments.rights_of(row) for row in actor.roles)


def listed(db: Transaction, actor: Actor, limit: int, now: datetime) -> list[Standing]:
    """The files of somebody's own units and all below, unsent ones first."""
    return [standing(db, file, now) for file in awards.of_units(db, actor.units(Right.SELECT), limit)]


def standing(db: Transaction, file: AwardFile, now: datetime) -> Standing:
    """Where a file stands."""
    award = kinds.load()[file.kind]
    papers = {paper.key: tuple(files.of_subject(db, PURPOSE, subject(file, paper.key))) for paper in award.papers}
    owed = duty(db, file)
    due_at = owed.due_at if owed else None
    late = due_at is not None and (file.sent_at or now) >= due_at
    return Standing(file, award, papers, due_at, late)


def subject(file: AwardFile, paper: str) -> str:
    """What the files of a paper belong to."""
    return f"{file.code}.{paper}"


def title(file: AwardFile, paper: str) -> str | None:
    """The title of a paper; None where this kind of file has no such paper."""
    return next((one.title for one in kinds.load()[file.kind].papers if one.key == paper), None)


def subject_title(file: AwardFile, paper: str) -> str:
    """What a paper is for, without who is proposed."""
    return f"{file.code} – {title(file, paper)}"


def duty(db: Transaction, file: AwardFile) -> Duty | None:
    """The duty that is done by handing a file in."""
    if file.programme_id is None:
        return None
    wanted = kinds.load()[file.kind].duty
    return next((duty for duty in programmes.duties(db, file.programme_id) if duty.key == wanted), None)
