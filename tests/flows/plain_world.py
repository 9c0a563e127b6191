"""The world as a plain object, and somebody who talks to one form: no database, no clock, no channel."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from handlers.flows import engine, initiative
from handlers.flows.form import Draft, Form, Turn
from handlers.flows.outcomes import Effect
from handlers.flows.records import Alike, Caller, Item, Profile, Programme, Question, Unit
from handlers.office import CatalogueWords
from handlers.text.likeness import similar
from handlers.text.places import Place, PlaceIndex
from handlers.text.readers import fold
from messages import places
from messages.catalogue import Catalogue
from messages.types import Choice, Contact, Event, Pressed, Say, Text, payload

CATALOGUE = Catalogue.load()
PLACES = PlaceIndex(places.load())
NAMES = {place.code: place.name for place in places.load()}
OPENS, CLOSES = datetime(2027, 2, 28, 17, tzinfo=UTC), datetime(2027, 4, 20, 17, tzinfo=UTC)
SECTOR = Place("NHD", "Công đoàn ngành Hải đăng Việt Nam")
SECRET = Question("secret", "Có bí mật kinh doanh không ạ?", "Bí mật", (Choice("no", "Không"), Choice("yes", "Có")))
APPLIED = Question(
    "applied",
    "Sáng kiến đã áp dụng chưa ạ?",
    "Áp dụng",
    (Choice("applied", "Đã áp dụng"), Choice("not_yet", "Chưa áp dụng")),
    warned=frozenset({"not_yet"}),
    warning="Sáng kiến chưa áp dụng thường không được tính là hợp lệ.",
)
TOOL = Question("tool", "Sáng kiến dùng công cụ gì ạ?", "Công cụ", limit=20)
OPEN = Programme(1, "75 nghìn sáng kiến", open=True, opens=OPENS, closes=CLOSES, questions=(APPLIED, SECRET))
OTHER = Programme(2, "1 triệu sáng kiến", open=True, opens=OPENS, closes=CLOSES)
UNITS = (
    Unit("GD51-01", "Công đoàn Trường THPT Đồi Sim", "51"),
    Unit("GD51-20", "Công đoàn Trường Tiểu học Số 1 Bãi Dừa", "51"),
    Unit("GD51-07", "Công đoàn Trường THCS Bãi Dừa", "51"),
    *(Unit(f"XN51-{number}", f"Công đoàn Xí nghiệp Số {number}", "51") for number in range(1, 9)),
    Unit("VT79-01", "Công đoàn Bến xe Miền Xa", "79"),
    Unit("NHD-01", "Công đoàn Đài Hải đăng Mũi Sim", "NHD"),
    Unit("NHD-02", "Công đoàn Xưởng Cơ khí Hải đăng Cồn Én", "NHD"),
)
FEW = 9


@dataclass
class PlainWorld:
    """`handlers.flows.world.World` whose facts a test sets."""

    running: tuple[Programme, ...] = (OPEN,)
    over: tuple[Programme, ...] = ()
    coming: Programme | None = None
    units: tuple[Unit, ...] = UNITS
    profile: Profile | None = None
    homes: tuple[str, ...] = ("web",)
    earlier: dict[str, str | None] = field(default_factory=dict)
    """Texts handed in before, with their code where it is one's own."""
    items: tuple[Item, ...] = ()
    agreed_version: str | None = "1"
    organisation: str = "Công đoàn ngành Giáo dục tỉnh"
    contact: str = "Văn phòng Công đoàn ngành"
    retention: str = "24 tháng"
    bot_name: str = "Trợ lý Công đoàn"
    notice_version: str = "1"
    channel: str = "trang web"
    draft_days: int = 7
    words: CatalogueWords = field(default_factory=lambda: CatalogueWords(CATALOGUE))

    def programmes(self) -> tuple[Programme, ...]:
        return self.running

    def programme(self, programme_id: int) -> Programme | None:
        known = (*self.running, *(replace(programme, open=False) for programme in self.over))
        return next((programme for programme in known if programme.id == programme_id), None)

    def upcoming(self) -> Programme | None:
        return self.coming

    def extendable(self) -> tuple[Programme, ...]:
        return self.running

    def draft_until(self) -> datetime:
        return CLOSES

    def find_places(self, typed: str) -> tuple[Place, ...]:
        found = tuple(Place(match.code, match.name, match.via, match.guessed) for match in PLACES.find(typed))
        return (*found, SECTOR) if fold(typed) in fold(SECTOR.name) else found

    def place(self, code: str) -> Place | None:
        return SECTOR if code == SECTOR.code else Place(code, NAMES[code]) if code in NAMES else None

    def all_places(self) -> tuple[Place, ...]:
        return (*(Place(code, name) for code, name in NAMES.items()), SECTOR)

    def find_units(self, place: str, typed: str) -> tuple[Unit, ...]:
        here = [unit for unit in self.units if unit.place == place]
        if not typed:
            return tuple(here) if len(here) <= FEW else ()
        coded = [unit for unit in here if unit.code == typed.strip().upper()]
        words = fold(typed).split()
        return tuple(coded or [unit for unit in here if all(word in fold(unit.name) for word in words)])[:FEW]

    def unit(self, code: str) -> Unit | None:
        return next((unit for unit in self.units if unit.code == code.strip().upper()), None)

    def alike(self, programme_id: int, text: str) -> Alike | None:
        found = [code for earlier, code in self.earlier.items() if similar(earlier, text)]
        return Alike(found[0], OPENS) if found else None

    def own_item(self, code: str) -> Item | None:
        return next((item for item in self.items if item.code == code), None)

    def own_items(self) -> tuple[Choice, ...]:
        return tuple(Choice(item.code, item.code) for item in self.items)

    def supplemented(self, code: str, text: str) -> str:
        item = self.own_item(code)
        return f"{item.text if item else ''}\n+ {text}"

    def callers(self, unit: str | None) -> tuple[Caller, ...]:
        return ()

    def read_bound(self, typed: str) -> object | None:
        return None


class Talk:
    """One person in one form; every turn goes through the engine."""

    def __init__(self, world: PlainWorld | None = None, form: Form = initiative.FORM, **answers: object) -> None:
        self.world = world or PlainWorld()
        self.form = form
        start = initiative.begin(self.world) if form is initiative.FORM else {}
        self.draft: Draft | None = Draft(form.name, "d1", {**start, **answers})
        self.effects: tuple[Effect, ...] = ()
        self.left = False
        self._keep(engine.open_form(form, self.draft, self.world))

    @classmethod
    def found(cls, draft: Draft, world: PlainWorld, form: Form = initiative.FORM) -> Talk:
        """Somebody whose question was put some time ago."""
        talk = cls.__new__(cls)
        talk.world, talk.form, talk.draft, talk.effects, talk.left = world, form, draft, (), False
        return talk

    @classmethod
    def of(cls, draft: Draft, world: PlainWorld, form: Form = initiative.FORM) -> Talk:
        """Somebody who comes back to a draft that was left."""
        return cls.found(draft, world, form).resumes()

    def sends(self, event: Event) -> Talk:
        """One event."""
        assert self.draft is not None, "the form is finished"
        self._keep(engine.advance(self.form, self.draft, event, self.world))
        return self

    def says(self, *lines: str) -> Talk:
        """Lines, one after the other."""
        for line in lines:
            self.sends(Text(line))
        return self

    def presses(self, key: str) -> Talk:
        """The button of this key under the last message."""
        say = next(say for say in reversed(self.said) if key in [choice.key for choice in say.choices])
        return self.sends(Pressed(payload(say.question, key)))

    def shares(self, phone: str, *, own: bool = True) -> Talk:
        """A contact card."""
        return self.sends(Contact(phone, own))

    def resumes(self) -> Talk:
        """Comes back to the draft that was left."""
        assert self.draft is not None
        self._keep(engine.open_form(self.form, self.draft, self.world))
        return self

    def _keep(self, turn: Turn) -> None:
        self.draft, self.effects, self.left = turn.draft, turn.effects, turn.left

    @property
    def said(self) -> list[Say]:
        """What was said in the last turn."""
        return [effect for effect in self.effects if isinstance(effect, Say)]

    @property
    def keys(self) -> list[str]:
        """The keys of what was said in the last turn."""
        return [say.key for say in self.said]

    @property
    def asked(self) -> str:
        """The key of the question that stands now."""
        return self.said[-1].key

    @property
    def text(self) -> str:
        """All that was said in the last turn, in words."""
        return "\n\n".join(CATALOGUE.text(say.key, say.values) for say in self.said)

    @property
    def labels(self) -> list[str]:
        """The choices under the last question."""
        return [choice.label for choice in self.said[-1].choices]

    @property
    def answers(self) -> dict[str, object]:
        """What was answered so far; after submitting, what was submitted."""
        if self.draft is not None:
            return dict(self.draft.answers)
        return dict(next(effect.answers for effect in self.effects if hasattr(effect, "answers")))
