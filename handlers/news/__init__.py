"""News of the union: asked for and stopped, slogans, broadcasts (F3, F5)."""
