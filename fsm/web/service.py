"""What the handlers of one service share."""

from __future__ import annotations

import asyncio

import structlog

from fsm.runtime import Hub
from fsm.web.buckets import Buckets
from fsm.web.metrics import Metrics
from fsm.web.settings import Settings
from fsm.web.tokens import Tokens, TokensFile

_LOG = structlog.get_logger(__name__)


class Service:
    """A hub, and what stands between it and its clients.

    Args:
        hub: the hub, open.
        settings: how the service runs.

    Raises:
        TokensFileError: the file of tokens cannot be used.
    """

    def __init__(self, hub: Hub, settings: Settings) -> None:
        self.hub = hub
        self.settings = settings
        self.metrics = Metrics(lambda: hub.health, settings.db)
        self.stopping = asyncio.Event()
        self.streams = 0
        self.of_meetings = Buckets(settings.limits.meeting)
        self.of_tokens = Buckets(settings.limits.token)
        self._file = TokensFile(settings.tokens) if settings.tokens is not None else None

    @property
    def tokens(self) -> Tokens | None:
        """Who may do what; ``None`` where everything is allowed."""
        return self._file.now if self._file is not None else None

    def may_read(self, caller: str) -> bool:
        """Say whether a caller's token is still there, and still good for reading."""
        tokens = self.tokens
        if tokens is None:
            return True
        return caller in tokens.tokens and "read" in tokens.tokens[caller].scopes
