"""FACTS: the tables, every constraint, the only SQL. Synchronous; never imports handlers or bot."""
