import json
from pathlib import Path

import jsonschema
import pytest
import yaml

from fsm.scenario.schema import scenario_schema

from .broken import BROKEN

ROOT = Path(__file__).parents[2]
VALIDATOR = jsonschema.Draft202012Validator(scenario_schema())
EXAMPLES = sorted((ROOT / "examples" / "scenarios").glob("*.yaml"))


def documents(text):
    return [document for document in yaml.safe_load_all(text) if document is not None]


def test_the_committed_schema_is_up_to_date():
    committed = (ROOT / "examples" / "scenario.schema.json").read_text(encoding="utf-8")
    assert json.loads(committed) == scenario_schema(), "run: make schema"


def test_the_schema_is_a_valid_json_schema():
    VALIDATOR.check_schema(scenario_schema())


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: file.stem)
def test_every_example_is_valid_and_names_the_schema(file):
    text = file.read_text(encoding="utf-8")
    assert text.startswith("# yaml-language-server: $schema=../scenario.schema.json\n")
    for document in documents(text):
        VALIDATOR.validate(document)


@pytest.mark.parametrize("seconds", [0, 30, 0.043, 1.1, 604_800, 31_536_000])
def test_every_wait_that_plays_is_valid(seconds):
    VALIDATOR.validate({"account": {"edition": "pro"}, "events": [{"wait": seconds}]})


# A schema checks data: it cannot see duplicate keys and other faults of the text.
UNSEEN = {name for name in BROKEN if "given twice" in name} | {
    "merge key",
    "lone surrogate",
    "version in scientific notation",
    # The number of decimals has no exact keyword, and the limits of a firing stand in its class.
    "wait of 0.0001",
    "wait of 1.2345",
    "wait of 1e-4",  # text for other readers of YAML
    "wait of .nan",
    "firing of setting zero",
}


def test_the_schema_refuses_what_the_loader_refuses():
    checked = 0
    for name, (content, _, _) in BROKEN.items():
        if isinstance(content, bytes) or name in UNSEEN:
            continue
        try:
            data = documents(content)
        except (yaml.YAMLError, ValueError, RecursionError, TypeError):
            continue
        if data:
            assert any(list(VALIDATOR.iter_errors(document)) for document in data), name
            checked += 1
    assert checked > 60
