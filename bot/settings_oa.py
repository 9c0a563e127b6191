"""The shape of an Official Account's settings; bot/settings.py lists them with all others.

A value is never part of an error: secrets are `SecretStr`, and errors hide their input.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator
from pydantic_core import PydanticCustomError

OPENAPI = "https://openapi.zalo.me"
OAUTH = "https://oauth.zaloapp.com/v4"


def web_address(value: str) -> str:
    """The address without a slash at its end. Raises PydanticCustomError."""
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise PydanticCustomError("web_address", "not a web address")
    return value.rstrip("/")


class OaTemplate(BaseModel):
    """A template message that Zalo has approved for the account; each one sent costs money."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    id: str = Field(pattern=r"^[0-9A-Za-z_-]{1,40}$")
    """Its number at Zalo (zalo.cloud, «Quản lý mẫu tin ZBS»)."""
    price: int = Field(default=0, ge=0)
    """Đồng for one message (the price list of ZBS changes; see the account's wallet)."""
    fields: Mapping[str, str] = Field(default_factory=dict)
    """From the names the template's own parameters have to ours: `{ten = "given_name"}`. Empty: they are the same."""


class OaAccount(BaseModel):
    """One Official Account. The one of the environment is `zalo_oa`; others stand in congdoan.toml."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    account: str = Field(pattern=r"^zalo_oa:[a-z0-9]{1,20}$|^zalo_oa$")
    app_id: str = Field(pattern=r"^[0-9]{1,30}$")
    app_secret: SecretStr
    """The app's own key, with which tokens are asked for."""
    secret: SecretStr
    """The account's key, by which its events are signed: another one, shown beside the webhook."""
    refresh_token: SecretStr | None = None
    """Planted once, where there never was a pair; from then on the database knows better."""
    openapi: str = OPENAPI
    oauth: str = OAUTH
    rate: float = Field(default=25.0, gt=0, le=1000)
    """Messages a second (about 4,000 requests a minute and app, developers.zalo.me)."""
    templates: Mapping[str, OaTemplate] = Field(default_factory=dict)
    """By our key; none: nothing is ever sent that costs money."""

    _addresses = field_validator("openapi", "oauth")(web_address)

    @property
    def secrets(self) -> tuple[SecretStr, ...]:
        """What must be in no log."""
        return tuple(filter(None, (self.app_secret, self.secret, self.refresh_token)))
