"""The hub in a world of its own: simulated time, disk and recorder, all from one seed.

What is under test runs unmodified. ``loop`` is the clock, ``disk`` what SQLite writes to,
``network`` the recorder and the way to it, ``world`` plays the clients, breaks things and
checks; ``power`` cuts the power at every write of a plain load.
"""
