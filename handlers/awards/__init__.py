"""Award files: which papers are there, which are missing, and handing them in (F14)."""
