"""A file for an award, in the chat: who is proposed, and one paper after the other as a picture or a file (F14)."""

from __future__ import annotations

from handlers.flows.feedback_notes import typed
from handlers.flows.form import Accepted, Again, Answers, Ask, Form, Given, Leave, Reading, Step
from handlers.flows.outcomes import Effect, Menu, OpenAward, ShowAward, Start, TakePaper
from handlers.flows.world import World
from messages.types import Attached, Choice

NOMINEE = range(3, 121)
"""Characters."""


def _ask_unit(_answers: Answers, world: World) -> Ask:
    return Ask("awards.unit_ask", {}, world.award_desk.units())


def _read_unit(given: Given, answers: Answers, world: World) -> Reading:
    known = {choice.key for choice in world.award_desk.units()}
    return Accepted(given.key) if given.key in known else Again(_ask_unit(answers, world))


def _ask_kind(_answers: Answers, world: World) -> Ask:
    return Ask("awards.kind_ask", {}, world.award_desk.kinds())


def _read_kind(given: Given, answers: Answers, world: World) -> Reading:
    known = {choice.key for choice in world.award_desk.kinds()}
    return Accepted(given.key) if given.key in known else Again(_ask_kind(answers, world))


def _steps(answers: Answers, world: World) -> tuple[Step, ...]:
    asked = typed("nominee", "awards.nominee_ask", NOMINEE)

    def ask_nominee(given: Answers, known: World) -> Ask:
        return Ask("awards.nominee_ask", {"nominee": known.award_desk.nominee(given["kind"])})

    return (
        Step("unit", _ask_unit, _read_unit),
        Step("kind", _ask_kind, _read_kind),
        Step("nominee", ask_nominee, asked.read, free=True),
    )


def _open(answers: Answers, _world: World) -> tuple[Effect, ...]:
    return (OpenAward(answers["unit"], answers["kind"], answers["nominee"]),)


NEW = Form("award_new", _steps, _open, written=("nominee",))


# --- a paper ---


def _ask_paper(answers: Answers, world: World) -> Ask:
    values = {"code": answers["code"], "paper": world.award_desk.paper(answers["code"], answers["paper"])}
    done = Choice("done", world.words.label("awarding.enough"))
    return Ask("awards.paper_more" if answers.get("more") else "awards.paper_ask", values, (done,))


def _read_paper(given: Given, answers: Answers, world: World) -> Reading:
    if world.award_desk.paper(answers["code"], answers["paper"]) is None:
        return Leave((Menu(),))
    if given.key == "done":
        return Leave((ShowAward(answers["code"]),))
    if isinstance(given.attached, Attached):
        found = given.attached
        return Accepted("file", also={"key": found.key, "name": found.name, "size": found.size})
    return Again(_ask_paper(answers, world))


def _paper_steps(_answers: Answers, _world: World) -> tuple[Step, ...]:
    return (Step("file", _ask_paper, _read_paper, files=True, lasting=False, unfit="awards.paper_unfit"),)


def _take(answers: Answers, _world: World) -> tuple[Effect, ...]:
    taken = TakePaper(answers["code"], answers["paper"], answers["key"], answers["name"], answers.get("size"))
    more = {"code": answers["code"], "paper": answers["paper"], "more": True}
    return (taken, Start(PAPER.name, more))


def _to_file(answers: Answers) -> Effect:
    return ShowAward(answers["code"])


PAPER = Form("award_paper", _paper_steps, _take, kept=False, leads_back=_to_file)
"""Begins with `code` and `paper`; `more` once one file has come."""
