"""How this process itself is, for whoever looks: /ready, /metrics and the log."""

from __future__ import annotations

from collections.abc import Mapping

import structlog

from bot.channels.incoming import Ear

log = structlog.get_logger(__name__)


class Vitals:
    """Told from any thread; nothing here is stored."""

    def __init__(self) -> None:
        self.key_fits = True
        """Whether our keys are those of the database."""
        self.ears: Mapping[str, Ear] = {}
        """How each bot and account hears."""
        self.unopened = 0
        """Rows that none of our keys opened."""

    def count_unopened(self) -> None:
        """A row did not open: what lay in it is lost to whoever waits for it. The log tells less and less often."""
        self.unopened += 1
        if self.unopened & (self.unopened - 1) == 0:
            log.error("row.unopened", times=self.unopened)
