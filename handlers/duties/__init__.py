"""Duties and dates: reminded before they fall due, climbing when they are late (F4)."""
