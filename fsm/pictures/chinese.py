"""The Chinese of every label, by its English.

The terms are those of the product's Chinese help page: 主持人, 云录制, 参会成员, 锁定, 总开关.
"""

from __future__ import annotations

from collections.abc import Callable

from fsm.pictures.model import Lang

CHINESE: dict[str, str] = {
    # States of a recording, and policy statuses.
    "idle": "未录制",
    "recording": "录制中",
    "paused": "已暂停",
    "stopped": "已结束",
    "off": "关闭状态",
    "free": "自由状态",
    "default_on": "默认开启",
    "locked_on": "开启并锁定",
    # What happens in a meeting.
    "join": "入会",
    "leave": "离会",
    "role": "变更角色",
    "end": "结束会议",
    "recorder_failed": "录制服务故障",
    "start": "开始录制",
    "pause": "暂停录制",
    "resume": "继续录制",
    "stop": "结束录制",
    # Why a recording stops.
    "host_stopped": "主持人结束录制",
    "everyone_left": "所有人离会",
    "hosts_left": "所有主持人离会",
    "recording_client_left": "录制端离会",
    "meeting_ended": "会议结束",
    # What an admin changes.
    "enable": "开启自动录制",
    "disable": "关闭自动录制",
    "lock": "锁定",
    "unlock": "解锁",
    "switch_on": "打开总开关",
    "switch_off": "关闭总开关",
    "choose_kind": "选择录制方式",
    "set_options": "设置子选项",
    # Conditions of a meeting.
    "the meeting is not over": "会议未结束",
    "not there yet": "尚未在会中",
    "is present": "在会中",
    "who asks is present": "操作者在会中",
    "a host": "主持人",
    "who ends it is present": "结束者在会中",
    "by a host or the server": "由主持人或服务器",
    "plan: cloud, by anyone's join": "方案：云录制，任意成员入会即开启",
    "plan: cloud, by a host's join": "方案：云录制，主持人入会后开启",
    "plan: local": "方案：本地录制",
    "plan: a host must remain": "方案：须有主持人在会",
    "plan: host may pause": "方案：主持人可暂停",
    "desktop or phone app": "电脑或手机客户端",
    "from a desktop": "电脑端",
    "version 3.17 or later": "3.17 及以上版本",
    "its kind is on": "该录制方式已开放",
    "local: from a desktop": "本地录制须用电脑端",
    "cloud": "云录制",
    "local": "本地录制",
    "local, by the recording client": "本地录制，由录制端操作",
    "the recording client": "录制端",
    "the last one": "最后一人",
    "not the last one": "不是最后一人",
    "the last host": "最后一位主持人",
    # Conditions of the console.
    "the edition has a console": "该版本有管理后台",
    "by someone who may": "由超级管理员或有账户设置权限的管理员",
    "enabled": "已开启",
    "locked": "已锁定",
    "not locked": "未锁定",
    "the admin's kind is on": "所选方式的总开关已打开",
    "some kind is on": "有总开关已打开",
    "the last kind on": "最后一个打开的总开关",
    "not the last kind on": "不是最后一个打开的总开关",
    "the admin's kind is cloud": "管理员所选方式为云录制",
    "the admin's kind": "管理员所选方式",
    "the admin's enabled kind": "已开启的管理员所选方式",
    "not the admin's enabled kind": "并非已开启的管理员所选方式",
    "the chosen kind is on": "新选方式的总开关已打开",
    "not the chosen kind is on": "新选方式的总开关未打开",
    # Why an event is refused.
    "already_present": "已在会中",
    "not_present": "不在会中",
    "not_host": "不是主持人",
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
    "what the console lets a booking do": "管理后台允许预定会议做什么",
    "Meeting recording": "会议录制",
    "every plan": "全部方案",
    "a host's join starts it": "主持人入会后开启",
    "anyone's join starts it": "任意成员入会后开启",
    "a host's join from a desktop starts it": "主持人电脑端入会后开启",
    "a host may pause": "主持人可以暂停",
    "no host may pause": "主持人不可暂停",
    "nothing starts by itself": "不自动录制",
    # The frame of a picture.
    ", ": "，",
    ": ": "：",
    "otherwise": "否则",
    "stays": "状态不变",
    "otherwise stays": "否则状态不变",
    "always": "任何事件",
    "accepted without a change of state": "接受该事件，状态不变",
    "dashed: only where a host asks for it": "虚线：仅由主持人手动",
    "after / : what the recorder is told": "“/”之后：发给录制服务的命令",
    "whatever a state does not show, it refuses": "未列出的事件一律拒绝",
    "lines of the other kind: a host may start that by hand (D2)": (
        "另一种录制方式的行：主持人可手动开启（D2）"
    ),
    "left out of the lines": "各行省略的条件",
    # The marks of a path.
    "blue: the path, numbers are steps": "蓝色：经过的路径，数字为步骤",
    "✓ accepted without a move": "✓ 接受，状态不变",
    "✗ refused": "✗ 拒绝",
}


def sayer(lang: Lang) -> Callable[[str], str]:
    """Return what puts a label into a language; a label without a translation stays English."""
    return str if lang == "en" else lambda label: CHINESE.get(label, label)
