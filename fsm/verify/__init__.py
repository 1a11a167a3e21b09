"""Verification: every reachable situation, checked against invariants.

The invariants and the reference rules are written independently of the tables and their guards.
"""

from fsm.verify.counterexample import COUNTEREXAMPLE_MARK, reproduction_steps, scenario_of
from fsm.verify.findings import Findings
from fsm.verify.invariants import INVARIANTS
from fsm.verify.plan_invariants import PLAN_INVARIANTS
from fsm.verify.policy_space import CONSOLE_INVARIANTS
from fsm.verify.verifier import Report, verify
from fsm.verify.violation import RuleViolation

__all__ = [
    "CONSOLE_INVARIANTS",
    "COUNTEREXAMPLE_MARK",
    "INVARIANTS",
    "PLAN_INVARIANTS",
    "Findings",
    "Report",
    "RuleViolation",
    "reproduction_steps",
    "scenario_of",
    "verify",
]
