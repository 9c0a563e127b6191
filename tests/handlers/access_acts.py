"""Acts of staff, which no chat screen stands before: programmes, duties, news, units, exports, and who may have a cover
list. Each asks for its right itself.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from handlers import exports, programmes
from handlers.actors import COMMAND_LINE, Actor
from handlers.duties import acts as duties
from handlers.exports import ExportKind, Request
from handlers.news import broadcasts
from handlers.papers.sheets import Form
from handlers.people import appointments as roles
from handlers.people import pairing
from handlers.units import changes as unit_changes
from handlers.units import tree as units
from storage import programmes as stored_programmes
from storage.duties import Owed
from storage.tables import Programme, Right, Role
from tests.handlers import desk_acts
from tests.handlers.access_scenes import ABOVE, BESIDE, NOW, OWN, TOP, Scene
from tests.union import OFFICE

LATER = NOW + timedelta(days=90)
UNIT_UPWARD = frozenset({OWN, ABOVE, TOP})
TOP_ONLY = frozenset({TOP})
COMMON = frozenset({ABOVE, TOP})


@dataclass(frozen=True)
class Act:
    """One act: at which units staff may do it, and how it is done. It raises NoRight where it may not."""

    name: str
    at: frozenset[str]
    do: Callable[[Scene, Actor], object]
    right: Right | None = None
    """With which an officer may do it too; None: staff only."""


def _programme(scene: Scene, unit: str | None) -> Programme:
    row = stored_programmes.by_id(scene.db, scene.programme_id)
    assert row is not None
    row.unit_id = scene.ids[unit] if unit else None
    scene.db.flush()
    return row


def _code(scene: Scene, unit: str | None) -> str:
    return _programme(scene, unit).code


def _owe(scene: Scene, due: datetime = NOW + timedelta(days=3)) -> int:
    return desk_acts.owe(scene.db, scene.programme_id, due)


def _move(scene: Scene, unit: str | None, actor: Actor) -> object:
    _owe(scene)
    return duties.move(scene.db, _code(scene, unit), "own", LATER, actor=actor, now=NOW)


def _finish(scene: Scene, actor: Actor) -> object:
    owed = Owed(scene.ids[OWN], scene.helper)
    return duties.finish(scene.db, OFFICE, _owe(scene), owed, actor=actor, now=NOW)


def _put_off(scene: Scene, actor: Actor) -> object:
    owed = Owed(scene.ids[OWN], scene.helper)
    until = duties.put_off(scene.db, _owe(scene), owed, actor=actor, now=NOW)
    scene.db.write_out()
    return until


def _write(scene: Scene, actor: Actor) -> object:
    return broadcasts.create(scene.db, OFFICE, text="Mời dự họp.", unit_code=OWN, actor=actor, now=NOW)


def _step(step: str) -> Callable[[Scene, Actor], object]:
    def do(scene: Scene, actor: Actor) -> object:
        row = _write(scene, COMMAND_LINE)
        now = NOW + timedelta(hours=1)
        if step == "confirm":
            return broadcasts.confirm(scene.db, OFFICE, row, recipients=1, at=None, actor=actor, now=now)
        row.state = {"hold": "sending", "resume": "held", "cancel": "sending", "send_again": "done"}[step]
        row.frozen_at = row.due_at = NOW
        scene.db.flush()
        return getattr(broadcasts, step)(scene.db, row, actor=actor, now=now)

    return do


def _import(scene: Scene, actor: Actor) -> object:
    sheet = "mã,tên,mã cấp trên,cấp\nN,Công đoàn N,P,upper\n".encode()
    return units.apply(scene.db, units.plan(scene.db, units.read_sheet(sheet, "units.csv")), actor=actor, now=NOW)


def _close(scene: Scene, actor: Actor) -> object:
    return unit_changes.close(scene.db, OFFICE, OWN, last=NOW.date(), actor=actor, now=NOW)


def _export(unit: str | None) -> Callable[[Scene, Actor], object]:
    asked = Request(ExportKind.MEMBERS, Form.CSV, unit)
    return lambda scene, actor: exports.record(scene.db, asked, actor=actor, now=NOW)


def _load(unit: str | None) -> Callable[[Scene, Actor], object]:
    return lambda scene, actor: programmes.load(scene.db, "lang-nghe", NOW.date(), run_by=unit, actor=actor, now=NOW)


def _invite(scene: Scene, actor: Actor) -> object:
    return pairing.invite(scene.db, OFFICE, actor, OWN, Role.OFFICER, now=NOW)


def _on_programmes() -> tuple[Act, ...]:
    """What may be done to a programme: of a unit, and of none."""
    found: list[Act] = []
    for unit, at in ((OWN, UNIT_UPWARD), (None, TOP_ONLY)):
        whose = f"a programme of {unit or 'no unit'}"
        found += [
            Act(f"make {whose}", at, _load(unit)),
            Act(
                f"open {whose}",
                at,
                lambda scene, actor, unit=unit: programmes.open_(  # type: ignore[misc]
                    scene.db, _code(scene, unit), actor=actor, now=NOW
                ),
            ),
            Act(
                f"close {whose}",
                at,
                lambda scene, actor, unit=unit: programmes.close(  # type: ignore[misc]
                    scene.db, _code(scene, unit), actor=actor, now=NOW
                ),
            ),
            Act(
                f"extend {whose}",
                at,
                lambda scene, actor, unit=unit: programmes.extend(  # type: ignore[misc]
                    scene.db, _code(scene, unit), LATER, actor=actor, now=NOW
                ),
            ),
            Act(
                f"move a duty of {whose}",
                at,
                lambda scene, actor, unit=unit: _move(scene, unit, actor),  # type: ignore[misc]
            ),
        ]
    return tuple(found)


ACTS = (
    *_on_programmes(),
    Act("finish a duty", UNIT_UPWARD, _finish, Right.REPORT),
    Act("put a duty off", UNIT_UPWARD, _put_off, Right.REPORT),
    Act("write news", UNIT_UPWARD, _write),
    Act("confirm news", UNIT_UPWARD, _step("confirm")),
    Act("hold news", UNIT_UPWARD, _step("hold")),
    Act("resume news", UNIT_UPWARD, _step("resume")),
    Act("cancel news", UNIT_UPWARD, _step("cancel")),
    Act("send news again", UNIT_UPWARD, _step("send_again")),
    Act("import units", TOP_ONLY, _import),
    Act(
        "rename a unit",
        UNIT_UPWARD,
        lambda scene, actor: unit_changes.rename(scene.db, OWN, "Tên mới", first=NOW.date(), actor=actor, now=NOW),
    ),
    Act("close a unit", UNIT_UPWARD, _close),
    Act(
        "merge units",
        COMMON,
        lambda scene, actor: unit_changes.merge(scene.db, OFFICE, OWN, BESIDE, first=NOW.date(), actor=actor, now=NOW),
    ),
    Act(
        "list who serves a unit",
        UNIT_UPWARD,
        lambda scene, actor: roles.list_(scene.db, actor, OWN, now=NOW),
    ),
    Act("list who serves", TOP_ONLY, lambda scene, actor: roles.list_(scene.db, actor, None, now=NOW)),
    Act("export a unit", UNIT_UPWARD, _export(OWN)),
    Act("export everything", TOP_ONLY, _export(None)),
)
GIVEN = (Act("hand out a role", UNIT_UPWARD, _invite),)
"""Whoever serves a unit hands on what they have: walked by test_access; without an actor it is refused all the same."""
