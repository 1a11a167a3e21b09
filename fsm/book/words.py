"""The words of the book itself, in each of its languages.

Names of the rules, and labels of guards and timers, are translated as in the diagrams
(:mod:`fsm.diagrams.translation`). A word in braces is filled in.
"""

from __future__ import annotations

from typing import Final, get_args

from fsm.diagrams.translation import CHINESE, LANGS, Lang
from fsm.recording.vocabulary import Edition, Platform, Role, check_complete

WORDS: Final[dict[str, dict[Lang, str]]] = {
    name: {"en": english, "zh": chinese}
    for name, english, chinese in (
        # The frame.
        ("title", "The book of automatic recording", "自动录制手册"),
        ("contents", "Contents", "目录"),
        ("language", "中文", "English"),
        ("theme", "Light or dark", "浅色或深色"),
        ("skip", "Skip to the text", "跳到正文"),
        ("version", "Written by {release}.", "由 {release} 写成。"),
        # The chapters.
        ("about", "What this is", "这是什么"),
        ("try", "Try any event", "试任意事件"),
        ("examples", "Examples, step by step", "逐步看示例"),
        ("pictures", "The machines in pictures", "状态机图"),
        ("policy", "What the console decides", "管理后台的决定"),
        ("stops", "When a recording stops", "录制何时停止"),
        ("rules", "The rules, and what carries them", "规则及其落实"),
        ("transitions", "All transitions", "全部状态变化"),
        ("scope", "What was explored, and what was not", "探索了什么，没有探索什么"),
        # What this is.
        (
            "about 1",
            "This file shows when a meeting is recorded automatically, and why. Two state machines "
            "decide: one follows the settings of an account, the other the recording of a meeting. "
            "All of their transitions are in this file, with the rules behind them.",
            "本文件说明会议何时自动录制，以及为什么。作出决定的是两个状态机：一个对应账户的设置，另一个对应会议的录制。"
            "本文件包含它们的全部状态变化，以及背后的规则。",
        ),
        (
            "about 2",
            "Nothing here decides by itself. The program explored every situation that a meeting of "
            "up to {participants} participants reaches under each of {plans} plans: {situations} "
            "situations, {steps} events tried. This page looks its answers up. So what you try "
            "below is what the program answers, and an event that is refused here is refused there "
            "for the same reason.",
            "这里没有任何部分自行决定。程序在 {plans} 种方案之下，探索了最多 {participants} 人的会议能到达的每种情形：共 {situations} "
            "种情形，尝试了 {steps} 个事件。本页只查找程序的回答。所以，您在下面尝试的结果就是程序的回答；在这里被拒绝的事件，在程序里也因同样的"
            "理由被拒绝。",
        ),
        (
            "about 3",
            "It needs no network, loads nothing, and sends nothing. It may be printed: then every "
            "picture, table, rule and example is on paper.",
            "它不需要网络，不加载也不发送任何内容。可以打印：所有的图、表、规则和示例都会印出。",
        ),
        ("how", "How to read a picture", "怎样看图"),
        (
            "how 1",
            "A box is a state. A line leads from a state to the next; on its card stand the event, "
            "the guards that must hold, in brackets, the command for the recorder, after a slash, "
            "and the rules. What a box does not list is refused.",
            "方框是状态。线从一个状态通向下一个状态；线上的卡片写着事件、方括号里的条件、斜线之后给录制服务的命令，以及规则。"
            "方框没有列出的事件一律拒绝。",
        ),
        # Trying events.
        (
            "try 1",
            "Choose a plan, let people join, and send any event. A dashed button is an event that "
            "will be refused; press it to see why.",
            "选择方案，让人入会，然后发送任意事件。虚线按钮是会被拒绝的事件；按下即可看到理由。",
        ),
        (
            "no script",
            "This part needs a browser that runs scripts. All else can be read without.",
            "这一部分需要能运行脚本的浏览器；其余部分无需脚本即可阅读。",
        ),
        (
            "old browser",
            "This browser is too old for the part to try and to step through. All else can be read.",
            "此浏览器太旧，无法试用和逐步查看；其余部分可以阅读。",
        ),
        ("plan", "Plan of the meeting", "会议的方案"),
        ("records", "Automatic recording", "自动录制"),
        ("plan none", "none: only by hand", "无：只能手动"),
        ("plan local", "local, by a host's join from a desktop", "本地录制，主持人从电脑端入会开启"),
        ("plan cloud host", "cloud, by a host's join", "云录制，主持人入会开启"),
        ("plan cloud anyone", "cloud, by anyone's join", "云录制，任意成员入会开启"),
        ("no pause", "hosts may neither pause nor stop it", "主持人不可暂停和结束"),
        ("switches", "Kinds that are on", "已打开总开关的方式"),
        ("both kinds", "cloud and local", "云录制和本地录制"),
        ("cloud only", "cloud only", "仅云录制"),
        ("local only", "local only", "仅本地录制"),
        ("no kind", "none", "无"),
        ("with grace", "grace of {length}", "宽限 {length}"),
        ("with empty", "ends when empty for {length}", "无人 {length}后结束"),
        ("participants", "Participants", "参会者"),
        ("absent", "not in the meeting", "不在会中"),
        ("role of", "Role", "角色"),
        ("platform of", "Client", "客户端"),
        ("version of", "Version", "版本"),
        ("do join", "Join", "入会"),
        ("do leave", "Leave", "离会"),
        ("do role", "Becomes {role}", "变为{role}"),
        ("do start", "Start {kind}", "开始{kind}"),
        ("do pause", "Pause", "暂停录制"),
        ("do resume", "Resume", "继续录制"),
        ("do stop", "Stop", "结束录制"),
        ("do end", "End meeting", "结束会议"),
        ("do join again", "Join once more", "再次入会"),
        ("unlikely", "More events", "更多事件"),
        ("outside", "Server, recorder, timers", "服务器、录制端、计时"),
        ("do server end", "Server ends the meeting", "服务器结束会议"),
        ("do fail", "Recorder fails", "录制服务故障"),
        ("do up", "Timer {timer} is up", "计时{timer}到点"),
        ("do stale", "Timer {timer}: a stale firing", "计时{timer}：过期的触发"),
        ("refused note", "would be refused: {reason}", "会被拒绝：{reason}"),
        ("back", "Take back", "撤回一步"),
        ("again", "Start again", "重新开始"),
        ("records here", "records", "正在录制"),
        # Answers.
        ("now", "The meeting now", "会议此刻"),
        ("state", "State", "状态"),
        ("over", "the meeting is over", "会议已结束"),
        ("nobody", "nobody is present", "会中无人"),
        ("refused", "Refused: {reason}", "拒绝：{reason}"),
        ("accepted", "Accepted", "接受"),
        ("stays", "Accepted; the state stays", "接受，状态不变"),
        ("needs", "needs: {guard}", "需要：{guard}"),
        ("would need", "To move on it would need: {guards}", "若要转到别的状态，需要：{guards}"),
        ("no row", "the state has no transition for it", "该状态没有这样的变化"),
        ("by rules", "by {rules}", "依据 {rules}"),
        ("command", "recorder: {command}", "录制命令：{command}"),
        ("client is", "on {client}", "由 {client} 录制"),
        ("timer set", "timer {timer} set: {length}", "设定计时{timer}：{length}"),
        ("timer cancelled", "timer {timer} cancelled", "取消计时{timer}"),
        ("timer up", "timer {timer} is up", "计时{timer}到点"),
        ("timer runs", "timer {timer} runs", "计时{timer}进行中"),
        ("timer left", "timer {timer}: {length} left", "计时{timer}：还剩 {length}"),
        ("timer grace", "grace", "“宽限”"),
        ("timer empty", "empty", "“无人”"),
        ("opens", "The meeting opens", "会议开启"),
        ("steps", "Steps", "步骤"),
        ("picture", "The machine under this plan", "此方案下的状态机"),
        ("whole", "Whole picture", "整图"),
        # Events in words.
        ("event join", "{who} joins as {role}, {platform}", "{who} 入会：{role}，{platform}"),
        ("event version", ", version {version}", "，版本 {version}"),
        ("event leave", "{who} leaves", "{who} 离会"),
        ("event role", "{who} becomes {role}", "{who} 变为{role}"),
        ("event start", "{who} starts a {kind} recording", "{who} 开始{kind}"),
        ("event pause", "{who} pauses the recording", "{who} 暂停录制"),
        ("event resume", "{who} resumes the recording", "{who} 继续录制"),
        ("event stop", "{who} stops the recording", "{who} 结束录制"),
        ("event end", "{who} ends the meeting", "{who} 结束会议"),
        ("event server end", "The server ends the meeting", "服务器结束会议"),
        ("event fail", "The recorder fails", "录制服务故障"),
        ("event up", "Timer {timer} is up", "计时{timer}到点"),
        ("event stale", "A stale firing of timer {timer}", "计时{timer}的过期触发"),
        ("event wait", "{length} pass", "过去 {length}"),
        # Versions of clients.
        ("version new", "3.17 or later", "3.17 及以上"),
        ("version old", "older than 3.17", "低于 3.17"),
        ("version unknown", "unknown", "未知"),
        ("second", "{count} s", "{count} 秒"),
        ("minute", "{count} min", "{count} 分钟"),
        ("hour", "{count} h", "{count} 小时"),
        ("day", "{count} d", "{count} 天"),
        # Examples.
        (
            "examples 1",
            "Each is a scenario of the project, which its tests play. Step through it with the "
            "buttons or the arrow keys in the list of steps.",
            "每个示例都是项目的一个场景，测试会运行它。用按钮，或在步骤列表中用方向键，逐步查看。",
        ),
        ("example", "Example", "示例"),
        ("several rules", "Several rules", "多条规则"),
        ("first", "First step", "第一步"),
        ("previous", "Previous", "上一步"),
        ("next", "Next", "下一步"),
        ("go on", "Go on from here by myself", "从这里自己继续"),
        ("settings", "Settings", "设置"),
        ("reasons", "Reasons of the plan", "方案的理由"),
        ("unexpected", "Not as expected: {text}", "与预期不符：{text}"),
        ("number", "No.", "序号"),
        ("event", "Event", "事件"),
        ("answer", "Answer", "回答"),
        # Tables of transitions.
        ("from", "From", "从"),
        ("guards", "Guards", "条件"),
        ("to", "To", "到"),
        ("recorder", "Recorder", "录制命令"),
        ("timers", "Timers", "计时"),
        ("rule ids", "Rules", "规则"),
        ("not guard", "not: {guard}", "非：{guard}"),
        ("the recording", "The recording of a meeting", "会议的录制"),
        ("the policy", "The policy status of an account", "账户的管理状态"),
        (
            "transitions 1",
            "The guards of a row are checked in the order given, after those that its event has in "
            "every state. The first row whose guards hold is taken; without one the event is refused. "
            "The guard of a row that names a rule counts as a carrier of the rule.",
            "先检查事件在任何状态下都须满足的条件，再按次序检查各行的条件。第一个条件都成立的行生效；没有则拒绝该事件。"
            "写明规则的条件，也算落实该规则。",
        ),
        ("preconditions", "Before every row", "各行之前"),
        # Carriers of rules.
        ("carried", "Transitions", "状态变化"),
        ("by guards", "with a guard of it", "经由条件"),
        ("by preconditions", "Guards of events", "事件的条件"),
        ("by program", "Program", "程序"),
        ("by invariants", "Checked in every explored step", "在探索的每一步检查"),
        ("by examples", "Examples", "示例"),
        ("no transition", "No transition: decided before a machine is involved.",
         "没有状态变化：在状态机之前决定。"),
        ("in runtime", "No transition: the runtime that keeps meetings carries it.",
         "没有状态变化：由保存会议的运行时落实。"),
        ("carriers", "More about what carries it", "更多落实之处"),
        # Scope.
        (
            "scope 1",
            "Explored, and so to be tried above: every event in every situation, also those that "
            "are refused, for all plans that differ in effect. What a plan is made from (edition, "
            "console, user, booking) is in the rules and the examples, and is not tried here.",
            "已探索、因而可以在上面尝试的：在每种情形下的每个事件，包括被拒绝的，覆盖效果不同的全部方案。方案如何得出（版本、管理后台、用户、预定）"
            "见规则和示例，不在这里尝试。",
        ),
        (
            "scope participants",
            "Up to {participants} participants. Whom the rules count, they count to the last one; "
            "that larger meetings do the same is checked by <code>fsm verify --participants</code> "
            "up to 6, not by this file.",
            "最多 {participants} 位参会者。规则只数到最后一人；更大的会议是否一样，由 <code>fsm verify --participants</code> 检查（最多 6 人），"
            "不由本文件检查。",
        ),
        (
            "scope platforms",
            "Platforms stand for their class: {classes}. That the platforms of a class are alike is "
            "checked by <code>fsm verify</code>.",
            "平台代表其类别：{classes}。同类平台的行为相同，由 <code>fsm verify</code> 检查。",
        ),
        (
            "scope versions",
            "Versions are three: one that is new enough (3.17), one that is too old (3.16), and an "
            "unknown one. How text is read as a version is not tried here.",
            "版本有三种：足够新的（3.17）、太旧的（3.16）和未知的。怎样把文字读作版本，不在这里尝试。",
        ),
        (
            "scope timers",
            "Of a timer it is known whether it runs. It may be up at any moment while it runs, and of "
            "two the one or the other first. Its seconds are data: other lengths lead to the same "
            "answers. Pictures of plans without examples show {grace} and {empty}.",
            "对计时只知道是否在进行。进行中的计时随时可以到点，两个计时的先后不限。秒数是数据：别的长度得到同样的回答。没有示例的方案，图中写 "
            "{grace} 和 {empty}。",
        ),
        (
            "scope names",
            "Participants have no names in the data, only positions: situations that differ in names "
            "alone are one. What happens in the runtime (the journal, restarts, delivery to the "
            "recorder) is outside.",
            "数据里的参会者没有名字，只有位置：只有名字不同的情形算一种。运行时的事（日志、重启、向录制端发送命令）不在其内。",
        ),
        ("scope table", "Situations by plan", "各方案的情形"),
        ("reached", "Situations", "情形"),
        ("tried", "Events tried", "尝试的事件"),
        ("taken", "Accepted", "接受"),
        ("turned down", "Refused", "拒绝"),
        ("in all", "In all", "合计"),
    )
}
"""Each text by language."""
check_complete(
    {lang for texts in WORDS.values() for lang in texts}, LANGS,
    "WORDS in fsm/book/words.py", "its text in the language",
)  # fmt: skip

CLASS_WORDS: Final[dict[str, dict[Lang, str]]] = {
    "windows": {"en": "desktop app", "zh": "电脑客户端"},
    "ios": {"en": "phone app", "zh": "手机客户端"},
    "web": {"en": "other client", "zh": "其他客户端"},
}
"""The words for a class of platforms, by its representative."""

NAME_WORDS: Final[dict[str, str]] = {
    "host": "主持人", "cohost": "联席主持人", "member": "成员",
    "free": "free", "pro": "pro", "business": "business", "enterprise": "enterprise",
    "education": "education", "education_plus": "education plus",
    "windows": "Windows", "macos": "macOS", "ios": "iOS", "android": "Android",
    "linux": "Linux", "web": "网页", "phone": "电话", "room": "会议室", "other": "其他",
}  # fmt: skip
"""The Chinese words for names that no diagram has."""
check_complete(
    NAME_WORDS, (name for each in (Role, Edition, Platform) for name in get_args(each)),
    "NAME_WORDS in fsm/book/words.py", "its Chinese word",
)  # fmt: skip


def word(name: str, lang: Lang, **values: object) -> str:
    """Returns a text of the book, with values for the words in braces."""
    return WORDS[name][lang].format(**values)


def page_words(lang: Lang) -> dict[str, dict[str, str]]:
    """Returns the words that the page needs in a language: its texts, labels and names."""
    return {
        "texts": {name: texts[lang] for name, texts in WORDS.items()},
        "classes": {name: texts[lang] for name, texts in CLASS_WORDS.items()},
        "labels": CHINESE if lang == "zh" else {},
        "names": NAME_WORDS if lang == "zh" else {},
    }
