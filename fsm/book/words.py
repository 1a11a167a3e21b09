"""The words of the book itself, in each of its languages.

Names of the rules, and labels of guards and timers, are translated as in the diagrams
(:mod:`fsm.diagrams.translation`). In a text, a word in braces is filled in.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from importlib.resources import files
from itertools import combinations
from typing import Any, Final, get_args

from fsm.diagrams.translation import CHINESE, LANGS, Lang
from fsm.recording.plan import Plan
from fsm.recording.vocabulary import (
    KINDS,
    KINDS_WITH_OPTIONS,
    TIMERS,
    Edition,
    Kind,
    Platform,
    Role,
    Starter,
    check_complete,
)
from fsm.verify.meeting_space import CLASSES

WORDS: Final[dict[str, dict[Lang, str]]] = json.loads(
    (files("fsm.book") / "words.json").read_text(encoding="utf-8")
)
"""Each text by language."""
for _name, _texts in WORDS.items():
    check_complete(_texts, LANGS, f"'{_name}' in fsm/book/words.json", "its text in the language")

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


check_complete(
    CLASS_WORDS, CLASSES, "CLASS_WORDS in fsm/book/words.py", "the words for the class"
)  # fmt: skip


def recording_word(plan: Plan) -> str:
    """Returns the name of the word for what is recorded automatically under a plan."""
    if plan.kind is None:
        return "plan none"
    by = f" {plan.started_by}" if plan.kind in KINDS_WITH_OPTIONS else ""
    return f"plan {plan.kind}{by}"


def switches_word(kinds: Iterable[Kind]) -> str:
    """Returns the name of the word for the kinds that are on."""
    return " ".join(["kinds", *kinds])


check_complete(
    WORDS,
    (
        *(f"timer {timer}" for timer in TIMERS),
        *(switches_word(on) for n in range(len(KINDS) + 1) for on in combinations(KINDS, n)),
        *(
            recording_word(Plan(kind, starter))
            for kind in (None, *KINDS)
            for starter in (get_args(Starter) if kind in KINDS_WITH_OPTIONS else ("host",))
        ),
    ),
    "fsm/book/words.json", "its text",
)  # fmt: skip


def word(name: str, lang: Lang, **values: object) -> str:
    """Returns a text of the book, with values for the words in braces."""
    return WORDS[name][lang].format(**values)


def page_words(lang: Lang) -> dict[str, Any]:
    """Returns the words that the page needs in a language: its texts, labels and names."""
    return {
        "texts": {name: texts[lang] for name, texts in WORDS.items()},
        "classes": {name: texts[lang] for name, texts in CLASS_WORDS.items()},
        "labels": CHINESE if lang == "zh" else {},
        "names": NAME_WORDS if lang == "zh" else {},
    }
