"""The world as a flow may know it, read from the tables, each look-up at most once a turn."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, datetime
from functools import cached_property, wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

from handlers import programmes as planning
from handlers.chat.appointments import TurnPeopleDesk
from handlers.chat.awards import TurnAwardDesk
from handlers.chat.broadcasts import TurnNewsDesk
from handlers.chat.context import Context
from handlers.chat.feedback.care_desk import TurnCareDesk
from handlers.danger import callbacks
from handlers.danger.callers import by_when
from handlers.duties import dates
from handlers.feedback import items as heard
from handlers.feedback import ways as feedback_ways
from handlers.flows.records import Alike, Caller, Heard, Item, Profile, Programme, Question, Unit, Way
from handlers.initiatives import items as initiatives
from handlers.office import DRAFT_DAYS, DRAFT_LIFE, CatalogueWords, channel_name, local_day
from handlers.reaching import oa_desk
from handlers.text.likeness import fingerprint, similar
from handlers.text.places import Place
from handlers.text.readers import fold
from handlers.units import places
from messages.types import Choice
from storage import feedback, members, programmes, submissions, tables, units
from storage.tables import Kind

OFFERED_UNITS = 9
"""As many units as one can take in at a glance, and as digits can name."""
OFFERED_ITEMS = 9
COMPARED = 50
"""How many of one's own submissions, the newest first, a new text is compared with."""


P = ParamSpec("P")
T = TypeVar("T")


def looked_up_once(look_up: Callable[Concatenate[TurnWorld, P], T]) -> Callable[Concatenate[TurnWorld, P], T]:
    """The same question within one turn is answered from memory: a flow asks as often as it likes."""

    @wraps(look_up)
    def remembering(world: TurnWorld, /, *args: P.args, **kwargs: P.kwargs) -> T:
        question = (look_up.__name__, args)
        if question not in world.answers:
            world.answers[question] = look_up(world, *args, **kwargs)
        answer: T = world.answers[question]
        return answer

    return remembering


class TurnWorld:
    """`handlers.flows.world.World` for one turn."""

    draft_days = DRAFT_DAYS

    def __init__(self, context: Context) -> None:
        self._context = context
        self._db = context.db
        office = context.office
        self.answers: dict[tuple[str, tuple[Any, ...]], Any] = {}
        self.words = CatalogueWords(office.catalogue)
        self.organisation = office.organisation
        self.contact = office.contact
        self.retention = office.retention
        self.bot_name = office.bot_name
        self.notice_version = office.notice_version
        self.channel = channel_name(office, context.inbound.address)

    @property
    def agreed_version(self) -> str | None:
        """The version of the notice this member agreed to."""
        return self._context.member.consent_version if self._context.member else None

    @cached_property
    def homes(self) -> tuple[str, ...]:
        """The kinds of channel of the member's chats."""
        if self._context.known is None:
            return ()
        return tuple(row.account.partition(":")[0] for row in members.addresses(self._db, self._context.my_id))

    @cached_property
    def news_desk(self) -> TurnNewsDesk:
        """For staff who write to members."""
        return TurnNewsDesk(self._context)

    @cached_property
    def award_desk(self) -> TurnAwardDesk:
        """For those who propose somebody for an award."""
        return TurnAwardDesk(self._context)

    @cached_property
    def care_desk(self) -> TurnCareDesk:
        """For those who answer feedback."""
        return TurnCareDesk(self._context)

    @cached_property
    def people_desk(self) -> TurnPeopleDesk:
        """For those who serve a unit."""
        return TurnPeopleDesk(self._context)

    @cached_property
    def profile(self) -> Profile | None:
        """What the member told us before."""
        member = self._context.member
        if member is None:
            return None
        unit = units.known_by_id(self._db, member.unit_id) if member.unit_id else None
        return Profile(
            full_name=member.name,
            phone=member.phone,
            place=member.place,
            unit=unit.code if unit else None,
            other_unit=member.other_unit,
            group=member.group,
            called=None if member.name else oa_desk.called(self._db, self._context.inbound.address),
        )

    @cached_property
    def _today(self) -> date:
        return local_day(self._context.now)

    @cached_property
    def _open(self) -> tuple[Programme, ...]:
        found = programmes.open_at(self._db, self._context.now, Kind.INITIATIVE)
        return tuple(self._programme(row) for row in found)

    def programmes(self) -> tuple[Programme, ...]:
        """Those that take initiatives now."""
        return self._open

    @looked_up_once
    def programme(self, programme_id: int) -> Programme | None:
        """One programme, open or not."""
        row = programmes.known(self._db, programme_id)
        return self._programme(row) if row else None

    @looked_up_once
    def upcoming(self) -> Programme | None:
        """The next one that will take initiatives."""
        rows = programmes.upcoming(self._db, self._context.now, Kind.INITIATIVE)
        return self._programme(rows[0]) if rows else None

    def extendable(self) -> tuple[Programme, ...]:
        """Programmes whose end the member may still move."""
        rows = planning.extendable(self._db, self._context.actor, self._context.now)
        return tuple(self._programme(row) for row in rows)

    def draft_until(self) -> datetime:
        """Until when a draft left now is kept."""
        return self._context.now + DRAFT_LIFE

    @looked_up_once
    def find_places(self, typed: str) -> tuple[Place, ...]:
        """Provinces, cities and sectors that the typed words may mean."""
        return places.find(self._db, self._context.office, typed, self._today)

    @looked_up_once
    def place(self, code: str) -> Place | None:
        """A place or a sector by its code."""
        return places.by_code(self._db, code, self._today)

    def all_places(self) -> tuple[Place, ...]:
        """Every place, then every sector."""
        return places.every(self._db, self._today)

    @looked_up_once
    def find_units(self, place: str, typed: str) -> tuple[Unit, ...]:
        """Units of a place by words of the name or by code; without words, all of them if they are few."""
        wanted = OFFERED_UNITS if typed else OFFERED_UNITS + 1
        by_code = units.known(self._db, typed) if typed else None
        if by_code is not None and (unit := self.unit(by_code.code)) and unit.place == place:
            return (unit,)
        sector = None if place.isdigit() else units.known(self._db, place)
        found = units.search(
            self._db,
            folded=fold(typed),
            on=self._today,
            limit=wanted,
            place=place if sector is None else None,
            sector_id=sector.id if sector else None,
        )
        if not typed and len(found) > OFFERED_UNITS:
            return ()
        return tuple(Unit(row.code, row.name, place) for row in found)

    @looked_up_once
    def unit(self, code: str) -> Unit | None:
        """A unit that exists today, with the place or sector it is picked under."""
        row = units.known(self._db, code)
        if row is None or not units.is_valid(row, self._today):
            return None
        return Unit(row.code, row.name, places.place_of(self._db, row))

    @looked_up_once
    def alike(self, programme_id: int, text: str) -> Alike | None:
        """One's own submission in much the same words, with its code; else anybody's in just these words."""
        me, same = self._context.my_id, fingerprint(text)
        found = submissions.comparable(self._db, me, programme_id, same, limit=COMPARED)
        own = (Alike(code, sent) for code, sent, earlier in found.own if similar(earlier, text))
        return next(own, Alike(None, found.alike) if found.alike else None)

    def own_items(self) -> tuple[Choice, ...]:
        """What the member handed in, newest first, with its state."""
        sent = [
            (local_day(row.sent_at), row.code, f"state.{row.state}")
            for row in submissions.of_member(self._db, self._context.my_id, OFFERED_ITEMS)
        ]
        said = [
            (row.day, row.code, f"feedback_state.{row.state}")
            for row in feedback.of_member(self._db, self._context.my_id, OFFERED_ITEMS)
        ]
        newest = sorted((*sent, *said), key=lambda entry: entry[0], reverse=True)[:OFFERED_ITEMS]
        return tuple(Choice(code, f"{code} · {self.words.label(state)}") for _, code, state in newest)

    @looked_up_once
    def own_item(self, code: str) -> Item | None:
        """A submission of this member."""
        row = initiatives.own(self._db, self._context.actor, code)
        return _item(row) if row else None

    def supplemented(self, code: str, text: str) -> str:
        """One's own text as it would stand with this added."""
        item = self.own_item(code)
        return initiatives.supplemented(
            self._context.office, (item.text if item else "") or "", text, self._context.now
        )

    def feedback_way(self, answers: Mapping[str, Any], *, above: bool, anonymous: bool) -> Way | None:
        """Where feedback from this place and unit goes."""
        return self._feedback_way(answers.get("place"), answers.get("unit"), above, anonymous)

    @looked_up_once
    def _feedback_way(self, place: str | None, unit: str | None, above: bool, anonymous: bool) -> Way | None:
        where = {"place": place, "unit": unit}
        way = feedback_ways.find(self._db, where, above=above, anonymous=anonymous, now=self._context.now)
        if way is None:
            return None
        return Way(way.unit.name if way.unit else "", way.receiver.name if way.receiver else self.organisation)

    @looked_up_once
    def callers(self, unit: str | None) -> tuple[Caller, ...]:
        """Who could call this person back."""
        before = by_when(self._context.now)
        context = self._context
        found = callbacks.possible(context.db, context.office, context.actor, unit, context.now)
        return tuple(Caller(one.key, one.name, one.unit.name, before) for one in found)

    def has_above(self, answers: Mapping[str, Any]) -> bool:
        """Whether a level above this unit could be written to."""
        return feedback_ways.has_above(self._db, answers)

    def own_feedback(self, code: str) -> Heard | None:
        """Feedback of this member."""
        row = heard.own(self._db, self._context.actor, code)
        return Heard(row.code, row.state, row.revision) if row else None

    def read_bound(self, typed: str) -> datetime | None:
        """The exclusive end that a typed date means, if it lies ahead."""
        bound = dates.read_bound(typed, self._context.now)
        return bound if bound and bound > self._context.now else None

    def _programme(self, row: tables.Programme) -> Programme:
        assert row.id is not None
        shown = self._db.remembered(("programme", row.id), lambda: _shown(row))
        return replace(shown, open=not row.hidden and row.opens_at <= self._context.now < row.closes_at)


def _shown(row: tables.Programme) -> Programme:
    """A programme as flows see it, closed."""
    assert row.id is not None
    return Programme(
        id=row.id,
        name=row.name,
        open=False,
        opens=row.opens_at,
        closes=row.closes_at,
        peak=programmes.peak_shown(row),
        questions=tuple(_question(raw) for raw in programmes.questions(row)),
    )


def _item(row: tables.Submission) -> Item:
    return Item(row.code, row.state, row.revision, row.request, row.text)


def _question(raw: Mapping[str, Any]) -> Question:
    return Question(
        key=raw["key"],
        text=raw["text"],
        label=raw["label"],
        options=tuple(Choice(key, label) for key, label in raw.get("options", ())),
        limit=raw.get("limit") or 200,
        warned=frozenset(raw.get("warned", ())),
        warning=raw.get("warning") or "",
    )
