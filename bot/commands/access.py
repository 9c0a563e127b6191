"""How a command reaches the database: through the process that serves it, or by itself; and for looking only."""

from __future__ import annotations

import logging
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

from bot import config, control, log
from bot.commands import operator, orders, speech
from bot.commands.reply import Order
from bot.errors import Unfit
from bot.premises import make_office
from bot.settings import Settings
from handlers.errors import Refusal
from storage import key_checks, schema
from storage.database import Database, Transaction
from storage.errors import WrongKey
from storage.seals import Seals


def prepare() -> Settings:
    """The settings of a command that uses the database, its log set up. Raises BadSettings."""
    settings = config.read()
    log.set_up(secrets=settings.secrets, level=logging.WARNING)
    return settings


def carry_out(settings: Settings, order: Order) -> str:
    """Have an order done that writes; what is to be said of it. Raises Unfit, StorageError."""
    with opened(settings):
        pass  # whoever carries it out: a command with another key is told so
    try:
        packed = orders.pack(order, operator.name())
        facts = control.deliver(settings.database_url, packed, lambda envelope: _alone(settings, envelope))
    except control.Refused as refused:
        raise Unfit(refused.facts["text"]) from refused
    if not facts["done"]:
        raise Unfit(facts["text"])
    return str(facts["text"])


@contextmanager
def looking(settings: Settings) -> Iterator[Transaction]:
    """A reading transaction beside whoever serves the database. A handler's Refusal becomes Unfit."""
    with opened(settings) as database, database.reading() as db:
        try:
            yield db
        except Refusal as refusal:
            raise Unfit(speech.catalogue().text(refusal.key, refusal.values)) from refusal


@contextmanager
def opened(settings: Settings) -> Iterator[Database]:
    """The database, when it can be used. Raises StorageError."""
    database = Database(settings.database_url, Seals(settings.secret_keys))
    try:
        schema.check(database)
        with database.reading() as db:
            if not key_checks.fits(db):
                raise WrongKey
        yield database
    finally:
        database.close()


def _alone(settings: Settings, envelope: control.Envelope) -> control.Facts:
    with opened(settings) as database, database.transaction() as db:
        return orders.run(db, *orders.unpack(envelope), make_office(settings))


@contextmanager
def making(out: Path) -> Iterator[BinaryIO]:
    """A file that appears whole or not at all, readable by its owner only; or stdout, which somebody else reads.

    Raises Unfit: stdout is a screen.
    """
    if out == speech.STDOUT:
        if sys.stdout.isatty():
            raise Unfit(speech.text("error.screen"))
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    handle, name = tempfile.mkstemp(dir=out.parent, prefix=f".{out.name}.")
    try:
        with os.fdopen(handle, "wb") as stream:
            yield stream
        Path(name).replace(out)
    finally:
        Path(name).unlink(missing_ok=True)


@contextmanager
def taking(file: Path) -> Iterator[BinaryIO]:
    """A file to be read, from any place in it; stdin is kept aside first."""
    if file != speech.STDOUT:
        with file.open("rb") as stream:
            yield stream
        return
    with tempfile.TemporaryFile() as stream:
        shutil.copyfileobj(sys.stdin.buffer, stream)
        stream.seek(0)
        yield cast("BinaryIO", stream)
