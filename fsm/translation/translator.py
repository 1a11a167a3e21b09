"""Translation of texts into a language."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import Final, Literal, get_args

import attrs

from fsm.recording.durations import duration_text
from fsm.recording.rules import CHINESE_TITLES, RULES, RuleId
from fsm.recording.vocabulary import check_complete

Lang = Literal["en", "zh"]
LANGS: tuple[Lang, ...] = get_args(Lang)

_NUMBER = re.compile(r"\d+")
_UNIT = re.compile(r"[a-z]+")
PLACEHOLDER = re.compile(r"\{(\w+)\}")
"""A text in braces, which stands for a value."""


@attrs.frozen
class _Catalogue:
    """The words of a language; English needs none.

    Args:
        texts: the translations, by English text.
        names: the translations of names, by vocabulary.
        sentences: the texts with placeholders that are recognised in English sentences, each with
            its pattern.
        titles: the titles of the example scenarios, by English title.
    """

    texts: Mapping[str, str] = attrs.field(factory=dict)
    names: Mapping[str, Mapping[str, str]] = attrs.field(factory=dict)
    sentences: Mapping[str, re.Pattern[str]] = attrs.field(factory=dict)
    titles: Mapping[str, str] = attrs.field(factory=dict)


@cache
def _chinese() -> _Catalogue:
    # Imported when it is needed: English output starts sooner without it.
    from fsm.translation.examples import EXAMPLE_TITLES
    from fsm.translation.rule_texts import CHINESE_NAMES, READ_VALUES, REASONS, RULE_LABELS
    from fsm.translation.view_texts import PHRASES, TERMINAL_TEXTS, VIEW_LABELS

    sentences = {text: sentence_pattern(text) for text in REASONS if PLACEHOLDER.search(text)}
    texts = {
        **TERMINAL_TEXTS, **PHRASES, **READ_VALUES, **REASONS, **VIEW_LABELS, **RULE_LABELS,
    }  # fmt: skip
    return _Catalogue(texts, CHINESE_NAMES, sentences, EXAMPLE_TITLES)


def sentence_pattern(sentence: str) -> re.Pattern[str]:
    """Returns the pattern of a sentence whose placeholders stand for values."""
    parts = PLACEHOLDER.split(sentence)
    return re.compile(
        "".join(
            f"(?P<{part}>.+)" if position % 2 else re.escape(part)
            for position, part in enumerate(parts)
        )
    )


_CATALOGUES: dict[Lang, Callable[[], _Catalogue]] = {"en": _Catalogue, "zh": _chinese}
check_complete(_CATALOGUES, LANGS, "_CATALOGUES in fsm/translation/translator.py", "its catalogue")
RULE_TITLES: Final[dict[Lang, dict[RuleId, str]]] = {"en": RULES, "zh": {**RULES, **CHINESE_TITLES}}
"""The titles of the rules; one without a translation stays English."""
check_complete(RULE_TITLES, LANGS, "RULE_TITLES in fsm/translation/translator.py", "its titles")


class Translator:
    """Translates texts into a language. A text without a translation stays English.

    A number in a label stays as it is: "after 10 s" is translated as "after # s" is.

    Args:
        lang: the language.

    Raises:
        ValueError: there is no such language.
    """

    def __init__(self, lang: Lang) -> None:
        if lang not in LANGS:
            raise ValueError(f"there is no language '{lang}' (there are {', '.join(LANGS)})")
        self.lang = lang
        catalogue = _CATALOGUES[lang]()
        self._texts = catalogue.texts
        self._names = catalogue.names
        self._sentences = catalogue.sentences
        self._titles = catalogue.titles

    def __call__(self, text: str) -> str:
        """Returns the translation of a label or a sentence."""
        if text in self._texts:
            return self._texts[text]
        numbers = _NUMBER.findall(text)
        pattern = self._texts.get(_NUMBER.sub("#", text))
        if len(numbers) == 1 and pattern is not None:
            return pattern.replace("#", numbers[0])
        return self._sentence(text)

    def _sentence(self, text: str) -> str:
        """Returns the translation of a sentence, whose parts are translated too."""
        for sentence, pattern in self._sentences.items():
            if match := pattern.fullmatch(text):
                parts = {name: self._part(name, value) for name, value in match.groupdict().items()}
                return self.fill(sentence, **parts)
        return text

    def _part(self, name: str, value: str) -> str:
        """Returns the translation of a part of a sentence, by the name of its placeholder."""
        if name in self._names:
            return self.name(name, value)
        if name == "duration":
            return self._duration(value)
        return self(value)

    def duration(self, seconds: int) -> str:
        """Returns a duration in words.

        >>> Translator("zh").duration(90)
        '1 分钟 30 秒'
        """
        return self._duration(duration_text(seconds))

    def _duration(self, text: str) -> str:
        return _UNIT.sub(lambda match: self(match[0]), text)

    def fill(self, phrase: str, **values: object) -> str:
        """Returns the translation of a phrase with values at its placeholders.

        >>> Translator("en").fill("refused: {reason}", reason="not_host")
        'refused: not_host'
        """
        template = self._texts.get(phrase, phrase)
        return PLACEHOLDER.sub(lambda match: str(values[match[1]]), template)

    def name(self, vocabulary: str, name: str) -> str:
        """Returns the translation of a name of a vocabulary.

        Args:
            vocabulary: one of :data:`fsm.translation.rule_texts.VOCABULARIES`.
            name: the name; one that the vocabulary lacks stays as it is.

        >>> Translator("zh").name("edition", "free"), Translator("zh").name("status", "free")
        ('免费版', '可自由选择')
        """
        return self._names.get(vocabulary, {}).get(name, name)

    def title(self, title: str) -> str:
        """Returns the title of a scenario, translated if it is that of an example.

        >>> Translator("zh").title("A quick meeting"), Translator("zh").title("Our meeting")
        ('快速会议', 'Our meeting')
        """
        return self._titles.get(title, title)

    def listed(self, labels: Iterable[str], style: Callable[[str], str] = str) -> str:
        """Returns the translations of labels, each in a style, separated by commas."""
        return self(", ").join(style(self(label)) for label in labels)

    def paired(self, first: str, second: str) -> str:
        """Returns two translated texts, separated by a colon."""
        return f"{first}{self(': ')}{second}"

    def numbered(self, texts: Iterable[str]) -> str:
        """Returns translated texts as a numbered list in one line.

        >>> Translator("en").numbered(["a", "b"])
        '1. a, 2. b'
        """
        return self(", ").join(f"{number}. {text}" for number, text in enumerate(texts, 1))


ENGLISH: Final = Translator("en")
