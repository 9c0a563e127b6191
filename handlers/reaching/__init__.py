"""Whom we may write to, here and now, and by which address; what is refused, and what an account has left."""
