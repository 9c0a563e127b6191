"""Where conversations stand: the form a member is in, unfinished drafts, the choices offered last."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, bindparam, delete, literal, null, select, union_all
from sqlmodel import col

from storage.database import Transaction
from storage.errors import WrongKey
from storage.tables import Conversation, Draft, Offered

_drafts, _talks = Draft.__table__.c, Conversation.__table__.c  # type: ignore[attr-defined]
_offered = Offered.__table__.c  # type: ignore[attr-defined]
_LISTS = ""
"""In place of a draft's id: the row holds the lists shown last."""
_members: BindParameter[int] = bindparam("members", expanding=True)
_STANDINGS = union_all(
    select(_talks.member_id, _talks.active.label("form"), _talks.kept, null().label("draft")).where(
        _talks.member_id.in_(_members)
    ),
    select(_drafts.member_id, _drafts.form, _drafts.kept, _drafts.id).where(
        _drafts.member_id.in_(_members), _drafts.expires_at > bindparam("now")
    ),
    select(_offered.member_id, null(), _offered.kept, literal(_LISTS)).where(_offered.member_id.in_(_members)),
)
"""Conversations, each with the form that is active; drafts; the lists shown last."""


@dataclass(frozen=True, slots=True)
class StoredDraft:
    """A draft as it is kept."""

    id: str
    form: str
    answers: Mapping[str, Any]
    parts: tuple[str, ...]
    asked: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class Standing:
    """One member's conversation."""

    active: str | None = None
    asked: Any = None
    last_code: str | None = None
    drafts: Mapping[str, StoredDraft] = field(default_factory=dict)
    shown: Any = None
    """The lists shown last, of all chats (see `storage.offers.read`)."""


def load(db: Transaction, member_ids: Collection[int], now: datetime) -> dict[int, Standing]:
    """The conversations of several members; drafts past their time are as good as gone."""
    if not member_ids:
        return {}
    drafts: dict[int, dict[str, StoredDraft]] = {member_id: {} for member_id in member_ids}
    standings = {member_id: Standing(drafts=drafts[member_id]) for member_id in member_ids}
    for member_id, form, sealed, draft_id in db.connection().execute(_STANDINGS, {"members": [*drafts], "now": now}):
        held = _open(db, sealed)
        if draft_id is None:
            asked, last_code = (held.get("asked"), held.get("last_code")) if held else (None, None)
            standings[member_id] = replace(standings[member_id], active=form, asked=asked, last_code=last_code)
        elif draft_id == _LISTS:
            standings[member_id] = replace(standings[member_id], shown=held)
        elif held is not None:
            kept = StoredDraft(draft_id, form, held["answers"], tuple(held["parts"]), held["asked"])
            drafts[member_id][form] = kept
    return standings


def keep(
    db: Transaction, member_id: int, *, active: str | None, asked: Any, last_code: str | None, now: datetime
) -> None:
    """Keep where a member stands."""
    kept = db.seals.seal({"asked": asked, "last_code": last_code})
    db.write(
        Conversation,
        {"member_id": member_id, "active": active, "kept": kept, "updated_at": now},
        replaces=("member_id",),
    )


def _open(db: Transaction, sealed: bytes | None) -> Any:
    """What stands behind a seal; what was sealed with a key we were not given is as good as gone."""
    if sealed is None:
        return None
    try:
        return db.seals.open(sealed)
    except WrongKey:
        return None


def keep_draft(db: Transaction, member_id: int, draft: StoredDraft, *, now: datetime, until: datetime) -> None:
    """Keep a draft, over an earlier version of itself or one whose time is up."""
    held = {"answers": dict(draft.answers), "parts": list(draft.parts), "asked": draft.asked}
    row = {
        "id": draft.id,
        "member_id": member_id,
        "form": draft.form,
        "kept": db.seals.seal(held),
        "updated_at": now,
        "expires_at": until,
    }
    db.write(Draft, row, replaces=("member_id", "form"))


def drop_drafts(db: Transaction, draft_ids: Collection[str]) -> None:
    """Remove drafts for good when the transaction ends (`secure_delete` overwrites what they held)."""
    for draft_id in draft_ids:
        db.remove(Draft, draft_id)


def drop_forms(db: Transaction, member_id: int, forms: Collection[str]) -> None:
    """Remove a member's drafts of these forms, whatever stands in them."""
    db.execute(delete(Draft).where(col(Draft.member_id) == member_id, col(Draft.form).in_(forms)))


def forget(db: Transaction, member_id: int) -> None:
    """Remove everything of a member's conversation."""
    db.execute(delete(Draft).where(col(Draft.member_id) == member_id))
    db.execute(delete(Conversation).where(col(Conversation.member_id) == member_id))
    db.execute(delete(Offered).where(col(Offered.member_id) == member_id))


def expire_drafts(db: Transaction, now: datetime) -> int:
    """Remove drafts past their time; how many."""
    return int(db.execute(delete(Draft).where(col(Draft.expires_at) <= now)).rowcount)  # type: ignore[attr-defined]


def members_with_draft(db: Transaction, form: str) -> list[tuple[int, Mapping[str, Any]]]:
    """Who has an unfinished form of this kind, with its answers."""
    rows = db.execute(select(col(Draft.member_id), col(Draft.kept)).where(col(Draft.form) == form))
    opened = ((member_id, _open(db, kept)) for member_id, kept in rows)
    return [(member_id, held["answers"]) for member_id, held in opened if held is not None]


def drafts_at_rest(db: Transaction, form: str, *, before: datetime, now: datetime) -> list[tuple[str, int]]:
    """The unfinished forms of this kind that nobody touched since: the draft's id and whose it is."""
    kept = col(Draft.form) == form, col(Draft.updated_at) <= before, col(Draft.expires_at) > now
    rows = db.execute(select(col(Draft.id), col(Draft.member_id)).where(*kept).order_by(col(Draft.id)))
    return [(draft_id, member_id) for draft_id, member_id in rows]


def answers_of(db: Transaction, draft_id: str) -> Mapping[str, Any]:
    """What a draft holds so far; nothing where it cannot be opened."""
    kept = db.scalar(select(col(Draft.kept)).where(col(Draft.id) == draft_id))
    held = _open(db, kept) if kept is not None else None
    return held["answers"] if held is not None else {}
