"""A link as a picture, for channels that take pictures by address only. Nothing personal is ever in one."""

from __future__ import annotations

import io

import segno

SCALE = 12
BORDER = 4
"""Modules of quiet around it (ISO/IEC 18004)."""


def png(link: str) -> bytes:
    """Black on white, large enough for a phone to read from another phone."""
    sink = io.BytesIO()
    segno.make(link, micro=False, error="m").save(sink, kind="png", scale=SCALE, border=BORDER)
    return sink.getvalue()
