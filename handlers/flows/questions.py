"""Putting a question: its progress, its choices, the way back and the way out under it. Pure."""

from __future__ import annotations

from dataclasses import replace

from handlers.flows import long_text
from handlers.flows.form import Ask, Asked, Stand, Step, Turn, question_name
from messages.types import Choice, Say

WAY = "way."
"""Before a way out that was asked back: there it is a choice like the other, and has its number."""


def put(stand: Stand, step: Step, ask: Ask, *, editing: bool | None = None, returns: str = "") -> Turn:
    """Ask, and remember what was asked. `editing` None: as it was, when the same step asks once more."""
    asked = stand.draft.asked
    if editing is None and asked is not None and asked.step == step.key:
        editing, returns = asked.editing, asked.returns
    moved = replace(stand.draft, asked=Asked(step.key, ask.choices, bool(editing), returns), held=False)
    offered = (*ask.choices, *_navigation(stand.with_(moved), step, ask))
    question = question_name(stand.form, step, moved) if offered else ""
    values = {**_progress(stand, step), **ask.values}
    return Turn(moved, (Say(ask.key, values, offered, question, ask.contact),))


def put_own(stand: Stand, step: Step) -> Turn:
    """Ask what the step itself asks; of a text half written, how far it is."""
    return put(stand, step, _own(stand, step))


def repeat(stand: Stand, step: Step, *spoken: Say) -> Turn:
    """Say something, then put the step's question once more."""
    turn = once_more(stand, step)
    return replace(turn, effects=(*spoken, *turn.effects))


def once_more(stand: Stand, step: Step) -> Turn:
    """Put the step's question again, as it was: an answer that is being changed stays until a new one comes."""
    asked = stand.draft.asked
    editing = asked is not None and asked.step == step.key and asked.editing
    return edit(stand, step, returns=asked.returns) if asked and editing else put_own(stand, step)


def edit(stand: Stand, step: Step, *, returns: str = "") -> Turn:
    """Put an answered question again; the answer stays until a new one comes. `returns`: where it was opened from."""
    answers = stand.draft.answers
    if step.long is not None and step.key in answers:
        opened = stand.with_(replace(stand.draft, parts=stand.draft.parts or (answers[step.key],)))
        return put(opened, step, long_text.current(opened.draft, step.long), editing=True, returns=returns)
    ask = _own(stand, step)
    if step.key in answers:
        ask = replace(ask, choices=(*ask.choices, Choice("keep", stand.world.words.label("keep"))))
    return put(stand, step, ask, editing=True, returns=returns)


def _own(stand: Stand, step: Step) -> Ask:
    if step.long is not None and stand.draft.parts:
        return long_text.so_far(stand.draft, step.long)
    return step.ask(stand.draft.answers, stand.world)


def _navigation(stand: Stand, step: Step, ask: Ask) -> tuple[Choice, ...]:
    """«XONG» and «Viết lại từ đầu» once there is text; «Quay lại» once there is a way back; «Hủy bỏ» in every form that
    is kept, and wherever whatever is typed would be taken as the answer.
    """
    if not stand.form.kept and not step.free:
        return ()
    keys = ["finish"] if step.long is not None and stand.draft.parts else []
    if keys and not stand.draft.replacing:
        keys.append("rewrite")
    asked = stand.draft.asked
    begun = asked is not None and asked.step == step.key and bool(asked.returns)
    before = stand.form.kept and any(earlier.key in stand.draft.answers for earlier in counted_before(stand, step))
    if begun or before:
        keys.append("back")
    present = {choice.key.removeprefix(WAY) for choice in ask.choices}
    return tuple(Choice(key, stand.world.words.label(key)) for key in (*keys, "cancel") if key not in present)


def counted_before(stand: Stand, step: Step) -> list[Step]:
    """The counted steps that come before one."""
    keys = [other.key for other in stand.steps]
    before = keys.index(step.key) if step.key in keys else len(keys)
    return [other for other in stand.steps[:before] if other.counted]


def _progress(stand: Stand, step: Step) -> dict[str, int]:
    """«Bước 2/6»; nothing for a question outside the count."""
    counted = [other.key for other in stand.steps if other.counted]
    if step.key not in counted:
        return {}
    return {"step": counted.index(step.key) + 1, "total": len(counted)}
