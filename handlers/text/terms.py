"""What forms tell and acts keep: how long something is good for, and the forms that are known by their names."""

from __future__ import annotations

LINK_CODE_MINUTES = 3
"""How long a code that links chats is good for."""
LINK_ANSWER_MINUTES = 10
"""How long each of two chats has to say yes, once asked."""
CALLBACK_DAYS = 3
"""How long a number is kept that nobody has called."""

LINKING_FORM = "link"
WELCOME_FORM = "welcome"
INITIATIVE_FORM = "initiative"
FEEDBACK_FORM = "feedback"
FEEDBACK_MORE_FORM = "feedback_more"
FORMS_OF_OFFICERS = frozenset(
    {
        "award_new",
        "award_paper",
        "away",
        "compose",
        "decline",
        "desk_canned",
        "desk_pick",
        "desk_score",
        "desk_search",
        "desk_targets",
        "duty_obstacle",
        "end_role",
        "extend",
        "feedback_answer",
        "feedback_public",
        "invite",
        "library_add",
        "need_more",
        "over_quota",
    }
)
"""Those in which officers write: their words are about somebody else's trouble, and end with their role."""
