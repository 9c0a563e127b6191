"""FLOWS: the conversations as data. Pure: the standard library and messages.types only; no clock, no chance, no I/O."""
