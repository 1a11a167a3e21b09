"""The ids of the rules, with a one-line title each; ``docs/rules.md`` has the full text."""

from __future__ import annotations

from typing import Final, Literal, get_args

from fsm.recording.vocabulary import check_complete

RuleId = Literal[
    "R1", "R2", "R3", "R4", "R5", "R6", "R7", "R8", "R9",
    "R10", "R11", "R12", "R13", "R14", "R15", "R16", "R17",
    "D1", "D2", "D3", "D4", "D5", "D6", "D7", "D8", "D9", "D10", "D11", "D12", "D13",
    "D14", "D15", "D16", "D17",
]  # fmt: skip

RULE_IDS: Final[tuple[RuleId, ...]] = get_args(RuleId)

RULES: Final[dict[RuleId, str]] = {
    "R1": "Every edition may auto-record to the cloud, business and up also locally",
    "R2": "Auto cloud recording works from desktop and phone apps, auto local from desktops",
    "R3": "Auto-recording needs client version 3.17 or later",
    "R4": "Only a super admin, or an admin with the permission, changes the console",
    "R5": "The policy holds for every type of meeting",
    "R6": "The policy status: off, free, default on, or locked on",
    "R7": "A local recording has no sub-options",
    "R8": "Sub-option: any participant's join starts the cloud recording",
    "R9": "Sub-option: whether hosts may pause and stop the cloud recording",
    "R10": "The options of the form, and the contact it names",
    "R11": "Locked on wins, then the booking, then the user, then the console's default",
    "R12": "Sub-options reach a meeting only from an enabled cloud console to a cloud plan",
    "R13": "Cloud: the first join of a host, or of anyone, starts the recording",
    "R14": "Local: the first join of a host from a desktop starts it, on that client",
    "R15": "Auto-recording starts at most once a meeting",
    "R16": "The causes that stop a cloud recording",
    "R17": "The causes that stop a local recording",
    "D1": "A co-host is a host for every rule",
    "D2": "A host may start a recording by hand, if its kind is on",
    "D3": "Only the recording client pauses, resumes and stops a local recording",
    "D4": '"Every host has left" is judged when a participant leaves',
    "D5": "A join that does not qualify does not use up the automatic start",
    "D6": "A kind whose master switch is off is not on offer",
    "D7": "A stored choice that is no longer on offer is passed over",
    "D8": "The plan is resolved once, when the meeting opens",
    "D9": "Participants are connections; a second join and an unknown leave change nothing",
    "D10": "A present host or the server ends the meeting; later events are refused",
    "D11": "A recorder that fails stops the recording",
    "D12": "Without auto-recording, a cloud recording stops as if a host started it who may pause",
    "D13": "Quick and personal meetings are not booked",
    "D14": "Grace: a cloud recording goes on for some seconds after a leave that would stop it",
    "D15": "A meeting that stays empty for some time ends by itself",
    "D16": "What was answered stands: a meeting comes back as its answers left it",
    "D17": "A meeting that is over is not opened again, and its id is used up",
}
check_complete(RULES, RULE_IDS, "RULES in fsm/recording/rules.py", "its title")

RUNTIME_RULES: Final[frozenset[RuleId]] = frozenset({"D16", "D17"})
"""The rules about the life of a meeting in the journal, which no machine decides."""

_CODE_ONLY = ("code",)
_GUARD_ONLY = ("guard",)
_ROW_ONLY = ("row",)
_ROW_AND_GUARD = ("row", "guard")

DECIDED_BY: Final[dict[RuleId, tuple[str, ...]]] = {
    # Decided when the meeting opens, before a machine is involved.
    **dict.fromkeys(("R1", "R5", "R10", "R11", "R12", "D7", "D8", "D13"), _CODE_ONLY),
    # A sub-option is resolved into the plan, which a guard of a row reads.
    "R8": ("row", "guard", "code"),
    # Decided by preconditions alone.
    **dict.fromkeys(("R4", "D1", "D9"), _GUARD_ONLY),
    # Decided by the absence of rows: none leads back to idle, and a join without a starting row
    # starts nothing.
    **dict.fromkeys(("R15", "D5"), _CODE_ONLY),
    # A row without guards.
    "D11": _ROW_ONLY,
    **dict.fromkeys(
        ("R6", "R7", "R9", "R13", "R14", "R16", "R17", "D2", "D3", "D6", "D10", "D14", "D15"),
        _ROW_AND_GUARD,
    ),
    # Guards that distinguish rows of another rule.
    **dict.fromkeys(("R2", "R3", "D4", "D12"), _ROW_AND_GUARD),
}
"""The kinds of carriers that decide each rule: rows and guards of a machine, or other code."""
check_complete(
    {*DECIDED_BY, *RUNTIME_RULES}, RULE_IDS, "DECIDED_BY in fsm/recording/rules.py",
    "the kinds of its carriers, or list it in RUNTIME_RULES",
)  # fmt: skip
