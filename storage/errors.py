"""What storage may say went wrong; the docstring of each class is its message to the operator."""

from __future__ import annotations


class StorageError(Exception):
    """Something is wrong with the database or with what was asked of it."""

    def __str__(self) -> str:
        detail = super().__str__()
        message = (self.__doc__ or "").strip()
        return f"{message} ({detail})" if detail else message


class InUse(StorageError):
    """Another process already serves this SQLite file."""


class BadUrl(StorageError):
    """The database address is not one of sqlite:///… or postgresql://…"""


class NotUnicode(StorageError):
    """The PostgreSQL database does not keep its text as UTF8; make it anew: createdb -E UTF8 -T template0 …"""


class WrongKey(StorageError):
    """What is stored was sealed with a key that is not in CONGDOAN_SECRET_KEY."""


class NotMigrated(StorageError):
    """The database has no tables of this version; run `congdoan migrate`."""
