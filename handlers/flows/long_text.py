"""A text that comes in several messages until «XONG»: counted, added to, nothing lost (domain rule of counting: cleaned
text in NFC, every character counts, parts joined by a line break).

A part that does not fit is refused alone. What was written is replaced only after «Viết lại từ đầu», and then by the
next part that fits.
"""

from __future__ import annotations

from dataclasses import replace

from handlers.flows.form import Ask, Draft, Long
from handlers.text.readers import around, clean


def add(draft: Draft, long: Long, text: str) -> Draft | Ask:
    """The draft with one more part, or why the part does not fit: then the draft stays as it is."""
    parts = (*_standing(draft, long), text)
    if len(joined(parts)) > long.limit:
        return _does_not_fit(draft, long, text)
    return replace(draft, parts=parts, replacing=False)


def _standing(draft: Draft, long: Long) -> tuple[str, ...]:
    """What the next part is added to. Only an earlier version kept a text beyond the limit; it asked for it anew."""
    return () if draft.replacing or len(joined(draft.parts)) > long.limit else draft.parts


def so_far(draft: Draft, long: Long) -> Ask:
    """How much is written and how much may follow."""
    whole = joined(draft.parts)
    if len(whole) > long.limit:
        return _beyond(whole, long)
    if draft.replacing:
        return Ask(f"{long.words}.text_rewrite", {"count": len(whole), "limit": long.limit})
    values = {"count": len(whole), "left": _room(whole, long), "limit": long.limit}
    return Ask(f"{long.words}.text_count", values)


def current(draft: Draft, long: Long) -> Ask:
    """The text as it stands, before it is changed."""
    whole = joined(draft.parts)
    values = {"text": whole, "count": len(whole), "left": _room(whole, long), "limit": long.limit}
    return Ask(f"{long.words}.text_current", values)


def finished(parts: tuple[str, ...], long: Long) -> str | Ask:
    """The whole text, or why it is not one yet."""
    whole = joined(parts)
    if len(whole) > long.limit:
        return _beyond(whole, long)
    if len(whole) < long.minimum:
        return Ask(f"{long.words}.text_too_short", {"count": len(whole), "minimum": long.minimum})
    return whole


def joined(parts: tuple[str, ...]) -> str:
    """The parts as one text; the line break between two of them counts."""
    return clean("\n".join(parts))


def _room(whole: str, long: Long) -> int:
    """Characters of the next part, the line break before it counted."""
    return max(0, long.limit - len(whole) - bool(whole))


def _does_not_fit(draft: Draft, long: Long, text: str) -> Ask:
    kept = joined(_standing(draft, long))
    would_be = joined((kept, text)) if kept else clean(text)
    return _refused(would_be, long, kept=len(kept), left=_room(kept, long))


def _beyond(whole: str, long: Long) -> Ask:
    return _refused(whole, long, kept=0, left=long.limit)


def _refused(whole: str, long: Long, *, kept: int, left: int) -> Ask:
    values = {
        "count": len(whole),
        "excess": len(whole) - long.limit,
        "limit": long.limit,
        "around": around(whole, long.limit),
        "kept": kept,
        "left": left,
    }
    return Ask(f"{long.words}.text_too_long", values)
