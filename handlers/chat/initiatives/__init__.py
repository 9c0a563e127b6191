"""Initiatives in the chat: inboxes, cards, lists, standings."""
