"""The state that the handlers of one service share."""

from __future__ import annotations

import asyncio

from litestar.di import NamedDependency
from litestar.params import SkipValidation

from fsm.runtime import Hub
from fsm.web.metrics import Metrics
from fsm.web.rate_limit import RateLimiter
from fsm.web.settings import Settings
from fsm.web.token_file import TokenFile
from fsm.web.tokens import Tokens


class Service:
    """A hub with its access control, rate limits and metrics.

    Args:
        hub: the open hub.
        settings: the settings of the service.

    Raises:
        TokenFileError: the token file cannot be used.
    """

    def __init__(self, hub: Hub, settings: Settings) -> None:
        self.hub = hub
        self.settings = settings
        self.metrics = Metrics(lambda: hub.health, settings.db)
        self.stopping = asyncio.Event()
        self.streams = 0
        self.meeting_limiter = RateLimiter(settings.limits.meeting)
        self.caller_limiter = RateLimiter(settings.limits.token)
        self._token_file = TokenFile(settings.tokens) if settings.tokens is not None else None

    @property
    def tokens(self) -> Tokens | None:
        """The tokens; ``None`` if the service runs without a token file and permits everything."""
        return self._token_file.tokens if self._token_file is not None else None

    def may_read(self, caller: str) -> bool:
        """Returns whether a caller's token still exists and still has the scope ``read``."""
        tokens = self.tokens
        if tokens is None:
            return True
        return caller in tokens.tokens and "read" in tokens.tokens[caller].scopes


ServiceDependency = NamedDependency[SkipValidation[Service]]
"""The type of a handler's parameter ``service``, which Litestar injects."""
