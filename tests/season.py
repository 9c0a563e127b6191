"""The season of 2021 with forty units on three levels, played by numbers: what people did is kept beside the product.

The ledger is written by the player from what it decided, never read from the tables, so that both can be compared.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from sqlalchemy import select, update
from sqlmodel import col

from handlers import actors, programmes
from handlers.actors import CLOCK, COMMAND_LINE, Actor
from handlers.chat import turn
from handlers.duties import acts as duties
from handlers.duties import climbing, workdays
from handlers.duties import rounds as duty_rounds
from handlers.errors import Refusal
from handlers.feedback import late as feedback_late
from handlers.initiatives import deciding, selection
from handlers.initiatives.life import TABLE, Act
from handlers.office import local_day
from handlers.people import appointments
from messages.dates import ZONE
from messages.types import Address, Inbound, Pressed, Text
from storage import appointments as roles
from storage import members, units
from storage.database import Database, Transaction
from storage.seals import Seals
from storage.tables import Outbox, Programme, Purpose, Role, Sending, Submission
from storage.units import UnitRow
from tests.box import KEY, office

FIRST, LAST = date(2021, 3, 10), date(2021, 5, 31)
LEVELS = ("province", "upper", "base")
TOP = "P"
UPPER = ("P.1", "P.2", "P.3")
BASE = tuple(f"{upper}.{number}" for upper in UPPER for number in range(1, 13))
LATE = BASE[-4:]
"""They choose only when the deadline is over."""
SILENT = BASE[-1]
"""And this one never does."""
LEAVES, LEFT_ON, SUCCEEDED_ON = BASE[1], date(2021, 4, 8), date(2021, 4, 9)
MOVED_ON, MOVED_TO = date(2021, 4, 12), date(2021, 4, 17)
"""«trước ngày 14/4» becomes «trước ngày 17/4», told on 12/4."""
CHOSEN_ON, CHOSEN_LATE_ON = date(2021, 4, 15), date(2021, 4, 24)
INTRODUCED_ON, REWARDED_ON = date(2021, 4, 26), date(2021, 5, 18)
CLOSED = date(2021, 4, 20)
SPOKE_ON, VOICES = date(2021, 5, 4), 24
TOOK_BACK_ON, TAKE_BACK = date(2021, 5, 6), 12
SPREAD = (5, 6, 7, 8, 9, 10, 12, 20, 30, 41)
"""Of a hundred who send, so many by the end of each tenth of the days: most come in the last."""
HOURS = (9, 15)
"""When the clock looks; people act after the first."""
STEP = 40
"""Lines of as many members go into one commit."""
FEW = 10
"""Fewer do not send on a day of their own: what a season takes to play is its commits."""


def at(day: date, hour: int, minute: int = 0) -> datetime:
    return datetime.combine(day, time(hour, minute), ZONE)


def days(first: date = FIRST, last: date = LAST) -> Iterator[date]:
    for number in range((last - first).days + 1):
        yield first + timedelta(days=number)


def _share(passed: float) -> float:
    """How many of those who send have sent when a part of the time has passed: a third of them in the last tenth."""
    whole, part = divmod(passed * 10, 1)
    return (sum(SPREAD[: int(whole)]) + (SPREAD[int(whole)] * part if part else 0)) / sum(SPREAD)


@dataclass
class Ledger:
    """What the player did, in its own words."""

    unit: dict[str, str] = field(default_factory=dict)
    """The unit of each initiative's author."""
    author: dict[str, str] = field(default_factory=dict)
    """The chat of each item's author, anonymous ones too."""
    state: dict[str, str] = field(default_factory=dict)
    chosen: dict[str, list[str]] = field(default_factory=dict)
    """By unit: what it sent up."""
    rewarded: dict[str, list[str]] = field(default_factory=dict)
    sent_on: dict[str, date] = field(default_factory=dict)
    """By unit: the day of its list."""
    refused: list[tuple[str, str]] = field(default_factory=list)
    """Who wanted one more than the plan has, and the key of the answer."""
    gone: set[str] = field(default_factory=set)
    """Chats of members who took back their agreement."""
    heard: list[str] = field(default_factory=list)
    """Where feedback without a name came from."""


class Season:
    """Plays it, day by day."""

    def __init__(self, database_url: str, people: int) -> None:
        self.people = people
        self.office = office()
        self.database = Database(database_url, Seals([KEY]))
        self.now = at(FIRST, 8)
        self.ledger = Ledger()
        self.updates = itertools.count(1)
        self.heads: dict[str, int] = {}
        self.chats: dict[int, str] = {}
        self.senders = 0
        self.programme_id = 0
        self.select_id = 0

    @contextmanager
    def rows(self) -> Iterator[Transaction]:
        with self.database.transaction() as db:
            yield db

    # --- the union ---

    def furnish(self) -> None:
        with self.rows() as db:
            for rank, level in enumerate(LEVELS):
                units.add_level(db, code=level, name=level, rank=rank)
            created = [
                UnitRow(
                    code,
                    f"Công đoàn {code}",
                    f"cong doan {code.lower()}",
                    LEVELS[code.count(".")],
                    "",
                    code.rpartition(".")[0] or None,
                    place="51",
                    members=40,
                )
                for code in (TOP, *UPPER, *BASE)
            ]
            units.write(db, created=created, changed=())
            first = programmes.load(db, COMMAND_LINE, "75-nghin-sang-kien", 2021, now=self.now)
            programmes.load(db, COMMAND_LINE, "lang-nghe", 2021, now=self.now)
            programmes.load(db, COMMAND_LINE, "thang-cong-nhan", 2021, now=self.now)
            self.programme_id = first.id or 0
            for code in (TOP, *UPPER, *BASE):
                self.heads[code] = self._appoint(db, code, f"head-{code}")
            self._appoint(db, BASE[-2], f"deputy-{BASE[-2]}", deputy=True)
            self._appoint(db, TOP, "staff", role=Role.STAFF)

    def _appoint(
        self, db: Transaction, unit: str, chat: str, *, role: Role = Role.OFFICER, deputy: bool = False
    ) -> int:
        joined = members.join(db, Address("telegram", chat), self.now).member
        joined.consent_version, joined.name = self.office.notice_version, f"Cán bộ {chat}"
        assert joined.id is not None
        unit_id = self.unit_id(db, unit)
        roles.appoint(db, member_id=joined.id, unit_id=unit_id, role=role, deputy=deputy, rights=None, now=self.now)
        self.chats[joined.id] = chat
        return joined.id

    def unit_id(self, db: Transaction, code: str) -> int:
        found = units.by_code(db, code)
        assert found is not None
        assert found.id is not None
        return found.id

    def programme(self, db: Transaction) -> Programme:
        found = db.get(Programme, self.programme_id)
        assert found is not None
        return found

    # --- members ---

    def unit_of(self, number: int) -> str:
        return BASE[number % len(BASE)]

    def together(self, chats: Sequence[str], *lines: str) -> None:
        """Everybody says the same lines (their number and unit in them), in as few commits as the intake would make."""
        for start in range(0, len(chats), STEP):
            for line in lines:
                self._commit([self._inbound(chat, line) for chat in chats[start : start + STEP]])

    def _inbound(self, chat: str, line: str) -> Inbound:
        number = int(chat.rpartition("-")[2])
        said = line.format(n=number, unit=self.unit_of(number))
        event = Pressed(said[1:-1]) if said.startswith("[") else Text(said)
        return Inbound(Address("web", chat), f"u{next(self.updates)}", event)

    def _commit(self, inbounds: Sequence[Inbound]) -> None:
        with self.rows() as db:
            turn.lock(db, inbounds)
            for wave, gathered in turn.rounds(db, inbounds, self.now):
                for position in wave:
                    turn.take_turn(db, inbounds[position], gathered, self.now, self.office)
                db.write_out()

    def join(self) -> None:
        """Each answers what has reached them."""
        for line in ("/start", "đồng ý", "không"):
            self.together([f"member-{number}" for number in range(self.people)], line)
            self.deliver()

    def hand_in(self, numbers: Sequence[int]) -> None:
        """These members send one initiative each."""
        self.together(
            [f"member-{number}" for number in numbers],
            "/sangkien", "Nguyễn Văn An", "0912 345 678", "quang ngai", "{unit}", "khối cơ quan, sự nghiệp",
            "thủ trưởng đơn vị", "trong thời gian này", "chưa", "không",
            "Cách làm số {n}: mỗi tổ có một tủ sách riêng do người lao động cùng trông coi.", "XONG", "gửi đi",
        )  # fmt: skip
        with self.rows() as db:
            for record in db.scalars(select(Submission).where(col(Submission.code).not_in(self.ledger.unit))):
                (address,) = members.addresses(db, record.member_id or 0)
                self.ledger.author[record.code] = address.chat
                self.ledger.unit[record.code] = self.unit_of(int(address.chat.rpartition("-")[2]))
                self.ledger.state[record.code] = "sent"

    def speak(self, numbers: Sequence[int]) -> None:
        """These members write without their name."""
        self.together(
            [f"member-{number}" for number in numbers],
            "/ykien", "vấn đề bức xúc", "điều kiện làm việc", "quang ngai", "{unit}", "cán bộ đơn vị tôi",
            "gửi ẩn danh", "Nhà xe số {n} dột từ đầu mùa mưa, mong được sửa sớm.", "XONG", "gửi đi",
        )  # fmt: skip
        self.ledger.heard += [self.unit_of(number) for number in numbers]

    def take_back(self, chats: Sequence[str]) -> None:
        """These members take back their agreement."""
        self.together(chats, "/dulieu", "[privacy:withdraw]", "rút đồng ý")
        self.ledger.gone |= set(chats)

    # --- officers ---

    def receive(self, day: date) -> None:
        """Each base unit deals with what is new: a third is not recognised, some of the rest needs more."""
        with self.rows() as db:
            for code, unit in self.ledger.unit.items():
                away = unit == LEAVES and LEFT_ON <= day < SUCCEEDED_ON
                if self.ledger.state[code] == "sent" and not away:
                    self._decide(db, unit, code)

    def _decide(self, db: Transaction, unit: str, code: str) -> None:
        number = int(self.ledger.author[code].rpartition("-")[2]) // len(BASE)
        decision = Act.DECLINE if number % 3 == 2 else Act.NEED_MORE if number % 10 == 1 else Act.RECOGNISE
        for act in (Act.RECEIVE, decision):
            note = "Xin nêu rõ hiệu quả." if TABLE[act].noted else None
            head = self._head(db, unit)
            deciding.decide(db, self.office, head, code, seen=None, act=act, now=self.now, note=note)
        self.ledger.state[code] = {Act.DECLINE: "declined", Act.NEED_MORE: "needs_more"}.get(decision, "recognised")

    def _head(self, db: Transaction, unit: str) -> Actor:
        return actors.of_member(db, self.heads[unit], self.now)

    def choose(self, unit: str, purpose: Purpose, most: int) -> None:
        """A unit chooses the oldest ones on its desk, as many as it may and wants."""
        mine = self._choosable(unit, purpose)
        for code in mine[:most]:
            try:
                with self.rows() as db:
                    selection.choose(db, self.office, self._head(db, unit), code, purpose, now=self.now)
            except Refusal as refusal:
                self.ledger.refused.append((unit, refusal.key))
                return
            if purpose is Purpose.AWARD:
                self.ledger.rewarded.setdefault(unit, []).append(code)
                self.ledger.state[code] = "awarded"
            else:
                self.ledger.chosen.setdefault(unit, []).append(code)

    def _choosable(self, unit: str, purpose: Purpose) -> list[str]:
        state = self.ledger.state
        lists = [codes for below, codes in self.ledger.chosen.items() if below.rpartition(".")[0] == unit]
        own = [code for code, where in self.ledger.unit.items() if where == unit and state[code] == "recognised"]
        found = [*own, *itertools.chain(*lists)]
        rewarded = self.ledger.rewarded.get(unit, []) if purpose is Purpose.AWARD else []
        return [code for code in found if code not in rewarded]

    def forward(self, unit: str) -> None:
        """A unit sends its list up."""
        if not self.ledger.chosen.get(unit):
            return
        with self.rows() as db:
            unit_id = self.unit_id(db, unit)
            selection.forward(db, self.office, self._head(db, unit), unit_id, self.programme_id, now=self.now)
        for code in self.ledger.chosen[unit]:
            self.ledger.state[code] = "forwarded"
        self.ledger.sent_on[unit] = local_day(self.now)

    # --- days ---

    def happen(self, day: date) -> None:
        """What people do on a day."""
        if day == LEFT_ON:
            self._leave()
        if day == SUCCEEDED_ON:
            with self.rows() as db:
                self.heads[LEAVES] = self._appoint(db, LEAVES, f"next-{LEAVES}")
        if day == MOVED_ON:
            with self.rows() as db:
                code = self.programme(db).code
                duties.move(db, COMMAND_LINE, code, "select", at(MOVED_TO, 0), now=self.now)
        if day <= CLOSED:
            self.hand_in(self._sending(day))
        if workdays.is_workday(day):
            self.receive(day)
        if day == SPOKE_ON:
            self.speak(range(self.people - VOICES, self.people))
        if day == TOOK_BACK_ON:
            self.take_back([f"member-{number}" for number in range(3, 3 + TAKE_BACK)])
        if day in (CHOSEN_ON, CHOSEN_LATE_ON):
            for unit in (unit for unit in BASE if (unit in LATE) == (day == CHOSEN_LATE_ON) and unit != SILENT):
                self.choose(unit, Purpose.SELECT, 3)
                self.forward(unit)
        if day == INTRODUCED_ON:
            for unit in UPPER:
                self.choose(unit, Purpose.AWARD, 22)
                self.choose(unit, Purpose.SELECT, 1)
                self.forward(unit)
        if day == REWARDED_ON:
            self.choose(TOP, Purpose.AWARD, 31)
            self.choose(TOP, Purpose.SELECT, 5)
            self.forward(TOP)

    def _leave(self) -> None:
        with self.rows() as db:
            (row,) = members.appointments(db, [self.heads[LEAVES]], self.now)[self.heads[LEAVES]]
            assert row.id is not None
            appointments.end(db, self.office, COMMAND_LINE, row.id, now=self.now)

    def _sending(self, day: date) -> range:
        """Whose day it is: half of the members send, a third of them in the last tenth of the days."""
        window = (CLOSED - FIRST).days + 1
        last = int(self.people / 2 * _share(((day - FIRST).days + 1) / window))
        if last - self.senders < FEW and day < CLOSED:
            return range(0)
        first, self.senders = self.senders, last
        return range(first, last)

    def tick(self) -> None:
        """The clock looks, as often as it likes."""
        with self.rows() as db:
            while duty_rounds.enqueue_due(db, self.office, CLOCK, now=self.now).more:
                pass
            climbing.enqueue_due(db, self.office, CLOCK, now=self.now)
            feedback_late.look(db, self.office, self.now)

    def deliver(self) -> None:
        """Whatever is due by now is sent."""
        with self.rows() as db:
            sent = {"state": Sending.SENT, "settled_at": self.now}
            due = col(Outbox.state) == Sending.READY, col(Outbox.due_at) <= self.now
            db.execute(update(Outbox).where(*due).values(sent))

    def play(self) -> None:
        """From the first day to the last."""
        self.join()
        for day in days():
            for hour in HOURS:
                self.now = at(day, hour, 5)
                self.tick()
                if hour == HOURS[0]:
                    self.happen(day)
                self.deliver()
