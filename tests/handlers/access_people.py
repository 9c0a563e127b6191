"""What officers do about those who serve a unit, themselves among them."""

from __future__ import annotations

from datetime import timedelta

from handlers import actors
from handlers.office import local_day
from handlers.people import appointments as roles
from handlers.people import pairing
from storage import members
from storage.tables import Right, Role
from tests.handlers.access_scenes import NOW, OWN, UNITS, UPWARD, Action, Scene
from tests.union import OFFICE

ANYWHERE = frozenset(UNITS)
TODAY = local_day(NOW)


def _invite(scene: Scene, member_id: int) -> object:
    actor = actors.of_member(scene.db, member_id, NOW)
    return pairing.invite(scene.db, OFFICE, actor, OWN, Role.OFFICER, now=NOW)


def _held(scene: Scene) -> int:
    (row,) = members.appointments(scene.db, [scene.helper], NOW)[scene.helper]
    return row.id or 0


def _find(scene: Scene, member_id: int) -> object:
    return roles.find(scene.db, actors.of_member(scene.db, member_id, NOW), _held(scene), NOW)


def _end(scene: Scene, member_id: int) -> object:
    return roles.end(scene.db, OFFICE, actors.of_member(scene.db, member_id, NOW), _held(scene), now=NOW)


def _list(scene: Scene, member_id: int) -> object:
    seen = roles.seen_by(scene.db, actors.of_member(scene.db, member_id, NOW), NOW)
    return any(one.appointment.member_id == scene.helper for one in seen)


def _go_away(scene: Scene, member_id: int) -> object:
    return roles.go_away(scene.db, actors.of_member(scene.db, member_id, NOW), last=TODAY + timedelta(days=3), now=NOW)


def _come_back(scene: Scene, member_id: int) -> object:
    _go_away(scene, member_id)
    roles.come_back(scene.db, actors.of_member(scene.db, member_id, NOW), now=NOW)
    return True


ACTIONS = (
    Action("hand out a role", Right.REPORT, UPWARD, _invite),
    Action("see a role", Right.REPORT, UPWARD, _find),
    Action("end a role", Right.REPORT, UPWARD, _end),
    Action("see who serves", Right.REPORT, UPWARD, _list),
    Action("be away", Right.REPORT, ANYWHERE, _go_away),
    Action("be back", Right.REPORT, ANYWHERE, _come_back),
)
