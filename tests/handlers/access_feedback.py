"""What officers do with feedback."""

from __future__ import annotations

from handlers.feedback import card as feedback_card
from storage import feedback
from storage.tables import Feedback, Right
from tests.handlers import desk_acts
from tests.handlers.access_scenes import NOW, OWN, UPWARD, Action, Scene

FEEDBACK, OTHER_FEEDBACK = "YK-27-4F7K2", "YK-27-4F7K3"


def _has_feedback(scene: Scene, code: str = "YK-27-4F7K2", state: str = "sent") -> None:
    day = NOW.date()
    facts = {"kind": "wish", "topic": "other", "anonymous": True, "state": state, "day": day, "due_on": day}
    item = Feedback(code=code, mark="", receiver_id=scene.ids[OWN], text="Mái dột.", **facts)
    feedback.add(scene.db, item, author_id=scene.helper, draft_id=code, act=feedback.Act("sent", day, None))


def _has_two_of_feedback(scene: Scene) -> None:
    _has_feedback(scene)
    _has_feedback(scene, OTHER_FEEDBACK)


ACTIONS = (
    Action(
        "read feedback",
        Right.ANSWER,
        UPWARD,
        lambda scene, actor: feedback_card.find(scene.db, FEEDBACK, actor, NOW),
        _has_feedback,
    ),
    Action(
        "answer feedback",
        Right.ANSWER,
        UPWARD,
        lambda scene, actor: desk_acts.answer_feedback(scene.db, FEEDBACK, actor, NOW, "explained"),
        _has_feedback,
    ),
    Action(
        "forward feedback",
        Right.ANSWER,
        UPWARD,
        lambda scene, actor: desk_acts.answer_feedback(scene.db, FEEDBACK, actor, NOW, "forwarded"),
        _has_feedback,
    ),
    Action(
        "merge feedback",
        Right.ANSWER,
        UPWARD,
        lambda scene, actor: desk_acts.merge_feedback(scene.db, FEEDBACK, OTHER_FEEDBACK, actor, NOW),
        _has_two_of_feedback,
    ),
    Action(
        "publish feedback",
        Right.ANSWER,
        UPWARD,
        lambda scene, actor: desk_acts.publish_feedback(scene.db, FEEDBACK, actor, NOW),
        lambda scene: _has_feedback(scene, state="resolved"),
    ),
)
