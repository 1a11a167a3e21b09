"""JSON Schema of the data that :mod:`fsm.decode` reads into attrs classes."""

from __future__ import annotations

import inspect
import re
from typing import Any, Literal, get_args, get_origin

import attrs

from fsm.decode import (
    FLATTEN,
    LIST_LIMIT,
    classes_by_trigger,
    field_types,
    required_keys,
    union_members,
    value_field,
    written_members,
)

LIMITS = "limits"
"""Metadata key of the limits of a number: ``minimum`` and the like, as the schema has them."""


def json_schema(cls: Any) -> dict[str, Any]:
    """Returns the JSON Schema of the data that an attrs class is decoded from.

    Args:
        cls: the class. Its descriptions are the summary and the ``Args`` of its docstring.
    """
    types_, descriptions = field_types(cls), field_descriptions(cls)
    properties: dict[str, Any] = {}
    schema = {
        "type": "object",
        "description": text_in_json((inspect.getdoc(cls) or "").split("\n\n")[0]),
        "required": list(required_keys(cls)),
        "additionalProperties": False,
        "properties": properties,
    }
    for field in attrs.fields(cls):
        if FLATTEN in field.metadata:
            members = classes_by_trigger(types_[field.name])
            properties |= {name: _trigger_schema(member) for name, member in members.items()}
            schema["oneOf"] = [{"required": [name]} for name in members]
            continue
        part = _type_schema(types_[field.name]) | field.metadata.get(LIMITS, {})
        if LIST_LIMIT in field.metadata:
            part["maxItems"] = field.metadata[LIST_LIMIT]
        if field.name in descriptions:
            part["description"] = descriptions[field.name]
        properties[field.name] = part
    return schema


def field_descriptions(cls: type[Any]) -> dict[str, str]:
    """Returns the descriptions of a class's fields in JSON, from the ``Args`` of its docstring."""
    section = (inspect.getdoc(cls) or "").partition("Args:\n")[2].partition("\n\n")[0]
    entries = re.findall(r"^ {4}(\w+): (.*(?:\n {8}.*)*)", section, re.MULTILINE)
    return {name: text_in_json(text) for name, text in entries}


def text_in_json(text: str) -> str:
    """Returns a text of a docstring in the terms of JSON, on one line."""
    return " ".join(text.split()).replace("``None``", "null").replace("``", "")


def _trigger_schema(cls: type[Any]) -> dict[str, Any]:
    schema = json_schema(cls)
    value = value_field(cls)
    if value is not None:
        return {**schema["properties"][value], "description": schema["description"]}
    return schema if schema["required"] else _or_null(schema)


def _type_schema(type_: Any) -> dict[str, Any]:
    members = union_members(type_)
    if len(members) > 1:
        [member] = written_members(members)
        schema = _type_schema(member)
        return _or_null(schema) if type(None) in members else schema
    if attrs.has(type_):
        return json_schema(type_)
    origin = get_origin(type_)
    if origin is Literal:
        return {"enum": list(get_args(type_))}
    if origin is tuple:
        return {"type": "array", "items": _type_schema(get_args(type_)[0])}
    return {"type": {str: "string", bool: "boolean", int: "integer", float: "number"}[type_]}


def _or_null(schema: dict[str, Any]) -> dict[str, Any]:
    if "enum" in schema:
        return {"enum": [*schema["enum"], None]}
    if "properties" in schema or "items" in schema:
        return {"anyOf": [schema, {"type": "null"}]}
    return {"type": [schema["type"], "null"]}
