"""The JSON Schema accepts the data that the decoder accepts, and refuses the rest."""

from enum import Enum
from typing import ClassVar, Literal

import attrs
import jsonschema
import pytest

from fsm.decode import FLATTEN, RESERVED, VALUE, DecodeError, Fault, decode, try_decode
from fsm.json_schema import LIMITS, json_schema


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


def _not_too_long(_, __, minutes):
    if minutes > 60:
        raise ValueError(f"a rest must be at most 60 minutes, not {minutes}")


@attrs.frozen
class Rest:
    """A rest."""

    trigger: ClassVar[str] = "rest"
    minutes: float = attrs.field(
        validator=_not_too_long, metadata={VALUE: True, LIMITS: {"maximum": 60}}
    )


@attrs.frozen
class Order:
    action: Drive | Park | Rest = attrs.field(
        metadata={FLATTEN: True, RESERVED: {"crash": "nobody orders a crash"}}
    )
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
        {"rest": 30},
        {"rest": 1.5, "urgent": True},
        {"rest": 60.5},
        {"rest": "30"},
        {"rest": None},
        {"rest": {"minutes": 30}},
        {"crash": {}},
        {"crash": {}, "park": {}},
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


@pytest.mark.parametrize(
    ("data", "faults"),
    [
        ({"rest": 61}, [Fault("/rest", "a rest must be at most 60 minutes, not 61")]),
        ({"rest": None}, [Fault("/rest", "it must be a number, not null")]),
        ({"crash": {}}, [Fault("/crash", "nobody orders a crash")]),
        ({"crash": {}, "park": {}}, [Fault("/crash", "nobody orders a crash")]),
    ],
)
def test_a_value_of_its_own_and_a_reserved_trigger_have_one_clear_fault(data, faults):
    with pytest.raises(DecodeError) as caught:
        decode(data, Order)
    assert list(caught.value.faults) == faults


def test_the_schema_of_a_value_of_its_own_has_its_limits():
    assert json_schema(Order)["properties"]["rest"] == {
        "type": "number", "maximum": 60, "description": "A rest.",
    }  # fmt: skip
