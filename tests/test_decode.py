"""The decoder: strict, with the path of each fault."""

from enum import Enum
from typing import ClassVar, Literal

import attrs
import pytest

from fsm.decode import (
    FLATTEN,
    LIST_LIMIT,
    VALIDATOR,
    DecodeError,
    Fault,
    classes_by_trigger,
    decode,
    field_types,
    try_decode,
    union_members,
)


def at_least_one(value):
    if value < 1:
        raise ValueError(f"it must be at least 1, not {value}")


@attrs.frozen
class Engine:
    fuel: Literal["diesel", "petrol"]
    litres: int = attrs.field(default=1, metadata={VALIDATOR: at_least_one})


@attrs.frozen
class Car:
    name: str
    engine: Engine | str
    spare: Engine | None = None
    seats: tuple[int, ...] = ()
    doors: dict[str, bool] = attrs.field(factory=dict)

    def __attrs_post_init__(self):
        if self.name == "tank":
            raise ValueError("a tank is no car")


@attrs.frozen
class Drive:
    trigger: ClassVar[str] = "drive"
    speed: int


@attrs.frozen
class Park:
    trigger: ClassVar[str] = "park"


@attrs.frozen
class Order:
    action: Drive | Park = attrs.field(metadata={FLATTEN: True})
    id: str | None = None


ENGINE = {"fuel": "diesel", "litres": 2}
CAR = {"name": "a", "engine": ENGINE}


def faults(data, cls):
    with pytest.raises(DecodeError) as raised:
        decode(data, cls)
    assert str(raised.value) == raised.value.faults[0].detail
    return raised.value.faults


def test_data_that_fits_becomes_an_instance():
    data = {**CAR, "seats": [1, 2], "doors": {"left": True}}
    assert decode(data, Car) == Car("a", Engine("diesel", 2), seats=(1, 2), doors={"left": True})


def test_a_union_takes_text_null_or_an_object():
    assert decode({"name": "a", "engine": "electric", "spare": None}, Car).engine == "electric"
    assert decode({**CAR, "spare": ENGINE}, Car).spare == Engine("diesel", 2)


@pytest.mark.parametrize(
    ("data", "pointer", "detail"),
    [
        ([], "", "it must be an object with name, engine, spare, seats, doors, not a list"),
        ({**CAR, "name": 7}, "/name", "it must be text, not a whole number"),
        ({**CAR, "seats": {}}, "/seats", "it must be a list, not an object"),
        ({**CAR, "seats": [1, True]}, "/seats/1", "it must be a whole number, not true or false"),
        ({**CAR, "doors": []}, "/doors", "it must be an object, not a list"),
        ({**CAR, "doors": {"a/b~": 1}}, "/doors/a~1b~0",
         "it must be true or false, not a whole number"),
        ({**CAR, "engine": {"fuel": "disel"}}, "/engine/fuel",
         "unknown value 'disel' (did you mean 'diesel'?)"),
        ({**CAR, "engine": {"fuel": "tea"}}, "/engine/fuel",
         "unknown value 'tea' (one of: diesel, petrol)"),
        ({**CAR, "engine": {"fuel": 1}}, "/engine/fuel",
         "it must be one of: diesel, petrol; not a whole number"),
        ({**CAR, "engine": {"fuel": "petrol", "litres": 0}}, "/engine/litres",
         "it must be at least 1, not 0"),
        ({**CAR, "sets": []}, "/sets", "unknown key 'sets' (did you mean 'seats'?)"),
        ({"name": "a"}, "", "'engine' is missing (required: name, engine)"),
        ({**CAR, "name": "tank"}, "", "a tank is no car"),
        ({**CAR, "name": 1.5}, "/name", "it must be text, not a decimal number"),
    ],
)  # fmt: skip
def test_a_fault_has_its_place_and_a_description(data, pointer, detail):
    assert faults(data, Car) == (Fault(pointer, detail),)


def test_all_faults_are_reported_at_once():
    data = {"name": 7, "engine": {"fuel": "tea", "x": 1}}
    assert {fault.pointer for fault in faults(data, Car)} == {
        "/name", "/engine/fuel", "/engine/x",
    }  # fmt: skip


def test_only_the_first_unknown_keys_are_reported():
    data = {**CAR, **{f"x{number}": 1 for number in range(1000)}}
    assert [fault.pointer for fault in faults(data, Car)] == [f"/x{n}" for n in range(10)]


@attrs.frozen
class Garage:
    engines: tuple[Engine, ...] = attrs.field(default=(), metadata={LIST_LIMIT: 1000})
    owners: dict[str, Literal["me", "you"]] = attrs.field(factory=dict)


@pytest.mark.parametrize(
    "data",
    [
        {"engines": [1] * 1000},
        {"engines": [{}] * 1000},
        {"engines": [{"fuel": "coal"}] * 1000},
        {"owners": {str(number): "they" for number in range(1000)}},
    ],
)
def test_wrong_data_of_any_size_has_few_faults(data):
    _, mismatches = try_decode(data, Garage)
    assert 50 <= len(mismatches) < 60


def test_a_list_that_is_too_long_is_not_read():
    with pytest.raises(DecodeError) as raised:
        decode({"engines": [1] * 1001}, Garage)
    assert raised.value.faults == (Fault("/engines", "it has at most 1000 items, not 1001"),)


def test_a_flattened_field_is_read_from_the_key_of_its_trigger():
    assert decode({"drive": {"speed": 3}, "id": "1"}, Order) == Order(Drive(3), "1")
    assert decode({"park": {}}, Order) == decode({"park": None}, Order) == Order(Park())


@pytest.mark.parametrize(
    ("data", "pointer", "detail"),
    [
        ({}, "", "exactly one key is required of: drive, park (the data has none of them)"),
        ({"drive": {"speed": 1}, "park": {}}, "",
         "exactly one key is required of: drive, park (the data has 'drive' and 'park')"),
        ({"dirve": {}}, "/dirve", "unknown key 'dirve' (did you mean 'drive'?)"),
        ({"park": {}, "idd": "1"}, "/idd", "unknown key 'idd' (did you mean 'id'?)"),
        ({"drive": {"speed": "fast"}}, "/drive/speed", "it must be a whole number, not text"),
        ("park", "", "it must be an object with one of drive, park, not text"),
    ],
)  # fmt: skip
def test_a_fault_of_a_flattened_field_has_its_place(data, pointer, detail):
    assert faults(data, Order) == (Fault(pointer, detail),)


def test_types_are_described_for_the_openapi():
    assert field_types(Engine) == {"fuel": Literal["diesel", "petrol"], "litres": int}
    assert union_members(Drive | Park) == (Drive, Park)
    assert union_members(int) == (int,)
    assert classes_by_trigger(Drive | Park) == {"drive": Drive, "park": Park}
    assert classes_by_trigger(Drive | Engine) == {}


class Unknown(Enum):
    UNKNOWN = "unknown"


@attrs.frozen
class Reading:
    value: int | Unknown = Unknown.UNKNOWN


def test_no_data_stands_for_a_member_of_an_enumeration():
    assert decode({}, Reading) == Reading(Unknown.UNKNOWN)
    assert decode({"value": 3}, Reading) == Reading(3)
    fault = Fault("/value", "it must be a whole number, not text")
    assert faults({"value": "unknown"}, Reading) == (fault,)


def test_data_is_decoded_without_raising():
    assert try_decode(ENGINE, Engine) == (Engine("diesel", 2), [])


@pytest.mark.parametrize(
    ("data", "path", "kind", "value", "expected"),
    [
        ({**CAR, "seats": [1, True]}, ("seats", 1), "type", True, int),
        ({**CAR, "engine": {"fuel": "tea"}}, ("engine", "fuel"), "name", "tea",
         ("diesel", "petrol")),
        ({**CAR, "x/y": 1}, ("x/y",), "key", "x/y", ("name", "engine", "spare", "seats", "doors")),
        ({"name": "a"}, (), "missing", "engine", ("name", "engine")),
        ({**CAR, "name": "tank"}, (), "refused", "a tank is no car", None),
    ],
)  # fmt: skip
def test_a_mismatch_has_its_path_and_its_parts(data, path, kind, value, expected):
    decoded, [mismatch] = try_decode(data, Car)
    assert decoded is None
    found = (mismatch.path, mismatch.kind, mismatch.value, mismatch.expected)
    assert found == (path, kind, value, expected)


def test_a_mismatch_of_a_flattened_field_has_the_triggers_that_are_present():
    _, [mismatch] = try_decode({"drive": {"speed": 1}, "park": {}}, Order)
    assert (mismatch.kind, mismatch.value, mismatch.expected) == (
        "triggers", ["drive", "park"], ("drive", "park"),
    )  # fmt: skip
