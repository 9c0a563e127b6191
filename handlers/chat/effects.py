"""The only place where an effect becomes rows, in the transaction of the turn that decided it."""

from __future__ import annotations

from typing import assert_never

from handlers.chat import appointments as appointment_desk
from handlers.chat import awards as award_desk
from handlers.chat import broadcasts as news_desk
from handlers.chat import callbacks as callback_desk
from handlers.chat import forms, menu, news
from handlers.chat import linking as linking_desk
from handlers.chat import privacy as privacy_desk
from handlers.chat import programmes as programme_desk
from handlers.chat.context import Context
from handlers.chat.feedback import answering as feedback_answering
from handlers.chat.feedback import library as feedback_library
from handlers.chat.feedback import own as feedback
from handlers.chat.feedback import public as feedback_public
from handlers.chat.initiatives import desk_work, inbox, officers, own
from handlers.errors import Refusal
from handlers.flows import outcomes
from handlers.flows.form import Turn
from handlers.flows.world import World
from handlers.people import agreements
from messages.types import Pressed, Say, parse_payload
from storage.tables import State


def perform(context: Context, world: World, effect: outcomes.Effect, draft_id: str) -> None:  # noqa: PLR0912, PLR0915
    """Carry out one effect. `draft_id` names the form it came from: submitting it twice gives one record."""
    match effect:
        case Say():
            context.said.append(effect)
        case outcomes.Agree(version):
            _agree(context, version)
        case outcomes.Refuse():
            context.say(
                "privacy.renewal_refused" if context.known and context.me.consent_version else "consent.refused"
            )
        case outcomes.SubmitInitiative(answers):
            own.submit(context, answers, draft_id)
        case outcomes.Supplement(code, text, whole):
            own.supplement(context, code, text, whole=whole)
        case outcomes.Decide(code, revision, state, note):
            officers.decide(context, code, revision, State(state), note)
        case outcomes.DeskWork():
            desk_work.perform(context, effect)
            _go_on(context, world, forms.opened(context, world))
        case outcomes.AskCallback():
            callback_desk.ask(context, effect)
        case outcomes.Correct():
            privacy_desk.correct(context, effect, world)
        case outcomes.Withdraw():
            privacy_desk.withdraw(context)
        case outcomes.Erase():
            privacy_desk.erase(context)
        case outcomes.Link(code, name):
            linking_desk.redeem(context, code, name)
        case outcomes.NewLinkCode():
            linking_desk.give_code(context)
        case outcomes.Unlink():
            linking_desk.unlink(context)
        case outcomes.LookUp(typed):
            menu.look_up(context, typed)
        case outcomes.Extend(programme_id, closes):
            programme_desk.extend(context, programme_id, closes)
        case outcomes.WatchOpenings():
            programme_desk.watch(context)
        case outcomes.Announce():
            news_desk.announce(context, effect)
        case outcomes.SubmitFeedback(answers):
            feedback.submit(context, answers, draft_id)
        case outcomes.AddToFeedback(code, what, text):
            feedback.add(context, code, what, text)
        case outcomes.AnswerFeedback(code, revision, what, told):
            feedback_answering.answer(context, code, revision, what, told)
        case outcomes.PublishFeedback(code, revision, words, at_once):
            feedback_public.publish(context, code, revision, words, at_once=at_once)
        case outcomes.KeepAnswer():
            feedback_library.keep(context, effect)
        case outcomes.OpenAward():
            award_desk.open_file(context, effect)
        case outcomes.TakePaper():
            award_desk.take(context, effect)
        case outcomes.ShowAward(code):
            award_desk.card(context, code)
        case outcomes.InviteOfficer(unit, role, deputy):
            appointment_desk.invite(context, unit, role, deputy=deputy)
        case outcomes.EndRole(appointment_id):
            appointment_desk.end(context, appointment_id)
        case outcomes.GoAway(last):
            appointment_desk.go_away(context, last)
        case outcomes.ShowItem(code):
            menu.look_up(context, code)
        case outcomes.ShowInbox():
            inbox.show(context)
        case outcomes.Start(form, answers):
            _start(context, world, form, dict(answers))
        case outcomes.Menu():
            menu.show(context)
        case _:
            assert_never(effect)


def _start(context: Context, world: World, form: str, answers: dict[str, object]) -> None:
    """Another form takes over: its draft is kept, its first question put."""
    _go_on(context, world, forms.begin(context, world, form, answers))


def _go_on(context: Context, world: World, turn: Turn | None) -> None:
    """Put the first question of a form that has just begun."""
    if turn is None:
        return
    if turn.draft is not None:
        context.talk.put(turn.draft)
    for effect in turn.effects:
        perform(context, world, effect, "")


def _agree(context: Context, version: str) -> None:
    """Only now is there a member: what follows is one question, or the main menu."""
    inbound = context.inbound
    try:
        agreed = agreements.agree(
            context.db,
            context.office,
            context.actor,
            inbound.address,
            version=version,
            update_id=inbound.update_id,
            now=context.now,
        )
    except Refusal as refusal:
        context.refused(refusal)
        return
    context.known = context.known or agreed.known
    if isinstance(inbound.event, Pressed):
        question, _ = parse_payload(inbound.event.payload)
        menu.note_unit(context, question.partition("@")[2])
    if agreed.new:
        news.invite(context)
    else:
        menu.show(context)
