"""The names of the vocabularies in Chinese.

A name may stand in several vocabularies with another meaning in each: ``free`` is an edition and a
policy status.
"""

from __future__ import annotations

from typing import Any, Final, get_args

from fsm.recording.events import Trigger
from fsm.recording.outcome import CommandName
from fsm.recording.vocabulary import (
    Edition,
    Kind,
    MeetingType,
    Platform,
    PolicyStatus,
    Reason,
    Role,
    Source,
    Starter,
    State,
    StopReason,
    Timer,
    check_complete,
)
from fsm.translation.labels import CHINESE

VOCABULARIES: Final[dict[str, Any]] = {
    "command": CommandName,
    "edition": Edition,
    "kind": Kind,
    "platform": Platform,
    "reason": Reason,
    "role": Role,
    "source": Source,
    "starter": Starter,
    "state": State,
    "status": PolicyStatus,
    "stop_reason": StopReason,
    "timer": Timer,
    "trigger": Trigger,
    "type": MeetingType,
}
"""The vocabularies whose names are translated."""


def _labelled(vocabulary: Any) -> dict[str, str]:
    """Returns the names of a vocabulary that stand in diagrams."""
    return {name: CHINESE[name] for name in get_args(vocabulary)}


CHINESE_NAMES: Final[dict[str, dict[str, str]]] = {
    "command": _labelled(CommandName),
    "edition": {
        "free": "免费版",
        "pro": "专业版",
        "business": "商业版",
        "enterprise": "企业版",
        "education": "教育版",
        "education_plus": "教育加强版",
    },
    "kind": _labelled(Kind),
    "platform": {
        "windows": "Windows",
        "macos": "macOS",
        "ios": "iOS",
        "android": "Android",
        "linux": "Linux",
        "web": "网页",
        "phone": "电话",
        "room": "会议室设备",
        "other": "其他平台",
    },
    # As the reason of a stop, the end of a meeting is an event; here it is past.
    "reason": {**_labelled(Reason), "meeting_ended": "会议已结束"},
    "role": {"host": "主持人", "cohost": "联席主持人", "member": "成员"},
    "source": {"console": "管理后台", "booking": "预定", "user": "用户", "none": "无"},
    "starter": {"host": "主持人", "anyone": "任意成员"},
    "state": _labelled(State),
    "status": _labelled(PolicyStatus),
    "stop_reason": _labelled(StopReason),
    "timer": {"grace": "宽限计时", "empty": "无人计时"},
    # A wait is no event, but a step of a scenario.
    "trigger": {**_labelled(Trigger), "wait": "等待"},
    "type": {
        "scheduled": "常规会议",
        "webinar": "特邀会议",
        "recurring": "周期性会议",
        "quick": "快速会议",
        "personal": "个人会议号",
    },
}
"""The names by vocabulary."""
check_complete(
    CHINESE_NAMES, VOCABULARIES, "CHINESE_NAMES in fsm/translation/names.py", "its names"
)
for _name, _vocabulary in VOCABULARIES.items():
    check_complete(
        CHINESE_NAMES[_name],
        get_args(_vocabulary),
        f"CHINESE_NAMES['{_name}'] in fsm/translation/names.py",
        "its Chinese name",
    )
