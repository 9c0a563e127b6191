"""What members handed in, every change of its state, and what waits for an officer."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, delete, false, func, or_, select, true, union_all, update
from sqlmodel import col

from storage.database import Transaction
from storage.tables import State, Submission, Transition, Version
from storage.units import below

WAITING = (State.SENT, State.RECEIVED, State.APPRAISING)
"""States in which an officer has something to do."""
ACCEPTED = (State.RECOGNISED, State.SELECTED, State.FORWARDED, State.AWARDED)
"""Recognised, wherever it came from there."""

_rows = Submission.__table__.c  # type: ignore[attr-defined]
_TAKEN = select(_rows.code, _rows.draft_id).where(
    or_(_rows.draft_id == bindparam("draft"), _rows.code == bindparam("code"))
)
_SENT = select(_rows.code, _rows.sent_at, _rows.text).where(
    _rows.programme_id == bindparam("programme"), _rows.state != State.WITHDRAWN
)
_OWN = (
    _SENT.where(_rows.member_id == bindparam("member"))
    .order_by(_rows.sent_at.desc(), _rows.id.desc())
    .limit(bindparam("limit"))
    .subquery()
)
_LIKE = _SENT.where(_rows.fingerprint == bindparam("fingerprint")).order_by(_rows.id).limit(1).subquery()
_COMPARABLE = union_all(select(true().label("own"), *_OWN.c), select(false(), *_LIKE.c))


def add(db: Transaction, submission: Submission, *, actor_id: int | None) -> None:
    """Keep a new submission and its first state."""
    db.put(submission)
    begun = {
        "submission_id": submission.id,
        "from_state": None,
        "to_state": submission.state,
        "at": submission.updated_at,
        "unit_id": submission.receiver_id,
        "actor_id": actor_id,
        "note": None,
    }
    db.write(Transition, begun)


def by_draft(db: Transaction, draft_id: str) -> Submission | None:
    """The submission a draft became."""
    return db.scalars(select(Submission).where(col(Submission.draft_id) == draft_id)).one_or_none()


def codes(db: Transaction, *, draft_id: str, wanted: str) -> tuple[str | None, bool]:
    """The code of the submission a draft became, if it did; whether a code that is wanted is in use."""
    found = db.connection().execute(_TAKEN, {"draft": draft_id, "code": wanted}).all()
    became = next((code for code, draft in found if draft == draft_id), None)
    return became, any(code == wanted for code, _ in found)


def by_code(db: Transaction, code: str) -> Submission | None:
    """The submission of a public code."""
    return db.scalars(select(Submission).where(col(Submission.code) == code)).one_or_none()


def of_member(db: Transaction, member_id: int, limit: int = 100) -> Sequence[Submission]:
    """What a member handed in, newest first."""
    return db.scalars(
        select(Submission)
        .where(col(Submission.member_id) == member_id)
        .order_by(col(Submission.sent_at).desc(), col(Submission.id).desc())
        .limit(limit)
    ).all()


@dataclass(frozen=True, slots=True)
class Comparable:
    """What a new text for a programme is compared with."""

    own: list[tuple[str, datetime, str]]
    """Code, moment and text of what the member has there, newest first."""
    alike: datetime | None
    """When a text of the same fingerprint was first handed in, by whomever."""


def comparable(db: Transaction, member_id: int, programme_id: int, fingerprint: str, *, limit: int) -> Comparable:
    """At most so many of the member's own."""
    asked = {"member": member_id, "programme": programme_id, "fingerprint": fingerprint, "limit": limit}
    found = db.connection().execute(_COMPARABLE, asked).all()
    own = [(code, sent, text or "") for is_own, code, sent, text in found if is_own]
    return Comparable(own, next((sent for is_own, _, sent, _ in found if not is_own), None))


def alike(db: Transaction, programme_id: int, fingerprint: str) -> Sequence[Submission]:
    """Submissions of a programme with the same fingerprint, oldest first."""
    return db.scalars(
        select(Submission)
        .where(
            col(Submission.programme_id) == programme_id,
            col(Submission.fingerprint) == fingerprint,
            col(Submission.state) != State.WITHDRAWN,
        )
        .order_by(col(Submission.id))
        .limit(5)
    ).all()


def move(
    db: Transaction,
    submission: Submission,
    *,
    state: State,
    actor_id: int | None,
    unit_id: int | None,
    note: str | None,
    now: datetime,
) -> bool:
    """Change a state, if nobody changed the submission since it was read; whether it was changed."""
    before = submission.state
    changed = db.execute(
        update(Submission)
        .where(col(Submission.id) == submission.id, col(Submission.revision) == submission.revision)
        .values(state=state, revision=submission.revision + 1, request=note, updated_at=now),
        execution_options={"synchronize_session": False},
    )
    if changed.rowcount == 0:  # type: ignore[attr-defined]
        return False
    db.refresh(submission)
    _record(db, submission, before, actor_id=actor_id, unit_id=unit_id, note=note)
    return True


def replace_text(db: Transaction, submission: Submission, *, text: str, fingerprint: str, now: datetime) -> None:
    """The text as it stands from now on; the one before is kept as a version."""
    assert submission.id is not None
    count = select(func.count()).select_from(Version).where(col(Version.submission_id) == submission.id)
    number = (db.scalar(count) or 0) + 1
    db.add(Version(submission_id=submission.id, number=number, text=submission.text, replaced_at=now))
    submission.text, submission.fingerprint = text, fingerprint
    db.flush()


def versions(db: Transaction, submission_id: int) -> Sequence[Version]:
    """The texts that stood before, oldest first."""
    rows = select(Version).where(col(Version.submission_id) == submission_id)
    return db.scalars(rows.order_by(col(Version.number))).all()


def count_waiting(db: Transaction, unit_ids: Collection[int]) -> int:
    """How much waits in these units' subtrees."""
    rows = select(func.count()).select_from(Submission)
    return db.scalar(rows.where(_received_below(unit_ids), col(Submission.state).in_(WAITING))) or 0


def tally(db: Transaction, unit_id: int) -> dict[str, int]:
    """How many submissions of each state lie in a unit's subtree."""
    rows = select(col(Submission.state), func.count()).where(_received_below([unit_id])).group_by(col(Submission.state))
    return {row[0]: row[1] for row in db.execute(rows)}


def transitions(db: Transaction, submission_id: int) -> Sequence[Transition]:
    """Every change of state, oldest first."""
    rows = select(Transition).where(col(Transition.submission_id) == submission_id)
    return db.scalars(rows.order_by(col(Transition.id))).all()


def latest_transitions(db: Transaction, limit: int) -> list[tuple[Transition, str]]:
    """The last changes of state anywhere, newest first, each with the code of its submission."""
    coded = select(Transition, col(Submission.code))
    rows = coded.join(Submission, col(Submission.id) == col(Transition.submission_id))
    return [(row, code) for row, code in db.execute(rows.order_by(col(Transition.id).desc()).limit(limit))]


def histories(db: Transaction, limit: int) -> list[list[str]]:
    """The states that the latest submissions went through, each from its first to its last."""
    latest = select(col(Submission.id)).order_by(col(Submission.id).desc()).limit(limit)
    rows = select(Transition).where(col(Transition.submission_id).in_(latest)).order_by(col(Transition.id))
    states: dict[int, list[str]] = {}
    for row in db.scalars(rows):
        states.setdefault(row.submission_id, []).append(row.to_state)
    return list(states.values())


def erase_member(db: Transaction, member_id: int) -> None:
    """Take name, phone and every text out of what a member handed in; code, state and dates remain as counts."""
    ids = select(col(Submission.id)).where(col(Submission.member_id) == member_id)
    db.execute(delete(Version).where(col(Version.submission_id).in_(ids)))
    db.execute(update(Transition).where(col(Transition.submission_id).in_(ids)).values(note=None))
    db.execute(update(Transition).where(col(Transition.actor_id) == member_id).values(actor_id=None))
    emptied: dict[str, Any] = dict.fromkeys(
        ("full_name", "phone", "other_unit", "text", "fingerprint", "request", "channel", "member_id")
    )
    emptied["answers"] = {}
    db.execute(update(Submission).where(col(Submission.member_id) == member_id).values(**emptied))
    db.expire_all()


def _received_below(unit_ids: Collection[int]) -> Any:
    trees = [select(below(unit_id).c.id) for unit_id in unit_ids]
    if not trees:
        return col(Submission.id).is_(None)
    return col(Submission.receiver_id).in_(trees[0] if len(trees) == 1 else trees[0].union(*trees[1:]))


def _record(
    db: Transaction,
    submission: Submission,
    before: str | None,
    *,
    actor_id: int | None,
    unit_id: int | None,
    note: str | None,
) -> None:
    assert submission.id is not None
    db.add(
        Transition(
            submission_id=submission.id,
            from_state=before,
            to_state=submission.state,
            at=submission.updated_at,
            unit_id=unit_id,
            actor_id=actor_id,
            note=note,
        )
    )
    db.flush()
