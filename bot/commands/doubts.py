"""The commands deliveries resend and deliveries failed: what may have arrived, and what did not."""

# ruff: noqa: PLC0415

from __future__ import annotations

from typing import Annotated

import typer

from bot.commands import speech

Topic = Annotated[
    str | None, typer.Option("--topic", metavar=speech.place("kind"), help=speech.hint("deliveries_topic"))
]


def add_to(group: typer.Typer) -> None:
    """Add these commands to the group `deliveries`."""
    speech.command(group, "resend", "deliveries_resend")(resend)
    speech.command(group, "failed", "deliveries_failed")(show_failed)


def resend(topic: Topic = None) -> None:
    """Send once more what may or may not have arrived."""
    from bot.commands import access
    from bot.commands.doubt_orders import SendAgain

    speech.say(access.carry_out(access.prepare(), SendAgain(topic=topic)))


def show_failed() -> None:
    """What failed or ended unsent in the last days, by reason."""
    from bot.commands import access
    from handlers.reaching import doubts
    from storage import clock

    with access.looking(access.prepare()) as db:
        now = clock.now(db)
        failed, unsent = doubts.failed(db, now), doubts.unsent(db, now)
    for each in failed:
        told = {"account": each.account, "kind": each.kind, "reason": each.reason, "day": each.day}
        speech.say(speech.text("deliveries.failed", **told, count=each.count))
    for one in unsent:
        values = {"account": one.account, "topic": one.topic, "state": one.state, "reason": one.reason}
        speech.say(speech.text("deliveries.failure", **values, count=one.number, last=one.last))
    if not (failed or unsent):
        speech.say(speech.text("deliveries.no_failure"))
