"""The log: one JSON object a line, on standard error like the plain messages of ``fsm serve``."""

from __future__ import annotations

import json
import logging
import os
import queue
import sys
import threading
import time
from contextlib import suppress
from datetime import UTC, datetime
from io import UnsupportedOperation
from logging.handlers import QueueHandler
from typing import Any, Literal, TextIO

import structlog
from litestar.serialization import encode_json

LogLevel = Literal["debug", "info", "warning", "error"]

MAX_WAITING = 10_000
"""The number of lines that may wait to be written; further lines are dropped."""
_MAX_LINES = 1_000
"""The maximum number of lines in one write."""
_WRITE_INTERVAL = 0.01
"""The seconds between writes."""

# The processors of every line, of structlog and of the standard library.
_PROCESSORS: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]


class _Handler(QueueHandler):
    """Handler whose lines are written by a thread, so that only it waits if the stream blocks.

    Lines that do not fit into the queue are dropped. A line says how many, once there is room.

    Args:
        stream: the stream; ``None`` if standard error is closed.
    """

    queue: queue.Queue[str | None]

    def __init__(self, stream: TextIO | None) -> None:
        super().__init__(queue.Queue(MAX_WAITING))
        self._stream = stream
        self._dropped = 0
        self._dropped_lock = threading.Lock()
        # A daemon, since the end of the process must not wait for a stream that blocks.
        threading.Thread(target=self._write_lines, name="log", daemon=True).start()

    def prepare(self, record: logging.LogRecord) -> str:
        """Returns the line of a record."""
        return self.format(record)

    def enqueue(self, line: Any) -> None:
        """Adds a finished line to the queue."""
        try:
            self.queue.put_nowait(line)
        except queue.Full:
            with self._dropped_lock:
                self._dropped += 1

    def flush(self) -> None:
        """Waits until all lines are written, or for a second."""
        with self.queue.all_tasks_done:
            self.queue.all_tasks_done.wait_for(lambda: not self.queue.unfinished_tasks, 1)

    def close(self) -> None:
        """Makes the thread end once it has written the waiting lines."""
        with suppress(queue.Full):
            self.queue.put_nowait(None)
        super().close()

    def _write_lines(self) -> None:
        lines: list[str | None] = []
        while None not in lines:
            lines = [self.queue.get()]
            # Lines that arrive now share the write, so that the thread takes the GIL rarely.
            time.sleep(_WRITE_INTERVAL)
            with suppress(queue.Empty):
                while len(lines) < _MAX_LINES:
                    lines.append(self.queue.get_nowait())
            self._write([line for line in lines if line is not None])
            for _ in lines:
                self.queue.task_done()

    def _write(self, lines: list[str]) -> None:
        with self._dropped_lock:
            dropped, self._dropped = self._dropped, 0
        if dropped:
            fields = {"count": dropped, "event": "log lines were dropped"}
            lines.append(_line("warning", __name__, fields))
        text = "".join(f"{line}\n" for line in lines)
        # Standard error may be closed; the service runs on without it.
        with suppress(OSError, ValueError):
            if self._stream is not None:
                _write_unbuffered(self._stream, text)


def _write_unbuffered(stream: TextIO, text: str) -> None:
    try:
        descriptor = stream.fileno()
    except UnsupportedOperation:
        stream.write(text)
        return
    # Not through the buffer of the stream: a process that ends waits for its lock.
    data = text.encode(stream.encoding, errors="backslashreplace")
    while data:
        data = data[os.write(descriptor, data) :]


def _line(level: LogLevel, logger: str, fields: dict[str, Any]) -> str:
    line = {
        **fields,
        "level": level,
        "logger": logger,
        "timestamp": datetime.now(tz=UTC).isoformat().replace("+00:00", "Z"),
    }
    text = encode_json(line).decode()
    # The stream may have an encoding in which other characters cannot be written.
    return text if text.isascii() else json.dumps(line)


def _handler() -> _Handler | None:
    handlers = logging.getLogger().handlers
    return next((each for each in handlers if isinstance(each, _Handler)), None)


def log_request(logger: str, fields: dict[str, Any]) -> None:
    """Logs a request, at the level ``info``.

    The line looks like those of structlog, but is made directly: the processors of structlog and
    the record of the standard library would take longer than the event itself.

    Args:
        logger: the name of the logger.
        fields: the fields of the line, among them ``event`` and ``request_id``.
    """
    handler = _handler()
    if handler is None:
        # A program that runs the service itself has logging of its own.
        structlog.get_logger(logger).info(**fields)
    elif logging.getLogger().isEnabledFor(logging.INFO):
        handler.enqueue(_line("info", logger, fields))


def write_plain_line(line: str) -> None:
    """Writes a plain line among those of the log, which must be configured."""
    handler = _handler()
    assert handler is not None, "configured before"
    handler.enqueue(line)


def flush() -> None:
    """Waits until all lines are written, but only a second for a stream that blocks."""
    handler = _handler()
    if handler is not None:
        handler.flush()


def configure(level: LogLevel, stream: TextIO | None = None) -> None:
    """Configures logging of the whole process, including libraries, to one stream.

    Args:
        level: the lowest level that is logged.
        stream: the stream; standard error if ``None``.
    """
    earlier = _handler()
    if earlier is not None:
        earlier.close()
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
