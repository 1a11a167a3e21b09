"""Versions of the rules: thirty-two changes of behaviour, and ten refactorings that change none.

Each is a small edit of the text of the sources, applied to a copy of them.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import attrs

import fsm
from fsm.review import report
from fsm.review.settings import plan_starts

PACKAGE = Path(fsm.__file__).parent


@attrs.frozen
class Edited:
    """A version by its difference from this one.

    Args:
        name: a description of the edit.
        edits: the file, the text to replace and its replacement; all occurrences are replaced.
        words: words of the sentence with which a review names the change.
        kind: the kind of the change.
        plays: whether a meeting shows it.
        timers: whether only meetings with timers show it.
    """

    name: str
    edits: tuple[tuple[str, str, str], ...]
    words: str = ""
    kind: str = "answers"
    plays: bool = True
    timers: bool = False


def copy_with(edited: Edited, folder: Path) -> Path:
    """Returns a directory with a copy of the project that has the edits."""
    shutil.copytree(PACKAGE, folder / "fsm", ignore=shutil.ignore_patterns("__pycache__", "web"))
    for name, old, new in edited.edits:
        path = folder / "fsm" / "recording" / name
        text = path.read_text(encoding="utf-8") if path.exists() else ""
        assert old in text, f"{edited.name}: {old!r} is not in {name}"
        path.write_text(text.replace(old, new) if old else new, encoding="utf-8")
    return folder


def starts_without_timers(plans, participants):
    """Returns the starts of a review that explores only meetings without timers."""
    without = [
        (plan, settings)
        for plan, settings in plans
        if not plan["grace"] and plan["end_when_empty"] is None
    ]
    assert 10 < len(without) < len(plans)
    return plan_starts(without, participants)


def review_few_meetings(monkeypatch):
    """Lets reviews explore only meetings without timers whose plan is nobody's choice.

    For tests of the command. All settings and all changes of the console are still compared.
    """

    def few_starts(plans, participants):
        nobodys = [each for each in plans if each[0]["source"] in ("console", "none")]
        return starts_without_timers(nobodys, participants)

    monkeypatch.setattr(report, "plan_starts", few_starts)


def _one(name, file, old, new, words="", kind="answers", *, plays=True, timers=False):
    return Edited(name, ((file, old, new),), words, kind, plays, timers)


_PAUSE_ROW = """    TableRow("pause", ("recording",), "paused",
        when=("records_to_cloud", "host_may_pause\""""
_RESUME_LOCAL = """    TableRow("resume", ("paused",), "recording",
        when=("requester_records",),
        command=ResumeRecorder(), rules=("D3",)),
"""
_RESUME_CLOUD = """    TableRow("resume", ("paused",), "recording",
        when=("records_to_cloud",),
        command=ResumeRecorder(), rules=("R9",)),
"""
_RESUMES, _RESUMES_REORDERED = _RESUME_CLOUD + _RESUME_LOCAL, _RESUME_LOCAL + _RESUME_CLOUD
_IMPORT = "from fsm.recording.plan import Plan"
_HOSTS = '''"""The hosts."""

from fsm.recording.vocabulary import HOSTS


def is_host(role):
    """Returns whether a role is a host."""
    return role in HOSTS
'''
_ENABLE_OFF = '    ConsoleRow("enable", ("off",), "locked_on", when=("own_kind_is_on",)),\n'
_CHOICES = '(("booking", booking), ("user", user))'

CHANGES = (
    # The table of the recording.
    _one("a guard is removed from the pause", "table.py", _PAUSE_ROW,
         _PAUSE_ROW.replace('"host_may_pause"', "*()"), "pause by a host"),
    _one("a guard is removed from pause and stop", "table.py",
         '("records_to_cloud", "host_may_pause"', '("records_to_cloud", *()', "pause by a host"),
    _one("a guard is added to the start by hand", "table.py",
         '"local_is_requested_from_desktop"),', '"local_is_requested_from_desktop",'
         ' "host_may_pause"),', "start by a host"),
    _one("a row is removed", "table.py", _RESUME_LOCAL, "", "resume by a host"),
    _one("a failed recorder leads back to idle", "table.py",
         'TableRow("recorder_failed", _ACTIVE, "stopped"', 'TableRow("recorder_failed", _ACTIVE, '
         '"idle"', "recorder_failed"),
    _one("a paused recording no longer stops", "table.py",
         "_ACTIVE = tuple(state for state in STATES if state in ACTIVE_STATES)",
         '_ACTIVE = ("recording",)'),
    _one("another reason of a stop", "table.py", 'StopRecorder("hosts_left")',
         'StopRecorder("everyone_left")', "hosts_left"),
    _one("the end no longer ends the meeting", "table.py",
         'timers=("cancel_empty",), actions=("end_meeting",)', 'timers=("cancel_empty",)', ""),
    _one("other rules of a row", "table.py", 'command=StopRecorder("recorder_failed"), '
         'rules=("D11",)', 'command=StopRecorder("recorder_failed"), rules=("D10",)',
         "by the rules before D10, now D11", "rules"),
    # The order of guards and preconditions.
    _one("guards of the start in another order", "table.py",
         '("kind_is_available", "local_is_requested_from_desktop")',
         '("local_is_requested_from_desktop", "kind_is_available")', "start by a host"),
    _one("preconditions of the host's commands in another order", "table.py",
         '_BY_HOST = ("is_open", "requester_is_present", "requester_is_host")',
         '_BY_HOST = ("requester_is_present", "is_open", "requester_is_host")', "meeting_ended"),
    _one("a precondition of the host's commands is removed", "table.py",
         '_BY_HOST = ("is_open", "requester_is_present", "requester_is_host")',
         '_BY_HOST = ("is_open", "requester_is_present")', "by a member"),
    # Guards and actions of the model.
    _one("a guard is negated", "model.py", 'return self.kind == "local"',
         'return self.kind != "local"', "end by"),
    _one("another reason code", "model.py", 'reason="not_desktop"', 'reason="kind_unavailable"',
         "not_desktop"),
    _one("other rules of a guard", "model.py",
         '@guard("a host", reason="not_host", rules=("D1",))',
         '@guard("a host", reason="not_host", rules=("D1", "D2"))', "by the rules", "rules"),
    _one("a role change changes no role", "model.py",
         "self.present[event.id] = PARTICIPANTS[event.role, participant.platform]", "pass"),
    _one("a local recording may be paused by any client", "model.py",
         "return event.by == self.client", "return self.client is not None", "pause by a host"),
    _one("one more participant keeps a recording", "model.py",
         "return len(self.present) == 1", "return len(self.present) == 2", "leave of a"),
    _one("a host who leaves is still counted", "model.py", "self.hosts -= 1", "self.hosts -= 0"),
    # Timers.
    _one("a member who comes cancels the grace", "model.py",
         "(event.role in HOSTS or not self", "(type(event) is Join or event.role in HOSTS or not "
         "self", "timers: cancel grace, cancel empty, now recording, timers: cancel empty",
         timers=True),
    _one("a join does not cancel the end of an empty meeting", "table.py",
         'timers=("cancel_grace_if_kept", "cancel_empty")', 'timers=("cancel_grace_if_kept",)',
         "timers: nothing, now idle, timers: cancel empty", timers=True),
    # The vocabulary.
    _one("linux is a desktop", "vocabulary.py", '"linux": False', '"linux": True', "linux"),
    _one("a co-host is no host", "vocabulary.py", '"cohost": True', '"cohost": False',
         "cohost"),
    _one("another first version", "vocabulary.py", "FIRST_VERSION: Final = (3, 17)",
         "FIRST_VERSION: Final = (3, 18)", "join of a"),
    _one("the pro edition has a console", "vocabulary.py",
         '"pro": False', '"pro": True', "pro"),
    _one("a quick meeting is booked", "vocabulary.py", '"quick": True', '"quick": False',
         "settings of", "settings", plays=False),
    # The plan and the form.
    _one("the user's choice comes before the booking", "plan.py", _CHOICES,
         '(("user", user), ("booking", booking))', "plan of", "settings"),
    _one("sub-options reach a free status", "plan.py", "form.ticked and auto.kind",
         "account.has_console and auto.kind", "plan of", "settings"),
    _one("a locked form may be changed", "plan.py", "editable=not locked", "editable=True",
         "editable", "settings", plays=False),
    # The console.
    _one("a console that is locked stays free", "policy_table.py",
         'ConsoleRow("lock", ("free",), "off")', 'ConsoleRow("lock", ("free",), None)',
         "lock by a super admin"),
    _one("a disabled console is not locked on when it is enabled", "policy_table.py",
         _ENABLE_OFF, "", "enable by a super admin", plays=False),
    _one("an admin needs no permission", "console.py",
         "return event.by.account_settings", "return True", "by an admin",
         plays=False),
)  # fmt: skip

REFACTORINGS = (
    Edited("a guard is renamed", (("table.py", "records_to_cloud", "is_cloud"),
                                  ("model.py", "records_to_cloud", "is_cloud"))),
    _one("rows that exclude each other are reordered", "table.py", _RESUMES, _RESUMES_REORDERED),
    _one("a guard has another label", "model.py", '@guard("that kind is on"',
         '@guard("the chosen kind is on"'),
    _one("the guards of a row in another order", "table.py",
         '"from_supported_platform", "version_is_new_enough"),',
         '"version_is_new_enough", "from_supported_platform"),'),
    _one("a helper is extracted", "model.py", "        return self.hosts == 1 and "
         "self.present[event.id].role in HOSTS", "        return self.hosts == 1 and "
         "self._is_host(event.id)\n\n    def _is_host(self, participant: str) -> bool:\n"
         "        return self.present[participant].role in HOSTS"),
    Edited("a module is split", (
        ("hosts.py", "", _HOSTS),
        ("model.py", "return event.role in HOSTS", "return is_host(event.role)"),
        ("model.py", _IMPORT, f"from fsm.recording.hosts import is_host\n{_IMPORT}"),
    )),
    _one("hosts are counted when they are asked for", "model.py",
         "return self.hosts == 1 and self.present", "return sum(person.role in HOSTS for person in "
         "self.present.values()) == 1 and self.present"),
    _one("a row is split by its states", "table.py",
         'TableRow("recorder_failed", _ACTIVE, "stopped",\n'
         '        actions=("clear_recording",),\n'
         '        command=StopRecorder("recorder_failed"), rules=("D11",)),',
         'TableRow("recorder_failed", ("recording",), "stopped",\n'
         '        actions=("clear_recording",),\n'
         '        command=StopRecorder("recorder_failed"), rules=("D11",)),\n'
         '    TableRow("recorder_failed", ("paused",), "stopped",\n'
         '        actions=("clear_recording",),\n'
         '        command=StopRecorder("recorder_failed"), rules=("D11",)),'),
    Edited("a field of the model is renamed", (
        ("model.py", "self.hosts ", "self.host_count "),
        ("model.py", "hosts: int = 0", "host_count: int = 0"),
    )),
    _one("the console's changes are written differently", "console.py",
         "self.kinds |= {event.kind}", "self.kinds = self.kinds | {event.kind}"),
)  # fmt: skip
