"""Acts of staff, which no chat screen stands before: programmes, duties, news, units, exports, and who may have a cover
list. Each asks for its right itself.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from io import BytesIO

from handlers import exports, mornings, programmes, restoring
from handlers.actors import COMMAND_LINE, Actor
from handlers.danger import callbacks
from handlers.duties import acts as duties
from handlers.duties import climbing, closings, forewarning, openings, recurring, rounds
from handlers.exports import ExportKind, Request
from handlers.feedback import late
from handlers.files import attachments
from handlers.news import broadcasts, campaigns, wishes
from handlers.papers.sheets import Form
from handlers.people import appointments as roles
from handlers.people import linking, pairing, resting
from handlers.reaching import doubts, oa_desk
from handlers.units import changes as unit_changes
from handlers.units import posters
from handlers.units import tree as units
from messages.types import Address
from storage import programmes as stored_programmes
from storage.attachments import Wanted
from storage.tables import Programme, Role
from tests.handlers.access_scenes import ABOVE, BESIDE, NOW, OWN, TOP, Scene, owe
from tests.union import OFFICE

LATER = NOW + timedelta(days=90)
UNIT_UPWARD = frozenset({OWN, ABOVE, TOP})
TOP_ONLY = frozenset({TOP})
NOWHERE: frozenset[str] = frozenset()
COMMON = frozenset({ABOVE, TOP})


@dataclass(frozen=True)
class Act:
    """One act: at which units staff may do it, and how it is done. It raises NoRight where it may not."""

    name: str
    at: frozenset[str]
    do: Callable[[Scene, Actor], object]


def _programme(scene: Scene, unit: str | None) -> Programme:
    row = stored_programmes.by_id(scene.db, scene.programme_id)
    assert row is not None
    row.unit_id = scene.ids[unit] if unit else None
    scene.db.flush()
    return row


def _code(scene: Scene, unit: str | None) -> str:
    return _programme(scene, unit).code


def _owe(scene: Scene, due: datetime = NOW + timedelta(days=3)) -> int:
    return owe(scene.db, scene.programme_id, due)


def _owed(scene: Scene) -> tuple[int, int]:
    return _owe(scene), scene.ids[OWN]


def _put_off(scene: Scene, actor: Actor) -> object:
    until = duties.put_off(scene.db, actor, *_owed(scene), now=NOW)
    scene.db.write_out()
    return until


def _move(scene: Scene, unit: str | None, actor: Actor) -> object:
    _owe(scene)
    return duties.move(scene.db, actor, _code(scene, unit), "own", LATER, now=NOW)


def _write(scene: Scene, actor: Actor) -> object:
    return broadcasts.create(scene.db, OFFICE, actor, "Mời dự họp.", OWN, now=NOW)


def _step(step: str) -> Callable[[Scene, Actor], object]:
    def do(scene: Scene, actor: Actor) -> object:
        row = _write(scene, COMMAND_LINE)
        now = NOW + timedelta(hours=1)
        if step == "confirm":
            return broadcasts.confirm(scene.db, OFFICE, actor, row.code, 1, at=None, now=now)
        row.state = {"hold": "sending", "resume": "held", "cancel": "sending", "send_again": "done"}[step]
        row.frozen_at = row.due_at = NOW
        scene.db.flush()
        return getattr(broadcasts, step)(scene.db, actor, row.code, now=now)

    return do


def _import(scene: Scene, actor: Actor) -> object:
    sheet = "mã,tên,mã cấp trên,cấp\nN,Công đoàn N,P,upper\n".encode()
    return units.apply(scene.db, actor, units.plan(scene.db, units.read_sheet(sheet, "units.csv")), now=NOW)


def _restore(scene: Scene, actor: Actor) -> object:
    return restoring.settle(scene.db, OFFICE, actor, gone=(), jobs=(), made="2021-04-01", now=NOW)


def _authorise(scene: Scene, actor: Actor) -> object:
    lives = timedelta(hours=1)
    return oa_desk.authorise(scene.db, actor, "zalo_oa", access="a", refresh="r", lives=lives, now=NOW)


def _close(scene: Scene, actor: Actor) -> object:
    return unit_changes.close(scene.db, OFFICE, actor, OWN, last=NOW.date(), now=NOW)


def _export(unit: str | None) -> Callable[[Scene, Actor], object]:
    asked = Request(ExportKind.MEMBERS, Form.CSV, unit)
    return lambda scene, actor: exports.record(scene.db, actor, asked, now=NOW)


def _take_export(unit: str | None) -> Callable[[Scene, Actor], object]:
    asked = Request(ExportKind.MEMBERS, Form.CSV, unit)
    return lambda scene, actor: exports.write(scene.db, actor, asked, BytesIO(), now=NOW)


def _load(unit: str | None) -> Callable[[Scene, Actor], object]:
    return lambda scene, actor: programmes.load(scene.db, actor, "lang-nghe", NOW.date(), run_by=unit, now=NOW)


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
                lambda scene, actor, unit=unit: programmes.open_(scene.db, actor, _code(scene, unit), now=NOW),
            ),
            Act(
                f"close {whose}",
                at,
                lambda scene, actor, unit=unit: programmes.close(scene.db, actor, _code(scene, unit), now=NOW),
            ),
            Act(
                f"extend {whose}",
                at,
                lambda scene, actor, unit=unit: programmes.extend(
                    scene.db, OFFICE, actor, _code(scene, unit), LATER, now=NOW
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
        lambda scene, actor: unit_changes.rename(scene.db, actor, OWN, "Tên mới", first=NOW.date(), now=NOW),
    ),
    Act("close a unit", UNIT_UPWARD, _close),
    Act(
        "merge units",
        COMMON,
        lambda scene, actor: unit_changes.merge(scene.db, OFFICE, actor, OWN, BESIDE, first=NOW.date(), now=NOW),
    ),
    Act(
        "list who serves a unit",
        UNIT_UPWARD,
        lambda scene, actor: roles.list_(scene.db, actor, OWN, now=NOW),
    ),
    Act("list who serves", TOP_ONLY, lambda scene, actor: roles.list_(scene.db, actor, None, now=NOW)),
    Act("export a unit", UNIT_UPWARD, _export(OWN)),
    Act("export everything", TOP_ONLY, _export(None)),
    Act("take the records of a unit", UNIT_UPWARD, _take_export(OWN)),
    Act("take all records", TOP_ONLY, _take_export(None)),
    Act("export the tree", TOP_ONLY, lambda scene, actor: units.export(scene.db, actor, Form.CSV, BytesIO(), now=NOW)),
)
WANTED = Wanted("w", "telegram", 1, "award", "KT-27-AAAAA.report", "Báo cáo", "key", "bao-cao.pdf", 1)
"""A file that somebody sent and that lies with their platform."""


def _fetched(scene: Scene, actor: Actor) -> object:
    return attachments.fetched(scene.db, OFFICE, actor, WANTED, b"", now=NOW)


def _unfetched(scene: Scene, actor: Actor) -> object:
    return attachments.failed(scene.db, OFFICE, actor, WANTED, lasting=True, now=NOW)


ALLOWED_TO_NO_MEMBER = (
    Act("lay down what recurs", NOWHERE, lambda scene, actor: recurring.lay_down(scene.db, actor, now=NOW)),
    Act("promise reminders", NOWHERE, lambda scene, actor: rounds.enqueue_due(scene.db, OFFICE, actor, now=NOW)),
    Act("climb", NOWHERE, lambda scene, actor: climbing.enqueue_due(scene.db, OFFICE, actor, now=NOW)),
    Act("forewarn", NOWHERE, lambda scene, actor: forewarning.enqueue_due(scene.db, OFFICE, actor, now=NOW)),
    Act("tell of openings", NOWHERE, lambda scene, actor: openings.announce(scene.db, OFFICE, actor, now=NOW)),
    Act("remind of drafts", NOWHERE, lambda scene, actor: closings.remind(scene.db, OFFICE, actor, now=NOW)),
    Act("promise slogans", NOWHERE, lambda scene, actor: campaigns.enqueue_due(scene.db, OFFICE, actor, now=NOW)),
    Act("go on with news", NOWHERE, lambda scene, actor: broadcasts.tick(scene.db, OFFICE, actor, now=NOW)),
    Act("tell of the night", NOWHERE, lambda scene, actor: mornings.tell(scene.db, OFFICE, actor, now=NOW)),
    Act("send doubtful rows again", NOWHERE, lambda scene, actor: doubts.send_again(scene.db, actor, None, now=NOW)),
    Act("note a backup", NOWHERE, lambda scene, actor: restoring.note_backup(scene.db, actor, 1, now=NOW)),
    Act("let go what is held", NOWHERE, lambda scene, actor: restoring.release(scene.db, actor, None, now=NOW)),
    Act("end what is held", NOWHERE, lambda scene, actor: restoring.cancel(scene.db, actor, None, now=NOW)),
    Act("restore", NOWHERE, _restore),
    Act("let calls climb", NOWHERE, lambda scene, actor: callbacks.look(scene.db, OFFICE, actor, now=NOW)),
    Act("let codes expire", NOWHERE, lambda scene, actor: linking.expire(scene.db, OFFICE, actor, now=NOW)),
    Act("tell whose role rests", NOWHERE, lambda scene, actor: resting.tell(scene.db, OFFICE, actor, now=NOW)),
    Act("keep a fetched file", NOWHERE, _fetched),
    Act("give a file up", NOWHERE, _unfetched),
    Act("let feedback climb", NOWHERE, lambda scene, actor: late.climb(scene.db, OFFICE, actor, now=NOW)),
    Act("remind of promises", NOWHERE, lambda scene, actor: late.remind(scene.db, OFFICE, actor, now=NOW)),
    Act("keep Zalo's tokens", NOWHERE, _authorise),
)
"""What the program does itself, or whoever runs it."""
GIVEN = (Act("hand out a role", UNIT_UPWARD, _invite),)
"""Whoever serves a unit hands on what they have: walked by test_access."""
OF_MEMBERS = (
    Act("finish a duty", NOWHERE, lambda scene, actor: duties.finish(scene.db, OFFICE, actor, *_owed(scene), now=NOW)),
    Act("put a duty off", NOWHERE, _put_off),
    Act(
        "report what hinders",
        NOWHERE,
        lambda scene, actor: duties.report_obstacle(scene.db, OFFICE, actor, *_owed(scene), "Thiếu người.", now=NOW),
    ),
    Act("watch for openings", NOWHERE, lambda scene, actor: openings.watch(scene.db, actor, now=NOW)),
    Act(
        "take news",
        NOWHERE,
        lambda scene, actor: wishes.opt_in(scene.db, OFFICE, actor, Address("telegram", "helper"), "u", now=NOW),
    ),
    Act("stop news", NOWHERE, lambda scene, actor: wishes.opt_out(scene.db, actor, now=NOW)),
    Act("have posters", NOWHERE, lambda scene, actor: posters.wanted(scene.db, actor)),
)
"""What a member does about themselves or in their own name: walked by test_access where a role allows it."""
