"""A text that comes in several messages until «XONG»: counted, refused with the excess, nothing lost (domain rule of
counting: cleaned text in NFC, every character counts, parts joined by a line break)."""

from __future__ import annotations

from dataclasses import replace

from handlers.flows.form import Ask, Draft, Long, Step
from handlers.flows.readers import around, clean


def add(draft: Draft, step: Step, long: Long, text: str) -> Draft:
    """One more part; after a refusal for length, or while an answer is changed, it replaces what was there."""
    parts = (text,) if draft.replacing else (*draft.parts, text)
    answers = {key: value for key, value in draft.answers.items() if key != step.key}
    return replace(draft, answers=answers, parts=parts, replacing=len(joined(parts)) > long.limit)


def so_far(draft: Draft, long: Long) -> Ask:
    """What is written already, and whether the next message adds to it or replaces it."""
    whole = joined(draft.parts)
    if len(whole) > long.limit:
        return _too_long(whole, long)
    if draft.replacing:
        return Ask(f"{long.words}.text_current", {"text": whole, "count": len(whole), "limit": long.limit})
    values = {"count": len(whole), "left": long.limit - len(whole), "limit": long.limit}
    return Ask(f"{long.words}.text_count", values)


def finished(parts: tuple[str, ...], long: Long) -> str | Ask:
    """The whole text, or why it is not one yet."""
    whole = joined(parts)
    if len(whole) > long.limit:
        return _too_long(whole, long)
    if len(whole) < long.minimum:
        return Ask(f"{long.words}.text_too_short", {"count": len(whole), "minimum": long.minimum})
    return whole


def joined(parts: tuple[str, ...]) -> str:
    """The parts as one text; the line break between two of them counts."""
    return clean("\n".join(parts))


def _too_long(whole: str, long: Long) -> Ask:
    values = {
        "count": len(whole),
        "excess": len(whole) - long.limit,
        "limit": long.limit,
        "around": around(whole, long.limit),
    }
    return Ask(f"{long.words}.text_too_long", values)
