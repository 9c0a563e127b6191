"""Feedback in the chat: its screens for authors and officers."""
