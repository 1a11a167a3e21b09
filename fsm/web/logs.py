"""The log: one JSON object a line, on standard error like the plain messages of ``fsm serve``."""

from __future__ import annotations

import json
import logging
import sys
from contextlib import nullcontext, suppress
from datetime import UTC, datetime
from typing import Any, Literal, TextIO

import structlog
from litestar.serialization import encode_json

LogLevel = Literal["debug", "info", "warning", "error"]

# The processors of every line, of structlog and of the standard library.
_PROCESSORS: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]


class _Handler(logging.StreamHandler[TextIO]):
    """Handler of log records that also takes finished lines."""

    def write(self, line: str) -> None:
        """Writes a line."""
        # Standard error may be closed; the service runs on without it.
        with self.lock or nullcontext(), suppress(OSError, ValueError):
            self.stream.write(line + self.terminator)
            self.stream.flush()


def log_request(logger: str, fields: dict[str, Any]) -> None:
    """Logs a request, at the level ``info``.

    The line is that of structlog, but made directly: its processors and the record of the standard
    library would take longer than the event itself.

    Args:
        logger: the name of the logger.
        fields: the fields of the line, among them ``event`` and ``request_id``.
    """
    root = logging.getLogger()
    handler = next((each for each in root.handlers if isinstance(each, _Handler)), None)
    if handler is None:
        # A program that runs the service itself has logging of its own.
        structlog.get_logger(logger).info(**fields)
    elif root.isEnabledFor(logging.INFO):
        line = {
            **fields,
            "level": "info",
            "logger": logger,
            "timestamp": datetime.now(tz=UTC).isoformat().replace("+00:00", "Z"),
        }
        text = encode_json(line).decode()
        # Standard error may have an encoding in which other characters cannot be written.
        handler.write(text if text.isascii() else json.dumps(line))


def configure(level: LogLevel, stream: TextIO | None = None) -> None:
    """Configures logging of the whole process, including libraries, to one stream.

    Args:
        level: the lowest level that is logged.
        stream: the stream; standard error if ``None``.
    """
    handler = _Handler(stream or sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=_PROCESSORS,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                structlog.processors.JSONRenderer(),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    # Their lower levels repeat the request log, or contain complete URLs with ids in them.
    for name in ("uvicorn", "uvicorn.error", "httpx", "httpcore", "asyncio"):
        logging.getLogger(name).setLevel(logging.WARNING)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *_PROCESSORS,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
