"""The ids of the rules, with a one-line title each; ``docs/rules.md`` has the full text."""

from __future__ import annotations

from typing import Final, Literal, get_args

from fsm.recording.vocabulary import check_complete

RuleId = Literal[
    "R1", "R2", "R3", "R4", "R5", "R6", "R7", "R8", "R9",
    "R10", "R11", "R12", "R13", "R14", "R15", "R16", "R17",
    "D1", "D2", "D3", "D4", "D5", "D6", "D7", "D8", "D9", "D10", "D11", "D12", "D13",
    "D14", "D15", "D16", "D17",
]  # fmt: skip

RULE_IDS: Final[tuple[RuleId, ...]] = get_args(RuleId)

RULES: Final[dict[RuleId, str]] = {
    "R1": "Every edition may auto-record to the cloud, business and up also locally",
    "R2": "Auto cloud recording works from desktop and phone apps, auto local from desktops",
    "R3": "Auto-recording needs client version 3.17 or later",
    "R4": "Only a super admin, or an admin with the permission, changes the console",
    "R5": "The policy holds for every type of meeting",
    "R6": "The policy status: off, free, default on, or locked on",
    "R7": "A local recording has no sub-options",
    "R8": "Sub-option: any participant's join starts the cloud recording",
    "R9": "Sub-option: whether hosts may pause and stop the cloud recording",
    "R10": "The options of the form, and the contact it names",
    "R11": "Locked on wins, then the booking, then the user, then the console's default",
    "R12": "Sub-options reach a meeting only from an enabled cloud console to a cloud plan",
    "R13": "Cloud: the first join of a host, or of anyone, starts the recording",
    "R14": "Local: the first join of a host from a desktop starts it, on that client",
    "R15": "Auto-recording starts at most once a meeting",
    "R16": "The causes that stop a cloud recording",
    "R17": "The causes that stop a local recording",
    "D1": "A co-host is a host for every rule",
    "D2": "A host may start a recording by hand, if its kind is on",
    "D3": "Only the recording client pauses, resumes and stops a local recording",
    "D4": '"Every host has left" is judged when a participant leaves',
    "D5": "A join that does not qualify does not use up the automatic start",
    "D6": "A kind whose master switch is off is not on offer",
    "D7": "A stored choice that is no longer on offer is passed over",
    "D8": "The plan is resolved once, when the meeting opens",
    "D9": "Participants are connections; a second join and an unknown leave change nothing",
    "D10": "A present host or the server ends the meeting; later events are refused",
    "D11": "A recorder that fails stops the recording",
    "D12": "Without auto-recording, a cloud recording stops as if a host started it who may pause",
    "D13": "Quick and personal meetings are not booked",
    "D14": "Grace: a cloud recording goes on for some seconds after a leave that would stop it",
    "D15": "A meeting that stays empty for some time ends by itself",
    "D16": "What was answered stands: a meeting comes back as its answers left it",
    "D17": "A meeting that is over is not opened again, and its id is used up",
}
check_complete(RULES, RULE_IDS, "RULES in fsm/recording/rules.py", "its title")

CHINESE_TITLES: Final[dict[RuleId, str]] = {
    "R1": "所有版本都可自动云录制，商业版及以上还可自动本地录制",
    "R2": "自动云录制适用于电脑和手机客户端，自动本地录制仅适用于电脑端",
    "R3": "自动录制须用 3.17 及以上版本的客户端",
    "R4": "只有超级管理员或有权限的管理员可修改管理后台",
    "R5": "规则适用于所有会议类型",
    "R6": "管理状态：关闭、可自由选择、默认开启、开启并锁定",
    "R7": "本地录制没有子选项",
    "R8": "子选项：任意成员入会即开始云录制",
    "R9": "子选项：主持人可否暂停和结束云录制",
    "R10": "表单的选项，以及它写明的联系人",
    "R11": "锁定开启最优先，其次是预定、用户、管理后台的默认值",
    "R12": "子选项只从已开启的云录制后台作用于云录制方案",
    "R13": "云录制：主持人或任何人第一次入会即开始",
    "R14": "本地录制：第一位从电脑端入会的主持人使其开始，由该客户端录制",
    "R15": "每场会议最多自动开始一次",
    "R16": "云录制停止的原因",
    "R17": "本地录制停止的原因",
    "D1": "联席主持人在每条规则中都是主持人",
    "D2": "该方式的总开关打开时，主持人可手动开始录制",
    "D3": "只有录制的客户端可暂停、继续和结束本地录制",
    "D4": "“所有主持人离会”在有参会者离会时判断",
    "D5": "不符合要求的入会不会用掉自动开始的机会",
    "D6": "总开关关闭的方式不可选",
    "D7": "已保存但不再可选的选择会被跳过",
    "D8": "方案在会议开启时得出，只此一次",
    "D9": "参会者是连接；重复的入会和未知的离会什么也不改变",
    "D10": "在会的主持人或服务器结束会议；此后的事件被拒绝",
    "D11": "录制端故障使录制停止",
    "D12": "没有自动录制时，云录制按主持人开启、主持人可暂停的情形停止",
    "D13": "快速会议和个人会议没有预定",
    "D14": "宽限：本应因离会而停止的云录制再继续若干秒",
    "D15": "会议持续无人一段时间后自行结束",
    "D16": "已作出的回答有效：会议恢复到其回答所说的状态",
    "D17": "已结束的会议不会再次开启，其 ID 不可再用",
}
"""The same titles in Chinese; a rule that is not translated yet is left out."""

RUNTIME_RULES: Final[frozenset[RuleId]] = frozenset({"D16", "D17"})
"""The rules about the life of a meeting in the journal, which no machine decides."""

_CODE_ONLY = ("code",)
_GUARD_ONLY = ("guard",)
_ROW_ONLY = ("row",)
_ROW_AND_GUARD = ("row", "guard")

DECIDED_BY: Final[dict[RuleId, tuple[str, ...]]] = {
    # Decided when the meeting opens, before a machine is involved.
    **dict.fromkeys(("R1", "R5", "R10", "R11", "R12", "D7", "D8", "D13"), _CODE_ONLY),
    # A sub-option is resolved into the plan, which a guard of a row reads.
    "R8": ("row", "guard", "code"),
    # Decided by preconditions alone.
    **dict.fromkeys(("R4", "D1", "D9"), _GUARD_ONLY),
    # Decided by the absence of rows: none leads back to idle, and a join without a starting row
    # starts nothing.
    **dict.fromkeys(("R15", "D5"), _CODE_ONLY),
    # A row without guards.
    "D11": _ROW_ONLY,
    **dict.fromkeys(
        ("R6", "R7", "R9", "R13", "R14", "R16", "R17", "D2", "D3", "D6", "D10", "D14", "D15"),
        _ROW_AND_GUARD,
    ),
    # Guards that distinguish rows of another rule.
    **dict.fromkeys(("R2", "R3", "D4", "D12"), _ROW_AND_GUARD),
}
"""The kinds of carriers that decide each rule: rows and guards of a machine, or other code."""
check_complete(
    {*DECIDED_BY, *RUNTIME_RULES}, RULE_IDS, "DECIDED_BY in fsm/recording/rules.py",
    "the kinds of its carriers, or list it in RUNTIME_RULES",
)  # fmt: skip
