"""Other rules than today's: what a release may change while meetings run."""

from contextlib import contextmanager
from functools import cache
from unittest.mock import patch

import attrs

from fsm.recording import PauseRecorder, client_version, meeting, model, plan
from fsm.recording.machine import build
from fsm.recording.model import RecordingModel
from fsm.recording.outcome import StartRecorder, StopRecorder
from fsm.recording.table import PRECONDITIONS, ROWS
from fsm.runtime import journal_check, journal_file
from fsm.runtime.rules_version import RulesVersion, current_rules

TODAY = "today's rules"
WITHOUT_GRACE = "rows removed: no grace fires"
WITHOUT_GRACE_IF_EMPTY = "rows removed: no grace fires in an empty meeting"


def _changed(rows, trigger, **changes):
    return [attrs.evolve(row, **changes) if row.trigger == trigger else row for row in rows]


def _without(rows, *, trigger, command):
    return [
        row
        for row in rows
        if row.trigger != trigger or not (row.command is command or type(row.command) is command)
    ]


def _guarded(rows, trigger, guard):
    return [
        attrs.evolve(row, when=(*row.when, guard) if row.trigger == trigger else row.when)
        for row in rows
    ]


TABLES = {
    TODAY: (ROWS, PRECONDITIONS),
    "a row removed: no join starts": (
        _without(ROWS, trigger="join", command=StartRecorder), PRECONDITIONS),
    "a row removed: a leave stops nothing": (
        _without(ROWS, trigger="leave", command=StopRecorder), PRECONDITIONS),
    "a guard added: only the recording client may pause": (
        _guarded(ROWS, "pause", "requester_records"), PRECONDITIONS),
    "a guard removed: members may pause": (
        ROWS, PRECONDITIONS | {"pause": ("is_open", "requester_is_present")}),
    "a target changed: a resume stops": (
        _changed(ROWS, "resume", target="stopped", actions=("clear_recording",),
                 command=StopRecorder("host_stopped")), PRECONDITIONS),
    "a target changed: a change of role pauses": (
        [*_changed(ROWS, "role", source=("idle", "paused", "stopped")),
         *_changed([row for row in ROWS if row.trigger == "role"], "role", source=("recording",),
                   target="paused", command=PauseRecorder())], PRECONDITIONS),
    "an action changed: an end leaves the meeting open": (
        [attrs.evolve(row, actions=tuple(a for a in row.actions if a != "end_meeting"))
         for row in ROWS], PRECONDITIONS),
    WITHOUT_GRACE: ([row for row in ROWS if row.after != "grace"], PRECONDITIONS),
    WITHOUT_GRACE_IF_EMPTY: (
        [row for row in ROWS if "grace_ends_without_anyone" not in row.when], PRECONDITIONS),
}  # fmt: skip
"""The tables of some releases, by what they change."""

OTHERS = {
    "the version raised": lambda: patch.object(client_version, "FIRST_VERSION", (3, 21)),
    "a platform added to the desktops": lambda: patch.object(
        model, "DESKTOPS", frozenset({"windows", "macos", "linux", "web", "ios"})
    ),
    "plan code changed: nothing is recorded": lambda: patch.object(
        plan, "resolve", lambda *_: attrs.evolve(_RESOLVED, plan=plan.Plan())
    ),
}
"""Changes outside the table."""
_RESOLVED = plan.MeetingSettings(plan.Account("pro")).resolve()


@cache
def _table(name):
    # Changes outside the table leave it as it is.
    rows, preconditions = TABLES.get(name, TABLES[TODAY])
    return build(rows, preconditions).freeze(RecordingModel).table


@cache
def decider(name, plan_):
    """Returns the decision function of a release for a plan."""
    return _table(name).bind(RecordingModel(plan_), keep_refusals=True).decider()


def version(name):
    """Returns the version of a release."""
    return current_rules() if name == TODAY else RulesVersion("9.9.9", name)


class Release:
    """The release whose rules decide; a test changes its name."""

    def __init__(self, name=TODAY):
        self.name = name

    @contextmanager
    def installed(self):
        """Makes the rules of this release those of the program, for the length of a block."""
        with (
            patch.object(meeting, "decider", lambda plan_: decider(self.name, plan_)),
            patch.object(journal_file, "current_rules", lambda: version(self.name)),
            patch.object(journal_check, "current_rules", lambda: version(self.name)),
        ):
            yield self
