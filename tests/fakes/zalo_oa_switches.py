"""How the fake Official Account's Zalo behaves where the platform's descriptions disagree."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass
class Switches:
    """How this Zalo behaves where nobody can say for certain how the real one does."""

    echo: Literal["after", "before", "off"] = "after"
    """When what was sent comes back as an event: on the next delivery, or even before the call is answered."""
    info_shape: Literal["new", "old", "text"] = "new"
    info_from: Literal["sender", "recipient"] = "sender"
    free_cap: int | None = None
    """Free replies in a window; None: as many as one likes, and no word of a quota."""
    follow_needed: bool = False
    oauth_error_without_code: bool = False
    expires_as: Literal["text", "number", "absent"] = "text"
    token_code: int = -216
    """What is said of an unknown token."""
    old_token: Literal["lives", "dies"] = "dies"
    """What becomes of an access token when its pair is renewed."""
    signed_with: Literal["app_id", "oa_id"] = "app_id"
    mac: Literal["prefixed", "bare"] = "prefixed"
    sign_bad: bool = False
    duplicate: bool = False
    reorder: bool = False
    body_pretty: bool = False
    retries: bool = True
    upload_answers: Literal["token", "attachment_id"] = "token"
    per_minute: int = 4000
    dup_server_header: bool = False
    stamps: Literal["real", "shifted"] = "real"
    """By which clock events are stamped: this machine's, or the fake's own."""
