"""The rules by which Zalo limits whom we may write to, as settings: its pages disagree in places, and they change.

`[reach]` in congdoan.toml. What follows from them is decided in handlers/reaching/reach.py.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import timedelta

from pydantic import BaseModel, ConfigDict, Field

from handlers.reaching.reach import Terms, What

Hour = int
Share = float


class ReachRules(BaseModel):
    """Defaults are what Zalo's pages said in autumn 2026; where a default is disputed, its comment says so."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    oa_window_days: float = Field(default=7, gt=0, le=366)
    """Since the person's last interaction (developers.zalo.me, «Tin tư vấn»)."""
    oa_free_hours: float = Field(default=48, ge=0, le=24 * 366)
    """The part of the window that costs nothing (the same)."""
    oa_free_cap: int | None = Field(default=None, ge=0)
    """Free messages in a window. It was 8; since 2026 the notices name none. What Zalo reports goes first."""
    oa_free_kept: int = Field(default=1, ge=0)
    """Of these as many are kept for answers."""
    oa_paid: bool = False
    """Whether the office pays for the rest of the window."""
    oa_paid_monthly: int | None = Field(default=None, ge=0)
    """As many paid messages as the account's package holds; packages and their numbers change."""
    oa_needs_follow: bool = False
    """Whether only followers may be written to unasked (-213 and -230 are worded differently in different places)."""
    oa_night: tuple[Hour, Hour] | None = (22, 6)
    """When news and templates wait (developers.zalo.me: promotion 06:00–21:59; the zone is taken to be Vietnam's)."""
    oa_hand_hours: float = Field(default=2, ge=0, le=168)
    """How long the bot keeps out of a chat after one of ours wrote there by hand."""
    bot_officers: Share = Field(default=0.9, ge=0, le=1)
    """Up to which part of a Zalo Bot's monthly messages officers are written to unasked: the rest is for answers."""
    bot_notices: Share = Field(default=0.8, ge=0, le=1)
    """The same for what members are told of their own matters."""
    bot_news: Share = Field(default=0.5, ge=0, le=1)
    """The same for news."""

    def of_official_account(self, templates: Collection[str] = ()) -> Terms:
        """What an Official Account may send; `templates`: those it has, by our keys or by kind of message."""
        kinds = {What.OFFICER if name.partition(".")[0] == What.OFFICER else What.NOTICE for name in templates}
        return Terms(
            templates=frozenset(kinds),
            template_names=frozenset(templates),
            window=timedelta(days=self.oa_window_days),
            free=timedelta(hours=self.oa_free_hours),
            free_cap=self.oa_free_cap,
            free_kept=self.oa_free_kept,
            paid=self.oa_paid,
            paid_month=self.oa_paid_monthly,
            follow=self.oa_needs_follow,
            night=self.oa_night,
            hand=timedelta(hours=self.oa_hand_hours),
        )

    def of_bot(self, *, monthly: int, users: int) -> Terms:
        """What a Zalo Bot of a plan may send."""
        shares = {What.OFFICER: self.bot_officers, What.NOTICE: self.bot_notices, What.NEWS: self.bot_news}
        return Terms(month=monthly, users=users, shares=shares)

    def terms(
        self, *, official_accounts: Mapping[str, Collection[str]], bots: Iterable[tuple[str, int, int]]
    ) -> dict[str, Terms]:
        """By account: of an Official Account with its templates, of a bot with its messages a month and its users."""
        official = {account: self.of_official_account(names) for account, names in official_accounts.items()}
        return official | {account: self.of_bot(monthly=monthly, users=users) for account, monthly, users in bots}
