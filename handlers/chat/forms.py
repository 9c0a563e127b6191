"""Every form there is, by name; beginning one, going back to one, stepping aside from one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from handlers.chat import menu
from handlers.chat.context import Context
from handlers.chat.feedback import card as feedback_card
from handlers.chat.feedback import desk as feedback_desk
from handlers.flows import appointments as appointment_forms
from handlers.flows import awards as award_forms
from handlers.flows import broadcast as broadcast_form
from handlers.flows import (
    callback,
    desk_notes,
    feedback_answers,
    feedback_care,
    feedback_notes,
    initiative,
    linking,
    lookup,
    officer,
    supplement,
    welcome,
)
from handlers.flows import feedback as feedback_form
from handlers.flows import privacy as privacy_forms
from handlers.flows import staff as staff_forms
from handlers.flows.engine import open_form
from handlers.flows.form import Draft, Form, Turn, words_of
from handlers.flows.world import World
from messages.types import Choice, Say

FORMS: dict[str, Form] = {
    form.name: form
    for form in (
        welcome.FORM,
        initiative.FORM,
        supplement.FORM,
        lookup.FORM,
        officer.NEED_MORE,
        officer.DECLINE,
        linking.FORM,
        appointment_forms.INVITE,
        appointment_forms.END,
        appointment_forms.AWAY,
        *desk_notes.FORMS,
        privacy_forms.CORRECT,
        privacy_forms.WITHDRAW,
        privacy_forms.ERASE,
        staff_forms.FORM,
        broadcast_form.FORM,
        feedback_form.FORM,
        feedback_notes.MORE,
        callback.FORM,
        feedback_answers.ANSWER,
        feedback_care.PUBLISH,
        feedback_care.LIBRARY,
        award_forms.NEW,
        award_forms.PAPER,
    )
}
OF_OFFICERS = frozenset(name for name, form in FORMS.items() if form.of_officers)
"""Forms in which officers write: their words are about somebody else's trouble, and end with their role."""
RESUMED = tuple(name for name, form in FORMS.items() if form.kept)
"""Forms that «Tiếp tục» goes back to."""


def begin(context: Context, world: World, name: str, answers: dict[str, object] | None = None) -> Turn:
    """Open a form afresh."""
    form = FORMS[name]
    start = dict(answers or {})
    if name == initiative.FORM.name:
        start = {**initiative.begin(world), **start}
        if (chosen := start.get("programme")) is not None and (programme := world.programme(int(str(chosen)))):
            context.said.append(initiative.intro(programme, start, world))
    if name == feedback_form.FORM.name:
        context.said.append(feedback_form.intro())
    draft = _going_on(context, form, Draft(name, context.office.new_id(), start))
    context.talk.begin(draft)
    context.talk.replaced.clear()
    return open_form(form, draft, world)


def _going_on(context: Context, form: Form, draft: Draft) -> Draft:
    """A form begun again about the same thing goes on where it was left; about another thing, what was written is shown
    once.
    """
    older = context.talk.replaced.get(draft.form) or context.talk.drafts.get(draft.form)
    if older is None or not (words := words_of(form, older)):
        return draft
    code = older.answers.get("code")
    about = (code, older.answers.get("what")) == (draft.answers.get("code"), draft.answers.get("what"))
    if code is None or not about:
        context.give_back(code, *words)
        return draft
    context.say("common.resumed")
    return replace(older, id=draft.id, answers={**older.answers, **draft.answers}, asked=None)


def step_aside(context: Context) -> None:
    """Something else is wanted: an unfinished form waits for «Tiếp tục», one that is not kept is dropped."""
    draft = context.talk.draft
    if draft is None:
        return
    form = FORMS[draft.form]
    if form.kept and (draft.form not in OF_OFFICERS or words_of(form, draft)):
        context.talk.active = None
    else:
        context.talk.drop(draft.form)


def opened(context: Context, world: World) -> Turn | None:
    """Put the question of a form that a handler has just begun."""
    draft = context.talk.draft
    if draft is None or draft.asked is not None:
        return None
    return begin(context, world, draft.form, dict(draft.answers))


def resume(context: Context, world: World, *names: str) -> Turn | None:
    """Go on with the draft of one of these forms; where there are several, with the one that is chosen."""
    found = [context.talk.drafts[name] for name in names or RESUMED if name in context.talk.drafts]
    active = context.talk.draft
    if active in found:
        found = [active]
    if len(found) > 1:
        _offer_drafts(context, found)
        return None
    draft = found[0] if found else None
    if draft is not None and draft.form in OF_OFFICERS:
        draft = _still_of_use(context, draft)
    if draft is None:
        if not found:
            menu.show(context)
        return None
    context.talk.put(draft)
    context.talk.active = draft.form
    context.say("common.resumed")
    return open_form(FORMS[draft.form], draft, world)


def _offer_drafts(context: Context, drafts: Sequence[Draft]) -> None:
    label = context.office.catalogue.label
    names = [" ".join(filter(None, (label(f"drafts.{one.form}"), one.answers.get("code")))) for one in drafts]
    choices = tuple(Choice(f"resume.{one.form}", name) for one, name in zip(drafts, names, strict=True))
    context.talk.active = None
    menu.offer(context, Say("common.drafts", {"count": len(drafts)}, choices, "menu"))


def _still_of_use(context: Context, draft: Draft) -> Draft | None:
    """An officer's draft about feedback that was dealt with meanwhile is shown once and goes; where the feedback has
    changed, it is shown before the draft goes on.
    """
    if draft.form not in (feedback_answers.ANSWER.name, feedback_care.PUBLISH.name):
        return draft
    code = draft.answers["code"]
    revision = feedback_desk.revision_for(context, code, draft.answers.get("what", "published"))
    if revision == draft.answers["revision"]:
        return draft
    if revision is None:
        context.talk.drop(draft.form)
        context.give_back(code, *words_of(FORMS[draft.form], draft))
    feedback_card.show(context, code)
    return None if revision is None else replace(draft, answers={**draft.answers, "revision": revision})
