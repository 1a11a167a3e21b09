"""Settings of the form that change nothing, each with the settings that are in its way.

No rule is repeated here: a setting has an effect if another value of it leads to another status,
form or plan, and an obstacle is a setting without which it has one.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import Any, Final, Literal, get_args

import attrs

from fsm.recording import Choice, MeetingSettings
from fsm.recording.vocabulary import KINDS, KINDS_WITH_OPTIONS, UNBOOKED, check_complete

Setting = Literal["kind", "start_on_any_join", "host_may_pause", "user", "booking"]
"""A setting of which the form says that it has no effect."""
Obstacle = Literal["enabled", "locked", "cloud_recording", "local_recording", "booking", "user"]
"""A setting that can keep another one from having an effect."""
_CHOICES: Final = (None, Choice(False), *(Choice(True, kind) for kind in KINDS))
_VALUES: Final[dict[str, tuple[Any, ...]]] = {
    "kind": KINDS,
    "start_on_any_join": (False, True),
    "host_may_pause": (False, True),
    "user": _CHOICES,
    "booking": _CHOICES,
}
_FREE: Final[dict[str, Any]] = {
    "enabled": True, "locked": False, "cloud_recording": True, "local_recording": True,
    "booking": None, "user": None,
}  # fmt: skip
"""The value with which each obstacle is none."""
check_complete(_VALUES, get_args(Setting), "_VALUES in fsm/simulator/effects.py", "its values")
check_complete(_FREE, get_args(Obstacle), "_FREE in fsm/simulator/effects.py", "its free value")


@attrs.frozen
class IdleSetting:
    """A setting without an effect.

    Args:
        setting: the setting.
        because: the settings that keep it from having one.
    """

    setting: Setting
    because: tuple[Obstacle, ...]


def idle_settings(settings: MeetingSettings) -> tuple[IdleSetting, ...]:
    """Returns the settings of a form that have no effect beside the others.

    Args:
        settings: the settings. Those that the form does not show are left out.

    >>> from fsm.recording import Account
    >>> [idle, *_] = idle_settings(MeetingSettings(Account("business")))
    >>> idle
    IdleSetting(setting='kind', because=('enabled',))
    """
    return tuple(
        IdleSetting(setting, _because(settings, setting))
        for setting in _shown(settings)
        if not _has_effect(settings, setting)
    )


def _shown(settings: MeetingSettings) -> Iterator[Setting]:
    account = settings.account
    if account.has_console:
        yield "kind"
        if account.auto_record.kind in KINDS_WITH_OPTIONS:
            yield "start_on_any_join"
            yield "host_may_pause"
    yield "user"
    if settings.type not in UNBOOKED:
        yield "booking"


def _has_effect(settings: MeetingSettings, setting: Setting) -> bool:
    results = [_result(_with(settings, setting, value)) for value in _VALUES[setting]]
    return any(result != results[0] for result in results)


def _result(settings: MeetingSettings) -> tuple[object, ...]:
    resolution = settings.resolve()
    return resolution.status, resolution.form, resolution.plan


def _because(settings: MeetingSettings, setting: Setting) -> tuple[Obstacle, ...]:
    """Returns the smallest number of obstacles without which a setting has an effect."""
    obstacles = [*_obstacles(settings, setting)]
    for count in range(1, len(obstacles) + 1):
        for chosen in combinations(obstacles, count):
            freed = settings
            for obstacle in chosen:
                freed = _with(freed, obstacle, _FREE[obstacle])
            if _has_effect(freed, setting):
                return chosen
    return ()


def _obstacles(settings: MeetingSettings, setting: Setting) -> Iterator[Obstacle]:
    for obstacle in get_args(Obstacle):
        if obstacle != setting and _is_obstacle(settings, obstacle):
            yield obstacle


def _is_obstacle(settings: MeetingSettings, name: Obstacle) -> bool:
    parts: tuple[Any, ...] = (settings,)
    if settings.account.has_console:
        parts += (settings.account, settings.account.auto_record)
    return any(getattr(part, name, _FREE[name]) != _FREE[name] for part in parts)


def _with(settings: MeetingSettings, name: str, value: Any) -> MeetingSettings:
    """Returns settings with another value of one of them."""
    account, automatic = settings.account, settings.account.auto_record
    if name in ("user", "booking"):
        return attrs.evolve(settings, **{name: value})
    if name in ("cloud_recording", "local_recording"):
        account = attrs.evolve(account, **{name: value})
    elif name == "kind" and value not in KINDS_WITH_OPTIONS:
        automatic = attrs.evolve(
            automatic, kind=value, start_on_any_join=False, host_may_pause=True
        )
        account = attrs.evolve(account, auto_record=automatic)
    else:
        account = attrs.evolve(account, auto_record=attrs.evolve(automatic, **{name: value}))
    return attrs.evolve(settings, account=account)
