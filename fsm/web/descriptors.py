"""File descriptors of the process: how many it may open, and whether they run short."""

from __future__ import annotations

import contextlib
import os

try:
    import resource
except ImportError:  # Windows, which has no such limit
    resource = None  # type: ignore[assignment]

# More than this is of no use to a service.
_ENOUGH = 65_536
_SHORT = 8


def raise_descriptor_limit() -> int:
    """Raises the limit of open descriptors as far as permitted and useful, and returns it."""
    if resource is not None:
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        wanted = min(_number(hard), _ENOUGH)
        if _number(soft) < wanted:
            with contextlib.suppress(OSError, ValueError):
                resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    return _limit()


def descriptors_run_short() -> bool:
    """Returns whether hardly any descriptors are left."""
    try:
        # The system gives out the lowest free number.
        lowest = os.open(os.devnull, os.O_RDONLY)
    except OSError:
        return True
    os.close(lowest)
    return lowest >= _limit() - _SHORT


def _limit() -> int:
    if resource is None:
        return _ENOUGH
    return _number(resource.getrlimit(resource.RLIMIT_NOFILE)[0])


def _number(limit: int) -> int:
    return _ENOUGH if limit == resource.RLIM_INFINITY else limit
