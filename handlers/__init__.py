"""WHAT THE BOT DOES: plain functions of (db, …, now). No network, no await; SQL belongs to storage."""
