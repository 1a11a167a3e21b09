"""Request bodies, decoded into the class that the handler declares."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from litestar.dto import AbstractDTO
from litestar.openapi.spec import Reference, Schema
from litestar.typing import FieldDefinition

from fsm.decode import decode
from fsm.web.json_text import load_json
from fsm.web.problems import ProblemError

if TYPE_CHECKING:
    from litestar._openapi.schema_generation import SchemaCreator


class BodyDecoder(AbstractDTO[Any]):
    """Litestar DTO that decodes request bodies with :mod:`fsm.decode`.

    Litestar's own decoder would read ``"true"`` as ``true`` and ignore unknown keys.
    """

    @classmethod
    def create_for_field_definition(
        cls, field_definition: FieldDefinition, handler_id: str, backend_cls: Any = None
    ) -> None:
        """Does nothing: the class to decode is looked up with each request."""

    @classmethod
    def create_openapi_schema(
        cls, field_definition: FieldDefinition, handler_id: str, schema_creator: SchemaCreator
    ) -> Reference | Schema:
        """Returns the schema of the class."""
        return schema_creator.for_field_definition(field_definition)

    def decode_bytes(self, value: bytes) -> Any:
        """Decodes a body.

        Raises:
            ProblemError: the body is not JSON.
            DecodeError: the body does not fit the class.
        """
        field: FieldDefinition = self.asgi_connection.route_handler.parsed_data_field
        return decode_body(value, field.annotation)


def decode_body(body: bytes, cls: type[Any]) -> Any:
    """Decodes a JSON body into a class.

    Raises:
        ProblemError: the body is not JSON.
        DecodeError: the body does not fit the class, or has a key twice.
    """
    return decode(load_body(body), cls)


def load_body(body: bytes) -> Any:
    """Reads a JSON body.

    Raises:
        ProblemError: the body is not JSON.
        DecodeError: the body has a key twice.
    """
    try:
        return load_json(body)
    except RecursionError:
        raise not_json("it is nested too deeply") from None
    except ValueError as error:
        raise not_json(str(error)) from None


def not_json(reason: str) -> ProblemError:
    """Returns the problem of a body that is not JSON."""
    return ProblemError(400, "not-json", "The body is not JSON", f"{reason} (send JSON)")
