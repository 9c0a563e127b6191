"""What was asked for and cannot be done: the operator's or the staff's trouble, which becomes words."""

from __future__ import annotations


class HandlersError(Exception):
    """Something cannot be done as it was asked."""


class Refusal(HandlersError):
    """A named reason with words of its own: the catalogue's text of `key`, filled with `values`."""

    def __init__(self, key: str, **values: object) -> None:
        super().__init__(key)
        self.key = key
        self.values = values
