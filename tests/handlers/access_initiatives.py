"""What officers do with initiatives, and with the lists, sentences and targets around them."""

from __future__ import annotations

from collections.abc import Callable

from handlers import actors
from handlers.chat.initiatives import inbox
from handlers.initiatives import assigning, canned, covers, purview, quotas, scoring, selection
from handlers.initiatives import life as initiative_life
from handlers.initiatives.life import TABLE, Act
from storage.tables import Purpose, Right
from tests import initiatives
from tests.handlers.access_scenes import ABOVE, BOTH, NOW, OWN, OWN_ONLY, UPPER_ONLY, Action, Scene
from tests.union import OFFICE


def _decide(act: Act) -> Callable[[Scene, int], object]:
    def do(scene: Scene, actor: int) -> object:
        record, place = purview.take(scene.db, scene.code, actor, NOW)
        if act not in purview.open_acts(scene.db, record, place):
            return False
        note = "Xin nêu rõ chi phí." if TABLE[act].noted else None
        return initiative_life.move(
            scene.db, OFFICE, record, act, unit_id=place.unit_id, actor_id=actor, now=NOW, note=note
        )

    return do


def _choose(purpose: Purpose) -> Callable[[Scene, int], object]:
    return lambda scene, actor: selection.choose(scene.db, OFFICE, scene.code, purpose, actor_id=actor, now=NOW)


def _recognised(scene: Scene) -> None:
    record, place = purview.take(scene.db, scene.code, scene.helper, NOW)
    initiative_life.move(scene.db, OFFICE, record, Act.RECOGNISE, unit_id=place.unit_id, actor_id=scene.helper, now=NOW)


def _chosen(scene: Scene) -> None:
    _recognised(scene)
    _choose(Purpose.SELECT)(scene, scene.helper)


def _sent_up(scene: Scene) -> None:
    _recognised(scene)
    scene.number = initiatives.send_up(scene.db, OFFICE, [scene.code], scene.ids[OWN], scene.helper, NOW)


def _chosen_above(scene: Scene) -> None:
    _sent_up(scene)
    _choose(Purpose.SELECT)(scene, scene.upper)


def _has_sentence(scene: Scene) -> None:
    scene.more["sentence"] = canned.add(
        scene.db, scene.ids[OWN], "decline", "Thiếu kết quả", "Chưa nêu kết quả.", actor_id=scene.helper, now=NOW
    )


def _forward(unit: str) -> Callable[[Scene, int], object]:
    return lambda scene, actor: selection.forward(
        scene.db, OFFICE, scene.ids[unit], scene.programme_id, actor_id=actor, now=NOW
    )


ACTIONS = (
    Action("read", Right.RECEIVE, OWN_ONLY, lambda scene, actor: purview.find(scene.db, scene.code, actor, NOW)),
    Action(
        "read what was sent up",
        Right.SELECT,
        BOTH,
        lambda scene, actor: purview.find(scene.db, scene.code, actor, NOW),
        _sent_up,
    ),
    Action(
        "list",
        Right.RECEIVE,
        OWN_ONLY,
        lambda scene, actor: [
            row for unit_id in scene.ids.values() for row in inbox.waiting_at(scene.db, unit_id, actor, NOW)
        ],
    ),
    Action(
        "search",
        Right.RECEIVE,
        OWN_ONLY,
        lambda scene, actor: inbox.find(scene.db, list(scene.ids.values()), "tủ sách", actor_id=actor, now=NOW),
    ),
    Action("receive", Right.RECEIVE, OWN_ONLY, _decide(Act.RECEIVE)),
    Action(
        "receive all",
        Right.RECEIVE,
        OWN_ONLY,
        lambda scene, actor: inbox.receive_all(scene.db, OFFICE, [scene.code], actor_id=actor, now=NOW),
    ),
    Action("ask for more", Right.APPRAISE, OWN_ONLY, _decide(Act.NEED_MORE)),
    Action("recognise", Right.APPRAISE, OWN_ONLY, _decide(Act.RECOGNISE)),
    Action("decline", Right.APPRAISE, OWN_ONLY, _decide(Act.DECLINE)),
    Action(
        "score",
        Right.APPRAISE,
        OWN_ONLY,
        lambda scene, actor: scoring.give(scene.db, OFFICE, scene.code, [20, 30, 20], actor_id=actor, now=NOW),
    ),
    Action(
        "score what was sent up",
        Right.APPRAISE,
        UPPER_ONLY,
        lambda scene, actor: scoring.give(scene.db, OFFICE, scene.code, [20, 30, 20], actor_id=actor, now=NOW),
        _sent_up,
    ),
    Action(
        "assign",
        Right.RECEIVE,
        OWN_ONLY,
        lambda scene, actor: assigning.assign(scene.db, OFFICE, scene.code, scene.helper, actor_id=actor, now=NOW),
    ),
    Action("select", Right.SELECT, OWN_ONLY, _choose(Purpose.SELECT), _recognised),
    Action("reward", Right.SELECT, OWN_ONLY, _choose(Purpose.AWARD), _recognised),
    Action(
        "take back",
        Right.SELECT,
        OWN_ONLY,
        lambda scene, actor: selection.deselect(scene.db, OFFICE, scene.code, actor_id=actor, now=NOW),
        _chosen,
    ),
    Action("forward", Right.FORWARD, OWN_ONLY, _forward(OWN), _chosen),
    Action("select above", Right.SELECT, UPPER_ONLY, _choose(Purpose.SELECT), _sent_up),
    Action("reward above", Right.SELECT, BOTH, _choose(Purpose.AWARD), _sent_up),
    Action(
        "keep",
        Right.SELECT,
        UPPER_ONLY,
        lambda scene, actor: selection.keep(scene.db, scene.code, actor_id=actor, now=NOW),
        _sent_up,
    ),
    Action("forward above", Right.FORWARD, UPPER_ONLY, _forward(ABOVE), _chosen_above),
    Action(
        "cover list",
        Right.FORWARD,
        BOTH,
        lambda scene, actor: covers.sheet(
            scene.db, OFFICE, scene.number, actor=actors.of_member(scene.db, actor, NOW), now=NOW
        ),
        _sent_up,
    ),
    Action(
        "set targets",
        Right.SELECT,
        UPPER_ONLY,
        lambda scene, actor: (
            quotas.allocate(
                scene.db, scene.programme_id, scene.ids[ABOVE], {scene.ids[OWN]: 5}, actor_id=actor, now=NOW
            )
            or True
        ),
    ),
    Action(
        "keep a sentence",
        Right.APPRAISE,
        OWN_ONLY,
        lambda scene, actor: canned.add(
            scene.db, scene.ids[OWN], "decline", "Thiếu kết quả", "Chưa nêu kết quả.", actor_id=actor, now=NOW
        ),
    ),
    Action(
        "drop a sentence",
        Right.APPRAISE,
        OWN_ONLY,
        lambda scene, actor: canned.drop(scene.db, scene.more["sentence"], actor_id=actor, now=NOW),
        _has_sentence,
    ),
)
