"""What officers do with award files, duties and the roles of others."""

from __future__ import annotations

from datetime import timedelta

from handlers import actors
from handlers.actors import Actor
from handlers.awards import records as awards
from handlers.duties import acts as duties
from handlers.duties import desk
from storage.tables import Right
from tests.handlers import desk_acts
from tests.handlers.access_scenes import NOW, OWN, OWN_ONLY, UPWARD, Action, Scene
from tests.union import OFFICE


def _owes(scene: Scene) -> None:
    scene.more["duty"] = desk_acts.owe(scene.db, scene.programme_id, NOW + timedelta(days=3))


def _who(scene: Scene, member_id: int) -> Actor:
    return actors.of_member(scene.db, member_id, NOW)


def _duty(scene: Scene) -> tuple[int, int]:
    return scene.more["duty"], scene.ids[OWN]


def _has_award_file(scene: Scene) -> None:
    file = awards.propose(
        scene.db, OFFICE, unit_id=scene.ids[OWN], kind="model", nominee="Tủ sách", actor_id=scene.helper, now=NOW
    )
    scene.award = file.code


ACTIONS = (
    Action(
        "see an award file",
        Right.SELECT,
        UPWARD,
        lambda scene, actor: awards.find(scene.db, scene.award, actor, NOW),
        _has_award_file,
    ),
    Action(
        "open an award file",
        Right.SELECT,
        UPWARD,
        lambda scene, actor: desk_acts.open_award(scene.db, OWN, actor, NOW),
    ),
    Action(
        "attach a paper",
        Right.SELECT,
        OWN_ONLY,
        lambda scene, actor: desk_acts.attach_paper(scene.db, scene.award, actor, NOW),
        _has_award_file,
    ),
    Action(
        "hand in an award file",
        Right.SELECT,
        OWN_ONLY,
        lambda scene, actor: desk_acts.send_award(scene.db, scene.award, actor, NOW),
        _has_award_file,
    ),
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
        lambda scene, actor: duties.put_off(scene.db, _who(scene, actor), *_duty(scene), now=NOW),
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
    Action("hand out a role", Right.REPORT, UPWARD, lambda scene, actor: desk_acts.invite(scene.db, OWN, actor, NOW)),
    Action(
        "end a role",
        Right.REPORT,
        UPWARD,
        lambda scene, actor: desk_acts.end_role(scene.db, scene.helper, actor, NOW),
    ),
    Action(
        "see who serves",
        Right.REPORT,
        UPWARD,
        lambda scene, actor: desk_acts.list_officers(scene.db, "Trần Thị helper", actor, NOW),
    ),
)
