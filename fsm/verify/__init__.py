"""Verification: every situation that can arise, held against what the rules promise.

The promises are written apart from the tables and their conditions. Nothing here does I/O.
"""

from fsm.verify.findings import Broken, Findings, Seen
from fsm.verify.plans import Opening
from fsm.verify.promises import PROMISES
from fsm.verify.verifier import Report, add, begin, explore_plan, meeting_plans, verify

__all__ = [
    "PROMISES",
    "Broken",
    "Findings",
    "Opening",
    "Report",
    "Seen",
    "add",
    "begin",
    "explore_plan",
    "meeting_plans",
    "verify",
]
