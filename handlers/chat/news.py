"""What a member is asked and shown of news: invited once, taken, stopped."""

from __future__ import annotations

from dataclasses import replace

from handlers.chat import menu
from handlers.chat.context import Context
from handlers.flows import choices as matching
from handlers.news import wishes
from handlers.office import Office
from messages.types import Choice, Say, Text

ASK = "news_ask"
FIRST = f"{ASK}@first"
"""The same, put to somebody who has just come: the menu follows."""
STOP = "news_stop"


def invite(context: Context) -> None:
    """Ask somebody who has just agreed to the notice, once; the menu comes with the answer. Who asks for something else
    instead gets that, and takes no news.
    """
    menu.offer(context, replace(_ask(context), question=FIRST))


def show(context: Context) -> None:
    """Whether the member takes news, and the way to change it; «Nhận tin» typed at the question is the answer."""
    event = context.inbound.event
    typed = isinstance(event, Text) and not event.text.startswith("/")
    asked = context.talk.question
    if typed and asked in (ASK, FIRST) and context.talk.offered and not context.me.news:
        answer(context, asked, "yes")
    elif context.me.news:
        label = context.office.catalogue.label
        choices = (Choice("yes", label("stop_news")), Choice("no", label("keep")))
        menu.offer(context, Say("news.on", {}, choices, STOP))
    else:
        menu.offer(context, _ask(context))


def stop(context: Context) -> None:
    """Ask once; the same words a second time are the answer."""
    if not context.me.news:
        context.say("news.off_already")
    elif context.talk.question == STOP and context.talk.offered:
        _opt_out(context)
    else:
        label = context.office.catalogue.label
        choices = (Choice("yes", label("stop_news")), Choice("no", label("keep")))
        menu.offer(context, Say("news.stop_confirm", {}, choices, STOP))


def answer(context: Context, question: str, key: str) -> None:
    """The answer to either question, by button or by word."""
    begins = question == FIRST == context.talk.question and context.talk.draft is None
    match question.partition("@")[0], key:
        case "news_ask", "yes":
            _opt_in(context)
        case "news_ask", _:
            context.say("news.declined")
        case _, "yes":
            _opt_out(context)
        case _:
            context.say("news.on" if context.me.news else "news.off_already")
    if context.talk.question in (ASK, FIRST, STOP):
        context.talk.offered, context.talk.question = (), ""
    if begins:
        menu.show(context)


def means_stop(text: str, office: Office) -> bool:
    """Whether a word outside any form asks to stop news, though inside one it would leave the form («dừng»)."""
    known = {"stop_news": office.catalogue.vocabulary.commands["stop_news"]}
    return matching.command(text, known) is not None


def _ask(context: Context) -> Say:
    label = context.office.catalogue.label
    choices = (Choice("yes", label("take_news")), Choice("no", label("no_news")))
    return Say("news.ask", wishes.asked(context.office), choices, ASK)


def _opt_in(context: Context) -> None:
    said = context.inbound
    wishes.opt_in(context.db, context.office, context.actor, said.address, said.update_id, now=context.now)
    context.say("news.on")


def _opt_out(context: Context) -> None:
    wishes.opt_out(context.db, context.actor, now=context.now)
    context.talk.offered, context.talk.question = (), ""
    context.say("news.off")
