"""Writes the JSON Schema of the scenario format to examples/scenario.schema.json."""

import json
from pathlib import Path

from fsm.scenario.schema import scenario_schema

TARGET = Path(__file__).parent.parent / "examples" / "scenario.schema.json"

if __name__ == "__main__":
    TARGET.write_text(json.dumps(scenario_schema(), indent=2) + "\n", encoding="utf-8")
    print(f"wrote {TARGET.relative_to(Path.cwd())}")
