"""What officers do with award files."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from handlers import actors
from handlers.awards import acts
from handlers.awards import records as awards
from handlers.files import files
from handlers.files.attachments import Sent
from handlers.files.files import Upload
from messages import awards as kinds
from storage.tables import Right
from tests.handlers.access_scenes import NOW, OWN, OWN_ONLY, UPWARD, Action, Scene
from tests.union import OFFICE

SITE = replace(OFFICE, public_url="https://congdoan.example")
PAPER = kinds.load()["model"].papers[0].key


def _opened(scene: Scene) -> None:
    actor = actors.of_member(scene.db, scene.helper, NOW)
    scene.award = acts.propose(scene.db, OFFICE, actor, OWN, kind="model", nominee="Tủ sách", now=NOW).code


def _with_a_paper(scene: Scene) -> None:
    _opened(scene)
    upload, subject = Upload("a.pdf", b"%PDF-1.7 ..."), f"{scene.award}.{PAPER}"
    files.store(
        scene.db, OFFICE, purpose=awards.PURPOSE, subject=subject, member_id=scene.helper, upload=upload, now=NOW
    )


def _handed_in(scene: Scene) -> None:
    _opened(scene)
    actor = actors.of_member(scene.db, scene.helper, NOW)
    acts.hand_in(scene.db, OFFICE, actor, scene.award, seen=None, now=NOW)


def _find(scene: Scene, member_id: int) -> object:
    return awards.find(scene.db, actors.of_member(scene.db, member_id, NOW), scene.award)


def _propose(scene: Scene, member_id: int) -> object:
    actor = actors.of_member(scene.db, member_id, NOW)
    return acts.propose(scene.db, OFFICE, actor, OWN, kind="model", nominee="Tủ sách", now=NOW)


def _read(scene: Scene, member_id: int) -> object:
    return acts.read(scene.db, actors.of_member(scene.db, member_id, NOW), scene.award, now=NOW)


def _attach(scene: Scene, member_id: int) -> object:
    actor, sent = actors.of_member(scene.db, member_id, NOW), Sent("key", "a.pdf", 10)
    acts.attach(scene.db, OFFICE, actor, scene.award, PAPER, sent=sent, account="telegram", now=NOW)
    return True


def _at_an_address(act: Callable[..., object]) -> Callable[[Scene, int], object]:
    def do(scene: Scene, member_id: int) -> object:
        actor = actors.of_member(scene.db, member_id, NOW)
        return act(scene.db, SITE, actor, scene.award, PAPER, channel="terminal", now=NOW)

    return do


def _hand_in(scene: Scene, member_id: int) -> object:
    actor = actors.of_member(scene.db, member_id, NOW)
    return acts.hand_in(scene.db, OFFICE, actor, scene.award, seen=1, now=NOW)


def _take_back(scene: Scene, member_id: int) -> object:
    actor = actors.of_member(scene.db, member_id, NOW)
    acts.take_back(scene.db, OFFICE, actor, scene.award, seen=2, now=NOW)
    return True


def _discard(scene: Scene, member_id: int) -> object:
    acts.discard(scene.db, actors.of_member(scene.db, member_id, NOW), scene.award, seen=1, now=NOW)
    return True


def _clear(scene: Scene, member_id: int) -> object:
    acts.clear(scene.db, actors.of_member(scene.db, member_id, NOW), scene.award, PAPER, seen=1, now=NOW)
    return True


ACTIONS = (
    Action("see an award file", Right.SELECT, UPWARD, _find, _opened),
    Action("open an award file", Right.SELECT, UPWARD, _propose),
    Action("read an award file", Right.SELECT, UPWARD, _read, _opened),
    Action("attach a paper", Right.SELECT, OWN_ONLY, _attach, _opened),
    Action("hand a paper in at an address", Right.SELECT, OWN_ONLY, _at_an_address(acts.offer_upload), _opened),
    Action("fetch a paper at an address", Right.SELECT, UPWARD, _at_an_address(acts.hand_out), _with_a_paper),
    Action("take a paper out", Right.SELECT, OWN_ONLY, _clear, _with_a_paper),
    Action("hand in an award file", Right.SELECT, OWN_ONLY, _hand_in, _opened),
    Action("take an award file back", Right.SELECT, OWN_ONLY, _take_back, _handed_in),
    Action("give an award file up", Right.SELECT, OWN_ONLY, _discard, _opened),
)
