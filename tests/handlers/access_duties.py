"""What officers do with duties."""

from __future__ import annotations

from datetime import timedelta

from storage.tables import Right
from tests.handlers import desk_acts
from tests.handlers.access_scenes import NOW, OWN, UPWARD, Action, Scene


def _owes(scene: Scene) -> None:
    scene.more["duty"] = desk_acts.owe(scene.db, scene.programme_id, NOW + timedelta(days=3))


ACTIONS = (
    Action(
        "finish a duty",
        Right.REPORT,
        UPWARD,
        lambda scene, actor: desk_acts.finish_duty(scene.db, scene.more["duty"], scene.ids[OWN], actor, NOW),
        _owes,
    ),
    Action(
        "put a duty off",
        Right.REPORT,
        UPWARD,
        lambda scene, actor: desk_acts.put_off_duty(scene.db, scene.more["duty"], scene.ids[OWN], actor, NOW),
        _owes,
    ),
)
