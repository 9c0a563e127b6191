"""A small union at moments of the test's own choosing: three levels, officers who only listen, duties by the day.

For the rules of the clock (tests/handlers/test_duties.py, tests/test_season.py); conversations are the box's.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sqlalchemy import select, update
from sqlmodel import col

from handlers import actors
from handlers.actors import CLOCK, Actor
from handlers.duties import rounds as duty_rounds
from messages.dates import ZONE
from messages.types import Address, Outbound
from storage import members, units
from storage.database import Database, Transaction
from storage.seals import Seals
from storage.tables import Appointment, Duty, Outbox, Programme, Role
from storage.units import UnitRow
from tests.box import KEY, office

OFFICE = office()
NIGHT = (23, 0, 1, 2, 3, 4)
LEVELS = ("province", "upper", "base")


def at(day: date, hour: int = 8, minute: int = 0) -> datetime:
    """A moment on the members' wall clock."""
    return datetime.combine(day, time(hour, minute), ZONE)


@dataclass(frozen=True)
class Heard:
    """One message as it was promised."""

    officer: str
    day: date
    message: Outbound
    due_at: datetime

    @property
    def text(self) -> str:
        """What it says."""
        return self.message.text


class Union:
    """Units, the people who answer for them, and a clock that stands still until the test moves it."""

    def __init__(self, database_url: str, now: datetime) -> None:
        self.database = Database(database_url, Seals([KEY]))
        self.now = now
        self.people: dict[str, int] = {}
        self.duties: dict[str, int] = {}

    @contextmanager
    def rows(self) -> Iterator[Transaction]:
        """A transaction of the test's own."""
        with self.database.transaction() as db:
            yield db

    def found(self, *codes: str) -> None:
        """Units by their codes: P, P.1, P.1.1: the level is the depth, the superior the code without its end."""
        with self.rows() as db:
            known = units.levels(db)
            for rank, level in enumerate(LEVELS):
                if level not in known:
                    units.add_level(db, code=level, name=level, rank=rank)
            rows = [
                UnitRow(
                    code,
                    f"Công đoàn {code}",
                    code.lower(),
                    LEVELS[code.count(".")],
                    "",
                    code.rpartition(".")[0] or None,
                )
                for code in codes
            ]
            units.write(db, created=rows, changed=())

    def appoint(self, name: str, unit: str, role: Role = Role.OFFICER) -> None:
        """Somebody holds a role from now on; a new name is somebody new, who agrees to be written to."""
        with self.rows() as db:
            if name not in self.people:
                joined = members.join(db, Address("telegram", name), self.now)
                joined.member.consent_version, joined.member.name = "1", f"Trần Thị {name}"
                self.people[name] = joined.member.id or 0
            member_id, unit_id = self.people[name], self.unit(db, unit)
            db.add(Appointment(member_id=member_id, unit_id=unit_id, role=role, since=self.now))

    def dismiss(self, name: str) -> None:
        """Somebody holds no role any more."""
        with self.rows() as db:
            mine = col(Appointment.member_id) == self.people[name]
            db.execute(update(Appointment).where(mine).values(until=self.now))

    def actor(self, db: Transaction, name: str) -> Actor:
        """Somebody with the roles they hold now."""
        return actors.of_member(db, self.people[name], self.now)

    def unit(self, db: Transaction, code: str) -> int:
        """The id of a unit."""
        found = units.by_code(db, code)
        assert found is not None
        assert found.id is not None
        return found.id

    def programme(
        self, code: str, *, closes: datetime, run_by: str | None = None, kind: str = "initiative", days: int = 60
    ) -> None:
        """A programme that opened so many days before its end."""
        with self.rows() as db:
            db.add(
                Programme(
                    code=code,
                    template=code,
                    name=code,
                    kind=kind,
                    opens_at=closes - timedelta(days=days),
                    closes_at=closes,
                    unit_id=self.unit(db, run_by) if run_by else None,
                )
            )

    def owe(self, programme: str, key: str, by: str, due: datetime, **more: object) -> None:
        """A level owes something by an exclusive bound."""
        with self.rows() as db:
            found = db.scalars(select(Programme).where(col(Programme.code) == programme)).one()
            duty = Duty(programme_id=found.id, key=key, title=key, by_level=by, due_at=due, **more)  # type: ignore[arg-type]
            db.add(duty)
            db.flush()
            self.duties[key] = duty.id or 0

    def tick(self, moment: datetime | None = None) -> int:
        """The clock looks; how many were promised."""
        self.now = moment or self.now
        with self.rows() as db:
            return duty_rounds.enqueue_due(db, OFFICE, CLOCK, now=self.now).promised

    def live(self, until: datetime, every: timedelta = timedelta(hours=1)) -> None:
        """The clock looks again and again, but for the dead of night."""
        while self.now + every <= until:
            self.now += every
            if self.now.astimezone(ZONE).hour not in NIGHT:
                self.tick()

    def heard(self, name: str | None = None, *, duty: str | None = None) -> list[Heard]:
        """What was promised, in order: to one person, about one duty, or all."""
        names = {member_id: person for person, member_id in self.people.items()}
        with self.rows() as db:
            rows = db.scalars(select(Outbox).where(col(Outbox.topic) == "duty").order_by(col(Outbox.id))).all()
            told = [
                Heard(
                    names[row.member_id or 0],
                    row.due_at.astimezone(ZONE).date(),
                    Outbound.from_json(db.seals.open(row.body or b"")),
                    row.due_at,
                )
                for row in rows
                if duty is None or (row.once or "").startswith(f"duty:{self.duties[duty]}:")
            ]
        return [one for one in told if name in (None, one.officer)]

    def days(self, name: str, duty: str | None = None) -> list[date]:
        """On which days somebody was promised something."""
        return [one.day for one in self.heard(name, duty=duty)]

    def doubled(self) -> list[tuple[str, date]]:
        """Who was promised more than one message on a day, where there is but one duty."""
        count = Counter((one.officer, one.day) for one in self.heard())
        return [key for key, number in count.items() if number > 1]
