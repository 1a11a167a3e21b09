"""The Chinese of the views: what a reader sees around the words of the rules.

These are the notes and legends of diagrams, the diff report, explanations of decisions,
expectations of scenarios, and the output of ``fsm play`` and ``fsm plan``. A text in braces stands
for a value.
"""

from typing import Final

VIEW_LABELS: Final[dict[str, str]] = {
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
    "set, cancel: a timer, which ends with its recording or its meeting": (
        "开始、取消：计时；录制或会议结束时，其计时随之取消"
    ),
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
"""The labels of diagrams and of the diff report that are not those of the rules."""

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

TERMINAL_TEXTS: Final[dict[str, str]] = {
    # The head of a scenario.
    "status {status} · plan: {plan}": "管理状态：{status} · 方案：{plan}",
    "no auto-recording ({source})": "不自动录制（{source}）",
    "{kind}, started by {who}'s join ({source})": "{kind}，{who}入会后开启（{source}）",
    "{kind}, started by {who}'s join, the host may pause ({source})": (
        "{kind}，{who}入会后开启，主持人可以暂停（{source}）"
    ),
    "{kind}, started by {who}'s join, the host may not pause ({source})": (
        "{kind}，{who}入会后开启，主持人不可暂停（{source}）"
    ),
    "by the console": "由管理后台决定",
    "by the booking": "由预定会议时的选择决定",
    "by the user": "由用户设置决定",
    "nobody chose it": "无人选择",
    # The booking form.
    "form: {form}": "表单：{form}",
    "not shown": "不展示",
    "auto-record: {options}": "自动录制：{options}",
    "auto-record: {options} (locked: contact the admin)": (
        "自动录制：{options}（已锁定：请联系管理员）"
    ),
    # The table of steps.
    "state": "状态",
    "rule": "规则",
    "recorder, or why not": "录制命令，或原因",
    " or ": "或",
    "starts nothing: needs {guards}": "不开启录制：须满足{guards}",
    # The summary.
    "1 step, ends {state}": "1 步，结束时为{state}",
    "{total} steps, ends {state}": "{total} 步，结束时为{state}",
    "left after {count} of {total} steps": "在 {total} 步中的第 {count} 步后离开",
    ", {failed} of {expected} expectations failed": "，{expected} 个预期中有 {failed} 个不符",
    ", the expectation holds": "，预期相符",
    ", all {expected} expectations hold": "，{expected} 个预期全部相符",
    # The machine between two steps, and its drawing.
    "{count}/{total} any key: next step, q: quit ": "{count}/{total} 任意键：下一步，q：退出 ",
    "{participant} ({role}, {platform})": "{participant}（{role}，{platform}）",
    "may {commands}": "可以：{commands}",
    "may do nothing now": "现在不可进行任何操作",
    "start_cloud": "开始云录制",
    "start_local": "开始本地录制",
    # A comparison with another version.
    "before: ": "原为：",
    "now:    ": "现为：",
    "step {number}: ": "第 {number} 步：",
    "status {status} · plan: {values}": "管理状态：{status} · 方案：{values}",
    "an error: {error}": "错误：{error}",
    "{state}, recorder gets {commands}": "{state}，录制命令：{commands}",
    "{state}, recorder gets {commands}, timers: {timers}": (
        "{state}，录制命令：{commands}，计时：{timers}"
    ),
    "no rule": "无规则",
    "{total} steps, none compared": "{total} 步，均未对比",
    "1 step, none compared": "1 步，未对比",
    "{total} steps, {count} different": "{total} 步，{count} 步不同",
    "1 step, {count} different": "1 步，{count} 步不同",
    "drew {file}": "已绘制 {file}",
}
"""The texts of ``fsm play`` and ``fsm plan``."""
