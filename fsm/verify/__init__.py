"""Verification: every situation that can arise, held against what the rules promise.

The promises are written apart from the tables and their conditions. Nothing here does I/O.
"""

from fsm.recording.plan import MeetingSettings
from fsm.verify.as_scenario import MARK, how_to_see, scenario
from fsm.verify.broken import Broken
from fsm.verify.console import CONSOLE_PROMISES
from fsm.verify.findings import Explored, Findings
from fsm.verify.plans import PLAN_PROMISES
from fsm.verify.promises import PROMISES
from fsm.verify.verifier import Report, add, begin, explore_plan, tasks, verify

__all__ = [
    "CONSOLE_PROMISES",
    "MARK",
    "PLAN_PROMISES",
    "PROMISES",
    "Broken",
    "Explored",
    "Findings",
    "MeetingSettings",
    "Report",
    "add",
    "begin",
    "explore_plan",
    "how_to_see",
    "scenario",
    "tasks",
    "verify",
]
