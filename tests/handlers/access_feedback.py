"""What officers do with feedback."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from handlers import actors
from handlers.actors import Actor
from handlers.feedback import answering, card, groups, public
from handlers.feedback.answering import Explained, Petitioned, Resolved, Supported
from storage import appointments, feedback, feedback_tasks
from storage.tables import Feedback, Right
from tests.handlers.access_scenes import BOTH, NOW, OWN, OWN_ONLY, UPPER_ONLY, UPWARD, Action, Scene
from tests.union import OFFICE

FEEDBACK, OTHER_FEEDBACK = "YK-27-4F7K2", "YK-27-4F7K3"
WORDS = "Mái nhà xe đã được lợp lại xong."
RULE = "Điều 98 Bộ luật Lao động"
DUE = NOW.date() + timedelta(days=9)


def _has_feedback(scene: Scene, code: str = FEEDBACK, state: str = "sent") -> None:
    day = NOW.date()
    facts = {"kind": "wish", "topic": "other", "anonymous": True, "state": state, "day": day, "due_on": day}
    item = Feedback(code=code, mark="", receiver_id=scene.ids[OWN], text="Mái dột.", **facts)
    feedback.add(scene.db, item, author_id=scene.helper, draft_id=code, act=feedback.Act("sent", day, None))


def _climbs(*, announced: bool, anonymous: bool = False, levels: int = 1) -> Callable[[Scene], None]:
    """One that is late: so many levels above were told."""

    def scene(scene: Scene) -> None:
        _has_feedback(scene)
        item = feedback.by_code(scene.db, FEEDBACK)
        assert item is not None
        item.anonymous, item.climb_announced, item.climbed = anonymous, announced, levels
        scene.db.flush()

    return scene


def _was_forwarded(scene: Scene) -> None:
    """One handed up after a level above had been told."""
    _climbs(announced=True)(scene)
    answering.forward(scene.db, OFFICE, _helper(scene), FEEDBACK, None, seen=None, now=NOW)


def _is_served_by_nobody(scene: Scene) -> None:
    _has_feedback(scene)
    held = appointments.in_subtree(scene.db, scene.ids[OWN], NOW)
    appointments.end(scene.db, [row.appointment.id for row in held if row.appointment.id], NOW)


def _has_two_of_feedback(scene: Scene) -> None:
    _has_feedback(scene)
    _has_feedback(scene, OTHER_FEEDBACK)


def _has_merged(scene: Scene) -> None:
    _has_two_of_feedback(scene)
    groups.join(scene.db, _helper(scene), OTHER_FEEDBACK, FEEDBACK, seen=None, now=NOW)


def _has_help(scene: Scene) -> None:
    _has_feedback(scene, state="supported")
    task = {"who": "Chị Bình", "what": "Thăm hỏi", "made_on": NOW.date(), "due_on": None}
    feedback_tasks.add(scene.db, FEEDBACK, kind="help", **task)


def _in_state(state: str) -> Callable[[Scene], None]:
    return lambda scene: _has_feedback(scene, state=state)


def _helper(scene: Scene) -> Actor:
    return actors.of_member(scene.db, scene.helper, NOW)


def _action(
    name: str,
    do: Callable[[Scene, Actor], object],
    scene: Callable[[Scene], None] = _has_feedback,
    at: frozenset[str] = OWN_ONLY,
) -> Action:
    return Action(name, Right.ANSWER, at, lambda there, actor: do(there, actors.of_member(there.db, actor, NOW)), scene)


SHOWN = {"seen": 1, "now": NOW}
ACTIONS = (
    *(
        _action(name, lambda scene, actor: card.read(scene.db, actor, FEEDBACK, now=NOW), scene, at)
        for name, scene, at in (
            ("read feedback", _has_feedback, OWN_ONLY),
            ("read feedback that climbed a level", _climbs(announced=True), BOTH),
            ("read feedback that climbed two levels", _climbs(announced=True, levels=2), UPWARD),
            ("read feedback that climbed unannounced", _climbs(announced=False, levels=2), OWN_ONLY),
            ("read feedback without a name that climbed", _climbs(announced=True, anonymous=True), OWN_ONLY),
            ("read feedback that was handed up", _was_forwarded, UPPER_ONLY),
            ("read feedback of a unit that nobody serves", _is_served_by_nobody, BOTH),
        )
    ),
    _action(
        "compare feedback",
        lambda scene, actor: card.compare(scene.db, actor, FEEDBACK, now=NOW),
        _has_two_of_feedback,
    ),
    *(
        _action(
            name,
            lambda scene, actor, given=given: answering.answer(scene.db, OFFICE, actor, FEEDBACK, given, **SHOWN),
        )
        for name, given in (
            ("answer feedback", Explained(RULE, WORDS)),
            ("petition for feedback", Petitioned("Hiệu trưởng", DUE)),
            ("help with feedback", Supported("Chị Bình", "Thăm hỏi", DUE)),
            ("say what came of feedback", Resolved(WORDS)),
        )
    ),
    _action(
        "note more help",
        lambda scene, actor: answering.add_help(scene.db, actor, FEEDBACK, Supported("Anh Dũng", "Sửa mái"), **SHOWN),
        _in_state("supported"),
    ),
    _action(
        "note that help is done",
        lambda scene, actor: answering.finish_help(scene.db, actor, FEEDBACK, 1, **SHOWN),
        _has_help,
    ),
    _action(
        "note another day",
        lambda scene, actor: answering.put_off(scene.db, actor, FEEDBACK, DUE, **SHOWN),
        _in_state("petitioned"),
    ),
    _action(
        "close feedback",
        lambda scene, actor: answering.close(scene.db, OFFICE, actor, FEEDBACK, **SHOWN),
        _in_state("resolved"),
    ),
    _action(
        "forward feedback",
        lambda scene, actor: answering.forward(scene.db, OFFICE, actor, FEEDBACK, "Đề nghị làm việc.", **SHOWN),
    ),
    _action("mark feedback", lambda scene, actor: answering.mark(scene.db, actor, FEEDBACK, "wide", **SHOWN)),
    _action(
        "merge feedback",
        lambda scene, actor: groups.join(scene.db, actor, FEEDBACK, OTHER_FEEDBACK, **SHOWN),
        _has_two_of_feedback,
    ),
    _action(
        "part feedback",
        lambda scene, actor: groups.part(scene.db, actor, FEEDBACK, seen=None, now=NOW),
        _has_merged,
    ),
    _action(
        "publish feedback",
        lambda scene, actor: public.word(scene.db, actor, FEEDBACK, WORDS, **SHOWN),
        _in_state("resolved"),
    ),
)
