"""Files of those proposed for an award: which papers are there, which are missing, what is late (F14).

A file that comes late is taken all the same and flagged: it will not be considered (seed 000 II.2.5: «đơn vị nào gửi hồ
sơ chậm so với thời gian quy định sẽ không được xét»).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from handlers import actors, notices
from handlers.duties import acts as duties
from handlers.files import files
from handlers.initiatives import purview
from handlers.office import Office, local_day
from messages import awards as kinds
from messages.awards import Award
from messages.types import Choice, Say
from storage import appointments, audit, awards, programmes, units
from storage.awards import State
from storage.database import Transaction
from storage.duties import Owed
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


def find(db: Transaction, code: str, member_id: int, now: datetime) -> AwardFile | None:
    """A file of a unit inside a member's own subtree."""
    file = awards.by_code(db, code)
    if file is None:
        return None
    return file if appointments.may(db, member_id, file.unit_id, Right.SELECT, now) else None


def is_of(db: Transaction, file: AwardFile, member_id: int, now: datetime) -> bool:
    """Whether a file is the member's to change: it belongs to the unit that proposes, or where nobody serves that, to
    the nearest desk above. Whoever is further up reads it.
    """
    return Right.SELECT in purview.desk_rights(db, actors.of_member(db, member_id, now), file.unit_id, now)


def standing(db: Transaction, file: AwardFile, now: datetime) -> Standing:
    """Where a file stands."""
    award = kinds.load()[file.kind]
    papers = {paper.key: tuple(files.of_subject(db, PURPOSE, subject(file, paper.key))) for paper in award.papers}
    duty = _duty(db, file)
    due_at = duty.due_at if duty else None
    late = due_at is not None and (file.sent_at or now) >= due_at
    return Standing(file, award, papers, due_at, late)


def subject(file: AwardFile, paper: str) -> str:
    """What the files of a paper belong to."""
    return f"{file.code}.{paper}"


def _duty(db: Transaction, file: AwardFile) -> Duty | None:
    if file.programme_id is None:
        return None
    wanted = kinds.load()[file.kind].duty
    return next((duty for duty in programmes.duties(db, file.programme_id) if duty.key == wanted), None)


def propose(
    db: Transaction, office: Office, *, unit_id: int, kind: str, nominee: str, actor_id: int, now: datetime
) -> AwardFile:
    """A new file."""
    programme = awards.programme(db, kinds.load()[kind].programme, unit_id, now)
    file = AwardFile(
        code=_free_code(db, office, now),
        kind=kind,
        programme_id=programme.id if programme else None,
        unit_id=unit_id,
        nominee=nominee,
        state=State.OPEN,
        made_by=actor_id,
        made_at=now,
    )
    awards.add(db, file)
    _record(db, "open", file, actor_id, now)
    return file


def hand_in(db: Transaction, office: Office, file: AwardFile, *, actor_id: int, now: datetime) -> bool:
    """Hand a file in, complete or not; its duty is done, the level above is told. False: somebody was quicker."""
    if not awards.change(db, file, state=State.SENT, sent_at=now):
        return False
    _record(db, "send", file, actor_id, now)
    duty = _duty(db, file)
    if duty is not None and duty.id is not None:
        duties.fulfil(db, office, duty.id, Owed(file.unit_id, actor_id), now)
    _tell_above(db, office, standing(db, file, now), now)
    return True


def take_back(db: Transaction, office: Office, file: AwardFile, *, actor_id: int, now: datetime) -> bool:
    """Take a file that was handed in back from the level above, with its papers as they are, and tell it so.

    Its duty is as if it had not been handed in: open again, unless another file of the unit's does it, or it was marked
    as done by hand before. False: somebody was quicker.
    """
    handed_in = file.sent_at
    if not awards.change(db, file, state=State.OPEN, sent_at=None):
        return False
    _record(db, "take_back", file, actor_id, now)
    duty = _duty(db, file)
    if duty is not None and duty.id is not None and handed_in is not None:
        others = awards.handed_in(db, file.unit_id, file.kind, file.programme_id)
        duties.reopen(
            db, duty.id, Owed(file.unit_id, actor_id), done_at=handed_in, still=min(others, default=None), now=now
        )
    _tell_above(db, office, standing(db, file, now), now, key="awards.taken_back")
    return True


def discard(db: Transaction, file: AwardFile, *, actor_id: int, now: datetime) -> bool:
    """Give up a file that lies with nobody above: its papers go for good. False: somebody was quicker."""
    papers = standing(db, file, now).papers
    if not awards.change(db, file, state=State.WITHDRAWN, nominee=""):
        return False
    files.remove(db, *(info.id for infos in papers.values() for info in infos))
    _record(db, "discard", file, actor_id, now)
    return True


def clear(db: Transaction, file: AwardFile, paper: str, *, actor_id: int, now: datetime) -> bool:
    """Take a paper's files out for good."""
    if not awards.change(db, file):
        return False
    files.remove(db, *(info.id for info in files.of_subject(db, PURPOSE, subject(file, paper))))
    _record(db, "clear", file, actor_id, now)
    return True


def _tell_above(
    db: Transaction, office: Office, found: Standing, now: datetime, *, key: str = "awards.arrived"
) -> None:
    """The nearest level above with somebody who chooses; never the name of who is proposed."""
    unit = units.by_id(db, found.file.unit_id)
    assert unit is not None
    values = {
        "code": found.file.code,
        "unit": unit.name,
        "kind": found.award.title,
        "missing": len(found.missing),
        "late": found.late,
    }
    choices = (Choice("open", office.catalogue.label("open_item")),)
    say = Say(key, values, choices, f"award@{found.file.code}")
    for above in units.ancestors(db, found.file.unit_id):
        assert above.id is not None
        people = appointments.serving(db, above.id, Right.SELECT, now=now, day=local_day(now))
        for member_id in people:
            once = f"award:{found.file.code}:{found.file.revision}:{member_id}"
            about = found.file.code
            notices.to_officer(db, office, member_id, say, about=about, topic="officer", once=once, now=now)
        if people:
            return


def _free_code(db: Transaction, office: Office, now: datetime) -> str:
    while True:
        code = office.new_code(PREFIX, now)
        if awards.by_code(db, code) is None:
            return code


def _record(db: Transaction, step: str, file: AwardFile, actor_id: int, now: datetime) -> None:
    audit.record(db, action=f"award.{step}", actor_id=actor_id, now=now, unit_id=file.unit_id, subject=file.code)
