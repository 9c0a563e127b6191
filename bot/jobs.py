"""What the clock looks for on behalf of the office, beside the jobs of delivery in bot/clockwork.py."""

from __future__ import annotations

from datetime import timedelta

from bot.clockwork import Job
from handlers import mornings, retention
from handlers.actors import CLOCK
from handlers.danger import callbacks
from handlers.duties import climbing, closings, forewarning, openings, recurring
from handlers.duties import rounds as duty_rounds
from handlers.feedback import late as feedback_late
from handlers.files import attachments
from handlers.news import broadcasts, campaigns
from handlers.office import Office
from handlers.people import linking, resting
from handlers.reaching import waiting


def office_jobs(office: Office) -> tuple[Job, ...]:
    """Every job that needs the office's words or rules."""
    return (
        Job("openings", timedelta(seconds=30), lambda db, now: openings.announce(db, office, CLOCK, now=now)),
        Job(
            "duties",
            timedelta(seconds=10),
            lambda db, now: duty_rounds.enqueue_due(db, office, CLOCK, now=now).more,
            by_slices=True,
        ),
        Job("other ways", timedelta(seconds=30), lambda db, now: waiting.take_other_ways(db, office, now)),
        Job(
            "mornings", timedelta(seconds=30), lambda db, now: mornings.tell(db, office, CLOCK, now=now), by_slices=True
        ),
        Job("recurring", timedelta(minutes=30), lambda db, now: recurring.lay_down(db, CLOCK, now=now)),
        Job("climbing", timedelta(minutes=1), lambda db, now: climbing.enqueue_due(db, office, CLOCK, now=now)),
        Job("forewarning", timedelta(minutes=1), lambda db, now: forewarning.enqueue_due(db, office, CLOCK, now=now)),
        Job("closings", timedelta(minutes=1), lambda db, now: closings.remind(db, office, CLOCK, now=now)),
        Job("slogans", timedelta(seconds=10), lambda db, now: campaigns.enqueue_due(db, office, CLOCK, now=now)),
        Job(
            "broadcasts",
            timedelta(seconds=2),
            lambda db, now: broadcasts.tick(db, office, CLOCK, now=now),
            by_slices=True,
        ),
        Job("feedback", timedelta(minutes=1), lambda db, now: feedback_late.look(db, office, now)),
        Job("callbacks", timedelta(seconds=30), lambda db, now: callbacks.look(db, office, CLOCK, now=now)),
        Job("linking", timedelta(seconds=10), lambda db, now: linking.expire(db, office, CLOCK, now=now)),
        Job("attachments", timedelta(hours=6), attachments.forget),
        Job("drafts", timedelta(minutes=10), retention.drop_old_drafts),
        Job("newcomers", timedelta(minutes=30), retention.forget_newcomers),
        Job("files", timedelta(minutes=10), retention.drop_old_files),
        Job("failures", timedelta(hours=6), retention.forget_failures),
        Job("resting", timedelta(minutes=30), lambda db, now: resting.tell(db, office, CLOCK, now=now)),
        Job("updates", timedelta(hours=6), retention.forget_updates),
    )
