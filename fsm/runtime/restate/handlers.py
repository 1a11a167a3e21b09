"""Handlers of virtual objects: their registration, their errors, and their state."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Iterable
from datetime import timedelta
from typing import Any, Final, Literal, TypeVar

import restate
from restate.exceptions import TerminalError
from restate.serde import BytesSerde
from restate.server_context import DisconnectedException

from fsm.runtime.errors import HubError
from fsm.runtime.restate.calls import decode_call, encode, failure_of

_LOGGER = logging.getLogger(__name__)
_BYTES: Final = BytesSerde()
Context = restate.ObjectContext | restate.ObjectSharedContext
A = TypeVar("A")
R = TypeVar("R")


# While no endpoint answers, calls wait, and none is ever given up: a paused one would keep all
# later calls of its object waiting until somebody resumes it.
_RETRY_POLICY: Final = restate.InvocationRetryPolicy(
    initial_interval=timedelta(milliseconds=50),
    exponentiation_factor=2.0,
    max_interval=timedelta(seconds=5),
    max_attempts=2**31 - 1,
)


def virtual_object(name: str, description: str, *, lazy: bool = False) -> restate.VirtualObject:
    """Returns a virtual object.

    Args:
        name: its name.
        description: its description, for the administrators of a cluster.
        lazy: whether its handlers load only the state they ask for. Otherwise it is sent with each
            call, as far as the server's limit goes (``eager-state-size-limit``), which saves an
            exchange.
    """
    return restate.VirtualObject(
        name,
        description,
        enable_lazy_state=lazy,
        # What is kept of calls that are done is of no use: the entries of meetings say it all, and
        # event ids keep an event from being handled twice. By default a day of it is kept.
        idempotency_retention=timedelta(0),
        journal_retention=timedelta(0),
        invocation_retry_policy=_RETRY_POLICY,
    )


def add_handler(
    service: restate.VirtualObject,
    name: str,
    handler: Callable[[Any, A], Awaitable[R]],
    argument: type[A],
    on_error: Callable[..., R] | None = None,
    *,
    kind: Literal["exclusive", "shared"] = "exclusive",
    private: bool = False,
) -> None:
    """Adds a handler to a virtual object.

    An error that is no error of a request ends the call: tried again and again, it would keep all
    later calls of the object waiting.

    Args:
        service: the virtual object.
        name: the name of the handler.
        handler: the handler.
        argument: the type of its argument.
        on_error: makes the answer to a failed call, from its argument ``failure``.
        kind: ``"shared"`` for a handler that only reads, and waits for no other.
        private: whether only handlers call it.
    """

    async def handle(context: Context, body: bytes) -> bytes:
        try:
            try:
                return encode(await handler(context, decode_call(body, argument)))
            except HubError as error:
                if on_error is None:
                    raise
                return encode(on_error(failure=failure_of(error)))
        except (TerminalError, DisconnectedException):
            raise
        except Exception as error:
            _LOGGER.exception("%s/%s of %s failed", service.name, name, context.key())
            raise TerminalError(f"{type(error).__name__}: {error}") from error

    service.handler(
        name, kind, input_serde=_BYTES, output_serde=_BYTES, ingress_private=private
    )(handle)  # fmt: skip


async def load_state(context: Context, keys: Iterable[str]) -> dict[str, bytes]:
    """Loads values of the state.

    Those that did not come with the call are asked for in one exchange with the server.

    Args:
        context: the context of the handler.
        keys: their keys.

    Returns:
        The values that are there, by their keys.
    """
    values: dict[str, Any] = {key: context.get(key, serde=_BYTES) for key in keys}
    await restate.gather(*values.values())
    loaded = {key: await value for key, value in values.items()}
    return {key: value for key, value in loaded.items() if value}


def store_state(context: restate.ObjectContext, key: str, value: Any) -> None:
    """Sets a value of the state; an empty one is removed."""
    if value:
        context.set(key, encode(value), serde=_BYTES)
    else:
        context.clear(key)


def send_call(
    context: Context,
    service: str,
    handler: str,
    argument: Any,
    delay: float = 0,
) -> restate.context.SendHandle:
    """Sends a call to the object of the same key, without waiting for its answer.

    Args:
        context: the context of the handler.
        service: the name of the object.
        handler: the name of the handler.
        argument: its argument.
        delay: the seconds before it is called.
    """
    return context.generic_send(
        service, handler, encode(argument), context.key(),
        timedelta(seconds=delay) if delay > 0 else None,
        headers={"content-type": "application/json"},
    )  # fmt: skip


async def call(
    context: Context,
    service: str,
    handler: str,
    argument: Any,
    answer: type[R],
) -> R:
    """Calls the object of the same key, and returns its answer.

    Args:
        context: the context of the handler.
        service: the name of the object.
        handler: the name of the handler.
        argument: its argument.
        answer: the type of the answer.
    """
    body = await context.generic_call(
        service, handler, encode(argument), context.key(),
        headers={"content-type": "application/json"},
    )  # fmt: skip
    return decode_call(body, answer)


def wake(context: restate.ObjectContext, awakeable: str) -> None:
    """Ends the wait of a handler for an awakeable."""
    context.resolve_awakeable(awakeable, b"", serde=_BYTES)
