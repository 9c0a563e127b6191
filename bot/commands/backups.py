"""The commands backup, restore, and deliveries: what is held after a restore."""

# ruff: noqa: PLC0415

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bot.commands import doubts, operator, speech

if TYPE_CHECKING:
    from bot.settings import Settings
    from storage.erasures import Gone

Out = Annotated[Path | None, speech.out("backup_out")]
OPENED: dict[str, Any] = {"callback": speech.existing, "dir_okay": False, "metavar": speech.place("file")}
"""A file to be read, or stdin."""
Verify = Annotated[Path | None, typer.Option("--verify", help=speech.hint("backup_verify"), **OPENED)]
Backup = Annotated[Path, typer.Argument(help=speech.hint("backup_file"), **OPENED)]
Replace = Annotated[bool, typer.Option("--replace", help=speech.hint("restore_replace"))]
Erasures = Annotated[
    Path | None,
    typer.Option(
        "--erasures", exists=True, dir_okay=False, metavar=speech.place("file"), help=speech.hint("restore_erasures")
    ),
]
Without = Annotated[bool, typer.Option("--without-erasures", help=speech.hint("restore_without"))]
Sure = Annotated[bool, typer.Option("--yes", help=speech.hint("yes"))]
Topic = Annotated[
    str | None, typer.Option("--topic", metavar=speech.place("kind"), help=speech.hint("deliveries_topic"))
]


def add_to(app: typer.Typer) -> None:
    """Add these commands to the program."""
    speech.command(app, "backup", "backup")(backup)
    speech.command(app, "restore", "restore")(restore)
    group = speech.group("deliveries")
    speech.command(group, "list", "deliveries_list")(look)
    speech.command(group, "release", "deliveries_release")(release)
    speech.command(group, "cancel", "deliveries_cancel")(cancel)
    doubts.add_to(group)
    app.add_typer(group, name="deliveries")


def backup(out: Out = None, verify: Verify = None) -> None:
    """Everything in one sealed file, while others serve; or whether such a file is good."""
    from bot.errors import Unfit

    if (out is None) is (verify is None):
        raise Unfit(speech.text("backup.out_or_verify"))
    if verify is not None:
        _verify(verify)
    if out is not None:
        _back_up(out)


def _verify(file: Path) -> None:
    """That the file is whole, ours, and can be restored by this program; no database is asked."""
    from bot import archives
    from bot.commands import access

    settings = access.prepare()
    with speech.progress("backup.verifying"), access.taking(file) as stream:
        facts = archives.check(settings, stream)
        rows = archives.count(settings, stream)
    made = datetime.fromisoformat(facts["made"])
    speech.say(speech.text("backup.sound", count=rows, file=_read_from(file), made=made))


def _back_up(out: Path) -> None:
    from bot import archives
    from bot.commands import access
    from bot.commands.backup_orders import NoteBackup

    settings = access.prepare()
    with speech.progress("backup.working"), access.opened(settings) as database, access.making(out) as stream:
        rows = archives.make(settings, database, stream)
    access.carry_out(settings, NoteBackup(rows=rows))
    speech.note(speech.text("backup.done", count=rows, file=speech.shown(out)))


def _read_from(file: Path) -> str:
    return speech.text("stdin") if file == speech.STDOUT else file.name


def restore(
    file: Backup, replace: Replace = False, erasures: Erasures = None, without: Without = False, sure: Sure = False
) -> None:
    """Make the database what a backup holds, while nobody serves it."""
    from bot import archives
    from bot.commands import access
    from bot.errors import Unfit
    from bot.premises import make_office

    settings = access.prepare()
    with access.taking(file) as stream:
        facts = archives.check(settings, stream)
        gone = _gone(settings, erasures, replace=replace)
        if gone is None and not without:
            raise Unfit(speech.text("restore.no_list"))
        if replace and not sure and file == speech.STDOUT:
            raise Unfit(speech.text("restore.say_yes"))
        if replace and not sure and typer.prompt(speech.text("restore.sure", file=file.name)).strip() != file.name:
            raise Unfit(speech.text("restore.not_done"))
        source = archives.Source(stream, operator.actor(), frozenset(gone or ()))
        with speech.progress("restore.working"):
            done = archives.restore(settings, make_office(settings), source, replace=replace)
    values = {"held": done.held, "erased": done.erased, "paused": done.paused, "accounts": done.accounts}
    made = datetime.fromisoformat(facts["made"])
    speech.say(speech.text("restore.done", file=_read_from(file), made=made, listed=gone is not None, **values))
    _tell_whose_it_is(settings)


def _tell_whose_it_is(settings: Settings) -> None:
    """Who is not root cannot hand the new file to whoever serves: how to do that is said."""
    import os

    from bot import control, ownership

    database = control.database_file(settings.database_url)
    if database is not None and os.geteuid() != 0 and (keeper := ownership.keeper_of(database)) is not None:
        speech.complain(speech.text("restore.not_theirs", file=str(database), owner=keeper))


def _gone(settings: Settings, given: Path | None, *, replace: bool) -> frozenset[Gone] | None:
    """Everybody known to have been erased, from every list there is; None where there is no list at all."""
    from bot import archives, tombstones

    kept = tombstones.place(settings)
    files = [file for file in (given, kept) if file is not None and file.exists()]
    known = archives.known_erasures(settings) if replace else frozenset()
    if not files and not known:
        return None
    return frozenset(known.union(*(tombstones.read(file) for file in files)))


def look() -> None:
    """What is held, what nobody knows the outcome of, what waits for its person, what was refused."""
    from bot.commands import access
    from handlers import restoring
    from handlers.reaching import waiting
    from storage import clock

    with access.looking(access.prepare()) as db:
        now = clock.now(db)
        piles, waits, refused = restoring.look(db), waiting.piles(db, now), waiting.refusals(db, now)
    for pile in piles:
        values = {"account": pile.account, "topic": pile.topic, "state": pile.state}
        speech.say(speech.text("deliveries.line", **values, count=pile.number, oldest=pile.oldest))
    for one in waits:
        told = {"account": one.account, "reason": one.reason, "count": one.number, "days": one.days}
        speech.say(speech.text("deliveries.waiting", **told))
    for each in refused:
        told = {"account": each.account, "reason": each.reason, "count": each.number}
        speech.say(speech.text("deliveries.refused", **told))
    if not (piles or waits or refused):
        speech.say(speech.text("deliveries.none"))


def release(topic: Topic = None) -> None:
    """Let what is held go."""
    from bot.commands import access
    from bot.commands.backup_orders import ReleaseHeld

    speech.say(access.carry_out(access.prepare(), ReleaseHeld(topic=topic)))


def cancel(topic: Topic = None) -> None:
    """End what is held."""
    from bot.commands import access
    from bot.commands.backup_orders import CancelHeld

    speech.say(access.carry_out(access.prepare(), CancelHeld(topic=topic)))
