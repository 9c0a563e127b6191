"""The demo's people and plans: an invented union tree, three persons in it, the seeds' programmes around today.

Nothing here is special to a demo once it stands in the tables: the same handlers serve it. Invented names only.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from handlers import demo_crowd, programmes
from handlers.actors import DEMO
from handlers.duties import acts as duties
from handlers.office import Office, local_day
from handlers.reaching import reach
from handlers.units import tree as units
from messages import demo as data
from messages.types import Address
from storage import appointments, audit, clock, members, settings, submissions
from storage import duties as reminders
from storage import programmes as stored
from storage import units as tree
from storage.database import Transaction
from storage.tables import Role, State, Transition

SEEDED = "demo.seeded"
ACCOUNT = "web"
STORY: tuple[tuple[str, State], ...] = (
    ("submit", State.SENT),
    ("receive", State.RECEIVED),
    ("need_more", State.NEEDS_MORE),
    ("supplement", State.RECEIVED),
    ("recognise", State.RECOGNISED),
    ("select", State.SELECTED),
    ("forward", State.FORWARDED),
    ("award", State.AWARDED),
)
"""The steps of the guided story that a submission's own history tells."""
SHOWN = 12


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody of the demo."""

    key: str
    name: str
    role: str
    chat: str


@dataclass(frozen=True, slots=True)
class Told:
    """What the demo's page shows."""

    now: datetime
    next: tuple[datetime, str] | None
    done: frozenset[str]
    happened: tuple[tuple[datetime, str], ...]


def wake(db: Transaction, office: Office, now: datetime) -> datetime:
    """A demo begun at night begins with the next morning: officers are not written to in quiet hours. Its time now."""
    morning = reach.opening(now, office.quiet_hours)
    clock.move_to(db, morning)
    return morning


def prepare(db: Transaction, office: Office, now: datetime) -> None:
    """Fill an empty database once; a second call changes nothing."""
    if settings.read(db, SEEDED):
        return
    sheet = Path(data.UNITS).read_bytes()
    units.apply(db, DEMO, units.plan(db, units.read_sheet(sheet, "units.csv")), now=now)
    today = local_day(now)
    for template, days_ago in data.PROGRAMMES:
        programmes.load(db, DEMO, template, today - timedelta(days=days_ago), run_by=data.RUN_BY, now=now)
    for person, unit_code, role in data.STAFF:
        _appoint(db, office, person, unit_code, Role(role), now)
    demo_crowd.gather(db, office, now)
    settings.write(db, SEEDED, True)


def _appoint(db: Transaction, office: Office, key: str, unit_code: str, role: Role, now: datetime) -> None:
    address = Address(ACCOUNT, data.CHATS[key])
    unit = tree.by_code(db, unit_code)
    known = members.join(db, address, now)
    assert unit is not None
    assert unit.id is not None
    assert known.member.id is not None
    known.member.name = office.catalogue.text(f"demo.{key}_name", {})
    known.member.unit_id, known.member.place = unit.id, unit.place
    members.agree(
        db,
        known.member,
        version=office.notice_version,
        text_hash=office.notice_hash(""),
        purpose="submissions",
        address=address,
        update_id="demo",
        now=now,
    )
    appointments.appoint(db, member_id=known.member.id, unit_id=unit.id, role=role, now=now)


def people(office: Office) -> tuple[Person, ...]:
    """The three persons, the member first."""
    text = office.catalogue.text
    return tuple(
        Person(key, text(f"demo.{key}_name", {}), text(f"demo.{key}_role", {}), chat)
        for key, chat in data.CHATS.items()
    )


def tell(db: Transaction, office: Office, now: datetime) -> Told:
    """Where the demo stands."""
    following = _following(db, now)
    upcoming = None
    if following is not None:
        at, key, name = following
        upcoming = (at, office.catalogue.text(f"demo.next_{key}", {"name": name}))
    return Told(now, upcoming, _done(db), tuple(_happened(db, office)))


def _following(db: Transaction, now: datetime) -> tuple[datetime, str, str] | None:
    """The next thing that happens of itself: when, the words for it, and its name."""
    found: list[tuple[datetime, str, str]] = []
    if (instant := stored.next_instant(db, now)) is not None:
        found.append((instant.at, instant.happening.value, stored.name_of(db, instant)))
    if (reminder := duties.next_reminder(db, now)) is not None:
        found.append((reminder[0], "reminder", reminder[1]))
    found += demo_crowd.following(db, now)
    return min(found, default=None, key=lambda thing: thing[0])


def _done(db: Transaction) -> frozenset[str]:
    """The steps of the story, ticked in order along the history of what was handed in."""
    done: set[str] = set()
    for states in submissions.histories(db, limit=50):
        position = 0
        for state in states:
            if position < len(STORY) and state == STORY[position][1]:
                done.add(STORY[position][0])
                position += 1
    if audit.happened(db, "programme.extend"):
        done.add("extend")
    if reminders.latest_notices(db, 1):
        done.add("remind")
    if demo_crowd.was_told(db):
        done.add("broadcast")
    return frozenset(done)


def _happened(db: Transaction, office: Office) -> list[tuple[datetime, str]]:
    text = office.catalogue.text
    told = [
        (row.at, text(f"demo.happened_{_words_of(row)}", {"code": code}))
        for row, code in submissions.latest_transitions(db, SHOWN)
    ]
    told += [
        (row.at, text(f"demo.happened_{row.kind}", {"unit": unit, "duty": duty}))
        for row, unit, duty in reminders.latest_notices(db, SHOWN)
    ]
    told += demo_crowd.happened(db, office, clock.now(db))
    return sorted(told, key=lambda thing: thing[0], reverse=True)[:SHOWN]


def _words_of(row: Transition) -> str:
    supplemented = row.from_state == State.NEEDS_MORE and row.to_state == State.RECEIVED
    return "supplemented" if supplemented else row.to_state


def target(db: Transaction, stride: timedelta | None) -> datetime:
    """Where a jump ends: so far ahead, or (None) at the next thing that happens of itself, else a day ahead."""
    now = clock.now(db)
    if stride is not None:
        return now + stride
    following = _following(db, now)
    return following[0] if following else now + timedelta(days=1)


def instant_before(db: Transaction, end: datetime) -> datetime:
    """The next instant at which something falls due on the way, or the end itself."""
    following = _following(db, clock.now(db))
    return min(following[0], end) if following else end
