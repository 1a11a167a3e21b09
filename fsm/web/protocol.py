"""HTTP/1.1 protocol of the server."""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from fsm.web.connections import Connections

MAX_INCOMPLETE = 64 * 1024
"""The number of bytes after which headers, chunk sizes or trailers must be complete."""
MAX_JOINED = 64 * 1024
"""The number of bytes that are not kept back any longer to be joined with others."""


class JoinedWrites(asyncio.Transport):
    """A transport that writes at once what comes in one round of the event loop.

    uvicorn writes the head of a response and its body one after the other. Each write is a call of
    the system, during which another thread may take the interpreter's lock.

    Args:
        transport: the transport of the connection.
    """

    def __init__(self, transport: asyncio.Transport) -> None:
        super().__init__()
        self._transport = transport
        self._loop = asyncio.get_running_loop()
        self._parts: list[bytes] = []
        self._size = 0

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Writes data at the end of this round."""
        if not self._parts:
            self._loop.call_soon(self._flush)
        self._parts.append(bytes(data))
        self._size += len(data)
        if self._size > MAX_JOINED:
            self._flush()

    def _flush(self) -> None:
        if self._parts:
            data = b"".join(self._parts)
            self._parts.clear()
            self._size = 0
            self._transport.write(data)

    def get_write_buffer_size(self) -> int:
        """Returns the number of bytes that are not sent yet."""
        return self._size + self._transport.get_write_buffer_size()

    def close(self) -> None:
        """Closes the connection once everything is sent."""
        self._flush()
        self._transport.close()

    def abort(self) -> None:
        """Closes the connection at once."""
        self._parts.clear()
        self._transport.abort()

    def is_closing(self) -> bool:
        """Returns whether the connection is closed, or about to be."""
        return self._transport.is_closing()

    def pause_reading(self) -> None:
        """Receives no more data for now."""
        self._transport.pause_reading()

    def resume_reading(self) -> None:
        """Receives data again."""
        self._transport.resume_reading()

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """Returns a fact about the connection."""
        return self._transport.get_extra_info(name, default)


class LimitedProtocol(HttpToolsProtocol):
    """uvicorn's protocol for httptools, with limits of its own.

    By itself it collects headers of any size in memory, and waits for its client without end.

    Args:
        args, options: the arguments of uvicorn's protocol.
        connections: the open connections of the server.
    """

    def __init__(self, *args: Any, connections: Connections, **options: Any) -> None:
        super().__init__(*args, **options)
        self._connections = connections
        self._incomplete = 0

    @property
    def is_used(self) -> bool:
        """True after the first request."""
        return self.cycle is not None

    @property
    def _is_idle(self) -> bool:
        return self.cycle is None or self.cycle.response_complete

    @property
    def _needs_client(self) -> bool:
        # A response that has begun no longer needs the body.
        return self._is_idle or (self.cycle.more_body and not self.cycle.response_started)

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Waits for the first request."""
        super().connection_made(JoinedWrites(transport))
        self._connections.set_waiting(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """Ends the request that is in progress."""
        self._connections.set_busy(self)
        self._connections.remove()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Parses received data; ends the connection if too much of it stays incomplete."""
        self._incomplete += len(data)
        super().data_received(data)
        if self._incomplete > MAX_INCOMPLETE and not self.transport.is_closing():
            message = "Invalid HTTP request received."
            self.logger.warning(message)
            self.send_400_response(message)

    def send_400_response(self, msg: str) -> None:
        """Refuses invalid data and closes the connection: no further request can be found."""
        is_of_next_request = not self._is_idle and not self.cycle.more_body
        if is_of_next_request or self.pipeline:
            # The client would take the refusal for the response to an earlier request.
            self.transport.close()
        else:
            super().send_400_response(msg)

    def on_headers_complete(self) -> None:
        """Starts the request, and waits for its body."""
        self._incomplete = 0
        was_idle = self._is_idle
        super().on_headers_complete()
        if was_idle:
            self._connections.set_waiting(self)

    def on_body(self, body: bytes) -> None:
        """Passes a part of the body on to the request."""
        self._incomplete = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        """Passes the end of the body on to the request."""
        super().on_message_complete()
        if not self._needs_client and not self.flow.write_paused:
            self._connections.set_busy(self)

    def on_response_complete(self) -> None:
        """Starts the next request that was received, or waits for one."""
        super().on_response_complete()
        if self._needs_client:
            self._connections.set_waiting(self)

    def pause_writing(self) -> None:
        """Waits for the client to read what was sent."""
        super().pause_writing()
        self._connections.set_waiting(self)

    def resume_writing(self) -> None:
        """Goes on with the response, or waits for a request."""
        super().resume_writing()
        if self._needs_client:
            self._connections.set_waiting(self)
        else:
            self._connections.set_busy(self)

    def time_out(self) -> None:
        """Closes the connection, whose client has kept it waiting for too long."""
        if self.transport.is_closing() or self.transport.get_write_buffer_size():
            # The client does not read: to close the connection in order would take for ever.
            self.abort()
            return
        if not self._needs_client:
            # A response that has begun without the body of its request, such as a live stream.
            self._connections.set_busy(self)
            return
        if self._incomplete:
            self.transport.write(
                b"HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
            )
        self.transport.close()

    def abort(self) -> None:
        """Closes the connection at once."""
        self.transport.abort()
