"""Platforms that run on this machine: real servers over real HTTP, with people who speak and faults to switch."""
