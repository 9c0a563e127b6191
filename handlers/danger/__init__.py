"""Somebody may be in danger: what they are answered, and how an officer comes to call them."""
