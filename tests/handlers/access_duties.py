"""What officers do with duties."""

from __future__ import annotations

from datetime import timedelta

from handlers import actors
from handlers.actors import Actor
from handlers.duties import acts as duties
from handlers.duties import desk
from storage.tables import Right
from tests.handlers.access_scenes import NOW, OWN, UPWARD, Action, Scene, owe
from tests.union import OFFICE


def _owes(scene: Scene) -> None:
    scene.more["duty"] = owe(scene.db, scene.programme_id, NOW + timedelta(days=3))


def _who(scene: Scene, member_id: int) -> Actor:
    return actors.of_member(scene.db, member_id, NOW)


def _duty(scene: Scene) -> tuple[int, int]:
    return scene.more["duty"], scene.ids[OWN]


def _put_off(scene: Scene, actor: int) -> object:
    until = duties.put_off(scene.db, _who(scene, actor), *_duty(scene), now=NOW)
    scene.db.write_out()
    return until


ACTIONS = (
    Action(
        "finish a duty",
        Right.REPORT,
        UPWARD,
        lambda scene, actor: duties.finish(scene.db, OFFICE, _who(scene, actor), *_duty(scene), now=NOW),
        _owes,
    ),
    Action(
        "put a duty off",
        Right.REPORT,
        UPWARD,
        _put_off,
        _owes,
    ),
    Action(
        "report what hinders a duty",
        Right.REPORT,
        UPWARD,
        lambda scene, actor: duties.report_obstacle(
            scene.db, OFFICE, _who(scene, actor), *_duty(scene), "Thiếu người.", now=NOW
        ),
        _owes,
    ),
    Action(
        "see a duty",
        Right.REPORT,
        UPWARD,
        lambda scene, actor: desk.find(scene.db, _who(scene, actor), *_duty(scene), NOW),
        _owes,
    ),
)
