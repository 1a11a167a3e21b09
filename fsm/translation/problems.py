"""Problem details in Chinese: their titles, and the sentences of their explanations.

A text in braces stands for a value, whose words are translated too. Sentences that begin alike
stand in the order in which they are tried.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Final

from fsm.translation.translator import PLACEHOLDER, Lang, sentence_pattern

PROBLEM_TITLES: Final[dict[str, str]] = {
    "A parameter is invalid": "参数无效",
    "A token is required": "需要令牌",
    "Bad Request": "请求无效",
    "Internal error": "内部错误",
    "Method Not Allowed": "不支持此方法",
    "Not Found": "未找到",
    "Request Entity Too Large": "请求内容过大",
    "The address is invalid": "地址无效",
    "The body did not arrive in time": "请求内容未及时到达",
    "The body is empty": "请求内容为空",
    "The body is incomplete": "请求内容不完整",
    "The body is not JSON": "请求内容不是 JSON",
    "The data of the request is invalid": "请求的数据无效",
    "The cluster has not handled the request": "集群没有处理该请求",
    "The event has two ids": "事件有两个 ID",
    "The file is not a scenario file": "该文件不是场景文件",
    "The id is in use with other content": "该 ID 已用于其他内容",
    "The journal cannot be written or read": "日志文件无法读写",
    "The meeting or the account was moved; nothing was stored": (
        "会议或账户已迁移；没有保存任何内容"
    ),
    "The past is too long to be simulated": "过往事件太多，无法模拟",
    "The process of the simulator ended": "模拟器进程已结束",
    "The service accepts no events now": "服务目前不接收事件",
    "The service accepts no more connections now": "服务目前不接受新的连接",
    "The service is overloaded; nothing was stored": "服务过载；没有保存任何内容",
    "The service is stopping; nothing was stored": "服务正在停止；没有保存任何内容",
    "The simulator has too much to do": "模拟器过于繁忙",
    "The token has too many live streams open": "该令牌打开的实时流太多",
    "The token is unknown": "令牌无效",
    "The token lacks the scope of this request": "令牌没有此请求所需的权限",
    "The webhook is not signed by this sender": "Webhook 不是由该发送方签名的",
    "There is no such account": "没有这个账户",
    "There is no such meeting": "没有这场会议",
    "There is nothing at this address": "此地址没有内容",
    "This service admits only clients on the same machine": "此服务只允许本机访问",
    "Too many live streams are open": "打开的实时流太多",
    "Too many requests; nothing was stored": "请求太多；没有保存任何内容",
    "Unsupported Media Type": "不支持的媒体类型",
}
"""The titles."""

PROBLEM_SENTENCES: Final[dict[str, str]] = {
    "line {line}: {problem} ({remedy})": "第 {line} 行：{problem}（{remedy}）",
    # Who may send a request, and how many.
    "send a header 'Authorization: Bearer ...' with a token of this service": (
        "请在请求头 Authorization: Bearer 中附上此服务的令牌"
    ),
    "it was removed, or belongs to another service "
    "(fsm token new NAME --scope events creates one)": (
        "它已被删除，或属于其他服务（可用 fsm token new NAME --scope events 创建）"
    ),
    "a token with the scope {scope} is required": "需要具有 {scope} 权限的令牌",
    "without tokens the Host header must be localhost, 127.0.0.1 or [::1]": (
        "未使用令牌时，Host 请求头须为 localhost、127.0.0.1 或 [::1]"
    ),
    "behind a proxy it needs tokens (fsm token new NAME, and --tokens)": (
        "在代理之后须使用令牌（fsm token new NAME，以及 --tokens）"
    ),
    "without tokens web pages of other origins are refused": "未使用令牌时，拒绝其他来源的网页",
    "{subject} exceeds its rate limit (send it again after the Retry-After time)": (
        "{subject}超出请求频率限制（请在 Retry-After 的时间之后重试）"
    ),
    "this service": "此服务",
    "this token": "此令牌",
    "this sender": "此发送方",
    "the meeting": "此会议",
    "{number} requests wait for it": "有 {number} 个请求在等待",
    "{number} requests wait already": "已有 {number} 个请求在等待",
    "another one starts with the next request": "下一个请求会启动新的进程",
    "{number} are open already (read the history instead)": "已打开 {number} 个（请改为读取历史）",
    "it has {number}, and half of all are left to other tokens "
    "(close one, or read the history instead)": (
        "它有 {number} 个，其余一半留给其他令牌（请关闭一个，或改为读取历史）"
    ),
    "{number} meetings are open already": "已有 {number} 场会议开启",
    "{number} participants are in the meeting": "会中已有 {number} 位参会者",
    # The service, and its journal.
    "the hub is closed": "服务已关闭",
    "the hub is not open (async with Hub(...) as hub:)": "服务尚未打开",
    "the service is stopping (send it again after the restart)": (
        "服务正在停止（请在重启后重新发送）"
    ),
    "the request may not be stored (send it again, with the same id)": (
        "请求可能没有保存（请用同一个 ID 重新发送）"
    ),
    "it is in another service, or on its way (send it there, with the same id)": (
        "它在另一个服务中，或正在迁移途中（请用同一个 ID 发送到那里）"
    ),
    "the journal failed, or the service is stopping (see the log)": (
        "日志文件出错，或服务正在停止（见服务日志）"
    ),
    "the cluster handles no calls, or the service is stopping (see the log)": (
        "集群无法处理调用，或服务正在停止（见服务日志）"
    ),
    "its file descriptors or connections are used up (see the limits of the service)": (
        "文件描述符或连接已用完（见服务的限制）"
    ),
    "search the log for this request_id": "请按此 request_id 查找服务日志",
    # Addresses and bodies.
    "there is nothing at this address (see /openapi.json)": "此地址没有内容（见 /openapi.json）",
    "this address does not support this method (see /openapi.json)": (
        "此地址不支持该方法（见 /openapi.json）"
    ),
    "the page has no file {name} (its address is /)": "页面没有文件{name}（其地址为 /）",
    "a segment of the path is empty (an id has at least one character)": (
        "路径中有一段为空（ID 至少有一个字符）"
    ),
    "the address is not percent-encoded UTF-8 (the id {id} is written {written})": (
        "地址不是百分号编码的 UTF-8（ID {id}写作 {written}）"
    ),
    "see /openapi.json": "见 /openapi.json",
    "the body is too large (send less)": "请求内容过大（请减少内容）",
    "a body in JSON is required (send one)": "须有 JSON 格式的请求内容（请附上）",
    "the body must be a JSON object (send one)": "请求内容须为 JSON 对象",
    "it took longer than {seconds} s; nothing was stored (send it again)": (
        "超过了 {seconds} 秒；没有保存任何内容（请重新发送）"
    ),
    "the client closed the connection early; nothing was stored (send it again)": (
        "客户端过早关闭了连接；没有保存任何内容（请重新发送）"
    ),
    "the {header} header and the id in the body differ (send one)": (
        "请求头 {header} 与请求内容中的 ID 不同（请只用一个）"
    ),
    "it is nested too deeply": "嵌套太深",
    "{reason} (send JSON)": "{reason}（请发送 JSON）",
    "the key {key} is given twice (give it once)": "键{key}出现了两次（请只写一次）",
    "{error} (sign it as in Standard Webhooks, not more than 5 minutes ago)": (
        "{error}（请按 Standard Webhooks 签名，时间不早于 5 分钟前）"
    ),
    # Meetings, accounts and events.
    "there is no meeting {id} (open it first)": "没有会议{id}（请先开启）",
    "there is no account {id} (create it first)": "没有账户{id}（请先创建）",
    "there is an account {id} with other settings (change its console)": (
        "账户{id}已存在，设置不同（请修改其管理后台）"
    ),
    "there is a meeting {id} with other settings": "会议{id}已存在，设置不同",
    "meeting {id} is over, and its id is used up (open the next meeting under a new id)": (
        "会议{id}已结束，该 ID 不能再用（请用新的 ID 开启下一场会议）"
    ),
    "the event id {id} was used for another event": "事件 ID {id}已用于另一个事件",
    "it has more than {number} steps (choose an earlier moment)": (
        "步骤超过 {number} 个（请选择更早的时刻）"
    ),
    "only the service itself reports that a timer is up (send no 'time_up': "
    "timers fire by themselves)": "只有服务本身报告计时到点（请勿发送 time_up）",
    "{name} must have 1 to {number} characters, not only blanks, and no control characters: {id}": (
        "{name}须有 1 到 {number} 个字符，不能只有空白，也不能有控制字符：{id}"
    ),
    "{name} of {event} must have at most {number} characters, not {length}": (
        "{event} 的 {name} 最多有 {number} 个字符，现在是 {length} 个"
    ),
    # Scenario files.
    "there is no scenario in this file": "文件中没有场景",
    "begin with 'account:'": "请以“account:”开头",
    "this is not YAML or JSON: {problem}": "不是 YAML 或 JSON：{problem}",
    "check indentation, quotes and brackets": "请检查缩进、引号和括号",
    "this is not YAML: {problem}": "不是 YAML：{problem}",
    "check its characters": "请检查字符",
    "the file has more than {limit}": "文件超过 {limit}",
    "a scenario has a few KiB, {limit} at most": "场景只有几 KiB，最多 {limit}",
    "byte {byte} is not UTF-8 text": "字节 {byte} 不是 UTF-8 文本",
    "save it as UTF-8": "请保存为 UTF-8",
    "the control character {character} is not text": "控制字符 {character} 不是文本",
    "remove it": "请删除",
    "this is nested too deeply": "嵌套太深",
    "at most {number} levels; a scenario has five": "最多 {number} 层；场景有五层",
    "an alias contains itself": "别名包含了自己",
    "write the value out": "请写出值",
    "its aliases stand for too much": "别名代表的内容太多",
    "at most {number} values": "最多 {number} 个值",
    "the tag {tag} means nothing here": "标签{tag}在此没有意义",
    "leave it out": "请去掉",
    "{key} is given twice (first on line {line})": "{key}出现了两次（第一次在第 {line} 行）",
    "give it once": "请只写一次",
    "keys cannot be merged with '<<'": "不能用“<<”合并键",
    "write them out": "请写出来",
    "a list or mapping is no key": "列表或映射不能作为键",
    "keys are words": "键是单词",
    "the key {key} is read as {read}": "键{key}被读作 {read}",
    "this value cannot be read: {reason}": "此值无法读取：{reason}",
    "quote it if it is text": "如果是文本，请加引号",
    'quote it: "{text}"': "请加引号：“{text}”",
    "give a text": "请写文本",
    "give each event a step of its own": "请为每个事件单独写一步",
    "a step has one event, but here it has {events}": "每一步有一个事件，此处为：{events}",
    "begin each event with a dash": "请以短横线开始每个事件",
    "see docs/rules.md": "见 docs/rules.md",
    "such as: {example}": "例如：{example}",
    "such as {example}": "例如 {example}",
    "leave 'booking' out, or take another type": "请去掉“booking”，或选择其他类型",
    "leave it out, or take one of: {names}": "请去掉，或选择：{names}",
    "leave it out, or take kind: {kinds}": "请去掉，或选择录制方式：{kinds}",
    # Settings that do not fit together, and numbers outside their limits.
    "a {edition} account has no console to set {key} in (R4)": (
        "{edition} 账户没有管理后台，不能设置{key}（R4）"
    ),
    "{edition} accounts have no console to set (R4)": "{edition} 账户没有管理后台可设置（R4）",
    "a {kind} recording has no sub-option {key} (R7)": "{kind} 录制没有子选项{key}（R7）",
    "a {kind} recording has no sub-options (R7)": "{kind} 录制没有子选项（R7）",
    "only a cloud recording has sub-options (R12)": "只有云录制有子选项（R12）",
    "a {type} meeting is not booked (D13)": "{type} 会议无须预定（D13）",
    "a meeting cannot be {type} ({hint})": "会议类型不能为{type}（{hint}）",
    "{name} must be a whole number from {lowest} to {highest}, not {value}": (
        "{name}须为 {lowest} 到 {highest} 的整数，现在是 {value}"
    ),
    "a wait must be 0 to {number} seconds with at most three decimals, not {seconds}": (
        "等待须为 0 到 {number} 秒，最多三位小数，现在是 {seconds}"
    ),
    # What stands where something else is needed.
    "it has at most {number} items, not {length}": "最多有 {number} 项，现在是 {length} 项",
    "it must be one of: {names}; not {kind}": "须为其中之一：{names}；现在是{kind}",
    "exactly one key is required of: {names} (the data has {present})": (
        "须有且只有一个键：{names}（现在有：{present}）"
    ),
    "unknown value {value}": "未知的值{value}",
    "unknown key {key}": "未知的键{key}",
    "did you mean {name}?": "是否要写{name}？",
    "report it as {name}": "请写作{name}",
    "one of: {names}; if it is none of these, {report}": "可选：{names}；若都不是，{report}",
    "one of: {names}": "可选：{names}",
    "required: {names}": "必需：{names}",
    "it needs: {names}": "须有：{names}",
    "{key} is missing": "缺少{key}",
    "{value} cannot be null": "{value}不能为空",
    "there is no event {event}": "没有事件{event}",
    "{value} has no key {key}": "{value}没有键{key}",
    "{value} has no '{key}'": "{value}没有“{key}”",
    "{value} must be {shape}, not {kind}": "{value}须为{shape}，现在是{kind}",
    "{field} cannot be {value}": "{field}不能为{value}",
    "an object with one of {names}": "有以下键之一的对象：{names}",
    "an object with {names}": "有以下键的对象：{names}",
    "'{one}' and '{other}'": "“{one}”、“{other}”",
    # Whatever has a remedy, and whatever is quoted.
    "{problem} ({remedy})": "{problem}（{remedy}）",
    "'{name}'": "“{name}”",
    '"{name}"': "“{name}”",
}
"""The sentences of explanations, and the parts of which they are made."""

_WORDS: Final = {
    "this": "此处",
    "it": "此处",
    "a scenario": "场景",
    "true or false": "true 或 false",
    "text": "文本",
    "a name": "名称",
    "a number": "数字",
    "a whole number": "整数",
    "a decimal number": "小数",
    "a list": "列表",
    "a mapping": "映射",
    "an object": "对象",
    "a date": "日期",
    "a set": "集合",
    "bytes": "字节",
    "null": "空值",
    "none": "无",
    "none of them": "一个也没有",
    "something else": "其他内容",
    "a meeting's id": "会议 ID",
    "an event's id": "事件 ID",
}
_MAX_LENGTH: Final = 500
"""The length of a text that is searched for sentences: it may contain what a client sent."""


@cache
def _patterns() -> tuple[tuple[re.Pattern[str], str], ...]:
    """Returns the pattern of each sentence with values, and its translation."""
    return tuple(
        (sentence_pattern(sentence), chinese)
        for sentence, chinese in PROBLEM_SENTENCES.items()
        if PLACEHOLDER.search(sentence)
    )


def problem_text(text: str, lang: Lang) -> str:
    """Returns the title or the explanation of a problem in a language.

    What is in no sentence stays English, such as the message of a parser.

    Args:
        text: the text in English.
        lang: the language.

    >>> problem_text("unknown key 'kid' (did you mean 'kind'?)", "zh")
    '未知的键“kid”（是否要写“kind”？）'
    """
    if lang == "en" or len(text) > _MAX_LENGTH:
        return text
    for known in (PROBLEM_TITLES, PROBLEM_SENTENCES, _WORDS):
        if text in known:
            return known[text]
    for pattern, chinese in _patterns():
        if match := pattern.fullmatch(text):
            parts = {name: problem_text(part, lang) for name, part in match.groupdict().items()}
            return PLACEHOLDER.sub(lambda each, parts=parts: parts[each[1]], chinese)  # type: ignore[misc]
    return text
