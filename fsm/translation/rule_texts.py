"""The Chinese of the rules: what a change of the rules translates.

These are the labels of states, triggers, reasons, guards and actions, the names of the
vocabularies, the values that guards read, and the reasons of a plan. The terms are those of the
product's Chinese help page: 主持人, 云录制, 参会成员, 锁定, 总开关. The bundled fonts have the
characters of the labels and of the titles of examples only.
"""

from __future__ import annotations

from typing import Any, Final, get_args

from fsm.recording.console_changes import ConsoleReason, ConsoleTrigger
from fsm.recording.durations import LABEL_UNITS, UNITS
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

_LONGEST = {
    "after": MAX_END_WHEN_EMPTY,
    "grace": MAX_GRACE,
    "ends when empty for": MAX_END_WHEN_EMPTY,
}
"""The longest duration that follows each of these words, in seconds."""

RULE_LABELS: Final[dict[str, str]] = {
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
}
"""The labels of the machines by their English form, as in diagrams."""
check_complete(
    RULE_LABELS,
    (
        name
        for vocabulary in (
            State, PolicyStatus, Kind, Trigger, ConsoleTrigger, CommandName, StopReason, Reason,
            ConsoleReason,
        )
        for name in get_args(vocabulary)
    ),
    "RULE_LABELS in fsm/translation/rule_texts.py",
    "its translation",
)  # fmt: skip
check_complete(
    RULE_LABELS,
    STARTER_WORDS.values(),
    "RULE_LABELS in fsm/translation/rule_texts.py",
    "its translation",
)
check_complete(
    RULE_LABELS,
    (
        f"{words} # {unit}"
        for words, longest in _LONGEST.items()
        for unit in LABEL_UNITS
        if UNITS[unit] <= longest
    ),
    "RULE_LABELS in fsm/translation/rule_texts.py",
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
    return {name: RULE_LABELS[name] for name in get_args(vocabulary)}


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
"""The names by vocabulary.

A name may stand in several vocabularies with another meaning in each: ``free`` is an edition and a
policy status.
"""
check_complete(
    CHINESE_NAMES, VOCABULARIES, "CHINESE_NAMES in fsm/translation/rule_texts.py", "its names"
)
for _name, _vocabulary in VOCABULARIES.items():
    check_complete(
        CHINESE_NAMES[_name],
        get_args(_vocabulary),
        f"CHINESE_NAMES['{_name}'] in fsm/translation/rule_texts.py",
        "its Chinese name",
    )

READ_VALUES: Final[dict[str, str]] = {
    "{id} in present": "{id} 在会",
    "present[{id}].role": "{id} 的角色",
    "present[{id}].platform": "{id} 的平台",
    "len(present)": "在会人数",
    "hosts": "主持人数",
    "ended": "会议已结束",
    "client": "录制端",
    "kind": "正在进行的录制",
    "event.by": "操作者",
    "event.id": "参会者",
    "event.kind": "录制方式",
    "event.platform": "平台",
    "event.role": "角色",
    "event.set": "设定序号",
    "event.timer": "计时",
    "event.version": "客户端版本",
    "plan.end_when_empty": "方案的无人时长（秒）",
    "plan.grace": "方案的宽限（秒）",
    "plan.host_may_pause": "主持人可以暂停",
    "plan.kind": "方案的方式",
    "plan.kinds": "总开关已打开的方式",
    "plan.needs_hosts": "须有主持人在会",
    "plan.source": "由谁决定",
    "plan.started_by": "由谁入会开启",
}
"""The values that guards read. A text in braces stands for an id."""

REASONS: Final[dict[str, str]] = {
    # The policy status (R6).
    "status {status}: {words} (R6)": "管理状态为“{status}”：{words}（R6）",
    "status free: the {edition} edition has no console (R4)": (
        "管理状态为“可自由选择”：{edition}没有管理后台（R4）"
    ),
    "auto-recording is disabled and locked, or no kind is on": (
        "自动录制已关闭并锁定，或没有打开任何总开关"
    ),
    "auto-recording is left to the user": "由用户自由选择是否自动录制",
    "auto-recording is on unless the user changes it": "默认自动录制，用户可以更改",
    "auto-recording is on and locked": "自动录制已开启并锁定",
    # The source of a plan (R11, D7).
    "no auto-recording": "不自动录制",
    "no auto-recording: the policy status is off (R11)": "不自动录制：管理状态为“关闭状态”（R11）",
    "no auto-recording: no setting asks for it (R11)": "不自动录制：没有任何设置要求录制（R11）",
    "{option}: the console's setting, which is locked (R11)": (
        "{option}：管理后台的设置，已锁定（R11）"
    ),
    "{option}: the console's default (R11)": "{option}：管理后台的默认设置（R11）",
    "{option}: the booking's choice (R11)": "{option}：预定会议时的选择（R11）",
    "{option}: the user's choice (R11)": "{option}：用户设置中的选择（R11）",
    "the booking's choice '{option}' is passed over: it is not on offer (D7)": (
        "跳过预定会议时的选择“{option}”：该选项不可选（D7）"
    ),
    "the user's choice '{option}' is passed over: it is not on offer (D7)": (
        "跳过用户设置中的选择“{option}”：该选项不可选（D7）"
    ),
    # Sub-options (R12), and timers (D14, D15).
    "started by {who}: the console's sub-option (R8, R12)": (
        "{who}入会后开启：管理后台的子选项（R8、R12）"
    ),
    "the host may pause: the console's sub-option (R9, R12)": (
        "主持人可以暂停：管理后台的子选项（R9、R12）"
    ),
    "the host may not pause: the console's sub-option (R9, R12)": (
        "主持人不可暂停：管理后台的子选项（R9、R12）"
    ),
    "a cloud recording goes on for {duration} after a leave that would stop it (D14)": (
        "本应因离会而停止的云录制再继续 {duration}（D14）"
    ),
    "the meeting ends when empty for {duration} (D15)": "无人 {duration}后会议结束（D15）",
    "the recording stops in {duration} unless a host joins": (
        "{duration}后停止录制，除非有主持人入会"
    ),
    "the recording stops in {duration} unless somebody joins": (
        "{duration}后停止录制，除非有人入会"
    ),
    "the meeting ends in {duration} unless somebody joins": "{duration}后会议结束，除非有人入会",
    # An option of the form, alone or within a reason: it comes last, as a part of other sentences.
    "{kind}, started by {who}": "{who}入会后开启{kind}",
}
"""Whole sentences of the rules, which are recognised by their English form.

A text in braces stands for a value. If it is named after a vocabulary, the value is a name of it.
"""
