"""What officers do with initiatives, and with the lists, sentences and targets around them."""

from __future__ import annotations

from collections.abc import Callable

from handlers import actors
from handlers.actors import Actor
from handlers.initiatives import assigning, canned, covers, deciding, desk, purview, quotas, scoring, selection
from handlers.initiatives.life import TABLE, Act
from storage.tables import CannedAnswer, Purpose, Right
from tests import initiatives
from tests.handlers.access_scenes import ABOVE, BOTH, NOW, OWN, OWN_ONLY, UPPER_ONLY, Action, Scene
from tests.union import OFFICE


def _who(scene: Scene, member_id: int) -> Actor:
    return actors.of_member(scene.db, member_id, NOW)


def _decide(act: Act) -> Callable[[Scene, int], object]:
    note = "Xin nêu rõ chi phí." if TABLE[act].noted else None
    return lambda scene, actor: deciding.decide(
        scene.db, OFFICE, _who(scene, actor), scene.code, seen=None, act=act, now=NOW, note=note
    )


def _choose(purpose: Purpose) -> Callable[[Scene, int], object]:
    return lambda scene, actor: selection.choose(scene.db, OFFICE, _who(scene, actor), scene.code, purpose, now=NOW)


def _recognised(scene: Scene) -> None:
    _decide(Act.RECOGNISE)(scene, scene.helper)


def _chosen(scene: Scene) -> None:
    _recognised(scene)
    _choose(Purpose.SELECT)(scene, scene.helper)


def _sent_up(scene: Scene) -> None:
    _recognised(scene)
    scene.number = initiatives.send_up(scene.db, OFFICE, [scene.code], scene.ids[OWN], scene.helper, NOW)


def _chosen_above(scene: Scene) -> None:
    _sent_up(scene)
    _choose(Purpose.SELECT)(scene, scene.upper)


def _keep_a_sentence(scene: Scene, actor: int) -> CannedAnswer:
    title, text = "Thiếu kết quả", "Chưa nêu kết quả."
    return canned.add(scene.db, _who(scene, actor), scene.ids[OWN], "decline", title, text, now=NOW)


def _has_sentence(scene: Scene) -> None:
    scene.more["sentence"] = _keep_a_sentence(scene, scene.helper).id or 0


def _score(scene: Scene, actor: int) -> object:
    return scoring.give(scene.db, OFFICE, _who(scene, actor), scene.code, [20, 30, 20], now=NOW)


def _forward(unit: str) -> Callable[[Scene, int], object]:
    return lambda scene, actor: selection.forward(
        scene.db, OFFICE, _who(scene, actor), scene.ids[unit], scene.programme_id, now=NOW
    )


def _read(scene: Scene, actor: int) -> object:
    return purview.find(scene.db, scene.code, _who(scene, actor), NOW)


ACTIONS = (
    Action("read", Right.RECEIVE, OWN_ONLY, _read),
    Action(
        "read what was sent up",
        Right.SELECT,
        BOTH,
        _read,
        _sent_up,
    ),
    Action(
        "list",
        Right.RECEIVE,
        OWN_ONLY,
        lambda scene, actor: [
            row for unit_id in scene.ids.values() for row in desk.waiting(scene.db, _who(scene, actor), unit_id, NOW)
        ],
    ),
    Action(
        "search",
        Right.RECEIVE,
        OWN_ONLY,
        lambda scene, actor: desk.find(scene.db, _who(scene, actor), list(scene.ids.values()), "tủ sách", NOW),
    ),
    Action("receive", Right.RECEIVE, OWN_ONLY, _decide(Act.RECEIVE)),
    Action(
        "receive all",
        Right.RECEIVE,
        OWN_ONLY,
        lambda scene, actor: deciding.receive_many(scene.db, OFFICE, _who(scene, actor), [scene.code], now=NOW),
    ),
    Action("ask for more", Right.APPRAISE, OWN_ONLY, _decide(Act.NEED_MORE)),
    Action("recognise", Right.APPRAISE, OWN_ONLY, _decide(Act.RECOGNISE)),
    Action("decline", Right.APPRAISE, OWN_ONLY, _decide(Act.DECLINE)),
    Action(
        "score",
        Right.APPRAISE,
        OWN_ONLY,
        _score,
    ),
    Action(
        "score what was sent up",
        Right.APPRAISE,
        UPPER_ONLY,
        _score,
        _sent_up,
    ),
    Action(
        "assign",
        Right.RECEIVE,
        OWN_ONLY,
        lambda scene, actor: assigning.assign(scene.db, OFFICE, _who(scene, actor), scene.code, scene.helper, now=NOW),
    ),
    Action("select", Right.SELECT, OWN_ONLY, _choose(Purpose.SELECT), _recognised),
    Action("reward", Right.SELECT, OWN_ONLY, _choose(Purpose.AWARD), _recognised),
    Action(
        "select several",
        Right.SELECT,
        OWN_ONLY,
        lambda scene, actor: selection.choose_many(scene.db, OFFICE, _who(scene, actor), [scene.code], now=NOW).done,
        _recognised,
    ),
    Action(
        "take back",
        Right.SELECT,
        OWN_ONLY,
        lambda scene, actor: selection.deselect(scene.db, OFFICE, _who(scene, actor), scene.code, now=NOW),
        _chosen,
    ),
    Action(
        "see the list",
        Right.FORWARD,
        OWN_ONLY,
        lambda scene, actor: selection.pending(scene.db, _who(scene, actor), scene.ids[OWN], scene.programme_id, NOW),
        _chosen,
    ),
    Action("forward", Right.FORWARD, OWN_ONLY, _forward(OWN), _chosen),
    Action("select above", Right.SELECT, UPPER_ONLY, _choose(Purpose.SELECT), _sent_up),
    Action("reward above", Right.SELECT, BOTH, _choose(Purpose.AWARD), _sent_up),
    Action(
        "keep",
        Right.SELECT,
        UPPER_ONLY,
        lambda scene, actor: selection.keep(scene.db, _who(scene, actor), scene.code, now=NOW),
        _sent_up,
    ),
    Action("forward above", Right.FORWARD, UPPER_ONLY, _forward(ABOVE), _chosen_above),
    Action(
        "cover list",
        Right.FORWARD,
        BOTH,
        lambda scene, actor: covers.note(scene.db, _who(scene, actor), scene.number, now=NOW),
        _sent_up,
    ),
    Action(
        "draw a cover list",
        Right.FORWARD,
        BOTH,
        lambda scene, actor: covers.draw(scene.db, OFFICE, _who(scene, actor), scene.number, now=NOW),
        _sent_up,
    ),
    Action(
        "set targets",
        Right.SELECT,
        UPPER_ONLY,
        lambda scene, actor: quotas.allocate(
            scene.db, _who(scene, actor), scene.programme_id, scene.ids[ABOVE], {scene.ids[OWN]: 5}, now=NOW
        ),
    ),
    Action(
        "keep a sentence",
        Right.APPRAISE,
        OWN_ONLY,
        _keep_a_sentence,
    ),
    Action(
        "drop a sentence",
        Right.APPRAISE,
        OWN_ONLY,
        lambda scene, actor: canned.drop(scene.db, _who(scene, actor), scene.more["sentence"], now=NOW),
        _has_sentence,
    ),
)
