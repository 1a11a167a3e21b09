"""Sentences in Chinese: the reasons of a plan, explanations, expectations, and timers.

A text in braces stands for a value. If it is named after a vocabulary, the value is a name of it.
"""

from typing import Final

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
"""Whole sentences of the rules, which are recognised by their English form."""

PHRASES: Final[dict[str, str]] = {
    # Explanations of decisions (:mod:`fsm.translation.explanations`).
    "'{trigger}' in '{state}' leads to '{target}'": "“{state}”时“{trigger}”：变为“{target}”",
    "'{trigger}' in '{state}' stays there": "“{state}”时“{trigger}”：状态不变",
    "'{trigger}' is refused in '{state}': ": "“{state}”时拒绝“{trigger}”：",
    "it needs {guards}": "须满足{guards}",
    "to stay it needs {guards}": "保持状态须满足{guards}",
    "to '{target}' it needs {guards}": "变为“{target}”须满足{guards}",
    "to stay it would need {guards}": "若要保持状态，须满足{guards}",
    "to '{target}' it would need {guards}": "若要变为“{target}”，须满足{guards}",
    "the state has no transition for it": "该状态没有相应的变化",
    "'{guard}'": "“{guard}”",
    " ({values})": "（{values}）",
    "; ": "；",
    ", or ": "，或",
    # The values that a guard read.
    "{value} = {answer}": "{value}：{answer}",
    "True": "是",
    "False": "否",
    "None": "无",
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
    # The units of durations (:mod:`fsm.recording.durations`).
    "d": "天",
    "h": "小时",
    "min": "分钟",
    "s": "秒",
    # Expectations of a scenario (:mod:`fsm.scenario.play`).
    "state is {state}, expected {expected}": "状态为{state}，预期为{expected}",
    "it was {answer}, expected {expected}": "结果为{answer}，预期为{expected}",
    "accepted": "接受",
    "refused: {reason}": "拒绝：{reason}",
    "rules are {rules}, expected {expected}": "规则为{rules}，预期为{expected}",
    "recorder gets {commands}, expected {expected}": "录制命令为{commands}，预期为{expected}",
    "timers: {changes}, expected {expected}": "计时为{changes}，预期为{expected}",
    "nothing": "无",
    "anything": "任意",
    "cancel {timer}": "取消{timer}",
    "set {timer}": "设定{timer}",
    "set {timer} after {duration}": "设定{timer}，{duration}后到点",
    "after {duration}": "{duration}后到点",
    "{timer} is up": "{timer}到点",
    # The title of a past that is tried out.
    "From {meeting}": "摘自 {meeting}",
    "the present rules would answer: {answer}": "按现在的规则会回答：{answer}",
}
"""Phrases that are filled with values."""
