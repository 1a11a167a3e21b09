"""Writes the names that a journal of this release may have to docs/names/RELEASE.json.

The files of earlier releases stay as they are: a release that lacks a name cannot read a journal
that has it.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import get_args

import fsm
from fsm.recording import events, vocabulary

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "names"
VOCABULARIES = {
    "Edition": vocabulary.Edition,
    "Kind": vocabulary.Kind,
    "MeetingType": vocabulary.MeetingType,
    "Platform": vocabulary.Platform,
    "Reason": vocabulary.Reason,
    "Role": vocabulary.Role,
    "Source": vocabulary.Source,
    "Starter": vocabulary.Starter,
    "State": vocabulary.State,
    "StopReason": vocabulary.StopReason,
    "Timer": vocabulary.Timer,
    "Trigger": events.Trigger,
}


def file() -> Path:
    """Returns the file of this release."""
    return FOLDER / f"{fsm.__version__}.json"


def text() -> str:
    """Returns the text of the file of this release."""
    names = {word: get_args(vocabulary_) for word, vocabulary_ in VOCABULARIES.items()}
    return json.dumps(names, indent=2) + "\n"


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    file().write_text(text(), encoding="utf-8")
    print(f"wrote {file().relative_to(FOLDER.parents[1])}")
