"""HTTP/1.1 protocol of the server."""

from __future__ import annotations

from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

MAX_INCOMPLETE = 64 * 1024
"""The number of bytes after which headers, chunk sizes or trailers must be complete."""


class LimitedProtocol(HttpToolsProtocol):
    """uvicorn's protocol for httptools, which by itself collects headers of any size in memory."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._incomplete = 0

    def data_received(self, data: bytes) -> None:
        """Parses received data; ends the connection if too much of it stays incomplete."""
        self._incomplete += len(data)
        super().data_received(data)
        if self._incomplete > MAX_INCOMPLETE and not self.transport.is_closing():
            message = "Invalid HTTP request received."
            self.logger.warning(message)
            self.send_400_response(message)

    def on_headers_complete(self) -> None:
        """Starts the request."""
        self._incomplete = 0
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Passes a part of the body on to the request."""
        self._incomplete = 0
        super().on_body(body)
