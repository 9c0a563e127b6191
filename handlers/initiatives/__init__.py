"""Initiatives, from handing in on: their life, who sees them, the inbox, lists for the level above (F7–F10)."""
