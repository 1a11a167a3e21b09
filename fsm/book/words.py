"""The words of the book itself, in each of its languages.

Names of the rules, and labels of guards and timers, are translated as in the diagrams
(:mod:`fsm.translation`). In a text, a word in braces is filled in.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from importlib.resources import files
from itertools import combinations, product
from typing import Any, Final, assert_never, cast, get_args

from fsm.recording.plan import STARTER_WORDS, Plan
from fsm.recording.vocabulary import (
    KINDS,
    KINDS_WITH_OPTIONS,
    TIMERS,
    Kind,
    Starter,
    check_complete,
)
from fsm.translation import LANGS, Lang
from fsm.translation.rule_texts import CHINESE_NAMES, RULE_LABELS
from fsm.translation.view_texts import VIEW_LABELS
from fsm.verify.meeting_space import CLASSES

WORDS: Final[dict[str, dict[Lang, str]]] = json.loads(
    (files("fsm.book") / "words.json").read_text(encoding="utf-8")
)
"""Each text by language; those with a name of the rules are added below."""
for _name, _texts in WORDS.items():
    check_complete(_texts, LANGS, f"'{_name}' in fsm/book/words.json", "its text in the language")

CLASS_WORDS: Final[dict[str, dict[Lang, str]]] = {
    "windows": {"en": "desktop app", "zh": "电脑客户端"},
    "ios": {"en": "phone app", "zh": "手机客户端"},
    "web": {"en": "other client", "zh": "其他客户端"},
}
"""The words for a class of platforms, by its representative."""

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
        *(switches_word(on) for n in range(len(KINDS) + 1) for on in combinations(KINDS, n)),
        "plan none", *(f"plan {kind}" for kind in KINDS),
    ),
    "fsm/book/words.json", "its text",
)  # fmt: skip
_STARTERS: Final[dict[Lang, Mapping[str, str]]] = {
    "en": cast(Mapping[str, str], STARTER_WORDS),
    "zh": CHINESE_NAMES["starter"],
}
"""The words for whose join starts a recording, by language."""
_TIMERS: Final[dict[Lang, Mapping[str, str]]] = {
    "en": {timer: timer for timer in TIMERS},
    "zh": CHINESE_NAMES["timer"],
}
"""The names of timers, by language."""
check_complete(_STARTERS, LANGS, "_STARTERS in fsm/book/words.py", "its words for a starter")
check_complete(_TIMERS, LANGS, "_TIMERS in fsm/book/words.py", "its names of timers")


def _named_words() -> dict[str, dict[Lang, str]]:
    """Returns the words that contain a name of the rules: those of a timer, and of a starter."""
    starters: tuple[Starter, ...] = get_args(Starter)
    kinds = [kind for kind in KINDS if kind in KINDS_WITH_OPTIONS]
    timers = {f"timer {timer}": {lang: _TIMERS[lang][timer] for lang in LANGS} for timer in TIMERS}
    plans = {
        recording_word(Plan(kind, starter)): {
            lang: WORDS[f"plan {kind}"][lang].format(who=_STARTERS[lang][starter]) for lang in LANGS
        }
        for kind, starter in product(kinds, starters)
    }
    return {**timers, **plans}


WORDS.update(_named_words())


def word(name: str, lang: Lang, **values: object) -> str:
    """Returns a text of the book, with values for the words in braces."""
    return WORDS[name][lang].format(**values)


def page_words(lang: Lang) -> dict[str, Any]:
    """Returns the words that the page needs in a language: its texts, labels and names."""
    labels: dict[str, str]
    names: dict[str, dict[str, str]]
    match lang:
        case "en":
            labels, names = {}, {name: {} for name in CHINESE_NAMES}
        case "zh":
            labels, names = {**VIEW_LABELS, **RULE_LABELS}, CHINESE_NAMES
        case _:
            assert_never(lang)
    return {
        "texts": {name: texts[lang] for name, texts in WORDS.items()},
        "classes": {name: texts[lang] for name, texts in CLASS_WORDS.items()},
        "labels": labels,
        "names": {**names["role"], **names["platform"]},
        "reasons": names["reason"],
    }
