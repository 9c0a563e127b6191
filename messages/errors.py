"""What the room of words may say went wrong; the docstring of each class is its message.

Only faults of files or of calling code stand here: nothing a member did is ever one of these.
"""

from __future__ import annotations


class MessagesError(Exception):
    """Something is wrong with the words or with how they were asked for."""

    def __str__(self) -> str:
        detail = super().__str__()
        message = (self.__doc__ or "").strip()
        return f"{message} ({detail})" if detail else message


class UnknownKey(MessagesError):
    """The catalogue has no text by this key."""


class MissingValue(MessagesError):
    """A text needs a value it was not given."""


class BadWords(MessagesError):
    """A file of words cannot be used."""


class BadTemplate(MessagesError):
    """A programme's file cannot be used."""


class NaiveMoment(MessagesError):
    """A moment needs a time zone before it can be put into words."""
