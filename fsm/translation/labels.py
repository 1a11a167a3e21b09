"""The Chinese words: the labels of diagrams, and the names of the vocabularies.

A name may stand in several vocabularies with another meaning in each: ``free`` is an edition and a
policy status. The terms are those of the product's Chinese help page: 主持人, 云录制, 参会成员,
锁定, 总开关. The bundled fonts have the characters of the labels only.
"""

from __future__ import annotations

from typing import Any, Final, get_args

from fsm.recording.console_changes import ConsoleReason, ConsoleTrigger
from fsm.recording.events import Trigger
from fsm.recording.outcome import CommandName
from fsm.recording.plan import MAX_END_WHEN_EMPTY, MAX_GRACE, STARTER_WORDS
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

_UNITS = {"h": 3600, "min": 60, "s": 1}
"""The seconds of each unit of time."""
_LONGEST = {
    "after": MAX_END_WHEN_EMPTY,
    "grace": MAX_GRACE,
    "ends when empty for": MAX_END_WHEN_EMPTY,
}
"""The longest duration that follows each of these words, in seconds."""

CHINESE: Final[dict[str, str]] = {
    # States of a recording, and policy statuses.
    "idle": "未录制",
    "recording": "录制中",
    "paused": "已暂停",
    "stopped": "已停止录制",
    "running": "录制进行中",
    "off": "关闭状态",
    "free": "可自由选择",
    "default_on": "默认开启",
    "locked_on": "开启并锁定",
    # Triggers of a meeting.
    "join": "入会",
    "leave": "离会",
    "role": "变更角色",
    "end": "结束会议",
    "recorder_failed": "录制服务故障",
    "time_up": "计时到点",
    "start": "开始录制",
    "pause": "暂停录制",
    "resume": "继续录制",
    "stop": "结束录制",
    # Reasons of a stop.
    "host_stopped": "主持人结束录制",
    "everyone_left": "所有人离会",
    "hosts_left": "所有主持人离会",
    "recording_client_left": "录制端离会",
    "meeting_ended": "会议结束",
    # Triggers of the console.
    "enable": "开启自动录制",
    "disable": "关闭自动录制",
    "lock": "锁定",
    "unlock": "解锁",
    "switch_on": "打开总开关",
    "switch_off": "关闭总开关",
    "choose_kind": "选择录制方式",
    "set_options": "设置子选项",
    # Guards of a meeting.
    "the meeting is not over": "会议未结束",
    "not yet present": "尚未在会中",
    "is present": "在会中",
    "requester is present": "操作者在会中",
    "a host": "主持人",
    "anyone": "成员",
    "by a host or the server": "由主持人或服务器",
    "plan: cloud by anyone's join": "方案：任意成员入会即开启云录制",
    "plan: cloud by a host's join": "方案：主持人入会后开启云录制",
    "plan: local": "方案：本地录制",
    "plan: a host must remain": "方案：须有主持人在会",
    "plan: host may pause": "方案：主持人可暂停",
    "desktop or phone app": "电脑或手机客户端",
    "from a desktop": "电脑端",
    "version 3.17 or later": "3.17 及以上版本",
    "that kind is on": "该方式总开关已开",
    "local: from a desktop": "本地录制须用电脑端",
    "cloud": "云录制",
    "local": "本地录制",
    "local by the recording client": "由录制端操作的本地录制",
    "the recording client": "录制端",
    "the last participant": "最后一人",
    "not the last participant": "不是最后一人",
    "the last host": "最后一位主持人",
    "it is set": "计时仍有效",
    "plan: a grace": "方案：有宽限",
    "no grace": "无宽限",
    "nobody is present": "会中无人",
    "only members are present": "会中只有成员",
    "the meeting is empty": "会中无人",
    # Timers.
    "after # s": "# 秒后",
    "after # min": "# 分钟后",
    "after # h": "# 小时后",
    "after the grace": "宽限期满",
    "after being empty": "无人期满",
    "set grace": "开始宽限",
    "cancel grace if the recording goes on": "录制可继续时取消宽限",
    "set empty if nobody remains": "会中无人时开始无人计时",
    "cancel empty": "取消无人计时",
    "end the meeting": "结束会议",
    "set, cancel: a timer, which ends with its recording or its meeting": (
        "开始、取消：计时；录制或会议结束时，其计时随之取消"
    ),
    # Guards of the console.
    "the edition has a console": "该版本有管理后台",
    "by a permitted admin": "由超级管理员或有账户设置权限的管理员",
    "enabled": "已开启",
    "locked": "已锁定",
    "not locked": "未锁定",
    "the admin's kind is on": "所选方式的总开关已打开",
    "some kind is on": "有总开关已打开",
    "the last kind on": "最后一个打开的总开关",
    "not the last kind on": "不是最后一个打开的总开关",
    "the admin's kind is cloud": "管理员所选方式为云录制",
    "the admin's kind": "管理员所选方式",
    "the admin's kind and enabled": "管理员所选方式且已开启自动录制",
    "not the admin's kind or not enabled": "非管理员所选方式或未开启自动录制",
    "the chosen kind is on": "新选方式的总开关已打开",
    "the chosen kind is off": "新选方式的总开关未打开",
    # Reasons of a refusal.
    "already_present": "已在会中",
    "not_present": "不在会中",
    "not_host": "不是主持人",
    "timer_not_set": "该计时已失效",
    "wrong_state": "当前状态不允许",
    "kind_unavailable": "该录制方式未开放",
    "not_desktop": "不是电脑端",
    "not_recording_client": "不是录制端",
    "host_may_not_pause": "主持人不可暂停",
    "no_console": "该版本没有管理后台",
    "not_permitted": "没有权限",
    "no_sub_options": "没有子选项",
    # Titles.
    "Policy status": "自动录制的管理状态",
    "what the console lets a booking do": "预定会议时可以选择什么",
    "Meeting recording": "会议录制",
    "every plan": "全部方案",
    "a host's join starts it": "主持人入会后开启",
    "anyone's join starts it": "任意成员入会后开启",
    "a host's join from a desktop starts it": "主持人电脑端入会后开启",
    "a host may pause": "主持人可以暂停",
    "no host may pause": "主持人不可暂停",
    "nothing starts by itself": "不自动录制",
    "grace # s": "宽限 # 秒",
    "grace # min": "宽限 # 分钟",
    "ends when empty for # s": "无人 # 秒后结束",
    "ends when empty for # min": "无人 # 分钟后结束",
    "ends when empty for # h": "无人 # 小时后结束",
    # Notes and legend of a diagram.
    ", ": "，",
    ": ": "：",
    "otherwise": "否则",
    "stays": "状态不变",
    "otherwise stays": "否则状态不变",
    "accepted without a change of state": "接受该事件，状态不变",
    "dashed: only on a host's request": "虚线：仅由主持人手动",
    "after / : the recorder command": "“/”之后：发给录制服务的命令",
    "events that a state does not show are refused": "未列出的事件一律拒绝",
    "from a frame: from each state in it": "从方框出发：从其中每个状态出发",
    "grey: only in a recording of the other kind, started by hand (D2)": (
        "灰色：仅在手动开启的另一种录制中（D2）"
    ),
    "not shown: the automatic transitions to_<state>": "未列出：自动的状态变化 to_<state>",
    "entry": "进入",
    "exit": "离开",
    "any state": "任一状态",
    "any other state": "任一其他状态",
    "guards not shown": "各行省略的条件",
    "every event": "任何事件",
    # The trace view.
    "blue: the trace and its last state, numbers are steps": (
        "蓝色：经过的路径及最后状态，数字为步骤"
    ),
    "✓ accepted, the state stays": "✓ 接受，状态不变",
    "✗ refused": "✗ 拒绝",
    # The coverage view.
    "scenarios": "场景",
    "n× : times taken": "n×：经过次数",
    "grey: never taken": "灰色：从未经过",
    "dashed: none of its transitions was taken": "虚线：其中各行均未经过",
    # The diff view and the diff report.
    "added": "新增",
    "removed": "删除",
    "changed": "修改",
    "changes against": "对比版本",
    "event": "事件",
    "from → to": "状态变化",
    "difference": "内容",
    "rules": "规则",
    "green, + : added": "绿色“+”：新增",
    "red, struck out: removed": "红色划线：删除",
    "amber, ~ : changed": "橙色“~”：修改",
    "grey: unchanged": "灰色：未变",
    "now": "现为",
    "before": "原为",
    "now stays": "现为状态不变",
    "stayed before": "原为状态不变",
    "only if": "条件",
    "always": "无条件",
    "recorder command": "录制命令",
    "timers": "计时",
    "actions": "操作",
    "none": "无",
    "added guards": "新增条件",
    "removed guards": "删除条件",
    "guards in another order": "条件顺序不同",
    "transitions in another order": "各行顺序不同",
    "preconditions in every state": "各行之前的条件",
    "may refuse for another reason": "拒绝理由可以不同",
    "now only if no earlier transition applies": "现仅在前面各行都不成立时",
    "no earlier transition applies any more": "前面不再有其他行",
    "leads to": "转到",
    "instead of": "而不是",
    "no longer leads to": "不再转到",
    "the state stays the same": "状态不变",
    "now leads to": "现转到",
    "the state stayed the same before": "原为状态不变",
    "other rules": "规则不同",
    "every state": "任何状态",
    "the state": "状态",
    "is the initial state": "由此开始",
    "is no longer the initial state": "不再由此开始",
}
"""The labels by their English form."""
check_complete(
    CHINESE,
    (
        name
        for vocabulary in (
            State, PolicyStatus, Kind, Trigger, ConsoleTrigger, CommandName, StopReason, Reason,
            ConsoleReason,
        )
        for name in get_args(vocabulary)
    ),
    "CHINESE in fsm/translation/labels.py",
    "its translation",
)  # fmt: skip
check_complete(
    CHINESE, STARTER_WORDS.values(), "CHINESE in fsm/translation/labels.py", "its translation"
)
check_complete(
    CHINESE,
    (
        f"{words} # {unit}"
        for words, longest in _LONGEST.items()
        for unit, length in _UNITS.items()
        if length <= longest
    ),
    "CHINESE in fsm/translation/labels.py",
    "its translation",
)

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
    CHINESE_NAMES, VOCABULARIES, "CHINESE_NAMES in fsm/translation/labels.py", "its names"
)
for _name, _vocabulary in VOCABULARIES.items():
    check_complete(
        CHINESE_NAMES[_name],
        get_args(_vocabulary),
        f"CHINESE_NAMES['{_name}'] in fsm/translation/labels.py",
        "its Chinese name",
    )


def duration_label(seconds: int) -> str:
    """Returns a duration in the largest unit that gives a whole number.

    >>> duration_label(43_200), duration_label(90)
    ('12 h', '90 s')
    """
    unit = next(unit for unit, length in _UNITS.items() if seconds % length == 0)
    return f"{seconds // _UNITS[unit]} {unit}"
