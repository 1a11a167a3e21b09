"""What OpenAPI says of the classes that go in and out, beyond what Litestar finds by itself."""

from __future__ import annotations

import inspect
import re
from collections.abc import Sequence
from copy import copy
from typing import TYPE_CHECKING, Any

import attrs
from litestar.dto import AbstractDTO
from litestar.exceptions import SerializationException
from litestar.openapi.spec import OpenAPIType, Reference, Schema
from litestar.plugins import OpenAPISchemaPlugin
from litestar.serialization import decode_json
from litestar.typing import FieldDefinition

from fsm.decode import FLATTEN, classes_by_trigger, decode, field_types, union_members
from fsm.web.problems import ProblemError
from fsm.web.shapes import EXAMPLES, CommandData, Plain

if TYPE_CHECKING:
    from litestar._openapi.schema_generation import SchemaCreator


class BodyOf(AbstractDTO[Any]):
    """Reads the body of a request into the class that its handler asks for."""

    @classmethod
    def create_for_field_definition(
        cls, field_definition: FieldDefinition, handler_id: str, backend_cls: Any = None
    ) -> None:
        """Prepare nothing: the handler is asked when a request comes."""

    @classmethod
    def create_openapi_schema(
        cls, field_definition: FieldDefinition, handler_id: str, schema_creator: SchemaCreator
    ) -> Reference | Schema:
        """Return the schema of the class."""
        return schema_creator.for_field_definition(field_definition)

    def decode_bytes(self, value: bytes) -> Any:
        """Read a body.

        Raises:
            ProblemError: it is not JSON.
            DecodeError: it is not what the handler asks for.
        """
        field: FieldDefinition = self.asgi_connection.route_handler.parsed_data_field
        return body_of(value, field.annotation)


def body_of(body: bytes, kind: type[Any]) -> Any:
    """Read a body into a class.

    Raises:
        ProblemError: it is not JSON.
        DecodeError: it is not what the class asks for.
    """
    try:
        data = decode_json(body)
    except (SerializationException, ValueError, RecursionError) as error:
        why = str(error.__cause__ or error) if not isinstance(error, RecursionError) else "too deep"
        raise ProblemError(400, "not-json", "The body is not JSON", f"{why} (send JSON)") from None
    return decode(data, kind)


class Shapes(OpenAPISchemaPlugin):
    """Describes classes of attrs, events, commands and changes as they are read and written."""

    @staticmethod
    def is_plugin_supported_type(value: Any) -> bool:
        """Say whether a type is one of these."""
        plain = isinstance(value, type) and issubclass(value, Plain)
        return plain or attrs.has(value) or bool(classes_by_trigger(value))

    def to_openapi_schema(
        self, field_definition: FieldDefinition, schema_creator: SchemaCreator
    ) -> Schema:
        """Describe a type."""
        kind = field_definition.annotation
        if isinstance(kind, type) and issubclass(kind, Plain):
            return self._plain(kind, field_definition, schema_creator)
        flat = [each.name for each in attrs.fields(kind) if FLATTEN in each.metadata]
        schema = _component(kind, field_definition, schema_creator, without=flat)
        schema.description = (inspect.getdoc(kind) or "").split("\n")[0]
        schema.examples = list(getattr(kind, "examples", EXAMPLES.get(kind, ()))) or None
        if flat:
            rest, required = schema.properties or {}, schema.required or []
            schema.properties = schema.required = schema.additional_properties = None
            schema.one_of = [
                _one(trigger, each, schema_creator, rest, required)
                for trigger, each in classes_by_trigger(field_types(kind)[flat[0]]).items()
            ]
        return schema

    def _plain(self, kind: type[Plain], field: FieldDefinition, creator: SchemaCreator) -> Schema:
        schema = creator.create_component_schema(field, required=[], property_fields={})
        schema.description = (inspect.getdoc(kind) or "").split("\n")[0]
        schema.properties = schema.required = None
        if issubclass(kind, CommandData):
            schema.one_of = [_command(each, creator) for each in union_members(kind.kind)]
        else:
            schema.one_of = [
                _one(name, each, creator) for name, each in classes_by_trigger(kind.kind).items()
            ]
        return schema


def _component(
    kind: type[Any], field: FieldDefinition, creator: SchemaCreator, without: list[str]
) -> Schema:
    fields = [each for each in attrs.fields(kind) if each.name not in without]
    kinds = field_types(kind)
    schema = creator.create_component_schema(
        field,
        required=[each.name for each in fields if each.default is attrs.NOTHING],
        property_fields={
            each.name: FieldDefinition.from_kwarg(kinds[each.name], each.name) for each in fields
        },
    )
    schema.additional_properties = False
    said = descriptions(kind)
    properties = schema.properties or {}
    for each in fields:
        found = properties[each.name]
        if isinstance(found, Reference):
            found = Schema(all_of=[found])
        found = copy(found)
        for name, value in each.metadata.get("schema", {}).items():
            setattr(found, name, value)
        found.description = said.get(each.name)
        properties[each.name] = found
    return schema


def _one(
    trigger: str,
    kind: type[Any],
    creator: SchemaCreator,
    rest: dict[str, Any] | None = None,
    required: Sequence[str] = (),
) -> Schema:
    parts: Schema | Reference = creator.for_field_definition(FieldDefinition.from_annotation(kind))
    if all(each.default is not attrs.NOTHING for each in attrs.fields(kind)):
        parts = Schema(one_of=[parts, Schema(type=OpenAPIType.NULL)])
    return Schema(
        type=OpenAPIType.OBJECT,
        title=trigger,
        properties={trigger: parts, **(rest or {})},
        required=[trigger, *required],
        additional_properties=False,
    )


def _command(kind: type[Any], creator: SchemaCreator) -> Schema:
    kinds = field_types(kind)
    parts = {
        each.name: creator.for_field_definition(FieldDefinition.from_kwarg(kinds[each.name], ""))
        for each in attrs.fields(kind)
    }
    return Schema(
        type=OpenAPIType.OBJECT,
        title=kind.command,
        properties={"command": Schema(const=kind.command), **parts},
        required=["command", *parts],
        additional_properties=False,
    )


def descriptions(kind: type[Any]) -> dict[str, str]:
    """Return what the docstring of a class says of each of its fields."""
    args = (inspect.getdoc(kind) or "").partition("Args:\n")[2].partition("\n\n")[0]
    found = re.findall(r"^ {4}(\w+): (.*(?:\n {8}.*)*)", args, re.MULTILINE)
    return {name: " ".join(said.split()) for name, said in found}
