"""A new name of a vocabulary: each table without an entry for it says what to write where."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import fsm

PACKAGE = Path(fsm.__file__).parent
NEW_PLATFORM = ("recording/vocabulary.py", '"room", "other"]', '"room", "other", "tv"]')
NEW_STATE = ("recording/vocabulary.py", '"paused", "stopped"]', '"paused", "stopped", "lost"]')
# A state that no row leads to is refused with the machine.
ITS_ROW = ("recording/table.py", "ROWS = (\n", 'ROWS = (TableRow("pause", ("idle",), "lost"),\n')
NEW_STATUS = ("recording/vocabulary.py", '"locked_on"]', '"locked_on", "trial"]')
NEW_STARTER = ("recording/vocabulary.py", '"anyone"]', '"anyone", "guests"]')
NEW_REASON = ("recording/vocabulary.py", '    "not_desktop",', '    "not_desktop", "late",')
NEW_STOP = ("recording/vocabulary.py", '    "hosts_left",', '    "hosts_left", "full",')
NEW_RULE = ("recording/rules.py", '    "D17",', '    "D17", "D99",')
NEW_TRIGGER = ("recording/events.py", '"resume", "stop"\n', '"resume", "stop", "mute"\n')
NEW_CHANGE = ("recording/console_changes.py", ', "set_options"', ', "set_options", "reset"')
NEW_COMMAND = ("recording/outcome.py", '"resume", "stop"]', '"resume", "stop", "mark"]')
NEW_TONE = ("diagrams/model.py", '"ready", "off"]', '"ready", "off", "new"]')
NEW_DIFFERENCE = ("diagrams/model.py", '"removed", "changed"]', '"removed", "changed", "moved"]')
NEW_VIEW = ("diagrams/model.py", '"diff", "coverage"]', '"diff", "coverage", "film"]')
NEW_LANGUAGE = ("diagrams/translation.py", '"en", "zh"]', '"en", "zh", "ja"]')


@pytest.fixture(scope="module")
def copied(tmp_path_factory):
    """A copy of the package, whose modules may be changed."""
    folder = tmp_path_factory.mktemp("copy")
    shutil.copytree(PACKAGE, folder / "fsm")
    return folder


@pytest.mark.parametrize(
    ("change", "module", "message"),
    [
        (NEW_PLATFORM, "verify.meeting_space",
         "CLASS_OF in fsm/verify/meeting_space.py lacks 'tv' (write its representative)"),
        (NEW_STATE, "diagrams.catalogue",
         "_RECORDING_TONES in fsm/diagrams/catalogue.py lacks 'lost' (write its tone)"),
        (NEW_STATE, "cli.output",
         "STATE_STYLES in fsm/cli/output.py lacks 'lost' (write its style)"),
        (NEW_STATUS, "recording",
         "STATUSES in fsm/recording/policy_table.py lacks 'trial' (write its place)"),
        (NEW_STARTER, "recording",
         "STARTER_WORDS in fsm/recording/plan.py lacks 'guests' (write its words)"),
        (NEW_REASON, "verify",
         "_REFUSED_BY in fsm/verify/reference_rules.py lacks 'late' (write its rule)"),
        (NEW_REASON, "diagrams",
         "CHINESE in fsm/diagrams/translation.py lacks 'late' (write its translation)"),
        (NEW_STOP, "diagrams",
         "CHINESE in fsm/diagrams/translation.py lacks 'full' (write its translation)"),
        (NEW_RULE, "recording.rules",
         "RULES in fsm/recording/rules.py lacks 'D99' (write its title)"),
        (NEW_TRIGGER, "recording",
         "PRECONDITIONS in fsm/recording/table.py lacks 'mute' (write its guards)"),
        (NEW_CHANGE, "recording",
         "CONSOLE_ACTIONS in fsm/recording/policy_table.py lacks 'reset' (write its method)"),
        (NEW_COMMAND, "verify",
         "_STATE_AFTER in fsm/verify/reference_rules.py lacks 'mark' (write its state)"),
        (NEW_COMMAND, "diagrams.theme",
         "COMMAND_INKS in fsm/diagrams/theme.py lacks 'mark' (write its colour)"),
        (NEW_TONE, "diagrams",
         "STATE_COLOURS in fsm/diagrams/theme.py lacks 'new' (write its fill and its border)"),
        (NEW_DIFFERENCE, "diagrams",
         "CHANGE_COLOURS in fsm/diagrams/theme.py lacks 'moved' (write its colour)"),
        (NEW_VIEW, "diagrams", "LEGENDS in fsm/diagrams/texts.py lacks 'film' (write its legend)"),
        (NEW_LANGUAGE, "diagrams",
         "_DICTIONARIES in fsm/diagrams/translation.py lacks 'ja' (write its dictionary)"),
    ],
    ids=lambda value: value if isinstance(value, str) and " " not in value else "",
)  # fmt: skip
def test_a_table_without_an_entry_for_a_new_name_says_what_to_write_where(
    copied, change, module, message
):
    edits = [change, ITS_ROW] if change is NEW_STATE else [change]
    files = [copied / "fsm" / path for path, _, _ in edits]
    texts = [file.read_text(encoding="utf-8") for file in files]
    for file, text, (_, old, new) in zip(files, texts, edits, strict=True):
        assert text.count(old) == 1
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
        for file, text in zip(files, texts, strict=True):
            file.write_text(text, encoding="utf-8")
    assert done.stderr.splitlines()[-1] == f"ValueError: {message}"
