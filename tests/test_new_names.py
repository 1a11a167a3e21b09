"""A new name of a vocabulary: each table without an entry for it says what to write where."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import fsm

PACKAGE = Path(fsm.__file__).parent
VOCABULARY = "recording/vocabulary.py"
NEW_PLATFORM = (VOCABULARY, '"room", "other"', '"room", "tv", "other"')
ITS_CLASSES = [
    (path, '"other": False,', '"other": False, "tv": False,')
    for path in (VOCABULARY, "verify/plan_rules.py")
]
NEW_STATE = (VOCABULARY, '"paused", "stopped"', '"paused", "lost", "stopped"')
# A state that no row leads to is refused with the machine.
ITS_ROW = [
    (VOCABULARY, '"stopped": False', '"stopped": False, "lost": False'),
    ("recording/table.py", "ROWS = (\n", 'ROWS = (TableRow("pause", ("idle",), "lost"),\n'),
]
ITS_CHINESE = ("translation/rule_texts.py", '"idle": ', '"lost": "X", "idle": ')
COMMAND_IN_CHINESE = ("translation/rule_texts.py", '"idle": ', '"mark": "X", "idle": ')
NEW_ROLE = (VOCABULARY, 'Role = Literal["host",', 'Role = Literal["usher", "host",')
ITS_CLASS = [(VOCABULARY, '"member": False', '"member": False, "usher": False')]
NEW_EDITION = (
    VOCABULARY,
    '"education", "education_plus"',
    '"education", "max", "education_plus"',
)
ITS_CONSOLE = [(VOCABULARY, '"education_plus": True,', '"education_plus": True, "max": True,')]
NEW_TYPE = (VOCABULARY, '"quick", "personal"', '"quick", "ad_hoc", "personal"')
ITS_BOOKING = [(VOCABULARY, '"personal": True,', '"personal": True, "ad_hoc": True,')]
NEW_KIND = (
    VOCABULARY,
    'Kind = Literal["cloud", "local"',
    'Kind = Literal["cloud", "nas", "local"',
)
ITS_OPTIONS = [(VOCABULARY, '"local": False', '"local": False, "nas": False')]
NEW_SOURCE = (VOCABULARY, '"user", "none"', '"user", "group", "none"')
NEW_GUARD = ("recording/model.py", '@guard("the last host"', '@guard("the last chair"')
NEW_FIELD = ("recording/events.py", "    trigger: ClassVar[Trigger] = \"pause\"\n",
             "    trigger: ClassVar[Trigger] = \"pause\"\n    until: int\n")  # fmt: skip
NEW_STATUS = (VOCABULARY, '"default_on", "locked_on"', '"default_on", "trial", "locked_on"')
NEW_STARTER = (VOCABULARY, '["host", "anyone"', '["host", "guests", "anyone"')
ITS_WORDS = [
    ("recording/plan.py", '"anyone": "anyone"}', '"anyone": "anyone", "guests": "a guest"}'),
]
NEW_REASON = (VOCABULARY, '    "not_desktop",', '    "not_desktop", "late",')
NEW_STOP = (VOCABULARY, '    "hosts_left",', '    "hosts_left", "full",')
NEW_TRIGGER = ("recording/events.py", '"resume", "stop"', '"resume", "mute", "stop"')
NEW_CHANGE = ("recording/console_changes.py", ', "set_options"', ', "set_options", "reset"')
NEW_COMMAND = ("recording/outcome.py", '"resume", "stop"', '"resume", "mark", "stop"')
NEW_TONE = ("diagrams/model.py", '"ready", "off"]', '"ready", "off", "new"]')
NEW_DIFFERENCE = ("diagrams/model.py", '"removed", "changed"]', '"removed", "changed", "moved"]')
NEW_VIEW = ("diagrams/model.py", '"diff", "coverage"]', '"diff", "coverage", "film"]')
NEW_LANGUAGE = ("translation/translator.py", '"en", "zh"]', '"en", "zh", "ja"]')


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
    files = {copied / "fsm" / path for path, _, _ in edits}
    texts = {file: file.read_text(encoding="utf-8") for file in files}
    for path, old, new in edits:
        file = copied / "fsm" / path
        text = file.read_text(encoding="utf-8")
        assert old in text
        file.write_text(text.replace(old, new), encoding="utf-8")
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
