"""Deterministic simulation of the hub: time, disk and recorder come from one seed.

The hub itself runs unmodified. ``loop`` is the clock, ``disk`` the file system under SQLite, and
``recorder`` the recorder behind an unreliable network. ``injection`` injects faults, ``clients``
sends requests, ``knowledge`` keeps what was answered, and ``checks`` compares it with the journal.
``timing`` moves the clocks, loses and doubles wake-ups, and has the reference model of timers.
``world`` runs one seed, ``final_phase`` its end without faults. ``power`` cuts the power at any
write of a load without a hub.
"""
