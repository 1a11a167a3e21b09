"""Settings in words: those of a scenario, as a reader of its language would say them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

import attrs

from fsm.recording import Account, AutoRecord, Choice, MeetingSettings
from fsm.recording.vocabulary import check_complete
from fsm.translation.translator import Translator

SETTING_NAMES: Final[dict[str, str]] = {
    "account": "账户",
    "user": "用户设置",
    "booking": "预定会议",
    "meeting": "会议",
    "edition": "版本",
    "cloud_recording": "云录制总开关",
    "local_recording": "本地录制总开关",
    "auto_record": "自动录制",
    "enabled": "启用",
    "locked": "锁定",
    "kind": "录制方式",
    "start_on_any_join": "有成员入会时立即开启",
    "host_may_pause": "主持人可以暂停和结束",
    "started_by": "由谁入会开启",
    "type": "会议类型",
    "grace": "宽限（秒）",
    "end_when_empty": "无人后结束（秒）",
}
"""The Chinese names of the settings."""
for _class in (Account, AutoRecord, Choice, MeetingSettings):
    check_complete(
        SETTING_NAMES, [field.name for field in attrs.fields(_class)],
        "SETTING_NAMES in fsm/translation/settings.py", "its Chinese name",
    )  # fmt: skip
_ON: Final = "开"
_OFF: Final = "关"
_VOCABULARIES: Final = {
    "edition": "edition", "kind": "kind", "started_by": "starter", "type": "type",
}  # fmt: skip


def setting_lines(settings: Mapping[str, Any], translate: Translator) -> Iterator[str]:
    """Yields a line of words for each part of the settings of a scenario.

    Args:
        settings: the settings as in a scenario file.
        translate: the translation; into a language other than English.

    >>> list(setting_lines({"account": {"edition": "pro"}}, Translator("zh")))
    ['账户：版本：专业版']
    """
    for name, value in settings.items():
        yield translate.paired(SETTING_NAMES[name], _listed(value, translate))


def _listed(settings: Mapping[str, Any], translate: Translator) -> str:
    return translate(", ").join(_words(name, value, translate) for name, value in settings.items())


def _words(name: str, value: Any, translate: Translator) -> str:
    text = SETTING_NAMES[name]
    if isinstance(value, Mapping):
        return text + translate.fill(" ({values})", values=_listed(value, translate))
    if isinstance(value, bool):
        return translate.paired(text, _ON if value else _OFF)
    vocabulary = _VOCABULARIES.get(name)
    words = str(value) if vocabulary is None else translate.name(vocabulary, str(value))
    return translate.paired(text, words)
