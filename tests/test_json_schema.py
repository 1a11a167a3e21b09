"""The JSON Schema accepts the data that the decoder accepts, and refuses the rest."""

from enum import Enum
from typing import ClassVar, Literal

import attrs
import jsonschema
import pytest

from fsm.decode import FLATTEN, try_decode
from fsm.json_schema import json_schema


class Unknown(Enum):
    UNKNOWN = "unknown"


@attrs.frozen
class Engine:
    """An engine, of
    some size.

    Args:
        fuel: its fuel; ``None`` for
            an electric one.
        litres: its size.
    """

    fuel: Literal["diesel", "petrol"] | None
    litres: int | Unknown = Unknown.UNKNOWN


@attrs.frozen
class Drive:
    trigger: ClassVar[str] = "drive"
    engine: Engine


@attrs.frozen
class Park:
    trigger: ClassVar[str] = "park"
    by: str | None = None


@attrs.frozen
class Order:
    action: Drive | Park = attrs.field(metadata={FLATTEN: True})
    engines: tuple[Engine, ...] | None = None
    urgent: bool = False


DRIVE = {"drive": {"engine": {"fuel": "diesel", "litres": 2}}}


@pytest.mark.parametrize(
    "data",
    [
        DRIVE,
        {"park": None},
        {"park": {}},
        {"park": {"by": None}, "engines": None, "urgent": True},
        {"park": {}, "engines": [{"fuel": None}]},
        {},
        [],
        {"drive": None},
        {**DRIVE, "park": {}},
        {**DRIVE, "x": 1},
        {**DRIVE, "urgent": "true"},
        {**DRIVE, "engines": {}},
        {"park": {"by": 7}},
        {"park": {}, "engines": [{"fuel": "tea"}]},
        {"park": {}, "engines": [{"fuel": "petrol", "litres": None}]},
        {"park": {}, "engines": [{"litres": 1}]},
    ],
    ids=str,
)
def test_the_schema_accepts_the_data_that_the_decoder_accepts(data):
    decoded, _ = try_decode(data, Order)
    valid = jsonschema.Draft202012Validator(json_schema(Order)).is_valid(data)
    assert valid == (decoded is not None)


def test_descriptions_are_those_of_the_docstring():
    schema = json_schema(Engine)
    assert schema["description"] == "An engine, of some size."
    assert schema["properties"]["fuel"]["description"] == "its fuel; null for an electric one."
    assert schema["required"] == ["fuel"]
