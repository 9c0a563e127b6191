"""Feedback: as its author meets it, as officers deal with it, and what came of it (F2, F8, F11)."""
