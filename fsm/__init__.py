"""Automatic meeting recording as one explicit state machine.

``fsm.recording`` is what a meeting server embeds; ``fsm.engine`` is the machine library
below it.
"""

__version__ = "0.1.0"
