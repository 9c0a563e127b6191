"""Award files: which papers are there, which are missing, and the chat's side of handing them in (F14)."""
