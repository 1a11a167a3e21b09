"""OpenAPI: the description of the service, and the schemas of its attrs classes."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from copy import copy
from typing import TYPE_CHECKING, Any, Final, Union, get_args

import attrs
from litestar import Litestar
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import (
    Components,
    License,
    OpenAPIType,
    Reference,
    Schema,
    SecurityScheme,
)
from litestar.plugins import OpenAPISchemaPlugin
from litestar.serialization import encode_json
from litestar.typing import FieldDefinition

from fsm import __version__
from fsm.decode import (
    FLATTEN,
    LIST_LIMIT,
    VALUE,
    classes_by_trigger,
    field_types,
    union_members,
    written_members,
)
from fsm.json_schema import LIMITS, field_descriptions, text_in_json
from fsm.recording import console_changes, outcome, rules, vocabulary
from fsm.simulator import effects
from fsm.translation import Lang
from fsm.web.schemas import EXAMPLES, CommandData, PlainData, TimerData
from fsm.web.signing import ID_HEADER, SIGNATURE_HEADER, TIMESTAMP_HEADER

if TYPE_CHECKING:
    from litestar._openapi.schema_generation import SchemaCreator

_DESCRIPTION = """\
Meetings whose recording follows explicit rules. A response is sent after its event is on disk.

A command that the rules refuse is a normal response with `refused` in it. Errors are problem
details (RFC 9457). If no response arrives, send the event again with the same id.
"""


SIGNATURE: Final = "signature"
"""The name of the security scheme of webhooks."""
_VOCABULARIES: Final[dict[str, tuple[Any, str]]] = {
    "Edition": (vocabulary.Edition, "The edition of an account."),
    "Kind": (vocabulary.Kind, "The kind of a recording."),
    "Starter": (vocabulary.Starter, "The participants whose join starts a recording."),
    "Role": (vocabulary.Role, "The role of a participant."),
    "Platform": (vocabulary.Platform, "The platform of a client."),
    "MeetingType": (vocabulary.MeetingType, "The type of a meeting."),
    "PolicyStatus": (vocabulary.PolicyStatus, "The policy status of a console."),
    "State": (vocabulary.State, "The state of a recording."),
    "Timer": (vocabulary.Timer, "A timer of a meeting."),
    "StopReason": (vocabulary.StopReason, "The reason for which a recording stops."),
    "Reason": (vocabulary.Reason, "The reason for which an event is refused."),
    "PlanSource": (vocabulary.Source, "The settings that a plan comes from."),
    "FormSetting": (effects.Setting, "A setting that may have no effect beside the others."),
    "BlockingSetting": (effects.Obstacle, "A setting that keeps another from having an effect."),
    "ActorRole": (console_changes.ActorRole, "The role of someone who changes a console."),
    "ConsoleReason": (
        console_changes.ConsoleReason, "The reason for which a change of a console is refused."
    ),
    "CommandName": (outcome.CommandName, "The name of a recorder command."),
    "RuleId": (rules.RuleId, "The id of a rule."),
    "Language": (Lang, "A language of sentences and labels."),
}  # fmt: skip
_COMPONENT_OF_NAMES: Final = {get_args(names): word for word, (names, _) in _VOCABULARIES.items()}


class DescriptionPlugin(JsonRenderPlugin):
    """Renders the OpenAPI description with its vocabularies as components."""

    def render(self, request: Any, openapi_schema: dict[str, Any]) -> bytes:
        """Returns the OpenAPI description in JSON."""
        return description(request.app)


def description(application: Litestar) -> bytes:
    """Returns the OpenAPI description of a service in JSON."""
    service = application.state.service
    # Built once: it takes far longer than an event, and no token is needed to ask for it.
    if not service.openapi:
        service.openapi = encode_json(with_vocabularies(application.openapi_schema.to_schema()))
    built: bytes = service.openapi
    return built


def with_vocabularies(description: dict[str, Any]) -> dict[str, Any]:
    """Returns an OpenAPI description in which each vocabulary is a component with a name.

    Without names, a generated client has a type of its own for each place of a vocabulary.
    """
    named: dict[str, Any] = _with_references(description)
    named["components"]["schemas"] |= {
        word: {"type": "string", "title": word, "enum": list(get_args(names)), "description": text}
        for word, (names, text) in _VOCABULARIES.items()
    }
    return named


def _with_references(data: Any) -> Any:
    if isinstance(data, list):
        return [_with_references(item) for item in data]
    if not isinstance(data, dict):
        return data
    names = data.get("enum")
    word = (
        _COMPONENT_OF_NAMES.get(tuple(name for name in names if name is not None))
        if isinstance(names, list)
        else None
    )
    if word is None:
        return {
            key: value if key in ("example", "examples") else _with_references(value)
            for key, value in data.items()
        }
    others = {key: value for key, value in data.items() if key not in ("enum", "type")}
    reference = {"$ref": f"#/components/schemas/{word}"}
    if names is not None and None in names:
        return {"oneOf": [reference, {"type": "null"}], **others}
    # Generators ignore what stands beside a reference.
    return {"allOf": [reference], **others} if others else reference


def openapi_config(*, has_tokens: bool) -> OpenAPIConfig:
    """Returns the configuration of the OpenAPI description."""
    bearer = SecurityScheme(type="http", scheme="bearer", description="fsm token new NAME")
    signature = SecurityScheme(
        type="apiKey", name=SIGNATURE_HEADER, security_scheme_in="header",
        description="The signature of Standard Webhooks (fsm token sender NAME); the headers "
        f"{ID_HEADER} and {TIMESTAMP_HEADER} belong to it.",
    )  # fmt: skip
    return OpenAPIConfig(
        "Meeting recording",
        __version__,
        components=Components(security_schemes={"token": bearer, SIGNATURE: signature}),
        description=_DESCRIPTION,
        license=License("MIT", identifier="MIT"),
        path="/schema",
        render_plugins=[DescriptionPlugin()],
        security=[{"token": []}] if has_tokens else None,
        use_handler_docstrings=True,
    )


class AttrsSchemas(OpenAPISchemaPlugin):
    """Schemas of attrs classes, events, commands and changes as :mod:`fsm.decode` reads them."""

    @staticmethod
    def is_plugin_supported_type(value: Any) -> bool:
        """Returns whether the plugin describes a type."""
        plain = isinstance(value, type) and issubclass(value, PlainData)
        return plain or attrs.has(value) or bool(classes_by_trigger(value))

    def to_openapi_schema(
        self, field_definition: FieldDefinition, schema_creator: SchemaCreator
    ) -> Schema:
        """Returns the schema of a type."""
        cls = field_definition.annotation
        if isinstance(cls, type) and issubclass(cls, PlainData):
            return self._plain_data(cls, field_definition, schema_creator)
        flattened = [field.name for field in attrs.fields(cls) if FLATTEN in field.metadata]
        schema = _component(cls, field_definition, schema_creator, without=flattened)
        schema.description = _summary(cls)
        schema.examples = list(getattr(cls, "examples", EXAMPLES.get(cls, ()))) or None
        if flattened:
            properties, required = schema.properties or {}, schema.required or []
            schema.properties = schema.required = schema.additional_properties = None
            schema.one_of = [
                _tagged(cls, trigger, member, schema_creator, properties, required)
                for trigger, member in classes_by_trigger(field_types(cls)[flattened[0]]).items()
            ]
        return schema

    def _plain_data(
        self, cls: type[PlainData], field: FieldDefinition, creator: SchemaCreator
    ) -> Schema:
        schema = creator.create_component_schema(field, required=[], property_fields={})
        schema.description = _summary(cls)
        schema.properties = schema.required = None
        if issubclass(cls, CommandData):
            schema.one_of = [_command(cls, member, creator) for member in union_members(cls.union)]
        elif issubclass(cls, TimerData):
            schema.one_of = [
                _timer_change(cls, "cancel"),
                _timer_change(cls, "set", after=_SECONDS),
            ]
        else:
            schema.one_of = [
                _tagged(cls, trigger, member, creator)
                for trigger, member in classes_by_trigger(cls.union).items()
            ]
        return schema


def _component(
    cls: type[Any], field: FieldDefinition, creator: SchemaCreator, without: list[str]
) -> Schema:
    fields = [field for field in attrs.fields(cls) if field.name not in without]
    types = field_types(cls)
    schema = creator.create_component_schema(
        field,
        required=[field.name for field in fields if field.default is attrs.NOTHING],
        property_fields={
            field.name: FieldDefinition.from_kwarg(_written(types[field.name]), field.name)
            for field in fields
        },
    )
    schema.additional_properties = False
    descriptions = field_descriptions(cls)
    properties = schema.properties or {}
    for attribute in fields:
        property_ = properties[attribute.name]
        if isinstance(property_, Reference):
            property_ = Schema(all_of=[property_])
        # Litestar shares one schema object between properties of the same type.
        property_ = copy(property_)
        limits = {**attribute.metadata.get(LIMITS, {}), **attribute.metadata.get("schema", {})}
        if LIST_LIMIT in attribute.metadata:
            limits["max_items"] = attribute.metadata[LIST_LIMIT]
        for keyword, value in limits.items():
            setattr(property_, keyword, value)
        property_.description = descriptions.get(attribute.name)
        properties[attribute.name] = property_
    return schema


def _written(type_: Any) -> Any:
    """Returns a type without the enumerations in it, for which no data stands."""
    members = union_members(type_)
    kept = (*written_members(members), *(member for member in members if member is type(None)))
    return type_ if len(kept) == len(members) else Union[kept]  # noqa: UP007


def _title(owner: type[Any], name: str) -> str:
    """Returns the title of one of the alternatives of a class: no component has it as its name.

    Generators name the types of alternatives by their titles.
    """
    return name.title().replace("_", "") + owner.__name__


def _tagged(
    owner: type[Any],
    trigger: str,
    cls: type[Any],
    creator: SchemaCreator,
    other_properties: dict[str, Any] | None = None,
    other_required: Sequence[str] = (),
) -> Schema:
    parts: Schema | Reference = creator.for_field_definition(FieldDefinition.from_annotation(cls))
    values = [field for field in attrs.fields(cls) if VALUE in field.metadata]
    if values:
        [value] = values
        parts = Schema(type=OpenAPIType.NUMBER, **value.metadata.get(LIMITS, {}))
    elif all(field.default is not attrs.NOTHING for field in attrs.fields(cls)):
        parts = Schema(one_of=[parts, Schema(type=OpenAPIType.NULL)])
    return Schema(
        type=OpenAPIType.OBJECT,
        title=_title(owner, trigger),
        properties={trigger: parts, **(other_properties or {})},
        required=[trigger, *other_required],
        additional_properties=False,
    )


def _command(owner: type[Any], cls: type[Any], creator: SchemaCreator) -> Schema:
    types = field_types(cls)
    parts = {
        field.name: creator.for_field_definition(FieldDefinition.from_kwarg(types[field.name], ""))
        for field in attrs.fields(cls)
    }
    return Schema(
        type=OpenAPIType.OBJECT,
        title=_title(owner, cls.command),
        properties={"command": Schema(type=OpenAPIType.STRING, const=cls.command), **parts},
        required=["command", *parts],
        additional_properties=False,
    )


_SECONDS = Schema(type=OpenAPIType.INTEGER, description="The seconds until it is due.")


def _timer_change(owner: type[Any], name: str, **properties: Schema) -> Schema:
    return Schema(
        type=OpenAPIType.OBJECT,
        title=_title(owner, name),
        properties={name: Schema(enum=list(vocabulary.TIMERS)), **properties},
        required=[name, *properties],
        additional_properties=False,
    )


def _summary(cls: type[Any]) -> str:
    return text_in_json((inspect.getdoc(cls) or "").split("\n")[0])
