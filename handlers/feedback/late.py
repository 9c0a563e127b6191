"""What the clock does about feedback: what is late climbs as a count, what was promised comes back to mind (F11).

Two schedulers at once do no harm: each item, each promise is claimed by a change of its row before anybody is told.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime

from handlers import actors, notices
from handlers.actors import CLOCK, Actor
from handlers.acts import Needs, act
from handlers.duties import workdays
from handlers.feedback import news
from handlers.feedback import ways as feedback_ways
from handlers.office import Office, local_day
from handlers.reaching import promises
from handlers.reaching.promises import Promise
from messages.dates import local
from messages.types import Choice, Say
from storage import appointments, feedback, feedback_tasks, units
from storage.database import Transaction
from storage.feedback import Act
from storage.tables import Feedback, FeedbackTask, Unit

MORNING, EVENING = 8, 21
"""The hours between which officers are written to."""
CLIMB_EVERY = 2
"""Working days: a day late the first level above is told (domain §1.7), after so many more the one above that."""
REMIND_EVERY = 5
"""Working days between two reminders of a promise that is over."""
LISTED = 8


def look(db: Transaction, office: Office, now: datetime) -> None:
    """In the morning of a working day."""
    today = local_day(now)
    if MORNING <= local(now).hour < EVENING and workdays.is_workday(today):
        climb(db, office, CLOCK, now=now)
        remind(db, office, CLOCK, now=now)


# --- without an answer ---


@act(
    Needs.PROGRAM,
    tells=("officers", "officers above"),
    unaudited="nothing is moved: how far an item has climbed, and on which day, stands in it and in its history",
)
def climb(db: Transaction, office: Office, actor: Actor, *, now: datetime) -> None:
    """Tell the officers which items are late, and the level above how many."""
    actors.require_program(actor)
    today = local_day(now)
    own: dict[int, list[tuple[Feedback, int]]] = defaultdict(list)
    above: dict[int, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    goes_to: dict[int, Unit] = {}
    for item in feedback.late(db, due_before=today):
        days = workdays.between(item.due_on, today)
        if item.receiver_id is None or days == 0:
            continue
        path = feedback_ways.served_above(db, item.receiver_id, now)
        if item.climbed >= max(1, min(len(path), 1 + (days - 1) // CLIMB_EVERY)):
            continue
        told = Act("escalated", today, None, unit_id=item.receiver_id)
        if not feedback.change(db, item, told, escalated_on=today, climbed=item.climbed + 1):
            continue
        own[item.receiver_id].append((item, days))
        if path:
            level = path[item.climbed - 1]
            above[_id(level)][news.receiver_name(db, item, office)] += 1
            goes_to[item.receiver_id] = level
    reached = {unit_id for unit_id, counts in above.items() if _tell_above(db, office, unit_id, counts, now)}
    for unit_id, items in own.items():
        heard = goes_to.get(unit_id)
        name = heard.name if heard is not None and heard.id in reached else None
        _tell_own(db, office, unit_id, items, name, now)


def _tell_own(
    db: Transaction,
    office: Office,
    unit_id: int,
    items: Sequence[tuple[Feedback, int]],
    above: str | None,
    now: datetime,
) -> None:
    rows = [(item.code, item.kind, days) for item, days in items]
    values = {"unit": _name(db, unit_id), "count": len(rows), "rows": rows[:LISTED], "above": above}
    choices = tuple(Choice(code, code) for code, _, _ in rows[:LISTED])
    people = {*news.officers_of(db, unit_id, now), *appointments.deputies(db, unit_id, now)}
    _push(db, office, sorted(people), Say("care.late", values, choices, news.DESK), now)


def _tell_above(db: Transaction, office: Office, unit_id: int, counts: dict[str, int], now: datetime) -> bool:
    """How many, and where: no code, so that nobody's item is pointed at. Whether anybody there hears of it now."""
    rows = sorted(counts.items(), key=lambda row: (-row[1], row[0]))
    values = {
        "unit": _name(db, unit_id),
        "count": sum(counts.values()),
        "rows": rows[:LISTED],
        "more": max(0, len(rows) - LISTED),
    }
    choices = (Choice("inbox", office.catalogue.label("open_inbox")),)
    people = news.officers_of(db, unit_id, now)
    told = _push(db, office, people, Say("care.late_below", values, choices, "menu"), now)
    return any(isinstance(one, promises.Now) for one in told)


# --- without what was promised ---


@act(Needs.PROGRAM, tells="officers", unaudited="a reminder moves nothing; the promise keeps the day of the last one")
def remind(db: Transaction, office: Office, actor: Actor, *, now: datetime) -> None:
    """On the last working day of a promise, and again while nothing came of it: one message per unit."""
    actors.require_program(actor)
    today = local_day(now)
    before, until = workdays.after(today, 1), _days_ago(today, REMIND_EVERY)
    due: dict[int, list[FeedbackTask]] = defaultdict(list)
    for task, item in feedback_tasks.due(db, before=before, reminded_until=until):
        if item.receiver_id is not None and feedback_tasks.claim(db, task, today, reminded_until=until):
            due[item.receiver_id].append(task)
    for unit_id, tasks in due.items():
        rows = [
            (task.code, task.kind, task.who or "", task.due_on, task.due_on and task.due_on < today) for task in tasks
        ]
        values = {"unit": _name(db, unit_id), "rows": rows[:LISTED], "more": max(0, len(rows) - LISTED)}
        codes = list(dict.fromkeys(task.code for task in tasks))[:LISTED]
        say = Say("care.promises", values, tuple(Choice(code, code) for code in codes), news.DESK)
        _push(db, office, news.officers_of(db, unit_id, now), say, now)


def _days_ago(today: date, count: int) -> date:
    """The latest day after which so many working days have passed."""
    day = today
    while workdays.between(day, today) < count:
        day -= workdays.ONE_DAY
    return day


def _push(db: Transaction, office: Office, people: Sequence[int], say: Say, now: datetime) -> list[Promise]:
    return [
        notices.push(db, office, member_id, say, topic=news.DESK_TOPIC, once=None, now=now, forget=True)
        for member_id in people
    ]


def _name(db: Transaction, unit_id: int) -> str:
    unit = units.by_id(db, unit_id)
    assert unit is not None
    return unit.name


def _id(unit: Unit) -> int:
    assert unit.id is not None
    return unit.id
