"""The library of answers that officers keep, to be given again (F11).

An answer of a unit serves that unit and all below it; those that ship with the product serve everybody.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from rapidfuzz import fuzz

from handlers import actors
from handlers.actors import Actor
from handlers.acts import Needs, act
from handlers.feedback import news, readers
from handlers.office import Office
from handlers.text.readers import fold
from messages import library as shipped
from messages.dates import day_of
from messages.library import Ready
from storage import audit, units
from storage import library as kept
from storage.database import Transaction
from storage.tables import Feedback, LibraryAnswer, Role, Unit

OFFERED, LISTED = 4, 8
SAME_TOPIC = 15
"""Points of likeness that the item's own topic is worth."""
OWN, SHIPPED = "u", "s."
"""Before the number of a unit's answer, before the key of one that ships."""


# --- looking ---


def search(db: Transaction, office: Office, actor: Actor, code: str, words: str, now: datetime) -> tuple[Ready, ...]:
    """Answers with these words for an item, filled in for it, best first; without words those nearest to the item."""
    item = readers.find(db, actor, code, now)
    if item is None:
        return ()
    wanted = fold(words).split()
    known = [one for one in _known(db, office, item, now) if all(word in _searched(one) for word in wanted)]
    asked = fold(words or item.text or "")

    def nearness(ready: Ready) -> float:
        return fuzz.token_set_ratio(asked, _searched(ready)) + (SAME_TOPIC if ready.topic == item.topic else 0)

    return tuple(sorted(known, key=nearness, reverse=True)[:OFFERED])


def one(db: Transaction, office: Office, actor: Actor, code: str, key: str, now: datetime) -> Ready | None:
    """One answer of those there are for an item."""
    item = readers.find(db, actor, code, now)
    return None if item is None else next((ready for ready in _known(db, office, item, now) if ready.key == key), None)


def _known(db: Transaction, office: Office, item: Feedback, now: datetime) -> list[Ready]:
    """Every answer there is for an item; a unit's own before those that ship."""
    assert item.receiver_id is not None
    line = [item.receiver_id, *(unit.id for unit in units.ancestors(db, item.receiver_id) if unit.id is not None)]
    own = (Ready(f"{OWN}{row.id}", row.topic, row.title, row.basis, row.text) for row in kept.of_units(db, line))
    values = _values(db, office, item, now)
    ready = (*own, *(replace(row, key=f"{SHIPPED}{row.key}") for row in shipped.load()))
    return [replace(row, text=shipped.fill(row.text, values)) for row in ready]


def _values(db: Transaction, office: Office, item: Feedback, now: datetime) -> Mapping[str, str]:
    receiver = news.receiver_name(db, item, office)
    return {
        "ma": item.code,
        "don_vi": receiver,
        "to_chuc": office.organisation,
        "ngay": f"{day_of(now):%d/%m/%Y}",
    }


def _searched(ready: Ready) -> str:
    return fold(f"{ready.title} {ready.basis} {ready.text}")


def of_actor(db: Transaction, actor: Actor) -> Sequence[LibraryAnswer]:
    """What the units keep whose library is the actor's to change. Raises Refusal where there is none."""
    if not run_by(actor):
        raise actors.NoRight("rights.none")
    return kept.of_units(db, run_by(actor))[:LISTED]


def run_by(actor: Actor) -> list[int]:
    """The units whose library the actor may add to."""
    return sorted({row.unit_id for row in actor.roles if row.role in (Role.STAFF, Role.ADMIN)})


# --- keeping ---


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer as it was typed."""

    topic: str
    title: str
    basis: str
    text: str


@act(Needs.STAFF, audit="library.add")
def keep(db: Transaction, actor: Actor, unit_code: str, answer: Answer, *, now: datetime) -> Unit:
    """Add an answer to a unit's library. Raises Refusal."""
    unit = units.by_code(db, unit_code)
    if unit is None or unit.id is None:
        raise actors.NoRight("rights.none")
    actors.require_running(db, actor, unit.id, now)
    row = LibraryAnswer(
        unit_id=unit.id,
        topic=answer.topic,
        title=answer.title,
        basis=answer.basis,
        text=answer.text,
        search=fold(f"{answer.title} {answer.basis} {answer.text}"),
        author_id=actor.member_id,
        added_at=now,
    )
    kept.add(db, row)
    _record(db, actor, "library.add", row, now)
    return unit


@act(Needs.STAFF, audit="library.drop")
def drop(db: Transaction, actor: Actor, answer_id: int, *, now: datetime) -> LibraryAnswer:
    """Take an answer out of its unit's library. Raises Refusal."""
    row = kept.by_id(db, answer_id)
    if row is None or not actor.runs(db, row.unit_id, now):
        raise actors.NoRight("common.old_button")
    kept.drop(row, now)
    _record(db, actor, "library.drop", row, now)
    return row


def _record(db: Transaction, actor: Actor, action: str, row: LibraryAnswer, now: datetime) -> None:
    audit.record(db, actor_id=actor.member_id, action=action, unit_id=row.unit_id, subject=f"{OWN}{row.id}", now=now)
