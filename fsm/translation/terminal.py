"""The texts of ``fsm play`` and ``fsm plan`` in Chinese."""

from typing import Final

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
