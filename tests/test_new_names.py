"""A new name of a vocabulary: each table without an entry for it says what to write where."""

import ast
import os
import shutil
import subprocess
import sys
from pathlib import Path

import attrs
import pytest

import fsm

PACKAGE = Path(fsm.__file__).parent
VOCABULARY = "recording/vocabulary.py"
RULE_TEXTS = "translation/rule_texts.py"
DIAGRAM_MODEL = "diagrams/model.py"


@attrs.frozen
class NewName:
    """Adds a name to a vocabulary, behind its other names."""

    path: str
    vocabulary: str
    name: str

    def applied(self, text):
        [names] = [
            node.value.slice
            for node in ast.parse(text).body
            if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == self.vocabulary
        ]
        last = names.elts[-1]
        return inserted(text, [(last.end_lineno, last.end_col_offset, f', "{self.name}"')])


@attrs.frozen
class Entries:
    """Adds an entry to each table of a module that has one for another name.

    Its value is that of the other name unless there is one.
    """

    path: str
    other: str
    name: str
    value: str = ""

    def applied(self, text):
        places = [
            (key.lineno, key.col_offset, f'"{self.name}": {self.value or ast.unparse(value)}, ')
            for table in ast.walk(ast.parse(text))
            if isinstance(table, ast.Dict)
            for key, value in zip(table.keys, table.values, strict=True)
            if isinstance(key, ast.Constant) and key.value == self.other
        ]
        assert places
        return inserted(text, places)


@attrs.frozen
class Edit:
    """Replaces a text of a module."""

    path: str
    old: str
    new: str

    def applied(self, text):
        assert self.old in text
        return text.replace(self.old, self.new)


def inserted(text, places):
    """The text with others inserted, each at a line and a column of the syntax tree."""
    lines = text.encode().splitlines(keepends=True)
    for line, column, new in sorted(places, reverse=True):
        old = lines[line - 1]
        lines[line - 1] = old[:column] + new.encode() + old[column:]
    return b"".join(lines).decode()


NEW_PLATFORM = NewName(VOCABULARY, "Platform", "tv")
ITS_CLASSES = [Entries(path, "other", "tv") for path in (VOCABULARY, "verify/plan_rules.py")]
NEW_STATE = NewName(VOCABULARY, "State", "lost")
# A state that no row leads to is refused with the machine.
ITS_ROW = [
    Entries(VOCABULARY, "stopped", "lost"),
    Edit("recording/table.py", "ROWS = (\n", 'ROWS = (TableRow("pause", ("idle",), "lost"),\n'),
]
ITS_CHINESE = Entries(RULE_TEXTS, "idle", "lost", "'X'")
COMMAND_IN_CHINESE = Entries(RULE_TEXTS, "idle", "mark", "'X'")
NEW_ROLE = NewName(VOCABULARY, "Role", "usher")
ITS_CLASS = [Entries(VOCABULARY, "member", "usher")]
NEW_EDITION = NewName(VOCABULARY, "Edition", "max")
ITS_CONSOLE = [Entries(VOCABULARY, "education_plus", "max")]
NEW_TYPE = NewName(VOCABULARY, "MeetingType", "ad_hoc")
ITS_BOOKING = [Entries(VOCABULARY, "personal", "ad_hoc")]
NEW_KIND = NewName(VOCABULARY, "Kind", "nas")
ITS_OPTIONS = [Entries(VOCABULARY, "local", "nas")]
NEW_SOURCE = NewName(VOCABULARY, "Source", "group")
NEW_GUARD = Edit("recording/model.py", '@guard("the last host"', '@guard("the last chair"')
PAUSE = '    trigger: ClassVar[Trigger] = "pause"\n'
NEW_FIELD = Edit("recording/events.py", PAUSE, f"{PAUSE}    until: int\n")
NEW_STATUS = NewName(VOCABULARY, "PolicyStatus", "trial")
NEW_STARTER = NewName(VOCABULARY, "Starter", "guests")
ITS_WORDS = [Entries("recording/plan.py", "anyone", "guests", "'a guest'")]
NEW_REASON = NewName(VOCABULARY, "Reason", "late")
NEW_STOP = NewName(VOCABULARY, "StopReason", "full")
NEW_TRIGGER = NewName("recording/events.py", "Trigger", "mute")
NEW_CHANGE = NewName("recording/console_changes.py", "ConsoleTrigger", "reset")
NEW_COMMAND = NewName("recording/outcome.py", "CommandName", "mark")
NEW_TONE = NewName(DIAGRAM_MODEL, "StateTone", "new")
NEW_DIFFERENCE = NewName(DIAGRAM_MODEL, "ChangeKind", "moved")
NEW_VIEW = NewName(DIAGRAM_MODEL, "View", "film")
NEW_LANGUAGE = NewName("translation/translator.py", "Lang", "ja")


@pytest.fixture(scope="module")
def copied(tmp_path_factory):
    """A copy of the package, whose modules may be changed."""
    folder = tmp_path_factory.mktemp("copy")
    shutil.copytree(PACKAGE, folder / "fsm")
    return folder


@pytest.mark.parametrize(
    ("change", "repairs", "module", "message"),
    [
        (NEW_PLATFORM, [], "recording",
         ("DESKTOPS in fsm/recording/vocabulary.py lacks 'tv' "
         "(write whether it is a desktop: True or False)")),
        (NEW_PLATFORM, ITS_CLASSES[:1], "verify",
         ("DESKTOP_PLATFORMS in fsm/verify/plan_rules.py lacks 'tv' "
         "(write whether it is a desktop (R2): True or False)")),
        (NEW_ROLE, [], "recording",
         ("HOSTS in fsm/recording/vocabulary.py lacks 'usher' "
         "(write whether it counts as a host: True or False)")),
        (NEW_ROLE, ITS_CLASS, "verify",
         ("HOST_ROLES in fsm/verify/plan_rules.py lacks 'usher' "
         "(write whether D1 makes it a host: True or False)")),
        (NEW_EDITION, [], "recording",
         ("CONSOLE_EDITIONS in fsm/recording/vocabulary.py lacks 'max' "
         "(write whether it has a console: True or False)")),
        (NEW_EDITION, ITS_CONSOLE, "verify",
         ("EDITIONS_WITHOUT_CONSOLE in fsm/verify/plan_rules.py lacks 'max' "
         "(write whether it has no console (R4): True or False)")),
        (NEW_TYPE, [], "recording",
         ("UNBOOKED in fsm/recording/vocabulary.py lacks 'ad_hoc' "
         "(write whether it is never booked: True or False)")),
        (NEW_TYPE, ITS_BOOKING, "verify",
         ("UNBOOKED_TYPES in fsm/verify/plan_rules.py lacks 'ad_hoc' "
         "(write whether D13 names it: True or False)")),
        (NEW_KIND, [], "recording",
         ("KINDS_WITH_OPTIONS in fsm/recording/vocabulary.py lacks 'nas' "
         "(write whether it has sub-options: True or False)")),
        (NEW_KIND, ITS_OPTIONS, "verify",
         ("KINDS_WITH_SUB_OPTIONS in fsm/verify/plan_rules.py lacks 'nas' "
         "(write whether it has sub-options (R7): True or False)")),
        (NEW_STATE, [], "recording",
         ("ACTIVE_STATES in fsm/recording/vocabulary.py lacks 'lost' "
         "(write whether a recording runs or is paused in it: True or False)")),
        (NEW_SOURCE, [], "cli.output",
         "SOURCE_WORDS in fsm/cli/output.py lacks 'group' (write its words)"),
        (NEW_GUARD, [], "diagrams",
         ("RULE_LABELS in fsm/translation/rule_texts.py lacks 'the last chair' "
          "(write its translation)")),
        (NEW_FIELD, [], "recording",
         ("Meeting.allowed in fsm/recording/meeting.py lacks 'until' "
          "(write the values of the field)")),
        (NEW_PLATFORM, ITS_CLASSES, "verify.meeting_space",
         "CLASS_OF in fsm/verify/meeting_space.py lacks 'tv' (write its representative)"),
        (NEW_STATE, [*ITS_ROW, ITS_CHINESE], "diagrams.catalogue",
         "_RECORDING_TONES in fsm/diagrams/catalogue.py lacks 'lost' (write its tone)"),
        (NEW_STATE, ITS_ROW, "cli.output",
         "STATE_STYLES in fsm/cli/output.py lacks 'lost' (write its style)"),
        (NEW_STATUS, [], "recording",
         "STATUSES in fsm/recording/policy_table.py lacks 'trial' (write its place)"),
        (NEW_STARTER, [], "recording",
         "STARTER_WORDS in fsm/recording/plan.py lacks 'guests' (write its words)"),
        (NEW_STARTER, ITS_WORDS, "diagrams",
         "RULE_LABELS in fsm/translation/rule_texts.py lacks 'a guest' (write its translation)"),
        (NEW_REASON, [], "verify",
         "_REFUSED_BY in fsm/verify/reference_rules.py lacks 'late' (write its rule)"),
        (NEW_REASON, [], "diagrams",
         "RULE_LABELS in fsm/translation/rule_texts.py lacks 'late' (write its translation)"),
        (NEW_STOP, [], "diagrams",
         "RULE_LABELS in fsm/translation/rule_texts.py lacks 'full' (write its translation)"),
        (NEW_TRIGGER, [], "recording",
         ("Event in fsm/recording/events.py lacks 'mute' "
          "(write the class of the event, and list it there)")),
        (NEW_CHANGE, [], "recording",
         "CONSOLE_ACTIONS in fsm/recording/policy_table.py lacks 'reset' (write its method)"),
        (NEW_COMMAND, [], "verify",
         "_STATE_AFTER in fsm/verify/reference_rules.py lacks 'mark' (write its state)"),
        (NEW_COMMAND, [COMMAND_IN_CHINESE], "diagrams.theme",
         "COMMAND_INKS in fsm/diagrams/theme.py lacks 'mark' (write its colour)"),
        (NEW_TONE, [], "diagrams",
         "STATE_COLOURS in fsm/diagrams/theme.py lacks 'new' (write its fill and its border)"),
        (NEW_DIFFERENCE, [], "diagrams",
         "CHANGE_COLOURS in fsm/diagrams/theme.py lacks 'moved' (write its colour)"),
        (NEW_VIEW, [], "diagrams",
         "LEGENDS in fsm/diagrams/texts.py lacks 'film' (write its legend)"),
        (NEW_LANGUAGE, [], "diagrams",
         "_CATALOGUES in fsm/translation/translator.py lacks 'ja' (write its catalogue)"),
    ],
    ids=lambda value: value if isinstance(value, str) and " " not in value else "",
)  # fmt: skip
def test_a_table_without_an_entry_for_a_new_name_says_what_to_write_where(
    copied, change, repairs, module, message
):
    edits = [change, *repairs]
    files = {copied / "fsm" / edit.path for edit in edits}
    texts = {file: file.read_text(encoding="utf-8") for file in files}
    for edit in edits:
        file = copied / "fsm" / edit.path
        file.write_text(edit.applied(file.read_text(encoding="utf-8")), encoding="utf-8")
    try:
        done = subprocess.run(
            [sys.executable, "-c", f"import fsm.{module}"],
            # A module that is changed twice in a second has the same compiled file.
            env={**os.environ, "PYTHONPATH": str(copied), "PYTHONDONTWRITEBYTECODE": "1"},
            cwd=copied,
            capture_output=True, text=True, check=False,
        )  # fmt: skip
    finally:
        for file, text in texts.items():
            file.write_text(text, encoding="utf-8")
    assert done.stderr.splitlines()[-1] == f"ValueError: {message}"
