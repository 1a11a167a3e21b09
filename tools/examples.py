"""Writes the example scenarios, with their rules, as a file of the simulator's page."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from fsm.recording.rules import RULE_IDS
from fsm.simulator.documents import scenarios_in
from fsm.verify.traceability import rule_of_scenario

ROOT = Path(__file__).resolve().parents[1]
SCENARIOS = ROOT / "examples" / "scenarios"
TARGET = ROOT / "fsm" / "simulator" / "page" / "examples.json"


def examples() -> list[dict[str, Any]]:
    """Returns each example: its rule, ``None`` for one of several rules, and its scenario."""
    found = []
    for file in sorted(SCENARIOS.glob("*.yaml")):
        rule = rule_of_scenario(file)
        found += [{"rule": rule, "scenario": each} for each in scenarios_in(file.read_bytes())]
    order = (None, *RULE_IDS)
    return sorted(found, key=lambda example: order.index(example["rule"]))


def file() -> Path:
    """Returns the file."""
    return TARGET


def text() -> str:
    """Returns the text of the file."""
    return json.dumps(examples(), ensure_ascii=False, separators=(",", ":")) + "\n"


if __name__ == "__main__":
    TARGET.write_text(text(), encoding="utf-8")
    print(f"wrote {TARGET.relative_to(ROOT)}")
